//! What a second factor is asked of people whose place a provider opens.

use serde_json::{Value, json};
use testkit::Database;

use super::Scene;
use crate::{
    second_factor::turn_on,
    support::{
        cast::program,
        server::{Answer, PASSWORD, nothing},
    },
};

const JOANA: &str = "joana@aurora.example";
const MARCOS: &str = "marcos@aurora.example";

async fn set(scene: &Scene, organization: &str, levels: Value) -> Answer {
    let path = format!("/api/v1/organizations/{organization}/mfa-levels");
    let version = scene.stage.ana.get(&path).await.expect(200).json()["version"].clone();
    let body = json!({ "version": version, "levels": levels, "confirmed": true });
    scene.stage.ana.send("PUT", &path, body).await
}

/// A connection that is on, over a level of practitioners from before it.
async fn over(database: Database, level: &str) -> Scene {
    let mut scene = Scene::on(database).await;
    scene.own_domain().await;
    scene.make_practitioner("marcos").await;
    (scene.stage.joana, _) = turn_on(&scene.stage, &scene.stage.joana, JOANA).await;
    set(&scene, &scene.stage.aurora, json!({ "practitioners": level })).await.expect(200);
    scene.connection = scene.prepare().await;
    scene.test().await.expect(303);
    scene.activate().await.expect(200);
    scene
}

/// Boreal, which asks for this much, takes in somebody who is signed in.
async fn joins_boreal(scene: &Scene, who: &crate::support::server::Browser, email: &str, level: &str) {
    let stage = &scene.stage;
    let invitations = format!("/api/v1/organizations/{}/invitations", stage.boreal);
    stage.bea.post(&invitations, json!({ "email": email, "name": "X", "role": "member" })).await.expect(201);
    let link = stage.server.mailed_link(email, "/invitations/").await;
    let token = json!({ "token": link.rsplit('/').next().expect("a token") });
    who.post("/api/v1/invitations/accept", token).await.expect(200);
    set(scene, &stage.boreal, json!({ "practitioners": level })).await.expect(200);
}

/// E4: a user type that signs in by single sign-on has no level to set: the page says by which provider it is managed, the
/// call is refused, its people are marked so, and nobody of them is asked for a factor here. What was set before is there
/// again when it is switched off.
#[tokio::test]
async fn a_type_that_comes_by_single_sign_on_has_no_level() {
    for database in Database::both().await {
        let scene = over(database, "mandatory").await;
        let aurora = scene.stage.aurora.clone();
        let path = format!("/api/v1/organizations/{aurora}/mfa-levels");
        let before = scene.stage.ana.get(&path).await.expect(200).json();
        let practitioners = &before["levels"][0];
        assert_eq!(
            (&practitioners["level"], &practitioners["managed_by"]),
            (&Value::Null, &json!("127.0.0.1"))
        );
        for level in ["upon_request", "suggested", "mandatory"] {
            let refused =
                set(&scene, &aurora, json!({ "practitioners": level, "clients": "suggested" })).await;
            assert_eq!(refused.expect(409).code(), "managed_by_sso");
            let preview =
                scene.stage.ana.post(&format!("{path}/preview"), json!({ "practitioners": level })).await;
            assert_eq!(preview.expect(409).code(), "managed_by_sso");
        }
        assert_eq!(scene.stage.ana.get(&path).await.expect(200).json(), before, "nothing of it was saved");
        let page = format!("/admin/organizations/{aurora}/authentication");
        let shown = scene.stage.ana.get(&page).await.expect(200).text;
        assert!(shown.contains("Managed by your SSO (127.0.0.1)"));
        assert!(!shown.contains("name=\"practitioners\"") && shown.contains("name=\"clients\""));
        let refused = scene.stage.ana.form(&page, &[("version", "2"), ("practitioners", "suggested")]).await;
        assert_eq!(refused.status, 409);
        let carla = scene.signed_in("c-1", "carla@aurora.example").await;
        carla.get(&format!("/api/v1/organizations/{aurora}")).await.expect(200);
        let inside = scene.stage.member_inside(&carla).await;
        scene.stage.ask(&inside, "GET", "/").await.expect(200);
        let people = scene.stage.ana.get(&format!("{path}/people")).await.expect(200).json();
        for one in people["data"].as_array().expect("a list") {
            let state = if one["email"] == JOANA { "set_up" } else { "managed_by_sso" };
            assert_eq!(one["state"], state, "{one}");
        }
        scene.stage.joana.post(&scene.at("disable"), nothing()).await.expect(200);
        let after = scene.stage.ana.get(&path).await.expect(200).json();
        assert_eq!(
            (&after["levels"][0]["level"], &after["levels"][0]["managed_by"]),
            (&json!("mandatory"), &Value::Null)
        );
        assert_eq!(after["levels"].as_array().map(Vec::len), Some(3));
    }
}

/// E3, E11: the local administrator, who can switch single sign-on on and off, has no user type and is under a level that can be
/// set, in a line of its own while practitioners come by it.
#[tokio::test]
async fn the_local_administrator_is_under_a_level_that_can_be_set() {
    for database in Database::both().await {
        let scene = Scene::active(database).await;
        let aurora = scene.stage.aurora.clone();
        let path = format!("/api/v1/organizations/{aurora}/mfa-levels");
        let levels = scene.stage.ana.get(&path).await.expect(200).json();
        assert_eq!(
            levels["levels"][3],
            json!({ "group": "no_user_type", "level": "upon_request", "managed_by": null, "people": 1,
                "without_second_factor": 1 })
        );
        let page = format!("/admin/organizations/{aurora}/authentication");
        let shown = scene.stage.ana.get(&page).await.expect(200).text;
        assert!(
            shown.contains("People without a user type") && shown.contains("name=\"no_user_type\""),
            "{shown}"
        );
        let list = scene.stage.ana.get("/admin/authentication?q=aurora").await.expect(200).text;
        assert!(list.contains("By SSO; without a user type: Upon request"), "{list}");
        set(&scene, &aurora, json!({ "no_user_type": "mandatory" })).await.expect(200);
        let refused = scene.stage.joana.get(&format!("/api/v1/organizations/{aurora}")).await.expect(403);
        assert_eq!(refused.code(), "second_factor_required");
        scene.stage.joana.post(&scene.at("disable"), nothing()).await.expect(403);
        scene.signed_in("c-1", "carla@aurora.example").await.get("/api/v1/organizations").await.expect(200);
        let people = scene.stage.ana.get(&format!("{path}/people?search=joana")).await.expect(200).json();
        assert_eq!(
            (&people["data"][0]["state"], &people["data"][0]["group"]),
            (&json!("forced"), &json!("no_user_type"))
        );
        // Where practitioners have a level, it is theirs too.
        let refused =
            set(&scene, &scene.stage.boreal, json!({ "no_user_type": "mandatory" })).await.expect(409);
        assert_eq!(refused.code(), "no_such_group");
    }
}

/// E12: whoever belongs to an organization with a provider and to another that makes the factor mandatory uses the first in the
/// session that its provider opened, where nothing could be set up; in a local session the other asks. A level that was stored
/// before there was a provider shuts nobody out of the other.
#[tokio::test]
async fn a_session_by_single_sign_on_is_judged_by_its_organization_alone() {
    for database in Database::both().await {
        let scene = over(database, "mandatory").await;
        let stage = &scene.stage;
        let aurora = format!("/api/v1/organizations/{}", stage.aurora);
        let carla = scene.signed_in("c-1", "carla@aurora.example").await;
        let inside = stage.member_inside(&carla).await;
        joins_boreal(&scene, &carla, "carla@aurora.example", "mandatory").await;
        carla.get(&aurora).await.expect(200);
        stage.ask(&inside, "GET", "/").await.expect(200);
        let own = carla.get("/api/v1/account/mfa-level").await.expect(200).json();
        assert_eq!((&own["state"], &own["level"]), (&json!("managed_by_sso"), &json!("upon_request")));
        scene.later().await;
        let carla = scene.signed_in("c-1", "carla@aurora.example").await;
        carla.get(&aurora).await.expect(200);
        carla.get(&format!("/api/v1/organizations/{}", stage.boreal)).await.expect(404);

        // Boreal asks for nothing. What Aurora's practitioners were under before shuts Marcos out of nothing.
        set(&scene, &stage.boreal, json!({ "practitioners": "upon_request" })).await.expect(200);
        let marcos = crate::second_factor::start(stage, MARCOS, "").await;
        assert_eq!(marcos.expect(403).code(), "managed_by_single_sign_on");
        joins_boreal(&scene, &stage.marcos, MARCOS, "suggested").await;
        let boreal = format!("/api/v1/organizations/{}", stage.boreal);
        stage.marcos.get(&boreal).await.expect(200);
        let body = json!({ "email": MARCOS, "password": PASSWORD });
        let again = stage.server.anonymous().post("/api/v1/sign-in", body).await.expect(200);
        let again = stage.server.anonymous().with_cookie(again.cookie("__Host-latchstring"));
        again.get(&boreal).await.expect(200);
        again.get(&aurora).await.expect(404);
        set(&scene, &stage.boreal, json!({ "practitioners": "mandatory" })).await.expect(200);
        assert_eq!(again.get(&boreal).await.expect(403).code(), "second_factor_required");
    }
}

/// E2, E4: nobody is offered a second factor in a session in which none can be set up, and a program that passes on what such a
/// person does is not stopped by a level that does not hold for them.
#[tokio::test]
async fn nothing_is_suggested_to_whom_a_provider_signs_in() {
    let scene = over(Database::sqlite(), "mandatory").await;
    let stage = &scene.stage;
    let carla = scene.signed_in("c-1", "carla@aurora.example").await;
    joins_boreal(&scene, &carla, "carla@aurora.example", "suggested").await;
    scene.later().await;
    let (answer, _) = scene.comes_back("c-1", "carla@aurora.example", |_| {}).await;
    assert_eq!(answer.expect(303).header("location"), "/organizations");

    let settings =
        json!({ "longest_validity_seconds": null, "who_may_open": "members", "backend_may_open": true });
    let aurora = format!("/api/v1/organizations/{}", stage.aurora);
    stage.joana.send("PUT", &format!("{aurora}/settings"), settings).await.expect(200);
    let me = carla.get("/api/v1/sessions/current").await.expect(200).json();
    let mut backend = program(stage, &["support_tokens.read", "organizations.read"]).await;
    backend.on_behalf_of = Some(me["user"]["id"].as_str().expect("an id").to_owned());
    backend.get(&format!("{aurora}/support-tokens")).await.expect(200);
}
