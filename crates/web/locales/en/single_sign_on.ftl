# Single sign-on of an organization.
single_sign_on-title = Single sign-on
single_sign_on-title-of = Single sign-on · { $organization }
single_sign_on-lead = People sign in at your own provider, by OpenID Connect, and have no password here.
single_sign_on-settings-lead = Let your people sign in at your own provider.
single_sign_on-new = New connection
single_sign_on-vendor-prepares = You can prepare and try it. An administrator of the organization switches it on.
single_sign_on-domains = Mail domains
single_sign_on-domains-lead = A provider is believed about addresses in domains that are yours, and about no others.
single_sign_on-proved-at = Proved at { $clock }
single_sign_on-put-line = Put this line into a file at this address. Whoever can do that has the domain.
single_sign_on-address = Address
single_sign_on-line = Line
single_sign_on-look = Look for the line at { $domain }
single_sign_on-confirm = Confirm { $domain } by hand
single_sign_on-remove-domain = Remove { $domain }
single_sign_on-domain = Mail domain
single_sign_on-domain-hint = What stands behind the @ in your addresses, such as example.com.
single_sign_on-add-domain = Add domain
single_sign_on-connections = Connections
single_sign_on-none = There is no connection. Everybody signs in with a password.
single_sign_on-is-on = People sign in by it
single_sign_on-is-off = Off: nobody can sign in by it
single_sign_on-new-title = New connection · { $organization }
single_sign_on-change-title = Change { $name }
single_sign_on-change = Change
single_sign_on-prepare-lead = Nobody signs in by it before you have tried it and switched it on.
single_sign_on-name = Name
single_sign_on-name-hint = As people know it: they read “Continue with …”.
single_sign_on-issuer = Issuer
single_sign_on-issuer-hint = Letter by letter as the provider shows it, such as https://login.example.com/tenant.
single_sign_on-client-id = Client id
single_sign_on-client-secret = Client secret
single_sign_on-secret-hint = It is kept sealed, and is not shown again.
single_sign_on-secret-kept = Leave it empty to keep the one that is there.
single_sign_on-who = Who signs in by it?
single_sign_on-group-practitioners = Practitioners
single_sign_on-group-clients = Administrator clients and standard clients
single_sign_on-group-employees = Employees of the firm’s clients
single_sign_on-type-practitioner = Practitioner
single_sign_on-type-administrator_client = Administrator client
single_sign_on-type-standard_client = Standard client
single_sign_on-type-employee = Employee
single_sign_on-new-people = What does somebody become who is not known here yet?
single_sign_on-new-people-hint = Only with an address that the provider vouches for, in a domain that is yours.
single_sign_on-nobody-new = Nothing: nobody new comes in
single_sign_on-prepare = Save and go on to the test
single_sign_on-enter-there = Enter this at the provider
single_sign_on-redirect-uri = Redirect address
single_sign_on-logout-uri = Back-channel logout address
single_sign_on-prepared = Prepared, not switched on
single_sign_on-tested-at = You came back at { $clock }. The provider said:
single_sign_on-untested = It was not tried yet. Sign in at the provider yourself: you see what it says of you, and change nothing by it.
single_sign_on-test = Try it
single_sign_on-remove = Remove
single_sign_on-people = Connected people
single_sign_on-person = Person
single_sign_on-subject = Name at the provider
single_sign_on-since = Since
single_sign_on-disconnect = Disconnect
single_sign_on-disconnect-of = Disconnect { $name }
single_sign_on-activate-title = Switch on { $name }
single_sign_on-activate-question = Let people sign in by { $name } from now on?
single_sign_on-activate-means = In { $organization }: { $types }. They sign in at { $host }. Their passwords open nothing there any more, at once. Whoever controls that provider can sign in as any of them.
single_sign_on-activate-verb = Switch on
single_sign_on-disable-title = Switch off { $name }
single_sign_on-disable-question = Switch off { $name }?
single_sign_on-disable-means = In { $organization }: { $types }. Whoever signed in at { $host } is out at once, and needs a password: by “I forgot my password”.
single_sign_on-disable-verb = Switch off
single_sign_on-done-added = The domain is in the list. Prove it next.
single_sign_on-done-proved = The domain is proved.
single_sign_on-done-removed = The domain is removed.
single_sign_on-done-prepared = Saved. Try it next.
single_sign_on-done-tested = You came back from the provider. Look at what it said of you.
single_sign_on-done-on = It is on. People sign in by it from now on.
single_sign_on-done-off = It is off. Nobody can sign in by it.
single_sign_on-done-gone = The connection is removed.
single_sign_on-done-disconnected = The person is disconnected, and out.
single_sign_on-mail-prepared-subject = Single sign-on was prepared for { $organization }
single_sign_on-mail-prepared-body = { $by } prepared the single sign-on “{ $name }” ({ $host }) for { $organization }.

    Nobody can sign in by it before one of you has switched it on:
    { $link }
single_sign_on-mail-on-subject = Single sign-on is on: { $organization }
single_sign_on-mail-on-body = { $by } switched on the single sign-on “{ $name }” for { $organization }. People sign in at { $host } from now on.

    If that is wrong, switch it off:
    { $link }
single_sign_on-mail-off-subject = Single sign-on is off: { $organization }
single_sign_on-mail-off-body = { $by } switched off the single sign-on “{ $name }” for { $organization }. Whoever signed in by it is out, and chooses a password by “I forgot my password”.

    { $link }
