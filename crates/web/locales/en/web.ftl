# What stands on every page, and how moments are written.

language-name = English

# Consoles and navigation
console-customer = Customer area
console-desk = Desk
console-partner = My Clients
console-administration = Administration
nav-main = Main
nav-organizations = Organizations
nav-account = My account
nav-my-clients = My Clients
nav-my-partner = My Partner
nav-partners = Partners
nav-desk = Desk
nav-desk-requests = Requests
nav-desk-history = My history
nav-agents = Agents
nav-applications = Applications
nav-api-keys = API keys
nav-authentication = Authentication and security
skip-to-content = Skip to the content
role-switch = Switch role, now:
sign-in = Sign in
sign-out = Sign out
demo-tag = Demo
demo-note = Sample data. Nothing in here reaches a real account.
as-of = as of { $clock }, { $zone }
refresh = Refresh
more-for = More for { $name }
back = Back

# States
state-pending = Pending association
state-active = Active
state-disabled = Disabled
state-expired = Expired
state-revoked = Revoked
legend-title = How to read the bars

# Ring
ring-left = ends at { $clock }, in { $left }
ring-over = ended at { $clock }
ring-h = h
ring-min = min
ring-d = d

# Said aloud while a page is open
live-soon = { $n ->
    [one] Access ends in 1 minute.
   *[other] Access ends in { $n } minutes.
}
live-over = Access has ended.
live-changed = This page has changed.
live-lost = The connection is lost. This page shows how it was at { $clock }.
live-back = The connection is back. This page is up to date.
copy = Copy
copied = Copied

# Forms
errors-title = { $n ->
    [one] One thing needs a correction
   *[other] { $n } things need a correction
}
optional = (optional)
keep-it = Keep it
cancel = Cancel
form-unreadable = The form could not be read.
form-unreadable-hint = Nothing was changed. Go back, look at what you typed and send it again.
form-too-large = The form is too large.
form-too-large-hint = Nothing was changed. Shorten what you typed and send it again.

# Errors: what happened, what it means for access, what to do
error-sign-in-title = Sign in again
error-sign-in = You are not signed in, or your session has ended.
error-sign-in-hint = Nothing was changed. Sign in and come back to this page.
error-forbidden-title = You are not allowed here
error-not-found-title = Not found
error-not-found = There is nothing at this address, or it is not yours to see.
error-not-found-hint = Look at the address, or begin at your first page.
error-conflict-title = Somebody was first
error-conflict-hint = Nothing was changed by you. Look at how it stands now.
error-invalid-title = Something needs a correction
error-invalid = What was sent cannot be taken as it is.
error-invalid-hint = Nothing was changed. Go back, correct it and send it again.
error-too-many-title = Too many tries
error-too-many = Try again at { $clock }, in { $n ->
    [one] 1 second
   *[other] { $n } seconds
}.
error-too-many-hint = Nothing was changed. The limit protects the account from guessing.
error-unavailable-title = Not available right now
error-unavailable = The server cannot answer this safely at the moment, so it does not.
error-unavailable-hint = Nothing was opened. Try again in a minute.
error-internal-title = Something failed on our side
error-internal = The server could not finish this.
error-internal-hint = If this was to close an access, look at its state before you rely on it. The people who run this server can find the failure in their log.
error-home = To the first page

# Refused
ended-title = Your access has ended
ended-facts = The access that ended
refused-who-can = Who can give it

# Acting as support, for the band on the pages of a product
banner-leave = Leave this account
banner-label = Acting as support

# Moments. The clock comes first, the day only when it is not today.
time-clock = { $hour }:{ $minute }
time-day = { $day } { $month }
time-date = { $day } { $month } { $year }
time-day-clock = { $day }, { $clock }
time-today-clock = today { $clock }
time-zone = { $place } time
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
weekday-1 = Mon
weekday-2 = Tue
weekday-3 = Wed
weekday-4 = Thu
weekday-5 = Fri
weekday-6 = Sat
weekday-7 = Sun
span-moment = less than a minute
span-minutes = { $n } min
span-hours = { $n } h
span-hours-minutes = { $n } h { $minutes } min
span-days-hours = { $n ->
    [one] 1 day { $hours } h
   *[other] { $n } days { $hours } h
}
span-days = { $n ->
    [one] 1 day
   *[other] { $n } days
}
length-minutes = { $n ->
    [one] 1 minute
   *[other] { $n } minutes
}
length-hours = { $n ->
    [one] 1 hour
   *[other] { $n } hours
}
length-days = { $n ->
    [one] 1 day
   *[other] { $n } days
}

# Places whose name the time zone database cannot spell
zone-America-Sao_Paulo = São Paulo
zone-America-Belem = Belém
zone-America-Bogota = Bogotá
zone-America-Cuiaba = Cuiabá
zone-America-Maceio = Maceió
zone-America-Merida = Mérida
zone-America-Mexico_City = Mexico City
zone-America-Asuncion = Asunción
zone-Europe-Zurich = Zürich
zone-Europe-Chisinau = Chișinău

# Help
help = Help
help-title = How the padlock works
help-lead = Your organization in the product is closed to everybody outside it. { $vendor } cannot come in either, unless one of you opens it.
help-the-vendor = The vendor
help-open = To let support in
help-open-how = Press the padlock of your organization, choose for how long, and whether support may only look or also change things. You get a code. Nobody has access yet: it begins when a support agent takes the code, and it ends by itself.
help-end = To end it
help-end-how = Press the padlock again and revoke the token. The agent's next click is refused, also on pages that are open. You need no reason and no agreement, and you may do so at any time.
help-see = Who can see what
help-see-inside = The people of your organization see who has access, since when and until when. Whoever made a token, and your administrators, also see what was done under it. The history stays.
help-see-vendor = { $vendor } sees that a token exists, its state and its ticket. An agent sees your account in the product only while a token that they took is active, and every page there says so.
help-ask = Whom to ask
help-ask-whom = An administrator of your organization invites people, removes them and decides who may open it. For questions about the product itself, ask { $vendor } the way you usually do. Nobody needs your password to help you.
