//! The disk is full, under the server and under its database, and there is room again.

use serde_json::json;
use xtask::postgres::Postgres;

use super::{Cast, ask, ask_for};
use crate::support::{
    process::Installed,
    rows,
    server::{Browser, nothing},
};

/// The entry of an agent, and what a customer did while there was no room.
struct Filled<'a> {
    customer: &'a Browser,
    anybody: Browser,
    invitations: String,
    grant: String,
    cookie: String,
    made: usize,
    is_revoked: bool,
}

impl<'a> Filled<'a> {
    /// Acts until none is taken any more, and looks at what is said then. `whole`: there is no room for anything, not only
    /// for what one file holds.
    async fn by(cast: &'a Cast, anybody: Browser, (grant, cookie): (String, String), whole: bool) -> Self {
        let (customer, organization) = &cast.customers[0];
        let invitations = format!("/api/v1/organizations/{organization}/invitations");
        ask(&anybody, &cookie, "GET").await.expect(200);
        let (mut made, mut refused) = (0, 0);
        for n in 0..400 {
            let body = json!({ "email": format!("m{n}@customer.example"), "name": "M", "role": "member" });
            let answer = customer.post(&invitations, body).await;
            if answer.status == 201 {
                made += 1;
            } else {
                // Later versions of PostgreSQL have no word of their own for a file that may not grow.
                assert!(matches!(answer.status, 500 | 503), "{}", answer.text);
                refused += 1;
            }
            if refused == 8 {
                break;
            }
        }
        assert!(made > 0 && refused == 8, "{made} made, {refused} refused");
        if whole {
            // A short line may still find room; many pages do not.
            let mut change = ask(&anybody, &cookie, "POST").await;
            for n in 0..400 {
                if change.status != 200 {
                    break;
                }
                change = ask_for(&anybody, &cookie, "POST", &format!("/{n}/{}", "x".repeat(400))).await;
            }
            assert_eq!(change.status, 503, "{}", change.text);
            assert!(!change.headers.contains_key("remote-user"));
        }
        let revoked = customer.post(&format!("/api/v1/support-tokens/{grant}/revoke"), nothing()).await;
        assert!(matches!(revoked.status, 200 | 500 | 503), "{}", revoked.text);
        let is_revoked = revoked.status == 200;
        let after = ask(&anybody, &cookie, "GET").await;
        assert_eq!(after.status, if is_revoked { 403 } else { 200 }, "what was answered is what holds");
        anybody.get("/livez").await.expect(200);
        Self { customer, anybody, invitations, grant, cookie, made, is_revoked }
    }

    /// With room again: what was said is what is there, and acts are taken.
    async fn holds(&self) {
        let token =
            self.customer.get(&format!("/api/v1/support-tokens/{}", self.grant)).await.expect(200).json();
        assert_eq!(token["state"], if self.is_revoked { "revoked" } else { "active" });
        let mut there = 0;
        let mut next = Some(String::new());
        while let Some(page) = next {
            let path = format!("{}?page_token={page}", self.invitations);
            let list = self.customer.get(&path).await.expect(200).json();
            there += list["data"].as_array().expect("a list").len();
            next = list["page"]["next_token"].as_str().filter(|token| !token.is_empty()).map(str::to_owned);
        }
        assert_eq!(there, self.made, "as many invitations as were answered");
        let body = json!({ "email": "last@customer.example", "name": "L", "role": "member" });
        self.customer.post(&self.invitations, body).await.expect(201);
        if !self.is_revoked {
            let revoke = format!("/api/v1/support-tokens/{}/revoke", self.grant);
            self.customer.post(&revoke, nothing()).await.expect(200);
        }
        ask(&self.anybody, &self.cookie, "GET").await.expect(403);
    }
}

/// R7: on a full disk acts are refused and nothing is half done, an outsider's change is refused, revokes that were
/// answered hold, and the server lives and works again when there is room.
#[tokio::test]
async fn a_full_disk_refuses_acts_and_loses_nothing() {
    let installed = Installed::new().await;
    let server = installed.serve().await;
    let cast = Cast::of(&installed, 1).await;
    let entry = cast.ana_inside("write").await;
    assert!(server.stop().await, "a clean end");

    let size = std::fs::metadata(installed.database()).expect("the database").len();
    let server = installed.serve_with_room(size / 1024 + 160).await;
    let filled = Filled::by(&cast, installed.anonymous(), entry, true).await;
    server.kill().await;

    let server = installed.serve().await;
    filled.holds().await;
    cast.vera.get("/api/v1/agents").await.expect(200);
    assert!(server.stop().await);
}

/// R7: the same where it is PostgreSQL that has no room. Nobody has to start anything again.
#[tokio::test]
async fn a_full_disk_under_postgresql_refuses_acts_and_loses_nothing() {
    let database = Postgres::start_with_small_files(&["synchronous_commit=on"])
        .expect("PostgreSQL is installed by cargo xtask setup");
    let installed = Installed::on(&database.url).await;
    let server = installed.serve().await;
    let cast = Cast::of(&installed, 1).await;
    let entry = cast.ana_inside("write").await;
    // The largest file is one that each act grows, and larger than those that hold the log. Half a page too much, so that
    // the last one is cut short as on a disk that is full.
    let largest = rows::grow_mails(&database.url, 1 << 20).await;
    database.limit_files(Some(largest + 36 * 1024)).expect("processes of ours");
    let filled = Filled::by(&cast, installed.anonymous(), entry, false).await;

    database.limit_files(None).expect("processes of ours");
    filled.holds().await;
    assert!(server.stop().await);
}
