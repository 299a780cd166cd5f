//! Accepting an invitation: the only way into an organization, and to a role at the vendor.

use kernel::{Actor, Error, FieldError, OrganizationId, Secret, UserId, secret::Purpose};
use operation::{Call, Work, audit};
use people::{NewUser, User, model::checked_name, passwords};
use store::Connection;

use super::{managed, members};
use crate::{
    model::{Invitation, MemberKind, Membership, Offer, Organization, Role, UserType, is_vendor_address},
    rows,
};

/// What somebody tells who has no password here yet.
#[derive(Clone)]
pub struct NewPerson {
    pub name: String,
    pub password: String,
    pub language: String,
    pub time_zone: String,
}

/// An invitation as it shows to whoever has the link.
#[derive(Debug, Clone)]
pub struct Offered {
    pub invitation: Invitation,
    /// None: it is an invitation to be one of the vendor's people.
    pub organization: Option<Organization>,
    pub next: Next,
}

impl Offered {
    /// The vendor's people have a second factor from their first sign-in on; everybody else may be without one.
    pub const fn use_of_password(&self) -> passwords::Use {
        match self.invitation.offer {
            Offer::Staff { .. } => passwords::Use::WithSecond,
            Offer::Membership { .. } => passwords::Use::OnlyFactor,
        }
    }
}

/// What accepting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nobody has this address yet: a name and a password.
    BecomeKnown,
    /// Somebody has it, and has to show that it is they.
    SignIn,
    /// Whoever has it is signed in.
    Agree,
    /// Somebody else is signed in.
    ChangePerson,
}

#[derive(Debug, Clone, Copy)]
pub struct Accepted {
    pub user: UserId,
    pub organization: Option<OrganizationId>,
    /// The person has just chosen a password and is not signed in yet.
    pub is_new: bool,
}

/// What the link offers, as long as it works. Unknown, used, revoked and ended links get the same answer.
pub async fn look_at_invitation(call: &Call, token: &str) -> Result<Offered, Error> {
    let mut tx = call.read().await?;
    Ok(look(call, &mut tx, token).await?.0)
}

async fn look(call: &Call, tx: &mut Connection, token: &str) -> Result<(Offered, Option<User>), Error> {
    let secret = Secret::parse(Purpose::Link, token).ok_or_else(over)?;
    let invitation = rows::find_invitation_by_secret(tx, &secret.hash()).await?.ok_or_else(over)?;
    if !invitation.is_open(call.now) {
        return Err(over());
    }
    let organization = match invitation.offer.organization() {
        Some(id) => Some(rows::find(tx, id).await?.ok_or_else(over)?),
        None => None,
    };
    let known = people::operations::find_by_email(tx, &invitation.email).await?;
    if known.as_ref().is_some_and(|user| user.suspended_at.is_some()) {
        return Err(over());
    }
    let has_password = match &known {
        Some(user) => people::operations::password_hash(tx, user.id).await?.is_some(),
        None => false,
    };
    let next = match (&call.actor, &known) {
        (Actor::Person(person), Some(user)) if person.user == user.id => Next::Agree,
        (Actor::Person(_), _) => Next::ChangePerson,
        (_, Some(_)) if has_password => Next::SignIn,
        _ => Next::BecomeKnown,
    };
    Ok((Offered { invitation, organization, next }, known))
}

fn over() -> Error {
    Error::conflict(
        "invitation_over",
        "This invitation was used, was revoked, or has ended. Ask whoever invited you for a new one.",
    )
}

/// Accepts. A person who is known here must be signed in as the one who was invited; a new one brings name and password.
pub async fn accept_invitation(call: &Call, token: &str, new: Option<NewPerson>) -> Result<Accepted, Error> {
    if matches!(call.actor, Actor::Machine(_)) {
        call.actor.person()?;
    }
    let (offered, known) = {
        let mut tx = call.read().await?;
        look(call, &mut tx, token).await?
    };
    let newcomer = match offered.next {
        Next::Agree => None,
        Next::SignIn => return Err(Error::Unauthenticated),
        Next::ChangePerson => {
            return Err(Error::forbidden(
                "invited_is_somebody_else",
                format!(
                    "This invitation is for {}. Sign out, and open the link again.",
                    offered.invitation.email
                ),
            ));
        }
        Next::BecomeKnown => Some(checked(call, &offered, new).await?),
    };
    // The password is hashed by now: that takes long, and a write transaction keeps others waiting.
    let mut work = call.begin().await?;
    let mut entries = Vec::new();
    let is_new = newcomer.is_some();
    let user = match newcomer {
        None => known.ok_or_else(over)?,
        Some((new, hash)) => {
            let user = match known {
                Some(user) => {
                    // Known by an address only. Whoever sets the first password comes first.
                    if people::operations::password_hash(&mut work, user.id).await?.is_some() {
                        return Err(over());
                    }
                    let (name, language, zone) = (&new.name, &new.language, &new.time_zone);
                    people::operations::change_profile(&mut work, user.id, name, language, zone).await?;
                    User { name: new.name, ..user }
                }
                None => people::operations::create(&mut work, new).await?,
            };
            people::operations::set_password_hash(&mut work, user.id, &hash).await?;
            // The link came by mail.
            people::operations::prove_mailbox(&mut work, user.id).await?;
            entries.push(
                audit::Entry::new("person.created").subject(user.id).detail("email", user.email.as_str()),
            );
            user
        }
    };
    // Of two links that one person opens at once, the second sees what the first made of them (A7).
    people::operations::lock(&mut work, user.id).await?;
    // Before the invitation, as whoever withdraws it does.
    if let Some(organization) = offered.invitation.offer.organization()
        && !rows::lock(&mut work, organization).await?
    {
        return Err(over());
    }
    if rows::take_invitation(&mut work, offered.invitation.id, user.id, call.now).await? == 0 {
        return Err(over());
    }
    match offered.invitation.offer {
        Offer::Membership { .. } => {
            entries.extend(join(&mut work, &offered.invitation, &user, is_new).await?);
        }
        Offer::Staff { agent_level, is_administrator } => {
            entries.push(become_staff(&mut work, &user, agent_level, is_administrator).await?);
        }
    }
    work.commit_all(entries).await?;
    Ok(Accepted { user: user.id, organization: offered.invitation.offer.organization(), is_new })
}

async fn checked(call: &Call, offered: &Offered, new: Option<NewPerson>) -> Result<(NewUser, String), Error> {
    let required = |field, sentence: &str| FieldError {
        field,
        code: kernel::Code("required"),
        sentence: sentence.to_owned(),
    };
    let Some(new) = new else {
        return Err(Error::Invalid(vec![
            required("name", "Enter your name."),
            required("password", "Choose a password."),
        ]));
    };
    let mut wrong = Vec::new();
    let name = checked_name("name", &new.name).map_err(|error| wrong.push(error)).unwrap_or_default();
    let organization = offered.organization.as_ref().map_or("", |organization| organization.name.as_str());
    let context = [offered.invitation.email.as_str(), &name, organization, &call.world.settings.vendor_name];
    if let Err(error) = passwords::check(&new.password, &context, offered.use_of_password()) {
        wrong.push(error);
    }
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let hash = passwords::hash(call, &new.password).await?;
    let user = NewUser {
        email: offered.invitation.email.clone(),
        name,
        external_id: None,
        language: new.language,
        time_zone: new.time_zone,
    };
    Ok((user, hash))
}

/// Makes the membership; the organization is locked. Whose person it is was checked at the invitation and may have changed since (A7).
async fn join(
    work: &mut Work,
    invitation: &Invitation,
    user: &User,
    is_new: bool,
) -> Result<Vec<audit::Entry>, Error> {
    let Offer::Membership { organization, role, kind, user_type, ends_at } = invitation.offer else {
        return Err(over());
    };
    let call = work.call().clone();
    let has_role =
        people::operations::find_staff(work, user.id).await?.is_some_and(|member| member.has_role());
    let is_vendors = has_role || is_vendor_address(&user.email, &call.world.settings.vendor_mail_domains);
    if is_vendors != (kind == MemberKind::VendorStaff) {
        return Err(Error::conflict(
            "vendor_staff_changed",
            "Whether you are one of the vendor's people has changed since you were invited. Ask for a new invitation.",
        ));
    }
    if ends_at.is_some_and(|end| end <= call.now) {
        return Err(over());
    }
    let is_managed =
        kind == MemberKind::Customer && managed::is_managed_type(work, organization, user_type).await?;
    if is_managed {
        // Whoever has just chosen a password would have one beside the provider.
        if is_new {
            return Err(managed_elsewhere());
        }
        managed::require_domain(work, organization, &user.email).await?;
    }
    let mut entries = Vec::new();
    if let Some(over) = rows::over_membership_of(work, organization, user.id, call.now).await? {
        let at = over.membership.ends_at.unwrap_or(call.now);
        entries.extend(members::end(work, &over, at, None, "ended_by_itself").await?);
    }
    let membership = Membership {
        id: call.new_id(),
        organization,
        user: user.id,
        role,
        kind,
        user_type,
        is_managed,
        created_at: call.now,
        ends_at,
        ended_at: None,
        last_access_at: None,
    };
    match rows::insert_membership(work, &membership, invitation.created_by).await {
        // This organization may ask more of the person than those they were in already (E12).
        Ok(()) => work.revokes(user.id),
        Err(error) if error.is_taken() => {
            return Err(Error::conflict("already_member", "You already belong to this organization."));
        }
        Err(error) => return Err(error.into()),
    }
    if membership.is_administrator() {
        people::operations::ask_for_codes_again(work, user.id).await?;
    }
    entries.push(
        audit::Entry::new("member.joined")
            .organization(organization)
            .subject(membership.id)
            .detail("user", user.id.to_string())
            .detail("name", user.name.clone())
            .detail("email", user.email.as_str())
            .detail("role", role.as_str())
            .detail("kind", kind.as_str())
            .detail("invitation", invitation.id.to_string()),
    );
    Ok(entries)
}

pub(super) fn managed_elsewhere() -> Error {
    Error::conflict(
        "managed_by_single_sign_on",
        "People of this user type sign in by single sign-on, and need no invitation: the account is made at the first \
         sign-in there.",
    )
}

/// Makes a membership without an invitation, for whom the organization's own provider vouches. None of the vendor's people
/// comes in so (A7, E15).
pub(super) async fn admit(
    work: &mut Work,
    organization: OrganizationId,
    user: &User,
    role: Role,
    user_type: UserType,
) -> Result<(Membership, audit::Entry), Error> {
    let call = work.call().clone();
    let has_role =
        people::operations::find_staff(work, user.id).await?.is_some_and(|member| member.has_role());
    if has_role || is_vendor_address(&user.email, &call.world.settings.vendor_mail_domains) {
        return Err(Error::NotFound);
    }
    if !rows::lock(work, organization).await? {
        return Err(Error::NotFound);
    }
    let membership = Membership {
        id: call.new_id(),
        organization,
        user: user.id,
        role,
        kind: MemberKind::Customer,
        user_type,
        is_managed: true,
        created_at: call.now,
        ends_at: None,
        ended_at: None,
        last_access_at: None,
    };
    rows::insert_membership(work, &membership, None).await?;
    let entry = audit::Entry::new("member.joined")
        .organization(organization)
        .subject(membership.id)
        .detail("user", user.id.to_string())
        .detail("name", user.name.clone())
        .detail("email", user.email.as_str())
        .detail("role", role.as_str())
        .detail("kind", MemberKind::Customer.as_str())
        .detail("how", "single_sign_on");
    Ok((membership, entry))
}

/// Gives the role. A customer's person cannot become the vendor's while they can see a customer's account (A7).
async fn become_staff(
    work: &mut Work,
    user: &User,
    agent_level: Option<u8>,
    is_administrator: bool,
) -> Result<audit::Entry, Error> {
    let now = work.call().now;
    if people::operations::find_staff(work, user.id).await?.is_some_and(|member| member.has_role()) {
        return Err(Error::conflict("already_staff", "You already have a role at the vendor."));
    }
    let places = rows::memberships_of(work, user.id, now).await?;
    if places.iter().any(|(place, _)| place.kind == MemberKind::Customer) {
        return Err(Error::conflict(
            "person_is_customer",
            "You belong to a customer's organization. The vendor's people cannot; use another address.",
        ));
    }
    people::operations::set_staff(work, user.id, agent_level, is_administrator).await?;
    Ok(audit::Entry::new("agent.changed")
        .subject(user.id)
        .detail("how", "invitation_accepted")
        .detail("name", user.name.clone())
        .detail("email", user.email.as_str())
        .detail("agent_level", agent_level)
        .detail("is_administrator", is_administrator))
}
