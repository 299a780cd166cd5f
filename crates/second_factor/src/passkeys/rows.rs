//! The tables `passkeys` and `passkey_ceremonies`.

use kernel::{CeremonyId, Error, PasskeyId, Timestamp, UserId};
use store::{Connection, Row, args};

use super::model::{Ceremony, CeremonyKind, Passkey};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, user_id, credential_id, credential, name, created_at, last_used_at FROM passkeys ",
            $rest
        )
    };
}

fn passkey(row: &Row) -> Result<Passkey, Error> {
    Ok(Passkey {
        id: row.get("id")?,
        user: row.get("user_id")?,
        credential_id: row.get("credential_id")?,
        credential: row.get("credential")?,
        name: row.get("name")?,
        created_at: row.get("created_at")?,
        last_used_at: row.get("last_used_at")?,
    })
}

/// Fails as taken if the credential is known, whoever has or had it.
pub async fn insert(tx: &mut Connection, new: &Passkey) -> Result<(), store::Error> {
    tx.execute(
        "INSERT INTO passkeys (id, user_id, credential_id, credential, name, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        &args![new.id, new.user, new.credential_id, new.credential, new.name, new.created_at],
    )
    .await?;
    Ok(())
}

/// Those of a person that are not removed, the oldest first.
pub async fn of_user(tx: &mut Connection, user: UserId) -> Result<Vec<Passkey>, Error> {
    tx.all(select!("WHERE user_id = $1 AND removed_at IS NULL ORDER BY id"), &args![user])
        .await?
        .iter()
        .map(passkey)
        .collect()
}

pub async fn find(tx: &mut Connection, user: UserId, id: PasskeyId) -> Result<Option<Passkey>, Error> {
    tx.optional(select!("WHERE id = $1 AND user_id = $2 AND removed_at IS NULL"), &args![id, user])
        .await?
        .as_ref()
        .map(passkey)
        .transpose()
}

pub async fn find_by_credential(tx: &mut Connection, credential_id: &str) -> Result<Option<Passkey>, Error> {
    tx.optional(select!("WHERE credential_id = $1 AND removed_at IS NULL"), &args![credential_id])
        .await?
        .as_ref()
        .map(passkey)
        .transpose()
}

pub async fn rename(tx: &mut Connection, user: UserId, id: PasskeyId, name: &str) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE passkeys SET name = $3 WHERE id = $1 AND user_id = $2 AND removed_at IS NULL",
            &args![id, user, name],
        )
        .await?;
    Ok(changed == 1)
}

pub async fn remove(tx: &mut Connection, user: UserId, id: PasskeyId, now: Timestamp) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE passkeys SET removed_at = $3 WHERE id = $1 AND user_id = $2 AND removed_at IS NULL",
            &args![id, user, now],
        )
        .await?;
    Ok(changed == 1)
}

/// Writes down a use. Nothing if the passkey was removed meanwhile, or used elsewhere with a count of its own.
pub async fn used(
    tx: &mut Connection,
    id: PasskeyId,
    before: &str,
    after: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE passkeys SET credential = $3, last_used_at = $4 \
             WHERE id = $1 AND credential = $2 AND removed_at IS NULL",
            &args![id, before, after, now],
        )
        .await?;
    Ok(changed == 1)
}

pub async fn insert_ceremony(tx: &mut Connection, new: &Ceremony) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO passkey_ceremonies (id, kind, user_id, asked_by, source, state, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &args![
            new.id,
            new.kind.as_str(),
            new.user,
            new.asked_by,
            new.source,
            new.state,
            new.created_at,
            new.expires_at
        ],
    )
    .await?;
    Ok(())
}

/// Uses a ceremony up, if it is this asker's and still waits: of two answers one gets it. Its state and whom it is about.
pub async fn take_ceremony(
    tx: &mut Connection,
    id: CeremonyId,
    kind: CeremonyKind,
    asked_by: &str,
    now: Timestamp,
) -> Result<Option<(String, Option<UserId>)>, Error> {
    let row = tx
        .optional(
            "UPDATE passkey_ceremonies SET used_at = $4 WHERE id = $1 AND kind = $2 AND asked_by = $3 \
             AND used_at IS NULL AND expires_at > $4 RETURNING state, user_id",
            &args![id, kind.as_str(), asked_by, now],
        )
        .await?;
    row.map(|row| Ok((row.get("state")?, row.get("user_id")?))).transpose()
}

/// Forgets what nobody can answer any more.
pub async fn forget_ceremonies(tx: &mut Connection, now: Timestamp) -> Result<u64, Error> {
    Ok(tx.execute("DELETE FROM passkey_ceremonies WHERE expires_at <= $1", &args![now]).await?)
}

/// Forgets the oldest of an asker, and leaves the newest so many.
pub async fn forget_older(tx: &mut Connection, asked_by: &str, kept: i64) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM passkey_ceremonies WHERE asked_by = $1 AND id NOT IN \
         (SELECT id FROM passkey_ceremonies WHERE asked_by = $1 ORDER BY id DESC LIMIT $2)",
        &args![asked_by, kept],
    )
    .await?;
    Ok(())
}

/// How many there are of one source, and of all.
pub async fn count_ceremonies(tx: &mut Connection, source: &str) -> Result<(i64, i64), Error> {
    let of_source =
        tx.one("SELECT COUNT(*) AS n FROM passkey_ceremonies WHERE source = $1", &args![source]).await?;
    let all = tx.one("SELECT COUNT(*) AS n FROM passkey_ceremonies", &args![]).await?;
    Ok((of_source.get("n")?, all.get("n")?))
}
