//! The vendor's people: support agents of level 1, 2 or 3, and administrators.
//!
//! An administrator of the vendor invites them, changes what they are, and suspends them. When an agent is suspended or
//! is no agent any more, every entry and token of theirs ends in that same commit and the organizations are told (A37).
//! No role of the vendor is a way into an organization, and nobody gives one to themselves: the first administrator comes
//! from the command line.
//!
//! **Invariant:** there is always a vendor administrator who is not suspended, also when two of them act at the same moment.

mod emails;
pub mod model;
pub mod operations;
pub mod pages;
pub mod rest;
#[cfg(test)]
mod tests;

pub use pages::page_routes;
pub use rest::rest_routes;
