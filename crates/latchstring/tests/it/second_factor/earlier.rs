//! Half sign-ins that were begun while there was no second factor, once there is one.

use kernel::Duration;
use serde_json::json;

use super::{HALF, JOANA, MARCOS, SESSION, half, mails, show_code, start, turn_on};
use crate::{
    passwords::store,
    support::{
        cast::{Stage, accept},
        server::{Answer, Browser, nothing},
    },
};

const CARLA: &str = "carla@vendor.example";
const SET_UP: &str = "/api/v1/sign-in/set-up";
const FACTOR: &str = "/api/v1/account/second-factor";
/// Enough beside a second factor, and not alone.
const SHORT: &str = "tulip 47";
const LONG: &str = "tulip 4711 gravel boat";

/// A new agent, who has shown the mailbox a moment ago: the link of the invitation came by mail.
pub async fn new_agent(stage: &Stage) {
    let body = json!({ "email": CARLA, "name": "Carla Dias", "agent_level": 1 });
    stage.vera.post("/api/v1/agents", body).await.expect(201);
    accept(&stage.server, CARLA, "Carla Dias").await;
}

/// Asks for a key in a half sign-in, and puts it into an app under this name.
async fn offered(stage: &Stage, half: &Browser, app: &str) {
    let key = half.post(SET_UP, nothing()).await.expect(201).json();
    stage.server.apps.add(app, key["key"].as_str().expect("a key"));
}

#[track_caller]
fn is_over(answer: Answer) {
    assert_eq!(answer.expect(409).code(), "sign_in_over");
}

/// E14, C9, S45: whoever typed the password before a factor was there sets up none beside it and none in its place, whether
/// their own key waited already or not. The one that was set up stays what it is.
#[tokio::test]
async fn a_set_up_that_was_begun_before_another_was_done_is_over() {
    for stage in Stage::both().await {
        new_agent(&stage).await;
        let (first, second) = (half(&stage, CARLA).await, half(&stage, CARLA).await);
        let third = half(&stage, CARLA).await;
        offered(&stage, &second, "the second's").await;
        offered(&stage, &first, CARLA).await;
        let body = json!({ "code": stage.server.code_of(CARLA) });
        let done = first.post(&format!("{SET_UP}/confirm"), body).await.expect(200);
        let carla = first.with_cookie(done.cookie(SESSION));
        let before = carla.get(FACTOR).await.expect(200).json();

        let code = stage.server.code_of("the second's");
        for late in [&second, &third] {
            is_over(late.post(&format!("{SET_UP}/confirm"), json!({ "code": code })).await);
            is_over(late.post(SET_UP, nothing()).await);
            is_over(late.post("/api/v1/sign-in/mailed-code/send", nothing()).await);
            // Of the session that the other one made nothing can be begun either.
            late.post(&format!("{SET_UP}/begin"), nothing()).await.expect(401);
            for (page, fields) in
                [("", vec![]), ("/confirm", vec![("code", code.as_str())]), ("/mail", vec![])]
            {
                let led =
                    late.form(&format!("/sign-in/secure-your-account{page}"), &fields).await.expect(303);
                assert_eq!(led.header("location"), "/sign-in?over=1", "{page}");
            }
        }

        assert_eq!(carla.get(FACTOR).await.expect(200).json(), before, "nothing was changed");
        stage.server.advance(Duration::minutes(1)).await;
        let again = half(&stage, CARLA).await;
        show_code(&again, &stage.server.code_of("the second's")).await.expect(422);
        show_code(&again, &stage.server.code_of(CARLA)).await.expect(200);
        carla.get(FACTOR).await.expect(200);
    }
}

/// S1, C7, C17: a half sign-in that asks for a longer password does so because there is no factor. With one that was turned on
/// meanwhile it chooses no password, ends no session and makes none.
#[tokio::test]
async fn no_password_is_chosen_past_a_factor_that_was_turned_on_meanwhile() {
    for stage in Stage::both().await {
        let (marcos, _) = turn_on(&stage, &stage.marcos, MARCOS).await;
        store(&stage.server, MARCOS, SHORT).await;
        stage.server.advance(Duration::minutes(1)).await;
        let body = json!({ "code": stage.server.code_of(MARCOS) });
        marcos.post(&format!("{FACTOR}/disable"), body).await.expect(204);

        let nobody = stage.server.anonymous();
        let sign_in = async |password: &str| {
            nobody.post("/api/v1/sign-in", json!({ "email": MARCOS, "password": password })).await
        };
        let begun = sign_in(SHORT).await.expect(202);
        assert_eq!(begun.json()["next"], "new_password");
        let open = nobody.with_cookie(begun.cookie(HALF));
        let (marcos, _) = turn_on(&stage, &marcos, MARCOS).await;

        is_over(open.post("/api/v1/sign-in/new-password", json!({ "new_password": LONG })).await);
        let led = open.form("/sign-in/new-password", &[("new_password", LONG)]).await.expect(303);
        assert_eq!(led.header("location"), "/sign-in?over=1");
        assert!(!format!("{:?}", led.headers).contains(&format!("{SESSION}=lss_")));

        marcos.get("/api/v1/sessions/current").await.expect(200);
        sign_in(LONG).await.expect(401);
        assert_eq!(sign_in(SHORT).await.expect(202).json()["next"], "code");
        assert_eq!(mails(&stage, MARCOS, "password was changed").await, 0);
    }
}

/// S45: the other way round, a half sign-in that asks for a code is none that sets a factor up, also after the factor is off.
#[tokio::test]
async fn a_half_sign_in_keeps_to_the_step_it_was_begun_for() {
    for stage in Stage::both().await {
        let (joana, _) = turn_on(&stage, &stage.joana, JOANA).await;
        let open = half(&stage, JOANA).await;
        stage.server.advance(Duration::minutes(1)).await;
        let body = json!({ "code": stage.server.code_of(JOANA) });
        joana.post(&format!("{FACTOR}/disable"), body).await.expect(204);
        for path in [SET_UP, "/api/v1/sign-in/set-up/confirm"] {
            is_over(open.post(path, json!({ "code": "000000" })).await);
        }
        is_over(open.post("/api/v1/sign-in/new-password", json!({ "new_password": LONG })).await);
        let code = open.post("/api/v1/sign-in/code", json!({ "code": "000000" })).await;
        assert!((400..500).contains(&code.status), "{}", code.text);
        start(&stage, JOANA, "").await.expect(200);
    }
}
