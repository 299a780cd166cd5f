//! Partners: organizations whose people work in other organizations, their clients.
//!
//! A partner makes a token and hands it to a client. By itself it opens nothing; the client pastes it, sees whose it is,
//! chooses what the partner may do, and agrees. Then the partner says which of its own people may enter, each within what
//! the client gave. The client sees who they are, narrows it and takes it back at any moment; the partner can shut its own
//! way in for now or for good.
//!
//! **Invariant:** what one of a partner's people may do is worked out at each check, as what the client gives, what the
//! person was given and what the vendor still offers have in common; it is kept nowhere. **Invariant:** whoever is in rests
//! on their place in the partner's organization: with it, every client is gone. **Invariant:** nobody but an administrator
//! of the client makes a way into it, and the partner can undo nothing that the client did. **Invariant:** what concerns
//! two organizations stands in both logs.

mod emails;
pub mod model;
pub mod operations;
mod pages;
mod rest;
mod rows;

pub use operations::run_clockwork;
pub use pages::page_routes;
pub use rest::rest_routes;
