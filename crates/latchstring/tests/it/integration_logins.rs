//! Old interfaces that cannot ask for a code: the logins for them, what proxies are told, and everything that must not be
//! opened by one.

mod limits;
mod own;
mod pages;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::future::join_all;
use kernel::Duration;
use serde_json::{Value, json};

use crate::support::{
    cast::{ORIGIN, Stage},
    rows::audit,
    server::{Answer, Browser, nothing},
};

/// Where the client of most tests is.
const CLIENT: &str = "203.0.113.9";

/// What an administrator is shown once.
pub struct Made {
    pub id: String,
    pub login: String,
    pub value: String,
}

fn path(organization: &str) -> String {
    format!("/api/v1/organizations/{organization}/integration-logins")
}

fn wanted(stage: &Stage, networks: &[&str]) -> Value {
    let end = web::rest::rfc3339(stage.server.now() + Duration::days(30));
    json!({ "name": "Payroll import", "application_id": stage.application, "ends_at": end, "networks": networks })
}

pub async fn made(stage: &Stage, networks: &[&str]) -> Made {
    let answer = stage.joana.post(&path(&stage.aurora), wanted(stage, networks)).await.expect(201).json();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    Made {
        id: text(&answer["integration_login"]["id"]),
        login: text(&answer["integration_login"]["login"]),
        value: text(&answer["value"]),
    }
}

pub fn basic(login: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{login}:{password}")))
}

/// What a proxy is told about a request to the old interface.
struct Question<'a> {
    stage: &'a Stage,
    authorization: Option<String>,
    from: &'a str,
    origin: &'a str,
    target: &'a str,
}

impl<'a> Question<'a> {
    fn new(stage: &'a Stage, login: &str, password: &str) -> Self {
        let authorization = Some(basic(login, password));
        Self { stage, authorization, from: CLIENT, origin: &stage.origin, target: "/soap/ledger?wsdl" }
    }

    async fn ask(&self) -> Answer {
        let (scheme, host) = self.origin.split_once("://").expect("an origin");
        let mut request = self
            .stage
            .server
            .anonymous()
            .request("GET", "/authz/legacy?under=/soap/")
            .header("x-forwarded-method", "POST")
            .header("x-forwarded-proto", scheme)
            .header("x-forwarded-host", host)
            .header("x-forwarded-uri", self.target)
            .header("x-forwarded-for", self.from);
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        Answer::of(request).await
    }

    /// The same as nginx asks it.
    async fn ask_as_nginx(&self) -> Answer {
        let mut request = self
            .stage
            .server
            .anonymous()
            .request("GET", "/authz/legacy-request?under=/soap/")
            .header("x-original-method", "POST")
            .header("x-original-url", format!("{}{}", self.origin, self.target))
            .header("x-forwarded-for", self.from);
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        Answer::of(request).await
    }
}

pub async fn ask(stage: &Stage, login: &str, password: &str) -> Answer {
    Question::new(stage, login, password).ask().await
}

fn claims(answer: &Answer) -> Value {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let token = answer.header("x-latchstring-jwt-assertion");
    let body = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).expect("base64url")).expect("claims")
}

/// C15: an administrator makes a separate login with a long generated password, shown once and kept as a hash (S64); it
/// opens the old interface without a code, and the product is told which login it is.
#[tokio::test]
async fn an_old_interface_is_opened_by_its_own_login() {
    for stage in Stage::both().await {
        let made = made(&stage, &[]).await;
        assert!(made.login.starts_with("int-") && !made.login.contains('@'), "{}", made.login);
        assert!(made.value.starts_with("lsp_") && made.value.len() == 40, "{}", made.value.len());
        let question = Question::new(&stage, &made.login, &made.value);
        for answer in [question.ask().await.expect(200), question.ask_as_nginx().await.expect(200)] {
            assert_eq!(answer.header("remote-user"), made.login);
            assert_eq!(answer.header("remote-groups"), "integrations");
            assert_eq!(answer.header("remote-name"), "Payroll import");
            assert!(!answer.headers.contains_key("remote-email"), "it is nobody's address");
            assert_eq!(answer.header("x-latchstring-account"), stage.aurora);
            assert_eq!(answer.header("x-latchstring-acting"), "integration");
            assert!(!answer.headers.contains_key("set-cookie"), "and no session");
            let claims = claims(&answer);
            assert_eq!(claims["sub"], made.login);
            assert_eq!(claims["integration"], made.id);
            assert_eq!(claims["aud"], stage.application);
            assert_eq!(claims["account"], stage.aurora);
            assert_eq!(claims["acting"], "integration");
            assert!(claims["exp"].as_i64().expect("an end") <= stage.server.now().as_seconds() + 60);
        }
        // Not in clear anywhere that is listed or logged.
        let list = stage.joana.get(&path(&stage.aurora)).await.expect(200);
        assert!(!list.text.contains(&made.value) && !list.text.contains("lsp_"), "{}", list.text);
        for line in audit(&stage.server).await {
            assert!(!line.details.to_string().contains("lsp_"), "{line:?}");
        }
    }
}

/// C15: it works on the old interface only: not on the sign-in, not on the API, not on the product's other paths, not in
/// another application, and no path that could mean another one passes for one of the old interface (case 34).
#[tokio::test]
async fn it_opens_nothing_else() {
    let stage = Stage::start().await;
    let made = made(&stage, &[]).await;
    let nobody = stage.server.anonymous();
    let body = json!({ "email": made.login, "password": made.value });
    nobody.post("/api/v1/sign-in", body).await.expect(401);
    let form = [("email", made.login.as_str()), ("password", made.value.as_str())];
    let page = nobody.form("/sign-in", &form).await;
    assert_ne!(page.status, 303, "no way in");
    assert!(!page.headers.contains_key("set-cookie"));
    let authorization = basic(&made.login, &made.value);
    for path in ["/api/v1/sessions/current", "/api/v1/organizations", &path(&stage.aurora)] {
        for value in [authorization.clone(), format!("Bearer {}", made.value)] {
            Answer::of(nobody.request("GET", path).header("authorization", value)).await.expect(401);
        }
    }
    let led =
        Answer::of(nobody.request("GET", "/organizations").header("authorization", &authorization)).await;
    assert!(led.header("location").starts_with("/sign-in"), "{}", led.status);
    // As a session of our host or of the product's.
    for name in ["__Host-latchstring", "__Host-latchstring_app", "__Host-latchstring_acting"] {
        let cookie = format!("{name}={}", made.value);
        nobody.with_cookie(&cookie).get("/api/v1/sessions/current").await.expect(401);
        stage.ask(&cookie, "GET", "/").await.expect(401);
    }
    // The product's other paths are asked about elsewhere, and there it is nobody.
    let (scheme, host) = ORIGIN.split_once("://").expect("an origin");
    for (path, method, uri) in [
        ("/authz/forward-auth", "x-forwarded-method", "x-forwarded-uri"),
        ("/authz/auth-request", "x-original-method", "x-original-url"),
    ] {
        let target = if uri == "x-original-url" { format!("{ORIGIN}/soap/") } else { "/soap/".to_owned() };
        let request = nobody
            .request("GET", path)
            .header(method, "GET")
            .header(uri, target)
            .header("x-forwarded-proto", scheme)
            .header("x-forwarded-host", host)
            .header("authorization", &authorization);
        Answer::of(request).await.expect(401);
    }
    let question = Question::new(&stage, &made.login, &made.value);
    for target in [
        "/ledger",
        "/soap",
        "/soap/../ledger",
        "/soap/..%2fledger",
        "/soap/%2e%2e/ledger",
        "/soap//ledger",
        "/soap/..;/ledger",
    ] {
        let refused =
            Question { target, authorization: question.authorization.clone(), ..question }.ask().await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "not_legacy"), "{target}");
    }
    // Another application, and one that nobody registered.
    let body = json!({ "name": "Archive", "origin": "http://archive.example.com" });
    stage.vera.post("/api/v1/applications", body).await.expect(201);
    let elsewhere = |origin| Question { origin, authorization: question.authorization.clone(), ..question };
    elsewhere("http://archive.example.com").ask().await.expect(401);
    let unknown = elsewhere("http://nowhere.example.com").ask().await.expect(403);
    assert_eq!(unknown.header("x-latchstring-reason"), "unknown_application");
    // And where it does work, it still does.
    question.ask().await.expect(200);
}

/// C15: it can be limited to addresses of both kinds; what is no network is refused with words.
#[tokio::test]
async fn it_can_be_limited_to_networks() {
    for stage in Stage::both().await {
        let made = made(&stage, &["203.0.113.0/24", "2001:db8:5::/48"]).await;
        let from = async |from: &str| {
            Question { from, ..Question::new(&stage, &made.login, &made.value) }.ask().await
        };
        for good in ["203.0.113.1", "203.0.113.254", "2001:db8:5::7", "::ffff:203.0.113.4"] {
            from(good).await.expect(200);
        }
        for bad in ["203.0.114.1", "2001:db8:6::7"] {
            let refused = from(bad).await.expect(403);
            assert_eq!(refused.header("x-latchstring-reason"), "wrong_network", "{bad}");
        }
        // What a client claims to have been sent for is not where it comes from.
        from("203.0.113.1, 198.51.100.1").await.expect(403);
        let tried: Vec<_> = audit(&stage.server)
            .await
            .into_iter()
            .filter(|line| line.kind == "integration_login.refused")
            .collect();
        assert_eq!(tried.len(), 3);
        assert!(tried.iter().all(|line| line.details["why"] == "wrong_network"
            && line.organization.as_deref() == Some(&*stage.aurora)));

        for bad in ["203.0.113.0/33", "office", "10.0.0.1/8", "fe80::1%eth0", "1.2.3"] {
            let refused = stage.joana.post(&path(&stage.aurora), wanted(&stage, &[bad])).await.expect(422);
            let said = refused.json()["errors"][0].clone();
            assert_eq!(
                (said["pointer"].as_str(), said["code"].as_str()),
                (Some("#/networks"), Some("not_a_network"))
            );
            assert!(said["detail"].as_str().is_some_and(|words| words.contains(bad)), "{said}");
        }
    }
}

/// C15: it has an end, of at most a year, and ends at it by itself.
#[tokio::test]
async fn it_has_an_end() {
    for stage in Stage::both().await {
        let made = made(&stage, &[]).await;
        let with_end = |end: Duration, name: &str| {
            let mut body = wanted(&stage, &[]);
            body["ends_at"] = web::rest::rfc3339(stage.server.now() + end).into();
            body["name"] = name.into();
            body
        };
        for (body, code) in [
            (with_end(Duration::days(365) + Duration::seconds(1), "x"), "too_late"),
            (with_end(Duration::ZERO, "x"), "in_the_past"),
            (with_end(Duration::days(1), " "), "required"),
        ] {
            let refused = stage.joana.post(&path(&stage.aurora), body).await.expect(422);
            assert_eq!(refused.json()["errors"][0]["code"], code);
        }
        let mut endless = wanted(&stage, &[]);
        endless.as_object_mut().expect("fields").remove("ends_at");
        assert!(matches!(stage.joana.post(&path(&stage.aurora), endless).await.status, 400 | 422));
        stage.joana.post(&path(&stage.aurora), with_end(Duration::days(365), "A year")).await.expect(201);
        let form =
            [("name", "x"), ("application_id", &*stage.application), ("networks", ""), ("ends_at", "9999")];
        let page = format!("/organizations/{}/integration-logins/new", stage.aurora);
        stage.joana.form(&page, &form).await.expect(422);

        stage.server.clock.advance(Duration::seconds(30 * 86_400 - 1));
        let last = ask(&stage, &made.login, &made.value).await.expect(200);
        assert_eq!(
            claims(&last)["exp"].as_i64(),
            Some(stage.server.now().as_seconds() + 1),
            "not beyond its end"
        );
        stage.server.clock.advance(Duration::seconds(1));
        ask(&stage, &made.login, &made.value).await.expect(401);
    }
}

/// C15: it is listed, with its last use and where that was from; only administrators see it, make it and revoke it, and
/// all of it stands in the organization's log.
#[tokio::test]
async fn it_is_listed_with_its_last_use() {
    for stage in Stage::both().await {
        let made = made(&stage, &["203.0.113.0/24"]).await;
        let listed =
            async || stage.joana.get(&path(&stage.aurora)).await.expect(200).json()["data"][0].clone();
        let before = listed().await;
        assert_eq!((&before["last_used_at"], &before["state"]), (&Value::Null, &json!("active")));
        assert_eq!(before["networks"], json!(["203.0.113.0/24"]));
        assert_eq!(before["created_by"], "Joana Prado");
        stage.server.clock.advance(Duration::seconds(1));
        ask(&stage, &made.login, &made.value).await.expect(200);
        let first = listed().await;
        assert_eq!(first["last_used_at"], web::rest::rfc3339(stage.server.now()));
        assert_eq!(first["last_address"], CLIENT);
        // At most each minute, whatever it is used for in between.
        stage.server.clock.advance(Duration::seconds(59));
        ask(&stage, &made.login, &made.value).await.expect(200);
        assert_eq!(listed().await["last_used_at"], first["last_used_at"]);
        stage.server.clock.advance(Duration::seconds(1));
        let from = "203.0.113.77";
        Question { from, ..Question::new(&stage, &made.login, &made.value) }.ask().await.expect(200);
        assert_eq!(listed().await["last_address"], from);

        for (by, status) in [(&stage.marcos, 403), (&stage.bea, 404), (&stage.ana, 404), (&stage.vera, 404)] {
            by.get(&path(&stage.aurora)).await.expect(status);
            by.post(&path(&stage.aurora), wanted(&stage, &[])).await.expect(status);
            by.send("DELETE", &format!("{}/{}", path(&stage.aurora), made.id), nothing())
                .await
                .expect(status);
            by.get(&format!("/organizations/{}/integration-logins", stage.aurora)).await.expect(status);
        }
        // An administrator of another customer, by way of their own organization.
        stage
            .bea
            .send("DELETE", &format!("{}/{}", path(&stage.boreal), made.id), nothing())
            .await
            .expect(404);
        ask(&stage, &made.login, &made.value).await.expect(200);
        let kinds: Vec<String> = audit(&stage.server)
            .await
            .into_iter()
            .filter(|line| line.subject == made.id && line.organization.as_deref() == Some(&*stage.aurora))
            .map(|line| line.kind)
            .collect();
        assert_eq!(kinds, ["integration_login.created", "integration_login.used", "integration_login.used"]);
        let log = stage.joana.get(&format!("/organizations/{}/access-log", stage.aurora)).await.expect(200);
        assert!(log.text.contains("made the integration login <bdi>Payroll import</bdi>"), "{}", log.text);
        assert!(log.text.contains(&format!("was used from {from}")));
    }
}

/// C15, F3: revoked after a confirmation, and from then on nobody is told yes; what ended never comes back.
#[tokio::test]
async fn a_revoked_login_is_refused_at_once() {
    for stage in Stage::both().await {
        let made = made(&stage, &[]).await;
        ask(&stage, &made.login, &made.value).await.expect(200);
        let pages = format!("/organizations/{}/integration-logins", stage.aurora);
        let list = stage.joana.get(&pages).await.expect(200);
        let way = format!("{pages}/{}/revoke", made.id);
        assert!(list.text.contains(&way), "{}", list.text);
        let asks = stage.joana.get(&way).await.expect(200);
        assert!(asks.text.contains("Revoke the login Payroll import?"), "{}", asks.text);
        ask(&stage, &made.login, &made.value).await.expect(200);
        let done = stage.joana.form(&way, &[]).await.expect(303);
        assert_eq!(done.header("location"), format!("{pages}?done=revoked"));
        let refused = ask(&stage, &made.login, &made.value).await.expect(401);
        assert!(refused.header("www-authenticate").starts_with("Basic realm="));
        stage.joana.form(&way, &[]).await.expect(409);
        assert!(stage.joana.get(&way).await.expect(200).text.contains("There is nothing left to revoke."));
        let list = stage.joana.get(&path(&stage.aurora)).await.expect(200).json();
        assert_eq!(list["data"][0]["state"], "revoked", "it stays in the list");
    }
}

/// C15, F3: fifty uses run while it is revoked; none that began after the revoke had returned is a yes.
#[tokio::test]
async fn no_use_outlives_the_revoke() {
    for stage in Stage::both().await {
        for _ in 0..3 {
            let made = made(&stage, &[]).await;
            ask(&stage, &made.login, &made.value).await.expect(200);
            let is_revoked = std::sync::atomic::AtomicBool::new(false);
            let late = std::sync::atomic::AtomicUsize::new(0);
            let uses = (0..50).map(|_| async {
                use std::sync::atomic::Ordering::SeqCst;
                for _ in 0..6 {
                    let began_after = is_revoked.load(SeqCst);
                    let status = ask(&stage, &made.login, &made.value).await.status;
                    assert!(matches!(status, 200 | 401 | 429), "{status}");
                    if began_after {
                        late.fetch_add(1, SeqCst);
                        assert_ne!(status, 200, "after the revoke had returned");
                    }
                }
            });
            let revoke = async {
                let path = format!("{}/{}", path(&stage.aurora), made.id);
                stage.joana.send("DELETE", &path, nothing()).await.expect(204);
                is_revoked.store(true, std::sync::atomic::Ordering::SeqCst);
                for _ in 0..5 {
                    assert_ne!(ask(&stage, &made.login, &made.value).await.status, 200);
                }
            };
            tokio::join!(join_all(uses), revoke);
            assert!(late.into_inner() > 0, "some came late");
        }
    }
}

/// C16, S10: an unknown login and a wrong password look the same and are counted for each login and source; who is right is
/// not shut out by who is wrong, and one who is busy does not shut itself out.
#[tokio::test]
async fn guesses_are_counted_and_harm_nobody_else() {
    for stage in Stage::both().await {
        let made = made(&stage, &[]).await;
        let other = self::made(&stage, &[]).await;
        let known = ask(&stage, &made.login, &other.value).await.expect(401);
        let unknown = ask(&stage, "int-abcdefghjkmn", &other.value).await.expect(401);
        assert_eq!(known.text, unknown.text);
        for _ in 1..5 {
            ask(&stage, &made.login, "wrong").await.expect(401);
            ask(&stage, "int-abcdefghjkmn", "wrong").await.expect(401);
        }
        for login in [made.login.as_str(), "int-abcdefghjkmn"] {
            let waits = ask(&stage, login, "wrong").await.expect(429);
            assert_eq!(waits.header("retry-after"), "30");
            // nginx would make a fault of 429.
            let nginx = Question::new(&stage, login, "wrong").ask_as_nginx().await.expect(403);
            assert_eq!(nginx.header("x-latchstring-reason"), "too_many_tries");
        }
        ask(&stage, &made.login, &made.value).await.expect(200);
        let busy = join_all((0..50).map(|_| ask(&stage, &made.login, &made.value))).await;
        assert!(busy.iter().all(|answer| answer.status == 200));
        let tried: Vec<_> = audit(&stage.server)
            .await
            .into_iter()
            .filter(|line| line.kind == "integration_login.refused")
            .collect();
        assert_eq!(tried.len(), 10, "what waits is not written down");
        assert!(tried.iter().all(|line| line.outcome == "refused"));
    }
}

/// F5, cases 27, 29: a question that cannot be read, from a stranger, or of a proxy that tells two things, is no yes.
#[tokio::test]
async fn a_doubtful_question_is_no_yes() {
    let stage = Stage::start().await;
    let made = made(&stage, &[]).await;
    let none = Question { authorization: None, ..Question::new(&stage, "", "") };
    let asked = none.ask().await.expect(401);
    assert!(asked.header("www-authenticate").starts_with("Basic realm="));
    assert_eq!(asked.header("cache-control"), "no-store");
    let nobody = stage.server.anonymous();
    let (scheme, host) = ORIGIN.split_once("://").expect("an origin");
    let whole = |by: &Browser| {
        by.request("GET", "/authz/legacy")
            .header("x-forwarded-proto", scheme)
            .header("x-forwarded-host", host)
            .header("x-forwarded-uri", "/soap/")
            .header("authorization", basic(&made.login, &made.value))
    };
    Answer::of(whole(&nobody)).await.expect(400);
    Answer::of(whole(&nobody).header("x-forwarded-method", "POST")).await.expect(200);
    // nginx's words to the other dialect are not heard, nor the other way round.
    let twice = whole(&nobody).header("x-forwarded-method", "POST").header("x-forwarded-uri", "/soap/");
    Answer::of(twice).await.expect(400);
    let mixed = whole(&nobody)
        .header("x-original-method", "POST")
        .header("x-original-url", format!("{ORIGIN}/soap/"));
    Answer::of(mixed).await.expect(400);
    let twice = whole(&nobody)
        .header("x-forwarded-method", "POST")
        .header("authorization", basic(&made.login, &made.value));
    Answer::of(twice).await.expect(401);
    stage.server.product.world.store.close().await;
    let unknown = ask(&stage, &made.login, &made.value).await.expect(503);
    assert_eq!(unknown.header("retry-after"), "2");
}
