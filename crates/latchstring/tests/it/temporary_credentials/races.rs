//! Two acts at the same moment.

use futures_util::future::join_all;
use serde_json::json;
use tokio::join;

use super::{Pair, made, pair, path, revoke, try_to_sign_in, usual};
use crate::support::{
    cast::Stage,
    server::{Answer, Browser},
};

const PAIRS: usize = 50;

/// D8, F3, S47: of a sign-in and a revoke at the same moment, fifty times: whoever came in is out when the revoke has returned,
/// and whoever came later is told that they ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sign_in_against_the_revoke() {
    for stage in Stage::both().await {
        let mut both = [0, 0];
        for round in 0..PAIRS {
            let one = made(&stage, usual()).await;
            let nobody = stage.server.anonymous();
            let sign_in = async {
                // By turns a moment earlier and a moment later.
                tokio::time::sleep(std::time::Duration::from_millis(2 * (round as u64 % 20))).await;
                try_to_sign_in(&nobody, &one.email, &one.password).await
            };
            let end = async {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                revoke(&stage.joana, &one.id).await
            };
            let (answer, ended) = join!(sign_in, end);
            ended.expect(200);
            both[usize::from(answer.status == 303)] += 1;
            match answer.status {
                303 => is_out(&nobody, &answer).await,
                // Ended, or more passwords at once than this machine can check: nobody is in.
                403 | 503 => {}
                other => panic!("{other}: {}", answer.text),
            }
            stage.server.clock.advance(kernel::Duration::seconds(2));
        }
        assert_eq!(both[0] + both[1], PAIRS);
    }
}

async fn is_out(nobody: &Browser, answer: &Answer) {
    let holder = nobody.with_cookie(answer.cookie("__Host-latchstring_temporary"));
    holder.get("/temporary").await.expect(303);
    assert_eq!(
        holder.form("/temporary/enter", &[]).await.expect(303).header("location"),
        "/sign-in?temporary=1"
    );
}

/// D2, S47: of fifty who press *Generate* at the same moment, and of fifty who replace the same pair, one makes a pair.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_pair_is_made_by_many_who_press_at_once() {
    for stage in Stage::both().await {
        let first = winner(&stage, json!({ "validity_seconds": 3600 })).await;
        stage.server.clock.advance(kernel::Duration::seconds(2));
        let second = winner(&stage, json!({ "validity_seconds": 3600, "replaces": first.id })).await;
        let listed = stage.joana.get(&path(&stage.aurora)).await.json();
        let states: Vec<&str> = listed["data"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|one| one["state"].as_str())
            .collect();
        assert_eq!(states, ["active", "revoked"]);
        try_to_sign_in(&stage.server.anonymous(), &second.email, &second.password).await.expect(303);
    }
}

async fn winner(stage: &Stage, body: serde_json::Value) -> Pair {
    let path = path(&stage.aurora);
    let press = |n: usize| {
        let body = body.clone();
        let request = stage.joana.request("POST", &path).json(&body);
        Answer::of(request.header("x-forwarded-for", format!("198.51.100.{n}")))
    };
    let answers = join_all((0..PAIRS).map(press)).await;
    let made: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(made.len(), 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
    for answer in &answers {
        assert!(matches!(answer.status, 201 | 409 | 503), "{}: {}", answer.status, answer.text);
    }
    pair(&made[0].json())
}

/// D8, S47: of fifty who revoke at the same moment, one does, and all find it so.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_revoke_counts() {
    for stage in Stage::both().await {
        let one = made(&stage, usual()).await;
        let answers = join_all((0..PAIRS).map(|_| revoke(&stage.joana, &one.id))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 409)));
    }
}
