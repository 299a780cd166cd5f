//! A server whose clock is not the database's.

use kernel::{Clock as _, Duration};
use latchstring::clock::SystemClock;
use serde_json::json;
use testkit::Database;

use crate::support::{
    cast::{ORIGIN, Stage},
    server::{Browser, PASSWORD, TestServer},
};

/// Up to the question for a code.
async fn asked_for_a_code(server: &TestServer, email: &str) -> Browser {
    let nobody = server.anonymous();
    let answer = nobody.post("/api/v1/sign-in", json!({ "email": email, "password": PASSWORD })).await;
    nobody.with_cookie(answer.expect(202).cookie("__Host-latchstring_sign_in"))
}

/// S16: with more than two seconds between its clock and PostgreSQL's a server takes no code and is not ready; both come back
/// with the clock. What needs no moment goes on, and nobody can send a time.
#[tokio::test]
async fn a_server_with_a_wrong_clock_takes_no_code() {
    let Some(database) = Database::postgres().await else { return };
    let server = TestServer::on(database).await;
    server.clock.set(SystemClock.now());
    let stage = Stage::on(server, ORIGIN).await;
    let server = &stage.server;
    server.product.world.clock_check.begin();
    server.clock.set(SystemClock.now());
    server.anonymous().get("/readyz").await.expect(200);

    for away in [Duration::seconds(30), Duration::hours(1)] {
        server.clock.set(SystemClock.now() + away);
        let refused = server.anonymous().get("/readyz").await.expect(503);
        assert!(!refused.text.contains("clock"), "strangers learn no more than that: {}", refused.text);
        let half = asked_for_a_code(server, "ana@vendor.example").await;
        let code = json!({ "code": "000000", "time": 0, "now": 0 });
        let answer = half.post("/api/v1/sign-in/code", code).await.expect(503);
        assert_eq!(answer.header("retry-after"), "2");
        half.form("/sign-in/code", &[("code", "000000")]).await.expect(503);
        let body = json!({ "email": "joana@aurora.example", "password": PASSWORD });
        server.anonymous().post("/api/v1/sign-in", body).await.expect(200);
    }

    server.clock.set(SystemClock.now());
    server.anonymous().get("/readyz").await.expect(200);
    let half = asked_for_a_code(server, "ana@vendor.example").await;
    let code = json!({ "code": server.apps.code("ana@vendor.example", server.now()) });
    half.post("/api/v1/sign-in/code", code).await.expect(200);
}

/// S16: a database in a file has this machine's clock and no other: there is nothing to compare with.
#[tokio::test]
async fn a_file_has_no_clock() {
    let stage = Stage::start().await;
    stage.server.product.world.clock_check.begin();
    stage.server.anonymous().get("/readyz").await.expect(200);
    assert!(stage.server.product.world.clock_is_trusted());
    assert!(stage.server.product.world.store.now().await.expect("a look").is_none());
}
