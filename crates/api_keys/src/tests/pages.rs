//! The pages of the keys, as an administrator's browser gets them.

use std::{future::Future, pin::Pin, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
};
use http::{Request, StatusCode, header, request::Parts};
use kernel::Actor;
use operation::Call;
use testkit::TestWorld;
use tower::ServiceExt;
use web::{App, Authenticate, Failure};

use super::stored::administrator;

struct Always(Actor);

impl Authenticate for Always {
    fn authenticate<'a>(
        &'a self,
        _: &'a Call,
        _: &'a Parts,
    ) -> Pin<Box<dyn Future<Output = Result<Actor, Failure>> + Send + 'a>> {
        Box::pin(async move { Ok(self.0.clone()) })
    }
}

async fn asked(server: &Router, method: &str, path: &str, body: &str) -> (StatusCode, String) {
    let media =
        if path.starts_with("/api/") { "application/json" } else { "application/x-www-form-urlencoded" };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "access.example.com")
        .header(header::CONTENT_TYPE, media)
        .body(Body::from(body.to_owned()))
        .expect("a request");
    let (parts, body) = server.clone().oneshot(request).await.expect("an answer").into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a body in memory");
    (parts.status, String::from_utf8(body.to_vec()).expect("UTF-8"))
}

/// SV8: the value is shown once, and the list has what is needed to tell keys apart.
#[tokio::test]
async fn a_key_is_made_listed_and_revoked() {
    let test = TestWorld::on(testkit::Database::sqlite()).await;
    let administrator = administrator(&test).await;
    let (api, _) = crate::rest_routes().split_for_parts();
    let app = App {
        world: Arc::clone(&test.world),
        authenticate: Arc::new(Always(administrator)),
        proxies: Arc::default(),
    };
    let server = web::layered(crate::page_routes().merge(api), app);
    let (status, html) = asked(&server, "GET", "/admin/api-keys", "").await;
    assert!(status == StatusCode::OK && html.contains("There is no key yet."));
    let (status, html) = asked(&server, "GET", "/admin/api-keys/new", "").await;
    assert!(status == StatusCode::OK && html.contains("support_tokens.write"));
    let (status, html) = asked(&server, "POST", "/admin/api-keys/new", "name=Typed+name&ends_at=30").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(html.contains("Choose at least one scope.") && html.contains("value=\"Typed name\""));
    let form = "name=Provisioning&scopes=members.read&scopes=organizations.read&ends_at=30";
    let (status, made) = asked(&server, "POST", "/admin/api-keys/new", form).await;
    assert!(status == StatusCode::CREATED && made.contains("lsk_"));
    let (_, html) = asked(&server, "GET", "/admin/api-keys", "").await;
    assert!(
        html.contains("Provisioning")
            && html.contains("organizations.read, members.read")
            && !html.contains("lsk_")
    );
    let start = html.find("/admin/api-keys/key_").expect("the way to the end of the key");
    let path = html[start..].split('"').next().expect("a path");
    let (status, page) = asked(&server, "GET", path, "").await;
    assert!(status == StatusCode::OK && page.contains("Revoke the key Provisioning?"));
    assert_eq!(asked(&server, "POST", path, "").await.0, StatusCode::SEE_OTHER);
    let (_, html) = asked(&server, "GET", "/admin/api-keys?done=revoked", "").await;
    assert!(html.contains("The key is revoked.") && !html.contains(path));
    let (status, page) = asked(&server, "GET", path, "").await;
    assert!(status == StatusCode::OK && page.contains("There is nothing left to revoke."));
    let body = r#"{"name":"x","scopes":["events.read"],"ends_at":"2027-06-01T00:00:00Z"}"#;
    let (status, made) = asked(&server, "POST", "/api/v1/api-keys", body).await;
    assert!(status == StatusCode::CREATED && made.contains("\"value\":\"lsk_"), "{made}");
    let (status, list) = asked(&server, "GET", "/api/v1/api-keys", "").await;
    assert!(status == StatusCode::OK && !list.contains("lsk_"));
}
