# The padlock: an organization lets support in and takes it back. And the desk of the vendor's agents.

# Organizations
tokens-organizations-title = Organizations
tokens-search = Organization
tokens-find = Find
tokens-show-all = Show all
tokens-none-found = No organization of yours has “{ $q }” in its name.
tokens-no-organization = You have no organization yet. The administrator who invited you can add you to one.
tokens-open-line = { $n ->
    [one] 1 of { $all } organizations is open to outsiders.
   *[other] { $n } of { $all } organizations are open to outsiders.
}
tokens-companies = { $n ->
    [one] 1 company
   *[other] { $n } companies
}
tokens-members = { $n ->
    [one] 1 member
   *[other] { $n } members
}
tokens-card-sub = { $companies } · { $members }
tokens-card-until = until <b>{ $until }</b> · { $mode }
tokens-card-ticket = Ticket { $ticket }
tokens-card-since = Since { $clock } · { $used }
tokens-card-waiting = Tell the agent <span class="mono">{ $code }</span>. Waiting since { $since }, at the latest until { $until }.
tokens-card-made = Made by { $name }, { $clock }
tokens-closed = Closed to support
tokens-only-own = Only your own people can enter.
tokens-nobody-yet = Nobody has access yet.
tokens-last-outsider = Last outsider { $clock }
tokens-no-outsider = No outsider was ever in here
tokens-lock-open = Open to support
tokens-lock-revoke = Revoke token
tokens-lock-of-closed = : { $name }
tokens-lock-of-waiting = of { $name }, waiting for an agent
tokens-lock-of-open = of { $name }, open to an agent
tokens-menu-tokens = Tokens
tokens-menu-access-log = Access log
tokens-menu-members = Members
tokens-menu-settings = Settings
tokens-say-open = { $organization } is open to { $agent } until { $until }.
tokens-say-waiting = { $organization } waits for an agent. Nobody has access yet.
tokens-say-closed = { $organization } is closed to support.

# Close all
tokens-close-all = Close all
tokens-close-all-title = Close all organizations
tokens-close-all-question = { $n ->
    [one] Revoke this token?
   *[other] Revoke these { $n } tokens?
}
tokens-close-all-means = Everybody named here loses access now, also in pages that are open. What they already did stays in the access log.
tokens-close-all-taken = { $agent }, until { $until }
tokens-close-all-waiting = Token { $code }, waiting since { $since }
tokens-closed-all = { $clock }: none of your organizations is open to outsiders.
tokens-closed-some = { $clock }: what you may close is closed. Others were opened by other people; an administrator can close those.

# Generate token
tokens-new-title = Generate token
tokens-new-title-of = Generate token · { $organization }
tokens-new-why = Only your own people can see <b>{ $organization }</b>. Nobody else, not even support, unless you let them in.
tokens-new-how-long = For how long?
tokens-new-until = until…
tokens-new-end = { $length } is until { $clock }
tokens-new-ends = If an agent comes in now: { $ends }. The time runs from the moment the agent comes in. With “until…”, the moment you choose stays the end. The longest is { $longest }.
tokens-new-until-day = Day, for “until…”
tokens-new-until-time = Time
tokens-new-mode = What may they do?
tokens-new-ticket = Ticket number { $optional }
tokens-until-missing = Choose a day and a time.
tokens-length-missing = Choose for how long.
tokens-last = The last token, { $code }: { $outcome }
tokens-may-not-open = In { $organization }, only administrators open the account to support.
tokens-administrator-of = an administrator of { $organization }
tokens-made = Token generated. Nobody has access yet.

# How far in
tokens-mode-read-only = read only
tokens-mode-write = can make changes
tokens-mode-read-only-title = Read only
tokens-mode-write-title = Can make changes
tokens-mode-read-only-line = They look, and change nothing.
tokens-mode-write-line = Every change is marked in the access log.

# One token
tokens-token-title = Token of { $organization }
tokens-revoke-title = Revoke token · { $organization }
tokens-agent = { $name }, level { $level }
tokens-agent-in-text = { $name } (level { $level })
tokens-agent-line = Support agent, level { $level } · { $vendor }
tokens-agent-line-former = { $vendor }
tokens-clock-zone = { $clock }, { $zone }
tokens-since-until = Since { $since }, until <b>{ $until }</b>
tokens-tell-agent = Tell the support agent <span class="code">{ $code }</span> or the name { $organization }.
tokens-copy-code = Copy code
tokens-waiting-until = Waiting since { $since }. If no agent takes it until { $until }, it expires.
tokens-nobody-any-more = Nobody has access through this token any more.
tokens-seen-now = <bdi>{ $name }</bdi> is viewing <bdi>{ $page }</bdi> · { $clock }
tokens-seen-last = <bdi>{ $name }</bdi> last viewed <bdi>{ $page }</bdi> · { $clock }
tokens-what-was-done = What was done under this token
tokens-hand-made = made it, { $clock }
tokens-hand-took = took it, { $clock }
tokens-hands-made = { $maker } made it. No agent has taken it yet.
tokens-hands-taken = { $maker } made it, { $agent } took it: { $organization }, { $mode }.
tokens-fact-token = Token
tokens-fact-mode = May
tokens-fact-made-by = Made by
tokens-fact-ticket = Ticket
tokens-fact-reason = Reason
tokens-fact-length = For
tokens-fact-requests = Requests
tokens-fact-changes = Changes
tokens-length-until = until { $clock }
tokens-period = { $from } – { $to }
tokens-requests = { $n ->
    [one] 1 request
   *[other] { $n } requests
}
tokens-changes = { $n ->
    [one] 1 change
   *[other] { $n } changes
}
tokens-used = { $requests }, { $changes }

# Revoke
tokens-revoke = Revoke token
tokens-revoke-question = Revoke the token of { $organization }?
tokens-revoke-means = { $agent } loses access now, also in pages that are open. What { $agent } already did stays in the access log.
tokens-revoke-means-waiting = Nobody has access yet. The code { $code } stops working now.
tokens-who-may-revoke = { $name } made this token. { $name } or an administrator of { $organization } can revoke it.
tokens-revoked-taken = Revoked at { $clock }. { $agent }’s next click will be refused.
tokens-revoked-waiting = Revoked at { $clock }. Nobody had come in.

# How it ended
tokens-outcome-pending = Waiting, at the latest until { $clock }
tokens-outcome-active = Open, { $left } left
tokens-outcome-disabled = Shut for now
tokens-outcome-customer = Revoked by { $name }, { $clock }
tokens-outcome-agent = Given back by { $name }, { $clock }
tokens-outcome-vendor = Ended by { $name } of { $vendor }, { $clock }
tokens-outcome-agent-removed = { $agent } was removed by { $vendor }, { $clock }
tokens-outcome-expired = Expired, { $clock }
tokens-outcome-unanswered = Expired, { $clock }. No agent took it

# Token history
tokens-history-title = Token history
tokens-history-title-of = Token history · { $organization }
tokens-history-lead = { $organization }. Every token ever made for this organization, newest first. No page and no command of { $vendor } takes anything out of this list.
tokens-history-empty = No token was ever generated for this organization. Nobody outside has had access.
tokens-history-no-more = There are no older tokens.
tokens-history-none-such = No token of this organization is as you ask for.
tokens-history-filter-label = Which tokens are shown
tokens-history-filter = Filter
tokens-history-all = Show all
tokens-history-person = Made, taken or ended by
tokens-history-everybody = Everybody
tokens-history-state = State
tokens-history-every-state = Every state
tokens-history-from = There from
tokens-history-to = There until
tokens-history-not-a-date = Give a day, such as 2026-03-12.
tokens-newest = Newest
tokens-older = Older
tokens-nobody = Nobody
tokens-nobody-was-in = nobody was in
tokens-row-ticket = Ticket { $ticket } · { $mode }
tokens-row-asked = Asked for { $length }
tokens-row-made = made by { $name } { $clock }
tokens-row-revoke = Revoke
tokens-row-revoke-which = token { $code }

# Desk
desk-title = Desk
desk-search = Code or organization
desk-waiting = Waiting for association
desk-mine = My open accounts
desk-mine-empty = No account is open to you now.
desk-empty = No customer has opened access. Ask the customer to click the padlock on the card.
desk-none-found = No organization that waits has “{ $q }” in its name.
desk-hint = Only organizations that opened themselves stand here. To be let in, ask the customer to click the padlock on the card.
desk-copy-instructions = Copy these instructions
desk-instructions = To let our support in: open { $address }, click the padlock on the card of your organization, choose for how long and press “Generate token”. Then tell us the code. You see who comes in, and can take it back at any moment. { $vendor } support
desk-say-waiting = { $n ->
    [one] 1 organization waits for an agent.
   *[other] { $n } organizations wait for an agent.
}
desk-say-mine = { $n ->
    [one] 1 account is open to you.
   *[other] { $n } accounts are open to you.
}
desk-asks = Asks for { $length } · { $mode }
desk-asks-ticket = Asks for { $length } · { $mode } · ticket { $ticket }
desk-waiting-since = waiting since { $since }, until { $until }
desk-phone-refused = Phone requests from { $name } are not authorized. Ask for a request from inside the area.
desk-take = Take it
desk-type-code = Type a code
desk-lost-devices = Lost devices
desk-enter = Enter
desk-finish = Finish
desk-back = Back to the Desk
desk-associated = You can enter { $organization } until { $until }. The customer was told your name.
desk-given-back = Your access to { $organization } has ended.

# Associate
desk-associate = Associate
desk-associate-title = Associate a token
desk-associate-title-of = Associate with { $organization }
desk-associate-lead = Type the code that the customer reads to you.
desk-associate-means = The customer opens the account for <b>{ $length }</b>, <b>{ $mode }</b>. If you associate now, until <b>{ $until }</b>. They are told your name at once.
desk-code = Code
desk-code-hint = Eight letters and digits. Case, spaces and the dash do not matter.
desk-ticket = Ticket number
desk-ticket-hint = The customer sees it.
desk-reason = Reason { $optional }

# Enter and give back
desk-enter-title = Enter { $organization }
desk-enter-means = You act as support until <b>{ $until }</b>, { $mode }. The customer sees what you open.
desk-which-product = Which product?
desk-no-product = There is no product to enter. An administrator of the vendor adds one under Applications.
desk-give-back = Give back
desk-give-back-title = Finish · { $organization }
desk-give-back-question = Give back the token of { $organization }?
desk-give-back-means = You lose access now, also in pages that are open. Only the customer can open the account again.

# Ended
desk-ended-sentence = { $outcome }. This page and every other page of { $organization } are closed to you.
desk-ended-organization = Organization
desk-ended-period = You were in
desk-ended-used = What you did
desk-ended-note = Is the work not done? Ask the customer to open the account again. You are still signed in as yourself.

# My history
desk-history-title = My history
desk-history-lead = Every account that was ever open to you, newest first.
desk-history-empty = You have taken no token yet.

# Mail
tokens-mail-hello = Hello { $name },
tokens-mail-made-subject = { $maker } asked support into { $organization }
tokens-mail-made = { $maker } generated a token that lets one support agent into { $organization }.
tokens-mail-made-then = Nobody has access yet. If no agent takes it until { $until }, it expires.
tokens-mail-associated-subject = { $agent } can now enter { $organization }
tokens-mail-associated = { $agent } can now enter { $organization } until { $until }.
tokens-mail-associated-then = Nobody else can. You can take it back at any moment.
tokens-mail-revoked-subject = Access to { $organization } has ended
tokens-mail-revoked = { $name } revoked the token of { $organization } at { $at }.
tokens-mail-given-back = { $name } gave the token of { $organization } back at { $at }.
tokens-mail-ended-by-vendor = { $name } of { $vendor } ended the token of { $organization } at { $at }.
tokens-mail-agent-removed = { $agent } was removed by { $vendor } at { $at }. With that, their access to { $organization } ended.
tokens-mail-expired-subject = The token of { $organization } has expired
tokens-mail-expired = The token of { $organization } expired at { $at }.
tokens-mail-unanswered = No agent took the token of { $organization }. It expired at { $at }.
tokens-mail-nobody = Nobody has access through it any more.
tokens-mail-look = What was done, and the padlock, are here:
tokens-mail-foot = Latchstring at { $vendor }. You get this mail because of your place in { $organization }.
