//! Aurora Ledger, a sample product: what a vendor's bookkeeping looks like from the outside.
//!
//! It knows Latchstring as every product does, over HTTP, and believes one thing only: the signed assertion. Plain
//! identity headers are shown on a page and never read.

mod assertion;
mod books;
mod events;
#[expect(clippy::disallowed_types, reason = "somebody else's product answers in its own way")]
mod pages;
mod socket;
mod streams;
#[cfg(test)]
mod tests;

use std::{io, sync::Arc};

use axum::{
    Router,
    extract::FromRequestParts,
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, StatusCode, header, request::Parts};
use kernel::Clock;
use tokio::net::TcpListener;
use tower_http::csrf::CsrfLayer;

use crate::proxy;
use assertion::{Refusal, Verified, Verifier};
use books::Books;
use streams::{End, Streams};

/// Whom the product believes, and where it asks.
pub struct Trust {
    /// Where Latchstring answers this machine: its keys and its events.
    pub latchstring_url: String,
    /// Latchstring's public address, as it stands in every assertion.
    pub issuer: String,
    /// This product's id in Latchstring.
    pub audience: String,
    /// Without it the product cannot hear of revocations, and ends the streams of support by itself.
    pub events_key: Option<String>,
    pub clock: Arc<dyn Clock>,
}

struct Product {
    verifier: Verifier,
    books: Books,
    streams: Arc<Streams>,
    clock: Arc<dyn Clock>,
}

/// Serves until `shutdown` resolves.
pub async fn serve(
    listener: TcpListener,
    trust: Trust,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let streams = Arc::new(Streams::new(trust.clock.clone()));
    let product = Arc::new(Product {
        verifier: Verifier::new(&trust),
        books: Books::default(),
        streams: streams.clone(),
        clock: trust.clock.clone(),
    });
    let ending = streams.clone();
    let serving = proxy::listen(listener, routes(product, &trust.issuer), async move {
        shutdown.await;
        ending.end_all(End::Closing);
    });
    tokio::select! {
        ended = serving => ended,
        never = events::follow(&trust.latchstring_url, trust.events_key.as_deref(), &streams) => match never {},
    }
}

fn routes(product: Arc<Product>, issuer: &str) -> Router {
    let policy = content_policy(issuer);
    Router::new()
        .route("/", get(pages::list))
        .route("/ledger/{slug}", get(pages::detail).post(pages::change))
        .route("/ledger/{slug}/edit", get(pages::edit))
        .route("/request", get(pages::request))
        .route("/request.json", get(pages::request_headers))
        .route("/request/forge", get(pages::forge))
        .route("/ticker", get(pages::ticker))
        .route("/ticker/events", get(streams::events))
        .route("/ticker/socket", get(socket::open))
        .route("/assets/ledger.css", get(pages::stylesheet))
        .route("/assets/ledger.js", get(pages::script))
        .route("/assets/ledger.svg", get(pages::icon))
        .fallback(pages::not_found)
        .layer(CsrfLayer::new())
        .layer(middleware::map_response(move |response| {
            let policy = policy.clone();
            async move { with_manners(response, policy) }
        }))
        .with_state(product)
}

/// *Leave this account* posts here and is sent on to Latchstring, which the demo serves under several loopback names
/// at one port; browsers hold the redirect against `form-action` too.
fn content_policy(issuer: &str) -> Option<HeaderValue> {
    let issuer = url::Url::parse(issuer).ok()?;
    let port = issuer.port_or_known_default()?;
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
         base-uri 'none'; frame-ancestors 'none'; form-action 'self' {}://*:{port}",
        issuer.scheme()
    );
    HeaderValue::from_str(&policy).ok()
}

fn with_manners(mut response: Response, policy: Option<HeaderValue>) -> Response {
    let headers = response.headers_mut();
    if let Some(policy) = policy {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    // A page kept by the browser would outlive the revocation of the access it was shown under.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whoever stands in a sound assertion; every page asks for one, so that none can be had without.
struct Visitor(Verified);

impl FromRequestParts<Arc<Product>> for Visitor {
    type Rejection = Unknown;

    async fn from_request_parts(parts: &mut Parts, product: &Arc<Product>) -> Result<Self, Unknown> {
        let mut tokens = parts.headers.get_all(assertion::HEADER).iter();
        let (Some(token), None) = (tokens.next(), tokens.next()) else {
            return Err(Unknown(Refusal::Missing));
        };
        let token = token.to_str().map_err(|_| Unknown(Refusal::Malformed))?;
        product.verifier.verify(token).await.map(Self).map_err(|refusal| {
            tracing::info!(%refusal, "the sample product refused an assertion");
            Unknown(refusal)
        })
    }
}

struct Unknown(Refusal);

impl IntoResponse for Unknown {
    fn into_response(self) -> Response {
        pages::refused(
            StatusCode::UNAUTHORIZED,
            "We do not know who you are",
            &format!(
                "Aurora Ledger answers only requests that carry Latchstring's signed assertion: {}.",
                self.0
            ),
        )
    }
}
