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

/// The last use of each session that was answered from memory, until it is written and everybody can read it.
#[derive(Debug, Default)]
pub struct Touches(Mutex<HashMap<SessionId, Use>>);

#[derive(Debug, Clone, Copy)]
struct Use {
    at: Timestamp,
    is_written: bool,
}

impl Touches {
    /// The session was used, and was good when it was.
    pub fn note(&self, id: SessionId, at: Timestamp) {
        let mut noted = self.lock();
        let last = noted.entry(id).or_insert(Use { at, is_written: false });
        if at > last.at {
            *last = Use { at, is_written: false };
        }
    }

    /// The last use that may not stand in the database yet: who judges anew from there adds it to what they read.
    pub fn last(&self, id: SessionId) -> Option<Timestamp> {
        self.lock().get(&id).map(|last| last.at)
    }

    /// Writes all of them. How many. What could not be written is kept for the next time. What was written is kept until
    /// the next time too: somebody who began to read before the commit sees the use neither there nor here otherwise,
    /// and takes a session that is in use for an idle one.
    pub async fn flush(&self, world: &World) -> Result<usize, Error> {
        let mut noted: Vec<(SessionId, Timestamp)> = {
            let mut all = self.lock();
            all.retain(|_, last| !last.is_written);
            all.iter().map(|(id, last)| (*id, last.at)).collect()
        };
        // One order for everybody, so that two writers never wait for each other.
        noted.sort_unstable();
        for part in noted.chunks(IN_ONE_TRANSACTION) {
            let mut note = Housekeeping::begin(world).await?;
            for uses in part.chunks(rows::TOUCHED_AT_ONCE) {
                rows::touch_many(&mut note, uses).await?;
            }
            note.commit().await?;
            // A use that came meanwhile is still to be written.
            let mut all = self.lock();
            for (id, at) in part {
                if let Some(last) = all.get_mut(id).filter(|last| last.at == *at) {
                    last.is_written = true;
                }
            }
        }
        Ok(noted.len())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Use>> {
        // A map of instants is whole after any panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
