//! What is refused to somebody who is known stays written, and no flood of it does.

use kernel::Duration;
use serde_json::json;

use crate::support::{
    cast::{Stage, program, tokens},
    rows::{Reader, audit},
    server::nothing,
};

/// S70: each no to a person or a program leaves who, what was asked, on what, and what the no was called; by page and by API.
#[tokio::test]
async fn a_no_to_somebody_known_is_written_down() {
    for stage in Stage::both().await {
        let grant = stage.opened_to_ana("read_only").await;
        let machine = program(&stage, &["members.read"]).await;
        let aurora = &stage.aurora;
        let mut log = Reader::new(&stage).await;

        stage.bea.get(&tokens(aurora)).await.expect(404);
        let news = log.expect(&["request.refused refused by Bea Font"]).await;
        let route = "/api/v1/organizations/{organization}/support-tokens";
        assert_eq!(
            news[0].details,
            json!({ "method": "GET", "route": route, "code": "not_found" }),
            "the form of the path and not the path"
        );
        assert_eq!((&news[0].subject, &news[0].organization), (aurora, &None));

        stage.bruno.post(&format!("/api/v1/support-tokens/{grant}/enter"), nothing()).await.expect(404);
        assert_eq!(log.expect(&["request.refused refused by Bruno Ramos"]).await[0].subject, grant);
        stage.marcos.get("/api/v1/agents").await.expect(403);
        let news = log.expect(&["request.refused refused by Marcos Lima"]).await;
        assert_eq!(news[0].details["code"], "administrator_required");
        machine.get(&tokens(aurora)).await.expect(403);
        let news = log.expect(&["request.refused refused by backend"]).await;
        assert_eq!(news[0].actor_kind, "machine");

        // Pages.
        stage.bea.get(&format!("/organizations/{aurora}/members")).await.expect(404);
        log.expect(&["request.refused refused by Bea Font"]).await;
        stage.marcos.get("/admin/organizations").await.expect(403);
        log.expect(&["request.refused refused by Marcos Lima"]).await;
        stage.ana.get("/continue?rd=http%3A%2F%2Ferp.example.com%2F").await.expect(303);
        let begun = stage.at_product("http://erp.example.com/_latchstring/begin?rd=%2F", "").await;
        stage.ana.get(begun.header("location")).await.expect(403);
        log.expect(&["request.refused refused by Ana Souza"]).await;

        // The operation's own entry is enough.
        let body =
            json!({ "current_password": "not the password", "new_password": "a longer one than that" });
        stage.marcos.post("/api/v1/account/password", body).await.expect(403);
        log.expect(&["password.changed refused by Marcos Lima"]).await;

        // What is in the way of nobody's rights, and what a stranger asks for.
        stage.joana.get("/nowhere").await.expect(404);
        stage.joana.post(&tokens(aurora), json!({ "validity_seconds": 60 })).await.expect(409);
        stage.joana.post(&tokens(aurora), json!({ "validity_seconds": "x" })).await.expect(400);
        let nobody = stage.server.anonymous();
        nobody.get(&tokens(aurora)).await.expect(401);
        nobody.get("/admin/organizations").await.expect(303);
        nobody.with_cookie("__Host-latchstring=lss_x").get(&tokens(aurora)).await.expect(401);
        log.expect(&[]).await;
    }
}

/// S70, S68: a link that is tried is told of without its secret.
#[tokio::test]
async fn a_refused_link_is_not_written_down() {
    let stage = Stage::start().await;
    let token = "lsi_000000000000000000000000000000000000";
    stage.joana.get(&format!("/setup/{token}")).await;
    stage.joana.get(&format!("/invitations/{token}")).await;
    for entry in audit(&stage.server).await {
        assert!(!format!("{entry:?}").contains(token), "{entry:?}");
    }
}

/// S70, F3: whoever has an account fills the log with sixty entries a minute at most, and one that counts the rest.
#[tokio::test]
async fn a_flood_of_refusals_is_counted() {
    for stage in Stage::both().await {
        let mut log = Reader::new(&stage).await;
        for _ in 0..75 {
            stage.bea.get(&tokens(&stage.aurora)).await.expect(404);
        }
        assert_eq!(log.news().await.len(), 60);
        stage.marcos.get("/api/v1/agents").await.expect(403);
        log.expect(&["request.refused refused by Marcos Lima"]).await;
        stage.server.clock.advance(Duration::minutes(1));
        let mut news = Vec::new();
        for _ in 0..100 {
            news = log.news().await;
            if !news.is_empty() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(news.len(), 1, "{news:?}");
        assert_eq!((news[0].actor_name.as_str(), &news[0].details), ("Bea Font", &json!({ "count": 15 })));
        stage.bea.get(&tokens(&stage.aurora)).await.expect(404);
        log.expect(&["request.refused refused by Bea Font"]).await;
    }
}
