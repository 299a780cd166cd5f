//! Writing down what outsiders do in the product.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    hash::{BuildHasher as _, RandomState},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kernel::{
    ApplicationId, Duration, Error, EventId, GrantId, OrganizationId, SessionId, Timestamp, UserId,
};
use operation::{Housekeeping, World};
use tokio::sync::{Notify, watch};

use crate::rows;

/// How often what is new is written down.
const PACE: Duration = Duration::seconds(1);

/// What is only more of a line that stands in the database already is written with every tenth batch only: somebody who
/// looks at one page a hundred times in a minute does not make a write of each second.
const AGAIN_EVERY: u64 = 10;

/// Lines that wait to be written. Past it, pages that were read are counted as one, so that memory is bounded.
const LINES: usize = 4096;

/// Pages by which the reads, the changes and the refusals under one grant are told apart in one minute. Past it they are
/// counted as one: whoever asks for a million addresses must not make the record, and with it the revoke, slow.
const PAGES: usize = 200;

/// Stands for the pages that are not told apart.
const MANY: &str = "…";

/// One request of somebody from outside.
#[derive(Debug, Clone)]
pub struct Activity {
    pub session: SessionId,
    pub grant: GrantId,
    pub organization: OrganizationId,
    pub user: UserId,
    pub application: ApplicationId,
    pub kind: ActivityKind,
    /// Without the query, which can carry what nobody wants in a log.
    pub path: String,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ActivityKind {
    Read,
    Change,
    /// Asked for and not allowed, such as a change in reading mode.
    Refused,
}

impl ActivityKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Change => "change",
            Self::Refused => "refused",
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Line {
    session: SessionId,
    minute: Timestamp,
    kind: ActivityKind,
    path: String,
}

struct Count {
    grant: GrantId,
    organization: OrganizationId,
    user: UserId,
    application: ApplicationId,
    requests: i64,
    last_at: Timestamp,
}

/// The pages of one minute.
struct Pages {
    minute: Timestamp,
    paths: HashSet<String>,
}

/// Lines that are known to stand in the database, by a hash: who is taken for one of them wrongly is written later, and
/// not less. Past it, lines are written as if they were new.
const STANDING: usize = 16_384;

#[derive(Default)]
struct Waiting {
    /// Lines that go with the next batch.
    lines: HashMap<Line, Count>,
    /// More of lines that stand already.
    again: HashMap<Line, Count>,
    /// Which lines stand, of this minute and the one before.
    standing: [HashSet<u64>; 2],
    minute: Option<Timestamp>,
    pages: HashMap<(GrantId, ActivityKind), Pages>,
    /// How many batches were written or tried.
    batches: u64,
    /// What becomes of the batch that collects now; each has its own.
    outcome: Outcome,
}

/// Nothing yet, or whether a batch reached the disk. Dropped before that, it did not.
struct Outcome(watch::Sender<Option<bool>>);

impl Default for Outcome {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

/// Collects and writes. One for the server.
pub struct Recorder {
    world: Arc<World>,
    waiting: Mutex<Waiting>,
    hurry: Notify,
    hasher: RandomState,
}

impl Waiting {
    fn stands(&self, line: u64) -> bool {
        self.standing.iter().any(|lines| lines.contains(&line))
    }

    /// The line stands in the database. Requests that are noted late are of the minute before at most.
    fn stand(&mut self, minute: Timestamp, line: u64) {
        if self.minute.is_none_or(|last| minute > last) {
            self.minute = Some(minute);
            self.standing.swap(0, 1);
            self.standing[0] = HashSet::new();
        }
        if self.standing[0].len() < STANDING {
            self.standing[0].insert(line);
        }
    }

    /// The path as it is written down.
    fn path(&mut self, activity: &Activity, minute: Timestamp) -> String {
        let new = || Pages { minute, paths: HashSet::new() };
        let pages = self.pages.entry((activity.grant, activity.kind)).or_insert_with(new);
        if pages.minute < minute {
            *pages = new();
        }
        if pages.paths.contains(&activity.path) {
            return activity.path.clone();
        }
        // Changes come one commit at a time, and reads must not hide them.
        let has_room = activity.kind == ActivityKind::Change || self.lines.len() < LINES;
        if pages.paths.len() >= PAGES || !has_room {
            return MANY.to_owned();
        }
        pages.paths.insert(activity.path.clone());
        activity.path.clone()
    }
}

/// Adds to what waits, up to so many lines.
fn merge(waiting: &mut HashMap<Line, Count>, more: HashMap<Line, Count>, most: usize) {
    for (line, count) in more {
        if let Some(other) = waiting.get_mut(&line) {
            other.requests += count.requests;
            other.last_at = other.last_at.max(count.last_at);
        } else if waiting.len() < most {
            waiting.insert(line, count);
        }
    }
}

impl Recorder {
    pub fn new(world: Arc<World>) -> Arc<Self> {
        Arc::new(Self { world, waiting: Mutex::default(), hurry: Notify::new(), hasher: RandomState::new() })
    }

    /// Notes a read or a refusal. A line of its own is written within a second, more of the same within ten.
    pub fn read(&self, activity: Activity) {
        self.collect(&mut self.lock(), activity);
    }

    /// Notes a change and returns when it is on disk. Many at once share one commit. An error means that it may not be
    /// written, so the change must not be let through.
    pub async fn change(&self, activity: Activity) -> Result<(), Error> {
        let mut outcome = {
            let mut waiting = self.lock();
            self.collect(&mut waiting, activity);
            waiting.outcome.0.subscribe()
        };
        self.hurry.notify_one();
        let is_on_disk =
            outcome.wait_for(Option::is_some).await.is_ok_and(|is_on_disk| *is_on_disk == Some(true));
        if is_on_disk {
            Ok(())
        } else {
            Err(Error::Unavailable("what an outsider does could not be written down".to_owned()))
        }
    }

    fn collect(&self, waiting: &mut Waiting, activity: Activity) {
        let minute = Timestamp::from_seconds(activity.at.as_seconds().div_euclid(60) * 60);
        let path = waiting.path(&activity, minute);
        let line = Line { session: activity.session, minute, kind: activity.kind, path };
        // A change is answered when it is on disk, so it never waits.
        let stands = activity.kind != ActivityKind::Change && waiting.stands(self.hasher.hash_one(&line));
        let lines = if stands { &mut waiting.again } else { &mut waiting.lines };
        let count = lines.entry(line).or_insert(Count {
            grant: activity.grant,
            organization: activity.organization,
            user: activity.user,
            application: activity.application,
            requests: 0,
            last_at: activity.at,
        });
        count.requests += 1;
        count.last_at = count.last_at.max(activity.at);
    }

    /// Writes what has been collected, to the last line.
    pub async fn flush(&self) -> Result<(), Error> {
        self.write_batch(true).await
    }

    /// Writes what is new, and now and then or if `is_all`, what is more of what stands already.
    pub(crate) async fn write_batch(&self, is_all: bool) -> Result<(), Error> {
        let (outcome, lines) = {
            let mut waiting = self.lock();
            let this_minute = self.world.clock.now() - Duration::minutes(1);
            waiting.pages.retain(|_, pages| pages.minute > this_minute);
            waiting.batches += 1;
            let mut lines = mem::take(&mut waiting.lines);
            if is_all || waiting.batches.is_multiple_of(AGAIN_EVERY) {
                merge(&mut lines, mem::take(&mut waiting.again), usize::MAX);
            }
            (mem::take(&mut waiting.outcome), lines)
        };
        let result = if lines.is_empty() { Ok(()) } else { self.write(&lines).await };
        outcome.0.send_replace(Some(result.is_ok()));
        match &result {
            Ok(()) => {
                self.tell(&lines);
                let hashes: Vec<_> =
                    lines.keys().map(|line| (line.minute, self.hasher.hash_one(line))).collect();
                let mut waiting = self.lock();
                for (minute, hash) in hashes {
                    waiting.stand(minute, hash);
                }
            }
            // What could not be written is tried again. A change among it was refused to the client, but that it was
            // tried is worth its line.
            Err(_) => merge(&mut self.lock().lines, lines, LINES),
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Whatever a panic leaves is lines that wait: at worst one of them is counted short.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Open pages show what happens while it happens (A25).
    fn tell(&self, lines: &HashMap<Line, Count>) {
        let now = self.world.clock.now();
        let entered: BTreeSet<_> = lines.values().map(|count| (count.organization, count.grant)).collect();
        for (organization, grant) in entered {
            self.world.live.tell_activity(EventId::new(now, &*self.world.entropy), now, organization, grant);
        }
    }

    async fn write(&self, lines: &HashMap<Line, Count>) -> Result<(), Error> {
        let mut work = Housekeeping::begin(&self.world).await?;
        let mut sorted: Vec<_> = lines.iter().collect();
        // One order for everybody, so that two writers never wait for each other.
        sorted.sort_by(|(a, _), (b, _)| {
            (a.session, a.minute, a.kind, &a.path).cmp(&(b.session, b.minute, b.kind, &b.path))
        });
        let lines: Vec<_> = sorted
            .into_iter()
            .map(|(line, count)| rows::ActivityLine {
                session: line.session,
                grant: count.grant,
                organization: count.organization,
                user: count.user,
                application: count.application,
                minute: line.minute,
                kind: line.kind,
                path: &line.path,
                requests: count.requests,
                last_at: count.last_at,
            })
            .collect();
        rows::add_activity(&mut work, &lines).await?;
        work.commit().await
    }

    /// Writes each second, and at once when a change waits, for as long as the server lives.
    pub async fn run(self: Arc<Self>) {
        loop {
            let next = self.world.clock.now() + PACE;
            tokio::select! {
                () = self.hurry.notified() => {}
                () = self.world.clock.wait_until(next) => {}
            }
            // By itself: a server that stops between taking the lines and writing them must not lose them.
            let this = Arc::clone(&self);
            let written = operation::spawn(async move { this.write_batch(false).await });
            if let Err(error) = written.await.map_err(Error::internal).and_then(|written| written) {
                tracing::error!(%error, "what outsiders do could not be written down");
            }
        }
    }
}
