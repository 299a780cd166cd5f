//! The mail that would have been sent.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use kernel::{MailId, Timestamp};
use operation::outbox::{Deliver, Mail};

const KEPT: usize = 200;

/// Keeps the last messages in memory.
#[derive(Clone, Default)]
pub struct Mailbox(Arc<Mutex<VecDeque<(Timestamp, Mail)>>>);

impl Mailbox {
    /// Newest first.
    pub fn list(&self) -> Vec<(Timestamp, Mail)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }
}

impl Deliver for Mailbox {
    fn deliver<'a>(
        &'a self,
        _: MailId,
        at: Timestamp,
        mail: &'a Mail,
    ) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>> {
        Box::pin(async move {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.push_back((at, mail.clone()));
            if kept.len() > KEPT {
                kept.pop_front();
            }
            Ok(())
        })
    }
}
