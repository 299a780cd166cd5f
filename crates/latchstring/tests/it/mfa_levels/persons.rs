//! One person: how it stands with them, and the code that an agent makes for them.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{JOANA, MARCOS, confirm_key, path, set, stages};
use crate::{
    second_factor::{half, turn_on},
    support::{cast::Stage, rows, server::nothing},
};

/// A person of Aurora, as Ana sees them.
async fn person(stage: &Stage, email: &str) -> Value {
    let search = email.split('@').next().expect("a name");
    let people = stage.ana.get(&format!("{}/people?search={search}", path(&stage.aurora))).await;
    people.expect(200).json()["data"][0].clone()
}

async fn code_path(stage: &Stage, email: &str) -> String {
    let id = person(stage, email).await["member_id"].as_str().expect("an id").to_owned();
    format!("{}/people/{id}/set-up-code", path(&stage.aurora))
}

/// E10: not offered, suggested, forced, set up, and where that comes from; over the API and on the person's page. Which other
/// organizations somebody belongs to is not told.
#[tokio::test]
async fn a_persons_page_says_how_it_stands_and_why() {
    for stage in stages().await {
        let states = [
            ("upon_request", "not_offered", "Not offered"),
            ("suggested", "suggested", "Suggested"),
            ("mandatory", "forced", "Forced"),
        ];
        for (level, state, word) in states {
            set(&stage.ana, &stage.aurora, json!({ "practitioners": level })).await.expect(200);
            let marcos = person(&stage, MARCOS).await;
            assert_eq!((&marcos["state"], &marcos["group"]), (&json!(state), &json!("practitioners")));
            assert_eq!(
                marcos["sources"],
                json!([{ "organization": "Aurora Holding", "group": "practitioners", "level": level, "managed_by": null }])
            );
            let id = marcos["member_id"].as_str().expect("an id");
            let page = format!("/admin/organizations/{}/authentication/people/{id}", stage.aurora);
            let shown = stage.ana.get(&page).await.expect(200).text;
            assert!(shown.contains(&format!("<span class=\"tag\">{word}</span>")), "{shown}");
            assert!(shown.contains("Where that comes from"));
            stage.bruno.get(&page).await.expect(403);
            stage.bea.get(&page).await.expect(403);
        }
        set(&stage.ana, &stage.aurora, json!({ "practitioners": "suggested" })).await.expect(200);
        turn_on(&stage, &stage.joana, JOANA).await;
        assert_eq!(person(&stage, JOANA).await["state"], "set_up");

        // Forced by another organization, which has no name here.
        let body = json!({ "email": MARCOS, "name": "Marcos", "role": "member" });
        stage
            .bea
            .post(&format!("/api/v1/organizations/{}/invitations", stage.boreal), body)
            .await
            .expect(201);
        let link = stage.server.mailed_link(MARCOS, "/invitations/").await;
        let token = link.rsplit('/').next().expect("a token");
        stage.marcos.post("/api/v1/invitations/accept", json!({ "token": token })).await.expect(200);
        set(&stage.ana, &stage.boreal, json!({ "practitioners": "mandatory" })).await.expect(200);
        let marcos = person(&stage, MARCOS).await;
        assert_eq!(marcos["state"], "forced");
        assert_eq!(marcos["sources"][1]["organization"], json!(null));
        assert!(!marcos.to_string().contains("Boreal"));
        // S40: a person of another organization is not there.
        let id = marcos["member_id"].as_str().expect("an id");
        stage.ana.get(&format!("{}/people/{id}", path(&stage.boreal))).await.expect(404);
    }
}

/// E11: instead of the mailbox a code serves that an agent of level 2 or 3 made and told the person: once, beside the right
/// password, logged and mailed. S47: of fifty who show it at once one gets through.
#[tokio::test]
async fn an_agents_code_stands_for_the_mailbox() {
    for stage in stages().await {
        set(&stage.ana, &stage.aurora, json!({ "practitioners": "mandatory" })).await.expect(200);
        let make = code_path(&stage, MARCOS).await;
        for other in [&stage.bruno, &stage.vera, &stage.joana, &stage.marcos] {
            other.post(&make, nothing()).await.expect(403);
        }
        let show = "/api/v1/sign-in/agent-code";
        let waiting = half(&stage, MARCOS).await;
        waiting.post(show, json!({ "code": "12345678" })).await.expect(422);

        let mut log = rows::Reader::new(&stage).await;
        let first = stage.ana.post(&make, nothing()).await.expect(201).json();
        let entries = log.news().await;
        assert_eq!(entries[0].kind, "mfa_level.code_made");
        assert_eq!(entries[0].organization.as_deref(), Some(&*stage.aurora));
        stage.server.deliver().await;
        let mails = stage.server.mailbox.to(MARCOS);
        let mail = mails.iter().find(|mail| mail.subject.contains("A code was made")).expect("a mail");
        let code = first["code"].as_str().expect("a code");
        assert!(mail.body.contains("Ana Souza") && !mail.body.contains(code), "told, not sent");

        // A newer one makes it worthless, and five wrong tries make that one worthless.
        let second = stage.ana.post(&make, nothing()).await.expect(201).json();
        let right = json!({ "code": second["code"] });
        waiting.post(show, json!({ "code": code })).await.expect(422);
        for _ in 0..4 {
            // Past five in a row there is a wait between them.
            stage.server.advance(kernel::Duration::minutes(2)).await;
            waiting.post(show, json!({ "code": "00000000" })).await.expect(422);
        }
        stage.server.advance(kernel::Duration::minutes(5)).await;
        let waiting = half(&stage, MARCOS).await;
        waiting.post(show, right).await.expect(422);

        stage.server.advance(kernel::Duration::minutes(16)).await;
        let third = stage.ana.post(&make, nothing()).await.expect(201).json();
        let right = json!({ "code": third["code"] });
        // It is good for its own person only.
        half(&stage, JOANA).await.post(show, right.clone()).await.expect(422);
        let mut browsers = Vec::new();
        for _ in 0..10 {
            browsers.push(half(&stage, MARCOS).await);
        }
        let tries = (0..50).map(|n| {
            let (browser, right) = (browsers[n % browsers.len()].clone(), right.clone());
            async move { (n % 10, browser.post(show, right).await.status) }
        });
        let passed: Vec<usize> =
            join_all(tries).await.into_iter().filter(|(_, status)| *status == 204).map(|(n, _)| n).collect();
        assert_eq!(passed.len(), 1, "{passed:?}");
        // The others were counted.
        stage.server.advance(kernel::Duration::minutes(5)).await;
        let marcos = confirm_key(&stage, &browsers[passed[0]], MARCOS).await;
        marcos.get("/api/v1/organizations").await.expect(200);
        // Whoever has a factor gets none: that is a verified request.
        assert_eq!(stage.ana.post(&make, nothing()).await.expect(409).code(), "second_factor_on");
    }
}

/// E14, case 25: an agent makes no code for the vendor's people, themselves included.
#[tokio::test]
async fn no_code_is_made_for_the_vendors_people() {
    for stage in stages().await {
        let carla = super::carla(&stage).await;
        let ends_at = web::rest::rfc3339(stage.server.now() + kernel::Duration::days(9));
        for email in ["carla@vendor.example", "ana@vendor.example"] {
            let body = json!({ "email": email, "name": "One of us", "role": "member", "kind": "vendor_staff",
                "ends_at": ends_at });
            let invitations = format!("/api/v1/organizations/{}/invitations", stage.aurora);
            stage.joana.post(&invitations, body).await.expect(201);
            let link = stage.server.mailed_link(email, "/invitations/").await;
            let token = json!({ "token": link.rsplit('/').next().expect("a token") });
            let by = if email.starts_with("ana") { &stage.ana } else { &carla };
            by.post("/api/v1/invitations/accept", token).await.expect(200);
            let make = code_path(&stage, email).await;
            assert_eq!(stage.ana.post(&make, nothing()).await.expect(403).code(), "vendor_staff");
        }
    }
}
