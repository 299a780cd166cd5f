//! The real executable while things go wrong around it: it is killed, the disk is full, the database is away, clients
//! are slow.

mod disk;
mod killed;
mod outage;
mod refused;
mod slow;

use std::time::Duration;

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::support::{
    cast::through,
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
        let cookie = through(&self.ana, &url).await.expect(303).cookie("__Host-latchstring_acting");
        (grant, cookie)
    }
}

async fn ask(anybody: &Browser, cookie: &str, method: &str) -> Answer {
    ask_for(anybody, cookie, method, "/").await
}

async fn ask_for(anybody: &Browser, cookie: &str, method: &str, page: &str) -> Answer {
    let (scheme, host) = ORIGIN.split_once("://").expect("an origin");
    let request = Browser { cookie: Some(cookie.to_owned()), ..anybody.clone() }
        .request("GET", "/authz/forward-auth")
        .header("x-forwarded-method", method)
        .header("x-forwarded-proto", scheme)
        .header("x-forwarded-host", host)
        .header("x-forwarded-uri", page);
    Answer::of(request).await
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
    // The password was right, and a second factor is asked for.
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    assert!(server.ended().await, "a clean end");
}
