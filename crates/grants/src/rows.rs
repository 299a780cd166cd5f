//! The table `grants`.

use kernel::{GrantId, OrganizationId, Timestamp};
use store::{Connection, Error, Row, args};

use crate::model::{Ended, EndedHow, Grant, Mode};

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
    let mode = row.get::<String>("mode")?;
    Ok(Grant {
        id: row.get("id")?,
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

pub(crate) async fn insert(tx: &mut Connection, grant: &Grant) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO grants (id, kind, organization_id, live_of, mode, created_at, created_by, created_through, \
         answer_by, validity, not_after) VALUES ($1, 'support_token', $2, $2, $3, $4, $5, $6, $7, $8, $9)",
        &args![
            grant.id,
            grant.organization,
            grant.mode.as_str(),
            grant.created_at,
            grant.created_by,
            grant.created_through,
            grant.answer_by,
            grant.validity,
            grant.not_after,
        ],
    )
    .await
    .map(drop)
}

pub(crate) async fn find(tx: &mut Connection, id: GrantId) -> Result<Option<Grant>, kernel::Error> {
    tx.optional("SELECT * FROM grants WHERE id = $1", &args![id]).await?.as_ref().map(from_row).transpose()
}

/// The one that holds the organization's place, even if its time is over and nobody has noticed.
pub(crate) async fn holder_of(
    tx: &mut Connection,
    id: OrganizationId,
) -> Result<Option<Grant>, kernel::Error> {
    tx.optional("SELECT * FROM grants WHERE live_of = $1", &args![id])
        .await?
        .as_ref()
        .map(from_row)
        .transpose()
}

pub(crate) async fn overdue(tx: &mut Connection, now: Timestamp) -> Result<Vec<GrantId>, Error> {
    let rows = tx
        .all(
            "SELECT id FROM grants WHERE live_of IS NOT NULL AND COALESCE(ends_at, answer_by) <= $1 \
             ORDER BY COALESCE(ends_at, answer_by), id LIMIT 200",
            &args![now],
        )
        .await?;
    rows.iter().map(|row| row.get("id")).collect()
}

/// `false` if it is no longer there to be taken.
pub(crate) async fn activate(tx: &mut Connection, grant: &Grant) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE grants SET activated_at = $2, ends_at = $3 \
             WHERE id = $1 AND ended_at IS NULL AND activated_at IS NULL AND answer_by > $2",
            &args![grant.id, grant.activated_at, grant.ends_at],
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
             WHERE id = $1 AND ended_at IS NULL AND COALESCE(ends_at, answer_by) = $2",
            &args![grant.id, end.at, end.how.as_str()],
        )
        .await?;
    Ok(changed == 1)
}
