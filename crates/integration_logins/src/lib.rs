//! Logins for old interfaces that cannot ask for a code: SOAP clients and their kin, which know HTTP Basic and nothing
//! else.
//!
//! An administrator of an organization makes one for one application, with an end and perhaps with the networks that it
//! may come from. Its password is generated, shown once and kept as a hash. The application's proxy asks
//! `GET /authz/legacy` about the paths of its old interface, and only about those.
//!
//! **Invariant:** an integration login is good for the old interface of its own application and for nothing else: it is no
//! actor, makes no session, and no other way in knows it. **Invariant:** each question is answered from the database, so
//! that after a revoke has returned there is no memory that could still say yes. **Invariant:** a person's own password
//! opens an old interface only as long as the password is all that the person has to show.

mod legacy;
pub mod model;
mod networks;
pub mod operations;
pub mod pages;
mod presented;
pub mod rest;
mod rows;
mod turns;

pub use pages::page_routes;
pub use rest::rest_routes;
