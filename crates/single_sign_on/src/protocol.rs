//! OpenID Connect as far as a relying party needs it. Nothing in here knows the database.

pub mod claims;
pub mod discovery;
pub mod exchange;
pub mod fetch;
pub mod jws;

/// Why something that a provider said is not believed: a stable word for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused(pub &'static str);
