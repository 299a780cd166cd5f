//! What every answer owes to whoever asks, whatever they ask: the right form, the right headers, no fault, no foreign hand.

use serde_json::json;

use crate::support::{
    cast::Stage,
    raw,
    rows::audit,
    server::{Answer, Browser, nothing},
};

/// Method and path of every operation, with ids that are of the right kind and of nobody.
async fn operations(by: &Browser) -> Vec<(String, String)> {
    let description = by.get("/openapi.json").await.expect(200).json();
    let mut all = Vec::new();
    for (path, methods) in description["paths"].as_object().expect("paths") {
        for method in methods.as_object().expect("methods").keys() {
            all.push((method.to_uppercase(), filled(path)));
        }
    }
    all
}

/// The others do what they do whatever is sent along.
async fn operations_with_a_body(by: &Browser) -> Vec<(String, String)> {
    let description = by.get("/openapi.json").await.expect(200).json();
    let mut all = Vec::new();
    for (path, methods) in description["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            if operation["requestBody"].is_object() {
                all.push((method.to_uppercase(), filled(path)));
            }
        }
    }
    all
}

fn filled(path: &str) -> String {
    let unknown = "00000000000000000000000000";
    let prefixes = [
        ("{organization}", "grp"),
        ("{grant}", "gr"),
        ("{member}", "mbr"),
        ("{invitation}", "inv"),
        ("{agent}", "usr"),
        ("{application}", "app"),
        ("{id}", "ses"),
    ];
    prefixes
        .iter()
        .fold(path.to_owned(), |path, (name, prefix)| path.replace(name, &format!("{prefix}_{unknown}")))
}

/// Pages that take a form.
fn forms(stage: &Stage) -> Vec<String> {
    let (aurora, application) = (&stage.aurora, &stage.application);
    let unknown = "00000000000000000000000000";
    let mut all: Vec<String> = [
        "/sign-in",
        "/sign-out",
        "/account",
        "/account/password",
        "/account/sessions/end-others",
        "/organizations/close-all",
        "/desk/associate",
        "/admin/organizations/new",
        "/admin/applications/new",
        "/admin/api-keys/new",
        "/admin/agents/invite",
        "/continue",
        "/invitations/lsi_unknown",
        "/setup/lsi_unknown",
    ]
    .map(ToOwned::to_owned)
    .to_vec();
    all.extend([
        format!("/account/sessions/ses_{unknown}/end"),
        format!("/organizations/{aurora}/members/invite"),
        format!("/organizations/{aurora}/members/mbr_{unknown}"),
        format!("/organizations/{aurora}/members/mbr_{unknown}/unlink"),
        format!("/organizations/{aurora}/invitations/inv_{unknown}/revoke"),
        format!("/organizations/{aurora}/settings"),
        format!("/organizations/{aurora}/tokens/new"),
        format!("/organizations/{aurora}/tokens/gr_{unknown}/revoke"),
        format!("/desk/enter/gr_{unknown}"),
        format!("/desk/give-back/gr_{unknown}"),
        format!("/admin/organizations/{aurora}"),
        format!("/admin/organizations/{aurora}/administrator"),
        format!("/admin/applications/{application}"),
        format!("/admin/applications/app_{unknown}/remove"),
        format!("/admin/api-keys/key_{unknown}/revoke"),
        format!("/admin/agents/usr_{unknown}"),
        format!("/admin/agents/usr_{unknown}/suspend"),
        format!("/admin/agents/usr_{unknown}/restore"),
        format!("/admin/agent-invitations/inv_{unknown}/revoke"),
    ]);
    all
}

#[track_caller]
fn is_problem(answer: &Answer, what: &str) {
    assert!((400..500).contains(&answer.status), "{what}: {} {}", answer.status, answer.text);
    assert_eq!(answer.header("content-type"), "application/problem+json", "{what}: {}", answer.text);
    let body = answer.json();
    for field in ["type", "title", "status", "detail", "instance", "code"] {
        assert!(!body[field].is_null(), "{what}: no {field} in {body}");
    }
    assert_eq!(body["status"], answer.status, "{what}");
    assert_eq!(body["instance"], answer.header("x-request-id"), "{what}");
}

/// S73, S85: no input makes a fault of an operation: what cannot be read is refused as a problem.
#[tokio::test]
async fn no_body_makes_a_fault_of_an_operation() {
    let stage = Stage::start().await;
    let large = format!("{{\"name\":\"{}\"}}", "x".repeat(300 * 1024));
    let deep = "[".repeat(10_000);
    let json_type = "application/json";
    let bodies: [(&str, &str); 13] = [
        (json_type, ""),
        (json_type, "{"),
        (json_type, "[]"),
        (json_type, "null"),
        (json_type, "\"x\""),
        (json_type, "{\"a\":1}\u{0}"),
        (
            json_type,
            "{\"name\":1,\"email\":[],\"token\":{},\"code\":7,\"ticket\":null,\"validity_seconds\":\"x\",\"scopes\":7}",
        ),
        (json_type, &deep),
        (json_type, &large),
        ("text/plain", "{}"),
        ("application/x-www-form-urlencoded", "a=b"),
        ("", "{}"),
        ("multipart/form-data; boundary=x", "--x--"),
    ];
    for (method, path) in operations_with_a_body(&stage.vera).await {
        for by in [&stage.vera, &stage.joana, &stage.ana, &stage.server.anonymous()] {
            for (media, body) in bodies {
                let mut request = by.request(&method, &path).body(body.to_owned());
                if !media.is_empty() {
                    request = request.header("content-type", media);
                }
                let answer = Answer::of(request).await;
                let what = format!("{method} {path} {media} {body:.60}");
                is_problem(&answer, &what);
                if body.len() > 256 * 1024 && answer.status != 413 {
                    assert!(matches!(answer.status, 401 | 403 | 404), "{what}: {}", answer.status);
                }
            }
        }
    }
}

/// S73: the same for what stands in the address.
#[tokio::test]
async fn no_address_makes_a_fault() {
    let stage = Stage::start().await;
    let long = "a".repeat(4000);
    let ids = [
        "x",
        "grp_",
        "grp_00000000000000000000000000",
        "GRP_00000000000000000000000000",
        "gr_zzzzzzzzzzzzzzzzzzzzzzzzzz",
        "ext:",
        "ext:%00",
        "ext:'%20OR%201=1--",
        "%2e%2e",
        "%2F",
        "%ff%fe",
        "%00",
        "ext:%F0%9F%92%A9",
        &long,
    ];
    let description = stage.vera.get("/openapi.json").await.json();
    for (path, methods) in
        description["paths"].as_object().expect("paths").iter().filter(|(path, _)| path.contains('{'))
    {
        for id in ids {
            let mut place = path.clone();
            while let (Some(from), Some(to)) = (place.find('{'), place.find('}')) {
                place.replace_range(from..=to, id);
            }
            // A client takes `..` out by itself, and what is left may be another address.
            if place.contains("/%2e%2e/") {
                place = place.replace("/%2e%2e/", "/%252e%252e/");
            }
            for method in methods.as_object().expect("methods").keys().map(|method| method.to_uppercase()) {
                for by in [&stage.vera, &stage.joana, &stage.ana] {
                    let answer = Answer::of(by.request(&method, &place).json(&nothing())).await;
                    is_problem(&answer, &format!("{method} {place:.200}"));
                }
            }
        }
    }
    let aurora = &stage.aurora;
    let lists = ["members", "support-tokens", "access-log", "invitations"];
    let pages = ["members", "access-log", "access-log.csv", "access-log.json", "tokens/history"];
    // A path that is none would be asked in vain below.
    for path in lists.map(|path| format!("/api/v1/organizations/{aurora}/{path}")) {
        stage.joana.get(&path).await.expect(200);
    }
    for path in pages.map(|path| format!("/organizations/{aurora}/{path}")) {
        stage.joana.get(&path).await.expect(200);
    }
    for query in [
        "limit=-1",
        "limit=99999999999999999999",
        "limit=x",
        "page_token=%00",
        "page_token=-5",
        "from=x&to=%ff",
        "kind=%27",
    ] {
        for path in lists {
            let answer = stage.joana.get(&format!("/api/v1/organizations/{aurora}/{path}?{query}")).await;
            assert!(answer.status < 500, "{path}?{query}: {}", answer.text);
        }
        for path in pages {
            let answer = stage
                .joana
                .get(&format!("/organizations/{aurora}/{path}?{query}&q=%00&after=%ff&before=x&window=x"))
                .await;
            assert!(answer.status < 500, "{path}?{query}: {}", answer.text);
        }
    }
}

/// Forms: nothing, too much, the wrong type, another method. The answer is a page, and never a fault.
#[tokio::test]
async fn no_form_makes_a_fault_of_a_page() {
    let stage = Stage::start().await;
    let large = format!("name={}", "x".repeat(300 * 1024));
    let form = "application/x-www-form-urlencoded";
    let bodies: [(&str, &str); 7] = [
        (form, ""),
        (form, "name=%00&email=%ff&validity_seconds=x&until=9999-99-99&agent_level=999999"),
        (form, &large),
        ("application/json", "{}"),
        ("text/plain", "name=x"),
        (form, "name=a&name=b"),
        (form, "=&=&&&%"),
    ];
    for path in forms(&stage) {
        for by in [&stage.joana, &stage.vera, &stage.ana, &stage.server.anonymous()] {
            if path == "/sign-out" || path.starts_with("/sign-in") && by.cookie.is_some() {
                continue;
            }
            for (media, body) in bodies {
                let answer =
                    Answer::of(by.request("POST", &path).header("content-type", media).body(body.to_owned()))
                        .await;
                let what = format!("{path} {media} {body:.60}");
                assert!(answer.status < 500, "{what}: {} {}", answer.status, answer.text);
                if answer.status >= 400 {
                    assert_eq!(
                        answer.header("content-type"),
                        "text/html; charset=utf-8",
                        "{what}: {}",
                        answer.text
                    );
                }
            }
        }
        let deleted = stage.joana.send("DELETE", &path, nothing()).await.expect(405);
        assert_eq!(deleted.header("content-type"), "text/html; charset=utf-8", "{path}");
    }
}

/// S86, S73: unknown methods and addresses are refused in the right form, TRACE everywhere; no answer names its server.
#[tokio::test]
async fn unknown_methods_and_addresses_are_refused() {
    let stage = Stage::start().await;
    for (_, path) in operations(&stage.vera).await {
        for method in ["TRACE", "PROPFIND", "BREW"] {
            is_problem(&Answer::of(stage.vera.request(method, &path)).await, &format!("{method} {path}"));
        }
    }
    is_problem(&stage.vera.get("/api/v1/nowhere").await.expect(404), "an unknown address");
    for path in [
        "/nowhere",
        "/organizations/x",
        "/admin",
        "/.git/config",
        "/.env",
        "/server-status",
        "/metrics",
        "/assets/",
        "/assets/x.js",
    ] {
        let answer = stage.vera.get(path).await.expect(404);
        assert!(
            !answer.text.contains(env!("CARGO_MANIFEST_DIR")) && !answer.text.contains("src/"),
            "{}",
            answer.text
        );
    }
    let host = stage.server.address.to_string();
    for (line, allowed) in [
        ("TRACE / HTTP/1.1", &[405, 501, 400][..]),
        ("GET /../../etc/passwd HTTP/1.1", &[400, 404]),
        ("GET //sign-in HTTP/1.1", &[400, 404]),
        ("OPTIONS * HTTP/1.1", &[200, 204, 400, 404, 405]),
    ] {
        let answer =
            raw::send(stage.server.address, &[line.as_bytes(), format!("Host: {host}").as_bytes()], b"")
                .await;
        assert!(allowed.contains(&answer.status), "{line}: {}", answer.status);
        assert_eq!(answer.header("server"), "", "{line}");
    }
}

const GUARDS: [(&str, &str); 8] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ("server", ""),
];

/// S75, S77, S37: the headers that guard a browser stand on every answer: pages, redirects, errors, files, the API.
#[tokio::test]
async fn every_answer_carries_its_guards() {
    let stage = Stage::start().await;
    let nobody = stage.server.anonymous();
    let page = nobody.get("/sign-in").await.expect(200);
    let asset =
        page.text.split('"').find(|part| part.starts_with("/assets/app-")).expect("a style").to_owned();
    let style = nobody.get(&asset).await.expect(200);
    let known = Answer::of(nobody.request("GET", &asset).header("if-none-match", style.header("etag")))
        .await
        .expect(304);
    let large = "x".repeat(300 * 1024);
    let oversized =
        nobody.request("POST", "/api/v1/sign-in").header("content-type", "application/json").body(large);
    let foreign =
        stage.joana.request("POST", "/account").header("sec-fetch-site", "cross-site").form(&[("name", "x")]);
    let answers = vec![
        ("page", page),
        ("style", style),
        ("not modified", known),
        ("no such file", nobody.get("/assets/x.css").await.expect(404)),
        ("redirect", nobody.get("/account").await.expect(303)),
        ("not found", stage.joana.get("/nowhere").await.expect(404)),
        ("method", stage.joana.send("DELETE", "/account", nothing()).await.expect(405)),
        ("refused", stage.joana.get("/admin/agents").await.expect(403)),
        (
            "misdirected",
            Answer::of(nobody.request("GET", "/").header("host", "evil.example")).await.expect(421),
        ),
        ("cross-site", Answer::of(foreign).await.expect(403)),
        ("API", stage.joana.get("/api/v1/organizations").await.expect(200)),
        ("API, nobody", nobody.get("/api/v1/organizations").await.expect(401)),
        ("API, method", nobody.send("DELETE", "/api/v1/organizations", nothing()).await.expect(405)),
        ("API, malformed", stage.joana.post("/api/v1/invitations/accept", json!([])).await.expect(400)),
        ("API, oversized", Answer::of(oversized).await.expect(413)),
        ("description", nobody.get("/openapi.json").await.expect(200)),
        ("health", nobody.get("/livez").await.expect(200)),
        (
            "unreadable",
            Answer::of(nobody.request("GET", "/").header("x-forwarded-for", "a")).await.expect(400),
        ),
        ("keys", nobody.get("/.well-known/jwks.json").await.expect(200)),
        ("form", nobody.form("/sign-in", &[("email", "x"), ("password", "y")]).await.expect(422)),
        ("invitation", nobody.get("/invitations/lsi_unknown").await.expect(410)),
    ];
    for (what, answer) in &answers {
        for (name, value) in GUARDS {
            // The keys are for everybody.
            let value = if *what == "keys" && name == "cross-origin-resource-policy" {
                "cross-origin"
            } else {
                value
            };
            assert_eq!(answer.header(name), value, "{name} of {what}");
            assert!(answer.headers.get_all(name).iter().count() <= 1, "{name} of {what}");
        }
        let policy = answer.header("content-security-policy");
        for rule in [
            "default-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.contains(rule), "{rule} of {what}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{what}: {policy}");
        assert!(!answer.header("x-request-id").is_empty(), "{what}");
        let kept = answer.header("cache-control");
        let may_be_kept = matches!(*what, "style" | "not modified" | "keys");
        assert!(kept == "no-store" || may_be_kept, "{what}: {kept}");
        // Style and script are files of their own.
        if answer.header("content-type").starts_with("text/html") {
            for inline in ["<style", " style=", " onclick=", " onload=", "<script>", "javascript:"] {
                assert!(!answer.text.contains(inline), "{inline} in {what}");
            }
        }
    }
}

/// S76, case 19: a page of another site cannot act here, by whichever header its browser tells of it.
#[tokio::test]
async fn another_site_cannot_act() {
    let stage = Stage::start().await;
    let public = stage.server.url.clone();
    let mut places: Vec<(String, String)> =
        forms(&stage).into_iter().map(|path| ("POST".to_owned(), path)).collect();
    places.extend(operations(&stage.joana).await.into_iter().filter(|(method, _)| method != "GET"));
    for (method, path) in &places {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", "http://127.0.0.1:1"),
        ] {
            let request = stage
                .joana
                .request(method, path)
                .header(name, value)
                .header("content-type", "application/x-www-form-urlencoded");
            let answer = Answer::of(request.body("name=x")).await;
            assert_eq!(answer.status, 403, "{method} {path} with {name}: {value}: {}", answer.text);
        }
    }
    assert_eq!(stage.joana.get("/api/v1/sessions/current").await.status, 200, "nothing of it was done");
    for (name, value) in [("sec-fetch-site", "same-origin"), ("origin", public.as_str())] {
        let form = [("name", "Joana Prado"), ("language", ""), ("time_zone", "")];
        Answer::of(stage.joana.request("POST", "/account").header(name, value).form(&form)).await.expect(303);
    }
    // A look with a foreign hand changes nothing: only POST acts.
    for path in ["/sign-out", "/account/sessions/end-others"] {
        stage.joana.get(path).await.expect(405);
    }
    stage.joana.get("/account?_method=POST&name=x").await.expect(200);
    assert_eq!(stage.joana.get("/api/v1/sessions/current").await.json()["user"]["name"], "Joana Prado");
}

/// S81, case 27: what a trusted proxy forwards and cannot be read decides nothing; it is refused and recorded.
#[tokio::test]
async fn an_unreadable_forwarded_address_is_refused() {
    let stage = Stage::start().await;
    for bad in ["a", "", "fe80::1%eth0", "1.2.3.4, ", "1.2.3.4;5.6.7.8", "999.1.1.1", "unknown"] {
        let request = stage.joana.request("GET", "/api/v1/sessions/current").header("x-forwarded-for", bad);
        is_problem(&Answer::of(request).await.expect(400), bad);
    }
    let refused =
        audit(&stage.server).await.into_iter().filter(|entry| entry.kind == "request.refused").count();
    assert_eq!(refused, 7);
    let request = stage
        .joana
        .request("POST", "/api/v1/sessions/end-others")
        .header("x-forwarded-for", "6.6.6.6, 198.51.100.3");
    Answer::of(request).await.expect(200);
}

/// Case 31: no user agent and no address is magic.
#[tokio::test]
async fn no_user_agent_is_magic() {
    let stage = Stage::start().await;
    for agent in ["kube-probe/1.30", "GoogleHC/1.0", "ELB-HealthChecker/2.0", "Latchstring"] {
        for path in ["/organizations", "/account/livez", "/ping", "/organizations/livez", "/healthz"] {
            let answer =
                Answer::of(stage.server.anonymous().request("GET", path).header("user-agent", agent)).await;
            assert!(matches!(answer.status, 303 | 404), "{agent} {path}: {}", answer.status);
        }
        let question =
            stage.server.anonymous().request("GET", "/authz/forward-auth").header("user-agent", agent);
        let question = question
            .header("x-forwarded-method", "GET")
            .header("x-forwarded-proto", "http")
            .header("x-forwarded-host", "erp.example.com")
            .header("x-forwarded-uri", "/livez");
        assert_ne!(Answer::of(question).await.status, 200, "{agent}");
    }
}
