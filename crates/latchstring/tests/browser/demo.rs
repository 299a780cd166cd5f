//! The demo, as somebody starts it who tries the product: its own program, its own product, its own proxy.

use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Child,
};

use crate::support::{process::latchstring, server::Browser};

/// Hosts of this machine: each keeps cookies of its own, so one browser can be several people.
pub const JOANA: &str = "localhost";
pub const ANA: &str = "127.0.0.1";
pub const VERA: &str = "vera.localhost";
pub const NOBODY: &str = "nobody.localhost";

pub struct Demo {
    port: u16,
    product_port: u16,
    /// Ends with this.
    _program: Child,
    /// Where the demo has its own folder.
    _folder: TempDir,
}

impl Demo {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut program = latchstring()
            .args(["demo", "--port", "0", "--product-port", "0"])
            .env("TMPDIR", folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the demo starts");
        let mut lines = BufReader::new(program.stdout.take().expect("what it says")).lines();
        let (mut port, mut product_port) = (None, None);
        while let (None, _) | (_, None) = (port, product_port) {
            let line = lines.next_line().await.expect("what it says").expect("two addresses");
            let found = line.split_once("http://localhost:").map(|(_, rest)| {
                rest.chars()
                    .take_while(char::is_ascii_digit)
                    .collect::<String>()
                    .parse::<u16>()
                    .expect("a port")
            });
            if line.contains("/demo/joana") {
                port = found;
            } else if line.contains("Sample product") {
                product_port = found;
            }
        }
        // What it says later has somewhere to go.
        operation::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let (port, product_port) = (port.expect("a port"), product_port.expect("a port"));
        Self { port, product_port, _program: program, _folder: folder }
    }

    pub fn at(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.port)
    }

    pub fn product(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.product_port)
    }

    /// Somebody who is signed in and calls the API, so that a test comes to its point.
    pub async fn caller(&self, slug: &str) -> Browser {
        let http =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        let base = format!("http://127.0.0.1:{}", self.port);
        let nobody = Browser { base, http, cookie: None, bearer: None, on_behalf_of: None };
        let cookie = nobody.get(&format!("/demo/{slug}")).await.expect(303).cookie("latchstring");
        nobody.with_cookie(cookie)
    }
}

/// The id of one of the caller's organizations.
pub async fn organization(by: &Browser, name: &str) -> String {
    let all = by.get("/api/v1/organizations").await.expect(200).json();
    let all = all["data"].as_array().expect("a list").clone();
    let found = all.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no {name}"));
    found["id"].as_str().expect("an id").to_owned()
}

/// Opens an organization; the token waits.
pub async fn open(by: &Browser, organization: &str, mode: &str) -> Value {
    let body = json!({ "validity_seconds": 14400, "mode": mode, "customer_ticket": "48213" });
    by.post(&format!("/api/v1/organizations/{organization}/support-tokens"), body).await.expect(201).json()
}

/// The agent takes it; the id of the token.
pub async fn associate(agent: &Browser, token: &Value) -> String {
    let body = json!({ "code": token["code"], "ticket": "48213" });
    let taken = agent.post("/api/v1/desk/associate", body).await.expect(200).json();
    taken["id"].as_str().expect("an id").to_owned()
}
