//! Last uses that come too often to be written one by one.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use kernel::{Error, SessionId, Timestamp};
use operation::{Housekeeping, World};

use crate::rows;

/// Few enough that nobody who changes something waits for long.
const IN_ONE_TRANSACTION: usize = 2048;

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

    /// Writes all of them. How many. What could not be written is kept for the next time.
    pub async fn flush(&self, world: &World) -> Result<usize, Error> {
        let mut noted: Vec<(SessionId, Timestamp)> = self.lock().iter().map(|(id, at)| (*id, *at)).collect();
        // One order for everybody, so that two writers never wait for each other.
        noted.sort_unstable();
        for part in noted.chunks(IN_ONE_TRANSACTION) {
            let mut note = Housekeeping::begin(world).await?;
            for uses in part.chunks(rows::TOUCHED_AT_ONCE) {
                rows::touch_many(&mut note, uses).await?;
            }
            note.commit().await?;
            // A use that came meanwhile stays.
            let mut left = self.lock();
            for (id, at) in part {
                if left.get(id) == Some(at) {
                    left.remove(id);
                }
            }
        }
        Ok(noted.len())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Timestamp>> {
        // A map of instants is whole after any panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
