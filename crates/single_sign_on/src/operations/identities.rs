//! Who is who: an account at a provider and a person here.

use kernel::{
    ConnectionId, EmailAddress, ErrandId, Error, IdentityId, OrganizationId, Secret, SessionId, Timestamp,
    UserId, secret::Purpose as Kind,
};
use operation::{Call, Work, audit};
use people::User;
use store::Connection as Tx;

use super::{Proved, Wanted, entry as of_connection, get};
use crate::{model::Identity, rows};

pub(super) fn entry(identity: &Identity, organization: OrganizationId, user: &User) -> audit::Entry {
    audit::Entry::new("single_sign_on.connected")
        .organization(organization)
        .subject(user.id)
        .detail("connection", identity.connection.to_string())
        .detail("name", user.name.as_str())
        .detail("issuer", identity.issuer.as_str())
}

pub(super) async fn insert(work: &mut Work, identity: &Identity) -> Result<(), Error> {
    match rows::insert_identity(work, identity).await {
        Ok(()) => Ok(()),
        Err(error) if error.is_taken() => {
            Err(Error::conflict("already_connected", "This account is connected already. Sign in again."))
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether the person's place in the organization is one that this connection opens.
pub(super) async fn belongs(
    tx: &mut Tx,
    now: Timestamp,
    organization: OrganizationId,
    connection: ConnectionId,
    user: UserId,
) -> Result<bool, Error> {
    let place = organizations::operations::membership(tx, organization, user, now).await?;
    let managed = organizations::operations::managed_types(tx, organization).await?;
    let has_role = people::operations::find_staff(tx, user).await?.is_some_and(|member| member.has_role());
    Ok(!has_role
        && place.is_some_and(|place| {
            managed.iter().any(|(user_type, by)| *user_type == place.user_type && *by == connection)
        }))
}

/// Whether all that a sign-in rests on is still so: asked again in the transaction that makes the session.
pub async fn still_holds(work: &mut Work, proved: &Proved) -> Result<bool, Error> {
    let now = work.call().now;
    // Whoever switches it off, disconnects or is logged out at the same moment does so before this, or finds the session.
    rows::lock(work, proved.connection).await?;
    let is_on =
        rows::find(work, proved.connection).await?.is_some_and(|bare| bare.live == Some(proved.settings));
    let identity = rows::identity_of(work, proved.connection, &proved.issuer, proved.user.id).await?;
    let is_they = identity.is_some_and(|identity| identity.id == proved.identity);
    let session = proved.provider_session.as_deref();
    let is_out =
        rows::was_logged_out(work, proved.connection, &proved.subject, session, proved.since).await?;
    let belongs = belongs(work, now, proved.organization, proved.connection, proved.user.id).await?;
    Ok(is_on && is_they && belongs && !is_out)
}

/// Keeps which session the provider can end from now on.
pub async fn has_opened(work: &mut Work, session: SessionId, proved: &Proved) -> Result<(), Error> {
    let now = work.call().now;
    rows::insert_session(
        work,
        session,
        proved.connection,
        &proved.subject,
        proved.provider_session.as_deref(),
    )
    .await?;
    rows::touch_identity(work, proved.identity, now).await
}

/// Whether this browser brings what connects the account of this address: the provider has named its owner just now.
pub async fn may_connect(
    tx: &mut Tx,
    presented: Option<&str>,
    email: &EmailAddress,
    now: Timestamp,
) -> Result<Option<ErrandId>, Error> {
    let Some(secret) = presented.and_then(|text| Secret::parse(Kind::SingleSignOn, text)) else {
        return Ok(None);
    };
    let errand = rows::find_proved(tx, &secret.hash(), now).await?;
    Ok(errand.filter(|errand| errand.email.as_deref() == Some(email.as_str())).map(|errand| errand.id))
}

/// Connects the account of somebody who has just signed in to it with all that it asks for. Without a place that a password
/// opens they have none from now on (E13).
pub async fn connect(
    work: &mut Work,
    errand: ErrandId,
    user: &User,
) -> Result<(Proved, audit::Entry), Error> {
    let over =
        || Error::conflict("single_sign_on_over", "This took too long. Sign in at your provider again.");
    let call = work.call().clone();
    let errand = rows::find_proved_by_id(work, errand, call.now).await?.ok_or_else(over)?;
    let bare = rows::find(work, errand.connection).await?.ok_or_else(over)?;
    let settings = rows::find_settings(work, errand.settings).await?.ok_or_else(over)?;
    let subject = errand.subject.clone().ok_or_else(over)?;
    if errand.email.as_deref() != Some(user.email.as_str())
        || !rows::take_proved(work, errand.id, call.now).await?
    {
        return Err(over());
    }
    let identity = Identity {
        id: call.new_id(),
        connection: errand.connection,
        issuer: settings.issuer,
        subject: subject.clone(),
        user: user.id,
        created_at: call.now,
    };
    insert(work, &identity).await?;
    if organizations::operations::manager_of(work, user.id, call.now).await?.is_some() {
        people::operations::forget_password(work, user.id).await?;
    }
    let organization = bare.connection.organization;
    let entry = entry(&identity, organization, user).detail("how", "signed_in_to_it");
    let proved = Proved {
        user: user.clone(),
        organization,
        connection: errand.connection,
        settings: errand.settings,
        issuer: identity.issuer,
        identity: identity.id,
        subject,
        provider_session: errand.provider_session,
        since: errand.created_at,
        wanted: Wanted { return_to: errand.return_to, rd: errand.rd, way: errand.way },
    };
    Ok((proved, entry))
}

/// Whether a person may choose a password. Whoever signs in elsewhere has none here, but for the one that an account from before
/// is connected with.
pub async fn may_have_password(tx: &mut Tx, user: UserId, now: Timestamp) -> Result<bool, Error> {
    let has_password = people::operations::password_hash(tx, user).await?.is_some();
    let Some((_, connection)) = organizations::operations::manager_of(tx, user, now).await? else {
        // They signed in elsewhere until now, and do not any more.
        return Ok(has_password || rows::has_identity(tx, user).await?);
    };
    let is_connected = match live_issuer(tx, connection).await? {
        Some(issuer) => rows::identity_of(tx, connection, &issuer, user).await?.is_some(),
        None => false,
    };
    Ok(!is_connected && (has_password || rows::has_identity(tx, user).await?))
}

/// The issuer that people sign in at now. Who was known to one before it is not connected until they are to this one.
async fn live_issuer(tx: &mut Tx, connection: ConnectionId) -> Result<Option<String>, Error> {
    let Some(live) = rows::find(tx, connection).await?.and_then(|bare| bare.live) else { return Ok(None) };
    Ok(rows::find_settings(tx, live).await?.map(|settings| settings.issuer))
}

/// Who is connected: the identity, the name and the address here.
pub async fn connected(
    call: &Call,
    organization: OrganizationId,
    connection: ConnectionId,
) -> Result<Vec<(Identity, String, String)>, Error> {
    let mut tx = call.read().await?;
    call.actor.person()?;
    let (organization, _) =
        organizations::operations::require_administrator(call, &mut tx, organization).await?;
    let connection = get(&mut tx, organization.id, connection).await?;
    let mut people = rows::connected(&mut tx, connection.id).await?;
    if let Some(live) = &connection.live {
        people.retain(|(identity, ..)| identity.issuer == live.issuer);
    }
    Ok(people)
}

/// Takes an account at the provider from a person, who is out at once. They choose a password by mail to connect another.
pub async fn disconnect(
    call: &Call,
    organization: OrganizationId,
    connection: ConnectionId,
    id: IdentityId,
) -> Result<(), Error> {
    let mut work = call.begin().await?;
    call.actor.person()?;
    let (organization, _) =
        organizations::operations::require_administrator(call, &mut work, organization).await?;
    rows::lock(&mut work, connection).await?;
    let connection = get(&mut work, organization.id, connection).await?;
    let identity = rows::connected(&mut work, connection.id)
        .await?
        .into_iter()
        .find(|(identity, ..)| identity.id == id)
        .ok_or(Error::NotFound)?;
    rows::remove_identity(&mut work, id).await?;
    let mut entries = Vec::new();
    for session in rows::open_sessions(&mut work, connection.id, &identity.0.subject, "").await? {
        let ended = sessions::operations::end(&mut work, session, "disconnected").await?;
        entries.extend(sessions::operations::endings(&ended));
    }
    let entry = of_connection("single_sign_on.disconnected", &connection);
    entries.push(entry.detail("user", identity.0.user.to_string()).detail("person", identity.1));
    work.commit_all(entries).await
}
