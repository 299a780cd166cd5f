//! The sample product against a stub of Latchstring that signs and tells as Latchstring does.

mod stage;

use std::sync::atomic::Ordering;

use axum::body::Bytes;
use http::Request;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::*;
use stage::{NOW, Signer, agent, encoded, last_words, ledger, ledger_with, member, read, with};

/// F4: a plain header proves nothing, and neither does half of an assertion.
#[tokio::test]
async fn only_a_sound_assertion_is_believed() {
    let ledger = ledger().await;
    let plain = ledger.get("/").header("remote-user", "admin").header("x-latchstring-account", "org_aurora");
    let (status, page) = read(ledger.send(plain, "").await).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(page.contains("carries none"), "{page}");

    let good = ledger.signer.sign(&member());
    let twice = ledger.get("/").header(assertion::HEADER, &good).header(assertion::HEADER, &good);
    assert_eq!(ledger.send(twice, "").await.status(), StatusCode::UNAUTHORIZED);

    let header = |alg: &str, typ: &str| json!({"alg": alg, "typ": typ, "kid": "key-1"});
    let typ = "latchstring-assertion+jwt";
    let (signed, signature) = good.rsplit_once('.').expect("three parts");
    let (head, _) = signed.split_once('.').expect("three parts");
    let other = encoded(&with(member(), "account", json!("org_other")));
    for (what, token) in [
        ("nonsense", "nonsense".to_owned()),
        ("no signature", format!("{signed}.")),
        ("other claims under the signature", format!("{head}.{other}.{signature}")),
        ("another key under the same name", Signer::new("key-1").sign(&member())),
        ("an unknown key", Signer::new("key-9").sign(&member())),
        ("alg none", format!("{}.{}.", encoded(&header("none", typ)), encoded(&member()))),
        ("another alg", ledger.signer.sign_with(&header("HS256", typ), &member())),
        ("another type", ledger.signer.sign_with(&header("ES256", "JWT"), &member())),
        ("another product", ledger.signer.sign(&with(member(), "aud", json!("app_other")))),
        ("another issuer", ledger.signer.sign(&with(member(), "iss", json!("http://evil.example")))),
        ("expired", ledger.signer.sign(&with(member(), "exp", json!(NOW - 5)))),
        ("not yet valid", ledger.signer.sign(&with(member(), "iat", json!(NOW + 6)))),
        ("an ended grant", ledger.signer.sign(&with(agent("write"), "grant_exp", json!(NOW)))),
        ("acting without a grant", ledger.signer.sign(&with(agent("write"), "grant", Value::Null))),
        ("acting as nobody", ledger.signer.sign(&with(agent("write"), "act", Value::Null))),
        ("an unknown way of acting", ledger.signer.sign(&with(member(), "acting", json!("root")))),
        ("an unknown mode", ledger.signer.sign(&with(member(), "mode", json!("all")))),
    ] {
        for path in ["/", "/request", "/ticker/events", "/nowhere"] {
            assert_eq!(ledger.look(path, &token).await.0, StatusCode::UNAUTHORIZED, "{what} at {path}");
        }
    }
    assert_eq!(ledger.look("/", &good).await.0, StatusCode::OK);
    let late = ledger.signer.sign(&with(member(), "exp", json!(NOW - 4)));
    assert_eq!(ledger.look("/", &late).await.0, StatusCode::OK, "clocks differ a little");
}

/// A rotated key is fetched when it is first seen; invented key ids do not make a flood.
#[tokio::test]
async fn keys_are_fetched_on_sight_but_not_more_often_than_each_five_seconds() {
    let ledger = ledger().await;
    let fetches = || ledger.authority.fetches.load(Ordering::SeqCst);
    assert_eq!(ledger.look("/", &ledger.signer.sign(&member())).await.0, StatusCode::OK);
    assert_eq!(fetches(), 1);

    let next = Signer::new("key-2");
    ledger.authority.keys.lock().expect("no test panics inside").push(next.public());
    for _ in 0..3 {
        assert_eq!(ledger.look("/", &next.sign(&member())).await.0, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(fetches(), 1);
    ledger.clock.0.store(NOW + 5, Ordering::SeqCst);
    assert_eq!(ledger.look("/", &next.sign(&member())).await.0, StatusCode::OK);
    assert_eq!(ledger.look("/", &ledger.signer.sign(&member())).await.0, StatusCode::OK);
    assert_eq!(fetches(), 2);
}

/// A34: every page says first that somebody acts, for whom and until when; a member's page does not.
#[tokio::test]
async fn the_banner_is_on_every_page_while_acting() {
    let ledger = ledger().await;
    let (member, agent) = (ledger.signer.sign(&member()), ledger.signer.sign(&agent("read_only")));
    for path in [
        "/",
        "/ledger/bank",
        "/ledger/bank/edit",
        "/request",
        "/request/forge",
        "/ticker",
        "/nowhere",
        "/ledger/none",
    ] {
        let page = ledger.look(path, &agent).await.1;
        assert!(page.contains("<title>[Support] "), "{path}");
        assert!(
            page.contains("You are acting as support in Aurora Holding until 12:00 UTC"),
            "{path}: {page}"
        );
        assert!(page.contains("Ana Ruiz · read only · ticket 48213"), "{path}");
        assert!(page.contains(r#"<form method="post" action="/_latchstring/leave">"#), "{path}");
        assert!(page.contains(r#"<script src="/_latchstring/banner.js" defer></script>"#), "{path}");
        assert!(page.find("<aside") < page.find("<header"), "{path}");

        let page = ledger.look(path, &member).await.1;
        assert!(!page.contains("[Support]") && !page.contains("/_latchstring/"), "{path}");
        assert!(page.contains("Joana Prado"), "{path}");
    }
}

/// A19: in write mode a change is kept and says who made it; the mode holds here even without a proxy.
#[tokio::test]
async fn changes_follow_the_mode_and_name_their_author() {
    let ledger = ledger().await;
    let form = "title=Bank+of+March&note=All+matched.";
    let reader = ledger.signer.sign(&agent("read_only"));
    let (status, page) = ledger.post("/ledger/bank", &reader, form).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(page.contains("Your access is read only"));
    assert!(!ledger.look("/ledger/bank", &reader).await.1.contains("Bank of March"));

    let writer = ledger.signer.sign(&agent("write"));
    assert_eq!(ledger.post("/ledger/bank", &writer, form).await.0, StatusCode::SEE_OTHER);
    let page = ledger.look("/ledger/bank", &ledger.signer.sign(&member())).await.1;
    assert!(page.contains("Bank of March") && page.contains("All matched."));
    assert!(page.contains("Changed 09:46 UTC, Ana Ruiz (support, ticket 48213)"), "{page}");

    let stranger = ledger.signer.sign(&with(member(), "account", json!("org_other")));
    assert!(!ledger.look("/ledger/bank", &stranger).await.1.contains("Bank of March"));

    assert_eq!(
        ledger.post("/ledger/bank", &writer, "title=+&note=").await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(ledger.post("/ledger/none", &writer, form).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn another_site_cannot_post_into_the_books() {
    let ledger = ledger().await;
    let request = Request::post(format!("http://{}/ledger/bank", ledger.address))
        .header(assertion::HEADER, ledger.signer.sign(&member()))
        .header("sec-fetch-site", "cross-site")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    assert_eq!(ledger.send(request, "title=x&note=y").await.status(), StatusCode::FORBIDDEN);
}

/// F4: the page shows what arrived and what was verified, and does not give the assertion away.
#[tokio::test]
async fn the_request_page_shows_headers_and_claims() {
    let ledger = ledger().await;
    let token = ledger.signer.sign(&agent("write"));
    let request = ledger.get("/request").header(assertion::HEADER, &token).header("remote-user", "usr_ana");
    let answer = ledger.send(request, "").await;
    let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("ASCII").to_owned();
    assert!(
        policy.contains("script-src 'self'") && policy.ends_with("form-action 'self' http://*:8080"),
        "{policy}"
    );
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    let (_, page) = read(answer).await;
    assert!(page.contains("remote-user") && page.contains("usr_ana") && page.contains("gr_1"));
    assert!(!page.contains(&token));
}

/// A stream ends when the grant behind it is revoked, and others go on.
#[tokio::test]
async fn revoking_a_grant_ends_its_streams() {
    let ledger = ledger().await;
    let revoked = ledger.stream(&agent("write")).await;
    let other = with(with(agent("write"), "grant", json!("gr_2")), "sid", json!("ses_other"));
    let mut other = ledger.stream(&other).await;
    let told = "event: grant.revoked\r\ndata: {\"grant\":\"gr_1\",\r\ndata: \"session\":null}\r\n\r\n";
    ledger.authority.tell.send(told.to_owned()).expect("the product listens");
    assert!(
        last_words(revoked).await.contains("event: ended\ndata: The access behind this stream was revoked.")
    );
    other.frame().await.expect("the other goes on").expect("a sound stream");

    // An assertion from before the revocation opens nothing that lasts.
    let request = ledger.get("/ticker/events").header(assertion::HEADER, ledger.signer.sign(&agent("write")));
    let late = ledger.send(request, "").await.into_body();
    assert!(last_words(late).await.starts_with("event: ended"));
}

#[tokio::test]
async fn a_session_that_ends_takes_its_streams_along() {
    let ledger = ledger().await;
    let stream = ledger.stream(&member()).await;
    let told = "event: session.ended\ndata: {\"grant\":null,\"session\":\"ses_joana\"}\n\n";
    ledger.authority.tell.send(told.to_owned()).expect("the product listens");
    assert!(last_words(stream).await.contains("The session behind this stream has ended."));
}

/// F5: what cannot be known is refused: while nobody tells of revocations, acting streams do not last.
#[tokio::test]
async fn acting_streams_do_not_outlive_the_events() {
    let ledger = ledger_with(None).await;
    let stream = ledger.stream(&agent("write")).await;
    let mut own = ledger.stream(&member()).await;
    ledger.clock.0.store(NOW + 5, Ordering::SeqCst);
    let words = last_words(stream).await;
    assert!(!words.contains("ended"), "the browser may come back and is asked about: {words}");
    own.frame().await.expect("a member's stream goes on").expect("a sound stream");
}

/// What was said while the line was broken is unknown, so everybody is asked about anew.
#[tokio::test]
async fn streams_end_when_the_events_come_back() {
    let ledger = ledger().await;
    let stream = ledger.stream(&agent("write")).await;
    ledger.authority.tell.send("break off".to_owned()).expect("the product listens");
    ledger.until(|ledger| ledger.authority.subscribers.load(Ordering::SeqCst) == 2).await;
    assert!(!last_words(stream).await.contains("ended"));
}

/// The grant's end is the stream's end, without a word from anybody.
#[tokio::test]
async fn an_acting_stream_ends_with_its_grant() {
    let ledger = ledger().await;
    let stream = ledger.stream(&with(agent("write"), "grant_exp", json!(NOW + 30))).await;
    ledger.clock.0.store(NOW + 30, Ordering::SeqCst);
    assert!(last_words(stream).await.contains("The access behind this stream has expired."));
}

/// The same ticks and the same end over a WebSocket.
#[tokio::test]
async fn a_websocket_ticks_and_ends_with_the_grant() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let ledger = ledger().await;
    let key = "dGhlIHNhbXBsZSBub25jZQ=="; // the example of RFC 6455, and its answer below
    let ask = |claims: Value, origin: &str| {
        let host = ledger.address;
        ledger
            .get("/ticker/socket")
            .header(assertion::HEADER, ledger.signer.sign(&claims))
            .header(header::CONNECTION, "upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, key)
            .header(header::ORIGIN, origin.replace("{host}", &host.to_string()))
    };
    let refused = ledger.send(ask(agent("write"), "http://evil.example"), "").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);

    let mut answer = ledger.send(ask(agent("write"), "http://{host}"), "").await;
    assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
    assert_eq!(answer.headers()[header::SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    let upgraded = hyper::upgrade::on(&mut answer).await.expect("the product switches");
    let mut socket = hyper_util::rt::TokioIo::new(upgraded);
    let mut tick = [0; 3];
    socket.read_exact(&mut tick).await.expect("a tick");
    assert_eq!(tick, [0x81, 1, b'1']);

    let ping = [0x89, 0x82, 1, 2, 3, 4, b'h' ^ 1, b'i' ^ 2];
    socket.write_all(&ping).await.expect("an open socket");
    let mut echo = [0; 4];
    socket.read_exact(&mut echo).await.expect("an answer");
    assert_eq!(echo, [0x8a, 2, b'h', b'i']);

    let told = "event: grant.expired\ndata: {\"grant\":\"gr_1\",\"session\":\"ses_ana\"}\n\n";
    ledger.authority.tell.send(told.to_owned()).expect("the product listens");
    let mut rest = Vec::new();
    socket.read_to_end(&mut rest).await.expect("the product closes");
    let close = rest.iter().position(|byte| *byte == 0x88).expect("a goodbye");
    assert_eq!(rest[close + 2..close + 4], 1008_u16.to_be_bytes());
    assert!(rest.ends_with(b"The access behind this stream has expired."));
}

/// Events arrive in whatever pieces the network makes of them.
#[test]
fn events_are_put_together_from_pieces() {
    let mut heard = Vec::new();
    let mut reader = events::Reader::default();
    let text =
        ": hello\n\nid: 7\nevent: grant.revoked\ndata: {\"grant\":\ndata:\"gr_1\"}\n\ndata: no name\n\n";
    for byte in text.bytes() {
        let piece = Bytes::copy_from_slice(&[byte]);
        let read = reader.read(&piece, |event, data| heard.push((event.to_owned(), data.to_owned())));
        read.expect("short lines");
    }
    assert_eq!(heard, [("grant.revoked".to_owned(), "{\"grant\":\n\"gr_1\"}".to_owned())]);
    let endless = Bytes::from(vec![b'x'; 70_000]);
    assert!(reader.read(&endless, |_, _| {}).is_err());
}
