//! Where the vendor asks its agents for a passkey.

use serde_json::{Value, json};
use testkit::Database;

use super::{answered, registered, truth};
use crate::support::{
    cast::{ORIGIN, Stage, sign_in},
    server::{Answer, Browser, TestServer, nothing},
};

const ANA: &str = "ana@vendor.example";

async fn take(by: &Browser, code: &Value) -> Answer {
    by.post("/api/v1/desk/associate", json!({ "code": code, "ticket": "48213" })).await
}

/// S26, A20: where it is required, an agent who showed a code takes no token and enters nowhere, by no door; with a passkey they
/// do, also in the session that they add it in. Customers are asked for nothing more.
#[tokio::test]
async fn an_agent_needs_a_passkey_where_the_vendor_says_so() {
    for database in Database::both().await {
        let server =
            TestServer::with(database, "localhost", |settings| settings.require_passkeys_of_agents = true)
                .await;
        let stage = Stage::on(server, ORIGIN).await;
        let token = stage.open(json!({ "validity_seconds": 3600, "mode": "write" })).await;
        let refused = take(&stage.ana, &token["code"]).await.expect(403);
        assert_eq!(refused.code(), "passkey_required");
        let form = [("code", token["code"].as_str().expect("a code")), ("ticket", "48213")];
        let page = stage.ana.form("/desk/associate", &form).await.expect(403);
        assert!(page.text.contains("agents work with a passkey"), "{}", page.text);
        let live = format!("/api/v1/organizations/{}/support-tokens/live", stage.aurora);
        assert_eq!(stage.joana.get(&live).await.expect(200).json()["padlock"], "waiting");

        let (device, made) = registered(&stage, &stage.ana).await;
        let with_passkey = stage.server.anonymous().with_cookie(made.cookie(super::SESSION));
        let taken = take(&with_passkey, &token["code"]).await.expect(200).json();
        let grant = taken["id"].as_str().expect("an id");
        let enter = format!("/api/v1/support-tokens/{grant}/enter");
        stage.server.advance(kernel::Duration::minutes(1)).await;
        let with_code = sign_in(&stage.server, ANA).await;
        assert_eq!(with_code.post(&enter, nothing()).await.expect(403).code(), "passkey_required");
        with_code.form(&format!("/desk/enter/{grant}"), &[]).await.expect(403);
        let way = with_passkey.post(&enter, nothing()).await.expect(201).json();
        let begin = way["url"].as_str().expect("an address");
        // The ticket of a session with a passkey is nothing to one with a code.
        let (_, way) = begin.split_once('?').expect("a ticket");
        let begun = stage.at_product(&format!("{ORIGIN}/_latchstring/begin?{way}"), "").await.expect(303);
        assert_ne!(with_code.get(begun.header("location")).await.status, 303);

        // A passkey that is shown in a session that began with a code counts from then on.
        let shown = answered(&with_code, "/api/v1/account/confirm/passkey", &device, &truth(&stage))
            .await
            .expect(204);
        let with_code = with_code.with_cookie(shown.cookie(super::SESSION));
        let stage = Stage { ana: with_code, ..stage };
        let inside = stage.ana_inside(grant).await;
        stage.ask(&inside, "GET", "/").await.expect(200);
        stage.joana.get("/api/v1/organizations").await.expect(200);
    }
}
