//! What tests look up in the floor's own tables.

use store::{Connection, args};

pub async fn newest_mail(tx: &mut Connection, to: &str) -> String {
    tx.one("SELECT body FROM mails WHERE recipient = $1 ORDER BY id DESC LIMIT 1", &args![to])
        .await
        .and_then(|row| row.get("body"))
        .expect("a mail to this address")
}

pub async fn kinds_of_entries(tx: &mut Connection) -> Vec<String> {
    let rows = tx.all("SELECT kind FROM audit ORDER BY id", &args![]).await.expect("entries");
    rows.iter().map(|row| row.get("kind").expect("text")).collect()
}
