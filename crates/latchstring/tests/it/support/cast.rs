//! Who plays in the tests: two customers, the vendor's people, made through the real doors (set-up link, invitations, mail).

use kernel::Secret;
use operation::Call;
use serde_json::{Value, json};
use testkit::Database;

use super::server::{Answer, Browser, PASSWORD, TestServer};

/// A server with everybody in it and signed in.
pub struct Stage {
    pub server: TestServer,
    /// The vendor's administrator.
    pub vera: Browser,
    /// Support agents of level 2 and 1.
    pub ana: Browser,
    pub bruno: Browser,
    /// Aurora's administrator and member.
    pub joana: Browser,
    pub marcos: Browser,
    /// Administrator of another customer, Boreal.
    pub bea: Browser,
    pub aurora: String,
    pub boreal: String,
    /// The protected product, at this origin.
    pub application: String,
    pub origin: String,
}

/// The origin of the product in tests that have no proxy of their own.
pub const ORIGIN: &str = "http://erp.example.com";

impl Stage {
    pub async fn start() -> Self {
        Self::on(TestServer::start().await, ORIGIN).await
    }

    /// One on each kind of database.
    pub async fn both() -> Vec<Self> {
        let mut stages = Vec::new();
        for database in Database::both().await {
            stages.push(Self::on(TestServer::on(database).await, ORIGIN).await);
        }
        stages
    }

    pub async fn on(server: TestServer, origin: &str) -> Self {
        let nobody = server.anonymous();
        let call = Call::by_operator(&server.product.world);
        let link = organizations::operations::setup::issue(&call).await.expect("a set-up link");
        let form = [("name", "Vera Lang"), ("email", "vera@vendor.example"), ("password", PASSWORD)];
        nobody.form(&format!("/setup/{}", link.expose()), &form).await.expect(303);
        let vera = sign_in(&server, "vera@vendor.example").await;

        for (email, name, level) in
            [("ana@vendor.example", "Ana Souza", 2), ("bruno@vendor.example", "Bruno Ramos", 1)]
        {
            let body = json!({ "email": email, "name": name, "agent_level": level });
            vera.post("/api/v1/agents", body).await.expect(201);
            accept(&server, email, name).await;
        }
        let aurora = organization(&server, &vera, "Aurora Holding", "joana@aurora.example").await;
        accept(&server, "joana@aurora.example", "Joana Prado").await;
        let boreal = organization(&server, &vera, "Boreal", "bea@boreal.example").await;
        accept(&server, "bea@boreal.example", "Bea Font").await;
        let joana = sign_in(&server, "joana@aurora.example").await;
        invite(&server, &joana, &aurora, "marcos@aurora.example", "Marcos Lima", "member").await;
        let made =
            vera.post("/api/v1/applications", json!({ "name": "ERP", "origin": origin })).await.expect(201);

        Self {
            ana: sign_in(&server, "ana@vendor.example").await,
            bruno: sign_in(&server, "bruno@vendor.example").await,
            marcos: sign_in(&server, "marcos@aurora.example").await,
            bea: sign_in(&server, "bea@boreal.example").await,
            vera,
            joana,
            aurora,
            boreal,
            application: made.json()["id"].as_str().expect("an id").to_owned(),
            origin: origin.to_owned(),
            server,
        }
    }

    /// Joana opens Aurora; the token is pending.
    pub async fn open(&self, body: Value) -> Value {
        self.joana
            .post(&format!("/api/v1/organizations/{}/support-tokens", self.aurora), body)
            .await
            .expect(201)
            .json()
    }

    /// Joana opens Aurora and Ana takes it: the id of the active grant.
    pub async fn opened_to_ana(&self, mode: &str) -> String {
        let token = self.open(json!({ "validity_seconds": 3600, "mode": mode })).await;
        let body = json!({ "code": token["code"], "ticket": "48213" });
        let taken = self.ana.post("/api/v1/desk/associate", body).await.expect(200).json();
        taken["id"].as_str().expect("an id").to_owned()
    }

    /// Ana enters: her cookie on the product's host, as the proxy would send it.
    pub async fn ana_inside(&self, grant: &str) -> String {
        let way = self
            .ana
            .post(&format!("/api/v1/support-tokens/{grant}/enter"), json!({}))
            .await
            .expect(201)
            .json();
        let begin = way["url"].as_str().expect("an address");
        self.through(&self.ana, begin).await.expect(303).cookie("__Host-latchstring_acting")
    }

    /// A member's cookie on the product's host.
    pub async fn member_inside(&self, member: &Browser) -> String {
        let begin = format!("{}/_latchstring/begin?rd=%2F", self.origin);
        self.through(member, &begin).await.expect(303).cookie("__Host-latchstring_app")
    }

    /// Goes the whole way into the product, from the address at which it begins there.
    pub async fn through(&self, browser: &Browser, begin: &str) -> Answer {
        through(browser, begin).await
    }

    /// The same up to the last step: the address of the callback, and the cookie that the browser brings there.
    pub async fn way_in(&self, browser: &Browser, begin: &str) -> (String, String) {
        way_in(browser, begin).await
    }

    /// Opens an address on a product's host, as the proxy passes it on.
    pub async fn at_product(&self, address: &str, cookie: &str) -> Answer {
        at_product(&self.server.anonymous(), address, cookie).await
    }

    /// What a proxy is told about a request with this cookie (forward-auth dialect).
    pub async fn ask(&self, cookie: &str, method: &str, path: &str) -> Answer {
        let (scheme, host) = self.origin.split_once("://").expect("an origin");
        let mut request = self
            .server
            .anonymous()
            .request("GET", "/authz/forward-auth")
            .header("x-forwarded-method", method)
            .header("x-forwarded-proto", scheme)
            .header("x-forwarded-host", host)
            .header("x-forwarded-uri", path)
            .header("x-forwarded-for", "203.0.113.9");
        if !cookie.is_empty() {
            request = request.header("cookie", cookie);
        }
        Answer::of(request).await
    }
}

/// Goes the whole way into a product, as a browser does, from the address at which it begins there.
pub async fn through(browser: &Browser, begin: &str) -> Answer {
    let (callback, way) = way_in(browser, begin).await;
    at_product(browser, &callback, &way).await
}

async fn way_in(browser: &Browser, begin: &str) -> (String, String) {
    let begun = at_product(browser, begin, "").await.expect(303);
    let led = browser.get(begun.header("location")).await.expect(303);
    (led.header("location").to_owned(), begun.cookie("__Host-latchstring_way"))
}

/// The browser's cookie of our own host does not get to the product's.
async fn at_product(browser: &Browser, address: &str, cookie: &str) -> Answer {
    let (origin, path) = address.split_at(address.find("/_latchstring/").expect("an address of ours"));
    let (scheme, host) = origin.split_once("://").expect("an origin");
    let cookie = (!cookie.is_empty()).then(|| cookie.to_owned());
    let request = Browser { cookie, ..browser.clone() }
        .request("GET", path)
        .header("host", host)
        .header("x-forwarded-host", host)
        .header("x-forwarded-proto", scheme)
        .header("x-forwarded-for", "203.0.113.9");
    Answer::of(request).await
}

/// The support tokens of an organization.
pub fn tokens(organization: &str) -> String {
    format!("/api/v1/organizations/{organization}/support-tokens")
}

/// Revokes a token.
pub async fn revoke(by: &Browser, grant: &str) -> Answer {
    by.post(&format!("/api/v1/support-tokens/{grant}/revoke"), json!({})).await
}

/// Signs in: with the password and what else the account asks for. The vendor's people set up an authenticator app the first
/// time.
pub async fn sign_in(server: &TestServer, email: &str) -> Browser {
    server.apps.sign_in(&server.anonymous(), email, server.now()).await
}

/// A new person opens the link that was mailed, and chooses a password.
pub async fn accept(server: &TestServer, email: &str, name: &str) {
    let link = server.mailed_link(email, "/invitations/").await;
    let token = link.rsplit('/').next().expect("a token");
    let body = json!({ "token": token, "name": name, "password": PASSWORD });
    server.anonymous().post("/api/v1/invitations/accept", body).await.expect(200);
}

pub async fn organization(server: &TestServer, vera: &Browser, name: &str, administrator: &str) -> String {
    let body = json!({ "name": name, "administrator_email": administrator, "companies": 4 });
    let made = vera.post("/api/v1/organizations", body).await.expect(201).json();
    server.deliver().await;
    made["organization"]["id"].as_str().expect("an id").to_owned()
}

/// Invites a new person, who accepts.
pub async fn invite(
    server: &TestServer,
    by: &Browser,
    organization: &str,
    email: &str,
    name: &str,
    role: &str,
) {
    let body = json!({ "email": email, "name": name, "role": role });
    by.post(&format!("/api/v1/organizations/{organization}/invitations"), body).await.expect(201);
    accept(server, email, name).await;
}

/// A program of the vendor with these scopes.
pub async fn program(stage: &Stage, scopes: &[&str]) -> Browser {
    let ends_at = web::rest::rfc3339(stage.server.now() + kernel::Duration::days(30));
    let body = json!({ "name": "backend", "scopes": scopes, "ends_at": ends_at });
    let made = stage.vera.post("/api/v1/api-keys", body).await.expect(201).json();
    let secret = made["value"].as_str().expect("shown once").to_owned();
    stage.server.anonymous().with_key(&Secret::from_text(secret))
}
