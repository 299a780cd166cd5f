//! What a session is, and when it is good.

use kernel::{
    ApplicationId, Duration, Factor, GrantId, OrganizationId, SecretHash, SessionId, Timestamp, UserId,
};

/// What a session is good for. One kind is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A person on this server's own host.
    Own,
    /// A member in a protected product.
    Application,
    /// Somebody from outside inside a customer's account, bound to a grant.
    Acting,
    /// Whoever holds temporary credentials, on this server's own host. It is nobody's: no [`kernel::Person`] comes of it,
    /// and all that it is good for is to go into the one account.
    Temporary,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Application => "application",
            Self::Acting => "acting",
            Self::Temporary => "temporary",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Own, Self::Application, Self::Acting, Self::Temporary]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }

    /// Whether a session of this kind may carry others: only those of our own host do, so that whoever is inside an account
    /// goes no further from there (A36).
    pub const fn carries(self) -> bool {
        matches!(self, Self::Own | Self::Temporary)
    }

    /// However much it is used, it ends after this (S29).
    pub const fn longest(self) -> Duration {
        match self {
            Self::Own | Self::Application => Duration::hours(24),
            Self::Acting | Self::Temporary => Duration::hours(8),
        }
    }

    /// Unused for so long, it is no longer good (S29).
    pub const fn idle_limit(self) -> Duration {
        match self {
            Self::Own | Self::Application | Self::Temporary => Duration::hours(1),
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
    /// Which way in the grant is; empty if there is none.
    pub grant_kind: String,
    /// The partner whose person it is, if it is one's.
    pub partner: Option<OrganizationId>,
    /// What was shown beyond the password.
    pub factor: Factor,
    /// When all that the person has to show was last shown (S20).
    pub proved_at: Option<Timestamp>,
    /// The organization whose single sign-on opened it; what hangs on it is good for that organization alone.
    pub single_sign_on_of: Option<OrganizationId>,
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

/// What somebody showed when a session began, or again later.
#[derive(Debug, Clone, Copy, Default)]
pub struct Proof {
    pub factor: Factor,
    /// When all that the person has to show was shown. None: not all of it was, as on a remembered browser.
    pub at: Option<Timestamp>,
    /// The organization whose single sign-on said who it is.
    pub single_sign_on_of: Option<OrganizationId>,
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
    /// The hash of what only the browser has that it is for. Without one it begins no session: it is a ticket, good for
    /// making one that is bound, on our own host and in the session that asked.
    pub way: Option<SecretHash>,
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
    pub way: Option<SecretHash>,
}

/// Uses of a session that was answered from memory, not written yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    pub session: SessionId,
    /// The first of them: the session was not idle then, or it would not have been used.
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}
