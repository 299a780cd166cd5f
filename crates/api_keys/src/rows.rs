//! The table `api_keys`.

use kernel::{ApiKeyId, Error, SecretHash, Timestamp, UserId};
use store::{Connection, Row, args};

use crate::model::{self, ApiKey};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, hint, scopes, created_at, ends_at, revoked_at, last_used_at FROM api_keys ",
            $rest
        )
    };
}

fn key(row: &Row) -> Result<ApiKey, Error> {
    Ok(ApiKey {
        id: row.get("id")?,
        name: row.get("name")?,
        hint: row.get("hint")?,
        scopes: model::split(&row.get::<String>("scopes")?),
        created_at: row.get("created_at")?,
        ends_at: row.get("ends_at")?,
        revoked_at: row.get("revoked_at")?,
        last_used_at: row.get("last_used_at")?,
    })
}

pub async fn insert(
    tx: &mut Connection,
    new: &ApiKey,
    secret: &SecretHash,
    created_by: UserId,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO api_keys (id, name, secret_hash, hint, scopes, created_at, created_by, ends_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &args![
            new.id,
            new.name,
            secret,
            new.hint,
            model::joined(&new.scopes),
            new.created_at,
            created_by,
            new.ends_at
        ],
    )
    .await?;
    Ok(())
}

pub async fn find(tx: &mut Connection, id: ApiKeyId) -> Result<Option<ApiKey>, Error> {
    tx.optional(select!("WHERE id = $1"), &args![id]).await?.as_ref().map(key).transpose()
}

pub async fn find_by_secret(tx: &mut Connection, secret: &SecretHash) -> Result<Option<ApiKey>, Error> {
    tx.optional(select!("WHERE secret_hash = $1"), &args![secret]).await?.as_ref().map(key).transpose()
}

/// All of them, the newest first; what ended stays in the list.
pub async fn list(tx: &mut Connection) -> Result<Vec<ApiKey>, Error> {
    tx.all(select!("ORDER BY id DESC"), &[]).await?.iter().map(key).collect()
}

pub async fn revoke(tx: &mut Connection, id: ApiKeyId, now: Timestamp, by: UserId) -> Result<bool, Error> {
    let revoked = tx
        .execute(
            "UPDATE api_keys SET revoked_at = $2, revoked_by = $3 WHERE id = $1 AND revoked_at IS NULL",
            &args![id, now, by],
        )
        .await?;
    Ok(revoked == 1)
}

pub async fn touch(tx: &mut Connection, id: ApiKeyId, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)",
        &args![id, now],
    )
    .await?;
    Ok(())
}
