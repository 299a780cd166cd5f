//! The SQL of organizations, members and invitations.

mod invitations;
mod managed;
mod members;
mod setup;

use kernel::{Duration, Error, OrganizationId, Timestamp};
use store::{Connection, Row, args};

pub(crate) use invitations::*;
pub(crate) use managed::*;
pub(crate) use members::*;
pub(crate) use setup::*;

use crate::model::{Organization, WhoMayOpen};

fn organization(row: &Row) -> Result<Organization, store::Error> {
    let who: String = row.get("who_may_open")?;
    Ok(Organization {
        id: row.get("id")?,
        name: row.get("name")?,
        external_id: row.get("external_id")?,
        companies: row.get("companies")?,
        longest_validity: row.get("longest_validity")?,
        // What cannot be read allows the fewest.
        who_may_open: WhoMayOpen::parse(&who).unwrap_or(WhoMayOpen::Administrators),
        backend_may_open_at: row.get("backend_may_open_at")?,
        partner_since: row.get("partner_since")?,
        client_since: row.get("client_since")?,
        created_at: row.get("created_at")?,
    })
}

pub(crate) async fn find(tx: &mut Connection, id: OrganizationId) -> Result<Option<Organization>, Error> {
    let row = tx
        .optional(
            "SELECT id, name, external_id, companies, longest_validity, who_may_open, backend_may_open_at, \
             partner_since, client_since, created_at \
             FROM organizations WHERE id = $1",
            &args![id],
        )
        .await?;
    Ok(row.as_ref().map(organization).transpose()?)
}

pub(crate) async fn find_by_external_id(
    tx: &mut Connection,
    external_id: &str,
) -> Result<Option<Organization>, Error> {
    let row = tx
        .optional(
            "SELECT id, name, external_id, companies, longest_validity, who_may_open, backend_may_open_at, \
             partner_since, client_since, created_at \
             FROM organizations WHERE external_id = $1",
            &args![external_id],
        )
        .await?;
    Ok(row.as_ref().map(organization).transpose()?)
}

/// Makes every other change of this organization's people wait until this transaction is over. On PostgreSQL the row
/// is locked; on SQLite there is one writer anyway. Whether there is such an organization.
pub(crate) async fn lock(tx: &mut Connection, id: OrganizationId) -> Result<bool, Error> {
    Ok(tx.execute("UPDATE organizations SET name = name WHERE id = $1", &args![id]).await? > 0)
}

pub(crate) async fn insert(
    tx: &mut Connection,
    id: OrganizationId,
    name: &str,
    external_id: Option<&str>,
    companies: i64,
    now: Timestamp,
) -> Result<(), store::Error> {
    tx.execute(
        "INSERT INTO organizations (id, name, external_id, companies, created_at) VALUES ($1, $2, $3, $4, $5)",
        &args![id, name, external_id, companies, now],
    )
    .await?;
    Ok(())
}

pub(crate) async fn save(
    tx: &mut Connection,
    id: OrganizationId,
    name: &str,
    companies: i64,
) -> Result<u64, Error> {
    Ok(tx
        .execute(
            "UPDATE organizations SET name = $2, companies = $3 WHERE id = $1",
            &args![id, name, companies],
        )
        .await?)
}

pub(crate) async fn save_settings(
    tx: &mut Connection,
    id: OrganizationId,
    longest_validity: Option<Duration>,
    who_may_open: WhoMayOpen,
    backend_may_open_at: Option<Timestamp>,
) -> Result<u64, Error> {
    Ok(tx
        .execute(
            "UPDATE organizations SET longest_validity = $2, who_may_open = $3, backend_may_open_at = $4 WHERE id = $1",
            &args![id, longest_validity, who_may_open.as_str(), backend_may_open_at],
        )
        .await?)
}

pub(crate) async fn save_registration(
    tx: &mut Connection,
    id: OrganizationId,
    partner_since: Option<Timestamp>,
    client_since: Option<Timestamp>,
) -> Result<u64, Error> {
    Ok(tx
        .execute(
            "UPDATE organizations SET partner_since = $2, client_since = $3 WHERE id = $1",
            &args![id, partner_since, client_since],
        )
        .await?)
}

/// An organization with what the vendor may know of it: numbers, nobody's name.
pub(crate) struct Counted {
    pub organization: Organization,
    pub members: i64,
    /// Whether anybody was ever in it.
    pub ever_members: i64,
    pub open_invitations: i64,
}

/// All organizations, by id, after the given one; only those whose name or external id contains the pattern.
pub(crate) async fn list(
    tx: &mut Connection,
    pattern: &str,
    after: &str,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Counted>, Error> {
    let rows = tx
        .all(
            "SELECT o.id, o.name, o.external_id, o.companies, o.longest_validity, o.who_may_open, o.backend_may_open_at, \
             o.partner_since, o.client_since, o.created_at, \
             (SELECT COUNT(*) FROM memberships m WHERE m.organization_id = o.id AND m.ended_at IS NULL \
              AND (m.ends_at IS NULL OR m.ends_at > $4)) AS members, \
             (SELECT COUNT(*) FROM memberships m WHERE m.organization_id = o.id) AS ever_members, \
             (SELECT COUNT(*) FROM invitations i WHERE i.organization_id = o.id AND i.accepted_at IS NULL \
              AND i.revoked_at IS NULL AND i.expires_at > $4) AS open_invitations \
             FROM organizations o \
             WHERE o.id > $2 AND (lower(o.name) LIKE lower($1) ESCAPE '\\' \
              OR lower(COALESCE(o.external_id, '')) LIKE lower($1) ESCAPE '\\') \
             ORDER BY o.id LIMIT $3",
            &args![pattern, after, limit, now],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Counted {
                organization: organization(row)?,
                members: row.get("members")?,
                ever_members: row.get("ever_members")?,
                open_invitations: row.get("open_invitations")?,
            })
        })
        .collect()
}

/// A pattern for LIKE that finds the text anywhere, as it is written.
pub(crate) fn contains(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.trim().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
