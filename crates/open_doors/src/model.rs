//! A door, and when it is time to shut it.

use grants::State;
use kernel::{Duration, Timestamp};

/// What was not used for so long is pointed out.
pub const FORGOTTEN_AFTER: Duration = Duration::days(90);

/// Which way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    SupportToken,
    TemporaryCredentials,
    /// A company that works for the organization, with those of its people whom it authorized.
    Partner,
    /// One of the vendor's people, a member for a time (A6).
    VendorStaff,
    IntegrationLogin,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SupportToken => "support_token",
            Self::TemporaryCredentials => "temporary_credentials",
            Self::Partner => "partner",
            Self::VendorStaff => "vendor_staff",
            Self::IntegrationLogin => "integration_login",
        }
    }

    /// The drawing beside it.
    pub const fn icon(self) -> &'static str {
        match self {
            Self::SupportToken => "key",
            Self::TemporaryCredentials => "clock",
            Self::Partner => "people",
            Self::VendorStaff => "person",
            Self::IntegrationLogin => "app",
        }
    }
}

/// Something from outside that can enter, or waits to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    pub kind: Kind,
    pub id: String,
    /// Active, pending while nobody has taken it, or disabled by a partner, who can open it again.
    pub state: State,
    /// Who loses access when it is closed; nothing while nobody has it.
    pub who: Vec<String>,
    /// What it is called: a reference code, an address, a login.
    pub name: String,
    /// What it was opened for.
    pub ticket: String,
    pub may_write: bool,
    /// What a partner may do, in words.
    pub permissions: Vec<String>,
    pub since: Timestamp,
    pub last_used_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
    /// When the organization wants to look at it again.
    pub review_at: Option<Timestamp>,
    /// Its own page, where it can be looked at and ended alone.
    pub href: String,
}

impl Door {
    /// Nobody has come in by it for a long time, nor was it opened lately.
    pub fn is_forgotten(&self, now: Timestamp) -> bool {
        self.state != State::Pending && now.since(self.last_used_at.unwrap_or(self.since)) >= FORGOTTEN_AFTER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_used_for_ninety_days_is_forgotten() {
        let now = Timestamp::from_seconds(1_800_000_000);
        let door = Door {
            kind: Kind::IntegrationLogin,
            id: "ilg_1".to_owned(),
            state: State::Active,
            who: vec!["Payroll".to_owned()],
            name: "int-abc".to_owned(),
            ticket: String::new(),
            may_write: true,
            permissions: Vec::new(),
            since: now - Duration::days(200),
            last_used_at: Some(now - Duration::days(89)),
            ends_at: None,
            review_at: None,
            href: String::new(),
        };
        assert!(!door.is_forgotten(now));
        assert!(door.is_forgotten(now + Duration::days(1)));
        assert!(Door { last_used_at: None, ..door.clone() }.is_forgotten(now));
        assert!(
            !Door { last_used_at: None, since: now - Duration::days(3), ..door.clone() }.is_forgotten(now)
        );
        assert!(!Door { state: State::Pending, ..door }.is_forgotten(now + Duration::days(1)));
    }
}
