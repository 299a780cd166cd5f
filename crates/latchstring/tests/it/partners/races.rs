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

/// B6, B12, S47: the partner deletes while the client authorizes: the token is over whoever was first, and nobody gets in by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn deleting_races_authorizing() {
    for house in House::both().await {
        let stage = &house.stage;
        for n in 0..ROUNDS {
            let (grant, token) = house.add().await;
            let path = client(&grant, "");
            let delete = async {
                wait(n).await;
                house.kim.send("DELETE", &path, nothing()).await
            };
            let (deleted, given) = tokio::join!(delete, house.authorize(&token, &ALL));
            assert_eq!(deleted.status, 204, "{n}: {}", deleted.text);
            house.kim.get(&path).await.expect(404);
            house.let_in(&grant, &[&house.lea_member], &ALL).await.expect(404);
            let seen = stage.joana.get(&partner(&grant, "")).await;
            match given.status {
                201 => {
                    let seen = seen.expect(200).json();
                    assert_eq!((&seen["state"], &seen["ended_how"]), (&json!("revoked"), &json!("partner")));
                }
                409 => assert_eq!((given.code(), seen.status), ("partner_token_refused".to_owned(), 404)),
                other => panic!("{n}: {other}: {}", given.text),
            }
            // So that nobody is taken for guessing.
            stage.server.clock.advance(kernel::Duration::seconds(75));
        }
        assert_eq!(house.kim.get(&house.clients()).await.expect(200).json()["data"], json!([]));
        let door = format!("/api/v1/organizations/{}/open-doors", stage.aurora);
        assert_eq!(stage.joana.get(&door).await.expect(200).json()["data"], json!([]));
    }
}

/// By turns a moment earlier and a moment later.
async fn wait(round: usize) {
    tokio::time::sleep(std::time::Duration::from_millis(round as u64 % 10)).await;
}

/// B14, F3, S47: somebody who is in comes in again while the client revokes: the revoke never fails, and nobody is in when both
/// have answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn coming_in_again_races_the_revoke() {
    for house in House::both().await {
        let stage = &house.stage;
        for n in 0..ROUNDS {
            let grant = house.with_lea(&ALL).await;
            let first = house.inside(&house.lea, &grant).await;
            let way = house.lea.post(&client(&grant, "/enter"), nothing()).await.expect(201).json();
            let (callback, cookie) = stage.way_in(&house.lea, &super::text(&way["url"])).await;
            let path = partner(&grant, "/revoke");
            let revoke = async {
                wait(n).await;
                stage.joana.post(&path, nothing()).await
            };
            let (came, revoked) = tokio::join!(stage.at_product(&callback, &cookie), revoke);
            assert_eq!(revoked.status, 200, "{n}: {}", revoked.text);
            assert!(came.status < 500, "{n}: {}", came.text);
            assert_ne!(house.ask(&first).await.status, 200, "{n}");
            if let Some(inside) = super::entering::acting_cookie(&came) {
                assert_ne!(house.ask(&inside).await.status, 200, "{n}");
            }
        }
    }
}

/// B9, B16, S47: somebody who is in with one client comes in to another one while their administrator takes everything away:
/// neither fails, and they are nowhere when both have answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn coming_in_elsewhere_races_revoking_everywhere() {
    for house in House::both().await {
        let stage = &house.stage;
        let aurora = house.authorized(&ALL).await;
        let (boreal, token) = house.add().await;
        let body = json!({ "token": token, "permissions": ALL });
        stage.bea.post(&partners(&stage.boreal), body).await.expect(201);
        let everywhere = format!("{}/users/{}", house.clients(), house.lea_member);
        for n in 0..ROUNDS {
            // By turns from the one to the other, so that each order of the two is there.
            let (from, to) = if n.is_multiple_of(2) { (&aurora, &boreal) } else { (&boreal, &aurora) };
            for grant in [from, to] {
                house.let_in(grant, &[&house.lea_member], &["ticket_user"]).await.expect(200);
            }
            let first = house.inside(&house.lea, from).await;
            let way = house.lea.post(&client(to, "/enter"), nothing()).await.expect(201).json();
            let (callback, cookie) = stage.way_in(&house.lea, &super::text(&way["url"])).await;
            let revoke = async {
                wait(n / 2).await;
                house.kim.send("DELETE", &everywhere, nothing()).await
            };
            let (came, revoked) = tokio::join!(stage.at_product(&callback, &cookie), revoke);
            assert_eq!((revoked.status, &revoked.json()["clients"]), (200, &json!(2)), "{n}");
            assert!(came.status < 500, "{n}: {}", came.text);
            assert_ne!(house.ask(&first).await.status, 200, "{n}");
            if let Some(inside) = super::entering::acting_cookie(&came) {
                assert_ne!(house.ask(&inside).await.status, 200, "{n}");
            }
        }
    }
}

/// B5, B13, S47: the vendor takes a permission off the offer while a client gives it, takes it back or gives it again, and the
/// partner edits who has it: nobody fails, and what is off the offer nobody has, also when it comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_removal_races_everybody_who_gives() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.with_lea(&["ticket_user"]).await;
        house.let_in(&grant, &[&house.noa_member], &["ticket_user"]).await.expect(200);
        let (path, servers) = (partner(&grant, ""), "/api/v1/permissions/server_management");
        let one = client(&grant, &format!("/users/{}", house.lea_member));
        let new = json!({ "key": "server_management", "name": "Servers", "explanation": "Start and stop.", "position": 2 });
        for n in 0..ROUNDS {
            let keys = if n.is_multiple_of(3) {
                vec!["ticket_user"]
            } else {
                vec!["ticket_user", "server_management"]
            };
            let give = async {
                wait(n % 4).await;
                stage.joana.send("PATCH", &path, json!({ "permissions": keys })).await
            };
            let edit =
                house.kim.send("PATCH", &one, json!({ "permissions": ["ticket_user", "server_management"] }));
            let remove = async {
                wait(n / 4).await;
                stage.vera.send("DELETE", servers, nothing()).await
            };
            let (given, edited, removed) = tokio::join!(give, edit, remove);
            assert!([200, 422].contains(&given.status), "{n}: {}", given.text);
            assert!([200, 422].contains(&edited.status), "{n}: {}", edited.text);
            assert_eq!(removed.status, 204, "{n}: {}", removed.text);
            assert_eq!(super::rows::count_given(&house, "server_management").await, 0, "{n}");
            stage.vera.post("/api/v1/permissions", new.clone()).await.expect(201);
            assert_eq!(house.keys(&grant, &house.lea_member).await, ["ticket_user"], "{n}");
            let wide = json!({ "permissions": ["ticket_user", "server_management"] });
            stage.joana.send("PATCH", &path, wide).await.expect(200);
            house
                .kim
                .send("PATCH", &one, json!({ "permissions": ["server_management", "ticket_user"] }))
                .await
                .expect(200);
        }
    }
}

/// B8, S47: two administrators save the rules of a product: one of the two lists holds whole; of two who each add one on the
/// page, both are there.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_who_save_rules() {
    for house in House::both().await {
        let stage = &house.stage;
        let path = format!("/api/v1/applications/{}/rules", stage.application);
        let page = format!("/admin/applications/{}/rules", stage.application);
        let list = |paths: &[&str]| {
            let rule = |path: &&str| json!({ "method": "any", "path": path, "permission": "ticket_user" });
            json!({ "rules": paths.iter().map(rule).collect::<Vec<_>>() })
        };
        for n in 0..ROUNDS {
            let (a, b) = (list(&["/a", "/b", "/c"]), list(&["/x", "/y"]));
            let (one, two) = tokio::join!(
                stage.vera.send("PUT", &path, a.clone()),
                stage.vera.send("PUT", &path, b.clone())
            );
            assert_eq!((one.status, two.status), (200, 200), "{n}: {} {}", one.text, two.text);
            let saved = stage.vera.get(&path).await.expect(200).json()["data"].clone();
            assert!(saved == a["rules"] || saved == b["rules"], "{n}: {saved}");
            stage.vera.send("PUT", &path, list(&["/a"])).await.expect(200);
            let rule =
                |path: &'static str| [("method", "any"), ("path", path), ("permission", "ticket_user")];
            let remove = format!("{page}/remove");
            let (one, two, gone) = (rule("/first"), rule("/second"), rule("/a"));
            let (first, second, third) = tokio::join!(
                stage.vera.form(&page, &one),
                stage.vera.form(&page, &two),
                stage.vera.form(&remove, &gone)
            );
            assert_eq!((first.status, second.status, third.status), (303, 303, 303), "{n}");
            let saved = stage.vera.get(&path).await.expect(200).json()["data"].clone();
            let paths = saved.as_array().expect("a list").iter().map(|rule| super::text(&rule["path"]));
            let mut paths: Vec<_> = paths.collect();
            paths.sort();
            assert_eq!(paths, ["/first", "/second"], "{n}");
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
