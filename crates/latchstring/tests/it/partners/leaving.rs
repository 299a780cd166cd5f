//! Somebody who is no longer one of the partner's people.

use kernel::Duration;
use serde_json::json;

use super::{ALL, House, client, partner};
use crate::support::{cast::sign_in, server::nothing};

/// Which entries of a kind an organization reads in its log about a grant.
async fn count(house: &House, email: &str, organization: &str, grant: &str) -> usize {
    let who = sign_in(&house.stage.server, email).await;
    let path = format!("/api/v1/organizations/{organization}/access-log?limit=200");
    let log = who.get(&path).await.expect(200).json();
    let entries = log["data"].as_array().expect("a list").clone();
    entries.iter().filter(|entry| entry["kind"] == "partner.left" && entry["grant"] == *grant).count()
}

/// B16, B19: a membership of the partner that ends by itself shuts its person out of every client at that moment, whether or not
/// anybody has noticed; then both organizations read that they left.
#[tokio::test]
async fn a_place_that_ends_by_itself_ends_every_entry() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.with_lea(&ALL).await;
        let end = web::rest::rfc3339(stage.server.now() + Duration::minutes(10));
        let place = format!("/api/v1/organizations/{}/members/{}", house.kappa, house.lea_member);
        house.kim.send("PATCH", &place, json!({ "ends_at": end })).await.expect(200);
        let inside = house.inside(&house.lea, &grant).await;
        stage.server.clock.advance(Duration::seconds(599));
        house.ask(&inside).await.expect(200);
        stage.server.clock.advance(Duration::seconds(1));
        assert_ne!(house.ask(&inside).await.status, 200);
        assert_ne!(house.lea.post(&client(&grant, "/enter"), nothing()).await.status, 201);
        organizations::operations::expire_memberships(&stage.server.product.world).await.expect("noted");
        assert_ne!(house.ask(&inside).await.status, 200);
        assert_eq!(stage.joana.get(&partner(&grant, "")).await.expect(200).json()["users"], json!([]));
        for (email, organization) in
            [("joana@aurora.example", &stage.aurora), ("kim@kappa.example", &house.kappa)]
        {
            assert_eq!(count(&house, email, organization, &grant).await, 1, "{email}");
        }
    }
}

/// B16, B20: the same for somebody who is unlinked, in the commit of that.
#[tokio::test]
async fn who_is_unlinked_has_left_in_both_logs() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.with_lea(&ALL).await;
        house.let_in(&grant, &[&house.noa_member], &["ticket_user"]).await.expect(200);
        let (inside, noa) = (house.inside(&house.lea, &grant).await, house.inside(&house.noa, &grant).await);
        house.ask(&inside).await.expect(200);
        let unlink = format!("/api/v1/organizations/{}/members/{}", house.kappa, house.lea_member);
        house.kim.send("DELETE", &unlink, nothing()).await.expect(204);
        assert_ne!(house.ask(&inside).await.status, 200);
        house.ask(&noa).await.expect(200);
        for (email, organization) in
            [("joana@aurora.example", &stage.aurora), ("kim@kappa.example", &house.kappa)]
        {
            assert_eq!(count(&house, email, organization, &grant).await, 1, "{email}");
        }
    }
}
