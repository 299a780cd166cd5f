//! What Latchstring shows on a product's own host: arriving, the band, the way out.

use futures_util::future::join_all;
use kernel::Duration;
use reqwest::Response;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::support::{
    cast::{ORIGIN, Stage, accept},
    server::{Answer, Browser, nothing},
};

/// A request to a path under `/_latchstring/` of the host, as the proxy passes it on.
fn at(stage: &Stage, host: &str, method: &str, path: &str, cookie: &str) -> reqwest::RequestBuilder {
    let request = stage
        .server
        .anonymous()
        .request(method, path)
        .header("host", host)
        .header("x-forwarded-host", host)
        .header("x-forwarded-proto", "http")
        .header("x-forwarded-for", "203.0.113.9");
    if cookie.is_empty() { request } else { request.header("cookie", cookie) }
}

const HOST: &str = "erp.example.com";

async fn get(stage: &Stage, path: &str, cookie: &str) -> Answer {
    Answer::of(at(stage, HOST, "GET", path, cookie)).await
}

/// Path and query of the callback to which the product's host is opened, and the cookie that has to come along.
async fn way_in(stage: &Stage, agent: &Browser, grant: &str) -> (String, String) {
    let way = agent
        .post(&format!("/api/v1/support-tokens/{grant}/enter"), json!({ "application": stage.application }))
        .await;
    assert!(matches!(way.status, 200 | 201), "{}", way.text);
    let begin = way.json()["url"].as_str().expect("an address").to_owned();
    at_the_end(stage, agent, &begin).await
}

/// The same from the address at which a way begins.
async fn at_the_end(stage: &Stage, who: &Browser, begin: &str) -> (String, String) {
    let (callback, way) = stage.way_in(who, begin).await;
    (callback.strip_prefix(ORIGIN).expect("at the product").to_owned(), way)
}

/// A33, S34: a code is good once, of fifty who bring it at the same moment for one; what it gives is a guarded cookie.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_code_is_good_once() {
    for stage in Stage::both().await {
        let grant = stage.opened_to_ana("read_only").await;
        let (way, bound) = way_in(&stage, &stage.ana, &grant).await;
        let answers = join_all((0..50).map(|_| get(&stage, &way, &bound))).await;
        let good: Vec<_> = answers.iter().filter(|answer| answer.status == 303).collect();
        assert_eq!(good.len(), 1);
        for answer in answers.iter().filter(|answer| answer.status != 303) {
            assert_eq!(answer.status, 410, "{}", answer.text);
            assert!(!answer.headers.contains_key("set-cookie"));
        }
        let set: Vec<_> =
            good[0].headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()).collect();
        assert_eq!(set.len(), 2, "{set:?}");
        assert!(set[1].starts_with("__Host-latchstring_way=;") && set[1].contains("Max-Age=0"), "{set:?}");
        assert!(set[0].starts_with("__Host-latchstring_acting=lss_"), "{set:?}");
        for guard in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
            assert!(set[0].contains(guard), "{set:?}");
        }
        assert!(!set[0].contains("Domain"));
        assert_eq!(good[0].header("location"), format!("{ORIGIN}/"));
        let cookie = good[0].cookie("__Host-latchstring_acting");
        stage.ask(&cookie, "GET", "/").await.expect(200);
        assert_eq!(get(&stage, &way, &format!("{bound}; {cookie}")).await.status, 410, "and never again");
    }
}

/// A33: a code is good for a minute, at its own product only, and only while what it was made for holds.
#[tokio::test]
async fn a_code_is_good_for_a_minute_and_one_place() {
    let stage = Stage::start().await;
    stage
        .vera
        .post("/api/v1/applications", json!({ "name": "Other", "origin": "http://other.example.com" }))
        .await
        .expect(201);
    let grant = stage.opened_to_ana("read_only").await;

    let (way, bound) = way_in(&stage, &stage.ana, &grant).await;
    for host in ["other.example.com", "unknown.example.com", "erp.example.com:8081"] {
        let answer = Answer::of(at(&stage, host, "GET", &way, &bound)).await;
        assert!(matches!(answer.status, 404 | 410), "{host}: {}", answer.status);
        assert!(!answer.headers.contains_key("set-cookie"), "{host}");
    }
    stage.server.clock.advance(Duration::seconds(61));
    assert_eq!(get(&stage, &way, &bound).await.status, 410);

    let (way, bound) = way_in(&stage, &stage.ana, &grant).await;
    stage.server.clock.advance(Duration::seconds(58));
    assert_eq!(get(&stage, &way, &bound).await.status, 303);

    for wrong in [
        "",
        "code=",
        "code=lsc_x",
        "code=lsc_000000000000000000000000000000000000",
        "code=../../etc/passwd",
        "code=%00",
    ] {
        let answer = get(&stage, &format!("/_latchstring/callback?{wrong}"), "").await;
        assert!(matches!(answer.status, 400 | 410), "{wrong}: {}", answer.status);
    }

    // What the code was made for has ended since.
    let (way, bound) = way_in(&stage, &stage.ana, &grant).await;
    stage.joana.post(&format!("/api/v1/support-tokens/{grant}/revoke"), nothing()).await.expect(200);
    let late = get(&stage, &way, &bound).await;
    assert!(matches!(late.status, 403 | 410), "{}", late.status);
    assert!(!late.headers.contains_key("set-cookie"));

    let grant = stage.opened_to_ana("read_only").await;
    let (way, bound) = way_in(&stage, &stage.ana, &grant).await;
    assert_eq!(stage.ana.post("/api/v1/sign-out", nothing()).await.status / 100, 2);
    let late = get(&stage, &way, &bound).await;
    assert!(matches!(late.status, 403 | 410), "{}", late.status);
    assert!(!late.headers.contains_key("set-cookie"));
}

/// A33: leaving ends the entry at once and nothing else; another site cannot make somebody leave.
#[tokio::test]
async fn leaving_ends_the_entry() {
    let stage = Stage::start().await;
    let grant = stage.opened_to_ana("read_only").await;
    let cookie = stage.ana_inside(&grant).await;
    let cross =
        at(&stage, HOST, "POST", "/_latchstring/leave", &cookie).header("sec-fetch-site", "cross-site");
    assert_eq!(Answer::of(cross).await.status, 403);
    assert_eq!(get(&stage, "/_latchstring/leave", &cookie).await.status, 405);
    stage.ask(&cookie, "GET", "/").await.expect(200);

    let own = at(&stage, HOST, "POST", "/_latchstring/leave", &cookie)
        .header("sec-fetch-site", "same-origin")
        .header("origin", ORIGIN);
    let left = Answer::of(own).await.expect(303);
    assert_eq!(left.header("location"), format!("{}/desk", stage.server.url));
    assert!(
        left.header("set-cookie").starts_with("__Host-latchstring_acting=;"),
        "{}",
        left.header("set-cookie")
    );
    let refused = stage.ask(&cookie, "GET", "/").await.expect(403);
    assert_eq!(refused.header("x-latchstring-reason"), "session_ended");
    stage.ana.get("/api/v1/sessions/current").await.expect(200);
    // The token is as it was: the agent can enter again.
    stage.ask(&stage.ana_inside(&grant).await, "GET", "/").await.expect(200);
    // Leaving twice is no fault.
    Answer::of(at(&stage, HOST, "POST", "/_latchstring/leave", &cookie)).await.expect(303);
}

/// A34: the band says in whose account the agent acts, until when, and how to leave; members get none.
#[tokio::test]
async fn the_band_says_where_and_until_when() {
    let stage = Stage::start().await;
    let until = web::rest::rfc3339(stage.server.now() + Duration::hours(1));
    for (mode, words) in [("read_only", "look"), ("write", "change things")] {
        let grant = stage.opened_to_ana(mode).await;
        let cookie = stage.ana_inside(&grant).await;
        let band = get(&stage, "/_latchstring/banner.json", &cookie).await.expect(200).json();
        assert_eq!(band["acting"], "support");
        assert_eq!(band["organization"], "Aurora Holding");
        assert_eq!(band["organization_id"], stage.aurora);
        assert_eq!(band["agent"], "Ana Souza");
        assert_eq!(band["grant"], grant);
        assert_eq!(band["access"], mode);
        assert_eq!(band["until"], until);
        assert_eq!(band["leave_url"], "/_latchstring/leave");
        let text = band["text"].as_str().expect("a sentence");
        assert!(
            text.contains("acting as support") && text.contains("Aurora Holding") && text.contains("13:14"),
            "{text}"
        );
        assert!(band["mode"].as_str().expect("words").contains(words), "{band}");

        let piece = get(&stage, "/_latchstring/banner", &cookie).await.expect(200);
        for part in ["Aurora Holding", "action=\"/_latchstring/leave\"", "method=\"post\""] {
            assert!(piece.text.contains(part), "{part}: {}", piece.text);
        }
        assert!(!piece.text.contains("style=") && !piece.text.contains("<script"), "{}", piece.text);
        assert_eq!(
            get(&stage, "/_latchstring/banner.js", "").await.expect(200).header("content-type"),
            "text/javascript; charset=utf-8"
        );

        stage.joana.post(&format!("/api/v1/support-tokens/{grant}/revoke"), nothing()).await.expect(200);
        let over = get(&stage, "/_latchstring/banner.json", &cookie).await.expect(403);
        assert_eq!(over.code(), "grant_revoked");
        assert_eq!(get(&stage, "/_latchstring/banner", &cookie).await.expect(200).text, "");
    }
    let member = stage.member_inside(&stage.marcos).await;
    for cookie in ["", member.as_str()] {
        get(&stage, "/_latchstring/banner.json", cookie).await.expect(204);
        assert_eq!(get(&stage, "/_latchstring/banner", cookie).await.expect(200).text, "");
        get(&stage, "/_latchstring/events", cookie).await.expect(204);
    }
    // Not at a host that is no product's, and not at ours.
    let elsewhere =
        Answer::of(at(&stage, "other.example.com", "GET", "/_latchstring/banner.json", &member)).await;
    assert_eq!(elsewhere.status, 404);
}

async fn rest_of(mut stream: Response) -> String {
    let mut text = String::new();
    let reading = async {
        while let Ok(Some(piece)) = stream.chunk().await {
            text.push_str(&String::from_utf8_lossy(&piece));
        }
    };
    timeout(std::time::Duration::from_secs(5), reading).await.expect("the stream ends");
    text
}

/// A34, A18: an open page hears at once that it is over, and the stream ends.
#[tokio::test]
async fn an_open_page_hears_that_it_is_over() {
    for stage in Stage::both().await {
        let listen = async |cookie: &str| {
            let stream =
                at(&stage, HOST, "GET", "/_latchstring/events", cookie).send().await.expect("an answer");
            assert_eq!(stream.status(), 200);
            assert_eq!(stream.headers()["content-type"], "text/event-stream");
            stream
        };
        let grant = stage.opened_to_ana("read_only").await;
        let cookie = stage.ana_inside(&grant).await;
        let stream = listen(&cookie).await;
        stage.joana.post(&format!("/api/v1/support-tokens/{grant}/revoke"), nothing()).await.expect(200);
        let heard = rest_of(stream).await;
        assert!(heard.contains("event: grant.revoked"), "{heard}");
        let data = heard.lines().find_map(|line| line.strip_prefix("data: ")).expect("data");
        let data: Value = serde_json::from_str(data).expect("JSON");
        assert_eq!(data["grant"], grant);
        get(&stage, "/_latchstring/events", &cookie).await.expect(403);

        let grant = stage.opened_to_ana("read_only").await;
        let cookie = stage.ana_inside(&grant).await;
        let stream = listen(&cookie).await;
        Answer::of(at(&stage, HOST, "POST", "/_latchstring/leave", &cookie)).await.expect(303);
        let heard = rest_of(stream).await;
        assert!(heard.contains("event: session.ended"), "{heard}");

        // Its time is over: the page is used up to then, or it would end for want of use.
        let cookie = stage.ana_inside(&grant).await;
        for _ in 0..5 {
            stage.server.advance(Duration::minutes(11)).await;
            stage.ask(&cookie, "GET", "/").await.expect(200);
            let used = stage.server.anonymous().request("GET", "/authz/forward-auth");
            let used = used
                .header("x-forwarded-method", "GET")
                .header("x-forwarded-proto", "http")
                .header("x-forwarded-host", HOST)
                .header("x-forwarded-uri", "/")
                .header("sec-fetch-mode", "navigate")
                .header("cookie", &cookie);
            Answer::of(used).await.expect(200);
        }
        let stream = listen(&cookie).await;
        stage.server.advance(Duration::minutes(5)).await;
        let heard = rest_of(stream).await;
        assert!(heard.contains("event: grant.expired"), "{heard}");
    }
}

/// Somebody who belongs to two organizations chooses on a page of ours, by a form and never by a link.
#[tokio::test]
async fn who_belongs_to_two_organizations_chooses() {
    let stage = Stage::start().await;
    let body = json!({ "email": "marcos@aurora.example", "name": "Marcos Lima", "role": "member" });
    stage.bea.post(&format!("/api/v1/organizations/{}/invitations", stage.boreal), body).await.expect(201);
    let link = stage.server.mailed_link("marcos@aurora.example", "/invitations/").await;
    let token = link.rsplit('/').next().expect("a token");
    stage.marcos.post("/api/v1/invitations/accept", json!({ "token": token })).await.expect(200);

    let rd = "http://erp.example.com/ledger?page=2";
    let begin = format!("{ORIGIN}/_latchstring/begin?rd=%2Fledger%3Fpage%3D2");
    let begun = stage.at_product(&begin, "").await.expect(303);
    let path = begun.header("location").strip_prefix(&stage.server.url).expect("on our host");
    let (bound, way) = (begun.cookie("__Host-latchstring_way"), path.rsplit('=').next().expect("a way"));
    assert_eq!(path, format!("/continue?rd=http%3A%2F%2Ferp%2Eexample%2Ecom%2Fledger%3Fpage%3D2&way={way}"));
    for query in [path.to_owned(), format!("{path}&organization={}", stage.boreal)] {
        let page = stage.marcos.get(&query).await.expect(200);
        for name in ["Aurora Holding", "Boreal"] {
            assert!(page.text.contains(name), "{name}: {}", page.text);
        }
        assert!(page.header("content-security-policy").contains(ORIGIN), "the form leads to the product");
    }
    for (organization, other) in [(&stage.boreal, &stage.aurora), (&stage.aurora, &stage.boreal)] {
        let form = [("rd", rd), ("organization", organization.as_str()), ("way", way)];
        let led = stage.marcos.form("/continue", &form).await.expect(303);
        let callback = led.header("location").strip_prefix(ORIGIN).expect("at the product").to_owned();
        let arrived = get(&stage, &callback, &bound).await.expect(303);
        assert_eq!(arrived.header("location"), rd);
        let answer = stage.ask(&arrived.cookie("__Host-latchstring_app"), "GET", "/").await.expect(200);
        assert_eq!(answer.header("x-latchstring-account"), organization);
        assert_ne!(answer.header("x-latchstring-account"), other);
    }
    // Nobody chooses what is not theirs.
    let led =
        stage.joana.form("/continue", &[("rd", rd), ("organization", &stage.boreal), ("way", way)]).await;
    assert_eq!(led.status, 404, "{}", led.text);
    let agent = stage.ana.get(path).await;
    assert_eq!(agent.status, 403, "an agent is no member of anything: {}", agent.text);
}

/// Case 36: the way back leads to registered products only.
#[tokio::test]
async fn the_way_back_leads_to_registered_products_only() {
    let stage = Stage::start().await;
    for rd in [
        "",
        "/",
        "//evil.example/",
        "/\\evil.example",
        "https:evil.example",
        "http:erp.example.com",
        "http:///erp.example.com",
        "http://erp.example.com.evil.example/",
        "http://erp.example.com@evil.example/",
        "http://user@erp.example.com/",
        "http://evil.example#@erp.example.com/",
        "http://evil.example\\@erp.example.com/",
        "https://erp.example.com/",
        "http://erp.example.com:8081/",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://erp.example.com\t.evil.example/",
        "http://erp.example.com\r\nLocation: http://evil.example/",
        "http%3A%2F%2Ferp.example.com%2F",
        "http://\u{ff45}rp.example.com.evil.example/",
    ] {
        let query: String = url::form_urlencoded::byte_serialize(rd.as_bytes()).collect();
        for answer in [
            stage.marcos.get(&format!("/continue?rd={query}")).await,
            stage.marcos.get(&format!("/sign-in?rd={query}")).await,
            stage.marcos.get(&format!("/sign-in?return_to={query}")).await,
        ] {
            let to = answer.header("location");
            let is_ours =
                to.is_empty() || (to.starts_with('/') && !to.starts_with("//") && !to.contains('\\'));
            // Some of them are odd spellings of the product's address; then it is the product's address that they lead to.
            let is_the_products = to.starts_with(&format!("{ORIGIN}/_latchstring/begin?rd=%2F"));
            assert!(
                is_ours || is_the_products || to.starts_with(&stage.server.url),
                "{rd:?} leads to {to:?}"
            );
        }
    }
    // Longer than any way back, and longer than any request may be.
    for length in [20_000, 64 * 1024] {
        let line = format!("GET /continue?rd=http://erp.example.com/{} HTTP/1.1", "a".repeat(length));
        let host = format!("Host: {}", stage.server.address);
        let cookie = format!("Cookie: {}", stage.marcos.cookie.as_deref().expect("a cookie"));
        let lines = [line.as_bytes(), host.as_bytes(), cookie.as_bytes()];
        let answer = crate::support::raw::send(stage.server.address, &lines, b"").await;
        assert!(!answer.header("location").starts_with("http://erp"), "{}", answer.status);
    }
    accept_nothing_from_strangers(&stage).await;
}

/// The host of a visit is told by the proxy only, and only in one way.
async fn accept_nothing_from_strangers(stage: &Stage) {
    for (host, proto, forwarded) in [(HOST, "http", "a b"), (HOST, "ftp", HOST), (HOST, "http", "")] {
        let request = stage
            .server
            .anonymous()
            .request("GET", "/_latchstring/banner.json")
            .header("host", host)
            .header("x-forwarded-proto", proto)
            .header("x-forwarded-host", forwarded);
        assert_eq!(Answer::of(request).await.status, 400, "{proto} {forwarded}");
    }
    let twice = at(stage, HOST, "GET", "/_latchstring/banner.json", "")
        .header("x-forwarded-host", "other.example.com");
    assert_eq!(Answer::of(twice).await.status, 400);
}

/// A person who was just invited comes to the product by one sign-in.
#[tokio::test]
async fn signing_in_leads_on_to_the_product() {
    let stage = Stage::start().await;
    let body = json!({ "email": "rita@aurora.example", "name": "Rita", "role": "member" });
    stage.joana.post(&format!("/api/v1/organizations/{}/invitations", stage.aurora), body).await.expect(201);
    accept(&stage.server, "rita@aurora.example", "Rita").await;
    // From the product's page: the way begins there, and leads over the form.
    let asked = stage.ask("", "GET", "/ledger").await;
    let question = super::question(&stage, super::DIALECTS[0], ORIGIN, "GET", "/ledger");
    let sent = Answer::of(question.header("sec-fetch-mode", "navigate")).await.expect(302);
    assert_eq!(asked.status, 401);
    let begun = stage.at_product(sent.header("location"), "").await.expect(303);
    let nobody = stage.server.anonymous();
    let door = nobody.get(begun.header("location")).await.expect(303);
    let page = nobody.get(door.header("location")).await.expect(200).text;
    let value = |name: &str| {
        let start = format!("name=\"{name}\" value=\"");
        let rest = page.split_once(&start).unwrap_or_else(|| panic!("no {name} in {page}")).1;
        rest.split('"').next().expect("a value").replace("&#38;", "&")
    };
    let (rd, way) = (value("rd"), value("way"));
    let form = [
        ("email", "rita@aurora.example"),
        ("password", crate::support::server::PASSWORD),
        ("rd", &rd),
        ("way", &way),
    ];
    let signed_in = nobody.form("/sign-in", &form).await.expect(303);
    let rita = nobody.with_cookie(signed_in.cookie("__Host-latchstring"));
    let callback = rita.get(signed_in.header("location")).await.expect(303);
    let way = begun.cookie("__Host-latchstring_way");
    let arrived = stage.at_product(callback.header("location"), &way).await.expect(303);
    assert_eq!(arrived.header("location"), "http://erp.example.com/ledger");
    stage.ask(&arrived.cookie("__Host-latchstring_app"), "GET", "/ledger").await.expect(200);
}
