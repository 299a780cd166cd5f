//! The padlock: an organization lets one support agent in, sees who it is, and takes it back at any moment. And the desk,
//! where agents see what was opened to them and nothing else.
//!
//! A token is a grant with a reference code. A member makes it (pending: nobody is in), an agent associates it with a
//! ticket (active: this agent alone may enter), and it ends by its time, by the customer, by the agent or by the vendor.
//!
//! **Invariant:** nobody but a member of the organization makes a token, and nobody lengthens one. **Invariant:** a code
//! that is unknown and a code that cannot be taken any more get the same answer. **Invariant:** whoever loses access
//! loses it in the commit that says so, and the organization is told by mail from the same commit.

mod emails;
pub mod model;
pub mod operations;
pub mod pages;
pub mod rest;
mod rows;
#[cfg(test)]
mod tests;

pub use operations::run_expiry;
pub use pages::page_routes;
pub use rest::rest_routes;
