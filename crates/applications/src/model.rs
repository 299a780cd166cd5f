//! What a protected product is, and how its origin is spelled.

use kernel::{ApplicationId, Error, FieldError, Timestamp};
use url::{Host, Position, Url};

/// A product that is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    pub id: ApplicationId,
    pub name: String,
    /// `https://erp.example.com`, in the one spelling that [`parse_origin`] gives.
    pub origin: String,
    pub header_set: HeaderSet,
    pub created_at: Timestamp,
}

/// Under which names a product is told who is there. The assertion and what only we can say keep their own names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HeaderSet {
    #[default]
    Remote,
    XAuthRequest,
    XForwarded,
}

/// One fact about the person at the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    User,
    Groups,
    Name,
    Email,
}

/// The organization that is being looked at.
pub const ACCOUNT_HEADER: &str = "X-Latchstring-Account";
/// `none`, or in which role somebody else acts there.
pub const ACTING_HEADER: &str = "X-Latchstring-Acting";
/// What one of a partner's people may do there, comma-joined; `none` for everybody else.
pub const PERMISSIONS_HEADER: &str = "X-Latchstring-Permissions";
/// The signed assertion: the one to trust.
pub const ASSERTION_HEADER: &str = "X-Latchstring-Jwt-Assertion";
/// Why the answer is no. It goes to the proxy, never to the product.
pub const REASON_HEADER: &str = "X-Latchstring-Reason";

/// Names that a product may take for ours and that no yes carries. nginx removes single names only, so they are listed.
pub const UNSENT_HEADERS: [&str; 5] = [
    REASON_HEADER,
    "X-Latchstring-Mode",
    "X-Latchstring-Grant",
    "X-Latchstring-Until",
    "X-Latchstring-Groups-Truncated",
];

impl HeaderSet {
    pub const ALL: [Self; 3] = [Self::Remote, Self::XAuthRequest, Self::XForwarded];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Remote => "remote",
            Self::XAuthRequest => "x_auth_request",
            Self::XForwarded => "x_forwarded",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.as_str() == text)
    }

    /// The set's own headers.
    pub const fn facts(self) -> &'static [(Fact, &'static str)] {
        match self {
            Self::Remote => &[
                (Fact::User, "Remote-User"),
                (Fact::Groups, "Remote-Groups"),
                (Fact::Name, "Remote-Name"),
                (Fact::Email, "Remote-Email"),
            ],
            Self::XAuthRequest => &[
                (Fact::User, "X-Auth-Request-User"),
                (Fact::Groups, "X-Auth-Request-Groups"),
                (Fact::Name, "X-Auth-Request-Preferred-Username"),
                (Fact::Email, "X-Auth-Request-Email"),
            ],
            Self::XForwarded => &[
                (Fact::User, "X-Forwarded-User"),
                (Fact::Groups, "X-Forwarded-Groups"),
                (Fact::Name, "X-Forwarded-Preferred-Username"),
                (Fact::Email, "X-Forwarded-Email"),
            ],
        }
    }

    /// Every header that a yes may carry to the product.
    pub fn headers(self) -> impl Iterator<Item = &'static str> {
        let own = self.facts().iter().map(|(_, name)| *name);
        own.chain([ACCOUNT_HEADER, ACTING_HEADER, PERMISSIONS_HEADER, ASSERTION_HEADER])
    }

    /// Beginnings of names that a client may never send to the product.
    pub const fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::Remote => &["Remote-", "X-Latchstring-"],
            Self::XAuthRequest => &["X-Auth-Request-", "X-Latchstring-"],
            // Not all of `X-Forwarded-`: the proxy's own headers begin so.
            Self::XForwarded => &["X-Latchstring-"],
        }
    }
}

/// Brings an origin into its one spelling: lower case, without the port that the scheme implies. `None` for anything
/// that is more or less than scheme, host and port.
pub fn parse_origin(text: &str) -> Option<String> {
    let text = text.trim();
    // The parser would drop tabs and line ends, and read a backslash as a slash.
    if text.len() > 300 || text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let is_bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    let has_user = !url.username().is_empty() || url.password().is_some() || text.contains('@');
    if !matches!(url.scheme(), "http" | "https") || !is_bare || has_user {
        return None;
    }
    match url.host()? {
        Host::Domain(name) if name.ends_with('.') => return None,
        _ => {}
    }
    Some(url[..Position::BeforePath].to_owned())
}

/// A name and an origin as somebody typed them.
pub fn check(name: &str, origin: &str, public_url: &str) -> Result<(String, String), Error> {
    let mut wrong = Vec::new();
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 80 || name.chars().any(char::is_control) {
        wrong.push(FieldError {
            field: "name",
            code: kernel::Code("name_length"),
            sentence: "Give a name of 1 to 80 characters.".to_owned(),
        });
    }
    let origin = parse_origin(origin);
    match &origin {
        None => wrong.push(FieldError {
            field: "origin",
            code: kernel::Code("not_an_origin"),
            sentence: "Give the product's address without a path, for example https://erp.example.com."
                .to_owned(),
        }),
        Some(origin) if parse_origin(public_url).as_ref() == Some(origin) => wrong.push(FieldError {
            field: "origin",
            code: kernel::Code("origin_is_ours"),
            sentence: "This is the address of Latchstring itself. Give the address of the product."
                .to_owned(),
        }),
        Some(_) => {}
    }
    match origin {
        Some(origin) if wrong.is_empty() => Ok((name.to_owned(), origin)),
        _ => Err(Error::Invalid(wrong)),
    }
}
