//! The SQL of set-up links.

use kernel::{Error, SecretHash, Timestamp};
use store::{Connection, args};

pub(crate) async fn end_setup_links(tx: &mut Connection, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE setup_links SET expires_at = $1 WHERE used_at IS NULL AND expires_at > $1",
        &args![now],
    )
    .await?;
    Ok(())
}

pub(crate) async fn insert_setup_link(
    tx: &mut Connection,
    secret: &SecretHash,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO setup_links (id, secret_hash, created_at, expires_at) VALUES ($1, $1, $2, $3)",
        &args![secret, now, expires_at],
    )
    .await?;
    Ok(())
}

pub(crate) async fn is_setup_link_open(
    tx: &mut Connection,
    secret: &SecretHash,
    now: Timestamp,
) -> Result<bool, Error> {
    let row = tx
        .optional(
            "SELECT id FROM setup_links WHERE secret_hash = $1 AND used_at IS NULL AND expires_at > $2",
            &args![secret, now],
        )
        .await?;
    Ok(row.is_some())
}

/// One use, whoever else tries at the same moment.
pub(crate) async fn take_setup_link(
    tx: &mut Connection,
    secret: &SecretHash,
    now: Timestamp,
) -> Result<u64, Error> {
    Ok(tx
        .execute(
            "UPDATE setup_links SET used_at = $2 WHERE secret_hash = $1 AND used_at IS NULL AND expires_at > $2",
            &args![secret, now],
        )
        .await?)
}
