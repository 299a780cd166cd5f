//! For the tests of every crate: a database of its own for each. It stands here because only this crate names the drivers.

use std::str::FromStr;

use sqlx::{AssertSqlSafe, ConnectOptions as _, postgres::PgConnectOptions};

use crate::Error;

/// Makes an empty database on a PostgreSQL server. The name must be letters, digits and `_`.
pub async fn create_postgres_database(server: &str, name: &str) -> Result<(), Error> {
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(Error::fault("a name of letters, digits and _ is needed"));
    }
    let mut connection = PgConnectOptions::from_str(server)?.connect().await?;
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await?;
    Ok(())
}
