//! Making, listing and revoking logins. Who comes with one is asked in [`check`].

mod check;

use kernel::{Error, IntegrationLoginId, OrganizationId, Secret, Timestamp, UserId, secret::Purpose};
use operation::{Call, Work, audit};
use organizations::Organization;
use store::Connection;

pub use check::{Answer, check};

use crate::{
    model::{self, IntegrationLogin, NewIntegrationLogin},
    rows,
};

/// The organization, for a signed-in administrator of it. A program never: it could keep itself a way in.
async fn administered(call: &Call, tx: &mut Connection, id: OrganizationId) -> Result<Organization, Error> {
    call.actor.person()?;
    Ok(organizations::operations::require_administrator(call, tx, id).await?.0)
}

/// The applications that a login can be for, for the form.
pub async fn applications(
    call: &Call,
    organization: OrganizationId,
) -> Result<(Organization, Vec<applications::Application>), Error> {
    let mut tx = call.read().await?;
    let organization = administered(call, &mut tx, organization).await?;
    Ok((organization, applications::operations::list(&mut tx).await?))
}

/// Makes a login. Its password is handed out here and never again.
pub async fn create(
    call: &Call,
    organization: OrganizationId,
    wanted: NewIntegrationLogin,
) -> Result<(IntegrationLogin, Secret), Error> {
    let by = call.actor.person()?;
    let mut work = call.begin().await?;
    // Of two at the same moment the second counts the first; whoever is being unlinked makes it before that or not at all.
    organizations::operations::lock(&mut work, organization).await?;
    administered(call, &mut work, organization).await?;
    let all = applications::operations::list(&mut work).await?;
    let wanted =
        wanted.checked(&all.iter().map(|application| application.id).collect::<Vec<_>>(), call.now)?;
    let application = all.into_iter().find(|application| application.id == wanted.application);
    let application_name = application.map(|application| application.name).unwrap_or_default();
    let good = rows::list(&mut work, organization).await?;
    if good.iter().filter(|login| login.is_good(call.now)).count() >= model::MOST {
        return Err(Error::conflict(
            "too_many_integration_logins",
            format!("There are {} integration logins already. Revoke one that is not used.", model::MOST),
        ));
    }
    let entropy = &*call.world.entropy;
    let secret = Secret::new(Purpose::IntegrationLogin, entropy);
    let login = IntegrationLogin {
        id: call.new_id(),
        organization,
        application: wanted.application,
        application_name,
        name: wanted.name,
        login: model::new_login(entropy),
        networks: wanted.networks,
        created_at: call.now,
        created_by: by.user,
        created_by_name: by.name.clone(),
        ends_at: wanted.ends_at,
        revoked_at: None,
        last_used_at: None,
        last_address: String::new(),
    };
    rows::insert(&mut work, &login, &secret.hash()).await?;
    let entry = entry("integration_login.created", &login)
        .detail("application", login.application_name.as_str())
        .detail("networks", login.networks.to_string())
        .detail("ends_at", login.ends_at.as_seconds());
    work.commit(entry).await?;
    Ok((login, secret))
}

/// All logins of an organization, the newest first, with those that ended.
pub async fn list(
    call: &Call,
    organization: OrganizationId,
) -> Result<(Organization, Vec<IntegrationLogin>), Error> {
    let mut tx = call.read().await?;
    let organization = administered(call, &mut tx, organization).await?;
    let logins = rows::list(&mut tx, organization.id).await?;
    Ok((organization, logins))
}

pub async fn get(
    call: &Call,
    organization: OrganizationId,
    id: IntegrationLoginId,
) -> Result<(Organization, IntegrationLogin), Error> {
    let mut tx = call.read().await?;
    let organization = administered(call, &mut tx, organization).await?;
    let login = rows::find(&mut tx, organization.id, id).await?.ok_or(Error::NotFound)?;
    Ok((organization, login))
}

/// Ends a login now. When this returns, nobody who asks from then on is told yes.
pub async fn revoke(
    call: &Call,
    organization: OrganizationId,
    id: IntegrationLoginId,
) -> Result<IntegrationLogin, Error> {
    let by = call.actor.person()?.user;
    let mut work = call.begin().await?;
    administered(call, &mut work, organization).await?;
    let login = rows::find(&mut work, organization, id).await?.ok_or(Error::NotFound)?;
    if !rows::revoke(&mut work, id, call.now, by).await? {
        return Err(Error::conflict("integration_login_already_revoked", "This login was revoked before."));
    }
    work.revokes(id);
    work.commit(entry("integration_login.revoked", &login)).await?;
    Ok(IntegrationLogin { revoked_at: Some(call.now), ..login })
}

/// Those of an organization that are good now, for whoever was asked already whether they may look.
pub async fn open_of(
    tx: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Vec<IntegrationLogin>, Error> {
    let mut logins = rows::list(tx, organization).await?;
    logins.retain(|login| login.is_good(now));
    Ok(logins)
}

/// Ends all of them as a part of something larger that whoever does it may do. The entries are for its commit.
pub async fn close_of(
    work: &mut Work,
    organization: OrganizationId,
    by: UserId,
) -> Result<Vec<audit::Entry>, Error> {
    let now = work.call().now;
    let mut entries = Vec::new();
    for login in open_of(work, organization, now).await? {
        if rows::revoke(work, login.id, now, by).await? {
            work.revokes(login.id);
            entries.push(entry("integration_login.revoked", &login));
        }
    }
    Ok(entries)
}

/// What the log says of a login.
fn entry(kind: &'static str, login: &IntegrationLogin) -> audit::Entry {
    audit::Entry::new(kind)
        .organization(login.organization)
        .subject(login.id)
        .detail("name", login.name.as_str())
        .detail("login", login.login.as_str())
}
