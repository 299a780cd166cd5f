//! What a person shows beyond a password: codes of an authenticator app, passkeys, recovery codes, and the browsers that
//! are not asked for a while.
//!
//! **Invariant:** a code works once, whichever way in asks for it. **Invariant:** a guess is counted before it is checked,
//! and no failure afterwards takes the count back. **Invariant:** nothing is active before its owner has shown once that it
//! works for them. **Invariant:** the keys of authenticator apps are sealed with a key that is not in the database.

pub mod emails;
pub mod model;
pub mod operations;
pub mod page;
pub mod pages;
pub mod passkeys;
mod qr;
pub mod rest;
mod rows;
pub mod totp;

pub use pages::page_routes;
pub use rest::rest_routes;
