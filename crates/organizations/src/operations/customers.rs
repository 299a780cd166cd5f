//! Organizations as the vendor keeps them: made, renamed, counted. Nothing here leads into one.

use kernel::{Actor, EmailAddress, Error, FieldError, OrganizationId, Scope, Timestamp};
use operation::{Call, Work, audit, outbox};
use people::{model::checked_name, operations::not_reserved};

use super::{
    invitations::{self, NewInvitation},
    lookups::{get, require_vendor},
};
use crate::{
    emails,
    model::{Invitation, MemberKind, Membership, Offer, Organization, Role, UserType, wrong_place},
    rows,
};

/// A new customer.
#[derive(Debug, Clone)]
pub struct CreateOrganization {
    pub name: String,
    pub external_id: Option<String>,
    pub companies: i64,
    /// Who gets the invitation to be its first administrator.
    pub administrator_email: EmailAddress,
    pub administrator_name: String,
}

/// What is left out stays as it is.
#[derive(Debug, Clone, Default)]
pub struct ChangeOrganization {
    pub name: Option<String>,
    pub companies: Option<i64>,
}

/// An organization as the caller may see it.
#[derive(Debug, Clone)]
pub struct OrganizationSummary {
    pub organization: Organization,
    pub members: i64,
    pub open_invitations: i64,
    /// Nobody was ever in it: it waits for its first administrator.
    pub is_vacant: bool,
    /// The caller's own place in it.
    pub place: Option<Membership>,
}

/// Makes an organization and invites its first administrator.
pub async fn create(call: &Call, new: CreateOrganization) -> Result<(Organization, Invitation), Error> {
    require_vendor(call, Scope::OrganizationsWrite)?;
    let (name, external_id) = checked(&new)?;
    let mut work = call.begin().await?;
    let id: OrganizationId = call.new_id();
    match rows::insert(&mut work, id, &name, external_id.as_deref(), new.companies, call.now).await {
        Ok(()) => {}
        Err(error) if error.is_taken() => {
            return Err(Error::conflict(
                "external_id_taken",
                "Another organization already has this external id. Nothing was made.",
            ));
        }
        Err(error) => return Err(error.into()),
    }
    let organization = get(&mut work, id).await?;
    let invitation =
        offer_first_place(&mut work, &organization, new.administrator_email, new.administrator_name).await?;
    let made = audit::Entry::new("organization.created").organization(id).subject(id).detail("name", name);
    work.commit_all(vec![made, invitations::invited(&invitation)]).await?;
    Ok((organization, invitation))
}

/// Sends another link to the first administrator, at the same or another address. Only while nobody was ever in the
/// organization: from then on its own administrators alone decide who belongs to it (A7).
pub async fn invite_first_administrator(
    call: &Call,
    id: OrganizationId,
    email: EmailAddress,
    name: String,
) -> Result<Invitation, Error> {
    require_vendor(call, Scope::OrganizationsWrite)?;
    let mut work = call.begin().await?;
    if !rows::lock(&mut work, id).await? {
        return Err(Error::NotFound);
    }
    if rows::was_ever_inhabited(&mut work, id).await? {
        return Err(Error::conflict(
            "organization_has_members",
            "Somebody has joined this organization. Its own administrators invite people from now on.",
        ));
    }
    let organization = get(&mut work, id).await?;
    for open in rows::open_invitations(&mut work, id, call.now).await? {
        rows::revoke_invitation(&mut work, open.id, call.now).await?;
    }
    let invitation = offer_first_place(&mut work, &organization, email, name).await?;
    work.commit(invitations::invited(&invitation)).await?;
    Ok(invitation)
}

async fn offer_first_place(
    work: &mut Work,
    organization: &Organization,
    email: EmailAddress,
    name: String,
) -> Result<Invitation, Error> {
    let is_vendors = invitations::is_vendors_person(work, &email).await?;
    let mut wrong = wrong_place(MemberKind::Customer, Role::Administrator, None, is_vendors, work.call().now);
    for error in &mut wrong {
        error.field = "administrator_email";
    }
    wrong.extend(not_reserved(&work.call().world.settings, "administrator_email", &email).err());
    if !name.is_empty()
        && let Err(error) = checked_name("administrator_name", &name)
    {
        wrong.push(error);
    }
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let offer = Offer::Membership {
        organization: organization.id,
        role: Role::Administrator,
        kind: MemberKind::Customer,
        user_type: UserType::None,
        ends_at: None,
    };
    let (invitation, link) = invitations::issue(work, NewInvitation { email, name, offer }).await?;
    let mail = emails::first_administrator(work, organization, &invitation, &link).await?;
    outbox::send(work, mail).await?;
    Ok(invitation)
}

fn checked(new: &CreateOrganization) -> Result<(String, Option<String>), Error> {
    let mut wrong: Vec<FieldError> = Vec::new();
    let name = checked_name("name", &new.name).map_err(|error| wrong.push(error)).unwrap_or_default();
    let external_id =
        new.external_id.as_deref().map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned);
    if external_id.as_ref().is_some_and(|id| id.len() > 200 || id.chars().any(char::is_control)) {
        wrong.push(field("external_id", "not_an_external_id", "Use at most 200 characters, on one line."));
    }
    wrong.extend(wrong_count(new.companies));
    if wrong.is_empty() { Ok((name, external_id)) } else { Err(Error::Invalid(wrong)) }
}

fn wrong_count(companies: i64) -> Option<FieldError> {
    (!(0..=10_000_000).contains(&companies))
        .then(|| field("companies", "not_a_count", "Enter how many companies the account has, 0 or more."))
}

fn field(field: &'static str, code: &'static str, sentence: &str) -> FieldError {
    FieldError { field, code: kernel::Code(code), sentence: sentence.to_owned() }
}

/// Changes what the vendor tells about an organization. What the organization decided itself is not the vendor's to change.
pub async fn change(
    call: &Call,
    id: OrganizationId,
    change: ChangeOrganization,
) -> Result<Organization, Error> {
    require_vendor(call, Scope::OrganizationsWrite)?;
    let name = change
        .name
        .map(|name| checked_name("name", &name))
        .transpose()
        .map_err(|error| Error::Invalid(vec![error]))?;
    if let Some(error) = change.companies.and_then(wrong_count) {
        return Err(Error::Invalid(vec![error]));
    }
    let mut work = call.begin().await?;
    if !rows::lock(&mut work, id).await? {
        return Err(Error::NotFound);
    }
    let before = get(&mut work, id).await?;
    let after = Organization {
        name: name.unwrap_or_else(|| before.name.clone()),
        companies: change.companies.unwrap_or(before.companies),
        ..before.clone()
    };
    rows::save(&mut work, id, &after.name, after.companies).await?;
    // The name stands in what a product is told with each request.
    work.revokes(id);
    work.commit(
        audit::Entry::new("organization.changed")
            .organization(id)
            .subject(id)
            .detail("name", after.name.clone())
            .detail("name_before", before.name)
            .detail("companies", after.companies),
    )
    .await?;
    Ok(after)
}

/// Notes inside the caller's transaction, which decides whether that is allowed and writes the entry, what the vendor says an
/// organization is to others. Since when it is so stays where it was so already.
pub async fn register(
    work: &mut Work,
    before: &Organization,
    is_partner: bool,
    is_client: bool,
) -> Result<Organization, Error> {
    let now = work.call().now;
    let since = |is_so: bool, since: Option<Timestamp>| if is_so { since.or(Some(now)) } else { None };
    let after = Organization {
        partner_since: since(is_partner, before.partner_since),
        client_since: since(is_client, before.client_since),
        ..before.clone()
    };
    if rows::save_registration(work, before.id, after.partner_since, after.client_since).await? == 0 {
        return Err(Error::NotFound);
    }
    work.revokes(before.id);
    Ok(after)
}

/// All organizations, for the vendor: state only, no way in. The second value asks for the next page.
pub async fn list(
    call: &Call,
    search: &str,
    after: Option<&str>,
    limit: i64,
) -> Result<(Vec<OrganizationSummary>, Option<String>), Error> {
    require_vendor(call, Scope::OrganizationsRead)?;
    let mut tx = call.read().await?;
    let pattern = rows::contains(search);
    let mut counted = rows::list(&mut tx, &pattern, after.unwrap_or_default(), limit + 1, call.now).await?;
    let has_more = i64::try_from(counted.len()).is_ok_and(|found| found > limit);
    if has_more {
        counted.pop();
    }
    let next = counted.last().filter(|_| has_more).map(|last| last.organization.id.to_string());
    let summaries = counted
        .into_iter()
        .map(|row| OrganizationSummary {
            organization: row.organization,
            members: row.members,
            open_invitations: row.open_invitations,
            is_vacant: row.ever_members == 0,
            place: None,
        })
        .collect();
    Ok((summaries, next))
}

/// The organizations of the caller.
pub async fn list_own(call: &Call) -> Result<Vec<OrganizationSummary>, Error> {
    let person = call.actor.person()?;
    let mut tx = call.read().await?;
    let mut own = Vec::new();
    for (place, organization) in super::open_memberships(&mut tx, person, call.now).await? {
        let members = rows::count_members(&mut tx, organization.id, call.now).await?;
        own.push(OrganizationSummary {
            organization,
            members,
            open_invitations: 0,
            is_vacant: false,
            place: Some(place),
        });
    }
    Ok(own)
}

/// One organization: for its members, and for the vendor as in [`list`]. For everybody else it does not exist.
pub async fn view(call: &Call, id: OrganizationId) -> Result<OrganizationSummary, Error> {
    let mut tx = call.read().await?;
    let place = match (&call.actor, call.actor.user()) {
        (Actor::Nobody, _) => return Err(Error::Unauthenticated),
        (Actor::Person(person), Some(user)) => rows::find_membership(&mut tx, id, user, call.now)
            .await?
            .filter(|place| place.is_open_to(person.single_sign_on_of)),
        _ => None,
    };
    if place.is_none() {
        match require_vendor(call, Scope::OrganizationsRead) {
            Ok(()) => {}
            Err(error @ Error::Forbidden(..)) if matches!(call.actor, Actor::Machine(_)) => {
                return Err(error);
            }
            Err(_) => return Err(Error::NotFound),
        }
    }
    let organization = get(&mut tx, id).await?;
    Ok(OrganizationSummary {
        members: rows::count_members(&mut tx, id, call.now).await?,
        open_invitations: i64::try_from(rows::open_invitations(&mut tx, id, call.now).await?.len())
            .unwrap_or(i64::MAX),
        is_vacant: !rows::was_ever_inhabited(&mut tx, id).await?,
        organization,
        place,
    })
}

/// The open invitations to be the first administrator, which are the vendor's own doing; none once somebody joined.
pub async fn first_invitations(call: &Call, id: OrganizationId) -> Result<Vec<Invitation>, Error> {
    require_vendor(call, Scope::OrganizationsRead)?;
    let mut tx = call.read().await?;
    get(&mut tx, id).await?;
    if rows::was_ever_inhabited(&mut tx, id).await? {
        return Ok(Vec::new());
    }
    rows::open_invitations(&mut tx, id, call.now).await
}
