//! What the provider says to programs: of itself, and of people to whoever brings a code.

use axum::{
    extract::{Form, State},
    response::{IntoResponse, Json, Response},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use http::{HeaderMap, StatusCode, header};
use ring::{
    digest,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{CLIENT, CLIENT_SECRET, Provider, SignedIn, Ticket};

const KEY: &str = "kappa-1";
/// A token is shown once, right away.
const TOKEN_LASTS: i64 = 300;

/// The key of this run.
pub(super) struct Signer {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl Signer {
    pub fn new() -> Option<Self> {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let private = EcdsaKeyPair::generate_pkcs8(algorithm, &random).ok()?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, private.as_ref(), &random).ok()?;
        Some(Self { pair, random })
    }

    fn published(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": KEY,
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]) })
    }

    /// Empty if the system has no chance to give: nobody believes that.
    fn signed(&self, typ: &str, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = json!({ "alg": "ES256", "kid": KEY, "typ": typ });
        let message = format!("{}.{}", part(&head), part(claims));
        self.pair.sign(&self.random, message.as_bytes()).map_or_else(
            |_| String::new(),
            |mark| format!("{message}.{}", URL_SAFE_NO_PAD.encode(mark.as_ref())),
        )
    }
}

impl Provider {
    fn id_token(&self, ticket: &Ticket) -> String {
        let now = self.0.clock.now().as_seconds();
        let account = ticket.account;
        let claims = json!({ "iss": self.0.issuer, "aud": CLIENT, "sub": account.subject, "nonce": ticket.asked.nonce,
            "sid": ticket.session, "iat": now, "exp": now + TOKEN_LASTS, "auth_time": now, "name": account.name,
            "email": account.email, "email_verified": true });
        self.0.signer.signed("JWT", &claims)
    }

    pub(super) fn logout_token(&self, of: &SignedIn) -> String {
        let now = self.0.clock.now().as_seconds();
        let claims = json!({ "iss": self.0.issuer, "aud": CLIENT, "sub": of.account.subject, "sid": of.session,
            "iat": now, "exp": now + TOKEN_LASTS, "jti": self.random(),
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} } });
        self.0.signer.signed("logout+jwt", &claims)
    }
}

pub(super) async fn document(State(provider): State<Provider>) -> Json<Value> {
    let issuer = provider.issuer();
    Json(json!({ "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"], "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true, "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true }))
}

pub(super) async fn keys(State(provider): State<Provider>) -> Json<Value> {
    Json(json!({ "keys": [provider.0.signer.published()] }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Redeem {
    code: String,
    code_verifier: String,
    redirect_uri: String,
}

/// Gives an identity for a code: once, to the client, and only for the verifier of whoever asked.
pub(super) async fn token(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Form(form): Form<Redeem>,
) -> Response {
    let basic = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let expected = format!("{CLIENT}:{}", CLIENT_SECRET.replace(' ', "%20"));
    let ticket = provider.with(|memory| memory.tickets.remove(&form.code));
    let ticket = ticket.filter(|ticket| {
        let verifier = digest::digest(&digest::SHA256, form.code_verifier.as_bytes());
        basic == format!("Basic {}", STANDARD.encode(expected))
            && URL_SAFE_NO_PAD.encode(verifier.as_ref()) == ticket.asked.code_challenge
            && ticket.asked.redirect_uri == form.redirect_uri
            && provider.0.clock.now() < ticket.made_at + super::CODE_LASTS
    });
    let Some(ticket) = ticket else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    };
    let token = provider.id_token(&ticket);
    if let Ok(back) = url::Url::parse(&ticket.asked.redirect_uri) {
        let logout_path = back.path().replace("/callback", "/back-channel-logout");
        let signed_in = SignedIn { session: ticket.session, account: ticket.account, logout_path };
        provider.with(|memory| memory.sessions.push(signed_in));
    }
    let answer = json!({ "id_token": token, "access_token": provider.random(), "token_type": "Bearer" });
    ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}
