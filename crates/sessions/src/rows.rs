//! The tables `sessions` and `handovers`.

use kernel::{
    ApplicationId, Error, Factor, GrantId, OrganizationId, SecretHash, SessionId, Timestamp, UserId,
};
use store::{Connection, Row, args};

use crate::model::{Kind, NewHandover, Session, Use};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.kind, s.user_id, s.parent_id, s.application_id, s.organization_id, s.grant_id, g.kind AS grant_kind, t.partner_id, s.factor, s.proved_at, s.single_sign_on_of, s.created_at, ",
            "s.expires_at, s.idle_limit, s.last_used_at, s.ended_at, p.ended_at AS parent_ended_at, s.address, s.user_agent ",
            "FROM sessions s LEFT JOIN sessions p ON p.id = s.parent_id LEFT JOIN grants g ON g.id = s.grant_id ",
            "LEFT JOIN partner_tokens t ON t.grant_id = s.grant_id ",
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
        grant_kind: row.get::<Option<String>>("grant_kind")?.unwrap_or_default(),
        partner: row.get("partner_id")?,
        factor: factor(row)?,
        proved_at: row.get("proved_at")?,
        single_sign_on_of: row.get("single_sign_on_of")?,
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

/// A word that is no factor is none.
fn factor(row: &Row) -> Result<Factor, Error> {
    let text: String = row.get("factor")?;
    Ok(Factor::parse(&text).unwrap_or_default())
}

fn sessions(rows: &[Row]) -> Result<Vec<Session>, Error> {
    rows.iter().map(session).collect()
}

pub async fn insert(tx: &mut Connection, new: &Session, secret: &SecretHash) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO sessions (id, kind, user_id, secret_hash, parent_id, application_id, organization_id, grant_id, \
         factor, proved_at, single_sign_on_of, created_at, expires_at, idle_limit, last_used_at, address, user_agent) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        &args![
            new.id,
            new.kind.as_str(),
            new.user,
            secret,
            new.parent,
            new.application,
            new.organization,
            new.grant,
            new.factor.as_str(),
            new.proved_at,
            new.single_sign_on_of,
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

/// Gives a session that is open another secret, for what was shown anew.
pub async fn renew(
    tx: &mut Connection,
    id: SessionId,
    secret: &SecretHash,
    factor: Factor,
    proved_at: Option<Timestamp>,
) -> Result<bool, Error> {
    let renewed = tx
        .execute(
            "UPDATE sessions SET secret_hash = $2, factor = $3, proved_at = $4 WHERE id = $1 AND ended_at IS NULL",
            &args![id, secret, factor.as_str(), proved_at],
        )
        .await?;
    Ok(renewed == 1)
}

/// A remembered browser shows nothing anew.
pub async fn was_factor_shown_since(
    tx: &mut Connection,
    user: UserId,
    since: Timestamp,
) -> Result<bool, Error> {
    let row = tx
        .optional(
            "SELECT id FROM sessions WHERE user_id = $1 AND proved_at >= $2 \
             AND factor IN ('totp', 'passkey', 'recovery_code') LIMIT 1",
            &args![user, since],
        )
        .await?;
    Ok(row.is_some())
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

/// The same for up to [`TOUCHED_AT_ONCE`]; what was not idle at the first use is not idle. Places that are left are filled
/// with the last: twice is as good as once.
pub async fn touch_many(tx: &mut Connection, uses: &[Use]) -> Result<(), Error> {
    let Some(last) = uses.last() else { return Ok(()) };
    let filled = uses.iter().chain(std::iter::repeat(last)).take(TOUCHED_AT_ONCE);
    let values: Vec<store::Value> =
        filled.flat_map(|used| args![used.session, used.first_at, used.last_at]).collect();
    tx.execute(
        "WITH used (id, first_at, last_at) AS (VALUES \
             ($1, CAST($2 AS BIGINT), CAST($3 AS BIGINT)), ($4, CAST($5 AS BIGINT), CAST($6 AS BIGINT)), \
             ($7, CAST($8 AS BIGINT), CAST($9 AS BIGINT)), ($10, CAST($11 AS BIGINT), CAST($12 AS BIGINT)), \
             ($13, CAST($14 AS BIGINT), CAST($15 AS BIGINT)), ($16, CAST($17 AS BIGINT), CAST($18 AS BIGINT)), \
             ($19, CAST($20 AS BIGINT), CAST($21 AS BIGINT)), ($22, CAST($23 AS BIGINT), CAST($24 AS BIGINT)), \
             ($25, CAST($26 AS BIGINT), CAST($27 AS BIGINT)), ($28, CAST($29 AS BIGINT), CAST($30 AS BIGINT)), \
             ($31, CAST($32 AS BIGINT), CAST($33 AS BIGINT)), ($34, CAST($35 AS BIGINT), CAST($36 AS BIGINT)), \
             ($37, CAST($38 AS BIGINT), CAST($39 AS BIGINT)), ($40, CAST($41 AS BIGINT), CAST($42 AS BIGINT)), \
             ($43, CAST($44 AS BIGINT), CAST($45 AS BIGINT)), ($46, CAST($47 AS BIGINT), CAST($48 AS BIGINT)), \
             ($49, CAST($50 AS BIGINT), CAST($51 AS BIGINT)), ($52, CAST($53 AS BIGINT), CAST($54 AS BIGINT)), \
             ($55, CAST($56 AS BIGINT), CAST($57 AS BIGINT)), ($58, CAST($59 AS BIGINT), CAST($60 AS BIGINT)), \
             ($61, CAST($62 AS BIGINT), CAST($63 AS BIGINT)), ($64, CAST($65 AS BIGINT), CAST($66 AS BIGINT)), \
             ($67, CAST($68 AS BIGINT), CAST($69 AS BIGINT)), ($70, CAST($71 AS BIGINT), CAST($72 AS BIGINT)), \
             ($73, CAST($74 AS BIGINT), CAST($75 AS BIGINT)), ($76, CAST($77 AS BIGINT), CAST($78 AS BIGINT)), \
             ($79, CAST($80 AS BIGINT), CAST($81 AS BIGINT)), ($82, CAST($83 AS BIGINT), CAST($84 AS BIGINT)), \
             ($85, CAST($86 AS BIGINT), CAST($87 AS BIGINT)), ($88, CAST($89 AS BIGINT), CAST($90 AS BIGINT)), \
             ($91, CAST($92 AS BIGINT), CAST($93 AS BIGINT)), ($94, CAST($95 AS BIGINT), CAST($96 AS BIGINT))) \
         UPDATE sessions SET last_used_at = used.last_at FROM used \
         WHERE sessions.id = used.id AND sessions.last_used_at < used.last_at \
         AND sessions.last_used_at + sessions.idle_limit > used.first_at AND sessions.ended_at IS NULL",
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
         created_at, expires_at, way) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &args![
            secret,
            new.kind.as_str(),
            new.session,
            new.application,
            new.organization,
            new.grant,
            new.return_to,
            now,
            expires_at,
            new.way.map(|way| way.to_string()).unwrap_or_default(),
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
            "SELECT kind, session_id, application_id, organization_id, grant_id, return_to, way FROM handovers \
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
        way: SecretHash::parse(&row.get::<String>("way")?),
    }))
}
