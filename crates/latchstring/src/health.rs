//! Is the server there, and can it answer? Strangers learn yes or no and nothing else.

use std::{
    future::Future,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    time::Duration,
};

use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// A check that takes longer than this counts as failed: a probe must not hang with what it probes.
const CHECK_LIMIT: Duration = Duration::from_secs(2);
const CLIENT_LIMIT: Duration = Duration::from_secs(4);

type Answer = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

type Check = Box<dyn Fn() -> Answer + Send + Sync>;

/// What must hold for the server to be ready, by name.
#[derive(Default)]
pub struct Checks(Vec<(&'static str, Check)>);

impl Checks {
    /// Adds a check. Its error goes to the log only.
    #[must_use]
    pub fn with<F, A>(mut self, name: &'static str, check: F) -> Self
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.0.push((name, Box::new(move || Box::pin(check()))));
        self
    }

    /// The names of the checks that fail now, with why.
    pub async fn failing(&self) -> Vec<(&'static str, String)> {
        let mut failing = Vec::new();
        for (name, check) in &self.0 {
            match timeout(CHECK_LIMIT, check()).await {
                Ok(Ok(())) => {}
                Ok(Err(why)) => failing.push((*name, why)),
                Err(_) => failing.push((*name, format!("no answer within {} s", CHECK_LIMIT.as_secs()))),
            }
        }
        failing
    }
}

impl std::fmt::Debug for Checks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// `GET /livez`: the process answers.
pub fn livez() -> Response<Body> {
    plain(StatusCode::OK, "ok\n")
}

/// `GET /readyz`: every check holds.
pub async fn readyz(checks: &Checks) -> Response<Body> {
    let failing = checks.failing().await;
    for (check, why) in &failing {
        tracing::warn!(check, why = why.as_str(), "not ready");
    }
    if failing.is_empty() { plain(StatusCode::OK, "ready\n") } else { not_ready() }
}

/// What everything answers until the server is ready.
pub fn not_ready() -> Response<Body> {
    let mut response = plain(StatusCode::SERVICE_UNAVAILABLE, "not ready\n");
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Asks the server at `listen` on this machine for `/readyz`.
pub async fn ask_ready(listen: SocketAddr) -> Result<(), String> {
    let address = SocketAddr::new(reachable(listen.ip()), listen.port());
    let status = timeout(CLIENT_LIMIT, ask(address)).await.map_err(|_| "no answer in time".to_owned())?;
    match status.map_err(|error| error.to_string())? {
        Some(200) => Ok(()),
        Some(503) => Err("it says that it is not ready".to_owned()),
        Some(other) => Err(format!("it answers {other}")),
        None => Err("what listens there does not speak HTTP".to_owned()),
    }
}

/// A server that listens on all addresses is asked on loopback.
fn reachable(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    }
}

async fn ask(address: SocketAddr) -> std::io::Result<Option<u16>> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(4096).read_to_end(&mut answer).await?;
    let line = answer.split(|byte| *byte == b'\r').next().unwrap_or_default();
    Ok(std::str::from_utf8(line).ok().and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    async fn body(response: Response<Body>) -> (StatusCode, String) {
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), 4096).await.expect("short");
        (status, String::from_utf8_lossy(&bytes).into_owned())
    }

    #[tokio::test]
    async fn ready_only_if_every_check_holds() {
        assert_eq!(body(readyz(&Checks::default()).await).await.0, StatusCode::OK);
        let checks = Checks::default().with("database", || async { Ok(()) });
        assert_eq!(body(readyz(&checks).await).await, (StatusCode::OK, "ready\n".to_owned()));
        let checks = checks.with("keys", || async { Err("secret detail".to_owned()) });
        let (status, text) = body(readyz(&checks).await).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(text, "not ready\n");
        assert_eq!(checks.failing().await, [("keys", "secret detail".to_owned())]);
    }

    #[tokio::test]
    async fn a_check_that_hangs_counts_as_failed() {
        let checks = Checks::default().with("database", std::future::pending::<Result<(), String>>);
        assert_eq!(readyz(&checks).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    }

    #[tokio::test]
    async fn the_client_tells_ready_from_not_ready() {
        for (answer, is_ready) in [
            ("HTTP/1.1 200 OK\r\n\r\n", true),
            ("HTTP/1.1 503 Service Unavailable\r\n\r\n", false),
            ("HTTP/1.1 404 Not Found\r\n\r\n", false),
            ("SSH-2.0-x\r\n", false),
            ("", false),
        ] {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let address = listener.local_addr().expect("bound");
            let server = async {
                let (mut stream, _) = listener.accept().await.expect("the client");
                let mut request = [0; 256];
                let read = stream.read(&mut request).await.expect("a request");
                assert!(request[..read].starts_with(b"GET /readyz HTTP/1.1\r\n"));
                stream.write_all(answer.as_bytes()).await.expect("open");
            };
            let (asked, ()) = tokio::join!(ask_ready(address), server);
            assert_eq!(asked.is_ok(), is_ready, "{answer:?}: {asked:?}");
        }
    }

    #[tokio::test]
    async fn nobody_listening_is_an_error() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        drop(listener);
        ask_ready(address).await.expect_err("nobody there");
    }
}
