//! What the proxy asked and what it heard, for the page that shows it. Queries are left out: they may hold secrets.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use kernel::{Clock, Timestamp};

const REMEMBERED: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub at: Timestamp,
    pub method: String,
    pub path: String,
    /// Latchstring's status, or 503 where none came.
    pub status: u16,
    pub reason: Option<String>,
    pub user: Option<String>,
}

/// The last two hundred decisions.
pub struct Decisions {
    clock: Arc<dyn Clock>,
    recent: Mutex<VecDeque<Decision>>,
}

impl Decisions {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, recent: Mutex::new(VecDeque::with_capacity(REMEMBERED)) }
    }

    /// The newest first.
    pub fn list(&self) -> Vec<Decision> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.iter().rev().cloned().collect()
    }

    pub(super) fn note(
        &self,
        method: &str,
        path: &str,
        status: u16,
        reason: Option<String>,
        user: Option<String>,
    ) {
        let decision = Decision {
            at: self.clock.now(),
            method: method.to_owned(),
            path: path.to_owned(),
            status,
            reason,
            user,
        };
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() == REMEMBERED {
            recent.pop_front();
        }
        recent.push_back(decision);
    }
}
