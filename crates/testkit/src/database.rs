//! A fresh database for one test.

use std::sync::atomic::{AtomicU32, Ordering};

use kernel::Entropy;
use store::Store;
use tempfile::TempDir;

/// An empty database that nobody else uses.
pub struct Database {
    pub url: String,
    /// Kept so that the file lives as long as the test.
    _folder: Option<TempDir>,
}

impl Database {
    /// A file in a folder of its own.
    ///
    /// # Panics
    /// If no folder can be made.
    #[expect(clippy::expect_used, reason = "a test without a database has failed")]
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the database");
        Self {
            url: format!("sqlite:{}", folder.path().join("latchstring.db").display()),
            _folder: Some(folder),
        }
    }

    /// A database of its own on the PostgreSQL server that `cargo xtask test` starts. `None` where there is none, so that
    /// plain `cargo test` still shows the rest; `cargo xtask test` always has one.
    ///
    /// # Panics
    /// If the server does not make one.
    #[expect(clippy::expect_used, reason = "a test without a database has failed")]
    #[expect(clippy::disallowed_methods, reason = "how the test command tells where its PostgreSQL is")]
    pub async fn postgres() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var("TEST_DATABASE_URL").ok()?;
        let mut chance = [0; 8];
        kernel::entropy::SystemEntropy.fill(&mut chance);
        let name =
            format!("test_{:016x}_{}", u64::from_le_bytes(chance), NUMBER.fetch_add(1, Ordering::Relaxed));
        store::testing::create_postgres_database(&server, &name).await.expect("a database for the test");
        let (address, _) = server.rsplit_once('/').expect("a URL that names a database");
        Some(Self { url: format!("{address}/{name}"), _folder: None })
    }

    /// Both kinds, as far as they are there.
    pub async fn both() -> Vec<Self> {
        let mut all = vec![Self::sqlite()];
        all.extend(Self::postgres().await);
        all
    }

    /// Opens it as the server does, with the schema in place.
    ///
    /// # Panics
    /// If it cannot be opened.
    #[expect(clippy::expect_used, reason = "a test without a database has failed")]
    pub async fn open(&self) -> Store {
        Store::open(&self.url).await.expect("the database opens")
    }
}
