//! A partner among the callers: Boreal, which works for Aurora.

use serde_json::{Value, json};

use super::table::CALLERS;
use crate::support::{
    cast::{Stage, invite, sign_in, through},
    server::{Browser, nothing},
};

/// The column of one of the partner's people.
pub const PARTNERS: usize = CALLERS.len() - 1;

/// What there is between Aurora and Boreal.
pub struct Partnerships {
    /// Aurora's own token for a client, which is pending.
    pub client: String,
    /// The one by which Boreal works for Aurora.
    pub partner: String,
    /// Pia of Boreal, who may enter Aurora.
    pub person: Browser,
    /// Inside, under the cookie of that and disguised as a session of this host.
    pub inside: Browser,
}

/// Both are partners and clients. Boreal works for Aurora, and let Pia in.
pub async fn partnerships(stage: &Stage) -> Partnerships {
    for organization in [&stage.aurora, &stage.boreal] {
        let path = format!("/api/v1/organizations/{organization}/registration");
        let body = json!({ "is_partner": true, "is_client": true });
        stage.vera.send("PUT", &path, body).await.expect(200);
    }
    let id = |added: &Value| added["id"].as_str().expect("an id").to_owned();
    let clients = |organization: &str| format!("/api/v1/organizations/{organization}/clients");
    let own = stage.joana.post(&clients(&stage.aurora), json!({})).await.expect(201).json();
    let other = stage.bea.post(&clients(&stage.boreal), json!({})).await.expect(201).json();
    let body = json!({ "token": other["value"], "permissions": ["ticket_user"] });
    let partners = format!("/api/v1/organizations/{}/partners", stage.aurora);
    stage.joana.post(&partners, body).await.expect(201);

    invite(&stage.server, &stage.bea, &stage.boreal, "pia@boreal.example", "Pia Serra", "member").await;
    let found = format!("/api/v1/organizations/{}/members?search=pia", stage.boreal);
    let member = id(&stage.bea.get(&found).await.expect(200).json()["data"][0]);
    let partner = id(&other);
    let body = json!({ "members": [member], "permissions": ["ticket_user"] });
    stage.bea.post(&format!("/api/v1/clients/{partner}/users"), body).await.expect(200);
    let person = sign_in(&stage.server, "pia@boreal.example").await;
    let way = person.post(&format!("/api/v1/clients/{partner}/enter"), nothing()).await.expect(201).json();
    let url = way["url"].as_str().expect("an address");
    let acting = through(&person, url).await.expect(303).cookie("__Host-latchstring_acting");
    let value = acting.split_once('=').expect("a pair").1;
    let inside = stage.server.anonymous().with_cookie(format!("{acting}; __Host-latchstring={value}"));
    Partnerships { client: id(&own), partner, person, inside }
}
