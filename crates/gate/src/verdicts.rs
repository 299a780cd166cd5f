//! The state machine itself: plain data, one thread, no clock.

use std::{collections::HashMap, sync::Arc};

use kernel::Timestamp;

use crate::Key;

/// How many keys of past changes are remembered. Then the verdicts that rest on them are let go of in one sweep, and a
/// verdict whose computation began before is not put in, whatever it rests on: refusing a good one costs a look at the
/// database, taking a bad one breaks the promise.
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

/// A verdict, and the snapshot that it was computed from.
#[derive(Debug)]
struct Held<V> {
    verdict: Arc<Verdict<V>>,
    snapshot: Snapshot,
}

/// A change only notes its keys, so that it takes the same short time however many verdicts there are; each look
/// compares. What fell is let go of later.
#[derive(Debug)]
pub struct Verdicts<V> {
    held: HashMap<VerdictId, Held<V>>,
    capacity: usize,
    /// The number of the last change.
    changes: u64,
    /// Keys of recent changes with the number of the last change that touched them.
    touched: HashMap<Key, u64>,
    /// Changes up to this number are no longer remembered key by key, and no verdict that they touched is held.
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
            forgotten: 0,
            fresh_until: None,
        }
    }

    pub const fn snapshot(&self) -> Snapshot {
        Snapshot(self.changes)
    }

    pub fn put(&mut self, id: VerdictId, snapshot: Snapshot, verdict: Arc<Verdict<V>>) -> bool {
        let held = Held { verdict, snapshot };
        if snapshot.0 < self.forgotten || has_fallen(&self.touched, self.changes, &held) {
            return false;
        }
        if self.held.len() < self.capacity || self.held.contains_key(&id) {
            self.held.insert(id, held);
        }
        true
    }

    pub fn find(&self, id: VerdictId, now: Timestamp) -> Option<&Arc<Verdict<V>>> {
        let fresh = self.fresh_until.is_some_and(|until| now < until);
        let held = self.held.get(&id)?;
        (fresh && now < held.verdict.until && !has_fallen(&self.touched, self.changes, held))
            .then_some(&held.verdict)
    }

    pub fn revoke(&mut self, keys: &[Key]) {
        self.changes += 1;
        self.touched.extend(keys.iter().map(|key| (*key, self.changes)));
        if self.touched.len() > REMEMBERED {
            let Self { held, touched, changes, .. } = self;
            held.retain(|_, held| !has_fallen(touched, *changes, held));
            self.touched.clear();
            self.forgotten = self.changes;
        }
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
        self.fresh_until = None;
    }

    pub fn sweep(&mut self, now: Timestamp) {
        let Self { held, touched, changes, .. } = self;
        held.retain(|_, held| now < held.verdict.until && !has_fallen(touched, *changes, held));
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

    /// Those that a look would find, but for time.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Verdict<V>>> {
        let standing = self.held.values().filter(|held| !has_fallen(&self.touched, self.changes, held));
        standing.map(|held| &held.verdict)
    }
}

/// A change since the verdict's snapshot touched one of its keys.
fn has_fallen<V>(touched: &HashMap<Key, u64>, changes: u64, held: &Held<V>) -> bool {
    let touched_since = |key: &Key| touched.get(key).is_some_and(|change| *change > held.snapshot.0);
    changes > held.snapshot.0 && held.verdict.keys.iter().any(touched_since)
}
