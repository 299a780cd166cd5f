//! The SQL of people's accounts at providers.

use kernel::{ConnectionId, Error, IdentityId, Timestamp, UserId};
use store::{Connection as Tx, Row, args};

use crate::model::Identity;

fn identity(row: &Row) -> Result<Identity, Error> {
    Ok(Identity {
        id: row.get("id")?,
        connection: row.get("connection_id")?,
        issuer: row.get("issuer")?,
        subject: row.get("subject")?,
        user: row.get("user_id")?,
        created_at: row.get("created_at")?,
    })
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, connection_id, issuer, subject, user_id, created_at FROM single_sign_on_identities ",
            $rest
        )
    };
}

pub(crate) async fn find_identity(
    tx: &mut Tx,
    connection: ConnectionId,
    issuer: &str,
    subject: &str,
) -> Result<Option<Identity>, Error> {
    tx.optional(
        select!("WHERE connection_id = $1 AND issuer = $2 AND subject = $3"),
        &args![connection, issuer, subject],
    )
    .await?
    .as_ref()
    .map(identity)
    .transpose()
}

/// Whom an issuer knows a person as. Another issuer that the connection had before knew them by another name.
pub(crate) async fn identity_of(
    tx: &mut Tx,
    connection: ConnectionId,
    issuer: &str,
    user: UserId,
) -> Result<Option<Identity>, Error> {
    tx.optional(
        select!("WHERE connection_id = $1 AND issuer = $2 AND user_id = $3"),
        &args![connection, issuer, user],
    )
    .await?
    .as_ref()
    .map(identity)
    .transpose()
}

pub(crate) async fn has_identity(tx: &mut Tx, user: UserId) -> Result<bool, Error> {
    let row = tx
        .optional("SELECT id FROM single_sign_on_identities WHERE user_id = $1 LIMIT 1", &args![user])
        .await?;
    Ok(row.is_some())
}

/// The people who are connected, the newest last, with their names and addresses here.
pub(crate) async fn connected(
    tx: &mut Tx,
    connection: ConnectionId,
) -> Result<Vec<(Identity, String, String)>, Error> {
    let rows = tx
        .all(
            "SELECT i.id, i.connection_id, i.issuer, i.subject, i.user_id, i.created_at, u.name, u.email \
             FROM single_sign_on_identities i JOIN users u ON u.id = i.user_id WHERE i.connection_id = $1 ORDER BY i.id",
            &args![connection],
        )
        .await?;
    rows.iter().map(|row| Ok((identity(row)?, row.get("name")?, row.get("email")?))).collect()
}

pub(crate) async fn insert_identity(tx: &mut Tx, new: &Identity) -> Result<(), store::Error> {
    tx.execute(
        "INSERT INTO single_sign_on_identities (id, connection_id, issuer, subject, user_id, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        &args![new.id, new.connection, new.issuer, new.subject, new.user, new.created_at],
    )
    .await?;
    Ok(())
}

pub(crate) async fn remove_identity(tx: &mut Tx, id: IdentityId) -> Result<bool, Error> {
    Ok(tx.execute("DELETE FROM single_sign_on_identities WHERE id = $1", &args![id]).await? == 1)
}

pub(crate) async fn touch_identity(tx: &mut Tx, id: IdentityId, now: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE single_sign_on_identities SET last_used_at = $2 WHERE id = $1", &args![id, now])
        .await?;
    Ok(())
}
