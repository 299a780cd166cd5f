//! What is sent along with a request and is not asked for.

use serde_json::{Value, json};

use super::{House, client, partner, partners, text};
use crate::support::{rows::audit, server::nothing};

/// S41: whatever else is sent along on a route of partners changes nothing, or is refused: nobody gives themselves a longer end,
/// another maker, another organization or another state.
#[tokio::test]
async fn what_is_sent_along_on_partners_routes_changes_nothing() {
    for house in House::both().await {
        let stage = &house.stage;
        let zeros = "0".repeat(26);
        let extra = json!({
            "id": format!("gr_{zeros}"), "ends_at": "2099-01-01T00:00:00Z", "review_at": "2098-01-01T00:00:00Z",
            "answer_by": "2099-01-01T00:00:00Z", "created_by": format!("usr_{zeros}"), "created_at": "2020-01-01T00:00:00Z",
            "organization_id": stage.boreal, "organization": stage.boreal, "partner": stage.boreal, "client": stage.boreal,
            "partner_id": stage.boreal, "state": "active", "activated_at": 1, "authorized_at": "2020-01-01T00:00:00Z",
            "authorized_by": format!("usr_{zeros}"), "disabled_at": null, "ended_at": null, "ended_how": null, "deleted_at": null,
            "mode": "write", "value": "lst_mine", "is_administrator": true, "may_enter": true, "user_count": 0,
            "partner_since": 1, "client_since": 1, "verified_by": "me", "removed_at": 1, "last_used_at": "2020-01-01T00:00:00Z",
            "do": "delete", "live_of": null, "due_at": 1,
        });
        let with = |body: Value| {
            let mut all = extra.clone();
            for (name, value) in body.as_object().expect("fields") {
                all[name] = value.clone();
            }
            all
        };
        // Kim adds one: it is pending, Kappa's, of no client, and waits as long as any other.
        let usual = house.kim.post(&house.clients(), json!({})).await.expect(201).json();
        let added =
            house.kim.post(&house.clients(), with(json!({ "label": "Aurora" }))).await.expect(201).json();
        assert_eq!((&added["state"], &added["client"]), (&json!("pending"), &Value::Null));
        assert_eq!(
            (&added["partner"]["id"], &added["created_by"]),
            (&json!(house.kappa), &json!("Kim Roux"))
        );
        for field in ["ends_at", "review_at", "answer_by", "created_at", "authorized_at", "mode"] {
            assert_eq!(added[field], usual[field], "{field}");
        }
        assert_ne!((&added["id"], &added["value"]), (&extra["id"], &extra["value"]));
        let (grant, token) = (text(&added["id"]), text(&added["value"]));
        // Joana looks, which grants nothing, and authorizes without an end and for reading only.
        let aurora = partners(&stage.aurora);
        stage.joana.post(&format!("{aurora}/look"), with(json!({ "token": token }))).await.expect(200);
        assert_eq!(house.kim.get(&client(&grant, "")).await.json()["state"], "pending");
        let body = json!({ "token": token, "permissions": ["ticket_user"], "mode": "read_only", "ends_at": null, "review_at": null });
        let given = stage.joana.post(&aurora, with(body)).await.expect(201).json();
        assert_eq!(
            (&given["client"]["id"], &given["partner"]["id"]),
            (&json!(stage.aurora), &json!(house.kappa))
        );
        assert_eq!((&given["mode"], &given["ends_at"]), (&json!("read_only"), &Value::Null));
        assert_eq!(given["authorized_by"], "Joana Prado");
        assert_eq!(given["authorized_at"], web::rest::rfc3339(stage.server.now()));

        // The partner's side says who may enter, and nothing of the terms: with whatever a client may send, too.
        let terms = || async {
            let mut seen = stage.joana.get(&partner(&grant, "")).await.expect(200).json();
            seen["users"] = Value::Null;
            seen
        };
        let before = terms().await;
        let body = with(json!({ "members": [house.lea_member], "permissions": ["ticket_user"] }));
        let details = house.kim.post(&client(&grant, "/users"), body).await.expect(200).json();
        assert_eq!(details["users"].as_array().map(Vec::len), Some(1));
        assert_eq!(details["users"][0]["authorized_at"], web::rest::rfc3339(stage.server.now()));
        let one = client(&grant, &format!("/users/{}", house.lea_member));
        let body = with(
            json!({ "permissions": ["ticket_user"], "member": house.noa_member, "user": { "id": "x" } }),
        );
        house.kim.send("PATCH", &one, body).await.expect(200);
        assert!(house.keys(&grant, &house.noa_member).await.is_empty());
        assert_eq!(terms().await, before);
        for further in ["/disable", "/activate"] {
            house.kim.post(&client(&grant, further), with(nothing())).await.expect(200);
        }
        assert_eq!(terms().await, before);
        house.lea.post(&client(&grant, "/enter"), with(nothing())).await.expect(201);
        // On behalf of nobody and in nobody else's organization.
        let many = format!("{}/many", house.clients());
        let body = with(json!({ "do": "activate", "clients": [grant] }));
        let told = house.kim.post(&many, body).await.expect(200).json();
        assert_eq!(told["data"][0]["is_done"], false, "it is active");

        // What the client does send is taken, and nothing beside it.
        let mut body = with(json!({ "permissions": ["ticket_user", "server_management"] }));
        for own in ["mode", "ends_at", "review_at"] {
            body.as_object_mut().expect("fields").remove(own);
        }
        let changed = stage.joana.send("PATCH", &partner(&grant, ""), body).await.expect(200).json();
        for field in [
            "id",
            "state",
            "partner",
            "client",
            "label",
            "created_at",
            "created_by",
            "answer_by",
            "authorized_at",
            "authorized_by",
            "mode",
            "ends_at",
            "review_at",
            "ended_at",
            "ended_how",
        ] {
            assert_eq!(changed[field], before[field], "{field}");
        }
        let revoked = stage.joana.post(&partner(&grant, "/revoke"), with(nothing())).await.expect(200).json();
        assert_eq!((&revoked["state"], &revoked["ended_how"]), (&json!("revoked"), &json!("customer")));

        // The vendor's routes.
        let body = with(json!({ "is_partner": true, "is_client": false }));
        let path = format!("/api/v1/organizations/{}/registration", house.kappa);
        let since = house_since(&house).await;
        stage.vera.send("PUT", &path, body).await.expect(200);
        assert_eq!(house_since(&house).await, since, "since when it is registered stays");
        let body = json!({ "key": "backups", "name": "Backups", "explanation": "Make and restore.", "position": 40 });
        stage.vera.post("/api/v1/permissions", with(body)).await.expect(201);
        let listed = stage.joana.get("/api/v1/permissions").await.expect(200).text;
        assert!(listed.contains("backups"), "{listed}");
        let renamed = with(json!({ "name": "Copies", "key": "root" }));
        let renamed =
            stage.vera.send("PATCH", "/api/v1/permissions/backups", renamed).await.expect(200).json();
        assert_eq!((&renamed["key"], &renamed["name"]), (&json!("backups"), &json!("Copies")));
        // Nothing in the log was made by, or is about, whoever was sent along.
        let log = audit(&stage.server).await;
        for entry in log.iter().filter(|entry| entry.kind.starts_with("partner")) {
            assert!(!format!("{entry:?}").contains(&zeros), "{entry:?}");
            assert_ne!(entry.organization.as_ref(), Some(&stage.boreal), "{entry:?}");
        }
    }
}

async fn house_since(house: &House) -> Value {
    let listed = house.stage.vera.get("/api/v1/registrations?search=Kappa").await.expect(200).json();
    listed["data"][0]["partner_since"].clone()
}
