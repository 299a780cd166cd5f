# The door.
sign-in-pitch = The latchstring hung out through a hole in the door.
sign-in-pitch-lead = Whoever saw it could lift the latch and come in. Pulled in, the door is shut. Here, your own people hold the string.
sign-in-place = to your account at { $vendor }
sign-in-email = E-mail
sign-in-password = Password
sign-in-wrong = The e-mail address or the password is wrong. Check both and try again.
sign-in-too-many = Too many tries. { $again }
sign-in-temporary-ended = These credentials ended at { $clock }, { $zone }. Ask the customer for new ones.
sign-in-temporary-agent = These credentials work only together with a support agent. Sign in as an agent in this browser first, and then with them.
sign-in-forgot = I forgot my password
sign-in-signed-out = You are signed out.

# Changing the password
sign-in-password-title = Change password
sign-in-password-lead = All your other sessions end at once, and you get a mail about it.
sign-in-current-password = Current password
sign-in-new-password = New password
sign-in-new-password-hint = { $shortest } to 256 characters. A sentence that only you would think of is a good one; pasting is fine.
sign-in-change-password = Change password
sign-in-unknown-address = an unknown address
sign-in-mail-password-changed-subject = Your password was changed
sign-in-mail-password-changed = Hello { $name },

    { $clock }, { $zone }: the password of your account at { $vendor } was changed from { $address }. All your other sessions have ended.

    If this was you, there is nothing to do.
    If it was not, tell an administrator of your organization and the vendor now, and look at your sessions:
    { $link }

# The second step
sign-in-over = This sign-in has ended: it took too long, or was finished. Sign in again.
sign-in-second-step = The second step
sign-in-code-title = Verification code
sign-in-code-lead = Your password was right. The code from your authenticator app shows that it is you.
sign-in-code = Six digits from the app
sign-in-code-hint = For { $email }. Pasting is fine.
sign-in-code-clock = Is the clock of your phone right? Here it is { $clock }.
sign-in-remember = Remember the verification on this device for 30 days
sign-in-continue = Continue
sign-in-no-app = Codes of an authenticator app are not taken for { $email }. Use another way.
sign-in-use-recovery-code = Use a recovery code
sign-in-use-code = Use a code from the app
sign-in-lost-device = I lost my device
sign-in-recovery-title = Recovery code
sign-in-recovery-lead = One of the codes that you stored when you turned two-factor authentication on. It works once.
sign-in-recovery-code = Recovery code
sign-in-recovery-hint = For { $email }. Capital or small letters, with or without hyphens.
sign-in-recovered-title = You are signed in
sign-in-confirmed-title = Confirmed
sign-in-confirm-nothing = Codes of your app are taken no more, and you have no recovery code left. Sign out, sign in again with your password, and report your device as lost.
sign-in-recovered-lead = The recovery code is used up. Remembered browsers are forgotten, and you got a mail about it.
sign-in-recovered-replacement = This one takes its place. It is shown now and never again:
sign-in-recovered-left = { $n ->
    [one] You have one recovery code.
   *[other] You have { $n } recovery codes.
}
sign-in-recovered-set-up = My device is lost: set up another
sign-in-longer-title = Choose a longer password
sign-in-longer-lead = Your password was enough beside a second factor. Now it is all that protects your account, so it has to be longer.
sign-in-secure-title = Enhance your account security
sign-in-secure-lead = Your role, or an organization that you belong to, needs a second factor: a code from an app on your phone, beside the password. Whoever learns your password still does not get in.
sign-in-secure-until = Until this is done, applications stay closed to you.
sign-in-secure-now = Set it up now
sign-in-offer-lead = A second factor is a code from an app on your phone, asked for beside the password. Whoever learns your password still does not get in.
sign-in-offer-code = Your organization asks for your second factor, and this session began without it. Until you show it, applications stay closed to you.
sign-in-offer-later = Activate later
sign-in-agent-code-lead = I cannot get at my mailbox
sign-in-agent-code = Code that support told you
sign-in-mailbox = First, your mailbox
sign-in-mailbox-lead = We send a code to { $email }, so that nobody who only knows your password can do this in your place.
sign-in-mailbox-send = Send the code
sign-in-mailbox-sent = A code of eight digits is on its way to { $email }. It is good for a quarter of an hour.
sign-in-mailbox-code = Code from the mail
sign-in-mailbox-again = Send another code
sign-in-secured-title = Your account is secured
sign-in-secured-lead = From now on every sign-in asks for a code from your app.
sign-in-confirm-title = Confirm that it is you
sign-in-confirm-lead = What you are about to do needs a fresh sign-in. It is good for five minutes.
sign-in-confirm-act = Confirm
sign-in-mail-code-subject = Your code to secure your account
sign-in-mail-code = Hello { $name },

    somebody signs in with your password at { $vendor } and is about to set up two-factor authentication. If this is you, enter this code:

    { $code }

    It is good for a quarter of an hour. Nobody of us ever asks you for it.
    If it is not you, change your password now.
sign-in-mail-stopped-subject = Somebody has your password
sign-in-mail-stopped-count = { $n ->
    [one] A sign-in with your password was right
   *[other] { $n } sign-ins with your password were right
}
sign-in-mail-stopped = Hello { $name },

    { $tries } and stopped at the second step: the code was wrong, or none came in time.

    Last: { $clock } ({ $zone })
    From: { $address }

    If this was you, there is nothing to do.
    If it was not, somebody knows your password, and only your second factor kept them out. Lock your account now; you open it again by choosing a new password:
    { $lock }

    The link locks and does nothing else: it signs nobody in.

    { $vendor }
sign-in-sso-title = Continue with { $provider }
sign-in-sso-lead = You sign in at { $host }, and come back here.
sign-in-sso-continue = Continue with { $provider }
sign-in-sso-password = Sign in with a password
sign-in-sso-connect = { $provider } has said who you are. Sign in to your account here once more, with your password: it is connected to { $provider } then, and from the next time on you need no password here.
sign-in-sso-failed = You are not signed in
sign-in-sso-over = This sign-in has ended. Begin again.
sign-in-sso-of = Sign in by the single sign-on of { $organization }
sign-in-sso-only = You are signed in, but your place in your organization opens by its single sign-on only.
sign-in-sso-again = Back to the sign-in
