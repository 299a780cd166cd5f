//! Reads, for this capability and for others.

use kernel::{Actor, Error, MembershipId, OrganizationId, Person, Scope, Timestamp, UserId};
use operation::{Call, Work};
use people::User;
use store::Connection;

use crate::{
    model::{Membership, Organization},
    rows,
};

pub async fn find(tx: &mut Connection, id: OrganizationId) -> Result<Option<Organization>, Error> {
    rows::find(tx, id).await
}

pub async fn get(tx: &mut Connection, id: OrganizationId) -> Result<Organization, Error> {
    rows::find(tx, id).await?.ok_or(Error::NotFound)
}

/// The organization behind `grp_…` or `ext:…`, as paths of the API name it. Says nothing about who may see it.
pub async fn resolve(tx: &mut Connection, name: &str) -> Result<Organization, Error> {
    let found = match name.strip_prefix("ext:") {
        Some(external_id) => rows::find_by_external_id(tx, external_id).await?,
        None => match name.parse() {
            Ok(id) => rows::find(tx, id).await?,
            Err(_) => None,
        },
    };
    found.ok_or(Error::NotFound)
}

/// As [`resolve`], for what a caller put into a path: whoever could not know of the organization learns nothing, not even
/// whether there is one by that external id. What the caller may do with it is the next operation's to say.
pub async fn resolve_for(call: &Call, name: &str) -> Result<OrganizationId, Error> {
    if matches!(call.actor, Actor::Nobody) {
        return Err(Error::Unauthenticated);
    }
    if let Ok(id) = name.parse() {
        return Ok(id);
    }
    let mut tx = call.read().await?;
    let organization = resolve(&mut tx, name).await?;
    if let Actor::Person(person) = &call.actor
        && !person.staff.is_administrator
    {
        let place = rows::find_membership(&mut tx, organization.id, person.user, call.now).await?;
        place.ok_or(Error::NotFound)?;
    }
    Ok(organization.id)
}

/// The person's place in the organization, if it holds now.
pub async fn membership(
    tx: &mut Connection,
    organization: OrganizationId,
    user: UserId,
    now: Timestamp,
) -> Result<Option<Membership>, Error> {
    rows::find_membership(tx, organization, user, now).await
}

/// Every place that the person has now, by the organization's name.
pub async fn memberships_of(
    tx: &mut Connection,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<(Membership, Organization)>, Error> {
    rows::memberships_of(tx, user, now).await
}

/// Whom to mail about the organization: its own administrators.
pub async fn administrators(
    tx: &mut Connection,
    id: OrganizationId,
    now: Timestamp,
) -> Result<Vec<User>, Error> {
    let mut users = Vec::new();
    for user in rows::administrator_ids(tx, id, now).await? {
        users.extend(people::operations::find(tx, user).await?);
    }
    Ok(users)
}

pub async fn count_members(tx: &mut Connection, id: OrganizationId, now: Timestamp) -> Result<i64, Error> {
    rows::count_members(tx, id, now).await
}

/// Makes every change of the organization's people wait until this transaction is over, so that whoever rests an act on
/// their place acts before they lose it or not at all. Whether there is such an organization.
pub async fn lock(work: &mut Work, id: OrganizationId) -> Result<bool, Error> {
    rows::lock(work, id).await
}

/// The organization and the caller's place in it. A machine stands for the member on whose word it acts.
/// An organization of somebody else does not exist for the caller (A1).
pub async fn require_member(
    call: &Call,
    tx: &mut Connection,
    id: OrganizationId,
) -> Result<(Organization, Membership), Error> {
    let user = match &call.actor {
        Actor::Nobody => return Err(Error::Unauthenticated),
        actor => actor.user().ok_or_else(|| {
            Error::forbidden(
                "member_required",
                "Only a member of the organization can do this, or somebody on a member's word.",
            )
        })?,
    };
    let membership = rows::find_membership(tx, id, user, call.now).await?.ok_or(Error::NotFound)?;
    let organization = rows::find(tx, id).await?.ok_or(Error::NotFound)?;
    if let Actor::Person(person) = &call.actor {
        require_open(person, &membership)?;
    }
    Ok((organization, membership))
}

/// Whether the way in which this session was opened opens this place (E13).
fn require_open(person: &Person, membership: &Membership) -> Result<(), Error> {
    match (membership.is_open_to(person.single_sign_on_of), person.single_sign_on_of) {
        (true, _) => Ok(()),
        (false, Some(_)) => Err(Error::forbidden(
            "other_sign_in_required",
            "You signed in by the single sign-on of another organization. Sign out, and sign in with your password.",
        )),
        (false, None) => Err(Error::forbidden(
            "single_sign_on_required",
            "Your place in this organization opens by its single sign-on. Sign out, and sign in there.",
        )),
    }
}

/// As [`memberships_of`], without the places that the way in which this session was opened does not open.
pub async fn open_memberships(
    tx: &mut Connection,
    person: &Person,
    now: Timestamp,
) -> Result<Vec<(Membership, Organization)>, Error> {
    let mut places = rows::memberships_of(tx, person.user, now).await?;
    places.retain(|(place, _)| place.is_open_to(person.single_sign_on_of));
    Ok(places)
}

/// As [`require_member`], and the member is an administrator of the organization (A38).
pub async fn require_administrator(
    call: &Call,
    tx: &mut Connection,
    id: OrganizationId,
) -> Result<(Organization, Membership), Error> {
    let (organization, membership) = require_member(call, tx, id).await?;
    if membership.is_administrator() {
        Ok((organization, membership))
    } else {
        Err(Error::forbidden(
            "administrator_of_organization_required",
            format!("Only an administrator of {} can do this.", organization.name),
        ))
    }
}

/// Notes that a member used the product. Nobody's act: for a counter's own transaction.
pub async fn note_access(
    tx: &mut Connection,
    organization: OrganizationId,
    user: UserId,
    at: Timestamp,
) -> Result<(), Error> {
    rows::save_last_access(tx, organization, user, at).await
}

/// As [`note_access`], for many at once. They are in one order for everybody, so that two writers never wait for each other.
pub async fn note_accesses(tx: &mut Connection, accesses: &[(MembershipId, Timestamp)]) -> Result<(), Error> {
    for accesses in accesses.chunks(rows::ACCESSES_AT_ONCE) {
        rows::save_last_accesses(tx, accesses).await?;
    }
    Ok(())
}

/// As [`require_administrator`], for a change of who belongs to the organization: a machine needs the scope for it, the
/// word of an administrator, and that the organization lets the vendor's product act for its people at all. Who can make
/// a member can open the padlock, so one switch stands before both (A1, A7).
pub(super) async fn require_member_manager(
    call: &Call,
    tx: &mut Connection,
    id: OrganizationId,
) -> Result<(Organization, Membership), Error> {
    if let Actor::Machine(_) = call.actor {
        let machine = call.actor.machine(Scope::MembersWrite)?;
        if machine.on_behalf_of.is_none() {
            return Err(Error::forbidden(
                "on_behalf_of_required",
                "An API key changes members only on the word of an administrator of the organization: send \
                 X-Latchstring-On-Behalf-Of.",
            ));
        }
    }
    let (organization, membership) = require_administrator(call, tx, id).await?;
    if matches!(call.actor, Actor::Machine(_)) && organization.backend_may_open_at.is_none() {
        return Err(Error::forbidden(
            "backend_may_not_act",
            format!(
                "An administrator of {} has to allow first, in its settings, that this product acts for its people.",
                organization.name
            ),
        ));
    }
    Ok((organization, membership))
}

/// Who may look at the members: administrators of the organization, and machines that carry the scope for it.
pub(super) async fn require_member_reader(
    call: &Call,
    tx: &mut Connection,
    id: OrganizationId,
) -> Result<Organization, Error> {
    if let Actor::Machine(_) = call.actor {
        call.actor.machine(Scope::MembersRead)?;
        return get(tx, id).await;
    }
    Ok(require_administrator(call, tx, id).await?.0)
}

/// The vendor, in person or by a machine with the scope.
pub(super) fn require_vendor(call: &Call, scope: Scope) -> Result<(), Error> {
    match &call.actor {
        Actor::Machine(_) => call.actor.machine(scope).map(drop),
        actor => actor.administrator().map(drop),
    }
}
