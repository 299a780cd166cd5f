//! The load: requests that were made ready beforehand, on connections that are kept.
//!
//! One thread looks at all connections in turn and never sleeps. It has a core of its own to burn, and whoever sleeps
//! wakes late by more than an answer takes. So that it is never what limits, it reads of an answer only the status and
//! where it ends.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use crate::{
    Outcome,
    stopwatch::{self, Stopwatch},
};

/// No answer takes longer, and nothing waits longer for one.
const PATIENCE: Duration = Duration::from_secs(10);

const ROOM: usize = 16 * 1024;

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Head and body, as far as somebody asked for them.
    pub text: String,
}

/// One kept connection, with at most one request under way.
pub struct Connection {
    stream: TcpStream,
    buffer: Box<[u8]>,
    filled: usize,
    pub is_waiting: bool,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Self { stream, buffer: vec![0; ROOM].into_boxed_slice(), filled: 0, is_waiting: false })
    }

    pub fn open_many(address: SocketAddr, count: usize) -> Outcome<Vec<Self>> {
        (0..count).map(|_| Self::open(address)).collect()
    }

    pub fn send(&mut self, mut request: &[u8]) -> Outcome {
        while !request.is_empty() {
            match self.stream.write(request) {
                Ok(written) => request = &request[written..],
                Err(error) if is_not_yet(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.is_waiting = true;
        Ok(())
    }

    /// The status of the answer, once all of it is there.
    pub fn poll(&mut self) -> Outcome<Option<u16>> {
        Ok(self.poll_whole()?.map(|(status, _)| status))
    }

    fn poll_whole(&mut self) -> Outcome<Option<(u16, usize)>> {
        match self.stream.read(&mut self.buffer[self.filled..]) {
            Ok(0) => {
                return Err(
                    "the server closed a connection, or an answer is larger than any should be".into()
                );
            }
            Ok(read) => self.filled += read,
            Err(error) if is_not_yet(&error) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let Some((status, length)) = measured(&self.buffer[..self.filled])? else { return Ok(None) };
        if self.filled < length {
            return Ok(None);
        }
        if self.filled > length {
            return Err("more came back than was asked for".into());
        }
        self.filled = 0;
        self.is_waiting = false;
        Ok(Some((status, length)))
    }

    /// Sends one request and waits for its answer.
    pub fn ask(&mut self, request: &[u8]) -> Outcome<Answer> {
        self.send(request)?;
        let waiting = Stopwatch::start();
        while waiting.elapsed() < PATIENCE {
            if let Some((status, length)) = self.poll_whole()? {
                let text = String::from_utf8_lossy(&self.buffer[..length]).into_owned();
                return Ok(Answer { status, text });
            }
        }
        Err("no answer came".into())
    }
}

fn is_not_yet(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// Status and whole length of an answer, as soon as its head is there.
fn measured(bytes: &[u8]) -> Outcome<Option<(u16, usize)>> {
    let mut length = 0;
    let mut start = 0;
    while let Some(end) = bytes[start..].iter().position(|byte| *byte == b'\n') {
        let line = &bytes[start..start + end];
        start += end + 1;
        if line == b"\r" {
            let status = bytes.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
            return Ok(Some((status.ok_or("not an answer of HTTP")?, start + length)));
        }
        match line.first() {
            Some(b'c' | b'C') if starts_with(line, b"content-length:") => {
                let value = line[b"content-length:".len()..].trim_ascii();
                length = std::str::from_utf8(value)?.parse()?;
            }
            Some(b't' | b'T') if starts_with(line, b"transfer-encoding:") => {
                return Err("an answer without a length".into());
            }
            _ => {}
        }
    }
    Ok(None)
}

fn starts_with(line: &[u8], name: &[u8]) -> bool {
    line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

/// Requests to choose from, in an order that no cache can guess and that every run repeats.
pub struct Questions {
    all: Vec<Vec<u8>>,
    state: u64,
}

impl Questions {
    pub fn new(all: Vec<Vec<u8>>) -> Self {
        Self { all, state: 0x9e37_79b9_7f4a_7c15 }
    }

    pub fn each(&self) -> impl Iterator<Item = &[u8]> {
        self.all.iter().map(Vec::as_slice)
    }

    fn any(&mut self) -> &[u8] {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        let place = usize::try_from(self.state >> 1).unwrap_or(0) % self.all.len();
        &self.all[place]
    }
}

/// What a slice of load came to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Slice {
    pub answered: u32,
    pub took: Duration,
}

impl Slice {
    pub fn each_second(&self) -> f64 {
        f64::from(self.answered) / self.took.as_secs_f64()
    }
}

/// Keeps every connection busy for so long. Each answer must have the expected status.
pub fn saturate(
    address: SocketAddr,
    connections: usize,
    questions: &mut Questions,
    expected: u16,
    length: Duration,
) -> Outcome<Slice> {
    let mut connections = Connection::open_many(address, connections)?;
    let clock = Stopwatch::start();
    let mut answered = 0;
    loop {
        let is_over = clock.elapsed() >= length;
        let mut is_waiting = false;
        for connection in &mut connections {
            if connection.is_waiting
                && let Some(status) = connection.poll()?
            {
                expect(status, expected)?;
                answered += 1;
            }
            if !connection.is_waiting && !is_over {
                connection.send(questions.any())?;
            }
            is_waiting |= connection.is_waiting;
        }
        let took = clock.elapsed();
        if is_over && !is_waiting {
            return Ok(Slice { answered, took });
        }
        if took > length + PATIENCE {
            return Err("answers stay away".into());
        }
    }
}

/// Asks each question once and says how long it took.
pub fn each_once(
    address: SocketAddr,
    connections: usize,
    questions: &Questions,
    expected: u16,
) -> Outcome<Slice> {
    let mut connections = Connection::open_many(address, connections)?;
    let mut rest = questions.each();
    let clock = Stopwatch::start();
    let mut last = clock;
    let mut answered = 0;
    loop {
        let mut is_waiting = false;
        for connection in &mut connections {
            if connection.is_waiting
                && let Some(status) = connection.poll()?
            {
                expect(status, expected)?;
                answered += 1;
                last = Stopwatch::start();
            }
            if !connection.is_waiting
                && let Some(question) = rest.next()
            {
                connection.send(question)?;
            }
            is_waiting |= connection.is_waiting;
        }
        if !is_waiting {
            return Ok(Slice { answered, took: clock.elapsed() });
        }
        if last.elapsed() > PATIENCE {
            return Err("answers stay away".into());
        }
    }
}

/// Asks so many times each second whether or not the answers keep up, and says how long each took in microseconds,
/// from the moment at which it was to be asked. A server that stands still for a moment is late for all who came in it.
pub fn at_rate(
    address: SocketAddr,
    connections: usize,
    questions: &mut Questions,
    expected: u16,
    each_second: f64,
    length: Duration,
) -> Outcome<Vec<f64>> {
    let mut connections = Connection::open_many(address, connections)?;
    let mut meant_at = vec![Duration::ZERO; connections.len()];
    let pause = Duration::from_secs_f64(1.0 / each_second);
    let mut next = Duration::ZERO;
    let mut took = Vec::new();
    let clock = Stopwatch::start();
    loop {
        let mut is_waiting = false;
        for (connection, meant) in connections.iter_mut().zip(&mut meant_at) {
            if connection.is_waiting
                && let Some(status) = connection.poll()?
            {
                expect(status, expected)?;
                took.push(stopwatch::micros(clock.elapsed().saturating_sub(*meant)));
            }
            if !connection.is_waiting && next < length && next <= clock.elapsed() {
                *meant = next;
                next += pause;
                connection.send(questions.any())?;
            }
            is_waiting |= connection.is_waiting;
        }
        if next >= length && !is_waiting {
            return Ok(took);
        }
        if clock.elapsed() > length + PATIENCE {
            return Err("the server does not keep up with half of what it did before".into());
        }
    }
}

pub fn expect(status: u16, expected: u16) -> Outcome {
    if status == expected {
        Ok(())
    } else {
        Err(format!("an answer of {status} instead of {expected}").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_where_it_says() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        assert_eq!(measured(whole).expect("HTTP"), Some((200, whole.len())));
        let empty = b"HTTP/1.1 204 No Content\r\ndate: x\r\n\r\n";
        assert_eq!(measured(empty).expect("HTTP"), Some((204, empty.len())));
        assert_eq!(measured(&whole[..20]).expect("HTTP"), None);
        assert!(measured(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }

    #[test]
    fn every_question_is_asked_now_and_then() {
        let mut questions = Questions::new((0..10_u8).map(|n| vec![n]).collect());
        let mut asked = [false; 10];
        for _ in 0..1000 {
            asked[usize::from(questions.any()[0])] = true;
        }
        assert_eq!(asked, [true; 10]);
    }
}
