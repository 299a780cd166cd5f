//! What a database can say no with, by what can be done about it.

use std::fmt;

/// A failed statement.
#[derive(Debug)]
pub struct Error {
    pub kind: ErrorKind,
    source: Box<dyn std::error::Error + Send + Sync>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// A unique index said no: somebody was first.
    Taken,
    /// Another process is the one that works on this database.
    Held,
    /// Unreachable, busy beyond patience, or full: nothing was done, and a later try may succeed.
    Unavailable,
    /// A fault of ours or of the database.
    Fault,
}

impl Error {
    pub(crate) fn fault(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { kind: ErrorKind::Fault, source: source.into() }
    }

    pub(crate) fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { kind: ErrorKind::Unavailable, source: source.into() }
    }

    pub(crate) fn held(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { kind: ErrorKind::Held, source: source.into() }
    }

    pub fn is_taken(&self) -> bool {
        self.kind == ErrorKind::Taken
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let kind = match &error {
            sqlx::Error::Database(database) if database.is_unique_violation() => ErrorKind::Taken,
            sqlx::Error::Database(database) => match database.code().as_deref() {
                // SQLite, primary result code in the low byte: BUSY 5, LOCKED 6, READONLY 8, IOERR 10, FULL 13, CANTOPEN 14.
                Some(code)
                    if code
                        .parse::<u32>()
                        .is_ok_and(|n| matches!(n & 0xff, 5 | 6 | 8 | 10 | 13 | 14) && n < 10_000) =>
                {
                    ErrorKind::Unavailable
                }
                // PostgreSQL: 08 connection, 25006 read-only, 40 rolled back, 53 no resources (disk full), 57 shutting down, 58 I/O.
                Some(code)
                    if code.len() == 5
                        && (["08", "40", "53", "57", "58"].contains(&&code[..2]) || code == "25006") =>
                {
                    ErrorKind::Unavailable
                }
                _ => ErrorKind::Fault,
            },
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => ErrorKind::Unavailable,
            _ => ErrorKind::Fault,
        };
        Self { kind, source: Box::new(error) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "database: {}", self.source)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.source)
    }
}

impl From<Error> for kernel::Error {
    /// A unique violation that nobody expected is a fault of ours.
    fn from(error: Error) -> Self {
        match error.kind {
            ErrorKind::Unavailable | ErrorKind::Held => Self::Unavailable(error.to_string()),
            ErrorKind::Taken | ErrorKind::Fault => Self::internal(error),
        }
    }
}
