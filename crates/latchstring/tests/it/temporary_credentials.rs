//! Temporary support credentials: made by an administrator, good for whoever holds them, over in one click.

mod attacks;
mod ending;
mod holding;
mod making;
mod races;

use kernel::Duration;
use serde_json::{Value, json};

use crate::support::{
    cast::Stage,
    server::{Answer, Browser},
};

/// What an administrator is shown once.
pub struct Pair {
    pub id: String,
    pub email: String,
    pub password: String,
}

pub fn path(organization: &str) -> String {
    format!("/api/v1/organizations/{organization}/temporary-credentials")
}

/// The page of an organization on which they are made.
pub fn page(organization: &str) -> String {
    format!("/organizations/{organization}/support-access")
}

/// Joana makes a pair for Aurora.
pub async fn made(stage: &Stage, body: Value) -> Pair {
    pair(&stage.joana.post(&path(&stage.aurora), body).await.expect(201).json())
}

pub fn pair(answer: &Value) -> Pair {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    Pair {
        id: text(&answer["temporary_credentials"]["id"]),
        email: text(&answer["temporary_credentials"]["email"]),
        password: text(&answer["value"]),
    }
}

pub fn usual() -> Value {
    json!({ "validity_seconds": 3600 })
}

/// Fills in the form on the page where everybody signs in.
pub async fn try_to_sign_in(browser: &Browser, email: &str, password: &str) -> Answer {
    browser.form("/sign-in", &[("email", email), ("password", password)]).await
}

/// Signs in: the browser has their cookie beside what it had before.
pub async fn signed_in(browser: &Browser, pair: &Pair) -> Browser {
    let answer = try_to_sign_in(browser, &pair.email, &pair.password).await.expect(303);
    assert_eq!(answer.header("location"), "/temporary");
    let cookie = answer.cookie("__Host-latchstring_temporary");
    let all = browser.cookie.as_ref().map_or_else(|| cookie.clone(), |other| format!("{other}; {cookie}"));
    browser.with_cookie(all)
}

/// Presses *Enter*: the address at which the way into the product begins.
pub async fn enter(holder: &Browser) -> String {
    holder.form("/temporary/enter", &[]).await.expect(303).header("location").to_owned()
}

/// Goes into the account: the cookie on the product's host.
pub async fn inside(stage: &Stage, holder: &Browser) -> String {
    let begin = enter(holder).await;
    stage.through(holder, &begin).await.expect(303).cookie("__Host-latchstring_acting")
}

/// The claims of an assertion, unverified.
pub fn claims(answer: &Answer) -> Value {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let token = answer.header("x-latchstring-jwt-assertion");
    let body = token.split('.').nth(1).expect("a body");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).expect("base64")).expect("JSON")
}

pub async fn revoke(by: &Browser, id: &str) -> Answer {
    by.post(&format!("/api/v1/temporary-credentials/{id}/revoke"), json!({})).await
}

/// Longer than a pair that was made for an hour.
pub const PAST_AN_HOUR: Duration = Duration::minutes(61);
