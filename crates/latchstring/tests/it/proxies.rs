//! The real nginx and the real Caddy with exactly what `proxy-config` prints, in front of a product that tells what
//! reached it.

mod forged;
mod legacy;

use std::{net::SocketAddr, sync::Arc};

use applications::{Application, HeaderSet, proxy_config};
use kernel::Timestamp;
use reqwest::{Client, redirect::Policy};
use serde_json::{Value, json};

use crate::support::{
    cast::Stage,
    echo::{Echo, values},
    proxies::{Proxy, free_port},
    raw::{self, RawAnswer},
    server::{Answer, Browser, TestServer, nothing},
};

const HOST: &str = "erp.localhost";
const NAVIGATION: &[(&str, &str)] = &[("sec-fetch-mode", "navigate"), ("accept", "text/html")];

/// A product behind a proxy.
struct Front {
    stage: Arc<Stage>,
    echo: Echo,
    proxy: Proxy,
    kind: &'static str,
    /// Scheme, host and port, as the browser knows them.
    origin: String,
    browser: Client,
}

impl Front {
    /// One behind each proxy.
    async fn all() -> Vec<Self> {
        Self::all_with(HeaderSet::Remote).await
    }

    async fn all_with(set: HeaderSet) -> Vec<Self> {
        vec![Self::start("nginx", set).await, Self::start("caddy", set).await]
    }

    async fn start(kind: &'static str, set: HeaderSet) -> Self {
        let port = free_port();
        let origin = format!("http://{HOST}:{port}");
        let stage = Stage::on(TestServer::start().await, &origin).await;
        let path = format!("/api/v1/applications/{}", stage.application);
        stage.vera.send("PATCH", &path, json!({ "header_set": set.as_str() })).await.expect(200);
        let echo = Echo::start().await;
        let application = Application {
            id: stage.application.parse().expect("an id"),
            name: "ERP".to_owned(),
            origin: origin.clone(),
            header_set: set,
            created_at: Timestamp::from_seconds(0),
        };
        let (public, upstream) = (&stage.server.url, stage.server.address.to_string());
        let product = echo.address.to_string();
        let proxy = if kind == "nginx" {
            Proxy::nginx(port, &proxy_config::nginx(&application, public, &upstream, &product, true)).await
        } else {
            Proxy::caddy(port, &proxy_config::caddy(&application, public, &upstream, &product, true)).await
        };
        let browser = Client::builder()
            .redirect(Policy::none())
            .resolve(HOST, SocketAddr::from(([127, 0, 0, 1], port)))
            .build()
            .expect("a client");
        Self { stage: Arc::new(stage), echo, proxy, kind, origin, browser }
    }

    async fn ask(&self, method: &str, path: &str, cookie: &str, more: &[(&str, &str)]) -> Answer {
        let mut request =
            self.browser.request(method.parse().expect("a method"), format!("{}{path}", self.origin));
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        if !cookie.is_empty() {
            request = request.header("cookie", cookie);
        }
        Answer::of(request).await
    }

    /// The same byte for byte: a request line, and lines after `Host`.
    async fn send(&self, line: &str, cookie: &str, more: &[&str]) -> RawAnswer {
        let host = format!("Host: {}", self.origin.split_once("://").expect("an origin").1);
        let cookie = format!("Cookie: {cookie}");
        let mut lines: Vec<&[u8]> = vec![line.as_bytes(), host.as_bytes()];
        if cookie.len() > "Cookie: ".len() {
            lines.push(cookie.as_bytes());
        }
        lines.extend(more.iter().map(|line| line.as_bytes()));
        raw::send(self.proxy.address, &lines, b"").await
    }

    /// Somebody who is signed in at our host opens a page of the product, and is led through to it.
    async fn opened_by(&self, person: &Browser, path: &str) -> String {
        let first = self.ask("GET", path, "", NAVIGATION).await;
        assert_eq!(first.status, 302, "{}: {}", self.kind, first.text);
        self.led_in(person, first.header("location"), path).await
    }

    /// The way begins at the product, leads over our host, and its end gives a cookie and leads back to the page.
    async fn led_in(&self, person: &Browser, begin: &str, path: &str) -> String {
        let here = |address: &str| address.strip_prefix(&self.origin).expect("at the product").to_owned();
        let begun = self.ask("GET", &here(begin), "", NAVIGATION).await.expect(303);
        let led = person.get(begun.header("location")).await.expect(303);
        let bound = begun.cookie("__Host-latchstring_way");
        let arrived = self.ask("GET", &here(led.header("location")), &bound, NAVIGATION).await.expect(303);
        assert_eq!(arrived.header("location"), format!("{}{path}", self.origin), "{}", self.kind);
        let set = arrived.headers.get_all("set-cookie").iter();
        set.filter_map(|value| value.to_str().ok()?.split(';').next())
            .find(|pair| pair.split_once('=').is_some_and(|(_, value)| !value.is_empty()))
            .expect("a cookie")
            .to_owned()
    }

    async fn ana_inside(&self, mode: &str) -> (String, String) {
        let grant = self.stage.opened_to_ana(mode).await;
        let way = self.stage.ana.post(&format!("/api/v1/support-tokens/{grant}/enter"), nothing()).await;
        assert!(matches!(way.status, 200 | 201), "{}", way.text);
        let url = way.json()["url"].as_str().expect("an address").to_owned();
        (grant, self.led_in(&self.stage.ana, &url, "/").await)
    }

    /// The product got this header once, with a value.
    #[track_caller]
    fn told(&self, seen: &Value, name: &str) -> String {
        let all = values(seen, name);
        assert_eq!(all.len(), 1, "{}: {name}: {all:?}", self.kind);
        all[0].clone()
    }
}

/// F1, A33: a member and an agent come through, and the product is told who they are by headers and assertion.
#[tokio::test]
async fn members_and_agents_reach_the_product() {
    for front in Front::all().await {
        let member = front.opened_by(&front.stage.marcos, "/ledger?page=2").await;
        let answer = front
            .ask("GET", "/ledger?page=2", &format!("theirs=1; {member}; other=2"), NAVIGATION)
            .await
            .expect(200);
        let seen = answer.json();
        assert_eq!(seen["path"], "/ledger?page=2", "{}", front.kind);
        assert_eq!(front.told(&seen, "remote-name"), "Marcos Lima");
        assert_eq!(front.told(&seen, "remote-email"), "marcos@aurora.example");
        assert_eq!(front.told(&seen, "remote-groups"), "members");
        assert_eq!(front.told(&seen, "x-latchstring-account"), front.stage.aurora);
        assert_eq!(front.told(&seen, "x-latchstring-acting"), "none");
        assert_eq!(front.told(&seen, "x-latchstring-jwt-assertion").split('.').count(), 3);
        assert!(front.told(&seen, "remote-user").starts_with("usr_"));
        assert_eq!(front.told(&seen, "host"), front.origin.split_once("://").expect("an origin").1);

        let (_, agent) = front.ana_inside("write").await;
        let seen = front.ask("GET", "/", &agent, NAVIGATION).await.expect(200).json();
        assert_eq!(front.told(&seen, "remote-email"), "ana@vendor.example");
        assert_eq!(front.told(&seen, "x-latchstring-acting"), "support");
        assert_eq!(front.told(&seen, "x-latchstring-account"), front.stage.aurora);

        // A change goes through whole, and is counted.
        let body = "a=1&b=".to_owned() + &"x".repeat(100_000);
        let request = front.browser.post(format!("{}/ledger/7", front.origin)).header("cookie", &agent);
        let told = Answer::of(request.body(body.clone())).await.expect(200).json();
        assert_eq!(told["method"], "POST", "{}", front.kind);
        assert_eq!(told["body"], body, "{}", front.kind);
        let history = front
            .stage
            .joana
            .get(&format!("/api/v1/organizations/{}/support-tokens", front.stage.aurora))
            .await;
        assert_eq!(history.expect(200).json()["data"][0]["changes"], 1, "{}", front.kind);
    }
}

/// Case 19: behind a real proxy too, the end of a way is good in the browser that began it only.
#[tokio::test]
async fn the_end_of_a_way_is_bound_to_its_browser() {
    for front in Front::all().await {
        let begun = front.ask("GET", "/_latchstring/begin?rd=%2F", "", NAVIGATION).await.expect(303);
        let led = front.stage.marcos.get(begun.header("location")).await.expect(303);
        let callback = led.header("location").strip_prefix(&front.origin).expect("at the product").to_owned();
        let page = front.ask("GET", &callback, "", NAVIGATION).await;
        assert_eq!(page.status, 403, "{}: {}", front.kind, page.text);
        assert!(
            page.text.contains("href=\"") && page.text.contains("/_latchstring/begin?rd="),
            "{}",
            page.text
        );
        assert!(!page.headers.contains_key("set-cookie"), "{}", front.kind);
        let bound = begun.cookie("__Host-latchstring_way");
        assert_eq!(front.ask("GET", &callback, &bound, NAVIGATION).await.status, 410, "{}", front.kind);
        assert_eq!(front.echo.count(), 0, "{}", front.kind);
    }
}

/// F1: what has nobody to it does not reach the product: pages lead to the sign-in, programs are told 401.
#[tokio::test]
async fn nobody_reaches_the_product() {
    for front in Front::all().await {
        for (method, status) in [("GET", 302), ("HEAD", 302), ("POST", 303)] {
            let page = front.ask(method, "/ledger?page=2", "", NAVIGATION).await;
            // nginx makes a redirection of its own of the 401, for every method.
            assert_eq!(
                page.status,
                if front.kind == "nginx" { 302 } else { status },
                "{} {method}",
                front.kind
            );
            let location = page.header("location");
            assert_eq!(
                location,
                format!("{}/_latchstring/begin?rd=%2Fledger%3Fpage%3D2", front.origin),
                "{}",
                front.kind
            );
            let data = front.ask(method, "/ledger", "", &[]).await;
            assert_eq!(data.status, 401, "{} {method}", front.kind);
            assert!(!data.headers.contains_key("location"), "{} {method}", front.kind);
        }
        assert_eq!(front.echo.count(), 0, "{}", front.kind);
    }
}

/// A18, A19: reading only is refused with a page; after the revoke the next request is, and nothing reaches the product.
#[tokio::test]
async fn a_refusal_shows_a_page_and_reaches_nothing() {
    for front in Front::all().await {
        let (grant, agent) = front.ana_inside("read_only").await;
        front.ask("GET", "/", &agent, NAVIGATION).await.expect(200);
        let before = front.echo.count();
        let refused = async |method: &str, reason: &str| {
            let page = front.ask(method, "/ledger/7", &agent, NAVIGATION).await;
            assert_eq!(page.status, 403, "{} {reason}: {}", front.kind, page.text);
            assert!(page.header("content-type").starts_with("text/html"), "{} {reason}", front.kind);
            assert!(page.text.contains("<h1"), "{}", page.text);
            assert_eq!(page.header("x-latchstring-reason"), reason, "{}", front.kind);
            assert!(!page.headers.contains_key("location"));
            let data = front.ask(method, "/ledger/7", &agent, &[]).await;
            assert_eq!(data.status, 403, "{} {reason}", front.kind);
            assert_eq!(data.header("content-type"), "application/problem+json", "{} {reason}", front.kind);
            assert_eq!(data.code(), reason, "{}", front.kind);
            // Pictures and styles of that page come through the product's host.
            for word in page.text.split('"').filter(|word| word.starts_with("/_latchstring/assets/")) {
                assert_eq!(front.ask("GET", word, "", &[]).await.status, 200, "{} {word}", front.kind);
            }
        };
        for method in ["POST", "PUT", "DELETE"] {
            refused(method, "read_only").await;
        }
        front
            .stage
            .joana
            .post(&format!("/api/v1/support-tokens/{grant}/revoke"), nothing())
            .await
            .expect(200);
        for method in ["GET", "POST"] {
            refused(method, "grant_revoked").await;
        }
        assert_eq!(front.echo.count(), before, "{}", front.kind);
    }
}

/// A34, A33: the band's data, its events and the way out work through the proxy, without asking who is there first.
#[tokio::test]
async fn the_band_and_the_way_out_work_through_the_proxy() {
    for front in Front::all().await {
        let (grant, agent) = front.ana_inside("read_only").await;
        let band = front.ask("GET", "/_latchstring/banner.json", &agent, &[]).await.expect(200).json();
        assert_eq!(band["grant"], grant, "{}", front.kind);
        let mut events = front
            .browser
            .get(format!("{}/_latchstring/events", front.origin))
            .header("cookie", &agent)
            .send()
            .await
            .expect("an answer");
        assert_eq!(events.status(), 200);
        let leave = front
            .ask(
                "POST",
                "/_latchstring/leave",
                &agent,
                &[("sec-fetch-site", "same-origin"), ("origin", &front.origin)],
            )
            .await
            .expect(303);
        assert_eq!(leave.header("location"), format!("{}/desk", front.stage.server.url));
        let mut heard = String::new();
        while let Ok(Some(piece)) = events.chunk().await {
            heard.push_str(&String::from_utf8_lossy(&piece));
        }
        assert!(heard.contains("session.ended"), "{}: {heard}", front.kind);
        front.ask("GET", "/", &agent, &[]).await.expect(403);
        assert_eq!(front.echo.count(), 0, "{}: none of it is the product's", front.kind);
        // The question itself cannot be asked from outside.
        for path in ["/_latchstring/authz", "/_latchstring/authz/", "/_latchstring/../authz/forward-auth"] {
            let answer = front.send(&format!("GET {path} HTTP/1.1"), &agent, &[]).await;
            assert!(answer.status >= 300, "{} {path}: {}", front.kind, answer.status);
        }
    }
}

/// F5: with Latchstring gone nobody gets through.
#[tokio::test]
async fn without_latchstring_nobody_gets_through() {
    for mut front in Front::all().await {
        let member = front.opened_by(&front.stage.marcos, "/").await;
        front.ask("GET", "/", &member, NAVIGATION).await.expect(200);
        let before = front.echo.count();
        // First without its database, then without itself.
        front.stage.server.product.world.store.close().await;
        front.stage.server.advance(kernel::Duration::seconds(4)).await;
        let closed = async |front: &Front, what: &str| {
            for (method, more) in [("GET", NAVIGATION), ("GET", &[][..]), ("POST", NAVIGATION)] {
                let answer = front.ask(method, "/", &member, more).await;
                assert!(matches!(answer.status, 500 | 502 | 503), "{} {what}: {}", front.kind, answer.status);
            }
        };
        closed(&front, "no database").await;
        let stage = Arc::get_mut(&mut front.stage).expect("the only one");
        stage.server.end().await;
        closed(&front, "no server").await;
        assert_eq!(front.echo.count(), before, "{}", front.kind);
        front.proxy.stop().await;
    }
}
