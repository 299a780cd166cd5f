//! API keys: how the vendor's own programs call this server.
//!
//! A key carries scopes and an end, and is kept as a hash. It stands for a program, not for a person; a program may pass
//! on what a person asked of it, by naming the person.
//!
//! **Invariant:** only a signed-in vendor administrator makes a key. **Invariant:** a key that ended or was revoked is
//! nobody, from the commit on.

mod authenticate;
pub mod model;
pub mod operations;
pub mod pages;
pub mod rest;
mod rows;
#[cfg(test)]
mod tests;

pub use authenticate::authenticate;
pub use pages::page_routes;
pub use rest::rest_routes;
