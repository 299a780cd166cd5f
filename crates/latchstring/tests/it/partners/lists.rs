//! *My Clients* with a few clients and with thousands.

use std::process::Stdio;

use kernel::Duration;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, process::Command};

use super::{ALL, House, client, partner, partners, rows, text};
use crate::support::server::nothing;

async fn names(house: &House, query: &str) -> Vec<String> {
    let found = house.kim.get(&format!("{}?{query}", house.clients())).await.expect(200).json();
    let all = found["data"].as_array().expect("a list").clone();
    all.iter().map(|one| text(&one["client"]["name"])).collect()
}

/// B18: search, states, what ends soon, what nobody uses, one person's clients, and paging.
#[tokio::test]
async fn clients_are_found() {
    for house in House::both().await {
        let stage = &house.stage;
        let aurora = house.with_lea(&["ticket_user"]).await;
        let (boreal, token) = house.add().await;
        let body = json!({ "token": token, "permissions": ALL });
        stage.bea.post(&partners(&stage.boreal), body).await.expect(201);
        house.kim.post(&house.clients(), json!({ "label": "Zeta" })).await.expect(201);
        let count = |query: &'static str| {
            let house = &house;
            async move {
                let found = house.kim.get(&format!("{}?{query}", house.clients())).await.expect(200).json();
                found["data"].as_array().expect("a list").len()
            }
        };
        assert_eq!(count("").await, 3);
        assert_eq!(names(&house, "search=auro").await, ["Aurora Holding"]);
        assert_eq!(names(&house, "search=LEA").await, ["Aurora Holding"]);
        assert_eq!(count("search=zeta").await, 1);
        assert_eq!(count("search=%25").await, 0);
        assert_eq!(count("state=pending").await, 1);
        assert_eq!(count("state=active").await, 2);
        let of_lea = format!("member={}", house.lea_member);
        assert_eq!(names(&house, &of_lea).await, ["Aurora Holding"]);
        house.kim.get(&format!("{}?state=open", house.clients())).await.expect(422);

        let at = |days| web::rest::rfc3339(stage.server.now() + Duration::days(days));
        stage.joana.send("PATCH", &partner(&aurora, ""), json!({ "ends_at": at(6) })).await.expect(200);
        assert_eq!(names(&house, "ending_within_days=7").await, ["Aurora Holding"]);
        assert_eq!(count("ending_within_days=1").await, 0);
        assert_eq!(count("unused=true").await, 0);
        house.kim.post(&client(&boreal, "/disable"), nothing()).await.expect(200);
        assert_eq!(names(&house, "state=disabled").await, ["Boreal"]);
        house.kim.post(&client(&boreal, "/activate"), nothing()).await.expect(200);

        let first = house.kim.get(&format!("{}?limit=2", house.clients())).await.expect(200).json();
        assert_eq!(first["data"].as_array().map(Vec::len), Some(2));
        let next = text(&first["page"]["next_token"]);
        let second = house.kim.get(&format!("{}?limit=2&page_token={next}", house.clients())).await.json();
        assert_eq!(second["data"].as_array().map(Vec::len), Some(1));
        assert_eq!(second["page"]["next_token"], "");

        stage.server.clock.advance(Duration::days(91));
        let kim = crate::support::cast::sign_in(&stage.server, "kim@kappa.example").await;
        let unused = kim.get(&format!("{}?unused=true", house.clients())).await.expect(200).json();
        assert_eq!(unused["data"][0]["client"]["name"], "Boreal");
        assert_eq!(unused["data"].as_array().map(Vec::len), Some(1), "Aurora is over since day 6");
    }
}

/// B10, B18: who is no administrator finds clients by their names, and learns by no search who else may enter.
#[tokio::test]
async fn a_member_finds_clients_and_nobody() {
    for house in House::both().await {
        let grant = house.with_lea(&["ticket_user"]).await;
        house.let_in(&grant, &[&house.noa_member], &["ticket_user"]).await.expect(200);
        for (search, by_lea, by_kim) in [("aurora", 1, 1), ("noa", 0, 1), ("lea", 0, 1), ("roux", 0, 0)] {
            for (who, expected) in [(&house.lea, by_lea), (&house.kim, by_kim)] {
                let path = format!("{}?search={search}", house.clients());
                let found = who.get(&path).await.expect(200).json();
                assert_eq!(found["data"].as_array().map(Vec::len), Some(expected), "{search}");
                let page = format!("/my-clients?q={search}");
                let has_line = who.get(&page).await.expect(200).text.contains("class=\"rowlink\"");
                assert_eq!(has_line, expected > 0, "{search}");
            }
        }
    }
}

/// B18, case 40: one thing for many, with a result for each; one that is not the partner's stops all of it.
#[tokio::test]
async fn one_thing_for_many_clients() {
    for house in House::both().await {
        let stage = &house.stage;
        let aurora = house.authorized(&["ticket_user", "server_management"]).await;
        let (boreal, token) = house.add().await;
        let body = json!({ "token": token, "permissions": ["ticket_user"] });
        stage.bea.post(&partners(&stage.boreal), body).await.expect(201);
        let (pending, _) = house.add().await;
        let many = format!("{}/many", house.clients());
        let all = [&aurora, &boreal, &pending];
        let act = |what: &str, permissions: Value| json!({ "do": what, "clients": all, "member": house.lea_member, "permissions": permissions });
        // Boreal gives no servers, the third waits: each is told, Aurora is done.
        let told =
            house.kim.post(&many, act("authorize", json!(["server_management"]))).await.expect(200).json();
        let of = |told: &Value, id: &String| {
            let all = told["data"].as_array().expect("a list").clone();
            let one = all.into_iter().find(|one| one["id"] == *id).expect("a result");
            (one["is_done"] == true, one["code"].as_str().unwrap_or_default().to_owned())
        };
        assert_eq!(of(&told, &aurora), (true, String::new()));
        assert!(!of(&told, &boreal).0 && !of(&told, &boreal).1.is_empty());
        assert_eq!(of(&told, &pending), (false, "partner_token_pending".to_owned()));
        assert_eq!(house.keys(&aurora, &house.lea_member).await, ["server_management"]);

        // A stranger among them: nothing is done.
        let strange = json!({ "do": "disable", "clients": [aurora, format!("gr_{}", "0".repeat(26))] });
        house.kim.post(&many, strange).await.expect(404);
        assert_eq!(house.kim.get(&client(&aurora, "")).await.json()["state"], "active");
        house.lea.post(&many, act("disable", json!([]))).await.expect(403);
        stage.joana.post(&many, act("disable", json!([]))).await.expect(404);
        house.kim.post(&many, json!({ "do": "disable", "clients": [] })).await.expect(422);

        let inside = house.inside(&house.lea, &aurora).await;
        house.ask(&inside).await.expect(200);
        house.kim.post(&many, act("disable", json!([]))).await.expect(200);
        assert_ne!(house.ask(&inside).await.status, 200);
        let told = house.kim.post(&many, act("activate", json!([]))).await.expect(200).json();
        assert!(of(&told, &aurora).0 && of(&told, &boreal).0 && !of(&told, &pending).0);
        // Whoever leaves is taken from everywhere in one act.
        house.let_in(&boreal, &[&house.lea_member], &["ticket_user"]).await.expect(200);
        let everywhere = format!("{}/users/{}", house.clients(), house.lea_member);
        let gone = house.kim.send("DELETE", &everywhere, nothing()).await.expect(200).json();
        assert_eq!(gone["clients"], 2);
        assert!(house.keys(&boreal, &house.lea_member).await.is_empty());
        house.kim.post(&many, act("delete", json!([]))).await.expect(200);
        assert_eq!(house.kim.get(&house.clients()).await.json()["data"], json!([]));
    }
}

async fn compressed(text: &str) -> usize {
    let mut gzip = Command::new("gzip")
        .arg("-c")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("gzip runs");
    gzip.stdin.take().expect("a pipe").write_all(text.as_bytes()).await.expect("written");
    gzip.wait_with_output().await.expect("packed").stdout.len()
}

/// B18: with 5,000 clients and 200 people the page stays small.
#[tokio::test]
async fn the_page_stays_small_with_thousands() {
    for house in House::both().await {
        rows::crowd(&house).await;
        let place = format!("/my-clients?organization={}", house.kappa);
        for page in [
            place.clone(),
            format!("{place}&q=number+49"),
            format!("{place}&view=7"),
            format!("{place}&from=4000"),
        ] {
            let answer = house.kim.get(&page).await.expect(200);
            let packed = compressed(&answer.text).await;
            assert!(packed <= 30 * 1024, "{page}: {packed} bytes");
        }
        let found =
            house.kim.get(&format!("{}?search=number+4999", house.clients())).await.expect(200).json();
        assert_eq!(found["data"].as_array().map(Vec::len), Some(1));
    }
}
