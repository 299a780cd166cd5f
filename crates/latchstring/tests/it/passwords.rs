//! Which passwords are taken, and what becomes of the ones that are stored.

use kernel::{Duration, UserId};
use operation::{Call, PasswordCost, audit};
use people::passwords;
use serde_json::{Value, json};
use testkit::{Database, TestWorld};

use crate::support::{
    cast::Stage,
    server::{Answer, Browser, PASSWORD, TestServer},
};

async fn start(by: &Browser, email: &str, password: &str) -> Answer {
    by.post("/api/v1/sign-in", json!({ "email": email, "password": password })).await
}

/// Invites somebody to Aurora, or as an agent, and gives the token that was mailed.
async fn invited(stage: &Stage, email: &str, is_agent: bool) -> String {
    if is_agent {
        let body = json!({ "email": email, "name": "Rui Alves", "agent_level": 1 });
        stage.vera.post("/api/v1/agents", body).await.expect(201);
    } else {
        let body = json!({ "email": email, "name": "Rui Alves", "role": "member" });
        let path = format!("/api/v1/organizations/{}/invitations", stage.aurora);
        stage.joana.post(&path, body).await.expect(201);
    }
    let link = stage.server.mailed_link(email, "/invitations/").await;
    link.rsplit('/').next().expect("a token").to_owned()
}

async fn accept(stage: &Stage, token: &str, password: &str) -> Answer {
    let body = json!({ "token": token, "name": "Rui Alves", "password": password });
    stage.server.anonymous().post("/api/v1/invitations/accept", body).await
}

/// The codes of the fields that were wrong.
fn codes(answer: &Answer) -> Vec<String> {
    let json = answer.json();
    let errors = json["errors"].as_array().expect("errors");
    errors.iter().filter_map(|error| error["code"].as_str().map(str::to_owned)).collect()
}

/// Stores a password as it was chosen when other rules held.
pub async fn store(server: &TestServer, email: &str, password: &str) -> UserId {
    let call = Call::by_operator(&server.product.world);
    let hash = passwords::hash(&call, password).await.expect("a hash");
    let mut work = call.begin().await.expect("a transaction");
    let email = email.parse().expect("an address");
    let user = people::operations::find_by_email(&mut work, &email).await.expect("a look").expect("known");
    people::operations::set_password_hash(&mut work, user.id, &hash).await.expect("stored");
    work.commit(audit::Entry::new("test.done")).await.expect("committed");
    user.id
}

async fn stored(server: &TestServer, user: UserId) -> String {
    let mut tx = server.product.world.store.read().await.expect("a look");
    people::operations::password_hash(&mut tx, user).await.expect("a look").expect("a password")
}

/// S1: 15 characters where the password is the only factor, 8 where a second one is always asked for with it.
#[tokio::test]
async fn how_long_a_password_must_be_depends_on_what_else_is_asked_for() {
    for stage in Stage::both().await {
        let token = invited(&stage, "rui@aurora.example", false).await;
        let answer = accept(&stage, &token, "fourteen chars").await.expect(422);
        assert_eq!(codes(&answer), ["too_short"]);
        assert!(answer.text.contains("at least 15"), "{}", answer.text);
        let form = stage.server.anonymous().get(&format!("/invitations/{token}")).await.expect(200).text;
        assert!(form.contains("minlength=15"), "{form}");
        accept(&stage, &token, "fifteen chars !").await.expect(200);

        let token = invited(&stage, "rui@vendor.example", true).await;
        assert_eq!(codes(&accept(&stage, &token, "7 chars").await.expect(422)), ["too_short"]);
        let form = stage.server.anonymous().get(&format!("/invitations/{token}")).await.expect(200).text;
        assert!(form.contains("minlength=8"), "{form}");
        accept(&stage, &token, "8 chars!").await.expect(200);
        let half = start(&stage.server.anonymous(), "rui@vendor.example", "8 chars!").await.expect(202);
        assert_eq!(half.json()["next"], "set_up", "no session without the second factor");
    }
}

/// S1: whoever has a short password from when a second factor was always asked for, and has none any more, chooses a longer
/// one at the next sign-in before there is a session.
#[tokio::test]
async fn a_short_password_that_became_the_only_factor_is_changed_at_the_next_sign_in() {
    for stage in Stage::both().await {
        let email = "marcos@aurora.example";
        let server = &stage.server;
        store(server, email, "tulip 47").await;
        let nobody = server.anonymous();
        let answer = start(&nobody, email, "tulip 47").await.expect(202);
        assert_eq!(answer.json()["next"], "new_password");
        let half = nobody.with_cookie(answer.cookie("__Host-latchstring_sign_in"));
        half.get("/api/v1/sessions/current").await.expect(401);
        assert_eq!(half.get("/sign-in/code").await.expect(303).header("location"), "/sign-in/new-password");
        half.get("/sign-in/new-password").await.expect(200);
        let path = "/api/v1/sign-in/new-password";
        for bad in ["fourteen chars", "Aurora Holding 1", "password password"] {
            half.post(path, json!({ "new_password": bad })).await.expect(422);
        }
        half.form("/sign-in/new-password", &[("new_password", "short")]).await.expect(422);
        // The half sign-in is no way around the other steps, and another person's is none here.
        half.post("/api/v1/sign-in/code", json!({ "code": "000000" })).await.expect(409);
        let new = "tulip 4711 gravel boat";
        let answer = half.post(path, json!({ "new_password": new })).await.expect(200);
        let marcos = nobody.with_cookie(answer.cookie("__Host-latchstring"));
        marcos.get("/api/v1/sessions/current").await.expect(200);
        stage.marcos.get("/api/v1/sessions/current").await.expect(401);
        half.post(path, json!({ "new_password": "another tulip, another boat" })).await.expect(409);
        start(&nobody, email, "tulip 47").await.expect(401);
        start(&nobody, email, new).await.expect(200);
        server.deliver().await;
        assert!(server.mailbox.to(email).iter().any(|mail| mail.subject.contains("password was changed")));

        // The same on the pages, to the end.
        store(server, email, "tulip 48").await;
        let form = [("email", email), ("password", "tulip 48")];
        let answer = nobody.form("/sign-in", &form).await.expect(303);
        assert_eq!(answer.header("location"), "/sign-in/new-password");
        let half = nobody.with_cookie(answer.cookie("__Host-latchstring_sign_in"));
        let answer = half.form("/sign-in/new-password", &[("new_password", "gravel 4711 tulip boat")]).await;
        answer.expect(303).cookie("__Host-latchstring");
    }
}

/// S2: a password is taken as it is, spaces and signs and all, up to 256 characters; the last one counts. A body beyond
/// 256 KiB is not even read to its end.
#[tokio::test]
async fn every_character_of_a_password_counts() {
    let stage = Stage::start().await;
    let (server, path) = (&stage.server, "/api/v1/account/password");
    let mut current = PASSWORD.to_owned();
    for length in [64, 256] {
        let words = (0..).map(|n| format!("{n} Schnüre 🪢, "));
        let text: String = words.flat_map(|word| word.chars().collect::<Vec<_>>()).take(length - 2).collect();
        let new = format!("{text}🪢 ");
        assert_eq!(new.chars().count(), length);
        let body = json!({ "current_password": current, "new_password": new });
        stage.marcos.post(path, body).await.expect(204);
        start(&server.anonymous(), "marcos@aurora.example", &format!("{text}🪢_")).await.expect(401);
        start(&server.anonymous(), "marcos@aurora.example", &format!("{text}🪢")).await.expect(401);
        start(&server.anonymous(), "marcos@aurora.example", &new).await.expect(200);
        current = new;
    }
    let body = json!({ "current_password": current, "new_password": format!("{current}x") });
    assert_eq!(codes(&stage.marcos.post(path, body).await.expect(422)), ["too_long"]);
    let huge = "x".repeat(257 * 1024);
    start(&server.anonymous(), "marcos@aurora.example", &huge).await.expect(413);
    let form = [("email", "marcos@aurora.example"), ("password", huge.as_str())];
    server.anonymous().form("/sign-in", &form).await.expect(413);
}

/// S3: nothing is asked about kinds of characters, a refusal says why, and a password does not grow too old.
#[tokio::test]
async fn there_are_no_rules_but_the_ones_that_help() {
    let stage = Stage::start().await;
    let path = "/api/v1/account/password";
    let change = |new: &str| json!({ "current_password": PASSWORD, "new_password": new });
    let answer = stage.marcos.post(path, change("aaaaaaaaaaaaaaaaaaaaaaaaaaa")).await.expect(422);
    assert_eq!(codes(&answer), ["too_common"]);
    assert!(answer.text.contains("among the first that others try"), "{}", answer.text);
    stage.server.advance(Duration::days(400)).await;
    let answer = start(&stage.server.anonymous(), "marcos@aurora.example", PASSWORD).await.expect(200);
    let marcos = stage.server.anonymous().with_cookie(answer.cookie("__Host-latchstring"));
    let mut current = PASSWORD;
    for new in ["only lowercase words here", "902716483625171", "ÄÖÜSSÄÖÜÑÇÃÕÊÎÛ"] {
        marcos.post(path, json!({ "current_password": current, "new_password": new })).await.expect(204);
        current = new;
    }
}

/// S4: what others know of somebody is no password: their address, their organization, the vendor, the product. It is said
/// which word it is.
#[tokio::test]
async fn what_others_know_is_refused_with_the_reason() {
    let stage = Stage::start().await;
    for (close, word) in [
        ("marcos.lima-2026x", "marcos"),
        ("Aurora Holding 2026!", "aurora"),
        ("ledger 99 ledger x", "ledger"),
        ("latchstring-2026-x", "latchstring"),
    ] {
        let body = json!({ "current_password": PASSWORD, "new_password": close });
        let answer = stage.marcos.post("/api/v1/account/password", body).await.expect(422);
        assert_eq!(codes(&answer), ["too_close"], "{close}");
        assert!(answer.text.contains(&format!("little more than “{word}")), "{}", answer.text);
    }
    let token = invited(&stage, "rui@aurora.example", false).await;
    for close in ["Aurora Holding 1", "rui@aurora.example", "RuiAlves RuiAlves"] {
        assert_eq!(codes(&accept(&stage, &token, close).await.expect(422)), ["too_close"], "{close}");
    }
}

/// S5: without the current password nothing is changed, with a good session and without one.
#[tokio::test]
async fn a_change_needs_the_current_password() {
    let stage = Stage::start().await;
    let path = "/api/v1/account/password";
    let new = "tulip 4711 gravel boat";
    let body = |current: Value| json!({ "current_password": current, "new_password": new });
    stage.marcos.post(path, body(json!(""))).await.expect(403);
    stage.marcos.post(path, body(json!("not the current one"))).await.expect(403);
    let without = stage.marcos.post(path, json!({ "new_password": new })).await;
    assert!(matches!(without.status, 400 | 422), "{}", without.text);
    stage.server.anonymous().post(path, body(json!(PASSWORD))).await.expect(401);
    start(&stage.server.anonymous(), "marcos@aurora.example", new).await.expect(401);
    start(&stage.server.anonymous(), "marcos@aurora.example", PASSWORD).await.expect(200);
}

/// S6: a hash that was made with less work than is asked for is made anew at the next sign-in, and at no wrong one.
#[tokio::test]
async fn a_cheap_hash_is_made_anew_at_the_next_sign_in() {
    let stage = Stage::start().await;
    let email = "marcos@aurora.example";
    let user = store(&stage.server, email, PASSWORD).await;
    let before = stored(&stage.server, user).await;
    assert!(before.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{before}");
    // What the server would have made when it was asked for less work.
    let cheap = PasswordCost { memory_kib: 8192, passes: 1 };
    let earlier = TestWorld::with(Database::sqlite(), |settings| settings.password_cost = cheap).await;
    let made = passwords::hash(&earlier.call(), PASSWORD).await.expect("a hash");
    assert!(made.starts_with("$argon2id$v=19$m=8192,t=1,p=1$"), "{made}");
    let call = Call::by_operator(&stage.server.product.world);
    let mut work = call.begin().await.expect("a transaction");
    people::operations::set_password_hash(&mut work, user, &made).await.expect("stored");
    work.commit(audit::Entry::new("test.done")).await.expect("committed");

    start(&stage.server.anonymous(), email, "not the password").await.expect(401);
    assert_eq!(stored(&stage.server, user).await, made);
    let answer = start(&stage.server.anonymous(), email, PASSWORD).await.expect(200);
    let anew = stored(&stage.server, user).await;
    assert!(anew.starts_with("$argon2id$v=19$m=19456,t=2,p=1$") && anew != before, "{anew}");
    let marcos = stage.server.anonymous().with_cookie(answer.cookie("__Host-latchstring"));
    marcos.get("/api/v1/sessions/current").await.expect(200);
    stage.marcos.get("/api/v1/sessions/current").await.expect(200);
    start(&stage.server.anonymous(), email, PASSWORD).await.expect(200);
    assert_eq!(stored(&stage.server, user).await, anew, "once");
}
