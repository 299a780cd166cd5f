//! Opening a database: what each of the two needs so that the promises hold.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use kernel::Timestamp;
use sqlx::{
    Connection as _, PgPool, SqliteConnection, SqlitePool,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::time::timeout;

use crate::{
    Error, ReadTx, WriteTx,
    connection::{Connection, Inner},
    migrations,
    place::{self, Place, Tenure},
};

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
        /// Says that this server is the one; `None` where none has to be.
        place: Option<Box<Place>>,
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
        let options = place::options(url)?;
        let place = if is_server { Some(Box::new(Place::take(&options).await?)) } else { None };
        let pool =
            PgPoolOptions::new().max_connections(10).acquire_timeout(PATIENCE).connect_with(options).await?;
        Ok(Self(Arc::new(Database::Postgres { pool, place })))
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
            Database::Postgres { pool, place } => {
                if place.as_ref().is_some_and(|place| place.is_lost()) {
                    return Err(Error::unavailable("this server has lost its place at the database"));
                }
                Inner::Postgres(pool.begin().await?)
            }
        })))
    }

    /// Shows that the database answers and that this server is the one that works on it. A place that was lost with its
    /// connection is taken anew here, if nobody else has it; whoever remembers something of the database compares tenures.
    pub async fn beat(&self) -> Result<Tenure, Error> {
        match &*self.0 {
            Database::Sqlite { .. } => {
                let mut tx = self.read().await?;
                tx.one("SELECT COUNT(*) AS n FROM schema_changes", &[]).await?;
                Ok(Tenure::default())
            }
            Database::Postgres { pool, place } => {
                let tenure = match place {
                    Some(place) => place.keep(PATIENCE).await?,
                    None => Tenure::default(),
                };
                timeout(PATIENCE, sqlx::query("SELECT 1").execute(pool))
                    .await
                    .map_err(Error::unavailable)??;
                Ok(tenure)
            }
        }
    }

    /// The moment by the database's own clock. None where it has none but this machine's.
    pub async fn now(&self) -> Result<Option<Timestamp>, Error> {
        let Database::Postgres { pool, .. } = &*self.0 else { return Ok(None) };
        let micros: i64 =
            sqlx::query_scalar("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)")
                .fetch_one(pool)
                .await?;
        Ok(Some(Timestamp::from_micros(micros)))
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
        Error::held(format!(
            "another server works on {}: stop it first. One SQLite database has one server; several nodes need PostgreSQL.",
            database.display()
        ))
    })?;
    Ok(file)
}
