//! What is written down when, and what a change is told.

use std::{pin::pin, sync::Arc};

use futures_util::FutureExt as _;
use kernel::{Duration, SessionId};
use store::args;
use testkit::TestWorld;

use super::database::{Scene, scene};
use crate::{Activity, ActivityKind, Recorder, rows};

async fn set(test: &TestWorld) -> Scene {
    let mut tx = test.world.store.write().await.expect("a transaction");
    let scene = scene(&mut tx).await;
    tx.commit().await.expect("a commit");
    scene
}

fn activity(test: &TestWorld, scene: &Scene, kind: ActivityKind, path: &str) -> Activity {
    Activity {
        session: scene.session,
        grant: scene.by_joana,
        organization: scene.organization,
        user: scene.ana,
        application: scene.application,
        kind,
        path: path.to_owned(),
        at: test.call().now,
    }
}

async fn reads(test: &TestWorld, scene: &Scene) -> i64 {
    let mut tx = test.world.store.read().await.expect("a transaction");
    rows::totals(&mut tx, scene.by_joana).await.expect("SQL").reads
}

/// A8: each page is written with the next batch, more of the same a little later, and at the end to the last.
#[tokio::test]
async fn every_request_is_counted_in_the_end() {
    for test in TestWorld::all().await {
        let scene = set(&test).await;
        let recorder = Recorder::new(Arc::clone(&test.world));
        let read = |path| recorder.read(activity(&test, &scene, ActivityKind::Read, path));
        (0..3).for_each(|_| read("/a"));
        recorder.write_batch(false).await.expect("written");
        assert_eq!(reads(&test, &scene).await, 3);
        (0..4).for_each(|_| read("/a"));
        read("/b");
        recorder.write_batch(false).await.expect("written");
        assert_eq!(reads(&test, &scene).await, 4, "what is new");
        for _ in 0..10 {
            recorder.write_batch(false).await.expect("written");
        }
        assert_eq!(reads(&test, &scene).await, 8, "and more of what stood already");
        read("/a");
        test.clock.advance(Duration::minutes(1));
        read("/a");
        recorder.write_batch(false).await.expect("written");
        assert_eq!(reads(&test, &scene).await, 9, "another minute is another line");
        recorder.flush().await.expect("written");
        assert_eq!(reads(&test, &scene).await, 10);
    }
}

/// F5: a change whose batch failed is refused, also if a later batch was written before anybody looked.
#[tokio::test]
async fn a_change_is_told_what_became_of_its_own_batch() {
    for test in TestWorld::all().await {
        let scene = set(&test).await;
        let recorder = Recorder::new(Arc::clone(&test.world));
        let missing = SessionId::from_bytes([9; 16]);
        let lost = Activity { session: missing, ..activity(&test, &scene, ActivityKind::Change, "/a") };
        let mut refused = pin!(recorder.change(lost));
        assert!(refused.as_mut().now_or_never().is_none());
        assert!(recorder.write_batch(false).await.is_err(), "there is no such session");

        let mut tx = test.world.store.write().await.expect("a transaction");
        tx.execute(
            "INSERT INTO sessions (id, kind, user_id, secret_hash, created_at, expires_at, idle_limit, last_used_at) \
             VALUES ($1, 'acting', $2, 'another hash', $3, $3, 1, $3)",
            &args![missing, scene.ana, test.call().now],
        )
        .await
        .expect("a session");
        tx.commit().await.expect("a commit");
        let mut written = pin!(recorder.change(activity(&test, &scene, ActivityKind::Change, "/b")));
        assert!(written.as_mut().now_or_never().is_none());
        recorder.write_batch(false).await.expect("written, with what was left");
        assert!(refused.await.is_err(), "the product was never asked");
        written.await.expect("on disk");
        let mut tx = test.world.store.read().await.expect("a transaction");
        let totals = rows::totals(&mut tx, scene.by_joana).await.expect("SQL");
        assert_eq!(totals.changes, 2, "that it was tried is written too");
    }
}
