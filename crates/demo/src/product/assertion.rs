//! The signed assertion: what is in it, and when the product believes it.

use std::{collections::HashMap, sync::Arc};

use axum::body::Body;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http_body_util::{BodyExt as _, Limited};
use kernel::{Clock, Duration, Timestamp};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::Trust;
use crate::proxy::{self, Outbound};

pub const HEADER: &str = "x-latchstring-jwt-assertion";

const TYPE: &str = "latchstring-assertion+jwt";
/// Two machines never show quite the same time.
const SKEW_SECONDS: i64 = 5;
/// A flood of invented key ids must not become a flood of questions.
const BETWEEN_FETCHES: Duration = Duration::seconds(5);
/// A retired key is forgotten after this, even if nobody shows an unknown one.
const KEYS_KEPT: Duration = Duration::minutes(10);
const FETCH_PATIENCE: std::time::Duration = std::time::Duration::from_secs(3);
const LARGEST_KEY_SET: usize = 64 * 1024;

#[derive(Debug, Deserialize)]
pub struct Assertion {
    iss: String,
    aud: String,
    exp: i64,
    iat: i64,
    pub name: String,
    /// The organization whose books are open.
    pub account: String,
    pub account_name: String,
    pub acting: Acting,
    pub mode: Mode,
    pub act: Option<Act>,
    pub grant: Option<String>,
    pub ticket: Option<String>,
    pub grant_exp: Option<i64>,
    pub sid: String,
}

/// On whose behalf the person is here; a word that is not among these is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Acting {
    None,
    Support,
    Partner,
    Temporary,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    ReadOnly,
    Write,
}

/// Who is at the keyboard of a session that acts.
#[derive(Debug, Deserialize)]
pub struct Act {
    pub name: String,
    /// For whom they act: the partner whose person it is.
    pub act: Option<Sender>,
}

#[derive(Debug, Deserialize)]
pub struct Sender {
    pub name: String,
}

impl Assertion {
    pub fn is_acting(&self) -> bool {
        self.acting != Acting::None
    }

    pub fn may_write(&self) -> bool {
        self.mode == Mode::Write
    }

    /// The human at the keyboard.
    pub fn person(&self) -> &str {
        self.act.as_ref().map_or(&self.name, |act| &act.name)
    }

    pub fn grant_ends_at(&self) -> Option<Timestamp> {
        self.grant_exp.map(Timestamp::from_seconds)
    }
}

/// A believed assertion, and its claims as they came.
pub struct Verified {
    pub claims: Assertion,
    pub as_sent: serde_json::Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Missing,
    Malformed,
    WrongType,
    UnknownKey,
    BadSignature,
    WrongIssuer,
    WrongAudience,
    Expired,
    FromTheFuture,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Missing => "this request carries none",
            Self::Malformed => "the one in this request cannot be read",
            Self::WrongType => "the one in this request is of another type",
            Self::UnknownKey => "the one in this request names a key that Latchstring does not have",
            Self::BadSignature => "the one in this request was not signed by Latchstring",
            Self::WrongIssuer => "the one in this request is from another issuer",
            Self::WrongAudience => "the one in this request is for another product",
            Self::Expired => "the one in this request has expired",
            Self::FromTheFuture => "the one in this request is not valid yet",
        })
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    kid: Option<String>,
    kty: String,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Key {
    /// The uncompressed point, for a key of the one kind that signs assertions.
    fn point(&self) -> Option<Vec<u8>> {
        if self.kty != "EC" || self.crv.as_deref() != Some("P-256") {
            return None;
        }
        let x = URL_SAFE_NO_PAD.decode(self.x.as_ref()?).ok()?;
        let y = URL_SAFE_NO_PAD.decode(self.y.as_ref()?).ok()?;
        (x.len() == 32 && y.len() == 32).then(|| [&[4], x.as_slice(), y.as_slice()].concat())
    }
}

#[derive(Default)]
struct Keys {
    points: HashMap<String, Vec<u8>>,
    asked_at: Option<Timestamp>,
}

pub struct Verifier {
    keys_url: String,
    issuer: String,
    audience: String,
    outbound: Outbound,
    clock: Arc<dyn Clock>,
    keys: Mutex<Keys>,
}

impl Verifier {
    pub fn new(trust: &Trust) -> Self {
        Self {
            keys_url: format!("{}/.well-known/jwks.json", trust.latchstring_url.trim_end_matches('/')),
            issuer: trust.issuer.clone(),
            audience: trust.audience.clone(),
            outbound: proxy::outbound(),
            clock: trust.clock.clone(),
            keys: Mutex::default(),
        }
    }

    /// Nothing inside is believed, nor its words judged, before the signature is.
    pub async fn verify(&self, token: &str) -> Result<Verified, Refusal> {
        let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(Refusal::Malformed)?;
        let header: Header = parsed(header)?;
        if header.typ != TYPE || header.alg != "ES256" {
            return Err(Refusal::WrongType);
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refusal::Malformed)?;
        let point = self.find_key(&header.kid).await.ok_or(Refusal::UnknownKey)?;
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
            .verify(signed.as_bytes(), &signature)
            .map_err(|_| Refusal::BadSignature)?;
        let as_sent: serde_json::Value = parsed(claims)?;
        let claims = Assertion::deserialize(&as_sent).map_err(|_| Refusal::Malformed)?;
        self.judge(&claims)?;
        Ok(Verified { claims, as_sent })
    }

    fn judge(&self, claims: &Assertion) -> Result<(), Refusal> {
        let now = self.clock.now().as_seconds();
        if claims.iss != self.issuer {
            return Err(Refusal::WrongIssuer);
        }
        if claims.aud != self.audience {
            return Err(Refusal::WrongAudience);
        }
        if claims.exp.saturating_add(SKEW_SECONDS) <= now {
            return Err(Refusal::Expired);
        }
        if claims.iat.saturating_sub(SKEW_SECONDS) > now {
            return Err(Refusal::FromTheFuture);
        }
        if claims.is_acting() {
            // Whoever acts has a name, a grant and, but for partners, an end; half of that is no assertion.
            if claims.act.is_none()
                || claims.grant.is_none()
                || claims.grant_exp.is_none() && claims.acting != Acting::Partner
            {
                return Err(Refusal::Malformed);
            }
            if claims.grant_exp.is_some_and(|end| end <= now) {
                return Err(Refusal::Expired);
            }
        }
        Ok(())
    }

    async fn find_key(&self, id: &str) -> Option<Vec<u8>> {
        let mut keys = self.keys.lock().await;
        let now = self.clock.now();
        let may_ask = keys.asked_at.is_none_or(|at| now.since(at) >= BETWEEN_FETCHES);
        let is_old = keys.asked_at.is_none_or(|at| now.since(at) >= KEYS_KEPT);
        if may_ask && (is_old || !keys.points.contains_key(id)) {
            keys.asked_at = Some(now);
            if let Ok(Some(points)) = tokio::time::timeout(FETCH_PATIENCE, self.fetch_keys()).await {
                keys.points = points;
            } else {
                // The keys at hand stay good: without Latchstring the proxy lets nobody pass anyway.
                tracing::warn!("the sample product could not fetch latchstring's keys");
            }
        }
        keys.points.get(id).cloned()
    }

    async fn fetch_keys(&self) -> Option<HashMap<String, Vec<u8>>> {
        let request = http::Request::get(&self.keys_url).body(Body::empty()).ok()?;
        let answer = self.outbound.request(request).await.ok()?;
        if answer.status() != http::StatusCode::OK {
            return None;
        }
        let body = Limited::new(answer.into_body(), LARGEST_KEY_SET).collect().await.ok()?;
        let set: KeySet = serde_json::from_slice(&body.to_bytes()).ok()?;
        let points = set.keys.into_iter().filter_map(|key| {
            let point = key.point()?;
            Some((key.kid?, point))
        });
        Some(points.collect())
    }
}

fn parsed<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Refusal::Malformed)
}
