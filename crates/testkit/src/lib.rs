//! For tests only: a clock that a test moves, chance that repeats, and a fresh database of either kind.
//!
//! What needs the whole product (a server, a browser) stands beside the tests of the product.

mod clock;
mod database;
mod world;

pub use clock::TestClock;
pub use database::Database;
pub use kernel::entropy::{Counting, SystemEntropy};
pub use world::{Revoked, TestWorld, person};
