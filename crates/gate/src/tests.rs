use std::collections::HashSet;

use kernel::{GrantId, SessionId};
use proptest::prelude::*;

use super::*;

fn grant(n: u8) -> Key {
    GrantId::from_bytes([n; 16]).into()
}

/// A yes that is nothing but what it rests on.
#[derive(Debug)]
struct Yes(Vec<Key>);

impl Grounded for Yes {
    fn keys(&self) -> impl Iterator<Item = Key> {
        self.0.iter().copied()
    }
}

fn verdict(snapshot: Snapshot, keys: &[Key], until: i64) -> Arc<Verdict<Yes>> {
    Arc::new(Verdict::new(snapshot, Timestamp::from_micros(until), Yes(keys.into())))
}

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn fresh(capacity: usize) -> Gate<Yes> {
    let gate = Gate::new(capacity);
    gate.renew(at(1_000_000));
    gate
}

const ONE: VerdictId = VerdictId([1; 16]);

/// F3: what rests on a revoked key is not given again.
#[test]
fn a_revoked_verdict_falls_and_others_stay() {
    let gate = fresh(10);
    let other = VerdictId([2; 16]);
    assert!(gate.put(ONE, verdict(gate.snapshot(), &[grant(1), grant(9)], 100)));
    assert!(gate.put(other, verdict(gate.snapshot(), &[grant(2)], 100)));
    gate.revoke(&[grant(9)]);
    assert!(gate.find(ONE, at(1)).is_none());
    assert!(gate.find(other, at(1)).is_some(), "A5: nobody else's rights change");
}

/// F3: a verdict computed from before a change is never put in, even if it arrives after it.
#[test]
fn a_verdict_from_an_older_snapshot_is_refused() {
    let gate = fresh(10);
    let before = gate.snapshot();
    gate.revoke(&[grant(1)]);
    assert!(!gate.put(ONE, verdict(before, &[grant(1)], 100)));
    assert!(gate.put(ONE, verdict(before, &[grant(2)], 100)), "a change elsewhere is no obstacle");
    assert!(gate.put(ONE, verdict(gate.snapshot(), &[grant(1)], 100)));
}

#[test]
fn a_snapshot_older_than_what_is_remembered_is_refused() {
    let gate = fresh(10);
    let before = gate.snapshot();
    for n in 0..5000_u32 {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&n.to_be_bytes());
        gate.revoke(&[SessionId::from_bytes(id).into()]);
    }
    assert!(!gate.put(ONE, verdict(before, &[grant(1)], 100)));
    assert!(gate.put(ONE, verdict(gate.snapshot(), &[grant(1)], 100)));
}

/// F3: what fell stays fallen, and what stands stays standing, when the keys of past changes are forgotten.
#[test]
fn forgetting_changes_changes_no_answer() {
    let gate = fresh(10);
    let standing = VerdictId([2; 16]);
    gate.put(ONE, verdict(gate.snapshot(), &[grant(1)], 100));
    gate.put(standing, verdict(gate.snapshot(), &[grant(2)], 100));
    gate.revoke(&[grant(1)]);
    for n in 0..10_000_u32 {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&n.to_be_bytes());
        gate.revoke(&[SessionId::from_bytes(id).into()]);
        assert!(gate.find(ONE, at(1)).is_none());
        assert!(gate.find(standing, at(1)).is_some(), "{n}");
    }
    gate.revoke(&[grant(2)]);
    assert!(gate.find(standing, at(1)).is_none());
}

#[test]
fn expiry_is_compared_at_each_look() {
    let gate = fresh(10);
    gate.put(ONE, verdict(gate.snapshot(), &[], 100));
    assert!(gate.find(ONE, at(99)).is_some());
    assert!(gate.find(ONE, at(100)).is_none());
    assert!(gate.find(ONE, at(99)).is_some(), "a look changes nothing");
}

/// F3: what is known of a fallen verdict is told, and it is no answer.
#[test]
fn a_fallen_verdict_is_remembered_and_not_given() {
    let gate = fresh(10);
    gate.put(ONE, verdict(gate.snapshot(), &[grant(1)], 100));
    gate.revoke(&[grant(1)]);
    assert_eq!(gate.last(ONE, |yes| yes.0.len()), Some(1));
    assert!(gate.find(ONE, at(1)).is_none());
    gate.sweep(at(1));
    assert_eq!(gate.last(ONE, |yes| yes.0.len()), None);
}

/// F5: what cannot be known is a no.
#[test]
fn without_renewal_nothing_is_known() {
    let gate = Gate::new(10);
    gate.put(ONE, verdict(gate.snapshot(), &[], 100));
    assert!(gate.find(ONE, at(1)).is_none());
    gate.renew(at(50));
    assert!(gate.find(ONE, at(49)).is_some());
    assert!(gate.find(ONE, at(50)).is_none());
    let old = gate.snapshot();
    gate.clear();
    gate.renew(at(90));
    assert!(gate.find(ONE, at(51)).is_none());
    assert!(!gate.put(ONE, verdict(old, &[], 100)));
}

#[test]
fn memory_is_bounded() {
    let gate = fresh(2);
    for n in 1..=3 {
        assert!(gate.put(VerdictId([n; 16]), verdict(gate.snapshot(), &[], i64::from(n) * 10)));
    }
    assert_eq!(gate.len(), 2);
    gate.sweep(at(10));
    assert_eq!(gate.len(), 1);
}

#[derive(Debug, Clone)]
enum Step {
    Begin(u8),
    Put(usize),
    Revoke(u8),
    Sweep(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..4_u8).prop_map(Step::Begin),
        (0..8_usize).prop_map(Step::Put),
        (0..4_u8).prop_map(Step::Revoke),
        (0..300_i64).prop_map(Step::Sweep),
    ];
    prop::collection::vec(step, 1..80)
}

proptest! {
    /// F3, against a small model: "the database" is the set of revoked keys; a judge reads it, may be slow, and puts in
    /// what it read. Whatever the order, after a revoke no look finds a verdict that rests on the key.
    #[test]
    fn whatever_the_order_a_revoked_key_carries_nothing(steps in steps()) {
        let gate = fresh(100);
        let mut revoked: HashSet<u8> = HashSet::new();
        let mut judging: Vec<(u8, Snapshot, bool)> = Vec::new();
        for step in steps {
            match step {
                Step::Begin(n) => judging.push((n, gate.snapshot(), !revoked.contains(&n))),
                Step::Put(which) => {
                    if !judging.is_empty() {
                        let (n, snapshot, yes) = judging.remove(which % judging.len());
                        if yes {
                            gate.put(VerdictId([n; 16]), verdict(snapshot, &[grant(n)], 1000));
                        }
                    }
                }
                Step::Revoke(n) => {
                    revoked.insert(n);
                    gate.revoke(&[grant(n)]);
                }
                Step::Sweep(now) => gate.sweep(at(now)),
            }
            for n in &revoked {
                prop_assert!(gate.find(VerdictId([*n; 16]), at(1)).is_none());
            }
        }
    }
}
