//! Every way round *mandatory* that we know, tried (E11).

use kernel::Duration;
use serde_json::{Value, json};

use super::{
    HALF, JOANA, MARCOS, SESSION, begin_set_up, confirm_key, finish_set_up, is_shut, mailed_code, set, stages,
};
use crate::{
    account_recovery::mailed,
    integration_logins::ask as ask_old_interface,
    second_factor::{half, remembered, show_code, start, turn_on},
    support::{
        cast::{Stage, program},
        server::{Browser, PASSWORD, nothing},
    },
};

async fn mandatory(stage: &Stage) {
    set(&stage.ana, &stage.aurora, json!({ "practitioners": "mandatory" })).await.expect(200);
}

/// E11: no call of the API gets through, whichever it is, but for those that lead to the set-up or out.
#[tokio::test]
async fn no_direct_call_gets_round_it() {
    let stage = stages().await.swap_remove(0);
    mandatory(&stage).await;
    let description = stage.ana.get("/openapi.json").await.expect(200).json();
    let mut tried = 0;
    for (path, methods) in description["paths"].as_object().expect("paths") {
        let is_way = path.starts_with("/api/v1/sign-in")
            || path.starts_with("/api/v1/account-recovery/")
            || ["/api/v1/sign-out", "/api/v1/lost-devices/stop", "/api/v1/account/mfa-level"]
                .contains(&path.as_str());
        for method in methods.as_object().expect("methods").keys() {
            if is_way {
                continue;
            }
            let path = path.replace("{organization}", &stage.aurora).replace(['{', '}'], "x");
            let answer = stage.marcos.send(&method.to_uppercase(), &path, nothing()).await;
            assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text);
            assert_eq!(answer.code(), "second_factor_required", "{method} {path}");
            tried += 1;
        }
    }
    assert!(tried > 80, "{tried}");
    for page in ["/", "/organizations", "/account", "/account/two-factor", "/account/email", "/continue?rd=x"]
    {
        let led = stage.marcos.get(page).await.expect(303);
        assert!(led.header("location").starts_with("/sign-in/secure-your-account"), "{page}");
    }
    // A form that is posted changes nothing.
    let led = stage.marcos.form("/account/two-factor/on", &[]).await.expect(303);
    assert_eq!(led.header("location"), "/sign-in/secure-your-account");
    stage.marcos.form("/sign-out", &[]).await.expect(303);
    stage.marcos.get("/api/v1/organizations").await.expect(401);
}

/// E11: whoever only knows the password does not get to set up a factor: not by a sign-in, not in an open session, not in the
/// footsteps of the owner who showed their mailbox and stopped half way.
#[tokio::test]
async fn a_half_finished_set_up_is_nobody_elses_to_finish() {
    for stage in stages().await {
        mandatory(&stage).await;
        let set_up = "/api/v1/sign-in/set-up";
        // The owner shows the mailbox, begins a key, and goes to lunch.
        let owner = half(&stage, MARCOS).await;
        assert_eq!(owner.post(set_up, nothing()).await.expect(403).code(), "mailbox_not_proved");
        owner.post("/api/v1/sign-in/mailed-code/send", nothing()).await.expect(204);
        let code = mailed_code(&stage, MARCOS).await;
        owner.post("/api/v1/sign-in/mailed-code", json!({ "code": code })).await.expect(204);
        owner.post(set_up, nothing()).await.expect(201);
        // Somebody else with the password, in another browser, and somebody with the owner's open session.
        let stranger = half(&stage, MARCOS).await;
        let thief = begin_set_up(&stage.marcos).await;
        for other in [&stranger, &thief] {
            assert_eq!(other.post(set_up, nothing()).await.expect(403).code(), "mailbox_not_proved");
            other.post("/api/v1/sign-in/mailed-code", json!({ "code": code })).await.expect(422);
            other.post(&format!("{set_up}/confirm"), json!({ "code": "000000" })).await.expect(409);
            other.get("/api/v1/organizations").await.expect(if other.cookie == thief.cookie {
                403
            } else {
                401
            });
        }
        // A set-up that was begun and not confirmed opens nothing.
        is_shut(stage.marcos.get("/api/v1/organizations").await);
        assert_eq!(start(&stage, MARCOS, "").await.expect(202).json()["next"], "set_up");
        let marcos = confirm_key(&stage, &owner, MARCOS).await;
        marcos.get("/api/v1/organizations").await.expect(200);
    }
}

/// E11: a reset of the password is no way round; S1: beside a factor that cannot be turned off a shorter one is enough.
#[tokio::test]
async fn a_reset_of_the_password_leads_to_the_set_up() {
    for stage in stages().await {
        mandatory(&stage).await;
        let body = json!({ "email": MARCOS });
        stage.server.anonymous().post("/api/v1/account-recovery/reset-requests", body).await.expect(202);
        let token = mailed(&stage.server, MARCOS, "/reset-password/", 1).await;
        let reset = "/api/v1/account-recovery/password";
        let short = json!({ "token": token, "password": "2short!" });
        stage.server.anonymous().post(reset, short).await.expect(422);
        let body = json!({ "token": token, "password": "gr33n-do0r" });
        stage.server.anonymous().post(reset, body).await.expect(204);
        let body = json!({ "email": MARCOS, "password": "gr33n-do0r" });
        let answer = stage.server.anonymous().post("/api/v1/sign-in", body).await.expect(202);
        assert_eq!(answer.json()["next"], "set_up");
        // The link came by mail, which is what the set-up asks for.
        let half = stage.server.anonymous().with_cookie(answer.cookie(HALF));
        confirm_key(&stage, &half, MARCOS).await.get("/api/v1/organizations").await.expect(200);
    }
}

/// E11, C5: a remembered browser stands for a factor that is there, and for none that is gone. Case 18: not under a level that
/// was raised since.
#[tokio::test]
async fn a_remembered_browser_is_no_way_round() {
    for mut stage in stages().await {
        (stage.joana, _) = turn_on(&stage, &stage.joana, JOANA).await;
        stage.server.advance(Duration::minutes(1)).await;
        let (_, device) = remembered(&stage, JOANA).await;
        let answer = start(&stage, JOANA, &device).await.expect(200);
        let joana = stage.server.anonymous().with_cookie(answer.cookie(SESSION));
        let device = answer.cookie("__Host-latchstring_device");
        let inside = stage.member_inside(&joana).await;
        stage.server.advance(Duration::minutes(1)).await;
        mandatory(&stage).await;
        // Case 18: it was remembered under a level that asked for less, and is asked for a code. What is open goes on.
        assert_eq!(start(&stage, JOANA, &device).await.expect(202).json()["next"], "code");
        joana.get("/api/v1/organizations").await.expect(200);
        stage.ask(&inside, "GET", "/").await.expect(200);
        stage.server.advance(Duration::minutes(1)).await;
        let (_, device) = remembered(&stage, JOANA).await;
        // Remembered since then it stands for the factor that is there; and a level that asks for less asks for no code.
        let answer = start(&stage, JOANA, &device).await.expect(200);
        let device = answer.cookie("__Host-latchstring_device");
        set(&stage.ana, &stage.aurora, json!({ "practitioners": "suggested" })).await.expect(200);
        let answer = start(&stage, JOANA, &device).await.expect(200);
        let device = answer.cookie("__Host-latchstring_device");
        mandatory(&stage).await;
        // It is reset, as after a lost device: what is open is shut, and the browser is asked to set up.
        let user = stage.joana.get("/api/v1/sessions/current").await.expect(200).json()["user"]["id"]
            .as_str()
            .expect("an id")
            .parse()
            .expect("an id");
        let call = operation::Call::by_system(&stage.server.product.world);
        let mut work = call.begin().await.expect("a change");
        let entries = second_factor::operations::reset(&mut work, user, "lost_device").await.expect("reset");
        work.commit_all(entries).await.expect("committed");
        is_shut(joana.get("/api/v1/organizations").await);
        assert_eq!(stage.ask(&inside, "GET", "/").await.expect(403).code(), "mfa_required");
        assert_eq!(start(&stage, JOANA, &device).await.expect(202).json()["next"], "set_up");
        // Somebody else's remembered browser is nobody's.
        assert_eq!(start(&stage, MARCOS, &device).await.expect(202).json()["next"], "set_up");
    }
}

/// E11: the own login at an old interface, and a program that passes on what such a person does, get through no more.
#[tokio::test]
async fn neither_an_old_interface_nor_a_program_gets_round_it() {
    for mut stage in stages().await {
        let settings =
            json!({ "longest_validity_seconds": null, "who_may_open": "members", "backend_may_open": true });
        let organization = format!("/api/v1/organizations/{}", stage.aurora);
        stage.joana.send("PUT", &format!("{organization}/settings"), settings).await.expect(200);
        let me = stage.marcos.get("/api/v1/sessions/current").await.expect(200).json();
        let mut backend = program(&stage, &["support_tokens.read", "organizations.read"]).await;
        backend.get(&organization).await.expect(200);
        let alone = backend.clone();
        backend.on_behalf_of = Some(me["user"]["id"].as_str().expect("an id").to_owned());
        let tokens = format!("{organization}/support-tokens");
        backend.get(&tokens).await.expect(200);
        ask_old_interface(&stage, MARCOS, PASSWORD).await.expect(200);
        mandatory(&stage).await;
        is_shut(backend.get(&tokens).await);
        alone.get(&organization).await.expect(200);
        let refused = ask_old_interface(&stage, MARCOS, PASSWORD).await.expect(403);
        assert_eq!(refused.header("x-latchstring-reason"), "sign_in_first");
        let half = begin_set_up(&stage.marcos).await;
        stage.marcos = finish_set_up(&stage, &half, MARCOS).await;
        backend.get(&tokens).await.expect(200);
        let refused = ask_old_interface(&stage, MARCOS, PASSWORD).await.expect(403);
        assert_eq!(refused.header("x-latchstring-reason"), "second_factor_on");
    }
}

/// E11: the last factor cannot be taken away under *mandatory*, and a session that began with the password alone shows the
/// factor that was set up meanwhile before anything opens to it.
#[tokio::test]
async fn a_session_from_before_shows_the_factor_first() {
    for stage in stages().await {
        // Set up behind the back of an open session, as by somebody who restores a backup of one table.
        let (other, _) = turn_on(&stage, &stage.marcos, MARCOS).await;
        let session = other.get("/api/v1/sessions/current").await.expect(200).json();
        let id: kernel::SessionId = session["session"]["id"].as_str().expect("an id").parse().expect("an id");
        let mut tx = stage.server.product.world.store.write().await.expect("a change");
        tx.execute("UPDATE sessions SET factor = '' WHERE id = $1", &store::args![id])
            .await
            .expect("changed");
        tx.commit().await.expect("committed");
        other.get("/api/v1/organizations").await.expect(200);
        mandatory(&stage).await;
        is_shut(other.get("/api/v1/organizations").await);
        let begun = other.post("/api/v1/sign-in/set-up/begin", nothing()).await.expect(202);
        assert_eq!(begun.json()["next"], "code");
        let both = format!("{}; {}", other.cookie.clone().expect("a session"), begun.cookie(HALF));
        stage.server.advance(Duration::minutes(1)).await;
        let done = show_code(&other.with_cookie(both), &stage.server.code_of(MARCOS)).await.expect(200);
        let marcos = other.with_cookie(done.cookie(SESSION));
        marcos.get("/api/v1/organizations").await.expect(200);
        other.get("/api/v1/organizations").await.expect(401);
        stage.server.advance(Duration::minutes(1)).await;
        for path in ["/api/v1/account/second-factor/disable"] {
            let body = json!({ "code": stage.server.code_of(MARCOS) });
            let refused = marcos.post(path, body).await.expect(403);
            assert_eq!(refused.code(), "second_factor_mandatory");
        }
    }
}

/// E11: nothing is shut, so there is nothing to begin; and the cookie of a half sign-in is no session.
#[tokio::test]
async fn the_set_up_is_begun_by_whom_it_is_asked_of() {
    let stage = stages().await.swap_remove(0);
    let begin = "/api/v1/sign-in/set-up/begin";
    assert_eq!(stage.marcos.post(begin, nothing()).await.expect(409).code(), "nothing_to_set_up");
    stage.server.anonymous().post(begin, nothing()).await.expect(401);
    mandatory(&stage).await;
    let half: Browser = begin_set_up(&stage.marcos).await;
    let cookie = half.cookie.clone().expect("cookies");
    let only_half = cookie.split("; ").nth(1).expect("two cookies").to_owned();
    half.with_cookie(only_half).get("/api/v1/organizations").await.expect(401);
    // Nobody is warned of a set-up that was begun in a session and left: no password was typed.
    stage.server.advance(Duration::minutes(20)).await;
    stage.server.deliver().await;
    let mails = stage.server.mailbox.to(MARCOS);
    assert!(mails.iter().all(|mail| !mail.subject.contains("Somebody has your password")));
    let begun: Value = stage.marcos.get("/api/v1/account/mfa-level").await.expect(200).json();
    assert_eq!(begun["state"], "forced");
}
