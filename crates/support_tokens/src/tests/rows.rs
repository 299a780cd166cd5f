//! What the tests write and count in the database by themselves.

use kernel::{ApplicationId, Duration, GrantId, MembershipId, OrganizationId, Person, Timestamp, UserId};
use store::{Connection, args};

pub async fn organization(tx: &mut Connection, id: OrganizationId, name: &str, now: Timestamp) {
    tx.execute("INSERT INTO organizations (id, name, created_at) VALUES ($1, $2, $3)", &args![id, name, now])
        .await
        .expect("an organization");
}

/// A user with a session, and the role at the vendor that they have.
pub async fn person(tx: &mut Connection, person: &Person, now: Timestamp) {
    let email = format!("{}@example.com", person.user);
    tx.execute(
        "INSERT INTO users (id, email, name, created_at) VALUES ($1, $2, $3, $4)",
        &args![person.user, email, person.name, now],
    )
    .await
    .expect("a user");
    tx.execute(
        "INSERT INTO sessions (id, kind, user_id, secret_hash, created_at, expires_at, idle_limit, last_used_at) \
         VALUES ($1, 'own', $2, $3, $4, $5, $6, $4)",
        &args![
            person.session,
            person.user,
            person.session.to_string(),
            now,
            now + Duration::days(1),
            Duration::hours(1)
        ],
    )
    .await
    .expect("a session");
    if person.staff.agent_level.is_some() || person.staff.is_administrator {
        tx.execute(
            "INSERT INTO staff (user_id, agent_level, administrator_since, created_at) VALUES ($1, $2, $3, $4)",
            &args![
                person.user,
                person.staff.agent_level.map(i64::from),
                person.staff.is_administrator.then_some(now),
                now
            ],
        )
        .await
        .expect("a role");
    }
}

pub async fn membership(
    tx: &mut Connection,
    id: MembershipId,
    organization: OrganizationId,
    user: UserId,
    role: &str,
    kind: &str,
    now: Timestamp,
) {
    tx.execute(
        "INSERT INTO memberships (id, organization_id, user_id, role, kind, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        &args![id, organization, user, role, kind, now],
    )
    .await
    .expect("a membership");
}

pub async fn product(tx: &mut Connection, id: ApplicationId, name: &str, origin: &str, now: Timestamp) {
    tx.execute(
        "INSERT INTO applications (id, name, origin, created_at) VALUES ($1, $2, $3, $4)",
        &args![id, name, origin, now],
    )
    .await
    .expect("a product");
}

pub async fn let_the_backend_open(tx: &mut Connection, id: OrganizationId, now: Timestamp) {
    tx.execute("UPDATE organizations SET backend_may_open_at = $2 WHERE id = $1", &args![id, now])
        .await
        .expect("a setting");
}

pub async fn let_administrators_open(tx: &mut Connection, id: OrganizationId) {
    tx.execute("UPDATE organizations SET who_may_open = 'administrators' WHERE id = $1", &args![id])
        .await
        .expect("a setting");
}

pub async fn limit(tx: &mut Connection, id: OrganizationId, longest: Duration) {
    tx.execute("UPDATE organizations SET longest_validity = $2 WHERE id = $1", &args![id, longest])
        .await
        .expect("a setting");
}

/// How many entries of a kind the log has about a grant, by whatever kind of actor.
pub async fn entries(tx: &mut Connection, id: GrantId, kind: &str, actor: &str) -> i64 {
    tx.one(
        "SELECT COUNT(*) AS n FROM audit WHERE grant_id = $1 AND kind LIKE $2 AND actor_kind = $3",
        &args![id, kind, actor],
    )
    .await
    .expect("a count")
    .get("n")
    .expect("a number")
}

pub async fn mails(tx: &mut Connection, subject: &str) -> i64 {
    tx.one("SELECT COUNT(*) AS n FROM mails WHERE subject LIKE $1", &args![subject])
        .await
        .expect("a count")
        .get("n")
        .expect("a number")
}
