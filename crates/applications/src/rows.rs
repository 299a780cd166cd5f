//! The tables `applications` and `signing_keys`.

use kernel::{ApplicationId, Error, SigningKeyId, Timestamp, UserId};
use store::{Connection, Row, args};

use crate::model::{Application, HeaderSet};

fn application(row: &Row) -> Result<Application, Error> {
    let header_set: String = row.get("header_set")?;
    Ok(Application {
        id: row.get("id")?,
        name: row.get("name")?,
        origin: row.get("origin")?,
        header_set: HeaderSet::parse(&header_set)
            .ok_or_else(|| Error::internal(format!("no such header set: {header_set}")))?,
        created_at: row.get("created_at")?,
    })
}

pub async fn find(tx: &mut Connection, id: ApplicationId) -> Result<Option<Application>, Error> {
    let row = tx
        .optional(
            "SELECT id, name, origin, header_set, created_at FROM applications \
             WHERE id = $1 AND removed_at IS NULL",
            &args![id],
        )
        .await?;
    row.as_ref().map(application).transpose()
}

pub async fn find_by_origin(tx: &mut Connection, origin: &str) -> Result<Option<Application>, Error> {
    let row = tx
        .optional(
            "SELECT id, name, origin, header_set, created_at FROM applications \
             WHERE origin = $1 AND removed_at IS NULL",
            &args![origin],
        )
        .await?;
    row.as_ref().map(application).transpose()
}

pub async fn list(tx: &mut Connection) -> Result<Vec<Application>, Error> {
    let rows = tx
        .all(
            "SELECT id, name, origin, header_set, created_at FROM applications \
             WHERE removed_at IS NULL ORDER BY lower(name), id",
            &[],
        )
        .await?;
    rows.iter().map(application).collect()
}

pub async fn insert(
    tx: &mut Connection,
    application: &Application,
    created_by: Option<UserId>,
) -> Result<(), store::Error> {
    tx.execute(
        "INSERT INTO applications (id, name, origin, header_set, created_at, created_by) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        &args![
            application.id,
            application.name,
            application.origin,
            application.header_set.as_str(),
            application.created_at,
            created_by
        ],
    )
    .await?;
    Ok(())
}

pub async fn update(tx: &mut Connection, application: &Application) -> Result<bool, store::Error> {
    let changed = tx
        .execute(
            "UPDATE applications SET name = $2, origin = $3, header_set = $4 \
             WHERE id = $1 AND removed_at IS NULL",
            &args![application.id, application.name, application.origin, application.header_set.as_str()],
        )
        .await?;
    Ok(changed == 1)
}

pub async fn remove(tx: &mut Connection, id: ApplicationId, at: Timestamp) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE applications SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL",
            &args![id, at],
        )
        .await?;
    Ok(changed == 1)
}

/// A signing key as it lies in the database.
pub struct StoredKey {
    pub id: SigningKeyId,
    pub sealed_private_key: String,
    pub public_key: String,
    pub signs_from: Timestamp,
    pub signs_until: Timestamp,
    pub published_until: Timestamp,
}

/// The keys of assertions that are not yet forgotten, oldest first.
pub async fn published_keys(tx: &mut Connection, now: Timestamp) -> Result<Vec<StoredKey>, Error> {
    let rows = tx
        .all(
            "SELECT id, sealed_private_key, public_key, signs_from, signs_until, published_until FROM signing_keys \
             WHERE purpose = 'assertion' AND published_until > $1 ORDER BY signs_from, id",
            &args![now],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(StoredKey {
                id: row.get("id")?,
                sealed_private_key: row.get("sealed_private_key")?,
                public_key: row.get("public_key")?,
                signs_from: row.get("signs_from")?,
                signs_until: row.get("signs_until")?,
                published_until: row.get("published_until")?,
            })
        })
        .collect()
}

pub async fn insert_key(tx: &mut Connection, key: &StoredKey, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO signing_keys (id, purpose, sealed_private_key, public_key, created_at, signs_from, signs_until, \
         published_until) VALUES ($1, 'assertion', $2, $3, $4, $5, $6, $7)",
        &args![
            key.id,
            key.sealed_private_key,
            key.public_key,
            now,
            key.signs_from,
            key.signs_until,
            key.published_until
        ],
    )
    .await?;
    Ok(())
}
