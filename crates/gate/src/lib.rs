//! The answer from memory, and the promise that a revoke is kept: **once [`Gate::revoke`] has returned, no verdict that
//! rests on a revoked key is given again.**
//!
//! A verdict is a *yes* that can name the keys that it rests on: the grant, the session, the user, … A change that can
//! turn a yes into a no names its keys; every verdict that rests on one of them falls, and the next request is judged
//! anew from the database. Three rules keep the promise:
//!
//! 1. A verdict is put in with the [`Snapshot`] that was taken *before* the database was read for it. If a change that
//!    touches one of its keys came since, it is not put in: it was computed from what is no longer so.
//! 2. Expiry is compared at each look, never remembered as an answer.
//! 3. The whole memory is good until a moment that the caller moves forward while it can reach the database
//!    ([`Gate::renew`]). Past it the gate knows nothing, and nothing is a no.
//!
//! **Invariant:** nothing in here waits, reads or writes, and nothing in here knows a capability. Several nodes differ from
//! one in *who calls* `revoke` and `renew` and when `commit` may return, not in what a verdict is.

mod verdicts;

use std::sync::{Arc, PoisonError, RwLock};

use kernel::{
    Timestamp,
    id::{Id, Kind},
};

pub use verdicts::{Grounded, Snapshot, Verdict, VerdictId, Verdicts};

/// Something that a verdict rests on: an id of any kind, so that ids of two kinds never meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    kind: [u8; 3],
    id: [u8; 16],
}

impl<K: Kind> From<Id<K>> for Key {
    fn from(id: Id<K>) -> Self {
        let mut kind = [0; 3];
        for (slot, byte) in kind.iter_mut().zip(K::PREFIX.bytes()) {
            *slot = byte;
        }
        Self { kind, id: *id.as_bytes() }
    }
}

impl Key {
    /// The id in it, if it is one of this kind.
    pub fn id<K: Kind>(self) -> Option<Id<K>> {
        let id = Id::<K>::from_bytes(self.id);
        (Self::from(id).kind == self.kind).then_some(id)
    }
}

/// What a write transaction needs of the gate, whatever its verdicts hold.
pub trait Revocations: Send + Sync + 'static {
    /// Lets every verdict fall that rests on one of the keys. See [`Gate::revoke`].
    fn revoke(&self, keys: &[Key]);
}

/// For a process that answers nobody: it holds no verdict that could fall.
impl Revocations for () {
    fn revoke(&self, _: &[Key]) {}
}

/// The verdicts of this node, shared between its threads.
#[derive(Debug)]
pub struct Gate<V> {
    verdicts: RwLock<Verdicts<V>>,
}

impl<V: Grounded> Gate<V> {
    /// An empty gate that keeps at most `capacity` verdicts. It answers nothing until [`Gate::renew`] was called.
    pub fn new(capacity: usize) -> Self {
        Self { verdicts: RwLock::new(Verdicts::new(capacity)) }
    }

    /// To be taken before the database is read for a verdict.
    pub fn snapshot(&self) -> Snapshot {
        self.read(Verdicts::snapshot)
    }

    /// Keeps a verdict. `false` if a change came since the snapshot that touches it, so that it must be judged anew.
    pub fn put(&self, id: VerdictId, verdict: Arc<Verdict<V>>) -> bool {
        self.write(|verdicts| verdicts.put(id, verdict))
    }

    /// The verdict that holds at `now`, if one is known.
    pub fn find(&self, id: VerdictId, now: Timestamp) -> Option<Arc<Verdict<V>>> {
        self.read(|verdicts| verdicts.find(id, now).cloned())
    }

    /// Something that the verdict held last under this id knows, whether or not it still stands. It is no answer to who
    /// may come in: that is [`Gate::find`] alone.
    pub fn last<T>(&self, id: VerdictId, look: impl FnOnce(&V) -> T) -> Option<T> {
        self.read(|verdicts| verdicts.last(id).map(look))
    }

    /// Every verdict that rests on one of the keys falls, and none computed from before this moment is put in.
    /// To be called after the commit and before anybody is told that it is done.
    pub fn revoke(&self, keys: &[Key]) {
        if !keys.is_empty() {
            self.write(|verdicts| verdicts.revoke(keys));
        }
    }

    /// The memory agrees with the database at least until `until`.
    pub fn renew(&self, until: Timestamp) {
        self.write(|verdicts| verdicts.renew(until));
    }

    /// Forgets everything, for a node that lost touch.
    pub fn clear(&self) {
        self.write(Verdicts::clear);
    }

    /// Lets go of what has ended by time. Changes no answer, only memory.
    pub fn sweep(&self, now: Timestamp) {
        self.write(|verdicts| verdicts.sweep(now));
    }

    /// How many verdicts are held.
    pub fn len(&self) -> usize {
        self.read(Verdicts::len)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All verdicts held, for those who write down what happened under them.
    pub fn all(&self) -> Vec<Arc<Verdict<V>>> {
        self.read(|verdicts| verdicts.all().cloned().collect())
    }

    // A poisoned lock means that a thread panicked between two assignments of plain data. Every state that this can leave
    // is one in which too few verdicts are held, so going on says no too often, never yes.
    fn read<T>(&self, look: impl FnOnce(&Verdicts<V>) -> T) -> T {
        look(&self.verdicts.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut Verdicts<V>) -> T) -> T {
        change(&mut self.verdicts.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<V: Grounded + Send + Sync + 'static> Revocations for Gate<V> {
    fn revoke(&self, keys: &[Key]) {
        Self::revoke(self, keys);
    }
}

#[cfg(test)]
mod tests;
