//! The table `authorized_requests`.

use kernel::{Error, Factor, OrganizationId, RequestId, Timestamp, UserId};
use store::{Connection, Row, args};

use crate::model::{Answer, Request};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT r.id, r.organization_id, o.name AS organization_name, r.user_id, u.name AS user_name, r.subject, r.body, \
             r.factor, r.second_factor, r.created_at, r.answered_at, r.answered_by, a.name AS answered_by_name, r.answer, \
             r.withdrawn_at FROM authorized_requests r JOIN organizations o ON o.id = r.organization_id \
             JOIN users u ON u.id = r.user_id LEFT JOIN users a ON a.id = r.answered_by ",
            $rest
        )
    };
}

fn request(row: &Row) -> Result<Request, Error> {
    let factor: String = row.get("factor")?;
    let second_factor: String = row.get("second_factor")?;
    let answered_at: Option<Timestamp> = row.get("answered_at")?;
    let answered_by: Option<UserId> = row.get("answered_by")?;
    let answer = match (answered_at, answered_by) {
        (Some(at), Some(by)) => {
            let name: Option<String> = row.get("answered_by_name")?;
            Some(Answer { at, by, name: name.unwrap_or_default(), text: row.get("answer")? })
        }
        _ => None,
    };
    Ok(Request {
        id: row.get("id")?,
        organization: row.get("organization_id")?,
        organization_name: row.get("organization_name")?,
        user: row.get("user_id")?,
        name: row.get("user_name")?,
        subject: row.get("subject")?,
        text: row.get("body")?,
        // A word that is no factor any more proves nothing.
        factor: Factor::parse(&factor).unwrap_or_default(),
        has_second_factor: second_factor == "on",
        created_at: row.get("created_at")?,
        answer,
        withdrawn_at: row.get("withdrawn_at")?,
    })
}

pub async fn insert(tx: &mut Connection, new: &Request) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO authorized_requests (id, organization_id, user_id, subject, body, factor, second_factor, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &args![
            new.id,
            new.organization,
            new.user,
            new.subject,
            new.text,
            new.factor.as_str(),
            if new.has_second_factor { "on" } else { "" },
            new.created_at
        ],
    )
    .await?;
    Ok(())
}

pub async fn find(tx: &mut Connection, id: RequestId) -> Result<Option<Request>, Error> {
    tx.optional(select!("WHERE r.id = $1"), &args![id]).await?.as_ref().map(request).transpose()
}

/// When the person wrote their latest, the newest first.
pub async fn latest_of(tx: &mut Connection, user: UserId, limit: i64) -> Result<Vec<Timestamp>, Error> {
    let rows = tx
        .all(
            "SELECT created_at FROM authorized_requests WHERE user_id = $1 ORDER BY created_at DESC LIMIT $2",
            &args![user, limit],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get("created_at")).collect::<Result<_, _>>()?)
}

/// Newest first; `only_of` keeps to one author.
pub async fn of_organization(
    tx: &mut Connection,
    organization: OrganizationId,
    only_of: Option<UserId>,
    before: Option<RequestId>,
    limit: i64,
) -> Result<Vec<Request>, Error> {
    let only_of = only_of.map(|user| user.to_string()).unwrap_or_default();
    // Every id is less than this.
    let before = before.map_or_else(|| "b".to_owned(), |id| id.to_string());
    tx.all(
        select!("WHERE r.organization_id = $1 AND ($2 = '' OR r.user_id = $2) AND r.id < $3 ORDER BY r.id DESC LIMIT $4"),
        &args![organization, only_of, before, limit],
    )
    .await?
    .iter()
    .map(request)
    .collect()
}

/// How many of a person wait for an answer, without those that nobody sees any more because the person has left.
pub async fn count_open_of(tx: &mut Connection, user: UserId, now: Timestamp) -> Result<i64, Error> {
    let row = tx
        .one(
            "SELECT COUNT(*) AS open FROM authorized_requests r \
             WHERE r.user_id = $1 AND r.answered_at IS NULL AND r.withdrawn_at IS NULL AND EXISTS \
             (SELECT 1 FROM memberships m WHERE m.organization_id = r.organization_id AND m.user_id = r.user_id \
             AND m.kind = 'customer' AND m.ended_at IS NULL AND (m.ends_at IS NULL OR m.ends_at > $2))",
            &args![user, now],
        )
        .await?;
    Ok(row.get("open")?)
}

/// The longest waiting first, without those of whoever has left or is locked out: they must not hide what waits behind them.
pub async fn waiting(tx: &mut Connection, now: Timestamp, limit: i64) -> Result<Vec<Request>, Error> {
    tx.all(
        select!(
            "WHERE r.answered_at IS NULL AND r.withdrawn_at IS NULL AND u.suspended_at IS NULL AND u.locked_at IS NULL AND EXISTS \
             (SELECT 1 FROM memberships m WHERE m.organization_id = r.organization_id AND m.user_id = r.user_id \
             AND m.kind = 'customer' AND m.ended_at IS NULL AND (m.ends_at IS NULL OR m.ends_at > $1)) \
             ORDER BY r.created_at, r.id LIMIT $2"
        ),
        &args![now, limit],
    )
    .await?
    .iter()
    .map(request)
    .collect()
}

pub async fn answer(
    tx: &mut Connection,
    id: RequestId,
    now: Timestamp,
    by: UserId,
    text: &str,
) -> Result<bool, Error> {
    let answered = tx
        .execute(
            "UPDATE authorized_requests SET answered_at = $2, answered_by = $3, answer = $4 \
             WHERE id = $1 AND answered_at IS NULL AND withdrawn_at IS NULL",
            &args![id, now, by, text],
        )
        .await?;
    Ok(answered == 1)
}

pub async fn withdraw(tx: &mut Connection, id: RequestId, now: Timestamp) -> Result<bool, Error> {
    let withdrawn = tx
        .execute(
            "UPDATE authorized_requests SET withdrawn_at = $2 \
             WHERE id = $1 AND answered_at IS NULL AND withdrawn_at IS NULL",
            &args![id, now],
        )
        .await?;
    Ok(withdrawn == 1)
}
