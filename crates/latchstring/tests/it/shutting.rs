//! Part A over the API, the other half: who shuts, what ends at once, and what is told of it.

use serde_json::json;

use crate::support::{
    cast::{Stage, invite, revoke, sign_in, tokens},
    server::nothing,
};

/// A30, A31: a pending token can be revoked; its maker and administrators can, other members and strangers cannot.
#[tokio::test]
async fn the_maker_and_administrators_revoke() {
    let stage = Stage::start().await;
    invite(&stage.server, &stage.joana, &stage.aurora, "rita@aurora.example", "Rita Sá", "member").await;
    let rita = sign_in(&stage.server, "rita@aurora.example").await;
    let made = stage
        .marcos
        .post(&tokens(&stage.aurora), json!({ "validity_seconds": 3600 }))
        .await
        .expect(201)
        .json();
    let grant = made["id"].as_str().expect("an id");
    revoke(&rita, grant).await.expect(403);
    for stranger in [&stage.bea, &stage.ana, &stage.vera] {
        assert!(matches!(revoke(stranger, grant).await.status, 403 | 404));
    }
    revoke(&stage.server.anonymous(), grant).await.expect(401);
    revoke(&stage.marcos, grant).await.expect(200);
    let again = revoke(&stage.marcos, grant).await.expect(409);
    assert!(!again.text.is_empty());
    let made = stage
        .marcos
        .post(&tokens(&stage.aurora), json!({ "validity_seconds": 3600 }))
        .await
        .expect(201)
        .json();
    revoke(&stage.joana, made["id"].as_str().expect("an id")).await.expect(200);
}

/// A32: the agent gives it back, the vendor ends it; both show in the history, and nobody lengthens one.
#[tokio::test]
async fn the_agent_gives_back_and_the_vendor_ends() {
    let stage = Stage::start().await;
    let grant = stage.opened_to_ana("read_only").await;
    stage.bruno.post(&format!("/api/v1/support-tokens/{grant}/give-back"), nothing()).await.expect(404);
    stage.ana.post(&format!("/api/v1/support-tokens/{grant}/give-back"), nothing()).await.expect(200);
    stage.server.clock.advance(kernel::Duration::seconds(1));
    let grant = stage.opened_to_ana("read_only").await;
    let cookie = stage.ana_inside(&grant).await;
    stage.ask(&cookie, "GET", "/").await.expect(200);
    stage.joana.post(&format!("/api/v1/support-tokens/{grant}/end"), nothing()).await.expect(403);
    stage.vera.post(&format!("/api/v1/support-tokens/{grant}/end"), nothing()).await.expect(200);
    stage.ask(&cookie, "GET", "/").await.expect(403);
    let history = stage.joana.get(&tokens(&stage.aurora)).await.expect(200).json();
    assert_eq!(history["data"][0]["end"]["how"], "vendor");
    assert_eq!(history["data"][0]["end"]["by"]["name"], "Vera Lang");
    assert_eq!(history["data"][1]["end"]["how"], "agent");
}

/// A33: the agent's own session stays; leaving ends the acting one only.
#[tokio::test]
async fn entering_is_a_session_of_its_own() {
    let stage = Stage::start().await;
    let cookie = stage.ana_inside(&stage.opened_to_ana("read_only").await).await;
    stage.ana.get("/api/v1/sessions/current").await.expect(200);
    // The acting session is no way to Latchstring's own operations (A36).
    let inside = stage.server.anonymous().with_cookie(&cookie);
    for path in ["/api/v1/sessions", "/api/v1/sessions/current", "/api/v1/organizations", "/api/v1/desk/mine"]
    {
        inside.get(path).await.expect(401);
    }
    let value = cookie.split_once('=').expect("a pair").1;
    let disguised = stage.server.anonymous().with_cookie(format!("__Host-latchstring={value}"));
    disguised.get("/api/v1/sessions/current").await.expect(401);
    // And the agent's own session is no way into the product.
    let own = stage.ana.cookie.clone().expect("a cookie");
    let own_value = own.split_once('=').expect("a pair").1;
    for name in ["__Host-latchstring_acting", "__Host-latchstring_app"] {
        let answer = stage.ask(&format!("{name}={own_value}"), "GET", "/").await;
        assert!(matches!(answer.status, 302 | 401), "{}", answer.status);
    }
}

/// A35: the desk shows pending tokens and the agent's own, never a directory of organizations.
#[tokio::test]
async fn the_desk_is_no_directory() {
    let stage = Stage::start().await;
    let waiting = stage.ana.get("/api/v1/desk/waiting").await.expect(200).json();
    assert_eq!(waiting["data"], json!([]));
    let token = stage.open(json!({ "validity_seconds": 3600 })).await;
    let waiting = stage.bruno.get("/api/v1/desk/waiting").await.expect(200).json();
    assert_eq!(waiting["data"][0]["id"], token["id"]);
    stage.ana.post("/api/v1/desk/associate", json!({ "id": token["id"], "ticket": "1" })).await.expect(200);
    assert_eq!(stage.bruno.get("/api/v1/desk/waiting").await.expect(200).json()["data"], json!([]));
    assert_eq!(stage.bruno.get("/api/v1/desk/mine").await.expect(200).json()["data"], json!([]));
    assert_eq!(stage.ana.get("/api/v1/desk/mine").await.expect(200).json()["data"][0]["id"], token["id"]);
    stage.bruno.get(&format!("/api/v1/organizations/{}", stage.aurora)).await.expect(404);
}

/// A37: suspending an agent ends every entry at once and tells the organizations.
#[tokio::test]
async fn a_suspended_agent_is_out_at_once() {
    for stage in Stage::both().await {
        let cookie = stage.ana_inside(&stage.opened_to_ana("write").await).await;
        stage.ask(&cookie, "GET", "/").await.expect(200);
        let agents = stage.vera.get("/api/v1/agents").await.expect(200).json();
        let ana = agents["data"]
            .as_array()
            .expect("a list")
            .iter()
            .find(|agent| agent["name"] == "Ana Souza")
            .and_then(|agent| agent["user_id"].as_str().or(agent["id"].as_str()))
            .expect("Ana")
            .to_owned();
        stage.bruno.post(&format!("/api/v1/agents/{ana}/suspend"), nothing()).await.expect(403);
        stage.vera.post(&format!("/api/v1/agents/{ana}/suspend"), nothing()).await.expect(200);
        stage.ask(&cookie, "GET", "/").await.expect(403);
        let denied = stage.ana.get("/api/v1/desk/mine").await;
        assert!(matches!(denied.status, 401 | 403), "{}", denied.status);
        stage.server.deliver().await;
        assert!(
            stage
                .server
                .mailbox
                .to("joana@aurora.example")
                .iter()
                .any(|mail| mail.body.contains("Ana Souza")),
            "the organization is told"
        );
        let history = stage.joana.get(&tokens(&stage.aurora)).await.expect(200).json();
        assert_eq!(history["data"][0]["end"]["how"], "agent_removed");
    }
}

/// A4, A5: a revoke changes nobody else's rights.
#[tokio::test]
async fn a_revoke_changes_nobody_elses_rights() {
    let stage = Stage::start().await;
    let grant = stage.opened_to_ana("read_only").await;
    let agent = stage.ana_inside(&grant).await;
    let member = stage.member_inside(&stage.marcos).await;
    stage.ask(&agent, "GET", "/").await.expect(200);
    stage.ask(&member, "POST", "/ledger").await.expect(200);
    revoke(&stage.joana, &grant).await.expect(200);
    stage.ask(&agent, "GET", "/").await.expect(403);
    stage.ask(&member, "POST", "/ledger").await.expect(200);
}

/// A15, F3: the end comes by the clock, in sessions that are open too.
#[tokio::test]
async fn expiry_shuts_out_at_the_moment() {
    let stage = Stage::start().await;
    let token = stage.open(json!({ "validity_seconds": 600 })).await;
    stage.ana.post("/api/v1/desk/associate", json!({ "id": token["id"], "ticket": "1" })).await.expect(200);
    let cookie = stage.ana_inside(token["id"].as_str().expect("an id")).await;
    stage.ask(&cookie, "GET", "/").await.expect(200);
    stage.server.clock.advance(kernel::Duration::seconds(599));
    stage.ask(&cookie, "GET", "/").await.expect(200);
    stage.server.clock.advance(kernel::Duration::seconds(1));
    let refused = stage.ask(&cookie, "GET", "/").await.expect(403);
    assert_eq!(refused.header("x-latchstring-reason"), "grant_expired");
}

/// A8, A25: what an outsider did is in the organization's access log, and every act has its line.
#[tokio::test]
async fn the_access_log_tells_all_of_it() {
    let stage = Stage::start().await;
    let grant = stage.opened_to_ana("write").await;
    let cookie = stage.ana_inside(&grant).await;
    stage.ask(&cookie, "GET", "/ledger").await.expect(200);
    stage.ask(&cookie, "POST", "/ledger").await.expect(200);
    revoke(&stage.joana, &grant).await.expect(200);
    let log = stage
        .joana
        .get(&format!("/api/v1/organizations/{}/access-log", stage.aurora))
        .await
        .expect(200)
        .json();
    let kinds: Vec<&str> =
        log["data"].as_array().expect("a list").iter().filter_map(|entry| entry["kind"].as_str()).collect();
    for kind in [
        "support_token.created",
        "support_token.associated",
        "support_token.entered",
        "support_token.revoked",
    ] {
        assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
    }
    let history = stage.joana.get(&tokens(&stage.aurora)).await.expect(200).json();
    assert_eq!(history["data"][0]["changes"], 1, "{history:#}");
    stage.bea.get(&format!("/api/v1/organizations/{}/access-log", stage.aurora)).await.expect(404);
}
