//! One call of an operation: who, when, from where.

use std::sync::Arc;

use kernel::{
    Actor, Error, Timestamp,
    id::{Id, Kind},
};
use store::ReadTx;

use crate::{Work, World, audit};

/// One call. Its time is read once, so that a request has one time.
#[derive(Clone)]
pub struct Call {
    pub world: Arc<World>,
    pub actor: Actor,
    pub now: Timestamp,
    pub origin: Origin,
}

/// Where a call comes from, for the record.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    pub request_id: String,
    /// The client's address as far as trusted proxies vouch for it; empty for the command line.
    pub address: String,
    pub user_agent: String,
    /// The host that the client asked for; nothing but the demo decides anything by it.
    pub host: String,
}

impl Call {
    pub fn new(world: Arc<World>, actor: Actor, origin: Origin) -> Self {
        let now = world.clock.now();
        Self { world, actor, now, origin }
    }

    /// The server acting by itself.
    pub fn by_system(world: &Arc<World>) -> Self {
        Self::new(Arc::clone(world), Actor::System, Origin::default())
    }

    /// The command line on the machine.
    pub fn by_operator(world: &Arc<World>) -> Self {
        Self::new(Arc::clone(world), Actor::Operator, Origin::default())
    }

    /// The same call by somebody else: for an act that ends with another actor than it began with, such as a sign-in.
    #[must_use]
    pub fn with_actor(&self, actor: Actor) -> Self {
        Self { actor, ..self.clone() }
    }

    pub fn new_id<K: Kind>(&self) -> Id<K> {
        Id::new(self.now, &*self.world.entropy)
    }

    /// Begins to read.
    pub async fn read(&self) -> Result<ReadTx, Error> {
        Ok(self.world.store.read().await?)
    }

    /// Begins to change.
    pub async fn begin(&self) -> Result<Work, Error> {
        Work::begin(self).await
    }

    /// Records that something was refused, in a transaction of its own. A refusal stands even if it cannot be recorded.
    pub async fn refused(&self, entry: audit::Entry) {
        let result = async { self.begin().await?.commit(entry.refused()).await }.await;
        if let Err(error) = result {
            tracing::error!(%error, "a refusal could not be recorded");
        }
    }
}
