//! The real executable while things go wrong around it: it is killed, the disk is full, the database is away, clients
//! are slow.

mod killed;
mod refused;

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::support::{
    process::Installed,
    server::{Answer, Browser, PASSWORD, nothing},
};

/// Everybody that a story needs, on a server of its own.
struct Cast {
    vera: Browser,
    ana: Browser,
    /// One administrator for each organization.
    customers: Vec<(Browser, String)>,
}

const ORIGIN: &str = "http://erp.example.com";

impl Cast {
    /// Through the real doors; the mail comes into a folder.
    async fn of(installed: &Installed, organizations: usize) -> Self {
        installed.set_up().await.expect(303);
        let vera = installed.sign_in("vera@vendor.example").await;
        let agent = json!({ "email": "ana@vendor.example", "name": "Ana Souza", "agent_level": 2 });
        vera.post("/api/v1/agents", agent).await.expect(201);
        let ana = installed.accept("ana@vendor.example", "Ana Souza").await;
        vera.post("/api/v1/applications", json!({ "name": "ERP", "origin": ORIGIN })).await.expect(201);
        let mut customers = Vec::new();
        for n in 0..organizations {
            let email = format!("admin{n}@customer.example");
            let body = json!({ "name": format!("Customer {n}"), "administrator_email": email, "administrator_name": "Admin" });
            let made = vera.post("/api/v1/organizations", body).await.expect(201).json();
            let id = made["organization"]["id"].as_str().expect("an id").to_owned();
            customers.push((installed.accept(&email, "Admin").await, id));
        }
        Self { vera, ana, customers }
    }

    /// The first customer opens, and Ana is inside: the grant and her cookie at the product.
    async fn ana_inside(&self, mode: &str) -> (String, String) {
        let (customer, organization) = &self.customers[0];
        let path = format!("/api/v1/organizations/{organization}/support-tokens");
        let made =
            customer.post(&path, json!({ "validity_seconds": 3600, "mode": mode })).await.expect(201).json();
        let grant = made["id"].as_str().expect("an id").to_owned();
        self.ana.post("/api/v1/desk/associate", json!({ "id": grant, "ticket": "1" })).await.expect(200);
        let way = self.ana.post(&format!("/api/v1/support-tokens/{grant}/enter"), nothing()).await;
        assert!(matches!(way.status, 200 | 201), "{}", way.text);
        let url = way.json()["url"].as_str().expect("an address").to_owned();
        let host = ORIGIN.split_once("://").expect("an origin").1;
        let arriving = Browser { cookie: None, ..self.ana.clone() }
            .request("GET", url.strip_prefix(ORIGIN).expect("at the product"))
            .header("host", host)
            .header("x-forwarded-host", host)
            .header("x-forwarded-proto", "http");
        let cookie = Answer::of(arriving).await.expect(303).cookie("__Host-latchstring_acting");
        (grant, cookie)
    }
}

async fn ask(anybody: &Browser, cookie: &str, method: &str) -> Answer {
    let (scheme, host) = ORIGIN.split_once("://").expect("an origin");
    let request = Browser { cookie: Some(cookie.to_owned()), ..anybody.clone() }
        .request("GET", "/authz/forward-auth")
        .header("x-forwarded-method", method)
        .header("x-forwarded-proto", scheme)
        .header("x-forwarded-host", host)
        .header("x-forwarded-uri", "/");
    Answer::of(request).await
}

/// R7: on a full disk acts are refused and nothing is half done, an outsider's change is refused, revokes that were
/// answered hold, and the server lives and works again when there is room.
#[tokio::test]
async fn a_full_disk_refuses_acts_and_loses_nothing() {
    let installed = Installed::new().await;
    let server = installed.serve().await;
    let cast = Cast::of(&installed, 1).await;
    let (grant, cookie) = cast.ana_inside("write").await;
    let nobody = installed.anonymous();
    ask(&nobody, &cookie, "GET").await.expect(200);
    assert!(server.stop().await, "a clean end");

    let size = std::fs::metadata(installed.database()).expect("the database").len();
    let server = installed.serve_with_room(size / 1024 + 160).await;
    ask(&nobody, &cookie, "GET").await.expect(200);
    // Fills what room there is with acts that anybody may do, until none is taken any more.
    let (customer, organization) = &cast.customers[0];
    let path = format!("/api/v1/organizations/{organization}/invitations");
    let mut made = 0;
    let mut refused = 0;
    for n in 0..400 {
        let body = json!({ "email": format!("m{n}@customer.example"), "name": "M", "role": "member" });
        let answer = customer.post(&path, body).await;
        if answer.status == 201 {
            made += 1;
        } else {
            assert_eq!(answer.status, 503, "{}", answer.text);
            assert_eq!(answer.code(), "unavailable");
            refused += 1;
        }
        if refused == 8 {
            break;
        }
    }
    assert!(made > 0 && refused == 8, "{made} made, {refused} refused");

    let change = ask(&nobody, &cookie, "POST").await;
    assert_eq!(change.status, 503, "{}", change.text);
    assert!(!change.headers.contains_key("remote-user"));
    let revoked = customer.post(&format!("/api/v1/support-tokens/{grant}/revoke"), nothing()).await;
    assert!(matches!(revoked.status, 200 | 503), "{}", revoked.text);
    let is_revoked = revoked.status == 200;
    let after = ask(&nobody, &cookie, "GET").await;
    assert_eq!(after.status, if is_revoked { 403 } else { 200 }, "what was answered is what holds");
    nobody.get("/livez").await.expect(200);
    server.kill().await;

    // With room again: what was said is what is there, and acts are taken.
    let server = installed.serve().await;
    let token = customer.get(&format!("/api/v1/support-tokens/{grant}")).await.expect(200).json();
    assert_eq!(token["state"], if is_revoked { "revoked" } else { "active" });
    let mut there = 0;
    let mut next = Some(String::new());
    while let Some(page) = next {
        let list = customer.get(&format!("{path}?page_token={page}")).await.expect(200).json();
        there += list["data"].as_array().expect("a list").len();
        next = list["page"]["next_token"].as_str().filter(|token| !token.is_empty()).map(str::to_owned);
    }
    assert_eq!(there, made, "as many invitations as were answered");
    let body = json!({ "email": "last@customer.example", "name": "L", "role": "member" });
    customer.post(&path, body).await.expect(201);
    if !is_revoked {
        customer.post(&format!("/api/v1/support-tokens/{grant}/revoke"), nothing()).await.expect(200);
        ask(&nobody, &cookie, "GET").await.expect(403);
    }
    cast.vera.get("/api/v1/agents").await.expect(200);
    assert!(server.stop().await);
}

/// R9: two hundred connections that say nothing, or hardly anything, hold nobody up, and the slow ones are cut.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn slow_clients_hold_nobody_up() {
    let installed = Installed::new().await;
    let server = installed.serve().await;
    let address = format!("127.0.0.1:{}", installed.port);
    let mut slow = Vec::new();
    for n in 0..200 {
        let mut stream = TcpStream::connect(&address).await.expect("the server listens");
        match n % 4 {
            0 => {}
            1 => stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.expect("open"),
            2 => stream.write_all(b"G").await.expect("open"),
            _ => {
                let head = b"POST /api/v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{";
                stream.write_all(head).await.expect("open");
            }
        }
        slow.push((n, stream));
    }
    let nobody = installed.anonymous();
    for _ in 0..50 {
        timeout(Duration::from_secs(1), nobody.get("/readyz")).await.expect("not held up").expect(200);
    }
    // A byte now and then does not count as progress of a head.
    let dripping = slow.into_iter().filter(|(n, _)| n % 4 == 1).map(|(_, mut stream)| async move {
        for _ in 0..100 {
            sleep(Duration::from_millis(100)).await;
            if stream.write_all(b"x").await.is_err() {
                return true;
            }
            let mut answer = [0; 512];
            if timeout(Duration::from_millis(1), stream.read(&mut answer)).await.is_ok() {
                return true;
            }
        }
        false
    });
    let (cut, ()) = tokio::join!(join_all(dripping), async {
        for _ in 0..20 {
            timeout(Duration::from_secs(1), nobody.get("/readyz")).await.expect("not held up").expect(200);
            sleep(Duration::from_millis(100)).await;
        }
    });
    assert!(
        cut.iter().all(|is_cut| *is_cut),
        "{} of {} were cut",
        cut.iter().filter(|cut| **cut).count(),
        cut.len()
    );
    assert!(server.stop().await, "and they do not keep it from stopping");
}

/// SIGTERM: the request that is running is answered, new ones are not taken, and the end is a clean one.
#[tokio::test]
async fn a_running_request_is_finished() {
    let installed = Installed::new().await;
    let server = installed.serve().await;
    installed.set_up().await.expect(303);
    let address = format!("127.0.0.1:{}", installed.port);
    let body = json!({ "email": "vera@vendor.example", "password": PASSWORD }).to_string();
    let (first, rest) = body.split_at(20);
    let mut stream = TcpStream::connect(&address).await.expect("the server listens");
    let head = format!(
        "POST /api/v1/sign-in HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{first}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("open");
    sleep(Duration::from_millis(200)).await;
    server.ask_to_stop().await;
    sleep(Duration::from_millis(200)).await;
    assert!(TcpStream::connect(&address).await.is_err(), "no new connections");
    stream.write_all(rest.as_bytes()).await.expect("still open");
    let mut answer = String::new();
    timeout(Duration::from_secs(5), stream.read_to_string(&mut answer))
        .await
        .expect("in time")
        .expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(server.ended().await, "a clean end");
}
