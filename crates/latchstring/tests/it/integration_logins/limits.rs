//! How many there may be.

use futures_util::future::join_all;

use super::{made, path, wanted};
use crate::support::{cast::Stage, server::nothing};

/// C15: an organization has a hundred at most that are good, also when several administrators make them at the same moment.
#[tokio::test(flavor = "multi_thread")]
async fn there_are_a_hundred_at_most() {
    for stage in Stage::both().await {
        for _ in 0..97 {
            made(&stage, &[]).await;
        }
        let tries = (0..8).map(|_| {
            let (joana, path, body) = (stage.joana.clone(), path(&stage.aurora), wanted(&stage, &[]));
            operation::spawn(async move { joana.post(&path, body).await })
        });
        let mut full = 0;
        for one in join_all(tries.collect::<Vec<_>>()).await {
            let answer = one.expect("no panic");
            if answer.status != 201 {
                assert_eq!(answer.expect(409).code(), "too_many_integration_logins");
                full += 1;
            }
        }
        assert_eq!(full, 5);
        let all = stage.joana.get(&path(&stage.aurora)).await.expect(200).json();
        assert_eq!(all["data"].as_array().expect("a list").len(), 100);
        // One that ended makes room, and another organization has room of its own.
        let one = format!("{}/{}", path(&stage.aurora), all["data"][0]["id"].as_str().expect("an id"));
        stage.joana.send("DELETE", &one, nothing()).await.expect(204);
        made(&stage, &[]).await;
        stage.bea.post(&path(&stage.boreal), wanted(&stage, &[])).await.expect(201);
    }
}
