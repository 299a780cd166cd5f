//! Whether this server's clock can be believed. Codes of authenticator apps are good for a moment, so whoever is wrong about
//! the moment takes codes that are over.
//!
//! PostgreSQL has a clock of its own to compare with. A database in a file has this machine's, which says nothing.

use std::sync::atomic::{AtomicBool, Ordering};

use kernel::{Duration, Error, Timestamp};

use crate::World;

/// How far this server's clock may be from the database's (S16).
const TOLERATED: Duration = Duration::seconds(2);

/// So often the clocks are compared, beside each look at `/readyz`.
const COMPARED_EVERY: Duration = Duration::seconds(10);

/// What the last comparison came to. Before the first, the clock is believed.
#[derive(Debug, Default)]
pub struct ClockCheck {
    is_asked_for: AtomicBool,
    is_off: AtomicBool,
}

impl ClockCheck {
    /// From now on the clocks are compared. Where a test moves the clock, they are not.
    pub fn begin(&self) {
        self.is_asked_for.store(true, Ordering::Release);
    }
}

impl World {
    /// Whether this server may decide what is good for a moment only.
    pub fn clock_is_trusted(&self) -> bool {
        !self.clock_check.is_off.load(Ordering::Acquire)
    }

    /// Refuses what depends on the very moment while the clock cannot be believed.
    pub fn require_trusted_clock(&self) -> Result<(), Error> {
        if self.clock_is_trusted() {
            return Ok(());
        }
        Err(Error::Unavailable("this server's clock is not the database's: codes are not taken".to_owned()))
    }

    /// Compares the clocks, and remembers what came of it. A database that does not answer changes nothing: what needs it is
    /// refused anyway.
    pub async fn compare_clocks(&self) -> Result<(), Error> {
        if !self.clock_check.is_asked_for.load(Ordering::Acquire) {
            return Ok(());
        }
        let before = self.clock.now();
        let Some(database) = self.store.now().await? else { return Ok(()) };
        let is_off = is_off(before, database, self.clock.now());
        if self.clock_check.is_off.swap(is_off, Ordering::AcqRel) != is_off {
            if is_off {
                let seconds = distance(before, database).as_micros() / 1_000_000;
                tracing::error!(seconds, "this server's clock is not the database's: codes are not taken");
            } else {
                tracing::info!("this server's clock is the database's again");
            }
        }
        Ok(())
    }

    /// Compares the clocks for as long as the server runs.
    pub async fn run_clock_check(&self) {
        loop {
            if let Err(error) = self.compare_clocks().await {
                tracing::debug!(%error, "the clocks were not compared");
            }
            self.clock.wait_until(self.clock.now() + COMPARED_EVERY).await;
        }
    }
}

/// Whether the database's moment lies further outside of the two between which it was asked than is tolerated. Between the
/// two the answer was under way, and nobody knows for how long each way.
fn is_off(before: Timestamp, database: Timestamp, after: Timestamp) -> bool {
    before.since(database) > TOLERATED || database.since(after) > TOLERATED
}

fn distance(one: Timestamp, other: Timestamp) -> Duration {
    one.since(other).max(other.since(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S16: two seconds are tolerated in either direction, and a slow answer is no wrong clock.
    #[test]
    fn two_seconds_are_tolerated() {
        let at = Timestamp::from_seconds;
        let tenth = Duration::milliseconds(100);
        for (before, database, after, off) in [
            (at(100), at(100), at(100), false),
            (at(100), at(102), at(100), false),
            (at(102), at(100), at(102), false),
            (at(100), at(102) + tenth, at(100), true),
            (at(102) + tenth, at(100), at(102) + tenth, true),
            (at(100), at(104), at(104), false),
            (at(100), at(107), at(104), true),
        ] {
            assert_eq!(is_off(before, database, after), off, "{before:?} {database:?} {after:?}");
        }
        assert_eq!(distance(at(3), at(5)), Duration::seconds(2));
    }
}
