//! The place of the one server on a PostgreSQL database: held by a session, lost with it, and taken anew.

use std::{
    str::FromStr,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use sqlx::{ConnectOptions as _, PgConnection, postgres::PgConnectOptions};
use tokio::{
    sync::Mutex,
    time::{sleep, timeout},
};

use crate::Error;

/// "LATCH" as a number: the advisory lock that the one server process holds on a PostgreSQL database.
const SERVER_LOCK: i64 = 0x4c_41_54_43_48;

/// PostgreSQL may see a server that was killed a moment ago for a moment longer.
const LINGERS: u32 = 10;
const LOOKED_EVERY: Duration = Duration::from_millis(200);

/// How often this server had to take its place anew. In between, another one may have been here: what is remembered of
/// the database from an earlier tenure may be wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tenure(u64);

pub(crate) struct Place {
    options: PgConnectOptions,
    held: Mutex<Held>,
    is_lost: AtomicBool,
}

struct Held {
    /// `None` while it is asked, and once it has failed.
    session: Option<PgConnection>,
    tenure: Tenure,
}

/// How this server connects.
pub(crate) fn options(url: &str) -> Result<PgConnectOptions, Error> {
    Ok(PgConnectOptions::from_str(url)?.application_name("latchstring").statement_cache_capacity(256))
}

impl Place {
    /// Waits a moment for the end of a server that was here before.
    pub(crate) async fn take(options: &PgConnectOptions) -> Result<Self, Error> {
        let mut looks = 0;
        let session = loop {
            if let Some(session) = locked(options).await? {
                break session;
            }
            looks += 1;
            if looks > LINGERS {
                return Err(taken());
            }
            sleep(LOOKED_EVERY).await;
        };
        let held = Mutex::new(Held { session: Some(session), tenure: Tenure::default() });
        Ok(Self { options: options.clone(), held, is_lost: AtomicBool::new(false) })
    }

    /// Whether it was lost when that was looked at last.
    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    /// Looks whether the place is still held, and takes it anew if its session is gone.
    pub(crate) async fn keep(&self, patience: Duration) -> Result<Tenure, Error> {
        let kept = match timeout(patience, self.keep_or_take()).await {
            Ok(kept) => kept,
            Err(late) => Err(Error::unavailable(late)),
        };
        self.is_lost.store(kept.is_err(), Ordering::Relaxed);
        kept
    }

    async fn keep_or_take(&self) -> Result<Tenure, Error> {
        let mut held = self.held.lock().await;
        // Taken out while it is asked: if nobody waits for the answer any more, the session is closed, and is not used with
        // half an answer in it.
        if let Some(mut session) = held.session.take()
            && sqlx::query("SELECT 1").execute(&mut session).await.is_ok()
        {
            held.session = Some(session);
            return Ok(held.tenure);
        }
        held.session = Some(locked(&self.options).await?.ok_or_else(taken)?);
        held.tenure = Tenure(held.tenure.0 + 1);
        Ok(held.tenure)
    }
}

/// A session with the lock, if nobody else has it.
async fn locked(options: &PgConnectOptions) -> Result<Option<PgConnection>, Error> {
    let mut session = options.clone().connect().await?;
    // PostgreSQL finds out within seconds that the machine at the other end is gone, and gives its locks back.
    sqlx::raw_sql(
        "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3",
    )
    .execute(&mut session)
    .await?;
    let is_ours: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
        .bind(SERVER_LOCK)
        .fetch_one(&mut session)
        .await?;
    Ok(is_ours.then_some(session))
}

fn taken() -> Error {
    Error::held("another server works on this PostgreSQL database: stop it first.")
}
