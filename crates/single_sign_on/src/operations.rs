//! Connections: prepared, tried, switched on, switched off. Who signs in by one is asked in [`arrive`].

mod arrivals;
mod domains;
mod errands;
mod identities;
mod logout;
mod provider;
mod switch;

use kernel::{
    ConnectionId, ConnectionSettingsId, EmailAddress, Error, FieldError, OrganizationId, Person, Secret,
};
use operation::{Call, Work, audit, outbox};
use organizations::{Organization, UserType};
use store::Connection as Tx;

pub use arrivals::{Answer, Arrived, Proved, arrive};
pub use domains::{add_domain, confirm_domain, prove_domain, remove_domain};
pub use errands::{Sent, Wanted, begin_sign_in, begin_test, waiting};
pub use identities::{
    connect, connected, disconnect, has_opened, may_connect, may_have_password, still_holds,
};
pub use logout::{end_sessions, log_out};
pub use switch::{activate, disable, remove};

use crate::{
    emails,
    model::{self, Connection, Domain, Group, Settings},
    protocol::discovery::{self, Fault},
    rows,
};

/// Who prepares a connection. Only an administrator of the organization switches one on: who could, could let themselves in
/// as somebody of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Administrator,
    Vendor,
}

/// The organization, for whoever may prepare its connections: its administrators, and the vendor's agents of level 2 and 3 and
/// administrators. A program never.
pub(crate) async fn require_preparer(
    call: &Call,
    tx: &mut Tx,
    id: OrganizationId,
) -> Result<(Organization, By), Error> {
    let person = call.actor.person()?;
    if organizations::operations::membership(tx, id, person.user, call.now).await?.is_some() {
        let (organization, _) = organizations::operations::require_administrator(call, tx, id).await?;
        return Ok((organization, By::Administrator));
    }
    if !is_vendors(call, person) {
        return Err(Error::NotFound);
    }
    Ok((organizations::operations::get(tx, id).await?, By::Vendor))
}

fn is_vendors(call: &Call, person: &Person) -> bool {
    let has_level = person.staff.agent_level.is_some_and(|level| level >= 2) && call.actor.agent().is_ok();
    has_level || call.actor.administrator().is_ok()
}

/// What there is of single sign-on in an organization.
#[derive(Debug, Clone)]
pub struct Overview {
    pub organization: Organization,
    pub by: By,
    pub connections: Vec<Connection>,
    pub domains: Vec<Domain>,
}

pub async fn overview(call: &Call, id: OrganizationId) -> Result<Overview, Error> {
    let mut tx = call.read().await?;
    let (organization, by) = require_preparer(call, &mut tx, id).await?;
    let mut connections = Vec::new();
    for bare in rows::list(&mut tx, id).await? {
        connections.push(whole(&mut tx, bare).await?);
    }
    let domains = rows::domains(&mut tx, id).await?;
    Ok(Overview { organization, by, connections, domains })
}

async fn whole(tx: &mut Tx, bare: rows::Bare) -> Result<Connection, Error> {
    let live = match bare.live {
        Some(id) => rows::find_settings(tx, id).await?,
        None => None,
    };
    let newest = rows::newest_settings(tx, bare.connection.id).await?;
    let draft = newest.filter(|newest| live.as_ref().is_none_or(|live| live.id != newest.id));
    Ok(Connection { live, draft, ..bare.connection })
}

/// A connection of this organization; another's is not there.
pub(crate) async fn get(
    tx: &mut Tx,
    organization: OrganizationId,
    id: ConnectionId,
) -> Result<Connection, Error> {
    let bare = rows::find(tx, id).await?.filter(|bare| bare.connection.organization == organization);
    whole(tx, bare.ok_or(Error::NotFound)?).await
}

/// One connection, for whoever may prepare it.
pub async fn look(
    call: &Call,
    organization: OrganizationId,
    id: ConnectionId,
) -> Result<(Organization, By, Connection), Error> {
    let mut tx = call.read().await?;
    let (organization, by) = require_preparer(call, &mut tx, organization).await?;
    let connection = get(&mut tx, organization.id, id).await?;
    Ok((organization, by, connection))
}

/// The name of a connection that is on, as whoever is about to sign in by it may see it, and where the browser is led.
pub async fn find_active(call: &Call, id: ConnectionId) -> Result<Option<(Connection, String)>, Error> {
    let mut tx = call.read().await?;
    let Some(bare) = rows::find(&mut tx, id).await? else { return Ok(None) };
    let Some(live) = bare.live else { return Ok(None) };
    let origin = provider::kept_origin(&mut tx, live).await?;
    let connection = whole(&mut tx, bare).await?;
    Ok(Some((connection, origin)))
}

/// Where a browser is led that tries the newest settings.
pub async fn origin_of(call: &Call, connection: &Connection) -> Result<Option<String>, Error> {
    let Some(newest) = connection.newest() else { return Ok(None) };
    Ok(Some(provider::kept_origin(&mut *call.read().await?, newest.id).await?))
}

/// What somebody tells of a provider.
#[derive(Debug, Clone)]
pub struct Prepare {
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    /// Empty, where there is one already: the same.
    pub client_secret: String,
    pub groups: Vec<String>,
    pub new_people: String,
}

struct Checked {
    name: String,
    issuer: String,
    client_id: String,
    secret: Option<Secret>,
    groups: Vec<Group>,
    new_people: Option<UserType>,
}

fn checked(prepare: &Prepare, keeps_secret: bool) -> Result<Checked, Error> {
    let mut wrong: Vec<FieldError> = Vec::new();
    let name = people::model::checked_name("name", &prepare.name).map_err(|error| wrong.push(error));
    let issuer = model::checked_issuer(&prepare.issuer).map_err(|error| wrong.push(error));
    let client_id = model::checked_client_id(&prepare.client_id).map_err(|error| wrong.push(error));
    let secret = if keeps_secret && prepare.client_secret.is_empty() {
        Ok(None)
    } else {
        model::checked_secret(&prepare.client_secret).map(Some).map_err(|error| wrong.push(error))
    };
    let groups =
        model::checked_groups(&prepare.groups, &prepare.new_people).map_err(|errors| wrong.extend(errors));
    match (name, issuer, client_id, secret, groups) {
        (Ok(name), Ok(issuer), Ok(client_id), Ok(secret), Ok((groups, new_people))) => {
            Ok(Checked { name, issuer, client_id, secret, groups, new_people })
        }
        _ => Err(Error::Invalid(wrong)),
    }
}

/// Why a provider cannot be used, for whoever prepares it. What the provider answered is not shown: it may be something
/// else than a provider.
fn fault(fault: Fault) -> Error {
    let sentence = match fault.word() {
        "address_not_allowed" => {
            "This server does not call that address. Ask the vendor, if the provider is in a private network."
        }
        "unreachable" | "status" => "The provider did not answer as it should. Check the issuer.",
        "too_slow" | "busy" => "The provider took too long to answer. Try again.",
        "too_large" | "not_json" | "document_unreadable" | "keys_unreadable" => {
            "What stands at the address of the issuer is not what a provider says of itself."
        }
        "wrong_issuer" => "The provider calls itself by another issuer. Enter it letter by letter.",
        "no_code_flow" => "The provider does not offer the authorization code flow.",
        "no_pkce" => "The provider does not offer PKCE with S256.",
        _ => "What the provider says of itself cannot be used.",
    };
    Error::invalid("issuer", "provider_unusable", sentence)
}

/// Prepares a connection. Nobody can sign in by it before it is tried and switched on. The secret is not shown again.
pub async fn create(
    call: &Call,
    organization: OrganizationId,
    prepare: Prepare,
) -> Result<Connection, Error> {
    {
        let mut tx = call.read().await?;
        require_preparer(call, &mut tx, organization).await?;
    }
    let wanted = checked(&prepare, false)?;
    let found = provider::discover(call, &wanted.issuer).await.map_err(fault)?;
    let mut work = call.begin().await?;
    let (organization, by) = require_preparer(call, &mut work, organization).await?;
    organizations::operations::lock(&mut work, organization.id).await?;
    if rows::list(&mut work, organization.id).await?.len() >= model::MOST {
        return Err(too_many());
    }
    let connection = Connection {
        id: call.new_id(),
        organization: organization.id,
        name: wanted.name.clone(),
        created_at: call.now,
        live: None,
        draft: None,
    };
    rows::insert(&mut work, &connection).await?;
    let settings = keep(&mut work, &connection, &wanted, wanted.secret.as_ref(), &found).await?;
    prepared(work, &organization, by, &connection, &settings, "single_sign_on.prepared").await?;
    Ok(Connection { draft: Some(settings), ..connection })
}

fn too_many() -> Error {
    Error::conflict(
        "too_many_connections",
        format!("There are {} already. Remove one that is not used.", model::MOST),
    )
}

/// Prepares other settings for a connection. Those that people sign in with stay until the new ones are tried and switched on.
pub async fn change(
    call: &Call,
    organization: OrganizationId,
    id: ConnectionId,
    prepare: Prepare,
) -> Result<Connection, Error> {
    let before = look(call, organization, id).await?.2;
    let last = before.newest().map(|settings| settings.id);
    let wanted = checked(&prepare, last.is_some())?;
    let secret = match (&wanted.secret, last) {
        (Some(secret), _) => secret.clone(),
        // A secret that was given for one provider is not sent to another.
        (None, Some(last)) if before.newest().is_some_and(|settings| settings.issuer == wanted.issuer) => {
            provider::secret(call, last).await?
        }
        _ => {
            let sentence = "Enter the client secret again: it is for another provider now.";
            return Err(Error::invalid("client_secret", "required", sentence));
        }
    };
    let found = provider::discover(call, &wanted.issuer).await.map_err(fault)?;
    let mut work = call.begin().await?;
    let (organization, by) = require_preparer(call, &mut work, organization).await?;
    organizations::operations::lock(&mut work, organization.id).await?;
    let connection = get(&mut work, organization.id, id).await?;
    rows::rename(&mut work, id, &wanted.name).await?;
    let connection = Connection { name: wanted.name.clone(), ..connection };
    let settings = keep(&mut work, &connection, &wanted, Some(&secret), &found).await?;
    prepared(work, &organization, by, &connection, &settings, "single_sign_on.prepared").await?;
    Ok(Connection { draft: Some(settings), ..connection })
}

async fn keep(
    work: &mut Work,
    connection: &Connection,
    wanted: &Checked,
    secret: Option<&Secret>,
    found: &provider::Found,
) -> Result<Settings, Error> {
    let call = work.call().clone();
    let id: ConnectionSettingsId = call.new_id();
    let settings = Settings {
        id,
        connection: connection.id,
        issuer: wanted.issuer.clone(),
        client_id: wanted.client_id.clone(),
        groups: wanted.groups.clone(),
        new_people: wanted.new_people,
        created_at: call.now,
        created_by: call.actor.person()?.user,
        tested_at: None,
        claims: Vec::new(),
    };
    let secret = secret.map(|secret| secret.expose().as_bytes()).unwrap_or_default();
    let sealed = call.world.sealing.seal(&id.to_string(), secret, &*call.world.entropy)?;
    let document = serde_json::to_string(&found.document).map_err(Error::internal)?;
    rows::insert_settings(work, &settings, &sealed, &document, &found.keys).await?;
    Ok(settings)
}

/// The organization's administrators are told of what the vendor's people prepare.
async fn prepared(
    mut work: Work,
    organization: &Organization,
    by: By,
    connection: &Connection,
    settings: &Settings,
    kind: &'static str,
) -> Result<(), Error> {
    if by == By::Vendor {
        tell(&mut work, organization, connection, emails::About::Prepared).await?;
    }
    work.commit(entry(kind, connection).detail("issuer", settings.issuer.as_str())).await
}

async fn tell(
    work: &mut Work,
    organization: &Organization,
    connection: &Connection,
    about: emails::About,
) -> Result<(), Error> {
    let now = work.call().now;
    for user in organizations::operations::administrators(work, organization.id, now).await? {
        let mail = emails::changed(work.call(), &user, organization, connection, about);
        outbox::send(work, mail).await?;
    }
    Ok(())
}

/// What the log says of a connection.
pub(crate) fn entry(kind: &'static str, connection: &Connection) -> audit::Entry {
    audit::Entry::new(kind)
        .organization(connection.organization)
        .subject(connection.id)
        .detail("name", connection.name.as_str())
}

/// The connections that an address signs in by, judged by its domain alone: whether anybody has the address is not told.
pub async fn for_address(tx: &mut Tx, email: &EmailAddress) -> Result<Vec<(ConnectionId, String)>, Error> {
    rows::active_of_domain(tx, email.domain()).await
}

/// The user types of an organization that sign in by single sign-on, with the host of the provider, for whoever shows how
/// strictly the others must prove who they are (E4).
pub async fn managed_types(
    tx: &mut Tx,
    organization: OrganizationId,
) -> Result<Vec<(UserType, String)>, Error> {
    let mut types = Vec::new();
    for (user_type, connection) in organizations::operations::managed_types(tx, organization).await? {
        let host = match rows::find(tx, connection).await? {
            Some(bare) => whole(tx, bare).await?.live.map(|live| live.host()).unwrap_or_default(),
            None => String::new(),
        };
        types.push((user_type, host));
    }
    Ok(types)
}

/// What this crate asks of the document that a provider shows.
pub(crate) type Document = discovery::Document;
