//! What a person does who cannot get in, or who hears that somebody else tried to.

mod asking;
mod email;
mod lost_device;
mod tokens;

use std::{collections::BTreeSet, time::Duration as Real};

use kernel::{Duration, UserId};
use operation::{Call, audit, outbox::Mail};
use people::links::{self, Purpose};
use serde_json::{Value, json};
use store::args;

use crate::support::{
    cast::{Stage, sign_in},
    mail::link_in,
    rows,
    server::{Answer, Browser, PASSWORD, TestServer},
};

const JOANA: &str = "joana@aurora.example";
const NEW: &str = "nobody else lifts this latch";
const RESET: &str = "/api/v1/account-recovery/reset-requests";

/// The last part of the newest link with `part` to somebody, when it has arrived: what a request for a reset does, it does
/// after its answer.
pub async fn mailed(server: &TestServer, address: &str, part: &str, at_least: usize) -> String {
    for _ in 0..400 {
        server.deliver().await;
        let mut links: Vec<String> = Vec::new();
        for link in server.mailbox.to(address).iter().filter_map(|mail| link_in(&mail.body, part)) {
            // The loop of the server and this test may both have handed a message over.
            if !links.contains(&link) {
                links.push(link);
            }
        }
        if let Some(link) = links.last()
            && links.len() >= at_least
        {
            assert!(link.starts_with(&server.url), "on the configured address: {link}");
            return link.rsplit('/').next().expect("a token").to_owned();
        }
        tokio::time::sleep(Real::from_millis(5)).await;
    }
    panic!("no mail to {address} with {part}: {:?}", server.mailbox.to(address))
}

/// Lets everything that was begun come to its end, and counts the mail to somebody.
async fn mail_count(server: &TestServer, address: &str) -> usize {
    tokio::time::sleep(Real::from_millis(80)).await;
    server.deliver().await;
    different(server.mailbox.to(address))
}

/// How many messages there are: the loop of the server and a test may both have handed one over.
fn different(mails: Vec<Mail>) -> usize {
    let bodies: BTreeSet<(String, String)> =
        mails.into_iter().map(|mail| (mail.to.to_string(), mail.body)).collect();
    bodies.len()
}

async fn try_to_sign_in(server: &TestServer, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    server.anonymous().post("/api/v1/sign-in", body).await
}

async fn is_signed_in(by: &Browser) -> bool {
    by.get("/api/v1/sessions/current").await.status == 200
}

pub async fn user(by: &Browser) -> UserId {
    let session = by.get("/api/v1/sessions/current").await.expect(200).json();
    session["user"]["id"].as_str().expect("an id").parse().expect("an id")
}

/// A link as some other capability would mail it.
pub async fn issued(server: &TestServer, purpose: Purpose, user: UserId, about: &str) -> String {
    let call = Call::by_system(&server.product.world);
    let mut work = call.begin().await.expect("a transaction");
    let secret = links::issue(&mut work, purpose, user, about, Duration::days(7)).await.expect("a link");
    work.commit(audit::Entry::new("test.done")).await.expect("committed");
    secret.expose().to_owned()
}

async fn sql(server: &TestServer, statement: &'static str, user: UserId) {
    let mut tx = server.product.world.store.write().await.expect("a transaction");
    tx.execute(statement, &args![user]).await.expect("a change");
    tx.commit().await.expect("committed");
}

/// Case 20, S21, S23: a new password by mail ends every session, in products too, and gives none; the link works once, for
/// an hour, and looking at it uses nothing up.
#[tokio::test]
async fn a_forgotten_password_is_replaced_by_mail_and_everything_ends() {
    for stage in Stage::both().await {
        let server = &stage.server;
        let second = sign_in(server, JOANA).await;
        let inside = stage.member_inside(&stage.joana).await;
        stage.ask(&inside, "GET", "/").await.expect(200);
        let nobody = server.anonymous();
        assert!(nobody.get("/sign-in").await.expect(200).text.contains("/forgot-password"));
        nobody.get("/forgot-password").await.expect(200);
        let led = nobody.form("/forgot-password", &[("email", "Joana@Aurora.example")]).await.expect(303);
        assert_eq!(led.header("location"), "/forgot-password?sent=1");
        let token = mailed(server, JOANA, "/reset-password/", 1).await;
        let path = format!("/reset-password/{token}");
        for _ in 0..3 {
            let shown = nobody.get(&path).await.expect(200);
            assert!(shown.text.contains(JOANA) && shown.text.contains("autocomplete=new-password"));
        }
        assert!(is_signed_in(&stage.joana).await, "to look changes nothing");
        for bad in ["short", "Aurora Holding 1", "password1234567890", PASSWORD] {
            nobody.form(&path, &[("password", bad)]).await.expect(422);
        }
        let done = nobody.form(&path, &[("password", NEW)]).await.expect(303);
        assert_eq!(done.header("location"), "/recovery/password-changed");
        assert!(done.headers.get("set-cookie").is_none(), "it signs nobody in");
        nobody.get(done.header("location")).await.expect(200);
        for by in [&stage.joana, &second] {
            assert!(!is_signed_in(by).await);
        }
        stage.ask(&inside, "GET", "/").await.expect(401);
        try_to_sign_in(server, JOANA, PASSWORD).await.expect(401);
        try_to_sign_in(server, JOANA, NEW).await.expect(200);
        nobody.get(&path).await.expect(410);
        nobody.form(&path, &[("password", "and a fourth sentence of mine")]).await.expect(410);
        server.deliver().await;
        let last = server.mailbox.to(JOANA).pop().expect("a mail");
        assert_eq!(last.subject, "Your password was changed");
        assert!(link_in(&last.body, "/reset-password/").is_none(), "no link that gives anything");
        let entry = rows::audit(server).await.into_iter().find(|entry| entry.kind == "password.reset");
        assert_eq!(
            entry.expect("an entry").subject,
            user(&sign_in_with(server, JOANA, NEW).await).await.to_string()
        );
    }
}

async fn sign_in_with(server: &TestServer, email: &str, password: &str) -> Browser {
    let cookie = try_to_sign_in(server, email, password).await.expect(200).cookie("__Host-latchstring");
    server.anonymous().with_cookie(cookie)
}

/// S23, case 23: only the newest link works, and for an hour.
#[tokio::test]
async fn only_the_newest_link_works_and_it_ends() {
    for stage in Stage::both().await {
        let server = &stage.server;
        let nobody = server.anonymous();
        nobody.post(RESET, json!({ "email": JOANA })).await.expect(202);
        let first = mailed(server, JOANA, "/reset-password/", 1).await;
        nobody.post(RESET, json!({ "email": JOANA })).await.expect(202);
        let second = mailed(server, JOANA, "/reset-password/", 2).await;
        let set = async |token: &str| {
            let body = json!({ "token": token, "password": NEW });
            nobody.post("/api/v1/account-recovery/password", body).await
        };
        assert_eq!(set(&first).await.expect(409).code(), "link_over");
        server.advance(Duration::minutes(60)).await;
        assert_eq!(set(&second).await.expect(409).code(), "link_over");
        nobody.post(RESET, json!({ "email": JOANA })).await.expect(202);
        let third = mailed(server, JOANA, "/reset-password/", 3).await;
        server.advance(Duration::minutes(59)).await;
        set(&third).await.expect(204);
    }
}

/// S10, case 33: an address that is known and one that is not get the same answer, and so do people who get no link.
#[tokio::test]
async fn whether_an_address_is_known_is_not_told() {
    for stage in Stage::both().await {
        let server = &stage.server;
        sql(server, "UPDATE users SET suspended_at = 1 WHERE id = $1", user(&stage.marcos).await).await;
        sql(server, "UPDATE users SET password_hash = NULL WHERE id = $1", user(&stage.bea).await).await;
        server.deliver().await;
        let before = different(server.mailbox.all());
        let mut answers = Vec::new();
        for email in [JOANA, "nobody@aurora.example", "marcos@aurora.example", "bea@boreal.example"] {
            let answer = server.anonymous().post(RESET, json!({ "email": email })).await;
            let mut names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
            names.sort_unstable();
            answers.push((answer.status, answer.text.clone(), names));
            let page = server.anonymous().form("/forgot-password", &[("email", email)]).await.expect(303);
            assert_eq!(page.header("location"), "/forgot-password?sent=1");
            // Case 14: what is mailed is in no answer.
            assert!(!format!("{:?}{}", answer.headers, answer.text).contains("lsi_"));
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        assert_eq!(answers[0].0, 202);
        mailed(server, JOANA, "/reset-password/", 2).await;
        for nobody in ["nobody@aurora.example", "marcos@aurora.example", "bea@boreal.example"] {
            let resets = server.mailbox.to(nobody);
            assert!(resets.iter().all(|mail| !mail.body.contains("/reset-password/")), "{nobody}");
        }
        // Two to Joana, and nothing to anybody else.
        mail_count(server, JOANA).await;
        assert_eq!(different(server.mailbox.all()), before + 2);
    }
}

/// Case 21: one address, as it is stored, whatever was sent.
#[tokio::test]
async fn a_link_goes_to_the_stored_address_only() {
    for stage in Stage::both().await {
        let server = &stage.server;
        let nobody = server.anonymous();
        let bodies = [
            json!({ "email": [JOANA, "x@evil.example"] }),
            json!({ "email": format!("{JOANA},x@evil.example") }),
            json!({ "email": format!("{JOANA}\ncc:x@evil.example") }),
            json!({ "email": format!("{JOANA}%0acc:x@evil.example") }),
            json!({ "email": format!("{JOANA}.") }),
            json!({ "email": "joana＠aurora.example" }),
            json!({ "email": "" }),
            json!({}),
        ];
        for body in bodies {
            let answer = nobody.post(RESET, body.clone()).await;
            assert!(matches!(answer.status, 400 | 422), "{body}: {}", answer.status);
        }
        let twice = nobody.form("/forgot-password", &[("email", JOANA), ("email", "x@evil.example")]).await;
        assert_eq!(twice.status, 400);
        let before = mail_count(server, JOANA).await;
        nobody
            .post(RESET, json!({ "email": "JOANA@AURORA.EXAMPLE", "to": "x@evil.example" }))
            .await
            .expect(202);
        mailed(server, JOANA, "/reset-password/", 1).await;
        assert_eq!(mail_count(server, JOANA).await, before + 1);
        assert!(server.mailbox.all().iter().all(|mail| !mail.to.as_str().contains("evil")));
    }
}

/// Case 22: a link is on the configured address, whatever host was asked for.
#[tokio::test]
async fn a_link_is_on_the_configured_address() {
    let stage = Stage::start().await;
    let server = &stage.server;
    for (n, (name, value)) in [
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example;proto=http"),
        ("x-forwarded-proto", "http"),
        ("host", "evil.example"),
    ]
    .into_iter()
    .enumerate()
    {
        let request = server.anonymous().request("POST", RESET).header(name, value);
        let status = Answer::of(request.json(&json!({ "email": JOANA }))).await.status;
        assert!(matches!(status, 202 | 421), "{name}: {status}");
        if status == 202 {
            // `mailed` looks where the link leads.
            mailed(server, JOANA, "/reset-password/", n).await;
        }
    }
}

/// C11: the link in a warning locks the account. Nobody is in it any more when the answer is there, no password opens it,
/// and a new one by mail does.
#[tokio::test]
async fn a_locked_account_is_shut_until_a_new_password_was_chosen() {
    for stage in Stage::both().await {
        let server = &stage.server;
        let inside = stage.member_inside(&stage.joana).await;
        stage.ask(&inside, "GET", "/").await.expect(200);
        let token = issued(server, Purpose::Lock, user(&stage.joana).await, "").await;
        let (nobody, path) = (server.anonymous(), format!("/lock-account/{token}"));
        for _ in 0..2 {
            assert!(nobody.get(&path).await.expect(200).text.contains("Lock this account"));
        }
        assert!(is_signed_in(&stage.joana).await, "to look changes nothing");
        let done = nobody.form(&path, &[]).await.expect(303);
        assert_eq!(done.header("location"), "/recovery/account-locked");
        assert!(done.headers.get("set-cookie").is_none());
        stage.ask(&inside, "GET", "/").await.expect(401);
        assert!(!is_signed_in(&stage.joana).await);
        let right = try_to_sign_in(server, JOANA, PASSWORD).await.expect(401);
        let wrong = try_to_sign_in(server, JOANA, "not the password at all").await.expect(401);
        assert_eq!(right.code(), wrong.code(), "a locked account tells nobody that the password is right");
        nobody.form(&path, &[]).await.expect(410);
        assert_eq!(
            nobody.post("/api/v1/account-recovery/lock", json!({ "token": token })).await.expect(409).code(),
            "link_over"
        );
        let reset = mailed(server, JOANA, "/reset-password/", 1).await;
        let path = format!("/reset-password/{reset}");
        nobody.form(&path, &[("password", PASSWORD)]).await.expect(422);
        try_to_sign_in(server, JOANA, PASSWORD).await.expect(401);
        nobody.form(&path, &[("password", NEW)]).await.expect(303);
        try_to_sign_in(server, JOANA, NEW).await.expect(200);
    }
}

/// A locked account whose link ran out opens by another one, and an agent who is locked is out of customers' accounts.
#[tokio::test]
async fn an_agent_who_locks_their_account_is_out_of_every_customer() {
    let stage = Stage::start().await;
    let server = &stage.server;
    let grant = stage.opened_to_ana("read_only").await;
    let inside = stage.ana_inside(&grant).await;
    stage.ask(&inside, "GET", "/").await.expect(200);
    let token = issued(server, Purpose::Lock, user(&stage.ana).await, "").await;
    server.anonymous().post("/api/v1/account-recovery/lock", json!({ "token": token })).await.expect(204);
    let refused = stage.ask(&inside, "GET", "/").await;
    assert!(matches!(refused.status, 401 | 403), "{}", refused.status);
    let log = rows::audit(server).await;
    assert!(
        log.iter().any(|entry| entry.kind == "support_token.left"),
        "the customer sees that nobody is in"
    );
    server.advance(Duration::hours(2)).await;
    server.anonymous().post(RESET, json!({ "email": "ana@vendor.example" })).await.expect(202);
    let reset = mailed(server, "ana@vendor.example", "/reset-password/", 2).await;
    let body = json!({ "token": reset, "password": NEW });
    server.anonymous().post("/api/v1/account-recovery/password", body).await.expect(204);
}

/// S47: of many who use one link at once, one gets it.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_works_once_however_many_use_it() {
    for stage in Stage::both().await {
        let token = issued(&stage.server, Purpose::ResetPassword, user(&stage.joana).await, "").await;
        let uses = (0..8).map(|n| {
            let (nobody, token) = (stage.server.anonymous(), token.clone());
            operation::spawn(async move {
                let body = json!({ "token": token, "password": format!("sentence number {n} of many") });
                nobody.post("/api/v1/account-recovery/password", body).await.status
            })
        });
        let mut statuses = Vec::new();
        for one in uses.collect::<Vec<_>>() {
            statuses.push(one.await.expect("no panic"));
        }
        assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1, "{statuses:?}");
    }
}

/// Case 1: the steps of a reset in every order up to a length of four, without the mail, with values that are none, with somebody
/// else's link, twice: the old password stays the password, and nobody is signed in.
#[tokio::test]
async fn no_order_of_steps_replaces_the_link() {
    let stage = Stage::start().await;
    let server = &stage.server;
    let browser = server.anonymous();
    browser.post(RESET, json!({ "email": JOANA })).await.expect(202);
    mailed(server, JOANA, "/reset-password/", 1).await;
    // Marcos has a link of his own, for something else.
    let foreign = issued(server, Purpose::Lock, user(&stage.marcos).await, "").await;
    let steps: [(&str, Value); 8] = [
        ("/api/v1/account-recovery/password", json!({ "email": JOANA, "password": NEW })),
        ("/api/v1/account-recovery/password", json!({ "token": "", "email": JOANA, "password": NEW })),
        ("/api/v1/account-recovery/password", json!({ "token": foreign, "email": JOANA, "password": NEW })),
        ("/api/v1/sign-in/new-password", json!({ "email": JOANA, "new_password": NEW })),
        ("/api/v1/account-recovery/lock", json!({ "token": "", "email": JOANA })),
        ("/api/v1/account-recovery/email", json!({ "token": foreign, "email": "eve@evil.example" })),
        ("/api/v1/sign-in", json!({ "email": JOANA, "password": "" })),
        ("/api/v1/lost-devices", json!({ "email": JOANA, "reason": "lost", "contact": "5555" })),
    ];
    for first in 0..steps.len() {
        for second in 0..steps.len() {
            for step in [first, second, (first + second) % steps.len(), (first * 3 + second) % steps.len()] {
                let (path, body) = &steps[step];
                let answer = browser.post(path, body.clone()).await;
                assert!((400..500).contains(&answer.status), "{path}: {} {}", answer.status, answer.text);
                assert!(answer.headers.get("set-cookie").is_none(), "{path}: {:?}", answer.headers);
            }
            // The tries are not what is tested here.
            server.clock.advance(Duration::minutes(16));
        }
    }
    for path in
        ["/reset-password/", "/reset-password/x", "/recovery/password-changed", "/sign-in/new-password"]
    {
        let answer = browser.form(path, &[("email", JOANA), ("password", NEW), ("new_password", NEW)]).await;
        assert!(
            answer.headers.get("set-cookie").is_none() && answer.status != 200,
            "{path}: {}",
            answer.status
        );
    }
    server.clock.advance(Duration::minutes(16));
    try_to_sign_in(server, JOANA, PASSWORD).await.expect(200);
    try_to_sign_in(server, JOANA, NEW).await.expect(401);
    assert!(rows::audit(server).await.iter().all(|entry| entry.kind != "password.reset"));
}

/// A program does none of this.
#[tokio::test]
async fn a_program_recovers_nothing() {
    let stage = Stage::start().await;
    let key = crate::support::cast::program(&stage, &["members.write"]).await;
    let bodies: [(&str, Value); 3] = [
        (RESET, json!({ "email": JOANA })),
        ("/api/v1/account-recovery/password", json!({ "token": "lsi_x", "password": NEW })),
        ("/api/v1/account/email", json!({ "email": "x@aurora.example" })),
    ];
    for (path, body) in bodies {
        assert_eq!(key.post(path, body).await.expect(403).code(), "person_required", "{path}");
    }
}
