//! The table `key_checks`, and every column whose values are sealed.

use kernel::Error;
use store::{Connection, args};

/// What shows the keys that this database may hold something under.
pub async fn checks(tx: &mut Connection) -> Result<Vec<String>, Error> {
    let rows = tx.all("SELECT check_value FROM key_checks ORDER BY id", &[]).await?;
    Ok(rows.iter().map(|row| row.get("check_value")).collect::<Result<_, _>>()?)
}

pub async fn insert_check(tx: &mut Connection, name: &str, check: &str) -> Result<(), Error> {
    tx.execute("INSERT INTO key_checks (id, check_value) VALUES ($1, $2)", &args![name, check]).await?;
    Ok(())
}

/// How many others there were.
pub async fn forget_other_checks(tx: &mut Connection, check: &str) -> Result<u64, Error> {
    Ok(tx.execute("DELETE FROM key_checks WHERE check_value <> $1", &args![check]).await?)
}

/// One column of sealed values, each bound to what identifies its row.
pub struct Sealed {
    pub table: &'static str,
    pub column: &'static str,
    after: &'static str,
    save: &'static str,
    count_other: &'static str,
}

macro_rules! sealed {
    ($table:literal, $column:literal) => {
        sealed!($table, $column, by "id")
    };
    ($table:literal, $column:literal, by $key:literal) => {
        Sealed {
            table: $table,
            column: $column,
            after: concat!(
                "SELECT ",
                $key,
                " AS id, ",
                $column,
                " AS value FROM ",
                $table,
                " WHERE ",
                $key,
                " > $1 ORDER BY ",
                $key,
                " LIMIT $2"
            ),
            save: concat!(
                "UPDATE ", $table, " SET ", $column, " = $3 WHERE ", $key, " = $1 AND ", $column, " = $2"
            ),
            count_other: concat!("SELECT COUNT(*) AS n FROM ", $table, " WHERE ", $column, " NOT LIKE $1"),
        }
    };
}

/// All of them. What is missing here would be lost with the key that it is sealed under.
pub const SEALED: &[Sealed] = &[
    sealed!("signing_keys", "sealed_private_key"),
    sealed!("totp_keys", "sealed_key"),
    sealed!("single_sign_on_settings", "sealed_secret"),
    sealed!("partner_tokens", "sealed_token", by "grant_id"),
];

impl Sealed {
    /// The next rows, with their values.
    pub async fn after(
        &self,
        tx: &mut Connection,
        after: &str,
        limit: usize,
    ) -> Result<Vec<(String, String)>, Error> {
        let limit = i64::try_from(limit).map_err(Error::internal)?;
        let rows = tx.all(self.after, &args![after, limit]).await?;
        rows.iter().map(|row| Ok((row.get("id")?, row.get("value")?))).collect()
    }

    /// Puts a value in place of the one that was read.
    pub async fn save(&self, tx: &mut Connection, row: &str, before: &str, anew: &str) -> Result<(), Error> {
        if tx.execute(self.save, &args![row, before, anew]).await? == 1 {
            return Ok(());
        }
        Err(Error::internal(format!("what is sealed in {row} was changed by somebody else")))
    }

    /// How many values are not sealed under the key of this name.
    pub async fn count_other(&self, tx: &mut Connection, name: &str) -> Result<i64, Error> {
        // A name is hexadecimal, so nothing in it means anything to LIKE.
        Ok(tx.one(self.count_other, &args![format!("{name}.%")]).await?.get("n")?)
    }
}
