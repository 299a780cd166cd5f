//! The stage of the tests: a Latchstring that signs and tells, a clock to move, and the sample product in front.

use std::{
    net::SocketAddr,
    sync::{
        Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::body::{Body, Bytes};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use kernel::Timestamp;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::super::*;

pub const NOW: i64 = 1_774_000_000; // 2026-03-20 09:46:40 UTC
const ISSUER: &str = "http://localhost:8080";
const AUDIENCE: &str = "app_ledger";
const KEY: &str = "lsk_demo";

pub struct MovedClock(pub AtomicI64);

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.load(Ordering::SeqCst))
    }

    fn wait_until(&self, _: Timestamp) -> kernel::time::Wait<'_> {
        Box::pin(std::future::pending())
    }
}

pub struct Signer {
    id: &'static str,
    pair: EcdsaKeyPair,
}

impl Signer {
    pub fn new(id: &'static str) -> Self {
        let chance = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &chance).expect("a new key");
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_ref(), &chance)
            .expect("the key that was just made");
        Self { id, pair }
    }

    pub fn sign(&self, claims: &Value) -> String {
        self.sign_with(&json!({"alg": "ES256", "typ": "latchstring-assertion+jwt", "kid": self.id}), claims)
    }

    pub fn sign_with(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", encoded(header), encoded(claims));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).expect("a signature");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    pub fn public(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        json!({
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self.id,
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]),
        })
    }
}

pub fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

/// A member of the organization, in its own books.
pub fn member() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "usr_joana", "name": "Joana Prado", "email": "joana@aurora.example",
        "account": "org_aurora", "account_name": "Aurora Holding", "acting": "none", "mode": "write",
        "iat": NOW, "exp": NOW + 60, "jti": "j1", "sid": "ses_joana",
    })
}

/// An agent inside, until 12:00.
pub fn agent(mode: &str) -> Value {
    let mut claims = member();
    let acting = json!({
        "sub": "usr_ana", "name": "Ana Ruiz", "acting": "support", "mode": mode, "grant": "gr_1", "ticket": "48213",
        "act": {"sub": "usr_ana", "name": "Ana Ruiz", "org": "Vendor", "level": 2},
        "grant_exp": NOW + 8_000, "sid": "ses_ana",
    });
    let acting = acting.as_object().expect("written as an object").clone();
    claims.as_object_mut().expect("written as an object").extend(acting);
    claims
}

pub fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

/// Latchstring's keys and events, as a product sees them.
pub struct Authority {
    pub address: SocketAddr,
    pub keys: Arc<Mutex<Vec<Value>>>,
    pub fetches: Arc<AtomicUsize>,
    pub subscribers: Arc<AtomicUsize>,
    pub tell: broadcast::Sender<String>,
}

async fn authority(signer: &Signer) -> Authority {
    let keys = Arc::new(Mutex::new(vec![signer.public()]));
    let fetches = Arc::new(AtomicUsize::new(0));
    let subscribers = Arc::new(AtomicUsize::new(0));
    let (tell, _) = broadcast::channel::<String>(8);
    let published = {
        let (keys, fetches) = (keys.clone(), fetches.clone());
        move || async move {
            fetches.fetch_add(1, Ordering::SeqCst);
            json!({"keys": *keys.lock().expect("no test panics inside")}).to_string()
        }
    };
    let events = {
        let (tell, subscribers) = (tell.clone(), subscribers.clone());
        move |headers: HeaderMap| async move {
            if headers.get(header::AUTHORIZATION).is_none_or(|given| given != &format!("Bearer {KEY}")) {
                return StatusCode::UNAUTHORIZED.into_response();
            }
            subscribers.fetch_add(1, Ordering::SeqCst);
            let heard = stream::unfold(tell.subscribe(), |mut told| async {
                let event = told.recv().await.ok().filter(|event| event != "break off")?;
                Some((Ok::<_, io::Error>(Bytes::from(event)), told))
            });
            let greeting = stream::once(async { Ok(Bytes::from(": hello\n\n")) });
            Body::from_stream(greeting.chain(heard)).into_response()
        }
    };
    let router =
        Router::new().route("/.well-known/jwks.json", get(published)).route("/api/v1/events", get(events));
    let (listener, address) = loopback().await;
    operation::spawn(proxy::listen(listener, router, std::future::pending()));
    Authority { address, keys, fetches, subscribers, tell }
}

async fn loopback() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound listener");
    (listener, address)
}

pub struct Ledger {
    pub address: SocketAddr,
    pub signer: Signer,
    pub authority: Authority,
    pub clock: Arc<MovedClock>,
    pub outbound: proxy::Outbound,
}

pub async fn ledger() -> Ledger {
    ledger_with(Some(KEY)).await
}

pub async fn ledger_with(events_key: Option<&str>) -> Ledger {
    let signer = Signer::new("key-1");
    let authority = authority(&signer).await;
    let clock = Arc::new(MovedClock(AtomicI64::new(NOW)));
    let (listener, address) = loopback().await;
    let trust = Trust {
        latchstring_url: format!("http://{}", authority.address),
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        events_key: events_key.map(str::to_owned),
        clock: clock.clone(),
    };
    operation::spawn(serve(listener, trust, std::future::pending()));
    let ledger = Ledger { address, signer, authority, clock, outbound: proxy::outbound() };
    if events_key.is_some() {
        ledger.until(|ledger| ledger.authority.subscribers.load(Ordering::SeqCst) == 1).await;
    }
    ledger
}

impl Ledger {
    pub async fn send(
        &self,
        request: http::request::Builder,
        body: &str,
    ) -> http::Response<hyper::body::Incoming> {
        let request = request.body(Body::from(body.to_owned())).expect("a sound request");
        self.outbound.request(request).await.expect("the product answers")
    }

    pub fn get(&self, path: &str) -> http::request::Builder {
        Request::get(format!("http://{}{path}", self.address))
    }

    /// The status and the page.
    pub async fn look(&self, path: &str, token: &str) -> (StatusCode, String) {
        read(self.send(self.get(path).header(assertion::HEADER, token), "").await).await
    }

    pub async fn post(&self, path: &str, token: &str, form: &str) -> (StatusCode, String) {
        let request = Request::post(format!("http://{}{path}", self.address))
            .header(assertion::HEADER, token)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        read(self.send(request, form).await).await
    }

    pub async fn until(&self, is_so: impl Fn(&Self) -> bool) {
        let waiting = async {
            while !is_so(self) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("it becomes so in time");
    }

    /// Opens the stream of ticks and waits for the first one.
    pub async fn stream(&self, claims: &Value) -> hyper::body::Incoming {
        let request = self.get("/ticker/events").header(assertion::HEADER, self.signer.sign(claims));
        let answer = self.send(request, "").await;
        assert_eq!(answer.status(), StatusCode::OK);
        let mut body = answer.into_body();
        let first = body.frame().await.expect("a first tick").expect("a sound stream");
        assert_eq!(first.into_data().expect("data"), "data: 1\n\n");
        body
    }
}

pub async fn read(answer: http::Response<hyper::body::Incoming>) -> (StatusCode, String) {
    let status = answer.status();
    let body = answer.into_body().collect().await.expect("the page arrives").to_bytes();
    (status, String::from_utf8(body.to_vec()).expect("pages are UTF-8"))
}

/// What is still said until the stream ends by itself.
pub async fn last_words(stream: hyper::body::Incoming) -> String {
    let rest = tokio::time::timeout(Duration::from_secs(8), stream.collect()).await;
    let rest = rest.expect("the stream ends in time").expect("the stream ends well").to_bytes();
    String::from_utf8(rest.to_vec()).expect("events are UTF-8")
}
