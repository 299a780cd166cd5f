//! The SQL of memberships.

use kernel::{EmailAddress, Error, MembershipId, OrganizationId, Timestamp, UserId};
use store::{Connection, Row, args};

use crate::model::{Member, MemberKind, Membership, Organization, Role, UserType};

fn membership(row: &Row) -> Result<Membership, store::Error> {
    let (role, kind, user_type): (String, String, String) =
        (row.get("role")?, row.get("kind")?, row.get("user_type")?);
    Ok(Membership {
        id: row.get("membership_id")?,
        organization: row.get("organization_id")?,
        user: row.get("user_id")?,
        // What cannot be read allows the least.
        role: Role::parse(&role).unwrap_or(Role::Member),
        kind: MemberKind::parse(&kind).unwrap_or(MemberKind::VendorStaff),
        user_type: UserType::parse(&user_type).unwrap_or(UserType::None),
        // Of its own people only: no provider of a customer's speaks for the vendor's.
        is_managed: row.get::<i64>("managed")? > 0,
        created_at: row.get("member_since")?,
        ends_at: row.get("ends_at")?,
        ended_at: row.get("ended_at")?,
        last_access_at: row.get("last_access_at")?,
    })
}

fn member(row: &Row) -> Result<Member, store::Error> {
    Ok(Member {
        membership: membership(row)?,
        name: row.get("name")?,
        email: row.get("email")?,
        external_id: row.get("external_id")?,
    })
}

pub(crate) async fn find_membership(
    tx: &mut Connection,
    organization: OrganizationId,
    user: UserId,
    now: Timestamp,
) -> Result<Option<Membership>, Error> {
    let row = tx
        .optional(
            "SELECT m.id AS membership_id, m.organization_id, m.user_id, m.role, m.kind, m.user_type, \
             m.created_at AS member_since, \
             (SELECT COUNT(*) FROM managed_user_types t WHERE t.organization_id = m.organization_id AND t.user_type = m.user_type \
              AND m.kind = 'customer') AS managed, m.ends_at, m.ended_at, m.last_access_at \
             FROM memberships m JOIN users u ON u.id = m.user_id \
             WHERE m.organization_id = $1 AND m.user_id = $2 AND m.ended_at IS NULL \
             AND (m.ends_at IS NULL OR m.ends_at > $3) AND u.suspended_at IS NULL",
            &args![organization, user, now],
        )
        .await?;
    Ok(row.as_ref().map(membership).transpose()?)
}

pub(crate) async fn memberships_of(
    tx: &mut Connection,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<(Membership, Organization)>, Error> {
    let rows = tx
        .all(
            "SELECT m.id AS membership_id, m.organization_id, m.user_id, m.role, m.kind, m.user_type, \
             m.created_at AS member_since, \
             (SELECT COUNT(*) FROM managed_user_types t WHERE t.organization_id = m.organization_id AND t.user_type = m.user_type \
              AND m.kind = 'customer') AS managed, m.ends_at, m.ended_at, m.last_access_at, \
             o.id, o.name, o.external_id, o.companies, o.longest_validity, o.who_may_open, o.backend_may_open_at, \
             o.partner_since, o.client_since, o.created_at \
             FROM memberships m JOIN organizations o ON o.id = m.organization_id JOIN users u ON u.id = m.user_id \
             WHERE m.user_id = $1 AND m.ended_at IS NULL AND (m.ends_at IS NULL OR m.ends_at > $2) \
             AND u.suspended_at IS NULL ORDER BY lower(o.name), o.id",
            &args![user, now],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| Ok((membership(row)?, super::organization(row)?)))
        .collect::<Result<_, store::Error>>()?)
}

/// Whom mail about the organization goes to: its own administrators, not the vendor's people among its members.
pub(crate) async fn administrator_ids(
    tx: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Vec<UserId>, Error> {
    let rows = tx
        .all(
            "SELECT m.user_id FROM memberships m JOIN users u ON u.id = m.user_id \
             WHERE m.organization_id = $1 AND m.role = 'administrator' AND m.kind = 'customer' AND m.ended_at IS NULL \
             AND (m.ends_at IS NULL OR m.ends_at > $2) AND u.suspended_at IS NULL ORDER BY m.created_at, m.id",
            &args![organization, now],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get("user_id")).collect::<Result<_, _>>()?)
}

pub(crate) async fn count_members(
    tx: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<i64, Error> {
    let row = tx
        .one(
            "SELECT COUNT(*) AS n FROM memberships WHERE organization_id = $1 AND ended_at IS NULL \
             AND (ends_at IS NULL OR ends_at > $2)",
            &args![organization, now],
        )
        .await?;
    Ok(row.get("n")?)
}

/// A41: those who can sign in here whatever becomes of the organization's provider. To be asked only under [`super::lock`].
pub(crate) async fn count_lasting_administrators(
    tx: &mut Connection,
    organization: OrganizationId,
) -> Result<i64, Error> {
    let row = tx
        .one(
            "SELECT COUNT(*) AS n FROM memberships m JOIN users u ON u.id = m.user_id \
             WHERE m.organization_id = $1 AND m.role = 'administrator' AND m.kind = 'customer' \
             AND m.ended_at IS NULL AND m.ends_at IS NULL AND u.suspended_at IS NULL \
             AND NOT EXISTS (SELECT 1 FROM managed_user_types t \
                 WHERE t.organization_id = m.organization_id AND t.user_type = m.user_type)",
            &args![organization],
        )
        .await?;
    Ok(row.get("n")?)
}

/// What to show of the members' list, in terms of columns. Empty text means no condition.
pub(crate) struct Selection<'a> {
    pub pattern: &'a str,
    pub role: &'a str,
    pub kind: &'a str,
    /// "1": with an end only; "0": without only.
    pub temporary: &'a str,
    pub sort: &'a str,
    pub limit: i64,
    pub offset: i64,
}

pub(crate) async fn list_members(
    tx: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
    selection: &Selection<'_>,
) -> Result<Vec<Member>, Error> {
    let rows = tx
        .all(
            "SELECT m.id AS membership_id, m.organization_id, m.user_id, m.role, m.kind, m.user_type, \
             m.created_at AS member_since, \
             (SELECT COUNT(*) FROM managed_user_types t WHERE t.organization_id = m.organization_id AND t.user_type = m.user_type \
              AND m.kind = 'customer') AS managed, m.ends_at, m.ended_at, m.last_access_at, u.name, u.email, u.external_id \
             FROM memberships m JOIN users u ON u.id = m.user_id \
             WHERE m.organization_id = $1 AND m.ended_at IS NULL AND (m.ends_at IS NULL OR m.ends_at > $2) \
             AND (lower(u.name) LIKE lower($3) ESCAPE '\\' OR u.email LIKE lower($3) ESCAPE '\\') \
             AND ($4 = '' OR m.role = $4) AND ($5 = '' OR m.kind = $5) \
             AND ($6 = '' OR ($6 = '1' AND m.ends_at IS NOT NULL) OR ($6 = '0' AND m.ends_at IS NULL)) \
             ORDER BY \
             CASE WHEN $7 = 'role' THEN m.role WHEN $7 = 'user_type' THEN m.user_type WHEN $7 = 'email' THEN u.email \
              ELSE '' END, \
             CASE WHEN $7 = 'last_access' THEN COALESCE(m.last_access_at, 0) ELSE 0 END DESC, \
             lower(u.name), m.id LIMIT $8 OFFSET $9",
            &args![
                organization,
                now,
                selection.pattern,
                selection.role,
                selection.kind,
                selection.temporary,
                selection.sort,
                selection.limit,
                selection.offset
            ],
        )
        .await?;
    Ok(rows.iter().map(member).collect::<Result<_, _>>()?)
}

pub(crate) async fn find_member(
    tx: &mut Connection,
    organization: OrganizationId,
    id: MembershipId,
    now: Timestamp,
) -> Result<Option<Member>, Error> {
    let row = tx
        .optional(
            "SELECT m.id AS membership_id, m.organization_id, m.user_id, m.role, m.kind, m.user_type, \
             m.created_at AS member_since, \
             (SELECT COUNT(*) FROM managed_user_types t WHERE t.organization_id = m.organization_id AND t.user_type = m.user_type \
              AND m.kind = 'customer') AS managed, m.ends_at, m.ended_at, m.last_access_at, u.name, u.email, u.external_id \
             FROM memberships m JOIN users u ON u.id = m.user_id \
             WHERE m.organization_id = $1 AND m.id = $2 AND m.ended_at IS NULL AND (m.ends_at IS NULL OR m.ends_at > $3)",
            &args![organization, id, now],
        )
        .await?;
    Ok(row.as_ref().map(member).transpose()?)
}

pub(crate) async fn is_member_address(
    tx: &mut Connection,
    organization: OrganizationId,
    email: &EmailAddress,
    now: Timestamp,
) -> Result<bool, Error> {
    let row = tx
        .optional(
            "SELECT m.id FROM memberships m JOIN users u ON u.id = m.user_id \
             WHERE m.organization_id = $1 AND u.email = $2 AND m.ended_at IS NULL AND (m.ends_at IS NULL OR m.ends_at > $3)",
            &args![organization, email, now],
        )
        .await?;
    Ok(row.is_some())
}

pub(crate) async fn insert_membership(
    tx: &mut Connection,
    membership: &Membership,
    by: Option<UserId>,
) -> Result<(), store::Error> {
    tx.execute(
        "INSERT INTO memberships (id, organization_id, user_id, role, kind, user_type, created_at, created_by, ends_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &args![
            membership.id,
            membership.organization,
            membership.user,
            membership.role.as_str(),
            membership.kind.as_str(),
            membership.user_type.as_str(),
            membership.created_at,
            by,
            membership.ends_at
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn save_membership(
    tx: &mut Connection,
    id: MembershipId,
    role: Role,
    user_type: UserType,
    ends_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<u64, Error> {
    Ok(tx
        .execute(
            "UPDATE memberships SET role = $2, user_type = $3, ends_at = $4 \
             WHERE id = $1 AND ended_at IS NULL AND (ends_at IS NULL OR ends_at > $5)",
            &args![id, role.as_str(), user_type.as_str(), ends_at, now],
        )
        .await?)
}

pub(crate) async fn end_membership(
    tx: &mut Connection,
    id: MembershipId,
    at: Timestamp,
    by: Option<UserId>,
) -> Result<u64, Error> {
    Ok(tx
        .execute(
            "UPDATE memberships SET ended_at = $2, ended_by = $3 WHERE id = $1 AND ended_at IS NULL",
            &args![id, at, by],
        )
        .await?)
}

/// The vendor's people in an organization, by name.
pub(crate) async fn vendor_staff(
    tx: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Vec<Member>, Error> {
    let rows = tx
        .all(
            "SELECT m.id AS membership_id, m.organization_id, m.user_id, m.role, m.kind, m.user_type, \
             m.created_at AS member_since, \
             (SELECT COUNT(*) FROM managed_user_types t WHERE t.organization_id = m.organization_id AND t.user_type = m.user_type \
              AND m.kind = 'customer') AS managed, m.ends_at, m.ended_at, m.last_access_at, u.name, u.email, u.external_id \
             FROM memberships m JOIN users u ON u.id = m.user_id \
             WHERE m.organization_id = $1 AND m.kind = 'vendor_staff' AND m.ended_at IS NULL \
             AND (m.ends_at IS NULL OR m.ends_at > $2) ORDER BY lower(u.name), m.id",
            &args![organization, now],
        )
        .await?;
    Ok(rows.iter().map(member).collect::<Result<_, _>>()?)
}

/// Memberships whose end has passed without a note of it, the oldest first.
pub(crate) async fn over_memberships(
    tx: &mut Connection,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Member>, Error> {
    let rows = tx
        .all(
            "SELECT m.id AS membership_id, m.organization_id, m.user_id, m.role, m.kind, m.user_type, \
             m.created_at AS member_since, \
             (SELECT COUNT(*) FROM managed_user_types t WHERE t.organization_id = m.organization_id AND t.user_type = m.user_type \
              AND m.kind = 'customer') AS managed, m.ends_at, m.ended_at, m.last_access_at, u.name, u.email, u.external_id \
             FROM memberships m JOIN users u ON u.id = m.user_id \
             WHERE m.ended_at IS NULL AND m.ends_at <= $1 ORDER BY m.ends_at, m.id LIMIT $2",
            &args![now, limit],
        )
        .await?;
    Ok(rows.iter().map(member).collect::<Result<_, _>>()?)
}

/// The one of a person in an organization that is over without a note of it, so that its place is free again.
pub(crate) async fn over_membership_of(
    tx: &mut Connection,
    organization: OrganizationId,
    user: UserId,
    now: Timestamp,
) -> Result<Option<Member>, Error> {
    let row = tx
        .optional(
            "SELECT m.id AS membership_id, m.organization_id, m.user_id, m.role, m.kind, m.user_type, \
             m.created_at AS member_since, \
             (SELECT COUNT(*) FROM managed_user_types t WHERE t.organization_id = m.organization_id AND t.user_type = m.user_type \
              AND m.kind = 'customer') AS managed, m.ends_at, m.ended_at, m.last_access_at, u.name, u.email, u.external_id \
             FROM memberships m JOIN users u ON u.id = m.user_id \
             WHERE m.organization_id = $1 AND m.user_id = $2 AND m.ended_at IS NULL AND m.ends_at <= $3",
            &args![organization, user, now],
        )
        .await?;
    Ok(row.as_ref().map(member).transpose()?)
}

/// The next moment at which a membership ends by itself.
pub(crate) async fn next_end(tx: &mut Connection) -> Result<Option<Timestamp>, Error> {
    let row = tx.one("SELECT MIN(ends_at) AS at FROM memberships WHERE ended_at IS NULL", &args![]).await?;
    Ok(row.get("at")?)
}

pub(crate) async fn save_last_access(
    tx: &mut Connection,
    organization: OrganizationId,
    user: UserId,
    at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE memberships SET last_access_at = $3 WHERE organization_id = $1 AND user_id = $2 AND ended_at IS NULL \
         AND (last_access_at IS NULL OR last_access_at < $3)",
        &args![organization, user, at],
    )
    .await?;
    Ok(())
}

/// How many last accesses one statement moves.
pub(crate) const ACCESSES_AT_ONCE: usize = 32;

/// The same for up to [`ACCESSES_AT_ONCE`]. Places that are left are filled with the last: twice is as good as once.
pub(crate) async fn save_last_accesses(
    tx: &mut Connection,
    accesses: &[(MembershipId, Timestamp)],
) -> Result<(), Error> {
    let Some(last) = accesses.last() else { return Ok(()) };
    let filled = accesses.iter().chain(std::iter::repeat(last)).take(ACCESSES_AT_ONCE);
    let values: Vec<store::Value> = filled.flat_map(|(id, at)| args![id, at]).collect();
    tx.execute(
        "WITH used (id, at) AS (VALUES \
             ($1, CAST($2 AS BIGINT)), ($3, CAST($4 AS BIGINT)), ($5, CAST($6 AS BIGINT)), ($7, CAST($8 AS BIGINT)), \
             ($9, CAST($10 AS BIGINT)), ($11, CAST($12 AS BIGINT)), ($13, CAST($14 AS BIGINT)), ($15, CAST($16 AS BIGINT)), \
             ($17, CAST($18 AS BIGINT)), ($19, CAST($20 AS BIGINT)), ($21, CAST($22 AS BIGINT)), ($23, CAST($24 AS BIGINT)), \
             ($25, CAST($26 AS BIGINT)), ($27, CAST($28 AS BIGINT)), ($29, CAST($30 AS BIGINT)), ($31, CAST($32 AS BIGINT)), \
             ($33, CAST($34 AS BIGINT)), ($35, CAST($36 AS BIGINT)), ($37, CAST($38 AS BIGINT)), ($39, CAST($40 AS BIGINT)), \
             ($41, CAST($42 AS BIGINT)), ($43, CAST($44 AS BIGINT)), ($45, CAST($46 AS BIGINT)), ($47, CAST($48 AS BIGINT)), \
             ($49, CAST($50 AS BIGINT)), ($51, CAST($52 AS BIGINT)), ($53, CAST($54 AS BIGINT)), ($55, CAST($56 AS BIGINT)), \
             ($57, CAST($58 AS BIGINT)), ($59, CAST($60 AS BIGINT)), ($61, CAST($62 AS BIGINT)), ($63, CAST($64 AS BIGINT))) \
         UPDATE memberships SET last_access_at = used.at FROM used WHERE memberships.id = used.id \
         AND memberships.ended_at IS NULL \
         AND (memberships.last_access_at IS NULL OR memberships.last_access_at < used.at)",
        &values,
    )
    .await?;
    Ok(())
}
