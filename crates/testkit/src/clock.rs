//! Time that passes when the test says so.

use std::sync::Arc;

use kernel::{Clock, Duration, Timestamp, time::Wait};
use tokio::sync::watch;

/// Begins on 2027-03-12 at 12:14 UTC, a Friday.
const BEGIN: Timestamp = Timestamp::from_seconds(1_804_853_640);

/// A clock that stands still until it is moved.
#[derive(Clone)]
pub struct TestClock(Arc<watch::Sender<Timestamp>>);

impl Default for TestClock {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(BEGIN)))
    }
}

impl TestClock {
    /// Lets time pass; whoever waited for a moment in between wakes.
    pub fn advance(&self, length: Duration) {
        self.0.send_modify(|now| *now = *now + length);
    }
}

impl TestClock {
    /// Sets the clock, also back.
    pub fn set(&self, at: Timestamp) {
        self.0.send_replace(at);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    fn wait_until(&self, at: Timestamp) -> Wait<'_> {
        let mut now = self.0.subscribe();
        Box::pin(async move {
            // The sender lives as long as `self`, so this cannot fail.
            drop(now.wait_for(|now| *now >= at).await);
        })
    }
}
