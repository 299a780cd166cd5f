//! The table `sign_in_failures`.

use kernel::{Error, Timestamp};
use store::{Connection, args};

use crate::model::Failures;

/// The count of a subject, held until the transaction ends: of two tries at the same moment, the second sees the first.
pub async fn hold(tx: &mut Connection, subject: &str, now: Timestamp) -> Result<Failures, Error> {
    tx.execute(
        "INSERT INTO sign_in_failures (subject, failures, first_at, last_at) VALUES ($1, 0, $2, $2) \
         ON CONFLICT (subject) DO UPDATE SET failures = sign_in_failures.failures",
        &args![subject, now],
    )
    .await?;
    let row = tx
        .one("SELECT failures, first_at, last_at FROM sign_in_failures WHERE subject = $1", &args![subject])
        .await?;
    Ok(Failures {
        failures: row.get("failures")?,
        first_at: row.get("first_at")?,
        last_at: row.get("last_at")?,
    })
}

pub async fn save(tx: &mut Connection, subject: &str, counted: Failures) -> Result<(), Error> {
    tx.execute(
        "UPDATE sign_in_failures SET failures = $2, first_at = $3, last_at = $4 WHERE subject = $1",
        &args![subject, counted.failures, counted.first_at, counted.last_at],
    )
    .await?;
    Ok(())
}

pub async fn forget(tx: &mut Connection, subject: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM sign_in_failures WHERE subject = $1", &args![subject]).await?;
    Ok(())
}

/// Takes back one count: the try was no failure after all.
pub async fn uncount(tx: &mut Connection, subject: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE sign_in_failures SET failures = failures - 1 WHERE subject = $1 AND failures > 0",
        &args![subject],
    )
    .await?;
    Ok(())
}

pub async fn forget_old(tx: &mut Connection, before: Timestamp) -> Result<(), Error> {
    tx.execute("DELETE FROM sign_in_failures WHERE last_at < $1", &args![before]).await?;
    Ok(())
}
