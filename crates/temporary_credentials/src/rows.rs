//! The table `temporary_credentials`, read together with its grant and the names of what it speaks of.

use kernel::{EmailAddress, Error, GrantId, OrganizationId, Timestamp};
use store::{Connection, Row, args};

use crate::model::Credentials;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT g.*, c.user_id, c.email, c.agent_required_at, c.first_used_at, c.last_used_at, \
             o.name AS organization_name, m.name AS made_by \
             FROM temporary_credentials c \
             JOIN grants g ON g.id = c.grant_id \
             JOIN organizations o ON o.id = g.organization_id \
             JOIN users m ON m.id = g.created_by ",
            $rest
        )
    };
}

fn credentials(row: &Row) -> Result<Credentials, Error> {
    Ok(Credentials {
        grant: grants::from_row(row)?,
        organization: row.get("organization_id")?,
        organization_name: row.get("organization_name")?,
        made_by: row.get("made_by")?,
        stand_in: row.get("user_id")?,
        address: row.get("email")?,
        requires_agent: row.get::<Option<Timestamp>>("agent_required_at")?.is_some(),
        first_used_at: row.get("first_used_at")?,
        last_used_at: row.get("last_used_at")?,
    })
}

pub async fn insert(tx: &mut Connection, new: &Credentials, password_hash: &str) -> Result<(), Error> {
    let since = new.requires_agent.then_some(new.grant.created_at);
    tx.execute(
        "INSERT INTO temporary_credentials (grant_id, user_id, email, password_hash, agent_required_at) \
         VALUES ($1, $2, $3, $4, $5)",
        &args![new.grant.id, new.stand_in, new.address, password_hash, since],
    )
    .await?;
    Ok(())
}

pub async fn find(tx: &mut Connection, id: GrantId) -> Result<Option<Credentials>, Error> {
    tx.optional(select!("WHERE c.grant_id = $1"), &args![id]).await?.as_ref().map(credentials).transpose()
}

/// What stands under an address, with the hash of its password.
pub async fn find_by_address(
    tx: &mut Connection,
    address: &EmailAddress,
) -> Result<Option<(GrantId, String)>, Error> {
    tx.optional("SELECT grant_id, password_hash FROM temporary_credentials WHERE email = $1", &args![address])
        .await?
        .map(|row| Ok((row.get("grant_id")?, row.get("password_hash")?)))
        .transpose()
}

/// All of an organization, the newest first.
pub async fn of_organization(
    tx: &mut Connection,
    organization: OrganizationId,
    limit: i64,
) -> Result<Vec<Credentials>, Error> {
    tx.all(select!("WHERE g.organization_id = $1 ORDER BY g.id DESC LIMIT $2"), &args![organization, limit])
        .await?
        .iter()
        .map(credentials)
        .collect()
}

/// The pair of an organization that nobody has written down as ended; there is one at most.
pub async fn unended_of(
    tx: &mut Connection,
    organization: OrganizationId,
) -> Result<Option<Credentials>, Error> {
    tx.optional(
        select!("WHERE g.organization_id = $1 AND g.ended_at IS NULL ORDER BY g.id DESC LIMIT 1"),
        &args![organization],
    )
    .await?
    .as_ref()
    .map(credentials)
    .transpose()
}

/// Makes whoever ends them, or signs in with them, wait until this transaction is over: on PostgreSQL the row is locked, on
/// SQLite there is one writer anyway.
pub async fn hold(tx: &mut Connection, id: GrantId) -> Result<(), Error> {
    tx.execute("UPDATE temporary_credentials SET email = email WHERE grant_id = $1", &args![id]).await?;
    Ok(())
}

/// Notes a sign-in.
pub async fn note_use(tx: &mut Connection, id: GrantId, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE temporary_credentials SET first_used_at = COALESCE(first_used_at, $2), last_used_at = $2 \
         WHERE grant_id = $1",
        &args![id, now],
    )
    .await?;
    Ok(())
}
