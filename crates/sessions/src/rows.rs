//! The tables `sessions` and `handovers`.

use kernel::{ApplicationId, Error, GrantId, OrganizationId, SecretHash, SessionId, Timestamp, UserId};
use store::{Connection, Row, args};

use crate::model::{Kind, NewHandover, Session};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.kind, s.user_id, s.parent_id, s.application_id, s.organization_id, s.grant_id, s.created_at, ",
            "s.expires_at, s.idle_limit, s.last_used_at, s.ended_at, p.ended_at AS parent_ended_at, s.address, s.user_agent ",
            "FROM sessions s LEFT JOIN sessions p ON p.id = s.parent_id ",
            $rest
        )
    };
}

fn session(row: &Row) -> Result<Session, Error> {
    Ok(Session {
        id: row.get("id")?,
        kind: kind(row)?,
        user: row.get("user_id")?,
        parent: row.get("parent_id")?,
        application: row.get("application_id")?,
        organization: row.get("organization_id")?,
        grant: row.get("grant_id")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        idle_limit: row.get("idle_limit")?,
        last_used_at: row.get("last_used_at")?,
        ended_at: row.get("ended_at")?,
        parent_ended_at: row.get("parent_ended_at")?,
        address: row.get("address")?,
        user_agent: row.get("user_agent")?,
    })
}

/// A word that is no kind makes no session, rather than one of some kind.
fn kind(row: &Row) -> Result<Kind, Error> {
    let text: String = row.get("kind")?;
    Kind::parse(&text).ok_or_else(|| Error::internal(format!("no kind of session: {text}")))
}

fn sessions(rows: &[Row]) -> Result<Vec<Session>, Error> {
    rows.iter().map(session).collect()
}

pub async fn insert(tx: &mut Connection, new: &Session, secret: &SecretHash) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO sessions (id, kind, user_id, secret_hash, parent_id, application_id, organization_id, grant_id, \
         created_at, expires_at, idle_limit, last_used_at, address, user_agent) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        &args![
            new.id,
            new.kind.as_str(),
            new.user,
            secret,
            new.parent,
            new.application,
            new.organization,
            new.grant,
            new.created_at,
            new.expires_at,
            new.idle_limit,
            new.last_used_at,
            new.address,
            new.user_agent,
        ],
    )
    .await?;
    Ok(())
}

pub async fn find(tx: &mut Connection, id: SessionId) -> Result<Option<Session>, Error> {
    tx.optional(select!("WHERE s.id = $1"), &args![id]).await?.as_ref().map(session).transpose()
}

pub async fn find_by_secret(tx: &mut Connection, secret: &SecretHash) -> Result<Option<Session>, Error> {
    tx.optional(select!("WHERE s.secret_hash = $1"), &args![secret]).await?.as_ref().map(session).transpose()
}

/// The session and what hangs on it, as far as it has not ended.
pub async fn open_with_children(tx: &mut Connection, id: SessionId) -> Result<Vec<Session>, Error> {
    let rows = tx
        .all(
            select!("WHERE (s.id = $1 OR s.parent_id = $1) AND s.ended_at IS NULL ORDER BY s.id"),
            &args![id],
        )
        .await?;
    sessions(&rows)
}

pub async fn open_of_user(tx: &mut Connection, user: UserId) -> Result<Vec<Session>, Error> {
    let rows =
        tx.all(select!("WHERE s.user_id = $1 AND s.ended_at IS NULL ORDER BY s.id"), &args![user]).await?;
    sessions(&rows)
}

pub async fn open_of_grant(tx: &mut Connection, grant: GrantId) -> Result<Vec<Session>, Error> {
    let rows =
        tx.all(select!("WHERE s.grant_id = $1 AND s.ended_at IS NULL ORDER BY s.id"), &args![grant]).await?;
    sessions(&rows)
}

pub async fn end(tx: &mut Connection, id: SessionId, now: Timestamp, how: &str) -> Result<bool, Error> {
    let ended = tx
        .execute(
            "UPDATE sessions SET ended_at = $2, ended_how = $3 WHERE id = $1 AND ended_at IS NULL",
            &args![id, now, how],
        )
        .await?;
    Ok(ended == 1)
}

/// Moves the last use forward. What has gone idle meanwhile stays idle.
pub async fn touch(tx: &mut Connection, id: SessionId, at: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE sessions SET last_used_at = $2 \
         WHERE id = $1 AND last_used_at < $2 AND last_used_at + idle_limit > $2 AND ended_at IS NULL",
        &args![id, at],
    )
    .await?;
    Ok(())
}

/// How many last uses one statement moves.
pub const TOUCHED_AT_ONCE: usize = 32;

/// The same for up to [`TOUCHED_AT_ONCE`]. Places that are left are filled with the last: twice is as good as once.
pub async fn touch_many(tx: &mut Connection, uses: &[(SessionId, Timestamp)]) -> Result<(), Error> {
    let Some(last) = uses.last() else { return Ok(()) };
    let filled = uses.iter().chain(std::iter::repeat(last)).take(TOUCHED_AT_ONCE);
    let values: Vec<store::Value> = filled.flat_map(|(id, at)| args![id, at]).collect();
    tx.execute(
        "WITH used (id, at) AS (VALUES \
             ($1, CAST($2 AS BIGINT)), ($3, CAST($4 AS BIGINT)), ($5, CAST($6 AS BIGINT)), ($7, CAST($8 AS BIGINT)), \
             ($9, CAST($10 AS BIGINT)), ($11, CAST($12 AS BIGINT)), ($13, CAST($14 AS BIGINT)), ($15, CAST($16 AS BIGINT)), \
             ($17, CAST($18 AS BIGINT)), ($19, CAST($20 AS BIGINT)), ($21, CAST($22 AS BIGINT)), ($23, CAST($24 AS BIGINT)), \
             ($25, CAST($26 AS BIGINT)), ($27, CAST($28 AS BIGINT)), ($29, CAST($30 AS BIGINT)), ($31, CAST($32 AS BIGINT)), \
             ($33, CAST($34 AS BIGINT)), ($35, CAST($36 AS BIGINT)), ($37, CAST($38 AS BIGINT)), ($39, CAST($40 AS BIGINT)), \
             ($41, CAST($42 AS BIGINT)), ($43, CAST($44 AS BIGINT)), ($45, CAST($46 AS BIGINT)), ($47, CAST($48 AS BIGINT)), \
             ($49, CAST($50 AS BIGINT)), ($51, CAST($52 AS BIGINT)), ($53, CAST($54 AS BIGINT)), ($55, CAST($56 AS BIGINT)), \
             ($57, CAST($58 AS BIGINT)), ($59, CAST($60 AS BIGINT)), ($61, CAST($62 AS BIGINT)), ($63, CAST($64 AS BIGINT))) \
         UPDATE sessions SET last_used_at = used.at FROM used \
         WHERE sessions.id = used.id AND sessions.last_used_at < used.at \
         AND sessions.last_used_at + sessions.idle_limit > used.at AND sessions.ended_at IS NULL",
        &values,
    )
    .await?;
    Ok(())
}

pub async fn insert_handover(
    tx: &mut Connection,
    new: &NewHandover,
    secret: &SecretHash,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO handovers (secret_hash, kind, session_id, application_id, organization_id, grant_id, return_to, \
         created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &args![
            secret,
            new.kind.as_str(),
            new.session,
            new.application,
            new.organization,
            new.grant,
            new.return_to,
            now,
            expires_at
        ],
    )
    .await?;
    Ok(())
}

pub async fn forget_handovers(tx: &mut Connection, expired_before: Timestamp) -> Result<(), Error> {
    tx.execute("DELETE FROM handovers WHERE expires_at < $1", &args![expired_before]).await?;
    Ok(())
}

/// Takes a handover: of two who try, one gets it.
pub async fn take_handover(
    tx: &mut Connection,
    secret: &SecretHash,
    now: Timestamp,
) -> Result<Option<NewHandover>, Error> {
    let taken = tx
        .execute(
            "UPDATE handovers SET used_at = $2 WHERE secret_hash = $1 AND used_at IS NULL AND expires_at > $2",
            &args![secret, now],
        )
        .await?;
    if taken != 1 {
        return Ok(None);
    }
    let row = tx
        .one(
            "SELECT kind, session_id, application_id, organization_id, grant_id, return_to FROM handovers \
             WHERE secret_hash = $1",
            &args![secret],
        )
        .await?;
    Ok(Some(NewHandover {
        kind: kind(&row)?,
        session: row.get::<SessionId>("session_id")?,
        application: row.get::<ApplicationId>("application_id")?,
        organization: row.get::<OrganizationId>("organization_id")?,
        grant: row.get("grant_id")?,
        return_to: row.get("return_to")?,
    }))
}
