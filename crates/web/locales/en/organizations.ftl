# Roles and kinds
organizations-role-administrator = Administrator
organizations-role-administrator-line = Manages members, settings and who may enter.
organizations-role-member = Member
organizations-role-member-line = Works in the organization; opens the padlock if the settings allow it.
organizations-kind-vendor_staff = Vendor staff
organizations-type-none = Not set
organizations-type-practitioner = Practitioner
organizations-type-administrator_client = Administrator client
organizations-type-standard_client = Standard client
organizations-type-employee = Employee of a client

# Members
organizations-members = Members
organizations-members-title = Members · { $organization }
organizations-members-lead = Who belongs to the organization, and until when.
organizations-members-none = Nobody belongs to the organization.
organizations-members-none-found = No member fits the search. Change it, or clear it to see everyone.
organizations-search = Name or e-mail
organizations-show = Show
organizations-show-all = Everyone
organizations-show-administrator = Administrators
organizations-show-member = Members
organizations-show-temporary = With an end date
organizations-show-permanent = Without an end date
organizations-sort = Sort by
organizations-sort-name = Name
organizations-sort-email = E-mail
organizations-sort-role = Role
organizations-sort-user_type = User type
organizations-sort-last_access = Last access
organizations-apply = Search
organizations-pages = Pages of the list
organizations-earlier = Earlier
organizations-later = More
organizations-first-page = First page
organizations-column-name = Name
organizations-column-email = E-mail
organizations-column-role = Role
organizations-column-type = User type
organizations-column-ends = Ends
organizations-column-last-access = Last access
organizations-column-link-ends = Link works until
organizations-column-act = Act
organizations-no-end = No end
organizations-never = Never
organizations-vendor-staff = People of { $vendor } during implementation
organizations-vendor-staff-lead = Invited by your administrators, each until a date. They are members, not support: support enters only through a token.
organizations-vendor-staff-none = Nobody of { $vendor } is a member.
organizations-invitations = Invitations on the way
organizations-revoke-invitation = Revoke invitation
organizations-member-since = Member since

# Inviting and changing
organizations-invite = Invite
organizations-invite-title = Invite to { $organization }
organizations-invite-lead = The person gets a link by e-mail. It works once, for seven days, for that address only.
organizations-invite-verb = Send invitation
organizations-email = E-mail
organizations-name-optional = Name (optional)
organizations-whose = Whose person is it?
organizations-whose-own = One of ours
organizations-whose-own-line = Somebody of the organization, or who works for it.
organizations-whose-vendor = Of { $vendor }
organizations-whose-vendor-line = During implementation only: a member with an end date, never an administrator, listed apart.
organizations-what = What may the person do?
organizations-user-type = User type
organizations-user-type-hint = What kind of user the person is in the product.
organizations-end-date = Ends on (optional)
organizations-end-hint = From then on the person is no longer a member, without anybody doing anything.
organizations-end-time = At, { $zone } (end of the day if left empty)
organizations-end-unreadable = Enter a date, and a time if the end is not the end of the day.
organizations-save = Save
organizations-unlink = Unlink
organizations-unlink-title = Unlink { $name }
organizations-unlink-ask = Unlink { $name } from { $organization }?
organizations-unlink-what = { $name } loses access to { $organization } now, also in pages that are open. The person is not deleted, keeps other organizations, and can be invited again.
organizations-done-invited = The invitation is on its way.
organizations-done-changed = The member was changed.
organizations-done-unlinked = The person was unlinked. Their next click will be refused.
organizations-done-revoked = The invitation was revoked. Its link no longer works.
organizations-done-saved = Saved.
organizations-done-created = The organization was created, and its first administrator was invited.

# Settings
organizations-settings = Settings
organizations-settings-title = Support settings · { $organization }
organizations-settings-lead = Who may let support in, and for how long at most.
organizations-longest = Longest validity of a token
organizations-longest-hint = Holds for tokens made from now on.
organizations-longest-vendor = As long as the vendor allows: { $length }
organizations-who = Who may open the padlock?
organizations-who-members = All members
organizations-who-members-line = Vendor staff among the members never may.
organizations-who-administrators = Administrators only
organizations-who-administrators-line = Members can see the padlock, not open it.
organizations-backend = Opening from within the product of { $vendor }
organizations-backend-line = While this is off, the padlock opens on these pages only. While it is on, the product of { $vendor } can open it when one of your people asks for that there; the history says so each time.
organizations-backend-tick = The product may open for a member who asks

# Links from a mail
organizations-link-over-title = This link no longer works
organizations-link-over-hint = Nothing was changed, and nobody gained access by it.
organizations-join-title = Join { $organization }
organizations-join-staff-title = Join the people of { $vendor }
organizations-join-lead = You were invited to { $organization } as: { $role }.
organizations-join-lead-administrator = You were invited to { $organization } as: { $role }. You will decide who belongs to it and who from outside may enter.
organizations-join-lead-vendor_staff = You were invited to { $organization } as vendor staff, for a time.
organizations-join-lead-agent = You were invited as a support agent of { $vendor }, level { $level }.
organizations-join-lead-agent-administrator = You were invited as a vendor administrator and support agent of { $vendor }, level { $level }.
organizations-join-lead-vendor-administrator = You were invited as a vendor administrator of { $vendor }.
organizations-join-ends = It ends by itself: { $end }, { $zone }.
organizations-join-new = Choose how you are called and a password. Then sign in with it.
organizations-join-sign-in = The invitation is for { $email }. Sign in with that address; you come back here.
organizations-join-agree = You are signed in as { $name } ({ $email }).
organizations-join-other = You are signed in as { $name }, and the invitation is for { $email }. Sign out, and open the link of the mail again.
organizations-join-verb = Join
organizations-join-later = Not now
organizations-your-name = Your name
organizations-password = Password
organizations-password-hint = At least { $shortest } characters. Several words are easy to remember and hard to guess.

# Set-up
organizations-setup-title = Set up Latchstring
organizations-setup-lead = Make the first administrator of { $vendor }. Administrators invite agents and customers; no role of the vendor opens a customer's account.
organizations-setup-verb = Create administrator

# Administration
organizations-admin-title = Organizations
organizations-admin-lead = Your customers, from outside. What is inside is theirs.
organizations-admin-search = Name or external id
organizations-admin-none = No organization here.
organizations-admin-one-lead = From outside. Only its own people decide who may enter.
organizations-new = New organization
organizations-new-title = New organization
organizations-new-lead = Its first administrator gets an invitation by e-mail and decides everything from then on.
organizations-new-verb = Create organization
organizations-organization-name = Name of the organization
organizations-external = External id (optional)
organizations-external-hint = How your own backend calls the organization.
organizations-companies = Number of companies
organizations-administrator-name = Name of the first administrator (optional)
organizations-administrator-email = E-mail of the first administrator
organizations-administrator-hint = Somebody of the customer. Addresses of your own people are refused.
organizations-column-organization = Organization
organizations-column-external = External id
organizations-column-companies = Companies
organizations-column-members = Members
organizations-column-state = State
organizations-state-own = In the hands of its people
organizations-state-invited = First administrator invited
organizations-state-vacant = Waits for a first administrator
organizations-created = Created
organizations-id = Id
organizations-first = First administrator
organizations-first-lead = Nobody has joined yet. A new invitation ends the earlier one.
organizations-first-open = Invited: { $email }. The link works until { $until }.
organizations-first-verb = Send invitation
organizations-details = Details

# Mail
organizations-mail-member-subject = You were invited to { $organization }
organizations-mail-member-body = { $by } invites you to { $organization } at { $vendor }, as: { $role }.

    To accept, open this link. It works once, until { $until } ({ $zone }), and is for you alone:
    { $link }

    If you do not know { $organization }, you need not do anything.
organizations-mail-member-end = Your membership of { $organization } ends by itself: { $end } ({ $zone }).
organizations-mail-first-subject = { $vendor }: you administer { $organization }
organizations-mail-first-body = { $vendor } has prepared { $organization } and names you as its first administrator.

    You decide who belongs to it and who from outside may enter. Until you open it, nobody of { $vendor } can.

    To accept, open this link. It works once, until { $until } ({ $zone }), and is for you alone:
    { $link }
