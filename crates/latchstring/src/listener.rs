//! Plain HTTP/1.1 from the reverse proxy: the accept loop, its limits, and the end.
//!
//! What is bounded: connections (all, and those of one address), the size and number of headers, and the time for
//! each stage of a request. A request whose end two readers could see differently is refused (S82). No TLS, no
//! HTTP/2 and no upgrade to another protocol: the reverse proxy speaks those with the world.

mod framing;
mod peers;

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use futures_util::{TryFutureExt as _, future, future::MapOk};
use http::{Request, Response, StatusCode, Version, header, request};
use http_body_util::{Either, Full};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
};
use tower::Service;
use web::{Peer, Proxies};

use framing::Framed;
use peers::Peers;

/// Room for long cookies and assertions, not for an attack.
const MAX_HEADER_BYTES: usize = 32 * 1024;
// The number of headers is bounded too: by the parser's own 100, which it keeps on its stack.
/// How long running requests may take once the server is told to stop.
pub const GRACE: Duration = Duration::from_secs(10);

/// Answers what must not wait for anything: the questions of reverse proxies, from memory.
///
/// It is asked before the router for paths under [`FAST_PREFIX`], so these requests cross no middleware. `None` hands
/// the request to the router as if nobody had asked.
pub trait FastPath: Send + Sync + 'static {
    fn answer(&self, request: &request::Parts, peer: SocketAddr) -> Option<Response<Bytes>>;
}

/// The paths of which the fast path is asked.
pub const FAST_PREFIX: &str = "/authz/";

/// No fast path.
impl FastPath for () {
    fn answer(&self, _: &request::Parts, _: SocketAddr) -> Option<Response<Bytes>> {
        None
    }
}

/// What is bounded by the configuration.
#[derive(Debug, Clone)]
pub struct Limits {
    pub max_connections: usize,
    /// Exempt from the limit of connections of one address: all of the world comes through them.
    pub trusted_proxies: Proxies,
}

impl Limits {
    /// A quarter of all, so that one stranger cannot take every place.
    fn of_one_address(&self) -> usize {
        (self.max_connections / 4).max(8)
    }
}

/// When to stop: told once to finish, told twice to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Serving,
    Finishing,
    Ended,
}

/// Tells a listener to stop. Dropping it ends the listener at once.
#[derive(Debug)]
pub struct Stop(watch::Sender<Phase>);

impl Stop {
    pub fn new() -> (Self, watch::Receiver<Phase>) {
        let (sender, receiver) = watch::channel(Phase::Serving);
        (Self(sender), receiver)
    }

    /// Takes no new connections; running requests may finish. Said again, ends them.
    pub fn next(&self) {
        self.0.send_modify(|phase| {
            *phase = if *phase == Phase::Serving { Phase::Finishing } else { Phase::Ended };
        });
    }

    /// SIGTERM and Ctrl-C ask to stop; a second one ends at once.
    pub async fn on_signals(self) -> std::io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                () = self.0.closed() => return Ok(()),
            }
            tracing::info!(grace_s = GRACE.as_secs(), "stopping; a second signal ends at once");
            self.next();
        }
    }
}

/// Serves until told to stop and all requests have finished, or [`GRACE`] is over.
///
/// Beyond `max_connections` the server does not accept: the system's queue holds the newcomer until a place is free.
/// A refused connection would be an error page for somebody behind the proxy, a short wait is nothing; and every
/// connection has stages that end by time, so places become free.
pub async fn serve<S, F>(
    listener: TcpListener,
    limits: Limits,
    router: S,
    fast_path: Arc<F>,
    stop: watch::Receiver<Phase>,
) where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
    F: FastPath,
{
    let places = Arc::new(Semaphore::new(limits.max_connections));
    let peers = Peers::new(limits.of_one_address());
    // Dropping the set ends what is left in it.
    let mut connections = JoinSet::new();
    let mut stopping = stop.clone();
    loop {
        let (stream, peer, place) = tokio::select! {
            biased;
            () = reached(&mut stopping, Phase::Finishing) => break,
            Some(ended) = connections.join_next(), if !connections.is_empty() => {
                note_panic(ended);
                continue;
            }
            accepted = accept(&listener, &places) => accepted,
        };
        let is_trusted = limits.trusted_proxies.trusts(peer.ip());
        let visit = if is_trusted { None } else { peers.enter(peer.ip()) };
        if visit.is_none() && !is_trusted {
            tracing::debug!(%peer, "too many connections of one address; closed");
            continue;
        }
        let connection = Connection { router: router.clone(), fast_path: Arc::clone(&fast_path), peer };
        let stop = stop.clone();
        connections.spawn(async move {
            connection.run(stream, stop).await;
            drop((place, visit));
        });
    }
    drop(listener);
    let finish = async {
        while let Some(ended) = connections.join_next().await {
            note_panic(ended);
        }
    };
    tokio::select! {
        () = finish => {}
        () = tokio::time::sleep(GRACE) => tracing::warn!("ended requests that were still running"),
        () = reached(&mut stopping, Phase::Ended) => {}
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<tokio::sync::OwnedSemaphorePermit>) {
    // Never closed, so there is always a place in the end.
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let _ = stream.set_nodelay(true);
                return (stream, peer, place);
            }
            Err(error) => {
                // Mostly the system's limit of open files: to try at once again would only burn time.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Waits for the phase. Whoever could tell being gone counts as told.
async fn reached(stop: &mut watch::Receiver<Phase>, phase: Phase) {
    let _ = stop.wait_for(|now| *now >= phase).await;
}

fn note_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!("a connection ended by a panic");
    }
}

/// What answers on one connection.
struct Connection<S, F> {
    router: S,
    fast_path: Arc<F>,
    peer: SocketAddr,
}

impl<S, F> Connection<S, F>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
    F: FastPath,
{
    async fn run(self, stream: TcpStream, mut stop: watch::Receiver<Phase>) {
        let mut http = http1::Builder::new();
        // The timers are in `Framed`: the library's own counts a connection that waits for its next request as one
        // that is slow to send it, which would break the proxy's kept connections every few seconds.
        http.header_read_timeout(None)
            .max_header_size(MAX_HEADER_BYTES)
            .max_buf_size(MAX_HEADER_BYTES * 2)
            .half_close(true);
        let peer = self.peer;
        let connection = http.serve_connection(TokioIo::new(Framed::new(stream)), self);
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = reached(&mut stop, Phase::Finishing) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%peer, %error, "connection ended early");
        }
    }
}

type Answer = Response<Either<Full<Bytes>, Body>>;
/// An answer that is there, or the router's; neither is boxed here.
type Answering<R> =
    future::Either<future::Ready<Result<Answer, Infallible>>, MapOk<R, fn(Response<Body>) -> Answer>>;

fn at_once<R>(answer: Response<Bytes>) -> Answering<R>
where
    R: Future<Output = Result<Response<Body>, Infallible>>,
{
    future::Either::Left(future::ready(Ok(answer.map(|bytes| Either::Left(Full::new(bytes))))))
}

fn routed(answer: Response<Body>) -> Answer {
    answer.map(Either::Right)
}

impl<S, F> hyper::service::Service<Request<Incoming>> for Connection<S, F>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
    F: FastPath,
{
    type Response = Answer;
    type Error = Infallible;
    type Future = Answering<S::Future>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        if !names_one_host(&request) {
            return at_once(refuse());
        }
        let (mut parts, body) = request.into_parts();
        if parts.uri.path().starts_with(FAST_PREFIX)
            && let Some(answer) = self.fast_path.answer(&parts, self.peer)
        {
            return at_once(answer);
        }
        parts.extensions.insert(Peer(self.peer));
        // A router is always ready; what is not is behind a route of it.
        let answer = self.router.clone().call(Request::from_parts(parts, Body::new(body)));
        future::Either::Right(answer.map_ok(routed as fn(Response<Body>) -> Answer))
    }
}

/// RFC 9112 §3.2: exactly one, or it is not clear to whom the request goes.
fn names_one_host<B>(request: &Request<B>) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(_), None) => true,
        (None, _) => request.version() < Version::HTTP_11,
        (Some(_), Some(_)) => false,
    }
}

fn refuse() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response.headers_mut().insert(header::CONNECTION, http::HeaderValue::from_static("close"));
    response
}

#[cfg(test)]
mod tests;
