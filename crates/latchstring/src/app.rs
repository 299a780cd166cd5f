//! The product put together: the world, who calls, and what runs beside the requests.

use std::{future::Future, net::SocketAddr, pin::Pin, sync::Arc};

use axum::Router;
use bytes::Bytes;
use forward_auth::ForwardAuth;
use http::{Response, header, request::Parts};
use kernel::{Actor, Clock, Entropy, Error, Factor, Machine, Sealing};
use mfa_levels::model::Opened;
use operation::{Call, Settings, World, live::Live, outbox};
use store::Store;
use tokio::{sync::Notify, task::JoinSet};
use web::{App, Authenticate, Failure, Proxies};

use crate::{keys, listener::FastPath, routes};

/// How many verdicts are kept in memory; past it, requests are judged from the database.
const VERDICTS: usize = 1_000_000;

/// What the product is made of, given from outside.
pub struct Given {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub settings: Settings,
    pub proxies: Proxies,
    /// With the keys of the key file.
    pub sealing: Sealing,
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
            sealing: given.sealing,
            live: Live::default(),
            mail_waits: Notify::new(),
            clock_check: operation::ClockCheck::default(),
            settings: given.settings,
        });
        let proxies = Arc::new(given.proxies);
        let call = Call::by_system(&world);
        keys::associate(&call).await?;
        let keyring = applications::signing::Keyring::open(&call).await?;
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
        let clock_check = world();
        loops.spawn(async move { clock_check.run_clock_check().await });
        loops.spawn(outbox::run(world(), Arc::clone(&self.deliver)));
        loops.spawn(support_tokens::operations::run_expiry(world()));
        loops.spawn(temporary_credentials::run_expiry(world()));
        loops.spawn(organizations::operations::run_expiry(world()));
        loops.spawn(sign_in::operations::run_warnings(world()));
        loops.spawn(account_recovery::run_clockwork(world()));
        loops.spawn(second_factor::passkeys::run_forgetting(world()));
        loops.spawn(partners::run_clockwork(world()));
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
        request: &'a Parts,
    ) -> Pin<Box<dyn Future<Output = Result<Actor, Failure>> + Send + 'a>> {
        Box::pin(async move {
            let headers = &request.headers;
            if headers.contains_key(header::AUTHORIZATION) {
                // What is no key of ours is nobody, also beside a good cookie: which is meant cannot be known.
                let machine = api_keys::authenticate(call, headers).await?;
                let actor = machine.map_or(Actor::Nobody, Actor::Machine);
                if is_shut(call, &actor).await? {
                    call.origin.trace.called_by(&actor);
                    return Err(Failure::SecondFactorFirst);
                }
                return Ok(actor);
            }
            let person = sessions::authenticate(call, headers).await?;
            let actor = person.map_or(Actor::Nobody, Actor::Person);
            if is_shut(call, &actor).await? && !is_open_without(request.uri.path()) {
                call.origin.trace.called_by(&actor);
                return Err(Failure::SecondFactorFirst);
            }
            if let Actor::Person(person) = &actor {
                call.origin.trace.shows(partners::operations::areas(call, person.user).await?);
            }
            Ok(actor)
        })
    }
}

/// Whether an organization asks this person for a second factor that took no part in their session (E2, E5), or that they do
/// not have while a program passes on what they do.
async fn is_shut(call: &Call, actor: &Actor) -> Result<bool, Error> {
    let (user, opened) = match actor {
        Actor::Person(person) => (person.user, Opened::from(person)),
        Actor::Machine(Machine { on_behalf_of: Some((user, _)), .. }) => {
            // Which factor the person showed to the program is not known here: that they have one has to do. What their
            // provider asks of them is not asked here, where they could set nothing up.
            (*user, Factor::Remembered.into())
        }
        _ => return Ok(false),
    };
    mfa_levels::operations::is_shut(&mut *call.read().await?, user, opened, call.now).await
}

/// What is open to somebody who has to set up a second factor first: the way to do that, the way out, what a link from a
/// mail does without a session, and what asks for no session at all. Everything that is not in here is shut.
fn is_open_without(path: &str) -> bool {
    const BELOW: [&str; 12] = [
        "/sign-in/",
        "/api/v1/sign-in/",
        "/api/v1/account-recovery/",
        "/reset-password/",
        "/lock-account/",
        "/undo-email/",
        "/stop-recovery/",
        "/recovery/",
        "/_latchstring/",
        "/authz/",
        "/assets/",
        "/demo/",
    ];
    const EXACTLY: [&str; 10] = [
        "/sign-in",
        "/api/v1/sign-in",
        "/sign-out",
        "/api/v1/sign-out",
        "/forgot-password",
        "/lost-device",
        "/api/v1/lost-devices/stop",
        "/api/v1/account/mfa-level",
        "/help",
        "/demo",
    ];
    EXACTLY.contains(&path) || BELOW.iter().any(|start| path.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// E11: nothing of what a person has is among what stays open.
    #[test]
    fn what_is_shut_is_everything_else() {
        for open in ["/sign-in/secure-your-account", "/api/v1/sign-in/set-up", "/sign-out", "/help"] {
            assert!(is_open_without(open), "{open}");
        }
        for shut in [
            "/",
            "/organizations",
            "/continue",
            "/account",
            "/account/two-factor",
            "/account/email",
            "/confirm-email/x",
            "/invitations/x",
            "/events",
            "/api/v1/organizations",
            "/api/v1/account/two-factor",
            "/api/v1/account/sessions",
            "/sign-in-x",
            "/demonstration",
        ] {
            assert!(!is_open_without(shut), "{shut}");
        }
    }
}
