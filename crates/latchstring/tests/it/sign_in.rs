//! The door of Latchstring itself: who gets a session, for how long, and what guards it.

mod paths;
mod walk;

use kernel::Duration;
use serde_json::{Value, json};
use testkit::Database;

use crate::support::{
    cast::{Stage, sign_in},
    server::{Answer, Browser, PASSWORD, TestServer, nothing},
};

const COOKIE: &str = "__Host-latchstring";

/// A try at the API from a source of its own choice; the tests' proxy is trusted.
async fn attempt(server: &TestServer, email: &str, password: &str, source: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    let request =
        server.anonymous().request("POST", "/api/v1/sign-in").header("x-forwarded-for", source).json(&body);
    Answer::of(request).await
}

/// The answer without what differs from request to request.
fn plain(answer: &Answer) -> (u16, Value, Vec<String>) {
    let mut body = answer.json();
    body["instance"] = Value::Null;
    let mut names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
    names.sort_unstable();
    (answer.status, body, names)
}

async fn is_signed_in(by: &Browser) -> bool {
    match by.get("/api/v1/sessions/current").await.status {
        200 => true,
        401 => false,
        other => panic!("{other}"),
    }
}

/// A40, S10, case 33: a wrong address, a wrong password, an address that is none and a suspended person get one answer.
#[tokio::test]
async fn a_wrong_address_and_a_wrong_password_get_the_same_answer() {
    let stage = Stage::start().await;
    let known = attempt(&stage.server, "joana@aurora.example", "not her password", "198.51.100.1").await;
    assert_eq!(known.status, 401);
    assert_eq!(known.code(), "wrong_email_or_password");
    for email in
        ["nobody@aurora.example", "x", "", "a@b@c", "joana@aurora.example\u{0}", "JOANA@aurora.example"]
    {
        let unknown = attempt(&stage.server, email, "not her password", "198.51.100.2").await;
        assert_eq!(plain(&known), plain(&unknown), "{email}");
    }
    // And on the page, but for the address that was typed.
    let nobody = stage.server.anonymous();
    let mut pages = Vec::new();
    for email in ["bea@boreal.example", "who@boreal.example"] {
        let answer =
            nobody.form("/sign-in", &[("email", email), ("password", "not the password")]).await.expect(422);
        assert!(answer.headers.get("set-cookie").is_none());
        pages.push(answer.text.replace(email, "…"));
    }
    assert_eq!(pages[0], pages[1]);
}

/// S85, cases 10, 12, 13, 28: an account is guarded against guessing whoever asks, by whichever way in, and so is one
/// that does not exist.
#[tokio::test]
async fn guessing_at_one_account_is_slowed_down() {
    for database in Database::both().await {
        let stage = Stage::on(TestServer::on(database).await, "http://erp.example.com").await;
        for email in ["joana@aurora.example", "nobody@aurora.example"] {
            for n in 0..5 {
                attempt(&stage.server, email, "wrong wrong wrong", &format!("198.51.100.{n}"))
                    .await
                    .expect(401);
            }
            let right = attempt(&stage.server, email, PASSWORD, "203.0.113.77").await.expect(429);
            assert_eq!(right.header("retry-after"), "30", "{email}");
        }
        // The other way in to the same check.
        let body = json!({ "current_password": PASSWORD, "new_password": "another latch, another string" });
        stage.joana.post("/api/v1/account/password", body).await.expect(429);
        let form = [("email", "joana@aurora.example"), ("password", PASSWORD)];
        stage.server.anonymous().form("/sign-in", &form).await.expect(429);
        // Others, and she in her browser, go on.
        assert!(is_signed_in(&stage.joana).await);
        sign_in(&stage.server, "marcos@aurora.example").await;
        stage.server.advance(Duration::seconds(30)).await;
        sign_in(&stage.server, "joana@aurora.example").await;
        // The success cleared the account's count, and only that.
        attempt(&stage.server, "joana@aurora.example", "wrong wrong wrong", "198.51.100.9").await.expect(401);
    }
}

/// Case 10, S47: the limit holds however many come at once, because a try is counted before it is checked.
#[tokio::test]
async fn fifty_guesses_at_once_are_five_guesses() {
    for database in Database::both().await {
        let stage = Stage::on(TestServer::on(database).await, "http://erp.example.com").await;
        let tries = (0..50).map(|n| {
            let source = format!("198.51.100.{n}");
            let server = &stage.server;
            async move { attempt(server, "joana@aurora.example", "wrong wrong wrong", &source).await.status }
        });
        let statuses = futures_util::future::join_all(tries).await;
        let evaluated = statuses.iter().filter(|status| **status == 401).count();
        assert!(evaluated <= 5, "{evaluated} were checked");
        assert!(statuses.iter().all(|status| matches!(status, 401 | 429 | 503)), "{statuses:?}");
        attempt(&stage.server, "joana@aurora.example", PASSWORD, "203.0.113.77").await.expect(429);
    }
}

/// Cases 12, 28: a source that fails everywhere waits, and a sign-in of its own does not help it. S81: which source it is,
/// a trusted proxy says and nobody else.
#[tokio::test]
async fn a_source_that_guesses_at_many_accounts_waits() {
    let stage = Stage::start().await;
    let source = "198.51.100.200";
    for n in 0..49 {
        attempt(&stage.server, &format!("n{n}@nobody.example"), "wrong wrong wrong", source)
            .await
            .expect(401);
    }
    attempt(&stage.server, "marcos@aurora.example", PASSWORD, source).await.expect(200);
    attempt(&stage.server, "n49@nobody.example", "wrong wrong wrong", source).await.expect(401);
    attempt(&stage.server, "marcos@aurora.example", PASSWORD, source).await.expect(429);
    // What a client puts before its own address is not where it comes from.
    let forged = format!("10.0.0.1, {source}");
    attempt(&stage.server, "n50@nobody.example", "wrong wrong wrong", &forged).await.expect(429);
    attempt(&stage.server, "marcos@aurora.example", PASSWORD, "198.51.100.201").await.expect(200);
    stage.server.advance(Duration::minutes(15)).await;
    attempt(&stage.server, "marcos@aurora.example", PASSWORD, source).await.expect(200);
}

/// S28, case 19: a sign-in makes a new token; one that was planted or was there before is dead.
#[tokio::test]
async fn a_sign_in_makes_a_new_session_and_ends_the_planted_one() {
    let stage = Stage::start().await;
    let body = json!({ "email": "marcos@aurora.example", "password": PASSWORD });
    // An attacker's own session, planted in the victim's browser.
    let planted = stage.bea.clone();
    let answer = planted.post("/api/v1/sign-in", body.clone()).await.expect(200);
    let victim = stage.server.anonymous().with_cookie(answer.cookie(COOKIE));
    assert_ne!(victim.cookie, planted.cookie);
    assert!(!is_signed_in(&planted).await);
    let who = victim.get("/api/v1/sessions/current").await.expect(200).json();
    assert_eq!(who["user"]["email"], "marcos@aurora.example");

    let made_up = format!("{COOKIE}=lss_000000000000000000000000000000000000");
    let answer =
        stage.server.anonymous().with_cookie(&made_up).post("/api/v1/sign-in", body).await.expect(200);
    assert_ne!(answer.cookie(COOKIE), made_up);
    assert!(!is_signed_in(&stage.server.anonymous().with_cookie(made_up)).await);
    let line = answer.headers["set-cookie"].to_str().expect("ASCII");
    for guard in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
        assert!(line.contains(guard), "S34: {line}");
    }
    assert!(!line.contains("Domain"), "{line}");
}

/// S29, S38: an own session ends after an hour unused and after 24 hours used; a cookie that is sent on is worth nothing.
#[tokio::test]
async fn an_own_session_ends_idle_and_in_the_end() {
    for stage in Stage::both().await {
        stage.server.clock.advance(Duration::seconds(59 * 60 + 59));
        assert!(is_signed_in(&stage.marcos).await);
        stage.server.clock.advance(Duration::minutes(60));
        assert!(!is_signed_in(&stage.marcos).await, "unused for an hour");
        let steady = sign_in(&stage.server, "joana@aurora.example").await;
        for _ in 0..28 {
            stage.server.clock.advance(Duration::minutes(50));
            assert!(is_signed_in(&steady).await);
        }
        stage.server.clock.advance(Duration::seconds(40 * 60 - 1));
        assert!(is_signed_in(&steady).await);
        stage.server.clock.advance(Duration::seconds(1));
        assert!(!is_signed_in(&steady).await, "24 hours");
    }
}

/// S29: in a product too: a member's session as their own, an agent's after 15 minutes unused and 8 hours used.
#[tokio::test]
async fn sessions_in_products_end_idle_and_in_the_end() {
    let stage = Stage::start().await;
    // Polling keeps nothing alive; a change does.
    let is_in = async |cookie: &str| {
        let status = stage.ask(cookie, "POST", "/").await.status;
        assert!(matches!(status, 200 | 302 | 401 | 403), "{status}");
        status == 200
    };
    let member = stage.member_inside(&stage.marcos).await;
    stage.server.clock.advance(Duration::minutes(59));
    assert!(is_in(&member).await);
    stage.server.clock.advance(Duration::minutes(59));
    assert!(is_in(&member).await, "used an hour ago; and its own session with it");
    stage.server.clock.advance(Duration::minutes(61));
    assert!(!is_in(&member).await);

    let ana = sign_in(&stage.server, "ana@vendor.example").await;
    let joana = sign_in(&stage.server, "joana@aurora.example").await;
    let tokens = format!("/api/v1/organizations/{}/support-tokens", stage.aurora);
    let token =
        joana.post(&tokens, json!({ "validity_seconds": 86_400, "mode": "write" })).await.expect(201).json();
    let body = json!({ "code": token["code"], "ticket": "1" });
    ana.post("/api/v1/desk/associate", body).await.expect(200);
    let grant = token["id"].as_str().expect("an id");
    let stage = Stage { ana, ..stage };
    let is_in = async |cookie: &str| stage.ask(cookie, "POST", "/").await.status == 200;
    let idle = stage.ana_inside(grant).await;
    let used = stage.ana_inside(grant).await;
    stage.server.clock.advance(Duration::seconds(15 * 60 - 1));
    assert!(is_in(&used).await);
    stage.server.clock.advance(Duration::seconds(1));
    assert!(!is_in(&idle).await, "15 minutes unused");
    for _ in 0..46 {
        stage.server.clock.advance(Duration::minutes(10));
        assert!(is_in(&used).await);
    }
    stage.server.clock.advance(Duration::seconds(5 * 60 - 1));
    assert!(is_in(&used).await);
    stage.server.clock.advance(Duration::seconds(1));
    assert!(!is_in(&used).await, "8 hours");
}

/// S30, S37: signing out ends the session and what hangs on it at once, and clears the browser.
#[tokio::test]
async fn signing_out_ends_everything_at_once() {
    for stage in Stage::both().await {
        let product = stage.member_inside(&stage.marcos).await;
        let inside = stage.ana_inside(&stage.opened_to_ana("read_only").await).await;
        stage.ask(&product, "GET", "/").await.expect(200);
        stage.ask(&inside, "GET", "/").await.expect(200);
        let page = stage.marcos.form("/sign-out", &[]).await.expect(303);
        let api = stage.ana.post("/api/v1/sign-out", nothing()).await.expect(204);
        for answer in [&page, &api] {
            assert_eq!(answer.header("clear-site-data"), "\"cache\", \"storage\"");
            let line = answer.header("set-cookie");
            assert!(line.starts_with("__Host-latchstring=;") && line.contains("Max-Age=0"), "{line}");
            assert_eq!(answer.header("cache-control"), "no-store");
        }
        assert!(!is_signed_in(&stage.marcos).await);
        assert!(!is_signed_in(&stage.ana).await);
        for cookie in [&product, &inside] {
            assert_ne!(stage.ask(cookie, "GET", "/").await.status, 200);
        }
    }
}

/// S32, C18: people see their sessions with kind, times and address, and end one or all others; nobody else's.
#[tokio::test]
async fn people_see_and_end_their_own_sessions() {
    let stage = Stage::start().await;
    let body = json!({ "email": "marcos@aurora.example", "password": PASSWORD });
    let request = stage.server.anonymous().request("POST", "/api/v1/sign-in").json(&body);
    let request = request.header("x-forwarded-for", "198.51.100.44").header("user-agent", "Other/1.0");
    let other = Answer::of(request).await.expect(200).cookie(COOKIE);
    let other = stage.server.anonymous().with_cookie(other);
    let product = stage.member_inside(&other).await;
    let list = stage.marcos.get("/api/v1/sessions").await.expect(200).json();
    let list = list["data"].as_array().expect("a list");
    assert_eq!(list.len(), 3);
    let theirs = list.iter().find(|session| session["address"] == "198.51.100.44").expect("the other");
    assert_eq!(theirs["user_agent"], "Other/1.0");
    assert_eq!(theirs["is_current"], false);
    assert!(list.iter().any(|session| session["kind"] == "application"));
    assert_eq!(theirs["factor"], "", "a password, and nothing more");
    let page = stage.marcos.get("/account").await.expect(200).text;
    for part in [
        "198.51.100.44",
        "Other/1.0",
        "This server",
        "A protected product",
        "with a password",
        "this browser",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let path = format!("/api/v1/sessions/{}", theirs["id"].as_str().expect("an id"));
    stage.joana.send("DELETE", &path, nothing()).await.expect(404);
    assert!(is_signed_in(&other).await);
    stage.marcos.send("DELETE", &path, nothing()).await.expect(204);
    assert!(!is_signed_in(&other).await);
    assert_ne!(stage.ask(&product, "GET", "/").await.status, 200);

    let again = sign_in(&stage.server, "marcos@aurora.example").await;
    assert_eq!(
        stage.marcos.post("/api/v1/sessions/end-others", nothing()).await.expect(200).json()["ended"],
        1
    );
    assert!(!is_signed_in(&again).await);
    assert!(is_signed_in(&stage.marcos).await);
}

/// S35, case 32: a cookie of which it is doubtful what it says is no cookie.
#[tokio::test]
async fn a_doubtful_cookie_is_nobody() {
    let stage = Stage::start().await;
    let value = stage.joana.cookie.clone().expect("a cookie").split_once('=').expect("a pair").1.to_owned();
    let marcos = stage.marcos.cookie.clone().expect("a cookie").split_once('=').expect("a pair").1.to_owned();
    let mut doubtful = vec![
        format!("{COOKIE}={value}; {COOKIE}={marcos}"),
        format!("{COOKIE}={value}; {COOKIE}={value}"),
        format!("__host-latchstring={value}"),
        format!("__HOST-LATCHSTRING={value}; {COOKIE}={value}"),
        format!("{COOKIE} ={value}"),
        format!("{COOKIE}=\"{value}\""),
        format!("latchstring={value}"),
        format!("={value}"),
        value.clone(),
        format!("{COOKIE}={value}%00"),
        format!("{COOKIE}={value}x"),
        format!("{COOKIE}={}", &value[..39]),
        format!("{COOKIE}={}", value.to_uppercase()),
        format!("{COOKIE}={}", "a".repeat(8000)),
        format!("__Host-latchstring_app={value}"),
        format!("__Host-latchstring_acting={value}"),
    ];
    for place in 4..40 {
        let mut changed = value.clone().into_bytes();
        changed[place] = if changed[place] == b'a' { b'b' } else { b'a' };
        doubtful.push(format!("{COOKIE}={}", String::from_utf8(changed).expect("ASCII")));
    }
    for cookie in doubtful {
        let by = stage.server.anonymous().with_cookie(cookie.clone());
        assert_eq!(by.get("/api/v1/sessions/current").await.status, 401, "{cookie:.120}");
        assert_eq!(by.get("/organizations").await.status, 303, "{cookie:.120}");
        for name in ["__Host-latchstring_app", "__Host-latchstring_acting"] {
            let sent = cookie.replace(COOKIE, name);
            assert_ne!(stage.ask(&sent, "GET", "/").await.status, 200, "{sent:.120}");
        }
    }
    let beside = stage.server.anonymous().with_cookie(format!("a=1; {COOKIE}={value}; b=2"));
    assert!(is_signed_in(&beside).await);
    // A key that is none, beside a good cookie: which is meant cannot be known.
    let request =
        stage.joana.request("GET", "/api/v1/sessions/current").header("authorization", "Bearer nonsense");
    assert_eq!(Answer::of(request).await.status, 401);
}

/// S5, S2, C17: a change needs the current password, ends the other sessions, and is mailed without a secret.
#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_it() {
    for stage in Stage::both().await {
        let other = sign_in(&stage.server, "marcos@aurora.example").await;
        let product = stage.member_inside(&other).await;
        let new = "  a new latch, a new string 🪢 ";
        let change = |current: &str, new: &str| json!({ "current_password": current, "new_password": new });
        let path = "/api/v1/account/password";
        stage.server.anonymous().post(path, change(PASSWORD, new)).await.expect(401);
        assert_eq!(
            stage.marcos.post(path, change("not the current one", new)).await.expect(403).code(),
            "wrong_password"
        );
        for bad in ["short", "fourteen chars", "marcos@aurora.example", PASSWORD, &"x".repeat(257)] {
            stage.marcos.post(path, change(PASSWORD, bad)).await.expect(422);
        }
        assert!(is_signed_in(&other).await, "nothing happened yet");
        stage.marcos.post(path, change(PASSWORD, new)).await.expect(204);
        assert!(is_signed_in(&stage.marcos).await);
        assert!(!is_signed_in(&other).await);
        assert_ne!(stage.ask(&product, "GET", "/").await.status, 200);
        stage.server.deliver().await;
        let mail = stage.server.mailbox.to("marcos@aurora.example").pop().expect("a mail");
        assert!(!mail.body.contains("latch,") && !mail.body.contains("lsi_"), "S19: {}", mail.body);
        for wrong in [PASSWORD, new.trim(), &new[..new.len() - 1]] {
            attempt(&stage.server, "marcos@aurora.example", wrong, "198.51.100.1").await.expect(401);
        }
        attempt(&stage.server, "marcos@aurora.example", new, "198.51.100.1").await.expect(200);
    }
}
