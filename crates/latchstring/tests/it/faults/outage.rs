//! PostgreSQL stands still, is killed and comes back, under a server that goes on running.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use xtask::postgres::Postgres;

use super::{Cast, ask};
use crate::support::{process::Installed, server::nothing};

/// How long memory is good without the database, and a moment for the question.
const RENEWED_FOR: Duration = Duration::from_millis(3300);
/// Nobody waits longer for an answer, whatever the database does.
const ANSWERED: Duration = Duration::from_secs(8);

/// R8, F5: once the database does not answer, memory is good for three seconds and then nobody is let in; a revoke that
/// could not be written says so; and when the database is back, so is the service, by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_postgresql_nobody_is_let_in_until_it_is_back() {
    let mut database = Postgres::start_with(&["synchronous_commit=on"])
        .expect("PostgreSQL is installed by cargo xtask setup");
    let installed = Installed::on(&database.url).await;
    let server = installed.serve().await;
    let cast = Cast::of(&installed, 1).await;
    let (grant, cookie) = cast.ana_inside("write").await;
    let (customer, _) = &cast.customers[0];
    let revoke = format!("/api/v1/support-tokens/{grant}/revoke");
    let nobody = installed.anonymous();
    ask(&nobody, &cookie, "GET").await.expect(200);

    database.freeze().expect("processes of ours");
    let change = timeout(ANSWERED, ask(&nobody, &cookie, "POST")).await.expect("an answer");
    assert_eq!(change.status, 503, "what cannot be written down is not let through: {}", change.text);
    sleep(RENEWED_FOR).await;
    for method in ["GET", "POST"] {
        let answer = timeout(ANSWERED, ask(&nobody, &cookie, method)).await.expect("an answer");
        assert_eq!(answer.status, 503, "{}", answer.text);
        assert!(!answer.headers.contains_key("remote-user") && answer.headers.contains_key("retry-after"));
    }
    // Under way while the database is killed.
    let revoked = customer.post(&revoke, nothing());
    let killed = async {
        sleep(Duration::from_millis(500)).await;
        database.crash().expect("processes of ours");
    };
    let (revoked, ()) = tokio::join!(timeout(ANSWERED, revoked), killed);
    revoked.expect("an answer").expect(503);
    ask(&nobody, &cookie, "GET").await.expect(503);
    customer.post(&revoke, nothing()).await.expect(503);
    nobody.get("/livez").await.expect(200);
    nobody.get("/readyz").await.expect(503);

    database.restart().expect("PostgreSQL starts again");
    let mut looks = 0;
    while ask(&nobody, &cookie, "GET").await.status != 200 {
        looks += 1;
        assert!(looks < 50, "still nobody is let in, five seconds after the database is back");
        sleep(Duration::from_millis(100)).await;
    }
    nobody.get("/readyz").await.expect(200);
    let token = customer.get(&format!("/api/v1/support-tokens/{grant}")).await.expect(200).json();
    assert_eq!(token["state"], "active", "no revoke was claimed, and none was made");
    ask(&nobody, &cookie, "POST").await.expect(200);
    customer.post(&revoke, nothing()).await.expect(200);
    ask(&nobody, &cookie, "GET").await.expect(403);
    assert!(server.stop().await);
}
