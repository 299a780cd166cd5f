//! What every route is given.

use std::{future::Future, pin::Pin, sync::Arc};

use http::request::Parts;
use kernel::Actor;
use operation::{Call, World};

use crate::{Failure, Proxies};

/// The state of the router. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub world: Arc<World>,
    pub authenticate: Arc<dyn Authenticate>,
    pub proxies: Arc<Proxies>,
}

/// Finds out who calls, from a session's cookie or an API key. Put together by the product, because this floor knows
/// neither sessions nor keys.
pub trait Authenticate: Send + Sync + 'static {
    /// [`Actor::Nobody`] if nothing is presented or what is presented is no longer good; an error if it cannot be known, and
    /// [`Failure::SecondFactorFirst`] for somebody to whom what the request asks for is shut.
    fn authenticate<'a>(
        &'a self,
        call: &'a Call,
        request: &'a Parts,
    ) -> Pin<Box<dyn Future<Output = Result<Actor, Failure>> + Send + 'a>>;
}
