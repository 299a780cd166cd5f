//! From a code to an identity.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kernel::Secret;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{
    Refused,
    discovery::{Document, Fault},
    fetch::{self, Form, Line, Media},
};

/// Who we are to a provider.
#[derive(Debug, Clone)]
pub struct Client {
    pub id: String,
    pub secret: Secret,
}

/// What the provider gave for a code.
#[derive(Debug, Deserialize)]
pub struct Tokens {
    pub id_token: String,
    pub access_token: Option<Zeroizing<String>>,
}

/// Gives the code for tokens. Only whoever has the verifier can.
pub async fn redeem(
    line: Line<'_>,
    document: &Document,
    client: &Client,
    code: &str,
    (redirect_uri, verifier): (&str, &str),
) -> Result<Tokens, Fault> {
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", verifier),
        ("client_id", client.id.as_str()),
    ];
    let authorization = if document.takes_secret_in_body_only() {
        fields.push(("client_secret", client.secret.expose()));
        None
    } else {
        // RFC 6749 §2.3.1: each half is form-encoded before they are joined.
        let half = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let both = Zeroizing::new(format!("{}:{}", half(&client.id), half(client.secret.expose())));
        Some(format!("Basic {}", STANDARD.encode(both.as_bytes())))
    };
    let body = serde_urlencoded::to_string(&fields).map_err(|_| Refused("not_a_code"))?;
    let answer = fetch::post(line, &document.token_endpoint, Form { body, authorization }).await?;
    Ok(serde_json::from_slice(&answer).map_err(|_| Refused("tokens_unreadable"))?)
}

/// What else the provider says of the person, where it does not stand in the token.
pub async fn about(
    line: Line<'_>,
    document: &Document,
    tokens: &Tokens,
    subject: &str,
) -> Result<super::claims::About, Fault> {
    let (Some(endpoint), Some(token)) = (&document.userinfo_endpoint, &tokens.access_token) else {
        return Ok(super::claims::About::default());
    };
    let body = fetch::get(line, endpoint, Media::Json, Some(token)).await?;
    Ok(super::claims::user_info(&body, subject)?)
}
