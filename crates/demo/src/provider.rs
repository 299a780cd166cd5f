//! A provider of OpenID Connect, as a customer has one, so that single sign-on can be tried: whoever comes says by a click who
//! they are. It knows Latchstring over HTTP only, like anybody else's.
//!
//! **Invariant:** it listens on loopback, and sends browsers and what it says of people nowhere but to the demo beside it.

#[expect(clippy::disallowed_types, reason = "somebody else's provider answers in its own way")]
mod pages;
#[cfg(test)]
mod tests;
#[expect(clippy::disallowed_types, reason = "somebody else's provider answers in its own way")]
mod tokens;

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::Body,
    http::{Request, header},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Clock, Duration, Entropy, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use url::Url;

use crate::proxy::{self, Outbound};
use tokens::Signer;

/// The name of this machine under which browsers find it.
pub const HOST: &str = "kappa-id.localhost";
pub const NAME: &str = "Kappa ID";
/// What Latchstring is to it. Nothing real is behind this secret.
pub const CLIENT: &str = "latchstring";
pub const CLIENT_SECRET: &str = "open the other door please";
/// A code is given back at once.
const CODE_LASTS: Duration = Duration::minutes(1);

/// Somebody who has an account here.
#[derive(Debug, PartialEq, Eq)]
pub struct Account {
    /// What it calls them: who they are, whatever becomes of name and address.
    pub subject: &'static str,
    pub name: &'static str,
    pub email: &'static str,
}

pub const ACCOUNTS: [Account; 3] = [
    Account { subject: "zoe", name: "Zoé Petit", email: "zoe@mer.example" },
    Account { subject: "luc", name: "Luc Amand", email: "luc@mer.example" },
    Account { subject: "joana", name: "Joana Prado", email: "joana@aurora.example" },
];

fn account(subject: &str) -> Option<&'static Account> {
    ACCOUNTS.iter().find(|account| account.subject == subject)
}

/// What a browser asks for when it is sent here.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Asked {
    client_id: String,
    redirect_uri: String,
    state: String,
    nonce: String,
    code_challenge: String,
    code_challenge_method: String,
}

/// What a code is good for.
struct Ticket {
    asked: Asked,
    account: &'static Account,
    session: String,
    made_at: Timestamp,
}

/// Somebody who signed in somewhere by a session here.
struct SignedIn {
    session: String,
    account: &'static Account,
    /// Where to tell that it is over.
    logout_path: String,
}

#[derive(Default)]
struct Memory {
    tickets: HashMap<String, Ticket>,
    sessions: Vec<SignedIn>,
}

/// The provider; another handle on the same one when it is cloned.
#[derive(Clone)]
pub struct Provider(Arc<Inner>);

struct Inner {
    issuer: String,
    /// Where Latchstring listens on this machine.
    latchstring_port: u16,
    signer: Signer,
    entropy: Arc<dyn Entropy>,
    clock: Arc<dyn Clock>,
    memory: Mutex<Memory>,
    outbound: Outbound,
}

impl Provider {
    /// At its own port, for the Latchstring at the other. `None` if no key can be made.
    pub fn new(
        port: u16,
        latchstring_port: u16,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Option<Self> {
        Some(Self(Arc::new(Inner {
            issuer: format!("http://{HOST}:{port}"),
            latchstring_port,
            signer: Signer::new()?,
            entropy,
            clock,
            memory: Mutex::default(),
            outbound: proxy::outbound(),
        })))
    }

    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// Serves until `shutdown` resolves.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        proxy::listen(listener, self.routes(), shutdown).await
    }

    fn routes(self) -> Router {
        Router::new()
            .route("/", get(pages::home))
            .route("/authorize", get(pages::ask).post(pages::choose))
            .route("/sign-out", post(pages::sign_out))
            .route("/token", post(tokens::token))
            .route("/keys", get(tokens::keys))
            .route("/.well-known/openid-configuration", get(tokens::document))
            .route("/provider.css", get(pages::stylesheet))
            .route("/provider.svg", get(pages::icon))
            .with_state(self)
    }

    fn with<T>(&self, change: impl FnOnce(&mut Memory) -> T) -> T {
        change(&mut self.0.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn random(&self) -> String {
        let mut bytes = [0; 24];
        self.0.entropy.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Whether a browser may be sent back there: to the demo on this machine, under whichever of its names.
    fn is_ours(&self, asked: &Asked) -> bool {
        let Ok(back) = Url::parse(&asked.redirect_uri) else { return false };
        let host = back.host_str().unwrap_or_default();
        asked.client_id == CLIENT
            && asked.code_challenge_method == "S256"
            && back.scheme() == "http"
            && back.port() == Some(self.0.latchstring_port)
            && (host == "localhost" || host == "127.0.0.1" || host.ends_with(".localhost"))
            && back.path().ends_with("/callback")
    }

    /// Somebody says who they are: where their browser goes back to, with a code that is good once.
    fn sends_back(&self, asked: Asked, account: &'static Account) -> Option<Url> {
        let mut back = Url::parse(&asked.redirect_uri).ok().filter(|_| self.is_ours(&asked))?;
        let (code, session, now) = (self.random(), self.random(), self.0.clock.now());
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &asked.state)
            .append_pair("iss", &self.0.issuer);
        self.with(|memory| {
            memory.tickets.retain(|_, ticket| now < ticket.made_at + CODE_LASTS);
            memory.tickets.insert(code, Ticket { asked, account, session, made_at: now });
        });
        Some(back)
    }

    /// The same for whoever fills the demo: from the address that a browser would be sent to, to the one that it comes back at.
    pub fn visit(&self, address: &str, subject: &str) -> Option<Url> {
        let address = Url::parse(address).ok()?;
        let asked: Asked = serde_urlencoded::from_str(address.query()?).ok()?;
        self.sends_back(asked, account(subject)?)
    }

    /// Nobody is signed in by it.
    pub fn begin_anew(&self) {
        self.with(|memory| *memory = Memory::default());
    }

    /// The account signs out here, and everywhere that a session of it led to (OpenID Connect Back-Channel Logout 1.0).
    async fn sign_out(&self, account: &'static Account) {
        let gone: Vec<SignedIn> =
            self.with(|memory| memory.sessions.extract_if(.., |one| one.account == account).collect());
        for one in gone {
            let token = self.logout_token(&one);
            let form = serde_urlencoded::to_string([("logout_token", token)]).unwrap_or_default();
            let address = format!("http://127.0.0.1:{}{}", self.0.latchstring_port, one.logout_path);
            let request = Request::post(address)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(form));
            let Ok(request) = request else { continue };
            if let Err(error) = self.0.outbound.request(request).await {
                tracing::warn!(%error, "Latchstring was not told of a sign-out");
            }
        }
    }
}
