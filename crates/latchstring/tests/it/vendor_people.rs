//! The vendor's own people: their roles, and that nobody is on both sides.

use kernel::Duration;
use serde_json::{Value, json};

use crate::support::{
    cast::{Stage, invite, organization, sign_in},
    server::{PASSWORD, nothing},
};

/// A7: nobody is on both sides: a customer's person cannot become an agent, nor can an organization begin with staff.
#[tokio::test]
async fn nobody_is_on_both_sides() {
    let stage = Stage::start().await;
    let body = json!({ "email": "marcos@aurora.example", "name": "M", "agent_level": 3 });
    stage.vera.post("/api/v1/agents", body).await.expect(422);
    // Invited by both, they can accept one.
    let body = json!({ "email": "both@elsewhere.example", "name": "B", "agent_level": 1 });
    stage.vera.post("/api/v1/agents", body).await.expect(201);
    let link = stage.server.mailed_link("both@elsewhere.example", "/invitations/").await;
    let as_staff = link.rsplit('/').next().expect("a token");
    invite(&stage.server, &stage.joana, &stage.aurora, "both@elsewhere.example", "Both", "member").await;
    let both = sign_in(&stage.server, "both@elsewhere.example").await;
    both.post("/api/v1/invitations/accept", json!({ "token": as_staff })).await.expect(409);
    both.get("/api/v1/desk/waiting").await.expect(403);
    let made = organization(&stage.server, &stage.vera, "Cirrus", "cleo@cirrus.example").await;
    stage.vera.get(&format!("/api/v1/organizations/{made}/members")).await.expect(404);
}

/// A37 and the API of the vendor's people: invited, changed, suspended, restored; one administrator always stays.
#[tokio::test]
async fn the_vendors_people_are_kept_by_its_administrators() {
    let stage = Stage::start().await;
    let all = stage.vera.get("/api/v1/agents").await.expect(200).json();
    let id = |name: &str| {
        let one = all["data"].as_array().expect("a list").iter().find(|agent| agent["name"] == name);
        one.and_then(|agent| agent["id"].as_str()).expect("an id").to_owned()
    };
    let (vera, bruno) = (id("Vera Lang"), id("Bruno Ramos"));
    for (level, administers) in [(Value::Null, false), (json!(2), false)] {
        let body = json!({ "agent_level": level, "is_administrator": administers });
        let refused = stage.vera.send("PATCH", &format!("/api/v1/agents/{vera}"), body).await.expect(409);
        assert_eq!(refused.code(), "last_vendor_administrator");
    }
    stage.vera.post(&format!("/api/v1/agents/{vera}/suspend"), nothing()).await.expect(409);
    for level in [0, 4, 255] {
        let body = json!({ "agent_level": level, "is_administrator": false });
        stage.vera.send("PATCH", &format!("/api/v1/agents/{bruno}"), body).await.expect(422);
    }
    let body = json!({ "agent_level": 3, "is_administrator": false });
    let changed = stage.vera.send("PATCH", &format!("/api/v1/agents/{bruno}"), body).await.expect(200).json();
    assert_eq!(changed["agent_level"], 3);

    // S31: suspended, they are signed out everywhere, and cannot come back until restored.
    stage.vera.post(&format!("/api/v1/agents/{bruno}/suspend"), nothing()).await.expect(200);
    stage.bruno.get("/api/v1/sessions/current").await.expect(401);
    let body = json!({ "email": "bruno@vendor.example", "password": PASSWORD });
    let again = stage.server.anonymous().post("/api/v1/sign-in", body).await;
    if again.status == 200 {
        let bruno = stage.server.anonymous().with_cookie(again.cookie("__Host-latchstring"));
        bruno.get("/api/v1/desk/waiting").await.expect(403);
    }
    stage.vera.post(&format!("/api/v1/agents/{bruno}/restore"), nothing()).await.expect(200);
    stage.bruno.get("/api/v1/sessions/current").await.expect(401);
    sign_in(&stage.server, "bruno@vendor.example").await.get("/api/v1/desk/waiting").await.expect(200);
}

/// S7, S47: the link for the first administrator works once, for an hour, and one that follows it ends it.
#[tokio::test]
async fn the_set_up_link_works_once() {
    for stage in Stage::both().await {
        let call = operation::Call::by_operator(&stage.server.product.world);
        let issue = async || {
            organizations::operations::setup::issue(&call).await.expect("a link").expose().to_owned()
        };
        let nobody = stage.server.anonymous();
        let complete = async |token: &str, email: &str| {
            let form = [("name", "Wim Voss"), ("email", email), ("password", PASSWORD)];
            nobody.form(&format!("/setup/{token}"), &form).await.status
        };
        let (first, second) = (issue().await, issue().await);
        assert_eq!(complete(&first, "wim@vendor.example").await, 410);
        assert_eq!(complete(&second, "joana@aurora.example").await, 422, "somebody's address already");
        let tries = (0..20).map(|n| complete(&second, ["wim@vendor.example", "wanda@vendor.example"][n % 2]));
        let statuses = futures_util::future::join_all(tries).await;
        assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
        assert_eq!(complete(&second, "walt@vendor.example").await, 410);
        nobody.get(&format!("/setup/{second}")).await.expect(410);
        // The test's own call has the time at which it was made.
        let third = issue().await;
        stage.server.advance(Duration::hours(1)).await;
        assert_eq!(complete(&third, "walt@vendor.example").await, 410);
    }
}
