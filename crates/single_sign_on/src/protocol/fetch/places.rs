//! How many calls are on their way: in all, and on one account.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::timeout};

const MOST: usize = 16;
const MOST_OF_ONE: usize = 2;
/// A call waits so long for a place: people who come to work at the same minute wait for each other, and a flood is refused.
const PATIENCE: Duration = Duration::from_secs(1);

/// Of each account the calls that are on their way.
static TAKEN: LazyLock<Mutex<HashMap<String, usize>>> = LazyLock::new(Mutex::default);
static FREED: Notify = Notify::const_new();

/// A place, until this is dropped.
pub(super) struct Place(String);

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.0) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.0);
            }
        }
        drop(taken);
        FREED.notify_waiters();
    }
}

fn try_take(of: &str) -> Option<Place> {
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    let all: usize = taken.values().sum();
    let own = taken.get(of).copied().unwrap_or_default();
    if all >= MOST || own >= MOST_OF_ONE {
        return None;
    }
    taken.insert(of.to_owned(), own + 1);
    Some(Place(of.to_owned()))
}

/// A place on this account, or none if there is none soon.
pub(super) async fn take(of: &str) -> Option<Place> {
    let wait = async {
        loop {
            let freed = FREED.notified();
            if let Some(place) = try_take(of) {
                return place;
            }
            freed.await;
        }
    };
    timeout(PATIENCE, wait).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Case 43: one account has two at once, all of them sixteen; who waits a moment gets the place of whoever is done.
    #[tokio::test]
    async fn of_slow_calls_there_are_never_many() {
        let first = take("a").await.expect("a place");
        let second = take("a").await.expect("a place");
        assert!(take("a").await.is_none(), "a third on one account");
        let (third, ()) = tokio::join!(take("a"), async { drop(first) });
        assert!(third.is_some(), "one that became free");
        let mut others = Vec::new();
        for n in 0..MOST - 2 {
            others.push(take(&format!("other {n}")).await.expect("a place"));
        }
        assert!(take("one more").await.is_none(), "more than all");
        drop((second, third, others));
        assert!(TAKEN.lock().expect("no panic").is_empty(), "nothing is kept of who is done");
    }
}
