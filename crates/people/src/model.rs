//! A person, and the rules that need no database.

use kernel::{Code, EmailAddress, FieldError, Staff, Timestamp, UserId};

/// Long enough for the longest names of people and organizations, short enough for a line of a mail.
pub const LONGEST_NAME: usize = 100;

/// A human being.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub email: EmailAddress,
    pub name: String,
    /// How the vendor's own backend calls this person.
    pub external_id: Option<String>,
    /// BCP 47; empty if the person chose none.
    pub language: String,
    /// IANA name; empty if the person chose none.
    pub time_zone: String,
    pub created_at: Timestamp,
    pub suspended_at: Option<Timestamp>,
    /// By its owner, because somebody else knows the password.
    pub locked_at: Option<Timestamp>,
}

impl User {
    pub const fn may_sign_in(&self) -> bool {
        self.suspended_at.is_none() && self.locked_at.is_none()
    }
}

/// What stands in the place of a person where nobody is named, such as whoever holds temporary credentials. It is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandIn {
    pub id: UserId,
    pub email: EmailAddress,
    pub name: String,
}

/// What is known of a person before they have an id.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub email: EmailAddress,
    pub name: String,
    pub external_id: Option<String>,
    pub language: String,
    pub time_zone: String,
}

/// One of the vendor's people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffMember {
    pub user: User,
    /// 1, 2 or 3 for a support agent.
    pub agent_level: Option<u8>,
    pub is_administrator: bool,
    pub created_at: Timestamp,
    pub suspended_at: Option<Timestamp>,
}

impl StaffMember {
    /// What this person may be to the vendor now: nothing while suspended.
    pub fn staff(&self) -> Staff {
        if self.suspended_at.is_some() || self.user.suspended_at.is_some() {
            Staff::default()
        } else {
            Staff { agent_level: self.agent_level, is_administrator: self.is_administrator }
        }
    }

    /// Whether there is a role at all; a role that was taken away keeps its row.
    pub const fn has_role(&self) -> bool {
        self.agent_level.is_some() || self.is_administrator
    }
}

/// A name as it may stand on pages and in mails: one line, not empty.
pub fn checked_name(field: &'static str, text: &str) -> Result<String, FieldError> {
    let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let wrong = |code, sentence: &str| FieldError { field, code: Code(code), sentence: sentence.to_owned() };
    if name.is_empty() {
        return Err(wrong("required", "Enter a name."));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(wrong("too_long", "Enter a name of at most 100 characters."));
    }
    if name.chars().any(|c| c.is_control() || is_invisible(c)) {
        return Err(wrong("not_a_name", "Enter a name without control characters."));
    }
    Ok(name)
}

/// An address that somebody typed.
pub fn checked_email(field: &'static str, text: &str) -> Result<EmailAddress, FieldError> {
    let wrong = |code, sentence: &str| FieldError { field, code: Code(code), sentence: sentence.to_owned() };
    if text.trim().is_empty() {
        return Err(wrong("required", "Enter an e-mail address."));
    }
    text.trim()
        .parse()
        .map_err(|_| wrong("not_an_email_address", "Enter an e-mail address such as ana@example.com."))
}

/// Whether a domain is the other one, or a part of it.
pub fn is_within(domain: &str, whole: &str) -> bool {
    domain.strip_suffix(whole).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Characters that turn the direction of text or take no room: with them one name can look like another.
pub const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
