//! A sign-in that is half done, and where a person goes after it.

use kernel::{Duration, ErrandId, FlowId, Secret, SessionId, Timestamp, UserId};
use url::Url;

/// How long the second step may take (C11).
pub const FLOW_LASTS: Duration = Duration::minutes(5);
/// How long it may take where mail has to arrive in between.
pub const FLOW_WITH_MAIL_LASTS: Duration = Duration::minutes(15);
/// Whoever opened a link from their mailbox so recently need not show it again before setting up.
pub const MAILBOX_RECENT: Duration = Duration::hours(1);
/// A mailed code takes so many tries.
pub const MAILED_CODE_TRIES: i64 = 5;
/// With so many sign-ins a person may be at the second step at once; the oldest gives way.
pub const MOST_OPEN: usize = 20;
/// Warnings to one person are at least so far apart (C11, S18).
pub const WARNING_WINDOW: Duration = Duration::minutes(15);

/// What a half sign-in waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A code, a passkey or a recovery code.
    Code,
    /// A second factor must be set up first.
    SetUp,
    /// The password is too short to be the only factor, and another one must be chosen.
    NewPassword,
}

impl Next {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::SetUp => "set_up",
            Self::NewPassword => "new_password",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Code, Self::SetUp, Self::NewPassword].into_iter().find(|next| next.as_str() == text)
    }
}

/// What has to follow a right password, for whoever has no browser that is remembered. Nothing: the password is enough.
pub const fn step_after_password(
    has_second_factor: bool,
    must_set_up: bool,
    is_long_enough_alone: bool,
) -> Option<Next> {
    match (has_second_factor, must_set_up) {
        (true, _) => Some(Next::Code),
        (false, true) => Some(Next::SetUp),
        // It was enough beside a second factor, and is the only factor now.
        (false, false) if !is_long_enough_alone => Some(Next::NewPassword),
        (false, false) => None,
    }
}

/// A sign-in whose password was right and that is no session: another type, another cookie, good for the next step only.
#[derive(Debug, Clone)]
pub struct Flow {
    pub id: FlowId,
    pub user: UserId,
    pub next: Next,
    /// The one that the same browser began before this one.
    pub replaces: Option<FlowId>,
    /// Of what the password was checked against: one that was changed meanwhile proves nothing.
    pub password_hash: String,
    pub mailed_code_hash: Option<String>,
    pub mailed_code_tries: i64,
    /// The person showed in this sign-in that it is they: by a code from their mailbox, or by one that an agent told them.
    pub vouched_at: Option<Timestamp>,
    pub return_to: String,
    pub rd: String,
    pub way: String,
    /// What connects the account to one at the organization's provider when this is passed.
    pub connects: Option<ErrandId>,
    /// Wrong codes so far.
    pub misses: i64,
    /// The session that began it, where no password was typed for it.
    pub begun_in: Option<SessionId>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub address: String,
}

impl Flow {
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.expires_at
    }
}

/// What a flow keeps of a stored password hash, to see whether it is still the same.
pub fn fingerprint(stored: &str) -> String {
    Secret::from_text(stored.to_owned()).hash().to_string()
}

/// The longest address of a page to return to.
const LONGEST_RETURN: usize = 2048;
const LONGEST_PRODUCT_RETURN: usize = 8192;

/// A page of this host to return to. Whatever could lead to another host is none (case 36).
pub fn own_page(text: &str, public_url: &str) -> Option<String> {
    let is_plain = text.len() <= LONGEST_RETURN
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && text.starts_with('/')
        && !text.starts_with("//");
    if !is_plain {
        return None;
    }
    let home = Url::parse(public_url).ok()?;
    let there = home.join(text).ok()?;
    let leads_back =
        there.path() == "/sign-out" || there.path() == "/sign-in" || there.path().starts_with("/sign-in/");
    (there.origin() == home.origin() && !leads_back).then(|| text.to_owned())
}

/// An address in a product, with its origin. Whether the origin is one of ours is for the database to say.
pub fn product_page(text: &str) -> Option<(Url, String)> {
    if text.len() > LONGEST_PRODUCT_RETURN
        || !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let is_web = matches!(url.scheme(), "https" | "http") && url.has_host();
    if !is_web || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let origin = url.origin().ascii_serialization();
    Some((url, origin))
}
