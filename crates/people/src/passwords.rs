//! Passwords: which are taken, and how they are hashed and compared without taking the whole machine.

mod admission;
mod blocklist;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{self, PasswordHasher, phc::PasswordHash},
};
use kernel::{Code, Error, FieldError};
use operation::{Call, PasswordCost};
use zeroize::Zeroizing;

use admission::Admission;

/// What a password must have that is all that stands between a stranger and the account.
pub const SHORTEST: usize = 15;
/// What it must have where a second factor is always asked for with it.
pub const SHORTEST_WITH_SECOND: usize = 8;
pub const LONGEST: usize = 256;

/// What a password is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Nothing else is asked for at the sign-in, or nothing else for certain.
    OnlyFactor,
    /// A second factor is asked for at every sign-in, and its owner cannot turn it off.
    WithSecond,
}

impl Use {
    /// The fewest characters.
    pub const fn shortest(self) -> usize {
        match self {
            Self::OnlyFactor => SHORTEST,
            Self::WithSecond => SHORTEST_WITH_SECOND,
        }
    }
}

/// Says whether a password can be taken. There are no rules about kinds of characters, and none is ever too old.
/// `context` is what others know of the person: their address, their name, the organization's name, the vendor's.
pub fn check(password: &str, context: &[&str], used: Use) -> Result<(), FieldError> {
    let wrong = |code, sentence: String| FieldError { field: "password", code: Code(code), sentence };
    let length = password.chars().count();
    let shortest = used.shortest();
    if length < shortest {
        return Err(wrong(
            "too_short",
            format!(
                "Use at least {shortest} characters. Several words together are easy to remember and hard to guess."
            ),
        ));
    }
    if length > LONGEST {
        return Err(wrong("too_long", format!("Use at most {LONGEST} characters.")));
    }
    if blocklist::is_common(password) {
        return Err(wrong(
            "too_common",
            "This password is among the first that others try. Choose another one.".into(),
        ));
    }
    if let Some(word) = blocklist::known_word(password, context) {
        return Err(wrong(
            "too_close",
            format!(
                "This password is little more than “{word}”, which others know of you. Choose another one."
            ),
        ));
    }
    Ok(())
}

/// Whether a password may be the only factor, by its length. It is asked at a sign-in, where the password is typed
/// anyway: neither it nor its length is kept.
pub fn is_long_enough_alone(password: &str) -> bool {
    password.chars().count() >= SHORTEST
}

/// A place among the passwords that are being hashed. Whoever has to write something before the hashing takes the place
/// first, so that what is too much is turned away before it costs anything.
#[derive(Debug)]
pub struct Place {
    place: admission::Place,
    cost: PasswordCost,
}

/// Takes a place, or says at once that there is none (503). The places are shared fairly among the sources of calls.
pub fn place(call: &Call) -> Result<Place, Error> {
    let source = crate::throttle::source_key(&call.origin.address);
    Ok(Place { place: Admission::of_this_process().place(source)?, cost: call.world.settings.password_cost })
}

impl Place {
    /// Compares a password with a stored hash. Without one it does the same work and says no, so that nobody learns from
    /// the time whether there is such a person (A40).
    pub async fn verify(self, stored: Option<&str>, password: &str) -> Result<bool, Error> {
        let stored = stored.map(str::to_owned);
        let password = Zeroizing::new(password.to_owned());
        let cost = self.cost;
        self.place.run(move || compare(stored.as_deref(), password.as_bytes(), cost)).await?
    }

    /// Hashes a new password.
    pub async fn hash(self, password: &str) -> Result<String, Error> {
        let password = Zeroizing::new(password.to_owned());
        let cost = self.cost;
        self.place
            .run(move || {
                tracing::trace!("a password is hashed");
                let hash: PasswordHash = hasher(cost)?.hash_password(password.as_bytes()).map_err(Fault)?;
                Ok(hash.to_string())
            })
            .await?
    }
}

/// [`Place::hash`], with a place taken on the spot.
pub async fn hash(call: &Call, password: &str) -> Result<String, Error> {
    place(call)?.hash(password).await
}

/// [`Place::verify`], with a place taken on the spot.
pub async fn verify(call: &Call, stored: Option<&str>, password: &str) -> Result<bool, Error> {
    place(call)?.verify(stored, password).await
}

/// Whether a hash was made with less work than is asked for now. The hash itself says with how much.
pub fn is_outdated(stored: &str, cost: PasswordCost) -> bool {
    let Ok(stored) = PasswordHash::new(stored) else { return false };
    let Ok(params) = Params::try_from(&stored) else { return true };
    stored.algorithm != argon2::ARGON2ID_IDENT
        || params.m_cost() < cost.memory_kib
        || params.t_cost() < cost.passes
}

fn compare(stored: Option<&str>, password: &[u8], cost: PasswordCost) -> Result<bool, Error> {
    tracing::trace!("a password is hashed");
    let Some(stored) = stored else {
        let work: Result<PasswordHash, _> =
            hasher(cost)?.hash_password_with_salt(password, b"nobody has this.");
        return work.map(|_| false).map_err(|error| Fault(error).into());
    };
    let stored = PasswordHash::new(stored).map_err(|error| Error::internal(error.to_string()))?;
    // The work is what the stored hash says, not what is asked for now.
    match password_hash::PasswordVerifier::<PasswordHash>::verify_password(&hasher(cost)?, password, &stored)
    {
        Ok(()) => Ok(true),
        Err(password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(Fault(error).into()),
    }
}

/// Argon2id in one lane.
fn hasher(cost: PasswordCost) -> Result<Argon2<'static>, Error> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, None)
        .map_err(|error| Error::internal(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

struct Fault(password_hash::Error);

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::internal(fault.0.to_string())
    }
}
