//! The product over HTTP: the real listener, the real routes, a real database. One binary, so that it links once.

mod audit;
mod callers;
mod faults;
mod forward_auth;
mod manners;
mod members;
mod padlock;
mod proxies;
mod sign_in;
mod support;
mod vendor_people;
