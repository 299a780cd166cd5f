//! What the tests stand on.

pub mod cast;
pub mod echo;
pub mod mail;
pub mod proxies;
pub mod server;
