//! The people of a run, written directly: a million grants made one by one through the product would take a day of
//! commits, and what is measured is not how they came to be.

use kernel::{
    ApplicationId, Duration, GrantId, MembershipId, OrganizationId, SecretHash, SessionId, Timestamp, UserId,
};
use store::{Connection, Error, args};

/// What a session is for.
pub struct NewSession {
    pub kind: &'static str,
    pub user: UserId,
    pub parent: Option<SessionId>,
    pub application: Option<ApplicationId>,
    pub organization: Option<OrganizationId>,
    pub grant: Option<GrantId>,
    pub idle_limit: Duration,
}

pub async fn insert_application(
    tx: &mut Connection,
    id: ApplicationId,
    origin: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO applications (id, name, origin, created_at) VALUES ($1, $2, $3, $4)",
        &args![id, format!("Product at {origin}"), origin, now],
    )
    .await
    .map(drop)
}

pub async fn insert_user(
    tx: &mut Connection,
    id: UserId,
    name: &str,
    email: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO users (id, email, name, created_at) VALUES ($1, $2, $3, $4)",
        &args![id, email, name, now],
    )
    .await
    .map(drop)
}

pub async fn insert_agent(tx: &mut Connection, user: UserId, now: Timestamp) -> Result<(), Error> {
    tx.execute("INSERT INTO staff (user_id, agent_level, created_at) VALUES ($1, 1, $2)", &args![user, now])
        .await
        .map(drop)
}

pub async fn insert_organization(
    tx: &mut Connection,
    id: OrganizationId,
    name: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute("INSERT INTO organizations (id, name, created_at) VALUES ($1, $2, $3)", &args![id, name, now])
        .await
        .map(drop)
}

pub async fn insert_membership(
    tx: &mut Connection,
    id: MembershipId,
    organization: OrganizationId,
    user: UserId,
    role: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO memberships (id, organization_id, user_id, role, kind, created_at) \
         VALUES ($1, $2, $3, $4, 'customer', $5)",
        &args![id, organization, user, role, now],
    )
    .await
    .map(drop)
}

pub async fn insert_session(
    tx: &mut Connection,
    id: SessionId,
    secret: &SecretHash,
    new: &NewSession,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO sessions (id, kind, user_id, secret_hash, parent_id, application_id, organization_id, grant_id, \
         created_at, expires_at, idle_limit, last_used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $9)",
        &args![
            id,
            new.kind,
            new.user,
            secret,
            new.parent,
            new.application,
            new.organization,
            new.grant,
            now,
            now + Duration::hours(8),
            new.idle_limit,
        ],
    )
    .await
    .map(drop)
}

/// A support token that an agent has taken, for the next eight hours.
pub async fn insert_live_grant(
    tx: &mut Connection,
    id: GrantId,
    organization: OrganizationId,
    created_by: UserId,
    agent: UserId,
    code: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO grants (id, kind, organization_id, live_of, mode, created_at, created_by, answer_by, validity, \
         activated_at, ends_at, due_at) VALUES ($1, 'support_token', $2, $2, 'write', $3, $4, $5, $6, $3, $5, $5)",
        &args![id, organization, now, created_by, now + Duration::hours(8), Duration::hours(8)],
    )
    .await?;
    tx.execute(
        "INSERT INTO support_tokens (grant_id, reference_code, customer_ticket, agent_id) VALUES ($1, $2, 'T-1', $3)",
        &args![id, code, agent],
    )
    .await
    .map(drop)
}

/// Support tokens of one organization that ended long ago, numbered from `first` to `last`. Their ids are numbers in the
/// form of ids: the digits are digits of base 32 too.
pub async fn insert_past_grants(
    tx: &mut Connection,
    organization: OrganizationId,
    created_by: UserId,
    agent: UserId,
    (first, last): (i64, i64),
    now: Timestamp,
) -> Result<(), Error> {
    let began = now - Duration::days(30);
    tx.execute(
        "INSERT INTO grants (id, kind, organization_id, mode, created_at, created_by, answer_by, validity, \
         activated_at, ends_at, ended_at, ended_how) \
         WITH RECURSIVE number (n) AS \
         (SELECT CAST($1 AS BIGINT) UNION ALL SELECT n + 1 FROM number WHERE n < CAST($2 AS BIGINT)) \
         SELECT 'gr_000000000000000' || CAST(10000000000 + n AS TEXT), 'support_token', $3, 'read_only', \
         CAST($4 AS BIGINT) + n, $5, CAST($6 AS BIGINT), CAST($7 AS BIGINT), CAST($4 AS BIGINT) + n, \
         CAST($6 AS BIGINT), CAST($6 AS BIGINT), 'expired' FROM number",
        &args![first, last, organization, began, created_by, began + Duration::days(1), Duration::days(1)],
    )
    .await?;
    tx.execute(
        "INSERT INTO support_tokens (grant_id, reference_code, customer_ticket, agent_id) \
         WITH RECURSIVE number (n) AS \
         (SELECT CAST($1 AS BIGINT) UNION ALL SELECT n + 1 FROM number WHERE n < CAST($2 AS BIGINT)) \
         SELECT 'gr_000000000000000' || CAST(10000000000 + n AS TEXT), 'P' || CAST(n AS TEXT), 'T-2', $3 FROM number",
        &args![first, last, agent],
    )
    .await
    .map(drop)
}

pub async fn count_grants(tx: &mut Connection) -> Result<i64, Error> {
    tx.one("SELECT COUNT(*) AS n FROM grants", &[]).await?.get("n")
}
