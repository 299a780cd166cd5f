//! Customers: their organizations, who belongs to them and who administers them.
//!
//! A person comes into an organization only by accepting an invitation that an administrator of it made (the first one:
//! that the vendor made while there was no administrator), and leaves it by being unlinked or at the end that was set.
//! The vendor's people come in by such an invitation too, marked as vendor staff and with an end (A6), and can never
//! invite themselves (A7).
//!
//! **Invariant:** an organization that has had an administrator of its own keeps at least one without an end (A41), also
//! when two administrators act at the same moment. **Invariant:** the end of a membership is compared at each look; no loop
//! has to come by for it to hold (B19).

mod emails;
pub mod model;
pub mod operations;
pub mod pages;
pub mod rest;
mod rows;
#[cfg(test)]
mod tests;

pub use model::{
    Invitation, Member, MemberKind, Membership, Offer, Organization, Role, UserType, WhoMayOpen,
    is_vendor_address,
};
pub use pages::page_routes;
pub use rest::rest_routes;
