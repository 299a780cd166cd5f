//! Signing in at an organization's own provider.

mod believed;
mod connections;
mod levels;
mod logout;
mod moved;
mod people;
mod real;
mod refusals;

use kernel::Duration;
use serde_json::{Value, json};
use testkit::Database;

use crate::support::{
    cast::{ORIGIN, Stage},
    provider::{CLIENT, CLIENT_SECRET, Provider},
    server::{Answer, Browser, TestServer, nothing},
};

const COOKIE: &str = "__Host-latchstring_sso";

/// Aurora with a provider.
struct Scene {
    stage: Stage,
    provider: Provider,
    connection: String,
    here: String,
}

impl Scene {
    async fn on(database: Database) -> Self {
        let provider = Provider::start().await;
        let server = TestServer::with_domain(database, "aurora.example", provider.address).await;
        let stage = Stage::on(server, ORIGIN).await;
        let here = format!("/api/v1/organizations/{}/single-sign-on", stage.aurora);
        Self { stage, provider, connection: String::new(), here }
    }

    /// With the connection on.
    async fn active(database: Database) -> Self {
        let mut scene = Self::on(database).await;
        scene.own_domain().await;
        scene.make_practitioner("marcos").await;
        scene.connection = scene.prepare().await;
        scene.test().await.expect(303);
        scene.activate().await.expect(200);
        scene
    }

    async fn both() -> Vec<Self> {
        let mut scenes = Vec::new();
        for database in Database::both().await {
            scenes.push(Self::active(database).await);
        }
        scenes
    }

    async fn own_domain(&self) {
        let joana = &self.stage.joana;
        let made = joana.post(&format!("{}/domains", self.here), json!({ "domain": "Aurora.example" })).await;
        let made = made.expect(201).json();
        self.provider.shows(made["line"].as_str().expect("a line"));
        let prove = format!("{}/domains/{}/prove", self.here, made["id"].as_str().expect("an id"));
        joana.post(&prove, nothing()).await.expect(200);
    }

    fn wanted(&self) -> Value {
        json!({ "name": "Aurora ID", "issuer": self.provider.url, "client_id": CLIENT,
            "client_secret": CLIENT_SECRET, "user_types": ["practitioners"], "new_people": "practitioner" })
    }

    async fn prepare(&self) -> String {
        let made = self.stage.joana.post(&format!("{}/connections", self.here), self.wanted()).await;
        made.expect(201).json()["id"].as_str().expect("an id").to_owned()
    }

    fn at(&self, end: &str) -> String {
        format!("{}/connections/{}/{end}", self.here, self.connection)
    }

    async fn activate(&self) -> Answer {
        self.stage.joana.post(&self.at("activate"), nothing()).await
    }

    async fn make_practitioner(&self, name: &str) {
        let members = format!("/api/v1/organizations/{}/members", self.stage.aurora);
        let found = self.stage.joana.get(&format!("{members}?search={name}")).await.expect(200).json();
        let id = found["data"][0]["id"].as_str().expect("an id");
        let change = json!({ "user_type": "practitioner" });
        self.stage.joana.send("PATCH", &format!("{members}/{id}"), change).await.expect(200);
    }

    /// Joana tries the settings in her own browser.
    async fn test(&self) -> Answer {
        let page = format!("/organizations/{}/single-sign-on/{}/test", self.stage.aurora, self.connection);
        let sent = self.stage.joana.form(&page, &[]).await.expect(303);
        let address = sent.header("location");
        let claims =
            self.provider.claims(address, "joana-there", "joana@aurora.example", self.stage.server.now());
        let back = self.provider.sends_back(address, &self.provider.token(&claims), json!({}));
        let joana = self.stage.joana.cookie.clone().expect("a session");
        self.stage.joana.with_cookie(format!("{joana}; {}", sent.cookie(COOKIE))).get(&back).await
    }

    /// Sends a browser to the provider: the address there, and what the browser keeps.
    async fn sent(&self) -> (String, Browser) {
        let nobody = self.stage.server.anonymous();
        let sent = nobody.form(&format!("/sign-in/sso/{}", self.connection), &[]).await.expect(303);
        (sent.header("location").to_owned(), nobody.with_cookie(sent.cookie(COOKIE)))
    }

    /// Comes back with what the provider says after `change`.
    async fn comes_back(
        &self,
        subject: &str,
        email: &str,
        change: impl FnOnce(&mut Value),
    ) -> (Answer, Browser) {
        let (address, browser) = self.sent().await;
        let mut claims = self.provider.claims(&address, subject, email, self.stage.server.now());
        change(&mut claims);
        let back = self.provider.sends_back(&address, &self.provider.token(&claims), json!({}));
        (browser.get(&back).await, browser)
    }

    /// Signs somebody in there and here.
    async fn signed_in(&self, subject: &str, email: &str) -> Browser {
        let (answer, browser) = self.comes_back(subject, email, |_| {}).await;
        browser.with_cookie(answer.expect(303).cookie("__Host-latchstring"))
    }

    /// No session, and nothing that could become one.
    #[track_caller]
    fn is_refused(answer: &Answer, why: &str) {
        assert!(matches!(answer.status, 409 | 404), "{why}: {} {}", answer.status, answer.text);
        let cookies = answer.headers.get_all("set-cookie").iter();
        for cookie in cookies.filter_map(|cookie| cookie.to_str().ok()) {
            assert!(
                !cookie.starts_with("__Host-latchstring=") && !cookie.contains("_sign_in="),
                "{why}: {cookie}"
            );
        }
    }

    async fn recorded(&self, kind: &str) -> Vec<crate::support::rows::Recorded> {
        let mut all = crate::support::rows::audit(&self.stage.server).await;
        all.retain(|entry| entry.kind == kind);
        all
    }

    async fn later(&self) {
        self.stage.server.advance(Duration::seconds(1)).await;
    }
}
