//! Switching a connection on and off.

use kernel::{ConnectionId, EmailAddress, Error, OrganizationId};
use operation::{Call, Work, audit};
use organizations::{Organization, UserType};
use store::Connection as Tx;

use super::{By, end_sessions, entry, get, require_preparer, tell, whole};
use crate::{
    emails,
    model::{self, Connection},
    rows,
};

/// An administrator of the organization who has just shown who they are, and here, not at a provider.
async fn require_owner(
    call: &Call,
    tx: &mut Tx,
    organization: OrganizationId,
) -> Result<Organization, Error> {
    let person = call.actor.person()?;
    match require_preparer(call, tx, organization).await? {
        (organization, By::Administrator) => {
            person.require_recent_proof(call.now)?;
            Ok(organization)
        }
        (organization, By::Vendor) => Err(Error::forbidden(
            "administrator_of_organization_required",
            format!("Only an administrator of {} can switch it on.", organization.name),
        )),
    }
}

/// Takes the newest settings into use. They were tried, the domains are proved, everybody whom it concerns has an address in
/// one of them, and an administrator remains who signs in without it (E13).
pub async fn activate(
    call: &Call,
    organization: OrganizationId,
    id: ConnectionId,
) -> Result<Connection, Error> {
    let mut work = call.begin().await?;
    let organization = require_owner(call, &mut work, organization).await?;
    organizations::operations::lock(&mut work, organization.id).await?;
    rows::lock(&mut work, id).await?;
    let connection = get(&mut work, organization.id, id).await?;
    let Some(draft) = connection.draft.clone() else {
        let word = if connection.is_active() { "single_sign_on_already_on" } else { "nothing_prepared" };
        return Err(Error::conflict(word, "There are no new settings to switch on."));
    };
    // By whoever switches them on: what somebody else put in its place meanwhile is not what was looked at.
    let tested_by = rows::tested_by(&mut work, draft.id).await?;
    if draft.tested_at.is_none() || tested_by != call.actor.user() {
        return Err(Error::conflict(
            "not_tested",
            "Try these settings first: sign in at the provider yourself, and look at what it says of you.",
        ));
    }
    let types = model::types_of(&draft.groups);
    require_domains(call, &mut work, &organization, &types).await?;
    organizations::operations::manage(&mut work, organization.id, id, &types).await?;
    if organizations::operations::count_local_administrators(&mut work, organization.id).await? == 0 {
        return Err(Error::conflict(
            "no_local_administrator",
            format!(
                "{} would be left without an administrator who can sign in here. Keep one whose user type signs in with a \
                 password.",
                organization.name
            ),
        ));
    }
    if !rows::save_live(&mut work, id, connection.live.as_ref().map(|live| live.id), Some(draft.id)).await? {
        return Err(changed_meanwhile());
    }
    let mut entries = manage_levels(&mut work, organization.id).await?;
    // Whoever came by another provider, or by another client of it, comes anew.
    let is_same = connection
        .live
        .as_ref()
        .is_some_and(|live| live.issuer == draft.issuer && live.client_id == draft.client_id);
    if connection.is_active() && !is_same {
        entries.extend(end_sessions(&mut work, id).await?);
    }
    let connection = Connection { live: Some(draft.clone()), draft: None, ..connection };
    tell(&mut work, &organization, &connection, emails::About::On).await?;
    let groups: Vec<&str> = draft.groups.iter().map(|group| group.as_str()).collect();
    entries.push(
        entry("single_sign_on.activated", &connection)
            .detail("issuer", draft.issuer.as_str())
            .detail("user_types", groups.join(" ")),
    );
    work.commit_all(entries).await?;
    Ok(connection)
}

/// Tells how strictly people must prove who they are: for those who sign in elsewhere that is not set here (E4).
async fn manage_levels(work: &mut Work, organization: OrganizationId) -> Result<Vec<audit::Entry>, Error> {
    let mut groups = Vec::new();
    for bare in rows::list(work, organization).await? {
        if let Some(live) = whole(work, bare).await?.live {
            groups.extend(live.groups.iter().map(|group| (group.level(), live.host())));
        }
    }
    mfa_levels::operations::manage_by_sso(work, organization, &groups).await
}

async fn require_domains(
    call: &Call,
    work: &mut Work,
    organization: &Organization,
    types: &[UserType],
) -> Result<(), Error> {
    let domains = rows::domains(work, organization.id).await?;
    let owned: Vec<&str> = domains
        .iter()
        .filter(|domain| domain.proved_at.is_some())
        .map(|domain| domain.domain.as_str())
        .collect();
    if owned.is_empty() {
        return Err(Error::conflict("no_domain", "Prove first which mail domain is yours."));
    }
    let people = organizations::operations::people_of_types(work, organization.id, types, call.now).await?;
    let outside = people.iter().filter(|(_, email)| !is_in(email, &owned)).count();
    if outside > 0 {
        return Err(Error::conflict(
            "people_outside_domains",
            format!(
                "{outside} of the people of these user types have an address in another domain, and could not sign in any \
                 more. Change their user type, or prove that domain too."
            ),
        ));
    }
    Ok(())
}

fn is_in(email: &EmailAddress, domains: &[&str]) -> bool {
    domains.contains(&email.domain())
}

fn changed_meanwhile() -> Error {
    Error::conflict(
        "connection_changed",
        "Somebody changed this connection at the same moment. Look at it again.",
    )
}

/// Nobody signs in by it any more, and everybody who did is out when this returns. The organization's administrators and the
/// vendor can: it takes something away only.
pub async fn disable(
    call: &Call,
    organization: OrganizationId,
    id: ConnectionId,
) -> Result<Connection, Error> {
    let mut work = call.begin().await?;
    let (organization, _) = require_preparer(call, &mut work, organization).await?;
    organizations::operations::lock(&mut work, organization.id).await?;
    rows::lock(&mut work, id).await?;
    let connection = get(&mut work, organization.id, id).await?;
    let Some(live) = &connection.live else {
        return Err(Error::conflict("single_sign_on_already_off", "Nobody can sign in by it."));
    };
    if !rows::save_live(&mut work, id, Some(live.id), None).await? {
        return Err(changed_meanwhile());
    }
    organizations::operations::manage(&mut work, organization.id, id, &[]).await?;
    let mut entries = manage_levels(&mut work, organization.id).await?;
    entries.extend(end_sessions(&mut work, id).await?);
    tell(&mut work, &organization, &connection, emails::About::Off).await?;
    entries.push(entry("single_sign_on.disabled", &connection));
    work.commit_all(entries).await?;
    let newest = rows::newest_settings(&mut *call.read().await?, id).await?;
    Ok(Connection { live: None, draft: newest, ..connection })
}

/// Takes a connection that is off out of the list.
pub async fn remove(call: &Call, organization: OrganizationId, id: ConnectionId) -> Result<(), Error> {
    let mut work = call.begin().await?;
    let (organization, _) = require_preparer(call, &mut work, organization).await?;
    let connection = get(&mut work, organization.id, id).await?;
    if !rows::remove(&mut work, id, call.now).await? {
        return Err(Error::conflict("single_sign_on_on", "Switch it off first. People sign in by it."));
    }
    work.commit(entry("single_sign_on.removed", &connection)).await
}
