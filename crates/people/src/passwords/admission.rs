//! A flood of sign-ins must not take every core, and 19 MiB for each: as many are hashed at once as there are cores, so
//! many wait, the rest is told at once to come again.
//!
//! The hashing has threads of its own with less priority, so that a check or a revoke does not wait for passwords. Those
//! who wait are served in turn by source, and no source holds more than its share of the places: whoever sends thousands
//! stands in their own way.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use kernel::Error;
use tokio::{sync::oneshot, time::Instant};

/// Nobody waits for longer: a person has reloaded the page by then, and a program has given up.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a hash takes, until there was one to go by.
const USUAL: Duration = Duration::from_millis(40);

/// How many wait for one thread at the least and at the most: a few can wait even if each hash is dear, and whatever waits
/// takes memory even if each is cheap.
const FEWEST: u128 = 4;
const MOST: u128 = 64;

/// One source holds at most one in so many of the places.
const SHARE: usize = 4;

/// Added to the priority of the threads. More would leave the sign-in to the mercy of whatever else the machine does.
const NICE: i32 = 5;

/// The threads, and the queue in front of them.
pub(super) struct Admission {
    threads: usize,
    queue: Mutex<Queue>,
    /// Rings for each job.
    jobs: Condvar,
    is_started: AtomicBool,
}

struct Queue {
    lines: VecDeque<Line>,
    /// Places of all lines together.
    taken: usize,
    /// What a hash has taken lately.
    usual: Duration,
}

/// Those of one source.
struct Line {
    source: String,
    /// Those who wait, and those who will in a moment.
    taken: usize,
    waiting: VecDeque<Job>,
}

/// Told whether its time is over already, it does its work or says that it did not.
type Work = Box<dyn FnOnce(bool) -> bool + Send>;

struct Job {
    until: Instant,
    work: Work,
    place: Place,
}

/// A place in the queue, given back when the work begins or is given up.
pub(super) struct Place {
    door: Arc<Admission>,
    source: String,
}

impl Admission {
    /// One for the whole process, because its cores and its memory are what it guards.
    pub(super) fn of_this_process() -> &'static Arc<Self> {
        static DOOR: OnceLock<Arc<Admission>> = OnceLock::new();
        DOOR.get_or_init(|| {
            let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
            Arc::new(Self::new(cores))
        })
    }

    fn new(threads: usize) -> Self {
        Self {
            threads,
            queue: Mutex::new(Queue { lines: VecDeque::new(), taken: 0, usual: USUAL }),
            jobs: Condvar::new(),
            is_started: AtomicBool::new(false),
        }
    }

    /// A place for somebody from this source, or the refusal at once.
    pub(super) fn place(self: &Arc<Self>, source: String) -> Result<Place, Error> {
        let mut queue = self.queue();
        let places = queue.places(self.threads);
        let share = (places / SHARE).max(1);
        if queue.taken >= places {
            return Err(busy());
        }
        match queue.lines.iter_mut().find(|line| line.source == source) {
            Some(line) if line.taken >= share => return Err(busy()),
            Some(line) => line.taken += 1,
            None => {
                queue.lines.push_back(Line { source: source.clone(), taken: 1, waiting: VecDeque::new() });
            }
        }
        queue.taken += 1;
        Ok(Place { door: Arc::clone(self), source })
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The threads begin with the first password, because many a process never sees one.
    fn start(self: &Arc<Self>) -> Result<(), Error> {
        if self.is_started.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        for _ in 0..self.threads {
            let door = Arc::clone(self);
            let started =
                std::thread::Builder::new().name("passwords".to_owned()).spawn(move || door.serve());
            started.map_err(Error::internal)?;
        }
        Ok(())
    }

    fn serve(&self) {
        // On Linux a priority is the thread's. Where it cannot be lowered the work is done all the same.
        let _ = rustix::process::setpriority_process(None, NICE);
        loop {
            let Job { until, work, place } = self.next();
            drop(place);
            let begun_at = Instant::now();
            // A panic is reported where it happens, and whoever waits hears of the end of the channel.
            let is_done = catch_unwind(AssertUnwindSafe(|| work(begun_at > until))).unwrap_or_default();
            if is_done {
                self.queue().learn(begun_at.elapsed());
            }
        }
    }

    fn next(&self) -> Job {
        let mut queue = self.queue();
        loop {
            if let Some(job) = queue.next() {
                return job;
            }
            queue = self.jobs.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Queue {
    /// As many as can be served before their patience ends.
    fn places(&self, threads: usize) -> usize {
        let each = PATIENCE.as_micros() / self.usual.as_micros().max(1);
        threads * usize::try_from(each.clamp(FEWEST, MOST)).unwrap_or_default()
    }

    fn learn(&mut self, took: Duration) {
        self.usual = (self.usual * 7 + took) / 8;
    }

    /// The first of the source whose turn it is; that source then stands behind all others.
    fn next(&mut self) -> Option<Job> {
        for _ in 0..self.lines.len() {
            self.lines.rotate_left(1);
            if let Some(job) = self.lines.back_mut().and_then(|line| line.waiting.pop_front()) {
                return Some(job);
            }
        }
        None
    }
}

impl Place {
    /// Does heavy work when it is its turn.
    pub(super) async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        self.door.start()?;
        let (tell, told) = oneshot::channel();
        let work = Box::new(move |is_late: bool| {
            // Whoever asked may have gone away, and then nobody reads the answer.
            let is_done = !is_late && !tell.is_closed();
            let _ = tell.send(is_done.then(work).ok_or_else(busy));
            is_done
        });
        self.wait_with(work);
        told.await.map_err(Error::internal)?
    }

    fn wait_with(self, work: Work) {
        let door = Arc::clone(&self.door);
        let mut queue = door.queue();
        // The line is there as long as somebody has a place in it.
        if let Some(line) = queue.lines.iter_mut().find(|line| line.source == self.source) {
            line.waiting.push_back(Job { until: Instant::now() + PATIENCE, work, place: self });
        }
        drop(queue);
        door.jobs.notify_one();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut queue = self.door.queue();
        queue.taken -= 1;
        if let Some(line) = queue.lines.iter_mut().find(|line| line.source == self.source) {
            line.taken -= 1;
        }
        queue.lines.retain(|line| line.taken > 0);
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Place")
    }
}

fn busy() -> Error {
    Error::Unavailable("more passwords are to be checked than this machine can".into())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const FLOOD: &str = "192.0.2.1";

    /// A door with one thread, which is held up until the sender is dropped or sends.
    async fn held() -> (Arc<Admission>, mpsc::Sender<()>, tokio::task::JoinHandle<Result<bool, Error>>) {
        let door = Arc::new(Admission::new(1));
        let (release, held) = mpsc::channel::<()>();
        let (begun, has_begun) = oneshot::channel();
        let place = door.place("holder".to_owned()).expect("the first");
        let holder = operation::spawn(place.run(move || {
            let _ = begun.send(());
            held.recv().is_ok()
        }));
        has_begun.await.expect("it runs");
        (door, release, holder)
    }

    /// R10: beyond the places the answer is immediate and says to come again; whoever waits is served.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_flood_is_turned_away_at_the_door() {
        let (door, release, holder) = held().await;
        let places = door.queue().places(1);
        assert_eq!(places, 50, "two seconds of one core");
        let waiting: Vec<_> = (0..places)
            .map(|number| {
                let place = door.place(format!("source {number}")).expect("a place");
                operation::spawn(place.run(move || number))
            })
            .collect();
        assert!(matches!(door.place("one more".to_owned()), Err(Error::Unavailable(_))));
        release.send(()).expect("it still runs");
        assert!(holder.await.expect("no panic").expect("was admitted"));
        for (number, served) in waiting.into_iter().enumerate() {
            assert_eq!(served.await.expect("no panic").expect("waited its turn"), number);
        }
        assert_eq!(door.queue().taken, 0);
        assert!(door.queue().lines.is_empty());
    }

    /// R10: one source takes its share and no more, and who comes later from elsewhere is served after one of theirs.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn one_source_does_not_starve_the_others() {
        let (door, release, holder) = held().await;
        let (tell, order) = mpsc::channel();
        let mut flood = Vec::new();
        while let Ok(place) = door.place(FLOOD.to_owned()) {
            let tell = tell.clone();
            flood.push(operation::spawn(place.run(move || tell.send(FLOOD))));
        }
        assert_eq!(flood.len(), 12, "a quarter of fifty");
        for source in ["198.51.100.7", "203.0.113.9"] {
            let tell = tell.clone();
            let place = door.place(source.to_owned()).expect("the others have places");
            flood.push(operation::spawn(place.run(move || tell.send(source))));
        }
        drop(tell);
        while door.queue().lines.iter().map(|line| line.waiting.len()).sum::<usize>() < flood.len() {
            tokio::task::yield_now().await;
        }
        release.send(()).expect("it still runs");
        holder.await.expect("no panic").expect("was admitted");
        for served in flood {
            served.await.expect("no panic").expect("served").expect("heard");
        }
        let order: Vec<&str> = order.into_iter().collect();
        let last = order.iter().rposition(|source| *source != FLOOD).expect("both were served");
        assert!(last <= 2, "{order:?}");
    }

    /// A dear hash leaves fewer places, so that nobody is let in only to be sent away later.
    #[test]
    fn the_places_follow_what_a_hash_takes() {
        let door = Admission::new(2);
        let mut queue = door.queue();
        assert_eq!(queue.places(2), 100);
        for _ in 0..64 {
            queue.learn(Duration::from_millis(500));
        }
        assert_eq!(queue.places(2), 8);
        for _ in 0..64 {
            queue.learn(Duration::from_millis(1));
        }
        assert_eq!(queue.places(2), 128);
    }

    /// Who gave up costs no hash, and who came too late hears that they did.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_work_is_done_for_nobody() {
        let (door, release, holder) = held().await;
        let (tell, did) = mpsc::channel();
        let gone =
            operation::spawn(door.place("gone".to_owned()).expect("a place").run(move || tell.send(())));
        while door.queue().lines.iter().all(|line| line.waiting.is_empty()) {
            tokio::task::yield_now().await;
        }
        gone.abort();
        assert!(gone.await.is_err(), "given up");
        let late = operation::spawn(door.place("late".to_owned()).expect("a place").run(|| ()));
        while door.queue().lines.iter().filter(|line| !line.waiting.is_empty()).count() < 2 {
            tokio::task::yield_now().await;
        }
        for job in door.queue().lines.iter_mut().flat_map(|line| &mut line.waiting) {
            job.until =
                Instant::now().checked_sub(Duration::from_secs(1)).expect("the machine is up for longer");
        }
        release.send(()).expect("it still runs");
        holder.await.expect("no panic").expect("was admitted");
        assert!(matches!(late.await.expect("no panic"), Err(Error::Unavailable(_))));
        assert!(did.recv().is_err(), "nothing was done for whoever had gone");
    }

    /// A fault in one does not take the thread from the others.
    #[tokio::test]
    async fn a_panic_ends_one_piece_of_work_only() {
        let door = Arc::new(Admission::new(1));
        let broken = door.place(String::new()).expect("a place").run(|| -> u8 { panic!("as planned") });
        assert!(matches!(broken.await, Err(Error::Internal(_))));
        assert_eq!(door.place(String::new()).expect("a place").run(|| 2).await.expect("goes on"), 2);
    }
}
