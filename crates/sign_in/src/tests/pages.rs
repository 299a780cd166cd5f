//! Every page of the door and of the account, as a browser gets it.

use std::{future::Future, pin::Pin, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
};
use http::{Request, Response, StatusCode, header, request::Parts};
use kernel::Actor;
use operation::Call;
use testkit::TestWorld;
use tower::ServiceExt;
use web::{App, Authenticate, Failure};

use super::stored::{JOANA, PASSWORD, joana};

struct BySession;

impl Authenticate for BySession {
    fn authenticate<'a>(
        &'a self,
        call: &'a Call,
        request: &'a Parts,
    ) -> Pin<Box<dyn Future<Output = Result<Actor, Failure>> + Send + 'a>> {
        Box::pin(async move {
            Ok(sessions::authenticate(call, &request.headers).await?.map_or(Actor::Nobody, Actor::Person))
        })
    }
}

fn server(test: &TestWorld) -> Router {
    let (api, _) = sessions::rest_routes().merge(crate::rest_routes()).split_for_parts();
    let routes = sessions::page_routes().merge(crate::page_routes()).merge(api);
    let app =
        App { world: Arc::clone(&test.world), authenticate: Arc::new(BySession), proxies: Arc::default() };
    web::layered(routes, app)
}

async fn asked(
    server: &Router,
    method: &str,
    path: &str,
    cookie: &str,
    body: &str,
) -> (Response<()>, String) {
    let media =
        if path.starts_with("/api/") { "application/json" } else { "application/x-www-form-urlencoded" };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "access.example.com")
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, media)
        .body(Body::from(body.to_owned()))
        .expect("a request");
    let (parts, body) = server.clone().oneshot(request).await.expect("an answer").into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a body in memory");
    (Response::from_parts(parts, ()), String::from_utf8(body.to_vec()).expect("UTF-8"))
}

fn location(answer: &Response<()>) -> &str {
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    answer.headers()[header::LOCATION].to_str().expect("ASCII")
}

#[tokio::test]
async fn a_person_signs_in_looks_at_their_account_and_signs_out() {
    let test = TestWorld::on(testkit::Database::sqlite()).await;
    joana(&test).await;
    let server = server(&test);
    let (answer, _) = asked(&server, "GET", "/account", "", "").await;
    assert_eq!(location(&answer), "/sign-in?return_to=%2Faccount");
    let (answer, html) = asked(&server, "GET", "/sign-in?return_to=%2Faccount&signed_out=1", "", "").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(html.contains("autocomplete=\"current-password\"") && html.contains("value=\"/account\""));

    // Case 33: the same page for a known and an unknown address, but for what was typed.
    let wrong = async |email: &str| {
        let form = format!("email={email}&password=not+the+password+at+all");
        let (answer, html) = asked(&server, "POST", "/sign-in", "", &form).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.headers().get(header::SET_COOKIE).is_none());
        html.replace(email, "")
    };
    assert_eq!(wrong(JOANA).await, wrong("nobody@aurora.example").await);
    let api = async |email: &str| {
        let body = format!(r#"{{"email":"{email}","password":"not the password at all"}}"#);
        let (answer, body) = asked(&server, "POST", "/api/v1/sign-in", "", &body).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert!(body.contains("\"wrong_email_or_password\""), "{body}");
    };
    api(JOANA).await;
    api("nobody@aurora.example").await;

    let form = format!(
        "email={JOANA}&password={}&return_to=%2Faccount&rd=https://evil.example",
        PASSWORD.replace(' ', "+")
    );
    let (answer, _) = asked(&server, "POST", "/sign-in", "__Host-latchstring=planted", &form).await;
    assert_eq!(location(&answer), "/account");
    let cookie = answer.headers()[header::SET_COOKIE].to_str().expect("ASCII").to_owned();
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    let cookie = cookie.split(';').next().expect("a value");

    for path in ["/account", "/account?done=saved", "/account?done=%3Cscript", "/account/password"] {
        let (answer, html) = asked(&server, "GET", path, cookie, "").await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert!(html.contains("Joana da Silva") && !html.contains("style="), "{path}");
    }
    let (_, html) = asked(&server, "GET", "/account", cookie, "").await;
    assert!(html.contains("Firefox") || html.contains("Unknown device"));
    let (answer, html) = asked(&server, "POST", "/account", cookie, "name=&time_zone=Mars").await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(html.contains("Choose a time zone") && html.contains("value=\"Mars\""));
    let (answer, _) =
        asked(&server, "POST", "/account", cookie, "name=Joana+Silva&language=en&time_zone=Europe/Lisbon")
            .await;
    assert_eq!(location(&answer), "/account?done=saved");
    let (answer, html) =
        asked(&server, "POST", "/account/password", cookie, "current_password=x&new_password=short").await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(html.contains("f-new_password"));
    let (answer, _) = asked(&server, "POST", "/account/sessions/end-others", cookie, "").await;
    assert_eq!(location(&answer), "/account?done=others-ended");
    let (answer, body) = asked(&server, "GET", "/api/v1/sessions/current", cookie, "").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(body.contains(JOANA) && body.contains("\"own\""));
    let (answer, _) = asked(&server, "GET", "/sign-in", cookie, "").await;
    assert_eq!(location(&answer), "/organizations");

    // S37: nothing stays in the browser, and the old value opens nothing.
    let (answer, _) = asked(&server, "POST", "/sign-out", cookie, "").await;
    assert_eq!(location(&answer), "/sign-in?signed_out=1");
    assert!(answer.headers().contains_key("clear-site-data"));
    let (answer, _) = asked(&server, "GET", "/account", cookie, "").await;
    assert_eq!(location(&answer), "/sign-in?return_to=%2Faccount");
    let (answer, _) = asked(&server, "GET", "/", cookie, "").await;
    assert_eq!(location(&answer), "/sign-in");
}

/// SA1: who waits is told until when.
#[tokio::test]
async fn a_wait_is_told_with_its_moment() {
    let test = TestWorld::on(testkit::Database::sqlite()).await;
    let server = server(&test);
    let form = format!("email={JOANA}&password=x");
    for _ in 0..5 {
        asked(&server, "POST", "/sign-in", "", &form).await;
    }
    let (answer, html) = asked(&server, "POST", "/sign-in", "", &form).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers()[header::RETRY_AFTER], "30");
    assert!(html.contains("Too many tries. Try again at 12:14, in 30 seconds."), "{html}");
}
