//! What a client sends to be taken for somebody else, through the real proxies.

use applications::HeaderSet;
use serde_json::Value;

use super::{Front, NAVIGATION, values};

/// Names of all sets, and what only we say. A client's value of any of them must not arrive.
const NAMES: [&str; 19] = [
    "Remote-User",
    "Remote-Groups",
    "Remote-Name",
    "Remote-Email",
    "X-Auth-Request-User",
    "X-Auth-Request-Groups",
    "X-Auth-Request-Email",
    "X-Auth-Request-Preferred-Username",
    "X-Forwarded-User",
    "X-Forwarded-Groups",
    "X-Forwarded-Email",
    "X-Latchstring-Account",
    "X-Latchstring-Acting",
    "X-Latchstring-Jwt-Assertion",
    "X-Latchstring-Mode",
    "X-Latchstring-Grant",
    "X-Latchstring-Until",
    "X-Latchstring-Reason",
    "X-Latchstring-Groups-Truncated",
];

const FORGED: &str = "forged-by-the-client";

/// Everything that arrived of it, by any spelling.
fn arrived(seen: &Value, name: &str) -> Vec<String> {
    values(seen, name).into_iter().filter(|value| value.contains(FORGED)).collect()
}

/// Case 26: no spelling of an identity header that the client sends reaches the product: not beside ours, not alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn forged_headers_do_not_arrive() {
    for set in HeaderSet::ALL {
        for front in Front::all_with(set).await {
            let member = front.opened_by(&front.stage.marcos, "/").await;
            let (_, agent) = front.ana_inside("read_only").await;
            // Names of a set that the application does not use mean nothing to it.
            let names = NAMES.into_iter().filter(|name| {
                let is_ours = name.starts_with("X-Latchstring-");
                is_ours || set.facts().iter().any(|(_, header)| header == name)
            });
            for name in names {
                for spelling in [
                    name.to_owned(),
                    name.to_lowercase(),
                    name.to_uppercase(),
                    name.replace('-', "_"),
                    name.to_lowercase().replace('-', "_"),
                    name.replacen('-', "_", 1),
                    name.chars().rev().collect::<String>().replacen('-', "_", 1).chars().rev().collect(),
                ] {
                    let line = format!("{spelling}: {FORGED}");
                    let spaced = format!("{spelling}:\t {FORGED}  ");
                    for cookie in [&member, &agent] {
                        let answer = front.send("GET /echo HTTP/1.1", cookie, &[&line, &spaced]).await;
                        // A proxy may refuse such a request altogether.
                        if answer.status != 200 {
                            assert_eq!(answer.status, 400, "{} {spelling}: {}", front.kind, answer.body);
                            continue;
                        }
                        let seen = front.echo.last();
                        assert_eq!(arrived(&seen, name), [""; 0], "{} {spelling}", front.kind);
                    }
                    let before = front.echo.count();
                    let answer = front.send("GET /echo HTTP/1.1", "", &[&line]).await;
                    assert!(
                        matches!(answer.status, 400 | 401),
                        "{} {spelling}: {}",
                        front.kind,
                        answer.status
                    );
                    assert_eq!(front.echo.count(), before, "{} {spelling}", front.kind);
                }
            }
            // Ours are there all the same.
            let forged: Vec<String> = NAMES.iter().map(|name| format!("{name}: {FORGED}")).collect();
            let lines: Vec<&str> = forged.iter().map(String::as_str).collect();
            assert_eq!(front.send("GET /echo HTTP/1.1", &agent, &lines).await.status, 200, "{}", front.kind);
            let seen = front.echo.last();
            for name in set.headers() {
                let told = front.told(&seen, name);
                assert!(
                    !told.is_empty() && !told.contains(FORGED) && !told.contains('{'),
                    "{} {name}: {told}",
                    front.kind
                );
            }
            assert_eq!(front.told(&seen, "x-latchstring-acting"), "support");
        }
    }
}

/// Our cookies are the bearer's only: the product never gets them, in whatever company they come.
#[tokio::test]
async fn our_cookies_do_not_reach_the_product() {
    for front in Front::all().await {
        let member = front.opened_by(&front.stage.marcos, "/").await;
        let (_, agent) = front.ana_inside("read_only").await;
        let own = front.stage.marcos.cookie.clone().expect("a cookie");
        for (sent, left) in [
            (member.clone(), vec![]),
            (format!("a=1; {member}; b=2"), vec!["a=1", "b=2"]),
            (format!("{member}; b=2"), vec!["b=2"]),
            (format!("a=1; {member}"), vec!["a=1"]),
            (format!("{agent}; a=1; {member}"), vec!["a=1"]),
            (format!("a=1; {member}; {agent}; {own}; b=2"), vec!["a=1", "b=2"]),
            (
                format!("a=latchstring; {member}; latchstrings=2; x__Host-latchstring_app=3"),
                vec!["a=latchstring", "latchstrings=2", "x__Host-latchstring_app=3"],
            ),
        ] {
            let answer = front.ask("GET", "/", &sent, NAVIGATION).await;
            assert_eq!(answer.status, 200, "{} {sent}", front.kind);
            let seen = front.echo.last();
            let got = values(&seen, "cookie").join("; ");
            for secret in [&member, &agent, &own] {
                let value = secret.split_once('=').expect("a pair").1;
                assert!(!seen.to_string().contains(value), "{}: {sent} arrived as {got}", front.kind);
            }
            let pairs: Vec<&str> = got.split(';').map(str::trim).filter(|pair| !pair.is_empty()).collect();
            assert_eq!(pairs, left, "{}: {sent}", front.kind);
        }
    }
}

/// Case 29: what the client says of its own method, path and host decides nothing.
#[tokio::test]
async fn the_clients_own_forwarded_headers_decide_nothing() {
    for front in Front::all().await {
        let (_, agent) = front.ana_inside("read_only").await;
        let member = front.opened_by(&front.stage.marcos, "/").await;
        let before = front.echo.count();
        for lie in [
            "X-Forwarded-Method: GET",
            "X-Original-Method: GET",
            "X-HTTP-Method-Override: GET",
            "X-Forwarded-Uri: /public",
            "X-Original-URL: http://other.example.com/public",
            "X-Original-URI: /public",
            "X-Forwarded-Host: other.example.com",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Prefix: /public",
            "Forwarded: for=127.0.0.1;host=other.example.com;proto=https",
            "X-Real-IP: 127.0.0.1",
        ] {
            for lines in [vec![lie], vec![lie, lie]] {
                let change = front
                    .send("POST /ledger/7 HTTP/1.1", &agent, &[&lines[..], &["Content-Length: 0"]].concat())
                    .await;
                assert!(matches!(change.status, 400 | 403), "{} {lie}: {}", front.kind, change.status);
                let nobody = front.send("GET /ledger HTTP/1.1", "", &lines).await;
                assert!(matches!(nobody.status, 400 | 401), "{} {lie}: {}", front.kind, nobody.status);
            }
        }
        assert_eq!(front.echo.count(), before, "{}: nothing reached the product", front.kind);
        // Case 30: naming our headers in `Connection` takes nothing away but a yes.
        for named in [
            "X-Forwarded-Uri, X-Forwarded-Host, Cookie",
            "X-Forwarded-Method",
            "X-Original-URL",
            "Remote-User, X-Latchstring-Acting, X-Latchstring-Jwt-Assertion",
        ] {
            let line = format!("Connection: close, {named}");
            let before = front.echo.count();
            let nobody = front.send("GET / HTTP/1.1", "", &[&line]).await;
            assert!(nobody.status >= 400, "{} {named}: {}", front.kind, nobody.status);
            let change = front.send("POST / HTTP/1.1", &agent, &[&line, "Content-Length: 0"]).await;
            assert!(change.status >= 400, "{} {named}: {}", front.kind, change.status);
            assert_eq!(front.echo.count(), before, "{} {named}", front.kind);
            let allowed =
                front.send("GET / HTTP/1.1", &member, &[&line, &format!("Remote-User: {FORGED}")]).await;
            if allowed.status == 200 {
                let seen = front.echo.last();
                for name in HeaderSet::Remote.headers() {
                    assert!(!front.told(&seen, name).contains(FORGED), "{} {named}: {name}", front.kind);
                }
            }
        }
    }
}

/// Case 34: the path that is decided on and written down is the path that the product gets, however it is spelled.
#[tokio::test]
async fn the_path_that_is_judged_is_the_path_that_arrives() {
    for front in Front::all().await {
        let (grant, agent) = front.ana_inside("write").await;
        for path in [
            "//admin",
            "/pub/..%2fadmin",
            "/pub/%2e%2e/admin",
            "/admin%2fx",
            "/ADMIN",
            "/admin;x",
            "/admin%00",
            "/pub/../admin",
            "/./admin",
            "/pub?x=/admin",
            "/%61dmin",
            "/admin%3fx",
            "/a%0d%0aX-Latchstring-Acting:%20none",
            "/_latchstring%2fcallback",
            "/_LATCHSTRING/callback",
            "/x/..%5cadmin",
        ] {
            let before = front.echo.count();
            let answer = front.send(&format!("POST {path} HTTP/1.1"), &agent, &["Content-Length: 0"]).await;
            if front.echo.count() == before {
                assert!(answer.status >= 300, "{} {path}: {}", front.kind, answer.status);
                continue;
            }
            assert_eq!(answer.status, 200, "{} {path}", front.kind);
            let seen = front.echo.last();
            let got = seen["path"].as_str().expect("a path").split('?').next().expect("a path").to_owned();
            let log = format!("/api/v1/organizations/{}/grants/{grant}/activity", front.stage.aurora);
            let activity = front.stage.joana.get(&log).await.expect(200).json();
            let lines = activity["data"].as_array().or(activity.as_array()).expect("a list").clone();
            let is_there = lines.iter().any(|line| line["path"] == got.as_str());
            assert!(is_there, "{}: {path} arrived as {got}: {activity:#}", front.kind);
            // No letter of it became a header.
            assert_eq!(front.told(&seen, "x-latchstring-acting"), "support", "{} {path}", front.kind);
        }
        // Nobody gets anywhere by any of them.
        let before = front.echo.count();
        for line in [
            "GET //admin HTTP/1.1",
            "GET /_latchstring/..%2fadmin HTTP/1.1",
            "GET /_latchstring/../admin HTTP/1.1",
            "GET /_latchstring/%2e%2e/admin HTTP/1.1",
            "GET /_latchstring//../admin HTTP/1.1",
            "GET http://other.example.com/admin HTTP/1.1",
            "GET /admin HTTP/1.0",
            "TRACE / HTTP/1.1",
            "GET * HTTP/1.1",
            "OPTIONS * HTTP/1.1",
            "CONNECT erp.localhost:80 HTTP/1.1",
            "get /admin HTTP/1.1",
        ] {
            let answer = front.send(line, "", &[]).await;
            assert!(
                answer.status >= 300 || answer.body.is_empty(),
                "{} {line}: {} {}",
                front.kind,
                answer.status,
                answer.body
            );
            assert_eq!(front.echo.count(), before, "{} {line}", front.kind);
        }
    }
}
