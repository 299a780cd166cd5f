//! The signed assertion, verified by somebody who is not us.

use std::process::Stdio;

use kernel::Duration;
use serde_json::{Value, json};
use tokio::process::Command;

use super::{DIALECTS, ask, is_yes};
use crate::support::cast::Stage;

/// Fetches the keys from the published address and verifies, with nothing but what Node brings.
const VERIFY: &str = r"
const [url, token] = process.argv.slice(1);
const { createPublicKey, verify } = require('node:crypto');
(async () => {
  const answer = await fetch(url);
  const keys = (await answer.json()).keys;
  const [head, body, signature] = token.split('.');
  const header = JSON.parse(Buffer.from(head, 'base64url'));
  const jwk = keys.find((key) => key.kid === header.kid);
  const key = jwk && createPublicKey({ key: jwk, format: 'jwk' });
  const is_good = Boolean(key) && header.alg === 'ES256' && verify(
    'sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
  console.log(JSON.stringify({
    is_good, header, claims: JSON.parse(Buffer.from(body, 'base64url')), keys, type: answer.headers.get('content-type'),
  }));
})();
";

async fn verified(stage: &Stage, token: &str) -> Value {
    let output = Command::new("node")
        .args(["-e", VERIFY, &format!("{}/.well-known/jwks.json", stage.server.url), token])
        .stdin(Stdio::null())
        .output()
        .await
        .expect("node runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

async fn assertion(stage: &Stage, cookie: &str) -> String {
    let answer = ask(stage, DIALECTS[0], cookie, ("GET", "/"), &[]).await;
    is_yes(&answer, "signed in");
    answer.header("x-latchstring-jwt-assertion").to_owned()
}

/// F4: anybody can verify it with the published keys, and it says who is really there, for how long, and on whose word.
#[tokio::test]
async fn strangers_can_verify_the_assertion() {
    let stage = Stage::start().await;
    let now = stage.server.now().as_seconds();
    let grant = stage.opened_to_ana("write").await;
    let agent = stage.ana_inside(&grant).await;
    let answer = ask(&stage, DIALECTS[0], &agent, ("GET", "/"), &[]).await;
    let token = answer.header("x-latchstring-jwt-assertion");
    let told = verified(&stage, token).await;
    assert_eq!(told["is_good"], true);
    assert_eq!(told["type"], "application/jwk-set+json");
    assert_eq!(told["header"]["typ"], "latchstring-assertion+jwt");
    assert_eq!(told["header"]["alg"], "ES256");
    assert_eq!(told["keys"].as_array().expect("keys").len(), 2, "the next one is published before it signs");
    for key in told["keys"].as_array().expect("keys") {
        assert!(key.get("d").is_none(), "only public halves");
        assert_eq!(key["use"], "sig");
    }
    let claims = &told["claims"];
    let ana = answer.header("remote-user");
    assert_eq!(claims["iss"], stage.server.url);
    assert_eq!(claims["aud"], stage.application);
    assert_eq!(claims["sub"], format!("{}:support", stage.aurora));
    assert_eq!(claims["acting"], "support");
    assert_eq!(
        claims["act"],
        json!({ "sub": ana, "name": "Ana Souza", "email": "ana@vendor.example", "org": "vendor", "level": 2 })
    );
    assert_eq!(claims["account"], stage.aurora);
    assert_eq!(claims["account_name"], "Aurora Holding");
    assert_eq!(claims["grant"], grant);
    assert_eq!(claims["grant_exp"], now + 3600);
    assert_eq!(claims["mode"], "write");
    assert_eq!(claims["ticket"], "48213");
    assert_eq!(claims["iat"], now);
    assert_eq!(claims["exp"], now + 60);
    assert_eq!(claims["auth_time"], now);
    assert!(claims["jti"].as_str().is_some_and(|jti| jti.len() >= 20));
    assert!(claims["sid"].as_str().is_some_and(|sid| sid.starts_with("ses_")), "{}", claims["sid"]);
    // What is in it is what the headers say.
    assert_eq!(answer.header("x-latchstring-account"), claims["account"]);

    let member = assertion(&stage, &stage.member_inside(&stage.marcos).await).await;
    let told = verified(&stage, &member).await;
    assert_eq!(told["is_good"], true);
    let claims = &told["claims"];
    assert_eq!(claims["acting"], "none");
    assert_eq!(claims["email"], "marcos@aurora.example");
    assert!(claims["sub"].as_str().is_some_and(|sub| sub.starts_with("usr_")));
    for absent in ["act", "grant", "grant_exp", "ticket"] {
        assert!(claims.get(absent).is_none(), "{absent}");
    }

    // Nothing of it can be changed.
    let parts: Vec<&str> = member.split('.').collect();
    let other: Vec<&str> = token.split('.').collect();
    for forged in [
        format!("{}.{}.{}", parts[0], other[1], parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], other[2]),
        format!("{}.{}.", parts[0], parts[1]),
    ] {
        assert_eq!(verified(&stage, &forged).await["is_good"], false);
    }
}

/// F4: good for a minute at most, never past the grant's end, and signed once for a while.
#[tokio::test]
async fn an_assertion_is_short_and_ends_with_the_grant() {
    let stage = Stage::start().await;
    let agent = stage.ana_inside(&stage.opened_to_ana("read_only").await).await;
    let begin = stage.server.now();
    let first = assertion(&stage, &agent).await;
    assert_eq!(first, assertion(&stage, &agent).await, "signed once");
    stage.server.advance(Duration::seconds(29)).await;
    assert_eq!(first, assertion(&stage, &agent).await, "still half of its time");
    stage.server.advance(Duration::seconds(2)).await;
    let second = assertion(&stage, &agent).await;
    assert_ne!(first, second);
    let (one, two) = (verified(&stage, &first).await, verified(&stage, &second).await);
    assert_ne!(one["claims"]["jti"], two["claims"]["jti"]);
    assert_eq!(two["claims"]["exp"], begin.as_seconds() + 31 + 60);

    // Kept from idling, up to the last seconds of the hour.
    for _ in 0..5 {
        stage.server.clock.advance(Duration::minutes(11));
        ask(&stage, DIALECTS[0], &agent, ("GET", "/"), &[("sec-fetch-mode", "navigate")]).await.expect(200);
    }
    stage.server.clock.advance(Duration::seconds(3600 - 31 - 5 * 660 - 20));
    let last = verified(&stage, &assertion(&stage, &agent).await).await;
    assert_eq!(last["claims"]["exp"], begin.as_seconds() + 3600);
    assert_eq!(last["claims"]["exp"], last["claims"]["grant_exp"]);
    stage.server.clock.advance(Duration::seconds(20));
    assert_eq!(ask(&stage, DIALECTS[0], &agent, ("GET", "/"), &[]).await.status, 403);
}
