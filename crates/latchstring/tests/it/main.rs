//! The product over HTTP: the real listener, the real routes, a real database. One binary, so that it links once.

mod padlock;
mod support;
