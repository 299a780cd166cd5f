//! The second factor, through the real doors: set up, asked for, remembered, warned of, and tried as an attacker would.

mod doors;
pub mod earlier;
mod guessing;
mod half;
mod races;
mod recovery;
mod setting_up;
mod tools;
mod warnings;

use serde_json::{Value, json};

use crate::support::{
    cast::Stage,
    rows,
    server::{Answer, Browser, PASSWORD, nothing},
};

pub const JOANA: &str = "joana@aurora.example";
pub const MARCOS: &str = "marcos@aurora.example";
const SESSION: &str = "__Host-latchstring";
const HALF: &str = "__Host-latchstring_sign_in";
const DEVICE: &str = "__Host-latchstring_device";

/// The first step of a sign-in.
pub async fn start(stage: &Stage, email: &str, cookie: &str) -> Answer {
    let mut browser = stage.server.anonymous();
    browser.cookie = Some(cookie.to_owned()).filter(|cookie| !cookie.is_empty());
    browser.post("/api/v1/sign-in", json!({ "email": email, "password": PASSWORD })).await
}

/// A browser in the middle of a sign-in: the password was right.
pub async fn half(stage: &Stage, email: &str) -> Browser {
    let answer = start(stage, email, "").await.expect(202);
    stage.server.anonymous().with_cookie(answer.cookie(HALF))
}

pub async fn show_code(half: &Browser, code: &str) -> Answer {
    half.post("/api/v1/sign-in/code", json!({ "code": code })).await
}

/// Turns the second factor on for somebody who is signed in: the session under its new cookie, and the recovery codes.
pub async fn turn_on(stage: &Stage, by: &Browser, email: &str) -> (Browser, Vec<String>) {
    let key = by.post("/api/v1/account/second-factor/enable", nothing()).await.expect(201).json();
    stage.server.apps.add(email, key["key"].as_str().expect("a key"));
    let body = json!({ "code": stage.server.code_of(email) });
    let done = by.post("/api/v1/account/second-factor/confirm", body).await.expect(200);
    let codes: Vec<Value> = done.json()["recovery_codes"].as_array().expect("a list").clone();
    let codes = codes.iter().map(|code| code.as_str().expect("a code").to_owned()).collect();
    (by.with_cookie(done.cookie(SESSION)), codes)
}

/// Signs in with a code, and asks to be remembered: the session and the device's cookie.
pub async fn remembered(stage: &Stage, email: &str) -> (Browser, String) {
    let half = half(stage, email).await;
    let body = json!({ "code": stage.server.code_of(email), "remember": true });
    let answer = half.post("/api/v1/sign-in/code", body).await.expect(200);
    (half.with_cookie(answer.cookie(SESSION)), answer.cookie(DEVICE))
}

/// Whether a sign-in with this device's cookie asks for a code.
pub async fn asks_for_code(stage: &Stage, email: &str, device: &str) -> bool {
    match start(stage, email, device).await.status {
        200 => false,
        202 => true,
        other => panic!("{other}"),
    }
}

/// How many mails with this in the subject were written to somebody.
pub async fn mails(stage: &Stage, to: &str, subject: &str) -> usize {
    rows::subjects_of_mail(&stage.server, to).await.iter().filter(|one| one.contains(subject)).count()
}
