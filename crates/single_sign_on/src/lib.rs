//! Single sign-on: the people of an organization sign in at the organization's own provider, by OpenID Connect.
//!
//! What a provider says counts for the organization that chose it, and for no other. Who a person is, is the pair of the
//! provider's issuer and its name for the person; an address of e-mail, which changes hands, is read once, when an account
//! is made, and only if it is in a domain that the organization has proved to own. An account that was here before is
//! connected by whoever signs in to it.
//!
//! **Invariant:** a connection is switched on by an administrator of the organization and by nobody else, with settings that
//! were tried in a browser, and while somebody of the organization can still sign in without it. **Invariant:** nothing that
//! a provider sends is believed before its signature, its issuer, its audience and its time are right, and nothing that it
//! sends can make this server wait long, read much, or call an address inside of its own network.
//!
//! This crate makes no session: that is `sign_in`'s.

pub mod cookies;
mod emails;
pub mod model;
pub mod operations;
pub mod pages;
mod protocol;
pub mod rest;
mod rows;

pub use pages::page_routes;
pub use rest::rest_routes;
