//! What a grant is, and the rules by which it changes. The clock is given; nothing in here reads or writes.

mod transitions;

use kernel::{ApiKeyId, Duration, Error, GrantId, OrganizationId, Timestamp, UserId};

pub use transitions::{Act, next};

/// Which way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The padlock: a support agent takes it for a ticket.
    SupportToken,
    /// An address and a password that belong to nobody.
    TemporaryCredentials,
    /// A company that works for many organizations.
    Partner,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::SupportToken, Self::TemporaryCredentials, Self::Partner];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SupportToken => "support_token",
            Self::TemporaryCredentials => "temporary_credentials",
            Self::Partner => "partner",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What a grant is at one moment. It follows from the instants of the grant and is kept nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Made, but nobody has taken it: nobody is in.
    Pending,
    /// Somebody from outside may be in.
    Active,
    /// Shut for now.
    Disabled,
    /// Its time is over, or nobody took it in time.
    Expired,
    /// Somebody ended it.
    Revoked,
}

impl State {
    pub const ALL: [Self; 5] = [Self::Pending, Self::Active, Self::Disabled, Self::Expired, Self::Revoked];

    /// Nothing comes back from here.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Expired | Self::Revoked)
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// How far in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// A19: changing things is a choice, never what happens when nobody chose.
    #[default]
    ReadOnly,
    Write,
}

impl Mode {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "read_only",
            Self::Write => "write",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "read_only" => Some(Self::ReadOnly),
            "write" => Some(Self::Write),
            _ => None,
        }
    }
}

/// On whose side a grant ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndedHow {
    /// The organization revoked it.
    Customer,
    /// The agent gave it back.
    Agent,
    /// The vendor ended it.
    Vendor,
    /// The partner deleted it.
    Partner,
    /// Its time was over.
    Expired,
    /// The agent was suspended or is no agent any more.
    AgentRemoved,
}

impl EndedHow {
    pub const ALL: [Self; 6] =
        [Self::Customer, Self::Agent, Self::Vendor, Self::Partner, Self::Expired, Self::AgentRemoved];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Agent => "agent",
            Self::Vendor => "vendor",
            Self::Partner => "partner",
            Self::Expired => "expired",
            Self::AgentRemoved => "agent_removed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|how| how.as_str() == text)
    }
}

/// The end of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    pub at: Timestamp,
    pub how: EndedHow,
    /// Who ended it, with the name they had then. Nobody ends what expires.
    pub by: Option<(UserId, String)>,
}

/// A way into one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub id: GrantId,
    pub kind: Kind,
    /// Whose account it leads into. A partner's token leads nowhere before a client has taken it.
    pub organization: Option<OrganizationId>,
    pub mode: Mode,
    pub created_at: Timestamp,
    pub created_by: UserId,
    /// The API key that passed the act on, if the person acted in the vendor's product.
    pub created_through: Option<ApiKeyId>,
    /// Pending until then at the latest.
    pub answer_by: Timestamp,
    /// How long it is good for, counted from its activation. None: it has no end of its own.
    pub validity: Option<Duration>,
    /// The organization named a moment instead of a length: it ends then at the latest.
    pub not_after: Option<Timestamp>,
    pub activated_at: Option<Timestamp>,
    /// Set when it is activated. Never moved, but for a partner's, whose client may choose another end.
    pub ends_at: Option<Timestamp>,
    pub disabled_at: Option<Timestamp>,
    pub ended: Option<Ended>,
}

/// What a new grant is made of.
#[derive(Debug, Clone)]
pub struct NewGrant {
    pub kind: Kind,
    pub organization: Option<OrganizationId>,
    pub mode: Mode,
    pub created_by: UserId,
    pub created_through: Option<ApiKeyId>,
    pub answer_window: Duration,
    pub validity: Option<Duration>,
    pub not_after: Option<Timestamp>,
}

impl Grant {
    /// A grant that nobody has taken yet.
    pub fn new(id: GrantId, new: NewGrant, now: Timestamp) -> Self {
        Self {
            id,
            kind: new.kind,
            organization: new.organization,
            mode: new.mode,
            created_at: now,
            created_by: new.created_by,
            created_through: new.created_through,
            answer_by: sooner(now + new.answer_window, new.not_after),
            validity: new.validity,
            not_after: new.not_after,
            activated_at: None,
            ends_at: None,
            disabled_at: None,
            ended: None,
        }
    }

    pub fn state(&self, now: Timestamp) -> State {
        match &self.ended {
            Some(Ended { how: EndedHow::Expired, .. }) => State::Expired,
            Some(_) => State::Revoked,
            None if self.is_overdue(now) => State::Expired,
            None if self.activated_at.is_none() => State::Pending,
            None if self.disabled_at.is_some() => State::Disabled,
            None => State::Active,
        }
    }

    /// The moment at which it ends by itself if nobody does anything: while it is pending the end of the answer window,
    /// and then its own end, if it has one.
    pub const fn deadline(&self) -> Option<Timestamp> {
        match self.activated_at {
            None => Some(self.answer_by),
            Some(_) => self.ends_at,
        }
    }

    fn is_overdue(&self, now: Timestamp) -> bool {
        self.deadline().is_some_and(|deadline| deadline <= now)
    }

    /// Whether somebody may be in, and until when at the latest; [`Timestamp::MAX`] if it has no end.
    pub fn until(&self, now: Timestamp) -> Option<Timestamp> {
        (self.state(now) == State::Active).then(|| self.ends_at.unwrap_or(Timestamp::MAX))
    }

    /// When it was over, if it is: written down or not.
    pub fn over_at(&self, now: Timestamp) -> Option<Timestamp> {
        match &self.ended {
            Some(ended) => Some(ended.at),
            None => self.deadline().filter(|deadline| *deadline <= now),
        }
    }

    /// When it would end if somebody took it at `now`.
    pub fn would_end_at(&self, now: Timestamp) -> Option<Timestamp> {
        match self.validity {
            Some(validity) => Some(sooner(now + validity, self.not_after)),
            None => self.not_after,
        }
    }

    /// The state after an act, or why there is none.
    fn after(&self, act: Act, now: Timestamp) -> Result<State, Error> {
        let state = self.state(now);
        next(self.kind, state, act).ok_or_else(|| match (state, act) {
            (State::Expired | State::Revoked, _) => already_over(),
            (State::Active | State::Disabled, Act::Activate) => already_taken(),
            (State::Active, Act::Enable) => Error::conflict("grant_not_disabled", "It is active already."),
            (State::Disabled, Act::Disable) => Error::conflict("grant_disabled", "It is disabled already."),
            (State::Pending, _) => {
                Error::conflict("grant_pending", "Nobody has taken it yet, so there is nothing to change.")
            }
            _ => Error::conflict("grant_kind", "This way in cannot be changed like that: end it instead."),
        })
    }

    /// Somebody takes it: from now on it is active, and its validity runs.
    pub fn activate(self, now: Timestamp) -> Result<Self, Error> {
        self.after(Act::Activate, now)?;
        let ends_at = self.would_end_at(now);
        Ok(Self { activated_at: Some(now), ends_at, ..self })
    }

    /// A client takes a partner's token: it leads into this organization, so far and until then.
    pub fn complete(
        self,
        organization: OrganizationId,
        mode: Mode,
        ends_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        still_to_come(ends_at, now)?;
        Self { organization: Some(organization), mode, not_after: ends_at, ..self }.activate(now)
    }

    /// Shut for now (B11).
    pub fn disable(self, now: Timestamp) -> Result<Self, Error> {
        self.after(Act::Disable, now)?;
        Ok(Self { disabled_at: Some(now), ..self })
    }

    /// Open again, for the same people and as far as before (B11).
    pub fn enable(self, now: Timestamp) -> Result<Self, Error> {
        self.after(Act::Enable, now)?;
        Ok(Self { disabled_at: None, ..self })
    }

    /// The client chooses another mode and another end, or none (B15).
    pub fn change(self, mode: Mode, ends_at: Option<Timestamp>, now: Timestamp) -> Result<Self, Error> {
        self.after(Act::Change, now)?;
        still_to_come(ends_at, now)?;
        Ok(Self { mode, ends_at, not_after: ends_at, ..self })
    }

    /// It ends before its time, by somebody.
    pub fn revoke(self, how: EndedHow, by: Option<(UserId, String)>, now: Timestamp) -> Result<Self, Error> {
        self.after(Act::Revoke, now)?;
        Ok(Self { ended: Some(Ended { at: now, how, by }), ..self })
    }

    /// What the clock has done is written down. The end is the moment it promised, not the moment somebody looked.
    pub fn expire(self, now: Timestamp) -> Result<Self, Error> {
        if self.ended.is_some() {
            return Err(already_over());
        }
        match self.over_at(now) {
            None => Err(Error::conflict("grant_not_over", "Its time is not over yet.")),
            Some(at) => Ok(Self { ended: Some(Ended { at, how: EndedHow::Expired, by: None }), ..self }),
        }
    }
}

fn still_to_come(ends_at: Option<Timestamp>, now: Timestamp) -> Result<(), Error> {
    if ends_at.is_none_or(|end| end > now) {
        return Ok(());
    }
    Err(Error::invalid("ends_at", "too_early", "Choose an end that is still to come."))
}

fn sooner(at: Timestamp, limit: Option<Timestamp>) -> Timestamp {
    limit.map_or(at, |limit| limit.min(at))
}

pub(crate) fn already_over() -> Error {
    Error::conflict("grant_over", "It has ended already, and nothing brings it back.")
}

pub(crate) fn already_taken() -> Error {
    Error::conflict("grant_taken", "Somebody else has taken it already.")
}

pub(crate) fn changed() -> Error {
    Error::conflict("grant_changed", "It changed at the same moment. Look again, and repeat this.")
}
