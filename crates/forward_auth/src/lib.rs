//! What reverse proxies ask about every request of every protected product: who is this, and may they?
//!
//! What it promises: a yes always carries the identity headers and the signed assertion, and nothing else is a yes; once a
//! revoke has returned, no yes that rests on what was revoked is given; what cannot be known, read or written is a no. An
//! outsider's change is on disk before the proxy is told yes.
//!
//! Most questions are answered from the gate's memory without waiting ([`ForwardAuth::answer_from_memory`]); the others
//! read the database once and then are in memory too. Beside the questions, this is what Latchstring shows on a product's
//! own host, under `/_latchstring/`: the end of a sign-in, the band for those who act as support, and the way out.

mod accounts;
mod answers;
mod assertions;
mod catalogue;
mod forward;
pub mod identity;
mod live;
pub mod model;
pub mod operations;
mod pages;
pub mod question;
mod rows;
#[cfg(test)]
mod tests;
mod uses;
mod visit;

pub use answers::problem;
pub use forward::ForwardAuth;
pub use model::{Reason, Standing};
pub use pages::page_routes;
