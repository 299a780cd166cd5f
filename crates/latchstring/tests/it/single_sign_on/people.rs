//! Whom a provider concerns, and whom not.

use serde_json::{Value, json};
use testkit::Database;

use super::Scene;
use crate::support::{
    cast::sign_in,
    server::{Answer, Browser, nothing},
};

async fn invite(scene: &Scene, body: Value) -> Answer {
    scene.stage.joana.post(&format!("/api/v1/organizations/{}/invitations", scene.stage.aurora), body).await
}

async fn accept(scene: &Scene, email: &str, by: &Browser) -> Answer {
    let link = scene.stage.server.mailed_link(email, "/invitations/").await;
    by.post("/api/v1/invitations/accept", json!({ "token": link.rsplit('/').next().expect("a token") })).await
}

async fn member(scene: &Scene, search: &str) -> String {
    let members = format!("/api/v1/organizations/{}/members", scene.stage.aurora);
    let found = scene.stage.joana.get(&format!("{members}?search={search}")).await.expect(200).json();
    format!("{members}/{}", found["data"][0]["id"].as_str().expect("an id"))
}

/// A6, E13: an agent who is in a firm for a time keeps their own way in, whatever user type they were given there and whatever
/// the firm's administrators switch on: a customer shuts none of the vendor's people out of the vendor.
#[tokio::test]
async fn a_customer_shuts_no_agent_out() {
    for database in Database::both().await {
        let mut scene = Scene::on(database).await;
        scene.own_domain().await;
        let ends_at = web::rest::rfc3339(scene.stage.server.now() + kernel::Duration::days(9));
        for (email, user_type) in
            [("ana@vendor.example", "practitioner"), ("vera@vendor.example", "employee")]
        {
            let body = json!({ "email": email, "name": "One of us", "role": "member", "kind": "vendor_staff",
                "user_type": user_type, "ends_at": ends_at });
            invite(&scene, body).await.expect(201);
            let by = if email.starts_with("ana") { &scene.stage.ana } else { &scene.stage.vera };
            accept(&scene, email, by).await.expect(200);
        }
        scene.connection = scene.prepare().await;
        scene.test().await.expect(303);
        scene.activate().await.expect(200);
        let aurora = format!("/api/v1/organizations/{}", scene.stage.aurora);
        scene.stage.ana.get(&aurora).await.expect(200);
        let inside = scene.stage.member_inside(&scene.stage.ana).await;
        scene.stage.ask(&inside, "GET", "/").await.expect(200);
        // Another type that is managed, given while it is.
        let vera = member(&scene, "vera").await;
        let change = json!({ "user_type": "practitioner" });
        scene.stage.joana.send("PATCH", &vera, change).await.expect(200);
        scene.stage.server.advance(kernel::Duration::minutes(1)).await;
        for email in ["ana@vendor.example", "vera@vendor.example"] {
            sign_in(&scene.stage.server, email).await.get(&aurora).await.expect(200);
        }
        // And in none of the organization's lists do they count as the provider's.
        let (answer, _) = scene.comes_back("evil", "ana@vendor.example", |_| {}).await;
        Scene::is_refused(&answer, "never by a customer's provider");
    }
}

/// E13: whoever has an account already is invited to a type that signs in at the provider like everybody else, and connects it;
/// whoever has none needs no invitation, and gets no password beside the provider. Only with an address in a proved domain.
#[tokio::test]
async fn somebody_who_is_known_is_invited_to_a_managed_type() {
    for database in Database::both().await {
        let scene = Scene::active(database).await;
        let body = |email: &str| json!({ "email": email, "name": "X", "role": "member", "user_type": "practitioner" });
        assert_eq!(
            invite(&scene, body("new@aurora.example")).await.expect(409).code(),
            "managed_by_single_sign_on"
        );
        // Outside of the domains it is not told who has an account.
        for email in ["bea@boreal.example", "nobody@boreal.example"] {
            assert_eq!(invite(&scene, body(email)).await.expect(409).code(), "people_outside_domains");
        }
        // Somebody of another organization, with an address of this one.
        let stage = &scene.stage;
        let elsewhere = json!({ "email": "dora@aurora.example", "name": "Dora", "role": "member" });
        stage
            .bea
            .post(&format!("/api/v1/organizations/{}/invitations", stage.boreal), elsewhere)
            .await
            .expect(201);
        crate::support::cast::accept(&stage.server, "dora@aurora.example", "Dora Reis").await;
        let dora = sign_in(&stage.server, "dora@aurora.example").await;
        invite(&scene, body("dora@aurora.example")).await.expect(201);
        accept(&scene, "dora@aurora.example", &dora).await.expect(200);
        let aurora = format!("/api/v1/organizations/{}", stage.aurora);
        assert_eq!(
            dora.get(&format!("{aurora}/support-tokens")).await.expect(403).code(),
            "single_sign_on_required"
        );
        dora.get(&format!("/api/v1/organizations/{}", stage.boreal)).await.expect(200);
        // Dora is signed in, and comes from the provider: the form is there all the same.
        let (answer, browser) = scene.comes_back("d-1", "dora@aurora.example", |_| {}).await;
        assert_eq!(answer.expect(303).header("location"), "/sign-in?connect=1");
        let both = format!(
            "{}; {}",
            dora.cookie.clone().expect("a session"),
            browser.cookie.clone().expect("an errand")
        );
        let both = dora.with_cookie(both);
        let shown = both.get("/sign-in?connect=1").await.expect(200).text;
        assert!(
            shown.contains("dora@aurora.example") && shown.contains("Aurora ID has said who you are"),
            "{shown}"
        );
        let form = [("email", "dora@aurora.example"), ("password", crate::support::server::PASSWORD)];
        let done = both.form("/sign-in", &form).await.expect(303);
        let there = both.with_cookie(done.cookie("__Host-latchstring"));
        there.get(&aurora).await.expect(200);
        dora.get("/api/v1/organizations").await.expect(401);
    }
}

/// E13: a member becomes one of a managed type only with an address that the provider is believed about.
#[tokio::test]
async fn a_change_to_a_managed_type_asks_for_the_domain() {
    let scene = Scene::active(Database::sqlite()).await;
    let outside = json!({ "email": "eva@elsewhere.example", "name": "Eva", "role": "member" });
    invite(&scene, outside).await.expect(201);
    crate::support::cast::accept(&scene.stage.server, "eva@elsewhere.example", "Eva Luz").await;
    let eva = member(&scene, "eva").await;
    let change = |user_type: &str| json!({ "user_type": user_type });
    let refused = scene.stage.joana.send("PATCH", &eva, change("practitioner")).await.expect(409);
    assert_eq!(refused.code(), "people_outside_domains");
    sign_in(&scene.stage.server, "eva@elsewhere.example").await;
    scene.stage.joana.send("PATCH", &eva, change("employee")).await.expect(200);
    let marcos = member(&scene, "marcos").await;
    scene.stage.joana.send("PATCH", &marcos, change("employee")).await.expect(200);
    scene.stage.joana.send("PATCH", &marcos, change("practitioner")).await.expect(200);
}

/// E13: whoever is signed in here, and has their only place at a provider, is shown the way there instead of a closed door.
#[tokio::test]
async fn a_closed_product_shows_the_way_to_the_provider() {
    let scene = Scene::active(Database::sqlite()).await;
    let begin = format!("{}/_latchstring/begin?rd=%2F", scene.stage.origin);
    let begun = scene.stage.at_product(&begin, "").await.expect(303);
    let shown = scene.stage.marcos.get(begun.header("location")).await.expect(403).text;
    assert!(shown.contains(&format!("href=\"/sign-in/sso/{}?rd=", scene.connection)), "{shown}");
    assert!(shown.contains("Sign in by the single sign-on of Aurora Holding"));
}

/// B17, E13: a session that a provider opened enters no client's account, and is told so before anything is looked for.
#[tokio::test]
async fn a_session_by_single_sign_on_enters_no_client() {
    let scene = Scene::active(Database::sqlite()).await;
    let carla = scene.signed_in("c-1", "carla@aurora.example").await;
    let grant = format!("/api/v1/clients/gr_{}/enter", "0".repeat(26));
    let before = scene.recorded("session.handed_over").await.len();
    let refused = carla.post(&grant, nothing()).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (403, "other_sign_in_required"),
        "{}",
        refused.text
    );
    scene.stage.joana.post(&grant, nothing()).await.expect(404);
    assert_eq!(scene.recorded("session.handed_over").await.len(), before);
}
