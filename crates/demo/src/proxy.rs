//! The small reverse proxy of the demo. It plays the part that a real one plays in front of a vendor's product:
//! nothing reaches the product without a 200 from Latchstring, and what cannot be asked is refused.

mod decisions;
mod headers;
#[cfg(test)]
mod tests;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version, header, uri::PathAndQuery};
use hyper::upgrade::OnUpgrade;
use hyper_util::{
    client::legacy::{Client, Error as OutboundError, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use tokio::net::TcpListener;

pub use decisions::{Decision, Decisions};

/// Latchstring's own pages on the product's host: the end of sign-in, the banner, leaving.
const OWN_PATHS: &str = "/_latchstring/";
/// Latchstring answers from memory; one that takes longer is ill, and an ill one has not said yes.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long open streams may hold up the end of the program.
const GRACE: Duration = Duration::from_secs(1);

pub(crate) type Outbound = Client<HttpConnector, Body>;

pub(crate) fn outbound() -> Outbound {
    let mut connector = HttpConnector::new();
    connector.set_connect_timeout(Some(PATIENCE));
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new())
        .pool_idle_timeout(Duration::from_secs(30))
        .pool_max_idle_per_host(16)
        .build(connector)
}

struct Proxy {
    latchstring: SocketAddr,
    product: SocketAddr,
    decisions: Arc<Decisions>,
    outbound: Outbound,
}

/// Serves until `shutdown` resolves. Every decision of Latchstring is noted in `decisions`.
pub async fn serve(
    listener: TcpListener,
    latchstring: SocketAddr,
    product: SocketAddr,
    decisions: Arc<Decisions>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let proxy = Proxy { latchstring, product, decisions, outbound: outbound() };
    let router = Router::new().fallback(pass).with_state(Arc::new(proxy));
    listen(listener, router, shutdown).await
}

/// Serves `router` until `shutdown` resolves, and does not wait long for streams that never end by themselves.
pub(crate) async fn listen(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(async move {
            shutdown.await;
            drop(stopping);
        });
    tokio::select! {
        ended = serving.into_future() => ended,
        () = async { let _ = stopped.await; tokio::time::sleep(GRACE).await } => Ok(()),
    }
}

async fn pass(
    State(proxy): State<Arc<Proxy>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let Some(asked) = Asked::read(&request, peer) else {
        return plain(StatusCode::BAD_REQUEST, "This request names no host and path of this server.");
    };
    if asked.target.path().starts_with(OWN_PATHS) {
        return proxy.to_latchstring(&asked, request).await;
    }
    match proxy.ask(&asked, request.headers()).await {
        Answer::Yes(identity) => proxy.to_product(&asked, identity, request).await,
        Answer::Other(response) => response,
        Answer::None => plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "Access cannot be checked at the moment, so nobody is let in. Try again in a minute.",
        ),
    }
}

/// What Latchstring is asked about: the one reading of the request that everyone behind this proxy gets.
struct Asked {
    method: Method,
    host: HeaderValue,
    target: PathAndQuery,
    client: HeaderValue,
}

impl Asked {
    /// Nothing for what could be read in two ways: no host or two of them, an absolute target, `CONNECT`, `*`.
    fn read(request: &Request, peer: SocketAddr) -> Option<Self> {
        let mut hosts = request.headers().get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return None;
        };
        let target = request.uri().path_and_query()?;
        if request.uri().authority().is_some()
            || request.method() == Method::CONNECT
            || !target.as_str().starts_with('/')
        {
            return None;
        }
        Some(Self {
            method: request.method().clone(),
            host: host.clone(),
            target: target.clone(),
            client: HeaderValue::from_str(&peer.ip().to_canonical().to_string()).ok()?,
        })
    }
}

/// What Latchstring said. Only its 200 is a yes; `None` is the silence that never lets anyone pass.
enum Answer {
    Yes(HeaderMap),
    Other(Response),
    None,
}

impl Proxy {
    async fn ask(&self, asked: &Asked, client: &HeaderMap) -> Answer {
        let answer = match self.question(asked, client) {
            Some(question) => tokio::time::timeout(PATIENCE, self.outbound.request(question)).await,
            None => return Answer::None,
        };
        let answer = match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                tracing::warn!(%error, "latchstring could not be asked");
                self.note(asked, StatusCode::SERVICE_UNAVAILABLE, &HeaderMap::new());
                return Answer::None;
            }
            Err(_) => {
                tracing::warn!("latchstring did not answer in time");
                self.note(asked, StatusCode::SERVICE_UNAVAILABLE, &HeaderMap::new());
                return Answer::None;
            }
        };
        self.note(asked, answer.status(), answer.headers());
        if answer.status() == StatusCode::OK {
            return Answer::Yes(headers::given(answer.headers()));
        }
        let mut answer = answer.map(Body::new);
        headers::strip_hop_by_hop(answer.headers_mut());
        Answer::Other(answer)
    }

    fn question(&self, asked: &Asked, client: &HeaderMap) -> Option<Request> {
        let mut question = Request::new(Body::empty());
        *question.uri_mut() = address(self.latchstring, &PathAndQuery::from_static("/authz/forward-auth"))?;
        let about = question.headers_mut();
        headers::copy_asked(client, about);
        headers::set_forwarded(about, &asked.host, &asked.client);
        about.insert("x-forwarded-method", HeaderValue::from_str(asked.method.as_str()).ok()?);
        about.insert("x-forwarded-uri", HeaderValue::from_bytes(asked.target.as_str().as_bytes()).ok()?);
        Some(question)
    }

    fn note(&self, asked: &Asked, status: StatusCode, answer: &HeaderMap) {
        let text = |name: &str| Some(answer.get(name)?.to_str().ok()?.to_owned());
        self.decisions.note(
            asked.method.as_str(),
            asked.target.path(),
            status.as_u16(),
            text("x-latchstring-reason"),
            text("remote-user"),
        );
    }

    async fn to_latchstring(&self, asked: &Asked, mut request: Request) -> Response {
        headers::strip_identity(request.headers_mut());
        self.forward(self.latchstring, asked, request, HeaderMap::new()).await
    }

    async fn to_product(&self, asked: &Asked, identity: HeaderMap, mut request: Request) -> Response {
        headers::strip_identity(request.headers_mut());
        headers::strip_own_cookies(request.headers_mut());
        self.forward(self.product, asked, request, identity).await
    }

    /// Passes the request on, both bodies as they come, and ties the two ends together after an upgrade.
    async fn forward(
        &self,
        to: SocketAddr,
        asked: &Asked,
        mut request: Request,
        identity: HeaderMap,
    ) -> Response {
        let Some(address) = address(to, &asked.target) else {
            return plain(StatusCode::BAD_REQUEST, "This address cannot be passed on.");
        };
        let client_end =
            headers::asks_for_websocket(request.headers()).then(|| hyper::upgrade::on(&mut request));
        let (parts, body) = request.into_parts();
        let mut onward = Request::new(body);
        *onward.method_mut() = parts.method;
        *onward.uri_mut() = address;
        *onward.version_mut() = Version::HTTP_11;
        *onward.headers_mut() = parts.headers;
        let sent = onward.headers_mut();
        // Before ours are set: a client may name ours in `Connection` to have them dropped on the way.
        headers::strip_hop_by_hop(sent);
        headers::strip_forwarded(sent);
        headers::set_forwarded(sent, &asked.host, &asked.client);
        sent.extend(identity);
        if client_end.is_some() {
            headers::set_websocket(sent);
        }
        match self.outbound.request(onward).await {
            Ok(answer) => returned(answer, client_end),
            Err(error) => unreachable_upstream(&error),
        }
    }
}

/// The answer for the client. A switch of protocols that nobody asked for is a fault of the one behind.
fn returned(mut answer: http::Response<hyper::body::Incoming>, client_end: Option<OnUpgrade>) -> Response {
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        let mut answer = answer.map(Body::new);
        headers::strip_hop_by_hop(answer.headers_mut());
        return answer;
    }
    let Some(client_end) = client_end else {
        return plain(
            StatusCode::BAD_GATEWAY,
            "The product answered with another protocol than the one that was asked for.",
        );
    };
    let product_end = hyper::upgrade::on(&mut answer);
    operation::spawn(tunnel(client_end, product_end));
    let mut answer = answer.map(|_| Body::empty());
    headers::strip_hop_by_hop(answer.headers_mut());
    headers::set_websocket(answer.headers_mut());
    answer
}

async fn tunnel(client: OnUpgrade, product: OnUpgrade) {
    let (Ok(client), Ok(product)) = tokio::join!(client, product) else {
        return;
    };
    let (mut client, mut product) = (TokioIo::new(client), TokioIo::new(product));
    // An end that goes away without goodbye is how most WebSockets end.
    if let Err(error) = tokio::io::copy_bidirectional(&mut client, &mut product).await {
        tracing::debug!(%error, "a tunnel broke off");
    }
}

fn unreachable_upstream(error: &OutboundError) -> Response {
    tracing::warn!(%error, "a request could not be passed on");
    plain(StatusCode::BAD_GATEWAY, "The server behind this address does not answer. Try again in a minute.")
}

fn address(to: SocketAddr, target: &PathAndQuery) -> Option<Uri> {
    Uri::builder().scheme("http").authority(to.to_string()).path_and_query(target.clone()).build().ok()
}

fn plain(status: StatusCode, sentence: &'static str) -> Response {
    let manners = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, manners, sentence).into_response()
}
