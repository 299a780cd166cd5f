//! How strictly people must prove who they are: set by agents, held at once, and tried to be got round.

mod around;
mod holding;
mod pages;
mod persons;
mod setting;

use kernel::Duration;
use serde_json::{Value, json};

use crate::support::{
    cast::{Stage, accept, sign_in},
    server::{Answer, Browser, nothing},
};

pub const JOANA: &str = "joana@aurora.example";
pub const MARCOS: &str = "marcos@aurora.example";
const SESSION: &str = "__Host-latchstring";
const HALF: &str = "__Host-latchstring_sign_in";

fn path(organization: &str) -> String {
    format!("/api/v1/organizations/{organization}/mfa-levels")
}

async fn get(by: &Browser, organization: &str) -> Value {
    by.get(&path(organization)).await.expect(200).json()
}

/// The level of a group, as the page's twin says it.
fn level_of<'a>(levels: &'a Value, group: &str) -> &'a Value {
    let all = levels["levels"].as_array().expect("a list");
    all.iter().find(|one| one["group"] == group).expect("a group")
}

/// Saves levels on the version that is there now.
async fn set(by: &Browser, organization: &str, levels: Value) -> Answer {
    let version = get(by, organization).await["version"].clone();
    let body = json!({ "version": version, "levels": levels, "confirmed": true });
    by.send("PUT", &path(organization), body).await
}

/// Another agent, of level 3.
async fn carla(stage: &Stage) -> Browser {
    let body = json!({ "email": "carla@vendor.example", "name": "Carla Dias", "agent_level": 3 });
    stage.vera.post("/api/v1/agents", body).await.expect(201);
    accept(&stage.server, "carla@vendor.example", "Carla Dias").await;
    sign_in(&stage.server, "carla@vendor.example").await
}

/// Lets the moment pass at which an invitation showed the mailbox, and signs everybody in anew.
async fn later(stage: &mut Stage) {
    stage.server.advance(Duration::hours(2)).await;
    stage.ana = sign_in(&stage.server, "ana@vendor.example").await;
    stage.vera = sign_in(&stage.server, "vera@vendor.example").await;
    stage.bruno = sign_in(&stage.server, "bruno@vendor.example").await;
    stage.joana = sign_in(&stage.server, JOANA).await;
    stage.marcos = sign_in(&stage.server, MARCOS).await;
    stage.bea = sign_in(&stage.server, "bea@boreal.example").await;
}

/// A stage in which nobody has shown their mailbox lately, on each kind of database.
async fn stages() -> Vec<Stage> {
    let mut stages = Stage::both().await;
    for stage in &mut stages {
        later(stage).await;
    }
    stages
}

/// What a proxy is told about a browser that opens a page.
async fn opens_page(stage: &Stage, cookie: &str) -> Answer {
    let (scheme, host) = stage.origin.split_once("://").expect("an origin");
    let request = stage
        .server
        .anonymous()
        .request("GET", "/authz/forward-auth")
        .header("x-forwarded-method", "GET")
        .header("x-forwarded-proto", scheme)
        .header("x-forwarded-host", host)
        .header("x-forwarded-uri", "/ledger?year=2026")
        .header("x-forwarded-for", "203.0.113.9")
        .header("sec-fetch-mode", "navigate")
        .header("accept", "text/html")
        .header("cookie", cookie);
    Answer::of(request).await
}

/// The eight digits in the newest mail to somebody.
async fn mailed_code(stage: &Stage, to: &str) -> String {
    stage.server.deliver().await;
    let mails = stage.server.mailbox.to(to);
    let codes = mails.iter().rev().filter_map(|mail| {
        let mut words = mail.body.split_whitespace();
        words.find(|word| word.len() == 8 && word.bytes().all(|b| b.is_ascii_digit())).map(str::to_owned)
    });
    codes.into_iter().next().expect("a code")
}

/// The set-up of somebody who is signed in and shut out, up to the half sign-in.
async fn begin_set_up(by: &Browser) -> Browser {
    let begun = by.post("/api/v1/sign-in/set-up/begin", nothing()).await.expect(202);
    assert_eq!(begun.json()["next"], "set_up");
    by.with_cookie(format!("{}; {}", by.cookie.clone().expect("a session"), begun.cookie(HALF)))
}

/// The rest of it: mailbox, key, first code. The new session.
async fn finish_set_up(stage: &Stage, half: &Browser, email: &str) -> Browser {
    half.post("/api/v1/sign-in/mailed-code/send", nothing()).await.expect(204);
    let code = mailed_code(stage, email).await;
    half.post("/api/v1/sign-in/mailed-code", json!({ "code": code })).await.expect(204);
    confirm_key(stage, half, email).await
}

/// The key and its first code, once it was shown who it is.
async fn confirm_key(stage: &Stage, half: &Browser, email: &str) -> Browser {
    let key = half.post("/api/v1/sign-in/set-up", nothing()).await.expect(201).json();
    stage.server.apps.add(email, key["key"].as_str().expect("a key"));
    let body = json!({ "code": stage.server.code_of(email) });
    let done = half.post("/api/v1/sign-in/set-up/confirm", body).await.expect(200);
    assert_eq!(done.json()["recovery_codes"].as_array().map(Vec::len), Some(10));
    half.with_cookie(done.cookie(SESSION))
}

/// The refusal that a shut person gets of the API.
#[track_caller]
fn is_shut(answer: Answer) {
    let problem = answer.expect(403).json();
    assert_eq!(problem["code"], "second_factor_required");
    let where_to = problem["set_up_url"].as_str().expect("where to go");
    assert!(where_to.ends_with("/sign-in/secure-your-account"), "{where_to}");
}
