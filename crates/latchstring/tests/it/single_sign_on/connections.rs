//! A connection from its preparation to its end, and the people who sign in by it.

use kernel::Duration;
use serde_json::json;
use testkit::Database;

use super::Scene;
use crate::support::{
    provider::CLIENT_SECRET,
    server::{PASSWORD, nothing},
};

/// E13: a domain is proved, the settings are tried and show what came back, a local administrator remains; only then is it on,
/// and only by an administrator of the organization.
#[tokio::test]
async fn a_connection_is_switched_on_when_it_was_tried_and_by_the_organization_only() {
    for database in Database::both().await {
        let mut scene = Scene::on(database).await;
        let stage = &scene.stage;
        let (here, joana) = (scene.here.clone(), stage.joana.clone());
        let made = joana.post(&format!("{here}/domains"), json!({ "domain": "aurora.example" })).await;
        let domain = format!("{here}/domains/{}", made.expect(201).json()["id"].as_str().expect("an id"));
        let prove = joana.post(&format!("{domain}/prove"), nothing()).await.expect(409);
        assert_eq!(prove.code(), "domain_not_proved", "nothing stands there");
        scene.provider.shows("latchstring-domain=something else");
        joana.post(&format!("{domain}/prove"), nothing()).await.expect(409);

        // Prepared by the vendor; the organization hears of it.
        let mut along = scene.wanted();
        for (column, value) in [("tested_at", json!(1)), ("live_id", json!("x")), ("state", json!("active"))]
        {
            along[column] = value;
        }
        let made = stage.ana.post(&format!("{here}/connections"), along).await.expect(201).json();
        assert_eq!((&made["live"], &made["draft"]["tested_at"]), (&json!(null), &json!(null)), "S41");
        assert!(!made.to_string().contains(CLIENT_SECRET), "never shown again");
        let id = made["id"].as_str().expect("an id").to_owned();
        assert_eq!(made["state"], "off");
        stage.server.deliver().await;
        let mails = stage.server.mailbox.to("joana@aurora.example");
        assert!(mails.iter().any(|mail| mail.subject.contains("was prepared")));
        stage.bruno.get(&here).await.expect(404);
        stage.marcos.get(&here).await.expect(403);
        stage.bea.get(&here).await.expect(404);
        // S40: another organization's connection and domain are not there.
        let other = format!("/api/v1/organizations/{}/single-sign-on", stage.boreal);
        stage.bea.send("PUT", &format!("{other}/connections/{id}"), scene.wanted()).await.expect(404);
        stage.bea.post(&format!("{other}/connections/{id}/disable"), nothing()).await.expect(404);
        let foreign = domain.replace(&stage.aurora, &stage.boreal);
        stage.bea.post(&format!("{foreign}/prove"), nothing()).await.expect(404);
        scene.connection = id;

        assert_eq!(scene.activate().await.expect(409).code(), "not_tested");
        scene.test().await.expect(303);
        let page = format!("/organizations/{}/single-sign-on/{}", scene.stage.aurora, scene.connection);
        let shown = scene.stage.joana.get(&page).await.expect(200).text;
        assert!(shown.contains("joana-there") && shown.contains("joana@aurora.example"), "the claims");
        assert!(!shown.contains(CLIENT_SECRET));
        assert_eq!(scene.activate().await.expect(409).code(), "no_domain");
        let line = scene.stage.joana.get(&here).await.expect(200).json();
        scene.provider.shows(&format!("\r\n{}\r\n", line["domains"][0]["line"].as_str().expect("a line")));
        scene.stage.joana.post(&format!("{domain}/prove"), nothing()).await.expect(200);

        let refused = scene.stage.ana.post(&scene.at("activate"), nothing()).await.expect(403);
        assert_eq!(refused.code(), "administrator_of_organization_required");
        scene.activate().await.expect(200);
        scene.stage.server.deliver().await;
        let mails = scene.stage.server.mailbox.to("joana@aurora.example");
        assert!(mails.iter().any(|mail| mail.subject.contains("is on")));
        assert_eq!(scene.recorded("single_sign_on.activated").await.len(), 1);

        // Other settings are tried anew; those that are on stay on. Two settings of one moment have no order.
        scene.stage.server.clock.advance(kernel::Duration::seconds(1));
        let mut other = scene.wanted();
        other["client_id"] = "another".into();
        other["client_secret"] = "".into();
        let path = format!("{here}/connections/{}", scene.connection);
        let changed = scene.stage.joana.send("PUT", &path, other);
        let changed = changed.await.expect(200).json();
        assert_eq!(
            (&changed["live"]["client_id"], &changed["draft"]["client_id"]),
            (&"latchstring".into(), &"another".into())
        );
        assert_eq!(scene.activate().await.expect(409).code(), "not_tested");
        // The last local administrator stays one.
        let members = format!("/api/v1/organizations/{}/members", scene.stage.aurora);
        let found = scene.stage.joana.get(&format!("{members}?search=joana")).await.expect(200).json();
        let own = format!("{members}/{}", found["data"][0]["id"].as_str().expect("an id"));
        let change = json!({ "user_type": "practitioner" });
        let refused = scene.stage.joana.send("PATCH", &own, change).await.expect(409);
        assert_eq!(refused.code(), "last_administrator");
    }
}

/// E13: somebody whom only the provider knows gets an account of the connection's type; the pair of issuer and subject is who
/// they are, and an address that changes there changes nothing here (case 24).
#[tokio::test]
async fn a_newcomer_gets_an_account_and_is_known_by_the_subject_from_then_on() {
    for scene in Scene::both().await {
        let carla = scene.signed_in("c-1", "carla@aurora.example").await;
        let account = carla.get("/api/v1/session").await;
        let account =
            if account.status == 200 { account } else { carla.get("/api/v1/sessions/current").await };
        let text = account.expect(200).text;
        assert!(text.contains("carla@aurora.example") || text.contains("single_sign_on"), "{text}");
        let members = format!("/api/v1/organizations/{}/members?search=carla", scene.stage.aurora);
        let found = scene.stage.joana.get(&members).await.expect(200).json();
        assert_eq!(
            (&found["data"][0]["user_type"], &found["data"][0]["role"]),
            (&"practitioner".into(), &"member".into())
        );

        scene.later().await;
        let again = scene.signed_in("c-1", "boss@aurora.example").await;
        again.get(&format!("/api/v1/organizations/{}", scene.stage.aurora)).await.expect(200);
        let found = scene.stage.joana.get(&members).await.expect(200).json();
        assert_eq!(found["data"][0]["email"], "carla@aurora.example");
        assert_eq!(found["data"].as_array().expect("a list").len(), 1);

        // Good for the own organization, for reading it and for the product; and for nothing that needs a proof of one's own.
        carla.get(&format!("/api/v1/organizations/{}", scene.stage.boreal)).await.expect(404);
        let inside = scene.stage.member_inside(&again).await;
        scene.stage.ask(&inside, "GET", "/").await.expect(200);
        let refused = again.post("/api/v1/account/second-factor/enable", nothing()).await.expect(403);
        assert_eq!(refused.code(), "managed_by_single_sign_on");
        let change = json!({ "current_password": PASSWORD, "new_password": "another long sentence" });
        let refused = again.post("/api/v1/account/password", change).await.expect(403);
        assert_eq!(refused.code(), "managed_by_single_sign_on", "E4, E13: no password here");
    }
}

/// E4, E13: from the moment it is on, a password opens nothing of the organization to people of those types, open sessions
/// included; the account from before is connected by whoever signs in to it, and has no password afterwards (case 24).
#[tokio::test]
async fn an_account_from_before_is_connected_by_signing_in_to_it() {
    for scene in Scene::both().await {
        let stage = &scene.stage;
        let organization = format!("/api/v1/organizations/{}", stage.aurora);
        assert_eq!(stage.marcos.get(&organization).await.status, 404, "his open session");
        let tokens = format!("{organization}/support-tokens");
        assert_eq!(stage.marcos.get(&tokens).await.expect(403).code(), "single_sign_on_required");
        let nobody = stage.server.anonymous();
        let body = json!({ "email": "marcos@aurora.example", "password": PASSWORD });
        let refused = nobody.post("/api/v1/sign-in", body.clone()).await.expect(403);
        assert_eq!(refused.code(), "managed_by_single_sign_on");
        // Without a password the page leads on; with a wrong one it shows the way, whoever has the address.
        for email in ["marcos@aurora.example", "nobody@aurora.example"] {
            let led = nobody.form("/sign-in", &[("email", email), ("password", "")]).await.expect(303);
            assert_eq!(led.header("location"), format!("/sign-in/sso/{}", scene.connection));
            let shown = nobody.form("/sign-in", &[("email", email), ("password", "wrong")]).await.expect(422);
            assert!(shown.text.contains("Continue with Aurora ID"), "{email}");
        }
        let ways = json!({ "email": "nobody@aurora.example" });
        let ways = nobody.post("/api/v1/sign-in/single-sign-on", ways).await.expect(200).json();
        assert_eq!(ways["data"][0]["name"], "Aurora ID");

        let (answer, browser) = scene.comes_back("m-1", "marcos@aurora.example", |_| {}).await;
        assert_eq!(answer.expect(303).header("location"), "/sign-in?connect=1");
        let page = browser.get("/sign-in?connect=1").await.expect(200).text;
        assert!(page.contains("marcos@aurora.example"));
        // The same words of a stranger's browser connect nothing.
        nobody.post("/api/v1/sign-in", body.clone()).await.expect(403);
        let wrong = json!({ "email": "marcos@aurora.example", "password": "not the password" });
        browser.post("/api/v1/sign-in", wrong).await.expect(401);
        let connected = browser.post("/api/v1/sign-in", body.clone()).await.expect(200);
        let marcos = browser.with_cookie(connected.cookie("__Host-latchstring"));
        marcos.get(&organization).await.expect(200);
        nobody.post("/api/v1/sign-in", body).await.expect(401);
        assert_eq!(scene.recorded("single_sign_on.connected").await.len(), 1);

        // No way back to a password by mail either.
        stage.server.deliver().await;
        let before = stage.server.mailbox.to("marcos@aurora.example").len();
        let ask = json!({ "email": "marcos@aurora.example" });
        nobody.post("/api/v1/account-recovery/reset-requests", ask).await.expect(202);
        stage.server.advance(Duration::seconds(5)).await;
        stage.server.deliver().await;
        assert_eq!(stage.server.mailbox.to("marcos@aurora.example").len(), before);
        scene.signed_in("m-1", "marcos@aurora.example").await.get(&organization).await.expect(200);
    }
}

/// E13: switched off, everybody who came by it is out at once, and may choose a password by mail.
#[tokio::test]
async fn a_connection_that_is_off_opens_nothing() {
    for scene in Scene::both().await {
        let stage = &scene.stage;
        let carla = scene.signed_in("c-1", "carla@aurora.example").await;
        let inside = stage.member_inside(&carla).await;
        stage.ana.post(&scene.at("disable"), nothing()).await.expect(200);
        carla.get(&format!("/api/v1/organizations/{}", stage.aurora)).await.expect(401);
        stage.ask(&inside, "GET", "/").await.expect(401);
        stage.server.anonymous().form(&format!("/sign-in/sso/{}", scene.connection), &[]).await.expect(404);
        let ask = json!({ "email": "carla@aurora.example" });
        stage.server.anonymous().post("/api/v1/account-recovery/reset-requests", ask).await.expect(202);
        let token =
            crate::account_recovery::mailed(&stage.server, "carla@aurora.example", "/reset-password/", 1)
                .await;
        let body = json!({ "token": token, "password": PASSWORD });
        let chosen = stage.server.anonymous().post("/api/v1/account-recovery/password", body).await;
        assert!(matches!(chosen.status, 200 | 204), "{}", chosen.text);
        crate::support::cast::sign_in(&stage.server, "carla@aurora.example").await;
    }
}

/// E13, F3: an administrator disconnects a person, who is out at once.
#[tokio::test]
async fn somebody_who_is_disconnected_is_out_at_once() {
    let scene = Scene::active(Database::sqlite()).await;
    let carla = scene.signed_in("c-1", "carla@aurora.example").await;
    let people = scene.stage.joana.get(&scene.at("people")).await.expect(200).json();
    assert_eq!(people["data"][0]["subject"], "c-1");
    let id = people["data"][0]["id"].as_str().expect("an id");
    scene.stage.ana.get(&scene.at("people")).await.expect(404);
    scene.stage.joana.request("DELETE", &scene.at(&format!("people/{id}"))).send().await.expect("an answer");
    carla.get(&format!("/api/v1/organizations/{}", scene.stage.aurora)).await.expect(401);
    let (answer, _) = scene.comes_back("c-1", "carla@aurora.example", |_| {}).await;
    assert_eq!(answer.expect(303).header("location"), "/sign-in?connect=1", "only by signing in to it again");
}
