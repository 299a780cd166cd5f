//! One call of an operation: who, when, from where.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

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
    pub trace: Trace,
}

/// What becomes known of a request while it is answered, for whoever looks at it afterwards. Clones are one.
#[derive(Debug, Clone, Default)]
pub struct Trace(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    actor: OnceLock<Actor>,
    areas: OnceLock<Areas>,
    is_recorded: AtomicBool,
}

/// Which parts of the product are there for whoever calls. For what is shown to them only: nothing is allowed by it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Areas {
    /// They belong to a partner.
    pub my_clients: bool,
    /// They administer an organization that partners may work for.
    pub my_partner: bool,
}

impl Trace {
    /// Who calls, once that is known.
    pub fn called_by(&self, actor: &Actor) {
        self.0.actor.get_or_init(|| actor.clone());
    }

    pub fn actor(&self) -> Option<&Actor> {
        self.0.actor.get()
    }

    /// What is there for them, once that is known.
    pub fn shows(&self, areas: Areas) {
        self.0.areas.get_or_init(|| areas);
    }

    pub fn areas(&self) -> Areas {
        self.0.areas.get().copied().unwrap_or_default()
    }

    pub(crate) fn record(&self) {
        self.0.is_recorded.store(true, Ordering::Release);
    }

    /// An entry of this request is in the log.
    pub fn is_recorded(&self) -> bool {
        self.0.is_recorded.load(Ordering::Acquire)
    }
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
