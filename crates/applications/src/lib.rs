//! The products that are protected: their names, their origins, the key that signs who is there, and the configuration
//! that puts a reverse proxy in front of them.
//!
//! What it promises: one origin belongs to one application, in one spelling; a private signing key never leaves this
//! crate and lies sealed in the database; the printed configuration removes every header by which a client could claim
//! to be somebody.

pub mod model;
pub mod operations;
pub mod pages;
pub mod proxy_config;
pub mod rest;
mod rows;
pub mod signing;
#[cfg(test)]
mod tests;

pub use model::{Application, Fact, HeaderSet};
pub use pages::page_routes;
pub use rest::rest_routes;
