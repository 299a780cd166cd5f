# A forgotten password
recovery-forgot-title = Forgotten password
recovery-forgot-lead = Say with which address you sign in. If there is an account with it, a link to choose a new password goes there.
recovery-email = E-mail
recovery-forgot-verb = Send the link
recovery-forgot-sent = If there is an account with this address, a link is on its way. It works once, for an hour. Nothing there after some minutes? Look among unwanted mail, then ask again.
recovery-forgot-back = Back to sign in
recovery-too-many = Too many requests. { $again }
recovery-reset-title = Choose a new password
recovery-reset-lead = For { $email }. Every session and every remembered browser ends. A second factor stays, and is asked for at the next sign-in.
recovery-new-password = New password
recovery-new-password-hint = 15 to 256 characters. A sentence that only you would think of is a good one; pasting is fine.
recovery-reset-verb = Set new password

# A link that does not work
recovery-link-over-title = This link does not work any more
recovery-link-over-hint = A link works once and for a limited time, and a newer one ends the older ones. Nothing was changed.

# Locking
recovery-lock-title = Lock this account
recovery-lock-lead = Somebody else may know the password of { $email }. If you lock the account, everybody is out at once, whoever it is. You open it again with a new password; the link for that comes by mail.
recovery-lock-heading = Lock { $email } now?
recovery-lock-ends = All sessions, remembered browsers and sign-ins that are half done end at once. Support access that you gave goes on; an administrator of your organization can revoke it.
recovery-lock-verb = Lock the account
recovery-lock-keep = It was me, keep it open

# Another address
recovery-email-title = Change e-mail address
recovery-email-lead = You sign in with { $email }. The new address counts when you have opened the link that goes there.
recovery-email-new = New e-mail address
recovery-email-new-hint = Your present address gets a mail too. It can take the change back for 7 days.
recovery-email-verb = Send the link
recovery-email-sent = A link is on its way to the new address. It works for 24 hours. Until you open it, nothing changes.
recovery-confirm-title = Confirm e-mail address
recovery-confirm-heading = Sign in with { $email } from now on?
recovery-confirm-ends = All your other sessions and remembered browsers end. The address that you had gets a mail.
recovery-confirm-verb = Confirm this address
recovery-confirm-keep = Leave it as it is
recovery-undo-title = Take the change back
recovery-undo-heading = Was it not you who changed the address?
recovery-undo-ends = { $email } becomes the address of the account again, and later changes are taken back too. Everybody is out at once, and the account is locked until you have chosen a new password. The link for that comes to { $email }.
recovery-undo-verb = Take the change back and lock
recovery-undo-keep = It was me, leave it

# What was done
recovery-done-password-changed = Your password is changed
recovery-done-password-changed-line = All sessions have ended. Sign in with the new password; if you have a second factor, it is asked for as before.
recovery-done-account-locked = The account is locked
recovery-done-account-locked-line = Nobody is signed in any more. A link to choose a new password is on its way to your mailbox. With it, the account opens again.
recovery-done-email-changed = Your e-mail address is changed
recovery-done-email-changed-line = From now on you sign in with the new one.
recovery-done-email-restored = The change is taken back
recovery-done-email-restored-line = The account has its earlier address again and is locked. A link to choose a new password is on its way there.
recovery-done-request-stopped = The request is stopped
recovery-done-request-stopped-line = The second factor stays as it is. If it was not you who asked, choose a new password, because whoever asked knows the old one.
recovery-done-choose-password = Choose a new password

# A lost device, for its owner
recovery-device-title = Lost device
recovery-device-lead = Support can reset your second factor after two people there have made sure that it is you. It takes a day at least, and every address of yours gets mail with a link that stops it.
recovery-device-codes = Have you got a recovery code? With one you are in at once.
recovery-device-back = Back to the code
recovery-device-reason = What happened?
recovery-device-reason-hint = For example: my phone was stolen on Monday, and my recovery codes are gone.
recovery-device-contact = How can support reach you?
recovery-device-contact-hint = They will not trust this number alone: they ask an administrator of your organization too.
recovery-device-verb = Ask for the reset
recovery-device-open = Your request of { $since } is being checked. If support has not approved it by { $until }, it ends.
recovery-device-waiting = Support approved your request. The second factor is reset at { $at }, { $zone }. After that, sign in and set up a new one.
recovery-device-sent = Your request is with support. You get mail when it goes on.
recovery-device-over = Your sign-in took too long and has ended. Open the sign-in in another tab, enter your password there, and then send this again.
recovery-device-none = Your account has no second factor that could be reset. Sign in with your password.
recovery-stop-title = Stop the reset
recovery-stop-heading = Stop the reset of the second factor of { $email }?
recovery-stop-ends = The second factor stays as it is, whatever support has approved. For a day nobody can ask again.
recovery-stop-verb = Stop the reset
recovery-stop-keep = It was me, let it go on

# A lost device, at the desk
recovery-desk-title = Lost devices
recovery-desk-lead = People who lost what their codes come from. Two agents of level 2 or 3 check each request, then a day passes. Nobody can shorten it.
recovery-desk-empty = Nobody has reported a lost device in the last 30 days.
recovery-desk-person = Person
recovery-desk-organizations = Organizations
recovery-desk-none = none
recovery-desk-asked = Asked
recovery-desk-state = State
recovery-desk-checked-by = Checked by
recovery-desk-nobody = nobody yet
recovery-desk-state-open = Being checked
recovery-desk-state-waiting = Approved, waiting
recovery-desk-state-done = Reset
recovery-desk-state-stopped = Stopped
recovery-desk-state-refused = Refused
recovery-desk-state-refused-by = Refused by { $name }
recovery-desk-state-expired = Expired
recovery-desk-state-overtaken = No longer needed
recovery-desk-request-title = Lost device: { $name }
recovery-desk-email = E-mail
recovery-desk-reason = What happened, in their words
recovery-desk-contact = How they say they can be reached
recovery-desk-contact-warning = Do not call back on this number unless an administrator of the organization confirms it: whoever wants to steal the account wrote it here too.
recovery-desk-until = Open until
recovery-desk-takes-effect = Reset at
recovery-desk-check-heading = What you have checked yourself
recovery-desk-check-first = You would be the first. A second agent checks all of it again.
recovery-desk-check-second = { $name } has checked it. With your word the waiting time of 24 hours begins.
recovery-desk-checks = Checks
recovery-check-called_back = I called back on a number that an administrator of the organization gave me, not on one from this request.
recovery-check-administrator_vouches = An administrator of the person's organization, whom I reached myself, vouches for the request. If the person is its only administrator: whoever signs for the organization.
recovery-check-recent_activity = The person described what they did in the account lately, and it is so.
recovery-check-knows_of_the_wait = The person knows that mail goes to all their addresses, that a day passes, and that each mail can stop it.
recovery-desk-note = Note ({ $optional })
recovery-desk-note-hint = With whom you spoke, on which number. Your colleagues see it.
recovery-desk-approve = All of it is so
recovery-desk-by-you = You have checked this request. A second agent has to check it too.
recovery-desk-own = This is your own request. Two other agents decide about it.
recovery-desk-refuse-heading = Refuse this request?
recovery-desk-refuse-line = It ends at once, and the person gets mail. The list says that it was you.
recovery-desk-refuse = Refuse
recovery-desk-keep = Keep it
recovery-desk-approved-answer = Your word is noted.
recovery-desk-waiting-answer = Approved. The factor is reset in 24 hours, unless somebody stops it.
recovery-desk-refused-answer = The request is refused.
recovery-desk-for-administrators = You see requests of { $vendor }'s own people. Two agents of level 2 or 3 decide about them.

# Mail
recovery-unknown-address = an unknown address
recovery-mail-frame = Hello { $name },

    { $what }

    { $vendor } · { $clock }, { $zone }
recovery-mail-reset-subject = Choose a new password
recovery-mail-reset = Somebody at { $source } asked for a new password for your account. If it was you, choose one here. The link works once, for an hour:
    { $link }

    If it was not you, there is nothing to do: your password stays what it is.
recovery-mail-password-subject = Your password was changed
recovery-mail-password = A new password was chosen for your account from { $source }, by the link in a mail to this address. All sessions have ended.

    If it was not you, somebody else reads your mail. Secure your mailbox first, then choose another password:
    { $again }
recovery-mail-locked-subject = Your account is locked
recovery-mail-locked = Your account was locked from { $source }. Nobody is signed in any more, and nobody can sign in.

    Choose a new password to open it again. The link works once, for an hour:
    { $link }

    Later you get another link here:
    { $again }
recovery-mail-confirm-subject = Confirm your e-mail address
recovery-mail-confirm = You want to sign in with { $email } from now on. Confirm it here; the link works for 24 hours:
    { $link }

    If it was not you who asked for this, there is nothing to do.
recovery-mail-changed-subject = Your e-mail address was changed
recovery-mail-changed-away = The address of your account was changed to { $email }, from { $source }. If it was you, there is nothing to do.

    If it was not, take it back here until { $until }. The account is locked then, until you choose a new password:
    { $link }
recovery-mail-changed-to = The address of your account was changed from { $before } to { $email }. Sign in with the new one. The earlier address got a mail too.
recovery-mail-taken-back-subject = A change of address was taken back
recovery-mail-taken-back = The owner of the earlier address took a change back: { $email } is no address of this account any more.
recovery-mail-device-reported-subject = Somebody asked to reset your second factor
recovery-mail-device-reported = Somebody at { $source } signed in with your password, said that the device for your codes is lost, and asked support to reset your second factor. Support checks now that it was you. Nothing has changed yet.

    If it was not you, stop it here, and choose a new password:
    { $link }
recovery-mail-device-approved-subject = Your second factor is reset at { $at }
recovery-mail-device-approved = Two people of support checked the request, and your second factor is reset at { $at }. Until then everything stays as it is.

    If you did not ask for this, stop it here, and choose a new password:
    { $link }
recovery-mail-device-done-subject = Your second factor was reset
recovery-mail-device-done = Your second factor was reset, as you had asked. All sessions have ended. At the next sign-in you set up a new one.

    If you did not ask for this, tell an administrator of your organization and support now.
recovery-mail-device-stopped-subject = The reset of your second factor was stopped
recovery-mail-device-stopped = The request to reset your second factor was stopped. Nothing has changed. If it was not you who asked, choose a new password: whoever asked knows the old one.
recovery-mail-device-refused-subject = The reset of your second factor was refused
recovery-mail-device-refused = Support could not make sure that the request to reset your second factor was yours, and refused it. Nothing has changed.
recovery-mail-device-expired-subject = The request to reset your second factor ended
recovery-mail-device-expired = The request to reset your second factor was not approved in time and has ended. Nothing has changed. You can ask again.
recovery-mail-device-overtaken-subject = The request to reset your second factor ended
recovery-mail-device-overtaken = The request to reset your second factor has ended, because the factor was used or the account was changed since. Nothing was reset.
