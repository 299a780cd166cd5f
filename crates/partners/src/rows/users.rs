//! Which of a partner's people may enter where.

use kernel::{Error, GrantId, MembershipId, OrganizationId, Timestamp, UserId};
use store::{Connection, Row, args};

use super::{AT_ONCE, places};
use crate::{
    fifty,
    model::{Colleague, PartnerUser, Permission},
};

/// Who was authorized, by name, without their permissions. Only who still belongs to the partner (B16).
pub async fn users(
    tx: &mut Connection,
    grant: GrantId,
    only: Option<MembershipId>,
    now: Timestamp,
) -> Result<Vec<PartnerUser>, Error> {
    let rows = tx
        .all(
            "SELECT pu.membership_id, m.user_id, u.name, u.email, pu.authorized_at, pu.last_used_at \
             FROM partner_users pu JOIN partner_tokens t ON t.grant_id = pu.grant_id \
             JOIN memberships m ON m.id = pu.membership_id AND m.organization_id = t.partner_id \
             JOIN users u ON u.id = m.user_id \
             WHERE pu.grant_id = $1 AND ($2 = '' OR pu.membership_id = $2) AND m.ended_at IS NULL \
             AND (m.ends_at IS NULL OR m.ends_at > $3) ORDER BY lower(u.name), pu.membership_id",
            &args![grant, only.map_or_else(String::new, |id| id.to_string()), now],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(PartnerUser {
                membership: row.get("membership_id")?,
                user: row.get("user_id")?,
                name: row.get("name")?,
                email: row.get("email")?,
                permissions: Vec::new(),
                authorized_at: row.get("authorized_at")?,
                last_used_at: row.get("last_used_at")?,
            })
        })
        .collect()
}

/// What all of them may do, as far as the client gives it.
pub async fn permissions_of_users(
    tx: &mut Connection,
    grant: GrantId,
) -> Result<Vec<(MembershipId, Permission)>, Error> {
    let rows = tx
        .all(
            "SELECT u.membership_id, k.key, k.name, k.explanation, k.position FROM partner_user_permissions u \
             JOIN partner_permissions g ON g.grant_id = u.grant_id AND g.permission = u.permission \
             JOIN permissions k ON k.key = u.permission AND k.removed_at IS NULL \
             WHERE u.grant_id = $1 ORDER BY k.position, k.key",
            &args![grant],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let permission = Permission {
                key: row.get("key")?,
                name: row.get("name")?,
                explanation: row.get("explanation")?,
                position: row.get("position")?,
            };
            Ok((row.get("membership_id")?, permission))
        })
        .collect()
}

/// Whether somebody was authorized, whatever is left of it.
pub async fn is_authorized(tx: &mut Connection, grant: GrantId, member: MembershipId) -> Result<bool, Error> {
    let row = tx
        .optional(
            "SELECT membership_id FROM partner_users WHERE grant_id = $1 AND membership_id = $2",
            &args![grant, member],
        )
        .await?;
    Ok(row.is_some())
}

pub async fn insert_user(
    tx: &mut Connection,
    grant: GrantId,
    member: MembershipId,
    by: UserId,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO partner_users (grant_id, membership_id, authorized_at, authorized_by) VALUES ($1, $2, $3, $4)",
        &args![grant, member, now, by],
    )
    .await?;
    Ok(())
}

pub async fn set_user_permissions(
    tx: &mut Connection,
    grant: GrantId,
    member: MembershipId,
    permissions: &[Permission],
) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM partner_user_permissions WHERE grant_id = $1 AND membership_id = $2",
        &args![grant, member],
    )
    .await?;
    for permission in permissions {
        tx.execute(
            "INSERT INTO partner_user_permissions (grant_id, membership_id, permission) VALUES ($1, $2, $3)",
            &args![grant, member, permission.key],
        )
        .await?;
    }
    Ok(())
}

/// `false` if they were not authorized.
pub async fn delete_user(tx: &mut Connection, grant: GrantId, member: MembershipId) -> Result<bool, Error> {
    tx.execute(
        "DELETE FROM partner_user_permissions WHERE grant_id = $1 AND membership_id = $2",
        &args![grant, member],
    )
    .await?;
    let deleted = tx
        .execute(
            "DELETE FROM partner_users WHERE grant_id = $1 AND membership_id = $2",
            &args![grant, member],
        )
        .await?;
    Ok(deleted == 1)
}

/// Where somebody is authorized, in one order for everybody.
pub async fn grants_of_user(tx: &mut Connection, member: MembershipId) -> Result<Vec<GrantId>, Error> {
    let rows = tx
        .all("SELECT grant_id FROM partner_users WHERE membership_id = $1 ORDER BY grant_id", &args![member])
        .await?;
    Ok(rows.iter().map(|row| row.get("grant_id")).collect::<Result<_, _>>()?)
}

/// Who is in on a grant and has nothing left there of what they were given.
pub async fn inside_with_nothing(tx: &mut Connection, grant: GrantId) -> Result<Vec<UserId>, Error> {
    let rows = tx
        .all(
            "SELECT DISTINCT s.user_id FROM sessions s WHERE s.grant_id = $1 AND s.kind = 'acting' AND s.ended_at IS NULL \
             AND NOT EXISTS (SELECT 1 FROM memberships m \
              JOIN partner_user_permissions u ON u.grant_id = s.grant_id AND u.membership_id = m.id \
              JOIN partner_permissions g ON g.grant_id = u.grant_id AND g.permission = u.permission \
              JOIN permissions k ON k.key = u.permission AND k.removed_at IS NULL \
              WHERE m.user_id = s.user_id AND m.ended_at IS NULL) ORDER BY s.user_id",
            &args![grant],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get("user_id")).collect::<Result<_, _>>()?)
}

pub async fn note_entry(
    tx: &mut Connection,
    grant: GrantId,
    member: MembershipId,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE partner_users SET last_used_at = $3 WHERE grant_id = $1 AND membership_id = $2",
        &args![grant, member, now],
    )
    .await?;
    tx.execute("UPDATE partner_tokens SET last_used_at = $2 WHERE grant_id = $1", &args![grant, now]).await?;
    Ok(())
}

/// On what somebody's entry rests beside the grant: both organizations are registered, and they belong to the partner in the
/// place in which they were authorized.
pub struct Place {
    pub partner: OrganizationId,
    pub partner_name: String,
    pub membership: MembershipId,
    pub until: Option<Timestamp>,
}

pub async fn place(
    tx: &mut Connection,
    grant: GrantId,
    user: UserId,
    now: Timestamp,
) -> Result<Option<Place>, Error> {
    let row = tx
        .optional(
            "SELECT t.partner_id, p.name AS partner_name, m.id AS membership_id, m.ends_at FROM partner_tokens t \
             JOIN grants g ON g.id = t.grant_id \
             JOIN organizations p ON p.id = t.partner_id AND p.partner_since IS NOT NULL \
             JOIN organizations c ON c.id = g.organization_id AND c.client_since IS NOT NULL \
             JOIN memberships m ON m.organization_id = t.partner_id AND m.user_id = $2 AND m.kind = 'customer' \
             JOIN partner_users pu ON pu.grant_id = t.grant_id AND pu.membership_id = m.id \
             WHERE t.grant_id = $1 AND m.ended_at IS NULL AND (m.ends_at IS NULL OR m.ends_at > $3)",
            &args![grant, user, now],
        )
        .await?;
    row.map(|row| {
        Ok(Place {
            partner: row.get("partner_id")?,
            partner_name: row.get("partner_name")?,
            membership: row.get("membership_id")?,
            until: row.get("ends_at")?,
        })
    })
    .transpose()
}

/// The partner's own people with an account, by name.
pub async fn colleagues(
    tx: &mut Connection,
    partner: OrganizationId,
    only: Option<MembershipId>,
    now: Timestamp,
) -> Result<Vec<Colleague>, Error> {
    let rows = tx
        .all(
            "SELECT m.id, m.user_id, u.name, u.email FROM memberships m JOIN users u ON u.id = m.user_id \
             WHERE m.organization_id = $1 AND ($2 = '' OR m.id = $2) AND m.kind = 'customer' AND m.ended_at IS NULL \
             AND (m.ends_at IS NULL OR m.ends_at > $3) AND u.suspended_at IS NULL \
             ORDER BY lower(u.name), m.id LIMIT 2000",
            &args![partner, only.map_or_else(String::new, |id| id.to_string()), now],
        )
        .await?;
    rows.iter().map(person).collect()
}

fn person(row: &Row) -> Result<Colleague, Error> {
    Ok(Colleague {
        membership: row.get("id")?,
        user: row.get("user_id")?,
        name: row.get("name")?,
        email: row.get("email")?,
    })
}

/// One of the partner's people, suspended or not: what they may do can be taken away in any case.
pub async fn find_colleague(
    tx: &mut Connection,
    partner: OrganizationId,
    member: MembershipId,
) -> Result<Option<Colleague>, Error> {
    let row = tx
        .optional(
            "SELECT m.id, m.user_id, u.name, u.email FROM memberships m JOIN users u ON u.id = m.user_id \
             WHERE m.organization_id = $1 AND m.id = $2 AND m.kind = 'customer' AND m.ended_at IS NULL",
            &args![partner, member],
        )
        .await?;
    row.as_ref().map(person).transpose()
}

/// The first few people of each grant who may enter, by name, and how many there are. Whoever has nothing left is none of them.
pub async fn first_users(
    tx: &mut Connection,
    grants: &[GrantId],
    now: Timestamp,
) -> Result<Vec<(GrantId, String, i64)>, Error> {
    let mut found = Vec::new();
    for some in grants.chunks(AT_ONCE) {
        let mut values = places(some);
        values.extend(args![now]);
        let rows = tx
            .all(
                concat!(
                    "SELECT s.grant_id, s.name, s.n FROM (SELECT pu.grant_id, u.name, \
                     COUNT(*) OVER (PARTITION BY pu.grant_id) AS n, \
                     ROW_NUMBER() OVER (PARTITION BY pu.grant_id ORDER BY lower(u.name), pu.membership_id) AS place \
                     FROM partner_users pu JOIN memberships m ON m.id = pu.membership_id JOIN users u ON u.id = m.user_id \
                     WHERE m.ended_at IS NULL AND (m.ends_at IS NULL OR m.ends_at > $51) \
                     AND EXISTS (SELECT 1 FROM partner_user_permissions x \
                      JOIN partner_permissions g ON g.grant_id = x.grant_id AND g.permission = x.permission \
                      JOIN permissions k ON k.key = x.permission AND k.removed_at IS NULL \
                      WHERE x.grant_id = pu.grant_id AND x.membership_id = pu.membership_id) AND pu.grant_id IN ",
                    fifty!(),
                    ") s WHERE s.place <= 3 ORDER BY s.grant_id, s.place"
                ),
                &values,
            )
            .await?;
        for row in rows {
            found.push((row.get("grant_id")?, row.get("name")?, row.get("n")?));
        }
    }
    Ok(found)
}
