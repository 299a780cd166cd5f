//! News for open pages and for products: what was just committed.
//!
//! News are a hint to look again, never the truth: who misses some reloads.

use std::{
    collections::HashMap,
    fmt::Display,
    sync::{Arc, Mutex, PoisonError},
};

use kernel::{Error, EventId, GrantId, OrganizationId, Timestamp};
use tokio::sync::broadcast::{self, error::RecvError};

use crate::audit::Recorded;

/// How many news a slow listener may be behind before it is told that it missed some.
const BEHIND: usize = 1024;

/// The kind of news that [`Live::tell_activity`] tells.
pub const ACTIVITY: &str = "grant.activity";

/// So many streams one listener may have open. Each holds a connection, and without connections no proxy gets an answer.
const STREAMS: usize = 100;

pub struct Live {
    news: broadcast::Sender<Recorded>,
    open: Arc<Mutex<HashMap<String, usize>>>,
}

impl Default for Live {
    fn default() -> Self {
        Self { news: broadcast::Sender::new(BEHIND), open: Arc::default() }
    }
}

/// One open stream; dropping it makes room for another.
pub struct Stream {
    news: broadcast::Receiver<Recorded>,
    who: String,
    open: Arc<Mutex<HashMap<String, usize>>>,
}

impl Stream {
    pub async fn recv(&mut self) -> Result<Recorded, RecvError> {
        self.news.recv().await
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.who) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.who);
            }
        }
    }
}

impl Live {
    pub(crate) fn tell(&self, news: Recorded) {
        // No listener is no fault.
        drop(self.news.send(news));
    }

    /// Tells that an outsider does something in a product. Such news have no entry of their own in the log: they stand in
    /// the record of activity.
    pub fn tell_activity(&self, id: EventId, at: Timestamp, organization: OrganizationId, grant: GrantId) {
        self.tell(Recorded {
            id,
            at,
            kind: ACTIVITY,
            refused: false,
            organization: Some(organization),
            grant: Some(grant),
            session: None,
            subject: String::new(),
        });
    }

    /// For the server itself.
    pub fn listen(&self) -> broadcast::Receiver<Recorded> {
        self.news.subscribe()
    }

    /// For a stream to `who` outside: a person, a session or a key. Refused beyond a hundred at once.
    pub fn listen_as(&self, who: impl Display) -> Result<Stream, Error> {
        let who = who.to_string();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(who.clone()).or_insert(0);
        if *count >= STREAMS {
            return Err(Error::TooMany { retry_after_seconds: 60 });
        }
        *count += 1;
        Ok(Stream { news: self.news.subscribe(), who, open: Arc::clone(&self.open) })
    }
}
