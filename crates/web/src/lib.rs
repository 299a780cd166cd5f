//! HTTP manners: who calls, what a wrong input gets, how a page and an answer of the API look.
//!
//! A capability parses its input with the extractors of [`rest`] or [`page`], calls an operation, and shows what came of
//! it. What goes wrong is one [`Failure`] for both; it becomes a page or problem+json in one place.
//!
//! **Invariant:** nothing in here decides who may do what.

pub mod app;
pub mod assets;
pub mod caller;
pub mod cookies;
mod failure;
pub mod headers;
pub mod help;
mod layers;
mod origin;
pub mod page;
mod refusals;
pub mod rest;
pub mod text;

pub use app::{App, Authenticate};
pub use caller::Caller;
pub use failure::Failure;
pub use headers::allow_forms_to;
pub use layers::layered;
pub use origin::{Peer, Proxies};
