//! Two acts about one factor at the same moment, on both databases: whoever is second waits, and then finds what the first did.

use std::{future::Future, time::Duration as Real};

use futures_util::future::join_all;
use kernel::{Duration, Factor};
use operation::{Call, Work, audit::Entry};
use second_factor::{emails::Change, operations as factors};
use serde_json::{Value, json};
use sessions::model::Proof;
use tokio::{join, time::timeout};

use super::{DEVICE, JOANA, SESSION, half, remembered, start, turn_on};
use crate::{
    account_recovery::user,
    support::{
        authenticator::App,
        cast::{Stage, sign_in},
        server::{Answer, Browser, PASSWORD, nothing},
    },
};

const FACTOR: &str = "/api/v1/account/second-factor";
const ROUNDS: usize = 50;
/// Whoever has not come through after so long waits.
const WAITS: Real = Real::from_millis(400);

async fn begin(stage: &Stage) -> Work {
    Call::by_system(&stage.server.product.world).begin().await.expect("a transaction")
}

async fn done(work: Work) {
    work.commit(Entry::new("test.set")).await.expect("a commit");
}

/// Begins an act while `first` is not committed: it waits, and what it says comes after the commit.
async fn held<T>(first: Work, act: impl Future<Output = T>) -> T {
    let mut act = std::pin::pin!(act);
    assert!(timeout(WAITS, act.as_mut()).await.is_err(), "it did not wait for the first");
    done(first).await;
    timeout(Real::from_secs(10), act).await.expect("it goes on")
}

/// Both at once; who is begun first takes turns.
async fn race<A, B>(n: usize, one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    if n.is_multiple_of(2) {
        join!(one, other)
    } else {
        let (other, one) = join!(other, one);
        (one, other)
    }
}

/// The factor of a session that an answer made, while that session is good.
async fn lives_with(stage: &Stage, answer: &Answer) -> Option<String> {
    if answer.status != 200 {
        return None;
    }
    let browser = stage.server.anonymous().with_cookie(answer.cookie(SESSION));
    let session = browser.get("/api/v1/sessions/current").await;
    (session.status == 200).then(|| session.json()["session"]["factor"].as_str().expect("a word").to_owned())
}

#[track_caller]
fn makes_no_session(answer: &Answer) {
    assert_ne!(answer.status, 200, "{}", answer.text);
    assert!(!format!("{:?}", answer.headers).contains(&format!("{SESSION}=lss_")), "{:?}", answer.headers);
}

/// C3, C17, case 13: a sign-in that began while the password was enough, and waits while a factor is confirmed, makes no
/// session without it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_waits_for_a_factor_that_is_being_confirmed() {
    for stage in Stage::both().await {
        let joana = user(&stage.joana).await;
        let call = Call::by_system(&stage.server.product.world);
        let mut work = begin(&stage).await;
        let offered = factors::begin_key(&mut work, joana, "test").await.expect("a key");
        done(work).await;
        let code = App::typed(&offered.key).code(stage.server.now());
        let confirming = factors::confirm_key(&call, joana, "test", &code).await.expect("a right code");
        let mut first = begin(&stage).await;
        confirming.finish(&mut first).await.expect("it comes into use");
        let person = people::operations::get(&mut first, joana).await.expect("a person");
        factors::changed(&mut first, &person, None, Change::On).await.expect("it is told");
        makes_no_session(&held(first, start(&stage, JOANA, "")).await);
        assert_eq!(start(&stage, JOANA, "").await.expect(202).json()["next"], "code");
    }
}

/// C3, C17: the same through the real doors, whoever is quicker: a session that a password alone began does not outlive the
/// factor.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_races_the_first_code() {
    for stage in Stage::both().await {
        for round in 0..15 {
            let joana = sign_in(&stage.server, JOANA).await;
            let key = joana.post(&format!("{FACTOR}/enable"), nothing()).await.expect(201).json();
            stage.server.apps.add(JOANA, key["key"].as_str().expect("a key"));
            let code = json!({ "code": stage.server.code_of(JOANA) });
            let path = format!("{FACTOR}/confirm");
            let (confirmed, answer) = race(round, joana.post(&path, code), start(&stage, JOANA, "")).await;
            let confirmed = confirmed.expect(200);
            assert!(matches!(answer.status, 200 | 202 | 401 | 409), "{} {}", answer.status, answer.text);
            assert_eq!(lives_with(&stage, &answer).await, None, "a session without the factor");
            stage.server.clock.advance(Duration::minutes(1));
            let joana = joana.with_cookie(confirmed.cookie(SESSION));
            let code = json!({ "code": stage.server.code_of(JOANA) });
            joana.post(&format!("{FACTOR}/disable"), code).await.expect(204);
        }
    }
}

/// C17: turning the factor off ends the session that a remembered browser is just opening: it waits for it, and it is one of
/// the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn off_waits_for_a_sign_in_that_is_on_its_way() {
    for stage in Stage::both().await {
        let (joana, _) = turn_on(&stage, &stage.joana, JOANA).await;
        stage.server.clock.advance(Duration::minutes(1));
        let code = json!({ "code": stage.server.code_of(JOANA) });
        let owner = user(&joana).await;
        // As far as a sign-in on a remembered browser comes before its commit.
        let mut first = begin(&stage).await;
        people::operations::lock(&mut first, owner).await.expect("a person");
        let proof = Proof { factor: Factor::Remembered, ..Proof::default() };
        let id = first.call().new_id();
        let secret = sessions::operations::begin_own(&mut first, id, owner, proof).await.expect("a session");
        let path = format!("{FACTOR}/disable");
        held(first, joana.post(&path, code)).await.expect(204);
        let other = stage.server.anonymous().with_cookie(format!("{SESSION}={}", secret.expose()));
        other.get("/api/v1/sessions/current").await.expect(401);
        joana.get("/api/v1/sessions/current").await.expect(200);
    }
}

/// C6, C14: a remembered browser that signs in while the factor is being taken away is remembered no more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_remembered_browser_waits_for_the_end_of_the_factor() {
    for stage in Stage::both().await {
        turn_on(&stage, &stage.joana, JOANA).await;
        stage.server.clock.advance(Duration::minutes(1));
        let (joana, device) = remembered(&stage, JOANA).await;
        let owner = user(&joana).await;
        let mut first = begin(&stage).await;
        people::operations::lock(&mut first, owner).await.expect("a person");
        factors::reset(&mut first, owner, "test").await.expect("it is gone");
        makes_no_session(&held(first, start(&stage, JOANA, &device)).await);
    }
}

/// C6, C17: the same through the real doors, whoever is quicker: no session lives on that a remembered browser began.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_remembered_browser_races_the_end_of_the_factor() {
    for stage in Stage::both().await {
        for round in 0..12 {
            let joana = sign_in(&stage.server, JOANA).await;
            let (joana, _) = turn_on(&stage, &joana, JOANA).await;
            stage.server.clock.advance(Duration::minutes(1));
            let (_, device) = remembered(&stage, JOANA).await;
            stage.server.clock.advance(Duration::minutes(1));
            let code = json!({ "code": stage.server.code_of(JOANA) });
            let path = format!("{FACTOR}/disable");
            let (off, answer) = race(round, joana.post(&path, code), start(&stage, JOANA, &device)).await;
            off.expect(204);
            assert!(matches!(answer.status, 200 | 202 | 401 | 409), "{} {}", answer.status, answer.text);
            // What began when all was over began with the password, which is enough then.
            let factor = lives_with(&stage, &answer).await;
            assert!(matches!(factor.as_deref(), None | Some("")), "round {round}: {factor:?}");
            assert!(!format!("{:?}", answer.headers).contains(DEVICE) || factor.is_none(), "round {round}");
        }
    }
}

/// A request from one place, in a task of its own.
fn sent(by: &Browser, path: &str, body: Value) -> tokio::task::JoinHandle<Answer> {
    let request = by.request("POST", path).header("x-forwarded-for", "198.51.100.7").json(&body);
    operation::spawn(Answer::of(request))
}

/// C10, S12, S73: two tabs in which the same right code is sent while a third sign-in of the account begins, all from one place:
/// one tab is in, and nothing is a fault of ours, such as two that wait for each other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tabs_and_another_sign_in_do_not_wait_for_each_other() {
    for stage in Stage::both().await {
        turn_on(&stage, &stage.joana, JOANA).await;
        for round in 0..ROUNDS {
            stage.server.clock.advance(Duration::minutes(2));
            let (first, second) = (half(&stage, JOANA).await, half(&stage, JOANA).await);
            let code = json!({ "code": stage.server.code_of(JOANA) });
            let again = json!({ "email": JOANA, "password": PASSWORD });
            let mut doors = [
                (first, "/api/v1/sign-in/code", code.clone()),
                (second, "/api/v1/sign-in/code", code),
                (stage.server.anonymous(), "/api/v1/sign-in", again),
            ];
            doors.rotate_left(round % 3);
            let sent = doors.map(|(by, path, body)| sent(&by, path, body));
            let answers: Vec<Answer> =
                join_all(sent).await.into_iter().map(|answer| answer.expect("no panic")).collect();
            let told: Vec<(u16, &str)> =
                answers.iter().map(|answer| (answer.status, answer.text.as_str())).collect();
            assert!(told.iter().all(|(status, _)| *status < 500), "round {round}: {told:?}");
            assert_eq!(
                told.iter().filter(|(status, _)| *status == 200).count(),
                1,
                "round {round}: {told:?}"
            );
            assert!(told.iter().any(|(status, _)| *status == 202), "round {round}: {told:?}");
        }
    }
}

/// S47, S73: a session that is confirmed, a wrong code and a recovery code, all of one person and from one place: none of them
/// waits for another for ever, and each gets its own answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_confirmation_and_a_sign_in_do_not_wait_for_each_other() {
    for stage in Stage::both().await {
        let (mut joana, codes) = turn_on(&stage, &stage.joana, JOANA).await;
        let mut recovery = codes[0].clone();
        for round in 0..ROUNDS / 2 {
            // Every wait is over, and the session is still in use.
            stage.server.clock.advance(Duration::minutes(16));
            let (first, second) = (half(&stage, JOANA).await, half(&stage, JOANA).await);
            let code = stage.server.code_of(JOANA);
            let confirm = json!({ "password": PASSWORD, "code": code });
            let mut doors = [
                (joana.clone(), "/api/v1/account/confirm", confirm),
                (first, "/api/v1/sign-in/code", json!({ "code": "000000" })),
                (second, "/api/v1/sign-in/recovery-code", json!({ "code": recovery })),
            ];
            let turn = round % 3;
            doors.rotate_left(turn);
            let sent = doors.map(|(by, path, body)| sent(&by, path, body));
            let mut answers: Vec<Answer> =
                join_all(sent).await.into_iter().map(|answer| answer.expect("no panic")).collect();
            answers.rotate_right(turn);
            let told: Vec<(u16, &str)> =
                answers.iter().map(|answer| (answer.status, answer.text.as_str())).collect();
            assert_eq!(
                told.iter().map(|one| one.0).collect::<Vec<_>>(),
                [204, 422, 200],
                "{round}: {told:?}"
            );
            joana = joana.with_cookie(answers[0].cookie(SESSION));
            recovery = answers[2].json()["replacement_code"].as_str().expect("a code").to_owned();
        }
    }
}
