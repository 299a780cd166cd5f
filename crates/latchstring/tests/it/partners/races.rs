//! Two acts at the same moment, fifty times on both databases: one of them holds, and nothing in between.

use futures_util::future::join_all;
use operation::{Call, audit::Entry};
use serde_json::json;

use super::{ALL, House, client, partner, partners};
use crate::support::server::nothing;

const ROUNDS: usize = 50;

/// B6, S47: two clients paste one token at the same moment: one of them has it, the other nothing.
#[tokio::test]
async fn two_clients_paste_one_token() {
    for house in House::both().await {
        let stage = &house.stage;
        for _ in 0..ROUNDS {
            let (grant, token) = house.add().await;
            let body = json!({ "token": token, "permissions": ALL });
            let (aurora, boreal) = (partners(&stage.aurora), partners(&stage.boreal));
            let (one, two) =
                tokio::join!(stage.joana.post(&aurora, body.clone()), stage.bea.post(&boreal, body));
            let mut both = [one.status, two.status];
            both.sort_unstable();
            assert_eq!(both, [201, 409], "{} {}", one.text, two.text);
            let winner = if one.status == 201 { &stage.joana } else { &stage.bea };
            winner.post(&partner(&grant, "/revoke"), nothing()).await.expect(200);
            // So that nobody is taken for guessing.
            stage.server.clock.advance(kernel::Duration::seconds(75));
        }
    }
}

/// S47: fifty at once by one client: one of them authorizes.
#[tokio::test]
async fn fifty_paste_one_token() {
    for house in House::both().await {
        let (_, token) = house.add().await;
        let all = join_all((0..ROUNDS).map(|_| house.authorize(&token, &ALL))).await;
        assert_eq!(all.iter().filter(|answer| answer.status == 201).count(), 1);
        assert!(all.iter().all(|answer| [201, 409, 429].contains(&answer.status)));
        assert_eq!(house.kim.get(&house.clients()).await.json()["data"].as_array().map(Vec::len), Some(1));
    }
}

/// B14, S47: the client revokes while the partner authorizes somebody: afterwards nobody is in.
#[tokio::test]
async fn revoking_races_authorizing_users() {
    for house in House::both().await {
        let stage = &house.stage;
        for _ in 0..ROUNDS {
            let grant = house.authorized(&ALL).await;
            let path = partner(&grant, "/revoke");
            let members = [&house.lea_member];
            let (revoked, given) = tokio::join!(
                stage.joana.post(&path, nothing()),
                house.let_in(&grant, &members, &["ticket_user"])
            );
            assert_eq!(revoked.status, 200, "{}", revoked.text);
            assert!([200, 409].contains(&given.status), "{}", given.text);
            let entered = house.lea.post(&client(&grant, "/enter"), nothing()).await.status;
            assert!([404, 409].contains(&entered), "{entered}");
        }
    }
}

/// B11, S47: the partner disables while its user enters: whoever came in is out when both have answered.
#[tokio::test]
async fn disabling_races_entering() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.with_lea(&ALL).await;
        for n in 0..ROUNDS {
            let way = house.lea.post(&client(&grant, "/enter"), nothing()).await.expect(201).json();
            let (callback, cookie) = stage.way_in(&house.lea, &super::text(&way["url"])).await;
            let path = client(&grant, "/disable");
            let (disabled, came) =
                tokio::join!(house.kim.post(&path, nothing()), stage.at_product(&callback, &cookie));
            assert_eq!(disabled.status, 200, "{n}: {}", disabled.text);
            if let Some(inside) = super::entering::acting_cookie(&came) {
                assert_ne!(house.ask(&inside).await.status, 200, "{n}");
            }
            house.kim.post(&client(&grant, "/activate"), nothing()).await.expect(200);
        }
    }
}

/// B9, S47: two administrators edit one person: one of the two sets holds whole, and never more than the client gives.
#[tokio::test]
async fn two_edits_of_one_person() {
    for house in House::both().await {
        let grant = house.with_lea(&ALL).await;
        let path = client(&grant, &format!("/users/{}", house.lea_member));
        for _ in 0..ROUNDS {
            let (one, two) = tokio::join!(
                house.kim.send(
                    "PATCH",
                    &path,
                    json!({ "permissions": ["ticket_user", "ticket_management"] })
                ),
                house.kim.send("PATCH", &path, json!({ "permissions": ["server_management"] }))
            );
            assert_eq!((one.status, two.status), (200, 200), "{} {}", one.text, two.text);
            let keys = house.keys(&grant, &house.lea_member).await;
            assert!(
                keys == ["server_management"] || keys == ["ticket_management", "ticket_user"],
                "{keys:?}"
            );
        }
    }
}

/// B13, S47: the client narrows while the partner gives: nobody keeps what the client took.
#[tokio::test]
async fn narrowing_races_giving() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.with_lea(&["ticket_user"]).await;
        for _ in 0..ROUNDS {
            let narrow = json!({ "permissions": ["ticket_user"] });
            let path = partner(&grant, "");
            let one = client(&grant, &format!("/users/{}", house.lea_member));
            let (narrowed, given) = tokio::join!(
                stage.joana.send("PATCH", &path, narrow),
                house.kim.send("PATCH", &one, json!({ "permissions": ALL }))
            );
            assert_eq!(narrowed.status, 200);
            assert!([200, 422].contains(&given.status), "{}", given.text);
            assert_eq!(house.keys(&grant, &house.lea_member).await, ["ticket_user"]);
            stage.joana.send("PATCH", &path, json!({ "permissions": ALL })).await.expect(200);
            assert_eq!(house.keys(&grant, &house.lea_member).await, ["ticket_user"]);
        }
    }
}

/// B13, S43: a change that was asked for while the client narrowed is judged by what holds once it is written down. On SQLite,
/// where whoever writes waits for whoever writes, the order is certain.
#[tokio::test]
async fn a_change_that_waited_is_judged_anew() {
    let house = House::start().await;
    let stage = &house.stage;
    let grant = house.with_lea(&ALL).await;
    let inside = house.inside(&house.lea, &grant).await;
    stage.ask(&inside, "POST", "/tickets").await.expect(200);
    let mut work = Call::by_system(&stage.server.product.world).begin().await.expect("a transaction");
    let id = grant.parse().expect("an id");
    let found = grants::operations::find(&mut work, id).await.expect("a look").expect("a grant");
    let asked = stage.ask(&inside, "POST", "/tickets");
    let narrowed = async {
        // Until the question waits for its turn to write.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        grants::operations::change(&mut work, &found, grants::Mode::ReadOnly, None).await.expect("active");
        work.commit(Entry::new("test.done")).await.expect("committed");
    };
    let (answer, ()) = tokio::join!(asked, narrowed);
    assert_eq!((answer.status, answer.header("x-latchstring-reason")), (403, "read_only"), "{}", answer.text);
    stage.ask(&inside, "GET", "/tickets").await.expect(200);
}
