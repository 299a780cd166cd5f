//! News for open pages and for products: what was just committed.
//!
//! News are a hint to look again, never the truth: who misses some reloads.

use kernel::{EventId, GrantId, OrganizationId, Timestamp};
use tokio::sync::broadcast;

use crate::audit::Recorded;

/// How many news a slow listener may be behind before it is told that it missed some.
const BEHIND: usize = 1024;

/// The kind of news that [`Live::tell_activity`] tells.
pub const ACTIVITY: &str = "grant.activity";

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

    /// Tells that an outsider does something in a product. Such news have no entry of their own in the log: they stand in
    /// the record of activity.
    pub fn tell_activity(&self, id: EventId, at: Timestamp, organization: OrganizationId, grant: GrantId) {
        self.tell(Recorded {
            id,
            at,
            kind: ACTIVITY,
            refused: false,
            organization: Some(organization),
            grant: Some(grant),
            session: None,
            subject: String::new(),
        });
    }

    pub fn listen(&self) -> broadcast::Receiver<Recorded> {
        self.0.subscribe()
    }
}
