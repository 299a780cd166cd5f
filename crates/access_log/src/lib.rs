//! Who had access when, and what they did: for the organization, complete, and not to be changed by the vendor.
//!
//! What people did in Latchstring stands in the audit log, written with each act. What an outsider did in the product
//! stands in `activity`, a line for each minute and page: a read is on disk a second later, **a change is on disk before
//! the product is told yes** ([`Recorder::change`]).

mod export;
pub mod live;
pub mod model;
pub mod operations;
pub mod pages;
mod picture;
mod recorder;
pub mod rest;
mod rows;
mod sentences;
mod stays;
#[cfg(test)]
mod tests;
mod timeline;

pub use recorder::{Activity, ActivityKind, Recorder};

/// What the API serves.
pub fn rest_routes() -> web::rest::Routes {
    rest::routes()
}

/// What people see, and the news that their open pages listen to.
pub fn page_routes() -> axum::Router<web::App> {
    pages::routes().merge(live::page_routes())
}
