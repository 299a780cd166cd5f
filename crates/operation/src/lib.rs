//! What every operation needs: who calls and when ([`Call`]), one commit that leaves a record and keeps the promise of the
//! gate ([`Work`]), mail that leaves after the commit ([`outbox`]), and the news of it for open pages ([`live`]).
//!
//! **Invariant:** there is no act without an entry in the audit log and no entry without an act, because [`Work::commit`]
//! takes both. **Invariant:** when `commit` has returned, no verdict is given that rests on a key the work revokes.

pub mod audit;
mod call;
mod clock_check;
pub mod live;
pub mod outbox;
mod work;

use std::{future::Future, sync::Arc};

use kernel::{Clock, Duration, Entropy, Sealing};
use store::Store;
use tokio::sync::Notify;

pub use call::{Areas, Call, Origin, Trace};
pub use clock_check::ClockCheck;
pub use work::{Housekeeping, Work};

/// Everything that is given from outside, once, at the start.
pub struct World {
    pub store: Store,
    pub revocations: Arc<dyn gate::Revocations>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    /// Seals what must not be read in a copy of the database.
    pub sealing: Sealing,
    pub live: live::Live,
    /// Whether the clock can be believed.
    pub clock_check: ClockCheck,
    /// Rings when mail was put into the outbox.
    pub mail_waits: Notify,
    pub settings: Settings,
}

/// What the operator decided for the whole installation.
#[expect(clippy::struct_excessive_bools, reason = "each is a decision of its own")]
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where people reach this server: `https://access.example.com`, without a slash at the end.
    pub public_url: String,
    pub vendor_name: String,
    /// What the vendor calls its customers' organizations, in the plural: `Accounting firms`. Empty: organizations.
    pub organizations_called: String,
    /// The vendor's own mail domains: an address there is never a customer's.
    pub vendor_mail_domains: Vec<String>,
    /// Addresses of this domain, or of a part of it, are made by temporary credentials: nobody's.
    pub temporary_credentials_domain: String,
    /// No token is valid for longer.
    pub longest_validity: Duration,
    /// A pending token that nobody takes ends after this.
    pub answer_window: Duration,
    /// `Secure` and `__Host-` cookies. Off in `latchstring demo` only, which is plain HTTP on loopback.
    pub secure_cookies: bool,
    pub is_demo: bool,
    /// Whether people may see the QR code of their second factor again, to add a device (C8).
    pub may_show_key_again: bool,
    /// Agents come near a customer's account with a passkey only: a code can be typed into a forged page (S26).
    pub require_passkeys_of_agents: bool,
    pub password_cost: PasswordCost,
    pub providers: Providers,
}

/// Which of the addresses that customers name this server may call, beyond what is on the open internet.
#[derive(Debug, Clone, Default)]
pub struct Providers {
    /// Networks that are no public ones, such as `10.1.0.0/16`.
    pub networks: Vec<String>,
    /// Names that are reached at an address of the operator's choice. On this machine it is spoken to without TLS: what
    /// listens there is the operator's own and speaks TLS to the outside.
    pub addresses: Vec<(String, std::net::SocketAddr)>,
}

/// How much work a new hash of a password is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    pub memory_kib: u32,
    pub passes: u32,
}

impl PasswordCost {
    /// The least: 19 MiB in two passes.
    pub const FLOOR: Self = Self { memory_kib: 19 * 1024, passes: 2 };
}

impl Settings {
    /// An address of ours or of a product as somebody on `host` is to open it.
    ///
    /// In the demo people are told apart by the host that they use (`localhost`, `127.0.0.1`, `vera.localhost`: each keeps
    /// cookies of its own), and all of these lead to the same server. Everywhere else an address is what it is.
    pub fn seen_from(&self, address: &str, host: &str) -> String {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let is_loopback = name == "localhost" || name == "127.0.0.1" || name.ends_with(".localhost");
        if !self.is_demo || !is_loopback {
            return address.to_owned();
        }
        let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
        let end = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
        let colon = if port.is_empty() { "" } else { ":" };
        format!("{scheme}://{name}{colon}{port}{path}")
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(is_demo: bool) -> Settings {
        Settings {
            public_url: "http://localhost:8080".into(),
            vendor_name: String::new(),
            organizations_called: String::new(),
            vendor_mail_domains: Vec::new(),
            temporary_credentials_domain: String::new(),
            longest_validity: Duration::ZERO,
            answer_window: Duration::ZERO,
            secure_cookies: !is_demo,
            is_demo,
            may_show_key_again: true,
            password_cost: PasswordCost::FLOOR,
            providers: Providers::default(),
            require_passkeys_of_agents: false,
        }
    }

    #[test]
    fn only_the_demo_looks_at_the_host() {
        let (demo, real) = (settings(true), settings(false));
        let desk = "http://localhost:8080/desk";
        assert_eq!(demo.seen_from(desk, "127.0.0.1:8081"), "http://127.0.0.1:8080/desk");
        assert_eq!(
            demo.seen_from("http://localhost:8081", "vera.localhost:8080"),
            "http://vera.localhost:8081"
        );
        assert_eq!(demo.seen_from(desk, "evil.example:8080"), desk);
        assert_eq!(demo.seen_from(desk, "localhost.evil.example"), desk);
        assert_eq!(real.seen_from(desk, "127.0.0.1:8081"), desk);
    }
}
