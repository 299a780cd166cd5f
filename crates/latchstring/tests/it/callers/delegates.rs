//! Whoever is inside a customer's account, and tries to get at Latchstring from there.

use serde_json::json;

use super::Scene;
use crate::support::{cast::ORIGIN, server::Browser};

/// A36, A33, D10: inside an account there is no way to anything of Latchstring's own, on this host or on the product's.
#[tokio::test]
async fn a_delegate_reaches_nothing_of_ours() {
    let scene = Scene::set().await;
    for delegate in [&scene.callers[super::DELEGATE], &scene.callers[super::CALLERS.len()]] {
        reaches_nothing(&scene, delegate).await;
    }
}

async fn reaches_nothing(scene: &Scene, delegate: &Browser) {
    let aurora = &scene.stage.aurora;
    for path in [
        "/account".to_owned(),
        "/desk".to_owned(),
        "/organizations".to_owned(),
        "/admin/agents".to_owned(),
        format!("/organizations/{aurora}/members"),
        format!("/organizations/{aurora}/tokens"),
        format!("/organizations/{aurora}/settings"),
        format!("/organizations/{aurora}/access-log"),
    ] {
        let led = delegate.get(&path).await.expect(303);
        assert!(led.header("location").starts_with("/sign-in"), "{path}");
    }
    let host = ORIGIN.split_once("://").expect("an origin").1;
    for (method, path) in [
        ("GET", format!("/api/v1/organizations/{aurora}/members")),
        ("POST", format!("/api/v1/organizations/{aurora}/support-tokens")),
        ("GET", "/api/v1/sessions/current".to_owned()),
    ] {
        let request = delegate.request(method, &path).header("host", host).header("x-forwarded-host", host);
        let request =
            if method == "POST" { request.json(&json!({ "validity_seconds": 60 })) } else { request };
        assert_eq!(request.send().await.expect("an answer").status(), 401, "{path}");
    }
}
