//! The product put together: configuration, command line, listener, mail and logs around the capabilities.

pub mod app;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod health;
pub mod key_file;
pub mod keys;
pub mod listener;
pub mod logs;
pub mod mail;
pub mod routes;
