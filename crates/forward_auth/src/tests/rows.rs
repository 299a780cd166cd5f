//! What other capabilities would have written.

use grants::Grant;
use kernel::{MembershipId, OrganizationId, Timestamp, UserId};
use store::{Connection, args};

pub async fn organization(tx: &mut Connection, id: OrganizationId, now: Timestamp) {
    tx.execute(
        "INSERT INTO organizations (id, name, external_id, created_at) VALUES ($1, 'Aurora Holding', 'A-17', $2)",
        &args![id, now],
    )
    .await
    .expect("an organization");
}

pub async fn membership(
    tx: &mut Connection,
    id: MembershipId,
    organization: OrganizationId,
    user: UserId,
    now: Timestamp,
    ends_at: Option<Timestamp>,
) {
    tx.execute(
        "INSERT INTO memberships (id, organization_id, user_id, role, kind, created_at, ends_at) \
         VALUES ($1, $2, $3, 'administrator', 'customer', $4, $5)",
        &args![id, organization, user, now, ends_at],
    )
    .await
    .expect("a membership");
}

pub async fn association(tx: &mut Connection, grant: &Grant, agent: UserId) {
    tx.execute(
        "INSERT INTO support_tokens (grant_id, reference_code, ticket, agent_id) VALUES ($1, '7QM4-K2XV', '48213', $2)",
        &args![grant.id, agent],
    )
    .await
    .expect("a support token");
}

pub async fn activity(tx: &mut Connection, kind: &str) -> i64 {
    tx.one(
        "SELECT CAST(COALESCE(SUM(requests), 0) AS BIGINT) AS n FROM activity WHERE kind = $1",
        &args![kind],
    )
    .await
    .and_then(|row| row.get("n"))
    .expect("a sum")
}
