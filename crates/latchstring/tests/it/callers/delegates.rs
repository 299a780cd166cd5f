//! Whoever is inside a customer's account, and tries to get at Latchstring from there.

use serde_json::json;

use super::Scene;
use crate::support::{cast::ORIGIN, server::Browser};

/// A36, A33, B17, D10: inside an account there is no way to anything of Latchstring's own, on this host or on the product's: not for
/// an agent, not with temporary credentials, and not for a partner's person.
#[tokio::test]
async fn a_delegate_reaches_nothing_of_ours() {
    let scene = Scene::set().await;
    // After the columns stand those who are inside by another way than an agent's.
    for delegate in scene.callers[super::CALLERS.len()..].iter().chain([&scene.callers[super::DELEGATE]]) {
        reaches_nothing(&scene, delegate).await;
    }
    assert_eq!(scene.callers.len(), super::CALLERS.len() + 2);
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
        format!("/organizations/{aurora}/open-doors"),
        format!("/organizations/{aurora}/support-access"),
        "/my-clients".to_owned(),
        format!("/my-clients/{}", scene.own["partner"]),
        "/my-partner".to_owned(),
        format!("/my-partner/{}/edit", scene.own["partner"]),
    ] {
        let led = delegate.get(&path).await.expect(303);
        assert!(led.header("location").starts_with("/sign-in"), "{path}");
    }
    let host = ORIGIN.split_once("://").expect("an origin").1;
    for (method, path) in [
        ("GET", format!("/api/v1/organizations/{aurora}/members")),
        ("POST", format!("/api/v1/organizations/{aurora}/support-tokens")),
        ("GET", "/api/v1/sessions/current".to_owned()),
        ("GET", format!("/api/v1/organizations/{aurora}/partners")),
        ("GET", format!("/api/v1/clients/{}", scene.own["partner"])),
        ("POST", format!("/api/v1/clients/{}/enter", scene.own["partner"])),
    ] {
        let request = delegate.request(method, &path).header("host", host).header("x-forwarded-host", host);
        let request =
            if method == "POST" { request.json(&json!({ "validity_seconds": 60 })) } else { request };
        assert_eq!(request.send().await.expect("an answer").status(), 401, "{path}");
    }
}
