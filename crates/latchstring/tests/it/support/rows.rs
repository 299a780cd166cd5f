//! What the server wrote down, read as it stands in the database.

use std::collections::BTreeSet;

use kernel::{ApplicationId, MembershipId, OrganizationId, Timestamp, UserId};
use serde_json::{Value, json};
use store::{Connection, Row, Store, args};

use super::{cast::Stage, server::TestServer};

/// One line of the audit log.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub id: String,
    pub at: kernel::Timestamp,
    pub kind: String,
    pub outcome: String,
    pub actor_kind: String,
    pub actor_id: String,
    pub actor_name: String,
    pub on_behalf_of: String,
    pub organization: Option<String>,
    pub grant: Option<String>,
    pub session: Option<String>,
    pub subject: String,
    pub details: Value,
    pub address: String,
    pub request_id: String,
}

/// Every line, the oldest first.
pub async fn audit(server: &TestServer) -> Vec<Recorded> {
    let mut tx = server.product.world.store.read().await.expect("a look");
    let rows = tx
        .all(
            "SELECT id, at, kind, outcome, actor_kind, actor_id, actor_name, on_behalf_of, organization_id, grant_id, \
             session_id, subject, details, address, request_id FROM audit ORDER BY at, id",
            &args![],
        )
        .await
        .expect("the log");
    let mut all = Vec::new();
    for row in rows {
        let details: String = row.get("details").expect("text");
        all.push(Recorded {
            id: row.get("id").expect("text"),
            at: row.get("at").expect("an instant"),
            kind: row.get("kind").expect("text"),
            outcome: row.get("outcome").expect("text"),
            actor_kind: row.get("actor_kind").expect("text"),
            actor_id: row.get("actor_id").expect("text"),
            actor_name: row.get("actor_name").expect("text"),
            on_behalf_of: row.get("on_behalf_of").expect("text"),
            organization: row.get("organization_id").expect("text"),
            grant: row.get("grant_id").expect("text"),
            session: row.get("session_id").expect("text"),
            subject: row.get("subject").expect("text"),
            details: serde_json::from_str(&details).expect("an object"),
            address: row.get("address").expect("text"),
            request_id: row.get("request_id").expect("text"),
        });
    }
    all
}

/// Reads on in the log.
pub struct Reader<'a> {
    server: &'a TestServer,
    seen: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    pub async fn new(stage: &'a Stage) -> Self {
        let seen = audit(&stage.server).await.into_iter().map(|entry| entry.id).collect();
        Self { server: &stage.server, seen }
    }

    /// What was written since the last look. S69: each entry says who, when, where, with what outcome.
    pub async fn news(&mut self) -> Vec<Recorded> {
        let mut news = audit(self.server).await;
        news.retain(|entry| self.seen.insert(entry.id.clone()));
        for entry in &news {
            assert_eq!(entry.at, self.server.now(), "{entry:?}");
            assert!(matches!(entry.outcome.as_str(), "done" | "refused"), "{entry:?}");
            assert!(entry.details.is_object(), "{entry:?}");
            match entry.actor_kind.as_str() {
                "person" | "machine" => {
                    assert!(!entry.actor_id.is_empty() && !entry.actor_name.is_empty(), "{entry:?}");
                }
                "nobody" | "system" | "operator" => assert!(entry.actor_id.is_empty(), "{entry:?}"),
                other => panic!("{other}"),
            }
            if entry.actor_kind != "system" {
                assert!(!entry.address.is_empty() && !entry.request_id.is_empty(), "{entry:?}");
            }
        }
        news
    }

    /// Exactly these, in any order: kind, outcome, and who.
    #[track_caller]
    pub fn expect(&mut self, expected: &[&str]) -> impl Future<Output = Vec<Recorded>> {
        let at = std::panic::Location::caller();
        let mut expected: Vec<String> = expected.iter().map(|line| (*line).to_owned()).collect();
        async move {
            let news = self.news().await;
            let mut told: Vec<String> = news
                .iter()
                .map(|entry| {
                    let who = if entry.actor_name.is_empty() { &entry.actor_kind } else { &entry.actor_name };
                    format!("{} {} by {who}", entry.kind, entry.outcome)
                })
                .collect();
            told.sort();
            expected.sort();
            assert_eq!(told, expected, "{at}");
            news
        }
    }
}

/// The bodies of messages that have left.
pub async fn bodies_of_sent_mail(server: &TestServer) -> Vec<String> {
    let mut tx = server.product.world.store.read().await.expect("a look");
    let rows = tx.all("SELECT body FROM mails WHERE sent_at IS NOT NULL", &args![]).await.expect("the mails");
    rows.iter().map(|row| row.get("body").expect("text")).collect()
}

/// The subjects of the messages to somebody, sent or not.
pub async fn subjects_of_mail(server: &TestServer, to: &str) -> Vec<String> {
    let mut tx = server.product.world.store.read().await.expect("a look");
    let rows = tx.all("SELECT subject FROM mails WHERE recipient = $1", &args![to]).await.expect("the mails");
    rows.iter().map(|row| row.get("subject").expect("text")).collect()
}

/// As if so many wrong codes in a row had been entered for each key in use.
pub async fn set_wrong_codes(server: &TestServer, count: i64) {
    let mut note = operation::Housekeeping::begin(&server.product.world).await.expect("a transaction");
    note.execute("UPDATE totp_keys SET failures = $1 WHERE live_of IS NOT NULL", &args![count])
        .await
        .expect("counted");
    note.commit().await.expect("committed");
}

/// The file of a database of SQLite.
pub async fn database_file(server: &TestServer) -> std::path::PathBuf {
    let mut tx = server.product.world.store.read().await.expect("a look");
    let row =
        tx.one("SELECT file FROM pragma_database_list WHERE name = 'main'", &args![]).await.expect("a file");
    row.get::<String>("file").expect("text").into()
}

pub async fn insert_organization(tx: &mut Connection, id: OrganizationId, name: &str, now: Timestamp) {
    tx.execute("INSERT INTO organizations (id, name, created_at) VALUES ($1, $2, $3)", &args![id, name, now])
        .await
        .expect("an organization");
}

/// A customer's person in an organization.
pub async fn insert_membership(
    tx: &mut Connection,
    id: MembershipId,
    (organization, user): (OrganizationId, UserId),
    role: &str,
    now: Timestamp,
) {
    tx.execute(
        "INSERT INTO memberships (id, organization_id, user_id, role, kind, created_at) \
         VALUES ($1, $2, $3, $4, 'customer', $5)",
        &args![id, organization, user, role, now],
    )
    .await
    .expect("a membership");
}

pub async fn end_membership(tx: &mut Connection, id: MembershipId, now: Timestamp) {
    tx.execute("UPDATE memberships SET ended_at = $2 WHERE id = $1", &args![id, now])
        .await
        .expect("a membership");
}

/// Makes the table of mails on PostgreSQL at least so long, by mails that have long been sent. How long its file is then.
pub async fn grow_mails(url: &str, bytes: u64) -> u64 {
    let store = Store::open_beside(url).await.expect("a database");
    let mut tx = store.write().await.expect("a transaction");
    // Rows of this length stay in the table itself, uncompressed.
    let insert = "INSERT INTO mails (id, recipient, subject, body, created_at, next_try_at, sent_at) \
                  SELECT 'filler-' || CAST(n AS TEXT), 'nobody@example.com', '', repeat('x', 1000), 0, 0, 0 \
                  FROM generate_series(1, $1) AS n";
    let rows = i64::try_from(bytes / 1000).expect("a small number");
    tx.execute(insert, &args![rows]).await.expect("mails");
    tx.commit().await.expect("a commit");
    let mut tx = store.read().await.expect("a look");
    let length = "SELECT pg_relation_size('mails') AS length";
    let length: i64 = tx.one(length, &args![]).await.expect("a length").get("length").expect("a number");
    u64::try_from(length).expect("a length")
}

/// Has every act its entry in the log and every entry its act? What is not, in a database whose server is gone.
pub async fn soundness(url: &str) -> Value {
    let store = Store::open_beside(url).await.expect("a database");
    let mut tx = store.read().await.expect("a look");
    let pairs = [
        ("created", "SELECT id FROM grants", "support_token.created", "support_token.created"),
        (
            "associated",
            "SELECT id FROM grants WHERE activated_at IS NOT NULL",
            "support_token.associated",
            "support_token.associated",
        ),
        (
            "ended",
            "SELECT id FROM grants WHERE ended_at IS NOT NULL",
            "support_token.revoked",
            "support_token.expired",
        ),
    ];
    let mut found = json!({ "without_entry": {}, "without_act": {} });
    for (name, acts, kind, other) in pairs {
        let acts = column(tx.all(acts, &args![]).await.expect("SQL"), "id");
        let entries = "SELECT grant_id FROM audit WHERE outcome = 'done' AND (kind = $1 OR kind = $2)";
        let entries = column(tx.all(entries, &args![kind, other]).await.expect("SQL"), "grant_id");
        let written: BTreeSet<_> = entries.iter().cloned().collect();
        assert_eq!(written.len(), entries.len(), "an act has two entries");
        let acts: BTreeSet<_> = acts.into_iter().collect();
        found["without_entry"][name] = acts.difference(&written).cloned().collect();
        found["without_act"][name] = written.difference(&acts).cloned().collect();
    }
    let twice = "SELECT organization_id FROM grants WHERE ended_at IS NULL GROUP BY organization_id HAVING COUNT(*) > 1";
    found["live_twice"] = column(tx.all(twice, &args![]).await.expect("SQL"), "organization_id").into();
    let ended_and_live = "SELECT id FROM grants WHERE ended_at IS NOT NULL AND live_of IS NOT NULL";
    found["ended_and_live"] = column(tx.all(ended_and_live, &args![]).await.expect("SQL"), "id").into();
    // PostgreSQL checks both by itself.
    found["integrity"] = json!(["ok"]);
    found["foreign"] = json!(0);
    drop(tx);
    store.close().await;
    found
}

fn column(rows: Vec<Row>, name: &str) -> Vec<String> {
    rows.iter().map(|row| row.get(name).expect("text")).collect()
}

/// What is kept of the passwords of temporary credentials, and of those of their stand-ins.
pub async fn hashes_of_temporary_credentials(server: &TestServer) -> Vec<(String, Option<String>)> {
    let mut tx = server.product.world.store.read().await.expect("a read");
    let rows = tx
        .all(
            "SELECT c.password_hash, u.password_hash AS of_stand_in FROM temporary_credentials c \
             JOIN users u ON u.id = c.user_id WHERE u.stand_in_since IS NOT NULL",
            &args![],
        )
        .await
        .expect("rows");
    let hash =
        |row: &Row| (row.get("password_hash").expect("text"), row.get("of_stand_in").expect("text or none"));
    rows.iter().map(hash).collect()
}

/// A product that is registered; made if there is none.
pub async fn any_application(tx: &mut Connection, now: Timestamp) -> ApplicationId {
    let found =
        tx.optional("SELECT id FROM applications ORDER BY id LIMIT 1", &args![]).await.expect("a look");
    if let Some(row) = found {
        return row.get("id").expect("an id");
    }
    let id = ApplicationId::from_bytes([7; 16]);
    tx.execute(
        "INSERT INTO applications (id, name, origin, created_at) VALUES ($1, 'ERP', 'http://erp.example.com', $2)",
        &args![id, now],
    )
    .await
    .expect("a product");
    id
}
