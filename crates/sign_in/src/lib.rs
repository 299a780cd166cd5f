//! Signing in: by a password, and by what somebody shows beside it (a code of their app, a passkey, a recovery code, a browser
//! that is remembered); by a passkey alone; by the word of an organization's provider. Setting up a second factor on the way in,
//! warning the owner of sign-ins that stopped half-way, showing again who one is, and changing the password.
//!
//! This is the only crate that makes a person's own session, in one place. Whoever comes by a provider was judged by
//! `single_sign_on`, and what somebody shows is checked by `second_factor`; neither makes a session.
//!
//! **Invariant:** an unknown address and a wrong password cannot be told apart, by the answer, by the time it takes, or by
//! what is written. **Invariant:** every check of a password is counted before it is made, for the account and for the
//! source. **Invariant:** a right password is a [`operations::PasswordProved`], and what it is worth for whoever has more to show is a
//! [`model::Flow`]: neither is a session.
//!
//! The ways to a session are listed in `docs/sign-in-paths.md`.

pub mod cookies;
mod emails;
pub mod model;
pub mod operations;
pub mod pages;
pub mod rest;
mod rows;
#[cfg(test)]
mod tests;

pub use pages::page_routes;
pub use rest::rest_routes;
