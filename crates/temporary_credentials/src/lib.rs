//! Temporary support credentials: an address and a password that belong to no person, for support that cannot take a token.
//! They work for whoever holds them, for one organization, until a moment that was chosen when they were made.
//!
//! An administrator of the organization makes them; they are a grant that is active at once, and a stand-in among the users,
//! so that whatever is done with them has a name. Whoever signs in with them gets a session of a kind of its own on our
//! host, which is good for entering the organization's account and for nothing else.
//!
//! **Invariant:** nobody but an administrator of the organization makes credentials, and no program does. **Invariant:** the
//! password has 140 bits of chance, is shown once and kept as an Argon2id hash, in a place where no sign-in of a person looks.
//! **Invariant:** a session of theirs is no `Actor`: no operation takes it but the few in here. **Invariant:** what ended is
//! over in the commit that says so, with every session that rests on it, and never works again.

mod emails;
pub mod model;
pub mod operations;
pub mod pages;
pub mod rest;
mod rows;

pub use operations::run_expiry;
pub use pages::page_routes;
pub use rest::rest_routes;
