//! Random walks over grants of all kinds, on both databases, beside a small model that knows nothing of them but the picture in
//! `docs/grants.md`. What the model says of each grant and of each session, the server must say too.

use std::collections::BTreeMap;

use grants::{EndedHow, Grant, Kind, Mode, NewGrant, State, operations};
use kernel::{Duration, Entropy as _, Error, GrantId, OrganizationId, SessionId, Timestamp, UserId};
use operation::{Call, Work, audit::Entry};
use sessions::{model::Proof, operations::begin_own};
use testkit::{Counting, Database, TestWorld, person};

use crate::support::rows;

const WALKS: u64 = 24;
const STEPS: usize = 60;
/// Few places, so that acts meet.
const ORGANIZATIONS: usize = 2;
const ANSWER_WINDOW: Duration = Duration::minutes(10);

/// One step of a walk. A number chooses among the grants that were made so far.
#[derive(Debug, Clone)]
enum Step {
    /// A pending one: a support token or a partner's.
    Create {
        kind: Kind,
        place: usize,
        minutes: i64,
    },
    /// Credentials, active at once.
    Open {
        place: usize,
        minutes: i64,
    },
    Activate {
        grant: usize,
    },
    /// A partner's client takes the token, with an end or without.
    Complete {
        grant: usize,
        place: usize,
        minutes: Option<i64>,
    },
    Disable {
        grant: usize,
    },
    Enable {
        grant: usize,
    },
    Change {
        grant: usize,
        write: bool,
        minutes: Option<i64>,
    },
    Revoke {
        grant: usize,
        by: usize,
    },
    Expire {
        grant: usize,
    },
    /// Somebody comes in on it.
    Enter {
        grant: usize,
    },
    Wait {
        minutes: i64,
    },
}

/// Chance that repeats: the number of a walk tells all of it.
struct Chance(Counting);

impl Chance {
    fn below(&self, limit: u64) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes) % limit
    }

    fn place(&self) -> usize {
        usize::from(self.below(2) == 1)
    }

    fn grant(&self) -> usize {
        usize::try_from(self.below(12)).expect("small")
    }

    fn minutes(&self) -> i64 {
        i64::try_from(self.below(29) + 1).expect("small")
    }

    fn end(&self) -> Option<i64> {
        (self.below(3) > 0).then(|| self.minutes())
    }

    fn step(&self) -> Step {
        let (grant, place, minutes) = (self.grant(), self.place(), self.minutes());
        match self.below(27) {
            0..3 if self.below(2) == 0 => Step::Create { kind: Kind::SupportToken, place, minutes },
            0..3 => Step::Create { kind: Kind::Partner, place, minutes },
            3..5 => Step::Open { place, minutes },
            5..8 => Step::Activate { grant },
            8..11 => Step::Complete { grant, place, minutes: self.end() },
            11..13 => Step::Disable { grant },
            13..15 => Step::Enable { grant },
            15..17 => Step::Change { grant, write: self.below(2) == 0, minutes: self.end() },
            17..19 => Step::Revoke { grant, by: usize::try_from(self.below(5)).expect("small") },
            19 => Step::Expire { grant },
            20..24 => Step::Enter { grant },
            _ => Step::Wait { minutes },
        }
    }
}

/// What the picture says of one grant.
#[derive(Debug, Clone)]
struct Known {
    kind: Kind,
    /// Where it stands while it is live; a partner's token stands nowhere before it was taken.
    place: Option<usize>,
    state: State,
    /// When the clock ends it.
    due_at: Option<Timestamp>,
    validity: Option<Duration>,
    write: bool,
    /// Somebody is in.
    is_entered: bool,
}

impl Known {
    const fn is_over(&self) -> bool {
        matches!(self.state, State::Expired | State::Revoked)
    }

    fn tick(&mut self, now: Timestamp) {
        if !self.is_over() && self.due_at.is_some_and(|due| due <= now) {
            self.state = State::Expired;
        }
        self.is_entered &= self.state == State::Active;
    }
}

struct Walk {
    test: TestWorld,
    /// Where it is, for whoever reads that it went wrong.
    said: String,
    organizations: Vec<OrganizationId>,
    partner: OrganizationId,
    user: UserId,
    known: BTreeMap<usize, Known>,
    ids: Vec<GrantId>,
    entered: BTreeMap<usize, Vec<SessionId>>,
}

impl Walk {
    async fn begin(test: TestWorld) -> Self {
        let call = test.call();
        let mut work = call.begin().await.expect("a transaction");
        let user = people::operations::create(&mut work, somebody()).await.expect("a person").id;
        let mut organizations = Vec::new();
        for n in 0..=ORGANIZATIONS {
            let id = call.new_id();
            rows::insert_organization(&mut work, id, &format!("Customer {n}"), call.now).await;
            organizations.push(id);
        }
        done(work).await;
        let partner = organizations.pop().expect("one more");
        Self {
            said: String::new(),
            test,
            organizations,
            partner,
            user,
            known: BTreeMap::new(),
            ids: Vec::new(),
            entered: BTreeMap::new(),
        }
    }

    fn call(&self) -> Call {
        self.test.call_by(person(self.user, SessionId::from_bytes([1; 16])))
    }

    async fn find(&self, grant: usize) -> Option<Grant> {
        let id = *self.ids.get(grant)?;
        let mut tx = self.call().read().await.expect("a read");
        operations::find(&mut tx, id).await.expect("a read")
    }

    /// Whether another live one stands where this one would.
    fn is_taken(&self, kind: Kind, place: usize, but: Option<usize>) -> bool {
        self.known.iter().any(|(n, known)| {
            Some(*n) != but && known.kind == kind && known.place == Some(place) && !known.is_over()
        })
    }

    /// What is over by the clock is written down first, as whoever makes another one does.
    async fn settle(&mut self, kind: Kind, place: usize) {
        let overdue: Vec<usize> = self
            .known
            .iter()
            .filter(|(_, known)| {
                known.kind == kind && known.place == Some(place) && known.state == State::Expired
            })
            .map(|(n, _)| *n)
            .collect();
        for n in overdue {
            self.expire(n).await;
        }
    }

    async fn expire(&self, n: usize) -> bool {
        let Some(grant) = self.find(n).await else { return false };
        let mut work = self.call().begin().await.expect("a transaction");
        let ended = operations::end(&mut work, &grant, EndedHow::Expired, None).await;
        keep(work, &ended).await;
        ended.is_ok()
    }

    /// Takes a step at the server and in the model. What the model forbids must have been refused, and changed nothing.
    async fn take(&mut self, step: &Step) {
        let now = self.test.world.clock.now();
        for known in self.known.values_mut() {
            known.tick(now);
        }
        match step.clone() {
            Step::Wait { minutes } => self.test.clock.advance(Duration::minutes(minutes)),
            Step::Create { kind, place, minutes } => self.create(kind, place, minutes, now).await,
            Step::Open { place, minutes } => self.open(place, minutes, now).await,
            Step::Expire { grant } => {
                let is_due = self.known.get(&grant).is_some_and(|known| known.state == State::Expired);
                let is_written = self.find(grant).await.is_some_and(|grant| grant.ended.is_some());
                assert_eq!(self.expire(grant).await, is_due && !is_written, "{step:?}");
            }
            Step::Enter { grant } => self.enter(grant, now).await,
            Step::Activate { .. }
            | Step::Complete { .. }
            | Step::Disable { .. }
            | Step::Enable { .. }
            | Step::Change { .. }
            | Step::Revoke { .. } => self.act(step, now).await,
        }
        self.compare(step).await;
    }

    async fn create(&mut self, kind: Kind, place: usize, minutes: i64, now: Timestamp) {
        let standing = (kind == Kind::SupportToken).then_some(place);
        if let Some(place) = standing {
            self.settle(kind, place).await;
        }
        let validity = (kind == Kind::SupportToken).then(|| Duration::minutes(minutes));
        let new = NewGrant {
            kind,
            organization: standing.map(|place| self.organizations[place]),
            mode: Mode::ReadOnly,
            created_by: self.user,
            created_through: None,
            answer_window: ANSWER_WINDOW,
            validity,
            not_after: None,
        };
        let mut work = self.call().begin().await.expect("a transaction");
        let made = operations::create(&mut work, new).await;
        keep(work, &made).await;
        let is_free = standing.is_none_or(|place| !self.is_taken(kind, place, None));
        assert_eq!(made.is_ok(), is_free, "{made:?}");
        if let Ok(grant) = made {
            self.remember(
                grant,
                Known {
                    kind,
                    place: standing,
                    state: State::Pending,
                    due_at: Some(now + ANSWER_WINDOW),
                    validity,
                    write: false,
                    is_entered: false,
                },
            );
        }
    }

    async fn open(&mut self, place: usize, minutes: i64, now: Timestamp) {
        let kind = Kind::TemporaryCredentials;
        self.settle(kind, place).await;
        let validity = Duration::minutes(minutes);
        let new = NewGrant {
            kind,
            organization: None,
            mode: Mode::ReadOnly,
            created_by: self.user,
            created_through: None,
            answer_window: validity,
            validity: Some(validity),
            not_after: None,
        };
        let mut work = self.call().begin().await.expect("a transaction");
        let made = operations::open(&mut work, new, self.organizations[place]).await;
        keep(work, &made).await;
        assert_eq!(made.is_ok(), !self.is_taken(kind, place, None), "{made:?}");
        if let Ok(grant) = made {
            self.remember(
                grant,
                Known {
                    kind,
                    place: Some(place),
                    state: State::Active,
                    due_at: Some(now + validity),
                    validity: Some(validity),
                    write: false,
                    is_entered: false,
                },
            );
        }
    }

    fn remember(&mut self, grant: Grant, known: Known) {
        self.known.insert(self.ids.len(), known);
        self.ids.push(grant.id);
    }

    async fn act(&mut self, step: &Step, now: Timestamp) {
        let (n, place) = match *step {
            Step::Complete { grant, place, .. } => (grant, Some(place)),
            Step::Activate { grant }
            | Step::Disable { grant }
            | Step::Enable { grant }
            | Step::Change { grant, .. }
            | Step::Revoke { grant, .. } => (grant, None),
            _ => return,
        };
        let Some(grant) = self.find(n).await else { return };
        let before = self.known[&n].clone();
        if let (Step::Complete { .. }, Some(place)) = (step, place) {
            self.settle(Kind::Partner, place).await;
        }
        let is_blocked = place.is_some_and(|place| self.is_taken(Kind::Partner, place, Some(n)));
        let end = |minutes: Option<i64>| minutes.map(|minutes| now + Duration::minutes(minutes));
        // The picture, written once more, by hand.
        let after = match (step, before.kind, before.state) {
            (Step::Activate { .. }, Kind::SupportToken, State::Pending) => Some(Known {
                state: State::Active,
                due_at: before.validity.map(|validity| now + validity),
                ..before.clone()
            }),
            (Step::Complete { minutes, .. }, Kind::Partner, State::Pending) if !is_blocked => {
                Some(Known { state: State::Active, place, due_at: end(*minutes), ..before.clone() })
            }
            (Step::Disable { .. }, Kind::Partner, State::Active) => {
                Some(Known { state: State::Disabled, is_entered: false, ..before.clone() })
            }
            (Step::Enable { .. }, Kind::Partner, State::Disabled) => {
                Some(Known { state: State::Active, ..before.clone() })
            }
            (Step::Change { write, minutes, .. }, Kind::Partner, State::Active | State::Disabled) => {
                Some(Known { write: *write, due_at: end(*minutes), ..before.clone() })
            }
            (Step::Revoke { .. }, _, State::Pending | State::Active | State::Disabled) => {
                Some(Known { state: State::Revoked, is_entered: false, ..before.clone() })
            }
            _ => None,
        };
        let mut work = self.call().begin().await.expect("a transaction");
        let mode = |write: bool| if write { Mode::Write } else { Mode::ReadOnly };
        let done = match *step {
            // A token that leads nowhere yet is completed, not activated.
            Step::Activate { .. } if before.kind != Kind::SupportToken => return,
            Step::Complete { .. } if before.kind != Kind::Partner => return,
            Step::Activate { .. } => operations::activate(&mut work, &grant).await,
            Step::Complete { place, minutes, .. } => {
                let client = self.organizations[place];
                operations::complete(&mut work, &grant, self.partner, client, Mode::ReadOnly, end(minutes))
                    .await
            }
            Step::Disable { .. } => operations::disable(&mut work, &grant).await,
            Step::Enable { .. } => operations::enable(&mut work, &grant).await,
            Step::Change { write, minutes, .. } => {
                operations::change(&mut work, &grant, mode(write), end(minutes)).await
            }
            Step::Revoke { by, .. } => {
                let hows = EndedHow::ALL.into_iter().filter(|how| *how != EndedHow::Expired);
                let how = hows.cycle().nth(by).expect("there are some");
                operations::end(&mut work, &grant, how, Some((self.user, "Joana".to_owned()))).await
            }
            _ => return,
        };
        keep(work, &done).await;
        assert_eq!(done.is_ok(), after.is_some(), "{step:?} on {before:?}: {done:?}");
        if let Err(error) = &done {
            assert!(matches!(error, Error::Conflict(..)), "{error:?}");
        }
        if let Some(after) = after {
            self.known.insert(n, after);
        }
    }

    /// A session inside the account, begun as an entry begins one: only while the grant says that somebody may be in.
    async fn enter(&mut self, n: usize, now: Timestamp) {
        let Some(grant) = self.find(n).await else { return };
        let is_open = grant.until(now).is_some();
        assert_eq!(is_open, self.known[&n].state == State::Active);
        if !is_open {
            return;
        }
        let organization = grant.organization.expect("whoever is in is somewhere");
        let mut work = self.call().begin().await.expect("a transaction");
        let own = work.call().new_id();
        begin_own(&mut work, own, self.user, Proof::default()).await.expect("a session");
        let own = sessions::operations::find(&mut work, own).await.expect("a read").expect("it is there");
        let until = grant.until(now).expect("it is open");
        let application = rows::any_application(&mut work, now).await;
        let (inside, _) =
            sessions::operations::begin_acting(&mut work, &own, application, organization, grant.id, until)
                .await
                .expect("a session");
        done(work).await;
        self.entered.entry(n).or_default().push(inside);
        if let Some(known) = self.known.get_mut(&n) {
            known.is_entered = true;
        }
    }

    async fn compare(&mut self, step: &Step) {
        let (now, said) = (self.test.world.clock.now(), self.said.clone());
        let mut tx = self.call().read().await.expect("a read");
        for (n, known) in &mut self.known {
            known.tick(now);
            let grant =
                operations::find(&mut tx, self.ids[*n]).await.expect("a read").expect("nothing is lost");
            assert_eq!(grant.state(now), known.state, "{said}: {n} after {step:?}: {known:?} {grant:?}");
            assert_eq!(grant.kind, known.kind);
            assert_eq!(grant.mode == Mode::Write, known.write, "{said}: {n} after {step:?}");
            assert_eq!(grant.until(now).is_some(), known.state == State::Active);
            if !known.is_over() {
                assert_eq!(grant.deadline(), known.due_at, "{said}: {n} after {step:?}");
            }
            // Nobody is in where nobody may be: by the session's own end, or by the grant's, which each look compares.
            for id in self.entered.get(n).into_iter().flatten() {
                let session =
                    sessions::operations::find(&mut tx, *id).await.expect("a read").expect("nothing is lost");
                if session.is_good(now) {
                    assert!(known.state == State::Active, "{said}: {n} after {step:?}: somebody is still in");
                }
                if matches!(known.state, State::Revoked | State::Disabled) {
                    assert!(
                        session.ended_at.is_some(),
                        "{said}: {n} after {step:?}: ended in the same commit"
                    );
                }
            }
        }
        // One at each place.
        for (n, known) in &self.known {
            if let Some(place) = known.place.filter(|_| !known.is_over()) {
                assert!(
                    !self.is_taken(known.kind, place, Some(*n)),
                    "{said}: two stand at one place after {step:?}"
                );
            }
        }
    }
}

fn somebody() -> people::NewUser {
    people::NewUser {
        email: "joana@aurora.example".parse().expect("an address"),
        name: "Joana".to_owned(),
        external_id: None,
        language: String::new(),
        time_zone: String::new(),
    }
}

async fn done(work: Work) {
    work.commit(Entry::new("test.arranged")).await.expect("committed");
}

/// Commits what succeeded; what was refused leaves nothing behind.
async fn keep<T>(work: Work, result: &Result<T, Error>) {
    if result.is_ok() {
        done(work).await;
    }
}

/// A5, A13, A30, B11, D9, S47: whatever is done in whatever order, a grant is what the picture says, at most one is live at a
/// place, nothing returns from expired or revoked, and nobody is in where nobody may be.
#[tokio::test]
async fn grants_walk_as_the_picture_says() {
    for number in 0..WALKS {
        for database in Database::both().await {
            let chance = Chance(Counting::new(number));
            let mut walk = Walk::begin(TestWorld::on(database).await).await;
            for place in 0..STEPS {
                walk.said = format!("walk {number}, step {place}");
                let step = chance.step();
                walk.take(&step).await;
            }
        }
    }
}
