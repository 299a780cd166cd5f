//! Requests byte for byte, for what no well-behaved client would send.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// What came back until the server closed the connection.
#[derive(Debug)]
pub struct RawAnswer {
    /// 0: closed without an answer.
    pub status: u16,
    head: String,
    pub body: String,
}

impl RawAnswer {
    /// All values of a header.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        self.head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(':'))
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .collect()
    }

    /// The one value of a header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers(name).first().copied().unwrap_or_default()
    }
}

/// Sends `lines` (the request line and the headers) and `body`, and reads to the end. The server is asked to close.
pub async fn send(to: SocketAddr, lines: &[&[u8]], body: &[u8]) -> RawAnswer {
    let mut request = lines.join(&b"\r\n"[..]);
    if !lines.iter().any(|line| line.to_ascii_lowercase().starts_with(b"connection:")) {
        request.extend_from_slice(b"\r\nConnection: close");
    }
    request.extend_from_slice(b"\r\n\r\n");
    request.extend_from_slice(body);
    let mut stream = TcpStream::connect(to).await.expect("the server listens");
    // A server that refuses early may have closed before everything was sent.
    let _ = stream.write_all(&request).await;
    let mut answer = Vec::new();
    let _ =
        timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await.expect("an answer in time");
    read(&answer)
}

fn read(answer: &[u8]) -> RawAnswer {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    RawAnswer { status, head: head.to_owned(), body: body.to_owned() }
}
