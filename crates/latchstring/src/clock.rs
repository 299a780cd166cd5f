//! The machine's clock, for everything that is not a test.

use kernel::{Clock, Timestamp, time::Wait};

/// The longest sleep before the wall clock is read again: it can be set while something waits.
const LONGEST_SLEEP: kernel::Duration = kernel::Duration::minutes(1);

/// Wall time in UTC, and sleeps of the runtime.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system for the time")]
    fn now(&self) -> Timestamp {
        let since_1970 =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX))
    }

    fn wait_until(&self, at: Timestamp) -> Wait<'_> {
        Box::pin(async move {
            loop {
                let now = self.now();
                if now >= at {
                    return;
                }
                tokio::time::sleep(at.since(now).min(LONGEST_SLEEP).to_std()).await;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiting_ends_when_the_moment_has_come() {
        let clock = SystemClock;
        let at = clock.now() + kernel::Duration::milliseconds(20);
        clock.wait_until(at).await;
        assert!(clock.now() >= at);
        clock.wait_until(at).await;
    }
}
