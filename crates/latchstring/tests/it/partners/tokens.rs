//! Tokens: made, shown, waiting, refused, disabled, deleted.

use kernel::Duration;
use serde_json::json;

use super::{ALL, House, client, partner, partners, register, text};
use crate::support::{
    rows::{Reader, audit},
    server::nothing,
};

/// B1: *My Clients* is for partners and *My Partner* for clients, in the pages, in the menu and in the interface.
#[tokio::test]
async fn only_whoever_the_vendor_registered_sees_it() {
    for house in House::both().await {
        let stage = &house.stage;
        house.kim.get(&house.clients()).await.expect(200);
        stage.joana.get(&partners(&stage.aurora)).await.expect(200);
        // The other way round, and before anybody was registered, there is nothing.
        for (who, path) in [
            (&house.kim, partners(&house.kappa)),
            (&stage.joana, format!("/api/v1/organizations/{}/clients", stage.aurora)),
        ] {
            let refused = who.get(&path).await.expect(403);
            assert!(
                ["partner_required", "client_required"].contains(&refused.code().as_str()),
                "{}",
                refused.text
            );
        }
        assert!(house.kim.get("/organizations").await.expect(200).text.contains("/my-clients"));
        assert!(!house.kim.get("/organizations").await.text.contains("/my-partner"));
        assert!(stage.joana.get("/organizations").await.text.contains("/my-partner"));
        assert!(!stage.joana.get("/organizations").await.text.contains("/my-clients"));
        // A member of a client is no administrator of it; the vendor's people and others are nobody here.
        stage.marcos.get(&partners(&stage.aurora)).await.expect(403);
        for stranger in [&stage.vera, &stage.ana, &stage.bea] {
            stranger.get(&partners(&stage.aurora)).await.expect(404);
            stranger.get(&house.clients()).await.expect(404);
        }

        // Taken back, everything that rested on it is over.
        let grant = house.with_lea(&["ticket_user"]).await;
        let inside = house.inside(&house.lea, &grant).await;
        house.ask(&inside).await.expect(200);
        register(stage, &house.kappa, false, false).await;
        assert_ne!(house.ask(&inside).await.status, 200);
        house.kim.get(&house.clients()).await.expect(403);
        let seen = stage.joana.get(&partner(&grant, "")).await.expect(200).json();
        assert_eq!((&seen["state"], &seen["ended_how"]), (&json!("revoked"), &json!("vendor")));
    }
}

/// B2: made by a partner's administrator, shown again in the details, and by itself it opens nothing.
#[tokio::test]
async fn a_token_is_shown_again_and_opens_nothing() {
    for house in House::both().await {
        house.lea.post(&house.clients(), json!({ "label": "Aurora" })).await.expect(403);
        let (grant, token) = house.add().await;
        assert!(token.starts_with("lst_") && token.len() == 40, "{token}");
        let again = house.kim.post(&client(&grant, "/token"), nothing()).await.expect(200).json();
        assert_eq!(again["value"], token);
        assert!(!house.kim.get(&client(&grant, "")).await.expect(200).text.contains("lst_"));
        house.lea.post(&client(&grant, "/token"), nothing()).await.expect(404);
        // It is no key of anything.
        let key = kernel::Secret::from_text(token.clone());
        house.stage.server.anonymous().with_key(&key).get("/api/v1/organizations").await.expect(401);
        let refused = house.let_in(&grant, &[&house.lea_member], &["ticket_user"]).await.expect(409);
        assert_eq!(refused.code(), "partner_token_pending");
        house.kim.post(&client(&grant, "/enter"), nothing()).await.expect(409);
        house.lea.post(&client(&grant, "/enter"), nothing()).await.expect(404);
        // Whoever reads the database finds it nowhere in the clear.
        for entry in audit(&house.stage.server).await {
            assert!(!entry.details.to_string().contains(&token));
        }
    }
}

/// B3: pending until a client completes it; after the answer window it is expired, and nothing brings it back.
#[tokio::test]
async fn an_unanswered_token_expires() {
    for house in House::both().await {
        let (grant, token) = house.add().await;
        assert_eq!(house.kim.get(&client(&grant, "")).await.json()["state"], "pending");
        house.stage.server.clock.advance(Duration::seconds(14 * 86400 - 1));
        let body = json!({ "token": token });
        let look = format!("{}/look", partners(&house.stage.aurora));
        let joana = crate::support::cast::sign_in(&house.stage.server, "joana@aurora.example").await;
        joana.post(&look, body.clone()).await.expect(200);
        house.stage.server.clock.advance(Duration::seconds(1));
        assert_eq!(joana.post(&look, body).await.expect(409).code(), "partner_token_refused");
        // Whether or not the server's own clockwork was first.
        partners::operations::expire_due(&house.stage.server.product.world).await.expect("done");
        let entry =
            audit(&house.stage.server).await.into_iter().rfind(|entry| entry.kind == "partner_token.expired");
        assert_eq!(entry.expect("written down").organization, Some(house.kappa.clone()));
    }
}

/// B6: unknown, used, disabled, deleted, expired and one's own: one refusal, nothing granted, each written down.
#[tokio::test]
async fn every_token_that_cannot_be_taken_gets_one_answer() {
    for house in House::both().await {
        let stage = &house.stage;
        let (_, used) = house.add().await;
        house.authorize(&used, &ALL).await.expect(201);
        let (deleted_id, deleted) = house.add().await;
        house.kim.send("DELETE", &client(&deleted_id, ""), nothing()).await.expect(204);
        let (disabled_id, disabled) = house.add().await;
        // What waits lets nobody in, so there is nothing to disable; it is deleted.
        house.kim.post(&client(&disabled_id, "/disable"), nothing()).await.expect(409);
        house.kim.send("DELETE", &client(&disabled_id, ""), nothing()).await.expect(204);
        // Kappa becomes a client too, and pastes its own.
        register(stage, &house.kappa, true, true).await;
        let (_, own) = house.add().await;
        let mut log = Reader::new(stage).await;
        let unknown = format!("{}x", &used[..used.len() - 1]);
        let mut answers = Vec::new();
        for (who, organization, token) in [
            (&stage.bea, &stage.boreal, &used),
            (&stage.bea, &stage.boreal, &deleted),
            (&stage.bea, &stage.boreal, &disabled),
            (&stage.bea, &stage.boreal, &unknown),
            (&stage.bea, &stage.boreal, &"lst_nonsense".to_owned()),
            (&stage.bea, &stage.boreal, &String::new()),
            (&house.kim, &house.kappa, &own),
        ] {
            let body = json!({ "token": token, "permissions": ALL });
            let mut refused = who.post(&partners(organization), body).await.expect(409).json();
            refused["instance"] = json!(null);
            answers.push(refused);
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
        log.expect(&[
            "partner.refused refused by Bea Font",
            "partner.refused refused by Bea Font",
            "partner.refused refused by Bea Font",
            "partner.refused refused by Bea Font",
            "partner.refused refused by Bea Font",
            "partner.refused refused by Bea Font",
            "partner.refused refused by Kim Roux",
        ])
        .await;
        assert_eq!(stage.bea.get(&partners(&stage.boreal)).await.expect(200).json()["data"], json!([]));
    }
}

/// B6, S47, case 34: whoever tries one token after another is held up, and the right one is not taken meanwhile.
#[tokio::test]
async fn guessing_ends_soon() {
    for house in House::both().await {
        let stage = &house.stage;
        let (_, token) = house.add().await;
        let look = format!("{}/look", partners(&stage.aurora));
        for n in 0..10 {
            stage.joana.post(&look, json!({ "token": format!("lst_{n}") })).await.expect(409);
        }
        house.authorize(&token, &ALL).await.expect(429);
        stage.joana.post(&look, json!({ "token": token })).await.expect(429);
        // Somebody else's mistakes are not Bea's.
        let look = format!("{}/look", partners(&stage.boreal));
        stage.bea.post(&look, json!({ "token": token })).await.expect(200);
        stage.server.clock.advance(Duration::minutes(11));
        house.authorize(&token, &ALL).await.expect(201);
    }
}

/// B11: disabling shuts out everybody at once; activating lets the same people in, as far as before.
#[tokio::test]
async fn a_disabled_token_shuts_out_and_comes_back_as_it_was() {
    for house in House::both().await {
        let grant = house.with_lea(&["ticket_user", "ticket_management"]).await;
        house.let_in(&grant, &[&house.noa_member], &["ticket_user"]).await.expect(200);
        let (lea, noa) = (house.inside(&house.lea, &grant).await, house.inside(&house.noa, &grant).await);
        house.ask(&lea).await.expect(200);
        house.lea.post(&client(&grant, "/disable"), nothing()).await.expect(403);
        house.kim.post(&client(&grant, "/disable"), nothing()).await.expect(200);
        for cookie in [&lea, &noa] {
            assert_ne!(house.ask(cookie).await.status, 200);
        }
        house.lea.post(&client(&grant, "/enter"), nothing()).await.expect(409);
        let refused = house.let_in(&grant, &[&house.kim_member], &["ticket_user"]).await.expect(409);
        assert_eq!(refused.code(), "partner_token_disabled", "B7");
        let before =
            (house.keys(&grant, &house.lea_member).await, house.keys(&grant, &house.noa_member).await);
        house.kim.post(&client(&grant, "/activate"), nothing()).await.expect(200);
        let after =
            (house.keys(&grant, &house.lea_member).await, house.keys(&grant, &house.noa_member).await);
        assert_eq!(before, after);
        assert_eq!(after.0, ["ticket_management", "ticket_user"]);
        let back = house.inside(&house.lea, &grant).await;
        house.ask(&back).await.expect(200);
    }
}

/// B12: deleted is over for good, gone from the list, and in both histories.
#[tokio::test]
async fn a_deleted_token_is_gone_and_remembered() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.with_lea(&["ticket_user"]).await;
        let inside = house.inside(&house.lea, &grant).await;
        house.ask(&inside).await.expect(200);
        let mut log = Reader::new(stage).await;
        house.kim.send("DELETE", &client(&grant, ""), nothing()).await.expect(204);
        let news = log.news().await;
        assert_eq!(news.iter().filter(|entry| entry.kind == "partner_token.deleted").count(), 2, "{news:?}");
        assert_ne!(house.ask(&inside).await.status, 200);
        for further in ["/activate", "/disable", "/enter", "/token"] {
            house.kim.post(&client(&grant, further), nothing()).await.expect(404);
        }
        house.kim.get(&client(&grant, "")).await.expect(404);
        assert_eq!(house.kim.get(&house.clients()).await.json()["data"], json!([]));
        let told = stage.joana.get(&partner(&grant, "")).await.expect(200).json();
        assert_eq!((&told["state"], &told["ended_how"]), (&json!("revoked"), &json!("partner")));
        for (who, organization) in [(&house.kim, &house.kappa), (&stage.joana, &stage.aurora)] {
            let path = format!("/api/v1/organizations/{organization}/access-log");
            assert!(
                who.get(&path).await.expect(200).text.contains("partner_token.deleted"),
                "{organization}"
            );
        }
        // The same two begin anew.
        let again = house.authorized(&["ticket_user"]).await;
        assert_ne!(again, grant);
        assert_eq!(house.keys(&again, &house.lea_member).await, Vec::<String>::new());
    }
}

/// B2: one label, one client; what is typed of it comes back as it was typed.
#[tokio::test]
async fn a_label_is_a_note() {
    let house = House::start().await;
    let body = json!({ "label": " <b>Aurora</b> " });
    let added = house.kim.post(&house.clients(), body).await.expect(201).json();
    assert_eq!(added["label"], "<b>Aurora</b>");
    let page = house.kim.get(&format!("/my-clients/{}", text(&added["id"]))).await.expect(200);
    assert!(page.text.contains("&#60;b&#62;Aurora") && !page.text.contains("<b>Aurora"), "{}", page.text);
    house.kim.post(&house.clients(), json!({ "label": "x".repeat(101) })).await.expect(422);
}
