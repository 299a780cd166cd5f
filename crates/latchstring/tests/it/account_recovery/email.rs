//! Another address.

use kernel::Duration;
use serde_json::json;

use super::{JOANA, NEW, RESET, is_signed_in, mail_count, mailed, sign_in_with, try_to_sign_in, user};
use crate::support::{
    cast::{Stage, sign_in},
    mail::link_in,
    rows,
    server::PASSWORD,
};

const CHANGE: &str = "/api/v1/account/email";
const CONFIRM: &str = "/api/v1/account-recovery/email";
const UNDO: &str = "/api/v1/account-recovery/email/undo";
const OTHER: &str = "joana.prado@home.example";

/// C17, S19, case 23: an address counts when its mailbox was shown; then everything else ends, both addresses are told, and
/// the old one can take it back.
#[tokio::test]
async fn an_address_changes_when_its_mailbox_was_shown() {
    for stage in Stage::both().await {
        let server = &stage.server;
        let here = sign_in(server, JOANA).await;
        let nobody = server.anonymous();
        let sent = here.form("/account/email", &[("email", OTHER)]).await.expect(303);
        assert_eq!(sent.header("location"), "/account/email?sent=1");
        let token = mailed(server, OTHER, "/confirm-email/", 1).await;
        // The address has no power yet.
        try_to_sign_in(server, OTHER, PASSWORD).await.expect(401);
        nobody.post(RESET, json!({ "email": OTHER })).await.expect(202);
        assert_eq!(mail_count(server, OTHER).await, 1, "no reset to an address that was not confirmed");
        let path = format!("/confirm-email/{token}");
        for _ in 0..2 {
            assert!(here.get(&path).await.expect(200).text.contains(OTHER));
        }
        try_to_sign_in(server, OTHER, PASSWORD).await.expect(401);

        let inside = stage.member_inside(&stage.joana).await;
        let done = here.form(&path, &[]).await.expect(303);
        assert_eq!(done.header("location"), "/recovery/email-changed");
        assert!(is_signed_in(&here).await, "where it was confirmed goes on");
        assert!(!is_signed_in(&stage.joana).await);
        stage.ask(&inside, "GET", "/").await.expect(401);
        try_to_sign_in(server, JOANA, PASSWORD).await.expect(401);
        sign_in_with(server, OTHER, PASSWORD).await;
        here.form(&path, &[]).await.expect(410);
        server.deliver().await;
        let to_new = server.mailbox.to(OTHER).pop().expect("a mail");
        let to_old = server.mailbox.to(JOANA).pop().expect("a mail");
        for mail in [&to_new, &to_old] {
            assert_eq!(mail.subject, "Your e-mail address was changed");
        }
        assert!(link_in(&to_new.body, "lsi_").is_none(), "the new address gets no way to undo");
        assert!(to_old.body.contains("/undo-email/") && to_old.body.contains(OTHER));
        let entry = rows::audit(server).await.into_iter().find(|entry| entry.kind == "email.changed");
        assert_eq!(entry.expect("an entry").details["email_before"], JOANA);
    }
}

/// Case 23: only the newest link confirms, within a day, and for nobody else.
#[tokio::test]
async fn only_the_newest_link_confirms_and_for_its_owner() {
    for stage in Stage::both().await {
        let server = &stage.server;
        let here = sign_in(server, JOANA).await;
        here.post(CHANGE, json!({ "email": OTHER })).await.expect(202);
        let first = mailed(server, OTHER, "/confirm-email/", 1).await;
        here.post(CHANGE, json!({ "email": "third@home.example" })).await.expect(202);
        let second = mailed(server, "third@home.example", "/confirm-email/", 1).await;
        assert_eq!(here.post(CONFIRM, json!({ "token": first })).await.expect(409).code(), "link_over");
        let foreign = stage.bea.post(CONFIRM, json!({ "token": second })).await.expect(403);
        assert_eq!(foreign.code(), "somebody_else");
        server.advance(Duration::hours(24)).await;
        let late = server.anonymous().post(CONFIRM, json!({ "token": second })).await.expect(409);
        assert_eq!(late.code(), "link_over");
        try_to_sign_in(server, JOANA, PASSWORD).await.expect(200);
    }
}

/// S20: it needs a proof of the last five minutes.
#[tokio::test]
async fn an_old_session_has_to_be_proved_again() {
    for stage in Stage::both().await {
        let here = sign_in(&stage.server, JOANA).await;
        stage.server.advance(Duration::seconds(301)).await;
        let refused = here.post(CHANGE, json!({ "email": OTHER })).await.expect(403);
        assert_eq!(refused.code(), "reauth_required");
        for led in [here.get("/account/email").await, here.form("/account/email", &[("email", OTHER)]).await]
        {
            let led = led.expect(303);
            assert_eq!(led.header("location"), "/account/confirm?return_to=%2Faccount%2Femail");
        }
        assert_eq!(mail_count(&stage.server, OTHER).await, 0);
    }
}

/// Case 23, E15, S41: nobody takes an address that is another's, the vendor's, or not shown, however it is asked for.
#[tokio::test]
async fn an_address_that_is_not_ones_own_is_not_to_be_had() {
    for stage in Stage::both().await {
        let server = &stage.server;
        let here = sign_in(server, JOANA).await;
        let bodies = [
            (json!({ "email": "eve@vendor.example" }), "vendor_address"),
            (json!({ "email": "eve@mail.vendor.example" }), "vendor_address"),
            (json!({ "email": "Joana@Aurora.Example" }), "same_email"),
            (json!({ "email": "x@y@z" }), "not_an_email_address"),
        ];
        for (body, code) in bodies {
            let refused = here.post(CHANGE, body).await.expect(422).json();
            assert_eq!(refused["errors"][0]["code"], code);
        }
        let ana = sign_in(server, "ana@vendor.example").await;
        let left = ana.post(CHANGE, json!({ "email": "ana@home.example" })).await.expect(422).json();
        assert_eq!(left["errors"][0]["code"], "vendor_address_required");

        // Another's address: the answer tells nothing, and its owner's click gives nothing.
        let taken = here.post(CHANGE, json!({ "email": "bea@boreal.example" })).await.expect(202);
        let free = here.post(CHANGE, json!({ "email": OTHER })).await.expect(202);
        assert_eq!(taken.text, free.text);
        here.post(CHANGE, json!({ "email": "bea@boreal.example" })).await.expect(202);
        let token = mailed(server, "bea@boreal.example", "/confirm-email/", 2).await;
        let refused = server.anonymous().post(CONFIRM, json!({ "token": token })).await.expect(409);
        assert_eq!(refused.code(), "email_taken");
        try_to_sign_in(server, "bea@boreal.example", PASSWORD).await.expect(200);

        // What is sent along, verified or not, is not taken.
        let along = json!({ "email": "along@home.example", "verified": true, "email_verified": true, "token": "x",
            "confirmed_at": 1, "user_id": user(&stage.bea).await.to_string() });
        here.post(CHANGE, along).await.expect(202);
        let profile = [
            ("name", "Joana Prado"),
            ("email", "along@home.example"),
            ("verified", "true"),
            ("language", ""),
            ("time_zone", ""),
        ];
        here.form("/account", &profile).await.expect(303);
        let now = here.get("/api/v1/sessions/current").await.expect(200).json();
        assert_eq!(now["user"]["email"], JOANA);
    }
}

/// Case 23: whoever had the address takes a change back for a week: also the second change, after a new password and from
/// any browser; and whoever changed it can neither stop that nor use the way they had.
#[tokio::test]
async fn the_old_address_takes_every_later_change_back() {
    for stage in Stage::both().await {
        let server = &stage.server;
        let nobody = server.anonymous();
        // Somebody with Joana's password and her browser takes the account away in two steps.
        let thief = sign_in(server, JOANA).await;
        for address in ["thief@evil.example", "thief2@evil.example"] {
            thief.post(CHANGE, json!({ "email": address })).await.expect(202);
            let token = mailed(server, address, "/confirm-email/", 1).await;
            thief.post(CONFIRM, json!({ "token": token })).await.expect(204);
        }
        let thiefs = mailed(server, "thief@evil.example", "/undo-email/", 1).await;
        nobody.post(RESET, json!({ "email": "thief2@evil.example" })).await.expect(202);
        let reset = mailed(server, "thief2@evil.example", "/reset-password/", 1).await;
        let body = json!({ "token": reset, "password": NEW });
        nobody.post("/api/v1/account-recovery/password", body).await.expect(204);
        let thief = sign_in_with(server, "thief2@evil.example", NEW).await;

        let undo = mailed(server, JOANA, "/undo-email/", 1).await;
        let path = format!("/undo-email/{undo}");
        assert!(nobody.get(&path).await.expect(200).text.contains(JOANA));
        server.advance(Duration::days(6)).await;
        let done = nobody.form(&path, &[]).await.expect(303);
        assert_eq!(done.header("location"), "/recovery/email-restored");
        assert!(!is_signed_in(&thief).await);
        // Nobody gets in with either password: the account is locked.
        for (email, password) in
            [("thief2@evil.example", NEW), (JOANA, NEW), (JOANA, PASSWORD), ("thief@evil.example", NEW)]
        {
            try_to_sign_in(server, email, password).await.expect(401);
        }
        assert_eq!(nobody.post(UNDO, json!({ "token": thiefs })).await.expect(409).code(), "link_over");
        nobody.form(&path, &[]).await.expect(410);
        let reset = mailed(server, JOANA, "/reset-password/", 1).await;
        let fresh = "the string is in my hand again";
        let body = json!({ "token": reset, "password": fresh });
        nobody.post("/api/v1/account-recovery/password", body).await.expect(204);
        sign_in_with(server, JOANA, fresh).await;
        server.deliver().await;
        let told = server.mailbox.to("thief2@evil.example").pop().expect("a mail");
        assert!(link_in(&told.body, "lsi_").is_none());
    }
}

/// An address that its owner can still take back is nobody else's meanwhile, and after a week the way back is shut.
#[tokio::test]
async fn an_address_is_kept_while_it_can_be_taken_back() {
    for stage in Stage::both().await {
        let server = &stage.server;
        let here = sign_in(server, JOANA).await;
        here.post(CHANGE, json!({ "email": OTHER })).await.expect(202);
        let token = mailed(server, OTHER, "/confirm-email/", 1).await;
        here.post(CONFIRM, json!({ "token": token })).await.expect(204);
        let undo = mailed(server, JOANA, "/undo-email/", 1).await;

        let bea = sign_in(server, "bea@boreal.example").await;
        bea.post(CHANGE, json!({ "email": JOANA })).await.expect(202);
        let token = mailed(server, JOANA, "/confirm-email/", 1).await;
        assert_eq!(bea.post(CONFIRM, json!({ "token": token })).await.expect(409).code(), "email_taken");

        server.advance(Duration::days(7)).await;
        let late = server.anonymous().post(UNDO, json!({ "token": undo })).await.expect(409);
        assert_eq!(late.code(), "link_over");
        let bea = sign_in(server, "bea@boreal.example").await;
        bea.post(CHANGE, json!({ "email": JOANA })).await.expect(202);
        let token = mailed(server, JOANA, "/confirm-email/", 2).await;
        bea.post(CONFIRM, json!({ "token": token })).await.expect(204);
    }
}
