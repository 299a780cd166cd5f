//! A partner with thousands of clients, written in a few statements.

use std::path::Path;

use kernel::{Clock as _, Duration, OrganizationId};
use latchstring::clock::SystemClock;
use store::{Store, args};

use crate::Outcome;

pub const CLIENTS: i64 = 5000;
pub const PEOPLE: i64 = 200;

/// Ids are numbers in the form of ids: the digits are digits of base 32 too. Each client gave all permissions, and four of the
/// people may enter it; every tenth has an end in five days.
pub fn crowd(database: &Path, partner: OrganizationId) -> Outcome {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let now = SystemClock.now();
        let (soon, window) = (now + Duration::days(5), now + Duration::days(14));
        let store = Store::open(&format!("sqlite:{}", database.display())).await?;
        let mut tx = store.write().await?;
        tx.execute("UPDATE organizations SET partner_since = $2 WHERE id = $1", &args![partner, now]).await?;
        tx.execute(
            "INSERT INTO users (id, email, name, created_at) \
             WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < $2 - 1) \
             SELECT 'usr_' || CAST(10000000000000000 AS TEXT) || CAST(100000000 + n AS TEXT), \
             'colleague.' || CAST(n AS TEXT) || '@partner.example', 'Colleague ' || CAST(n AS TEXT), $1 FROM number",
            &args![now, PEOPLE],
        )
        .await?;
        tx.execute(
            "INSERT INTO memberships (id, organization_id, user_id, role, kind, created_at) \
             SELECT 'mbr_' || substr(id, 5), $1, id, 'member', 'customer', $2 FROM users WHERE email LIKE 'colleague.%'",
            &args![partner, now],
        )
        .await?;
        tx.execute(
            "INSERT INTO organizations (id, name, created_at, client_since) \
             WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < $2 - 1) \
             SELECT 'grp_' || CAST(10000000000000000 AS TEXT) || CAST(100000000 + n AS TEXT), \
             'Client number ' || CAST(n AS TEXT) || ' and Partners', $1, $1 FROM number",
            &args![now, CLIENTS],
        )
        .await?;
        tx.execute(
            "INSERT INTO grants (id, organization_id, kind, live_of, mode, created_at, created_by, answer_by, activated_at, \
             ends_at, due_at) SELECT 'gr_' || substr(o.id, 5), o.id, 'partner', 'crowd ' || o.id, 'write', $1, \
             (SELECT m.user_id FROM memberships m WHERE m.organization_id = $4 AND m.role = 'administrator'), $2, $1, \
             CASE WHEN o.id LIKE '%0' THEN $3 END, CASE WHEN o.id LIKE '%0' THEN $3 END \
             FROM organizations o WHERE o.client_since IS NOT NULL",
            &args![now, window, soon, partner],
        )
        .await?;
        tx.execute(
            "INSERT INTO partner_tokens (grant_id, partner_id, token_hash, sealed_token) \
             SELECT id, $1, 'hash ' || id, '' FROM grants WHERE kind = 'partner'",
            &args![partner],
        )
        .await?;
        tx.execute(
            "INSERT INTO partner_permissions (grant_id, permission) \
             SELECT g.id, p.key FROM grants g CROSS JOIN permissions p WHERE g.kind = 'partner'",
            &args![],
        )
        .await?;
        tx.execute(
            "INSERT INTO partner_users (grant_id, membership_id, authorized_at, authorized_by) \
             SELECT g.id, m.id, $1, g.created_by FROM grants g JOIN memberships m ON m.role = 'member' \
             AND (CAST(substr(m.id, -3) AS BIGINT) - CAST(substr(g.id, -3) AS BIGINT) + 1000) % 200 IN (0, 7, 14, 21) \
             AND m.organization_id = $2 WHERE g.kind = 'partner'",
            &args![now, partner],
        )
        .await?;
        tx.execute(
            "INSERT INTO partner_user_permissions (grant_id, membership_id, permission) \
             SELECT grant_id, membership_id, 'ticket_user' FROM partner_users",
            &args![],
        )
        .await?;
        tx.commit().await?;
        store.close().await;
        Ok(())
    })
}
