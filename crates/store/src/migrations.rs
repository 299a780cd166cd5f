//! The schema, step by step. Each step is one transaction, so that a kill between two leaves a known state.

use kernel::Timestamp;

use crate::{Error, Store, args, open::Kind};

struct Migration {
    number: i64,
    name: &'static str,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "the padlock", sql: include_str!("../migrations/0001_the_padlock.sql") },
    Migration {
        number: 2,
        name: "the second factor",
        sql: include_str!("../migrations/0002_the_second_factor.sql"),
    },
    Migration { number: 3, name: "partners", sql: include_str!("../migrations/0003_partners.sql") },
    Migration {
        number: 4,
        name: "temporary credentials",
        sql: include_str!("../migrations/0004_temporary_credentials.sql"),
    },
    Migration {
        number: 5,
        name: "levels of authentication",
        sql: include_str!("../migrations/0005_mfa_levels.sql"),
    },
    Migration {
        number: 6,
        name: "single sign-on",
        sql: include_str!("../migrations/0006_single_sign_on.sql"),
    },
];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_changes (\
    number BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)";

/// Applies what is missing. Refuses a database that a newer version has changed.
pub async fn run(store: &Store) -> Result<(), Error> {
    let mut tx = store.write().await?;
    tx.script(TABLE).await?;
    tx.commit().await?;
    for migration in MIGRATIONS {
        let mut tx = store.write().await?;
        if store.kind() == Kind::Postgres {
            tx.script("LOCK TABLE schema_changes IN EXCLUSIVE MODE").await?;
        }
        let done = tx
            .optional("SELECT name FROM schema_changes WHERE number = $1", &args![migration.number])
            .await?;
        if done.is_none() {
            tx.script(migration.sql).await?;
            tx.execute(
                "INSERT INTO schema_changes (number, name, applied_at) VALUES ($1, $2, $3)",
                &args![migration.number, migration.name, applied_at()],
            )
            .await?;
            tx.commit().await?;
        }
    }
    check(store).await
}

/// The schema is the one that this version knows.
pub async fn check(store: &Store) -> Result<(), Error> {
    let mut tx = store.read().await?;
    let newest: Option<i64> =
        tx.one("SELECT MAX(number) AS newest FROM schema_changes", &[]).await?.get("newest")?;
    let known = MIGRATIONS.last().map(|migration| migration.number);
    match newest {
        newest if newest == known => Ok(()),
        newest if newest > known => Err(Error::fault(
            "a newer version of Latchstring has changed this database: run that version, or restore a backup",
        )),
        _ => Err(Error::fault(
            "the database is not set up: run `latchstring init` or `latchstring serve` first",
        )),
    }
}

/// For the operator who looks into the table; nothing is decided by it, so it is the one wall clock outside `Clock`.
fn applied_at() -> Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "display only, and the store is opened before there is a clock"
    )]
    let now = std::time::SystemTime::now();
    let micros = now.duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_micros());
    Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}
