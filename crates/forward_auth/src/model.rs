//! What a yes is made of, why an answer is no, and what both rest on.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use applications::{Application, HeaderSet};
use gate::{Grounded, Key};
use kernel::{ApplicationId, Duration, GrantId, MembershipId, OrganizationId, SessionId, Timestamp, UserId};
use organizations::Organization;
use partners::model::rules::Closed;

/// What stands in a header or in an assertion is no longer, in characters.
const LONGEST_WORD: usize = 300;

/// Why somebody who is known gets no yes. The words are part of the contract with proxies and products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    GrantRevoked,
    GrantExpired,
    /// The session inside the account is over while the grant may still be good.
    SessionEnded,
    ReadOnly,
    /// One of a partner's people lacks a permission that the product asks for there.
    PermissionMissing,
    NotAllowed,
    /// An organization of this person asks for a second factor, and none took part in their session.
    MfaRequired,
    UnknownApplication,
}

impl Reason {
    pub const ALL: [Self; 8] = [
        Self::GrantRevoked,
        Self::GrantExpired,
        Self::SessionEnded,
        Self::ReadOnly,
        Self::PermissionMissing,
        Self::NotAllowed,
        Self::MfaRequired,
        Self::UnknownApplication,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GrantRevoked => "grant_revoked",
            Self::GrantExpired => "grant_expired",
            Self::SessionEnded => "session_ended",
            Self::ReadOnly => "read_only",
            Self::PermissionMissing => "permission_missing",
            Self::NotAllowed => "not_allowed",
            Self::MfaRequired => "mfa_required",
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
    Member {
        is_administrator: bool,
        is_vendor_staff: bool,
    },
    Support {
        level: u8,
        may_write: bool,
    },
    /// One of a partner's people.
    Partner {
        may_write: bool,
    },
    /// Whoever holds temporary credentials.
    Temporary {
        may_write: bool,
    },
}

impl Part {
    pub const fn is_acting(self) -> bool {
        !matches!(self, Self::Member { .. })
    }

    /// In which role somebody from outside is there, as products are told.
    pub const fn acting(self) -> &'static str {
        match self {
            Self::Member { .. } => "none",
            Self::Support { .. } => "support",
            Self::Partner { .. } => "partner",
            Self::Temporary { .. } => "temporary",
        }
    }

    pub const fn may_write(self) -> bool {
        match self {
            Self::Member { .. } => true,
            Self::Support { may_write, .. } | Self::Partner { may_write } | Self::Temporary { may_write } => {
                may_write
            }
        }
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
            Self::Partner { .. } => "partners",
            Self::Temporary { .. } => "temporary",
        }
    }
}

/// What is said of the person, kept in one piece: there are many of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    text: Box<str>,
    ends: [u16; 4],
}

/// For whom one of a partner's people is there, and what they may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delegation<'a> {
    /// The id of the partner's organization.
    pub partner: &'a str,
    pub partner_name: &'a str,
    /// Keys, joined by commas.
    pub permissions: &'a str,
    /// What stands in their way in the product.
    pub closed: Closed<'a>,
}

impl Words {
    /// Longer words than a header could carry are cut.
    pub fn new(name: &str, email: &str, ticket: &str) -> Self {
        // Three words of at most 300 characters are at most 3600 bytes.
        Self::made_of([name, email, ticket], "")
            .unwrap_or_else(|| Self { text: Box::default(), ends: [0; 4] })
    }

    /// The same for one of a partner's people. `closed` is what [`Closed`] reads. Nothing if it is more than can be kept: what
    /// stands in somebody's way is never cut.
    pub fn of_partner(
        name: &str,
        email: &str,
        (partner, partner_name): (&str, &str),
        permissions: &[String],
        closed: &str,
    ) -> Option<Self> {
        let more = format!("{partner}\n{}\n{closed}", permissions.join(","));
        Self::made_of([name, email, partner_name], &more)
    }

    fn made_of(words: [&str; 3], more: &str) -> Option<Self> {
        let mut text = String::new();
        let mut ends = [0; 4];
        for (word, end) in words.into_iter().zip(&mut ends) {
            text.extend(word.chars().take(LONGEST_WORD));
            *end = u16::try_from(text.len()).ok()?;
        }
        text.push_str(more);
        ends[3] = u16::try_from(text.len()).ok()?;
        Some(Self { text: text.into_boxed_str(), ends })
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

    pub fn ticket(&self) -> Option<&str> {
        Some(self.word(2)).filter(|ticket| !ticket.is_empty())
    }

    /// There is one for a partner's people only.
    pub fn delegation(&self) -> Option<Delegation<'_>> {
        let (partner, rest) = self.word(3).split_once('\n')?;
        let (permissions, closed) = rest.split_once('\n')?;
        Some(Delegation { partner, partner_name: self.word(2), permissions, closed: Closed::read(closed) })
    }
}

/// What is the same for everybody who is in an organization at one application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub organization: OrganizationId,
    pub application: ApplicationId,
    pub header_set: HeaderSet,
    pub name: Box<str>,
    pub external_id: Option<Box<str>>,
}

impl Account {
    pub fn new(organization: &Organization, application: &Application) -> Self {
        let cut = |word: &str| word.chars().take(LONGEST_WORD).collect::<String>().into_boxed_str();
        Self {
            organization: organization.id,
            application: application.id,
            header_set: application.header_set,
            name: cut(&organization.name),
            external_id: organization.external_id.as_deref().filter(|id| !id.is_empty()).map(cut),
        }
    }
}

/// What a verdict holds. Whatever it rests on is in here, once: there are as many of these as browsers that are signed in.
#[derive(Debug)]
pub struct Standing {
    session: SessionId,
    parent: SessionId,
    user: UserId,
    place: Place,
    pub part: Part,
    pub account: Arc<Account>,
    pub words: Words,
    /// Tells a verdict from another under the same id: an assertion that was signed for one is never given with the other.
    pub stamp: u32,
    /// When the person proved who they are, in seconds.
    signed_in_at: u32,
    /// When the grant ends, in seconds; nothing for members.
    grant_ends_at: u32,
    idle_limit: u32,
    last_activity: AtomicU32,
    /// The first use that is not written where it outlives this memory; nothing if all are.
    unwritten_since: AtomicU32,
}

/// What a new standing is made of.
#[derive(Debug)]
pub struct Facts {
    pub grounds: Grounds,
    pub part: Part,
    pub words: Words,
    pub signed_in_at: Timestamp,
    pub grant_ends_at: Option<Timestamp>,
    pub idle_limit: Duration,
    pub last_activity: Timestamp,
}

fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.as_seconds()).unwrap_or(0)
}

fn instant(seconds: u32) -> Timestamp {
    Timestamp::from_seconds(i64::from(seconds))
}

impl Standing {
    pub fn new(facts: Facts, account: Arc<Account>, stamp: u32) -> Self {
        let Grounds { session, parent, user, place, .. } = facts.grounds;
        Self {
            session,
            parent,
            user,
            place,
            part: facts.part,
            account,
            words: facts.words,
            stamp,
            signed_in_at: seconds(facts.signed_in_at),
            grant_ends_at: facts.grant_ends_at.map_or(0, seconds),
            idle_limit: u32::try_from(facts.idle_limit.as_seconds()).unwrap_or(0),
            last_activity: AtomicU32::new(seconds(facts.last_activity)),
            unwritten_since: AtomicU32::new(0),
        }
    }

    pub fn grounds(&self) -> Grounds {
        Grounds {
            session: self.session,
            parent: self.parent,
            user: self.user,
            organization: self.account.organization,
            application: self.account.application,
            place: self.place,
        }
    }

    pub fn signed_in_at(&self) -> Timestamp {
        instant(self.signed_in_at)
    }

    /// Whether the product asks for a permission for this that a partner's user lacks.
    pub fn lacks_permission(&self, method: &str, target: &str) -> bool {
        match self.part {
            // Without knowing what stands in their way, everything does.
            Part::Partner { .. } => {
                self.words.delegation().is_none_or(|delegation| delegation.closed.keeps_out(method, target))
            }
            _ => false,
        }
    }

    pub fn grant_ends_at(&self) -> Option<Timestamp> {
        (self.grant_ends_at > 0).then(|| instant(self.grant_ends_at))
    }

    pub fn last_activity(&self) -> Timestamp {
        instant(self.last_activity.load(Ordering::Relaxed))
    }

    /// Unused for too long. Reckoned in whole seconds, so it errs on the closed side.
    pub fn is_idle(&self, now: Timestamp) -> bool {
        seconds(now).saturating_sub(self.last_activity.load(Ordering::Relaxed)) >= self.idle_limit
    }

    /// Somebody did something. `true` if everything before was written, so that this is the first that is to be.
    pub fn is_first_use(&self, now: Timestamp) -> bool {
        let now = seconds(now);
        self.last_activity.fetch_max(now, Ordering::Relaxed);
        self.unwritten_since.load(Ordering::Relaxed) == 0
            // Whoever takes the mark away sees the use above.
            && self.unwritten_since.compare_exchange(0, now, Ordering::Release, Ordering::Relaxed).is_ok()
    }

    /// The first and the last use that are to be written, if there are any.
    pub fn unwritten(&self) -> Option<(Timestamp, Timestamp)> {
        let first = self.unwritten_since.load(Ordering::Acquire);
        (first > 0).then(|| (instant(first), self.last_activity()))
    }

    /// The uses up to `last` are written. `true` if there was one more since.
    pub fn is_used_since(&self, last: Timestamp) -> bool {
        self.unwritten_since.swap(0, Ordering::AcqRel);
        self.last_activity() > last && self.is_first_use(self.last_activity())
    }
}

impl Grounded for Standing {
    fn keys(&self) -> impl Iterator<Item = Key> {
        let place = match self.place {
            Place::Membership(id) => Key::from(id),
            Place::Grant(id) => Key::from(id),
        };
        let account = &self.account;
        [
            place,
            self.session.into(),
            self.parent.into(),
            self.user.into(),
            account.organization.into(),
            account.application.into(),
        ]
        .into_iter()
    }
}

/// What a verdict rests on.
#[derive(Debug, Clone, Copy)]
pub struct Grounds {
    pub session: SessionId,
    pub parent: SessionId,
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
    pub const fn grant(&self) -> Option<GrantId> {
        match self.place {
            Place::Grant(id) => Some(id),
            Place::Membership(_) => None,
        }
    }
}
