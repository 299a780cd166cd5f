//! The stop of a reset beside whatever else happens to it at the same moment.

use futures_util::future::join_all;
use kernel::Duration;
use operation::Call;
use serde_json::json;

use super::{JOANA, STOP, Scene, approve, try_to_sign_in};
use crate::{
    account_recovery::user,
    support::{
        cast::sign_in,
        mail::link_in,
        server::{Answer, PASSWORD},
    },
};

const ROUNDS: usize = 15;

#[track_caller]
fn is_no_fault(answer: &Answer, round: usize) {
    assert!(answer.status < 500, "round {round}: {} {}", answer.status, answer.text);
}

/// C14, S47, S73: the link that stops a reset, while the second agent approves and the first refuses: whoever is second waits and
/// finds what was done; none of them waits for another for ever. A stop counts whenever it comes, unless there is nothing left
/// to stop.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_races_the_agents() {
    for mut scene in Scene::both().await {
        for round in 0..ROUNDS {
            let id = scene.reported().await;
            approve(&scene.stage.ana, &id).await.expect(200);
            let token = newest_stop(&scene).await;
            let nobody = scene.server().anonymous();
            let refuse = format!("{}/{id}/refuse", super::REPORTS);
            let stop = nobody.post(STOP, json!({ "token": token }));
            let (stop, second) = if round % 3 == 2 {
                tokio::join!(stop, scene.stage.ana.post(&refuse, json!({})))
            } else if round % 3 == 1 {
                tokio::join!(stop, approve(&scene.carla, &id))
            } else {
                let (second, stop) = tokio::join!(approve(&scene.carla, &id), stop);
                (stop, second)
            };
            is_no_fault(&stop, round);
            is_no_fault(&second, round);
            let expected = if stop.status == 204 { "stopped" } else { "refused" };
            assert_eq!(scene.state(&id).await, expected, "round {round}: {} {}", stop.status, stop.text);
            later(&mut scene).await;
        }
    }
}

/// A day and an hour, after which everybody signs in anew and another request can be made.
async fn later(scene: &mut Scene) {
    scene.server().clock.advance(Duration::hours(25));
    scene.stage.ana = sign_in(scene.server(), "ana@vendor.example").await;
    scene.carla = sign_in(scene.server(), "carla@vendor.example").await;
}

/// C14, S47, S73: the link at the very moment at which the wait is over: the factor is reset or the request is stopped, one of
/// the two, and neither waits for the other for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_races_the_clock() {
    for mut scene in Scene::both().await {
        let owner = user(&scene.stage.joana).await;
        for round in 0..ROUNDS {
            let id = scene.reported().await;
            scene.approved_by_two(&id).await;
            let token = newest_stop(&scene).await;
            scene.server().clock.advance(Duration::hours(24));
            let world = &scene.server().product.world;
            let nobody = scene.server().anonymous();
            let (stop, settled) = tokio::join!(
                nobody.post(STOP, json!({ "token": token })),
                join_all((0..2).map(|_| account_recovery::operations::settle_due(world))),
            );
            is_no_fault(&stop, round);
            for one in settled {
                one.unwrap_or_else(|error| panic!("round {round}: {error}"));
            }
            // What the clock did not come to while the link was quicker is done by now.
            account_recovery::operations::settle_due(world).await.expect("settled");
            let next =
                try_to_sign_in(scene.server(), JOANA, PASSWORD).await.expect(202).json()["next"].clone();
            let expected = if stop.status == 204 { ("stopped", "code") } else { ("done", "set_up") };
            later(&mut scene).await;
            assert_eq!(scene.state(&id).await, expected.0, "round {round}: {} {}", stop.status, stop.text);
            assert_eq!(next, expected.1, "round {round}");
            if expected.1 == "set_up" {
                // As if she had come from a link in her mail.
                let mut work = Call::by_system(&scene.server().product.world).begin().await.expect("begun");
                people::operations::prove_mailbox(&mut work, owner).await.expect("a person");
                work.commit(operation::audit::Entry::new("test.set")).await.expect("a commit");
                sign_in(scene.server(), JOANA).await;
                scene.server().clock.advance(Duration::minutes(2));
            }
        }
    }
}

/// The last of the links that stop a request.
async fn newest_stop(scene: &Scene) -> String {
    scene.server().deliver().await;
    let mails = scene.server().mailbox.to(JOANA);
    let link = mails.iter().rev().find_map(|mail| link_in(&mail.body, "/stop-recovery/"));
    link.expect("a link").rsplit('/').next().expect("a token").to_owned()
}
