//! What a proxy asks, read strictly: what could mean two things is refused, never guessed.

use std::ops::Deref;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use web::cookies::Cookie;

// Names that were read once, not with each request.
static ORIGINAL_URL: HeaderName = HeaderName::from_static("x-original-url");
static ORIGINAL_METHOD: HeaderName = HeaderName::from_static("x-original-method");
static FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
static FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
static FORWARDED_METHOD: HeaderName = HeaderName::from_static("x-forwarded-method");
static FORWARDED_URI: HeaderName = HeaderName::from_static("x-forwarded-uri");
static SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
static REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");

/// In which headers a proxy describes the request that it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// nginx and its kin: `X-Original-Method`, `X-Original-URL`. Its answer's body never reaches anybody.
    AuthRequest,
    /// Caddy, Traefik, HAProxy: `X-Forwarded-Method`, `-Proto`, `-Host`, `-Uri`.
    ForwardAuth,
}

impl Dialect {
    pub fn of_path(path: &str) -> Option<Self> {
        match path {
            "/authz/auth-request" => Some(Self::AuthRequest),
            "/authz/forward-auth" => Some(Self::ForwardAuth),
            _ => None,
        }
    }
}

/// A header that is needed is missing, is there twice, or cannot be read. The words say which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable(pub &'static str);

/// The request that a proxy holds until it is answered.
#[derive(Debug)]
pub struct Question<'a> {
    pub method: &'a str,
    pub origin: Origin,
    /// Path and query as the client sent them.
    pub target: &'a str,
    /// Whoever asks shows pages to a person.
    pub is_navigation: bool,
}

impl<'a> Question<'a> {
    pub fn read(dialect: Dialect, headers: &'a HeaderMap) -> Result<Self, Unreadable> {
        let (method, origin, target) = match dialect {
            Dialect::AuthRequest => {
                let url = one(headers, &ORIGINAL_URL)?;
                let (scheme, rest) = url.split_once("://").ok_or(Unreadable("X-Original-URL"))?;
                let slash = rest.find('/').ok_or(Unreadable("X-Original-URL"))?;
                let (authority, target) = rest.split_at(slash);
                let origin = Origin::new(scheme, authority).ok_or(Unreadable("X-Original-URL"))?;
                (one(headers, &ORIGINAL_METHOD)?, origin, target)
            }
            Dialect::ForwardAuth => {
                let scheme = one(headers, &FORWARDED_PROTO)?;
                let origin = Origin::new(scheme, one(headers, &FORWARDED_HOST)?);
                let origin = origin.ok_or(Unreadable("X-Forwarded-Proto or X-Forwarded-Host"))?;
                (one(headers, &FORWARDED_METHOD)?, origin, one(headers, &FORWARDED_URI)?)
            }
        };
        if method.is_empty() || method.len() > 32 || !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(Unreadable("the method"));
        }
        let is_target = target.starts_with('/') || (target == "*" && method == "OPTIONS");
        if !is_target || target.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(Unreadable("the path"));
        }
        Ok(Self { method, origin, target, is_navigation: is_navigation(headers) })
    }

    /// By its method it changes nothing.
    pub fn is_read(&self) -> bool {
        matches!(self.method, "GET" | "HEAD" | "OPTIONS")
    }

    /// A person did something. Polling keeps nothing alive.
    pub fn is_activity(&self) -> bool {
        self.is_navigation || !self.is_read()
    }

    /// For the record: without the query, which can carry what nobody wants in a log.
    pub fn path(&self) -> String {
        let end = self.target.find(['?', '#']).unwrap_or(self.target.len());
        self.target[..end].chars().take(200).collect()
    }
}

/// Exactly one value, of printable ASCII.
fn one<'a>(headers: &'a HeaderMap, name: &'static HeaderName) -> Result<&'a str, Unreadable> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map_err(|_| Unreadable(name.as_str())),
        _ => Err(Unreadable(name.as_str())),
    }
}

/// A page is asked for, not data: what the browser says of it, or else what it accepts.
pub fn is_navigation(headers: &HeaderMap) -> bool {
    if let Some(mode) = headers.get(&SEC_FETCH_MODE) {
        return mode == "navigate";
    }
    let is_script =
        headers.get(&REQUESTED_WITH).is_some_and(|by| by.as_bytes().eq_ignore_ascii_case(b"xmlhttprequest"));
    let accepts_pages =
        |value: &HeaderValue| value.as_bytes().windows(9).any(|part| part.eq_ignore_ascii_case(b"text/html"));
    !is_script && headers.get_all(header::ACCEPT).iter().any(accepts_pages)
}

const LONGEST_ORIGIN: usize = 272;

/// Scheme, host and port in the spelling of [`applications::model::parse_origin`], without a place on the heap.
#[derive(Clone, Copy)]
pub struct Origin {
    text: [u8; LONGEST_ORIGIN],
    length: usize,
}

impl Origin {
    /// `None` if it is no origin. A host that only looks like another one is another one: no spelling is repaired but
    /// upper case and the port that the scheme implies (case 34).
    pub fn new(scheme: &str, authority: &str) -> Option<Self> {
        // A proxy may name the protocol after the switch that is about to happen.
        let (scheme, implied) = match scheme {
            _ if scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("wss") => {
                ("https://", ":443")
            }
            _ if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("ws") => {
                ("http://", ":80")
            }
            _ => return None,
        };
        let authority = authority.strip_suffix(implied).unwrap_or(authority);
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
        if authority.is_empty() || !authority.bytes().all(is_host) {
            return None;
        }
        let length = scheme.len() + authority.len();
        let mut text = [0; LONGEST_ORIGIN];
        text.get_mut(..scheme.len())?.copy_from_slice(scheme.as_bytes());
        let host = text.get_mut(scheme.len()..length)?;
        host.copy_from_slice(authority.as_bytes());
        host.make_ascii_lowercase();
        Some(Self { text, length })
    }
}

impl Deref for Origin {
    type Target = str;
    fn deref(&self) -> &str {
        std::str::from_utf8(&self.text[..self.length]).unwrap_or_default()
    }
}

impl std::fmt::Debug for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self)
    }
}

/// Which of our cookies a request carries to a product's host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented<'a> {
    /// None, or one that is there twice or in a spelling that is not ours: nobody (S35).
    Nothing,
    Application(&'a str),
    Acting(&'a str),
}

impl<'a> Presented<'a> {
    /// An agent's entry counts before their own place as a member.
    pub fn read(headers: &'a HeaderMap, secure: bool) -> Self {
        let names = [Cookie::Acting.name(secure), Cookie::Application.name(secure)];
        let mut found: [Option<&str>; 2] = [None, None];
        for line in headers.get_all(header::COOKIE) {
            // Bytes that are no text may stand in a product's own cookies, so only pairs of ours have to be text.
            for pair in line.as_bytes().split(|byte| *byte == b';') {
                let pair = pair.strip_prefix(b" ").unwrap_or(pair);
                let equals = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
                let key = &pair[..equals];
                for (name, place) in names.iter().zip(&mut found) {
                    if !key.trim_ascii().eq_ignore_ascii_case(name.as_bytes()) {
                        continue;
                    }
                    let value = pair.get(equals + 1..).and_then(|value| std::str::from_utf8(value).ok());
                    if key != name.as_bytes() || place.is_some() || value.is_none() {
                        return Self::Nothing;
                    }
                    *place = value;
                }
            }
        }
        match found {
            [Some(value), _] => Self::Acting(value),
            [None, Some(value)] => Self::Application(value),
            [None, None] => Self::Nothing,
        }
    }
}
