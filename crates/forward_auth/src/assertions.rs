//! Assertions that were signed a moment ago, with the headers around them. Bounded, and never the reason for a yes.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use gate::VerdictId;
use http::HeaderMap;
use kernel::Timestamp;

/// Parts, so that threads seldom wait for each other.
const PARTS: usize = 16;
/// In each part.
const ROOM: usize = 1024;

/// The headers of a yes, as long as their assertion has time left.
struct Signed {
    /// Of the verdict that it was signed for.
    stamp: u32,
    renewed_at: Timestamp,
    headers: HeaderMap,
}

pub struct Assertions {
    parts: [RwLock<HashMap<VerdictId, Signed>>; PARTS],
}

impl Assertions {
    pub fn new() -> Self {
        Self { parts: std::array::from_fn(|_| RwLock::default()) }
    }

    fn part(&self, id: VerdictId) -> &RwLock<HashMap<VerdictId, Signed>> {
        // The id is part of a hash, so any of its bytes spreads evenly.
        &self.parts[usize::from(id.0[0]) % PARTS]
    }

    /// The headers for the verdict with this stamp, if their assertion is good for a while yet.
    pub fn find(&self, id: VerdictId, stamp: u32, now: Timestamp) -> Option<HeaderMap> {
        let part = self.part(id).read().unwrap_or_else(PoisonError::into_inner);
        part.get(&id)
            .filter(|signed| signed.stamp == stamp && now < signed.renewed_at)
            .map(|signed| signed.headers.clone())
    }

    pub fn put(&self, id: VerdictId, stamp: u32, now: Timestamp, renewed_at: Timestamp, headers: HeaderMap) {
        let mut part = self.part(id).write().unwrap_or_else(PoisonError::into_inner);
        if part.len() >= ROOM && !part.contains_key(&id) {
            part.retain(|_, signed| now < signed.renewed_at);
            if part.len() >= ROOM {
                // All are in use: any half goes, and is signed again when it is needed.
                let mut kept = 0;
                part.retain(|_, _| {
                    kept += 1;
                    kept % 2 == 0
                });
            }
        }
        part.insert(id, Signed { stamp, renewed_at, headers });
    }

    /// Lets go of what is over.
    pub fn sweep(&self, now: Timestamp) {
        for part in &self.parts {
            part.write().unwrap_or_else(PoisonError::into_inner).retain(|_, signed| now < signed.renewed_at);
        }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| part.read().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }
}
