//! Reading questions strictly, and deciding them on a real database with a clock that is moved.

mod decisions;
mod endings;
mod questions;
mod rows;
mod stage;
