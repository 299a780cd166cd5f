# How strictly the people of an organization must prove who they are.

mfa_levels-title = Authentication and security
mfa_levels-title-of = Authentication and security · { $organization }
mfa_levels-lead = { $organization }. Decide who has to show a second factor. People who belong to several organizations are under the strictest level.
mfa_levels-list-lead = How strictly people must prove who they are. Choose whose levels you want to see.
mfa_levels-list-none = None has such a name.
mfa_levels-search = Part of a name
mfa_levels-apply = Search
mfa_levels-pages = Pages
mfa_levels-first = First page
mfa_levels-later = Next page
mfa_levels-column-organization = Organization
mfa_levels-column-name = Name
mfa_levels-column-email = E-mail
mfa_levels-column-group = User type
mfa_levels-column-state = Second factor

mfa_levels-group-practitioners = Practitioners
mfa_levels-group-clients = Administrator clients and standard clients
mfa_levels-group-employees = Employees of the firm’s clients
mfa_levels-group-no_user_type = People without a user type
mfa_levels-level-upon_request = Upon request
mfa_levels-level-upon_request-line = Each person decides.
mfa_levels-level-suggested = Suggested
mfa_levels-level-suggested-line = Offered after sign-in. They may choose “Activate later”.
mfa_levels-level-mandatory = Mandatory
mfa_levels-level-mandatory-line = Applications stay closed until it is set up.
mfa_levels-managed-short = By SSO
mfa_levels-managed-short-but = By SSO; without a user type: { $level }
mfa_levels-managed-by = Managed by your SSO ({ $by })
mfa_levels-managed-line = These people have no password here, so there is no level to set.
mfa_levels-coverage = { $protected } of { $people } have set it up
mfa_levels-touches = { $n ->
    [0] Nobody is of this type now.
    [one] Will affect one person; without a second factor: { $unprotected }.
   *[other] Will affect { $n } people; without a second factor: { $unprotected }.
}
mfa_levels-unsaved = Not saved yet.
mfa_levels-save = Save
mfa_levels-discard = Discard
mfa_levels-somebody = Somebody
mfa_levels-changed = { $by } saved this at { $clock }.
mfa_levels-meanwhile = Somebody else was first. { $changed } What is saved now is below, with what you chose marked as not saved yet. Look at both, and save again.
mfa_levels-reserved = Functionality reserved for level 2 and 3 support. Every change stands in the log of { $organization }, with your name.
mfa_levels-saved-nothing = Nothing was changed.
mfa_levels-saved = { $n ->
    [one] Saved. It holds for one person from now on.
   *[other] Saved. It holds for { $n } people from now on.
}
mfa_levels-saved-asked = { $n ->
    [one] Saved. One person will be asked at their next click.
   *[other] Saved. { $n } people will be asked at their next click.
}

mfa_levels-confirm-title = Save these levels
mfa_levels-confirm-title-of = Save these levels · { $organization }
mfa_levels-confirm-line = { $group }: { $after }. People: { $people }; without a second factor: { $unprotected }.
mfa_levels-confirm-heading = Set to “Upon request”?
mfa_levels-confirm-keep = From then on each person of this type decides, and whoever has no second factor is not asked for one. People who already set it up keep it and go on typing their code.
mfa_levels-confirm-verb = Confirm
mfa_levels-confirm-cancel = Keep it as it is

# People
mfa_levels-people = People
mfa_levels-people-title-of = People · { $organization }
mfa_levels-people-search = Part of a name or address
mfa_levels-people-none = Nobody here has such a name.
mfa_levels-state-not_offered = Not offered
mfa_levels-state-not_offered-line = Two-factor authentication is off, and nobody asks for it. The person can turn it on.
mfa_levels-state-suggested = Suggested
mfa_levels-state-suggested-line = It is offered after each sign-in, and the person may put it off.
mfa_levels-state-forced = Forced
mfa_levels-state-forced-line = Applications stay closed to this person until it is set up.
mfa_levels-state-set_up = Set up
mfa_levels-state-set_up-line = The person shows a second factor at each sign-in.
mfa_levels-state-managed_by_sso = Managed by SSO
mfa_levels-state-managed_by_sso-line = The person signs in by the single sign-on of the organization and has no password here.
mfa_levels-sources = Where that comes from
mfa_levels-source = { $organization } · { $group } · { $what }
mfa_levels-another-organization = Another organization of this person
mfa_levels-code = Without the mailbox
mfa_levels-code-lead = To set up a second factor, a person shows a code from their mailbox. If they cannot get at it, make a code here and tell it to them. It is good once, for half an hour, and only beside their password.
mfa_levels-code-warning = Find out first who it is, and not by a call that came in. The person gets a mail that you made a code, and the log says so.
mfa_levels-code-open = A code that was made before is good until { $until }. A new one takes its place.
mfa_levels-code-make = Make a code
mfa_levels-code-told = Tell it to { $name } and to nobody else. It is shown now and never again, and is good until { $until }.

# Mail
mfa_levels-mail-subject = Authentication at { $organization } was changed
mfa_levels-mail-line = { $group }: { $after }, was { $before }. People: { $people }; without a second factor: { $unprotected }.
mfa_levels-mail-body = Hello { $name },

    { $by } of { $vendor } changed how strictly the people of { $organization } must prove who they are, { $clock } ({ $zone }):

    { $lines }

    It holds from that moment on. Who did what stands in the access log:
    { $link }

    { $vendor }
mfa_levels-mail-code-subject = A code was made to secure your account
mfa_levels-mail-code = Hello { $name },

    { $by } of { $vendor } made a code with which you can set up two-factor authentication without your mailbox, { $clock } ({ $zone }). They tell it to you themselves; it is not in this mail, and nobody of us asks you for it.

    If you did not ask for one, somebody may pretend to be you: change your password now.
    { $link }

    { $vendor }
