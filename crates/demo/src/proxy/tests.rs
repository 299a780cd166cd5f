//! The proxy between a real client, a stub of Latchstring and a stub of a product, all on loopback.

use std::sync::Mutex;

use axum::{
    body::{Body, Bytes},
    routing::any,
};
use futures_util::StreamExt as _;
use http_body_util::BodyExt as _;
use kernel::{Clock, Timestamp};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::*;

struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(1_774_000_000)
    }

    fn wait_until(&self, _: Timestamp) -> kernel::time::Wait<'_> {
        Box::pin(std::future::pending())
    }
}

/// What a stub saw of one request.
#[derive(Clone)]
struct Seen {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

impl Seen {
    fn all(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().expect("the tests send ASCII")).collect()
    }

    fn one(&self, name: &str) -> &str {
        match self.all(name)[..] {
            [value] => value,
            ref values => panic!("{name}: {values:?}"),
        }
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Seen>>>);

impl Log {
    async fn note(&self, request: Request) {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.expect("the body arrives").to_bytes();
        self.0.lock().expect("no test panics inside").push(Seen {
            method: parts.method,
            uri: parts.uri,
            headers: parts.headers,
            body,
        });
    }

    fn list(&self) -> Vec<Seen> {
        self.0.lock().expect("no test panics inside").clone()
    }

    fn only(&self) -> Seen {
        let mut list = self.list();
        assert_eq!(list.len(), 1);
        list.remove(0)
    }
}

fn start(listener: TcpListener, router: Router) {
    operation::spawn(listen(listener, router, std::future::pending()));
}

async fn loopback() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound listener");
    (listener, address)
}

async fn stub(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> (SocketAddr, Log) {
    let (listener, address) = loopback().await;
    let log = Log::default();
    let seen = log.clone();
    let router = Router::new().fallback(any(move |request: Request| async move {
        seen.note(request).await;
        answer()
    }));
    start(listener, router);
    (address, log)
}

/// A yes with everything that a proxy must pass on, and one header that it must not.
fn yes() -> Response {
    http::Response::builder()
        .header("Remote-User", "usr_ana")
        .header("Remote-Groups", "support,level-2")
        .header("Remote-Name", "Ana")
        .header("Remote-Email", "ana@vendor.example")
        .header("X-Latchstring-Account", "org_aurora")
        .header("X-Latchstring-Acting", "support")
        .header("X-Latchstring-Jwt-Assertion", "signed.by.latchstring")
        .header("X-Unrelated", "not for the product")
        .body(Body::empty())
        .expect("a sound answer")
}

fn hello() -> Response {
    "hello from the product".into_response()
}

struct Site {
    address: SocketAddr,
    decisions: Arc<Decisions>,
}

async fn site(latchstring: SocketAddr, product: SocketAddr) -> Site {
    let (listener, address) = loopback().await;
    let decisions = Arc::new(Decisions::new(Arc::new(StoppedClock)));
    operation::spawn(serve(listener, latchstring, product, decisions.clone(), std::future::pending()));
    Site { address, decisions }
}

impl Site {
    /// Sends exactly these bytes: a client library would repair what the tests forge.
    async fn say(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.expect("the proxy listens");
        stream.write_all(request.replace('\n', "\r\n").as_bytes()).await.expect("the proxy reads");
        stream
    }

    async fn ask(&self, request: &str) -> String {
        let mut stream = self.say(request).await;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("the proxy answers");
        String::from_utf8(answer).expect("the stubs answer in ASCII")
    }
}

/// An address where nobody listens.
async fn nowhere() -> SocketAddr {
    loopback().await.1
}

/// F1: what the client says about itself is taken away, in every spelling, and Latchstring's word is put in.
#[tokio::test]
async fn forged_identity_never_reaches_the_product() {
    let (latchstring, _) = stub(yes).await;
    let (product, seen) = stub(hello).await;
    let site = site(latchstring, product).await;
    let answer = site
        .ask(
            "GET /ledger?x=1 HTTP/1.1\nHost: app.example\nConnection: close, x-latchstring-jwt-assertion\n\
             Remote-User: admin\nremote-user: root\nREMOTE-GROUPS: everyone\nRemote_User: admin\nremote_anything: x\n\
             Remote-Invented: x\nX-Latchstring-Acting: none\nX_Latchstring_Acting: none\nX-Latchstring_Account: org_x\n\
             x-LATCHSTRING-jwt-assertion: forged\nX-Latchstring-Mode: write\nX-Forwarded-For: 10.0.0.1\n\
             X-Forwarded-User: admin\nForwarded: for=10.0.0.1\nX-Kept: yes\n\n",
        )
        .await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.ends_with("hello from the product"));

    let seen = seen.only();
    assert_eq!(seen.uri, "/ledger?x=1");
    assert_eq!(seen.one("host"), "app.example");
    assert_eq!(seen.one("remote-user"), "usr_ana");
    assert_eq!(seen.one("remote-groups"), "support,level-2");
    assert_eq!(seen.one("remote-name"), "Ana");
    assert_eq!(seen.one("remote-email"), "ana@vendor.example");
    assert_eq!(seen.one("x-latchstring-account"), "org_aurora");
    assert_eq!(seen.one("x-latchstring-acting"), "support");
    assert_eq!(seen.one("x-latchstring-jwt-assertion"), "signed.by.latchstring");
    assert_eq!(seen.one("x-forwarded-for"), "127.0.0.1");
    assert_eq!(seen.one("x-kept"), "yes");
    let identity: Vec<&str> = seen
        .headers
        .keys()
        .map(http::HeaderName::as_str)
        .filter(|name| name.starts_with("remote") || name.contains("latchstring"))
        .collect();
    assert_eq!(identity.len(), 7, "{identity:?}");
    for name in ["x-unrelated", "x-forwarded-user", "forwarded"] {
        assert!(seen.all(name).is_empty(), "{name}");
    }
}

/// A yes that says less must not leave room for the client's own words.
#[tokio::test]
async fn what_latchstring_does_not_say_is_absent() {
    let (latchstring, _) = stub(|| ().into_response()).await;
    let (product, seen) = stub(hello).await;
    let site = site(latchstring, product).await;
    site.ask(
        "GET / HTTP/1.1\nHost: a\nConnection: close\nRemote-User: admin\nX-Latchstring-Jwt-Assertion: f\n\n",
    )
    .await;
    let seen = seen.only();
    assert!(seen.all("remote-user").is_empty());
    assert!(seen.all("x-latchstring-jwt-assertion").is_empty());
}

/// F1: Latchstring hears the method, the address, the client and the cookies, and none of the client's claims.
#[tokio::test]
async fn latchstring_is_asked_about_the_request_itself() {
    let (latchstring, asked) = stub(yes).await;
    let (product, seen) = stub(hello).await;
    let site = site(latchstring, product).await;
    site.ask(
        "POST /ledger/bank?a=%20b HTTP/1.1\nHost: app.example:8081\nConnection: close\nContent-Length: 5\nAccept: text/html\n\
         Cookie: theme=dark; latchstring_acting=A; latchstring=S\nCookie: __Host-latchstring_app=B; LATCHSTRING_APP=C; lang=pt\n\
         Sec-Fetch-Mode: navigate\nX-Forwarded-Uri: /harmless\nX-Forwarded-Method: GET\nX-Forwarded-Host: other.example\n\
         X-Forwarded-For: 10.0.0.1\n\nhello",
    )
    .await;
    let asked = asked.only();
    assert_eq!((asked.method.as_str(), asked.uri.path()), ("GET", "/authz/forward-auth"));
    assert_eq!(asked.one("x-forwarded-method"), "POST");
    assert_eq!(asked.one("x-forwarded-proto"), "http");
    assert_eq!(asked.one("x-forwarded-host"), "app.example:8081");
    assert_eq!(asked.one("x-forwarded-uri"), "/ledger/bank?a=%20b");
    assert_eq!(asked.one("x-forwarded-for"), "127.0.0.1");
    assert_eq!(asked.one("accept"), "text/html");
    assert_eq!(asked.one("sec-fetch-mode"), "navigate");
    assert_eq!(asked.all("cookie").len(), 2);
    assert!(asked.body.is_empty());

    let seen = seen.only();
    assert_eq!(seen.one("cookie"), "theme=dark; lang=pt");
    assert_eq!(&seen.body[..], b"hello");
    assert_eq!(seen.method, Method::POST);
}

/// F1: sign in, no, and ill go to the client as they are; the product never hears of them.
#[tokio::test]
async fn every_other_answer_is_the_client_s() {
    for (status, header, value) in [
        (302, "location", "http://127.0.0.1:8081/_latchstring/begin?rd=x"),
        (303, "location", "http://127.0.0.1:8081/_latchstring/begin?rd=x"),
        (401, "www-authenticate", "Bearer"),
        (403, "x-latchstring-reason", "grant_revoked"),
        (503, "retry-after", "5"),
        (204, "x-latchstring-account", "org_aurora"),
        (500, "content-type", "text/plain"),
    ] {
        let (latchstring, _) = stub(move || {
            let body = if status == 204 { Body::empty() } else { Body::from("said by latchstring") };
            http::Response::builder()
                .status(status)
                .header(header, value)
                .header("set-cookie", "a=b")
                .body(body)
                .expect("a sound answer")
        })
        .await;
        let (product, seen) = stub(hello).await;
        let site = site(latchstring, product).await;
        let answer = site.ask("GET /x?secret=1 HTTP/1.1\nHost: a\nConnection: close\n\n").await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert!(answer.contains(&format!("{header}: {value}")), "{answer}");
        assert!(answer.contains("set-cookie: a=b"), "{answer}");
        assert_eq!(answer.ends_with("said by latchstring"), status != 204);
        assert!(seen.list().is_empty(), "the product was asked at {status}");
        let decisions = site.decisions.list();
        assert_eq!((decisions[0].status, decisions[0].path.as_str()), (status, "/x"));
        assert_eq!(decisions[0].reason.as_deref(), (status == 403).then_some("grant_revoked"));
    }
}

/// F5: if Latchstring cannot be asked, the answer is no.
#[tokio::test]
async fn nobody_passes_while_latchstring_is_away() {
    let (product, seen) = stub(hello).await;
    let site = site(nowhere().await, product).await;
    let answer = site.ask("GET / HTTP/1.1\nHost: a\nConnection: close\n\n").await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("cache-control: no-store"));
    assert!(seen.list().is_empty());
    assert_eq!(site.decisions.list()[0].status, 503);
}

/// What two programs could read differently is refused before anybody is asked.
#[tokio::test]
async fn ambiguous_requests_are_refused() {
    let (latchstring, asked) = stub(yes).await;
    let (product, seen) = stub(hello).await;
    let site = site(latchstring, product).await;
    for request in [
        "GET http://other.example/ HTTP/1.1\nHost: app.example\nConnection: close\n\n",
        "GET / HTTP/1.1\nHost: app.example\nHost: other.example\nConnection: close\n\n",
        "OPTIONS * HTTP/1.1\nHost: app.example\nConnection: close\n\n",
        "GET / HTTP/1.0\nConnection: close\n\n",
    ] {
        let answer = site.ask(request).await;
        assert!(answer.contains(" 400 "), "{request}: {answer}");
    }
    assert!(asked.list().is_empty() && seen.list().is_empty());
}

/// Latchstring's own addresses on the product's host: its cookies go there, the client's claims do not.
#[tokio::test]
async fn latchstring_s_own_addresses_go_to_latchstring() {
    let (latchstring, asked) = stub(yes).await;
    let (product, seen) = stub(hello).await;
    let site = site(latchstring, product).await;
    site.ask(
        "POST /_latchstring/leave HTTP/1.1\nHost: 127.0.0.1:8081\nConnection: close\nContent-Length: 0\n\
         Cookie: latchstring_acting=A\nRemote-User: admin\nX-Forwarded-For: 10.0.0.1\n\n",
    )
    .await;
    let asked = asked.only();
    assert_eq!((asked.method.as_str(), asked.uri.path()), ("POST", "/_latchstring/leave"));
    assert_eq!(asked.one("host"), "127.0.0.1:8081");
    assert_eq!(asked.one("x-forwarded-host"), "127.0.0.1:8081");
    assert_eq!(asked.one("x-forwarded-proto"), "http");
    assert_eq!(asked.one("x-forwarded-for"), "127.0.0.1");
    assert_eq!(asked.one("cookie"), "latchstring_acting=A");
    assert!(asked.all("remote-user").is_empty());
    assert!(seen.list().is_empty());
    assert!(site.decisions.list().is_empty());
}

/// A stream arrives piece by piece, not at its end.
#[tokio::test]
async fn streams_pass_as_they_come() {
    let (latchstring, _) = stub(yes).await;
    let (product, _) = stub(|| {
        let first = futures_util::stream::once(async { Ok::<_, io::Error>(Bytes::from("first piece")) });
        Body::from_stream(first.chain(futures_util::stream::pending())).into_response()
    })
    .await;
    let site = site(latchstring, product).await;
    let mut stream = site.say("GET /ticker HTTP/1.1\nHost: a\n\n").await;
    read_until(&mut stream, "first piece").await;
}

/// A WebSocket is asked about like every request, and then flows both ways until an end closes it.
#[tokio::test]
async fn a_websocket_is_tunnelled() {
    let (latchstring, asked) = stub(yes).await;
    let (listener, product) = loopback().await;
    let echo = Router::new().fallback(any(|mut request: Request| async move {
        assert_eq!(request.headers()["remote-user"], "usr_ana");
        assert_eq!(request.headers()[header::UPGRADE], "websocket");
        let upgrade = hyper::upgrade::on(&mut request);
        operation::spawn(async move {
            let mut end = TokioIo::new(upgrade.await.expect("the proxy switches"));
            let mut word = [0; 4];
            end.read_exact(&mut word).await.expect("a word");
            end.write_all(&word).await.expect("an echo");
            end.shutdown().await.expect("a close");
        });
        let manners = [(header::CONNECTION, "upgrade"), (header::UPGRADE, "websocket")];
        (StatusCode::SWITCHING_PROTOCOLS, manners, Body::empty()).into_response()
    }));
    start(listener, echo);
    let site = site(latchstring, product).await;
    let mut stream = site
        .say("GET /socket HTTP/1.1\nHost: a\nConnection: keep-alive, Upgrade\nUpgrade: WebSocket\nRemote-User: admin\n\n")
        .await;
    let head = read_until(&mut stream, "\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    assert!(head.contains("upgrade: websocket"), "{head}");
    stream.write_all(b"ping").await.expect("an open tunnel");
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.expect("the tunnel closes");
    assert_eq!(rest, b"ping");
    assert_eq!(asked.list().len(), 1);
}

/// A refused WebSocket gets the refusal, not a tunnel.
#[tokio::test]
async fn a_refused_websocket_stays_http() {
    let (latchstring, _) = stub(|| StatusCode::FORBIDDEN.into_response()).await;
    let site = site(latchstring, nowhere().await).await;
    let answer =
        site.ask("GET /socket HTTP/1.1\nHost: a\nConnection: upgrade, close\nUpgrade: websocket\n\n").await;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
}

#[tokio::test]
async fn a_product_that_is_away_is_a_bad_gateway() {
    let (latchstring, _) = stub(yes).await;
    let site = site(latchstring, nowhere().await).await;
    let answer = site.ask("GET / HTTP/1.1\nHost: a\nConnection: close\n\n").await;
    assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
}

#[test]
fn two_hundred_decisions_are_remembered() {
    let decisions = Decisions::new(Arc::new(StoppedClock));
    for number in 0..250 {
        decisions.note("GET", &format!("/{number}"), 200, None, None);
    }
    let list = decisions.list();
    assert_eq!(list.len(), 200);
    assert_eq!((list[0].path.as_str(), list[199].path.as_str()), ("/249", "/50"));
}

async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut heard = String::new();
    let reading = async {
        while !heard.contains(end) {
            let mut piece = [0; 1024];
            let length = stream.read(&mut piece).await.expect("an open connection");
            assert_ne!(length, 0, "closed after: {heard}");
            heard.push_str(&String::from_utf8_lossy(&piece[..length]));
        }
    };
    tokio::time::timeout(Duration::from_secs(5), reading).await.expect("the piece arrives in time");
    heard
}
