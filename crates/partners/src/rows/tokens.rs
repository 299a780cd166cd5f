//! Tokens, read together with their grants and the names of both sides.

use kernel::{Error, GrantId, OrganizationId, SecretHash, Timestamp, UserId};
use store::{Connection, Row, args};

use super::{AT_ONCE, places};
use crate::{
    fifty,
    model::{Registered, Reminder, Token},
};

macro_rules! tokens {
    ($($condition:expr),*) => {
        concat!(
            "SELECT g.*, t.partner_id, t.label, t.review_at, t.end_chosen_at, t.review_chosen_at, t.last_used_at, t.deleted_at, \
             p.name AS partner_name, c.name AS client_name, m.name AS made_by, a.name AS authorized_by_name \
             FROM partner_tokens t JOIN grants g ON g.id = t.grant_id \
             JOIN organizations p ON p.id = t.partner_id \
             JOIN users m ON m.id = g.created_by \
             LEFT JOIN organizations c ON c.id = g.organization_id \
             LEFT JOIN users a ON a.id = t.authorized_by ",
            $($condition),*
        )
    };
}

fn token(row: &Row) -> Result<Token, Error> {
    Ok(Token {
        grant: grants::from_row(row)?,
        partner: row.get("partner_id")?,
        partner_name: row.get("partner_name")?,
        client_name: row.get("client_name")?,
        label: row.get("label")?,
        made_by: row.get("made_by")?,
        authorized_by: row.get("authorized_by_name")?,
        review_at: row.get("review_at")?,
        end_chosen_at: row.get("end_chosen_at")?,
        review_chosen_at: row.get("review_chosen_at")?,
        last_used_at: row.get("last_used_at")?,
        deleted_at: row.get("deleted_at")?,
    })
}

async fn many(tx: &mut Connection, sql: &'static str, args: &[store::Value]) -> Result<Vec<Token>, Error> {
    tx.all(sql, args).await?.iter().map(token).collect()
}

pub async fn insert(
    tx: &mut Connection,
    grant: GrantId,
    partner: OrganizationId,
    label: &str,
    hash: &SecretHash,
    sealed: &str,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO partner_tokens (grant_id, partner_id, label, token_hash, sealed_token) VALUES ($1, $2, $3, $4, $5)",
        &args![grant, partner, label, hash, sealed],
    )
    .await?;
    Ok(())
}

pub async fn find(tx: &mut Connection, id: GrantId) -> Result<Option<Token>, Error> {
    tx.optional(tokens!("WHERE t.grant_id = $1"), &args![id]).await?.as_ref().map(token).transpose()
}

/// Those of many, in no order.
pub async fn find_many(tx: &mut Connection, ids: &[GrantId]) -> Result<Vec<Token>, Error> {
    let mut found = Vec::new();
    for some in ids.chunks(AT_ONCE) {
        found.extend(many(tx, tokens!("WHERE t.grant_id IN ", fifty!()), &places(some)).await?);
    }
    Ok(found)
}

pub async fn find_by_hash(tx: &mut Connection, hash: &SecretHash) -> Result<Option<GrantId>, Error> {
    let row = tx.optional("SELECT grant_id FROM partner_tokens WHERE token_hash = $1", &args![hash]).await?;
    Ok(row.map(|row| row.get("grant_id")).transpose()?)
}

/// Makes every other act on this token wait until this transaction is over. `false` if there is none.
pub async fn lock(tx: &mut Connection, id: GrantId) -> Result<bool, Error> {
    Ok(tx.execute("UPDATE partner_tokens SET label = label WHERE grant_id = $1", &args![id]).await? == 1)
}

/// The same for several, which are in the one order that everybody takes them in. Whoever acts on several takes all of them
/// before it touches the sessions of any: whoever comes into one of these clients can hold a session of another.
pub async fn lock_all(tx: &mut Connection, ids: &[GrantId]) -> Result<(), Error> {
    for id in ids {
        lock(tx, *id).await?;
    }
    Ok(())
}

pub async fn sealed_token(tx: &mut Connection, id: GrantId) -> Result<Option<String>, Error> {
    let row = tx.optional("SELECT sealed_token FROM partner_tokens WHERE grant_id = $1", &args![id]).await?;
    Ok(row.map(|row| row.get("sealed_token")).transpose()?)
}

pub async fn note_authorized(
    tx: &mut Connection,
    id: GrantId,
    by: UserId,
    review_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE partner_tokens SET authorized_by = $2, review_at = $3, end_chosen_at = $4, review_chosen_at = $4 \
         WHERE grant_id = $1",
        &args![id, by, review_at, now],
    )
    .await?;
    Ok(())
}

/// Notes that another end was chosen; the end itself is the grant's.
pub async fn note_end_chosen(tx: &mut Connection, id: GrantId, now: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE partner_tokens SET end_chosen_at = $2 WHERE grant_id = $1", &args![id, now]).await?;
    Ok(())
}

pub async fn set_review(
    tx: &mut Connection,
    id: GrantId,
    review_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE partner_tokens SET review_at = $2, review_chosen_at = $3 WHERE grant_id = $1",
        &args![id, review_at, now],
    )
    .await?;
    Ok(())
}

pub async fn note_deleted(tx: &mut Connection, id: GrantId, now: Timestamp) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE partner_tokens SET deleted_at = $2 WHERE grant_id = $1 AND deleted_at IS NULL",
            &args![id, now],
        )
        .await?;
    Ok(changed == 1)
}

pub async fn count_pending(
    tx: &mut Connection,
    partner: OrganizationId,
    now: Timestamp,
) -> Result<i64, Error> {
    let row = tx
        .one(
            "SELECT COUNT(*) AS n FROM partner_tokens t JOIN grants g ON g.id = t.grant_id \
             WHERE t.partner_id = $1 AND g.ended_at IS NULL AND g.activated_at IS NULL AND g.answer_by > $2",
            &args![partner, now],
        )
        .await?;
    Ok(row.get("n")?)
}

/// What is live of a client, or was, by the partner's name; the live ones first.
pub async fn of_client(
    tx: &mut Connection,
    client: OrganizationId,
    only_live: bool,
    now: Timestamp,
) -> Result<Vec<Token>, Error> {
    many(
        tx,
        tokens!(
            "WHERE g.organization_id = $1 AND g.kind = 'partner' \
             AND ($2 = '' OR (g.ended_at IS NULL AND (g.ends_at IS NULL OR g.ends_at > $3))) \
             ORDER BY CASE WHEN g.ended_at IS NULL THEN 0 ELSE 1 END, lower(p.name), g.id DESC LIMIT 500"
        ),
        &args![client, if only_live { "live" } else { "" }, now],
    )
    .await
}

/// What is live of a partner, in one order for everybody who goes through it.
pub async fn live_of_partner(
    tx: &mut Connection,
    partner: OrganizationId,
    now: Timestamp,
) -> Result<Vec<GrantId>, Error> {
    let rows = tx
        .all(
            "SELECT g.id FROM partner_tokens t JOIN grants g ON g.id = t.grant_id \
             WHERE t.partner_id = $1 AND g.ended_at IS NULL AND (g.due_at IS NULL OR g.due_at > $2) ORDER BY g.id",
            &args![partner, now],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get("id")).collect::<Result<_, _>>()?)
}

/// The same of a client.
pub async fn live_of_client(
    tx: &mut Connection,
    client: OrganizationId,
    now: Timestamp,
) -> Result<Vec<GrantId>, Error> {
    let rows = tx
        .all(
            "SELECT g.id FROM grants g WHERE g.organization_id = $1 AND g.kind = 'partner' AND g.ended_at IS NULL \
             AND (g.due_at IS NULL OR g.due_at > $2) ORDER BY g.id",
            &args![client, now],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get("id")).collect::<Result<_, _>>()?)
}

/// What is live and has an end or a review before a moment.
pub async fn with_dates_before(
    tx: &mut Connection,
    moment: Timestamp,
    reviews_from: Timestamp,
    now: Timestamp,
) -> Result<Vec<Token>, Error> {
    many(
        tx,
        tokens!(
            "WHERE g.kind = 'partner' AND g.ended_at IS NULL AND g.activated_at IS NOT NULL \
             AND (g.ends_at IS NULL OR g.ends_at > $3) \
             AND (g.ends_at <= $1 OR (t.review_at <= $1 AND t.review_at > $2)) ORDER BY g.id"
        ),
        &args![moment, reviews_from, now],
    )
    .await
}

/// Whether a reminder, or one nearer to the moment, was sent.
pub async fn was_reminded(tx: &mut Connection, id: GrantId, reminder: Reminder) -> Result<bool, Error> {
    let row = tx
        .optional(
            "SELECT days FROM partner_reminders WHERE grant_id = $1 AND about = $2 AND moment = $3 AND days <= $4",
            &args![id, reminder.about.as_str(), reminder.moment, reminder.days],
        )
        .await?;
    Ok(row.is_some())
}

/// `false` if somebody was first.
pub async fn note_reminder(
    tx: &mut Connection,
    id: GrantId,
    reminder: Reminder,
    now: Timestamp,
) -> Result<bool, Error> {
    let inserted = tx
        .execute(
            "INSERT INTO partner_reminders (grant_id, about, moment, days, sent_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (grant_id, about, moment, days) DO NOTHING",
            &args![id, reminder.about.as_str(), reminder.moment, reminder.days, now],
        )
        .await?;
    Ok(inserted == 1)
}

/// How many tokens that cannot be taken were tried for an organization, or by a person, since a moment.
pub async fn refusals(
    tx: &mut Connection,
    organization: OrganizationId,
    person: UserId,
    since: Timestamp,
) -> Result<(i64, Option<Timestamp>), Error> {
    let row = tx
        .one(
            "SELECT COUNT(*) AS n, MIN(at) AS first_at FROM audit \
             WHERE at > $3 AND kind = 'partner.refused' AND (organization_id = $1 OR actor_id = $2)",
            &args![organization, person, since],
        )
        .await?;
    Ok((row.get("n")?, row.get("first_at")?))
}

/// Whether somebody is one of the own people of a partner, and whether they administer a client.
pub async fn areas(tx: &mut Connection, user: UserId, now: Timestamp) -> Result<(bool, bool), Error> {
    let row = tx
        .one(
            "SELECT CAST(MAX(CASE WHEN o.partner_since IS NOT NULL THEN 1 ELSE 0 END) AS BIGINT) AS works, \
             CAST(MAX(CASE WHEN o.client_since IS NOT NULL AND m.role = 'administrator' THEN 1 ELSE 0 END) AS BIGINT) \
             AS lets_in \
             FROM memberships m JOIN organizations o ON o.id = m.organization_id \
             WHERE m.user_id = $1 AND m.kind = 'customer' AND m.ended_at IS NULL AND (m.ends_at IS NULL OR m.ends_at > $2)",
            &args![user, now],
        )
        .await?;
    let is = |column| -> Result<bool, Error> { Ok(row.get::<Option<i64>>(column)?.unwrap_or(0) > 0) };
    Ok((is("works")?, is("lets_in")?))
}

/// Organizations that the vendor registered, by name, with how many live tokens there are of each side.
pub async fn registered(
    tx: &mut Connection,
    pattern: &str,
    now: Timestamp,
    (limit, offset): (i64, i64),
) -> Result<Vec<Registered>, Error> {
    let rows = tx
        .all(
            "SELECT o.id, o.name, o.partner_since, o.client_since, \
             (SELECT COUNT(*) FROM partner_tokens t JOIN grants g ON g.id = t.grant_id WHERE t.partner_id = o.id \
              AND g.ended_at IS NULL AND g.activated_at IS NOT NULL AND (g.ends_at IS NULL OR g.ends_at > $2)) AS clients, \
             (SELECT COUNT(*) FROM grants g WHERE g.organization_id = o.id AND g.kind = 'partner' \
              AND g.ended_at IS NULL AND (g.ends_at IS NULL OR g.ends_at > $2)) AS partners \
             FROM organizations o WHERE (o.partner_since IS NOT NULL OR o.client_since IS NOT NULL) \
             AND lower(o.name) LIKE lower($1) ESCAPE '\\' ORDER BY lower(o.name), o.id LIMIT $3 OFFSET $4",
            &args![pattern, now, limit, offset],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Registered {
                id: row.get("id")?,
                name: row.get("name")?,
                partner_since: row.get("partner_since")?,
                client_since: row.get("client_since")?,
                clients: row.get("clients")?,
                partners: row.get("partners")?,
            })
        })
        .collect()
}
