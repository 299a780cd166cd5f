//! Opening a database: what each of the two needs so that the promises hold.

use std::{fs::File, path::Path, path::PathBuf, str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    Connection as _, PgPool, SqliteConnection, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::Mutex;

use crate::{
    Error, ReadTx, WriteTx,
    connection::{Connection, Inner},
    migrations,
};

/// "LATCH" as a number: the advisory lock that the one server process holds on a PostgreSQL database.
const SERVER_LOCK: i64 = 0x4c_41_54_43_48;

/// How long a request waits for a connection before it is told that the database cannot answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Database>);

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

enum Database {
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
        /// Held for the life of the server, so that no second one works on the file.
        _lock: Option<File>,
    },
    Postgres {
        pool: PgPool,
        /// The session whose advisory lock says that this server is the one; `None` where none is needed.
        lock: Option<Mutex<sqlx::PgConnection>>,
    },
}

impl Store {
    /// Opens the database for the one server that works on it, and brings its schema up to date.
    ///
    /// `url` is `sqlite:PATH` or `postgres://…`.
    pub async fn open(url: &str) -> Result<Self, Error> {
        let store = Self::connect(url, true).await?;
        migrations::run(&store).await?;
        Ok(store)
    }

    /// Opens the database beside a server that may be running, for commands that take nothing away from anybody.
    pub async fn open_beside(url: &str) -> Result<Self, Error> {
        let store = Self::connect(url, false).await?;
        migrations::check(&store).await?;
        Ok(store)
    }

    async fn connect(url: &str, is_server: bool) -> Result<Self, Error> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            return Self::sqlite(Path::new(path.trim_start_matches("//")), is_server).await;
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Self::postgres(url, is_server).await;
        }
        Err(Error::fault("database.url must begin with sqlite: or postgres://"))
    }

    async fn sqlite(path: &Path, is_server: bool) -> Result<Self, Error> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| {
                Error::unavailable(format!("cannot make the folder {}: {error}", folder.display()))
            })?;
        }
        let lock = if is_server { Some(lock_file(path)?) } else { None };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(is_server)
            .journal_mode(SqliteJournalMode::Wal)
            // FULL: the log is on disk before a commit returns, also when the power goes.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
            .statement_cache_capacity(256);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(PATIENCE)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .after_release(|connection, _| Box::pin(is_usable(connection)))
            .connect_with(options.clone())
            .await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(PATIENCE)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .after_release(|connection, _| Box::pin(is_usable(connection)))
            .connect_with(options.pragma("query_only", "on"))
            .await?;
        Ok(Self(Arc::new(Database::Sqlite { writer, readers, _lock: lock })))
    }

    async fn postgres(url: &str, is_server: bool) -> Result<Self, Error> {
        let options =
            PgConnectOptions::from_str(url)?.application_name("latchstring").statement_cache_capacity(256);
        let lock = if is_server { Some(Mutex::new(server_lock(&options).await?)) } else { None };
        let pool =
            PgPoolOptions::new().max_connections(10).acquire_timeout(PATIENCE).connect_with(options).await?;
        Ok(Self(Arc::new(Database::Postgres { pool, lock })))
    }

    pub fn kind(&self) -> Kind {
        match &*self.0 {
            Database::Sqlite { .. } => Kind::Sqlite,
            Database::Postgres { .. } => Kind::Postgres,
        }
    }

    /// A transaction that sees one moment.
    pub async fn read(&self) -> Result<ReadTx, Error> {
        Ok(ReadTx(Connection(match &*self.0 {
            Database::Sqlite { readers, .. } => Inner::Sqlite(readers.begin().await?),
            Database::Postgres { pool, .. } => {
                Inner::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        })))
    }

    /// A transaction that changes. On SQLite there is one at a time, and it says so at its beginning, because a
    /// transaction that begins by reading cannot always go on to write.
    pub async fn write(&self) -> Result<WriteTx, Error> {
        Ok(WriteTx(Connection(match &*self.0 {
            Database::Sqlite { writer, .. } => Inner::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Database::Postgres { pool, .. } => Inner::Postgres(pool.begin().await?),
        })))
    }

    /// Shows that the database answers and that this server is still the one that works on it.
    pub async fn beat(&self) -> Result<(), Error> {
        match &*self.0 {
            Database::Sqlite { .. } => {
                let mut tx = self.read().await?;
                tx.one("SELECT COUNT(*) AS n FROM schema_changes", &[]).await?;
            }
            Database::Postgres { pool, lock } => {
                if let Some(lock) = lock {
                    // The session that holds the lock: gone with it, another server may be the one by now.
                    sqlx::query("SELECT 1").execute(&mut *lock.lock().await).await?;
                }
                sqlx::query("SELECT 1").execute(pool).await?;
            }
        }
        Ok(())
    }

    /// Waits for running statements and closes the files.
    pub async fn close(&self) {
        match &*self.0 {
            Database::Sqlite { writer, readers, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Database::Postgres { pool, .. } => pool.close().await,
        }
    }
}

/// Whether a connection that comes back can be used again. When a commit fails, as on a full disk, SQLite has often ended
/// the transaction by itself and the library goes on counting it; such a connection would take no transaction any more,
/// so it is closed and another one is opened.
async fn is_usable(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // The rollback of a transaction that was dropped may still be on its way; it comes before this.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

fn lock_file(database: &Path) -> Result<File, Error> {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    let path = PathBuf::from(name);
    let file = File::create(&path).map_err(|error| {
        Error::unavailable(format!("cannot make the lock file {}: {error}", path.display()))
    })?;
    file.try_lock().map_err(|_| {
        Error::unavailable(format!(
            "another server works on {}: stop it first. One SQLite database has one server; several nodes need PostgreSQL.",
            database.display()
        ))
    })?;
    Ok(file)
}

async fn server_lock(options: &PgConnectOptions) -> Result<sqlx::PgConnection, Error> {
    use sqlx::ConnectOptions as _;
    let mut connection = options.clone().connect().await?;
    let is_ours: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
        .bind(SERVER_LOCK)
        .fetch_one(&mut connection)
        .await?;
    if is_ours {
        Ok(connection)
    } else {
        Err(Error::unavailable("another server works on this PostgreSQL database: stop it first."))
    }
}
