//! One at a time: the calls that a program makes side by side with a person's own password.
//!
//! A try at a password counts as a failure until it was looked at, so that guesses side by side are counted (C16). A program
//! that asks six things at once would so shut out itself. Its calls wait for each other instead.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use kernel::Error;
use tokio::sync::OwnedMutexGuard;

/// So many may wait for one login and source; who floods us waits nowhere.
const LONGEST: usize = 64;

#[derive(Debug, Default)]
pub struct Turns(Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>);

/// Whoever holds it is the one that asks for this login now.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "held, and let go when it is dropped")] OwnedMutexGuard<()>);

impl Turns {
    /// Waits until those before have been answered.
    pub async fn wait(&self, login: &str, source: &str) -> Result<Turn, Error> {
        let line = {
            let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // A line that only we hold has nobody in it.
            lines.retain(|_, line| Arc::strong_count(line) > 1);
            let line = lines.entry(format!("{} {source}", login.to_lowercase())).or_default();
            if Arc::strong_count(line) > LONGEST {
                return Err(Error::TooMany { retry_after_seconds: 1 });
            }
            Arc::clone(line)
        };
        Ok(Turn(line.lock_owned().await))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::Future,
        pin::Pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    fn look<F: Future>(waiting: &mut Pin<Box<F>>) -> Poll<F::Output> {
        waiting.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }

    /// C15, C16: one login of one source waits for itself and for nobody else, and a line has an end.
    #[tokio::test]
    async fn one_login_waits_for_itself() {
        let turns = Turns::default();
        let first = turns.wait("Joana@aurora.example", "192.0.2.1").await.expect("nobody before");
        let elsewhere = turns.wait("joana@aurora.example", "192.0.2.2").await;
        assert!(elsewhere.is_ok(), "another source has a line of its own");
        let mut second = Box::pin(turns.wait("joana@aurora.example", "192.0.2.1"));
        assert!(look(&mut second).is_pending());
        drop(first);
        assert!(look(&mut second).is_ready());

        let _held = turns.wait("a", "s").await.expect("nobody before");
        let mut line: Vec<_> = (0..LONGEST).map(|_| Box::pin(turns.wait("a", "s"))).collect();
        let mut refused = 0;
        for waiting in &mut line {
            if let Poll::Ready(Err(Error::TooMany { .. })) = look(waiting) {
                refused += 1;
            }
        }
        assert_eq!(refused, 1, "the last of a line that is too long is told to come back");
    }
}
