//! Every open door on one page, and the one button that closes all of them.

use futures_util::future::join_all;
use kernel::Duration;
use serde_json::{Value, json};

use crate::{
    support::{
        cast::{Stage, accept},
        rows,
        server::{Answer, nothing},
    },
    temporary_credentials::{inside, made as credentials, signed_in},
};

fn path(organization: &str) -> String {
    format!("/api/v1/organizations/{organization}/open-doors")
}

fn page(organization: &str) -> String {
    format!("/organizations/{organization}/open-doors")
}

/// Everything is open: a token that Ana took, credentials, a login for an old interface, one of the vendor's people, and
/// another who was invited. Who is in with what.
struct House {
    ana: String,
    holder: String,
    carla: String,
    legacy: (String, String),
}

async fn opened(stage: &Stage) -> House {
    let grant = stage.opened_to_ana("write").await;
    let ana = stage.ana_inside(&grant).await;
    let pair = credentials(stage, json!({ "validity_seconds": 3600 })).await;
    let holder = inside(stage, &signed_in(&stage.server.anonymous(), &pair).await).await;
    let end = web::rest::rfc3339(stage.server.now() + Duration::days(200));
    let invitations = format!("/api/v1/organizations/{}/invitations", stage.aurora);
    for email in ["carla@vendor.example", "dora@vendor.example"] {
        let body = json!({ "email": email, "role": "member", "kind": "vendor_staff", "ends_at": end });
        stage.joana.post(&invitations, body).await.expect(201);
    }
    accept(&stage.server, "carla@vendor.example", "Carla Neri").await;
    let carla = crate::support::cast::sign_in(&stage.server, "carla@vendor.example").await;
    let carla = stage.member_inside(&carla).await;
    let login = json!({ "name": "Payroll import", "application_id": stage.application, "ends_at": end });
    let logins = format!("/api/v1/organizations/{}/integration-logins", stage.aurora);
    let login = stage.joana.post(&logins, login).await.expect(201).json();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    House { ana, holder, carla, legacy: (text(&login["integration_login"]["login"]), text(&login["value"])) }
}

/// Bea of Boreal, which works for Aurora, inside Aurora's account.
async fn partner_inside(stage: &Stage) -> String {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    for (organization, is_partner) in [(&stage.boreal, true), (&stage.aurora, false)] {
        let body = json!({ "is_partner": is_partner, "is_client": !is_partner });
        let registration = format!("/api/v1/organizations/{organization}/registration");
        stage.vera.send("PUT", &registration, body).await.expect(200);
    }
    let clients = format!("/api/v1/organizations/{}/clients", stage.boreal);
    let added = stage.bea.post(&clients, nothing()).await.expect(201).json();
    let body = json!({ "token": added["value"], "permissions": ["ticket_user"] });
    stage.joana.post(&format!("/api/v1/organizations/{}/partners", stage.aurora), body).await.expect(201);
    let members = format!("/api/v1/organizations/{}/members?search=bea", stage.boreal);
    let bea = stage.bea.get(&members).await.expect(200).json()["data"][0]["id"].clone();
    let client = format!("/api/v1/clients/{}", text(&added["id"]));
    let body = json!({ "members": [bea], "permissions": ["ticket_user"] });
    stage.bea.post(&format!("{client}/users"), body).await.expect(200);
    let way = stage.bea.post(&format!("{client}/enter"), nothing()).await.expect(201).json();
    stage.through(&stage.bea, &text(&way["url"])).await.expect(303).cookie("__Host-latchstring_acting")
}

async fn legacy(stage: &Stage, (login, value): &(String, String)) -> u16 {
    let host = stage.origin.split_once("://").expect("an origin").1;
    let request = stage
        .server
        .anonymous()
        .request("GET", "/authz/legacy?under=/soap/")
        .header("authorization", crate::integration_logins::basic(login, value))
        .header("x-forwarded-method", "POST")
        .header("x-forwarded-proto", "http")
        .header("x-forwarded-host", host)
        .header("x-forwarded-uri", "/soap/x")
        .header("x-forwarded-for", "203.0.113.9");
    Answer::of(request).await.status
}

/// A8, A6: whoever is from outside and can enter is on the page: who, with what, until when, and when they last were there.
#[tokio::test]
async fn every_door_is_on_the_page() {
    for stage in Stage::both().await {
        let none = stage.joana.get(&page(&stage.aurora)).await.expect(200).text;
        assert!(none.contains("No door is open. Only your own people can enter."));
        let house = opened(&stage).await;
        stage.ask(&house.ana, "GET", "/ledger").await.expect(200);
        stage.server.advance(Duration::seconds(2)).await;
        let listed = stage.joana.get(&path(&stage.aurora)).await.expect(200).json();
        let doors = listed["data"].as_array().expect("a list");
        let told: Vec<(&str, &str)> = doors
            .iter()
            .map(|door| (door["kind"].as_str().expect("text"), door["state"].as_str().expect("text")))
            .collect();
        assert_eq!(
            told,
            [
                ("support_token", "active"),
                ("temporary_credentials", "active"),
                ("vendor_staff", "active"),
                ("vendor_staff", "pending"),
                ("integration_login", "active"),
            ]
        );
        assert_eq!(doors[0]["who"], json!(["Ana Souza"]));
        assert_eq!(doors[0]["ticket"], "48213");
        assert!(doors[0]["last_used_at"].is_string());
        assert!(doors.iter().all(|door| door["ends_at"].is_string() && door["is_forgotten"] == false));
        let shown = stage.joana.get(&page(&stage.aurora)).await.expect(200).text;
        for words in [
            "4 doors are open, 1 waits",
            "Ana Souza",
            "Support (temporary)",
            "Carla Neri",
            "dora@vendor.example",
            "Payroll import",
            "Close everything",
        ] {
            assert!(shown.contains(words), "{words}");
        }
        // Another organization sees none of it.
        assert_eq!(stage.bea.get(&path(&stage.boreal)).await.expect(200).json()["data"], json!([]));
        for door in doors {
            let id = door["id"].as_str().expect("an id");
            let href = shown.split("href=\"").map(|rest| rest.split('"').next().unwrap_or_default());
            assert!(
                href.clone().any(|href| href.starts_with(&format!("/organizations/{}/", stage.aurora))),
                "{id}"
            );
            assert!(!id.is_empty());
        }
    }
}

/// A8: what nobody used for ninety days is pointed out.
#[tokio::test]
async fn what_is_forgotten_is_pointed_out() {
    let stage = Stage::start().await;
    let house = opened(&stage).await;
    stage.server.clock.advance(Duration::days(50));
    assert_eq!(legacy(&stage, &house.legacy).await, 200);
    stage.server.advance(Duration::days(50)).await;
    let joana = crate::support::cast::sign_in(&stage.server, "joana@aurora.example").await;
    let listed = joana.get(&path(&stage.aurora)).await.expect(200).json();
    let forgotten: Vec<(&str, bool)> = listed["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|door| {
            (door["kind"].as_str().expect("text"), door["is_forgotten"].as_bool().expect("yes or no"))
        })
        .collect();
    assert_eq!(forgotten, [("vendor_staff", true), ("integration_login", false)]);
    let shown = joana.get(&page(&stage.aurora)).await.expect(200).text;
    assert!(shown.contains("One of them was not used for 90 days."));
}

/// A4, A29, B14, S30: after a question that names who loses access, all of it is closed in one act, in pages that are open too, a
/// partner with the rest; the organization's own people stay.
#[tokio::test]
async fn everything_is_closed_in_one_act() {
    for stage in Stage::both().await {
        let house = opened(&stage).await;
        let bea = partner_inside(&stage).await;
        let marcos = stage.member_inside(&stage.marcos).await;
        for cookie in [&house.ana, &house.holder, &house.carla, &bea, &marcos] {
            stage.ask(cookie, "GET", "/ledger").await.expect(200);
        }
        assert_eq!(legacy(&stage, &house.legacy).await, 200);
        let close = format!("{}/close", page(&stage.aurora));
        let asked = stage.joana.get(&close).await.expect(200).text;
        assert!(asked.contains("Ana Souza, whoever holds the temporary credentials, Bea Font, Carla Neri and Payroll import lose access"), "{asked}");
        stage.ask(&house.ana, "GET", "/ledger").await.expect(200);

        stage.joana.form(&close, &[]).await.expect(303);
        for cookie in [&house.ana, &house.holder, &bea] {
            let over = stage.ask(cookie, "GET", "/ledger").await.expect(403);
            assert_eq!(over.header("x-latchstring-reason"), "grant_revoked");
        }
        assert_ne!(stage.ask(&house.carla, "GET", "/ledger").await.status, 200);
        assert_eq!(legacy(&stage, &house.legacy).await, 401);
        stage.ask(&marcos, "GET", "/ledger").await.expect(200);
        assert_eq!(stage.joana.get(&path(&stage.aurora)).await.json()["data"], json!([]));
        // The invitation that was on its way lets nobody in any more.
        let link = stage.server.mailed_link("dora@vendor.example", "/invitations/").await;
        let token = link.rsplit('/').next().expect("a token");
        let body = json!({ "token": token, "name": "Dora", "password": crate::support::server::PASSWORD });
        stage.server.anonymous().post("/api/v1/invitations/accept", body).await.expect(409);
        let log = rows::audit(&stage.server).await;
        for kind in [
            "support_token.revoked",
            "temporary_credentials.revoked",
            "partner.revoked",
            "integration_login.revoked",
            "member.unlinked",
            "invitation.revoked",
            "open_doors.closed",
        ] {
            let entry = log.iter().find(|entry| entry.kind == kind).unwrap_or_else(|| panic!("no {kind}"));
            assert_eq!(
                (entry.actor_name.as_str(), entry.organization.as_deref()),
                ("Joana Prado", Some(stage.aurora.as_str()))
            );
        }
        // Nothing is open: there is nothing to ask, and nothing is written.
        stage.joana.get(&close).await.expect(303);
        let closed =
            stage.joana.post(&format!("{}/close", path(&stage.aurora)), nothing()).await.expect(200).json();
        assert_eq!(closed["data"], json!([]));
        assert_eq!(rows::audit(&stage.server).await.len(), log.len());
    }
}

/// S47, case 40: of fifty who close everything at the same moment, one does; nobody finds half of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn all_of_it_or_nothing() {
    for stage in Stage::both().await {
        opened(&stage).await;
        let close = format!("{}/close", path(&stage.aurora));
        let answers = join_all((0..50).map(|_| stage.joana.post(&close, nothing()))).await;
        let closed: Vec<usize> = answers
            .iter()
            .map(|answer| answer.json()["data"].as_array().map_or(usize::MAX, Vec::len))
            .filter(|closed| *closed > 0)
            .collect();
        assert_eq!(closed, [5]);
    }
}

/// A38, S40: only an administrator of the organization, and another's is as good as unknown.
#[tokio::test]
async fn nobody_else_sees_or_closes_them() {
    let stage = Stage::start().await;
    let grant = stage.opened_to_ana("write").await;
    for (who, browser, status) in [
        ("nobody", stage.server.anonymous(), 401),
        ("a member", stage.marcos.clone(), 403),
        ("another's administrator", stage.bea.clone(), 404),
        ("an agent", stage.ana.clone(), 404),
        ("the vendor", stage.vera.clone(), 404),
    ] {
        assert_eq!(browser.get(&path(&stage.aurora)).await.status, status, "{who}");
        assert_eq!(
            browser.post(&format!("{}/close", path(&stage.aurora)), nothing()).await.status,
            status,
            "{who}"
        );
        let page = browser.form(&format!("{}/close", page(&stage.aurora)), &[]).await;
        assert_eq!(page.status, status, "{who}");
    }
    let token = stage.joana.get(&format!("/api/v1/support-tokens/{grant}")).await.expect(200).json();
    assert_eq!(token["state"], "active");
}
