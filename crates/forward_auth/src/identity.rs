//! What a product is told: the headers of its set, and the claims of the assertion.

use applications::{
    Fact, HeaderSet,
    model::{ACCOUNT_HEADER, ACTING_HEADER, ASSERTION_HEADER},
};
use bytes::Bytes;
use gate::Verdict;
use http::{HeaderMap, HeaderName, HeaderValue};
use kernel::{Duration, Timestamp};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};

use crate::model::{Grounds, Part, Standing};

/// An assertion is good for so long, and never past the end of what it says.
const LASTS: Duration = Duration::seconds(60);
/// With less than this left a new one is signed.
const RENEWED_BEFORE: Duration = Duration::seconds(30);

/// What cannot stand in a header as it is. The percent sign is among it, so that what was encoded can be told.
const NOT_PLAIN: &AsciiSet = &CONTROLS.add(b'%');

/// Until when an assertion that is signed now is good, and when to sign the next.
pub fn window(now: Timestamp, until: Timestamp) -> (Timestamp, Timestamp) {
    let expires = now + LASTS;
    if until <= expires { (until, until) } else { (expires, expires - RENEWED_BEFORE) }
}

/// The claims, as JSON.
pub fn claims(
    verdict: &Verdict<Standing>,
    issuer: &str,
    jti: &str,
    now: Timestamp,
    expires: Timestamp,
) -> Option<Vec<u8>> {
    let grounds = Grounds::of(verdict)?;
    let standing = &verdict.value;
    let words = &standing.words;
    let mut claims = json!({
        "iss": issuer,
        "aud": grounds.application,
        "name": words.name(),
        "email": words.email(),
        "account": grounds.organization,
        "account_name": words.account(),
        "mode": if standing.part.may_write() { "write" } else { "read_only" },
        "sid": grounds.session,
        "jti": jti,
        "iat": now.as_seconds(),
        "exp": expires.as_seconds(),
        "auth_time": standing.signed_in_at().as_seconds(),
    });
    let object = claims.as_object_mut()?;
    let mut put = |name: &str, value: Value| drop(object.insert(name.to_owned(), value));
    if let Some(id) = words.account_external_id() {
        put("account_external_id", id.into());
    }
    match standing.part {
        Part::Member { .. } => {
            put("sub", json!(grounds.user));
            put("acting", "none".into());
        }
        Part::Support { level, .. } => {
            // The account's own delegate, never a named member of it; who is really there stands in `act`.
            put("sub", format!("{}:support", grounds.organization).into());
            put("acting", "support".into());
            put(
                "act",
                json!({
                    "sub": grounds.user, "name": words.name(), "email": words.email(), "org": "vendor", "level": level,
                }),
            );
            put("grant", json!(grounds.grant()));
            put("grant_exp", json!(standing.grant_ends_at().map(Timestamp::as_seconds)));
            if let Some(ticket) = words.ticket() {
                put("ticket", ticket.into());
            }
        }
    }
    serde_json::to_vec(&claims).ok()
}

/// All headers of a yes. They share one piece of memory, and there is none without a value.
pub fn headers(verdict: &Verdict<Standing>, assertion: &str) -> Option<HeaderMap> {
    let grounds = Grounds::of(verdict)?;
    let standing = &verdict.value;
    let user = grounds.user.to_string();
    let name = utf8_percent_encode(standing.words.name(), NOT_PLAIN).to_string();
    let email = utf8_percent_encode(standing.words.email(), NOT_PLAIN).to_string();
    let account = grounds.organization.to_string();
    let facts = standing.header_set.facts().iter().map(|(fact, header)| {
        let value = match fact {
            Fact::User => user.as_str(),
            Fact::Groups => standing.part.groups(),
            Fact::Name if name.trim().is_empty() => user.as_str(),
            Fact::Name => name.trim(),
            Fact::Email => email.as_str(),
        };
        (*header, value)
    });
    let acting = if standing.part.is_acting() { "support" } else { "none" };
    let own = [(ACCOUNT_HEADER, account.as_str()), (ACTING_HEADER, acting), (ASSERTION_HEADER, assertion)];
    let all: Vec<(&str, &str)> = facts.chain(own).collect();
    let shared = Bytes::from(all.iter().map(|(_, value)| *value).collect::<String>());
    let mut headers = HeaderMap::with_capacity(all.len() + 1);
    let mut at = 0;
    for (header, value) in all {
        let piece = shared.slice(at..at + value.len());
        at += value.len();
        if piece.is_empty() {
            return None;
        }
        let header = HeaderName::from_bytes(header.as_bytes()).ok()?;
        headers.insert(header, HeaderValue::from_maybe_shared(piece).ok()?);
    }
    headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Some(headers)
}

/// Whether an answer could be taken for a yes without saying who is there. There must be none such.
pub fn is_whole(headers: &HeaderMap, set: HeaderSet) -> bool {
    set.headers().all(|name| headers.get(name).is_some_and(|value| !value.is_empty()))
}
