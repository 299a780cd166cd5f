//! A provider of OpenID Connect that says whatever a test wants, and the domain of the organization that has it.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{StatusCode, header};
use kernel::Timestamp;
use ring::{
    digest, hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

pub const CLIENT: &str = "latchstring";
pub const CLIENT_SECRET: &str = "a secret of the client";

/// How it behaves.
#[derive(Default)]
struct Conduct {
    /// In place of what is true in its document.
    document: Value,
    /// In place of its keys.
    keys: Option<Value>,
    /// What answers each path: `slow`, `large`, `redirect`, `gone`.
    faults: HashMap<String, &'static str>,
    /// What stands at the domain.
    line: String,
    /// What each code is good for.
    codes: HashMap<String, Ticket>,
    asked: HashMap<String, usize>,
    next: usize,
}

struct Ticket {
    challenge: String,
    redirect_uri: String,
    token: String,
    about: Value,
}

#[derive(Clone)]
pub struct Provider {
    pub url: String,
    pub address: SocketAddr,
    conduct: Arc<Mutex<Conduct>>,
    key: Arc<EcdsaKeyPair>,
}

/// A key that signs.
pub fn new_key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).expect("a key")
}

/// The public half, as a provider publishes it.
pub fn published(key: &EcdsaKeyPair, kid: &str) -> Value {
    let point = key.public_key().as_ref();
    json!({ "kty": "EC", "crv": "P-256", "use": "sig", "kid": kid, "alg": "ES256",
        "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]) })
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A token by this key under this header.
pub fn signed(key: &EcdsaKeyPair, head: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", part(head), part(claims));
    let mark = key.sign(&SystemRandom::new(), message.as_bytes()).expect("signed");
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mark.as_ref()))
}

/// A token whose mark is made with a secret that everybody has.
pub fn marked(secret: &[u8], head: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", part(head), part(claims));
    let mark = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mark.as_ref()))
}

impl Provider {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let provider = Self {
            url: format!("http://{address}"),
            address,
            conduct: Arc::default(),
            key: Arc::new(new_key()),
        };
        let router = Router::new().fallback(answer).with_state(provider.clone());
        operation::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    fn with<T>(&self, change: impl FnOnce(&mut Conduct) -> T) -> T {
        change(&mut self.conduct.lock().expect("no panic"))
    }

    /// What stands at the domain from now on.
    pub fn shows(&self, line: &str) {
        self.with(|conduct| line.clone_into(&mut conduct.line));
    }

    pub fn says_of_itself(&self, change: Value) {
        self.with(|conduct| conduct.document = change);
    }

    pub fn publishes(&self, keys: Option<Value>) {
        self.with(|conduct| conduct.keys = keys);
    }

    /// `path` answers so from now on; empty: as it should.
    pub fn fails(&self, path: &str, how: &'static str) {
        self.with(|conduct| conduct.faults.insert(path.to_owned(), how));
    }

    /// How often `path` was asked for.
    pub fn asked(&self, path: &str) -> usize {
        self.with(|conduct| conduct.asked.get(path).copied().unwrap_or_default())
    }

    pub fn key(&self) -> &EcdsaKeyPair {
        &self.key
    }

    /// What it says of somebody in answer to a question, at this moment.
    pub fn claims(&self, address: &str, subject: &str, email: &str, now: Timestamp) -> Value {
        let now = now.as_seconds();
        json!({ "iss": self.url, "aud": CLIENT, "sub": subject, "iat": now, "exp": now + 300, "auth_time": now,
            "nonce": asked(address, "nonce"), "email": email, "email_verified": true, "name": "Carla Dias" })
    }

    /// As it signs.
    pub fn token(&self, claims: &Value) -> String {
        signed(&self.key, &json!({ "alg": "ES256", "kid": "one", "typ": "JWT" }), claims)
    }

    /// Somebody has signed in there: where their browser is sent back to.
    pub fn sends_back(&self, address: &str, token: &str, about: Value) -> String {
        let redirect_uri = asked(address, "redirect_uri");
        let ticket = Ticket {
            challenge: asked(address, "code_challenge"),
            redirect_uri: redirect_uri.clone(),
            token: token.to_owned(),
            about,
        };
        let code = self.with(|conduct| {
            conduct.next += 1;
            let code = format!("code-{}", conduct.next);
            conduct.codes.insert(code.clone(), ticket);
            code
        });
        let mut back = Url::parse(&redirect_uri).expect("an address");
        back.query_pairs_mut().append_pair("code", &code).append_pair("state", &asked(address, "state"));
        back.into()
    }

    fn document(&self) -> Value {
        let url = &self.url;
        let mut document = json!({ "issuer": url, "authorization_endpoint": format!("{url}/authorize"),
            "token_endpoint": format!("{url}/token"), "jwks_uri": format!("{url}/keys"),
            "userinfo_endpoint": format!("{url}/me"), "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"] });
        self.with(|conduct| {
            for (name, value) in conduct.document.as_object().into_iter().flatten() {
                document[name] = value.clone();
            }
        });
        document
    }
}

/// A field of the address that a browser was sent to.
pub fn asked(address: &str, name: &str) -> String {
    let address = Url::parse(address).expect("an address");
    let found = address.query_pairs().find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn json_of(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

async fn answer(State(provider): State<Provider>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let fault = provider.with(|conduct| {
        *conduct.asked.entry(path.clone()).or_default() += 1;
        conduct.faults.get(&path).copied().unwrap_or_default()
    });
    match fault {
        "slow" => tokio::time::sleep(Duration::from_mins(1)).await,
        "large" => {
            let endless = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 65_536]));
            return ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(endless))
                .into_response();
        }
        "redirect" => {
            return (StatusCode::FOUND, [(header::LOCATION, format!("{}/keys", provider.url))])
                .into_response();
        }
        "gone" => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        "html" => return "<html>".into_response(),
        _ => {}
    }
    match path.as_str() {
        "/.well-known/openid-configuration" => json_of(&provider.document()),
        "/.well-known/latchstring-domain" => provider.with(|conduct| conduct.line.clone()).into_response(),
        "/keys" => {
            let own = json!({ "keys": [published(&provider.key, "one")] });
            json_of(&provider.with(|conduct| conduct.keys.clone()).unwrap_or(own))
        }
        "/token" => token(&provider, request).await,
        "/me" => {
            let bearer = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
            let code = bearer.and_then(|bearer| bearer.strip_prefix("Bearer access-")).unwrap_or_default();
            json_of(&provider.with(|conduct| conduct.codes[code].about.clone()))
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Gives what a code is good for to whoever has the client's secret and the verifier.
async fn token(provider: &Provider, request: Request) -> Response {
    let basic = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let both = format!("{CLIENT}:{}", CLIENT_SECRET.replace(' ', "%20"));
    let expected = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(both));
    let is_client = basic == Some(expected.as_str());
    let body = axum::body::to_bytes(request.into_body(), 65_536).await.expect("a form");
    let body = String::from_utf8(body.into()).expect("text");
    let form: HashMap<String, String> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let code = form["code"].as_str();
    let found = provider.with(|conduct| {
        let ticket = conduct.codes.get(code)?;
        let digest = digest::digest(&digest::SHA256, form["code_verifier"].as_bytes());
        let is_theirs = URL_SAFE_NO_PAD.encode(digest.as_ref()) == ticket.challenge
            && form["redirect_uri"] == ticket.redirect_uri;
        is_theirs.then(|| ticket.token.clone())
    });
    match found {
        Some(token) if is_client => {
            json_of(&json!({ "id_token": token, "access_token": format!("access-{code}"),
            "token_type": "Bearer" }))
        }
        _ => StatusCode::BAD_REQUEST.into_response(),
    }
}
