//! How strictly the people of an organization must prove who they are: a level for each group of its user types, set by the
//! vendor's agents of level 2 and 3 (E1–E3).
//!
//! Upon request each person decides; suggested, the second factor is offered after the sign-in; mandatory, everything stays
//! closed until it is set up. Whoever belongs to several organizations is under the strictest of their levels (E12).
//!
//! **Invariant:** what a level asks is read at each look and kept in no session: a save holds for open sessions at once (E5).
//! **Invariant:** of two saves of one version one is taken, and the other learns of it. **Invariant:** a level takes nothing
//! away that somebody has set up (E7).

mod emails;
pub mod model;
pub mod operations;
pub mod pages;
pub mod rest;
mod rows;

pub use pages::page_routes;
pub use rest::rest_routes;
