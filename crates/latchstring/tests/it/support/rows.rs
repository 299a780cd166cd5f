//! What the server wrote down, read as it stands in the database.

use serde_json::Value;
use store::args;

use super::server::TestServer;

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

/// The bodies of messages that have left.
pub async fn bodies_of_sent_mail(server: &TestServer) -> Vec<String> {
    let mut tx = server.product.world.store.read().await.expect("a look");
    let rows = tx.all("SELECT body FROM mails WHERE sent_at IS NOT NULL", &args![]).await.expect("the mails");
    rows.iter().map(|row| row.get("body").expect("text")).collect()
}

/// The file of a database of SQLite.
pub async fn database_file(server: &TestServer) -> std::path::PathBuf {
    let mut tx = server.product.world.store.read().await.expect("a look");
    let row =
        tx.one("SELECT file FROM pragma_database_list WHERE name = 'main'", &args![]).await.expect("a file");
    row.get::<String>("file").expect("text").into()
}
