//! Human beings: who they are, how they prove it with a password, and what they are to the vendor.
//!
//! One person is one row, whatever they are to whom: a customer's member, a support agent, a vendor administrator, or
//! several of these. What a person is to the vendor ([`kernel::Staff`]) gives no way into any organization.
//!
//! **Invariant:** a password is kept as an Argon2id hash only, and whether an address is known cannot be told from how long
//! a check takes. **Invariant:** each change of what a person is to the vendor revokes every verdict that rests on the person.

pub mod links;
pub mod model;
pub mod operations;
pub mod passwords;
mod rows;
#[cfg(test)]
mod tests;
pub mod throttle;

pub use model::{NewUser, StaffMember, User};
