//! Last uses that come too often to be written one by one.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use kernel::{Error, SessionId, Timestamp};
use operation::{Housekeeping, World};

use crate::rows;

/// The last use of each session that was answered from memory, until it is written.
#[derive(Debug, Default)]
pub struct Touches(Mutex<HashMap<SessionId, Timestamp>>);

impl Touches {
    /// The session was used, and was good when it was.
    pub fn note(&self, id: SessionId, at: Timestamp) {
        let mut noted = self.lock();
        let last = noted.entry(id).or_insert(at);
        *last = (*last).max(at);
    }

    /// The last use that is not written yet: who judges anew from the database adds it to what stands there.
    pub fn last(&self, id: SessionId) -> Option<Timestamp> {
        self.lock().get(&id).copied()
    }

    /// Writes all of them in one transaction. How many. What could not be written is kept for the next time.
    pub async fn flush(&self, world: &World) -> Result<usize, Error> {
        let noted: Vec<(SessionId, Timestamp)> = self.lock().iter().map(|(id, at)| (*id, *at)).collect();
        if noted.is_empty() {
            return Ok(0);
        }
        let mut note = Housekeeping::begin(world).await?;
        for (id, at) in &noted {
            rows::touch(&mut note, *id, *at).await?;
        }
        note.commit().await?;
        // A use that came meanwhile stays.
        let mut left = self.lock();
        for (id, at) in &noted {
            if left.get(id) == Some(at) {
                left.remove(id);
            }
        }
        Ok(noted.len())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Timestamp>> {
        // A map of instants is whole after any panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
