# At the door of a product, and inside

banner-text = You are acting as support in { $organization } until { $clock }
banner-text-temporary = You are in { $organization } as Support (temporary) until { $clock }
banner-mode-read-only = You can look and change nothing
banner-mode-write = You can change things
banner-title = [Support]
banner-label-partner = Acting for a partner
banner-text-partner = You are acting for { $partner } in { $organization } until { $clock }
banner-title-partner = [Partner]
banner-ended = You are no longer in the account of { $organization }. What was not saved is not sent.
forward-to-desk = Back to the desk
forward-to-begin = Back to the beginning
forward-to-clients = Back to My Clients
forward-to-product = Back to the product

# The access is over
forward-ended-by = { $name } ended it at { $clock }.
forward-ended-by-partner = Your company ended its access at { $clock }.
forward-ended-by-agent = You gave it back at { $clock }.
forward-ended-agent-removed = It ended at { $clock }, when your role as an agent ended.
forward-ended-revoked = The customer ended it.
forward-ended-revoked-at = It was revoked at { $clock }.
forward-ended-expired = Its time is over.
forward-ended-expired-at = Its time was over at { $clock }.
forward-ended-session = Your session in this account has ended.
forward-ended-session-at = Your session in this account ended at { $clock }. If the token is still active, you can enter again from the desk.
forward-ended-note = You are still signed in yourself. If the work is not done, ask the customer for a new support token.
forward-ended-session-at-temporary = Your session in this account ended at { $clock }. If the credentials are still good, you can enter again.
forward-ended-note-temporary = If the work is not done, ask the customer for new credentials.
forward-fact-organization = Organization
forward-fact-code = Token
forward-fact-entered = Entered
forward-fact-ticket = Ticket

# Not allowed
forward-permission-missing = You lack a permission that this needs, so nothing was sent to the product.
forward-permission-missing-who = An administrator of your own company, within what the client gave. If the client did not give it, an administrator of the client.
forward-read-only = This account was opened for reading only, so the change was not sent to the product.
forward-read-only-who = The customer, with a new support token that allows changes
forward-not-allowed = You are signed in, but this account is not open to you.
forward-not-allowed-who = An administrator of the organization
forward-mfa-required = You are signed in, but an organization of yours asks for a second factor, and this session began without one.
forward-mfa-required-who = You yourself, now
forward-mfa-required-verb = Secure your account
forward-unknown-application = No product is protected at this address, so nobody is let in.
forward-unknown-application-who = An administrator of the vendor, under Applications
forward-nowhere = You are signed in, but you belong to no organization that uses this product.
forward-nowhere-who = An administrator of your organization, by an invitation
forward-nowhere-agent = You are signed in as a support agent. An agent comes into a customer's account only with a support token.
forward-nowhere-agent-who = The customer, with a support token that you then associate at the desk

# On the way in
forward-choose-title = Which organization?
forward-choose-lead = You belong to several organizations. Choose in which one you want to use { $application }.
forward-choose-verb = Open
forward-code-title = This link was used already
forward-code = The link that brings you into the product works once, and only for a minute.
forward-code-hint = Nothing was opened. Begin again, and you come to the product without typing anything if you are still signed in.
forward-code-again = Begin again
forward-way-title = This link is not for this browser
forward-way = The link was made for another browser, or it took too long to come back, so nobody was signed in.
forward-way-hint = Begin again, and you come into your own account. If somebody sent you the link, tell whoever looks after the product: it would have signed you in as somebody else.
forward-entry-title = You are not in
forward-entry = Entering an account begins at the desk, with your own click, and takes a minute at most.
forward-entry-hint = Nothing was opened. Go to the desk and enter from there.
forward-entry-temporary = Entering an account begins with your own click, and takes a minute at most.
forward-entry-temporary-hint = Nothing was opened. Go back to the beginning and enter from there.
