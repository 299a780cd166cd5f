//! Tokens of partners, what is on offer, and who may enter. Nothing in here reads or writes.

pub mod permissions;
pub mod reminders;
pub mod rules;

use grants::{Grant, Mode, State};
use kernel::{
    ApplicationId, Code, Duration, EmailAddress, Error, FieldError, GrantId, MembershipId, OrganizationId,
    Timestamp, UserId,
};

pub use permissions::Permission;
pub use reminders::{About, Reminder};
pub use rules::{Method, Rule};

/// A company answers in days, not in hours: a token waits so long at least, whatever the vendor's answer window is.
pub const WAITS: Duration = Duration::days(14);

/// So many tokens of a partner may wait for a client at once (S85).
pub const MOST_PENDING: i64 = 1000;

/// One act for so many clients at once.
pub const MOST_AT_ONCE: usize = 1000;

/// Who did not use what they have for so long is pointed out (B18).
pub const UNUSED: Duration = Duration::days(90);

/// The longest note of whom a token is meant for.
const LONGEST_LABEL: usize = 100;

/// A partner's token and what became of it.
#[derive(Debug, Clone)]
pub struct Token {
    pub grant: Grant,
    pub partner: OrganizationId,
    pub partner_name: String,
    /// Nothing while nobody has completed it.
    pub client_name: Option<String>,
    /// Whom the partner means it for; may be empty.
    pub label: String,
    pub made_by: String,
    pub authorized_by: Option<String>,
    pub review_at: Option<Timestamp>,
    /// When the end and the review were chosen last, each by itself: a change of one says nothing of the other.
    pub end_chosen_at: Option<Timestamp>,
    pub review_chosen_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub deleted_at: Option<Timestamp>,
}

impl Token {
    pub const fn id(&self) -> GrantId {
        self.grant.id
    }

    pub fn state(&self, now: Timestamp) -> State {
        self.grant.state(now)
    }

    pub const fn client(&self) -> Option<OrganizationId> {
        self.grant.organization
    }

    /// The client's name, or whom the token is meant for; may be empty.
    pub fn name(&self) -> &str {
        self.client_name.as_deref().unwrap_or(&self.label)
    }

    pub fn may_write(&self) -> bool {
        self.grant.mode == Mode::Write
    }

    /// B7: only an active token lets the partner say who may enter.
    pub fn require_active(&self, now: Timestamp) -> Result<(), Error> {
        self.require_not_over(now)?;
        if self.state(now) == State::Disabled {
            return Err(Error::conflict(
                "partner_token_disabled",
                "This token is disabled. Activate it first.",
            ));
        }
        Ok(())
    }

    /// Whoever is authorized can be changed while the token is disabled too: to narrow somebody must not need to let them in.
    pub fn require_not_over(&self, now: Timestamp) -> Result<(), Error> {
        match self.state(now) {
            State::Active | State::Disabled => Ok(()),
            State::Pending => Err(Error::conflict(
                "partner_token_pending",
                "The client has not completed this token yet, so nobody can be authorized.",
            )),
            State::Expired | State::Revoked => {
                Err(Error::conflict("grant_over", "It has ended already, and nothing brings it back."))
            }
        }
    }
}

/// One of a partner's people who may enter a client's account.
#[derive(Debug, Clone)]
pub struct PartnerUser {
    pub membership: MembershipId,
    pub user: UserId,
    pub name: String,
    pub email: EmailAddress,
    /// As far as the client still gives them.
    pub permissions: Vec<Permission>,
    pub authorized_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

impl PartnerUser {
    /// Whoever has nothing left of what they were given is authorized still, and cannot enter.
    pub fn may_enter(&self) -> bool {
        !self.permissions.is_empty()
    }
}

/// One way in of a partner, whole.
#[derive(Debug, Clone)]
pub struct Partnership {
    pub grant: Grant,
    pub partner: OrganizationId,
    pub partner_name: String,
    /// What the client gave.
    pub permissions: Vec<Permission>,
    pub review_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    /// By name. For the client those who can enter; for the partner whoever was authorized.
    pub users: Vec<PartnerUser>,
}

/// A line of *My Clients*.
#[derive(Debug, Clone)]
pub struct Client {
    pub token: Token,
    pub permissions: Vec<String>,
    /// The first few of them, by name.
    pub users: Vec<String>,
    pub user_count: i64,
}

/// What of *My Clients* to show (B18). Without anything it is all of it.
#[derive(Debug, Clone, Default)]
pub struct ClientQuery {
    /// Part of the name of a client or, for the partner's administrators, of one of its people.
    pub search: String,
    pub state: Option<State>,
    /// An end or a review within so many days.
    pub ending_within: Option<i64>,
    /// Active, and nobody has entered for [`UNUSED`].
    pub is_unused: bool,
    /// Only those for which this one of the partner's people was authorized.
    pub user: Option<MembershipId>,
    pub limit: i64,
    pub offset: i64,
}

/// How many clients there are in each of the saved views.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub all: i64,
    pub in_30_days: i64,
    pub in_7_days: i64,
    pub in_1_day: i64,
    pub unused: i64,
    pub pending: i64,
}

/// One of the partner's people who could be authorized.
#[derive(Debug, Clone)]
pub struct Colleague {
    pub membership: MembershipId,
    pub user: UserId,
    pub name: String,
    pub email: EmailAddress,
}

/// Whose token it is, before anything is granted (B4).
#[derive(Debug, Clone)]
pub struct Offered {
    pub partner: OrganizationId,
    pub partner_name: String,
    pub answer_by: Timestamp,
}

/// What a client gives.
#[derive(Debug, Clone)]
pub struct Terms {
    pub permissions: Vec<String>,
    pub mode: Mode,
    /// None: until somebody ends it.
    pub ends_at: Option<Timestamp>,
    pub review_at: Option<Timestamp>,
}

/// What is left out stays as it is; a date that is nothing is taken away.
#[derive(Debug, Clone, Default)]
pub struct ChangeTerms {
    pub permissions: Option<Vec<String>>,
    pub mode: Option<Mode>,
    pub ends_at: Option<Option<Timestamp>>,
    pub review_at: Option<Option<Timestamp>>,
}

/// What is wrong with the dates of a client.
pub fn wrong_dates(
    ends_at: Option<Timestamp>,
    review_at: Option<Timestamp>,
    now: Timestamp,
) -> Vec<FieldError> {
    let mut wrong = Vec::new();
    let mut refuse = |field, code, sentence: &str| {
        wrong.push(FieldError { field, code: Code(code), sentence: sentence.to_owned() });
    };
    if ends_at.is_some_and(|end| end <= now) {
        refuse("ends_at", "in_the_past", "Choose an end that is still to come.");
    }
    if review_at.is_some_and(|review| review <= now) {
        refuse("review_at", "in_the_past", "Choose a review date that is still to come.");
    }
    if let (Some(end), Some(review)) = (ends_at, review_at)
        && review >= end
    {
        refuse("review_at", "after_the_end", "Choose a review date before the end.");
    }
    wrong
}

/// Whom a token is meant for, in a line.
pub fn checked_label(text: &str) -> Result<String, Error> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > LONGEST_LABEL {
        return Err(Error::invalid("label", "too_long", "Use at most 100 characters."));
    }
    if line.chars().any(|c| c.is_control() || people::model::is_invisible(c)) {
        return Err(Error::invalid("label", "control_characters", "Use letters, digits and signs only."));
    }
    Ok(line)
}

/// What the vendor says an organization is to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registration {
    pub is_partner: bool,
    pub is_client: bool,
}

impl Registration {
    pub const fn of(organization: &organizations::Organization) -> Self {
        Self {
            is_partner: organization.partner_since.is_some(),
            is_client: organization.client_since.is_some(),
        }
    }
}

/// A registered organization with numbers, nobody's name.
#[derive(Debug, Clone)]
pub struct Registered {
    pub id: OrganizationId,
    pub name: String,
    pub partner_since: Option<Timestamp>,
    pub client_since: Option<Timestamp>,
    pub clients: i64,
    pub partners: i64,
}

/// What a person may do on a grant now. There is none for whoever may do nothing.
#[derive(Debug, Clone)]
pub struct Standing {
    pub partner: OrganizationId,
    pub partner_name: String,
    pub membership: MembershipId,
    /// The keys of what they may do, in the vendor's order. Never empty.
    pub permissions: Vec<String>,
    /// When their place in the partner's organization ends by itself.
    pub until: Option<Timestamp>,
}

/// Where one of a partner's people goes who may come in.
#[derive(Debug, Clone)]
pub struct Way {
    pub application: ApplicationId,
    /// The address in the product at which the way begins; good once, for a minute.
    pub url: String,
}

/// One thing for many clients.
#[derive(Debug, Clone)]
pub enum Act {
    Authorize { member: MembershipId, permissions: Vec<String> },
    Revoke { member: MembershipId },
    Disable,
    Activate,
    Delete,
}

impl Act {
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Authorize { .. } => "authorize",
            Self::Revoke { .. } => "revoke",
            Self::Disable => "disable",
            Self::Activate => "activate",
            Self::Delete => "delete",
        }
    }
}

/// What became of it for one client.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub grant: GrantId,
    pub name: String,
    /// The code and the sentence of why not.
    pub refused: Option<(&'static str, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

    /// B15: an end and a review are still to come, and whoever reviews can still decide.
    #[test]
    fn dates_are_in_order() {
        let day = |days| Some(NOW + Duration::days(days));
        let codes = |ends_at, review_at| -> Vec<_> {
            wrong_dates(ends_at, review_at, NOW)
                .into_iter()
                .map(|wrong| (wrong.field, wrong.code.0))
                .collect()
        };
        assert!(codes(None, None).is_empty());
        assert!(codes(day(30), day(20)).is_empty());
        assert_eq!(codes(Some(NOW), None), [("ends_at", "in_the_past")]);
        assert_eq!(codes(None, Some(NOW)), [("review_at", "in_the_past")]);
        assert_eq!(codes(day(3), day(3)), [("review_at", "after_the_end")]);
    }

    #[test]
    fn a_label_is_one_line_of_text() {
        assert_eq!(checked_label("  Cellier \n du  Midi ").expect("a line"), "Cellier du Midi");
        assert_eq!(checked_label("").expect("may be empty"), "");
        assert!(checked_label("a\u{202e}b").is_err());
        assert!(checked_label(&"x".repeat(101)).is_err());
    }
}
