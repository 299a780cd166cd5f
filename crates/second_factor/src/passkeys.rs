//! Passkeys (WebAuthn): a key pair on the person's own device, which signs only for this host and cannot be told to
//! anybody (S26). After the password it is the second factor; without one it is both, because the device asked for a
//! finger, a face or a PIN.
//!
//! **Invariant:** a challenge is answered once, within five minutes, by whoever asked for it. **Invariant:** a use is
//! written down in the transaction that makes a session of it, and only if the passkey is still there.

pub mod model;
mod operations;
pub mod pages;
mod party;
pub mod rest;
mod rows;
#[cfg(test)]
mod tests;

pub use operations::{
    NewPasskey, Proved, Registered, Started, begin_new, begin_registration, begin_second_factor,
    begin_sign_in, finish_registration, finish_second_factor, finish_sign_in, forget_ceremonies, get,
    judge_new, list, remove, rename, run_forgetting,
};
pub use party::is_offered;
