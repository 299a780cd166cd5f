//! Sending a browser to a provider.

use kernel::{ConnectionId, ConnectionSettingsId, Error, OrganizationId, Secret, secret::Purpose as Kind};
use operation::{Call, Housekeeping};
use people::throttle;

use super::{
    fault, get,
    provider::{Failed, Provider},
    require_preparer,
};
use crate::{
    model::{self, Errand, Purpose, challenge, derived},
    rows,
};

/// Where somebody wanted to go when they were asked to sign in, as the browser sent it.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub return_to: String,
    pub rd: String,
    pub way: String,
}

/// Where a browser is sent, and what it brings back.
#[derive(Debug)]
pub struct Sent {
    /// At the provider.
    pub address: String,
    /// For the browser's cookie.
    pub secret: Secret,
}

/// Begins a sign-in by a connection that is on.
pub async fn begin_sign_in(call: &Call, connection: ConnectionId, wanted: Wanted) -> Result<Sent, Error> {
    let live = {
        let mut tx = call.read().await?;
        let bare = rows::find(&mut tx, connection).await?;
        bare.and_then(|bare| bare.live).ok_or(Error::NotFound)?
    };
    match send(call, Purpose::SignIn, connection, live, String::new(), wanted).await {
        Ok(sent) => Ok(sent),
        Err(Failed::Here(error)) => Err(error),
        Err(Failed::Provider(why)) => {
            tracing::warn!(%connection, why = why.word(), "a provider cannot be used");
            Err(super::arrivals::unusable())
        }
    }
}

/// Begins to try the newest settings of a connection, in the session that asks.
pub async fn begin_test(
    call: &Call,
    organization: OrganizationId,
    connection: ConnectionId,
) -> Result<Sent, Error> {
    let person = call.actor.person()?;
    let newest = {
        let mut tx = call.read().await?;
        let (organization, _) = require_preparer(call, &mut tx, organization).await?;
        let connection = get(&mut tx, organization.id, connection).await?;
        connection.draft.or(connection.live).ok_or(Error::NotFound)?.id
    };
    let asked_by = person.session.to_string();
    match send(call, Purpose::Test, connection, newest, asked_by, Wanted::default()).await {
        Ok(sent) => Ok(sent),
        Err(Failed::Here(error)) => Err(error),
        Err(Failed::Provider(why)) => Err(fault(why)),
    }
}

async fn send(
    call: &Call,
    purpose: Purpose,
    connection: ConnectionId,
    settings: ConnectionSettingsId,
    asked_by: String,
    wanted: Wanted,
) -> Result<Sent, Failed> {
    let provider = Provider::get(call, settings).await?;
    let secret = Secret::new(Kind::SingleSignOn, &*call.world.entropy);
    let errand = Errand {
        id: call.new_id(),
        purpose,
        connection,
        settings,
        asked_by,
        return_to: wanted.return_to.chars().take(2048).collect(),
        rd: wanted.rd.chars().take(8192).collect(),
        way: wanted.way.chars().take(64).collect(),
        created_at: call.now,
        expires_at: call.now + model::ERRAND_LASTS,
        subject: None,
        provider_session: None,
        email: None,
    };
    let source = throttle::source_key(&call.origin.address);
    let mut note = Housekeeping::begin(&call.world).await?;
    rows::forget_errands(&mut note, &source, model::MOST_ERRANDS, call.now).await?;
    rows::insert_errand(&mut note, &errand, &secret.hash(), &source).await?;
    note.commit().await?;
    let mut address = provider.document.authorization_endpoint.clone();
    address
        .query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &provider.client.id)
        .append_pair("redirect_uri", &redirect_uri(call, connection))
        .append_pair("scope", "openid email profile")
        .append_pair("state", &derived("state", &secret))
        .append_pair("nonce", &derived("nonce", &secret))
        .append_pair("code_challenge", &challenge(&derived("verifier", &secret)))
        .append_pair("code_challenge_method", "S256");
    Ok(Sent { address: address.into(), secret })
}

/// Where a provider sends browsers back to: another address for each connection, so that the answer of one is never taken
/// for the answer of another (RFC 9700 §4.4.2.2).
pub fn redirect_uri(call: &Call, connection: ConnectionId) -> String {
    let settings = &call.world.settings;
    let own = settings.seen_from(&settings.public_url, &call.origin.host);
    format!("{own}/sign-in/sso/{connection}/callback")
}

/// Whom the provider named in this browser, and whose account here waits to be connected: the errand, the address, and how
/// the provider is called.
pub async fn waiting(call: &Call, presented: Option<&str>) -> Result<Option<(Errand, String)>, Error> {
    let Some(secret) = presented.and_then(|text| Secret::parse(Kind::SingleSignOn, text)) else {
        return Ok(None);
    };
    let mut tx = call.read().await?;
    let Some(errand) = rows::find_proved(&mut tx, &secret.hash(), call.now).await? else { return Ok(None) };
    let name = rows::find(&mut tx, errand.connection).await?.map(|bare| bare.connection.name);
    Ok(name.map(|name| (errand, name)))
}
