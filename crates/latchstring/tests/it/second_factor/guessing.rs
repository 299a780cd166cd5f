//! Guessing codes: in new sign-ins, in parallel, across restarts, and at the cost of nobody else.

use kernel::{Clock as _, Duration};
use latchstring::clock::SystemClock;
use serde_json::json;
use testkit::Database;

use super::{JOANA, half, remembered, show_code, start, turn_on};
use crate::support::{
    cast::Stage,
    process::Installed,
    rows,
    server::{Answer, PASSWORD},
};

/// C10, S12, S13, case 8: a code works once, whoever sends it and however many at once; neighbours are taken, none further
/// away.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_works_once() {
    for stage in Stage::both().await {
        let _ = turn_on(&stage, &stage.joana, JOANA).await;
        for round in 0..5 {
            stage.server.advance(Duration::minutes(2)).await;
            let mut tries = Vec::new();
            let code = stage.server.code_of(JOANA);
            let mut halves = Vec::new();
            for _ in 0..10 {
                halves.push(half(&stage, JOANA).await);
            }
            for half in halves {
                let code = code.clone();
                tries.push(operation::spawn(async move { show_code(&half, &code).await.status }));
            }
            let mut signed_in = 0;
            for one in tries {
                signed_in += usize::from(one.await.expect("no panic") == 200);
            }
            assert_eq!(signed_in, 1, "round {round}");
            stage.server.advance(Duration::minutes(16)).await;
        }
        // A right one ends the count of those that came too late.
        show_code(&half(&stage, JOANA).await, &stage.server.code_of(JOANA)).await.expect(200);
        stage.server.advance(Duration::minutes(2)).await;
        let half = half(&stage, JOANA).await;
        let now = stage.server.now();
        for away in [-2, 2] {
            show_code(&half, &stage.server.apps.code_away(JOANA, now, away)).await.expect(422);
        }
        show_code(&half, &stage.server.apps.code_away(JOANA, now, 1)).await.expect(200);
        // A code before one that was used is used too.
        let half = super::half(&stage, JOANA).await;
        let before = show_code(&half, &stage.server.apps.code_away(JOANA, now, 0)).await.expect(422);
        assert_eq!(before.json()["errors"][0]["code"], "code_already_used");
    }
}

/// C16, S14, cases 9 and 11: however many sign-ins are begun and from however many sources, at most ten codes are looked at
/// in a quarter of an hour; the person still comes in with a recovery code, and on a remembered browser.
#[tokio::test]
async fn new_sign_ins_give_no_new_guesses() {
    for stage in Stage::both().await {
        let (_, codes) = turn_on(&stage, &stage.joana, JOANA).await;
        stage.server.advance(Duration::minutes(2)).await;
        let (_, device) = remembered(&stage, JOANA).await;
        let evaluated = async |stage: &Stage| {
            let log = rows::audit(&stage.server).await;
            log.iter()
                .filter(|entry| entry.kind == "second_factor.code_checked" && entry.outcome == "refused")
                .count()
        };
        for minute in 0..15 {
            for source in 0..4 {
                let address = format!("203.0.113.{}", minute * 4 + source);
                let body = json!({ "email": JOANA, "password": PASSWORD });
                let begun = stage.server.anonymous().request("POST", "/api/v1/sign-in").json(&body);
                let begun = Answer::of(begun.header("x-forwarded-for", &address)).await.expect(202);
                let half = stage.server.anonymous().with_cookie(begun.cookie(super::HALF));
                let guess = half.request("POST", "/api/v1/sign-in/code").json(&json!({ "code": "000000" }));
                let status = Answer::of(guess.header("x-forwarded-for", &address)).await.status;
                assert!(status == 422 || status == 429, "{status}");
            }
            stage.server.advance(Duration::minutes(1)).await;
        }
        let looked_at = evaluated(&stage).await;
        assert!((5..=10).contains(&looked_at), "{looked_at} codes were looked at");
        // C16: neither her recovery codes nor her own browser are shut by a stranger.
        start(&stage, JOANA, &device).await.expect(200);
        let half = half(&stage, JOANA).await;
        half.post("/api/v1/sign-in/recovery-code", json!({ "code": codes[0] })).await.expect(200);
    }
}

/// C16: a stranger who guesses at the password makes everybody wait but the browser that is remembered.
#[tokio::test]
async fn a_stranger_does_not_shut_out_a_remembered_browser() {
    for stage in Stage::both().await {
        let _ = turn_on(&stage, &stage.joana, JOANA).await;
        let (_, device) = remembered(&stage, JOANA).await;
        let guess = async |address: &str| {
            let body = json!({ "email": JOANA, "password": "not the password at all" });
            let request = stage.server.anonymous().request("POST", "/api/v1/sign-in").json(&body);
            Answer::of(request.header("x-forwarded-for", address)).await.status
        };
        let mut last = 0;
        for source in 0..8 {
            last = guess(&format!("203.0.113.{source}")).await;
        }
        assert_eq!(last, 429);
        start(&stage, JOANA, "").await.expect(429);
        start(&stage, JOANA, &device).await.expect(200);
    }
}

/// S14, case 9: after a hundred wrong codes in a row the key takes no more, also not the right one, until its owner sets up
/// another; once, and the person is told.
#[tokio::test]
async fn a_hundred_wrong_codes_disable_the_key() {
    for stage in Stage::both().await {
        let (_, codes) = turn_on(&stage, &stage.joana, JOANA).await;
        // Ninety-four were wrong in the weeks before; each of these is looked at after its wait.
        rows::set_wrong_codes(&stage.server, 94).await;
        for wrong in 95..=100 {
            stage.server.advance(Duration::minutes(16)).await;
            let half = half(&stage, JOANA).await;
            let answer = show_code(&half, "000000").await;
            assert_eq!(answer.status, 422, "{wrong}: {}", answer.text);
        }
        stage.server.advance(Duration::minutes(16)).await;
        let half = half(&stage, JOANA).await;
        let right = show_code(&half, &stage.server.code_of(JOANA)).await.expect(409);
        assert_eq!(right.code(), "no_authenticator_app");
        assert_eq!(super::mails(&stage, JOANA, "not taken any more").await, 1);
        half.post("/api/v1/sign-in/recovery-code", json!({ "code": codes[0] })).await.expect(200);
    }
}

/// S14, case 10: many guesses at the same moment: each is counted before it is looked at.
#[tokio::test(flavor = "multi_thread")]
async fn parallel_guesses_are_counted_before_they_are_looked_at() {
    for stage in Stage::both().await {
        let _ = turn_on(&stage, &stage.joana, JOANA).await;
        stage.server.advance(Duration::minutes(2)).await;
        let half = half(&stage, JOANA).await;
        let tries: Vec<_> = (0..40)
            .map(|_| {
                let half = half.clone();
                operation::spawn(async move { show_code(&half, "000000").await.status })
            })
            .collect();
        let (mut looked_at, mut refused) = (0, 0);
        for one in tries {
            match one.await.expect("no panic") {
                422 => looked_at += 1,
                429 => refused += 1,
                other => panic!("{other}"),
            }
        }
        assert_eq!((looked_at, refused), (5, 35));
    }
}

/// S14, case 11: killed after each guess and started again, the server has forgotten none: the sixth is not looked at, right or
/// wrong.
#[tokio::test]
async fn a_kill_after_each_guess_gives_no_new_ones() {
    let postgres = Database::postgres().await;
    let mut places = vec![Installed::new().await];
    if let Some(database) = &postgres {
        places.push(Installed::on(&database.url).await);
    }
    let vera = "vera@vendor.example";
    for installed in places {
        let mut server = installed.serve().await;
        installed.set_up().await.expect(303);
        installed.sign_in(vera).await;
        let half = async || {
            let body = json!({ "email": vera, "password": PASSWORD });
            let answer = installed.anonymous().post("/api/v1/sign-in", body).await.expect(202);
            installed.anonymous().with_cookie(answer.cookie(super::HALF))
        };
        for _ in 0..5 {
            show_code(&half().await, "000000").await.expect(422);
            server.kill().await;
            server = installed.serve().await;
        }
        let right = installed.apps.code(vera, SystemClock.now());
        for code in [right.as_str(), "000000"] {
            show_code(&half().await, code).await.expect(429);
        }
        assert!(server.stop().await);
    }
}
