//! One thing for many clients, by whoever means harm or sends nonsense.

use kernel::GrantId;
use serde_json::{Value, json};

use super::{ALL, House, client, partners, register, text};
use crate::support::{
    cast::organization,
    rows::Reader,
    server::{Browser, nothing},
};

/// Another partner, Lambda, with a client of its own: whose token it is, and its id.
async fn another_partner(house: &House) -> (Browser, String) {
    let stage = &house.stage;
    let lambda = organization(&stage.server, &stage.vera, "Lambda Conseil", "lou@lambda.example").await;
    crate::support::cast::accept(&stage.server, "lou@lambda.example", "Lou Gris").await;
    register(stage, &lambda, true, false).await;
    let lou = crate::support::cast::sign_in(&stage.server, "lou@lambda.example").await;
    let clients = format!("/api/v1/organizations/{lambda}/clients");
    let added = lou.post(&clients, json!({})).await.expect(201).json();
    let body = json!({ "token": added["value"], "permissions": ALL });
    stage.bea.post(&partners(&stage.boreal), body).await.expect(201);
    (lou, text(&added["id"]))
}

/// Case 40, S40, S47: one id among many that is another partner's stops all of it, as one that was never given; a list that is
/// too long, or of what is no id, is a clear no; each leaves nothing done and one entry at most.
#[tokio::test]
async fn a_stranger_among_many_stops_all_of_it() {
    for house in House::both().await {
        let stage = &house.stage;
        let (lou, strange) = another_partner(&house).await;
        let own = house.with_lea(&ALL).await;
        let inside = house.inside(&house.lea, &own).await;
        let (pending, _) = house.add().await;
        let many = format!("{}/many", house.clients());
        let mut log = Reader::new(stage).await;
        let unknown = format!("gr_{}", "0".repeat(26));
        let plain = |answer: crate::support::server::Answer| {
            let mut body = answer.json();
            body["instance"] = Value::Null;
            (answer.status, body)
        };
        for act in ["disable", "delete", "authorize", "revoke", "activate"] {
            let body = |clients: Value| json!({ "do": act, "clients": clients, "member": house.noa_member, "permissions": ["ticket_user"] });
            let one = house.kim.post(&many, body(json!([own, strange, pending]))).await;
            log.expect(&["request.refused refused by Kim Roux"]).await;
            let two = house.kim.post(&many, body(json!([own, unknown, pending]))).await;
            log.expect(&["request.refused refused by Kim Roux"]).await;
            assert_eq!(one.status, 404, "{act}");
            assert_eq!(plain(one), plain(two), "{act}");
        }
        // Nor through the pages.
        let fields =
            [("do", "disable"), ("organization", &house.kappa), ("client", &own), ("client", &strange)];
        house.kim.form("/my-clients/many", &fields).await.expect(404);
        log.expect(&["request.refused refused by Kim Roux"]).await;
        let path =
            format!("/my-clients/many?do=disable&organization={}&client={own}&client={strange}", house.kappa);
        house.kim.get(&path).await.expect(404);
        log.expect(&["request.refused refused by Kim Roux"]).await;
        // Somebody else's people are no people of one's own, for one and for many.
        let lou_member = text(&lou.get("/api/v1/organizations").await.expect(200).json()["data"][0]["id"]);
        let theirs = super::member(&lou, &lou_member, "Lou").await;
        let body =
            json!({ "do": "authorize", "clients": [own], "member": theirs, "permissions": ["ticket_user"] });
        house.kim.post(&many, body).await.expect(404);
        log.expect(&["request.refused refused by Kim Roux"]).await;
        for (who, status) in [(&house.lea, 403), (&stage.joana, 404), (&lou, 404)] {
            who.post(&many, json!({ "do": "disable", "clients": [own] })).await.expect(status);
            assert_eq!(log.news().await.len(), 1);
        }

        // What is no list of ids.
        for wrong in
            [json!([1, 2]), json!([null]), json!([[own]]), json!(own), json!({}), json!(["x"]), json!([""])]
        {
            let refused = house.kim.post(&many, json!({ "do": "disable", "clients": wrong })).await;
            assert!([400, 422].contains(&refused.status), "{wrong}: {} {}", refused.status, refused.text);
            assert!(!refused.code().is_empty(), "{}", refused.text);
        }
        let ids = |count: usize| -> Vec<String> {
            let call = operation::Call::by_system(&stage.server.product.world);
            (0..count).map(|_| GrantId::new(call.now, &*call.world.entropy).to_string()).collect()
        };
        let refused =
            house.kim.post(&many, json!({ "do": "delete", "clients": ids(1001) })).await.expect(422);
        assert!(refused.text.contains("Choose 1 to 1000 clients."), "{}", refused.text);
        let refused = house.kim.post(&many, json!({ "do": "delete", "clients": ids(10_001) })).await;
        assert!([413, 422].contains(&refused.status), "{} {}", refused.status, refused.text);
        let mut full = ids(999);
        full.push(own.clone());
        house.kim.post(&many, json!({ "do": "delete", "clients": full })).await.expect(404);
        log.expect(&["request.refused refused by Kim Roux"]).await;
        // Nothing of all that was done.
        house.ask(&inside).await.expect(200);
        for (who, grant, state) in
            [(&house.kim, &own, "active"), (&house.kim, &pending, "pending"), (&lou, &strange, "active")]
        {
            assert_eq!(who.get(&client(grant, "")).await.expect(200).json()["state"], state);
        }
        assert!(house.keys(&own, &house.noa_member).await.is_empty());
    }
}

/// Case 40: an id that is sent many times is one.
#[tokio::test]
async fn an_id_that_is_sent_twice_is_done_once() {
    for house in House::both().await {
        let grant = house.with_lea(&ALL).await;
        let many = format!("{}/many", house.clients());
        let thrice = [&grant, &grant, &grant];
        let mut log = Reader::new(&house.stage).await;
        let body = json!({ "do": "authorize", "clients": thrice, "member": house.noa_member, "permissions": ["ticket_user"] });
        let told = house.kim.post(&many, body).await.expect(200).json();
        assert_eq!(told["data"].as_array().map(Vec::len), Some(1));
        assert_eq!(told["data"][0]["is_done"], true);
        log.expect(&["partner.user_authorized done by Kim Roux", "partner.user_authorized done by Kim Roux"])
            .await;
        let told =
            house.kim.post(&many, json!({ "do": "disable", "clients": thrice })).await.expect(200).json();
        assert_eq!(told["data"].as_array().map(Vec::len), Some(1));
        assert_eq!(told["data"][0]["is_done"], true);
        let upper = json!({ "do": "activate", "clients": [grant.to_uppercase()] });
        assert_ne!(house.kim.post(&many, upper).await.status, 200, "an id has one spelling");
        let body = json!({ "members": [house.lea_member, house.lea_member], "permissions": ["ticket_user"] });
        house.kim.post(&client(&grant, "/activate"), nothing()).await.expect(200);
        house.kim.post(&client(&grant, "/users"), body).await.expect(409);
    }
}
