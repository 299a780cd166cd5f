//! News for a page on which somebody acts as support: that it is over.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::response::{
    IntoResponse, Response,
    sse::{Event, KeepAlive, Sse},
};
use futures_util::stream;
use gate::Verdict;
use http::HeaderMap;
use operation::{audit::Recorded, live::Stream};
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;

use crate::{
    catalogue::Known,
    forward::ForwardAuth,
    model::{Grounds, Reason, Standing},
    visit::{self, Acting},
};

/// A comment is sent after so long without news, so that nothing on the way takes the silence for an end.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Without news too, it is looked whether the entry still holds.
const LOOK: kernel::Duration = kernel::Duration::seconds(15);

struct Watch {
    forward: Arc<ForwardAuth>,
    headers: HeaderMap,
    known: Arc<Known>,
    news: Stream,
    grounds: Grounds,
    until: kernel::Timestamp,
    is_over: bool,
}

/// Ends with one event: `grant.revoked`, `grant.expired` or `session.ended`.
pub fn events(
    forward: Arc<ForwardAuth>,
    headers: HeaderMap,
    known: Arc<Known>,
    news: Stream,
    verdict: &Verdict<Standing>,
) -> Response {
    let grounds = verdict.value.grounds();
    let watch = Watch { forward, headers, known, news, grounds, until: verdict.until, is_over: false };
    Sse::new(stream(watch)).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response()
}

fn stream(watch: Watch) -> impl stream::Stream<Item = Result<Event, Infallible>> {
    stream::unfold(watch, |mut watch| async move {
        if watch.is_over {
            return None;
        }
        let event = watch.ended().await?;
        watch.is_over = true;
        Some((Ok(event), watch))
    })
}

impl Watch {
    /// Waits until the entry is over. Nothing if that cannot be known any more: the page connects again and is judged anew.
    async fn ended(&mut self) -> Option<Event> {
        loop {
            let clock = Arc::clone(&self.forward.world.clock);
            let next = (clock.now() + LOOK).min(self.until);
            tokio::select! {
                news = self.news.recv() => match news {
                    Ok(news) if !self.concerns(&news) => continue,
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                },
                () = clock.wait_until(next) => {}
            }
            match visit::acting(&self.forward, &self.headers, &self.known).await {
                Ok(Acting::Here(verdict)) => self.until = verdict.until,
                Ok(Acting::Over(reason)) => return Some(self.event(reason)),
                Ok(Acting::No) => return Some(self.event(Reason::SessionEnded)),
                Err(error) => {
                    tracing::warn!(%error, "an open page could not be told how it stands");
                    return None;
                }
            }
        }
    }

    fn concerns(&self, news: &Recorded) -> bool {
        let is_of_session = news
            .session
            .is_some_and(|session| [self.grounds.session, self.grounds.parent].contains(&session));
        let is_of_grant = news.grant.is_some() && news.grant == self.grounds.grant();
        is_of_grant
            || is_of_session
            || news.kind.starts_with("agent.")
            || news.kind.starts_with("member.")
            || news.kind.starts_with("permission.")
            || news.kind.starts_with("application.")
    }

    fn event(&self, reason: Reason) -> Event {
        let kind = match reason {
            Reason::GrantRevoked => "grant.revoked",
            Reason::GrantExpired => "grant.expired",
            _ => "session.ended",
        };
        let data = json!({ "grant": self.grounds.grant(), "session": self.grounds.session, "reason": reason.as_str() });
        Event::default().event(kind).data(data.to_string())
    }
}
