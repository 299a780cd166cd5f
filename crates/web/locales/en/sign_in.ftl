# The door.
sign-in-pitch = The latchstring hung out through a hole in the door.
sign-in-pitch-lead = Whoever saw it could lift the latch and come in. Pulled in, the door is shut. Here, your own people hold the string.
sign-in-place = to your account at { $vendor }
sign-in-email = E-mail
sign-in-password = Password
sign-in-wrong = The e-mail address or the password is wrong. Check both and try again.
sign-in-too-many = Too many tries. { $again }
sign-in-signed-out = You are signed out.

# Changing the password
sign-in-password-title = Change password
sign-in-password-lead = All your other sessions end at once, and you get a mail about it.
sign-in-current-password = Current password
sign-in-new-password = New password
sign-in-new-password-hint = 15 to 256 characters. A sentence that only you would think of is a good one; pasting is fine.
sign-in-change-password = Change password
sign-in-unknown-address = an unknown address
sign-in-mail-password-changed-subject = Your password was changed
sign-in-mail-password-changed = Hello { $name },

    { $clock }, { $zone }: the password of your account at { $vendor } was changed from { $address }. All your other sessions have ended.

    If this was you, there is nothing to do.
    If it was not, tell an administrator of your organization and the vendor now, and look at your sessions:
    { $link }
