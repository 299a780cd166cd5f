//! How long links and waits last, what agents check of a lost device, and in which state a request is.

use kernel::{Code, Duration, EmailAddress, Error, FieldError, LostDeviceId, Timestamp, UserId};
use organizations::model::is_vendor_address;

/// A link to choose a new password.
pub const RESET_LASTS: Duration = Duration::hours(1);
/// A link that shows that somebody has a mailbox.
pub const CONFIRMATION_LASTS: Duration = Duration::hours(24);
/// For so long the old address can take a change back.
pub const UNDO_LASTS: Duration = Duration::days(7);

/// A request that no two agents have approved by then ends.
pub const UNANSWERED: Duration = Duration::days(7);
/// Between the second approval and the reset. Nothing shortens it (case 25).
pub const WAIT: Duration = Duration::hours(24);
/// After a stop there is no new request for so long.
pub const PAUSE_AFTER_STOP: Duration = Duration::hours(24);
/// An address that was changed so recently still hears of a lost device.
pub const EARLIER_ADDRESSES: Duration = Duration::days(30);
/// So many different agents have to check a request, of this level or higher.
pub const AGENTS_NEEDED: usize = 2;
pub const LEVEL_NEEDED: u8 = 2;

const LONGEST_REASON: usize = 500;
const LONGEST_CONTACT: usize = 120;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$inner:meta])* $variant:ident $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$inner])* $variant),* }
        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text)
            }
        }
    };
}

words! {
    /// What an agent has done before saying that the request is the person's own. All of it, each agent for themselves.
    Check {
        /// Called back on a number that an administrator of the organization gave, never one from the request.
        CalledBack "called_back",
        /// An administrator of the person's organization vouches, reached in another way than the person.
        AdministratorVouches "administrator_vouches",
        /// The person described what they did lately, which others do not know.
        RecentActivity "recent_activity",
        /// The person knows that mail goes out, that a day passes, and how to stop it.
        KnowsOfTheWait "knows_of_the_wait",
    }
}

words! {
    EndedHow {
        Done "done",
        /// From a link in a mail, or together with the whole account.
        Stopped "stopped",
        /// By an agent.
        Refused "refused",
        Expired "expired",
        /// The person showed the factor after all, has none any more, or began anew with another password or address.
        Overtaken "overtaken",
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Agents are checking.
    Open,
    /// Two agents approved, the day is not over.
    Waiting,
    Ended(EndedHow),
}

impl State {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waiting => "waiting",
            Self::Ended(how) => how.as_str(),
        }
    }
}

/// Somebody says that they lost what their codes come from (C14).
#[derive(Debug, Clone)]
pub struct LostDevice {
    pub id: LostDeviceId,
    pub user: UserId,
    pub reason: String,
    /// How they say they can be reached. Not to be called back on.
    pub contact: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub approved_at: Option<Timestamp>,
    pub takes_effect_at: Option<Timestamp>,
    pub ended: Option<End>,
}

#[derive(Debug, Clone, Copy)]
pub struct End {
    pub at: Timestamp,
    pub how: EndedHow,
    pub by: Option<UserId>,
}

impl LostDevice {
    pub fn state(&self, now: Timestamp) -> State {
        match (self.ended, self.takes_effect_at) {
            (Some(end), _) => State::Ended(end.how),
            (None, Some(_)) => State::Waiting,
            (None, None) if now >= self.expires_at => State::Ended(EndedHow::Expired),
            (None, None) => State::Open,
        }
    }

    /// The day is over.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.ended.is_none() && self.takes_effect_at.is_some_and(|at| at <= now)
    }

    /// Nobody decides about their own device.
    pub fn may_be_judged_by(&self, agent: UserId) -> Result<(), Error> {
        if self.user == agent {
            Err(Error::forbidden(
                "own_request",
                "This is your own request. Two other agents of level 2 or 3 decide about it.",
            ))
        } else {
            Ok(())
        }
    }
}

/// What one agent checked.
#[derive(Debug, Clone)]
pub struct Checked {
    pub agent: UserId,
    pub checks: Vec<Check>,
    pub note: String,
    pub created_at: Timestamp,
}

/// The whole list, or what is missing of it.
pub fn all_checked(names: &[String]) -> Result<Vec<Check>, FieldError> {
    let wrong = |code, sentence: &str| FieldError {
        field: "checked",
        code: Code(code),
        sentence: sentence.to_owned(),
    };
    let mut given = Vec::new();
    for name in names {
        let check = Check::parse(name)
            .ok_or_else(|| wrong("not_a_check", "Name only checks that are in the list."))?;
        given.push(check);
    }
    if Check::ALL.iter().all(|check| given.contains(check)) {
        Ok(Check::ALL.to_vec())
    } else {
        Err(wrong("checks_missing", "Approve when you have done every check in the list, and tick each."))
    }
}

/// Text in a person's own words, on as many lines as they like.
fn words(field: &'static str, text: &str, longest: usize, missing: &str) -> Result<String, FieldError> {
    let wrong = |code, sentence: String| FieldError { field, code: Code(code), sentence };
    let text: String = text
        .trim()
        .chars()
        .filter(|c| *c == '\n' || (!c.is_control() && !people::model::is_invisible(*c)))
        .collect();
    if text.is_empty() {
        return Err(wrong("required", missing.to_owned()));
    }
    if text.chars().count() > longest {
        return Err(wrong("too_long", format!("Use at most {longest} characters.")));
    }
    Ok(text)
}

pub fn checked_reason(text: &str) -> Result<String, FieldError> {
    words("reason", text, LONGEST_REASON, "Say what happened to the device.")
}

pub fn checked_contact(text: &str) -> Result<String, FieldError> {
    words("contact", text, LONGEST_CONTACT, "Say how you can be reached.")
}

/// What an agent adds to the checks; may be empty.
pub fn checked_note(text: &str) -> Result<String, FieldError> {
    if text.trim().is_empty() { Ok(String::new()) } else { words("note", text, LONGEST_REASON, "") }
}

/// E15: an address of the vendor's is nobody's but its people's, and whoever signs in with one keeps to one.
pub fn checked_change(
    from: &EmailAddress,
    to: &EmailAddress,
    has_role: bool,
    vendor_domains: &[String],
) -> Result<(), FieldError> {
    let wrong =
        |code, sentence: &str| FieldError { field: "email", code: Code(code), sentence: sentence.to_owned() };
    if from == to {
        return Err(wrong("same_email", "This is your address already."));
    }
    let (was_vendors, is_vendors) =
        (is_vendor_address(from, vendor_domains), is_vendor_address(to, vendor_domains));
    if is_vendors && !was_vendors && !has_role {
        return Err(wrong(
            "vendor_address",
            "This address belongs to the vendor's own people. Give another one.",
        ));
    }
    if was_vendors && !is_vendors {
        return Err(wrong(
            "vendor_address_required",
            "You sign in with an address of the vendor's. Give another one of the vendor's addresses.",
        ));
    }
    Ok(())
}
