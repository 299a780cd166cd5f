//! The product over HTTP: the real listener, the real routes, a real database. One binary, so that it links once.

mod attacks;
mod audit;
mod callers;
mod command_line;
mod faults;
mod forward_auth;
mod manners;
mod members;
mod padlock;
mod pages;
mod proxies;
mod redirects;
mod shutting;
mod sign_in;
mod support;
mod vendor_people;
