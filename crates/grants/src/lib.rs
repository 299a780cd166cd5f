//! The one object behind every way in from outside: who may come into which organization, how far, and until when.
//!
//! Its state is never stored. It follows from instants and the clock ([`Grant::state`]), so that a grant is over at the
//! moment it says, whether or not anything has noticed yet. Transitions are pure and consume what they change; writing
//! one down asks the database again, and whoever comes second is told. The picture is in `docs/grants.md`.
//!
//! **Invariant:** nothing returns from expired or revoked. **Invariant:** an organization has at most one live support token,
//! one live pair of temporary credentials and one live grant of each partner, because the column `live_of` is unique.
//! **Invariant:** a grant that has ended has no session left, and the gate has been told, in the commit that ended it.

pub mod model;
pub mod operations;
mod rows;
#[cfg(test)]
mod tests;

pub use model::{Ended, EndedHow, Grant, Kind, Mode, NewGrant, State};
pub use rows::from_row;
