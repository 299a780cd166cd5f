//! The provider says what it says to the demo beside it, once, and to whoever asked.

use base64::engine::general_purpose::STANDARD;
use kernel::entropy::Counting;
use ring::digest;
use testkit::TestClock;

use super::*;

const BACK: &str = "http://zoe.localhost:4000/sign-in/sso/sso_1/callback";

fn provider() -> Provider {
    let (clock, entropy) = (Arc::new(TestClock::default()), Arc::new(Counting::new(1)));
    Provider::new(4001, 4000, clock, entropy).expect("a key")
}

fn asked(redirect_uri: &str) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, b"verifier").as_ref());
    let query = serde_urlencoded::to_string([
        ("client_id", CLIENT),
        ("redirect_uri", redirect_uri),
        ("state", "s"),
        ("nonce", "n"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    format!("http://{HOST}:4001/authorize?{}", query.expect("a query"))
}

async fn redeemed(provider: &Provider, back: &Url, verifier: &str) -> bool {
    use axum::{extract::State, http::HeaderMap};
    let code = back.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    let form = serde_urlencoded::to_string([
        ("code", code.as_str()),
        ("redirect_uri", BACK),
        ("code_verifier", verifier),
    ]);
    let form = serde_urlencoded::from_str(&form.expect("a form")).expect("a form");
    let mut headers = HeaderMap::new();
    let client = format!("{CLIENT}:{}", CLIENT_SECRET.replace(' ', "%20"));
    let basic = format!("Basic {}", STANDARD.encode(client));
    headers.insert(header::AUTHORIZATION, basic.parse().expect("a header"));
    tokens::token(State(provider.clone()), headers, axum::extract::Form(form)).await.status().is_success()
}

/// F4: a browser is sent back to the demo and nowhere else.
#[test]
fn browsers_go_back_to_the_demo_only() {
    let provider = provider();
    assert!(provider.visit(&asked(BACK), "zoe").is_some());
    for elsewhere in [
        "https://zoe.localhost:4000/sign-in/sso/sso_1/callback",
        "http://zoe.localhost:4002/sign-in/sso/sso_1/callback",
        "http://evil.example:4000/sign-in/sso/sso_1/callback",
        "http://localhost.evil.example:4000/callback",
        "http://localhost:4000/account",
        "not an address",
    ] {
        assert!(provider.visit(&asked(elsewhere), "zoe").is_none(), "{elsewhere}");
    }
    assert!(provider.visit(&asked(BACK), "nobody").is_none());
}

/// E13: a code is good once, for the verifier of whoever asked.
#[tokio::test]
async fn a_code_is_good_once_for_whoever_asked() {
    let provider = provider();
    let back = provider.visit(&asked(BACK), "zoe").expect("sent back");
    assert!(redeemed(&provider, &back, "verifier").await);
    assert!(!redeemed(&provider, &back, "verifier").await, "a second time");
    let back = provider.visit(&asked(BACK), "zoe").expect("sent back");
    assert!(!redeemed(&provider, &back, "another").await, "somebody else's");
}
