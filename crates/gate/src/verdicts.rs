//! The state machine itself: plain data, one thread, no clock.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use kernel::Timestamp;

use crate::Key;

/// How many keys of past changes are remembered. Then the verdicts that rest on them are let go of in one sweep, and a
/// verdict whose computation began before is not put in, whatever it rests on: refusing a good one costs a look at the
/// database, taking a bad one breaks the promise.
const REMEMBERED: usize = 4096;

/// Which verdict: 128 bits that only the bearer of the session and the application together lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VerdictId(pub [u8; 16]);

/// What a verdict holds: whoever has it can name everything that it rests on.
pub trait Grounded {
    /// Every key whose revoke takes the yes away. The same for as long as the verdict is held.
    fn keys(&self) -> impl Iterator<Item = Key>;
}

/// A place in the order of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Snapshot(u64);

/// A yes, what it rests on, and until when.
#[derive(Debug)]
pub struct Verdict<V> {
    /// Taken before the database was read for it.
    snapshot: Snapshot,
    /// The first moment at which it no longer holds.
    pub until: Timestamp,
    pub value: V,
}

impl<V> Verdict<V> {
    pub const fn new(snapshot: Snapshot, until: Timestamp, value: V) -> Self {
        Self { snapshot, until, value }
    }
}

/// A change only notes its keys, so that it takes the same short time however many verdicts there are; each look
/// compares. What fell is let go of later.
#[derive(Debug)]
pub struct Verdicts<V> {
    /// A tree and not a table, so that it grows a little at a time: a table that doubles makes everybody wait for it, and
    /// takes the room of the old one besides.
    held: BTreeMap<VerdictId, Arc<Verdict<V>>>,
    capacity: usize,
    /// The number of the last change.
    changes: u64,
    /// Keys of recent changes with the number of the last change that touched them.
    touched: HashMap<Key, u64>,
    /// Changes up to this number are no longer remembered key by key, and no verdict that they touched is held.
    forgotten: u64,
    fresh_until: Option<Timestamp>,
}

impl<V: Grounded> Verdicts<V> {
    pub fn new(capacity: usize) -> Self {
        Self {
            held: BTreeMap::new(),
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

    pub fn put(&mut self, id: VerdictId, verdict: Arc<Verdict<V>>) -> bool {
        if verdict.snapshot.0 < self.forgotten || has_fallen(&self.touched, self.changes, &verdict) {
            return false;
        }
        if self.held.len() < self.capacity || self.held.contains_key(&id) {
            self.held.insert(id, verdict);
        }
        true
    }

    pub fn find(&self, id: VerdictId, now: Timestamp) -> Option<&Arc<Verdict<V>>> {
        let is_fresh = self.fresh_until.is_some_and(|until| now < until);
        let verdict = self.held.get(&id)?;
        (is_fresh && now < verdict.until && !has_fallen(&self.touched, self.changes, verdict))
            .then_some(verdict)
    }

    /// What was held last, whether or not it still stands.
    pub fn last(&self, id: VerdictId) -> Option<&V> {
        self.held.get(&id).map(|verdict| &verdict.value)
    }

    pub fn revoke(&mut self, keys: &[Key]) {
        self.changes += 1;
        self.touched.extend(keys.iter().map(|key| (*key, self.changes)));
        if self.touched.len() > REMEMBERED {
            let Self { held, touched, changes, .. } = self;
            held.retain(|_, verdict| !has_fallen(touched, *changes, verdict));
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
        held.retain(|_, verdict| now < verdict.until && !has_fallen(touched, *changes, verdict));
    }

    pub fn len(&self) -> usize {
        self.held.len()
    }

    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Those that a look would find, but for time.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Verdict<V>>> {
        self.held.values().filter(|verdict| !has_fallen(&self.touched, self.changes, verdict))
    }
}

/// A change since the verdict's snapshot touched one of its keys.
fn has_fallen<V: Grounded>(touched: &HashMap<Key, u64>, changes: u64, verdict: &Verdict<V>) -> bool {
    let since = verdict.snapshot.0;
    changes > since && verdict.value.keys().any(|key| touched.get(&key).is_some_and(|change| *change > since))
}
