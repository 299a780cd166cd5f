//! Where each request ends, seen a second time and strictly, before the HTTP library sees the bytes.
//!
//! The library is lenient where RFC 9112 lets it be: it takes a bare line feed for the end of a line, drops a
//! `Content-Length` beside a `Transfer-Encoding`, and joins equal lengths. A proxy in front that reads the same bytes
//! otherwise would then see other requests than this server (S82). So lines are followed here, and the first byte
//! that leaves no doubt about a violation is replaced by NUL, which no request can hold: the library answers 400 and
//! closes. What came before on the same connection is answered as usual.
//!
//! The same place knows in which stage a connection is, so it also keeps the time.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep},
};

/// From the first byte of a request to the end of its headers.
const HEAD_LIMIT: Duration = Duration::from_secs(5);
/// From there to the end of its body.
const BODY_LIMIT: Duration = Duration::from_secs(30);
/// Without a byte in either direction between two requests: longer than proxies keep connections, so that they close first.
const IDLE_LIMIT: Duration = Duration::from_secs(75);
/// Of a line that comes in pieces, this much is kept: the lines that matter are shorter.
const KEPT_LINE: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Before the first byte of a request.
    Between,
    RequestLine,
    Headers,
    /// This many bytes of the body are to come.
    Body(u64),
    ChunkSize,
    /// This many bytes of the chunk and its line end are to come.
    Chunk(u64),
    Trailers,
    /// A violation was seen; nothing after it counts.
    Refused,
}

/// Follows the requests on one connection.
#[derive(Debug)]
struct Framer {
    stage: Stage,
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
    /// The last byte seen of that line.
    last: u8,
    length: Option<u64>,
    is_chunked: bool,
    /// How many requests have ended.
    requests: u64,
}

impl Framer {
    const fn new() -> Self {
        Self {
            stage: Stage::Between,
            line: Vec::new(),
            last: 0,
            length: None,
            is_chunked: false,
            requests: 0,
        }
    }

    /// Takes note of bytes in their order, and spoils the first that violates.
    fn follow(&mut self, bytes: &mut [u8]) {
        let mut at = 0;
        while at < bytes.len() {
            match self.stage {
                Stage::Refused => return,
                Stage::Body(left) => {
                    let here = left.min((bytes.len() - at) as u64);
                    at += usize::try_from(here).unwrap_or(bytes.len());
                    self.stage = if here == left { self.next_request() } else { Stage::Body(left - here) };
                }
                Stage::Chunk(left) if left > 2 => {
                    let here = (left - 2).min((bytes.len() - at) as u64);
                    at += usize::try_from(here).unwrap_or(bytes.len());
                    self.stage = Stage::Chunk(left - here);
                }
                Stage::Chunk(left) => {
                    let wanted = if left == 2 { b'\r' } else { b'\n' };
                    if bytes[at] != wanted {
                        return self.refuse(&mut bytes[at]);
                    }
                    at += 1;
                    self.stage = if left == 2 { Stage::Chunk(1) } else { Stage::ChunkSize };
                }
                _ => {
                    if self.stage == Stage::Between {
                        self.stage = Stage::RequestLine;
                    }
                    let Some(end) = memchr::memchr(b'\n', &bytes[at..]) else {
                        self.keep(&bytes[at..]);
                        return;
                    };
                    let end = at + end;
                    if self.line_ends(&bytes[at..end]).is_err() {
                        return self.refuse(&mut bytes[end]);
                    }
                    at = end + 1;
                }
            }
        }
    }

    fn refuse(&mut self, byte: &mut u8) {
        *byte = 0;
        self.stage = Stage::Refused;
    }

    fn keep(&mut self, piece: &[u8]) {
        let room = KEPT_LINE.saturating_sub(self.line.len()).min(piece.len());
        self.line.extend_from_slice(&piece[..room]);
        self.last = piece.last().copied().unwrap_or(self.last);
    }

    /// `piece` is what came of the line now, without the line feed.
    fn line_ends(&mut self, piece: &[u8]) -> Result<(), ()> {
        if self.line.is_empty() {
            return self.read_line(piece.strip_suffix(b"\r").ok_or(())?);
        }
        self.keep(piece);
        if self.last != b'\r' {
            return Err(());
        }
        let mut line = std::mem::take(&mut self.line);
        if line.len() < KEPT_LINE {
            line.pop();
        }
        let read = self.read_line(&line);
        line.clear();
        self.line = line;
        read
    }

    fn read_line(&mut self, line: &[u8]) -> Result<(), ()> {
        match self.stage {
            // RFC 9112 §2.2: an empty line before a request is skipped.
            Stage::RequestLine if line.is_empty() => self.stage = Stage::Between,
            Stage::RequestLine => self.stage = Stage::Headers,
            Stage::Headers if line.is_empty() => {
                self.stage = match (self.is_chunked, self.length) {
                    (true, None) => Stage::ChunkSize,
                    (true, Some(_)) => return Err(()),
                    (false, Some(length)) if length > 0 => Stage::Body(length),
                    (false, _) => self.next_request(),
                };
            }
            Stage::Headers => self.read_header(line)?,
            Stage::ChunkSize => {
                self.stage = match chunk_size(line).ok_or(())? {
                    0 => Stage::Trailers,
                    size => Stage::Chunk(size.checked_add(2).ok_or(())?),
                };
            }
            Stage::Trailers if line.is_empty() => self.stage = self.next_request(),
            _ => {}
        }
        Ok(())
    }

    fn read_header(&mut self, line: &[u8]) -> Result<(), ()> {
        // Most headers are told from the two that matter by their first byte.
        let may_matter = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'c' | b'C' | b't' | b'T');
        if !line.first().is_some_and(may_matter) {
            return Ok(());
        }
        let colon = line.iter().position(|byte| *byte == b':');
        // A line without a colon is either cut off at `KEPT_LINE`, so no name that matters, or refused by the library.
        let Some(colon) = colon else { return Ok(()) };
        let (name, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"content-length") {
            if self.length.is_some() || self.is_chunked || line.len() >= KEPT_LINE {
                return Err(());
            }
            if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
                return Err(());
            }
            self.length =
                Some(std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok()).ok_or(())?);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if self.is_chunked || self.length.is_some() || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(());
            }
            self.is_chunked = true;
        }
        Ok(())
    }

    const fn next_request(&mut self) -> Stage {
        self.length = None;
        self.is_chunked = false;
        self.requests += 1;
        Stage::Between
    }

    /// The time that this stage may take.
    const fn limit(&self) -> Duration {
        match self.stage {
            // Who connects has something to ask.
            Stage::Between if self.requests == 0 => HEAD_LIMIT,
            Stage::Between => IDLE_LIMIT,
            Stage::RequestLine | Stage::Headers | Stage::Refused => HEAD_LIMIT,
            Stage::Body(_) | Stage::ChunkSize | Stage::Chunk(_) | Stage::Trailers => BODY_LIMIT,
        }
    }
}

/// Hexadecimal digits, then perhaps an extension.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let size = line.split(|byte| *byte == b';').next()?;
    let is_sound =
        (1..=15).contains(&size.len()) && size.iter().all(u8::is_ascii_hexdigit) && line.len() < KEPT_LINE;
    if !is_sound || line.contains(&b'\r') {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(size).ok()?, 16).ok()
}

/// A connection whose requests are followed and timed.
pub struct Framed {
    stream: TcpStream,
    framer: Framer,
    /// When the stage began; between requests, when the last byte went either way.
    since: Instant,
    timer: Pin<Box<Sleep>>,
}

impl Framed {
    pub fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            framer: Framer::new(),
            since: Instant::now(),
            timer: Box::pin(tokio::time::sleep(HEAD_LIMIT)),
        }
    }

    fn follow(&mut self, bytes: &mut [u8]) {
        let before = (self.framer.limit(), self.framer.requests);
        self.framer.follow(bytes);
        // A head that trickles in does not gain time by each byte, a new stage does.
        if (self.framer.limit(), self.framer.requests) != before {
            self.since = Instant::now();
        }
    }

    /// Ready once the stage has taken too long. The timer is moved only if it would ring too late, or has rung too
    /// early, so that a request that arrives whole costs no timer at all.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let deadline = self.since + self.framer.limit();
        if deadline < self.timer.deadline() {
            self.timer.as_mut().reset(deadline);
        }
        while self.timer.as_mut().poll(cx).is_ready() {
            if self.timer.deadline() >= deadline {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

impl AsyncRead for Framed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, buffer) {
            Poll::Ready(Ok(())) => {
                self.follow(&mut buffer.filled_mut()[before..]);
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            // As if the other side had closed.
            Poll::Pending => self.poll_late(cx).map(Ok),
        }
    }
}

impl AsyncWrite for Framed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.note_write(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.note_write(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Framed {
    fn note_write(&mut self, written: &Poll<io::Result<usize>>) {
        if self.framer.stage == Stage::Between && matches!(written, Poll::Ready(Ok(_))) {
            self.since = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives the bytes whole, and in pieces of every size: the outcome must be the same.
    fn is_refused(text: &str) -> bool {
        let outcomes: Vec<_> = (1..=text.len())
            .map(|size| {
                let mut bytes = text.as_bytes().to_vec();
                let mut framer = Framer::new();
                bytes.chunks_mut(size).for_each(|piece| framer.follow(piece));
                assert_eq!(
                    framer.stage == Stage::Refused,
                    bytes.contains(&0),
                    "{text:?} in pieces of {size}"
                );
                bytes
            })
            .collect();
        assert!(outcomes.windows(2).all(|pair| pair[0] == pair[1]), "{text:?}");
        outcomes[0].contains(&0)
    }

    /// S82: each of these could be read in two ways.
    #[test]
    fn requests_with_two_readings_are_refused() {
        for bad in [
            "GET / HTTP/1.1\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n\n",
            "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
            "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
            "POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\nx",
            "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\nx",
            "POST / HTTP/1.1\r\nContent-Length: \r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n 1\r\nx\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx",
        ] {
            assert!(is_refused(bad), "{bad:?}");
        }
    }

    #[test]
    fn sound_requests_pass_untouched() {
        let long = format!("GET / HTTP/1.1\r\nCookie: {}\r\n\r\n", "c".repeat(600));
        for good in [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\na\nbGET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx",
            "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n2;a=b\r\n\n\n\r\n0\r\nX: y\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            &long,
        ] {
            assert!(!is_refused(good), "{good:?}");
        }
    }

    /// What follows a body is a request again, and judged as one.
    #[test]
    fn the_second_request_is_judged_too() {
        assert!(is_refused("POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nxGET / HTTP/1.1\nHost: a\r\n\r\n"));
        assert!(is_refused(
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\n\r\n"
        ));
    }
}
