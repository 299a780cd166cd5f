//! What a yes is made of, why an answer is no, and what both rest on.

use std::sync::atomic::{AtomicU32, Ordering};

use gate::{Key, Verdict};
use kernel::{ApplicationId, Duration, GrantId, MembershipId, OrganizationId, SessionId, Timestamp, UserId};

/// Why somebody who is known gets no yes. The words are part of the contract with proxies and products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    GrantRevoked,
    GrantExpired,
    /// The session inside the account is over while the grant may still be good.
    SessionEnded,
    ReadOnly,
    NotAllowed,
    UnknownApplication,
}

impl Reason {
    pub const ALL: [Self; 6] = [
        Self::GrantRevoked,
        Self::GrantExpired,
        Self::SessionEnded,
        Self::ReadOnly,
        Self::NotAllowed,
        Self::UnknownApplication,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GrantRevoked => "grant_revoked",
            Self::GrantExpired => "grant_expired",
            Self::SessionEnded => "session_ended",
            Self::ReadOnly => "read_only",
            Self::NotAllowed => "not_allowed",
            Self::UnknownApplication => "unknown_application",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// In which role somebody is in an organization's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Member { is_administrator: bool, is_vendor_staff: bool },
    Support { level: u8, may_write: bool },
}

impl Part {
    pub const fn is_acting(self) -> bool {
        matches!(self, Self::Support { .. })
    }

    pub const fn may_write(self) -> bool {
        matches!(self, Self::Member { .. } | Self::Support { may_write: true, .. })
    }

    /// Comma-joined, as products read groups.
    pub const fn groups(self) -> &'static str {
        match self {
            Self::Member { is_vendor_staff: true, is_administrator: false } => "members,vendor_staff",
            Self::Member { is_vendor_staff: true, is_administrator: true } => {
                "members,administrators,vendor_staff"
            }
            Self::Member { is_administrator: true, .. } => "members,administrators",
            Self::Member { .. } => "members",
            Self::Support { .. } => "agents",
        }
    }
}

/// What is said of the person and of the organization, kept in one piece: there are many of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    text: Box<str>,
    ends: [u16; 5],
}

impl Words {
    /// Longer words than a header could carry are cut.
    pub fn new(name: &str, email: &str, account: &str, account_external_id: &str, ticket: &str) -> Self {
        let mut text = String::new();
        let mut ends = [0; 5];
        for (word, end) in [name, email, account, account_external_id, ticket].into_iter().zip(&mut ends) {
            text.extend(word.chars().take(300));
            // Five words of at most 300 characters are at most 6000 bytes.
            *end = u16::try_from(text.len()).unwrap_or(u16::MAX);
        }
        Self { text: text.into_boxed_str(), ends }
    }

    fn word(&self, place: usize) -> &str {
        let start = if place == 0 { 0 } else { usize::from(self.ends[place - 1]) };
        self.text.get(start..usize::from(self.ends[place])).unwrap_or_default()
    }

    pub fn name(&self) -> &str {
        self.word(0)
    }

    pub fn email(&self) -> &str {
        self.word(1)
    }

    /// The organization's name.
    pub fn account(&self) -> &str {
        self.word(2)
    }

    pub fn account_external_id(&self) -> Option<&str> {
        Some(self.word(3)).filter(|id| !id.is_empty())
    }

    pub fn ticket(&self) -> Option<&str> {
        Some(self.word(4)).filter(|ticket| !ticket.is_empty())
    }
}

/// What a verdict holds beside its keys and its end. The ids are in the keys and nowhere else.
#[derive(Debug)]
pub struct Standing {
    pub part: Part,
    pub words: Words,
    /// Tells a verdict from another under the same id: an assertion that was signed for one is never given with the other.
    pub stamp: u32,
    pub header_set: applications::HeaderSet,
    /// When the person proved who they are, in seconds.
    signed_in_at: u32,
    /// When the grant ends, in seconds; nothing for members.
    grant_ends_at: u32,
    idle_limit: u32,
    last_activity: AtomicU32,
}

/// What a new standing is made of.
#[derive(Debug)]
pub struct Facts {
    pub part: Part,
    pub words: Words,
    pub stamp: u32,
    pub header_set: applications::HeaderSet,
    pub signed_in_at: Timestamp,
    pub grant_ends_at: Option<Timestamp>,
    pub idle_limit: Duration,
    pub last_activity: Timestamp,
}

/// Activity is noted at most once in so many seconds.
const NOTED_EVERY: u32 = 10;

fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.as_seconds()).unwrap_or(0)
}

impl Standing {
    pub fn new(facts: Facts) -> Self {
        Self {
            part: facts.part,
            words: facts.words,
            stamp: facts.stamp,
            header_set: facts.header_set,
            signed_in_at: seconds(facts.signed_in_at),
            grant_ends_at: facts.grant_ends_at.map_or(0, seconds),
            idle_limit: u32::try_from(facts.idle_limit.as_seconds()).unwrap_or(0),
            last_activity: AtomicU32::new(seconds(facts.last_activity)),
        }
    }

    pub fn signed_in_at(&self) -> Timestamp {
        Timestamp::from_seconds(i64::from(self.signed_in_at))
    }

    pub fn grant_ends_at(&self) -> Option<Timestamp> {
        (self.grant_ends_at > 0).then(|| Timestamp::from_seconds(i64::from(self.grant_ends_at)))
    }

    /// Unused for too long. Reckoned in whole seconds, so it errs on the closed side.
    pub fn is_idle(&self, now: Timestamp) -> bool {
        seconds(now).saturating_sub(self.last_activity.load(Ordering::Relaxed)) >= self.idle_limit
    }

    /// Somebody did something. `true` if it is time to note it where it outlives this memory.
    pub fn is_used(&self, now: Timestamp) -> bool {
        let now = seconds(now);
        let before = self.last_activity.fetch_max(now, Ordering::Relaxed);
        now / NOTED_EVERY > before / NOTED_EVERY
    }
}

/// The keys that a verdict rests on.
#[derive(Debug, Clone, Copy)]
pub struct Grounds {
    pub session: SessionId,
    pub parent: Option<SessionId>,
    pub user: UserId,
    pub organization: OrganizationId,
    pub application: ApplicationId,
    pub place: Place,
}

/// What puts somebody into the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Membership(MembershipId),
    Grant(GrantId),
}

impl Grounds {
    pub fn keys(&self) -> Box<[Key]> {
        let place = match self.place {
            Place::Membership(id) => Key::from(id),
            Place::Grant(id) => Key::from(id),
        };
        let fixed =
            [self.session.into(), self.user.into(), self.organization.into(), self.application.into(), place];
        fixed.into_iter().chain(self.parent.map(Key::from)).collect()
    }

    /// Reads them back out of a verdict.
    pub fn of<V>(verdict: &Verdict<V>) -> Option<Self> {
        let [session, user, organization, application, place, rest @ ..] = &*verdict.keys else {
            return None;
        };
        Some(Self {
            session: session.id()?,
            parent: rest.first().and_then(|key| key.id()),
            user: user.id()?,
            organization: organization.id()?,
            application: application.id()?,
            place: place.id().map(Place::Grant).or_else(|| place.id().map(Place::Membership))?,
        })
    }

    pub const fn grant(&self) -> Option<GrantId> {
        match self.place {
            Place::Grant(id) => Some(id),
            Place::Membership(_) => None,
        }
    }
}
