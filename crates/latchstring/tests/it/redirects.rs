//! Where a browser is sent, and to which address a link leads.

use kernel::Duration;
use serde_json::json;

use crate::support::{
    cast::Stage,
    server::{Answer, PASSWORD},
};

/// S36: no address that a browser is sent to carries a secret, but the handover, which is good once and for a minute.
#[tokio::test]
async fn no_address_carries_a_secret() {
    let stage = Stage::start().await;
    let form = [("email", "marcos@aurora.example"), ("password", PASSWORD), ("return_to", "/account")];
    let mut locations = Vec::new();
    for answer in [
        stage.server.anonymous().form("/sign-in", &form).await,
        stage.joana.form("/sign-out", &[]).await,
        stage.bea.get("/").await,
        stage.server.anonymous().get("/account?x=1").await,
        stage.ask("", "GET", "/ledger?page=2").await,
    ] {
        locations.push(answer.header("location").to_owned());
    }
    for location in &locations {
        for mark in ["lss_", "lsk_", "lsi_", "lsc_", "password", "latch+and", "latch%20and"] {
            assert!(!location.contains(mark), "{location}");
        }
    }
    let grant = {
        let tokens = format!("/api/v1/organizations/{}/support-tokens", stage.aurora);
        let token = stage.marcos.post(&tokens, json!({ "validity_seconds": 3600 })).await.expect(201).json();
        stage
            .ana
            .post("/api/v1/desk/associate", json!({ "code": token["code"], "ticket": "1" }))
            .await
            .expect(200);
        token["id"].as_str().expect("an id").to_owned()
    };
    // What an address does carry is good once, for a minute: a ticket in the agent's session, a code in one browser.
    let enter = async || {
        let entered = stage.ana.form(&format!("/desk/enter/{grant}"), &[]).await.expect(303);
        let begin = entered.header("location").to_owned();
        assert!(begin.starts_with("http://erp.example.com/_latchstring/begin?entry=lsc_"), "{begin}");
        let (callback, way) = stage.way_in(&stage.ana, &begin).await;
        assert!(callback.starts_with("http://erp.example.com/_latchstring/callback?code=lsc_"), "{callback}");
        let secret = way.split_once('=').expect("a cookie").1;
        assert!(!callback.contains(secret) && !begin.contains(secret), "{callback}");
        (callback, way)
    };
    let (callback, way) = enter().await;
    let (one, two) = tokio::join!(stage.at_product(&callback, &way), stage.at_product(&callback, &way));
    assert_eq!([one.status, two.status].iter().filter(|status| **status == 303).count(), 1, "once");
    let arrived = if one.status == 303 { &one } else { &two };
    assert_eq!(arrived.header("location"), "http://erp.example.com/");
    let (callback, way) = enter().await;
    stage.server.clock.advance(Duration::seconds(60));
    let answer = stage.at_product(&callback, &way).await.expect(410);
    assert!(answer.headers.get("set-cookie").is_none());
}

/// S78, case 36: after the sign-in a browser goes to a page of ours or to a product of ours, and nowhere else.
#[tokio::test]
async fn a_sign_in_leads_to_nobody_elses_page() {
    let stage = Stage::start().await;
    let long = format!("/{}", "a".repeat(64 * 1024 - 300));
    let evil = [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https://evil.example",
        "http://erp.example.com.evil.example/",
        "http://erp.example.com@evil.example/",
        "http://evil.example#erp.example.com",
        "javascript:alert(1)",
        "data:text/html,x",
        "/\t/evil.example",
        "/\r\nLocation: https://evil.example",
        "/%09//evil.example\u{0}",
        "%2f%2fevil.example",
        "http://erp.example.com:8443/",
        "https://erp.example.com/",
        "ftp://erp.example.com/",
        " //evil.example",
        "/。evil.example/\u{2028}",
        "http://user:x@erp.example.com/",
        "/..//evil.example",
        "//",
        long.as_str(),
        "/sign-out",
    ];
    for wanted in evil {
        for field in ["return_to", "rd"] {
            let form = [("email", "marcos@aurora.example"), ("password", PASSWORD), (field, wanted)];
            let answer = stage.server.anonymous().form("/sign-in", &form).await;
            assert!(matches!(answer.status, 303 | 400 | 413), "{field}={wanted:.80}: {}", answer.status);
            if answer.status == 303 {
                let location = answer.header("location");
                assert!(is_ours(location), "{field}={wanted:.80} led to {location:.200}");
            }
            let query: String = url::form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
            if query.len() > 8000 {
                continue;
            }
            let answer = stage.joana.get(&format!("/sign-in?{field}={query}")).await.expect(303);
            assert!(
                is_ours(answer.header("location")),
                "{field}={wanted:.80} led to {}",
                answer.header("location")
            );
            let answer = stage.joana.get(&format!("/continue?{field}={query}")).await;
            assert_eq!(answer.header("location"), "/", "{field}={wanted:.80}: {}", answer.status);
        }
        stage.server.clock.advance(Duration::seconds(1));
    }
    let form =
        [("email", "marcos@aurora.example"), ("password", PASSWORD), ("return_to", "/organizations?a=b%20c")];
    let answer = stage.server.anonymous().form("/sign-in", &form).await.expect(303);
    assert_eq!(answer.header("location"), "/organizations?a=b%20c");
    let form = [
        ("email", "marcos@aurora.example"),
        ("password", PASSWORD),
        ("rd", "http://erp.example.com/ledger?x=1"),
    ];
    let answer = stage.server.anonymous().form("/sign-in", &form).await.expect(303);
    assert_eq!(answer.header("location"), "/continue?rd=http%3A%2F%2Ferp.example.com%2Fledger%3Fx%3D1");
}

/// A path of this host as every browser reads it.
fn is_ours(location: &str) -> bool {
    let home = url::Url::parse("http://home.example/").expect("an address");
    location.starts_with('/') && home.join(location).is_ok_and(|there| there.origin() == home.origin())
}

/// Case 22: links in mail lead to the public address whatever the request said; pages answer on no other host.
#[tokio::test]
async fn a_poisoned_host_gets_into_no_link() {
    let stage = Stage::start().await;
    let public = stage.server.url.clone();
    let hostile = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example;proto=http"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-port", "81"),
        ("x-original-url", "http://evil.example/"),
    ];
    for (n, (name, value)) in hostile.into_iter().enumerate() {
        let email = format!("n{n}@aurora.example");
        let path = format!("/api/v1/organizations/{}/invitations", stage.aurora);
        let body = json!({ "email": email, "role": "member" });
        Answer::of(stage.joana.request("POST", &path).header(name, value).json(&body)).await.expect(201);
        stage.server.deliver().await;
        let mail = stage.server.mailbox.to(&email).pop().expect("a mail");
        assert!(mail.body.contains(&format!("{public}/invitations/lsi_")), "{}", mail.body);
        assert!(!mail.body.contains("evil"), "{}", mail.body);
    }
    for path in ["/", "/sign-in", "/account", "/organizations", "/nowhere"] {
        for host in ["evil.example", "localhost", "127.0.0.1", "127.0.0.1:1", ""] {
            let answer = Answer::of(stage.joana.request("GET", path).header("host", host)).await;
            assert_eq!(answer.status, 421, "{path} at {host}");
            assert!(answer.headers.get("set-cookie").is_none());
        }
    }
    let form = [("email", "marcos@aurora.example"), ("password", PASSWORD)];
    let request =
        stage.server.anonymous().request("POST", "/sign-in").header("host", "evil.example").form(&form);
    assert_eq!(Answer::of(request).await.status, 421);
}
