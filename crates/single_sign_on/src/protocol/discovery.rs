//! What a provider says of itself (OpenID Connect Discovery 1.0).

use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    Refused,
    fetch::{self, Line, Media, Trouble},
};

/// Why a provider cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Trouble(Trouble),
    Refused(Refused),
}

impl Fault {
    /// For the log.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.word(),
            Self::Refused(refused) => refused.0,
        }
    }
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// As much of the document as is used; kept in the database as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    pub issuer: String,
    pub authorization_endpoint: Url,
    pub token_endpoint: Url,
    pub jwks_uri: Url,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo_endpoint: Option<Url>,
    #[serde(default)]
    response_types_supported: Vec<String>,
    #[serde(default)]
    code_challenge_methods_supported: Vec<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
    /// RFC 9207.
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

impl Document {
    /// Whether the secret goes into the body because the provider takes it in no header.
    pub fn takes_secret_in_body_only(&self) -> bool {
        let methods = &self.token_endpoint_auth_methods_supported;
        let has = |name: &str| methods.iter().any(|method| method == name);
        !has("client_secret_basic") && has("client_secret_post")
    }

    /// The origin that a browser is sent to.
    pub fn origin(&self) -> String {
        self.authorization_endpoint.origin().ascii_serialization()
    }
}

/// Reads the document of an issuer. It must be of this issuer, letter by letter, and speak of what we need.
pub async fn document(line: Line<'_>, issuer: &str) -> Result<Document, Fault> {
    let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let address = Url::parse(&address).map_err(|_| Refused("wrong_issuer"))?;
    let body = fetch::get(line, &address, Media::Json, None).await?;
    let document: Document = serde_json::from_slice(&body).map_err(|_| Refused("document_unreadable"))?;
    check(&document, issuer)?;
    Ok(document)
}

fn check(document: &Document, issuer: &str) -> Result<(), Refused> {
    if document.issuer != issuer {
        return Err(Refused("wrong_issuer"));
    }
    if !document.response_types_supported.iter().any(|kind| kind == "code") {
        return Err(Refused("no_code_flow"));
    }
    let challenges = &document.code_challenge_methods_supported;
    if !challenges.is_empty() && !challenges.iter().any(|method| method == "S256") {
        return Err(Refused("no_pkce"));
    }
    let is_secure = Url::parse(issuer).is_ok_and(|issuer| issuer.scheme() == "https");
    let endpoints = [&document.authorization_endpoint, &document.token_endpoint, &document.jwks_uri];
    for endpoint in endpoints.into_iter().chain(&document.userinfo_endpoint) {
        let is_web = matches!(endpoint.scheme(), "https" | "http") && endpoint.has_host();
        let is_plain = endpoint.username().is_empty() && endpoint.password().is_none();
        if !is_web || !is_plain || (is_secure && endpoint.scheme() != "https") {
            return Err(Refused("wrong_endpoint"));
        }
    }
    Ok(())
}

/// The provider's keys, as they came.
pub async fn keys(line: Line<'_>, document: &Document) -> Result<String, Fault> {
    let body = fetch::get(line, &document.jwks_uri, Media::Json, None).await?;
    super::jws::keys(&body)?;
    String::from_utf8(body.into()).map_err(|_| Refused("keys_unreadable").into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(change: serde_json::Value) -> Result<(), Refused> {
        let mut all = json!({
            "issuer": "https://id.example", "authorization_endpoint": "https://id.example/auth",
            "token_endpoint": "https://id.example/token", "jwks_uri": "https://keys.example/set",
            "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"],
        });
        for (name, value) in change.as_object().expect("fields") {
            all[name] = value.clone();
        }
        check(&serde_json::from_value(all).expect("a document"), "https://id.example")
    }

    /// S56, S58: exactly the issuer that was asked for, PKCE, and nothing without TLS behind an issuer that has it.
    #[test]
    fn a_document_is_of_its_issuer_and_safe_to_use() {
        document(json!({})).expect("good");
        for (change, why) in [
            (json!({ "issuer": "https://id.example/" }), "wrong_issuer"),
            (json!({ "issuer": "https://ID.example" }), "wrong_issuer"),
            (json!({ "response_types_supported": ["id_token"] }), "no_code_flow"),
            (json!({ "code_challenge_methods_supported": ["plain"] }), "no_pkce"),
            (json!({ "token_endpoint": "http://id.example/token" }), "wrong_endpoint"),
            (json!({ "authorization_endpoint": "javascript:alert(1)" }), "wrong_endpoint"),
            (json!({ "jwks_uri": "https://u:p@id.example/keys" }), "wrong_endpoint"),
        ] {
            assert_eq!(document(change), Err(Refused(why)));
        }
    }
}
