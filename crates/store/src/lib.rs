//! The database behind one small interface: SQLite or PostgreSQL, one SQL text for both.
//!
//! What it promises: a read transaction sees one moment; a write transaction is all or nothing and, once
//! [`WriteTx::commit`] has returned, survives a kill and a power cut; one server process at a time works on a database.
//!
//! **Invariant:** no other crate names sqlx. Columns are TEXT and BIGINT only. SQL is a `&'static str`, never put together.

mod connection;
mod error;
mod migrations;
mod open;
mod place;
pub mod testing;
mod value;

pub use connection::{Connection, ReadTx, Row, WriteTx};
pub use error::{Error, ErrorKind};
pub use open::{Kind, Store};
pub use place::Tenure;
pub use value::{FromCell, ToValue, Value};

/// The values of `$1`, `$2`, … in order.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { [$($crate::ToValue::to_value(&$value)),*] };
}
