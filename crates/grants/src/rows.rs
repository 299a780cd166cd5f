//! The table `grants`.

use kernel::{GrantId, Timestamp};
use store::{Connection, Error, Row, args};

use crate::model::{Ended, EndedHow, Grant, Kind, Mode};

/// Reads a grant from a row that has the columns of `grants`, whatever else was joined to it.
pub fn from_row(row: &Row) -> Result<Grant, kernel::Error> {
    let ended = match row.get::<Option<Timestamp>>("ended_at")? {
        None => None,
        Some(at) => {
            let how = row.get::<Option<String>>("ended_how")?.unwrap_or_default();
            let by = row.get::<Option<_>>("ended_by")?;
            let name = row.get::<Option<String>>("ended_by_name")?.unwrap_or_default();
            Some(Ended {
                at,
                how: EndedHow::parse(&how).ok_or_else(|| unknown("ended_how", &how))?,
                by: by.map(|user| (user, name)),
            })
        }
    };
    let (kind, mode) = (row.get::<String>("kind")?, row.get::<String>("mode")?);
    Ok(Grant {
        id: row.get("id")?,
        kind: Kind::parse(&kind).ok_or_else(|| unknown("kind", &kind))?,
        organization: row.get("organization_id")?,
        mode: Mode::parse(&mode).ok_or_else(|| unknown("mode", &mode))?,
        created_at: row.get("created_at")?,
        created_by: row.get("created_by")?,
        created_through: row.get("created_through")?,
        answer_by: row.get("answer_by")?,
        validity: row.get("validity")?,
        not_after: row.get("not_after")?,
        activated_at: row.get("activated_at")?,
        ends_at: row.get("ends_at")?,
        disabled_at: row.get("disabled_at")?,
        ended,
    })
}

fn unknown(column: &str, text: &str) -> kernel::Error {
    kernel::Error::internal(format!("a grant has {column} {text:?}, which this server does not know"))
}

/// `place` is taken while the grant is live: a second one there is refused by the database.
pub(crate) async fn insert(tx: &mut Connection, grant: &Grant, place: &str) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO grants (id, kind, organization_id, live_of, mode, created_at, created_by, created_through, \
         answer_by, validity, not_after, activated_at, ends_at, due_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        &args![
            grant.id,
            grant.kind.as_str(),
            grant.organization,
            place,
            grant.mode.as_str(),
            grant.created_at,
            grant.created_by,
            grant.created_through,
            grant.answer_by,
            grant.validity,
            grant.not_after,
            grant.activated_at,
            grant.ends_at,
            grant.deadline(),
        ],
    )
    .await
    .map(drop)
}

pub(crate) async fn find(tx: &mut Connection, id: GrantId) -> Result<Option<Grant>, kernel::Error> {
    tx.optional("SELECT * FROM grants WHERE id = $1", &args![id]).await?.as_ref().map(from_row).transpose()
}

/// Others who write this grant wait until the transaction is over.
pub(crate) async fn hold(tx: &mut Connection, id: GrantId) -> Result<(), Error> {
    tx.execute("UPDATE grants SET mode = mode WHERE id = $1", &args![id]).await.map(drop)
}

/// The one that holds a place, even if its time is over and nobody has noticed.
pub(crate) async fn holder_of(tx: &mut Connection, place: &str) -> Result<Option<Grant>, kernel::Error> {
    tx.optional("SELECT * FROM grants WHERE live_of = $1", &args![place])
        .await?
        .as_ref()
        .map(from_row)
        .transpose()
}

pub(crate) async fn overdue(tx: &mut Connection, kind: Kind, now: Timestamp) -> Result<Vec<GrantId>, Error> {
    let rows = tx
        .all(
            "SELECT id FROM grants WHERE live_of IS NOT NULL AND due_at <= $1 AND kind = $2 \
             ORDER BY due_at, id LIMIT 200",
            &args![now, kind.as_str()],
        )
        .await?;
    rows.iter().map(|row| row.get("id")).collect()
}

/// `false` if it is no longer there to be taken.
pub(crate) async fn activate(tx: &mut Connection, grant: &Grant, place: &str) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE grants SET activated_at = $2, ends_at = $3, due_at = $3, organization_id = $4, live_of = $5, \
             mode = $6, not_after = $7 \
             WHERE id = $1 AND ended_at IS NULL AND activated_at IS NULL AND answer_by > $2",
            &args![
                grant.id,
                grant.activated_at,
                grant.ends_at,
                grant.organization,
                place,
                grant.mode.as_str(),
                grant.not_after,
            ],
        )
        .await?;
    Ok(changed == 1)
}

/// Writes down what an active grant was changed to. `false` if it is no longer what it was read as.
pub(crate) async fn change(tx: &mut Connection, was: &Grant, grant: &Grant) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE grants SET mode = $2, ends_at = $3, due_at = $3, not_after = $4, disabled_at = $5 \
             WHERE id = $1 AND ended_at IS NULL AND activated_at IS NOT NULL AND mode = $6 \
             AND COALESCE(ends_at, 0) = COALESCE($7, 0) AND COALESCE(disabled_at, 0) = COALESCE($8, 0)",
            &args![
                grant.id,
                grant.mode.as_str(),
                grant.ends_at,
                grant.not_after,
                grant.disabled_at,
                was.mode.as_str(),
                was.ends_at,
                was.disabled_at,
            ],
        )
        .await?;
    Ok(changed == 1)
}

/// `false` if somebody ended it first. A grant that was activated meanwhile ends all the same: a revoke wins.
pub(crate) async fn revoke(tx: &mut Connection, grant: &Grant, end: &Ended) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE grants SET live_of = NULL, ended_at = $2, ended_how = $3, ended_by = $4, ended_by_name = $5 \
             WHERE id = $1 AND ended_at IS NULL",
            &args![
                grant.id,
                end.at,
                end.how.as_str(),
                end.by.as_ref().map(|(user, _)| *user),
                end.by.as_ref().map(|(_, name)| name.as_str()),
            ],
        )
        .await?;
    Ok(changed == 1)
}

/// `false` if it ended otherwise, or was activated meanwhile and so has another deadline.
pub(crate) async fn expire(tx: &mut Connection, grant: &Grant, end: &Ended) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE grants SET live_of = NULL, ended_at = $2, ended_how = $3 \
             WHERE id = $1 AND ended_at IS NULL AND due_at = $2",
            &args![grant.id, end.at, end.how.as_str()],
        )
        .await?;
    Ok(changed == 1)
}
