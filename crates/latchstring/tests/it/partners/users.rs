//! Whom a partner lets into which client.

use serde_json::json;

use super::{ALL, House, client, member, partner, text};
use crate::support::{rows::Reader, server::nothing};

/// B7, B8: only with an active token, only its own people, only within what the client gave.
#[tokio::test]
async fn a_partner_authorizes_its_own_people_within_what_it_was_given() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.authorized(&["ticket_user", "ticket_management"]).await;
        let marcos = member(&stage.joana, &stage.aurora, "Marcos").await;
        let bea = member(&stage.bea, &stage.boreal, "Bea").await;
        for stranger in [&marcos, &bea, &format!("mbr_{}", "0".repeat(26))] {
            house.let_in(&grant, &[stranger], &["ticket_user"]).await.expect(404);
        }
        // One wrong one among right ones stops all of them.
        house.let_in(&grant, &[&house.lea_member, &bea], &["ticket_user"]).await.expect(404);
        assert!(house.keys(&grant, &house.lea_member).await.is_empty());
        for wrong in
            [vec!["server_management"], vec!["ticket_user", "server_management"], vec!["root"], vec![]]
        {
            house.let_in(&grant, &[&house.lea_member], &wrong).await.expect(422);
        }
        let mut log = Reader::new(stage).await;
        let details = house.let_in(&grant, &[&house.lea_member], &["ticket_user"]).await.expect(200).json();
        assert_eq!(details["users"][0]["user"]["name"], "Lea Blanc");
        log.expect(&["partner.user_authorized done by Kim Roux", "partner.user_authorized done by Kim Roux"])
            .await;
        // B7: the details have the token and its state, the client, the permissions and the users.
        let details = house.kim.get(&client(&grant, "")).await.expect(200).json();
        assert_eq!(details["state"], "active");
        assert_eq!(details["client"]["id"], stage.aurora);
        assert_eq!(details["permissions"].as_array().map(Vec::len), Some(2));
        assert_eq!(details["users"].as_array().map(Vec::len), Some(1));
        // Members do nothing of this, not even for themselves.
        let body = json!({ "members": [house.noa_member], "permissions": ["ticket_user"] });
        house.noa.post(&client(&grant, "/users"), body.clone()).await.expect(404);
        house.lea.post(&client(&grant, "/users"), body).await.expect(403);
    }
}

/// B9, S43: one person's permissions are changed and taken away at once; the others keep theirs.
#[tokio::test]
async fn one_persons_permissions_change_and_the_others_stay() {
    for house in House::both().await {
        let grant = house.with_lea(&ALL).await;
        house.let_in(&grant, &[&house.noa_member], &["ticket_user"]).await.expect(200);
        let (lea, noa) = (house.inside(&house.lea, &grant).await, house.inside(&house.noa, &grant).await);
        let one = client(&grant, &format!("/users/{}", house.lea_member));
        house.kim.send("PATCH", &one, json!({ "permissions": ["server_management"] })).await.expect(200);
        let told = house.ask(&lea).await.expect(200);
        assert_eq!(told.header("x-latchstring-permissions"), "server_management");
        house.kim.send("PATCH", &one, json!({ "permissions": ["root"] })).await.expect(422);
        house.lea.send("PATCH", &one, json!({ "permissions": ALL })).await.expect(403);
        house.kim.send("DELETE", &one, nothing()).await.expect(204);
        assert_ne!(house.ask(&lea).await.status, 200);
        assert_eq!(house.ask(&noa).await.expect(200).header("x-latchstring-permissions"), "ticket_user");
        house.lea.post(&client(&grant, "/enter"), nothing()).await.expect(404);
        house.kim.send("DELETE", &one, nothing()).await.expect(404);
    }
}

/// B10, S40: who is not authorized for a client sees nothing of it, as of one that is not there.
#[tokio::test]
async fn who_is_not_authorized_sees_nothing() {
    for house in House::both().await {
        let grant = house.with_lea(&["ticket_user"]).await;
        let unknown = format!("gr_{}", "0".repeat(26));
        for who in [&house.noa, &house.stage.vera, &house.stage.ana, &house.stage.bea, &house.stage.joana] {
            let plain = |answer: crate::support::server::Answer| {
                let mut body = answer.json();
                body["instance"] = json!(null);
                (answer.status, body)
            };
            let one = plain(who.get(&client(&grant, "")).await);
            assert_eq!(one, plain(who.get(&client(&unknown, "")).await));
            assert_eq!(one.0, 404);
            who.post(&client(&grant, "/enter"), nothing()).await.expect(404);
            who.get(&format!("/my-clients/{grant}")).await.expect(404);
        }
        assert_eq!(house.noa.get(&house.clients()).await.expect(200).json()["data"], json!([]));
        assert!(!house.noa.get("/my-clients").await.expect(200).text.contains("Aurora"));
        // Lea sees the client and herself, and nobody else.
        house.let_in(&grant, &[&house.kim_member], &["ticket_user"]).await.expect(200);
        let seen = house.lea.get(&client(&grant, "")).await.expect(200).json();
        assert_eq!(seen["users"].as_array().map(Vec::len), Some(1));
        assert_eq!(seen["users"][0]["user"]["name"], "Lea Blanc");
    }
}

/// B16, S43: who leaves the partner's organization loses every client at once, and gets none back by coming again.
#[tokio::test]
async fn who_leaves_the_partner_loses_every_client() {
    for house in House::both().await {
        let stage = &house.stage;
        let aurora = house.with_lea(&ALL).await;
        let (boreal, token) = house.add().await;
        let body = json!({ "token": token, "permissions": ALL });
        stage.bea.post(&super::partners(&stage.boreal), body).await.expect(201);
        house.let_in(&boreal, &[&house.lea_member], &["ticket_user"]).await.expect(200);
        let one = house.inside(&house.lea, &aurora).await;
        house.ask(&one).await.expect(200);
        // A browser is in one account of a product at a time: this ends the entry before.
        let two = house.inside(&house.lea, &boreal).await;
        house.ask(&two).await.expect(200);
        let unlink = format!("/api/v1/organizations/{}/members/{}", house.kappa, house.lea_member);
        house.kim.send("DELETE", &unlink, nothing()).await.expect(204);
        for cookie in [&one, &two] {
            assert_ne!(house.ask(cookie).await.status, 200);
        }
        for grant in [&aurora, &boreal] {
            house.lea.get(&client(grant, "")).await.expect(404);
            house.lea.post(&client(grant, "/enter"), nothing()).await.expect(404);
            assert!(house.keys(grant, &house.lea_member).await.is_empty());
        }
        let seen = stage.joana.get(&partner(&aurora, "")).await.expect(200).json();
        assert_eq!(seen["users"], json!([]));
        // Invited again, Lea has nothing.
        let body = json!({ "email": "lea@kappa.example", "role": "member" });
        let invitations = format!("/api/v1/organizations/{}/invitations", house.kappa);
        house.kim.post(&invitations, body).await.expect(201);
        let link = stage.server.mailed_link("lea@kappa.example", "/invitations/").await;
        let token = link.rsplit('/').next().expect("a token");
        let lea = crate::support::cast::sign_in(&stage.server, "lea@kappa.example").await;
        lea.post("/api/v1/invitations/accept", json!({ "token": token })).await.expect(200);
        let again = member(&house.kim, &house.kappa, "Lea").await;
        assert_ne!(again, house.lea_member);
        assert!(house.keys(&aurora, &again).await.is_empty());
        lea.post(&client(&aurora, "/enter"), nothing()).await.expect(404);
        assert_ne!(house.ask(&one).await.status, 200);
        assert_eq!(lea.get(&house.clients()).await.expect(200).json()["data"], json!([]));
        assert_eq!(text(&house.kim.get(&client(&aurora, "")).await.json()["state"]), "active");
    }
}
