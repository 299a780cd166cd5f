//! A connection that changes, several of them, and many browsers on their way.

use serde_json::json;
use testkit::Database;

use super::{COOKIE, Scene};
use crate::{
    account_recovery::mailed,
    support::{
        provider::Provider,
        server::{PASSWORD, nothing},
    },
};

/// E13, F3: a connection that moves to another issuer, where people have other names, locks nobody out: whom the old one knew
/// connects once more, by a password that they choose by mail, and is known to the new one from then on.
#[tokio::test]
async fn a_connection_that_moves_to_another_issuer_locks_nobody_out() {
    for database in Database::both().await {
        let mut scene = Scene::active(database).await;
        let old = scene.signed_in("c-1", "carla@aurora.example").await;
        scene.later().await;
        let next = Provider::start().await;
        let mut wanted = scene.wanted();
        wanted["issuer"] = next.url.clone().into();
        let path = format!("{}/connections/{}", scene.here, scene.connection);
        scene.stage.joana.send("PUT", &path, wanted).await.expect(200);
        scene.provider = next;
        scene.test().await.expect(303);
        scene.activate().await.expect(200);
        old.get("/api/v1/organizations").await.expect(401);
        let people = scene.stage.joana.get(&scene.at("people")).await.expect(200).json();
        assert_eq!(people["data"], json!([]), "nobody is connected to the new one yet");

        let (answer, browser) = scene.comes_back("other-name", "carla@aurora.example", |_| {}).await;
        assert_eq!(answer.expect(303).header("location"), "/sign-in?connect=1");
        let nobody = scene.stage.server.anonymous();
        let ask = json!({ "email": "carla@aurora.example" });
        nobody.post("/api/v1/account-recovery/reset-requests", ask).await.expect(202);
        let token = mailed(&scene.stage.server, "carla@aurora.example", "/reset-password/", 1).await;
        let chosen = json!({ "token": token, "password": PASSWORD });
        let chosen = nobody.post("/api/v1/account-recovery/password", chosen).await;
        assert!(matches!(chosen.status, 200 | 204), "{}", chosen.text);
        let body = json!({ "email": "carla@aurora.example", "password": PASSWORD });
        let connected = browser.post("/api/v1/sign-in", body).await.expect(200);
        let carla = browser.with_cookie(connected.cookie("__Host-latchstring"));
        let aurora = format!("/api/v1/organizations/{}", scene.stage.aurora);
        carla.get(&aurora).await.expect(200);
        scene.later().await;
        scene.signed_in("other-name", "carla@aurora.example").await.get(&aurora).await.expect(200);
        let people = scene.stage.joana.get(&scene.at("people")).await.expect(200).json();
        assert_eq!(people["data"].as_array().map(Vec::len), Some(1), "{people}");
        assert_eq!(people["data"][0]["subject"], "other-name");
    }
}

/// E4: with two providers each group shows its own.
#[tokio::test]
async fn each_group_shows_its_own_provider() {
    let mut scene = Scene::active(Database::sqlite()).await;
    let port = scene.provider.address.port();
    let mut wanted = scene.wanted();
    // The same machine under another name, as the operator has set it.
    let issuer = format!("http://aurora.example:{port}");
    scene.provider.says_of_itself(json!({ "issuer": issuer }));
    wanted["issuer"] = issuer.clone().into();
    wanted["user_types"] = json!(["employees"]);
    wanted["new_people"] = "employee".into();
    let made =
        scene.stage.joana.post(&format!("{}/connections", scene.here), wanted).await.expect(201).json();
    scene.connection = made["id"].as_str().expect("an id").to_owned();
    scene.provider.url = issuer;
    scene.test().await.expect(303);
    scene.activate().await.expect(200);
    let levels = format!("/api/v1/organizations/{}/mfa-levels", scene.stage.aurora);
    let levels = scene.stage.ana.get(&levels).await.expect(200).json();
    let by: Vec<_> =
        levels["levels"].as_array().expect("a list").iter().map(|one| &one["managed_by"]).collect();
    assert_eq!(by, [&json!("127.0.0.1"), &json!(null), &json!("aurora.example"), &json!(null)], "{levels}");
}

/// S58: an office behind one address is on its way at once, and whoever is back takes no place from those who are not.
#[tokio::test]
async fn an_office_signs_in_at_once() {
    let scene = Scene::active(Database::sqlite()).await;
    let (address, browser) = scene.sent().await;
    for n in 0..40 {
        if n % 2 == 0 {
            scene.sent().await;
        } else {
            let (answer, _) = scene.comes_back("c-1", "carla@aurora.example", |_| {}).await;
            answer.expect(303);
        }
    }
    let claims = scene.provider.claims(&address, "d-1", "dora@aurora.example", scene.stage.server.now());
    let back = scene.provider.sends_back(&address, &scene.provider.token(&claims), json!({}));
    browser.get(&back).await.expect(303).cookie("__Host-latchstring");
    // There is an end: three hundred more, and the one that was sent before them is over.
    let (address, browser) = scene.sent().await;
    let sent = scene.stage.server.anonymous().form(&format!("/sign-in/sso/{}", scene.connection), &[]).await;
    sent.expect(303).cookie(COOKIE);
    scene.later().await;
    for _ in 0..300 {
        scene.sent().await;
    }
    let claims = scene.provider.claims(&address, "e-1", "eva@aurora.example", scene.stage.server.now());
    let back = scene.provider.sends_back(&address, &scene.provider.token(&claims), json!({}));
    Scene::is_refused(&browser.get(&back).await, "the oldest of too many");
    scene.stage.joana.post(&scene.at("disable"), nothing()).await.expect(200);
}
