use super::*;
use axum::{Router, extract::Extension, routing};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

struct Yes;

impl FastPath for Yes {
    fn answer(&self, request: &request::Parts, _: SocketAddr) -> Option<Response<Bytes>> {
        (request.uri.path() == "/authz/nginx").then(|| Response::new(Bytes::from_static(b"fast")))
    }
}

struct Running {
    address: SocketAddr,
    stop: Stop,
    task: tokio::task::JoinSet<()>,
}

async fn run(limits: Limits) -> Running {
    let router = Router::new()
        .route("/", routing::get(|Extension(peer): Extension<Peer>| async move { peer.0.ip().to_string() }))
        .route("/", routing::post(|body: Bytes| async move { body.len().to_string() }))
        .route("/authz/other", routing::get(|| async { "slow" }))
        .route(
            "/later",
            routing::get(|| async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                "later"
            }),
        )
        .route("/never", routing::get(std::future::pending::<()>));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let (stop, stopping) = Stop::new();
    let mut task = tokio::task::JoinSet::new();
    task.spawn(serve(listener, limits, router, Arc::new(Yes), stopping));
    Running { address, stop, task }
}

fn loopback() -> Proxies {
    Proxies::parse(["127.0.0.0/8"]).expect("a network")
}

fn usual() -> Limits {
    Limits { max_connections: 100, trusted_proxies: loopback() }
}

/// Sends the bytes and reads until the server closes, or nothing more comes for a while.
async fn talk(address: SocketAddr, bytes: &[u8]) -> (String, bool) {
    let mut stream = TcpStream::connect(address).await.expect("listening");
    stream.write_all(bytes).await.expect("open");
    let mut answer = Vec::new();
    let is_closed =
        tokio::time::timeout(Duration::from_millis(400), stream.read_to_end(&mut answer)).await.is_ok();
    (String::from_utf8_lossy(&answer).into_owned(), is_closed)
}

#[tokio::test]
async fn requests_reach_the_router_with_their_peer_and_no_server_name() {
    let server = run(usual()).await;
    let (answer, is_closed) = talk(server.address, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("127.0.0.1"), "{answer}");
    assert!(!answer.to_lowercase().contains("server:"), "{answer}");
    assert!(!is_closed, "the connection is kept");
}

#[tokio::test]
async fn the_fast_path_answers_first_and_may_pass_on() {
    let server = run(usual()).await;
    let (answer, _) = talk(server.address, b"GET /authz/nginx HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(answer.ends_with("\r\n\r\nfast"), "{answer}");
    let (answer, _) = talk(server.address, b"GET /authz/other HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(answer.ends_with("\r\n\r\nslow"), "{answer}");
}

/// S82: refused with 400, and closed, whatever was in the body.
#[tokio::test]
async fn what_could_be_read_in_two_ways_is_refused_and_closed() {
    let server = run(usual()).await;
    for bad in [
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    ] {
        let (answer, is_closed) = talk(server.address, bad.as_bytes()).await;
        assert!(
            answer.starts_with("HTTP/1.1 400 ") || answer.starts_with("HTTP/1.0 400 "),
            "{bad:?}: {answer}"
        );
        assert_eq!(answer.matches("HTTP/1.").count(), 1, "{bad:?}: {answer}");
        assert!(is_closed, "{bad:?}");
    }
}

#[tokio::test]
async fn the_request_before_a_refused_one_is_answered() {
    let server = run(usual()).await;
    let both = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxyGET / HTTP/1.1\nHost: a\r\n\r\n";
    let (answer, is_closed) = talk(server.address, both).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("HTTP/1.1 400 "), "{answer}");
    assert!(is_closed);
}

#[tokio::test]
async fn too_many_or_too_long_headers_are_refused() {
    let server = run(usual()).await;
    let long = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(40_000));
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(101));
    for bad in [long, many] {
        let (answer, _) = talk(server.address, bad.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
}

#[tokio::test]
async fn a_client_that_closes_its_half_still_gets_the_answer() {
    let server = run(usual()).await;
    let mut stream = TcpStream::connect(server.address).await.expect("listening");
    stream.write_all(b"GET /later HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("open");
    stream.shutdown().await.expect("open");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.ends_with("later"), "{answer}");
}

#[tokio::test]
async fn a_stranger_gets_a_share_of_the_places() {
    let server = run(Limits { max_connections: 16, trusted_proxies: Proxies::default() }).await;
    let mut held = Vec::new();
    for _ in 0..8 {
        let mut stream = TcpStream::connect(server.address).await.expect("listening");
        stream.write_all(b"GET /never HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("open");
        held.push(stream);
    }
    let mut ninth = TcpStream::connect(server.address).await.expect("listening");
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(2), ninth.read_to_end(&mut answer)).await;
    assert!(read.is_ok() && answer.is_empty(), "closed without an answer");
    drop(held);
}

#[tokio::test]
async fn beyond_all_places_a_newcomer_waits() {
    let server = run(Limits { max_connections: 1, trusted_proxies: loopback() }).await;
    let mut first = TcpStream::connect(server.address).await.expect("listening");
    first.write_all(b"GET /never HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("open");
    tokio::time::sleep(Duration::from_millis(50)).await;
    let (answer, is_closed) = talk(server.address, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(answer.is_empty() && !is_closed, "{answer}");
}

#[tokio::test]
async fn stopping_lets_running_requests_finish() {
    let mut server = run(usual()).await;
    let mut stream = TcpStream::connect(server.address).await.expect("listening");
    stream.write_all(b"GET /later HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("open");
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.stop.next();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.ends_with("later"), "{answer}");
    server.task.join_next().await.expect("one task").expect("no panic");
    TcpStream::connect(server.address).await.expect_err("nobody listens");
}

#[tokio::test]
async fn stopping_twice_ends_at_once() {
    let mut server = run(usual()).await;
    let mut stream = TcpStream::connect(server.address).await.expect("listening");
    stream.write_all(b"GET /never HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("open");
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.stop.next();
    server.stop.next();
    tokio::time::timeout(Duration::from_secs(2), server.task.join_next())
        .await
        .expect("at once")
        .expect("one task")
        .expect("no panic");
}

/// Slow headers are cut off, whether nothing comes or a byte now and then.
#[tokio::test]
async fn slow_headers_are_cut_off() {
    let server = run(usual()).await;
    let mut silent = TcpStream::connect(server.address).await.expect("listening");
    let mut slow = TcpStream::connect(server.address).await.expect("listening");
    let mut kept = TcpStream::connect(server.address).await.expect("listening");
    kept.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("open");
    for byte in b"GET / HTTP" {
        let _ = slow.write_all(&[*byte]).await;
        tokio::time::sleep(Duration::from_millis(550)).await;
    }
    let mut answer = Vec::new();
    for stream in [&mut silent, &mut slow] {
        tokio::time::timeout(Duration::from_millis(500), stream.read_to_end(&mut answer))
            .await
            .expect("closed")
            .ok();
    }
    assert!(answer.is_empty(), "{}", String::from_utf8_lossy(&answer));
    let mut buffer = [0; 512];
    kept.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("open");
    let mut both = String::new();
    while both.matches("127.0.0.1").count() < 2 {
        let read = kept.read(&mut buffer).await.expect("kept between requests");
        assert!(read > 0, "kept between requests: {both}");
        both.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
}
