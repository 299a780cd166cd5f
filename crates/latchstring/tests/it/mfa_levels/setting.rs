//! Who sets levels, and how.

use futures_util::future::join_all;
use kernel::Duration;
use organizations::UserType;
use serde_json::json;

use super::{JOANA, carla, get, level_of, path, set};
use crate::support::{cast::Stage, rows};

/// E1: agents of level 2 and 3 and nobody else, over the API and on the pages; others do not see the way there. E2, E3: three
/// levels for three groups of user types.
#[tokio::test]
async fn agents_of_level_2_and_3_set_levels_and_nobody_else() {
    for stage in Stage::both().await {
        let carla = carla(&stage).await;
        let page = format!("/admin/organizations/{}/authentication", stage.aurora);
        let body = json!({ "version": 0, "levels": { "practitioners": "mandatory" } });
        for other in [&stage.bruno, &stage.vera, &stage.joana, &stage.marcos, &stage.bea] {
            other.get(&path(&stage.aurora)).await.expect(403);
            other.send("PUT", &path(&stage.aurora), body.clone()).await.expect(403);
            other.post(&format!("{}/preview", path(&stage.aurora)), json!({})).await.expect(403);
            other.get(&page).await.expect(403);
            other.get("/admin/authentication").await.expect(403);
            other.form(&page, &[("practitioners", "mandatory")]).await.expect(403);
            let seen = other.get("/account").await.expect(200).text;
            assert!(!seen.contains("/admin/authentication"), "no link for them");
        }
        stage.server.anonymous().get(&path(&stage.aurora)).await.expect(401);
        stage.server.anonymous().get(&page).await.expect(303);
        let unknown = format!("/api/v1/organizations/grp_{}/mfa-levels", "0".repeat(26));
        stage.ana.get(&unknown).await.expect(404);

        for agent in [&stage.ana, &carla] {
            let levels = get(agent, &stage.aurora).await;
            let groups: Vec<_> =
                levels["levels"].as_array().expect("a list").iter().map(|one| one["group"].clone()).collect();
            assert_eq!(groups, ["practitioners", "clients", "employees"]);
            let shown = agent.get(&page).await.expect(200).text;
            assert!(shown.contains("href=\"/admin/authentication\" aria-current=\"page\""));
            assert!(!shown.contains("href=\"/admin/agents\""), "nothing that is the administrators'");
        }
        for level in ["suggested", "mandatory", "upon_request"] {
            let saved = set(&carla, &stage.aurora, json!({ "employees": level })).await.expect(200).json();
            assert_eq!(level_of(&saved, "employees")["level"], level);
        }
        let wrong = set(&carla, &stage.aurora, json!({ "clients": "always" })).await.expect(422).json();
        assert_eq!(wrong["errors"][0]["pointer"], "#/levels/clients");
    }
}

/// E5: several types at once with one save, which is one entry each in the organization's own log and a mail to its
/// administrators. E6: *upon request* needs a confirmation, the others do not. E8: how many it touches is said before.
#[tokio::test]
async fn several_levels_are_saved_at_once() {
    for stage in Stage::both().await {
        let members = stage.joana.get(&format!("/api/v1/organizations/{}/members", stage.aurora)).await;
        let members = members.expect(200).json();
        let marcos =
            members["data"].as_array().expect("a list").iter().find(|one| one["name"] == "Marcos Lima");
        let marcos = marcos.and_then(|one| one["id"].as_str()).expect("an id");
        let member = format!("/api/v1/organizations/{}/members/{marcos}", stage.aurora);
        let body = json!({ "user_type": UserType::StandardClient.as_str() });
        stage.joana.send("PATCH", &member, body).await.expect(200);
        let (joana, _) = crate::second_factor::turn_on(&stage, &stage.joana, JOANA).await;
        stage.server.advance(Duration::seconds(1)).await;

        let wanted =
            json!({ "practitioners": "suggested", "clients": "mandatory", "employees": "upon_request" });
        let preview = format!("{}/preview", path(&stage.aurora));
        let changes = stage.ana.post(&preview, wanted.clone()).await.expect(200).json();
        assert_eq!(
            changes["changes"],
            json!([
                { "group": "practitioners", "before": "upon_request", "after": "suggested", "people": 1,
                  "without_second_factor": 0, "needs_confirmation": false },
                { "group": "clients", "before": "upon_request", "after": "mandatory", "people": 1,
                  "without_second_factor": 1, "needs_confirmation": false },
            ])
        );
        assert_eq!(get(&stage.ana, &stage.aurora).await["version"], 0, "nothing was saved");

        let mut log = rows::Reader::new(&stage).await;
        // S41: what is sent along changes nothing.
        let body = json!({ "version": 0, "levels": wanted, "organization_id": stage.boreal, "changed_by": "Nobody",
            "changed_at": "2020-01-01T00:00:00Z", "managed_by": "x", "people": 9 });
        let saved = stage.ana.send("PUT", &path(&stage.aurora), body).await.expect(200).json();
        assert_eq!(saved["version"], 1);
        assert_eq!(saved["changed_by"], "Ana Souza");
        assert_eq!(level_of(&saved, "clients")["level"], "mandatory");
        assert_eq!(level_of(&saved, "clients")["managed_by"], json!(null));
        assert_eq!(saved["organization_id"], stage.aurora);
        assert_eq!(get(&stage.ana, &stage.boreal).await["version"], 0);
        assert_eq!(level_of(&saved, "clients")["without_second_factor"], 1);
        let entries = log.news().await;
        assert_eq!(entries.len(), 2);
        for entry in entries {
            assert_eq!((entry.kind.as_str(), entry.actor_name.as_str()), ("mfa_level.changed", "Ana Souza"));
            assert_eq!(entry.organization.as_deref(), Some(&*stage.aurora));
        }
        stage.server.deliver().await;
        let mails = stage.server.mailbox.to(JOANA);
        let mail = mails.iter().find(|mail| mail.subject.contains("Authentication")).expect("a mail");
        assert!(mail.body.contains("Ana Souza") && mail.body.contains("Mandatory"), "{}", mail.body);
        let seen = joana.get(&format!("/organizations/{}/access-log", stage.aurora)).await;
        assert!(seen.expect(200).text.contains("set the second factor of"));

        let lower =
            json!({ "version": 1, "levels": { "clients": "upon_request", "practitioners": "mandatory" } });
        let refused = stage.ana.send("PUT", &path(&stage.aurora), lower.clone()).await.expect(409);
        assert_eq!(refused.code(), "confirmation_required");
        assert_eq!(get(&stage.ana, &stage.aurora).await["version"], 1, "nothing of it was saved");
        let mut confirmed = lower;
        confirmed["confirmed"] = json!(true);
        stage.ana.send("PUT", &path(&stage.aurora), confirmed).await.expect(200);
        // What is as it was makes no version and no entry.
        let mut log = rows::Reader::new(&stage).await;
        set(&stage.ana, &stage.aurora, json!({ "clients": "upon_request" })).await.expect(200);
        assert!(log.news().await.is_empty());
        assert_eq!(get(&stage.ana, &stage.aurora).await["version"], 2);
    }
}

/// E5, S47: of agents who save at once one is first; the others learn of it, and nothing of what the first did is lost.
#[tokio::test]
async fn of_two_who_save_at_once_the_second_sees_what_the_first_did() {
    for stage in Stage::both().await {
        let carla = carla(&stage).await;
        let both = [&stage.ana, &carla];
        let saves = (0..50).map(|n| {
            let group = ["practitioners", "clients", "employees"][n % 3];
            let body = json!({ "version": 0, "levels": { group: "mandatory" } });
            let (by, path) = (both[n % 2].clone(), path(&stage.aurora));
            async move { by.send("PUT", &path, body).await }
        });
        let answers = join_all(saves).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        assert!(
            answers
                .iter()
                .filter(|answer| answer.status != 200)
                .all(|answer| { answer.status == 409 && answer.code() == "levels_changed" })
        );
        let levels = get(&carla, &stage.aurora).await;
        assert_eq!(levels["version"], 1);
        let strict = levels["levels"].as_array().expect("a list");
        assert_eq!(strict.iter().filter(|one| one["level"] == "mandatory").count(), 1);

        // On the page: what was chosen is kept beside what the other saved, and the second save of it goes through.
        let page = format!("/admin/organizations/{}/authentication", stage.boreal);
        stage.ana.form(&page, &[("version", "0"), ("employees", "mandatory")]).await.expect(303);
        let fields = [("version", "0"), ("clients", "suggested"), ("employees", "upon_request")];
        let again = carla.form(&page, &fields).await.expect(409).text;
        assert!(again.contains("Somebody else was first. Ana Souza saved this at"), "{again}");
        assert!(again.contains("Not saved yet."));
        assert!(again.contains("name=\"version\" value=\"1\""));
        carla.form(&page, &[("version", "1"), ("clients", "suggested")]).await.expect(303);
        let levels = get(&carla, &stage.boreal).await;
        assert_eq!(level_of(&levels, "clients")["level"], "suggested");
        assert_eq!(level_of(&levels, "employees")["level"], "mandatory", "what the first did is there");
    }
}

/// E15: an address of the vendor's is never a customer's login: not by an invitation, not as a first administrator, not by a
/// change of the address; in capitals, below the domain, or in another spelling. Vendor staff come by their own way.
#[tokio::test]
async fn an_address_of_the_vendor_is_no_customers() {
    for stage in Stage::both().await {
        let invitations = format!("/api/v1/organizations/{}/invitations", stage.aurora);
        let addresses = ["rui@vendor.example", "Rui@VENDOR.Example", "rui@mail.vendor.example"];
        for address in addresses {
            for (role, user_type) in
                [("member", "employee"), ("administrator", ""), ("member", "practitioner")]
            {
                let body = json!({ "email": address, "name": "Rui", "role": role, "user_type": user_type });
                let refused = stage.joana.post(&invitations, body).await.expect(422).json();
                assert_eq!(refused["errors"][0]["code"], "vendor_staff_address", "{address}");
            }
            let body = json!({ "name": "New", "administrator_email": address });
            let refused = stage.vera.post("/api/v1/organizations", body).await.expect(422).json();
            assert_eq!(refused["errors"][0]["code"], "vendor_staff_address", "{address}");
            let body = json!({ "email": address });
            let refused = stage.marcos.post("/api/v1/account/email", body).await.expect(422).json();
            assert_eq!(refused["errors"][0]["code"], "vendor_address", "{address}");
        }
        // What could be read as the vendor's domain by somebody else is no address at all.
        for address in ["rui@ｖendor.example", "rui@vendor.example.", "rui@vendor.example@aurora.example"] {
            let body = json!({ "email": address, "name": "Rui", "role": "member" });
            let refused = stage.joana.post(&invitations, body).await;
            assert!([400, 422].contains(&refused.status), "{address}: {}", refused.text);
        }
        // Of somebody else, however it looks.
        let body = json!({ "email": "rui@notvendor.example", "name": "Rui", "role": "member" });
        stage.joana.post(&invitations, body).await.expect(201);
        let ends_at = web::rest::rfc3339(stage.server.now() + Duration::days(9));
        let body = json!({ "email": "eva@vendor.example", "name": "Eva", "role": "member", "kind": "vendor_staff",
            "ends_at": ends_at });
        stage.joana.post(&invitations, body).await.expect(201);
    }
}
