//! The SQL of lost devices.

use kernel::{Error, LostDeviceId, Timestamp, UserId};
use store::{Connection, Row, args};

use crate::model::{Check, Checked, End, EndedHow, LostDevice};

fn request(row: &Row) -> Result<LostDevice, store::Error> {
    let ended_at: Option<Timestamp> = row.get("ended_at")?;
    let how: Option<String> = row.get("ended_how")?;
    let by: Option<UserId> = row.get("ended_by")?;
    Ok(LostDevice {
        id: row.get("id")?,
        user: row.get("user_id")?,
        reason: row.get("reason")?,
        contact: row.get("contact")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        approved_at: row.get("approved_at")?,
        takes_effect_at: row.get("takes_effect_at")?,
        // A word that is not known here was written by a newer server: over is over.
        ended: ended_at.map(|at| End {
            at,
            how: how.as_deref().and_then(EndedHow::parse).unwrap_or(EndedHow::Overtaken),
            by,
        }),
    })
}

/// `false` if the person has an open one.
pub(crate) async fn insert(tx: &mut Connection, new: &LostDevice) -> Result<bool, Error> {
    let inserted = tx
        .execute(
            "INSERT INTO lost_device_requests (id, user_id, live_of, reason, contact, created_at, expires_at) \
             VALUES ($1, $2, $2, $3, $4, $5, $6) ON CONFLICT (live_of) DO NOTHING",
            &args![new.id, new.user, new.reason, new.contact, new.created_at, new.expires_at],
        )
        .await?;
    Ok(inserted == 1)
}

pub(crate) async fn find(tx: &mut Connection, id: LostDeviceId) -> Result<Option<LostDevice>, Error> {
    let row = tx
        .optional(
            "SELECT id, user_id, reason, contact, created_at, expires_at, approved_at, takes_effect_at, ended_at, ended_how, \
             ended_by FROM lost_device_requests WHERE id = $1",
            &args![id],
        )
        .await?;
    Ok(row.as_ref().map(request).transpose()?)
}

/// Makes every other change of this request wait until the transaction is over.
pub(crate) async fn hold(tx: &mut Connection, id: LostDeviceId) -> Result<(), Error> {
    tx.execute("UPDATE lost_device_requests SET reason = reason WHERE id = $1", &args![id]).await?;
    Ok(())
}

/// The one that a person has open, or that ran out and was not written down yet.
pub(crate) async fn find_live(tx: &mut Connection, user: UserId) -> Result<Option<LostDevice>, Error> {
    let row = tx
        .optional(
            "SELECT id, user_id, reason, contact, created_at, expires_at, approved_at, takes_effect_at, ended_at, ended_how, \
             ended_by FROM lost_device_requests WHERE live_of = $1",
            &args![user],
        )
        .await?;
    Ok(row.as_ref().map(request).transpose()?)
}

/// All that are open, and those that ended since then, the newest first.
pub(crate) async fn list(tx: &mut Connection, ended_since: Timestamp) -> Result<Vec<LostDevice>, Error> {
    let rows = tx
        .all(
            "SELECT id, user_id, reason, contact, created_at, expires_at, approved_at, takes_effect_at, ended_at, ended_how, \
             ended_by FROM lost_device_requests WHERE live_of IS NOT NULL OR ended_at >= $1 ORDER BY id DESC LIMIT 200",
            &args![ended_since],
        )
        .await?;
    Ok(rows.iter().map(request).collect::<Result<_, _>>()?)
}

pub(crate) async fn live_ids(tx: &mut Connection) -> Result<Vec<LostDeviceId>, Error> {
    let rows =
        tx.all("SELECT id FROM lost_device_requests WHERE live_of IS NOT NULL ORDER BY id", &args![]).await?;
    Ok(rows.iter().map(|row| row.get("id")).collect::<Result<_, _>>()?)
}

pub(crate) async fn last_stopped_at(tx: &mut Connection, user: UserId) -> Result<Option<Timestamp>, Error> {
    let row = tx
        .one(
            "SELECT MAX(ended_at) AS at FROM lost_device_requests WHERE user_id = $1 AND ended_how = 'stopped'",
            &args![user],
        )
        .await?;
    Ok(row.get("at")?)
}

/// `false` if this agent has checked it already.
pub(crate) async fn insert_check(
    tx: &mut Connection,
    id: LostDeviceId,
    checked: &Checked,
) -> Result<bool, Error> {
    let names: Vec<&str> = checked.checks.iter().map(|check| check.as_str()).collect();
    let inserted = tx
        .execute(
            "INSERT INTO lost_device_checks (request_id, agent_id, checked, note, created_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (request_id, agent_id) DO NOTHING",
            &args![id, checked.agent, names.join(" "), checked.note, checked.created_at],
        )
        .await?;
    Ok(inserted == 1)
}

pub(crate) async fn checks(tx: &mut Connection, id: LostDeviceId) -> Result<Vec<Checked>, Error> {
    let rows = tx
        .all(
            "SELECT agent_id, checked, note, created_at FROM lost_device_checks WHERE request_id = $1 \
             ORDER BY created_at, agent_id",
            &args![id],
        )
        .await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let names: String = row.get("checked")?;
        all.push(Checked {
            agent: row.get("agent_id")?,
            checks: names.split(' ').filter_map(Check::parse).collect(),
            note: row.get("note")?,
            created_at: row.get("created_at")?,
        });
    }
    Ok(all)
}

/// `false` if somebody approved or ended it first.
pub(crate) async fn approve(
    tx: &mut Connection,
    id: LostDeviceId,
    now: Timestamp,
    takes_effect_at: Timestamp,
) -> Result<bool, Error> {
    let approved = tx
        .execute(
            "UPDATE lost_device_requests SET approved_at = $2, takes_effect_at = $3 \
             WHERE id = $1 AND approved_at IS NULL AND ended_at IS NULL AND expires_at > $2",
            &args![id, now, takes_effect_at],
        )
        .await?;
    Ok(approved == 1)
}

/// `false` if it had ended already.
pub(crate) async fn end(tx: &mut Connection, id: LostDeviceId, end: End) -> Result<bool, Error> {
    let ended = tx
        .execute(
            "UPDATE lost_device_requests SET live_of = NULL, ended_at = $2, ended_how = $3, ended_by = $4 \
             WHERE id = $1 AND ended_at IS NULL",
            &args![id, end.at, end.how.as_str(), end.by],
        )
        .await?;
    Ok(ended == 1)
}
