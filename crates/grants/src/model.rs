//! What a grant is, and the rules by which it changes. The clock is given; nothing in here reads or writes.

use kernel::{ApiKeyId, Duration, Error, GrantId, OrganizationId, Timestamp, UserId};

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
    /// Its time was over.
    Expired,
    /// The agent was suspended or is no agent any more.
    AgentRemoved,
}

impl EndedHow {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Agent => "agent",
            Self::Vendor => "vendor",
            Self::Expired => "expired",
            Self::AgentRemoved => "agent_removed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "customer" => Some(Self::Customer),
            "agent" => Some(Self::Agent),
            "vendor" => Some(Self::Vendor),
            "expired" => Some(Self::Expired),
            "agent_removed" => Some(Self::AgentRemoved),
            _ => None,
        }
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
    pub organization: OrganizationId,
    pub mode: Mode,
    pub created_at: Timestamp,
    pub created_by: UserId,
    /// The API key that passed the act on, if the person acted in the vendor's product.
    pub created_through: Option<ApiKeyId>,
    /// Pending until then at the latest.
    pub answer_by: Timestamp,
    /// How long it is good for, counted from its activation.
    pub validity: Duration,
    /// The organization named a moment instead of a length: it ends then at the latest.
    pub not_after: Option<Timestamp>,
    pub activated_at: Option<Timestamp>,
    /// Set when it is activated, and never moved.
    pub ends_at: Option<Timestamp>,
    pub disabled_at: Option<Timestamp>,
    pub ended: Option<Ended>,
}

/// What a new grant is made of.
#[derive(Debug, Clone)]
pub struct NewGrant {
    pub organization: OrganizationId,
    pub mode: Mode,
    pub created_by: UserId,
    pub created_through: Option<ApiKeyId>,
    pub answer_window: Duration,
    pub validity: Duration,
    pub not_after: Option<Timestamp>,
}

impl Grant {
    /// A grant that nobody has taken yet.
    pub fn new(id: GrantId, new: NewGrant, now: Timestamp) -> Self {
        Self {
            id,
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
            None if self.deadline() <= now => State::Expired,
            None if self.activated_at.is_none() => State::Pending,
            None if self.disabled_at.is_some() => State::Disabled,
            None => State::Active,
        }
    }

    /// The moment at which it ends by itself if nobody does anything: the end of its validity, or while it is pending
    /// the end of the answer window.
    pub fn deadline(&self) -> Timestamp {
        self.ends_at.unwrap_or(self.answer_by)
    }

    /// Until when somebody may be in; nothing if nobody may be in now.
    pub fn until(&self, now: Timestamp) -> Option<Timestamp> {
        if self.state(now) == State::Active { self.ends_at } else { None }
    }

    /// When it was over, if it is: written down or not.
    pub fn over_at(&self, now: Timestamp) -> Option<Timestamp> {
        match &self.ended {
            Some(ended) => Some(ended.at),
            None if self.deadline() <= now => Some(self.deadline()),
            None => None,
        }
    }

    /// When it would end if somebody took it at `now`.
    pub fn would_end_at(&self, now: Timestamp) -> Timestamp {
        sooner(now + self.validity, self.not_after)
    }

    /// Somebody takes it: from now on it is active, and its validity runs.
    pub fn activate(self, now: Timestamp) -> Result<Self, Error> {
        match self.state(now) {
            State::Pending => {
                Ok(Self { activated_at: Some(now), ends_at: Some(self.would_end_at(now)), ..self })
            }
            State::Active | State::Disabled => Err(already_taken()),
            State::Expired | State::Revoked => Err(already_over()),
        }
    }

    /// It ends before its time, by somebody.
    pub fn revoke(self, how: EndedHow, by: Option<(UserId, String)>, now: Timestamp) -> Result<Self, Error> {
        if self.state(now).is_over() {
            return Err(already_over());
        }
        Ok(Self { ended: Some(Ended { at: now, how, by }), ..self })
    }

    /// What the clock has done is written down. The end is the moment it promised, not the moment somebody looked.
    pub fn expire(self, now: Timestamp) -> Result<Self, Error> {
        if self.ended.is_some() {
            return Err(already_over());
        }
        if now < self.deadline() {
            return Err(Error::conflict("grant_not_over", "Its time is not over yet."));
        }
        let at = self.deadline();
        Ok(Self { ended: Some(Ended { at, how: EndedHow::Expired, by: None }), ..self })
    }
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
