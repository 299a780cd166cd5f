//! The schema, step by step. Each step is one transaction, so that a kill between two leaves a known state.
//!
//! **Invariant:** a step that a database has gone through is the one that stands here. Whoever changes a step that went out in a
//! version makes databases of that version unusable, and hears of it here and not from a statement that fails later.

use kernel::Timestamp;
use sha2::{Digest as _, Sha256};

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

impl Migration {
    /// As it is written down: the name, and a fingerprint of what the step does. Comments and spaces are not in it.
    fn label(&self) -> String {
        let mut hasher = Sha256::new();
        let words =
            self.sql.lines().filter_map(|line| line.split("--").next()).flat_map(str::split_whitespace);
        for word in words {
            hasher.update(word);
            hasher.update(" ");
        }
        let digest = hasher.finalize();
        format!("{} {:02x}{:02x}{:02x}{:02x}", self.name, digest[0], digest[1], digest[2], digest[3])
    }
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_changes (\
    number BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)";

/// Applies what is missing. Refuses a database that a newer version has changed.
pub async fn run(store: &Store) -> Result<(), Error> {
    let mut tx = store.write().await?;
    tx.script(TABLE).await?;
    tx.commit().await?;
    // Before anything is done to a database that this version does not know.
    require_known(store).await?;
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
                &args![migration.number, migration.label(), applied_at()],
            )
            .await?;
            tx.commit().await?;
        }
    }
    check(store).await
}

/// Every step that the database went through is one of this version's.
async fn require_known(store: &Store) -> Result<(), Error> {
    let mut tx = store.read().await?;
    for row in tx.all("SELECT number, name FROM schema_changes ORDER BY number", &[]).await? {
        let (number, label): (i64, String) = (row.get("number")?, row.get("name")?);
        match MIGRATIONS.iter().find(|migration| migration.number == number) {
            None => {
                return Err(Error::fault(
                    "a newer version of Latchstring has changed this database: run that version, or restore a backup",
                ));
            }
            Some(migration) if migration.label() != label => {
                return Err(Error::fault(format!(
                    "this database went through another step {number} ({label}) than this version has ({}): it was made by \
                     a version that was never released. Run that version, or begin with a new database",
                    migration.label()
                )));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// The schema is the one that this version knows.
pub async fn check(store: &Store) -> Result<(), Error> {
    require_known(store).await?;
    let mut tx = store.read().await?;
    let newest: Option<i64> =
        tx.one("SELECT MAX(number) AS newest FROM schema_changes", &[]).await?.get("newest")?;
    let known = MIGRATIONS.last().map(|migration| migration.number);
    if newest == known {
        Ok(())
    } else {
        Err(Error::fault("the database is not set up: run `latchstring init` or `latchstring serve` first"))
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
