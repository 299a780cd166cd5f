//! A sign-out at the provider (OpenID Connect Back-Channel Logout 1.0).

use serde_json::{Value, json};
use testkit::Database;

use super::Scene;
use crate::support::{provider::signed, server::Browser};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What the provider tells of a person, a session there, or both.
async fn told(scene: &Scene, id: &str, about: Value) {
    let now = scene.stage.server.now().as_seconds();
    let mut claims = json!({ "iss": scene.provider.url, "aud": "latchstring", "iat": now, "exp": now + 120, "jti": id,
        "events": { EVENT: {} } });
    for (name, value) in about.as_object().expect("claims") {
        claims[name] = value.clone();
    }
    let path = format!("/sign-in/sso/{}/back-channel-logout", scene.connection);
    let token = scene.provider.token(&claims);
    scene.stage.server.anonymous().form(&path, &[("logout_token", &token)]).await.expect(200);
}

/// Signed in by a session at the provider that it names, or does not.
async fn signed_in(scene: &Scene, sid: Option<&str>) -> Browser {
    let (answer, browser) = scene
        .comes_back("c-1", "carla@aurora.example", |claims| {
            if let Some(sid) = sid {
                claims["sid"] = sid.into();
            }
        })
        .await;
    browser.with_cookie(answer.expect(303).cookie("__Host-latchstring"))
}

/// E13: by the session there, by the person, or by both: whatever of it is known here. A session of which the provider never told
/// which one it is ends with any of the person's.
#[tokio::test]
async fn a_logout_names_a_session_or_a_person_or_both() {
    for database in Database::both().await {
        let scene = Scene::active(database).await;
        let here = format!("/api/v1/organizations/{}", scene.stage.aurora);
        let one = signed_in(&scene, Some("one")).await;
        let two = signed_in(&scene, Some("two")).await;
        let unnamed = signed_in(&scene, None).await;
        told(&scene, "1", json!({ "sid": "somebody else's" })).await;
        told(&scene, "2", json!({ "sub": "somebody else", "sid": "one" })).await;
        for open in [&one, &two, &unnamed] {
            open.get(&here).await.expect(200);
        }
        told(&scene, "3", json!({ "sid": "one" })).await;
        one.get(&here).await.expect(401);
        unnamed.get(&here).await.expect(200);
        told(&scene, "4", json!({ "sub": "c-1", "sid": "three" })).await;
        two.get(&here).await.expect(200);
        unnamed.get(&here).await.expect(401);
        told(&scene, "5", json!({ "sub": "c-1", "sid": "two" })).await;
        two.get(&here).await.expect(401);
        scene.later().await;
        let (named, unnamed) = (signed_in(&scene, Some("four")).await, signed_in(&scene, None).await);
        told(&scene, "6", json!({ "sub": "c-1" })).await;
        named.get(&here).await.expect(401);
        unnamed.get(&here).await.expect(401);
    }
}

/// E13: a sign-in that was on its way when the provider told of the sign-out is over too, also where its token does not say of
/// which session it is.
#[tokio::test]
async fn a_sign_in_that_was_on_its_way_is_over_too() {
    let scene = Scene::active(Database::sqlite()).await;
    signed_in(&scene, None).await;
    scene.later().await;
    let (address, browser) = scene.sent().await;
    let claims = scene.provider.claims(&address, "c-1", "carla@aurora.example", scene.stage.server.now());
    let back = scene.provider.sends_back(&address, &scene.provider.token(&claims), json!({}));
    told(&scene, "1", json!({ "sub": "c-1", "sid": "one" })).await;
    Scene::is_refused(&browser.get(&back).await, "signed out meanwhile");
}

/// E13: a sign-out at the provider ends the session here, and what hangs on it, before the answer; each word of it once.
#[tokio::test]
async fn a_logout_at_the_provider_ends_the_session_at_once() {
    for scene in Scene::both().await {
        let stage = &scene.stage;
        let carla = scene.signed_in("c-1", "carla@aurora.example").await;
        let inside = stage.member_inside(&carla).await;
        stage.ask(&inside, "GET", "/").await.expect(200);
        let now = stage.server.now().as_seconds();
        let claims = json!({ "iss": scene.provider.url, "aud": "latchstring", "sub": "c-1", "iat": now, "exp": now + 120,
            "jti": "one", "events": { "http://schemas.openid.net/event/backchannel-logout": {} } });
        let path = format!("/sign-in/sso/{}/back-channel-logout", scene.connection);
        let nobody = stage.server.anonymous();
        let mut with_nonce = claims.clone();
        with_nonce["nonce"] = "x".into();
        let mut elsewhere = claims.clone();
        elsewhere["aud"] = "another client".into();
        let mut nobodys = claims.clone();
        nobodys["sub"] = json!(null);
        let mut silent = claims.clone();
        silent["events"] = json!({});
        for wrong in [with_nonce, elsewhere, nobodys, silent] {
            let token = scene.provider.token(&wrong);
            nobody.form(&path, &[("logout_token", &token)]).await.expect(400);
        }
        nobody.form(&path, &[("logout_token", "x.y.z")]).await.expect(400);
        // A token of another kind: what was made for something else is no word about a sign-out.
        for typ in ["at+jwt", "JWS", "secevent+jwt"] {
            let head = json!({ "alg": "ES256", "kid": "one", "typ": typ });
            let token = signed(scene.provider.key(), &head, &claims);
            nobody.form(&path, &[("logout_token", &token)]).await.expect(400);
        }
        carla.get(&format!("/api/v1/organizations/{}", stage.aurora)).await.expect(200);
        let token = scene.provider.token(&claims);
        nobody.form(&path, &[("logout_token", &token)]).await.expect(200);
        carla.get(&format!("/api/v1/organizations/{}", stage.aurora)).await.expect(401);
        stage.ask(&inside, "GET", "/").await.expect(401);
        assert_eq!(scene.recorded("single_sign_on.logged_out").await.len(), 1);

        scene.later().await;
        let again = scene.signed_in("c-1", "carla@aurora.example").await;
        nobody.form(&path, &[("logout_token", &token)]).await.expect(200);
        again.get(&format!("/api/v1/organizations/{}", stage.aurora)).await.expect(200);
    }
}
