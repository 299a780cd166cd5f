//! Whoever came in with a recovery code, and whoever has nothing else left.

use futures_util::future::join_all;
use kernel::Duration;
use serde_json::{Value, json};
use store::args;

use super::{HALF, JOANA, SESSION, half, mails, show_code, start, turn_on};
use crate::{
    account_recovery::user,
    support::{
        cast::{ORIGIN, Stage},
        rows,
        server::{Answer, Browser, PASSWORD, nothing},
    },
};

const FACTOR: &str = "/api/v1/account/second-factor";
const CONFIRM: &str = "/api/v1/account/confirm";
const TWO_FACTOR: &str = "/account/two-factor";
const ANA: &str = "ana@vendor.example";
const USED: &str = "A recovery code was used";

/// Signs in with a recovery code: the session, and the code that took its place.
async fn recovered(stage: &Stage, email: &str, code: &str) -> (Browser, String) {
    let half = half(stage, email).await;
    let done = half.post("/api/v1/sign-in/recovery-code", json!({ "code": code })).await.expect(200);
    let replacement = done.json()["replacement_code"].as_str().expect("a code").to_owned();
    (half.with_cookie(done.cookie(SESSION)), replacement)
}

/// What *Replace the key* on the page leads to.
async fn led_to_confirm(by: &Browser) -> String {
    let led = by.form("/account/two-factor/on", &[]).await.expect(303).header("location").to_owned();
    assert_eq!(led, "/account/confirm?return_to=/account/two-factor");
    let page = by.get(&led).await.expect(200).text;
    assert!(page.contains("name=\"password\"") && page.contains("name=\"recovery_code\""), "{page}");
    assert!(!page.contains("name=\"code\""), "the app is not asked for: {page}");
    page
}

/// The recovery code that stands on a page.
fn shown_code(page: &str) -> String {
    let (_, rest) = page.split_once("<p class=\"code mono\">").unwrap_or_else(|| panic!("no code: {page}"));
    rest.split('<').next().expect("a text").to_owned()
}

/// A new key, from the beginning to the first code.
async fn replace_key(stage: &Stage, by: &Browser, email: &str) -> Browser {
    let key = by.post(&format!("{FACTOR}/enable"), nothing()).await.expect(201).json();
    stage.server.apps.add(email, key["key"].as_str().expect("a key"));
    let body = json!({ "code": stage.server.code_of(email) });
    let done = by.post(&format!("{FACTOR}/confirm"), body).await.expect(200);
    assert_eq!(done.json()["recovery_codes"], json!([]), "the codes stay good");
    by.with_cookie(done.cookie(SESSION))
}

/// How many wrong codes in a row the key in use has seen.
async fn wrong_codes(stage: &Stage, by: &Browser) -> i64 {
    let mut tx = stage.server.product.world.store.read().await.expect("a look");
    let owner = user(by).await;
    let row =
        tx.one("SELECT failures FROM totp_keys WHERE live_of = $1", &args![owner]).await.expect("a key");
    row.get("failures").expect("a number")
}

async fn codes_refused(stage: &Stage) -> usize {
    let log = rows::audit(&stage.server).await;
    log.iter().filter(|line| line.kind == "second_factor.code_checked" && line.outcome == "refused").count()
}

/// C9, C13, S20, S22, S28: more than five minutes after a sign-in with a recovery code, *Replace the key* asks for the password
/// and for a recovery code, in the place of the app that is gone. It is used up, another one takes its place and is shown this
/// once, the session goes on under another secret, and the key can be replaced. None of it counts as a wrong code of the app.
#[tokio::test]
async fn the_key_is_replaced_with_recovery_codes_alone() {
    for stage in Stage::both().await {
        let (_, codes) = turn_on(&stage, &stage.joana, JOANA).await;
        let (joana, first) = recovered(&stage, JOANA, &codes[0]).await;
        stage.server.advance(Duration::minutes(6)).await;
        led_to_confirm(&joana).await;
        let form = async |password: &str, code: &str| {
            let fields = [("password", password), ("recovery_code", code), ("return_to", TWO_FACTOR)];
            joana.form("/account/confirm", &fields).await
        };
        for (password, code) in
            [(PASSWORD, codes[0].as_str()), ("not the password at all", codes[1].as_str())]
        {
            let back = form(password, code).await.expect(422).text;
            assert!(back.contains("name=\"recovery_code\"") && back.contains("id=\"errors\""), "{back}");
        }
        let still = joana.post(&format!("{FACTOR}/enable"), nothing()).await.expect(403);
        assert_eq!(still.code(), "reauth_required");

        let done = form(PASSWORD, &codes[1]).await.expect(200);
        let second = shown_code(&done.text);
        assert!(!codes.contains(&second) && second != first, "another one");
        assert!(done.text.contains(&format!("href=\"{TWO_FACTOR}\"")), "and on to where it was asked for");
        joana.get("/api/v1/sessions/current").await.expect(401);
        let joana = joana.with_cookie(done.cookie(SESSION));
        let on = joana.form("/account/two-factor/on", &[]).await.expect(303);
        assert_eq!(on.header("location"), TWO_FACTOR);
        let page = joana.get(TWO_FACTOR).await.expect(200).text;
        assert!(page.contains("class=\"key\"") && !page.contains(&second), "shown once");
        assert_eq!(wrong_codes(&stage, &joana).await, 0);
        assert_eq!(codes_refused(&stage).await, 0);
        let joana = replace_key(&stage, &joana, JOANA).await;

        assert_eq!(joana.get(FACTOR).await.expect(200).json()["recovery_codes_left"], 10);
        assert_eq!(mails(&stage, JOANA, USED).await, 2);
        let open = half(&stage, JOANA).await;
        let path = "/api/v1/sign-in/recovery-code";
        open.post(path, json!({ "code": codes[1] })).await.expect(422);
        open.post(path, json!({ "code": second })).await.expect(200);
        stage.server.advance(Duration::minutes(1)).await;
        show_code(&half(&stage, JOANA).await, &stage.server.code_of(JOANA)).await.expect(200);
    }
}

/// C13, S20, S22, S47: the same over the API: with the password, once, however many send it at the same moment; and not where
/// there is no password.
#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_confirms_once() {
    for stage in Stage::both().await {
        let (_, codes) = turn_on(&stage, &stage.joana, JOANA).await;
        let (joana, _) = recovered(&stage, JOANA, &codes[0]).await;
        stage.server.advance(Duration::minutes(6)).await;
        let body = |password: &str, code: &str| json!({ "password": password, "recovery_code": code });
        joana.post(CONFIRM, body("", &codes[1])).await.expect(422);
        joana.post(CONFIRM, body(PASSWORD, "")).await.expect(422);
        joana.post(CONFIRM, json!({ "password": PASSWORD })).await.expect(422);
        stage.server.anonymous().post(CONFIRM, body(PASSWORD, &codes[1])).await.expect(401);
        stage.server.advance(Duration::minutes(1)).await;
        let both: Vec<_> = (0..2)
            .map(|_| {
                let (joana, body) = (joana.clone(), body(PASSWORD, &codes[1]));
                operation::spawn(async move { joana.post(CONFIRM, body).await })
            })
            .collect();
        let answers: Vec<Answer> =
            join_all(both).await.into_iter().map(|answer| answer.expect("no panic")).collect();
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!((won.len(), lost.len()), (1, 1), "{lost:?}");
        assert!(matches!(lost[0].status, 401 | 409 | 422), "{:?}", lost[0]);
        let replacement = won[0].json()["recovery_code"].as_str().expect("a code").to_owned();
        assert!(!codes.contains(&replacement));
        let joana = joana.with_cookie(won[0].cookie(SESSION));
        joana.post(&format!("{FACTOR}/recovery-codes"), nothing()).await.expect(201);
        joana.post(CONFIRM, body(PASSWORD, &replacement)).await.expect(422);
    }
}

/// Disables the key by the hundredth wrong code in a row: a session from before, and the recovery codes.
async fn disabled(stage: &Stage) -> (Browser, Vec<String>) {
    let (joana, codes) = turn_on(stage, &stage.joana, JOANA).await;
    rows::set_wrong_codes(&stage.server, 99).await;
    show_code(&half(stage, JOANA).await, "000000").await.expect(422);
    let standing = joana.get(FACTOR).await.expect(200).json();
    assert!(!standing["app_disabled_at"].is_null(), "{standing}");
    stage.server.advance(Duration::minutes(16)).await;
    (joana, codes)
}

/// S14, C13: where the key takes no more codes and there is no passkey, a recovery code confirms in its place, and the key is
/// replaced.
#[tokio::test]
async fn a_disabled_key_is_replaced_after_a_recovery_code() {
    for stage in Stage::both().await {
        let (joana, codes) = disabled(&stage).await;
        led_to_confirm(&joana).await;
        for body in [json!({ "password": PASSWORD }), json!({ "password": PASSWORD, "code": "000000" })] {
            let refused = joana.post(CONFIRM, body).await;
            assert!((400..500).contains(&refused.status), "{}", refused.text);
            assert!(refused.text.contains("recovery code"), "it is said what is asked for: {}", refused.text);
        }
        joana.post(&format!("{FACTOR}/enable"), nothing()).await.expect(403);
        let body = json!({ "password": PASSWORD, "recovery_code": codes[0] });
        let done = joana.post(CONFIRM, body).await.expect(200);
        assert!(!codes.contains(&done.json()["recovery_code"].as_str().expect("a code").to_owned()));
        let joana = joana.with_cookie(done.cookie(SESSION));
        let joana = replace_key(&stage, &joana, JOANA).await;
        let standing = joana.get(FACTOR).await.expect(200).json();
        assert_eq!(standing["app_disabled_at"], Value::Null);
        stage.server.advance(Duration::minutes(1)).await;
        show_code(&half(&stage, JOANA).await, &stage.server.code_of(JOANA)).await.expect(200);
    }
}

/// S14, C14: without a recovery code either, page and API say that the device is to be reported as lost; nothing else opens.
#[tokio::test]
async fn without_any_recovery_code_the_lost_device_is_named() {
    for stage in Stage::both().await {
        let (joana, codes) = disabled(&stage).await;
        let owner = user(&joana).await;
        let mut tx = stage.server.product.world.store.write().await.expect("a transaction");
        tx.execute("DELETE FROM recovery_codes WHERE user_id = $1", &args![owner]).await.expect("gone");
        tx.commit().await.expect("committed");
        assert_eq!(joana.get(FACTOR).await.expect(200).json()["recovery_codes_left"], 0);
        let led = joana.form("/account/two-factor/on", &[]).await.expect(303).header("location").to_owned();
        let page = joana.get(&led).await.expect(200).text.to_lowercase();
        assert!(page.contains("report") && page.contains("lost"), "{page}");
        let refused =
            joana.post(CONFIRM, json!({ "password": PASSWORD, "code": "000000" })).await.expect(409);
        let sentence = refused.json()["detail"].as_str().expect("a sentence").to_lowercase();
        assert!(sentence.contains("report") && sentence.contains("lost"), "{sentence}");
        let body = json!({ "password": PASSWORD, "recovery_code": codes[0] });
        let refused = joana.post(CONFIRM, body).await;
        assert!(matches!(refused.status, 409 | 422), "{}", refused.text);
        joana.post(&format!("{FACTOR}/enable"), nothing()).await.expect(403);
        // The way that is named is there.
        let begun = start(&stage, JOANA, "").await.expect(202);
        let half = stage.server.anonymous().with_cookie(begun.cookie(HALF));
        half.get("/lost-device").await.expect(200);
    }
}

/// A20, E14: in a session that a recovery code opened, an agent takes no token and enters nowhere, by no door, also into what
/// they took before; with a device of their own they do again.
#[tokio::test]
async fn an_agent_with_a_recovery_code_takes_no_token_and_enters_nowhere() {
    for stage in Stage::both().await {
        let grant = stage.opened_to_ana("write").await;
        let path = format!("/api/v1/organizations/{}/support-tokens", stage.boreal);
        let token = stage.bea.post(&path, json!({ "validity_seconds": 3600 })).await.expect(201).json();
        let made = stage.ana.post(&format!("{FACTOR}/recovery-codes"), nothing()).await.expect(201).json();
        let code = made["recovery_codes"][0].as_str().expect("a code");
        let (ana, _) = recovered(&stage, ANA, code).await;

        let associate = json!({ "code": token["code"], "ticket": "1" });
        let enter = format!("/api/v1/support-tokens/{grant}/enter");
        for (path, body) in [("/api/v1/desk/associate", associate.clone()), (enter.as_str(), nothing())] {
            assert_eq!(ana.post(path, body).await.expect(403).code(), "second_factor_required", "{path}");
        }
        let fields = [("code", token["code"].as_str().expect("a code")), ("ticket", "1")];
        ana.form("/desk/associate", &fields).await.expect(403);
        ana.form(&format!("/desk/enter/{grant}"), &[]).await.expect(403);
        for page in ["/desk", "/desk/associate", &format!("/desk/enter/{grant}")] {
            ana.get(page).await.expect(403);
        }
        // The way that a session with her device began.
        let way = stage.ana.post(&enter, nothing()).await.expect(201).json();
        let (_, ticket) = way["url"].as_str().expect("an address").split_once('?').expect("a ticket");
        let begun = stage.at_product(&format!("{ORIGIN}/_latchstring/begin?{ticket}"), "").await.expect(303);
        assert_ne!(ana.get(begun.header("location")).await.status, 303, "her ticket of another session");
        let live = format!("/api/v1/organizations/{}/support-tokens/live", stage.boreal);
        assert_eq!(stage.bea.get(&live).await.expect(200).json()["padlock"], "waiting");

        let ana = replace_key(&stage, &ana, ANA).await;
        ana.post("/api/v1/desk/associate", associate).await.expect(200);
        ana.post(&enter, nothing()).await.expect(201);
    }
}
