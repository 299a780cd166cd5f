//! What is on offer, what a product asks for, and what was given.

use std::collections::BTreeSet;

use kernel::{ApplicationId, Error, GrantId, MembershipId, Timestamp};
use store::{Connection, Row, args};

use super::{AT_ONCE, places};
use crate::{
    fifty,
    model::{Method, Permission, Rule},
};

fn permission(row: &Row) -> Result<Permission, Error> {
    Ok(Permission {
        key: row.get("key")?,
        name: row.get("name")?,
        explanation: row.get("explanation")?,
        position: row.get("position")?,
    })
}

/// All that are on offer, in the vendor's order.
pub async fn permissions(tx: &mut Connection) -> Result<Vec<Permission>, Error> {
    tx.all(
        "SELECT key, name, explanation, position FROM permissions WHERE removed_at IS NULL ORDER BY position, key",
        &[],
    )
    .await?
    .iter()
    .map(permission)
    .collect()
}

/// Puts one on offer; one that was removed before comes back, to nobody who had it. `false` if it is there.
pub async fn offer(tx: &mut Connection, new: &Permission) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "INSERT INTO permissions (key, name, explanation, position) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (key) DO UPDATE SET name = excluded.name, explanation = excluded.explanation, \
             position = excluded.position, removed_at = NULL WHERE permissions.removed_at IS NOT NULL",
            &args![new.key, new.name, new.explanation, new.position],
        )
        .await?;
    Ok(changed == 1)
}

pub async fn reword(tx: &mut Connection, new: &Permission) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE permissions SET name = $2, explanation = $3, position = $4 WHERE key = $1 AND removed_at IS NULL",
            &args![new.key, new.name, new.explanation, new.position],
        )
        .await?;
    Ok(changed == 1)
}

pub async fn withdraw(tx: &mut Connection, key: &str, now: Timestamp) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE permissions SET removed_at = $2 WHERE key = $1 AND removed_at IS NULL",
            &args![key, now],
        )
        .await?;
    Ok(changed == 1)
}

/// Makes whoever gives, or takes off the offer, one of these wait until this transaction is over. Taken before any token: the
/// vendor takes a permission away from the tokens that have it, and a client gives a token permissions.
pub async fn lock_permissions(
    tx: &mut Connection,
    permissions: impl Iterator<Item = &str>,
) -> Result<(), Error> {
    // In one order for everybody.
    for key in permissions.collect::<BTreeSet<_>>() {
        tx.execute("UPDATE permissions SET key = key WHERE key = $1", &args![key]).await?;
    }
    Ok(())
}

/// Takes a permission from everybody who has it, at which grants. Whoever calls holds the permission, so that nobody gives it
/// meanwhile; the tokens are held here, so that nobody is editing what each of their people has.
pub async fn take_from_all(tx: &mut Connection, key: &str) -> Result<Vec<GrantId>, Error> {
    let rows = tx
        .all(
            "SELECT grant_id FROM partner_permissions WHERE permission = $1 \
             UNION SELECT grant_id FROM partner_user_permissions WHERE permission = $1 ORDER BY grant_id",
            &args![key],
        )
        .await?;
    let grants: Vec<GrantId> = rows.iter().map(|row| row.get("grant_id")).collect::<Result<_, _>>()?;
    super::lock_all(tx, &grants).await?;
    tx.execute("DELETE FROM partner_user_permissions WHERE permission = $1", &args![key]).await?;
    tx.execute("DELETE FROM partner_permissions WHERE permission = $1", &args![key]).await?;
    Ok(grants)
}

/// What a client gave.
pub async fn given(tx: &mut Connection, grant: GrantId) -> Result<Vec<Permission>, Error> {
    tx.all(
        "SELECT k.key, k.name, k.explanation, k.position FROM partner_permissions g \
         JOIN permissions k ON k.key = g.permission AND k.removed_at IS NULL WHERE g.grant_id = $1 \
         ORDER BY k.position, k.key",
        &args![grant],
    )
    .await?
    .iter()
    .map(permission)
    .collect()
}

/// The names of what clients gave, for the lines of a list.
pub async fn given_names(tx: &mut Connection, grants: &[GrantId]) -> Result<Vec<(GrantId, String)>, Error> {
    let mut names = Vec::new();
    for some in grants.chunks(AT_ONCE) {
        let rows = tx
            .all(
                concat!(
                    "SELECT g.grant_id, k.name FROM partner_permissions g \
                     JOIN permissions k ON k.key = g.permission AND k.removed_at IS NULL WHERE g.grant_id IN ",
                    fifty!(),
                    " ORDER BY g.grant_id, k.position, k.key"
                ),
                &places(some),
            )
            .await?;
        for row in rows {
            names.push((row.get("grant_id")?, row.get("name")?));
        }
    }
    Ok(names)
}

/// Replaces what a client gave. What it does not give any more, nobody has any more (B13). Whoever calls holds both the
/// permissions and the token.
pub async fn give(tx: &mut Connection, grant: GrantId, permissions: &[Permission]) -> Result<(), Error> {
    tx.execute("DELETE FROM partner_permissions WHERE grant_id = $1", &args![grant]).await?;
    for permission in permissions {
        tx.execute(
            "INSERT INTO partner_permissions (grant_id, permission) VALUES ($1, $2)",
            &args![grant, permission.key],
        )
        .await?;
    }
    tx.execute(
        "DELETE FROM partner_user_permissions WHERE grant_id = $1 AND permission NOT IN \
         (SELECT permission FROM partner_permissions WHERE grant_id = $1)",
        &args![grant],
    )
    .await?;
    Ok(())
}

/// What a person may do: what the client gives, what they were given and what is on offer have in common.
pub async fn in_common(
    tx: &mut Connection,
    grant: GrantId,
    membership: MembershipId,
) -> Result<Vec<Permission>, Error> {
    tx.all(
        "SELECT k.key, k.name, k.explanation, k.position FROM partner_user_permissions u \
         JOIN partner_permissions g ON g.grant_id = u.grant_id AND g.permission = u.permission \
         JOIN permissions k ON k.key = u.permission AND k.removed_at IS NULL \
         WHERE u.grant_id = $1 AND u.membership_id = $2 ORDER BY k.position, k.key",
        &args![grant, membership],
    )
    .await?
    .iter()
    .map(permission)
    .collect()
}

pub async fn rules(tx: &mut Connection, application: ApplicationId) -> Result<Vec<Rule>, Error> {
    let rows = tx
        .all(
            "SELECT method, path, permission FROM application_rules WHERE application_id = $1 ORDER BY position",
            &args![application],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let method: String = row.get("method")?;
            Ok(Rule {
                // What cannot be read is about every request.
                method: Method::parse(&method).unwrap_or(Method::Any),
                path: row.get("path")?,
                permission: row.get("permission")?,
            })
        })
        .collect()
}

/// Makes whoever else saves the rules of an application wait until this transaction is over. `false` if there is none.
pub async fn lock_application(tx: &mut Connection, application: ApplicationId) -> Result<bool, Error> {
    let held = tx
        .execute(
            "UPDATE applications SET name = name WHERE id = $1 AND removed_at IS NULL",
            &args![application],
        )
        .await?;
    Ok(held == 1)
}

pub async fn set_rules(tx: &mut Connection, application: ApplicationId, rules: &[Rule]) -> Result<(), Error> {
    tx.execute("DELETE FROM application_rules WHERE application_id = $1", &args![application]).await?;
    for (position, rule) in (0_i64..).zip(rules) {
        tx.execute(
            "INSERT INTO application_rules (application_id, position, method, path, permission) \
             VALUES ($1, $2, $3, $4, $5)",
            &args![application, position, rule.method.as_str(), rule.path, rule.permission],
        )
        .await?;
    }
    Ok(())
}
