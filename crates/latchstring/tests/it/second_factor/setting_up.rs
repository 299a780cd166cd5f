//! On, off, shown again, replaced; recovery codes; what each change does to everything else.

use kernel::Duration;
use serde_json::json;

use super::{
    DEVICE, HALF, JOANA, MARCOS, SESSION, asks_for_code, half, mails, remembered, show_code, start, turn_on,
};
use crate::support::{
    cast::{Stage, sign_in},
    rows,
    server::{PASSWORD, nothing},
};

const FACTOR: &str = "/api/v1/account/second-factor";

async fn is_on(by: &crate::support::server::Browser) -> bool {
    by.get(FACTOR).await.expect(200).json()["is_on"].as_bool().expect("a word")
}

/// C1, C2, C3, C4: nothing is active before a code was confirmed; from then on every sign-in asks, of this person only.
#[tokio::test]
async fn it_is_on_once_a_code_was_confirmed() {
    for stage in Stage::both().await {
        let enable = format!("{FACTOR}/enable");
        let key = stage.joana.post(&enable, nothing()).await.expect(201).json();
        let uri = key["uri"].as_str().expect("a URI");
        assert!(uri.starts_with("otpauth://totp/Ledger:joana%40aurora.example?secret="), "{uri}");
        assert!(uri.contains("&algorithm=SHA1&digits=6&period=30"), "{uri}");
        assert!(!is_on(&stage.joana).await);
        let wrong = stage.joana.post(&format!("{FACTOR}/confirm"), json!({ "code": "000000" })).await;
        assert_eq!(wrong.expect(422).json()["errors"][0]["code"], "wrong_code");
        assert!(!is_on(&stage.joana).await, "a wrong code leaves it off");
        start(&stage, JOANA, "").await.expect(200);

        let (joana, codes) = turn_on(&stage, &stage.joana, JOANA).await;
        assert!(is_on(&joana).await);
        assert_eq!(codes.len(), 10);
        stage.joana.get(FACTOR).await.expect(401);
        let asked = start(&stage, JOANA, "").await.expect(202);
        assert_eq!(asked.json()["next"], "code");
        assert_eq!(asked.json()["methods"], json!(["totp", "recovery_code"]));
        let half = stage.server.anonymous().with_cookie(asked.cookie(HALF));
        show_code(&half, &stage.server.code_of(JOANA)).await.expect(200);
        // C4: Marcos belongs to the same organization.
        assert!(!is_on(&stage.marcos).await);
        start(&stage, MARCOS, "").await.expect(200);
        assert_eq!(mails(&stage, JOANA, "Two-factor authentication is on").await, 1);
    }
}

/// Case 6: a key that was begun and never confirmed asks nobody for a code, ends after ten minutes, and a second start makes
/// the first one worthless.
#[tokio::test]
async fn a_key_that_waits_is_no_factor() {
    for stage in Stage::both().await {
        let enable = format!("{FACTOR}/enable");
        let first = stage.joana.post(&enable, nothing()).await.expect(201).json();
        stage.server.apps.add("first", first["key"].as_str().expect("a key"));
        start(&stage, JOANA, "").await.expect(200);
        let second = stage.joana.post(&enable, nothing()).await.expect(201).json();
        stage.server.apps.add("second", second["key"].as_str().expect("a key"));
        let confirm = format!("{FACTOR}/confirm");
        let code = stage.server.code_of("first");
        stage.joana.post(&confirm, json!({ "code": code })).await.expect(422);
        stage.server.advance(Duration::minutes(10)).await;
        let code = stage.server.code_of("second");
        let late = stage.joana.post(&confirm, json!({ "code": code })).await.expect(409);
        assert_eq!(late.code(), "set_up_over");
        assert!(!is_on(&stage.joana).await);
    }
}

/// Case 7: two sessions set up at once, and confirm at once: one key is active, and one of the two is told no.
#[tokio::test]
async fn of_two_set_ups_at_once_one_is_active() {
    for stage in Stage::both().await {
        let other = sign_in(&stage.server, JOANA).await;
        let (confirm, enable) = (format!("{FACTOR}/confirm"), format!("{FACTOR}/enable"));
        let (x, y) = tokio::join!(stage.joana.post(&enable, nothing()), other.post(&enable, nothing()));
        stage.server.apps.add("x", x.expect(201).json()["key"].as_str().expect("a key"));
        stage.server.apps.add("y", y.expect(201).json()["key"].as_str().expect("a key"));
        let (code_x, code_y) = (stage.server.code_of("x"), stage.server.code_of("y"));
        let (x, y) = tokio::join!(
            stage.joana.post(&confirm, json!({ "code": code_x })),
            other.post(&confirm, json!({ "code": code_y }))
        );
        let winner = match (x.status, y.status) {
            (200, status) if status != 200 => "x",
            (status, 200) if status != 200 => "y",
            both => panic!("{both:?}"),
        };
        let loser = if winner == "x" { "y" } else { "x" };
        let half = half(&stage, JOANA).await;
        let code = stage.server.code_of(loser);
        show_code(&half, &code).await.expect(422);
        let code = stage.server.code_of(winner);
        show_code(&half, &code).await.expect(200);
        let log = rows::audit(&stage.server).await;
        let joana = log.iter().filter(|entry| entry.actor_name == "Joana Prado");
        assert_eq!(joana.filter(|entry| entry.kind == "second_factor.enabled").count(), 1);
    }
}

/// C7, C9: off needs a code; a new key comes by a code of the old one, and then the old one's codes are refused.
#[tokio::test]
async fn off_and_another_key_need_a_code() {
    for stage in Stage::both().await {
        let (joana, _) = turn_on(&stage, &stage.joana, JOANA).await;
        let (disable, enable, confirm) =
            (format!("{FACTOR}/disable"), format!("{FACTOR}/enable"), format!("{FACTOR}/confirm"));
        joana.post(&disable, json!({ "code": "000000" })).await.expect(422);
        joana.post(&enable, json!({ "code": "000000" })).await.expect(422);
        joana.post(&enable, nothing()).await.expect(422);
        stage.server.advance(Duration::minutes(2)).await;
        let code = stage.server.code_of(JOANA);
        let key = joana.post(&enable, json!({ "code": code })).await.expect(201).json();
        stage.server.apps.add("new", key["key"].as_str().expect("a key"));
        stage.server.advance(Duration::minutes(2)).await;
        let half_before = half(&stage, JOANA).await;
        let code = stage.server.code_of(JOANA);
        show_code(&half_before, &code).await.expect(200);
        let code = stage.server.code_of("new");
        let done = joana.post(&confirm, json!({ "code": code })).await.expect(200);
        assert_eq!(done.json()["recovery_codes"], json!([]), "the codes from before stay good");
        let joana = joana.with_cookie(done.cookie(SESSION));
        stage.server.advance(Duration::minutes(2)).await;
        let half = half(&stage, JOANA).await;
        show_code(&half, &stage.server.code_of(JOANA)).await.expect(422);
        show_code(&half, &stage.server.code_of("new")).await.expect(200);
        stage.server.advance(Duration::minutes(2)).await;
        joana.post(&disable, json!({ "code": stage.server.code_of("new") })).await.expect(204);
        start(&stage, JOANA, "").await.expect(200);
        assert_eq!(mails(&stage, JOANA, "Two-factor authentication is off").await, 1);
    }
}

/// C8, S20: the QR code is shown again after password and code, each time; the key is the same; it is logged and mailed.
#[tokio::test]
async fn the_key_is_shown_again_after_password_and_code() {
    for stage in Stage::both().await {
        let key = stage.joana.post(&format!("{FACTOR}/enable"), nothing()).await.expect(201).json();
        stage.server.apps.add(JOANA, key["key"].as_str().expect("a key"));
        let body = json!({ "code": stage.server.code_of(JOANA) });
        let done = stage.joana.post(&format!("{FACTOR}/confirm"), body).await.expect(200);
        let joana = stage.joana.with_cookie(done.cookie(SESSION));
        let show = format!("{FACTOR}/show");
        let code = stage.server.code_of(JOANA);
        joana.post(&show, json!({ "password": "not the password", "code": code })).await.expect(422);
        joana.post(&show, json!({ "password": PASSWORD, "code": "000000" })).await.expect(422);
        let shown = joana.post(&show, json!({ "password": PASSWORD, "code": code })).await.expect(200).json();
        assert_eq!(shown["key"], key["key"]);
        // The same code does not do it a second time.
        joana.post(&show, json!({ "password": PASSWORD, "code": code })).await.expect(422);
        assert_eq!(mails(&stage, JOANA, "Your QR code was shown again").await, 1);
        let log = rows::audit(&stage.server).await;
        assert_eq!(
            log.iter().filter(|entry| entry.kind == "second_factor.shown" && entry.outcome == "done").count(),
            1
        );
    }
}

/// C13, S22: recovery codes work once each, also in parallel, are replaced when used, mailed, and can be made anew.
#[tokio::test]
async fn recovery_codes_work_once() {
    for stage in Stage::both().await {
        let (joana, codes) = turn_on(&stage, &stage.joana, JOANA).await;
        let first = half(&stage, JOANA).await;
        let second = half(&stage, JOANA).await;
        let body = json!({ "code": codes[0].to_lowercase().replace('-', "") });
        let path = "/api/v1/sign-in/recovery-code";
        let (one, two) = tokio::join!(first.post(path, body.clone()), second.post(path, body.clone()));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses[0], 200, "{statuses:?}");
        assert_ne!(statuses[1], 200, "exactly one");
        let won = if one.status == 200 { one } else { two };
        let replacement = won.json()["replacement_code"].as_str().expect("a code").to_owned();
        assert!(!codes.contains(&replacement));
        assert_eq!(mails(&stage, JOANA, "A recovery code was used").await, 1);
        let third = half(&stage, JOANA).await;
        third.post(path, body).await.expect(422);
        third.post(path, json!({ "code": replacement })).await.expect(200);
        // Made anew: the earlier ones are gone.
        let made = joana.post(&format!("{FACTOR}/recovery-codes"), nothing()).await.expect(201).json();
        let fourth = half(&stage, JOANA).await;
        fourth.post(path, json!({ "code": codes[1] })).await.expect(422);
        fourth.post(path, json!({ "code": made["recovery_codes"][0] })).await.expect(200);
        // A code alone, without the password, is nothing.
        let nobody = stage.server.anonymous();
        nobody.post(path, json!({ "code": made["recovery_codes"][1] })).await.expect(409);
    }
}

/// S20: making codes anew and turning on need a proof that is not older than five minutes; a remembered browser is none.
#[tokio::test]
async fn what_is_dangerous_needs_a_recent_proof() {
    for stage in Stage::both().await {
        stage.server.advance(Duration::minutes(6)).await;
        let enable = format!("{FACTOR}/enable");
        assert_eq!(stage.joana.post(&enable, nothing()).await.expect(403).code(), "reauth_required");
        let confirm = "/api/v1/account/confirm";
        stage.joana.post(confirm, json!({ "password": "not the password" })).await.expect(422);
        let answer = stage.joana.post(confirm, json!({ "password": PASSWORD })).await.expect(204);
        let joana = stage.joana.with_cookie(answer.cookie(SESSION));
        // S28: the cookie from before is dead.
        stage.joana.get("/api/v1/sessions/current").await.expect(401);
        let (_, codes) = turn_on(&stage, &joana, JOANA).await;
        assert_eq!(codes.len(), 10);
        let (_, device) = remembered(&stage, JOANA).await;
        let again = start(&stage, JOANA, &device).await.expect(200);
        let by_device = stage.server.anonymous().with_cookie(again.cookie(SESSION));
        let codes = format!("{FACTOR}/recovery-codes");
        assert_eq!(by_device.post(&codes, nothing()).await.expect(403).code(), "reauth_required");
        stage.server.advance(Duration::minutes(2)).await;
        by_device.post(confirm, json!({ "password": PASSWORD })).await.expect(422);
        let body = json!({ "password": PASSWORD, "code": stage.server.code_of(JOANA) });
        let answer = by_device.post(confirm, body).await.expect(204);
        by_device.with_cookie(answer.cookie(SESSION)).post(&codes, nothing()).await.expect(201);
    }
}

/// C17, C6, case 18: a changed factor or password ends the other sessions, forgets remembered browsers, and is mailed.
#[tokio::test]
async fn a_change_shuts_everything_else() {
    for stage in Stage::both().await {
        let elsewhere = sign_in(&stage.server, JOANA).await;
        let (joana, codes) = turn_on(&stage, &stage.joana, JOANA).await;
        elsewhere.get("/api/v1/sessions/current").await.expect(401);
        // A new password.
        let (_, device) = remembered(&stage, JOANA).await;
        let elsewhere = start(&stage, JOANA, &device).await.expect(200);
        let device = elsewhere.cookie(DEVICE);
        let elsewhere = joana.with_cookie(elsewhere.cookie(SESSION));
        let half_before = half(&stage, JOANA).await;
        let new = "another latch, lifted by nobody else";
        let body = json!({ "current_password": PASSWORD, "new_password": new });
        joana.post("/api/v1/account/password", body).await.expect(204);
        elsewhere.get("/api/v1/sessions/current").await.expect(401);
        stage.server.advance(Duration::minutes(2)).await;
        assert_ne!(
            show_code(&half_before, &stage.server.code_of(JOANA)).await.status,
            200,
            "half a sign-in too"
        );
        let back = json!({ "current_password": new, "new_password": PASSWORD });
        joana.post("/api/v1/account/password", back).await.expect(204);
        assert!(asks_for_code(&stage, JOANA, &device).await, "after another password");
        // A recovery code.
        stage.server.advance(Duration::minutes(2)).await;
        let (_, device) = remembered(&stage, JOANA).await;
        let half = half(&stage, JOANA).await;
        half.post("/api/v1/sign-in/recovery-code", json!({ "code": codes[0] })).await.expect(200);
        assert!(asks_for_code(&stage, JOANA, &device).await, "after a recovery code");
        // Off and on.
        stage.server.advance(Duration::minutes(2)).await;
        let (joana, device) = remembered(&stage, JOANA).await;
        joana
            .post(&format!("{FACTOR}/disable"), json!({ "code": stage.server.code_of(JOANA) }))
            .await
            .expect(204);
        let (_, _) = turn_on(&stage, &joana, JOANA).await;
        assert!(asks_for_code(&stage, JOANA, &device).await, "after off and on");
    }
}

/// E14, A20, C7: whoever is an agent or an administrator of the vendor cannot be without, nor turn it off, and without it the
/// role is not there.
#[tokio::test]
async fn the_vendors_people_cannot_do_without() {
    for stage in Stage::both().await {
        let answer = stage.ana.post(&format!("{FACTOR}/disable"), json!({ "code": "000000" })).await;
        assert_eq!(answer.expect(403).code(), "second_factor_mandatory");
        let asked = start(&stage, "ana@vendor.example", "").await.expect(202);
        assert_eq!(asked.json()["next"], "code");
        // A browser is not remembered for them.
        stage.server.advance(Duration::minutes(2)).await;
        let half = stage.server.anonymous().with_cookie(asked.cookie(HALF));
        let body = json!({ "code": stage.server.code_of("ana@vendor.example"), "remember": true });
        let signed_in = half.post("/api/v1/sign-in/code", body).await.expect(200);
        assert!(!format!("{:?}", signed_in.headers).contains(DEVICE));
        // With a recovery code the role waits until a device of theirs took part.
        let ana = half.with_cookie(signed_in.cookie(SESSION));
        ana.get("/api/v1/desk/waiting").await.expect(200);
        let made = ana.post(&format!("{FACTOR}/recovery-codes"), nothing()).await.expect(201).json();
        let half = super::half(&stage, "ana@vendor.example").await;
        let code = made["recovery_codes"][0].clone();
        let recovered = half.post("/api/v1/sign-in/recovery-code", json!({ "code": code })).await.expect(200);
        let recovered = half.with_cookie(recovered.cookie(SESSION));
        let refused = recovered.get("/api/v1/desk/waiting").await.expect(403);
        assert_eq!(refused.code(), "second_factor_required");
        let key = recovered.post(&format!("{FACTOR}/enable"), nothing()).await.expect(201).json();
        stage.server.apps.add("ana again", key["key"].as_str().expect("a key"));
        let body = json!({ "code": stage.server.code_of("ana again") });
        let done = recovered.post(&format!("{FACTOR}/confirm"), body).await.expect(200);
        recovered.with_cookie(done.cookie(SESSION)).get("/api/v1/desk/waiting").await.expect(200);
    }
}

/// E14: knowing an agent's password is not enough to set up a factor in the agent's place: the mailbox comes first.
#[tokio::test]
async fn setting_up_on_the_way_in_needs_the_mailbox() {
    for stage in Stage::both().await {
        let body = json!({ "email": "carla@vendor.example", "name": "Carla", "agent_level": 1 });
        stage.vera.post("/api/v1/agents", body).await.expect(201);
        crate::support::cast::accept(&stage.server, "carla@vendor.example", "Carla").await;
        // The link of the invitation showed the mailbox, for an hour.
        stage.server.advance(Duration::minutes(61)).await;
        let half = half(&stage, "carla@vendor.example").await;
        let set_up = "/api/v1/sign-in/set-up";
        assert_eq!(half.post(set_up, nothing()).await.expect(403).code(), "mailbox_not_proved");
        half.post("/api/v1/sign-in/mailed-code/send", nothing()).await.expect(204);
        let mail = "/api/v1/sign-in/mailed-code";
        for _ in 0..5 {
            half.post(mail, json!({ "code": "00000000" })).await.expect(422);
        }
        stage.server.deliver().await;
        let code_in = |stage: &Stage| {
            let mails = stage.server.mailbox.to("carla@vendor.example");
            let body = &mails.last().expect("a mail").body;
            let code = body
                .split_whitespace()
                .find(|word| word.len() == 8 && word.bytes().all(|b| b.is_ascii_digit()));
            code.expect("a code").to_owned()
        };
        let spent = code_in(&stage);
        half.post(mail, json!({ "code": spent })).await.expect(422);
        half.post("/api/v1/sign-in/mailed-code/send", nothing()).await.expect(204);
        stage.server.deliver().await;
        let code = code_in(&stage);
        // Case 14: the code is in the mail and nowhere else.
        half.post(mail, json!({ "code": code })).await.expect(204);
        let key = half.post(set_up, nothing()).await.expect(201).json();
        stage.server.apps.add("carla", key["key"].as_str().expect("a key"));
        let body = json!({ "code": stage.server.code_of("carla") });
        half.post("/api/v1/sign-in/set-up/confirm", body).await.expect(200);
    }
}

/// C5, C6, S33, case 16: thirty days from the code, however often it is used; another value after each use; listed and
/// forgotten one by one or all together.
#[tokio::test]
async fn a_browser_is_remembered_for_thirty_days() {
    for stage in Stage::both().await {
        let _ = turn_on(&stage, &stage.joana, JOANA).await;
        let (_, mut device) = remembered(&stage, JOANA).await;
        assert!(asks_for_code(&stage, JOANA, "").await, "other browsers are asked");
        for days in [10, 10, 9] {
            stage.server.advance(Duration::days(days)).await;
            let answer = start(&stage, JOANA, &device).await.expect(200);
            let next = answer.cookie(DEVICE);
            assert_ne!(next, device, "another value after each use");
            device = next;
        }
        stage.server.advance(Duration::hours(23)).await;
        device = start(&stage, JOANA, &device).await.expect(200).cookie(DEVICE);
        stage.server.advance(Duration::hours(1) + Duration::seconds(1)).await;
        assert!(asks_for_code(&stage, JOANA, &device).await, "30 days and a second");

        let (joana, one) = remembered(&stage, JOANA).await;
        stage.server.advance(Duration::minutes(2)).await;
        let (_, two) = remembered(&stage, JOANA).await;
        let path = "/api/v1/account/remembered-devices";
        let listed = joana.get(path).await.expect(200).json();
        assert_eq!(listed["data"].as_array().expect("a list").len(), 2);
        let id = two.split_once('=').expect("a pair").1.split_once('.').expect("an id").0.to_owned();
        let bea = sign_in(&stage.server, "bea@boreal.example").await;
        bea.post(&format!("{path}/{id}/forget"), nothing()).await.expect(404);
        joana.post(&format!("{path}/{id}/forget"), nothing()).await.expect(204);
        assert!(asks_for_code(&stage, JOANA, &two).await);
        assert!(!asks_for_code(&stage, JOANA, &one).await);
        let (_, three) = remembered(&stage, JOANA).await;
        joana.post(&format!("{path}/forget-all"), nothing()).await.expect(204);
        assert!(asks_for_code(&stage, JOANA, &three).await);
    }
}

/// Case 17: somebody else's device, one with a changed byte, and an old value ask for a code; a copy is forgotten and noted.
#[tokio::test]
async fn a_copied_device_is_forgotten() {
    for stage in Stage::both().await {
        let _ = turn_on(&stage, &stage.joana, JOANA).await;
        let _ = turn_on(&stage, &stage.bea, "bea@boreal.example").await;
        let (_, device) = remembered(&stage, JOANA).await;
        assert!(asks_for_code(&stage, "bea@boreal.example", &device).await, "somebody else's");
        assert!(asks_for_code(&stage, JOANA, &device).await, "and is forgotten by it");

        stage.server.advance(Duration::minutes(2)).await;
        let (_, old) = remembered(&stage, JOANA).await;
        let new = start(&stage, JOANA, &old).await.expect(200).cookie(DEVICE);
        assert!(asks_for_code(&stage, JOANA, &old).await, "a value that was used");
        assert!(asks_for_code(&stage, JOANA, &new).await, "two browsers have it: neither is believed");
        let log = rows::audit(&stage.server).await;
        let forgotten = log.iter().filter(|entry| entry.kind == "remembered_device.forgotten");
        assert_eq!(forgotten.filter(|entry| entry.details["how"] == "mismatch").count(), 2);

        stage.server.advance(Duration::minutes(2)).await;
        let (_, device) = remembered(&stage, JOANA).await;
        for place in [30, device.len() - 1] {
            let mut changed = device.clone().into_bytes();
            changed[place] = if changed[place] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert!(asks_for_code(&stage, JOANA, &changed).await, "{place}");
        }
    }
}
