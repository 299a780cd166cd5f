//! Sessions: who is signed in, since when, until when, and what hangs on it.
//!
//! A session is a secret that only the browser has and a row that only the server has; the row keeps the hash. There are
//! four kinds, and none is taken for another: a person's own on this host, a member's in a protected product, that of somebody
//! from outside inside a customer's account, and that of whoever holds temporary credentials, which is no person's.
//!
//! **Invariant:** ends are compared at each look, so nothing has to happen for a session to end in time. **Invariant:**
//! a session that ends takes with it all that hang on it, in the same commit, and every verdict that rests on them falls.

pub mod account;
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
