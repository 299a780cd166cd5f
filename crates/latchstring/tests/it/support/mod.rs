//! What the tests stand on.

pub mod authenticator;
pub mod cast;
pub mod echo;
pub mod mail;
pub mod process;
pub mod provider;
pub mod proxies;
pub mod raw;
pub mod rows;
pub mod server;
