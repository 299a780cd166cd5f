//! What the vendor offers, and which requests of a product need it.

use serde_json::{Value, json};

use super::{ALL, House, client, partner, partners};
use crate::support::server::nothing;

const PERMISSIONS: &str = "/api/v1/permissions";

/// B5: a closed list that the vendor configures, with three as shipped.
#[tokio::test]
async fn the_vendor_keeps_the_list() {
    for house in House::both().await {
        let stage = &house.stage;
        let keys = |answer: Value| -> Vec<String> {
            let all = answer["data"].as_array().expect("a list").clone();
            all.iter().map(|one| super::text(&one["key"])).collect()
        };
        assert_eq!(keys(stage.joana.get(PERMISSIONS).await.expect(200).json()), ALL);
        let new = json!({ "key": "backups", "name": "Backups", "explanation": "Make and restore.", "position": 40 });
        for who in [&stage.joana, &house.kim, &stage.ana] {
            who.post(PERMISSIONS, new.clone()).await.expect(403);
            who.send("DELETE", &format!("{PERMISSIONS}/ticket_user"), nothing()).await.expect(403);
        }
        stage.vera.post(PERMISSIONS, new.clone()).await.expect(201);
        stage.vera.post(PERMISSIONS, new).await.expect(422);
        for wrong in ["", "Ticket", "a b", "a,b", "none", "ü"] {
            let body = json!({ "key": wrong, "name": "X", "explanation": "", "position": 1 });
            stage.vera.post(PERMISSIONS, body).await.expect(422);
        }
        let (_, token) = house.add().await;
        let given = json!({ "token": token, "permissions": ["backups"] });
        stage.joana.post(&partners(&stage.aurora), given).await.expect(201);
    }
}

/// B5, S43: a permission that the vendor removes is gone from everybody at the next check.
#[tokio::test]
async fn a_removed_permission_is_gone_from_everybody() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.with_lea(&["ticket_user", "server_management"]).await;
        house.let_in(&grant, &[&house.noa_member], &["server_management"]).await.expect(200);
        let (lea, noa) = (house.inside(&house.lea, &grant).await, house.inside(&house.noa, &grant).await);
        house.ask(&noa).await.expect(200);
        let one = format!("{PERMISSIONS}/server_management");
        stage.vera.send("DELETE", &one, nothing()).await.expect(204);
        assert_eq!(house.ask(&lea).await.expect(200).header("x-latchstring-permissions"), "ticket_user");
        assert_ne!(house.ask(&noa).await.status, 200);
        // Put on offer again, nobody has it.
        let again =
            json!({ "key": "server_management", "name": "Servers", "explanation": "", "position": 2 });
        let made = stage.vera.post(PERMISSIONS, again).await;
        assert!([201, 422].contains(&made.status), "{}", made.text);
        assert_eq!(house.ask(&lea).await.expect(200).header("x-latchstring-permissions"), "ticket_user");
        assert_eq!(house.keys(&grant, &house.noa_member).await, Vec::<String>::new());
        let seen = stage.joana.get(&partner(&grant, "")).await.expect(200).json();
        assert_eq!(seen["permissions"].as_array().map(Vec::len), Some(2));
        house.noa.post(&client(&grant, "/enter"), nothing()).await.expect(403);
    }
}

/// B8, B13, case 34: a rule asks for a permission, and no way of writing a path gets past it.
#[tokio::test]
async fn a_rule_asks_for_a_permission_and_is_not_fooled() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.with_lea(&["ticket_user"]).await;
        let inside = house.inside(&house.lea, &grant).await;
        let rules = format!("/api/v1/applications/{}/rules", stage.application);
        let body = json!({ "rules": [
            { "method": "any", "path": "/servers", "permission": "server_management" },
            { "method": "changes", "path": "/tickets", "permission": "ticket_management" },
        ] });
        stage.joana.send("PUT", &rules, body.clone()).await.expect(403);
        stage.vera.send("PUT", &rules, body).await.expect(200);
        for (method, path, status) in [
            ("GET", "/", 200),
            ("GET", "/tickets/1?page=2", 200),
            ("GET", "/tickets/%C3%BC", 200),
            ("POST", "/tickets/1", 403),
            ("PROPFIND", "/tickets/1", 403),
            ("GET", "/servers", 403),
            ("GET", "/servers/1", 403),
            ("HEAD", "/servers", 403),
            ("GET", "/SERVERS", 403),
            ("GET", "/%73ervers", 403),
            ("GET", "/%2573ervers", 403),
            ("GET", "//servers", 403),
            ("GET", "/x//servers", 403),
            ("GET", "/x/../servers", 403),
            ("GET", "/x/%2e%2e/servers", 403),
            ("GET", "/./servers", 403),
            ("GET", "/x/..;/servers", 403),
            ("GET", "/servers;a=1", 403),
            ("GET", "/x%2f..%2fservers", 403),
            ("GET", "/x\\..\\servers", 403),
            ("GET", "/%5cservers", 403),
            ("GET", "/servers%00", 403),
            ("GET", "/servers%3fx", 403),
            ("GET", "/serveroom", 200),
        ] {
            let told = stage.ask(&inside, method, path).await;
            assert_eq!(told.status, status, "{method} {path}: {}", told.text);
            if status == 403 {
                assert_eq!(told.header("x-latchstring-permissions"), "", "{path}");
            }
        }
        // With the permission, the same is open; nobody else's requests are touched.
        let one = client(&grant, &format!("/users/{}", house.lea_member));
        house.kim.send("PATCH", &one, json!({ "permissions": ALL })).await.expect(200);
        stage.ask(&inside, "GET", "/servers/1").await.expect(200);
        stage.ask(&inside, "POST", "/tickets/1").await.expect(200);
        let member = stage.member_inside(&stage.marcos).await;
        let told = stage.ask(&member, "GET", "//servers").await.expect(200);
        assert_eq!(told.header("x-latchstring-permissions"), "none");
        for wrong in ["servers", "/a//b", "/a/../b", "/%61", "", "/a;b", "/a?b"] {
            let body = json!({ "rules": [{ "method": "any", "path": wrong, "permission": "ticket_user" }] });
            stage.vera.send("PUT", &rules, body).await.expect(422);
        }
        let body = json!({ "rules": [{ "method": "any", "path": "/a", "permission": "root" }] });
        stage.vera.send("PUT", &rules, body).await.expect(422);
    }
}
