//! Partners: what each side can do, what the other side sees of it at once, and what nobody gets who was given nothing.

mod authorizing;
mod clocks;
mod doors;
mod entering;
mod fields;
mod leaving;
mod lists;
mod many;
mod offer;
mod pages;
mod races;
mod registration;
mod rows;
mod tokens;
mod told;
mod users;

use serde_json::{Value, json};

use crate::support::{
    cast::{Stage, accept, invite, organization, sign_in, through},
    server::{Answer, Browser, nothing},
};

/// What the vendor offers as shipped.
const ALL: [&str; 3] = ["ticket_management", "server_management", "ticket_user"];

/// Aurora and Boreal are clients; Kappa is a partner with three people.
struct House {
    stage: Stage,
    kappa: String,
    /// Kappa's administrator.
    kim: Browser,
    /// Kappa's members.
    lea: Browser,
    noa: Browser,
    kim_member: String,
    lea_member: String,
    noa_member: String,
}

impl House {
    async fn start() -> Self {
        Self::on(Stage::start().await).await
    }

    /// One on each kind of database.
    async fn both() -> Vec<Self> {
        let mut all = Vec::new();
        for stage in Stage::both().await {
            all.push(Self::on(stage).await);
        }
        all
    }

    async fn on(stage: Stage) -> Self {
        let kappa = organization(&stage.server, &stage.vera, "Kappa Comptables", "kim@kappa.example").await;
        accept(&stage.server, "kim@kappa.example", "Kim Roux").await;
        let kim = sign_in(&stage.server, "kim@kappa.example").await;
        invite(&stage.server, &kim, &kappa, "lea@kappa.example", "Lea Blanc", "member").await;
        invite(&stage.server, &kim, &kappa, "noa@kappa.example", "Noa Petit", "member").await;
        register(&stage, &kappa, true, false).await;
        register(&stage, &stage.aurora, false, true).await;
        register(&stage, &stage.boreal, false, true).await;
        let lea = sign_in(&stage.server, "lea@kappa.example").await;
        let noa = sign_in(&stage.server, "noa@kappa.example").await;
        let of = |name: &'static str| member(&kim, &kappa, name);
        let (kim_member, lea_member, noa_member) = (of("Kim").await, of("Lea").await, of("Noa").await);
        Self { stage, kappa, kim, lea, noa, kim_member, lea_member, noa_member }
    }

    fn clients(&self) -> String {
        format!("/api/v1/organizations/{}/clients", self.kappa)
    }

    /// Kim adds a token: its id, and what a client pastes.
    async fn add(&self) -> (String, String) {
        let added = self.kim.post(&self.clients(), json!({ "label": "" })).await.expect(201).json();
        (text(&added["id"]), text(&added["value"]))
    }

    /// Joana pastes it for Aurora.
    async fn authorize(&self, token: &str, permissions: &[&str]) -> Answer {
        let body = json!({ "token": token, "permissions": permissions, "mode": "write" });
        self.stage.joana.post(&partners(&self.stage.aurora), body).await
    }

    /// The id of an active token of Aurora.
    async fn authorized(&self, permissions: &[&str]) -> String {
        let (id, token) = self.add().await;
        self.authorize(&token, permissions).await.expect(201);
        id
    }

    async fn let_in(&self, grant: &str, members: &[&String], permissions: &[&str]) -> Answer {
        let body = json!({ "members": members, "permissions": permissions });
        self.kim.post(&client(grant, "/users"), body).await
    }

    /// An active token with Lea in it.
    async fn with_lea(&self, permissions: &[&str]) -> String {
        let grant = self.authorized(&ALL).await;
        self.let_in(&grant, &[&self.lea_member], permissions).await.expect(200);
        grant
    }

    /// The cookie of somebody of Kappa inside Aurora's account.
    async fn inside(&self, who: &Browser, grant: &str) -> String {
        let way = who.post(&client(grant, "/enter"), nothing()).await.expect(201).json();
        through(who, &text(&way["url"])).await.expect(303).cookie("__Host-latchstring_acting")
    }

    /// What the proxy is told about a request by that cookie.
    async fn ask(&self, cookie: &str) -> Answer {
        self.stage.ask(cookie, "GET", "/tickets").await
    }

    /// The keys that somebody has in a client, as its partner sees them.
    async fn keys(&self, grant: &str, member: &str) -> Vec<String> {
        let details = self.kim.get(&client(grant, "")).await.expect(200).json();
        let users = details["users"].as_array().expect("a list").clone();
        let found = users.into_iter().find(|user| user["member"] == member);
        found.map_or_else(Vec::new, |user| {
            user["permissions"].as_array().expect("a list").iter().map(text).collect()
        })
    }
}

async fn register(stage: &Stage, organization: &str, is_partner: bool, is_client: bool) {
    let body = json!({ "is_partner": is_partner, "is_client": is_client });
    let path = format!("/api/v1/organizations/{organization}/registration");
    stage.vera.send("PUT", &path, body).await.expect(200);
}

/// Somebody's place in an organization.
async fn member(by: &Browser, organization: &str, name: &str) -> String {
    let path = format!("/api/v1/organizations/{organization}/members?search={name}");
    text(&by.get(&path).await.expect(200).json()["data"][0]["id"])
}

fn client(grant: &str, further: &str) -> String {
    format!("/api/v1/clients/{grant}{further}")
}

fn partners(organization: &str) -> String {
    format!("/api/v1/organizations/{organization}/partners")
}

fn partner(grant: &str, further: &str) -> String {
    format!("/api/v1/partners/{grant}{further}")
}

#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}
