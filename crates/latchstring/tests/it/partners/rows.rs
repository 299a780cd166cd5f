//! Thousands of clients, written in a few statements; and what is stored that no page shows.

use super::House;
use store::args;

/// How many rows say that a client gave a permission, or that one of the partner's people has it.
pub async fn count_given(house: &House, permission: &str) -> i64 {
    let mut tx = house.stage.server.product.world.store.read().await.expect("a look");
    let count = "SELECT (SELECT COUNT(*) FROM partner_permissions WHERE permission = $1) + \
                 (SELECT COUNT(*) FROM partner_user_permissions WHERE permission = $1) AS n";
    tx.one(count, &args![permission]).await.expect("a count").get("n").expect("a number")
}

/// 5,000 clients with three permissions each, and four of 200 people in each of them.
pub async fn crowd(house: &House) {
    let now = house.stage.server.now();
    let (week, window) = (now + kernel::Duration::days(5), now + kernel::Duration::days(14));
    let numbered = |prefix: &str, number: &str| {
        let zeros = "0".repeat(26);
        format!(
            "'{prefix}_' || substr('{zeros}' || CAST({number} AS TEXT), length(CAST({number} AS TEXT)) + 1)"
        )
    };
    let (user, place) = (numbered("usr", "n"), numbered("mbr", "n"));
    let (organization, grant) = (numbered("grp", "n"), numbered("gr", "n"));
    let people = "WITH RECURSIVE seq(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM seq WHERE n < 199)";
    let clients = "WITH RECURSIVE seq(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM seq WHERE n < 4999)";
    let kim = "(SELECT id FROM users WHERE email = 'kim@kappa.example')";
    let mut note =
        operation::Housekeeping::begin(&house.stage.server.product.world).await.expect("a transaction");
    let inserts: [(String, Vec<store::Value>); 8] = [
        (
            format!(
                "INSERT INTO users (id, email, name, password_hash, created_at) {people} \
                 SELECT {user}, 'person' || CAST(n AS TEXT) || '@kappa.example', 'Person ' || CAST(n AS TEXT), 'x', $1 FROM seq"
            ),
            args![now].to_vec(),
        ),
        (
            format!(
                "INSERT INTO memberships (id, organization_id, user_id, role, kind, created_at) {people} \
                 SELECT {place}, $1, {user}, 'member', 'customer', $2 FROM seq"
            ),
            args![house.kappa.as_str(), now].to_vec(),
        ),
        (
            format!(
                "INSERT INTO organizations (id, name, created_at, client_since) {clients} \
                 SELECT {organization}, 'Client number ' || CAST(n AS TEXT) || ' and Partners', $1, $1 FROM seq"
            ),
            args![now].to_vec(),
        ),
        (
            format!(
                "INSERT INTO grants (id, organization_id, kind, live_of, mode, created_at, created_by, answer_by, \
                 activated_at, ends_at, due_at) {clients} \
                 SELECT {grant}, {organization}, 'partner', 'crowd ' || CAST(n AS TEXT), 'write', $1, {kim}, $2, $1, \
                 CASE WHEN n % 10 = 0 THEN $3 END, CASE WHEN n % 10 = 0 THEN $3 END FROM seq"
            ),
            args![now, window, week].to_vec(),
        ),
        (
            format!(
                "INSERT INTO partner_tokens (grant_id, partner_id, token_hash, sealed_token, authorized_by, end_chosen_at) {clients} \
                 SELECT {grant}, $1, 'hash ' || CAST(n AS TEXT), '', {kim}, $2 FROM seq"
            ),
            args![house.kappa.as_str(), now].to_vec(),
        ),
        (
            format!(
                "INSERT INTO partner_permissions (grant_id, permission) {clients} \
                 SELECT {grant}, key FROM seq CROSS JOIN permissions"
            ),
            Vec::new(),
        ),
        (
            format!(
                "INSERT INTO partner_users (grant_id, membership_id, authorized_at, authorized_by) {clients} \
                 SELECT {grant}, {}, $1, {kim} FROM seq CROSS JOIN (SELECT 0 AS s UNION SELECT 7 UNION SELECT 14 UNION SELECT 21) steps",
                numbered("mbr", "((n + s) % 200)")
            ),
            args![now].to_vec(),
        ),
        (
            "INSERT INTO partner_user_permissions (grant_id, membership_id, permission) \
             SELECT grant_id, membership_id, 'ticket_user' FROM partner_users"
                .to_owned(),
            Vec::new(),
        ),
    ];
    for (statement, args) in inserts {
        // The store takes statements that live as long as the program.
        let statement: &'static str = statement.leak();
        note.execute(statement, &args).await.unwrap_or_else(|error| panic!("{error}: {statement}"));
    }
    note.commit().await.expect("committed");
}
