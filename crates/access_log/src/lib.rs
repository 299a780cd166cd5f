//! Who had access when, and what they did: for the organization, complete, and not to be changed by the vendor.
//!
//! What people did in Latchstring stands in the audit log, written with each act. What an outsider did in the product
//! stands in `activity`, a line for each minute and page: a read is on disk a second later, **a change is on disk before
//! the product is told yes** ([`Recorder::change`]).

pub mod live;
pub mod model;
pub mod operations;
mod recorder;
mod rows;
#[cfg(test)]
mod tests;

pub use recorder::{Activity, ActivityKind, Recorder};
