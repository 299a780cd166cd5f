//! What a session is, and when it is good.

use kernel::{ApplicationId, Duration, GrantId, OrganizationId, SessionId, Timestamp, UserId};

/// What a session is good for. One kind is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A person on this server's own host.
    Own,
    /// A member in a protected product.
    Application,
    /// An agent inside a customer's account, bound to a grant.
    Acting,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Application => "application",
            Self::Acting => "acting",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Own, Self::Application, Self::Acting].into_iter().find(|kind| kind.as_str() == text)
    }

    /// However much it is used, it ends after this (S29).
    pub const fn longest(self) -> Duration {
        match self {
            Self::Own | Self::Application => Duration::hours(24),
            Self::Acting => Duration::hours(8),
        }
    }

    /// Unused for so long, it is no longer good (S29).
    pub const fn idle_limit(self) -> Duration {
        match self {
            Self::Own | Self::Application => Duration::hours(1),
            Self::Acting => Duration::minutes(15),
        }
    }
}

/// A session as it was read. Its secret is not in here: only a hash of it exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub kind: Kind,
    pub user: UserId,
    /// The own session that it hangs on; it does not outlive it.
    pub parent: Option<SessionId>,
    pub application: Option<ApplicationId>,
    pub organization: Option<OrganizationId>,
    pub grant: Option<GrantId>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub idle_limit: Duration,
    pub last_used_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// When the session it hangs on ended.
    pub parent_ended_at: Option<Timestamp>,
    pub address: String,
    pub user_agent: String,
}

impl Session {
    /// Compared at each look: an end is never something that a timer has to do.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.parent_ended_at.is_none() && now < self.good_until()
    }

    /// The moment from which it is not good any more unless it is used before.
    pub fn good_until(&self) -> Timestamp {
        self.expires_at.min(self.last_used_at + self.idle_limit)
    }
}

/// What travels with a browser from this host to a product's host.
#[derive(Debug, Clone)]
pub struct NewHandover {
    pub kind: Kind,
    /// The own session that asks.
    pub session: SessionId,
    pub application: ApplicationId,
    pub organization: OrganizationId,
    pub grant: Option<GrantId>,
    pub return_to: String,
}

/// A handover that was taken: there is no second time.
#[derive(Debug, Clone)]
pub struct Handover {
    pub kind: Kind,
    /// The own session that asked, still good when this was read.
    pub parent: Session,
    pub application: ApplicationId,
    pub organization: OrganizationId,
    pub grant: Option<GrantId>,
    pub return_to: String,
}
