//! The new door, as an attacker tries it.

use serde_json::json;

use super::{enter, inside, made, signed_in, try_to_sign_in, usual};
use crate::support::{cast::Stage, server::Browser};

/// Case 33, A40: an address of theirs that exists, one that does not, and a person's answer a wrong password alike, and cost
/// the same.
#[tokio::test]
async fn a_wrong_password_tells_nothing() {
    let stage = Stage::start().await;
    let pair = made(&stage, usual()).await;
    let mut times: [Vec<std::time::Duration>; 3] = Default::default();
    let mut answers = Vec::new();
    for round in 0..4 {
        let emails = [
            pair.email.clone(),
            format!("support-00000000000{round}@temporary.access.example"),
            format!("unknown{round}@aurora.example"),
        ];
        for (place, email) in emails.iter().enumerate() {
            let begun = tokio::time::Instant::now();
            let body = json!({ "email": email, "password": "wrong and long enough" });
            let answer = stage.server.anonymous().post("/api/v1/sign-in", body).await;
            times[place].push(begun.elapsed());
            let mut told = answer.json();
            told["instance"] = json!(null);
            answers.push((answer.status, told, answer.headers.len()));
        }
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(answers[0].0, 401);
    let least = times.map(|times| times.into_iter().min().expect("some"));
    let (fast, slow) = (least.iter().min().expect("three"), least.iter().max().expect("three"));
    assert!(*slow < *fast * 3, "all of them hash once: {least:?}");
}

/// Cases 10, 12, 13: guesses are counted before they are looked at, for the address and for the source, at each of the ways.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guessing_is_throttled() {
    for stage in Stage::both().await {
        let pair = made(&stage, usual()).await;
        let guess = |n: usize| {
            let browser: Browser = stage.server.anonymous();
            let email = if n.is_multiple_of(2) { pair.email.clone() } else { pair.email.to_uppercase() };
            async move { try_to_sign_in(&browser, &email, &format!("guess {n}")).await.status }
        };
        for n in 0..5 {
            assert_eq!(guess(n).await, 422);
        }
        let answers = futures_util::future::join_all((0..50).map(guess)).await;
        // What is more than the machine hashes at once is turned away before it is counted.
        assert!(answers.iter().all(|status| matches!(status, 429 | 503)), "{answers:?}");
        try_to_sign_in(&stage.server.anonymous(), &pair.email, &pair.password).await.expect(429);
        let body = json!({ "email": pair.email, "password": pair.password });
        stage.server.anonymous().post("/api/v1/sign-in", body).await.expect(429);
        stage.server.clock.advance(kernel::Duration::minutes(16));
        signed_in(&stage.server.anonymous(), &pair).await;
    }
}

/// Cases 17, 19, S28: a planted cookie of theirs is not gone on with, and of two sign-ins in one browser one is left.
#[tokio::test]
async fn a_planted_session_is_not_taken() {
    let stage = Stage::start().await;
    let pair = made(&stage, usual()).await;
    let attacker = signed_in(&stage.server.anonymous(), &pair).await;
    let victim =
        signed_in(&stage.server.anonymous().with_cookie(attacker.cookie.clone().expect("signed in")), &pair)
            .await;
    let theirs =
        victim.cookie.as_deref().and_then(|all| all.split("; ").nth(1)).expect("a new one").to_owned();
    assert_ne!(Some(theirs.as_str()), attacker.cookie.as_deref());
    assert_eq!(attacker.get("/temporary").await.status, 303, "the planted one is dead");
    stage.server.anonymous().with_cookie(theirs.clone()).get("/temporary").await.expect(200);
    for doubtful in [
        format!("{theirs}; {theirs}"),
        theirs.replace("__Host-", "__host-"),
        format!("{theirs}x"),
        theirs.to_uppercase(),
    ] {
        stage.server.anonymous().with_cookie(doubtful).get("/temporary").await.expect(303);
    }
}

/// Cases 1, 15, S45: no kind of session is taken for another, whichever cookie carries it.
#[tokio::test]
async fn kinds_of_sessions_are_not_mixed_up() {
    let stage = Stage::start().await;
    let pair = made(&stage, usual()).await;
    let holder = signed_in(&stage.server.anonymous(), &pair).await;
    let acting = inside(&stage, &holder).await;
    let member = stage.member_inside(&stage.marcos).await;
    let value = |cookie: &str| cookie.split_once('=').expect("a pair").1.to_owned();
    let temporary = value(holder.cookie.as_deref().expect("signed in"));
    let own = value(stage.joana.cookie.as_deref().expect("signed in"));
    let nobody = stage.server.anonymous();
    // On our host: whatever is no session of credentials is none there, and theirs is no person's.
    for other in [&own, &value(&acting), &value(&member)] {
        let browser = nobody.with_cookie(format!("__Host-latchstring_temporary={other}"));
        browser.get("/temporary").await.expect(303);
        assert!(
            browser
                .form("/temporary/enter", &[])
                .await
                .expect(303)
                .header("location")
                .starts_with("/sign-in")
        );
    }
    nobody
        .with_cookie(format!("__Host-latchstring={temporary}"))
        .get("/api/v1/sessions/current")
        .await
        .expect(401);
    // At the product: theirs opens nothing before they entered.
    for name in ["__Host-latchstring_app", "__Host-latchstring_acting", "__Host-latchstring"] {
        let answer = stage.ask(&format!("{name}={temporary}"), "GET", "/ledger").await;
        assert_ne!(answer.status, 200, "{name}");
    }
    let as_member = stage.ask(&format!("__Host-latchstring_app={}", value(&acting)), "GET", "/ledger").await;
    assert_ne!(as_member.status, 200);
}

/// Case 37, S36: the ticket of an *Enter* is good in the session that pressed, and in no other; and no address has a secret in
/// it that opens anything by itself.
#[tokio::test]
async fn the_ticket_is_bound_to_the_session() {
    let stage = Stage::start().await;
    let pair = made(&stage, usual()).await;
    let holder = signed_in(&stage.server.anonymous(), &pair).await;
    let other = signed_in(&stage.server.anonymous(), &pair).await;
    for thief in [other, stage.ana.clone(), stage.joana.clone(), stage.server.anonymous()] {
        let begin = enter(&holder).await;
        assert!(!begin.contains(&pair.password));
        let begun = stage.at_product(&begin, "").await.expect(303);
        let led = thief.get(begun.header("location")).await;
        assert!(led.status == 403 || led.header("location").starts_with("/sign-in"), "{}", led.status);
    }
    inside(&stage, &holder).await;
}

/// Case 40: what is sent along changes nothing (S41), and nonsense is refused.
#[tokio::test]
async fn what_is_sent_along_is_ignored() {
    let stage = Stage::start().await;
    let body = json!({
        "validity_seconds": 3600, "id": "gr_00000000000000000000000000", "email": "joana@aurora.example",
        "password": "mine", "value": "mine", "password_hash": "x", "user_id": "usr_00000000000000000000000000",
        "organization_id": stage.boreal, "created_by": "usr_00000000000000000000000000", "ends_at": "2099-01-01T00:00:00Z",
        "activated_at": 1, "live_of": null, "stand_in_since": null, "first_used_at": 1, "agent_required_at": 1,
    });
    let answer = stage.joana.post(&super::path(&stage.aurora), body).await.expect(201).json();
    let made = &answer["temporary_credentials"];
    assert_eq!(made["organization_id"], stage.aurora);
    assert_eq!(made["created_by"], "Joana Prado");
    assert_eq!(made["requires_agent"], false);
    assert_eq!(made["first_used_at"], json!(null));
    assert_eq!(made["ends_at"], web::rest::rfc3339(stage.server.now() + kernel::Duration::hours(1)));
    assert_ne!(answer["value"], "mine");
    for replaces in [json!("all"), json!([]), json!(1), json!("grp_00000000000000000000000000")] {
        let body = json!({ "validity_seconds": 3600, "replaces": replaces });
        let answer = stage.joana.post(&super::path(&stage.aurora), body).await;
        assert!(matches!(answer.status, 400 | 422), "{}", answer.status);
    }
}
