//! What a client gives, narrows and takes back.

use kernel::Duration;
use serde_json::{Value, json};

use super::{ALL, House, client, partner, partners, text};
use crate::support::{rows::Reader, server::nothing};

/// B4: the client sees whose it is before anything is granted, chooses, and both sides have it.
#[tokio::test]
async fn a_client_sees_whose_it_is_and_authorizes() {
    for house in House::both().await {
        let stage = &house.stage;
        let (grant, token) = house.add().await;
        let mut log = Reader::new(stage).await;
        let look = format!("{}/look", partners(&stage.aurora));
        let body = json!({ "token": format!("  {token}\n") });
        let offered = stage.joana.post(&look, body).await.expect(200).json();
        assert_eq!(offered["partner_name"], "Kappa Comptables");
        assert_eq!(offered["verified_by"], "Ledger");
        assert_eq!(house.kim.get(&client(&grant, "")).await.json()["state"], "pending");
        log.expect(&[]).await;
        stage.marcos.post(&look, json!({ "token": token })).await.expect(403);
        stage.bea.post(&look, json!({ "token": token })).await.expect(404);

        let given = house.authorize(&token, &["ticket_user"]).await.expect(201).json();
        assert_eq!((&given["state"], text(&given["id"])), (&json!("active"), grant.clone()));
        let theirs = house.kim.get(&client(&grant, "")).await.expect(200).json();
        assert_eq!(
            (&theirs["state"], &theirs["client"]["name"]),
            (&json!("active"), &json!("Aurora Holding"))
        );
        let entries = log
            .expect(&[
                "request.refused refused by Marcos Lima",
                "request.refused refused by Bea Font",
                "partner.authorized done by Joana Prado",
                "partner.authorized done by Joana Prado",
            ])
            .await;
        let of_it = entries.iter().filter(|entry| entry.kind == "partner.authorized");
        let mut whose: Vec<_> = of_it.filter_map(|entry| entry.organization.clone()).collect();
        whose.sort();
        let mut both = vec![stage.aurora.clone(), house.kappa.clone()];
        both.sort();
        assert_eq!(whose, both);
        stage.server.deliver().await;
        assert!(stage.server.mailbox.to("kim@kappa.example").iter().any(|mail| mail.body.contains("Aurora")));
        // One partner, one token.
        let (_, second) = house.add().await;
        let refused = house.authorize(&second, &ALL).await.expect(409);
        assert_eq!(refused.code(), "partner_authorized_already");
    }
}

/// B5, B8, S41: the list is closed: what is not on it is refused, for a client and for a partner.
#[tokio::test]
async fn only_what_is_on_offer_can_be_given() {
    for house in House::both().await {
        let (_, token) = house.add().await;
        for wrong in [vec!["everything"], vec![], vec!["ticket_user", "TICKET_USER"]] {
            house.authorize(&token, &wrong).await.expect(422);
        }
        house.authorize(&token, &["ticket_user"]).await.expect(201);
    }
}

/// B13, S43: narrowing narrows everybody at the next check; widening again gives nobody more than before.
#[tokio::test]
async fn narrowing_narrows_everybody_and_widening_widens_nobody() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.with_lea(&ALL).await;
        house.let_in(&grant, &[&house.noa_member], &["server_management"]).await.expect(200);
        let (lea, noa) = (house.inside(&house.lea, &grant).await, house.inside(&house.noa, &grant).await);
        let told = house.ask(&lea).await.expect(200);
        assert_eq!(
            told.header("x-latchstring-permissions"),
            "ticket_management,server_management,ticket_user"
        );

        let narrow = json!({ "permissions": ["ticket_user"] });
        stage.joana.send("PATCH", &partner(&grant, ""), narrow).await.expect(200);
        assert_eq!(house.ask(&lea).await.expect(200).header("x-latchstring-permissions"), "ticket_user");
        // Who has nothing left is not in.
        assert_ne!(house.ask(&noa).await.status, 200);
        assert_eq!(house.keys(&grant, &house.lea_member).await, ["ticket_user"]);

        let wide = json!({ "permissions": ALL });
        stage.joana.send("PATCH", &partner(&grant, ""), wide).await.expect(200);
        assert_eq!(house.ask(&lea).await.expect(200).header("x-latchstring-permissions"), "ticket_user");
        assert_ne!(house.ask(&noa).await.status, 200);
        house.noa.post(&client(&grant, "/enter"), nothing()).await.expect(403);
        // The mode goes with it: read-only lets no change through, at once.
        assert_eq!(stage.ask(&lea, "POST", "/tickets").await.status, 200);
        stage.joana.send("PATCH", &partner(&grant, ""), json!({ "mode": "read_only" })).await.expect(200);
        assert_eq!(stage.ask(&lea, "POST", "/tickets").await.status, 403);
        house.ask(&lea).await.expect(200);
        // Nobody of the partner changes it.
        for who in [&house.kim, &stage.bea, &stage.vera, &stage.ana] {
            who.send("PATCH", &partner(&grant, ""), json!({ "mode": "write" })).await.expect(404);
        }
        stage.marcos.send("PATCH", &partner(&grant, ""), json!({ "mode": "write" })).await.expect(403);
    }
}

/// B8, B13, B15: whoever has nothing left of what they were given cannot enter, and nothing says that they can: not to the
/// client, not among the open doors, not in the question before an end. The partner sees that it is so.
#[tokio::test]
async fn who_has_nothing_left_is_nobody_who_can_enter() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.with_lea(&["ticket_user"]).await;
        house.let_in(&grant, &[&house.noa_member], &["server_management"]).await.expect(200);
        let door = || async {
            let path = format!("/api/v1/organizations/{}/open-doors", stage.aurora);
            stage.joana.get(&path).await.expect(200).json()["data"][0]["who"].clone()
        };
        assert_eq!(door().await, json!(["Lea Blanc", "Noa Petit"]));
        let narrow = json!({ "permissions": ["ticket_user"] });
        stage.joana.send("PATCH", &partner(&grant, ""), narrow).await.expect(200);

        let names = |details: Value| -> Vec<String> {
            let users = details["users"].as_array().expect("a list").clone();
            users.iter().map(|user| text(&user["user"]["name"])).collect()
        };
        let seen = stage.joana.get(&partner(&grant, "")).await.expect(200).json();
        assert_eq!(names(seen), ["Lea Blanc"]);
        let all = stage.joana.get(&partners(&stage.aurora)).await.expect(200).json();
        assert_eq!(names(all["data"][0].clone()), ["Lea Blanc"]);
        assert_eq!(door().await, json!(["Lea Blanc"]));
        for page in [
            "/my-partner".to_owned(),
            format!("/my-partner/{grant}/revoke"),
            format!("/organizations/{}/open-doors/close", stage.aurora),
        ] {
            let shown = stage.joana.get(&page).await.expect(200).text;
            assert!(shown.contains("Lea Blanc") && !shown.contains("Noa Petit"), "{page}: {shown}");
        }
        let line = house.kim.get(&house.clients()).await.expect(200).json()["data"][0].clone();
        assert_eq!((&line["users"], &line["user_count"]), (&json!(["Lea Blanc"]), &json!(1)));
        let asked = house.kim.get(&format!("/my-clients/{grant}/disable")).await.expect(200).text;
        assert!(asked.contains("Lea Blanc can enter now.") && !asked.contains("Noa"), "{asked}");
        // They can be changed and taken out still, so the partner has them in sight.
        let details = house.kim.get(&client(&grant, "")).await.expect(200).json();
        assert_eq!(names(details), ["Lea Blanc", "Noa Petit"]);
        let shown = house.kim.get(&format!("/my-clients/{grant}")).await.expect(200).text;
        assert!(shown.contains("Nothing: the client has taken it back"), "{shown}");

        // Of a disabled token nobody can enter, whoever was authorized.
        house.kim.post(&client(&grant, "/disable"), nothing()).await.expect(200);
        let asked = stage.joana.get(&format!("/my-partner/{grant}/revoke")).await.expect(200).text;
        assert!(!asked.contains("can enter now"), "{asked}");
    }
}

/// B14, S43: revoked by the client is over for everybody of the partner, and the partner cannot undo it.
#[tokio::test]
async fn a_client_takes_it_back_and_the_partner_cannot_undo_it() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.with_lea(&ALL).await;
        let inside = house.inside(&house.lea, &grant).await;
        house.ask(&inside).await.expect(200);
        for who in [&house.kim, &stage.bea, &stage.vera] {
            who.post(&partner(&grant, "/revoke"), nothing()).await.expect(404);
        }
        stage.joana.post(&partner(&grant, "/revoke"), nothing()).await.expect(200);
        assert_ne!(house.ask(&inside).await.status, 200);
        stage.joana.post(&partner(&grant, "/revoke"), nothing()).await.expect(409);
        for further in ["/activate", "/disable"] {
            house.kim.post(&client(&grant, further), nothing()).await.expect(409);
        }
        house.let_in(&grant, &[&house.noa_member], &["ticket_user"]).await.expect(409);
        let token =
            text(&house.kim.post(&client(&grant, "/token"), nothing()).await.expect(200).json()["value"]);
        assert_eq!(house.authorize(&token, &ALL).await.expect(409).code(), "partner_token_refused");
        stage.server.deliver().await;
        let mails = stage.server.mailbox.to("kim@kappa.example");
        assert!(mails.iter().any(|mail| mail.body.contains("Joana Prado")), "{mails:?}");
    }
}

/// B15: the client sees who can enter, as what, and when they last did; an end that has come ends it.
#[tokio::test]
async fn a_client_sees_everybody_and_sets_dates() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.with_lea(&["ticket_user"]).await;
        let seen = stage.joana.get(&partner(&grant, "")).await.expect(200).json();
        assert_eq!(seen["users"][0]["user"]["name"], "Lea Blanc");
        assert_eq!(seen["users"][0]["permissions"], json!(["ticket_user"]));
        assert_eq!(seen["users"][0]["last_used_at"], Value::Null);
        let inside = house.inside(&house.lea, &grant).await;
        let seen = stage.joana.get(&partner(&grant, "")).await.expect(200).json();
        assert_eq!(seen["users"][0]["last_used_at"], web::rest::rfc3339(stage.server.now()));

        let at = |days| web::rest::rfc3339(stage.server.now() + Duration::days(days));
        for wrong in
            [json!({ "ends_at": at(-1) }), json!({ "review_at": at(0) }), json!({ "ends_at": "soon" })]
        {
            stage.joana.send("PATCH", &partner(&grant, ""), wrong).await.expect(422);
        }
        let dates = json!({ "ends_at": at(2), "review_at": at(1) });
        let seen = stage.joana.send("PATCH", &partner(&grant, ""), dates).await.expect(200).json();
        assert_eq!((&seen["ends_at"], &seen["review_at"]), (&json!(at(2)), &json!(at(1))));
        // What is left out stays; null takes away.
        let seen = stage.joana.send("PATCH", &partner(&grant, ""), json!({ "review_at": null })).await.json();
        assert_eq!((&seen["ends_at"], &seen["review_at"]), (&json!(at(2)), &Value::Null));
        house.ask(&inside).await.expect(200);
        stage.server.advance(Duration::days(2)).await;
        assert_ne!(house.ask(&inside).await.status, 200);
        partners::operations::expire_due(&stage.server.product.world).await.expect("done");
        let joana = crate::support::cast::sign_in(&stage.server, "joana@aurora.example").await;
        assert_eq!(joana.get(&partner(&grant, "")).await.expect(200).json()["state"], "expired");
    }
}
