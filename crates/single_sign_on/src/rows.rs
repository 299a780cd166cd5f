//! The SQL of connections, their settings, and the domains of organizations.

mod errands;
mod identities;

use kernel::{ConnectionId, ConnectionSettingsId, DomainId, Error, OrganizationId, Timestamp, UserId};
use organizations::UserType;
use store::{Connection as Tx, Row, args};

pub(crate) use errands::*;
pub(crate) use identities::*;

use crate::model::{Connection, Domain, Group, Settings};

/// A connection without its settings, and which of them are live.
pub(crate) struct Bare {
    pub connection: Connection,
    pub live: Option<ConnectionSettingsId>,
}

fn bare(row: &Row) -> Result<Bare, Error> {
    Ok(Bare {
        connection: Connection {
            id: row.get("id")?,
            organization: row.get("organization_id")?,
            name: row.get("name")?,
            created_at: row.get("created_at")?,
            live: None,
            draft: None,
        },
        live: row.get("live_id")?,
    })
}

pub(crate) async fn find(tx: &mut Tx, id: ConnectionId) -> Result<Option<Bare>, Error> {
    tx.optional(
        "SELECT id, organization_id, name, created_at, live_id FROM single_sign_on_connections \
         WHERE id = $1 AND removed_at IS NULL",
        &args![id],
    )
    .await?
    .as_ref()
    .map(bare)
    .transpose()
}

pub(crate) async fn list(tx: &mut Tx, organization: OrganizationId) -> Result<Vec<Bare>, Error> {
    tx.all(
        "SELECT id, organization_id, name, created_at, live_id FROM single_sign_on_connections \
         WHERE organization_id = $1 AND removed_at IS NULL ORDER BY id",
        &args![organization],
    )
    .await?
    .iter()
    .map(bare)
    .collect()
}

pub(crate) async fn insert(tx: &mut Tx, new: &Connection) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO single_sign_on_connections (id, organization_id, name, created_at) VALUES ($1, $2, $3, $4)",
        &args![new.id, new.organization, new.name, new.created_at],
    )
    .await?;
    Ok(())
}

pub(crate) async fn rename(tx: &mut Tx, id: ConnectionId, name: &str) -> Result<(), Error> {
    tx.execute("UPDATE single_sign_on_connections SET name = $2 WHERE id = $1", &args![id, name]).await?;
    Ok(())
}

/// Takes settings into use, or none. Of two at once, the one that knew what was before does.
pub(crate) async fn save_live(
    tx: &mut Tx,
    id: ConnectionId,
    before: Option<ConnectionSettingsId>,
    live: Option<ConnectionSettingsId>,
) -> Result<bool, Error> {
    let before = before.map(|id| id.to_string()).unwrap_or_default();
    let saved = tx
        .execute(
            "UPDATE single_sign_on_connections SET live_id = $3 \
             WHERE id = $1 AND COALESCE(live_id, '') = $2 AND removed_at IS NULL",
            &args![id, before, live],
        )
        .await?;
    Ok(saved == 1)
}

pub(crate) async fn remove(tx: &mut Tx, id: ConnectionId, now: Timestamp) -> Result<bool, Error> {
    let removed = tx
        .execute(
            "UPDATE single_sign_on_connections SET removed_at = $2 \
             WHERE id = $1 AND removed_at IS NULL AND live_id IS NULL",
            &args![id, now],
        )
        .await?;
    Ok(removed == 1)
}

fn settings(row: &Row) -> Result<Settings, Error> {
    let (groups, new_people, claims): (String, String, String) =
        (row.get("user_types")?, row.get("new_people")?, row.get("claims")?);
    Ok(Settings {
        id: row.get("id")?,
        connection: row.get("connection_id")?,
        issuer: row.get("issuer")?,
        client_id: row.get("client_id")?,
        groups: groups.split_whitespace().filter_map(Group::parse).collect(),
        new_people: UserType::parse(&new_people).filter(|wanted| *wanted != UserType::None),
        created_at: row.get("created_at")?,
        created_by: row.get("created_by")?,
        tested_at: row.get("tested_at")?,
        claims: serde_json::from_str(&claims).unwrap_or_default(),
    })
}

macro_rules! select_settings {
    ($rest:literal) => {
        concat!(
            "SELECT id, connection_id, issuer, client_id, user_types, new_people, created_at, created_by, tested_at, ",
            "claims FROM single_sign_on_settings ",
            $rest
        )
    };
}

pub(crate) async fn find_settings(tx: &mut Tx, id: ConnectionSettingsId) -> Result<Option<Settings>, Error> {
    tx.optional(select_settings!("WHERE id = $1"), &args![id]).await?.as_ref().map(settings).transpose()
}

pub(crate) async fn newest_settings(tx: &mut Tx, id: ConnectionId) -> Result<Option<Settings>, Error> {
    tx.optional(select_settings!("WHERE connection_id = $1 ORDER BY id DESC LIMIT 1"), &args![id])
        .await?
        .as_ref()
        .map(settings)
        .transpose()
}

pub(crate) async fn insert_settings(
    tx: &mut Tx,
    new: &Settings,
    sealed_secret: &str,
    document: &str,
    keys: &str,
) -> Result<(), Error> {
    let groups: Vec<&str> = new.groups.iter().map(|group| group.as_str()).collect();
    tx.execute(
        "INSERT INTO single_sign_on_settings (id, connection_id, issuer, client_id, sealed_secret, user_types, new_people, \
         created_at, created_by, document, document_at, keys, keys_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $8, $11, $8)",
        &args![
            new.id,
            new.connection,
            new.issuer,
            new.client_id,
            sealed_secret,
            groups.join(" "),
            new.new_people.map(UserType::as_str).unwrap_or_default(),
            new.created_at,
            new.created_by,
            document,
            keys,
        ],
    )
    .await?;
    Ok(())
}

/// What is kept of a provider between two looks, and the sealed secret.
pub(crate) struct Kept {
    pub sealed_secret: String,
    pub document: String,
    pub document_at: Timestamp,
    pub keys: String,
    /// When they were read, and not when somebody tried to.
    pub keys_at: Timestamp,
    pub failed_at: Timestamp,
}

pub(crate) async fn kept(tx: &mut Tx, id: ConnectionSettingsId) -> Result<Option<Kept>, Error> {
    let row = tx
        .optional(
            "SELECT sealed_secret, document, document_at, keys, keys_at, failed_at FROM single_sign_on_settings WHERE id = $1",
            &args![id],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Kept {
        sealed_secret: row.get("sealed_secret")?,
        document: row.get("document")?,
        document_at: row.get("document_at")?,
        keys: row.get("keys")?,
        keys_at: row.get("keys_at")?,
        failed_at: row.get("failed_at")?,
    }))
}

pub(crate) async fn save_document(
    tx: &mut Tx,
    id: ConnectionSettingsId,
    document: &str,
    at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE single_sign_on_settings SET document = $2, document_at = $3 WHERE id = $1",
        &args![id, document, at],
    )
    .await?;
    Ok(())
}

/// Whoever asks first in a while may look for new keys; everybody else takes what is there.
pub(crate) async fn may_look_for_keys(
    tx: &mut Tx,
    id: ConnectionSettingsId,
    before: Timestamp,
    now: Timestamp,
) -> Result<bool, Error> {
    let taken = tx
        .execute(
            "UPDATE single_sign_on_settings SET keys_asked_at = $3 WHERE id = $1 AND keys_asked_at <= $2",
            &args![id, before, now],
        )
        .await?;
    Ok(taken == 1)
}

pub(crate) async fn save_keys(
    tx: &mut Tx,
    id: ConnectionSettingsId,
    keys: &str,
    at: Timestamp,
) -> Result<(), Error> {
    let save = "UPDATE single_sign_on_settings SET keys = $2, keys_at = $3 WHERE id = $1";
    tx.execute(save, &args![id, keys, at]).await?;
    Ok(())
}

pub(crate) async fn save_failed(tx: &mut Tx, id: ConnectionSettingsId, at: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE single_sign_on_settings SET failed_at = $2 WHERE id = $1", &args![id, at]).await?;
    Ok(())
}

/// Whoever tried these settings last.
pub(crate) async fn tested_by(tx: &mut Tx, id: ConnectionSettingsId) -> Result<Option<UserId>, Error> {
    let row = tx.optional("SELECT tested_by FROM single_sign_on_settings WHERE id = $1", &args![id]).await?;
    Ok(row.map(|row| row.get("tested_by")).transpose()?.flatten())
}

/// Makes every other transaction that begins or ends sessions by this connection wait until this one is over.
pub(crate) async fn lock(tx: &mut Tx, id: ConnectionId) -> Result<(), Error> {
    tx.execute("UPDATE single_sign_on_connections SET name = name WHERE id = $1", &args![id]).await?;
    Ok(())
}

pub(crate) async fn save_tested(
    tx: &mut Tx,
    id: ConnectionSettingsId,
    by: UserId,
    claims: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE single_sign_on_settings SET tested_at = $2, tested_by = $3, claims = $4 WHERE id = $1",
        &args![id, now, by, claims],
    )
    .await?;
    Ok(())
}

fn domain(row: &Row) -> Result<Domain, Error> {
    Ok(Domain {
        id: row.get("id")?,
        organization: row.get("organization_id")?,
        domain: row.get("domain")?,
        token: row.get("token")?,
        created_at: row.get("created_at")?,
        proved_at: row.get("proved_at")?,
        proved_how: row.get("proved_how")?,
    })
}

pub(crate) async fn domains(tx: &mut Tx, organization: OrganizationId) -> Result<Vec<Domain>, Error> {
    tx.all(
        "SELECT id, organization_id, domain, token, created_at, proved_at, proved_how FROM single_sign_on_domains \
         WHERE organization_id = $1 ORDER BY domain",
        &args![organization],
    )
    .await?
    .iter()
    .map(domain)
    .collect()
}

pub(crate) async fn find_domain(
    tx: &mut Tx,
    organization: OrganizationId,
    id: DomainId,
) -> Result<Option<Domain>, Error> {
    tx.optional(
        "SELECT id, organization_id, domain, token, created_at, proved_at, proved_how FROM single_sign_on_domains \
         WHERE id = $1 AND organization_id = $2",
        &args![id, organization],
    )
    .await?
    .as_ref()
    .map(domain)
    .transpose()
}

pub(crate) async fn insert_domain(tx: &mut Tx, new: &Domain) -> Result<(), store::Error> {
    tx.execute(
        "INSERT INTO single_sign_on_domains (id, organization_id, domain, token, created_at) VALUES ($1, $2, $3, $4, $5)",
        &args![new.id, new.organization, new.domain, new.token, new.created_at],
    )
    .await?;
    Ok(())
}

/// The domain is the organization's from now on, unless it is another's.
pub(crate) async fn prove_domain(
    tx: &mut Tx,
    id: DomainId,
    how: &str,
    by: Option<UserId>,
    now: Timestamp,
) -> Result<bool, store::Error> {
    let proved = tx
        .execute(
            "UPDATE single_sign_on_domains SET owned = domain, proved_at = $2, proved_how = $3, proved_by = $4 \
             WHERE id = $1 AND proved_at IS NULL",
            &args![id, now, how, by],
        )
        .await?;
    Ok(proved == 1)
}

pub(crate) async fn remove_domain(tx: &mut Tx, id: DomainId) -> Result<(), Error> {
    tx.execute("DELETE FROM single_sign_on_domains WHERE id = $1", &args![id]).await?;
    Ok(())
}

/// The connections that are on in the organization that has this domain.
pub(crate) async fn active_of_domain(
    tx: &mut Tx,
    domain: &str,
) -> Result<Vec<(ConnectionId, String)>, Error> {
    let rows = tx
        .all(
            "SELECT c.id, c.name FROM single_sign_on_domains d \
             JOIN single_sign_on_connections c ON c.organization_id = d.organization_id \
             WHERE d.owned = $1 AND c.live_id IS NOT NULL AND c.removed_at IS NULL ORDER BY c.id",
            &args![domain],
        )
        .await?;
    Ok(rows.iter().map(|row| Ok((row.get("id")?, row.get("name")?))).collect::<Result<_, store::Error>>()?)
}
