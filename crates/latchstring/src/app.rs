//! The product put together: the world, who calls, and what runs beside the requests.

use std::{future::Future, net::SocketAddr, pin::Pin, sync::Arc};

use axum::Router;
use bytes::Bytes;
use forward_auth::ForwardAuth;
use http::{HeaderMap, Response, header, request::Parts};
use kernel::{Actor, Clock, Entropy, Error};
use operation::{Call, Settings, World, live::Live, outbox};
use store::Store;
use tokio::{sync::Notify, task::JoinSet};
use web::{App, Authenticate, Proxies};

use crate::{listener::FastPath, routes};

/// How many verdicts are kept in memory; past it, requests are judged from the database.
const VERDICTS: usize = 1_000_000;

/// What the product is made of, given from outside.
pub struct Given {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub settings: Settings,
    pub proxies: Proxies,
    /// From the key file.
    pub master_key: [u8; 32],
    pub deliver: Arc<dyn outbox::Deliver>,
}

/// A server that can answer.
pub struct Product {
    pub world: Arc<World>,
    pub forward_auth: Arc<ForwardAuth>,
    app: App,
    deliver: Arc<dyn outbox::Deliver>,
}

impl Product {
    /// Puts everything together. Fails if the key file does not belong to the database.
    pub async fn assemble(given: Given) -> Result<Self, Error> {
        let gate = Arc::new(gate::Gate::new(VERDICTS));
        let world = Arc::new(World {
            store: given.store,
            revocations: Arc::<gate::Gate<_>>::clone(&gate),
            clock: given.clock,
            entropy: given.entropy,
            live: Live::default(),
            mail_waits: Notify::new(),
            settings: given.settings,
        });
        let proxies = Arc::new(given.proxies);
        let keyring =
            applications::signing::Keyring::open(&Call::by_system(&world), &given.master_key).await?;
        let recorder = access_log::Recorder::new(Arc::clone(&world));
        let forward_auth =
            ForwardAuth::new(Arc::clone(&world), gate, keyring, recorder, Arc::clone(&proxies)).await?;
        let app = App { world: Arc::clone(&world), authenticate: Arc::new(Callers), proxies };
        Ok(Self { world, forward_auth, app, deliver: given.deliver })
    }

    /// Everything that is answered.
    pub fn router(&self) -> Router {
        self.router_with(Router::new())
    }

    /// The same with more routes beside it, such as the demo's.
    pub fn router_with(&self, more: Router<App>) -> Router {
        web::layered(routes::all(&self.app.world, &self.forward_auth).merge(more), self.app.clone())
    }

    /// Writes down what is still in memory, at the end.
    pub async fn finish(&self) {
        self.forward_auth.finish().await;
    }

    /// What runs beside the requests. Dropping the set stops it.
    pub fn start(&self) -> JoinSet<()> {
        let mut loops = JoinSet::new();
        let world = || Arc::clone(&self.world);
        loops.spawn(Arc::clone(&self.forward_auth).run());
        loops.spawn(outbox::run(world(), Arc::clone(&self.deliver)));
        loops.spawn(support_tokens::operations::run_expiry(world()));
        loops.spawn(organizations::operations::run_expiry(world()));
        loops
    }
}

/// The questions of proxies cross no router as long as they can be answered from memory.
impl FastPath for ForwardAuth {
    fn answer(&self, request: &Parts, peer: SocketAddr) -> Option<Response<Bytes>> {
        self.answer_from_memory(request, peer)
    }
}

/// Who calls: a program by its key, a person by the cookie of their session.
struct Callers;

impl Authenticate for Callers {
    fn authenticate<'a>(
        &'a self,
        call: &'a Call,
        headers: &'a HeaderMap,
    ) -> Pin<Box<dyn Future<Output = Result<Actor, Error>> + Send + 'a>> {
        Box::pin(async move {
            if headers.contains_key(header::AUTHORIZATION) {
                // What is no key of ours is nobody, also beside a good cookie: which is meant cannot be known.
                let machine = api_keys::authenticate(call, headers).await?;
                return Ok(machine.map_or(Actor::Nobody, Actor::Machine));
            }
            let person = sessions::authenticate(call, headers).await?;
            Ok(person.map_or(Actor::Nobody, Actor::Person))
        })
    }
}
