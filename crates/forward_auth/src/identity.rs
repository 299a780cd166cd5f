//! What a product is told: the headers of its set, and the claims of the assertion.

use std::{collections::HashMap, sync::LazyLock};

use applications::{
    Fact, HeaderSet,
    model::{ACCOUNT_HEADER, ACTING_HEADER, ASSERTION_HEADER, PERMISSIONS_HEADER},
};
use bytes::Bytes;
use gate::Verdict;
use http::{HeaderMap, HeaderName, HeaderValue};
use kernel::{Duration, Timestamp};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};

use crate::model::{Part, Standing};

/// An assertion is good for so long, and never past the end of what it says.
const LASTS: Duration = Duration::seconds(60);
/// With less than this left a new one is signed.
const RENEWED_BEFORE: Duration = Duration::seconds(30);

/// What cannot stand in a header as it is. The percent sign is among it, so that what was encoded can be told.
const NOT_PLAIN: &AsciiSet = &CONTROLS.add(b'%');

/// The names of all sets, ready: to copy one costs nothing. A name that lives as long as the process is made once for each.
static NAMES: LazyLock<HashMap<&'static str, HeaderName>> = LazyLock::new(|| {
    let all = HeaderSet::ALL.into_iter().flat_map(HeaderSet::headers);
    all.map(|name| (name, HeaderName::from_static(name.to_ascii_lowercase().leak()))).collect()
});

/// A name or an address as it may stand in a header.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NOT_PLAIN).to_string()
}

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
    let standing = &verdict.value;
    let grounds = standing.grounds();
    let (words, account) = (&standing.words, &standing.account);
    let mut claims = json!({
        "iss": issuer,
        "aud": grounds.application,
        "name": words.name(),
        "email": words.email(),
        "account": grounds.organization,
        "account_name": account.name,
        "mode": if standing.part.may_write() { "write" } else { "read_only" },
        "sid": grounds.session,
        "jti": jti,
        "iat": now.as_seconds(),
        "exp": expires.as_seconds(),
        "auth_time": standing.signed_in_at().as_seconds(),
    });
    let object = claims.as_object_mut()?;
    let mut put = |name: &str, value: Value| drop(object.insert(name.to_owned(), value));
    if let Some(id) = &account.external_id {
        put("account_external_id", json!(id));
    }
    let acting = standing.part.acting();
    put("acting", acting.into());
    if standing.part.is_acting() {
        // The account's own delegate, never a named member of it; who is really there stands in `act`.
        put("sub", format!("{}:{acting}", grounds.organization).into());
        put("grant", json!(grounds.grant()));
        // What has no end says none.
        if let Some(end) = standing.grant_ends_at() {
            put("grant_exp", json!(end.as_seconds()));
        }
    } else {
        put("sub", json!(grounds.user));
    }
    let actor = || json!({ "sub": grounds.user, "name": words.name(), "email": words.email() });
    match standing.part {
        Part::Member { .. } => {}
        Part::Support { level, .. } => {
            let mut agent = actor();
            agent["org"] = "vendor".into();
            agent["level"] = level.into();
            put("act", agent);
            if let Some(ticket) = words.ticket() {
                put("ticket", ticket.into());
            }
        }
        Part::Partner { .. } => {
            let delegation = words.delegation()?;
            let mut user = actor();
            // Who sent them, as one who acts acts for another (RFC 8693).
            user["act"] = json!({ "sub": delegation.partner, "name": delegation.partner_name });
            user["org"] = delegation.partner.into();
            put("act", user);
            put("permissions", delegation.permissions.split(',').collect());
        }
        Part::Temporary { .. } => put("act", actor()),
    }
    serde_json::to_vec(&claims).ok()
}

/// All headers of a yes. They share one piece of memory, and there is none without a value.
pub fn headers(verdict: &Verdict<Standing>, assertion: &str) -> Option<HeaderMap> {
    let standing = &verdict.value;
    let grounds = standing.grounds();
    let user = grounds.user.to_string();
    let name = encoded(standing.words.name());
    let email = encoded(standing.words.email());
    let account = grounds.organization.to_string();
    let facts = standing.account.header_set.facts().iter().map(|(fact, header)| {
        let value = match fact {
            Fact::User => user.as_str(),
            Fact::Groups => standing.part.groups(),
            Fact::Name if name.trim().is_empty() => user.as_str(),
            Fact::Name => name.trim(),
            Fact::Email => email.as_str(),
        };
        (*header, value)
    });
    let acting = standing.part.acting();
    let permissions = standing.words.delegation().map_or("none", |delegation| delegation.permissions);
    let own = [
        (ACCOUNT_HEADER, account.as_str()),
        (ACTING_HEADER, acting),
        (PERMISSIONS_HEADER, permissions),
        (ASSERTION_HEADER, assertion),
    ];
    let all: Vec<(&'static str, &str)> = facts.chain(own).collect();
    let shared = Bytes::from(all.iter().map(|(_, value)| *value).collect::<String>());
    let mut headers = HeaderMap::with_capacity(all.len() + 1);
    let mut at = 0;
    for (header, value) in all {
        let piece = shared.slice(at..at + value.len());
        at += value.len();
        if piece.is_empty() {
            return None;
        }
        headers.insert(NAMES.get(header)?, HeaderValue::from_maybe_shared(piece).ok()?);
    }
    headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Some(headers)
}

/// Whether an answer could be taken for a yes without saying who is there. There must be none such.
pub fn is_whole(headers: &HeaderMap, set: HeaderSet) -> bool {
    set.headers().all(|name| headers.get(name).is_some_and(|value| !value.is_empty()))
}
