//! Passwords: which are taken, and how they are hashed and compared without taking the whole machine.

mod admission;
mod blocklist;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{self, PasswordHasher, phc::PasswordHash},
};
use kernel::{Code, Error, FieldError};
use zeroize::Zeroizing;

use admission::Admission;

/// A password is the only factor of whoever has set up no second one.
pub const SHORTEST: usize = 15;
pub const LONGEST: usize = 256;

/// Says whether a password can be taken. There are no rules about kinds of characters. `context` is what others know
/// of the person: their address, their name, the organization's name, the vendor's.
pub fn check(password: &str, context: &[&str]) -> Result<(), FieldError> {
    let wrong = |code, sentence: String| FieldError { field: "password", code: Code(code), sentence };
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(wrong(
            "too_short",
            format!(
                "Use at least {SHORTEST} characters. Several words together are easy to remember and hard to guess."
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

/// Hashes a new password.
pub async fn hash(password: &str) -> Result<String, Error> {
    let password = Zeroizing::new(password.to_owned());
    Admission::of_this_process()
        .run(move || {
            let hash: PasswordHash = hasher()?.hash_password(password.as_bytes()).map_err(Fault)?;
            Ok(hash.to_string())
        })
        .await?
}

/// Compares a password with a stored hash. Without one it does the same work and says no, so that nobody learns from the
/// time whether there is such a person (A40).
pub async fn verify(stored: Option<&str>, password: &str) -> Result<bool, Error> {
    let stored = stored.map(str::to_owned);
    let password = Zeroizing::new(password.to_owned());
    Admission::of_this_process().run(move || compare(stored.as_deref(), password.as_bytes())).await?
}

fn compare(stored: Option<&str>, password: &[u8]) -> Result<bool, Error> {
    let Some(stored) = stored else {
        let work: Result<PasswordHash, _> = hasher()?.hash_password_with_salt(password, b"nobody has this.");
        return work.map(|_| false).map_err(|error| Fault(error).into());
    };
    let stored = PasswordHash::new(stored).map_err(|error| Error::internal(error.to_string()))?;
    match password_hash::PasswordVerifier::<PasswordHash>::verify_password(&hasher()?, password, &stored) {
        Ok(()) => Ok(true),
        Err(password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(Fault(error).into()),
    }
}

/// Argon2id with 19 MiB, two passes, one lane.
fn hasher() -> Result<Argon2<'static>, Error> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|error| Error::internal(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

struct Fault(password_hash::Error);

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::internal(fault.0.to_string())
    }
}
