//! Passkeys over HTTP: registered, shown after the password and in its place, and refused.

#[path = "../../../second_factor/src/passkeys/tests/device.rs"]
#[expect(dead_code, reason = "shared with the tests of the rules, which use the rest of it")]
pub mod device;
mod halves;
mod required;

use kernel::Duration;
use serde_json::{Value, json};
use testkit::Database;

use crate::support::{
    cast::{ORIGIN, Stage, accept},
    server::{Answer, Browser, PASSWORD, TestServer, nothing},
};
use device::{Claims, Device};

const SESSION: &str = "__Host-latchstring";
const HALF: &str = "__Host-latchstring_sign_in";

pub async fn stages() -> Vec<Stage> {
    let mut stages = Vec::new();
    for database in Database::both().await {
        stages.push(Stage::on(TestServer::named(database).await, ORIGIN).await);
    }
    stages
}

/// What a true browser says at this server.
pub fn truth(stage: &Stage) -> Claims {
    Claims { origin: stage.server.url.clone(), host: "localhost".to_owned(), ..Claims::default() }
}

pub async fn registered(stage: &Stage, who: &Browser) -> (Device, Answer) {
    let begun = who.post("/api/v1/account/passkeys/begin", nothing()).await.expect(200).json();
    let mut device = Device::new();
    let response = device.register_with(&begun["options"], &truth(stage));
    let body = json!({ "ceremony_id": begun["ceremony_id"], "response": response, "name": "Phone" });
    let made = who.post("/api/v1/account/passkeys", body).await.expect(201);
    (device, made)
}

async fn password(stage: &Stage, email: &str) -> Answer {
    stage.server.anonymous().post("/api/v1/sign-in", json!({ "email": email, "password": PASSWORD })).await
}

/// A half sign-in of somebody.
async fn half(stage: &Stage, email: &str) -> Browser {
    let answer = password(stage, email).await.expect(202);
    stage.server.anonymous().with_cookie(answer.cookie(HALF))
}

/// Asks at `path` and answers with what the device says.
pub async fn answered(by: &Browser, path: &str, device: &Device, claims: &Claims) -> Answer {
    let begun = by.post(&format!("{path}/begin"), nothing()).await.expect(200);
    let asked = begun.json();
    let by = if path.ends_with("passwordless") {
        by.with_cookie(begun.cookie("__Host-latchstring_passkey"))
    } else {
        by.clone()
    };
    by.post(path, said(&asked, device, claims)).await
}

pub fn said(asked: &Value, device: &Device, claims: &Claims) -> Value {
    json!({
        "ceremony_id": asked["ceremony_id"], "response": device.sign_with(&asked["options"], claims), "name": "Phone",
    })
}

pub fn sets_session(answer: &Answer) -> bool {
    answer.headers.get_all("set-cookie").iter().any(|line| {
        line.to_str()
            .is_ok_and(|line| line.starts_with(&format!("{SESSION}=")) && !line.contains("Max-Age=0"))
    })
}

/// S26, S28, C13, C17: from the first passkey to the last. Registering it makes the recovery codes and another secret of the
/// session; it signs in after the password and in its place; it is a fresh proof; and without it the password is enough again.
#[tokio::test]
async fn a_passkey_signs_in_and_is_the_second_factor() {
    for stage in stages().await {
        let (device, made) = registered(&stage, &stage.joana).await;
        assert_eq!(made.json()["recovery_codes"].as_array().expect("codes").len(), 10);
        stage.joana.get("/api/v1/sessions/current").await.expect(401);
        let joana = stage.server.anonymous().with_cookie(made.cookie(SESSION));
        let id = made.json()["id"].as_str().expect("an id").to_owned();
        let listed = joana.get("/api/v1/account/passkeys").await.expect(200).json();
        assert_eq!((&listed["data"][0]["id"], &listed["data"][0]["name"]), (&json!(id), &json!("Phone")));

        let answer = password(&stage, "joana@aurora.example").await.expect(202);
        assert_eq!(answer.json()["methods"], json!(["passkey", "recovery_code"]));
        assert!(!sets_session(&answer));
        let half = stage.server.anonymous().with_cookie(answer.cookie(HALF));
        let claims = truth(&stage);
        let second = answered(&half, "/api/v1/sign-in/passkey", &device, &claims).await.expect(200);
        let second = stage.server.anonymous().with_cookie(second.cookie(SESSION));
        second.get("/api/v1/organizations").await.expect(200);
        // The half sign-in is used up.
        half.post("/api/v1/sign-in/passkey/begin", nothing()).await.expect(409);

        let nobody = stage.server.anonymous();
        let alone = answered(&nobody, "/api/v1/sign-in/passwordless", &device, &claims).await.expect(200);
        assert_eq!(alone.json()["go_to"], "/organizations");
        let alone = nobody.with_cookie(alone.cookie(SESSION));

        // Six minutes later it takes a fresh proof to change anything, and a passkey is one.
        stage.server.advance(Duration::minutes(6)).await;
        let path = format!("/api/v1/account/passkeys/{id}");
        assert_eq!(alone.send("DELETE", &path, nothing()).await.expect(403).code(), "reauth_required");
        let fresh = answered(&alone, "/api/v1/account/confirm/passkey", &device, &claims).await.expect(204);
        alone.get("/api/v1/sessions/current").await.expect(401);
        let alone = nobody.with_cookie(fresh.cookie(SESSION));
        alone.send("DELETE", &path, nothing()).await.expect(204);
        second.get("/api/v1/sessions/current").await.expect(401);
        assert!(
            sets_session(&password(&stage, "joana@aurora.example").await.expect(200)),
            "the password is enough"
        );
        let gone = answered(&nobody, "/api/v1/sign-in/passwordless", &device, &claims).await.expect(403);
        assert_eq!(gone.code(), "passkey_refused");
    }
}

/// Case 1, S80: a half sign-in takes its own person's passkey, for its own challenge, once. Nothing else makes a session.
#[tokio::test]
async fn nothing_but_the_right_answer_makes_a_session() {
    for stage in stages().await {
        let (of_joana, _) = registered(&stage, &stage.joana).await;
        let (of_marcos, _) = registered(&stage, &stage.marcos).await;
        let claims = truth(&stage);
        let first = half(&stage, "joana@aurora.example").await;
        let second = half(&stage, "joana@aurora.example").await;
        let path = "/api/v1/sign-in/passkey";
        let nobody = stage.server.anonymous();

        let begun = first.post(&format!("{path}/begin"), nothing()).await.expect(200).json();
        let right = said(&begun, &of_joana, &claims);
        let wrong_origin = Claims { origin: "https://badlocalhost".to_owned(), ..claims.clone() };
        let unverified = Claims { flags: device::PRESENT, ..claims.clone() };
        let mut refusals = vec![
            // Another half sign-in's challenge, and nobody's.
            second.post(path, right.clone()).await.expect(403),
            nobody.post(path, right.clone()).await.expect(409),
            nobody.post("/api/v1/sign-in/passwordless", right.clone()).await.expect(403),
            first.post("/api/v1/sign-in/passwordless", right.clone()).await.expect(403),
            first.post("/api/v1/sign-in/set-up/passkey", right.clone()).await.expect(409),
            first.post("/api/v1/account/confirm/passkey", right.clone()).await.expect(401),
            answered(&second, path, &of_marcos, &claims).await.expect(403),
            answered(&second, path, &of_joana, &wrong_origin).await.expect(403),
            answered(&second, path, &of_joana, &unverified).await.expect(403),
            answered(&nobody, "/api/v1/sign-in/passwordless", &of_joana, &unverified).await.expect(403),
            answered(&nobody, "/api/v1/sign-in/passwordless", &Device::new(), &claims).await.expect(403),
        ];
        let done = first.post(path, right.clone()).await.expect(200);
        assert!(sets_session(&done));
        refusals.push(first.post(path, right.clone()).await.expect(409));
        // By the pages too.
        let fields = [
            ("ceremony_id", begun["ceremony_id"].as_str().expect("an id").to_owned()),
            ("response", right["response"].to_string()),
        ];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        // Wrong answers wait like wrong codes.
        stage.server.clock.advance(kernel::Duration::minutes(1));
        refusals.push(second.form("/sign-in/passkey", &fields).await.expect(403));
        stage.server.clock.advance(kernel::Duration::minutes(1));
        refusals.push(second.form("/sign-in/passkey", &[]).await.expect(403));
        refusals.push(nobody.form("/sign-in/passwordless", &fields).await.expect(403));
        refusals.push(nobody.form("/sign-in/passkey", &fields).await.expect(303));
        for refusal in &refusals {
            assert!(!sets_session(refusal), "{refusal:?}");
        }
        // All of it is in the log.
        let sql = "SELECT COUNT(*) AS n FROM audit WHERE kind = 'passkey.used' AND outcome = 'refused'";
        let mut tx = stage.server.product.world.store.read().await.expect("a read");
        let refused: i64 = tx.one(sql, &[]).await.expect("a row").get("n").expect("a number");
        assert_eq!(refused, 11);
    }
}

/// Cases 2, 3, 4: neither half a sign-in nor an API key lists, adds, renames or removes a passkey.
#[tokio::test]
async fn half_a_sign_in_changes_no_passkey() {
    for stage in stages().await {
        let (_, made) = registered(&stage, &stage.joana).await;
        let id = made.json()["id"].as_str().expect("an id").to_owned();
        let half = half(&stage, "joana@aurora.example").await;
        let value =
            half.cookie.as_deref().and_then(|pair| pair.split_once('=')).expect("a pair").1.to_owned();
        let disguised = stage.server.anonymous().with_cookie(format!("{SESSION}={value}"));
        let one = format!("/api/v1/account/passkeys/{id}");
        for by in [&half, &disguised] {
            by.get("/api/v1/account/passkeys").await.expect(401);
            by.post("/api/v1/account/passkeys/begin", nothing()).await.expect(401);
            let body =
                json!({ "ceremony_id": "cer_00000000000000000000000000", "response": {}, "name": "x" });
            by.post("/api/v1/account/passkeys", body).await.expect(401);
            by.send("PATCH", &one, json!({ "name": "x" })).await.expect(401);
            by.send("DELETE", &one, nothing()).await.expect(401);
            by.form(&format!("/account/two-factor/passkeys/{id}/remove"), &[]).await.expect(401);
        }
        let joana = stage.server.anonymous().with_cookie(made.cookie(SESSION));
        assert_eq!(joana.get("/api/v1/account/passkeys").await.json()["data"][0]["name"], "Phone");
        // Another's is not there.
        stage.marcos.send("DELETE", &one, nothing()).await.expect(404);
        stage.marcos.send("PATCH", &one, json!({ "name": "x" })).await.expect(404);
    }
}

/// E14: one of the vendor's people may set up a passkey in place of an app on the way in, and keeps the last factor.
#[tokio::test]
async fn the_vendors_people_keep_their_last_factor() {
    for stage in stages().await {
        let body = json!({ "email": "carla@vendor.example", "name": "Carla Diaz", "agent_level": 1 });
        stage.vera.post("/api/v1/agents", body).await.expect(201);
        accept(&stage.server, "carla@vendor.example", "Carla Diaz").await;
        let nobody = stage.server.anonymous();

        let answer = password(&stage, "carla@vendor.example").await.expect(202);
        assert_eq!(answer.json()["next"], "set_up");
        let half = nobody.with_cookie(answer.cookie(HALF));
        let begun = half.post("/api/v1/sign-in/set-up/passkey/begin", nothing()).await.expect(200).json();
        let mut device = Device::new();
        let claims = truth(&stage);
        let response = device.register_with(&begun["options"], &claims);
        let body = json!({ "ceremony_id": begun["ceremony_id"], "response": response, "name": "Key" });
        let done = half.post("/api/v1/sign-in/set-up/passkey", body).await.expect(200);
        assert_eq!(done.json()["recovery_codes"].as_array().expect("codes").len(), 10);
        let carla = nobody.with_cookie(done.cookie(SESSION));
        let own = carla.get("/api/v1/account/passkeys").await.expect(200).json();
        let path = format!("/api/v1/account/passkeys/{}", own["data"][0]["id"].as_str().expect("an id"));
        let kept = carla.send("DELETE", &path, nothing()).await.expect(403);
        assert_eq!(kept.code(), "second_factor_mandatory");
        let again = self::half(&stage, "carla@vendor.example").await;
        answered(&again, "/api/v1/sign-in/passkey", &device, &claims).await.expect(200);
        // With an app beside it a passkey may go.
        let (_, made) = registered(&stage, &stage.ana).await;
        let ana = nobody.with_cookie(made.cookie(SESSION));
        let id = made.json()["id"].as_str().expect("an id").to_owned();
        ana.send("DELETE", &format!("/api/v1/account/passkeys/{id}"), nothing()).await.expect(204);
    }
}
