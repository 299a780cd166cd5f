//! A support token, and the rules that belong to it and not to every grant.

mod clock;
mod code;
mod words;

use grants::{Grant, State};
use kernel::{ApplicationId, Duration, Error, Factor, GrantId, OrganizationId, Timestamp, UserId};

pub use clock::clock;
pub use code::ReferenceCode;
pub use words::{Reason, Ticket};

/// Whom an organization lets in, how far, until when, and what came of it.
#[derive(Debug, Clone)]
pub struct SupportToken {
    pub grant: Grant,
    pub organization: OrganizationId,
    /// How long it is good for, counted from the association.
    pub validity: Duration,
    pub code: ReferenceCode,
    pub organization_name: String,
    pub made_by: String,
    /// What the customer wrote on it.
    pub customer_ticket: Option<String>,
    pub association: Option<Association>,
    pub used: Used,
}

/// The agent who took it, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Association {
    pub agent: UserId,
    pub agent_name: String,
    /// Nothing if they are no agent any more.
    pub agent_level: Option<u8>,
    pub ticket: String,
    pub reason: String,
}

/// What was done under it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Used {
    pub requests: i64,
    pub changes: i64,
}

/// What somebody asks the history for. Without anything it is all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Who made it, took it or ended it.
    pub person: Option<UserId>,
    pub state: Option<State>,
    /// It was there at some moment from this one on, and before the other.
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            person: None,
            state: None,
            from: Timestamp::from_micros(i64::MIN),
            to: Timestamp::from_micros(i64::MAX),
        }
    }
}

/// What an agent did last under a token.
#[derive(Debug, Clone)]
pub struct Seen {
    pub path: String,
    pub at: Timestamp,
}

impl Seen {
    /// So lately that the page is likely still open.
    pub fn is_now(&self, now: Timestamp) -> bool {
        now.since(self.at) < Duration::minutes(2)
    }
}

/// Where an agent goes who may come in.
#[derive(Debug, Clone)]
pub struct Way {
    pub application: ApplicationId,
    /// The address in the product that takes the handover; good once, for seconds.
    pub url: String,
}

impl SupportToken {
    pub fn id(&self) -> GrantId {
        self.grant.id
    }

    pub fn organization(&self) -> OrganizationId {
        self.organization
    }

    pub fn state(&self, now: Timestamp) -> State {
        self.grant.state(now)
    }

    /// The moment at which it ends by itself if nobody does anything: a support token always has one (A3).
    pub fn deadline(&self) -> Timestamp {
        self.grant.ends_at.unwrap_or(self.grant.answer_by)
    }

    /// When it would end if somebody took it at `now`.
    pub fn would_end_at(&self, now: Timestamp) -> Timestamp {
        self.grant.would_end_at(now).unwrap_or(now + self.validity)
    }

    pub fn is_agents(&self, user: UserId) -> bool {
        self.association.as_ref().is_some_and(|association| association.agent == user)
    }

    /// A31: its maker, and whoever administers the organization.
    pub fn may_be_revoked_by(&self, user: UserId, is_administrator: bool) -> bool {
        is_administrator || self.grant.created_by == user
    }

    /// An agent takes it. What is over gets the answer of an unknown code (A17); of two agents, the later is told who
    /// was first and when, on the clock of `zone` (A16).
    pub fn associate(self, association: Association, now: Timestamp, zone: &str) -> Result<Self, Error> {
        match self.state(now) {
            State::Pending => Ok(Self { association: Some(association), ..self }),
            State::Expired | State::Revoked => Err(unknown_code()),
            State::Active | State::Disabled => Err(self.taken(association.agent, now, zone)),
        }
    }

    fn taken(&self, by: UserId, now: Timestamp, zone: &str) -> Error {
        let at = clock(self.grant.activated_at.unwrap_or(now), now, zone);
        let sentence = match &self.association {
            Some(other) if other.agent == by => {
                format!("You associated this token at {at}. It is among your open accounts.")
            }
            Some(other) => format!("{} associated this token at {at}.", other.agent_name),
            None => format!("Somebody associated this token at {at}."),
        };
        Error::conflict("support_token_already_taken", sentence)
    }

    /// What to say to somebody who would end it, once it is over.
    pub fn ended_already(&self, now: Timestamp, zone: &str) -> Error {
        let at = clock(self.grant.over_at(now).unwrap_or(now), now, zone);
        let ended = self.grant.ended.as_ref();
        let sentence = match ended.and_then(|ended| ended.by.as_ref()) {
            Some((_, name)) => format!("{name} ended this token at {at}. Nobody has access through it."),
            None => format!("This token ended at {at}. Nobody has access through it."),
        };
        Error::conflict("support_token_ended", sentence)
    }

    /// What to say to somebody who would make a second one (A13).
    pub fn stands_in_the_way(&self, now: Timestamp, zone: &str) -> Error {
        let since = clock(self.grant.created_at, now, zone);
        let sentence = match &self.association {
            None => format!(
                "{} made token {} at {since}, and it is waiting for an agent: use it or revoke it.",
                self.made_by, self.code
            ),
            Some(agent) => format!(
                "{} is open to {} since {}: token {}.",
                self.organization_name,
                agent.agent_name,
                clock(self.grant.activated_at.unwrap_or(now), now, zone),
                self.code
            ),
        };
        Error::conflict("support_token_exists", sentence)
    }
}

/// The one answer to every code that cannot be taken: unknown, mistyped, expired, revoked (A17).
pub fn unknown_code() -> Error {
    Error::invalid(
        "code",
        "unknown_code",
        "No token is waiting under this code. Ask the customer to read it out again, or to make a new one.",
    )
}

/// Whether an agent's sign-in is strong enough to come near a customer's account. That there was a second factor is asked
/// wherever somebody acts as an agent (A20); the vendor may ask that it was a passkey (S26).
pub const fn is_strong_enough(factor: Factor, requires_passkey: bool) -> bool {
    !requires_passkey || matches!(factor, Factor::Passkey | Factor::Demo)
}
