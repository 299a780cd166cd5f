//! Connections, the domains of organizations, and the rules that need no database.

use kernel::{
    Code, ConnectionId, ConnectionSettingsId, DomainId, Duration, EmailAddress, ErrandId, FieldError,
    IdentityId, OrganizationId, Secret, Timestamp, UserId,
};
use organizations::UserType;
use sha2::{Digest as _, Sha256};
use url::Url;

/// So long a browser may be on its way to a provider and back, and so long the account that was there before can be connected.
pub const ERRAND_LASTS: Duration = Duration::minutes(10);
/// From one source, which can be a whole office, so many browsers can be on their way at once. Those that are back give way
/// first, and then the oldest.
pub const MOST_ERRANDS: usize = 300;
/// A document is read again after this.
pub const DOCUMENT_LASTS: Duration = Duration::hours(1);
/// Keys are read again after this: what a provider has withdrawn is good for so long at the most.
pub const KEYS_LAST: Duration = Duration::minutes(5);
/// For a key that is not known they are read again at once, but not more often than this. As long a provider that could not be
/// reached is let alone.
pub const AT_MOST_EVERY: Duration = Duration::seconds(10);
/// So many connections, and so many domains, an organization can have.
pub const MOST: usize = 20;
/// Where a domain shows whose it is.
pub const PROOF_PATH: &str = "/.well-known/latchstring-domain";

/// Kinds of users as they are chosen together (E3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    Practitioners,
    Clients,
    Employees,
}

impl Group {
    pub const ALL: [Self; 3] = [Self::Practitioners, Self::Clients, Self::Employees];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Practitioners => "practitioners",
            Self::Clients => "clients",
            Self::Employees => "employees",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.as_str() == text)
    }

    /// The same as the levels of authentication call it.
    pub const fn level(self) -> mfa_levels::model::Group {
        use mfa_levels::model::Group;
        match self {
            Self::Practitioners => Group::Practitioners,
            Self::Clients => Group::Clients,
            Self::Employees => Group::Employees,
        }
    }

    /// A member without a type is in none: the administrator whom the vendor invited first stays a local one.
    pub const fn types(self) -> &'static [UserType] {
        match self {
            Self::Practitioners => &[UserType::Practitioner],
            Self::Clients => &[UserType::AdministratorClient, UserType::StandardClient],
            Self::Employees => &[UserType::Employee],
        }
    }
}

/// The types of some groups.
pub fn types_of(groups: &[Group]) -> Vec<UserType> {
    groups.iter().flat_map(|group| group.types()).copied().collect()
}

/// How a provider is spoken to and what for. Never changed: other settings are another row, which is tried anew.
#[derive(Debug, Clone)]
pub struct Settings {
    pub id: ConnectionSettingsId,
    pub connection: ConnectionId,
    pub issuer: String,
    pub client_id: String,
    pub groups: Vec<Group>,
    /// What somebody becomes who signs in for the first time and is not known here.
    pub new_people: Option<UserType>,
    pub created_at: Timestamp,
    pub created_by: UserId,
    /// When somebody went to the provider with these and came back.
    pub tested_at: Option<Timestamp>,
    /// What the provider said of them then: pairs of a name and a value.
    pub claims: Vec<(String, String)>,
}

impl Settings {
    /// The host of the issuer, as people know their provider.
    pub fn host(&self) -> String {
        host(&self.issuer)
    }
}

pub fn host(issuer: &str) -> String {
    Url::parse(issuer).ok().and_then(|url| url.host_str().map(ToOwned::to_owned)).unwrap_or_default()
}

/// A provider of an organization.
#[derive(Debug, Clone)]
pub struct Connection {
    pub id: ConnectionId,
    pub organization: OrganizationId,
    /// How people call it: *Continue with …*.
    pub name: String,
    pub created_at: Timestamp,
    /// The settings that people sign in with; none while it is off.
    pub live: Option<Settings>,
    /// The newest settings, if they are not the live ones.
    pub draft: Option<Settings>,
}

impl Connection {
    pub const fn is_active(&self) -> bool {
        self.live.is_some()
    }

    /// The settings that were given last.
    pub fn newest(&self) -> Option<&Settings> {
        self.draft.as_ref().or(self.live.as_ref())
    }

    pub const fn state(&self) -> &'static str {
        if self.is_active() { "active" } else { "off" }
    }
}

/// A mail domain of an organization.
#[derive(Debug, Clone)]
pub struct Domain {
    pub id: DomainId,
    pub organization: OrganizationId,
    pub domain: String,
    /// What the domain has to show. It opens nothing.
    pub token: String,
    pub created_at: Timestamp,
    pub proved_at: Option<Timestamp>,
    pub proved_how: Option<String>,
}

impl Domain {
    /// The line that has to stand at [`PROOF_PATH`].
    pub fn line(&self) -> String {
        format!("latchstring-domain={}", self.token)
    }
}

/// What a browser is on its way for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    SignIn,
    /// An administrator tries the settings.
    Test,
}

impl Purpose {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Test => "test",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::SignIn, Self::Test].into_iter().find(|purpose| purpose.as_str() == text)
    }
}

/// A browser that is on its way to a provider and back.
#[derive(Debug, Clone)]
pub struct Errand {
    pub id: ErrandId,
    pub purpose: Purpose,
    pub connection: ConnectionId,
    pub settings: ConnectionSettingsId,
    /// The session that tries; empty for a sign-in.
    pub asked_by: String,
    pub return_to: String,
    pub rd: String,
    pub way: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// Whom the provider named, where an account that was here before has to be connected.
    pub subject: Option<String>,
    pub provider_session: Option<String>,
    pub email: Option<String>,
}

/// A person's account at a provider.
#[derive(Debug, Clone)]
pub struct Identity {
    pub id: IdentityId,
    pub connection: ConnectionId,
    pub issuer: String,
    pub subject: String,
    pub user: UserId,
    pub created_at: Timestamp,
}

/// What travels through the browser, made from the one secret that only it has, so that none of it is stored (S58): the
/// state, the nonce, and the verifier of PKCE. Each is of its own.
pub fn derived(purpose: &'static str, secret: &Secret) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let digest = Sha256::new()
        .chain_update(b"latchstring single sign-on 1 ")
        .chain_update(purpose)
        .chain_update(b" ")
        .chain_update(secret.expose())
        .finalize();
    URL_SAFE_NO_PAD.encode(digest)
}

/// The challenge for a verifier (RFC 7636 §4.2, S256).
pub fn challenge(verifier: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

fn wrong(field: &'static str, code: &'static str, sentence: &str) -> FieldError {
    FieldError { field, code: Code(code), sentence: sentence.to_owned() }
}

/// What somebody typed as an issuer. It stays as it was typed: issuers are compared letter by letter.
pub fn checked_issuer(text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    let sentence = "Enter the issuer as the provider shows it, such as https://login.example.com/tenant.";
    let refused = || wrong("issuer", "not_an_issuer", sentence);
    if text.len() > 500 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(refused());
    }
    let url = Url::parse(text).map_err(|_| refused())?;
    let is_good = matches!(url.scheme(), "https" | "http")
        && url.has_host()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if is_good { Ok(text.to_owned()) } else { Err(refused()) }
}

pub fn checked_client_id(text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    if (1..=255).contains(&text.len()) && text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        Ok(text.to_owned())
    } else {
        Err(wrong("client_id", "not_a_client_id", "Enter the client id that the provider gave."))
    }
}

pub fn checked_secret(text: &str) -> Result<Secret, FieldError> {
    let text = text.trim();
    if (8..=500).contains(&text.len()) && text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        Ok(Secret::from_text(text.to_owned()))
    } else {
        let sentence = "Enter the client secret that the provider gave, 8 characters or more.";
        Err(wrong("client_secret", "not_a_client_secret", sentence))
    }
}

/// The groups, and what new people become, which must be in one of them.
pub fn checked_groups(
    groups: &[String],
    new_people: &str,
) -> Result<(Vec<Group>, Option<UserType>), Vec<FieldError>> {
    let mut chosen = Vec::new();
    for text in groups {
        match Group::parse(text) {
            Some(group) if !chosen.contains(&group) => chosen.push(group),
            Some(_) => {}
            None => {
                return Err(vec![wrong(
                    "user_types",
                    "not_a_choice",
                    "Choose user types that are on offer.",
                )]);
            }
        }
    }
    if chosen.is_empty() {
        return Err(vec![wrong("user_types", "required", "Choose at least one user type.")]);
    }
    let types = types_of(&chosen);
    let wanted = UserType::parse(new_people).filter(|wanted| types.contains(wanted));
    let new_people = match (new_people, wanted) {
        ("", _) => None,
        (_, Some(wanted)) => Some(wanted),
        _ => {
            let sentence = "Choose one of the user types that sign in here, or that nobody new comes in.";
            return Err(vec![wrong("new_people", "not_a_choice", sentence)]);
        }
    };
    Ok((chosen, new_people))
}

/// A mail domain, in small letters.
pub fn checked_domain(text: &str) -> Result<String, FieldError> {
    let domain = text.trim().trim_start_matches('@').to_ascii_lowercase();
    let is_good = format!("x@{domain}").parse::<EmailAddress>().is_ok()
        && domain.contains('.')
        && domain.bytes().any(|byte| byte.is_ascii_alphabetic());
    if is_good {
        Ok(domain)
    } else {
        Err(wrong("domain", "not_a_domain", "Enter a mail domain such as example.com."))
    }
}

/// Text of a provider for people to look at: one line, not long, and nothing in it that changes how the rest reads (S71).
pub fn shown(text: &str) -> String {
    text.chars()
        .filter(|c| {
            !c.is_control() && !people::model::is_invisible(*c) && !matches!(c, '\u{2028}' | '\u{2029}')
        })
        .take(200)
        .collect()
}
