//! What every route is given.

use std::{future::Future, pin::Pin, sync::Arc};

use http::HeaderMap;
use kernel::{Actor, Error};
use operation::{Call, World};

use crate::Proxies;

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
    /// [`Actor::Nobody`] if nothing is presented or what is presented is no longer good; an error if it cannot be known.
    fn authenticate<'a>(
        &'a self,
        call: &'a Call,
        headers: &'a HeaderMap,
    ) -> Pin<Box<dyn Future<Output = Result<Actor, Error>> + Send + 'a>>;
}
