//! A login for an old interface, what somebody wants it to be, and why it may be refused.

use applications::HeaderSet;
use kernel::{
    ApplicationId, Code, Duration, EmailAddress, Entropy, Error, FieldError, IntegrationLoginId,
    OrganizationId, Timestamp, UserId,
};

use crate::networks::Wrong;
pub use crate::networks::{MOST as MOST_NETWORKS, Network, Networks};

/// No login lives longer: one that is forgotten ends by itself.
pub const LONGEST: Duration = Duration::days(365);

/// So many an organization may have that are good.
pub const MOST: usize = 100;

/// How every login begins, so that none can be taken for an address of somebody.
const BEGINNING: &str = "int-";
/// Without what is mistaken for something else.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
const LENGTH: usize = 12;

/// A login. Its password is not in here: only a hash of it exists.
#[derive(Debug, Clone)]
pub struct IntegrationLogin {
    pub id: IntegrationLoginId,
    pub organization: OrganizationId,
    pub application: ApplicationId,
    pub application_name: String,
    pub name: String,
    /// What the old interface calls the user.
    pub login: String,
    pub networks: Networks,
    pub created_at: Timestamp,
    pub created_by: UserId,
    pub created_by_name: String,
    pub ends_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    /// Where it was last used from; empty if it never was.
    pub last_address: String,
}

impl IntegrationLogin {
    /// Compared at each look.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.ends_at
    }

    /// `active`, `expired` or `revoked`.
    pub fn state(&self, now: Timestamp) -> &'static str {
        match self.revoked_at {
            Some(_) => "revoked",
            None if now < self.ends_at => "active",
            None => "expired",
        }
    }
}

/// A name for a new login: 60 bits of chance. It is no secret, and nobody is called so already.
pub fn new_login(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; LENGTH];
    entropy.fill(&mut bytes);
    let letters = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
    BEGINNING.chars().chain(letters).collect()
}

/// Whether a text could be a login of ours; no address is one.
pub fn is_login(text: &str) -> bool {
    text.strip_prefix(BEGINNING)
        .is_some_and(|rest| rest.len() == LENGTH && rest.bytes().all(|byte| LETTERS.contains(&byte)))
}

/// What somebody wants a login to be.
#[derive(Debug, Clone)]
pub struct NewIntegrationLogin {
    pub name: String,
    /// None: the only one that there is.
    pub application: Option<ApplicationId>,
    pub ends_at: Option<Timestamp>,
    /// As it was typed.
    pub networks: String,
}

/// The same in order.
#[derive(Debug, Clone)]
pub struct Checked {
    pub name: String,
    pub application: ApplicationId,
    pub ends_at: Timestamp,
    pub networks: Networks,
}

impl NewIntegrationLogin {
    /// The same in order, or what is wrong with it. `applications` are those that there are.
    pub fn checked(self, applications: &[ApplicationId], now: Timestamp) -> Result<Checked, Error> {
        let mut wrong = Vec::new();
        let mut say =
            |field, code, sentence: String| wrong.push(FieldError { field, code: Code(code), sentence });
        let name = people::model::checked_name("name", &self.name).unwrap_or_else(|field| {
            say("name", field.code.0, field.sentence);
            String::new()
        });
        let application = match (self.application, applications) {
            (Some(wanted), all) => all.iter().find(|one| **one == wanted).copied(),
            (None, [only]) => Some(*only),
            (None, _) => None,
        };
        if application.is_none() {
            say("application_id", "required", "Choose one of the applications.".to_owned());
        }
        let ends_at = self.ends_at.unwrap_or(now);
        if self.ends_at.is_none() {
            say("ends_at", "required", "Choose an end: no login is endless.".to_owned());
        } else if ends_at <= now {
            say("ends_at", "in_the_past", "Choose an end that is still to come.".to_owned());
        } else if ends_at > now + LONGEST {
            say("ends_at", "too_late", "Choose an end within 365 days.".to_owned());
        }
        let networks = checked_networks(&self.networks).unwrap_or_else(|(code, sentence)| {
            say("networks", code, sentence);
            Networks::default()
        });
        match application {
            Some(application) if wrong.is_empty() => Ok(Checked { name, application, ends_at, networks }),
            _ => Err(Error::Invalid(wrong)),
        }
    }
}

fn checked_networks(text: &str) -> Result<Networks, (&'static str, String)> {
    match Networks::parse(text) {
        Ok(networks) if networks.len() > MOST_NETWORKS => {
            Err(("too_many", format!("Give at most {MOST_NETWORKS} networks.")))
        }
        Ok(networks) => Ok(networks),
        Err((named, Wrong::Unreadable)) => Err((
            "not_a_network",
            format!(
                "“{named}” is no network. Give an address such as 203.0.113.7, or a range such as 203.0.113.0/24 or \
                 2001:db8::/32."
            ),
        )),
        Err((named, Wrong::Inside(meant))) => Err((
            "not_a_network",
            format!("“{named}” is an address inside a range. If you mean the whole range, give {meant}."),
        )),
    }
}

/// Why somebody who showed the right password gets no yes. The words are part of the contract with proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    UnknownApplication,
    /// The path could mean another one to the product, or is outside the old interface.
    NotLegacy,
    WrongNetwork,
    /// A person's own password, and the person has more to show than an old interface can ask for.
    SecondFactorOn,
    /// A person's own password, and something is to be done at the sign-in first: set up a second factor, or choose a
    /// longer password.
    SignInFirst,
    /// A person's own password, and the person belongs to several organizations: it cannot be told which is meant.
    SeveralOrganizations,
    NotAllowed,
    TooManyTries,
}

impl Reason {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownApplication => "unknown_application",
            Self::NotLegacy => "not_legacy",
            Self::WrongNetwork => "wrong_network",
            Self::SecondFactorOn => "second_factor_on",
            Self::SignInFirst => "sign_in_first",
            Self::SeveralOrganizations => "several_organizations",
            Self::NotAllowed => "not_allowed",
            Self::TooManyTries => "too_many_tries",
        }
    }

    pub const fn sentence(self) -> &'static str {
        match self {
            Self::UnknownApplication => "No application is registered at this address.",
            Self::NotLegacy => "This path is not one of the old interface.",
            Self::WrongNetwork => "This login does not work from this address.",
            Self::SecondFactorOn => {
                "With a second factor, your own login does not work here. Ask an administrator for an integration login."
            }
            Self::SignInFirst => "Sign in with a browser first: there is something to do for your account.",
            Self::SeveralOrganizations => {
                "You belong to several organizations. Ask an administrator of the right one for an integration login."
            }
            Self::NotAllowed => "This account is not open to you.",
            Self::TooManyTries => "There were too many wrong passwords. Try again later.",
        }
    }
}

/// Who is at an old interface, as the product is told.
#[derive(Debug, Clone)]
pub struct Identity {
    pub application: ApplicationId,
    pub header_set: HeaderSet,
    pub organization: OrganizationId,
    pub organization_name: String,
    pub organization_external_id: Option<String>,
    pub who: Who,
    /// When this is no longer so, at the latest.
    pub until: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub enum Who {
    Integration {
        id: IntegrationLoginId,
        login: String,
        name: String,
    },
    /// A member, with their own password.
    Member {
        user: UserId,
        name: String,
        email: EmailAddress,
        is_administrator: bool,
    },
}

/// Whether a path is in the old interface that the proxy means, whoever reads it. Proxies and products differ in what they
/// make of an encoded slash, a double one, or a segment of dots; a login that is good for one path must not come to
/// another by such a spelling (case 34). `under` is how the paths of the interface begin.
pub fn is_legacy_path(target: &str, under: Option<&str>) -> bool {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let lower = path.to_ascii_lowercase();
    let is_plain =
        !["%2e", "%2f", "%5c", "%25", "%00", "%3b", "//", "\\"].iter().any(|part| lower.contains(part));
    let goes_nowhere_else =
        lower.split('/').all(|segment| !matches!(segment.split(';').next(), Some("." | "..")));
    is_plain && goes_nowhere_else && under.is_none_or(|under| path.starts_with(under))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Case 34: one path, one reading.
    #[test]
    fn a_path_that_could_mean_another_is_refused() {
        for good in
            ["/soap/", "/soap/ledger?wsdl", "/soap/ledger;v=1/x", "/soap/a?next=//x/../y", "/soap/a%20b"]
        {
            assert!(is_legacy_path(good, Some("/soap/")) && is_legacy_path(good, None), "{good}");
        }
        for bad in [
            "/soap/../ledger",
            "/soap/..;/ledger",
            "/soap/.;a/ledger",
            "/soap/%2e%2E/ledger",
            "/soap/..%2fledger",
            "/soap//ledger",
            "/soap/..%5cledger",
            "/soap/..\\ledger",
            "/soap/%252e%252e/ledger",
            "/soap/a%00b",
            "/soap/..",
        ] {
            assert!(!is_legacy_path(bad, Some("/soap/")) && !is_legacy_path(bad, None), "{bad}");
        }
        for elsewhere in ["/ledger", "/soap", "/SOAP/x", "/", "*", ""] {
            assert!(!is_legacy_path(elsewhere, Some("/soap/")), "{elsewhere}");
        }
    }

    #[test]
    fn a_login_is_no_address() {
        let login = new_login(&kernel::entropy::SystemEntropy);
        assert!(is_login(&login) && login.len() == 16, "{login}");
        assert!(login.parse::<kernel::EmailAddress>().is_err());
        for other in [
            "int-",
            "int-short",
            "INT-abcdefghjkmn",
            "int-abcdefghjkm@",
            "int-abcdefghjkmnp",
            "joana@aurora.example",
        ] {
            assert!(!is_login(other), "{other}");
        }
    }
}
