//! News for open pages and for products: what was just committed.
//!
//! News are a hint to look again, never the truth: who misses some reloads.

use tokio::sync::broadcast;

use crate::audit::Recorded;

/// How many news a slow listener may be behind before it is told that it missed some.
const BEHIND: usize = 1024;

pub struct Live(broadcast::Sender<Recorded>);

impl Default for Live {
    fn default() -> Self {
        Self(broadcast::Sender::new(BEHIND))
    }
}

impl Live {
    pub(crate) fn tell(&self, news: Recorded) {
        // No listener is no fault.
        drop(self.0.send(news));
    }

    pub fn listen(&self) -> broadcast::Receiver<Recorded> {
        self.0.subscribe()
    }
}
