//! A flood of sign-ins must not take every core and 19 MiB for each: so many at once, so many waiting, the rest is told
//! at once to come again.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicUsize, Ordering},
};

use kernel::Error;
use tokio::sync::Semaphore;

/// About what two seconds of one small machine get through.
const PLACES: usize = 110;
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

pub(super) struct Admission {
    seats: Arc<Semaphore>,
    waiting: AtomicUsize,
    places: usize,
}

impl Admission {
    /// One for the whole process, because its cores and its memory are what it guards.
    pub(super) fn of_this_process() -> &'static Self {
        static DOOR: OnceLock<Admission> = OnceLock::new();
        DOOR.get_or_init(|| {
            let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
            Self::new(cores, PLACES)
        })
    }

    pub(super) fn new(seats: usize, places: usize) -> Self {
        Self { seats: Arc::new(Semaphore::new(seats)), waiting: AtomicUsize::new(0), places }
    }

    /// Runs heavy work on a thread of its own. The seat is kept until the work is over, also if the caller goes away.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let seat = if let Ok(seat) = Arc::clone(&self.seats).try_acquire_owned() {
            seat
        } else {
            let _place = Place::take(self).ok_or_else(busy)?;
            tokio::time::timeout(PATIENCE, Arc::clone(&self.seats).acquire_owned())
                .await
                .map_err(|_| busy())?
                .map_err(Error::internal)?
        };
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(seat);
            result
        })
        .await
        .map_err(Error::internal)
    }
}

fn busy() -> Error {
    Error::Unavailable("more passwords are to be checked than this machine can".into())
}

/// A place in the queue, given back when the wait is over or given up.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(door: &'a Admission) -> Option<Self> {
        door.waiting
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |waiting| {
                (waiting < door.places).then_some(waiting + 1)
            })
            .ok()
            .map(|_| Self(&door.waiting))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R10: beyond the seats and the places, the answer is quick and says to come again.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_flood_is_turned_away_at_the_door() {
        let door = Arc::new(Admission::new(1, 1));
        let (release, held) = std::sync::mpsc::channel::<()>();
        let first = operation::spawn({
            let door = Arc::clone(&door);
            async move { door.run(move || held.recv().is_ok()).await }
        });
        while door.seats.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let second = operation::spawn({
            let door = Arc::clone(&door);
            async move { door.run(|| 2).await }
        });
        while door.waiting.load(Ordering::Acquire) == 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(door.run(|| 3).await, Err(Error::Unavailable(_))));
        release.send(()).expect("the first still runs");
        assert!(first.await.expect("no panic").expect("was admitted"));
        assert_eq!(second.await.expect("no panic").expect("waited its turn"), 2);
        assert_eq!(door.waiting.load(Ordering::Acquire), 0);
    }
}
