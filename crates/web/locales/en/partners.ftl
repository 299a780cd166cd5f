# Partners and their clients.
partners-clients-title = My Clients
partners-clients-title-of = My Clients · { $organization }
partners-clients-lead = { $n ->
    [one] One client lets { $organization } in. { $ending } to look at within a month.
   *[other] { $n } clients of { $organization }. { $ending } to look at within a month.
}
partners-clients-none = No client lets you in yet.
partners-clients-none-yours = You are not authorized for any client. An administrator of your company can authorize you.
partners-step-1 = Add a token and send it to your client.
partners-step-2 = The client pastes it in My Partner, sees that it is yours, and chooses what you may do.
partners-step-3 = You choose which of your people may enter.
partners-choose-lead = You belong to several organizations. Choose one.
partners-choose = Choose
partners-views = Saved views
partners-view-all = All
partners-view-30 = Ending in 30 days
partners-view-7 = Ending in 7 days
partners-view-1 = Ending in 1 day
partners-view-unused = Unused 90 days
partners-view-pending = Pending
partners-search = Search
partners-search-hint = Client or user
partners-state = Token state
partners-every-state = Every state
partners-user = User
partners-everybody = Everybody
partners-filter = Filter
partners-leaver = Revoke { $name } everywhere
partners-none-found = No client is like that.
partners-show-all = Show all
partners-with-chosen = With the chosen clients
partners-choose-all = Choose all on this page
partners-choose-none = Choose none
partners-choose-one = Choose { $client }
partners-client = Client
partners-partner = Partner
partners-organization = Organization
partners-token = Token
partners-permissions = Permissions
partners-my-users = My users
partners-users = Authorized users
partners-dates = Ends or review
partners-last = Last use
partners-more = More options
partners-details = Client details
partners-no-name = Not completed yet
partners-and-more = { $names } and { $n } more
partners-answer-by = answer by { $clock }
partners-ended-at = ended { $clock }
partners-no-end = no end
partners-no-end-review = no end, review { $review }
partners-end-review = { $end }, review { $review }
partners-never = never
partners-place = { $from } to { $to }
partners-earlier = Earlier
partners-later = Later
partners-find = Find
partners-search-name = Part of a name

# One client
partners-add = Add token
partners-add-title = Add token
partners-add-lead = A token names you to the one client who pastes it and agrees. By itself it opens nothing. It waits { $length }.
partners-label = For whom
partners-label-hint = A note for your own list. The client does not see it.
partners-confirm = Confirm
partners-copy-token = Copy token
partners-copy-message = Copy message
partners-pending-means = Nobody can enter yet. Send the token to your client.
partners-message-title = What you can write to your client
partners-message = Hello,

    { $partner } asks to work for you. As an administrator of your organization, open
    { $address }
    and paste this token:

    { $token }

    You see that it is ours before you agree to anything, and you choose what we may do. You can take it back at any
    moment. The token is good until { $clock }, { $zone }.
partners-made = Added
partners-by-at = { $name }, { $clock }
partners-authorized-by = Authorized by
partners-mode = Mode
partners-mode-read-only = Read only
partners-mode-write = Can make changes
partners-since = Since
partners-log = Access log of your company
partners-client-log = Access log
partners-enter = Enter
partners-enter-title = Enter { $client }
partners-enter-lead = Every page there says for whom you act. What you do is in the client's log.
partners-which-product = Which product?
partners-users-none = Nobody is authorized yet, so nobody can enter.
partners-nothing-left = Nothing: the client has taken it back
partners-authorize-users = Authorize users
partners-edit-user = Edit user
partners-revoke-permissions = Revoke permissions
partners-disable-token = Disable token
partners-activate-token = Activate token
partners-delete-token = Delete token
partners-users-title = Authorize users · { $client }
partners-users-lead = Each of them can enter at once, and do no more than you tick here.
partners-users-all = All of your people are authorized for this client.
partners-which-users = Which users?
partners-which-permissions = Which permissions?
partners-not-given = { $client } does not give this. It can, under My Partner.
partners-authorize = Authorize
partners-user-title = Edit user { $name } · { $client }
partners-edit = Edit
partners-save = Save
partners-ask-disable = Disable the token of { $client }?
partners-ask-activate = Activate the token of { $client }?
partners-ask-delete = Delete the token of { $client } permanently?
partners-ask-who = { $names } can enter now.
partners-means-disable = All of your people lose access to { $client } now, also in pages that are open. You can activate it again.
partners-means-activate = The same people can enter { $client } again, with the same permissions.
partners-means-delete = It ends for good and cannot be activated again. It leaves this list; the history of { $client } keeps it.
partners-ask-revoke-user = Revoke the permissions of { $name } for { $client }?
partners-means-revoke-user = { $name } loses access now, also in pages that are open. The others keep theirs.
partners-ask-leaver = Revoke the permissions of { $name } for every client?
partners-means-leaver = { $name } loses access to every client now, also in pages that are open. The others keep theirs.
partners-done-added = The token is added. Nobody can enter until your client completes it.
partners-done-authorized = They can enter now.
partners-done-changed = Saved. It holds from now on, in pages that are open too.
partners-done-revoked = Revoked. The next click there is refused.
partners-done-disabled = Disabled. All of your people are out.
partners-done-activated = Active again, for the same people.
partners-done-deleted = The token is deleted.
partners-done-left = Revoked everywhere. The next click is refused.

# Many clients
partners-many-authorize-short = Authorize a user
partners-many-revoke-short = Revoke a user
partners-many-authorize = { $n ->
    [one] Authorize a user for 1 client
   *[other] Authorize a user for { $n } clients
}
partners-many-revoke = { $n ->
    [one] Revoke a user for 1 client
   *[other] Revoke a user for { $n } clients
}
partners-many-disable = { $n ->
    [one] Disable 1 token
   *[other] Disable { $n } tokens
}
partners-many-activate = { $n ->
    [one] Activate 1 token
   *[other] Activate { $n } tokens
}
partners-many-delete = { $n ->
    [one] Delete 1 token permanently
   *[other] Delete { $n } tokens permanently
}
partners-many-authorize-verb = Authorize
partners-many-revoke-verb = Revoke permissions
partners-many-disable-verb = Disable tokens
partners-many-activate-verb = Activate tokens
partners-many-delete-verb = Delete tokens
partners-many-authorize-means = A client that does not give all of these permissions is left out, and told here.
partners-many-revoke-means = The user loses access to these clients now, also in pages that are open.
partners-many-disable-means = All of your people lose access to these clients now, also in pages that are open.
partners-many-activate-means = The same people can enter again, with the same permissions.
partners-many-delete-means = They end for good and cannot be activated again. The history keeps them.
partners-many-authorize-done = Authorized
partners-many-revoke-done = Revoked
partners-many-disable-done = Disabled
partners-many-activate-done = Active again
partners-many-delete-done = Deleted
partners-many-result = What was done
partners-many-answer = { $n } of { $all } done.
partners-many-gone = Deleted client
partners-chosen-clients = Clients
partners-which-user = Which user?
partners-choose-option = Choose
partners-choose-person = Choose one of your people.
partners-choose-permission = Choose at least one permission.
partners-choose-clients = Choose at least one client in the list first.
partners-why-not-given = The client does not give all of these permissions
partners-why-authorized = Authorized already
partners-why-not-authorized = Was not authorized
partners-why-pending = The client has not completed the token
partners-why-disabled = The token is disabled
partners-why-active = Is active already
partners-why-over = Has ended
partners-why-other = Could not be done

# My Partner
partners-partner-title = My Partner
partners-partner-title-of = My Partner · { $organization }
partners-partner-lead = Companies that work in your account. Each of their people acts under their own name, and every page there says so.
partners-partner-none = No partner has access. If an accounting firm or consultant looks after your account, ask them for their token.
partners-verified = verified by { $vendor }
partners-nobody-in = None of their people can enter yet.
partners-people-of = People of { $partner } who can enter
partners-over = Earlier partners
partners-authorize-title = Authorize partner
partners-authorize-title-of = Authorize { $partner }
partners-authorize-lead = Paste the token that your partner gave you. You see whose it is before anything is granted.
partners-paste = Token of the partner
partners-paste-hint = It begins with lst_.
partners-look = See whose it is
partners-offered = This token is of { $partner }.
partners-offered-means = Is this whom you expect? Nothing is granted yet.
partners-mode-question = How far?
partners-mode-read-only-line = They can look and change nothing.
partners-mode-write-line = They can change things within the permissions.
partners-mode-change-means = They can only look now: if you let them make changes, everybody who is authorized can at once.
partners-ends-on = Ends on (optional)
partners-ends-on-hint = At the end of that day, { $zone }. Without a day it lasts until somebody ends it.
partners-review-on = Review on (optional)
partners-review-on-hint = You and the partner are reminded 30, 7 and 1 days before.
partners-edit-title = Edit { $partner }
partners-edit-lead = What you take away, every one of the people of { $partner } loses at once. What you add, nobody has until { $partner } gives it to somebody.
partners-ask-revoke-partner = Revoke the permissions of { $partner }?
partners-means-revoke-partner = All of them lose access now, also in pages that are open. { $partner } cannot undo it. What they did stays in the access log.
partners-done-partner-authorized = Authorized. The partner can say now which of its people may enter.
partners-done-partner-changed = Saved. It holds from now on, in pages that are open too.
partners-done-partner-over = It had ended already. Nobody of them has access.
partners-done-partner-revoked = Revoked. The next click of any of their people is refused.
partners-not-a-day = Choose a day.

# The vendor
partners-admin-title = Partners
partners-admin-lead = Which organizations work for others, and which may let them in. Numbers only: what partners do is their clients' to see.
partners-admin-none = No organization is registered. Open an organization to register it.
partners-is-partner = Partner since
partners-is-client = Client since
partners-count-clients = Clients
partners-count-partners = Partners
partners-registration-title = Registration · { $organization }
partners-registration-lead = Your registration is what clients see as verified. It makes no way into any account.
partners-register-partner = Partner: its people may work for clients that let them in
partners-register-client = Client: its administrators may let partners in
partners-registration-question = What is it registered as?
partners-registration-means = What you take back ends what rests on it, for good: { $clients } clients, { $partners } partners now.
partners-register = Registration as partner or client
partners-registration-unread = This form was sent without what it showed. Nothing was saved. This is how it is now.
partners-unregister = Take it back
partners-ask-unregister-partner = Take back the registration of { $organization } as a partner?
partners-ask-unregister-client = Take back the registration of { $organization } as a client?
partners-ask-unregister-both = Take back both registrations of { $organization }?
partners-means-unregister = { $n ->
    [one] One token ends for good by this. Whoever is in an account by it is out at once, and registering again does not bring it back.
   *[other] { $n } tokens end for good by this. Whoever is in an account by one of them is out at once, and registering again does not bring them back.
}
partners-done-registered = The registration is saved.
partners-permissions-title = Permissions
partners-permissions-lead = What clients can give to partners. The product is told the keys.
partners-permission-title = Permission { $name }
partners-permission-name = Name
partners-permission-key = Key
partners-permission-key-hint = Small letters, digits and underscores. It never changes.
partners-permission-explanation = What it allows
partners-permission-explanation-hint = The client reads this before deciding.
partners-permission-position = Place in lists
partners-permission-new = New permission
partners-permission-add = Add permission
partners-permission-gone = { $key } (removed)
partners-remove-permission = Remove
partners-ask-remove-permission = Remove the permission { $name }?
partners-means-remove-permission = Everybody who has it loses it now, also in pages that are open. Rules that need it keep every partner out until they are changed.
partners-done-permission-added = The permission is on offer.
partners-done-permission-changed = Saved.
partners-done-permission-removed = The permission is removed, from everybody who had it.
partners-rules = Permissions of partners
partners-rules-title = Permissions of partners · { $application }
partners-rules-lead = Requests of partners' people that begin like this need this permission. A path that could be read in two ways is refused to whoever lacks one.
partners-rules-none = There are no rules: partners' people can go wherever the client's mode lets them. The product is told their permissions.
partners-rule-path = Path begins with
partners-rule-path-hint = For example /servers. Upper case makes no difference.
partners-rule-method = Method
partners-rule-permission = Needs
partners-rule-remove = Remove
partners-rule-new = New rule
partners-rule-add = Add rule
partners-method-any = Every method
partners-method-changes = Everything that changes (all but GET, HEAD and OPTIONS)
partners-done-rules = Saved. It holds from the next request on.

# Mail
partners-mail-somebody = a client
partners-mail-clock = { $clock }, { $zone }
partners-mail-body = Hello { $name },

    { $sentence }

    You see how it stands here:

    { $address }

    --
    Latchstring at { $vendor }. You get this mail because of your place in { $own }.
partners-mail-authorized-subject = { $partner } works for { $client }
partners-mail-authorized-client = { $partner } may work in the account of { $client } from now on. Which of its people can enter stands in My Partner.
partners-mail-authorized-partner = { $client } lets { $partner } in. Choose now which of your people may enter.
partners-mail-ended-subject = { $partner } no longer works for { $client }
partners-mail-revoked = { $name } revoked the permissions of { $partner } for { $client } at { $at }. Nobody of { $partner } has access any more.
partners-mail-deleted = { $name } deleted the token of { $partner } for { $client } at { $at }. Nobody of { $partner } has access any more.
partners-mail-ended-by-vendor = { $name } of { $vendor } ended the access of { $partner } to { $client } at { $at }. Nobody of { $partner } has access any more.
partners-mail-expired = The access of { $partner } to { $client } ended by itself at { $at }. Nobody of { $partner } has access any more.
partners-mail-unanswered = The token of { $partner } for { $client } was not completed and ended by itself at { $at }. Nobody ever had access by it.
partners-mail-end-subject = Access of { $partner } to { $client } ends
partners-mail-end = The access of { $partner } to { $client } ends by itself at { $at }. An administrator of { $client } can choose another end in My Partner.
partners-mail-review-subject = To review: { $partner } and { $client }
partners-mail-review = { $client } wanted to look again at what { $partner } may do at { $at }. An administrator of { $client } can change it, or end it, in My Partner.
