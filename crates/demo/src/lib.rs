//! `latchstring demo`: a sample product behind a small reverse proxy, as a vendor would run them.
//!
//! Both speak to Latchstring over HTTP only, like anybody else's product and proxy.

pub mod product;
pub mod proxy;
