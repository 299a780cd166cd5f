//! Open streams. No proxy asks about a stream again once it flows, so the product itself ends it when the access
//! behind it ends, and does not trust its own silence for longer than a few seconds.

use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use futures_util::stream;
use kernel::{Clock, Duration, Timestamp};
use tokio::{sync::oneshot, time::Interval};

use super::{Product, Visitor, assertion::Assertion};

const TICK: std::time::Duration = std::time::Duration::from_secs(1);
/// How long an acting stream goes on while nobody would tell of a revocation.
const BLIND: Duration = Duration::seconds(5);
/// Longer than an assertion lives: whoever opens a stream with one from before the end is still recognized.
const ENDED_KEPT: Duration = Duration::minutes(2);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Revoked,
    Expired,
    SignedOut,
    /// The product could not hear for a while. Whoever may still be here opens the stream anew and is asked about.
    Unheard,
    Closing,
}

impl End {
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Revoked => "The access behind this stream was revoked.",
            Self::Expired => "The access behind this stream has expired.",
            Self::SignedOut => "The session behind this stream has ended.",
            Self::Unheard => "The product could not hear of revocations for a while.",
            Self::Closing => "The product is being stopped.",
        }
    }

    /// Whether opening the stream again could work.
    fn is_final(self) -> bool {
        matches!(self, Self::Revoked | Self::Expired | Self::SignedOut)
    }
}

struct Open {
    grant: Option<String>,
    session: String,
    end: oneshot::Sender<End>,
}

#[derive(Default)]
struct Inner {
    next: u64,
    open: HashMap<u64, Open>,
    ended: VecDeque<(Timestamp, String, End)>,
    is_hearing: bool,
}

pub struct Streams {
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
}

impl Streams {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, inner: Mutex::default() }
    }

    /// A stream for the visitor. If its access ended between the proxy's question and now, it ends at once.
    pub fn open(self: &Arc<Self>, visitor: &Assertion) -> Stream {
        let (end, ended) = oneshot::channel();
        let mut inner = self.lock();
        let id = inner.next;
        inner.next += 1;
        let before = inner
            .ended
            .iter()
            .find(|(_, key, _)| *key == visitor.sid || Some(key) == visitor.grant.as_ref())
            .map(|(_, _, why)| *why);
        if let Some(why) = before {
            // The receiver is alive: it is the stream made below.
            let _ = end.send(why);
        } else {
            let open = Open { grant: visitor.grant.clone(), session: visitor.sid.clone(), end };
            inner.open.insert(id, open);
        }
        drop(inner);
        Stream {
            id,
            streams: self.clone(),
            ended,
            is_acting: visitor.is_acting(),
            grant_ends_at: visitor.grant_ends_at(),
            blind_since: None,
            seconds: tokio::time::interval(TICK),
            ticks: 0,
        }
    }

    /// Ends what rests on the grant or on the session, and remembers both for those who are just arriving.
    pub fn end(&self, grant: Option<&str>, session: Option<&str>, why: End) {
        let now = self.clock.now();
        let mut inner = self.lock();
        while inner.ended.front().is_some_and(|(at, ..)| now.since(*at) > ENDED_KEPT) {
            inner.ended.pop_front();
        }
        for key in [grant, session].into_iter().flatten() {
            inner.ended.push_back((now, key.to_owned(), why));
        }
        let falls = |open: &Open| {
            grant.is_some_and(|grant| open.grant.as_deref() == Some(grant))
                || session.is_some_and(|session| open.session == session)
        };
        let ids: Vec<u64> = inner.open.iter().filter(|(_, open)| falls(open)).map(|(id, _)| *id).collect();
        for id in ids {
            if let Some(open) = inner.open.remove(&id) {
                let _ = open.end.send(why);
            }
        }
    }

    pub fn end_all(&self, why: End) {
        for (_, open) in self.lock().open.drain() {
            let _ = open.end.send(why);
        }
    }

    pub fn set_hearing(&self, is_hearing: bool) {
        self.lock().is_hearing = is_hearing;
    }

    fn is_hearing(&self) -> bool {
        self.lock().is_hearing
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One open stream; forgotten when it is dropped.
pub struct Stream {
    id: u64,
    streams: Arc<Streams>,
    ended: oneshot::Receiver<End>,
    is_acting: bool,
    grant_ends_at: Option<Timestamp>,
    blind_since: Option<Timestamp>,
    seconds: Interval,
    ticks: u64,
}

impl Stream {
    /// The next second, or why there is none. Not to be asked again after an end.
    pub async fn next_tick(&mut self) -> Result<u64, End> {
        tokio::select! {
            biased;
            why = &mut self.ended => return Err(why.unwrap_or(End::Closing)),
            _ = self.seconds.tick() => {}
        }
        let now = self.streams.clock.now();
        if self.is_acting && self.grant_ends_at.is_some_and(|at| at <= now) {
            return Err(End::Expired);
        }
        if self.is_acting && !self.streams.is_hearing() {
            let since = *self.blind_since.get_or_insert(now);
            if now.since(since) >= BLIND {
                return Err(End::Unheard);
            }
        } else {
            self.blind_since = None;
        }
        self.ticks += 1;
        Ok(self.ticks)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.streams.lock().open.remove(&self.id);
    }
}

/// `GET /ticker/events`: a number each second. An end that is final is said; after any other the browser comes back
/// by itself, and the proxy asks about it.
pub async fn events(State(product): State<Arc<Product>>, Visitor(visitor): Visitor) -> Response {
    let ticks = stream::unfold(Some(product.streams.open(&visitor.claims)), |open| async {
        let mut open = open?;
        match open.next_tick().await {
            Ok(tick) => Some((Ok::<_, Infallible>(Event::default().data(tick.to_string())), Some(open))),
            Err(why) if why.is_final() => {
                Some((Ok(Event::default().event("ended").data(why.sentence())), None))
            }
            Err(_) => None,
        }
    });
    Sse::new(ticks).into_response()
}
