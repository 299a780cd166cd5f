//! Signing in with an address and a password, and changing the password.
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
