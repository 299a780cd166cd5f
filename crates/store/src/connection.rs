//! Statements, on whichever of the two databases.

use std::ops::{Deref, DerefMut};

use sqlx::{Postgres, Row as _, Sqlite, Transaction, postgres::PgRow, sqlite::SqliteRow};

use crate::{Error, FromCell, Value};

/// A transaction of either kind. Rows functions take `&mut Connection` and do not care which.
pub struct Connection(pub(crate) Inner);

pub(crate) enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// One line of an answer.
pub struct Row(RowInner);

enum RowInner {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

macro_rules! bound {
    ($sql:expr, $args:expr) => {{
        let mut query = sqlx::query($sql);
        for value in $args {
            query = match value {
                Value::Text(text) => query.bind(text.clone()),
                Value::Integer(integer) => query.bind(*integer),
            };
        }
        query
    }};
}

impl Connection {
    /// All rows of the answer.
    pub async fn all(&mut self, sql: &'static str, args: &[Value]) -> Result<Vec<Row>, Error> {
        Ok(match &mut self.0 {
            Inner::Sqlite(tx) => bound!(sql, args)
                .fetch_all(&mut **tx)
                .await?
                .into_iter()
                .map(|row| Row(RowInner::Sqlite(row)))
                .collect(),
            Inner::Postgres(tx) => bound!(sql, args)
                .fetch_all(&mut **tx)
                .await?
                .into_iter()
                .map(|row| Row(RowInner::Postgres(row)))
                .collect(),
        })
    }

    /// The first row, if there is one.
    pub async fn optional(&mut self, sql: &'static str, args: &[Value]) -> Result<Option<Row>, Error> {
        Ok(match &mut self.0 {
            Inner::Sqlite(tx) => {
                bound!(sql, args).fetch_optional(&mut **tx).await?.map(|row| Row(RowInner::Sqlite(row)))
            }
            Inner::Postgres(tx) => {
                bound!(sql, args).fetch_optional(&mut **tx).await?.map(|row| Row(RowInner::Postgres(row)))
            }
        })
    }

    /// The row that an aggregate always gives.
    pub async fn one(&mut self, sql: &'static str, args: &[Value]) -> Result<Row, Error> {
        self.optional(sql, args).await?.ok_or_else(|| Error::fault("no row where there is always one"))
    }

    /// Changes rows, and says how many.
    pub async fn execute(&mut self, sql: &'static str, args: &[Value]) -> Result<u64, Error> {
        Ok(match &mut self.0 {
            Inner::Sqlite(tx) => bound!(sql, args).execute(&mut **tx).await?.rows_affected(),
            Inner::Postgres(tx) => bound!(sql, args).execute(&mut **tx).await?.rows_affected(),
        })
    }

    /// Several statements without values: migrations.
    pub(crate) async fn script(&mut self, sql: &'static str) -> Result<(), Error> {
        match &mut self.0 {
            Inner::Sqlite(tx) => sqlx::raw_sql(sql).execute(&mut **tx).await.map(drop)?,
            Inner::Postgres(tx) => sqlx::raw_sql(sql).execute(&mut **tx).await.map(drop)?,
        }
        Ok(())
    }
}

impl Row {
    /// The value of a column, by its name.
    pub fn get<T: FromCell>(&self, column: &str) -> Result<T, Error> {
        macro_rules! cell {
            ($row:expr) => {
                if T::IS_TEXT {
                    $row.try_get::<Option<String>, _>(column)?.map_or_else(T::from_null, T::from_text)
                } else {
                    $row.try_get::<Option<i64>, _>(column)?.map_or_else(T::from_null, T::from_integer)
                }
            };
        }
        match &self.0 {
            RowInner::Sqlite(row) => cell!(row),
            RowInner::Postgres(row) => cell!(row),
        }
    }
}

/// Sees the database as it was at one moment; changes nothing.
pub struct ReadTx(pub(crate) Connection);

/// Changes the database, all or nothing. Dropped without a commit, it changes nothing.
pub struct WriteTx(pub(crate) Connection);

impl WriteTx {
    /// Returns when the change is on disk.
    pub async fn commit(self) -> Result<(), Error> {
        match self.0.0 {
            Inner::Sqlite(tx) => tx.commit().await?,
            Inner::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

impl Deref for ReadTx {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.0
    }
}
impl DerefMut for ReadTx {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}
impl Deref for WriteTx {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.0
    }
}
impl DerefMut for WriteTx {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}
