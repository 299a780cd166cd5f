//! Writing down what outsiders do in the product.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use kernel::{
    ApplicationId, Duration, Error, EventId, GrantId, OrganizationId, SessionId, Timestamp, UserId,
};
use operation::{Housekeeping, World};
use tokio::sync::{Notify, watch};

use crate::rows;

/// How often what was read is written down.
const PACE: Duration = Duration::seconds(1);

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

#[derive(Default)]
struct Waiting {
    lines: HashMap<Line, Count>,
    pages: HashMap<(GrantId, ActivityKind), Pages>,
    /// The batch that collects now. A batch is on disk when `written` has reached its number.
    batch: u64,
}

/// Collects and writes. One for the server.
pub struct Recorder {
    world: Arc<World>,
    waiting: Mutex<Waiting>,
    hurry: Notify,
    /// The last batch that was tried, and whether it reached the disk.
    written: watch::Sender<(u64, bool)>,
}

impl Waiting {
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

impl Recorder {
    pub fn new(world: Arc<World>) -> Arc<Self> {
        Arc::new(Self {
            world,
            waiting: Mutex::new(Waiting { batch: 1, ..Waiting::default() }),
            hurry: Notify::new(),
            written: watch::Sender::new((0, true)),
        })
    }

    /// Notes a read or a refusal; it is written within a second.
    pub fn read(&self, activity: Activity) {
        self.collect(activity);
    }

    /// Notes a change and returns when it is on disk. Many at once share one commit. An error means that it may not be
    /// written, so the change must not be let through.
    pub async fn change(&self, activity: Activity) -> Result<(), Error> {
        let mut written = self.written.subscribe();
        let batch = self.collect(activity);
        self.hurry.notify_one();
        let (_, is_on_disk) = *written
            .wait_for(|(tried, _)| *tried >= batch)
            .await
            .map_err(|_| Error::Unavailable("the recorder has stopped".to_owned()))?;
        if is_on_disk {
            Ok(())
        } else {
            Err(Error::Unavailable("what an outsider does could not be written down".to_owned()))
        }
    }

    fn collect(&self, activity: Activity) -> u64 {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = Timestamp::from_seconds(activity.at.as_seconds().div_euclid(60) * 60);
        let path = waiting.path(&activity, minute);
        let count = waiting
            .lines
            .entry(Line { session: activity.session, minute, kind: activity.kind, path })
            .or_insert(Count {
                grant: activity.grant,
                organization: activity.organization,
                user: activity.user,
                application: activity.application,
                requests: 0,
                last_at: activity.at,
            });
        count.requests += 1;
        count.last_at = count.last_at.max(activity.at);
        waiting.batch
    }

    /// Writes what has been collected.
    pub async fn flush(&self) -> Result<(), Error> {
        let (batch, lines) = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let batch = waiting.batch;
            waiting.batch += 1;
            let this_minute = self.world.clock.now() - Duration::minutes(1);
            waiting.pages.retain(|_, pages| pages.minute > this_minute);
            (batch, mem::take(&mut waiting.lines))
        };
        if lines.is_empty() {
            self.written.send_replace((batch, true));
            return Ok(());
        }
        let result = self.write(&lines).await;
        self.written.send_replace((batch, result.is_ok()));
        match &result {
            Ok(()) => self.tell(&lines),
            Err(_) => self.keep(lines),
        }
        result
    }

    /// Open pages show what happens while it happens (A25).
    fn tell(&self, lines: &HashMap<Line, Count>) {
        let now = self.world.clock.now();
        let entered: BTreeSet<_> = lines.values().map(|count| (count.organization, count.grant)).collect();
        for (organization, grant) in entered {
            self.world.live.tell_activity(EventId::new(now, &*self.world.entropy), now, organization, grant);
        }
    }

    /// What could not be written is tried again. A change among it was refused to the client, but that it was tried is
    /// worth its line.
    fn keep(&self, lines: HashMap<Line, Count>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for (line, count) in lines {
            if waiting.lines.len() >= LINES {
                return;
            }
            match waiting.lines.get_mut(&line) {
                Some(newer) => newer.requests += count.requests,
                None => drop(waiting.lines.insert(line, count)),
            }
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
            if let Err(error) = self.flush().await {
                tracing::error!(%error, "what outsiders do could not be written down");
            }
        }
    }
}
