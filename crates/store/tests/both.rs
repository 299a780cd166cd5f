//! The same promises on both databases.

use kernel::{EmailAddress, Timestamp, UserId};
use store::{ErrorKind, Store, args};
use testkit::Database;

async fn insert(store: &Store, n: u8, email: &str) -> Result<(), store::Error> {
    let mut tx = store.write().await?;
    tx.execute(
        "INSERT INTO users (id, email, name, created_at, suspended_at) VALUES ($1, $2, $3, $4, $5)",
        &args![
            UserId::from_bytes([n; 16]),
            email,
            "João \u{202e}<b>",
            Timestamp::from_micros(i64::MAX),
            Option::<Timestamp>::None
        ],
    )
    .await?;
    tx.commit().await
}

#[tokio::test]
async fn what_goes_in_comes_out() {
    for database in Database::both().await {
        let store = database.open().await;
        insert(&store, 1, "joao@example.com").await.expect("inserted");
        let mut tx = store.read().await.expect("a read");
        let row = tx
            .optional(
                "SELECT id, email, name, created_at, suspended_at FROM users WHERE email = $1",
                &args!["joao@example.com"],
            )
            .await
            .expect("a query")
            .expect("a row");
        assert_eq!(row.get::<UserId>("id").expect("id"), UserId::from_bytes([1; 16]));
        assert_eq!(row.get::<EmailAddress>("email").expect("email").as_str(), "joao@example.com");
        assert_eq!(row.get::<String>("name").expect("name"), "João \u{202e}<b>");
        assert_eq!(row.get::<Timestamp>("created_at").expect("at"), Timestamp::from_micros(i64::MAX));
        assert_eq!(row.get::<Option<Timestamp>>("suspended_at").expect("null"), None);
        assert!(row.get::<Timestamp>("suspended_at").is_err(), "NULL is no instant");
        let count: i64 =
            tx.one("SELECT COUNT(*) AS n FROM users", &[]).await.expect("one").get("n").expect("n");
        assert_eq!(count, 1);
    }
}

#[tokio::test]
async fn a_second_of_the_same_is_taken() {
    for database in Database::both().await {
        let store = database.open().await;
        insert(&store, 1, "one@example.com").await.expect("inserted");
        let again = insert(&store, 2, "one@example.com").await.expect_err("taken");
        assert_eq!(again.kind, ErrorKind::Taken);
    }
}

#[tokio::test]
async fn a_read_sees_one_moment() {
    for database in Database::both().await {
        let store = database.open().await;
        let mut tx = store.read().await.expect("a read");
        let count = "SELECT COUNT(*) AS n FROM users";
        let before: i64 = tx.one(count, &[]).await.expect("one").get("n").expect("n");
        insert(&store, 1, "one@example.com").await.expect("inserted");
        let after: i64 = tx.one(count, &[]).await.expect("one").get("n").expect("n");
        assert_eq!((before, after), (0, 0));
    }
}

#[tokio::test]
async fn a_read_cannot_write() {
    for database in Database::both().await {
        let store = database.open().await;
        let mut tx = store.read().await.expect("a read");
        assert!(tx.execute("DELETE FROM users", &[]).await.is_err());
    }
}

/// Increments that read first would lose some on PostgreSQL; one statement does not, and on SQLite writers queue.
#[tokio::test]
async fn no_increment_is_lost() {
    for database in Database::both().await {
        let store = database.open().await;
        let mut tx = store.write().await.expect("a write");
        tx.execute("INSERT INTO key_checks (id, check_value) VALUES ('n', '0')", &[])
            .await
            .expect("inserted");
        tx.commit().await.expect("committed");
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let store = store.clone();
                operation_spawn(async move {
                    for _ in 0..10 {
                        let mut tx = store.write().await.expect("a write");
                        tx.execute(
                            "UPDATE key_checks SET check_value = CAST(CAST(check_value AS BIGINT) + 1 AS TEXT) WHERE id = 'n'",
                            &[],
                        )
                        .await
                        .expect("updated");
                        tx.commit().await.expect("committed");
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("no panic");
        }
        let mut tx = store.read().await.expect("a read");
        let row = tx.one("SELECT check_value FROM key_checks WHERE id = 'n'", &[]).await.expect("one");
        assert_eq!(row.get::<String>("check_value").expect("value"), "80");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the floor of operations, whose spawn is meant for it, stands above this one"
)]
fn operation_spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> tokio::task::JoinHandle<()> {
    tokio::spawn(future)
}

/// Two servers on one database would each keep verdicts that the other revokes.
#[tokio::test]
async fn a_second_server_is_refused() {
    for database in Database::both().await {
        let store = database.open().await;
        let second = Store::open(&database.url).await.err().expect("refused");
        assert_eq!(second.kind, ErrorKind::Held);
        assert!(second.to_string().contains("another server"), "{second}");
        let beside = Store::open_beside(&database.url).await.expect("a command works beside it");
        beside.beat().await.expect("it answers");
        drop(store);
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    for database in Database::both().await {
        let store = database.open().await;
        let mut tx = store.write().await.expect("a write");
        tx.execute("INSERT INTO schema_changes (number, name, applied_at) VALUES (9999, 'later', 0)", &[])
            .await
            .expect("inserted");
        tx.commit().await.expect("committed");
        store.close().await;
        drop(store);
        let error = loop {
            match Store::open(&database.url).await {
                Err(error) if error.kind == ErrorKind::Held => tokio::task::yield_now().await,
                Err(error) => break error,
                Ok(_) => panic!("a newer schema was opened"),
            }
        };
        assert!(error.to_string().contains("newer version"), "{error}");
    }
}

/// R2: what is acknowledged is on the disk.
#[tokio::test]
async fn sqlite_syncs_every_commit() {
    let database = Database::sqlite();
    let store = database.open().await;
    let mut tx = store.write().await.expect("a write");
    let value: i64 =
        tx.one("PRAGMA synchronous", &[]).await.expect("one").get("synchronous").expect("a number");
    assert_eq!(value, 2, "FULL");
    let mode: String =
        tx.one("PRAGMA journal_mode", &[]).await.expect("one").get("journal_mode").expect("text");
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn an_address_of_another_kind_is_explained() {
    let error = Store::open("mysql://x").await.err().expect("refused");
    assert!(error.to_string().contains("sqlite:"), "{error}");
    let error = Store::open("postgres://nobody:secret@127.0.0.1:1/x").await.err().expect("unreachable");
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(!error.to_string().contains("secret"));
}
