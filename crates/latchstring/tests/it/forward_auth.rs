//! What proxies are answered: the whole table for both dialects, the assertion, and what no trick turns into a yes.

mod assertion;
mod ended;
mod tricks;
mod visits;
mod ways;

use reqwest::RequestBuilder;
use serde_json::json;

use crate::support::{
    cast::Stage,
    server::{Answer, nothing},
};

/// The two ways in which proxies ask.
const DIALECTS: [&str; 2] = ["/authz/forward-auth", "/authz/auth-request"];
const NAVIGATION: &[(&str, &str)] = &[("sec-fetch-mode", "navigate"), ("accept", "text/html")];
/// The names of the usual set. All of them stand on every yes.
const IDENTITY: [&str; 8] = [
    "remote-user",
    "remote-groups",
    "remote-name",
    "remote-email",
    "x-latchstring-account",
    "x-latchstring-acting",
    "x-latchstring-permissions",
    "x-latchstring-jwt-assertion",
];

/// A proxy's question, before anything is added to it.
fn question(stage: &Stage, dialect: &str, origin: &str, method: &str, target: &str) -> RequestBuilder {
    let (scheme, host) = origin.split_once("://").expect("an origin");
    let request = stage.server.anonymous().request("GET", dialect).header("x-forwarded-for", "203.0.113.9");
    if dialect == DIALECTS[0] {
        request
            .header("x-forwarded-method", method)
            .header("x-forwarded-proto", scheme)
            .header("x-forwarded-host", host)
            .header("x-forwarded-uri", target)
    } else {
        request.header("x-original-method", method).header("x-original-url", format!("{origin}{target}"))
    }
}

async fn ask(
    stage: &Stage,
    dialect: &str,
    cookie: &str,
    held: (&str, &str),
    more: &[(&str, &str)],
) -> Answer {
    let mut request = question(stage, dialect, &stage.origin, held.0, held.1);
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    if !cookie.is_empty() {
        request = request.header("cookie", cookie);
    }
    Answer::of(request).await
}

#[track_caller]
fn is_yes(answer: &Answer, why: &str) {
    assert_eq!(answer.status, 200, "{why}: {}", answer.text);
    assert!(answer.text.is_empty(), "{why}: a yes has no body");
    for name in IDENTITY {
        assert_eq!(answer.headers.get_all(name).iter().count(), 1, "{why}: {name}");
        assert!(!answer.header(name).is_empty(), "{why}: {name}");
    }
    assert_eq!(answer.header("cache-control"), "no-store", "{why}");
    assert!(!answer.headers.contains_key("set-cookie"), "{why}: proxies drop it");
}

#[track_caller]
fn is_problem(answer: &Answer, status: u16, code: &str, why: &str) {
    assert_eq!(answer.status, status, "{why}: {}", answer.text);
    assert_eq!(answer.header("content-type"), "application/problem+json", "{why}");
    assert_eq!(answer.code(), code, "{why}");
    tells_nothing(answer, why);
}

/// No answer but a yes says who somebody is.
#[track_caller]
fn tells_nothing(answer: &Answer, why: &str) {
    assert!(answer.status >= 300, "{why}: {}", answer.status);
    for name in IDENTITY {
        assert!(!answer.headers.contains_key(name), "{why}: {name} beside {}", answer.status);
    }
}

/// F1: a yes is 200 with an empty body and every header of the set, for members and for whoever acts as support.
#[tokio::test]
async fn a_yes_is_200_and_says_who() {
    let stage = Stage::start().await;
    let member = stage.member_inside(&stage.marcos).await;
    let agent = stage.ana_inside(&stage.opened_to_ana("write").await).await;
    for dialect in DIALECTS {
        for method in ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"] {
            for more in [&[][..], NAVIGATION] {
                let answer = ask(&stage, dialect, &member, (method, "/ledger?page=2"), more).await;
                is_yes(&answer, method);
                assert_eq!(answer.header("x-latchstring-acting"), "none");
                assert_eq!(answer.header("x-latchstring-account"), stage.aurora);
                assert_eq!(answer.header("remote-groups"), "members");
                assert_eq!(answer.header("remote-name"), "Marcos Lima");
                assert_eq!(answer.header("remote-email"), "marcos@aurora.example");
                let answer = ask(&stage, dialect, &agent, (method, "/ledger?page=2"), more).await;
                is_yes(&answer, method);
                assert_eq!(answer.header("x-latchstring-acting"), "support");
                assert_eq!(answer.header("x-latchstring-account"), stage.aurora);
                assert_eq!(answer.header("remote-groups"), "agents");
                assert_eq!(answer.header("remote-email"), "ana@vendor.example");
            }
        }
        // Some proxies ask with the method of the request that they hold.
        for method in ["POST", "PUT", "DELETE"] {
            let asked = stage.server.anonymous().with_cookie(&member);
            let (scheme, host) = stage.origin.split_once("://").expect("an origin");
            let request = asked
                .request(method, dialect)
                .header("x-forwarded-method", method)
                .header("x-forwarded-proto", scheme)
                .header("x-forwarded-host", host)
                .header("x-forwarded-uri", "/")
                .header("x-original-method", method)
                .header("x-original-url", format!("{}/", stage.origin));
            is_yes(&Answer::of(request).await, method);
        }
    }
}

/// F1: who is not signed in is led to the sign-in if a page is asked for, and told 401 otherwise.
#[tokio::test]
async fn nobody_is_led_to_the_sign_in_or_told_401() {
    let stage = Stage::start().await;
    let pages: [&[(&str, &str)]; 3] = [
        NAVIGATION,
        &[("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")],
        &[("sec-fetch-mode", "navigate"), ("x-requested-with", "XMLHttpRequest")],
    ];
    let data: [&[(&str, &str)]; 5] = [
        &[],
        &[("accept", "application/json")],
        &[("accept", "text/html"), ("x-requested-with", "XMLHttpRequest")],
        &[("accept", "text/html"), ("sec-fetch-mode", "cors")],
        &[("accept", "text/html"), ("sec-fetch-mode", "no-cors")],
    ];
    let target = "/ledger/7?sort=name&q=a%20b";
    for dialect in DIALECTS {
        let is_nginx = dialect == DIALECTS[1];
        for method in ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"] {
            let redirect = if matches!(method, "GET" | "HEAD" | "OPTIONS") { 302 } else { 303 };
            for more in pages {
                let answer = ask(&stage, dialect, "", (method, target), more).await;
                assert_eq!(
                    answer.status,
                    if is_nginx { 401 } else { redirect },
                    "{dialect} {method} {more:?}"
                );
                tells_nothing(&answer, method);
                let location = url::Url::parse(answer.header("location")).expect("an address");
                assert!(
                    location.as_str().starts_with(&format!("{}/_latchstring/begin?", stage.origin)),
                    "{location}"
                );
                let back: Vec<_> = location.query_pairs().collect();
                assert_eq!(back, [("rd".into(), target.into())]);
                assert!(!answer.header("www-authenticate").contains("Basic"));
            }
            for more in data {
                let answer = ask(&stage, dialect, "", (method, target), more).await;
                is_problem(&answer, 401, "unauthenticated", &format!("{dialect} {method} {more:?}"));
                assert!(!answer.headers.contains_key("location"), "{dialect} {method} {more:?}");
                assert_eq!(answer.header("www-authenticate"), if is_nginx { "" } else { "Bearer" });
            }
        }
        // A way back that is too long for an address leads to the first page.
        let long = format!("/{}", "a".repeat(6000));
        let answer = ask(&stage, dialect, "", ("GET", &long), NAVIGATION).await;
        assert!(answer.header("location").len() < 400, "{}", answer.header("location"));
    }
}

/// F1, A19: who is known and may not gets 403 with the reason; a page where a page was asked for and can be shown.
#[tokio::test]
async fn no_is_403_with_the_reason() {
    let stage = Stage::start().await;
    let grant = stage.opened_to_ana("read_only").await;
    let agent = stage.ana_inside(&grant).await;
    let refused = async |method: &str, reason: &str| {
        for dialect in DIALECTS {
            let program = ask(&stage, dialect, &agent, (method, "/ledger/1"), &[]).await;
            is_problem(&program, 403, reason, dialect);
            assert_eq!(program.header("x-latchstring-reason"), reason);
            let person = ask(&stage, dialect, &agent, (method, "/ledger/1"), NAVIGATION).await;
            assert_eq!(person.status, 403);
            tells_nothing(&person, dialect);
            assert_eq!(person.header("x-latchstring-reason"), reason);
            assert!(!person.headers.contains_key("location"), "round the sign-in for ever");
            let is_page = person.header("content-type").starts_with("text/html");
            assert_eq!(is_page, dialect == DIALECTS[0], "nginx throws the body away");
            assert_eq!(person.header("cache-control"), "no-store");
            if is_page {
                assert!(person.text.contains("<h1"), "{}", person.text);
                // Everything on it is reached through the product's host or leads to our own.
                assert!(!person.text.contains("href=\"/assets/"), "{}", person.text);
            }
        }
    };
    for method in ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"] {
        refused(method, "read_only").await;
    }
    stage.joana.post(&format!("/api/v1/support-tokens/{grant}/revoke"), nothing()).await.expect(200);
    refused("GET", "grant_revoked").await;
    refused("POST", "grant_revoked").await;
}

/// F1: an origin that nobody registered is nobody's, whatever is presented there.
#[tokio::test]
async fn an_unknown_host_is_refused() {
    let stage = Stage::start().await;
    let member = stage.member_inside(&stage.marcos).await;
    let host = stage.origin.split_once("://").expect("an origin").1;
    for origin in [
        "http://other.example.com".to_owned(),
        format!("https://{host}"),
        format!("http://{host}:8081"),
        format!("http://{host}."),
        format!("http://x.{host}"),
        format!("http://{host}.evil.example"),
    ] {
        for dialect in DIALECTS {
            for cookie in ["", member.as_str()] {
                let request = question(&stage, dialect, &origin, "GET", "/").header("cookie", cookie);
                let answer = Answer::of(request).await;
                is_problem(&answer, 403, "unknown_application", &origin);
                assert_eq!(answer.header("x-latchstring-reason"), "unknown_application");
            }
        }
    }
    // Upper case and the port that the scheme implies are other spellings of the same place.
    for origin in [
        "http://ERP.Example.COM",
        "http://erp.example.com:80",
        "HTTP://erp.example.com",
        "ws://erp.example.com",
    ] {
        for dialect in DIALECTS {
            let request = question(&stage, dialect, origin, "GET", "/").header("cookie", &member);
            is_yes(&Answer::of(request).await, origin);
        }
    }
}

/// Case 29, S81: what is missing, there twice, or can be read in two ways is 400 and nothing else, also beside a good
/// cookie.
#[tokio::test]
async fn a_question_that_cannot_be_read_is_400() {
    let stage = Stage::start().await;
    let member = stage.member_inside(&stage.marcos).await;
    let host = stage.origin.split_once("://").expect("an origin").1;
    let whole: [&[(&str, &str)]; 2] = [
        &[
            ("x-forwarded-method", "GET"),
            ("x-forwarded-proto", "http"),
            ("x-forwarded-host", host),
            ("x-forwarded-uri", "/"),
        ],
        &[("x-original-method", "GET"), ("x-original-url", "http://erp.example.com/")],
    ];
    let strange: [&[(&str, &[&str])]; 2] = [
        &[
            ("x-forwarded-method", &["", "get", "G ET", "GET,POST", "GET2", &"A".repeat(40)]),
            ("x-forwarded-proto", &["", "ftp", "https, http", "http://", "file"]),
            (
                "x-forwarded-host",
                &["", "a@b", "erp.example.com/", "erp.example.com, evil.example", "a b", &"a".repeat(400)],
            ),
            ("x-forwarded-uri", &["", "ledger", "http://erp.example.com/", "*", "/a b", "?x"]),
        ],
        &[
            ("x-original-method", &["", "post", "GET POST"]),
            (
                "x-original-url",
                &[
                    "",
                    "/",
                    "erp.example.com/",
                    "http://",
                    "http://erp.example.com",
                    "http:///x",
                    "http://a@erp.example.com/",
                ],
            ),
        ],
    ];
    for (place, dialect) in DIALECTS.into_iter().enumerate() {
        let with = |headers: Vec<(&str, &str)>| {
            let mut request = stage.server.anonymous().request("GET", dialect).header("cookie", &member);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            Answer::of(request)
        };
        is_yes(&with(whole[place].to_vec()).await, dialect);
        for (name, value) in whole[place] {
            let without = whole[place].iter().copied().filter(|(other, _)| other != name).collect();
            is_problem(&with(without).await, 400, "unreadable_question", &format!("without {name}"));
            let twice = whole[place].iter().copied().chain([(*name, *value)]).collect();
            is_problem(&with(twice).await, 400, "unreadable_question", &format!("{name} twice"));
        }
        for (name, values) in strange[place] {
            for value in *values {
                let changed = whole[place]
                    .iter()
                    .map(|(other, usual)| if other == name { (*other, *value) } else { (*other, *usual) })
                    .collect();
                is_problem(&with(changed).await, 400, "unreadable_question", &format!("{name}: {value}"));
            }
        }
        // The other dialect's words do not stand in for what is missing.
        is_problem(&with(whole[1 - place].to_vec()).await, 400, "unreadable_question", dialect);
    }
}

/// F1: a program that calls an application with a key or a password of any kind is nobody to the proxy.
#[tokio::test]
async fn no_other_credential_counts() {
    let stage = Stage::start().await;
    let key = crate::support::cast::program(&stage, &["organizations.read"]).await;
    let own = stage.joana.cookie.clone().expect("a cookie");
    for dialect in DIALECTS {
        let bearer = format!("Bearer {}", key.bearer.as_deref().expect("a key"));
        for more in [
            [("authorization", bearer.as_str())],
            [("authorization", "Basic YWRtaW46YWRtaW4=")],
            [("cookie", &own)],
        ] {
            is_problem(
                &ask(&stage, dialect, "", ("GET", "/"), &more).await,
                401,
                "unauthenticated",
                more[0].0,
            );
        }
    }
    let mine = stage.server.anonymous().get("/api/v1/sessions/current").await;
    assert_eq!(mine.status, 401);
    assert_eq!(stage.joana.post("/api/v1/sign-out", json!({})).await.status / 100, 2);
}
