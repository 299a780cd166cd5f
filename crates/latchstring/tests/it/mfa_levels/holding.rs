//! What a level asks holds at once, for whoever does not meet it, and for nobody else.

use kernel::Duration;
use serde_json::json;

use super::{
    JOANA, MARCOS, begin_set_up, finish_set_up, is_shut, mailed_code, opens_page, path, set, stages,
};
use crate::{
    second_factor::{show_code, start, turn_on},
    support::{cast::through, server::nothing},
};

/// E2, E5: as soon as *mandatory* is saved, whoever has no second factor is shut out of pages, API and product, in sessions
/// that are open; who has one notices nothing. E9: after the set-up the product opens at the page that was wanted.
#[tokio::test]
async fn mandatory_holds_in_open_sessions() {
    for mut stage in stages().await {
        (stage.joana, _) = turn_on(&stage, &stage.joana, JOANA).await;
        let (inside, other) =
            (stage.member_inside(&stage.marcos).await, stage.member_inside(&stage.joana).await);
        stage.ask(&inside, "GET", "/").await.expect(200);
        stage.ask(&other, "GET", "/").await.expect(200);
        let bea = stage.member_inside(&stage.bea).await;

        set(&stage.ana, &stage.aurora, json!({ "practitioners": "mandatory" })).await.expect(200);

        let refused = stage.ask(&inside, "GET", "/api/data").await.expect(403);
        assert_eq!(refused.header("x-latchstring-reason"), "mfa_required");
        assert_eq!(refused.code(), "mfa_required");
        let led = opens_page(&stage, &inside).await.expect(302);
        assert_eq!(led.header("x-latchstring-reason"), "mfa_required");
        let begin = led.header("location").to_owned();
        assert_eq!(begin, format!("{}/_latchstring/begin?rd=%2Fledger%3Fyear%3D2026", stage.origin));
        is_shut(stage.marcos.get("/api/v1/organizations").await);
        is_shut(stage.marcos.post("/api/v1/account/second-factor/enable", nothing()).await);
        let led = stage.marcos.get("/organizations?x=1").await.expect(303);
        assert_eq!(led.header("location"), "/sign-in/secure-your-account?return_to=%2Forganizations%3Fx%3D1");
        let own = stage.marcos.get("/api/v1/account/mfa-level").await.expect(200).json();
        assert_eq!((&own["state"], &own["level"]), (&json!("forced"), &json!("mandatory")));
        assert_eq!(own["sources"][0]["organization"], "Aurora Holding");

        // Nobody who meets it notices anything, and neither do others.
        stage.ask(&other, "GET", "/").await.expect(200);
        stage.joana.get("/api/v1/organizations").await.expect(200);
        stage.ask(&bea, "GET", "/").await.expect(200);
        stage.bea.get("/api/v1/organizations").await.expect(200);

        // The way into the product leads over the set-up, with all that it needs to go on.
        let begun = stage.at_product(&begin, "").await.expect(303);
        let on = begun.header("location").to_owned();
        let led = stage.marcos.get(&on).await.expect(303).header("location").to_owned();
        assert!(led.starts_with("/sign-in/secure-your-account?rd="), "{led}");
        assert_eq!(led.split_once('?').map(|(_, query)| query), on.split_once('?').map(|(_, query)| query));

        let half = begin_set_up(&stage.marcos).await;
        let marcos = finish_set_up(&stage, &half, MARCOS).await;
        stage.marcos.get("/api/v1/organizations").await.expect(401);
        marcos.get("/api/v1/organizations").await.expect(200);
        stage.ask(&inside, "GET", "/").await.expect(401);
        let here = through(&marcos, &begin).await.expect(303);
        assert_eq!(here.header("location"), format!("{}/ledger?year=2026", stage.origin));
        let inside = here.cookie("__Host-latchstring_app");
        stage.ask(&inside, "GET", "/").await.expect(200);
        stage.server.deliver().await;
        assert!(
            stage
                .server
                .mailbox
                .to(MARCOS)
                .iter()
                .any(|mail| mail.subject == "Two-factor authentication is on"),
            "the set-up is mailed"
        );
    }
}

/// E5: nginx, which knows 401 only, is led the same way.
#[tokio::test]
async fn the_way_of_nginx_leads_to_the_set_up_too() {
    for stage in stages().await {
        let inside = stage.member_inside(&stage.marcos).await;
        set(&stage.ana, &stage.aurora, json!({ "practitioners": "mandatory" })).await.expect(200);
        let ask = |navigates: bool| {
            let request = stage
                .server
                .anonymous()
                .request("GET", "/authz/auth-request")
                .header("x-original-method", "GET")
                .header("x-original-url", format!("{}/ledger", stage.origin))
                .header("x-forwarded-for", "203.0.113.9")
                .header("cookie", &inside);
            let mode = if navigates { "navigate" } else { "cors" };
            crate::support::server::Answer::of(request.header("sec-fetch-mode", mode))
        };
        let led = ask(true).await.expect(401);
        assert!(led.header("location").ends_with("/_latchstring/begin?rd=%2Fledger"));
        assert_eq!(ask(false).await.expect(403).header("x-latchstring-reason"), "mfa_required");
    }
}

/// E2, E5: a sign-in under *mandatory* is no session before the set-up. E7: when the level is lowered, the factor stays and is
/// asked for; the person may take it away now.
#[tokio::test]
async fn what_was_set_up_stays_when_the_level_is_lowered() {
    for stage in stages().await {
        set(&stage.ana, &stage.aurora, json!({ "practitioners": "mandatory" })).await.expect(200);
        let answer = start(&stage, MARCOS, "").await.expect(202);
        assert_eq!(answer.json()["next"], "set_up");
        let half = stage.server.anonymous().with_cookie(answer.cookie(super::HALF));
        let marcos = finish_set_up(&stage, &half, MARCOS).await;
        let off = "/api/v1/account/second-factor/disable";
        stage.server.advance(Duration::seconds(60)).await;
        let body = json!({ "code": stage.server.code_of(MARCOS) });
        assert_eq!(marcos.post(off, body).await.expect(403).code(), "second_factor_mandatory");

        for level in ["suggested", "upon_request"] {
            set(&stage.ana, &stage.aurora, json!({ "practitioners": level })).await.expect(200);
            marcos.get("/api/v1/organizations").await.expect(200);
            let answer = start(&stage, MARCOS, "").await.expect(202);
            assert_eq!(answer.json()["next"], "code", "still asked for");
            stage.server.advance(Duration::seconds(60)).await;
            let half = stage.server.anonymous().with_cookie(answer.cookie(super::HALF));
            show_code(&half, &stage.server.code_of(MARCOS)).await.expect(200);
        }
        stage.server.advance(Duration::seconds(60)).await;
        let body = json!({ "code": stage.server.code_of(MARCOS) });
        marcos.post(off, body).await.expect(204);
    }
}

/// E12: the strictest of a person's organizations counts, in all of them: another one's weaker level opens nothing. It holds
/// as soon as somebody joins, and in the product of the organization that asks for less.
#[tokio::test]
async fn the_strictest_of_several_organizations_counts() {
    for stage in stages().await {
        let inside = stage.member_inside(&stage.marcos).await;
        set(&stage.ana, &stage.boreal, json!({ "employees": "mandatory", "practitioners": "suggested" }))
            .await
            .expect(200);
        stage.ask(&inside, "GET", "/").await.expect(200);
        let body = json!({ "email": MARCOS, "name": "Marcos", "role": "member", "user_type": "employee" });
        let invitations = format!("/api/v1/organizations/{}/invitations", stage.boreal);
        stage.bea.post(&invitations, body).await.expect(201);
        let link = stage.server.mailed_link(MARCOS, "/invitations/").await;
        let token = link.rsplit('/').next().expect("a token");
        stage.marcos.post("/api/v1/invitations/accept", json!({ "token": token })).await.expect(200);

        let refused = stage.ask(&inside, "GET", "/").await.expect(403);
        assert_eq!(refused.header("x-latchstring-reason"), "mfa_required");
        is_shut(stage.marcos.get("/api/v1/organizations").await);
        // The weaker level of the first is no way round, also when it is saved after the stricter one.
        set(&stage.ana, &stage.aurora, json!({ "practitioners": "suggested" })).await.expect(200);
        stage.ask(&inside, "GET", "/").await.expect(403);
        is_shut(stage.marcos.get("/api/v1/organizations").await);

        // S43: another user type, and the end of the membership, count at the next request.
        let members = stage.bea.get(&format!("/api/v1/organizations/{}/members", stage.boreal)).await.json();
        let marcos = members["data"].as_array().expect("a list").iter().find(|one| one["email"] == MARCOS);
        let marcos = marcos.and_then(|one| one["id"].as_str()).expect("an id");
        let member = format!("/api/v1/organizations/{}/members/{marcos}", stage.boreal);
        stage.bea.send("PATCH", &member, json!({ "user_type": "practitioner" })).await.expect(200);
        stage.ask(&inside, "GET", "/").await.expect(200);
        stage.bea.send("PATCH", &member, json!({ "user_type": "employee" })).await.expect(200);
        stage.ask(&inside, "GET", "/").await.expect(403);
        stage.bea.send("DELETE", &member, nothing()).await.expect(204);
        stage.ask(&inside, "GET", "/").await.expect(200);
        stage.marcos.get("/api/v1/organizations").await.expect(200);
    }
}

/// E2: where it is suggested nothing is shut, and it is offered after the sign-in, with the way on. E9: with the QR code and
/// the key; after the code the person arrives at the page that they wanted.
#[tokio::test]
async fn where_it_is_suggested_it_is_offered_after_the_sign_in() {
    for stage in stages().await {
        set(&stage.ana, &stage.aurora, json!({ "practitioners": "suggested" })).await.expect(200);
        stage.marcos.get("/api/v1/organizations").await.expect(200);
        let own = stage.marcos.get("/api/v1/account/mfa-level").await.expect(200).json();
        assert_eq!(own["state"], "suggested");

        let wanted = format!("/organizations/{}/tokens/history", stage.aurora);
        let fields = [
            ("email", MARCOS),
            ("password", crate::support::server::PASSWORD),
            ("return_to", wanted.as_str()),
        ];
        let signed_in = stage.server.anonymous().form("/sign-in", &fields).await.expect(303);
        let offer = signed_in.header("location").to_owned();
        assert!(offer.starts_with("/sign-in/secure-your-account?return_to=%2Forganizations"), "{offer}");
        let marcos = stage.server.anonymous().with_cookie(signed_in.cookie(super::SESSION));
        let shown = marcos.get(&offer).await.expect(200).text;
        assert!(shown.contains("Enhance your account security"));
        assert!(shown.contains(&format!("href=\"{wanted}\">Activate later</a>")), "{shown}");
        marcos.get(&wanted).await.expect(200);

        let here = [("return_to", wanted.as_str())];
        let begun = marcos.form("/sign-in/secure-your-account", &here).await.expect(303);
        assert_eq!(begun.header("location"), offer);
        let shown = marcos.get(&offer).await.expect(200).text;
        assert!(shown.contains("<svg") && shown.contains("class=\"key\""), "the QR code and the key");
        let key =
            shown.split("class=\"key\" translate=\"no\">").nth(1).and_then(|rest| rest.split('<').next());
        stage.server.apps.add(MARCOS, key.expect("a key"));
        let confirm = "/sign-in/secure-your-account/confirm";
        let wrong = [("code", "000000"), ("return_to", wanted.as_str())];
        let again = marcos.form(confirm, &wrong).await.expect(422).text;
        assert!(again.contains("Activate later") && again.contains("class=\"key\""));
        let code = stage.server.code_of(MARCOS);
        let done = marcos.form(confirm, &[("code", &code), ("return_to", &wanted)]).await.expect(200);
        assert!(done.text.contains(&format!("href=\"{wanted}\"")), "to the page that was wanted");
        let marcos = marcos.with_cookie(done.cookie(super::SESSION));
        marcos.get(&wanted).await.expect(200);
        // Whoever has one is offered nothing.
        let on = marcos.get(&offer).await.expect(303);
        assert_eq!(on.header("location"), wanted);
    }
}

/// E9, E2: under *mandatory* the pages lead from the click that was stopped over mailbox, QR code and code back to it, and
/// there is no *Activate later*.
#[tokio::test]
async fn the_pages_lead_from_the_stopped_click_back_to_it() {
    for stage in stages().await {
        set(&stage.ana, &stage.aurora, json!({ "practitioners": "mandatory" })).await.expect(200);
        let wanted = format!("/organizations/{}/tokens/history", stage.aurora);
        let at = stage.marcos.get(&wanted).await.expect(303).header("location").to_owned();
        let shown = stage.marcos.get(&at).await.expect(200).text;
        assert!(shown.contains("Until this is done, applications stay closed to you."));
        assert!(!shown.contains("Activate later"));
        let here = "/sign-in/secure-your-account";
        let begun = stage.marcos.form(here, &[("return_to", &wanted)]).await.expect(303);
        assert_eq!(begun.header("location"), here);
        let session = stage.marcos.cookie.clone().expect("a session");
        let marcos = stage.marcos.with_cookie(format!("{session}; {}", begun.cookie(super::HALF)));
        let shown = marcos.get(here).await.expect(200).text;
        assert!(shown.contains("First, your mailbox") && !shown.contains("Activate later"));
        marcos.form(&format!("{here}/mail"), &[]).await.expect(303);
        let code = mailed_code(&stage, MARCOS).await;
        marcos.form(&format!("{here}/mailbox"), &[("code", &code)]).await.expect(303);
        let shown = marcos.get(here).await.expect(200).text;
        assert!(shown.contains("class=\"key\"") && !shown.contains("Activate later"));
        let key =
            shown.split("class=\"key\" translate=\"no\">").nth(1).and_then(|rest| rest.split('<').next());
        stage.server.apps.add(MARCOS, key.expect("a key"));
        let code = stage.server.code_of(MARCOS);
        let done = marcos.form(&format!("{here}/confirm"), &[("code", &code)]).await.expect(200);
        assert!(done.text.contains(&format!("href=\"{wanted}\"")), "back to the click that was stopped");
        stage.marcos.with_cookie(done.cookie(super::SESSION)).get(&wanted).await.expect(200);
        stage.ana.get(&path(&stage.aurora)).await.expect(200);
    }
}
