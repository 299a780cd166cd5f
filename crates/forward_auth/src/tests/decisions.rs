//! Who gets a yes, and what is in it.

use applications::HeaderSet;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use grants::Mode;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use kernel::{Duration, Secret};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use testkit::Database;

use super::stage::{ACTING, MEMBER, PUBLIC, Stage, question};
use crate::{
    answers,
    forward::Decision,
    identity,
    model::{Reason, Standing},
    question::Dialect,
};

fn yes(decision: Decision) -> HeaderMap {
    match decision {
        Decision::Yes(headers) => headers,
        other => panic!("no yes: {other:?}"),
    }
}

pub fn no(decision: Decision) -> Reason {
    match decision {
        Decision::No(reason, _) => reason,
        other => panic!("not refused: {other:?}"),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).unwrap_or_else(|| panic!("{name} is there")).to_str().expect("ASCII")
}

/// The claims, once the signature is found to be good.
fn claims(stage: &Stage, headers: &HeaderMap) -> serde_json::Value {
    let token = text(headers, "x-latchstring-jwt-assertion");
    let (signed, signature) = token.rsplit_once('.').expect("a compact JWS");
    let (head, body) = signed.split_once('.').expect("a compact JWS");
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).expect("base64url");
    let head: serde_json::Value = serde_json::from_slice(&decoded(head)).expect("JSON");
    assert_eq!(
        (head["typ"].as_str(), head["alg"].as_str()),
        (Some("latchstring-assertion+jwt"), Some("ES256"))
    );
    let published = stage.forward.keyring.jwks(stage.now());
    let keys = published["keys"].as_array().expect("keys");
    assert_eq!(keys.len(), 2, "the one that signs and the next");
    let key = keys.iter().find(|key| key["kid"] == head["kid"]).expect("a published key");
    let point =
        [vec![4], decoded(key["x"].as_str().expect("x")), decoded(key["y"].as_str().expect("y"))].concat();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        .verify(signed.as_bytes(), &decoded(signature))
        .expect("signed by the published key");
    serde_json::from_slice(&decoded(body)).expect("JSON")
}

#[tokio::test]
async fn a_member_gets_a_yes_with_everything_in_it() {
    for stage in Stage::all().await {
        let (_, secret) = stage.signed_in().await;
        let asked = question("GET", "/books?year=2027", Some((MEMBER, &secret)));
        assert!(stage.remembered(&asked).is_none(), "not judged yet");
        let headers = yes(stage.ask(&asked).await);
        assert_eq!(text(&headers, "remote-user"), stage.member.to_string());
        assert_eq!(text(&headers, "remote-groups"), "members,administrators");
        assert_eq!(text(&headers, "remote-name"), "Joana da Concei%C3%A7%C3%A3o");
        assert_eq!(text(&headers, "remote-email"), "joana@aurora.example");
        assert_eq!(text(&headers, "x-latchstring-account"), stage.organization.to_string());
        assert_eq!(text(&headers, "x-latchstring-acting"), "none");
        let claims = claims(&stage, &headers);
        assert_eq!(claims["iss"], PUBLIC);
        assert_eq!(claims["aud"], stage.application.id.to_string());
        assert_eq!(claims["sub"], stage.member.to_string());
        assert_eq!(claims["account_external_id"], "A-17");
        assert_eq!(claims["mode"], "write");
        assert_eq!(claims["exp"].as_i64().expect("a number") - claims["iat"].as_i64().expect("a number"), 60);
        assert!(claims.get("act").is_none());

        let answer = stage.remembered(&asked).expect("in memory now");
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers(), &headers, "signed once for a while");
        stage.pass(Duration::seconds(31));
        let later = stage.remembered(&asked).expect("in memory");
        assert_ne!(later.headers(), &headers, "signed anew before it is over");
    }
}

/// A33, S44: the product sees the agent at the keyboard and, for whom the agent acts.
#[tokio::test]
async fn an_agent_is_named_and_the_account_is_the_customers() {
    for stage in Stage::all().await {
        let (grant, secret) = stage.entered(Mode::ReadOnly).await;
        let headers = yes(stage.ask(&question("GET", "/", Some((ACTING, &secret)))).await);
        assert_eq!(text(&headers, "remote-user"), stage.agent.to_string());
        assert_eq!(text(&headers, "remote-groups"), "agents");
        assert_eq!(text(&headers, "x-latchstring-acting"), "support");
        let claims = claims(&stage, &headers);
        assert_eq!(claims["sub"], format!("{}:support", stage.organization));
        assert_eq!(claims["act"]["sub"], stage.agent.to_string());
        assert_eq!((&claims["act"]["org"], claims["act"]["level"].as_i64()), (&"vendor".into(), Some(2)));
        assert_eq!(claims["grant"], grant.id.to_string());
        assert_eq!(claims["grant_exp"], grant.ends_at.expect("active").as_seconds());
        assert_eq!((&claims["ticket"], &claims["mode"]), (&"48213".into(), &"read_only".into()));
        assert!(stage.remembered(&question("GET", "/", Some((ACTING, &secret)))).is_some());
        // Just before the end, the assertion ends with the grant.
        for _ in 0..5 {
            stage.pass(Duration::minutes(11));
            yes(stage.ask(&question("GET", "/", Some((ACTING, &secret)))).await);
        }
        stage.pass(Duration::seconds(4 * 60 + 30));
        let headers = yes(stage.ask(&question("GET", "/", Some((ACTING, &secret)))).await);
        assert_eq!(claims_exp(&stage, &headers), grant.ends_at.expect("active").as_seconds());
    }
}

fn claims_exp(stage: &Stage, headers: &HeaderMap) -> i64 {
    claims(stage, headers)["exp"].as_i64().expect("a number")
}

#[tokio::test]
async fn each_header_set_is_whole() {
    for set in HeaderSet::ALL {
        let stage = Stage::on(Database::sqlite(), set).await;
        let (_, secret) = stage.signed_in().await;
        let headers = yes(stage.ask(&question("GET", "/", Some((MEMBER, &secret)))).await);
        assert!(identity::is_whole(&headers, set));
        assert_eq!(headers.contains_key("remote-user"), set == HeaderSet::Remote);
    }
}

/// A19: in reading mode a change is refused, and noted. In writing mode it is on disk before the yes.
#[tokio::test]
async fn changes_are_refused_or_written_down_first() {
    for stage in Stage::all().await {
        let (_, secret) = stage.entered(Mode::ReadOnly).await;
        for method in ["POST", "PUT", "PATCH", "DELETE", "PURGE"] {
            let asked = question(method, "/books/1?token=secret", Some((ACTING, &secret)));
            assert!(stage.remembered(&asked).is_none());
            assert_eq!(no(stage.ask(&asked).await), Reason::ReadOnly);
        }
        for method in ["GET", "HEAD", "OPTIONS"] {
            yes(stage.ask(&question(method, "/books", Some((ACTING, &secret)))).await);
        }
    }
    for stage in Stage::all().await {
        let (_, secret) = stage.entered(Mode::Write).await;
        let asked = question("POST", "/books/1", Some((ACTING, &secret)));
        yes(stage.ask(&asked).await);
        let mut tx = stage.call().read().await.expect("a read");
        assert_eq!(super::rows::activity(&mut tx, "change").await, 1, "before anybody was told yes");
        drop(tx);
        assert!(stage.remembered(&asked).is_none(), "never from memory alone");
    }
}

/// One cookie opens one door: not another application, not another kind, not our own host's session.
#[tokio::test]
async fn a_session_is_good_for_its_own_kind_only() {
    for stage in Stage::all().await {
        let (_, member) = stage.signed_in().await;
        let (_, acting) = stage.entered(Mode::Write).await;
        let mut work = stage.call().begin().await.expect("a transaction");
        let id = work.call().new_id();
        let own =
            sessions::operations::begin_own(&mut work, id, stage.member, sessions::model::Proof::default())
                .await
                .expect("a session");
        work.commit(operation::audit::Entry::new("session.signed_in")).await.expect("a commit");
        for (name, secret) in [(ACTING, &member), (MEMBER, &acting), (MEMBER, &own), (ACTING, &own)] {
            let decision = stage.ask(&question("GET", "/", Some((name, secret)))).await;
            assert!(matches!(decision, Decision::Nobody(_)), "{name}: {decision:?}");
        }
        let mut asked = question("GET", "/", Some((MEMBER, &member)));
        asked.insert("x-forwarded-host", HeaderValue::from_static("crm.example.com"));
        assert_eq!(no(stage.ask(&asked).await), Reason::UnknownApplication);
    }
}

/// Case 29: whoever is no trusted proxy has nothing to ask.
#[tokio::test]
async fn a_stranger_gets_no_answer() {
    let stage = Stage::on(Database::sqlite(), HeaderSet::Remote).await;
    let (_, secret) = stage.signed_in().await;
    let asked = question("GET", "/", Some((MEMBER, &secret)));
    yes(stage.ask(&asked).await);
    let stranger = "203.0.113.9:4000".parse().expect("an address");
    assert!(stage.forward.answer_from_memory(&super::stage::parts(&asked), stranger).is_none());
    let decision = stage.forward.decide(Dialect::ForwardAuth, &asked, Some(stranger.ip())).await;
    assert!(matches!(decision, Decision::Unreadable(_)), "{decision:?}");
    assert!(matches!(
        stage.forward.decide(Dialect::ForwardAuth, &asked, None).await,
        Decision::Unreadable(_)
    ));
}

/// The table of answers, for those who are not signed in.
#[tokio::test]
async fn who_is_not_signed_in_is_led_there_or_told() {
    let stage = Stage::on(Database::sqlite(), HeaderSet::Remote).await;
    let mut nginx = HeaderMap::new();
    nginx.insert("x-original-method", HeaderValue::from_static("GET"));
    nginx.insert("x-original-url", HeaderValue::from_static("https://erp.example.com/a?b=c"));
    let location = "https://erp.example.com/_latchstring/begin?rd=%2Fa%3Fb%3Dc";
    for (dialect, method, mode, status, leads) in [
        (Dialect::ForwardAuth, "GET", "navigate", 302, true),
        (Dialect::ForwardAuth, "HEAD", "navigate", 302, true),
        (Dialect::ForwardAuth, "POST", "navigate", 303, true),
        (Dialect::ForwardAuth, "GET", "cors", 401, false),
        (Dialect::AuthRequest, "GET", "navigate", 401, true),
        (Dialect::AuthRequest, "POST", "navigate", 401, true),
        (Dialect::AuthRequest, "GET", "cors", 401, false),
    ] {
        let mut asked =
            if dialect == Dialect::ForwardAuth { question(method, "/a?b=c", None) } else { nginx.clone() };
        asked.insert("sec-fetch-mode", HeaderValue::from_static(mode));
        if dialect == Dialect::AuthRequest {
            asked.insert("x-original-method", HeaderValue::from_static(method));
        }
        let peer = Some("127.0.0.1".parse().expect("an address"));
        let decision = stage.forward.decide(dialect, &asked, peer).await;
        let answer = answers::answer(&stage.forward, dialect, &asked, decision).await;
        assert_eq!(answer.status().as_u16(), status, "{dialect:?} {method} {mode}");
        let led = answer.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
        assert_eq!(led, leads.then_some(location), "{dialect:?} {method} {mode}");
        let asks_for_token = answer.headers().get(header::WWW_AUTHENTICATE).is_some();
        assert_eq!(asks_for_token, dialect == Dialect::ForwardAuth && !leads);
    }
}

/// Case 32: whatever stands in the headers, only the whole secret is a yes, and nothing panics.
#[test]
fn arbitrary_headers_never_make_a_yes() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let (stage, secret) = runtime.block_on(async {
        let stage = Stage::on(Database::sqlite(), HeaderSet::Remote).await;
        let (_, secret) = stage.signed_in().await;
        yes(stage.ask(&question("GET", "/", Some((MEMBER, &secret)))).await);
        (stage, secret)
    });
    let bytes = prop::collection::vec(any::<u8>(), 0..60);
    let name = prop::sample::select(vec![
        "cookie",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-forwarded-uri",
        "x-forwarded-method",
        "accept",
        "sec-fetch-mode",
    ]);
    let strategy = (
        prop::collection::vec((name, bytes), 0..6),
        any::<prop::sample::Index>(),
        any::<u8>(),
        any::<bool>(),
    );
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    let result = runner.run(&strategy, |(more, place, byte, is_bare)| {
        let mut value = secret.expose().as_bytes().to_vec();
        let at = place.index(value.len());
        let is_changed = value[at] != byte;
        value[at] = byte;
        let mut asked = if is_bare { HeaderMap::new() } else { question("GET", "/", None) };
        let cookie = [MEMBER.as_bytes(), b"=", &value].concat();
        if let (Ok(cookie), true) = (HeaderValue::from_bytes(&cookie), is_changed) {
            asked.append(header::COOKIE, cookie);
        }
        for (name, value) in more {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                asked.append(HeaderName::from_static(name), value);
            }
        }
        prop_assert!(stage.remembered(&asked).is_none());
        let answer = runtime.block_on(async {
            let decision = stage.ask(&asked).await;
            answers::answer(&stage.forward, Dialect::ForwardAuth, &asked, decision).await
        });
        prop_assert!(!answer.status().is_success(), "{:?}", answer.status());
        Ok(())
    });
    result.expect("never a yes");
}

/// What one signed-in browser costs. Names and the map's own slot come on top.
#[test]
fn a_verdict_is_small() {
    let size = size_of::<gate::Verdict<Standing>>();
    // With the two counts of who shares it, the allocator's class of 160 bytes.
    assert!(size <= 144, "{size}");
}

#[tokio::test]
async fn signed_assertions_are_bounded() {
    let kept = crate::assertions::Assertions::new();
    let now = kernel::Timestamp::from_seconds(0);
    let mut id = [0; 16];
    for n in 0u32..40_000 {
        id[..4].copy_from_slice(&n.to_le_bytes());
        kept.put(gate::VerdictId(id), n, now, now + Duration::seconds(30), HeaderMap::new());
    }
    assert!(kept.len() <= 16_384, "{}", kept.len());
    kept.sweep(now + Duration::seconds(30));
    assert_eq!(kept.len(), 0);
}

/// Somebody else's secret is nobody, and so is one that was never given out.
#[tokio::test]
async fn an_unknown_secret_is_nobody() {
    let stage = Stage::on(Database::sqlite(), HeaderSet::Remote).await;
    let stranger = Secret::new(kernel::secret::Purpose::Session, &testkit::SystemEntropy);
    for name in [MEMBER, ACTING] {
        let decision = stage.ask(&question("GET", "/", Some((name, &stranger)))).await;
        assert!(matches!(decision, Decision::Nobody(_)), "{decision:?}");
    }
}
