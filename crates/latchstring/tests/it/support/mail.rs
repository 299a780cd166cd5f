//! The mail that the server sent, kept in memory.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use kernel::{MailId, Timestamp};
use operation::outbox::{Deliver, Mail};

/// Takes every message; a test reads them.
#[derive(Clone, Default)]
pub struct Mailbox {
    mails: Arc<Mutex<Vec<(MailId, Mail)>>>,
    is_down: Arc<AtomicBool>,
}

impl Deliver for Mailbox {
    fn deliver<'a>(
        &'a self,
        id: MailId,
        _: Timestamp,
        mail: &'a Mail,
    ) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>> {
        Box::pin(async move {
            if self.is_down.load(Ordering::SeqCst) {
                return Err("the mail server does not answer".to_owned());
            }
            let mut mails = self.mails.lock().expect("unpoisoned");
            // The server's own loop and a test that hurries it may hand over one message at the same moment.
            if mails.iter().all(|(known, _)| *known != id) {
                mails.push((id, mail.clone()));
            }
            Ok(())
        })
    }
}

impl Mailbox {
    /// As when the mail server is gone, or back again.
    pub fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::SeqCst);
    }

    pub fn all(&self) -> Vec<Mail> {
        self.mails.lock().expect("unpoisoned").iter().map(|(_, mail)| mail.clone()).collect()
    }

    pub fn to(&self, address: &str) -> Vec<Mail> {
        self.all().into_iter().filter(|mail| mail.to.as_str() == address).collect()
    }
}

/// The first link in a message that contains `part`.
pub fn link_in(text: &str, part: &str) -> Option<String> {
    text.split_whitespace().find(|word| word.starts_with("http") && word.contains(part)).map(str::to_owned)
}
