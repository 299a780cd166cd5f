//! Every open door: all that is from outside and can enter an organization now, whichever way in it is, on one page. And one
//! button that closes all of it.
//!
//! It has no table of its own: the capabilities say what is open, and end it.
//!
//! **Invariant:** to close everything is one commit: all of it, or nothing. **Invariant:** what can enter an organization from
//! outside is in [`operations::doors_of`], or it cannot enter.

pub mod model;
pub mod operations;
pub mod pages;
pub mod rest;

pub use pages::page_routes;
pub use rest::rest_routes;
