//! The table `sign_in_flows`.

use kernel::{Error, FlowId, SecretHash, Timestamp, UserId};
use store::{Connection, Row, args};

use crate::model::{Flow, Next};

fn flow(row: &Row) -> Result<Flow, Error> {
    let next: String = row.get("next")?;
    Ok(Flow {
        id: row.get("id")?,
        user: row.get("user_id")?,
        // A word that is no step leads to the one that nobody passes without an authenticator.
        next: Next::parse(&next).unwrap_or(Next::Code),
        replaces: row.get("replaces")?,
        password_hash: row.get("password_hash")?,
        mailed_code_hash: row.get("mailed_code_hash")?,
        mailed_code_tries: row.get("mailed_code_tries")?,
        vouched_at: row.get("vouched_at")?,
        return_to: row.get("return_to")?,
        rd: row.get("rd")?,
        way: row.get("way")?,
        connects: row.get("connects")?,
        misses: row.get("misses")?,
        begun_in: row.get("begun_in")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        ended_at: row.get("ended_at")?,
        address: row.get("address")?,
    })
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, user_id, next, replaces, password_hash, mailed_code_hash, mailed_code_tries, vouched_at, return_to, rd, way, connects, ",
            "misses, begun_in, created_at, expires_at, ended_at, address FROM sign_in_flows ",
            $rest
        )
    };
}

pub async fn insert(
    tx: &mut Connection,
    flow: &Flow,
    secret: &SecretHash,
    user_agent: &str,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO sign_in_flows (id, user_id, secret_hash, replaces, next, password_hash, return_to, rd, way, connects, misses, \
         begun_in, created_at, expires_at, address, user_agent) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        &args![
            flow.id,
            flow.user,
            secret,
            flow.replaces,
            flow.next.as_str(),
            flow.password_hash,
            flow.return_to,
            flow.rd,
            flow.way,
            flow.connects,
            flow.misses,
            flow.begun_in,
            flow.created_at,
            flow.expires_at,
            flow.address,
            user_agent,
        ],
    )
    .await?;
    Ok(())
}

pub async fn find_by_secret(tx: &mut Connection, secret: &SecretHash) -> Result<Option<Flow>, Error> {
    tx.optional(select!("WHERE secret_hash = $1"), &args![secret]).await?.as_ref().map(flow).transpose()
}

pub async fn find(tx: &mut Connection, id: FlowId) -> Result<Option<Flow>, Error> {
    tx.optional(select!("WHERE id = $1"), &args![id]).await?.as_ref().map(flow).transpose()
}

/// Ends a half sign-in. Of two at the same moment, one does.
pub async fn end(tx: &mut Connection, id: FlowId, now: Timestamp, how: &str) -> Result<bool, Error> {
    let ended = tx
        .execute(
            "UPDATE sign_in_flows SET ended_at = $2, ended_how = $3 \
             WHERE id = $1 AND ended_at IS NULL AND expires_at > $2",
            &args![id, now, how],
        )
        .await?;
    Ok(ended == 1)
}

pub async fn end_all(tx: &mut Connection, user: UserId, now: Timestamp, how: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE sign_in_flows SET ended_at = $2, ended_how = $3 WHERE user_id = $1 AND ended_at IS NULL",
        &args![user, now, how],
    )
    .await?;
    Ok(())
}

/// Nobody has to be told of this one.
pub async fn need_not_tell(tx: &mut Connection, id: FlowId, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE sign_in_flows SET warned_at = $2 WHERE id = $1 AND warned_at IS NULL",
        &args![id, now],
    )
    .await?;
    Ok(())
}

/// Of one that nobody had to be told of, because a session began it, somebody has to be told now.
pub async fn count_miss(tx: &mut Connection, id: FlowId) -> Result<(), Error> {
    tx.execute(
        "UPDATE sign_in_flows SET misses = misses + 1, \
         warned_at = CASE WHEN begun_in IS NULL THEN warned_at ELSE NULL END WHERE id = $1",
        &args![id],
    )
    .await?;
    Ok(())
}

pub async fn save_mailed_code(tx: &mut Connection, id: FlowId, hash: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE sign_in_flows SET mailed_code_hash = $2, mailed_code_tries = 0 WHERE id = $1 AND ended_at IS NULL",
        &args![id, hash],
    )
    .await?;
    Ok(())
}

/// Counts a try at the mailed code before it is checked. False: there were too many.
pub async fn count_mailed_try(tx: &mut Connection, id: FlowId, most: i64) -> Result<bool, Error> {
    let counted = tx
        .execute(
            "UPDATE sign_in_flows SET mailed_code_tries = mailed_code_tries + 1 \
             WHERE id = $1 AND mailed_code_tries < $2 AND ended_at IS NULL",
            &args![id, most],
        )
        .await?;
    Ok(counted == 1)
}

/// The person showed that the mailbox is theirs; the code is used up.
pub async fn forget_mailed_code(tx: &mut Connection, id: FlowId, hash: &str) -> Result<bool, Error> {
    let used = tx
        .execute(
            "UPDATE sign_in_flows SET mailed_code_hash = NULL WHERE id = $1 AND mailed_code_hash = $2",
            &args![id, hash],
        )
        .await?;
    Ok(used == 1)
}

/// It was shown in this one that the person is who they are.
pub async fn vouch(tx: &mut Connection, id: FlowId, now: Timestamp) -> Result<bool, Error> {
    let vouched = tx
        .execute(
            "UPDATE sign_in_flows SET vouched_at = $2 WHERE id = $1 AND ended_at IS NULL AND expires_at > $2",
            &args![id, now],
        )
        .await?;
    Ok(vouched == 1)
}

/// The open ones of a person, the oldest first.
pub async fn open_of_user(tx: &mut Connection, user: UserId, now: Timestamp) -> Result<Vec<Flow>, Error> {
    let rows = tx
        .all(
            select!("WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2 ORDER BY created_at, id"),
            &args![user, now],
        )
        .await?;
    rows.iter().map(flow).collect()
}

/// Who has sign-ins that did not come to their end and was not told of them, nor of anything since `told_before`.
pub async fn people_to_warn(
    tx: &mut Connection,
    now: Timestamp,
    told_before: Timestamp,
) -> Result<Vec<UserId>, Error> {
    let rows = tx
        .all(
            "SELECT DISTINCT f.user_id FROM sign_in_flows f JOIN users u ON u.id = f.user_id \
             WHERE f.warned_at IS NULL AND f.expires_at <= $1 AND COALESCE(f.ended_how, '') <> 'passed' \
             AND (u.warned_at IS NULL OR u.warned_at <= $2) LIMIT 100",
            &args![now, told_before],
        )
        .await?;
    rows.iter().map(|row| row.get("user_id").map_err(Error::from)).collect()
}

/// The sign-ins of a person that did not come to their end and were not told of, the newest last.
pub async fn untold(tx: &mut Connection, user: UserId, now: Timestamp) -> Result<Vec<Flow>, Error> {
    let rows = tx
        .all(
            select!(
                "WHERE user_id = $1 AND warned_at IS NULL AND COALESCE(ended_how, '') <> 'passed' \
                 AND expires_at <= $2 ORDER BY created_at, id"
            ),
            &args![user, now],
        )
        .await?;
    rows.iter().map(flow).collect()
}

pub async fn forget_old(tx: &mut Connection, before: Timestamp) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM sign_in_flows WHERE expires_at < $1 AND (warned_at IS NOT NULL OR ended_how = 'passed')",
        &args![before],
    )
    .await?;
    Ok(())
}
