//! Passkeys and half sign-ins that were begun before.

use kernel::Duration;
use serde_json::json;

use super::{
    HALF, SESSION, answered, device::Device, half, password, registered, said, sets_session, stages, truth,
};
use crate::{
    second_factor::{earlier::new_agent, mails, show_code, turn_on},
    support::{
        cast::Stage,
        server::{Browser, nothing},
    },
};

const CARLA: &str = "carla@vendor.example";
const JOANA: &str = "joana@aurora.example";
const MARCOS: &str = "marcos@aurora.example";
const SET_UP: &str = "/api/v1/sign-in/set-up";
const WARNING: &str = "Somebody has your password";

/// What the browser says to the challenge of a set-up.
async fn registering(stage: &Stage, by: &Browser) -> serde_json::Value {
    let begun = by.post(&format!("{SET_UP}/passkey/begin"), nothing()).await.expect(200).json();
    let response = Device::new().register_with(&begun["options"], &truth(stage));
    json!({ "ceremony_id": begun["ceremony_id"], "response": response, "name": "Key" })
}

/// E14, C9, S45: the twin of `a_set_up_that_was_begun_before_another_was_done_is_over`: no passkey comes beside an app that was
/// set up meanwhile, and no app in the place of a passkey.
#[tokio::test]
async fn a_passkey_that_was_begun_before_another_factor_is_over() {
    for stage in stages().await {
        new_agent(&stage).await;
        let (first, second) = (half(&stage, CARLA).await, half(&stage, CARLA).await);
        let third = half(&stage, CARLA).await;
        let late = registering(&stage, &second).await;
        let on_page = registering(&stage, &third).await;
        let key = first.post(SET_UP, nothing()).await.expect(201).json();
        stage.server.apps.add(CARLA, key["key"].as_str().expect("a key"));
        let body = json!({ "code": stage.server.code_of(CARLA) });
        let done = first.post(&format!("{SET_UP}/confirm"), body).await.expect(200);
        let carla = first.with_cookie(done.cookie(SESSION));

        let fields = [
            ("ceremony_id", on_page["ceremony_id"].as_str().expect("an id").to_owned()),
            ("response", on_page["response"].to_string()),
            ("name", "Key".to_owned()),
        ];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let begin = second.post(&format!("{SET_UP}/passkey/begin"), nothing()).await.expect(409);
        assert_eq!(begin.code(), "sign_in_over");
        let refused = second.post(&format!("{SET_UP}/passkey"), late.clone()).await.expect(409);
        assert_eq!(refused.code(), "sign_in_over");
        let led = third.form("/sign-in/secure-your-account/passkey", &fields).await.expect(303);
        assert_eq!(led.header("location"), "/sign-in?over=1");
        assert!(!sets_session(&refused) && !sets_session(&led));
        let own = carla.get("/api/v1/account/passkeys").await.expect(200).json();
        assert_eq!(own["data"], json!([]));
        stage.server.advance(Duration::minutes(1)).await;
        let again = half(&stage, CARLA).await;
        show_code(&again, &stage.server.code_of(CARLA)).await.expect(200);
    }
    for stage in stages().await {
        new_agent(&stage).await;
        let (first, second) = (half(&stage, CARLA).await, half(&stage, CARLA).await);
        let key = second.post(SET_UP, nothing()).await.expect(201).json();
        stage.server.apps.add("late", key["key"].as_str().expect("a key"));
        let body = registering(&stage, &first).await;
        let done = first.post(&format!("{SET_UP}/passkey"), body).await.expect(200);
        let carla = first.with_cookie(done.cookie(SESSION));
        let body = json!({ "code": stage.server.code_of("late") });
        let refused = second.post(&format!("{SET_UP}/confirm"), body).await.expect(409);
        assert_eq!(refused.code(), "sign_in_over");
        let own = carla.get("/api/v1/account/second-factor").await.expect(200).json();
        assert_eq!((&own["passkeys"], &own["app_since"]), (&json!(1), &json!(null)));
    }
}

/// E14, S47: an app and a passkey that two half sign-ins set up at the same moment: one of them comes into use.
#[tokio::test(flavor = "multi_thread")]
async fn of_an_app_and_a_passkey_at_once_one_is_set_up() {
    for stage in stages().await {
        new_agent(&stage).await;
        let (first, second) = (half(&stage, CARLA).await, half(&stage, CARLA).await);
        let key = first.post(SET_UP, nothing()).await.expect(201).json();
        stage.server.apps.add(CARLA, key["key"].as_str().expect("a key"));
        let code = json!({ "code": stage.server.code_of(CARLA) });
        let body = registering(&stage, &second).await;
        let (confirm, passkey) = (format!("{SET_UP}/confirm"), format!("{SET_UP}/passkey"));
        let (app, passkey) = tokio::join!(first.post(&confirm, code), second.post(&passkey, body));
        let won = match (app.status, passkey.status) {
            (200, 409) => app,
            (409, 200) => passkey,
            both => panic!("{both:?}: {} {}", app.text, passkey.text),
        };
        let carla = first.with_cookie(won.cookie(SESSION));
        let own = carla.get("/api/v1/account/second-factor").await.expect(200).json();
        let factors = i64::from(!own["app_since"].is_null()) + own["passkeys"].as_i64().expect("a number");
        assert_eq!((factors, &own["recovery_codes_left"]), (1, &json!(10)), "{own}");
    }
}

/// Signs in with the passkey alone, in a browser that brings this cookie too.
async fn passwordless(stage: &Stage, device: &Device, beside: &str) -> Browser {
    let nobody = stage.server.anonymous();
    let path = "/api/v1/sign-in/passwordless";
    let begun = nobody.with_cookie(beside).post(&format!("{path}/begin"), nothing()).await.expect(200);
    let browser = nobody.with_cookie(format!("{beside}; {}", begun.cookie("__Host-latchstring_passkey")));
    let done = browser.post(path, said(&begun.json(), device, &truth(stage))).await.expect(200);
    nobody.with_cookie(done.cookie(SESSION))
}

/// How many warnings somebody has been written, once the time of everything that is open is over.
async fn warned(stage: &Stage, email: &str) -> usize {
    stage.server.advance(Duration::minutes(6)).await;
    sign_in::operations::warn_due(&stage.server.product.world).await.expect("warns");
    mails(stage, email, WARNING).await
}

/// C11: whoever types the password, sees the page that asks for a code, and takes the passkey without a password instead, has
/// come in: there is nothing to warn of. Somebody else who comes in there has not: their owner is told of theirs.
#[tokio::test]
async fn coming_in_without_the_password_ends_the_half_sign_in_before() {
    for stage in stages().await {
        let (of_joana, _) = registered(&stage, &stage.joana).await;
        let (of_marcos, _) = registered(&stage, &stage.marcos).await;
        let begun = password(&stage, JOANA).await.expect(202).cookie(HALF);
        let nobody = stage.server.anonymous();
        nobody.with_cookie(&begun).get("/sign-in/code").await.expect(200);
        passwordless(&stage, &of_joana, &begun).await.get("/api/v1/sessions/current").await.expect(200);
        let late = nobody.with_cookie(&begun).post("/api/v1/sign-in/passkey/begin", nothing()).await;
        assert_eq!(late.expect(409).code(), "sign_in_over", "it is over");
        assert_eq!(warned(&stage, JOANA).await, 0);

        // Over the page too.
        let begun = password(&stage, JOANA).await.expect(202).cookie(HALF);
        let asked = nobody.with_cookie(&begun).post("/api/v1/sign-in/passwordless/begin", nothing()).await;
        let browser = nobody.with_cookie(format!("{begun}; {}", asked.cookie("__Host-latchstring_passkey")));
        let said = said(&asked.json(), &of_joana, &truth(&stage));
        let response = said["response"].to_string();
        let fields =
            [("ceremony_id", said["ceremony_id"].as_str().expect("an id")), ("response", response.as_str())];
        assert!(sets_session(&browser.form("/sign-in/passwordless", &fields).await.expect(303)));
        assert_eq!(warned(&stage, JOANA).await, 0);

        // Marcos knows Joana's password, and signs in as himself afterwards.
        let begun = password(&stage, JOANA).await.expect(202).cookie(HALF);
        passwordless(&stage, &of_marcos, &begun).await;
        assert_eq!(warned(&stage, JOANA).await, 1, "it was not she who came in");
        assert_eq!(warned(&stage, MARCOS).await, 0);
    }
}

/// C11: a passkey after the password is the second step, with nothing to warn of, also when an app was tried before.
#[tokio::test]
async fn a_passkey_as_the_second_step_leaves_nothing_to_warn_of() {
    for mut stage in stages().await {
        let (device, made) = registered(&stage, &stage.joana).await;
        stage.joana = stage.server.anonymous().with_cookie(made.cookie(SESSION));
        turn_on(&stage, &stage.joana, JOANA).await;
        let open = half(&stage, JOANA).await;
        show_code(&open, "000000").await.expect(422);
        answered(&open, "/api/v1/sign-in/passkey", &device, &truth(&stage)).await.expect(200);
        assert_eq!(warned(&stage, JOANA).await, 0);
    }
}
