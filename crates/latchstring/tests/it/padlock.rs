//! Part A of the behaviour over the API: who can open, who gets in, who sees it, who shuts it.

use serde_json::{Value, json};

use crate::support::{
    cast::{Stage, program, revoke, sign_in, tokens},
    server::{Browser, nothing},
};

/// The main story, on both databases. A2, A14, A15, A4, A18, A33: the customer opens, the agent takes it and gets in, the
/// customer revokes, the very next request is refused with 403 and the reason, and the history tells all of it.
#[tokio::test]
async fn the_customer_opens_and_the_next_request_after_the_revoke_is_refused() {
    for stage in Stage::both().await {
        let token = stage.open(json!({ "validity_seconds": 7200, "customer_ticket": "48213" })).await;
        assert_eq!(token["state"], "pending");
        let body = json!({ "code": token["code"], "ticket": "48213" });
        let taken = stage.ana.post("/api/v1/desk/associate", body).await.expect(200).json();
        assert_eq!(taken["state"], "active");
        let grant = taken["id"].as_str().expect("an id");
        let cookie = stage.ana_inside(grant).await;

        let inside = stage.ask(&cookie, "GET", "/ledger?page=2").await.expect(200);
        assert_eq!(inside.header("x-latchstring-account"), stage.aurora);
        assert_eq!(inside.header("x-latchstring-acting"), "support");

        revoke(&stage.joana, grant).await.expect(200);
        let refused = stage.ask(&cookie, "GET", "/ledger?page=3").await.expect(403);
        assert_eq!(refused.header("x-latchstring-reason"), "grant_revoked");

        let history = stage.joana.get(&tokens(&stage.aurora)).await.expect(200).json();
        let line = &history["data"][0];
        assert_eq!(line["state"], "revoked");
        assert_eq!(line["end"]["how"], "customer");
        assert_eq!(line["end"]["by"]["name"], "Joana Prado");
        assert_eq!(line["association"]["agent"]["name"], "Ana Souza");
        assert_eq!(line["association"]["ticket"], "48213");
    }
}

/// A1, A7, A32: no role of the vendor and no key opens an organization that did not open itself.
#[tokio::test]
async fn nobody_of_the_vendor_opens_an_organization() {
    let stage = Stage::start().await;
    let body = json!({ "validity_seconds": 3600 });
    for (who, caller) in
        [("administrator", &stage.vera), ("agent", &stage.ana), ("another customer", &stage.bea)]
    {
        let answer = caller.post(&tokens(&stage.aurora), body.clone()).await;
        assert_eq!(answer.status, 404, "{who}: {}", answer.text);
    }
    let scopes = [
        "organizations.read",
        "organizations.write",
        "members.read",
        "members.write",
        "support_tokens.read",
        "support_tokens.write",
        "access_log.read",
        "events.read",
    ];
    let machine = program(&stage, &scopes).await;
    let answer = machine.post(&tokens(&stage.aurora), body.clone()).await;
    assert!(matches!(answer.status, 403 | 404), "a key by itself: {}", answer.text);
    let joana = stage.joana.get("/api/v1/sessions/current").await.expect(200).json();
    let joana = joana["user"]["id"].as_str().or(joana["user_id"].as_str()).expect("an id").to_owned();
    let for_joana = Browser { on_behalf_of: Some(joana.clone()), ..machine.clone() };
    let refused = for_joana.post(&tokens(&stage.aurora), body.clone()).await.expect(403);
    assert_eq!(refused.code(), "backend_may_not_open", "the organization has not allowed it");

    // Only the organization's own administrator switches it on.
    let settings =
        json!({ "longest_validity_seconds": null, "who_may_open": "members", "backend_may_open": true });
    let path = format!("/api/v1/organizations/{}/settings", stage.aurora);
    for caller in [&stage.vera, &stage.marcos, &for_joana, &stage.bea] {
        let answer = caller.send("PUT", &path, settings.clone()).await;
        assert!(matches!(answer.status, 403 | 404), "{}", answer.text);
    }
    stage.joana.send("PUT", &path, settings).await.expect(200);
    for_joana.post(&tokens(&stage.aurora), body.clone()).await.expect(201);
    let for_bea = Browser { on_behalf_of: Some("ext:unknown".to_owned()), ..machine };
    assert_eq!(for_bea.post(&tokens(&stage.aurora), body).await.status, 403);
}

/// A7: staff cannot be invited as customers, and the vendor cannot name a second first administrator.
#[tokio::test]
async fn no_vendor_role_adds_itself() {
    let stage = Stage::start().await;
    let invitations = format!("/api/v1/organizations/{}/invitations", stage.aurora);
    for email in ["ana@vendor.example", "new@vendor.example"] {
        let body = json!({ "email": email, "name": "X", "role": "administrator" });
        let answer = stage.joana.post(&invitations, body.clone()).await;
        assert!(matches!(answer.status, 409 | 422), "{email}: {}", answer.text);
        let answer = stage.vera.post(&invitations, body).await;
        assert!(matches!(answer.status, 403 | 404), "the vendor invites nobody: {}", answer.text);
    }
    let body =
        json!({ "name": "Own", "administrator_email": "vera@vendor.example", "administrator_name": "Vera" });
    let answer = stage.vera.post("/api/v1/organizations", body).await;
    assert!(matches!(answer.status, 409 | 422), "{}", answer.text);
}

/// A3: every token has an end; the vendor's longest validity holds, and the organization's shorter one.
#[tokio::test]
async fn every_token_has_an_end_within_the_longest_validity() {
    let stage = Stage::start().await;
    for wrong in [
        json!({}),
        json!({ "validity_seconds": 0 }),
        json!({ "validity_seconds": -5 }),
        json!({ "validity_seconds": 3 * 86_400 + 1 }),
        json!({ "validity_seconds": i64::MAX }),
        json!({ "until": "2020-01-01T00:00:00Z" }),
        json!({ "until": "9999-12-31T00:00:00Z" }),
        json!({ "until": "tomorrow" }),
        json!({ "validity_seconds": 60, "until": "2027-03-12T13:00:00Z" }),
    ] {
        stage.joana.post(&tokens(&stage.aurora), wrong.clone()).await.expect(422);
    }
    let settings =
        json!({ "longest_validity_seconds": 3600, "who_may_open": "members", "backend_may_open": false });
    stage
        .joana
        .send("PUT", &format!("/api/v1/organizations/{}/settings", stage.aurora), settings)
        .await
        .expect(200);
    stage.joana.post(&tokens(&stage.aurora), json!({ "validity_seconds": 3601 })).await.expect(422);
    stage.joana.post(&tokens(&stage.aurora), json!({ "validity_seconds": 3600 })).await.expect(201);
    let endless = json!({ "longest_validity_seconds": 40 * 86_400, "who_may_open": "members", "backend_may_open": false });
    let path = format!("/api/v1/organizations/{}/settings", stage.aurora);
    stage.joana.send("PUT", &path, endless).await.expect(422);
}

/// A13: one live token; of two who press at the same moment one gets it and the other is told of it. × 50 in parallel.
#[tokio::test]
async fn an_organization_has_at_most_one_live_token() {
    for stage in Stage::both().await {
        let path = tokens(&stage.aurora);
        let presses = (0..50).map(|n| {
            let who = if n % 2 == 0 { stage.joana.clone() } else { stage.marcos.clone() };
            let path = path.clone();
            async move { who.post(&path, json!({ "validity_seconds": 3600 })).await }
        });
        let answers = futures_util::future::join_all(presses).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            assert_eq!(answer.status, 409, "{}", answer.text);
            assert_eq!(answer.code(), "support_token_exists");
        }
        let history = stage.joana.get(&path).await.expect(200).json();
        assert_eq!(history["data"].as_array().expect("a list").len(), 1);
    }
}

/// A14: the code is not a secret; without a signed-in agent it opens nothing.
#[tokio::test]
async fn the_code_opens_nothing_without_an_agent() {
    let stage = Stage::start().await;
    let token = stage.open(json!({ "validity_seconds": 3600 })).await;
    let body = json!({ "code": token["code"], "ticket": "1" });
    stage.server.anonymous().post("/api/v1/desk/associate", body.clone()).await.expect(401);
    for caller in [&stage.joana, &stage.bea, &stage.vera] {
        stage.joana.get("/api/v1/sessions/current").await.expect(200);
        assert_eq!(caller.post("/api/v1/desk/associate", body.clone()).await.status, 403);
    }
    let live = stage.joana.get(&format!("{}/live", tokens(&stage.aurora))).await.expect(200).json();
    assert_eq!(live["padlock"], "waiting");
}

/// A15: validity runs from the association; a pending token that nobody takes ends after the answer window.
#[tokio::test]
async fn validity_runs_from_the_association_and_pending_tokens_end() {
    for stage in Stage::both().await {
        let token = stage.open(json!({ "validity_seconds": 3600 })).await;
        stage.server.advance(kernel::Duration::hours(3)).await;
        let ana = sign_in(&stage.server, "ana@vendor.example").await;
        let joana = sign_in(&stage.server, "joana@aurora.example").await;
        let body = json!({ "code": token["code"], "ticket": "1" });
        let taken = ana.post("/api/v1/desk/associate", body).await.expect(200).json();
        assert_eq!(taken["state"], "active");
        stage.server.advance(kernel::Duration::minutes(59)).await;
        let live = joana.get(&format!("{}/live", tokens(&stage.aurora))).await.expect(200).json();
        assert_eq!(live["padlock"], "open");
        stage.server.advance(kernel::Duration::minutes(1)).await;
        let live = joana.get(&format!("{}/live", tokens(&stage.aurora))).await.expect(200).json();
        assert_eq!(live["padlock"], "closed", "ended to the minute, whatever the loops do");

        let second =
            joana.post(&tokens(&stage.aurora), json!({ "validity_seconds": 3600 })).await.expect(201).json();
        stage.server.advance(kernel::Duration::hours(4)).await;
        let ana = sign_in(&stage.server, "ana@vendor.example").await;
        let body = json!({ "code": second["code"], "ticket": "1" });
        let late = ana.post("/api/v1/desk/associate", body).await;
        assert_eq!(late.status, 422, "{}", late.text);
        let joana = sign_in(&stage.server, "joana@aurora.example").await;
        let history = joana.get(&tokens(&stage.aurora)).await.expect(200).json();
        assert_eq!(history["data"][0]["state"], "expired");
        assert_eq!(history["data"][1]["state"], "expired");
    }
}

/// A16: only the agent who took it gets in; of many who take it at once one wins and the others are told who.
#[tokio::test]
async fn one_agent_wins_and_only_that_one_enters() {
    for stage in Stage::both().await {
        let token = stage.open(json!({ "validity_seconds": 3600 })).await;
        let takes = (0..50).map(|n| {
            let who = if n % 2 == 0 { stage.ana.clone() } else { stage.bruno.clone() };
            let body = json!({ "id": token["id"], "ticket": "7" });
            async move { (n % 2 == 0, who.post("/api/v1/desk/associate", body).await) }
        });
        let answers = futures_util::future::join_all(takes).await;
        let won: Vec<_> = answers.iter().filter(|(_, answer)| answer.status == 200).collect();
        assert!(!won.is_empty());
        let ana_won = won[0].0;
        assert!(won.iter().all(|(is_ana, _)| *is_ana == ana_won), "one agent only");
        for (_, answer) in answers.iter().filter(|(_, answer)| answer.status != 200) {
            // Whoever has been refused ten times is asked to wait, whatever for.
            assert!(matches!(answer.status, 409 | 429), "{}", answer.text);
        }
        let told = answers.iter().find(|(is_ana, answer)| *is_ana != ana_won && answer.status == 409);
        let name = if ana_won { "Ana Souza" } else { "Bruno Ramos" };
        assert!(told.expect("the other one").1.text.contains(name), "told who was first");
        let (winner, other) = if ana_won { (&stage.ana, &stage.bruno) } else { (&stage.bruno, &stage.ana) };
        let enter = format!("/api/v1/support-tokens/{}/enter", token["id"].as_str().expect("an id"));
        other.post(&enter, nothing()).await.expect(404);
        winner.post(&enter, nothing()).await.expect(201);
    }
}

/// A17: unknown, revoked and expired codes get one and the same answer.
#[tokio::test]
async fn what_cannot_be_taken_gets_one_answer() {
    let stage = Stage::start().await;
    let revoked = stage.open(json!({ "validity_seconds": 3600 })).await;
    revoke(&stage.joana, revoked["id"].as_str().expect("an id")).await.expect(200);
    let mut answers: Vec<Value> = Vec::new();
    for code in [revoked["code"].as_str().expect("a code"), "7QM4-K2XV", "nonsense", ""] {
        let answer = stage
            .ana
            .post("/api/v1/desk/associate", json!({ "code": code, "ticket": "1" }))
            .await
            .expect(422);
        let mut body = answer.json();
        body["instance"] = Value::Null;
        answers.push(body);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
}

/// A17: guessing codes is slowed down, for each agent.
#[tokio::test]
async fn guessing_codes_is_throttled() {
    let stage = Stage::start().await;
    let mut statuses = Vec::new();
    for n in 0..14 {
        let body = json!({ "code": format!("AAAA-AAA{n}"), "ticket": "1" });
        statuses.push(stage.ana.post("/api/v1/desk/associate", body).await.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    let body = json!({ "code": "AAAA-AAAA", "ticket": "1" });
    assert_eq!(
        stage.bruno.post("/api/v1/desk/associate", body).await.status,
        422,
        "others are not slowed down"
    );
}

/// A18: a token opens one organization only.
#[tokio::test]
async fn a_token_opens_one_organization() {
    let stage = Stage::start().await;
    let grant = stage.opened_to_ana("read_only").await;
    let cookie = stage.ana_inside(&grant).await;
    let answer = stage.ask(&cookie, "GET", "/").await.expect(200);
    assert_eq!(answer.header("x-latchstring-account"), stage.aurora);
    assert_ne!(answer.header("x-latchstring-account"), stage.boreal);
}

/// A19: reading is the default; a change is refused with the reason, and works when the token says so.
#[tokio::test]
async fn reading_only_is_the_default() {
    let stage = Stage::start().await;
    let token = stage.open(json!({ "validity_seconds": 3600 })).await;
    assert_eq!(token["mode"], "read_only");
    revoke(&stage.joana, token["id"].as_str().expect("an id")).await.expect(200);
    let cookie = stage.ana_inside(&stage.opened_to_ana("read_only").await).await;
    for method in ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"] {
        let answer = stage.ask(&cookie, method, "/ledger/1").await.expect(403);
        assert_eq!(answer.header("x-latchstring-reason"), "read_only", "{method}");
    }
    for method in ["GET", "HEAD", "OPTIONS"] {
        stage.ask(&cookie, method, "/ledger/1").await.expect(200);
    }
}

/// A21, A23: the live token and the history say who, since when, until when, on whose word, for which ticket.
#[tokio::test]
async fn the_live_token_says_who_and_until_when() {
    let stage = Stage::start().await;
    let grant = stage.opened_to_ana("write").await;
    let live = stage.marcos.get(&format!("{}/live", tokens(&stage.aurora))).await.expect(200).json();
    let token = &live["support_token"];
    assert_eq!(token["id"], grant);
    assert_eq!(token["association"]["agent"]["name"], "Ana Souza");
    assert_eq!(token["association"]["agent_level"], 2);
    assert_eq!(token["association"]["ticket"], "48213");
    assert_eq!(token["created_by"]["name"], "Joana Prado");
    assert_eq!(token["mode"], "write");
    assert!(stage.bea.get(&tokens(&stage.aurora)).await.status == 404, "no other organization's history");
    let of_boreal = stage.bea.get(&tokens(&stage.boreal)).await.expect(200).json();
    assert_eq!(of_boreal["data"], json!([]));
}
