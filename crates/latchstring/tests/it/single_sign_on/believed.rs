//! What a provider, or somebody between it and us, says and is not believed (S58, cases 24 and 46).

use serde_json::{Value, json};
use testkit::Database;

use super::{COOKIE, Scene};
use crate::support::{
    provider::{Provider, marked, new_key, published, signed},
    server::nothing,
};

/// S58, case 46: wrong in one claim is wrong. The log says in which, the browser is not told.
#[tokio::test]
async fn a_token_that_is_wrong_in_one_claim_opens_nothing() {
    let scene = Scene::active(Database::sqlite()).await;
    let now = scene.stage.server.now().as_seconds();
    let changes: Vec<(&str, Value, &str)> = vec![
        ("iss", json!("https://other.example"), "wrong_issuer"),
        ("iss", json!(format!("{}/", scene.provider.url)), "wrong_issuer"),
        ("aud", json!("another client"), "wrong_audience"),
        ("aud", json!(["latchstring", "another client"]), "wrong_party"),
        ("azp", json!("another client"), "wrong_party"),
        ("nonce", Value::Null, "no_nonce"),
        ("nonce", json!("somebody else's"), "wrong_nonce"),
        ("exp", json!(now - 61), "too_old"),
        ("exp", Value::Null, "no_expiry"),
        ("iat", json!(now - 700), "too_old"),
        ("iat", json!(now + 120), "not_yet"),
        ("nbf", json!(now + 120), "not_yet"),
        ("sub", json!(""), "wrong_subject"),
        ("sub", json!("x".repeat(256)), "wrong_subject"),
        ("events", json!({ "http://schemas.openid.net/event/backchannel-logout": {} }), "wrong_type"),
        ("email_verified", json!(false), "email_not_verified"),
        ("email_verified", Value::Null, "email_not_verified"),
        ("email_verified", json!("true"), "email_not_verified"),
        ("email", json!("carla@evil.example"), "other_domain"),
        ("email", json!("carla@evil.example@aurora.example"), "no_email"),
        ("email", json!("carla@sub.aurora.example"), "other_domain"),
        ("email", json!("vera@vendor.example"), "vendor_address"),
        ("email", json!("carla@ａurora.example"), "no_email"),
    ];
    for (claim, value, why) in changes {
        let (answer, _) = scene
            .comes_back("c-1", "carla@aurora.example", |claims| {
                if value.is_null() {
                    claims.as_object_mut().expect("claims").remove(claim);
                } else {
                    claims[claim] = value.clone();
                }
            })
            .await;
        Scene::is_refused(&answer, why);
        let refused = scene.recorded("single_sign_on.refused").await;
        assert_eq!(refused.last().expect("written").details["reason"], why, "{claim}");
        scene.later().await;
    }
    assert!(
        scene
            .recorded("person.created")
            .await
            .iter()
            .all(|entry| entry.details["email"] != "carla@aurora.example")
    );
    scene.signed_in("c-1", "carla@aurora.example").await;
}

/// How a token is made of claims.
type Forge<'a> = Box<dyn Fn(&Value) -> String + 'a>;

/// S49, S58: only the provider's own keys, in an algorithm that is on the list; what a token says of keys is not followed.
#[tokio::test]
async fn a_signature_that_is_not_the_providers_opens_nothing() {
    let scene = Scene::active(Database::sqlite()).await;
    let foreign = new_key();
    let point = published(scene.provider.key(), "one").to_string();
    let forged: Vec<(&str, &str, Forge<'_>)> = vec![
        (
            "none",
            "wrong_algorithm",
            Box::new(|claims| {
                let token = signed(&foreign, &json!({ "alg": "none" }), claims);
                format!("{}.", token.rsplit_once('.').expect("parts").0)
            }),
        ),
        (
            "HS256 with the public key",
            "wrong_algorithm",
            Box::new(|claims| marked(point.as_bytes(), &json!({ "alg": "HS256", "kid": "one" }), claims)),
        ),
        (
            "another key under the same name",
            "wrong_signature",
            Box::new(|claims| signed(&foreign, &json!({ "alg": "ES256", "kid": "one" }), claims)),
        ),
        (
            "a key that came along",
            "unknown_key",
            Box::new(|claims| {
                let head = json!({ "alg": "ES256", "kid": "two", "jwk": published(&foreign, "two"),
                "jku": format!("{}/stolen", scene.provider.url) });
                signed(&foreign, &head, claims)
            }),
        ),
        (
            "an extension",
            "unknown_extension",
            Box::new(|claims| {
                signed(
                    scene.provider.key(),
                    &json!({ "alg": "ES256", "kid": "one", "crit": ["b64"], "b64": false }),
                    claims,
                )
            }),
        ),
        (
            "a logout token",
            "wrong_type",
            Box::new(|claims| {
                signed(
                    scene.provider.key(),
                    &json!({ "alg": "ES256", "kid": "one", "typ": "logout+jwt" }),
                    claims,
                )
            }),
        ),
        ("no token", "not_a_token", Box::new(|_| "x".repeat(10_000))),
        ("a long one", "token_too_long", Box::new(|_| "x".repeat(20_000))),
        ("an endless one", "too_large", Box::new(|_| "x".repeat(100_000))),
    ];
    for (what, why, forge) in forged {
        let (address, browser) = scene.sent().await;
        let claims = scene.provider.claims(&address, "c-1", "carla@aurora.example", scene.stage.server.now());
        let back = scene.provider.sends_back(&address, &forge(&claims), json!({}));
        Scene::is_refused(&browser.get(&back).await, what);
        let refused = scene.recorded("single_sign_on.refused").await;
        assert_eq!(refused.last().expect("written").details["reason"], why, "{what}");
        scene.stage.server.advance(kernel::Duration::seconds(11)).await;
    }
    assert_eq!(scene.provider.asked("/stolen"), 0);
}

/// S58: sets of keys that are made to do harm take nothing from the good key beside them, and end nothing (a short Ed25519
/// `x`, an exponent of thousands of bits, points that are no points).
#[tokio::test]
async fn hostile_keys_harm_nobody() {
    let scene = Scene::active(Database::sqlite()).await;
    let hostile = json!([
        { "kty": "OKP", "crv": "Ed25519", "kid": "short", "x": "AAAA" },
        { "kty": "OKP", "crv": "Ed25519", "kid": "none" },
        { "kty": "RSA", "kid": "huge", "n": "_".repeat(20_000), "e": "_".repeat(20_000) },
        { "kty": "RSA", "kid": "zero", "n": "AAAA", "e": "AAAA" },
        { "kty": "RSA", "kid": "even", "n": "gA".repeat(171), "e": "Ag" },
        { "kty": "EC", "crv": "P-256", "kid": "point", "x": "A".repeat(43), "y": "A".repeat(43) },
        { "kty": "EC", "crv": "P-256", "kid": "long", "x": "A".repeat(5_000), "y": "" },
        { "kty": "oct", "kid": "shared", "k": "AAAA" }, { "kty": 5 }, null, [], "x"
    ]);
    for (n, kid) in
        ["short", "none", "huge", "zero", "even", "point", "long", "shared"].into_iter().enumerate()
    {
        let mut keys = hostile.as_array().expect("keys").clone();
        keys.push(published(scene.provider.key(), "one"));
        scene.provider.publishes(Some(json!({ "keys": keys })));
        for alg in ["EdDSA", "RS256", "PS512", "ES256", "ES384"] {
            // Else the set of before is looked at, in which no such key is.
            scene.stage.server.advance(kernel::Duration::seconds(11)).await;
            let before = scene.provider.asked("/keys");
            let (address, browser) = scene.sent().await;
            let claims =
                scene.provider.claims(&address, "c-1", "carla@aurora.example", scene.stage.server.now());
            let token = signed(scene.provider.key(), &json!({ "alg": alg, "kid": kid }), &claims);
            let back = scene.provider.sends_back(&address, &token, json!({}));
            Scene::is_refused(&browser.get(&back).await, kid);
            let refused = scene.recorded("single_sign_on.refused").await;
            let why = &refused.last().expect("written").details["reason"];
            assert!(
                ["unknown_key", "wrong_signature"].contains(&why.as_str().expect("a word")),
                "{kid} {alg}: {why}"
            );
            // What is no key is in no set, however often it is read; everything else is looked at under its own name.
            let looked = scene.provider.asked("/keys") - before;
            assert_eq!(
                why == "unknown_key",
                ["short", "none", "long", "shared"].contains(&kid),
                "{kid} {alg}"
            );
            assert!(if why == "unknown_key" { looked == 1 } else { looked <= 1 }, "{kid} {alg}: {looked}");
        }
        scene.stage.server.advance(kernel::Duration::seconds(11)).await;
        scene.signed_in("c-1", if n == 0 { "carla@aurora.example" } else { "x@aurora.example" }).await;
    }
}

/// S58: keys change: a new one is taken at once, and one that was withdrawn is good for minutes at the most. Tokens with
/// invented keys make the provider no work.
#[tokio::test]
async fn keys_rotate() {
    let scene = Scene::active(Database::sqlite()).await;
    scene.signed_in("c-1", "carla@aurora.example").await;
    let next = new_key();
    scene.stage.server.advance(kernel::Duration::seconds(11)).await;
    scene.provider.publishes(Some(json!({ "keys": [published(&next, "two")] })));
    let (address, browser) = scene.sent().await;
    let claims = scene.provider.claims(&address, "c-1", "carla@aurora.example", scene.stage.server.now());
    let token = signed(&next, &json!({ "alg": "ES256", "kid": "two" }), &claims);
    browser.get(&scene.provider.sends_back(&address, &token, json!({}))).await.expect(303);
    scene.stage.server.advance(kernel::Duration::minutes(6)).await;
    let (answer, _) = scene.comes_back("c-1", "carla@aurora.example", |_| {}).await;
    Scene::is_refused(&answer, "a key that was withdrawn");

    let before = scene.provider.asked("/keys");
    let path = format!("/sign-in/sso/{}/back-channel-logout", scene.connection);
    for n in 0..20 {
        let token = signed(&next, &json!({ "alg": "ES256", "kid": format!("invented {n}") }), &json!({}));
        scene.stage.server.anonymous().form(&path, &[("logout_token", &token)]).await.expect(400);
    }
    assert!(scene.provider.asked("/keys") <= before + 1);
}

/// S58: a key that was withdrawn is good for minutes also when nobody can find out that it was; the provider that cannot be
/// reached is let alone for a while, and used again after it.
#[tokio::test]
async fn a_withdrawn_key_ends_while_the_provider_cannot_be_asked() {
    let scene = Scene::active(Database::sqlite()).await;
    scene.signed_in("c-1", "carla@aurora.example").await;
    scene.provider.fails("/keys", "gone");
    // Attempts on the way do not make the old keys young: with unknown keys, and again and again.
    let path = format!("/sign-in/sso/{}/back-channel-logout", scene.connection);
    for _ in 0..7 {
        scene.stage.server.advance(kernel::Duration::minutes(1)).await;
        let token = signed(&new_key(), &json!({ "alg": "ES256", "kid": "invented" }), &json!({}));
        scene.stage.server.anonymous().form(&path, &[("logout_token", &token)]).await.expect(400);
    }
    let before = scene.provider.asked("/keys");
    for _ in 0..3 {
        let (answer, _) = scene.comes_back("c-1", "carla@aurora.example", |_| {}).await;
        Scene::is_refused(&answer, "with keys that are too old");
    }
    assert_eq!(scene.provider.asked("/keys"), before, "a moment after the last failure it is let alone");
    scene.stage.server.advance(kernel::Duration::seconds(11)).await;
    let (answer, _) = scene.comes_back("c-1", "carla@aurora.example", |_| {}).await;
    Scene::is_refused(&answer, "it is asked, and does not answer");
    assert_eq!(scene.provider.asked("/keys"), before + 1);
    scene.provider.fails("/keys", "");
    scene.stage.server.advance(kernel::Duration::seconds(11)).await;
    scene.signed_in("c-1", "carla@aurora.example").await;
}

/// Case 43: of a provider that is slow there are two calls at once and one failure in ten seconds, however many browsers come.
#[tokio::test]
async fn a_slow_provider_keeps_nobody_else_waiting() {
    let scene = Scene::active(Database::sqlite()).await;
    let document = "/.well-known/openid-configuration";
    scene.stage.server.advance(kernel::Duration::hours(2)).await;
    scene.provider.fails(document, "slow");
    let before = scene.provider.asked(document);
    let nobody = scene.stage.server.anonymous();
    let page = format!("/sign-in/sso/{}", scene.connection);
    let all = futures_util::future::join_all((0..40).map(|_| nobody.form(&page, &[]))).await;
    assert!(all.iter().all(|answer| answer.status == 409), "told that it cannot be used");
    let calls = scene.provider.asked(document) - before;
    assert!(calls <= 2, "{calls} calls at once");
    scene.provider.fails(document, "");
    nobody.form(&page, &[]).await.expect(409);
    assert_eq!(scene.provider.asked(document), before + calls, "remembered as failed");
    scene.stage.server.advance(kernel::Duration::seconds(11)).await;
    nobody.form(&page, &[]).await.expect(303);
}

/// S58, case 46: state, code and cookie are good together, once, in the browser that was sent, for its connection.
#[tokio::test]
async fn an_answer_is_good_once_in_the_browser_that_asked() {
    let scene = Scene::active(Database::sqlite()).await;
    let now = scene.stage.server.now();
    let (address, browser) = scene.sent().await;
    let token = scene.provider.token(&scene.provider.claims(&address, "c-1", "carla@aurora.example", now));
    let back = scene.provider.sends_back(&address, &token, json!({}));
    let nobody = scene.stage.server.anonymous();
    Scene::is_refused(&nobody.get(&back).await, "no browser");
    let (_, other) = scene.sent().await;
    Scene::is_refused(&other.get(&back).await, "another browser");
    let (state, _) = back.split_once("state=").expect("a state");
    let (_, third) = scene.sent().await;
    Scene::is_refused(&third.get(&format!("{state}state=x")).await, "another state");
    browser.get(&back).await.expect(303).cookie("__Host-latchstring");
    Scene::is_refused(&browser.get(&back).await, "again");

    // Of fifty at once, one (S47).
    let (address, browser) = scene.sent().await;
    let token = scene.provider.token(&scene.provider.claims(&address, "c-1", "carla@aurora.example", now));
    let back = scene.provider.sends_back(&address, &token, json!({}));
    let answers = futures_util::future::join_all((0..50).map(|_| browser.get(&back))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 303).count(), 1);

    // Too late, and a provider that says no.
    let (address, browser) = scene.sent().await;
    let token = scene.provider.token(&scene.provider.claims(&address, "c-1", "carla@aurora.example", now));
    let back = scene.provider.sends_back(&address, &token, json!({}));
    scene.stage.server.advance(kernel::Duration::minutes(11)).await;
    Scene::is_refused(&browser.get(&back).await, "too late");
    let (address, browser) = scene.sent().await;
    let state = crate::support::provider::asked(&address, "state");
    let path = format!("/sign-in/sso/{}/callback?error=access_denied&state={state}", scene.connection);
    Scene::is_refused(&browser.get(&path).await, "denied there");
}

/// S56, S58: what one provider answered is not taken for the answer of another, by its address nor by its own word.
#[tokio::test]
async fn two_providers_are_not_mixed_up() {
    let mut scene = Scene::active(Database::sqlite()).await;
    let first = scene.connection.clone();
    let evil = Provider::start().await;
    let mut wanted = scene.wanted();
    wanted["issuer"] = evil.url.clone().into();
    wanted["user_types"] = json!(["employees"]);
    wanted["new_people"] = "employee".into();
    let made =
        scene.stage.joana.post(&format!("{}/connections", scene.here), wanted).await.expect(201).json();
    let second = made["id"].as_str().expect("an id").to_owned();
    let (address, browser) = scene.sent().await;
    let token = scene.provider.token(&scene.provider.claims(
        &address,
        "c-1",
        "carla@aurora.example",
        scene.stage.server.now(),
    ));
    let back = scene.provider.sends_back(&address, &token, json!({}));
    Scene::is_refused(&browser.get(&back.replace(&first, &second)).await, "the other's address");
    let (address, browser) = scene.sent().await;
    let token = scene.provider.token(&scene.provider.claims(
        &address,
        "c-1",
        "carla@aurora.example",
        scene.stage.server.now(),
    ));
    let back = scene.provider.sends_back(&address, &token, json!({}));
    Scene::is_refused(&browser.get(&format!("{back}&iss={}", evil.url)).await, "the other's word");

    // The same subject at another provider is somebody else (case 24).
    evil.says_of_itself(json!({ "issuer": scene.provider.url }));
    let mut stolen = scene.wanted();
    stolen["issuer"] = evil.url.clone().into();
    let refused = scene.stage.joana.post(&format!("{}/connections", scene.here), stolen).await.expect(422);
    assert!(refused.text.contains("calls itself by another issuer"), "{}", refused.text);

    // A provider that says that it names itself, and then does not.
    scene.provider.says_of_itself(json!({ "authorization_response_iss_parameter_supported": true }));
    scene.connection.clone_from(&first);
    scene.stage.server.advance(kernel::Duration::hours(2)).await;
    let (answer, _) = scene.comes_back("c-1", "carla@aurora.example", |_| {}).await;
    Scene::is_refused(&answer, "no issuer parameter");
}

/// Case 24: an address that somebody has here is not taken over by a provider that says it, however it says it; and an
/// administrator of the vendor, or somebody of another organization, never.
#[tokio::test]
async fn no_account_is_taken_over_by_its_address() {
    let scene = Scene::active(Database::sqlite()).await;
    for email in [
        "joana@aurora.example",
        "JOANA@Aurora.Example",
        "bea@boreal.example",
        "vera@vendor.example",
        "ana@vendor.example",
    ] {
        let (answer, browser) = scene.comes_back("evil", email, |_| {}).await;
        Scene::is_refused(&answer, email);
        browser.get("/api/v1/sessions").await.expect(401);
    }
    assert!(scene.recorded("single_sign_on.connected").await.is_empty());
}

/// Case 43: slow, gone, endless, elsewhere or no provider at all: the browser is told in seconds, and the server goes on.
#[tokio::test]
async fn a_provider_that_fails_costs_seconds_and_nothing_else() {
    let scene = Scene::active(Database::sqlite()).await;
    for how in ["gone", "large", "redirect", "html", "slow"] {
        scene.provider.fails("/token", how);
        let (answer, _) = scene.comes_back("c-1", "carla@aurora.example", |_| {}).await;
        Scene::is_refused(&answer, how);
        scene.provider.fails("/token", "");
        scene.later().await;
    }
    assert_eq!(scene.provider.asked("/keys"), 1, "no redirect was followed");
    for how in ["gone", "large", "html"] {
        scene.provider.fails("/.well-known/openid-configuration", how);
        let refused = scene.stage.joana.post(&format!("{}/connections", scene.here), scene.wanted()).await;
        assert_eq!(refused.expect(422).json()["errors"][0]["code"], "provider_unusable", "{how}");
    }
    for inside in [
        "https://169.254.169.254/",
        "https://10.0.0.1",
        "http://192.0.2.1",
        "https://[::1]/",
        "https://localhost.",
    ] {
        let mut wanted = scene.wanted();
        wanted["issuer"] = inside.into();
        let refused = scene.stage.joana.post(&format!("{}/connections", scene.here), wanted).await;
        assert_eq!(refused.expect(422).json()["errors"][0]["code"], "provider_unusable", "{inside}");
    }
}

/// E13: what does not stand in the token is asked for, of the same person; an answer about somebody else counts for nothing.
#[tokio::test]
async fn the_address_may_come_from_the_providers_other_page() {
    let scene = Scene::active(Database::sqlite()).await;
    for (subject, status) in [("another", 409), ("c-1", 303)] {
        let (address, browser) = scene.sent().await;
        let mut claims = scene.provider.claims(&address, "c-1", "x@aurora.example", scene.stage.server.now());
        claims.as_object_mut().expect("claims").retain(|name, _| !name.starts_with("email"));
        let about = json!({ "sub": subject, "email": "carla@aurora.example", "email_verified": true });
        let back = scene.provider.sends_back(&address, &scene.provider.token(&claims), about);
        browser.get(&back).await.expect(status);
        scene.later().await;
    }
}

/// S58: the settings are tried in the session that asks, and by nobody who is lured to it.
#[tokio::test]
async fn a_test_belongs_to_the_session_that_asked() {
    let mut scene = Scene::on(Database::sqlite()).await;
    scene.connection = scene.prepare().await;
    let page = format!("/organizations/{}/single-sign-on/{}/test", scene.stage.aurora, scene.connection);
    let sent = scene.stage.joana.form(&page, &[]).await.expect(303);
    let address = sent.header("location");
    let claims = scene.provider.claims(address, "j", "joana@aurora.example", scene.stage.server.now());
    let back = scene.provider.sends_back(address, &scene.provider.token(&claims), json!({}));
    let cookie = sent.cookie(COOKIE);
    Scene::is_refused(&scene.stage.server.anonymous().with_cookie(cookie.clone()).get(&back).await, "nobody");
    let bea = format!("{}; {cookie}", scene.stage.bea.cookie.clone().expect("a session"));
    Scene::is_refused(&scene.stage.bea.with_cookie(bea).get(&back).await, "somebody else");
    scene.stage.bea.form(&page, &[]).await.expect(404);
    scene.stage.joana.post(&scene.at("activate"), nothing()).await.expect(409);
}

/// S48: nobody is signed in without having pressed something: not by a page that is opened, not by a form of another site, not
/// by a provider that begins by itself.
#[tokio::test]
async fn nobody_is_signed_in_who_pressed_nothing() {
    let scene = Scene::active(Database::sqlite()).await;
    let nobody = scene.stage.server.anonymous();
    let page = format!("/sign-in/sso/{}", scene.connection);
    let shown = nobody.get(&page).await.expect(200);
    assert!(shown.headers.get("set-cookie").is_none() && shown.text.contains("Continue with Aurora ID"));
    let foreign = nobody.request("POST", &page).header("sec-fetch-site", "cross-site").form(&[("rd", "")]);
    crate::support::server::Answer::of(foreign).await.expect(403);
    // The provider sends a browser that never asked, with a token that is right in all but the question.
    let (address, _) = scene.sent().await;
    let claims = scene.provider.claims(&address, "c-1", "carla@aurora.example", scene.stage.server.now());
    let back = scene.provider.sends_back(&address, &scene.provider.token(&claims), json!({}));
    Scene::is_refused(&nobody.get(&back).await, "begun there");
    let (unasked, _) = back.split_once("&state=").expect("a state");
    Scene::is_refused(&nobody.get(unasked).await, "without a state");
    nobody.get("/api/v1/sessions").await.expect(401);
    assert!(
        scene.recorded("person.created").await.iter().all(|entry| entry.details["how"] != "single_sign_on")
    );
}
