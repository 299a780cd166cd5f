//! Latchstring's events, as a machine hears them: which grant and which session has just ended.

use std::{convert::Infallible, time::Duration};

use axum::body::{Body, Bytes};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde::Deserialize;

use super::streams::{End, Streams};
use crate::proxy::{self, Outbound};

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Latchstring sends a sign of life every 15 seconds; after two missed ones the line is dead.
const SILENCE: Duration = Duration::from_secs(35);
const LONGEST_LINE: usize = 64 * 1024;

/// Listens for ever. While it cannot hear, the streams know it.
pub async fn follow(latchstring_url: &str, key: Option<&str>, streams: &Streams) -> Infallible {
    let Some(key) = key else {
        tracing::warn!(
            "the sample product has no key for events: streams of support end after a few seconds"
        );
        return std::future::pending().await;
    };
    let url = format!("{}/api/v1/events", latchstring_url.trim_end_matches('/'));
    let outbound = proxy::outbound();
    let mut pause = FIRST_PAUSE;
    loop {
        match subscribe(&outbound, &url, key).await {
            Ok(events) => {
                pause = FIRST_PAUSE;
                // What was said before this moment is lost, so no stream from before goes on unasked.
                streams.end_all(End::Unheard);
                streams.set_hearing(true);
                hear(events, streams).await;
                streams.set_hearing(false);
                tracing::info!("the sample product lost latchstring's events");
            }
            Err(reason) => tracing::debug!(reason, "the sample product cannot hear latchstring's events"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn subscribe(outbound: &Outbound, url: &str, key: &str) -> Result<hyper::body::Incoming, String> {
    let request = Request::get(url)
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::ACCEPT, "text/event-stream")
        .body(Body::empty())
        .map_err(|error| error.to_string())?;
    let answer = tokio::time::timeout(LONGEST_PAUSE, outbound.request(request))
        .await
        .map_err(|_| "no answer in time".to_owned())?
        .map_err(|error| error.to_string())?;
    if answer.status() == StatusCode::OK {
        Ok(answer.into_body())
    } else {
        Err(format!("answered {}", answer.status()))
    }
}

/// Returns when the line is dead, over, or no longer understood.
async fn hear(mut events: hyper::body::Incoming, streams: &Streams) {
    let mut reader = Reader::default();
    while let Ok(Some(Ok(frame))) = tokio::time::timeout(SILENCE, events.frame()).await {
        let Ok(bytes) = frame.into_data() else { continue };
        if reader.read(&bytes, |event, data| act_on(event, data, streams)).is_err() {
            return;
        }
    }
}

#[derive(Deserialize)]
struct Ended {
    grant: Option<String>,
    session: Option<String>,
}

fn act_on(event: &str, data: &str, streams: &Streams) {
    let why = match event {
        "grant.revoked" => End::Revoked,
        "grant.expired" => End::Expired,
        "session.ended" => End::SignedOut,
        // One of those who are in on the grant: the others stay, and this one may come in again.
        "grant.left" => {
            return match serde_json::from_str::<Ended>(data) {
                Ok(ended) => streams.end(None, ended.session.as_deref(), End::SignedOut),
                Err(_) => streams.end_all(End::Unheard),
            };
        }
        // It cannot be known what was missed, nor who may still do as much: everybody is asked about again.
        "missed"
        | "member.unlinked"
        | "member.changed"
        | "mfa_level.changed"
        | "partner.changed"
        | "partner.user_changed"
        | "permission.removed"
        | "application.rules_changed" => return streams.end_all(End::Unheard),
        _ => return,
    };
    match serde_json::from_str::<Ended>(data) {
        Ok(ended) => streams.end(ended.grant.as_deref(), ended.session.as_deref(), why),
        // Something ended and it cannot be known what: everybody is asked about again.
        Err(_) => streams.end_all(End::Unheard),
    }
}

/// The lines of `text/event-stream`, put together from whatever pieces arrive.
#[derive(Default)]
pub(super) struct Reader {
    line: Vec<u8>,
    event: String,
    data: String,
}

/// A line that no honest sender writes.
#[derive(Debug)]
pub(super) struct TooLong;

impl Reader {
    pub fn read(&mut self, bytes: &Bytes, mut heard: impl FnMut(&str, &str)) -> Result<(), TooLong> {
        for byte in bytes {
            if *byte != b'\n' {
                self.line.push(*byte);
                if self.line.len() + self.data.len() > LONGEST_LINE {
                    return Err(TooLong);
                }
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(&line));
            if line.is_empty() {
                if !self.event.is_empty() {
                    heard(&self.event, self.data.trim_end_matches('\n'));
                }
                self.event.clear();
                self.data.clear();
            } else {
                self.take(&line);
            }
        }
        Ok(())
    }

    fn take(&mut self, line: &str) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            _ => {}
        }
    }
}
