//! What the commands stand on, and the tests that need a PostgreSQL of their own: other programs, and where they are.
//!
//! The standard library alone, as everything here.

pub mod postgres;
pub mod shell;
pub mod tools;
