# Who had access when.

access_log-page-title = Access log · { $organization }
access_log-heading = Who had access when
access_log-lead = { $organization }. Everything that people from outside did here, newest first. It is written with each act, and no page and no command of { $vendor } takes anything out of it.
access_log-lead-member = { $organization }. Everything that was done with the tokens that you made, newest first. No page and no command of { $vendor } takes anything out of it. An administrator sees all tokens.
access_log-csv = Download CSV
access_log-json = Download JSON
access_log-when = Access
access_log-window = Days to look at
access_log-days = { $n ->
    [one] Today
   *[other] { $n } days
}
access_log-nobody-in = { $n ->
    [one] Nobody from outside had access today.
   *[other] Nobody from outside had access in these { $n } days.
}
access_log-picture-day = Timeline of { $day }. The same periods stand in the table below.
access_log-picture-days = Timeline, { $from } to { $to }. The same periods stand in the table below.
access_log-picture-cut = Only the newest 500 periods are drawn. The entries below are complete.
access_log-now = now
access_log-upright = The upright line is now, { $clock }, { $zone }. Where no bar is, nobody from outside had access.
access_log-as-table = The same as a table
access_log-as-table-label = Who had access when, as a table
access_log-entries = Entries
access_log-empty = There is no entry that fits. Choose fewer filters to see more.
access_log-pages = Pages of entries
access_log-newest = Newest
access_log-older = Older

# Columns
access_log-col-at = When
access_log-col-who = Who
access_log-col-what = What
access_log-col-outcome = Outcome
access_log-col-token = Token
access_log-col-from = From
access_log-col-to = To
access_log-col-how = How it ended
access_log-col-minute = Minute
access_log-col-page = Page
access_log-col-application = Application
access_log-col-kind = Kind
access_log-done = Done
access_log-refused = Refused

# Filters
access_log-filter = Filter
access_log-filter-group = About
access_log-filter-person = Person
access_log-filter-state = State of the token
access_log-filter-from = From day
access_log-filter-to = To day
access_log-everybody = Everybody
access_log-every-state = Every state
access_log-group-all = Everything
access_log-group-tokens = Ways in from outside
access_log-group-people = Members and invitations
access_log-group-settings = Settings
access_log-group-sign-ins = Signing in and out
access_log-group-vendor = Acts of the vendor
access_log-group-refused = What was refused
access_log-not-a-date = Give a day as year, month and day, such as 2027-03-12.

# Who
access_log-agent = { $name }, level { $level }
access_log-nobody = Nobody, waiting for an agent
access_log-somebody = somebody
access_log-a-machine = A program of the vendor
access_log-machine-for = { $machine }, for { $person }
access_log-the-operator = The operator of the server
access_log-a-stranger = Somebody who was not signed in
access_log-the-server = The server
access_log-the-vendor = the vendor
access_log-no-code = without a code
access_log-the-grant = the grant
access_log-without-name = without a name

# How a period ended, or will
access_log-end-pending = Waiting for an agent, ends { $clock }
access_log-end-active = Active, ends { $clock }
access_log-end-disabled = Disabled
access_log-end-expired = Expired
access_log-end-nobody = Expired, nobody took it
access_log-end-customer = Revoked by { $by }
access_log-end-agent = Given back by { $agent }
access_log-end-vendor = Ended by { $by } of { $vendor }
access_log-end-removed = { $agent } was removed by { $vendor }

# One grant
access_log-grant-title = Token { $code }
access_log-temporary-title = Temporary credentials
access_log-partner-title = Partner
access_log-stay-was-in = { $who } was in for { $length }, { $from } to { $to }.
access_log-stay-was-in-for = { $who } was in for { $length }, { $from } to { $to }, for ticket { $ticket }.
access_log-stay-is-in = { $who } is in since { $from }.
access_log-stay-is-in-for = { $who } is in since { $from }, for ticket { $ticket }.
access_log-stay-of = { $name }, of { $of },
access_log-stay-beside = { $name }, of { $of }, with temporary credentials,
access_log-stay-done = { $looked }, { $changed }.
access_log-stay-looked = { $n ->
    [0] Looked at nothing
    [one] Looked at 1 page
   *[other] Looked at { $n } pages
}
access_log-stay-changed = { $n ->
    [0] changed nothing
    [one] changed 1 thing
   *[other] changed { $n } things
}
access_log-stay-refused = { $n ->
    [one] 1 request was refused.
   *[other] { $n } requests were refused.
}
access_log-facts = Who, what for, until when
access_log-hands = { $maker } made it, { $who } is behind it, for { $organization }, { $mode }.
access_log-opened-at = made it, { $clock }
access_log-took-at = took it, { $clock }
access_log-not-taken = not taken
access_log-mode-read = read only
access_log-mode-write = can make changes
access_log-none = none
access_log-through-product = through the product of the vendor
access_log-through-here = on these pages
access_log-fact-code = Reference code
access_log-fact-opened-by = Made by
access_log-fact-opened-at = Made at
access_log-fact-through = Made
access_log-fact-taken-by = Taken by
access_log-fact-ticket = Ticket
access_log-fact-customer-ticket = Your ticket
access_log-fact-reason = Reason
access_log-fact-mode = Mode
access_log-fact-from = Access since
access_log-fact-until = Until
access_log-fact-ended = Ended at
access_log-fact-how = How it ended
access_log-activity = What was done in the product
access_log-activity-pages = Pages of what was done
access_log-requests = Requests
access_log-changes = Changes
access_log-refusals = Refused
access_log-visit-read = Looked
access_log-visit-change = Change
access_log-visit-refused = Refused
access_log-nothing-done = Nothing was opened in the product.
access_log-is-there = { $who } is on { $path }, { $clock }
access_log-was-there = { $who } was last on { $path }, { $clock }

# What happened. `$how` is on whose side a token ended.
access_log-kind-organization-created = <bdi>{ $who }</bdi> registered this organization.
access_log-kind-organization-changed = <bdi>{ $who }</bdi> changed the settings of this organization.
access_log-kind-member-invited = <bdi>{ $who }</bdi> invited <bdi>{ $subject }</bdi>.
access_log-kind-member-joined = An invitation was accepted: <bdi>{ $subject }</bdi> is in this organization now.
access_log-kind-member-changed = <bdi>{ $who }</bdi> changed the membership of <bdi>{ $subject }</bdi>.
access_log-kind-member-unlinked = { $itself ->
    [ended_by_itself] The membership of <bdi>{ $subject }</bdi> ended by itself, as it was agreed.
   *[unlinked] <bdi>{ $who }</bdi> took <bdi>{ $subject }</bdi> out of this organization.
}
access_log-kind-invitation-revoked = <bdi>{ $who }</bdi> withdrew the invitation of <bdi>{ $subject }</bdi>.
access_log-kind-person-created = An account was made for <bdi>{ $subject }</bdi>.
access_log-kind-person-changed = <bdi>{ $who }</bdi> changed the account of <bdi>{ $subject }</bdi>.
access_log-kind-password-changed = <bdi>{ $who }</bdi> set a new password.
access_log-kind-password-reset_asked = A link to choose a new password was sent.
access_log-kind-password-reset = <bdi>{ $subject }</bdi> chose a new password by mail.
access_log-kind-account-locked = The account of <bdi>{ $subject }</bdi> was locked by its owner.
access_log-kind-email-change_asked = <bdi>{ $who }</bdi> asked for another address.
access_log-kind-email-changed = The address of <bdi>{ $subject }</bdi> was changed.
access_log-kind-email-change_undone = A change of the address of <bdi>{ $subject }</bdi> was taken back.
access_log-kind-lost_device-reported = <bdi>{ $subject }</bdi> reported the device for their codes as lost.
access_log-kind-lost_device-checked = <bdi>{ $who }</bdi> checked that the report of a lost device is from <bdi>{ $subject }</bdi>.
access_log-kind-lost_device-approved = Two people of <bdi>{ $vendor }</bdi> approved the report of <bdi>{ $subject }</bdi>. A day of waiting began.
access_log-kind-lost_device-reset = The second factor of <bdi>{ $subject }</bdi> was reset after the wait.
access_log-kind-lost_device-stopped = The reset of the second factor of <bdi>{ $subject }</bdi> was stopped from their mailbox.
access_log-kind-lost_device-refused = <bdi>{ $who }</bdi> refused to reset the second factor of <bdi>{ $subject }</bdi>.
access_log-kind-lost_device-expired = Nobody approved the report of <bdi>{ $subject }</bdi> in time. Nothing was reset.
access_log-kind-lost_device-overtaken = The report of <bdi>{ $subject }</bdi> ended, because it was needed no longer.
access_log-kind-session-signed_in = <bdi>{ $who }</bdi> signed in.
access_log-kind-session-signed_out = <bdi>{ $who }</bdi> signed out.
access_log-kind-session-ended = <bdi>{ $who }</bdi> ended a session.
access_log-kind-session-handed_over = <bdi>{ $who }</bdi> went on to the product.
access_log-kind-sign_in-failed = Somebody tried to sign in and failed.
access_log-kind-support_token-created = <bdi>{ $who }</bdi> generated token { $code }. Nobody has access yet.
access_log-kind-support_token-associated = <bdi>{ $who }</bdi> associated token { $code } with a ticket. Access began.
access_log-kind-support_token-entered = <bdi>{ $who }</bdi> entered the account with token { $code }.
access_log-kind-support_token-left = <bdi>{ $who }</bdi> left the account.
access_log-kind-support_token-revoked = { $how ->
    [agent] <bdi>{ $who }</bdi> gave token { $code } back.
    [vendor] <bdi>{ $who }</bdi> ended token { $code } for <bdi>{ $vendor }</bdi>.
    [agent_removed] Token { $code } ended: <bdi>{ $agent }</bdi> was removed by <bdi>{ $vendor }</bdi>.
   *[customer] <bdi>{ $who }</bdi> revoked token { $code }.
}
access_log-kind-support_token-expired = Token { $code } expired.
access_log-kind-support_token-refused = <bdi>{ $who }</bdi> tried to use token { $code } and was refused.
access_log-kind-temporary_credentials-generated = <bdi>{ $who }</bdi> generated temporary credentials. Whoever holds them can enter.
access_log-kind-temporary_credentials-used = <bdi>{ $who }</bdi> signed in with temporary credentials.
access_log-kind-temporary_credentials-entered = <bdi>{ $who }</bdi> entered the account with temporary credentials.
access_log-kind-temporary_credentials-left = <bdi>{ $who }</bdi> left the account.
access_log-kind-temporary_credentials-signed_out = <bdi>{ $who }</bdi> signed out.
access_log-kind-temporary_credentials-revoked = <bdi>{ $who }</bdi> revoked the temporary credentials.
access_log-kind-temporary_credentials-expired = The temporary credentials ended by themselves.
access_log-kind-temporary_credentials-refused = Somebody tried temporary credentials and was refused.
access_log-kind-open_doors-closed = <bdi>{ $who }</bdi> closed every door.
access_log-kind-agent-invited = <bdi>{ $who }</bdi> invited <bdi>{ $subject }</bdi> to work for <bdi>{ $vendor }</bdi>.
access_log-kind-agent-changed = <bdi>{ $who }</bdi> changed what <bdi>{ $subject }</bdi> may do for <bdi>{ $vendor }</bdi>.
access_log-kind-agent-suspended = <bdi>{ $who }</bdi> suspended <bdi>{ $subject }</bdi> of <bdi>{ $vendor }</bdi>. All their access ended.
access_log-kind-agent-restored = <bdi>{ $who }</bdi> restored <bdi>{ $subject }</bdi> of <bdi>{ $vendor }</bdi>. No access came back.
access_log-kind-application-created = <bdi>{ $who }</bdi> registered an application.
access_log-kind-application-changed = <bdi>{ $who }</bdi> changed an application.
access_log-kind-application-removed = <bdi>{ $who }</bdi> removed an application.
access_log-kind-api_key-created = <bdi>{ $who }</bdi> created an API key.
access_log-kind-api_key-revoked = <bdi>{ $who }</bdi> revoked an API key.
access_log-kind-integration_login-created = <bdi>{ $who }</bdi> made the integration login <bdi>{ $thing }</bdi>.
access_log-kind-integration_login-revoked = <bdi>{ $who }</bdi> revoked the integration login <bdi>{ $thing }</bdi>.
access_log-kind-integration_login-used = The integration login <bdi>{ $thing }</bdi> was used from { $address }.
access_log-kind-integration_login-refused = Somebody tried the integration login <bdi>{ $thing }</bdi> from { $address } and was refused.
access_log-kind-legacy_sign_in-used = <bdi>{ $subject }</bdi> used an old interface with their own password.
access_log-kind-authorized_request-created = <bdi>{ $who }</bdi> sent the request “<bdi>{ $thing }</bdi>” from inside.
access_log-kind-authorized_request-answered = <bdi>{ $who }</bdi> answered the request “<bdi>{ $thing }</bdi>”.
access_log-kind-authorized_request-withdrawn = <bdi>{ $who }</bdi> withdrew the request “<bdi>{ $thing }</bdi>”.
access_log-kind-single_sign_on-prepared = <bdi>{ $who }</bdi> prepared the single sign-on “<bdi>{ $thing }</bdi>”.
access_log-kind-single_sign_on-tested = <bdi>{ $who }</bdi> tried the single sign-on “<bdi>{ $thing }</bdi>”.
access_log-kind-single_sign_on-activated = <bdi>{ $who }</bdi> switched on the single sign-on “<bdi>{ $thing }</bdi>”.
access_log-kind-single_sign_on-disabled = <bdi>{ $who }</bdi> switched off the single sign-on “<bdi>{ $thing }</bdi>”.
access_log-kind-single_sign_on-removed = <bdi>{ $who }</bdi> removed the single sign-on “<bdi>{ $thing }</bdi>”.
access_log-kind-single_sign_on-connected = The account of <bdi>{ $subject }</bdi> was connected to one at your provider.
access_log-kind-single_sign_on-disconnected = <bdi>{ $who }</bdi> disconnected somebody from the single sign-on “<bdi>{ $thing }</bdi>”.
access_log-kind-single_sign_on-logged_out = Your provider “<bdi>{ $thing }</bdi>” told that somebody signed out.
access_log-kind-single_sign_on-refused = A sign-in at your provider was refused.
access_log-kind-single_sign_on-domain_added = <bdi>{ $who }</bdi> added a mail domain.
access_log-kind-single_sign_on-domain_proved = <bdi>{ $who }</bdi> proved a mail domain.
access_log-kind-single_sign_on-domain_removed = <bdi>{ $who }</bdi> removed a mail domain.
access_log-kind-request-refused = <bdi>{ $who }</bdi> asked for something and was refused.
access_log-kind-handover-refused = A way into the account that was begun in another browser was refused.
access_log-a-partner = a partner
access_log-a-client = a client
access_log-kind-partner_token-created = <bdi>{ $who }</bdi> made a partner token of <bdi>{ $partner }</bdi>. Nobody has access yet.
access_log-kind-partner_token-disabled = <bdi>{ $who }</bdi> disabled the token of <bdi>{ $partner }</bdi> for <bdi>{ $client }</bdi>. Nobody can enter until it is activated.
access_log-kind-partner_token-activated = <bdi>{ $who }</bdi> activated the token of <bdi>{ $partner }</bdi> for <bdi>{ $client }</bdi> again.
access_log-kind-partner_token-deleted = <bdi>{ $who }</bdi> deleted the token of <bdi>{ $partner }</bdi> for <bdi>{ $client }</bdi>. All access ended.
access_log-kind-partner_token-removed = <bdi>{ $who }</bdi> took the token of <bdi>{ $partner }</bdi> for <bdi>{ $client }</bdi> off the list.
access_log-kind-partner_token-expired = The access of <bdi>{ $partner }</bdi> to <bdi>{ $client }</bdi> reached its end.
access_log-kind-partner-authorized = <bdi>{ $who }</bdi> authorized <bdi>{ $partner }</bdi> to work in <bdi>{ $client }</bdi>.
access_log-kind-partner-changed = <bdi>{ $who }</bdi> changed what <bdi>{ $partner }</bdi> may do in <bdi>{ $client }</bdi>.
access_log-kind-partner-revoked = <bdi>{ $who }</bdi> ended the access of <bdi>{ $partner }</bdi> to <bdi>{ $client }</bdi>.
access_log-kind-partner-reminded = A reminder about the access of <bdi>{ $partner }</bdi> to <bdi>{ $client }</bdi> was sent.
access_log-kind-partner-refused = <bdi>{ $who }</bdi> tried to authorize with a partner token that is not valid.
access_log-kind-partner-entered = <bdi>{ $who }</bdi> entered <bdi>{ $client }</bdi> for <bdi>{ $partner }</bdi>.
access_log-kind-partner-left = <bdi>{ $who }</bdi> left the account.
access_log-kind-partner-user_authorized = <bdi>{ $who }</bdi> gave <bdi>{ $user }</bdi> of <bdi>{ $partner }</bdi> permissions in <bdi>{ $client }</bdi>.
access_log-kind-partner-user_changed = <bdi>{ $who }</bdi> changed the permissions of <bdi>{ $user }</bdi> of <bdi>{ $partner }</bdi> in <bdi>{ $client }</bdi>.
access_log-kind-partner-user_revoked = <bdi>{ $who }</bdi> took the permissions of <bdi>{ $user }</bdi> of <bdi>{ $partner }</bdi> in <bdi>{ $client }</bdi> away.
access_log-kind-organization-registered = <bdi>{ $who }</bdi> changed whether this organization is a partner or a client.
access_log-kind-permission-created = <bdi>{ $who }</bdi> made the permission <bdi>{ $thing }</bdi> for partners.
access_log-kind-permission-changed = <bdi>{ $who }</bdi> changed the permission <bdi>{ $thing }</bdi> for partners.
access_log-kind-permission-removed = <bdi>{ $who }</bdi> removed the permission <bdi>{ $thing }</bdi>. Everybody lost it.
access_log-kind-application-rules_changed = <bdi>{ $who }</bdi> changed what partners need permission for in an application.
access_log-kind-setup-completed = <bdi>{ $who }</bdi> set this server up.
access_log-kind-setup-link_issued = <bdi>{ $who }</bdi> made a link for setting this server up.
access_log-kind-key_file-associated = <bdi>{ $who }</bdi> bound the key file to this database.
access_log-kind-keys-rotated = <bdi>{ $who }</bdi> put a new key in the place of the old one.
access_log-kind-signing_key-created = <bdi>{ $who }</bdi> made a new signing key.
access_log-kind-mfa_level-changed = <bdi>{ $who }</bdi> set the second factor of { $thing ->
    [practitioners] practitioners
    [clients] administrator clients and standard clients
   *[employees] employees of the firm’s clients
} to { $itself ->
    [upon_request] upon request
    [suggested] suggested
    [mandatory] mandatory
   *[managed_by_sso] managed by the single sign-on
}.
access_log-kind-mfa_level-code_made = <bdi>{ $who }</bdi> made a code with which <bdi>{ $subject }</bdi> can set up a second factor without their mailbox.
access_log-kind-tried = <bdi>{ $who }</bdi> tried something and was refused: { $kind }.
access_log-kind-other = <bdi>{ $who }</bdi> did something: { $kind }.
