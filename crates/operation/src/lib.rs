//! What every operation needs: who calls and when ([`Call`]), one commit that leaves a record and keeps the promise of the
//! gate ([`Work`]), mail that leaves after the commit ([`outbox`]), and the news of it for open pages ([`live`]).
//!
//! **Invariant:** there is no act without an entry in the audit log and no entry without an act, because [`Work::commit`]
//! takes both. **Invariant:** when `commit` has returned, no verdict is given that rests on a key the work revokes.

pub mod audit;
mod call;
pub mod live;
pub mod outbox;
mod work;

use std::{future::Future, sync::Arc};

use kernel::{Clock, Duration, Entropy};
use store::Store;
use tokio::sync::Notify;

pub use call::{Call, Origin};
pub use work::{Housekeeping, Work};

/// Everything that is given from outside, once, at the start.
pub struct World {
    pub store: Store,
    pub revocations: Arc<dyn gate::Revocations>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub live: live::Live,
    /// Rings when mail was put into the outbox.
    pub mail_waits: Notify,
    pub settings: Settings,
}

/// What the operator decided for the whole installation.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where people reach this server: `https://access.example.com`, without a slash at the end.
    pub public_url: String,
    pub vendor_name: String,
    /// The vendor's own mail domains: an address there is never a customer's.
    pub vendor_mail_domains: Vec<String>,
    /// No token is valid for longer.
    pub longest_validity: Duration,
    /// A pending token that nobody takes ends after this.
    pub answer_window: Duration,
    /// `Secure` and `__Host-` cookies. Off in `latchstring demo` only, which is plain HTTP on loopback.
    pub secure_cookies: bool,
    pub is_demo: bool,
}

/// Runs something beside the request, to its end, even if the client goes away.
#[expect(clippy::disallowed_methods, reason = "the one place; everything else comes through here")]
pub fn spawn<F>(future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(future)
}
