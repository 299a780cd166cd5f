//! What a person does when they cannot get in, or when somebody else tried to: a forgotten password, another address, a
//! lost device, and the lock.
//!
//! **Invariant:** no link of this crate signs anybody in, and none takes a second factor away. **Invariant:** to look at a
//! link changes nothing; to act is a POST, works once, and for one purpose. **Invariant:** what a new password, another
//! address or the lock ends, ends in the commit that says so. **Invariant:** whether an address is known cannot be told from
//! an answer, nor from how long it takes. **Invariant:** a second factor is reset after two agents and a day, and by nothing
//! else; whoever has a mailbox of the person can stop it.

mod emails;
pub mod model;
pub mod operations;
pub mod pages;
pub mod rest;
mod rows;
#[cfg(test)]
mod tests;

pub use operations::run_clockwork;
pub use pages::page_routes;
pub use rest::rest_routes;
