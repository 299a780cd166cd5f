//! Looking at everything that is open, and closing it.

use grants::{Mode, State};
use kernel::{Error, OrganizationId, Timestamp};
use operation::{Call, audit};
use organizations::Organization;
use store::Connection;

use crate::model::{Door, Kind};

/// The organization, for a signed-in administrator of it.
async fn administered(call: &Call, tx: &mut Connection, id: OrganizationId) -> Result<Organization, Error> {
    call.actor.person()?;
    Ok(organizations::operations::require_administrator(call, tx, id).await?.0)
}

/// All that is from outside and can enter an organization, or waits to.
pub async fn list(call: &Call, organization: OrganizationId) -> Result<(Organization, Vec<Door>), Error> {
    let mut tx = call.read().await?;
    let organization = administered(call, &mut tx, organization).await?;
    let doors = doors_of(&mut tx, organization.id, call.now).await?;
    Ok((organization, doors))
}

/// What [`list`] tells, for whoever may know it.
pub async fn doors_of(
    tx: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Vec<Door>, Error> {
    let mut doors = Vec::new();
    doors.extend(support_token(tx, organization, now).await?);
    doors.extend(temporary_credentials(tx, organization, now).await?);
    for partnership in partners::operations::of_client(tx, organization, now).await? {
        let named: Vec<String> = partnership.users.iter().map(|user| user.name.clone()).collect();
        doors.push(Door {
            kind: Kind::Partner,
            id: partnership.grant.id.to_string(),
            state: partnership.grant.state(now),
            who: if named.is_empty() { vec![partnership.partner_name.clone()] } else { named },
            name: partnership.partner_name,
            ticket: String::new(),
            may_write: partnership.grant.mode == Mode::Write,
            permissions: partnership.permissions.into_iter().map(|permission| permission.name).collect(),
            since: partnership.grant.activated_at.unwrap_or(partnership.grant.created_at),
            last_used_at: partnership.last_used_at,
            ends_at: partnership.grant.ends_at,
            review_at: partnership.review_at,
            href: format!("/my-partner/{}/edit", partnership.grant.id),
        });
    }
    for member in organizations::operations::vendor_staff(tx, organization, now).await? {
        doors.push(Door {
            kind: Kind::VendorStaff,
            id: member.membership.id.to_string(),
            state: State::Active,
            who: vec![member.name],
            name: member.email.to_string(),
            ticket: String::new(),
            may_write: true,
            permissions: Vec::new(),
            since: member.membership.created_at,
            last_used_at: member.membership.last_access_at,
            ends_at: member.membership.ends_at,
            review_at: None,
            href: format!("/organizations/{organization}/members/{}", member.membership.id),
        });
    }
    for invitation in organizations::operations::vendor_staff_invitations(tx, organization, now).await? {
        doors.push(Door {
            kind: Kind::VendorStaff,
            id: invitation.id.to_string(),
            state: State::Pending,
            who: Vec::new(),
            name: invitation.email.to_string(),
            ticket: String::new(),
            may_write: true,
            permissions: Vec::new(),
            since: invitation.created_at,
            last_used_at: None,
            ends_at: Some(invitation.expires_at),
            review_at: None,
            href: format!("/organizations/{organization}/members"),
        });
    }
    for login in integration_logins::operations::open_of(tx, organization, now).await? {
        doors.push(Door {
            kind: Kind::IntegrationLogin,
            id: login.id.to_string(),
            state: State::Active,
            who: vec![login.name],
            name: login.login,
            ticket: String::new(),
            may_write: true,
            permissions: Vec::new(),
            since: login.created_at,
            last_used_at: login.last_used_at,
            ends_at: Some(login.ends_at),
            review_at: None,
            href: format!("/organizations/{organization}/integration-logins/{}/revoke", login.id),
        });
    }
    Ok(doors)
}

async fn support_token(
    tx: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Option<Door>, Error> {
    let Some((token, last_used_at)) = support_tokens::operations::open_of(tx, organization, now).await?
    else {
        return Ok(None);
    };
    let ticket = token.association.as_ref().map(|agent| agent.ticket.clone());
    Ok(Some(Door {
        kind: Kind::SupportToken,
        id: token.id().to_string(),
        state: token.state(now),
        who: token.association.iter().map(|agent| agent.agent_name.clone()).collect(),
        name: token.code.to_string(),
        ticket: ticket.or_else(|| token.customer_ticket.clone()).unwrap_or_default(),
        may_write: token.grant.mode == Mode::Write,
        permissions: Vec::new(),
        since: token.grant.activated_at.unwrap_or(token.grant.created_at),
        last_used_at,
        ends_at: Some(token.deadline()),
        review_at: None,
        href: format!("/organizations/{organization}/tokens"),
    }))
}

async fn temporary_credentials(
    tx: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Option<Door>, Error> {
    let live = ::temporary_credentials::operations::live(tx, organization, now).await?;
    Ok(live.map(|pair| Door {
        kind: Kind::TemporaryCredentials,
        id: pair.id().to_string(),
        state: pair.state(now),
        who: vec![::temporary_credentials::model::NAME.to_owned()],
        name: pair.address.to_string(),
        ticket: String::new(),
        may_write: pair.grant.mode == Mode::Write,
        permissions: Vec::new(),
        since: pair.grant.created_at,
        last_used_at: pair.last_used_at,
        ends_at: Some(pair.ends_at()),
        review_at: None,
        href: format!("/organizations/{organization}/support-access"),
    }))
}

/// Closes all of it in one commit: everything, or nothing. What was open.
pub async fn close_all(call: &Call, organization: OrganizationId) -> Result<Vec<Door>, Error> {
    let person = call.actor.person()?;
    let by = (person.user, person.name.clone());
    let mut work = call.begin().await?;
    // Whatever is opened at the same moment is there before this looks, or is opened after it.
    organizations::operations::lock(&mut work, organization).await?;
    let organization = administered(call, &mut work, organization).await?.id;
    let doors = doors_of(&mut work, organization, call.now).await?;
    let mut entries = Vec::new();
    entries.extend(support_tokens::operations::close_of(&mut work, organization, by.clone()).await?);
    entries.extend(::temporary_credentials::operations::close(&mut work, organization, by.clone()).await?);
    entries.extend(partners::operations::close_all_of_client(&mut work, organization, by.clone()).await?);
    entries.extend(integration_logins::operations::close_of(&mut work, organization, by.0).await?);
    entries.extend(organizations::operations::unlink_vendor_staff(&mut work, organization, by.0).await?);
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    entries.push(
        audit::Entry::new("open_doors.closed")
            .organization(organization)
            .subject(organization)
            .detail("doors", i64::try_from(doors.len()).unwrap_or(i64::MAX)),
    );
    work.commit_all(entries).await?;
    Ok(doors)
}
