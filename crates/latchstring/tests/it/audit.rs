//! What stays written of every act, and what is never written anywhere.

use std::{
    io,
    sync::{Arc, Mutex},
};

use kernel::Duration;
use latchstring::logs;
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::support::{
    cast::{ORIGIN, Stage, accept, organization, program, sign_in},
    rows::{Reader, audit, bodies_of_sent_mail, database_file},
    server::{Answer, Browser, PASSWORD, nothing},
};

/// S69, S70, A8: each act of a whole story leaves its entry and no other; so do the refusals that matter.
#[tokio::test]
async fn every_act_leaves_exactly_its_entry() {
    for stage in Stage::both().await {
        let aurora = format!("/api/v1/organizations/{}", stage.aurora);
        let tokens = format!("{aurora}/support-tokens");
        let nobody = stage.server.anonymous();
        let mut log = Reader::new(&stage).await;

        let joana = sign_in(&stage.server, "joana@aurora.example").await;
        let news = log.expect(&["session.signed_in done by Joana Prado"]).await;
        assert!(news[0].session.is_some());
        // What is no address may be a password in the wrong field.
        for (typed, kept) in
            [("JOANA@aurora.example", "joana@aurora.example".into()), ("a latch\r\nand", Value::Null)]
        {
            let body = json!({ "email": typed, "password": "not her password" });
            nobody.post("/api/v1/sign-in", body).await.expect(401);
            let news = log.expect(&["sign_in.failed refused by nobody"]).await;
            assert_eq!(news[0].details["email"], kept);
        }
        let body = json!({ "current_password": "not her password", "new_password": "another latch, another string" });
        joana.post("/api/v1/account/password", body).await.expect(403);
        log.expect(&["password.changed refused by Joana Prado"]).await;
        let body = json!({ "current_password": PASSWORD, "new_password": "another latch, another string" });
        joana.post("/api/v1/account/password", body).await.expect(204);
        log.expect(&["password.changed done by Joana Prado", "session.ended done by Joana Prado"]).await;

        let made = joana
            .post(&tokens, json!({ "validity_seconds": 3600, "mode": "write" }))
            .await
            .expect(201)
            .json();
        let grant = made["id"].as_str().expect("an id");
        let news = log.expect(&["support_token.created done by Joana Prado"]).await;
        assert_eq!((news[0].grant.as_deref(), news[0].subject.as_str()), (Some(grant), grant));
        assert_eq!(news[0].organization.as_deref(), Some(stage.aurora.as_str()));
        joana.post(&tokens, json!({ "validity_seconds": 3600 })).await.expect(409);
        stage.joana.get(&tokens).await.expect(401);
        joana.get(&tokens).await.expect(200);
        log.expect(&[]).await;
        stage
            .bruno
            .post("/api/v1/desk/associate", json!({ "code": "7QM4-K2XV", "ticket": "1" }))
            .await
            .expect(422);
        log.expect(&["support_token.refused refused by Bruno Ramos"]).await;
        stage.ana.post("/api/v1/desk/associate", json!({ "id": grant, "ticket": "48213" })).await.expect(200);
        let news = log.expect(&["support_token.associated done by Ana Souza"]).await;
        assert_eq!(news[0].details["ticket"], "48213");
        let cookie = stage.ana_inside(grant).await;
        let news = log
            .expect(&[
                "session.handed_over done by Ana Souza",
                "session.signed_in done by Ana Souza",
                "support_token.entered done by Ana Souza",
            ])
            .await;
        assert!(news.iter().all(|entry| entry.grant.as_deref() == Some(grant)), "S44: {news:?}");
        stage.ask(&cookie, "POST", "/ledger").await.expect(200);
        stage.ask(&cookie, "GET", "/ledger").await.expect(200);
        log.expect(&[]).await;
        leave(&stage, &cookie).await.expect(303);
        log.expect(&["support_token.left done by Ana Souza"]).await;
        let cookie = stage.ana_inside(grant).await;
        log.news().await;
        joana.post(&format!("/api/v1/support-tokens/{grant}/revoke"), nothing()).await.expect(200);
        log.expect(&["support_token.revoked done by Joana Prado"]).await;
        joana.post(&format!("/api/v1/support-tokens/{grant}/revoke"), nothing()).await.expect(409);
        stage.ask(&cookie, "GET", "/").await.expect(403);
        log.expect(&[]).await;

        let body = json!({ "email": "rita@aurora.example", "name": "Rita", "role": "member" });
        joana.post(&format!("{aurora}/invitations"), body).await.expect(201);
        log.expect(&["member.invited done by Joana Prado"]).await;
        accept(&stage.server, "rita@aurora.example", "Rita Sá").await;
        log.expect(&["member.joined done by nobody", "person.created done by nobody"]).await;
        let found = joana.get(&format!("{aurora}/members?search=rita")).await.expect(200).json();
        let rita = format!("{aurora}/members/{}", found["data"][0]["id"].as_str().expect("an id"));
        joana.send("PATCH", &rita, json!({ "user_type": "employee" })).await.expect(200);
        log.expect(&["member.changed done by Joana Prado"]).await;
        joana.send("DELETE", &rita, nothing()).await.expect(204);
        log.expect(&["member.unlinked done by Joana Prado"]).await;
        let settings =
            json!({ "longest_validity_seconds": null, "who_may_open": "members", "backend_may_open": true });
        joana.send("PUT", &format!("{aurora}/settings"), settings).await.expect(200);
        log.expect(&["organization.changed done by Joana Prado"]).await;

        organization(&stage.server, &stage.vera, "Cirrus", "cleo@cirrus.example").await;
        log.expect(&["member.invited done by Vera Lang", "organization.created done by Vera Lang"]).await;
        let machine = program(&stage, &["support_tokens.write"]).await;
        log.expect(&["api_key.created done by Vera Lang"]).await;
        let id = joana.get("/api/v1/sessions/current").await.json()["user"]["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        let for_joana = Browser { on_behalf_of: Some(id.clone()), ..machine.clone() };
        for_joana.post(&tokens, json!({ "validity_seconds": 600 })).await.expect(201);
        let news = log.expect(&["support_token.created done by backend"]).await;
        assert_eq!(
            (news[0].actor_kind.as_str(), news[0].on_behalf_of.as_str()),
            ("machine", id.as_str()),
            "S44"
        );
        machine.post(&tokens, json!({ "validity_seconds": 600 })).await.expect(403);
        log.expect(&["request.refused refused by backend"]).await;

        let live = joana.get(&format!("{tokens}/live")).await.json()["support_token"]["id"].clone();
        stage.ana.post("/api/v1/desk/associate", json!({ "id": live, "ticket": "2" })).await.expect(200);
        log.news().await;
        stage.server.advance(Duration::minutes(10)).await;
        for _ in 0..50 {
            if joana.get(&tokens).await.json()["data"][0]["state"] == "expired" {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        }
        log.expect(&["support_token.expired done by system"]).await;
        joana.post("/api/v1/sign-out", nothing()).await.expect(204);
        log.expect(&["session.signed_out done by Joana Prado"]).await;
        joana.post("/api/v1/sign-out", nothing()).await.expect(204);
        log.expect(&[]).await;
    }
}

async fn leave(stage: &Stage, cookie: &str) -> Answer {
    let host = ORIGIN.split_once("://").expect("an origin").1;
    let request = stage.server.anonymous().request("POST", "/_latchstring/leave");
    Answer::of(
        request
            .header("host", host)
            .header("x-forwarded-host", host)
            .header("x-forwarded-proto", "http")
            .header("cookie", cookie),
    )
    .await
}

/// S69, A37: the same for the vendor's own acts; a suspension tells of everything that ended by it.
#[tokio::test]
async fn the_vendors_acts_leave_their_entries() {
    for stage in Stage::both().await {
        let grant = stage.opened_to_ana("read_only").await;
        stage.ana_inside(&grant).await;
        let mut log = Reader::new(&stage).await;
        let body = json!({ "email": "carla@vendor.example", "name": "Carla", "agent_level": 1 });
        stage.vera.post("/api/v1/agents", body).await.expect(201);
        log.expect(&["agent.invited done by Vera Lang"]).await;
        accept(&stage.server, "carla@vendor.example", "Carla Dias").await;
        log.expect(&["agent.changed done by nobody", "person.created done by nobody"]).await;
        let agents = stage.vera.get("/api/v1/agents").await.expect(200).json();
        let ana =
            agents["data"].as_array().expect("a list").iter().find(|agent| agent["name"] == "Ana Souza");
        let ana = format!("/api/v1/agents/{}", ana.and_then(|ana| ana["id"].as_str()).expect("an id"));
        let body = json!({ "agent_level": 3, "is_administrator": false });
        stage.vera.send("PATCH", &ana, body).await.expect(200);
        log.expect(&["agent.changed done by Vera Lang"]).await;
        stage.vera.post(&format!("{ana}/suspend"), nothing()).await.expect(200);
        let news = log
            .expect(&[
                "agent.suspended done by Vera Lang",
                "session.ended done by Vera Lang",
                "support_token.revoked done by Vera Lang",
            ])
            .await;
        let revoked = news.iter().find(|entry| entry.kind == "support_token.revoked").expect("the token");
        assert_eq!(revoked.details["how"], "agent_removed");
        stage.vera.post(&format!("{ana}/restore"), nothing()).await.expect(200);
        log.expect(&["agent.restored done by Vera Lang"]).await;

        let body = json!({ "name": "CRM", "origin": "https://crm.example.com" });
        let made = stage.vera.post("/api/v1/applications", body).await.expect(201).json();
        log.expect(&["application.created done by Vera Lang"]).await;
        let path = format!("/api/v1/applications/{}", made["id"].as_str().expect("an id"));
        stage.vera.send("PATCH", &path, json!({ "name": "Sales" })).await.expect(200);
        log.expect(&["application.changed done by Vera Lang"]).await;
        stage.vera.send("DELETE", &path, nothing()).await.expect(204);
        log.expect(&["application.removed done by Vera Lang"]).await;
        program(&stage, &["members.read"]).await;
        log.expect(&["api_key.created done by Vera Lang"]).await;
        let keys = stage.vera.get("/api/v1/api-keys").await.expect(200).json();
        let path = format!("/api/v1/api-keys/{}", keys["data"][0]["id"].as_str().expect("an id"));
        stage.vera.send("DELETE", &path, nothing()).await.expect(204);
        log.expect(&["api_key.revoked done by Vera Lang"]).await;
        stage.vera.send("DELETE", &path, nothing()).await.expect(409);
        log.expect(&[]).await;
    }
}

/// S74, A13: never an act without an entry, never an entry without an act, however many act at once.
#[tokio::test]
async fn as_many_entries_as_acts() {
    for stage in Stage::both().await {
        let tokens = format!("/api/v1/organizations/{}/support-tokens", stage.aurora);
        for _ in 0..5 {
            let mut log = Reader::new(&stage).await;
            let makes = (0..20).map(|n| {
                let by = if n % 2 == 0 { &stage.joana } else { &stage.marcos };
                by.post(&tokens, json!({ "validity_seconds": 3600 }))
            });
            let made = futures_util::future::join_all(makes).await;
            assert_eq!(made.iter().filter(|answer| answer.status == 201).count(), 1);
            let news = log.news().await;
            assert_eq!(news.len(), 1, "{news:?}");
            let live = stage.joana.get(&format!("{tokens}/live")).await.expect(200).json();
            let path = format!(
                "/api/v1/support-tokens/{}/revoke",
                live["support_token"]["id"].as_str().expect("an id")
            );
            let revokes = (0..20).map(|_| stage.joana.post(&path, nothing()));
            let revoked = futures_util::future::join_all(revokes).await;
            assert_eq!(revoked.iter().filter(|answer| answer.status == 200).count(), 1);
            let news = log.news().await;
            assert_eq!(news.len(), 1, "{news:?}");
            assert_eq!(news[0].kind, "support_token.revoked");
        }
    }
}

/// Everything that is logged, kept in memory.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("unpoisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// S68: at the level that tells everything, no log carries a password, a cookie, a link, a key or a handover. S27: neither
/// does the file of the database, nor any answer to the record.
#[tokio::test]
async fn no_secret_is_written_anywhere() {
    let written = Written::default();
    let writer = written.clone();
    // The client of the tests logs in the same process; what it says is not the server's.
    let ours = logs::targets(LevelFilter::TRACE).with_target("reqwest", LevelFilter::OFF);
    let lines = fmt::layer().with_ansi(false).with_writer(move || writer.clone());
    tracing_subscriber::registry().with(ours).with(lines).init();

    let stage = Stage::start().await;
    let mut secrets = vec![PASSWORD.to_owned()];
    let mut links = Vec::new();
    for email in ["ana@vendor.example", "joana@aurora.example", "marcos@aurora.example"] {
        let link = stage.server.mailed_link(email, "/invitations/").await;
        links.push(link.rsplit('/').next().expect("a token").to_owned());
    }
    let body = json!({ "email": "rita@aurora.example", "role": "member" });
    stage.joana.post(&format!("/api/v1/organizations/{}/invitations", stage.aurora), body).await.expect(201);
    let link = stage.server.mailed_link("rita@aurora.example", "/invitations/").await;
    stage.server.anonymous().get(&link).await.expect(200);
    links.push(link.rsplit('/').next().expect("a token").to_owned());

    let canary = "canary of a wrong password";
    let form = [("email", "joana@aurora.example"), ("password", canary)];
    stage.server.anonymous().form("/sign-in", &form).await.expect(422);
    stage
        .server
        .anonymous()
        .post("/api/v1/sign-in", json!({ "email": "x@y.example", "password": canary }))
        .await
        .expect(401);
    let broken = format!("{{\"email\":\"x\",\"password\":\"{canary}\"");
    let request = stage
        .server
        .anonymous()
        .request("POST", "/api/v1/sign-in")
        .header("content-type", "application/json")
        .body(broken);
    let told = Answer::of(request).await.expect(400);
    assert!(!told.text.contains(canary), "{}", told.text);
    let wrong_type = json!({ "email": 7, "password": [canary] });
    let told = stage.server.anonymous().post("/api/v1/sign-in", wrong_type).await.expect(400);
    assert!(!told.text.contains(canary), "{}", told.text);
    secrets.push(canary.to_owned());
    let new = "canary of a new password";
    let body = json!({ "current_password": PASSWORD, "new_password": new });
    stage.marcos.post("/api/v1/account/password", body).await.expect(204);
    secrets.push(new.to_owned());

    let grant = stage.opened_to_ana("write").await;
    let way =
        stage.ana.post(&format!("/api/v1/support-tokens/{grant}/enter"), nothing()).await.expect(201).json();
    let begin = way["url"].as_str().expect("an address");
    secrets.push(begin.split_once("entry=").expect("a ticket").1.to_owned());
    let (callback, way) = stage.way_in(&stage.ana, begin).await;
    secrets.push(callback.split_once("code=").expect("a code").1.to_owned());
    stage.at_product(&callback, &way).await.expect(303);
    secrets.push(value(way));
    let cookies = [stage.ana_inside(&grant).await, stage.member_inside(&stage.bea).await];
    for cookie in &cookies {
        stage.ask(cookie, "POST", "/ledger").await.expect(200);
    }
    let key = program(&stage, &["members.read"]).await;
    key.get(&format!("/api/v1/organizations/{}/members", stage.aurora)).await.expect(200);
    secrets.extend(key.bearer.clone());
    for by in [&stage.vera, &stage.ana, &stage.bruno, &stage.joana, &stage.marcos, &stage.bea] {
        secrets.extend(by.cookie.clone().map(value));
    }
    secrets.extend(cookies.map(value));
    stage.joana.form("/sign-out", &[]).await.expect(303);
    stage.server.product.finish().await;
    stage.server.deliver().await;

    let logged = String::from_utf8_lossy(&written.0.lock().expect("unpoisoned")).into_owned();
    assert!(logged.contains("request"), "the logs were written");
    for secret in secrets.iter().chain(&links) {
        let line = logged.lines().find(|line| line.contains(secret.as_str()));
        assert!(line.is_none(), "{secret} in {line:?}");
    }
    for entry in audit(&stage.server).await {
        let text = format!("{entry:?}");
        assert!(secrets.iter().chain(&links).all(|secret| !text.contains(secret.as_str())), "{text}");
    }
    for body in bodies_of_sent_mail(&stage.server).await {
        assert_eq!(body, "", "a link is kept no longer than it takes to send it");
    }
    let file = database_file(&stage.server).await;
    for name in std::fs::read_dir(file.parent().expect("a folder")).expect("a folder") {
        let path = name.expect("a file").path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        for secret in &secrets {
            let is_there = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!is_there, "{secret} in {}", path.display());
        }
    }
    let body: Value = stage.bea.get("/api/v1/sessions").await.expect(200).json();
    assert!(secrets.iter().all(|secret| !body.to_string().contains(secret.as_str())));
}

fn value(cookie: String) -> String {
    cookie.split_once('=').expect("a pair").1.to_owned()
}
