//! Every door to the factor and to its key, tried with what is not enough.

use futures_util::future::join_all;
use kernel::Duration;
use serde_json::{Value, json};
use testkit::Database;

use super::{
    DEVICE, HALF, JOANA, MARCOS, SESSION, asks_for_code, half, mails, remembered, show_code, start, turn_on,
};
use crate::support::{
    cast::{ORIGIN, Stage, program},
    server::{Answer, Browser, PASSWORD, TestServer, nothing},
};

const FACTOR: &str = "/api/v1/account/second-factor";

/// What a person has set up, without what comes and goes.
async fn set_up(by: &Browser) -> (Value, Value) {
    (by.get(FACTOR).await.expect(200).json(), by.get("/api/v1/account/passkeys").await.expect(200).json())
}

/// Case 4, S20: a session that rests on a remembered browser, one whose proof is older than five minutes, and a program with
/// every scope that names the person: none of them takes the factor away, adds one, sees the key or makes recovery codes.
#[tokio::test]
async fn a_weak_session_changes_no_factor() {
    for database in Database::both().await {
        let stage = Stage::on(TestServer::named(database).await, ORIGIN).await;
        let all: Vec<&str> = kernel::Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        let machine = program(&stage, &all).await;
        let (joana, _) = turn_on(&stage, &stage.joana, JOANA).await;
        let (old, device) = remembered(&stage, JOANA).await;
        let again = start(&stage, JOANA, &device).await.expect(200);
        let by_device = stage.server.anonymous().with_cookie(again.cookie(SESSION));
        let me = joana.get("/api/v1/sessions/current").await.expect(200).json();
        let me = me["user"]["id"].as_str().expect("an id").to_owned();
        let machine = Browser { on_behalf_of: Some(me), ..machine };
        let before = set_up(&joana).await;
        stage.server.advance(Duration::minutes(6)).await;
        let doors = [
            ("recovery-codes", nothing(), 403),
            ("enable", nothing(), 422),
            ("enable", json!({ "code": "000000" }), 422),
            ("disable", json!({ "code": "" }), 422),
            ("show", json!({ "password": PASSWORD, "code": "" }), 422),
        ];
        for (door, body, status) in doors.clone() {
            // The guesses are not what is tested here.
            stage.server.advance(Duration::minutes(16)).await;
            for by in [&old, &by_device] {
                stage.server.advance(Duration::minutes(8)).await;
                by.post(&format!("{FACTOR}/{door}"), body.clone()).await.expect(status);
            }
        }
        for by in [&old, &by_device] {
            for (path, body) in [
                ("/api/v1/account/passkeys/begin", nothing()),
                ("/api/v1/account/email", json!({ "email": "joana@home.example" })),
            ] {
                assert_eq!(by.post(path, body).await.expect(403).code(), "reauth_required", "{path}");
            }
            for page in ["recovery-codes", "passkeys"] {
                let led = by.form(&format!("/account/two-factor/{page}"), &[]).await.expect(303);
                assert!(led.header("location").starts_with("/account/confirm"), "{page}");
            }
            stage.server.advance(Duration::minutes(16)).await;
            by.form("/account/two-factor/off", &[("code", "000000")]).await.expect(422);
        }
        stage.server.advance(Duration::minutes(16)).await;
        for (door, body, _) in doors {
            assert_eq!(
                machine.post(&format!("{FACTOR}/{door}"), body).await.expect(403).code(),
                "person_required"
            );
        }
        let again = start(&stage, JOANA, "").await.expect(202);
        assert_eq!(again.json()["next"], "code");
        let joana = show_code(
            &stage.server.anonymous().with_cookie(again.cookie(HALF)),
            &stage.server.code_of(JOANA),
        )
        .await;
        let joana = stage.server.anonymous().with_cookie(joana.expect(200).cookie(SESSION));
        assert_eq!(set_up(&joana).await, before);
        assert_eq!(mails(&stage, JOANA, "was shown again").await + mails(&stage, JOANA, "is off").await, 0);
    }
}

/// Every page and every answer that somebody can look at, as far as it needs no id of one thing.
async fn everything_to_read(stage: &Stage, by: &Browser) -> Vec<(String, String)> {
    let description = by.get("/openapi.json").await.expect(200).json();
    let mut paths: Vec<String> = description["paths"]
        .as_object()
        .expect("paths")
        .iter()
        .filter(|(path, methods)| methods.get("get").is_some() && *path != "/api/v1/events")
        .map(|(path, _)| {
            path.replace("{organization}", &stage.aurora).replace("{application}", &stage.application)
        })
        .filter(|path| !path.contains('{'))
        .collect();
    for page in [
        "/account",
        "/account/two-factor",
        "/account/two-factor/show",
        "/account/two-factor/replace",
        "/account/two-factor/off",
        "/account/confirm",
        "/sign-in/secure-your-account",
        "/desk",
        "/desk/lost-devices",
        "/admin/agents",
        "/admin/organizations",
    ] {
        paths.push(page.to_owned());
    }
    for page in ["members", "access-log", "access-log.json", "access-log.csv", "settings"] {
        paths.push(format!("/organizations/{}/{page}", stage.aurora));
    }
    let mut seen = Vec::new();
    for path in paths {
        let answer = by.get(&path).await;
        assert!(answer.status < 500, "{path}: {}", answer.text);
        seen.push((path, answer.text));
    }
    seen
}

/// Case 5: once it is confirmed the key is shown by nothing but the page for that: not to its owner anywhere else, not to
/// administrators, agents, the vendor or a program; and a vendor can turn that page off too.
#[tokio::test]
async fn a_key_in_use_is_shown_nowhere_else() {
    for database in Database::both().await {
        let server =
            TestServer::with(database, "127.0.0.1", |settings| settings.may_show_key_again = false).await;
        let stage = Stage::on(server, ORIGIN).await;
        let begun = stage.joana.post(&format!("{FACTOR}/enable"), nothing()).await.expect(201).json();
        let grouped = begun["key"].as_str().expect("a key").to_owned();
        let key = grouped.replace(' ', "");
        assert!(begun["uri"].as_str().expect("a URI").contains(&key), "it is what is looked for");
        let waiting = stage.joana.get("/account/two-factor").await.expect(200).text;
        assert!(waiting.contains(&grouped), "its owner sees it while it waits");
        stage.server.apps.add(JOANA, &grouped);
        let body = json!({ "code": stage.server.code_of(JOANA) });
        let done = stage.joana.post(&format!("{FACTOR}/confirm"), body).await.expect(200);
        let joana = stage.joana.with_cookie(done.cookie(SESSION));
        let all: Vec<&str> = kernel::Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        let machine = program(&stage, &all).await;
        let half = half(&stage, JOANA).await;
        for by in [&joana, &stage.marcos, &stage.ana, &stage.vera, &machine, &half] {
            for (path, text) in everything_to_read(&stage, by).await {
                assert!(!text.contains(&key) && !text.contains(&grouped), "{path}");
            }
        }
        for (by, path, status) in [
            (&joana, "/api/v1/account/second-factor/confirm", 409),
            (&half, "/api/v1/sign-in/set-up", 409),
            (&half, "/api/v1/sign-in/set-up/confirm", 409),
        ] {
            let answer = by.post(path, json!({ "code": "000000" })).await.expect(status);
            assert!(!answer.text.contains(&key), "{path}");
        }
        let body = json!({ "password": PASSWORD, "code": stage.server.code_of(JOANA) });
        let refused = joana.post(&format!("{FACTOR}/show"), body).await.expect(403);
        assert_eq!(refused.code(), "not_shown_again");
        let page = joana.get("/account/two-factor").await.expect(200).text;
        assert!(!page.contains("/account/two-factor/show"), "nor is it offered: {page}");
    }
}

/// S12, case 8: a code that several doors are shown at once opens one of them: the mark is shared and not each door's.
#[tokio::test(flavor = "multi_thread")]
async fn one_code_opens_one_door() {
    for stage in Stage::both().await {
        let _ = turn_on(&stage, &stage.joana, JOANA).await;
        for round in 0..5 {
            // What failed in the round before is forgotten by a whole sign-in.
            stage.server.advance(Duration::minutes(16)).await;
            let (joana, _) = remembered(&stage, JOANA).await;
            stage.server.advance(Duration::minutes(2)).await;
            let code = stage.server.code_of(JOANA);
            let with_password = json!({ "password": PASSWORD, "code": code });
            let only = json!({ "code": code });
            let mut doors = vec![
                (half(&stage, JOANA).await, "/api/v1/sign-in/code".to_owned(), only.clone()),
                (joana.clone(), "/api/v1/account/confirm".to_owned(), with_password.clone()),
                (joana.clone(), format!("{FACTOR}/show"), with_password),
                (joana.clone(), format!("{FACTOR}/enable"), only.clone()),
                (half(&stage, JOANA).await, "/api/v1/sign-in/code".to_owned(), only.clone()),
            ];
            if round == 4 {
                doors.push((joana, format!("{FACTOR}/disable"), only));
            }
            let first = round % doors.len();
            doors.rotate_left(first);
            let tries: Vec<_> = doors
                .into_iter()
                .map(|(by, path, body)| operation::spawn(async move { by.post(&path, body).await }))
                .collect();
            let answers: Vec<Answer> =
                join_all(tries).await.into_iter().map(|answer| answer.expect("no panic")).collect();
            let opened = answers.iter().filter(|answer| (200..300).contains(&answer.status)).count();
            let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
            assert_eq!(opened, 1, "round {round}: {statuses:?}");
            // Where passwords are checked, a slow machine may turn some away.
            assert!(statuses.iter().all(|status| *status < 500 || *status == 503), "{statuses:?}");
        }
    }
}

/// What an answer tells, without what differs from request to request.
fn plain(answer: &Answer) -> (u16, Value, String) {
    let mut body: Value = serde_json::from_str(&answer.text).unwrap_or_else(|_| json!(answer.text));
    if body.is_object() {
        body["instance"] = Value::Null;
    }
    (answer.status, body, answer.header("retry-after").to_owned())
}

/// Case 13: every door that checks a code, while the account waits, gives a right and a wrong one the same answer; then the
/// same for the password.
#[tokio::test]
async fn while_an_account_waits_no_door_tells_right_from_wrong() {
    for stage in Stage::both().await {
        let (joana, _) = turn_on(&stage, &stage.joana, JOANA).await;
        stage.server.advance(Duration::minutes(2)).await;
        let half = half(&stage, JOANA).await;
        for _ in 0..5 {
            show_code(&half, "000000").await.expect(422);
        }
        let right = stage.server.code_of(JOANA);
        for (by, path, password) in [
            (&half, "/api/v1/sign-in/code".to_owned(), None),
            (&joana, format!("{FACTOR}/enable"), None),
            (&joana, format!("{FACTOR}/disable"), None),
            (&joana, format!("{FACTOR}/show"), Some(PASSWORD)),
            (&joana, "/api/v1/account/confirm".to_owned(), Some(PASSWORD)),
        ] {
            let mut told = Vec::new();
            for code in [right.as_str(), "000000"] {
                let body = json!({ "code": code, "password": password });
                told.push(plain(&by.post(&path, body).await.expect(429)));
            }
            assert_eq!(told[0], told[1], "{path}");
        }
        stage.server.advance(Duration::minutes(1)).await;
        show_code(&half, &stage.server.code_of(JOANA)).await.expect(200);

        let wrong = "not the password at all";
        for _ in 0..5 {
            let body = json!({ "email": JOANA, "password": wrong });
            stage.server.anonymous().post("/api/v1/sign-in", body).await.expect(401);
        }
        stage.server.advance(Duration::seconds(20)).await;
        let code = stage.server.code_of(JOANA);
        let nobody = stage.server.anonymous();
        let mut told: Vec<Vec<_>> = Vec::new();
        for password in [PASSWORD, wrong] {
            let both = json!({ "password": password, "code": code });
            let new = json!({ "current_password": password, "new_password": "another latch and a string" });
            let form = [("email", JOANA), ("password", password)];
            let pages = [("current_password", password), ("new_password", "another latch and a string")];
            told.push(vec![
                plain(&nobody.post("/api/v1/sign-in", json!({ "email": JOANA, "password": password })).await),
                plain(&nobody.form("/sign-in", &form).await),
                plain(&joana.post("/api/v1/account/password", new).await),
                plain(&joana.form("/account/password", &pages).await),
                plain(&joana.post("/api/v1/account/confirm", both.clone()).await),
                plain(&joana.form("/account/confirm", &[("password", password), ("code", &code)]).await),
                plain(&joana.post(&format!("{FACTOR}/show"), both).await),
                plain(
                    &joana.form("/account/two-factor/show", &[("password", password), ("code", &code)]).await,
                ),
                plain(&crate::integration_logins::ask(&stage, JOANA, password).await),
            ]);
        }
        assert_eq!(told[0], told[1]);
        assert!(told[0].iter().all(|(status, ..)| *status == 429), "{told:?}");
        // The code was looked at by none of them, and is still good.
        stage.server.advance(Duration::seconds(10)).await;
        let half = super::half(&stage, JOANA).await;
        show_code(&half, &code).await.expect(200);
    }
}

/// Case 18: whoever may do more than when the code was shown is asked for one again, on browsers that were remembered too.
#[tokio::test]
async fn a_greater_role_asks_for_the_code_again() {
    for stage in Stage::both().await {
        let (marcos, _) = turn_on(&stage, &stage.marcos, MARCOS).await;
        let (_, device) = remembered(&stage, MARCOS).await;
        let devices = "/api/v1/account/remembered-devices";
        let count = async |by: &Browser| {
            by.get(devices).await.expect(200).json()["data"].as_array().expect("a list").len()
        };
        assert_eq!(count(&marcos).await, 1);
        stage.server.advance(Duration::minutes(2)).await;
        let path = format!("/api/v1/organizations/{}/members", stage.aurora);
        let members = stage.joana.get(&format!("{path}?search=marcos")).await.expect(200).json();
        let member = format!("{path}/{}", members["data"][0]["id"].as_str().expect("an id"));
        let change = async |role: &str| {
            stage.joana.send("PATCH", &member, json!({ "role": role })).await.expect(200);
        };
        change("administrator").await;
        assert_eq!(count(&marcos).await, 0);
        assert!(asks_for_code(&stage, MARCOS, &device).await, "an administrator from now on");
        stage.server.advance(Duration::minutes(2)).await;
        let (_, device) = remembered(&stage, MARCOS).await;
        change("administrator").await;
        let device = start(&stage, MARCOS, &device).await.expect(200).cookie(DEVICE);
        change("member").await;
        let device = start(&stage, MARCOS, &device).await.expect(200).cookie(DEVICE);
        // An administrator somewhere else.
        stage.server.advance(Duration::minutes(2)).await;
        let path = format!("/api/v1/organizations/{}/invitations", stage.boreal);
        let invited = json!({ "email": MARCOS, "role": "administrator" });
        stage.bea.post(&path, invited).await.expect(201);
        let link = stage.server.mailed_link(MARCOS, "/invitations/").await;
        let token = json!({ "token": link.rsplit('/').next().expect("a token") });
        marcos.post("/api/v1/invitations/accept", token).await.expect(200);
        assert!(asks_for_code(&stage, MARCOS, &device).await, "an administrator of Boreal");
    }
}

/// C13, S22: however many sets are asked for at once, one is good.
#[tokio::test(flavor = "multi_thread")]
async fn one_set_of_recovery_codes_is_good() {
    for stage in Stage::both().await {
        let (joana, codes) = turn_on(&stage, &stage.joana, JOANA).await;
        let tries: Vec<_> = (0..6)
            .map(|_| {
                let joana = joana.clone();
                operation::spawn(async move {
                    joana.post(&format!("{FACTOR}/recovery-codes"), nothing()).await.status
                })
            })
            .collect();
        for one in join_all(tries).await {
            assert_eq!(one.expect("no panic"), 201);
        }
        assert_eq!(joana.get(FACTOR).await.expect(200).json()["recovery_codes_left"], 10);
        let half = half(&stage, JOANA).await;
        half.post("/api/v1/sign-in/recovery-code", json!({ "code": codes[0] })).await.expect(422);
    }
}
