//! The tables `totp_keys`, `recovery_codes` and `remembered_devices`.

use kernel::{DeviceId, Error, RecoveryCodeId, SecretHash, Timestamp, TotpKeyId, UserId};
use store::{Connection, Row, args};

use crate::model::{AppKey, Device, MOST_FAILURES, Standing};

/// A key as it is kept.
pub struct StoredKey {
    pub id: TotpKeyId,
    pub user: UserId,
    pub sealed_key: String,
    pub pending_for: String,
    pub expires_at: Timestamp,
    pub last_step: i64,
    pub disabled_at: Option<Timestamp>,
}

fn key(row: &Row) -> Result<StoredKey, Error> {
    Ok(StoredKey {
        id: row.get("id")?,
        user: row.get("user_id")?,
        sealed_key: row.get("sealed_key")?,
        pending_for: row.get("pending_for")?,
        expires_at: row.get("expires_at")?,
        last_step: row.get("last_step")?,
        disabled_at: row.get("disabled_at")?,
    })
}

pub async fn live_key(tx: &mut Connection, user: UserId) -> Result<Option<StoredKey>, Error> {
    let row = tx
        .optional(
            "SELECT id, user_id, sealed_key, pending_for, expires_at, last_step, disabled_at FROM totp_keys \
             WHERE live_of = $1",
            &args![user],
        )
        .await?;
    row.as_ref().map(key).transpose()
}

pub async fn pending_key(tx: &mut Connection, user: UserId) -> Result<Option<StoredKey>, Error> {
    let row = tx
        .optional(
            "SELECT id, user_id, sealed_key, pending_for, expires_at, last_step, disabled_at FROM totp_keys \
             WHERE pending_of = $1",
            &args![user],
        )
        .await?;
    row.as_ref().map(key).transpose()
}

/// Forgets the key that waits for its first code: it was never used for anything.
pub async fn forget_pending(tx: &mut Connection, user: UserId) -> Result<(), Error> {
    tx.execute("DELETE FROM totp_keys WHERE pending_of = $1", &args![user]).await?;
    Ok(())
}

pub async fn insert_pending(
    tx: &mut Connection,
    key: &StoredKey,
    now: Timestamp,
) -> Result<(), store::Error> {
    tx.execute(
        "INSERT INTO totp_keys (id, user_id, pending_of, pending_for, sealed_key, created_at, expires_at) \
         VALUES ($1, $2, $2, $3, $4, $5, $6)",
        &args![key.id, key.user, key.pending_for, key.sealed_key, now, key.expires_at],
    )
    .await?;
    Ok(())
}

/// Takes a key that waits into use. Of two at the same moment, the second finds it gone.
pub async fn confirm(tx: &mut Connection, id: TotpKeyId, step: i64, now: Timestamp) -> Result<bool, Error> {
    let confirmed = tx
        .execute(
            "UPDATE totp_keys SET live_of = user_id, pending_of = NULL, pending_for = '', confirmed_at = $2, last_step = $3 \
             WHERE id = $1 AND pending_of IS NOT NULL AND expires_at > $2",
            &args![id, now, step],
        )
        .await?;
    Ok(confirmed == 1)
}

/// Takes the live key out of use; its sealed key is gone with it. Whether there was one.
pub async fn remove_live(tx: &mut Connection, user: UserId, now: Timestamp) -> Result<bool, Error> {
    let removed = tx
        .execute(
            "UPDATE totp_keys SET live_of = NULL, removed_at = $2, sealed_key = '' WHERE live_of = $1",
            &args![user, now],
        )
        .await?;
    Ok(removed == 1)
}

/// Counts a code before it is checked. False: the key takes no more (S14).
pub async fn count_try(tx: &mut Connection, id: TotpKeyId) -> Result<bool, Error> {
    let counted = tx
        .execute(
            "UPDATE totp_keys SET failures = failures + 1 \
             WHERE id = $1 AND live_of IS NOT NULL AND disabled_at IS NULL AND failures < $2",
            &args![id, MOST_FAILURES],
        )
        .await?;
    Ok(counted == 1)
}

/// Disables a key that had too many wrong codes in a row. Whether it was this call that did.
pub async fn disable_if_spent(tx: &mut Connection, id: TotpKeyId, now: Timestamp) -> Result<bool, Error> {
    let disabled = tx
        .execute(
            "UPDATE totp_keys SET disabled_at = $3 \
             WHERE id = $1 AND live_of IS NOT NULL AND disabled_at IS NULL AND failures >= $2",
            &args![id, MOST_FAILURES, now],
        )
        .await?;
    Ok(disabled == 1)
}

/// Uses the codes up to a step. Of two at the same moment, one gets it (C10).
pub async fn use_step(tx: &mut Connection, id: TotpKeyId, step: i64) -> Result<bool, Error> {
    let used = tx
        .execute(
            "UPDATE totp_keys SET last_step = $2, failures = 0 \
             WHERE id = $1 AND last_step < $2 AND live_of IS NOT NULL AND disabled_at IS NULL",
            &args![id, step],
        )
        .await?;
    Ok(used == 1)
}

pub async fn standing(tx: &mut Connection, user: UserId) -> Result<Standing, Error> {
    let row = tx
        .one(
            "SELECT t.id, t.confirmed_at, t.disabled_at, \
             (SELECT COUNT(*) FROM passkeys p WHERE p.user_id = $1 AND p.removed_at IS NULL) AS passkeys, \
             (SELECT COUNT(*) FROM recovery_codes r WHERE r.user_id = $1 AND r.used_at IS NULL AND r.removed_at IS NULL) \
             AS recovery_codes FROM (SELECT 1 AS one) o LEFT JOIN totp_keys t ON t.live_of = $1",
            &args![user],
        )
        .await?;
    let id: Option<TotpKeyId> = row.get("id")?;
    let confirmed_at: Option<Timestamp> = row.get("confirmed_at")?;
    let disabled_at = row.get("disabled_at")?;
    Ok(Standing {
        app: id.zip(confirmed_at).map(|(id, confirmed_at)| AppKey { id, confirmed_at, disabled_at }),
        passkeys: row.get("passkeys")?,
        recovery_codes: row.get("recovery_codes")?,
    })
}

pub async fn remove_passkeys(tx: &mut Connection, user: UserId, now: Timestamp) -> Result<u64, Error> {
    Ok(tx
        .execute(
            "UPDATE passkeys SET removed_at = $2 WHERE user_id = $1 AND removed_at IS NULL",
            &args![user, now],
        )
        .await?)
}

pub async fn insert_recovery_code(
    tx: &mut Connection,
    id: RecoveryCodeId,
    user: UserId,
    hash: &SecretHash,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO recovery_codes (id, user_id, code_hash, created_at) VALUES ($1, $2, $3, $4)",
        &args![id, user, hash, now],
    )
    .await?;
    Ok(())
}

pub async fn remove_recovery_codes(tx: &mut Connection, user: UserId, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE recovery_codes SET removed_at = $2 WHERE user_id = $1 AND used_at IS NULL AND removed_at IS NULL",
        &args![user, now],
    )
    .await?;
    Ok(())
}

pub async fn has_recovery_code(tx: &mut Connection, user: UserId, hash: &SecretHash) -> Result<bool, Error> {
    let row = tx
        .optional(
            "SELECT id FROM recovery_codes \
             WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL AND removed_at IS NULL",
            &args![user, hash],
        )
        .await?;
    Ok(row.is_some())
}

/// Uses a recovery code up. Of two at the same moment, one gets it (S22).
pub async fn use_recovery_code(
    tx: &mut Connection,
    user: UserId,
    hash: &SecretHash,
    now: Timestamp,
) -> Result<bool, Error> {
    let used = tx
        .execute(
            "UPDATE recovery_codes SET used_at = $3 \
             WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL AND removed_at IS NULL",
            &args![user, hash, now],
        )
        .await?;
    Ok(used == 1)
}

fn device(row: &Row) -> Result<Device, Error> {
    Ok(Device {
        id: row.get("id")?,
        user: row.get("user_id")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        last_used_at: row.get("last_used_at")?,
        address: row.get("address")?,
        user_agent: row.get("user_agent")?,
        forgotten_at: row.get("forgotten_at")?,
    })
}

pub async fn insert_device(tx: &mut Connection, device: &Device, secret: &SecretHash) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO remembered_devices (id, user_id, secret_hash, created_at, expires_at, last_used_at, address, user_agent) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &args![
            device.id,
            device.user,
            secret,
            device.created_at,
            device.expires_at,
            device.last_used_at,
            device.address,
            device.user_agent
        ],
    )
    .await?;
    Ok(())
}

/// The device of an id, with whether the secret is the one it has now.
pub async fn find_device(
    tx: &mut Connection,
    id: DeviceId,
    secret: &SecretHash,
) -> Result<Option<(Device, bool)>, Error> {
    let row = tx
        .optional(
            "SELECT d.id, d.user_id, d.created_at, d.expires_at, d.last_used_at, d.address, d.user_agent, \
             COALESCE(d.forgotten_at, CASE WHEN u.remembered_from > d.created_at THEN u.remembered_from END) AS forgotten_at, \
             CAST(CASE WHEN d.secret_hash = $2 THEN 1 ELSE 0 END AS BIGINT) AS is_right \
             FROM remembered_devices d JOIN users u ON u.id = d.user_id WHERE d.id = $1",
            &args![id, secret],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let is_right: i64 = row.get("is_right")?;
    Ok(Some((device(&row)?, is_right == 1)))
}

/// Another secret after a use; the end stays where it was (C5). False if somebody else used it at the same moment.
pub async fn rotate_device(
    tx: &mut Connection,
    id: DeviceId,
    old: &SecretHash,
    new: &SecretHash,
    now: Timestamp,
    address: &str,
) -> Result<bool, Error> {
    let rotated = tx
        .execute(
            "UPDATE remembered_devices SET secret_hash = $3, last_used_at = $4, address = $5 \
             WHERE id = $1 AND secret_hash = $2 AND forgotten_at IS NULL AND expires_at > $4 \
             AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = remembered_devices.user_id \
             AND u.remembered_from > remembered_devices.created_at)",
            &args![id, old, new, now, address],
        )
        .await?;
    Ok(rotated == 1)
}

pub async fn devices(tx: &mut Connection, user: UserId, now: Timestamp) -> Result<Vec<Device>, Error> {
    let rows = tx
        .all(
            "SELECT d.id, d.user_id, d.created_at, d.expires_at, d.last_used_at, d.address, d.user_agent, d.forgotten_at \
             FROM remembered_devices d JOIN users u ON u.id = d.user_id \
             WHERE d.user_id = $1 AND d.forgotten_at IS NULL AND d.expires_at > $2 \
             AND (u.remembered_from IS NULL OR u.remembered_from <= d.created_at) \
             ORDER BY d.last_used_at DESC, d.id",
            &args![user, now],
        )
        .await?;
    rows.iter().map(device).collect()
}

pub async fn forget_device(
    tx: &mut Connection,
    id: DeviceId,
    user: UserId,
    now: Timestamp,
    how: &str,
) -> Result<bool, Error> {
    let forgotten = tx
        .execute(
            "UPDATE remembered_devices SET forgotten_at = $3, forgotten_how = $4 \
             WHERE id = $1 AND user_id = $2 AND forgotten_at IS NULL",
            &args![id, user, now, how],
        )
        .await?;
    Ok(forgotten == 1)
}

pub async fn forget_devices(
    tx: &mut Connection,
    user: UserId,
    now: Timestamp,
    how: &str,
) -> Result<u64, Error> {
    Ok(tx
        .execute(
            "UPDATE remembered_devices SET forgotten_at = $2, forgotten_how = $3 \
             WHERE user_id = $1 AND forgotten_at IS NULL",
            &args![user, now, how],
        )
        .await?)
}
