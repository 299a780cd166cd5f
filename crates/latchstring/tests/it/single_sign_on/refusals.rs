//! Each refusal of single sign-on: who is told no, and in which word.

use serde_json::json;
use testkit::Database;

use super::Scene;
use crate::support::{cast::accept, server::nothing};

/// With what it takes to be switched on, but for what a test takes away.
async fn ready() -> Scene {
    let mut scene = Scene::on(Database::sqlite()).await;
    scene.own_domain().await;
    scene.connection = scene.prepare().await;
    scene.test().await.expect(303);
    scene
}

/// E13: one administrator remains who signs in without the provider.
#[tokio::test]
async fn without_a_local_administrator_it_is_not_switched_on() {
    let scene = ready().await;
    scene.make_practitioner("joana").await;
    assert_eq!(scene.activate().await.expect(409).code(), "no_local_administrator");
    let members = format!("/api/v1/organizations/{}/members?search=joana", scene.stage.aurora);
    let own = scene.stage.joana.get(&members).await.expect(200).json();
    assert_eq!(own["data"][0]["user_type"], "practitioner");
    // Nothing of it was kept: she signs in as before.
    crate::support::cast::sign_in(&scene.stage.server, "joana@aurora.example").await;
    let levels = format!("/api/v1/organizations/{}/mfa-levels", scene.stage.aurora);
    let levels = scene.stage.ana.get(&levels).await.expect(200).json();
    assert_eq!(levels["levels"][0]["managed_by"], json!(null));
}

/// E13: nobody is left who could sign in neither here nor there.
#[tokio::test]
async fn with_people_outside_of_the_domains_it_is_not_switched_on() {
    let scene = ready().await;
    let path = format!("/api/v1/organizations/{}/invitations", scene.stage.aurora);
    let eva = json!({ "email": "eva@elsewhere.example", "name": "Eva", "role": "member", "user_type": "practitioner" });
    scene.stage.joana.post(&path, eva).await.expect(201);
    accept(&scene.stage.server, "eva@elsewhere.example", "Eva Luz").await;
    let refused = scene.activate().await.expect(409);
    assert_eq!(refused.code(), "people_outside_domains");
    assert!(refused.text.contains("1 of the people"), "{}", refused.text);
}

/// E13: a domain is one organization's, and of two that claim it the one that has proved it.
#[tokio::test]
async fn a_domain_belongs_to_one_organization() {
    let scene = Scene::on(Database::sqlite()).await;
    scene.own_domain().await;
    let other = format!("/api/v1/organizations/{}/single-sign-on/domains", scene.stage.boreal);
    let made = scene.stage.bea.post(&other, json!({ "domain": "aurora.example" })).await.expect(201).json();
    scene.provider.shows(made["line"].as_str().expect("a line"));
    let id = made["id"].as_str().expect("an id");
    let refused = scene.stage.bea.post(&format!("{other}/{id}/prove"), nothing()).await.expect(409);
    assert_eq!(refused.code(), "domain_of_another");
    let refused = scene.stage.vera.post(&format!("{other}/{id}/confirm"), nothing()).await.expect(409);
    assert_eq!(refused.code(), "domain_of_another");
}

/// E4: a user type signs in at one provider.
#[tokio::test]
async fn a_user_type_has_one_provider() {
    let mut scene = Scene::active(Database::sqlite()).await;
    scene.connection = scene.prepare().await;
    scene.test().await.expect(303);
    assert_eq!(scene.activate().await.expect(409).code(), "user_type_already_managed");
}

/// E15: a domain of the vendor is no customer's to prove, in no spelling; and where one became the vendor's after it was proved,
/// its provider makes no account with an address in it.
#[tokio::test]
async fn an_address_of_the_vendor_is_no_customers_by_single_sign_on() {
    let scene = Scene::active(Database::sqlite()).await;
    for domain in ["vendor.example", "VENDOR.example", "@vendor.example", "mail.vendor.example"] {
        let path = format!("{}/domains", scene.here);
        let refused = scene.stage.joana.post(&path, json!({ "domain": domain })).await.expect(422).json();
        assert_eq!(refused["errors"][0]["code"], "vendor_domain", "{domain}");
    }
    let mut tx = scene.stage.server.product.world.store.write().await.expect("a change");
    let rename = "UPDATE single_sign_on_domains SET domain = 'vendor.example', owned = 'vendor.example'";
    tx.execute(rename, &store::args![]).await.expect("changed");
    tx.commit().await.expect("committed");
    for email in ["rui@vendor.example", "RUI@Vendor.example"] {
        let (answer, _) = scene.comes_back("r-1", email, |_| {}).await;
        Scene::is_refused(&answer, email);
        let refused = scene.recorded("single_sign_on.refused").await;
        assert_eq!(refused.last().expect("written").details["reason"], "vendor_address");
        scene.later().await;
    }
}

/// Case 24: an account that is connected is nobody else's, whatever address the provider says of them.
#[tokio::test]
async fn an_account_is_connected_to_one_subject() {
    let scene = Scene::active(Database::sqlite()).await;
    scene.signed_in("c-1", "carla@aurora.example").await;
    scene.later().await;
    let (answer, browser) = scene.comes_back("c-2", "carla@aurora.example", |_| {}).await;
    Scene::is_refused(&answer, "another subject with the same address");
    assert!(answer.text.contains("connected to another account"), "{}", answer.text);
    browser.get("/api/v1/sessions").await.expect(401);
    let refused = scene.recorded("single_sign_on.refused").await;
    assert_eq!(refused.last().expect("written").details["reason"], "connected_to_another");
}

/// E13: accounts are made at the first sign-in only where the connection says so.
#[tokio::test]
async fn nobody_new_comes_in_where_the_connection_makes_no_accounts() {
    let mut scene = Scene::on(Database::sqlite()).await;
    scene.own_domain().await;
    let mut wanted = scene.wanted();
    wanted["new_people"] = "".into();
    let made =
        scene.stage.joana.post(&format!("{}/connections", scene.here), wanted).await.expect(201).json();
    scene.connection = made["id"].as_str().expect("an id").to_owned();
    scene.test().await.expect(303);
    scene.activate().await.expect(200);
    let (answer, _) = scene.comes_back("c-1", "carla@aurora.example", |_| {}).await;
    Scene::is_refused(&answer, "nobody new");
    let refused = scene.recorded("single_sign_on.refused").await;
    assert_eq!(refused.last().expect("written").details["reason"], "nobody_new");
}

/// E13, B20: whoever is unlinked here signs in no more, though the provider still knows them.
#[tokio::test]
async fn whoever_is_unlinked_signs_in_no_more() {
    let scene = Scene::active(Database::sqlite()).await;
    let carla = scene.signed_in("c-1", "carla@aurora.example").await;
    let members = format!("/api/v1/organizations/{}/members", scene.stage.aurora);
    let found = scene.stage.joana.get(&format!("{members}?search=carla")).await.expect(200).json();
    let own = format!("{members}/{}", found["data"][0]["id"].as_str().expect("an id"));
    scene.stage.joana.send("DELETE", &own, nothing()).await.expect(204);
    assert_eq!(carla.get("/api/v1/organizations").await.json()["data"], json!([]));
    scene.later().await;
    let (answer, _) = scene.comes_back("c-1", "carla@aurora.example", |_| {}).await;
    Scene::is_refused(&answer, "unlinked");
    let refused = scene.recorded("single_sign_on.refused").await;
    assert_eq!(refused.last().expect("written").details["reason"], "place_ended");
}

/// E13: a session of one organization's provider is told that it is not the one for another place.
#[tokio::test]
async fn another_place_needs_another_sign_in() {
    let scene = Scene::active(Database::sqlite()).await;
    let stage = &scene.stage;
    let carla = scene.signed_in("c-1", "carla@aurora.example").await;
    let body = json!({ "email": "carla@aurora.example", "name": "Carla", "role": "member" });
    stage.bea.post(&format!("/api/v1/organizations/{}/invitations", stage.boreal), body).await.expect(201);
    let link = stage.server.mailed_link("carla@aurora.example", "/invitations/").await;
    let token = json!({ "token": link.rsplit('/').next().expect("a token") });
    carla.post("/api/v1/invitations/accept", token).await.expect(200);
    let tokens = format!("/api/v1/organizations/{}/support-tokens", stage.boreal);
    assert_eq!(carla.get(&tokens).await.expect(403).code(), "other_sign_in_required");
    let listed = carla.get("/api/v1/organizations").await.expect(200).json();
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1), "{listed}");
}
