//! Half a sign-in is not a session: its steps in every order, from other browsers, for other people, too late.

use kernel::Duration;
use serde_json::{Value, json};

use super::{HALF, JOANA, MARCOS, SESSION, half, show_code, start, turn_on};
use crate::support::{
    cast::Stage,
    server::{Browser, PASSWORD},
};

/// Cases 1, 2 and 3: the cookie of half a sign-in opens nothing, on no page, by no operation, and behind no proxy.
#[tokio::test]
async fn half_a_sign_in_opens_nothing() {
    for stage in Stage::both().await {
        let _ = turn_on(&stage, &stage.joana, JOANA).await;
        let half = half(&stage, JOANA).await;
        let value = half.cookie.as_deref().expect("a cookie").split_once('=').expect("a pair").1.to_owned();
        for cookie in [
            format!("{HALF}={value}"),
            format!("{SESSION}={value}"),
            format!("{SESSION}={}", value.replace("lsf_", "lss_")),
        ] {
            let browser = stage.server.anonymous().with_cookie(cookie.clone());
            for path in ["/api/v1/sessions/current", "/api/v1/organizations", "/api/v1/account/second-factor"]
            {
                browser.get(path).await.expect(401);
            }
            for page in
                ["/organizations", "/account", "/account/two-factor", "/continue?rd=http://erp.example.com/"]
            {
                let led = browser.get(page).await.expect(303);
                assert!(led.header("location").starts_with("/sign-in"), "{page}");
            }
            assert_ne!(stage.ask(&cookie, "GET", "/").await.status, 200);
        }
        // It ends after five minutes.
        stage.server.advance(Duration::minutes(5)).await;
        let late = show_code(&half, &stage.server.code_of(JOANA)).await.expect(409);
        assert_eq!(late.code(), "sign_in_over");
    }
}

/// S45, case 1: the steps in every order up to a length of four, with nothing, with wrong values, and from another sign-in:
/// only a right code after a right password makes a session.
#[tokio::test]
async fn no_other_order_of_steps_makes_a_session() {
    let stage = Stage::start().await;
    let _ = turn_on(&stage, &stage.joana, JOANA).await;
    let (_, marcos_codes) = turn_on(&stage, &stage.marcos, MARCOS).await;
    let steps: [(&str, Value); 8] = [
        ("/api/v1/sign-in/code", json!({})),
        ("/api/v1/sign-in/code", json!({ "code": "" })),
        ("/api/v1/sign-in/recovery-code", json!({ "code": marcos_codes[0] })),
        ("/api/v1/sign-in/mailed-code/send", json!({})),
        ("/api/v1/sign-in/mailed-code", json!({ "code": "00000000" })),
        ("/api/v1/sign-in/set-up", json!({})),
        ("/api/v1/sign-in/set-up/confirm", json!({ "code": "000000" })),
        ("/api/v1/account/confirm", json!({ "password": PASSWORD, "code": "000000" })),
    ];
    stage.server.advance(Duration::minutes(1)).await;
    let began = stage.server.now();
    let mut walked = 0;
    for first in 0..steps.len() {
        for second in 0..steps.len() {
            // Each walk begins anew; the third and fourth step follow from the first two so that all pairs are in.
            let walk = [first, second, (first + second) % steps.len(), (first * 3 + second) % steps.len()];
            let browser = half(&stage, JOANA).await;
            for step in walk {
                let (path, body) = &steps[step];
                let answer = browser.post(path, body.clone()).await;
                assert!(
                    (400..500).contains(&answer.status),
                    "{walk:?} at {path}: {} {}",
                    answer.status,
                    answer.text
                );
                assert!(!format!("{:?}", answer.headers).contains("__Host-latchstring=lss_"), "{walk:?}");
                walked += 1;
            }
            // The guesses of this walk are not what is tested here.
            stage.server.advance(Duration::minutes(16)).await;
        }
    }
    assert_eq!(walked, 256);
    let log = crate::support::rows::audit(&stage.server).await;
    let mut since = log.iter().filter(|entry| entry.at >= began);
    assert!(since.all(|entry| entry.kind != "session.signed_in"));
}

/// S45, case 15, case 19: a half sign-in is its own browser's and its own person's, and each byte of its cookie counts.
#[tokio::test]
async fn a_half_sign_in_cannot_be_taken_over() {
    for stage in Stage::both().await {
        let _ = turn_on(&stage, &stage.joana, JOANA).await;
        let _ = turn_on(&stage, &stage.marcos, MARCOS).await;
        let marcos = half(&stage, MARCOS).await;
        // Joana's code in Marcos' sign-in.
        show_code(&marcos, &stage.server.code_of(JOANA)).await.expect(422);
        // A cookie with one byte changed.
        let half = half(&stage, JOANA).await;
        let cookie = half.cookie.clone().expect("a cookie");
        let code = stage.server.code_of(JOANA);
        for place in (cookie.find('=').expect("a pair") + 1)..cookie.len() {
            let mut changed = cookie.clone().into_bytes();
            changed[place] = if changed[place] == b'a' { b'b' } else { b'a' };
            let changed = String::from_utf8(changed).expect("ASCII");
            let answer = show_code(&half.with_cookie(changed), &code).await;
            assert_eq!(answer.expect(409).code(), "sign_in_over");
        }
        // A session that was planted plays no part, and the half sign-in is used up.
        let planted = format!("{cookie}; {SESSION}=lss_planted");
        let signed_in = show_code(&half.with_cookie(planted), &code).await.expect(200);
        assert_ne!(signed_in.cookie(SESSION), format!("{SESSION}=lss_planted"));
        assert!(format!("{:?}", signed_in.headers).contains(&format!("{HALF}=; ")), "and its cookie goes");
        stage.server.advance(Duration::minutes(1)).await;
        show_code(&half, &stage.server.code_of(JOANA)).await.expect(409);
    }
}

/// A sign-in goes on to where the person wanted, also over the pages, and without a script.
#[tokio::test]
async fn the_pages_lead_through_both_steps() {
    let stage = Stage::start().await;
    let _ = turn_on(&stage, &stage.joana, JOANA).await;
    let nobody = stage.server.anonymous();
    let form = [("email", JOANA), ("password", PASSWORD), ("return_to", "/account")];
    let led = nobody.form("/sign-in", &form).await.expect(303);
    assert_eq!(led.header("location"), "/sign-in/code");
    let half: Browser = nobody.with_cookie(led.cookie(HALF));
    let shown = half.get("/sign-in/code").await.expect(200);
    assert!(shown.text.contains("Remember the verification on this device for 30 days"));
    assert!(shown.text.contains("autocomplete=\"one-time-code\""));
    let wrong = half.form("/sign-in/code", &[("code", "000000")]).await.expect(422);
    assert!(wrong.text.contains("not the code that is shown now"), "{}", wrong.text);
    for _ in 0..2 {
        half.form("/sign-in/code", &[("code", "000000")]).await.expect(422);
    }
    let shown = half.get("/sign-in/code").await.expect(200);
    assert!(shown.text.contains("Is the clock of your phone right?"), "after the third miss");
    let code = stage.server.code_of(JOANA);
    let form = [("code", code.as_str()), ("remember", "yes")];
    let led = half.form("/sign-in/code", &form).await.expect(303);
    assert_eq!(led.header("location"), "/account");
    let joana = nobody.with_cookie(led.cookie(SESSION));
    joana.get("/account").await.expect(200);
    assert!(joana.get("/account/two-factor").await.expect(200).text.contains("aria-checked=\"true\""));
    // Once more with the used cookie: it begins anew.
    let led = half.get("/sign-in/code").await.expect(303);
    assert_eq!(led.header("location"), "/sign-in?over=1");
    start(&stage, JOANA, "").await.expect(202);
}
