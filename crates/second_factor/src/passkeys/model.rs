//! A passkey as it is kept, and a challenge that waits for its answer.

use kernel::{CeremonyId, Duration, PasskeyId, Timestamp, UserId};

/// A person has so many at most.
pub const MOST: i64 = 20;

/// A challenge waits so long for its answer.
pub const CEREMONY_LASTS: Duration = Duration::minutes(5);

/// So many wait for one session, half sign-in or browser; a further one takes the place of the oldest.
pub const MOST_OF_ASKER: i64 = 5;
/// So many wait for one source. Many people stand behind one address, and each look at the door begins one.
pub const MOST_OF_SOURCE: i64 = 500;
/// So many wait at all: what strangers begin must not fill the database (R17).
pub const MOST_OF_ALL: i64 = 50_000;

#[derive(Debug, Clone)]
pub struct Passkey {
    pub id: PasskeyId,
    pub user: UserId,
    /// Base64url, as browsers spell it.
    pub credential_id: String,
    /// Public key, counter, and whether it is or may be backed up, as JSON.
    pub credential: String,
    pub name: String,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

/// What a challenge is good for. One kind is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CeremonyKind {
    Register,
    /// After the password.
    SecondFactor,
    /// Without one: the passkey says who it is.
    SignIn,
}

impl CeremonyKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::SecondFactor => "second_factor",
            Self::SignIn => "sign_in",
        }
    }
}

/// A challenge that waits for its answer.
#[derive(Debug, Clone)]
pub struct Ceremony {
    pub id: CeremonyId,
    pub kind: CeremonyKind,
    /// None before anybody said who they are.
    pub user: Option<UserId>,
    pub asked_by: String,
    pub source: String,
    pub state: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}
