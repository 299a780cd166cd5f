//! The state machine, against a model that is small enough to be seen to be right.

use kernel::{Duration, GrantId, OrganizationId, Timestamp, UserId, entropy::Counting};
use proptest::prelude::*;

use crate::{
    EndedHow, Grant, Kind, Mode, NewGrant, State,
    model::{Act, next},
};

const START: Timestamp = Timestamp::from_seconds(1_790_000_000);

fn grant(answer_window: Duration, validity: Duration, not_after: Option<Timestamp>) -> Grant {
    let chance = Counting::new(1);
    let new = NewGrant {
        kind: Kind::SupportToken,
        organization: Some(OrganizationId::new(START, &chance)),
        mode: Mode::default(),
        created_by: UserId::new(START, &chance),
        created_through: None,
        answer_window,
        validity: Some(validity),
        not_after,
    };
    Grant::new(GrantId::new(START, &chance), new, START)
}

/// What somebody does, and how many seconds later.
#[derive(Debug, Clone, Copy)]
enum Step {
    Activate,
    Revoke(EndedHow),
    Expire,
}

fn steps() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let step = prop_oneof![
        Just(Step::Activate),
        prop::sample::select(vec![
            EndedHow::Customer,
            EndedHow::Agent,
            EndedHow::Vendor,
            EndedHow::AgentRemoved
        ])
        .prop_map(Step::Revoke),
        Just(Step::Expire),
    ];
    prop::collection::vec((0i64..40, step), 0..12)
}

/// The same in four words: since when it is open if it is, and whether somebody shut it.
#[derive(Debug, Default)]
struct Model {
    opened: Option<i64>,
    shut: bool,
    written_down: bool,
}

impl Model {
    const fn over_at(&self, window: i64, validity: i64, limit: i64) -> i64 {
        let natural = match self.opened {
            Some(at) => at + validity,
            None => window,
        };
        if natural < limit { natural } else { limit }
    }
}

proptest! {
    /// A3, A15, A17, A30: whatever is done in whatever order, the state is what the picture says; nothing returns from
    /// expired or revoked, nobody is in before it is taken or after its end, and no step moves the end.
    #[test]
    fn the_state_follows_the_picture(
        window in 1i64..60,
        validity in 1i64..60,
        limit in 1i64..200,
        steps in steps(),
    ) {
        let at = |seconds| START + Duration::seconds(seconds);
        let mut grant = grant(Duration::seconds(window), Duration::seconds(validity), Some(at(limit)));
        let mut model = Model::default();
        let mut now = 0;
        for (wait, step) in steps {
            now += wait;
            let is_over = model.shut || now >= model.over_at(window, validity, limit);
            let was = grant.clone();
            let result = match step {
                Step::Activate => grant.clone().activate(at(now)),
                Step::Revoke(how) => grant.clone().revoke(how, None, at(now)),
                Step::Expire => grant.clone().expire(at(now)),
            };
            let allowed = match step {
                Step::Activate => !is_over && model.opened.is_none(),
                Step::Revoke(_) => !is_over,
                Step::Expire => is_over && !model.shut && !model.written_down,
            };
            prop_assert_eq!(result.is_ok(), allowed, "{:?} at {} on {:?}", step, now, was);
            if let Ok(next) = result {
                match step {
                    Step::Activate => model.opened = Some(now),
                    Step::Revoke(_) => model.shut = true,
                    Step::Expire => model.written_down = true,
                }
                if was.ends_at.is_some() {
                    prop_assert_eq!(next.ends_at, was.ends_at, "an end is never moved");
                }
                grant = next;
            }
            let is_over = now >= model.over_at(window, validity, limit);
            let expected = match (model.shut, is_over, model.opened) {
                (true, ..) => State::Revoked,
                (false, true, _) => State::Expired,
                (false, false, None) => State::Pending,
                (false, false, Some(_)) => State::Active,
            };
            prop_assert_eq!(grant.state(at(now)), expected);
            prop_assert_eq!(grant.until(at(now)).is_some(), expected == State::Active);
            prop_assert_eq!(grant.over_at(at(now)).is_some(), expected.is_over());
        }
    }
}

/// The last microsecond is inside, the moment of the end is outside.
#[test]
fn the_end_is_outside() {
    let grant = grant(Duration::hours(4), Duration::hours(1), None).activate(START).expect("pending");
    let end = grant.ends_at.expect("active");
    assert_eq!(end, START + Duration::hours(1));
    assert_eq!(grant.state(end - Duration::micros(1)), State::Active);
    assert_eq!(grant.state(end), State::Expired);
    assert_eq!(grant.until(end), None);
}

/// A15: the validity runs from the association, not from the making.
#[test]
fn validity_runs_from_the_association() {
    let grant = grant(Duration::hours(4), Duration::hours(1), None);
    let later = START + Duration::hours(3);
    assert_eq!(grant.clone().activate(later).expect("pending").ends_at, Some(later + Duration::hours(1)));
    assert!(grant.activate(START + Duration::hours(4)).is_err(), "nobody took it in time");
}

/// "Until 18:00" is 18:00, however late somebody comes.
#[test]
fn a_named_moment_is_the_latest_end() {
    let limit = START + Duration::hours(2);
    let grant = grant(Duration::hours(4), Duration::hours(2), Some(limit));
    assert_eq!(grant.deadline(), Some(limit));
    assert_eq!(grant.activate(START + Duration::hours(1)).expect("pending").ends_at, Some(limit));
}

/// The words in the database and in the API read back as what they were.
#[test]
fn words_and_values_are_one_to_one() {
    for how in EndedHow::ALL {
        assert_eq!(EndedHow::parse(how.as_str()), Some(how));
    }
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.as_str()), Some(kind));
    }
    for mode in [Mode::ReadOnly, Mode::Write] {
        assert_eq!(Mode::parse(mode.as_str()), Some(mode));
    }
    assert_eq!(Mode::default(), Mode::ReadOnly, "A19");
}

/// A grant that is shut for now lets nobody in, and is not over.
#[test]
fn disabled_is_neither_open_nor_over() {
    let mut grant = grant(Duration::hours(4), Duration::hours(1), None).activate(START).expect("pending");
    grant.disabled_at = Some(START);
    assert_eq!(grant.state(START), State::Disabled);
    assert!(!grant.state(START).is_over() && grant.until(START).is_none());
}

/// A30, B11, B12, D9: in the whole table nothing leads out of expired or revoked, whoever is pending lets nobody in but by
/// being taken, everything that is not over can be ended, and only a partner's grant can be shut for now.
#[test]
fn the_table_has_no_way_back() {
    for kind in Kind::ALL {
        for state in State::ALL {
            for act in Act::ALL {
                let to = next(kind, state, act);
                if state.is_over() {
                    assert_eq!(to, None, "{kind:?} {state:?} {act:?}");
                }
                assert!(
                    to != Some(State::Expired) && to != Some(State::Pending),
                    "{kind:?} {state:?} {act:?}"
                );
                if state == State::Pending && act != Act::Revoke {
                    assert_eq!(to.is_some(), act == Act::Activate);
                }
                if to == Some(State::Disabled) {
                    assert_eq!(kind, Kind::Partner);
                }
            }
            let ends = next(kind, state, Act::Revoke);
            assert_eq!(ends, (!state.is_over()).then_some(State::Revoked));
        }
    }
}

/// B11, B13, B15: a partner's grant leads nowhere before a client takes it, has no end unless the client chooses one, and is
/// shut and opened again as it was.
#[test]
fn a_partners_grant_is_paused_and_changed() {
    let chance = Counting::new(1);
    let new = NewGrant {
        kind: Kind::Partner,
        organization: None,
        mode: Mode::default(),
        created_by: UserId::new(START, &chance),
        created_through: None,
        answer_window: Duration::days(14),
        validity: None,
        not_after: None,
    };
    let client = OrganizationId::new(START, &chance);
    let pending = Grant::new(GrantId::new(START, &chance), new, START);
    assert_eq!(pending.state(START + Duration::days(14)), State::Expired);
    assert!(
        pending.clone().complete(client, Mode::Write, Some(START), START).is_err(),
        "an end that is past"
    );
    assert!(pending.clone().disable(START).is_err() && pending.clone().enable(START).is_err());
    let active = pending.complete(client, Mode::Write, None, START).expect("pending");
    let much_later = START + Duration::days(4000);
    assert_eq!((active.state(much_later), active.deadline()), (State::Active, None));
    assert_eq!(active.until(much_later), Some(Timestamp::MAX));
    let disabled = active.clone().disable(START).expect("active");
    assert_eq!((disabled.state(START), disabled.until(START)), (State::Disabled, None));
    assert!(disabled.clone().disable(START).is_err());
    assert_eq!(disabled.enable(START).expect("disabled"), active);
    let end = START + Duration::days(30);
    let changed = active.change(Mode::ReadOnly, Some(end), START).expect("active");
    assert_eq!((changed.mode, changed.state(end)), (Mode::ReadOnly, State::Expired));
    assert!(changed.change(Mode::Write, None, end).is_err(), "nothing returns");
}
