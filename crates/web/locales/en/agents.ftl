agents-title = Support agents
agents-lead = The vendor's people. None of these roles opens a customer's account: that takes a token of the customer.
agents-invite = Invite
agents-invite-title = Invite an agent
agents-invite-lead = The person gets a link by e-mail. It works once, for 24 hours, for that address only.
agents-invite-verb = Send invitation
agents-name-optional = Name (optional)
agents-level = Support agent
agents-level-hint = Whoever is no agent any more loses every entry and token at once.
agents-no-agent = No agent
agents-no-role = No role
agents-no-role-any-more = This person has no role any more. To give one, invite them again.
agents-administration = Administration
agents-administrator-tick = Vendor administrator: invites agents and customers, adds products and API keys
agents-column-name = Name
agents-column-email = E-mail
agents-column-role = Role
agents-column-state = State
agents-column-act = Act
agents-column-link-ends = Link works until
agents-state-active = Active
agents-invitations = Invitations on the way
agents-revoke-invitation = Revoke invitation
agents-save = Save
agents-restore = Restore
agents-suspend = Suspend
agents-suspend-title = Suspend { $name }
agents-suspend-ask = Suspend { $name }?
agents-suspend-what = { $name } is signed out now and loses every customer's account that is open to them, also in pages that are open. Their tokens end for good, and the customers are told.
agents-suspended-since = Suspended since { $since }. What ended with that stays ended.
agents-done-invited = The invitation is on its way.
agents-done-changed = The role was changed.
agents-done-suspended = Suspended. Their next click will be refused, everywhere.
agents-done-restored = Restored. What ended with the suspension stays ended.
agents-done-revoked = The invitation was revoked. Its link no longer works.

# Mail
agents-mail-subject = You were invited to work with { $vendor }
agents-mail-body = { $by } invites you to be one of the people of { $vendor } in Latchstring.

    To accept, open this link. It works once, until { $until } ({ $zone }), and is for you alone:
    { $link }

    If you do not know { $by }, you need not do anything.
