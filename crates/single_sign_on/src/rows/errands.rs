//! The SQL of browsers that are on their way, and of what providers tell afterwards.

use kernel::{ConnectionId, ErrandId, Error, SecretHash, SessionId, Timestamp};
use store::{Connection as Tx, Row, args};

use crate::{
    model::{Errand, Purpose},
    protocol::claims::Logout,
};

fn errand(row: &Row) -> Result<Errand, Error> {
    let purpose: String = row.get("purpose")?;
    Ok(Errand {
        id: row.get("id")?,
        purpose: Purpose::parse(&purpose)
            .ok_or_else(|| Error::internal(format!("no purpose of an errand: {purpose}")))?,
        connection: row.get("connection_id")?,
        settings: row.get("settings_id")?,
        asked_by: row.get("asked_by")?,
        return_to: row.get("return_to")?,
        rd: row.get("rd")?,
        way: row.get("way")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        subject: row.get("subject")?,
        provider_session: row.get("provider_session")?,
        email: row.get("email")?,
    })
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, purpose, connection_id, settings_id, asked_by, return_to, rd, way, created_at, expires_at, subject, ",
            "provider_session, email FROM single_sign_on_errands ",
            $rest
        )
    };
}

pub(crate) async fn insert_errand(
    tx: &mut Tx,
    new: &Errand,
    secret: &SecretHash,
    source: &str,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO single_sign_on_errands (id, purpose, connection_id, settings_id, secret_hash, asked_by, source, \
         return_to, rd, way, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        &args![
            new.id,
            new.purpose.as_str(),
            new.connection,
            new.settings,
            secret,
            new.asked_by,
            source,
            new.return_to,
            new.rd,
            new.way,
            new.created_at,
            new.expires_at,
        ],
    )
    .await?;
    Ok(())
}

/// What is long over, and of a source what is beyond so many: those that are back first, then the oldest.
pub(crate) async fn forget_errands(
    tx: &mut Tx,
    source: &str,
    most: usize,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute("DELETE FROM single_sign_on_errands WHERE expires_at <= $1", &args![now]).await?;
    let rows = tx
        .all(
            "SELECT id FROM single_sign_on_errands WHERE source = $1 \
             ORDER BY CASE WHEN used_at IS NULL OR (subject IS NOT NULL AND connected_at IS NULL) THEN 1 ELSE 0 END, id",
            &args![source],
        )
        .await?;
    let surplus = (rows.len() + 1).saturating_sub(most);
    for row in rows.iter().take(surplus) {
        tx.execute("DELETE FROM single_sign_on_errands WHERE id = $1", &args![row.get::<ErrandId>("id")?])
            .await?;
    }
    Ok(())
}

/// Where a browser is on its way to, while it is.
pub(crate) async fn find_errand(
    tx: &mut Tx,
    secret: &SecretHash,
    now: Timestamp,
) -> Result<Option<Errand>, Error> {
    tx.optional(
        select!("WHERE secret_hash = $1 AND used_at IS NULL AND expires_at > $2"),
        &args![secret, now],
    )
    .await?
    .as_ref()
    .map(errand)
    .transpose()
}

/// The browser is back: of several times, the first counts (case 46).
pub(crate) async fn take_errand(tx: &mut Tx, id: ErrandId, now: Timestamp) -> Result<bool, Error> {
    let taken = tx
        .execute(
            "UPDATE single_sign_on_errands SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND expires_at > $2",
            &args![id, now],
        )
        .await?;
    Ok(taken == 1)
}

/// Whom the provider named, while the account that was here before waits for its owner.
pub(crate) async fn save_proved(
    tx: &mut Tx,
    id: ErrandId,
    (subject, provider_session, email): (&str, Option<&str>, &str),
    until: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE single_sign_on_errands SET subject = $2, provider_session = $3, email = $4, expires_at = $5 \
         WHERE id = $1 AND connected_at IS NULL",
        &args![id, subject, provider_session, email, until],
    )
    .await?;
    Ok(())
}

/// What waits to be connected in this browser.
pub(crate) async fn find_proved(
    tx: &mut Tx,
    secret: &SecretHash,
    now: Timestamp,
) -> Result<Option<Errand>, Error> {
    tx.optional(
        select!(
            "WHERE secret_hash = $1 AND subject IS NOT NULL AND connected_at IS NULL AND expires_at > $2"
        ),
        &args![secret, now],
    )
    .await?
    .as_ref()
    .map(errand)
    .transpose()
}

pub(crate) async fn find_proved_by_id(
    tx: &mut Tx,
    id: ErrandId,
    now: Timestamp,
) -> Result<Option<Errand>, Error> {
    tx.optional(
        select!("WHERE id = $1 AND subject IS NOT NULL AND connected_at IS NULL AND expires_at > $2"),
        &args![id, now],
    )
    .await?
    .as_ref()
    .map(errand)
    .transpose()
}

pub(crate) async fn take_proved(tx: &mut Tx, id: ErrandId, now: Timestamp) -> Result<bool, Error> {
    let taken = tx
        .execute(
            "UPDATE single_sign_on_errands SET connected_at = $2 WHERE id = $1 AND connected_at IS NULL",
            &args![id, now],
        )
        .await?;
    Ok(taken == 1)
}

/// Keeps what a provider told. `false` if it told it before.
pub(crate) async fn insert_logout(
    tx: &mut Tx,
    connection: ConnectionId,
    logout: &Logout,
    now: Timestamp,
    kept_until: Timestamp,
) -> Result<bool, Error> {
    tx.execute("DELETE FROM single_sign_on_logouts WHERE kept_until <= $1", &args![now]).await?;
    let inserted = tx
        .execute(
            "INSERT INTO single_sign_on_logouts (connection_id, token_id, subject, provider_session, at, kept_until) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (connection_id, token_id) DO NOTHING",
            &args![connection, logout.id, logout.subject, logout.session, now, kept_until],
        )
        .await?;
    Ok(inserted == 1)
}

/// Whether the provider has told since then that this person, or this session there, is over. One that names a session ends
/// those of the person too of which the provider did not tell which session they are.
pub(crate) async fn was_logged_out(
    tx: &mut Tx,
    connection: ConnectionId,
    subject: &str,
    provider_session: Option<&str>,
    since: Timestamp,
) -> Result<bool, Error> {
    let row = tx
        .optional(
            "SELECT token_id FROM single_sign_on_logouts WHERE connection_id = $1 AND at >= $4 \
             AND (subject IS NULL OR subject = $2) \
             AND (provider_session IS NULL OR provider_session = $3 OR ($3 = '' AND subject IS NOT NULL)) LIMIT 1",
            &args![connection, subject, provider_session.unwrap_or_default(), since],
        )
        .await?;
    Ok(row.is_some())
}

pub(crate) async fn insert_session(
    tx: &mut Tx,
    session: SessionId,
    connection: ConnectionId,
    subject: &str,
    provider_session: Option<&str>,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO single_sign_on_sessions (session_id, connection_id, subject, provider_session) VALUES ($1, $2, $3, $4)",
        &args![session, connection, subject, provider_session],
    )
    .await?;
    Ok(())
}

/// The sessions that this connection opened and that have not ended. Empty text: whoever and whichever. Of a person whose
/// session there is told, those too of which it is not known.
pub(crate) async fn open_sessions(
    tx: &mut Tx,
    connection: ConnectionId,
    subject: &str,
    provider_session: &str,
) -> Result<Vec<SessionId>, Error> {
    let rows = tx
        .all(
            "SELECT o.session_id FROM single_sign_on_sessions o JOIN sessions s ON s.id = o.session_id \
             WHERE o.connection_id = $1 AND s.ended_at IS NULL AND ($2 = '' OR o.subject = $2) \
             AND ($3 = '' OR o.provider_session = $3 OR (o.provider_session IS NULL AND $2 <> '')) ORDER BY o.session_id",
            &args![connection, subject, provider_session],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get("session_id")).collect::<Result<_, _>>()?)
}
