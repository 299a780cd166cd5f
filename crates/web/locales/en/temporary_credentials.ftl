# Customer support access: a login that belongs to no person and ends by itself.
temporary_credentials-title = Customer support access
temporary_credentials-title-of = Customer support access · { $organization }
temporary_credentials-lead = A login that ends by itself, for support that cannot take a token. It works for whoever holds it, so prefer a token where you can.
temporary_credentials-settings-lead = A login that ends by itself, for support that cannot take a token.
temporary_credentials-token-instead = Use a token instead
temporary_credentials-pair = Temporary credentials
temporary_credentials-none = No credentials are valid now.
temporary_credentials-address = Address to sign in
temporary_credentials-email = E-mail
temporary_credentials-password = Password, shown once
temporary_credentials-password-shown = The password was shown when they were generated. Nobody can look it up.
temporary_credentials-copy = Copy credentials
temporary_credentials-copy-means = All three lines, and until when they work.
temporary_credentials-copied = Address to sign in: { $address }
    E-mail: { $email }
    Password: { $value }
    Until: { $until }
temporary_credentials-how-long = How long they work
temporary_credentials-until = until <b>{ $until }</b>
temporary_credentials-clock-zone = { $clock }, { $zone }
temporary_credentials-last-used-at = Last used: { $clock }
temporary_credentials-never-used = Last used: never
temporary_credentials-revoke = Revoke access
temporary_credentials-revoke-means = One click, no question asked. Open pages are closed too.
temporary_credentials-revoked = Access is revoked. The credentials no longer work, and whoever was in is out.
temporary_credentials-over = These credentials had ended already. Nobody has access through them.
temporary_credentials-revoked-by = Revoked by { $name }
temporary_credentials-new = New credentials
temporary_credentials-one-pair = One pair can be valid at a time.
temporary_credentials-validity = Validity
temporary_credentials-length-missing = Choose how long they are to be good for.
temporary_credentials-write-tick = They may change things, not only look
temporary_credentials-agent-tick = They work only together with a signed-in support agent, whose name is then in the history
temporary_credentials-agent-needed = They work only together with a signed-in support agent.
temporary_credentials-generate = Generate credentials
temporary_credentials-replace = Revoke and generate new
temporary_credentials-made = Generated. They end at { $until }. The password stands on this page only.
temporary_credentials-made-by-at = Made by { $name }, { $clock }
temporary_credentials-earlier = Earlier credentials
temporary_credentials-made-by = Made by
temporary_credentials-from = From
temporary_credentials-to = To
temporary_credentials-last-used = Last used
temporary_credentials-state = State
temporary_credentials-mode = Mode
temporary_credentials-mode-read-only = read only
temporary_credentials-mode-write = can make changes

# Whoever holds them
temporary_credentials-of = Support (temporary) – { $organization }
temporary_credentials-holder-lead = You are signed in with temporary credentials of { $organization }. They open this account and nothing else.
temporary_credentials-account = The account
temporary_credentials-may-look = You can look and change nothing
temporary_credentials-may-change = You can change things
temporary_credentials-beside = Together with { $agent }, whose name stands in the history.
temporary_credentials-no-product = There is no product to enter yet. The vendor adds one.
temporary_credentials-enter = Enter
temporary_credentials-holder-log = What you do there stands in the access log of the organization.

# Mail
temporary_credentials-mail-hello = Hello { $name },
temporary_credentials-mail-made-subject = { $name } generated temporary credentials for { $organization }
temporary_credentials-mail-made = { $name } generated temporary credentials for { $organization }. Whoever holds them can enter until { $until }.
temporary_credentials-mail-made-then = If you know nothing of it, revoke them: it takes one click.
temporary_credentials-mail-used-subject = Somebody is in { $organization } with temporary credentials
temporary_credentials-mail-used = The temporary credentials of { $organization } were used for the first time: { $clock }, from { $address }.
temporary_credentials-mail-used-then = If you did not give them to anybody, revoke them: it takes one click.
temporary_credentials-mail-ended-subject = The temporary credentials of { $organization } have ended
temporary_credentials-mail-revoked = { $name } revoked the temporary credentials of { $organization } at { $at }.
temporary_credentials-mail-expired = The temporary credentials of { $organization } ended by themselves at { $at }.
temporary_credentials-mail-nobody = Nobody has access through them any more, also in pages that were open. What was done stays in the access log.
temporary_credentials-mail-look = What was done, and how to revoke:
temporary_credentials-mail-foot = You get this because you are an administrator of { $organization }. { $vendor }
