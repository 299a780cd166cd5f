//! The state machine itself: plain data, one thread, no clock.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use kernel::Timestamp;

use crate::Key;

/// How many past changes are remembered key by key. A verdict that took longer to compute than this many changes is not
/// put in, whatever it rests on: refusing a good one costs a look at the database, taking a bad one breaks the promise.
const REMEMBERED: usize = 4096;

/// Which verdict: 128 bits that only the bearer of the session and the application together lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VerdictId(pub [u8; 16]);

/// A yes, what it rests on, and until when.
#[derive(Debug)]
pub struct Verdict<V> {
    pub keys: Box<[Key]>,
    /// The first moment at which it no longer holds.
    pub until: Timestamp,
    pub value: V,
}

/// A place in the order of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Snapshot(u64);

#[derive(Debug)]
pub struct Verdicts<V> {
    held: HashMap<VerdictId, Arc<Verdict<V>>>,
    capacity: usize,
    /// The number of the last change.
    changes: u64,
    /// Keys of recent changes with the number of the last change that touched them.
    touched: HashMap<Key, u64>,
    /// The same in the order of the changes, to forget the oldest.
    order: VecDeque<(u64, Key)>,
    /// Changes up to this number are no longer remembered key by key.
    forgotten: u64,
    fresh_until: Option<Timestamp>,
}

impl<V> Verdicts<V> {
    pub fn new(capacity: usize) -> Self {
        Self {
            held: HashMap::new(),
            capacity,
            changes: 0,
            touched: HashMap::new(),
            order: VecDeque::new(),
            forgotten: 0,
            fresh_until: None,
        }
    }

    pub const fn snapshot(&self) -> Snapshot {
        Snapshot(self.changes)
    }

    pub fn put(&mut self, id: VerdictId, snapshot: Snapshot, verdict: Arc<Verdict<V>>) -> bool {
        let touched_since = |key: &Key| self.touched.get(key).is_some_and(|change| *change > snapshot.0);
        if snapshot.0 < self.forgotten || verdict.keys.iter().any(touched_since) {
            return false;
        }
        if self.held.len() < self.capacity || self.held.contains_key(&id) {
            self.held.insert(id, verdict);
        }
        true
    }

    pub fn find(&self, id: VerdictId, now: Timestamp) -> Option<&Arc<Verdict<V>>> {
        let fresh = self.fresh_until.is_some_and(|until| now < until);
        self.held.get(&id).filter(|verdict| fresh && now < verdict.until)
    }

    pub fn revoke(&mut self, keys: &[Key]) {
        self.changes += 1;
        for key in keys {
            self.touched.insert(*key, self.changes);
            self.order.push_back((self.changes, *key));
        }
        while self.order.len() > REMEMBERED {
            if let Some((change, key)) = self.order.pop_front() {
                self.forgotten = change;
                if self.touched.get(&key) == Some(&change) {
                    self.touched.remove(&key);
                }
            }
        }
        self.held.retain(|_, verdict| !verdict.keys.iter().any(|key| keys.contains(key)));
    }

    pub fn renew(&mut self, until: Timestamp) {
        self.fresh_until = Some(until);
    }

    pub fn clear(&mut self) {
        // What was read before is as stale as what was held.
        self.changes += 1;
        self.forgotten = self.changes;
        self.held.clear();
        self.touched.clear();
        self.order.clear();
        self.fresh_until = None;
    }

    pub fn sweep(&mut self, now: Timestamp) {
        self.held.retain(|_, verdict| now < verdict.until);
        if self.held.capacity() > 4 * self.held.len() + 1024 {
            self.held.shrink_to_fit();
        }
    }

    pub fn len(&self) -> usize {
        self.held.len()
    }

    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    pub fn all(&self) -> impl Iterator<Item = &Arc<Verdict<V>>> {
        self.held.values()
    }
}
