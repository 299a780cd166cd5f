//! Which headers cross the proxy: what a client may not say, what Latchstring says, what belongs to one hop only.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// What the product is told about the person, and by Latchstring alone.
const GIVEN: [&str; 7] = [
    "remote-user",
    "remote-groups",
    "remote-name",
    "remote-email",
    "x-latchstring-account",
    "x-latchstring-acting",
    "x-latchstring-jwt-assertion",
];

/// What Latchstring decides by. The body is not among it.
const ASKED: [&str; 10] = [
    "accept",
    "accept-language",
    "authorization",
    "cookie",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "user-agent",
    "x-requested-with",
];

const HOP_BY_HOP: [&str; 10] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

pub fn copy_asked(client: &HeaderMap, question: &mut HeaderMap) {
    for name in ASKED {
        for value in client.get_all(name) {
            question.append(HeaderName::from_static(name), value.clone());
        }
    }
}

/// The identity in a yes; one value of each, whatever else the answer carries.
pub fn given(answer: &HeaderMap) -> HeaderMap {
    GIVEN
        .into_iter()
        .filter_map(|name| Some((HeaderName::from_static(name), answer.get(name)?.clone())))
        .collect()
}

/// Removes everything that a product could take for Latchstring's word. An underscore counts as a hyphen, because
/// many servers hand both to the product under one name.
pub fn strip_identity(headers: &mut HeaderMap) {
    strip(headers, |name| name.starts_with("remote-") || name.starts_with("x-latchstring-"));
}

/// Removes what only a proxy may say about the way here.
pub fn strip_forwarded(headers: &mut HeaderMap) {
    strip(headers, |name| {
        name.starts_with("x-forwarded-")
            || name.starts_with("x-original-")
            || matches!(name, "forwarded" | "x-real-ip")
    });
}

pub fn set_forwarded(headers: &mut HeaderMap, host: &HeaderValue, client: &HeaderValue) {
    headers.insert("x-forwarded-proto", HeaderValue::from_static("http"));
    headers.insert("x-forwarded-host", host.clone());
    headers.insert("x-forwarded-for", client.clone());
}

pub fn strip_hop_by_hop(headers: &mut HeaderMap) {
    // A message with both has its length from the chunks; the other number is a lie or a trap.
    if headers.contains_key(header::TRANSFER_ENCODING) {
        headers.remove(header::CONTENT_LENGTH);
    }
    let named: Vec<HeaderName> = connection_options(headers)
        .filter_map(|option| HeaderName::from_bytes(option.as_bytes()).ok())
        .filter(|name| name != header::CONTENT_LENGTH && name != header::HOST)
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

/// Latchstring's cookies are for Latchstring: a product that sees one could act as its owner elsewhere.
pub fn strip_own_cookies(headers: &mut HeaderMap) {
    let kept: Vec<&[u8]> = headers
        .get_all(header::COOKIE)
        .iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
        .map(<[u8]>::trim_ascii)
        .filter(|cookie| !cookie.is_empty() && !is_own_cookie(cookie))
        .collect();
    let kept = HeaderValue::from_bytes(&kept.join(b"; ".as_slice()));
    headers.remove(header::COOKIE);
    if let Ok(kept) = kept
        && !kept.is_empty()
    {
        headers.insert(header::COOKIE, kept);
    }
}

fn is_own_cookie(cookie: &[u8]) -> bool {
    let name = cookie.split(|byte| *byte == b'=').next().unwrap_or(cookie);
    let name = name.trim_ascii().to_ascii_lowercase();
    let name = name.strip_prefix(b"__host-").unwrap_or(&name);
    name == b"latchstring" || name.starts_with(b"latchstring_")
}

pub fn asks_for_websocket(headers: &HeaderMap) -> bool {
    let mut protocols = headers.get_all(header::UPGRADE).iter();
    let (Some(protocol), None) = (protocols.next(), protocols.next()) else {
        return false;
    };
    protocol.as_bytes().eq_ignore_ascii_case(b"websocket")
        && connection_options(headers).any(|option| option.eq_ignore_ascii_case("upgrade"))
}

pub fn set_websocket(headers: &mut HeaderMap) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
}

fn connection_options(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

fn strip(headers: &mut HeaderMap, is_forbidden: impl Fn(&str) -> bool) {
    let forbidden: Vec<HeaderName> =
        headers.keys().filter(|name| is_forbidden(&name.as_str().replace('_', "-"))).cloned().collect();
    for name in forbidden {
        headers.remove(name);
    }
}
