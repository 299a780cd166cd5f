//! What a person asks of the vendor from inside, instead of by phone: whoever has a second factor has shown more here than
//! a voice on the phone can.
//!
//! A request is a subject and a text, together with how the person had proved who they are when they wrote it. Agents see
//! what waits for an answer and answer it once; the person gets the answer by mail and sees it beside the request.
//!
//! **Invariant:** only a signed-in member of the customer's own writes one, and nobody in their name: no program and none of
//! the vendor's people. **Invariant:** a request opens nothing by itself. **Invariant:** agents see requests of people who
//! still are what they were when they asked, and no others.

mod emails;
pub mod model;
pub mod operations;
pub mod pages;
pub mod rest;
mod rows;

pub use pages::page_routes;
pub use rest::rest_routes;
