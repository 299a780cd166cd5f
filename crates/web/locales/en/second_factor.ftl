# The second factor: codes of an authenticator app, recovery codes, remembered browsers.

second-factor-unknown-address = an unknown address
second-factor-mail-body =
    Hello { $name },

    { $what }

    When: { $clock } ({ $zone })
    From: { $address }

    If this was you, there is nothing to do.
    If it was not, change your password and look at your account: { $link }

    { $vendor }
second-factor-mail-on = Two-factor authentication was turned on, or its key replaced. Your other sessions ended and remembered browsers are forgotten.
second-factor-mail-on-subject = Two-factor authentication is on
second-factor-mail-off = Two-factor authentication was turned off. From now on your password alone is enough to sign in.
second-factor-mail-off-subject = Two-factor authentication is off
second-factor-mail-shown = The QR code of your two-factor authentication was shown again, to add a device.
second-factor-mail-shown-subject = Your QR code was shown again
second-factor-mail-new-codes = New recovery codes were made. The earlier ones no longer work.
second-factor-mail-new-codes-subject = New recovery codes were made
second-factor-mail-code-used = A recovery code was used to sign in. It is used up, and another one took its place.
second-factor-mail-code-used-subject = A recovery code was used
second-factor-mail-disabled = Too many wrong codes were entered for your account in a row. Codes of your authenticator app are not taken any more. Sign in with a recovery code or a passkey, and set up a new key.
second-factor-mail-disabled-subject = Codes of your app are not taken any more
second-factor-mail-passkey-added = A passkey was added to your account. Your other sessions ended and remembered browsers are forgotten.
second-factor-mail-passkey-added-subject = A passkey was added
second-factor-mail-passkey-removed = A passkey was removed from your account.
second-factor-mail-passkey-removed-subject = A passkey was removed

# My account
second-factor-title = Two-factor authentication
second-factor-heading = Second factor
second-factor-since = On since { $since }.
second-factor-by-passkey = On, by passkey.
second-factor-off-now = Off.
second-factor-switch = Ask for a code at every sign-in
second-factor-on = On
second-factor-off = Off
second-factor-switch-off-needs = To switch it off you need a code from the app.
second-factor-switch-on-does = You need an authenticator app on your phone.
second-factor-is-mandatory = Your role or your organization needs it, so it cannot be switched off.
second-factor-phone = While this is on, phone calls from your number are not treated as authorized. Send requests from inside this area instead.
second-factor-empty = Two-factor authentication is off. Anyone who learns your password can sign in.
second-factor-disabled = Too many wrong codes were entered, so codes of your app are not taken any more. Replace the key.
second-factor-scan = Scan this code
second-factor-scan-lead = With your authenticator app. Nothing is active until you enter a code from it; the key waits for ten minutes.
second-factor-qr = QR code; the key stands beside it as text
second-factor-type-key = Or type this key
second-factor-account-name = Name of the account
second-factor-first-code = Code from the app
second-factor-confirm = Confirm
second-factor-app = Authenticator app
second-factor-app-lead = Show the QR code to add another device, or replace the key on all of them.
second-factor-password = Password
second-factor-code = Code from the app
second-factor-off-title = Switch off
second-factor-off-lead = From then on your password alone is enough to sign in. Passkeys and recovery codes go too.
second-factor-show-title = Show the QR code
second-factor-show-lead = The key stays the same. It is noted in the log, and you get a mail.
second-factor-replace-title = Replace the key
second-factor-replace-lead = You get a new QR code. When you confirm it, codes of the old key no longer work.
second-factor-shown-title = Your QR code
second-factor-shown-lead = Scan it with the other device. Whoever sees it can make your codes.
second-factor-done = Done
second-factor-replaced = The key is replaced. Your other sessions ended.
second-factor-is-off = Two-factor authentication is off. Your other sessions ended.
second-factor-codes = Recovery codes
second-factor-codes-lead = Each one works once, when your device is not at hand.
second-factor-codes-once = Each one works once, when your device is not at hand. Shown now, and never again.
second-factor-codes-once-lead = Store them where you keep what you must not lose.
second-factor-codes-left = { $n ->
    [one] One code is left.
   *[other] { $n } codes are left.
}
second-factor-codes-renew = Make new codes
second-factor-codes-file = Recovery codes for { $vendor }. Each works once.
second-factor-download = Download
second-factor-print = Print
second-factor-stored = I have stored them
second-factor-devices = Remembered devices
second-factor-devices-lead = Not asked for a code for 30 days. All are forgotten when your password or the key changes.
second-factor-devices-none = No browser is remembered.
second-factor-device-line = { $address } · until { $until }, last used { $used }
second-factor-this-device = this device
second-factor-forget = Forget
second-factor-forget-all = Forget all
second-factor-device-forgotten = The device is forgotten: it is asked for a code again.
second-factor-devices-forgotten = All devices are forgotten.
