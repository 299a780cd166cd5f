//! Last uses of sessions that are answered from memory: noted with each, written a few at a time.
//!
//! A verdict itself knows when its session was used last, and that decides whether it is idle. The rows are for whoever has
//! no verdict: after a restart a session may seem to be unused for as long as a round takes, which errs on the closed side.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use gate::Verdict;
use kernel::{Duration, Error, MembershipId, SessionId, Timestamp};
use operation::{Housekeeping, World};
use sessions::model::Use;

use crate::model::{Place, Standing};

/// All that wait when a round begins are written in it, evenly: a session that is in use is written once in a round.
const ROUND: Duration = Duration::minutes(1);

/// So few that neither an answer nor anybody who changes something waits for them noticeably.
const AT_ONCE: usize = 128;

type Waiting = VecDeque<Arc<Verdict<Standing>>>;

/// The verdicts whose sessions were used since that was written last, each once, in the order of their first use.
#[derive(Default)]
pub struct Uses {
    waiting: Mutex<Waiting>,
    /// Held by whoever writes: what is written is taken from the front afterwards.
    writing: tokio::sync::Mutex<()>,
}

impl Uses {
    /// The session was used, and was good when it was.
    pub fn note(&self, verdict: &Arc<Verdict<Standing>>, now: Timestamp) {
        if verdict.value.is_first_use(now) {
            self.lock().push_back(Arc::clone(verdict));
        }
    }

    /// Writes the oldest few. What could not be written stays for the next time. How many.
    async fn write_some(&self, world: &World) -> Result<usize, Error> {
        let _one = self.writing.lock().await;
        let part: Vec<_> = self.lock().iter().take(AT_ONCE).cloned().collect();
        if part.is_empty() {
            return Ok(0);
        }
        // One order for everybody, so that two writers never wait for each other.
        let mut uses: BTreeMap<SessionId, Use> = BTreeMap::new();
        let mut accesses: BTreeMap<MembershipId, Timestamp> = BTreeMap::new();
        let mut written = Vec::with_capacity(part.len());
        for verdict in &part {
            let Some((first_at, last_at)) = verdict.value.unwritten() else { continue };
            written.push((verdict, last_at));
            let grounds = verdict.value.grounds();
            // The session that it hangs on is in use with it.
            for session in [grounds.session, grounds.parent] {
                let used = uses.entry(session).or_insert(Use { session, first_at, last_at });
                used.first_at = used.first_at.min(first_at);
                used.last_at = used.last_at.max(last_at);
            }
            if let Place::Membership(membership) = grounds.place {
                let last = accesses.entry(membership).or_insert(last_at);
                *last = (*last).max(last_at);
            }
        }
        let uses: Vec<_> = uses.into_values().collect();
        let accesses: Vec<_> = accesses.into_iter().collect();
        let mut note = Housekeeping::begin(world).await?;
        // Memberships first, as whoever ends one does.
        organizations::operations::note_accesses(&mut note, &accesses).await?;
        sessions::operations::write_uses(&mut note, &uses).await?;
        note.commit().await?;
        let mut waiting = self.lock();
        waiting.drain(..part.len());
        for (verdict, last_at) in written {
            if verdict.value.is_used_since(last_at) {
                waiting.push_back(Arc::clone(verdict));
            }
        }
        let (length, room) = (waiting.len(), waiting.capacity());
        if room > 4 * length + 1024 {
            waiting.shrink_to(2 * length);
        }
        Ok(part.len())
    }

    /// Writes all that wait now.
    pub async fn write_all(&self, world: &World) -> Result<(), Error> {
        let mut left = self.lock().len();
        while left > 0 {
            left = left.saturating_sub(self.write_some(world).await?.max(1));
        }
        Ok(())
    }

    /// Writes round after round, for as long as the server lives.
    pub async fn run(&self, world: &World) {
        loop {
            let parts = self.lock().len().div_ceil(AT_ONCE).max(1);
            let pause = Duration::micros(ROUND.as_micros() / i64::try_from(parts).unwrap_or(i64::MAX));
            for _ in 0..parts {
                world.clock.wait_until(world.clock.now() + pause).await;
                if let Err(error) = self.write_some(world).await {
                    tracing::warn!(%error, "last uses could not be written");
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // A list of shared verdicts is whole after any panic.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
