//! The product over HTTP: the real listener, the real routes, a real database. One binary, so that it links once.

mod callers;
mod forward_auth;
mod members;
mod padlock;
mod proxies;
mod support;
mod vendor_people;
