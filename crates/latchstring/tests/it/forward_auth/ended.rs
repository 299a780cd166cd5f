//! Whatever turns a yes into a no does so at once, and what cannot be known is a no.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use futures_util::future::join_all;
use kernel::Duration;
use serde_json::{Value, json};

use super::{DIALECTS, NAVIGATION, ask, is_problem, is_yes, tells_nothing};
use crate::support::{cast::Stage, server::nothing};

/// F3: 200 revokes, each under the fire of 8 who ask all the time. Nobody who asks after the revoke has answered gets in.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_a_revoke_nobody_gets_in() {
    for stage in Stage::both().await {
        let stage = Arc::new(stage);
        let allowed_before = Arc::new(AtomicU32::new(0));
        for round in 0..100 {
            let grant = stage.opened_to_ana("write").await;
            let cookie = stage.ana_inside(&grant).await;
            let is_revoked = Arc::new(AtomicBool::new(false));
            let askers = (0..8).map(|n| {
                let (stage, cookie) = (Arc::clone(&stage), cookie.clone());
                let (is_revoked, allowed_before) = (Arc::clone(&is_revoked), Arc::clone(&allowed_before));
                let method = if n % 4 == 3 { "POST" } else { "GET" };
                operation::spawn(async move {
                    loop {
                        let is_after = is_revoked.load(Ordering::SeqCst);
                        let answer = stage.ask(&cookie, method, "/").await;
                        if is_after {
                            return answer;
                        }
                        if answer.status == 200 {
                            allowed_before.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                })
            });
            let askers: Vec<_> = askers.collect();
            tokio::task::yield_now().await;
            stage.joana.post(&format!("/api/v1/support-tokens/{grant}/revoke"), nothing()).await.expect(200);
            is_revoked.store(true, Ordering::SeqCst);
            for answer in join_all(askers).await {
                let answer = answer.expect("an asker");
                assert_eq!(answer.status, 403, "round {round}: {}", answer.text);
                assert_eq!(answer.header("x-latchstring-reason"), "grant_revoked");
                tells_nothing(&answer, "revoked");
            }
        }
        assert!(allowed_before.load(Ordering::Relaxed) > 0, "the askers were at work");
    }
}

/// F5: without the database what is in memory holds for three seconds more, changes of outsiders not even that, and
/// then nobody gets in.
#[tokio::test]
async fn without_the_database_the_answer_becomes_no() {
    for stage in Stage::both().await {
        let member = stage.member_inside(&stage.marcos).await;
        let stranger = stage.member_inside(&stage.joana).await;
        let agent = stage.ana_inside(&stage.opened_to_ana("write").await).await;
        stage.ask(&member, "GET", "/").await.expect(200);
        stage.ask(&agent, "GET", "/").await.expect(200);
        stage.server.product.world.store.close().await;

        for dialect in DIALECTS {
            is_yes(&ask(&stage, dialect, &member, ("GET", "/"), &[]).await, "a moment longer");
            for more in [&[][..], NAVIGATION] {
                let change = ask(&stage, dialect, &agent, ("POST", "/ledger"), more).await;
                is_problem(&change, 503, "unavailable", "a change that cannot be written down");
                assert_eq!(change.header("retry-after"), "2");
                let unread = ask(&stage, dialect, &stranger, ("GET", "/"), more).await;
                is_problem(&unread, 503, "unavailable", "not in memory");
            }
        }
        for seconds in [3, 60] {
            stage.server.advance(Duration::seconds(seconds)).await;
            for dialect in DIALECTS {
                for cookie in [&member, &agent, &stranger] {
                    for (method, more) in [("GET", &[][..]), ("GET", NAVIGATION), ("POST", NAVIGATION)] {
                        let answer = ask(&stage, dialect, cookie, (method, "/"), more).await;
                        is_problem(&answer, 503, "unavailable", "memory is no longer in touch");
                    }
                }
            }
        }
        let act =
            stage.joana.post("/api/v1/support-tokens/grt_00000000000000000000000000/revoke", nothing()).await;
        assert_eq!(act.status, 503, "{}", act.text);
    }
}

/// A33: an agent who signs out has left every account, at once.
#[tokio::test]
async fn signing_out_ends_what_hangs_on_the_session() {
    for stage in Stage::both().await {
        let agent = stage.ana_inside(&stage.opened_to_ana("read_only").await).await;
        let member = stage.member_inside(&stage.marcos).await;
        let other = stage.member_inside(&stage.joana).await;
        for cookie in [&agent, &member, &other] {
            stage.ask(cookie, "GET", "/").await.expect(200);
        }
        assert_eq!(stage.ana.post("/api/v1/sign-out", json!({})).await.status / 100, 2);
        let refused = stage.ask(&agent, "GET", "/").await;
        is_problem(&refused, 403, "session_ended", "the agent signed out");
        assert_eq!(stage.marcos.post("/api/v1/sign-out", json!({})).await.status / 100, 2);
        is_problem(&stage.ask(&member, "GET", "/").await, 401, "unauthenticated", "the member signed out");
        stage.ask(&other, "GET", "/").await.expect(200);
    }
}

async fn membership_of(stage: &Stage, email: &str) -> String {
    let members =
        stage.joana.get(&format!("/api/v1/organizations/{}/members", stage.aurora)).await.expect(200).json();
    let all = members["data"].as_array().expect("a list").clone();
    let one = all.iter().find(|member| member["email"] == email).expect("a member");
    let id = one["id"].as_str().expect("an id");
    format!("/api/v1/organizations/{}/members/{id}", stage.aurora)
}

/// B20: a member who is taken out of the organization is out of the product at once.
#[tokio::test]
async fn an_unlinked_member_is_out_at_once() {
    for stage in Stage::both().await {
        let member = stage.member_inside(&stage.marcos).await;
        stage.ask(&member, "GET", "/").await.expect(200);
        let place = membership_of(&stage, "marcos@aurora.example").await;
        stage.joana.send("DELETE", &place, Value::Null).await.expect(204);
        let answer = stage.ask(&member, "GET", "/").await;
        assert!(matches!(answer.status, 401 | 403), "{}", answer.status);
        tells_nothing(&answer, "unlinked");
        // And there is no way back in.
        let begun =
            stage.at_product("http://erp.example.com/_latchstring/begin?rd=%2F", "").await.expect(303);
        let again = stage.marcos.get(begun.header("location")).await;
        assert_eq!(again.status, 403, "{}", again.text);
    }
}

/// B19: a membership with an end is over at that moment, in open sessions too; no assertion outlives it.
#[tokio::test]
async fn a_membership_ends_by_the_clock() {
    for stage in Stage::both().await {
        let ends_at = stage.server.now() + Duration::minutes(10);
        let place = membership_of(&stage, "marcos@aurora.example").await;
        let body = json!({ "ends_at": web::rest::rfc3339(ends_at) });
        stage.joana.send("PATCH", &place, body).await.expect(200);
        let member = stage.member_inside(&stage.marcos).await;
        stage.ask(&member, "GET", "/").await.expect(200);
        stage.server.clock.advance(Duration::seconds(599));
        stage.ask(&member, "GET", "/").await.expect(200);
        stage.server.clock.advance(Duration::seconds(1));
        let answer = stage.ask(&member, "GET", "/").await;
        assert!(matches!(answer.status, 401 | 403), "{}", answer.status);
    }
}

/// S29: an entry that nobody uses ends after a quarter of an hour; polling keeps nothing alive, people and changes do.
#[tokio::test]
async fn an_entry_that_is_not_used_ends() {
    let stage = Stage::start().await;
    let agent = stage.ana_inside(&stage.opened_to_ana("read_only").await).await;
    for _ in 0..2 {
        stage.server.clock.advance(Duration::minutes(14));
        ask(&stage, DIALECTS[1], &agent, ("GET", "/"), NAVIGATION).await.expect(200);
    }
    for _ in 0..14 {
        stage.server.clock.advance(Duration::minutes(1));
        stage.ask(&agent, "GET", "/poll").await.expect(200);
    }
    stage.server.clock.advance(Duration::minutes(1));
    let answer = stage.ask(&agent, "GET", "/poll").await;
    is_problem(&answer, 403, "session_ended", "a quarter of an hour without a person");
}

/// Removing an application, or moving it to another address, ends every session in it.
#[tokio::test]
async fn an_application_that_moves_takes_nobody_along() {
    let stage = Stage::start().await;
    let member = stage.member_inside(&stage.marcos).await;
    stage.ask(&member, "GET", "/").await.expect(200);
    let path = format!("/api/v1/applications/{}", stage.application);
    stage.vera.send("PATCH", &path, json!({ "origin": "http://new.example.com" })).await.expect(200);
    is_problem(&stage.ask(&member, "GET", "/").await, 403, "unknown_application", "moved");
    stage.vera.send("PATCH", &path, json!({ "origin": stage.origin })).await.expect(200);
    let member = stage.member_inside(&stage.marcos).await;
    stage.ask(&member, "GET", "/").await.expect(200);
    assert_eq!(stage.vera.send("DELETE", &path, Value::Null).await.status / 100, 2);
    is_problem(&stage.ask(&member, "GET", "/").await, 403, "unknown_application", "removed");
}
