//! What somebody does who wants to stay in, to hide, or to take the server away from others.

use kernel::secret::Purpose;
use kernel::{Duration, Secret};
use operation::{Call, audit};
use serde_json::Value;
use testkit::{Database, SystemEntropy, TestWorld};

use crate::support::{
    cast::{Stage, sign_in},
    server::{Browser, nothing},
};

async fn open_sessions(of: &Browser, kind: &str) -> usize {
    let listed = of.get("/api/v1/sessions").await.expect(200).json();
    listed["data"].as_array().map_or(0, |all| all.iter().filter(|session| session["kind"] == kind).count())
}

/// F3: an agent who enters again and again has one session inside, so that the end of the grant has little to end; and what
/// was replaced opens nothing.
#[tokio::test]
async fn entering_again_replaces_the_session() {
    for stage in Stage::both().await {
        let grant = stage.opened_to_ana("read_only").await;
        let first = stage.ana_inside(&grant).await;
        stage.ask(&first, "GET", "/").await.expect(200);
        let mut last = first.clone();
        for _ in 0..5 {
            last = stage.ana_inside(&grant).await;
        }
        assert_eq!(open_sessions(&stage.ana, "acting").await, 1);
        assert_eq!(stage.ask(&first, "GET", "/").await.status, 403);
        stage.ask(&last, "GET", "/").await.expect(200);
        // A member likewise, and whoever is there in another browser stays.
        let elsewhere = sign_in(&stage.server, "joana@aurora.example").await;
        let there = stage.member_inside(&elsewhere).await;
        let here = stage.member_inside(&stage.joana).await;
        let again = stage.member_inside(&stage.joana).await;
        assert_eq!(stage.ask(&here, "GET", "/").await.status, 401);
        stage.ask(&again, "GET", "/").await.expect(200);
        stage.ask(&there, "GET", "/").await.expect(200);
        stage.joana.post(&format!("/api/v1/support-tokens/{grant}/revoke"), nothing()).await.expect(200);
        assert_eq!(stage.ask(&last, "GET", "/").await.status, 403);
    }
}

/// F3: nobody is signed in so many times that a change of the password takes long: beyond fifty the oldest ends.
#[tokio::test]
async fn own_sessions_are_bounded() {
    let test = TestWorld::on(Database::sqlite()).await;
    let mut work = test.call().begin().await.expect("a transaction");
    let new = people::NewUser {
        email: "joana@aurora.example".parse().expect("an address"),
        name: "Joana Prado".to_owned(),
        external_id: None,
        language: String::new(),
        time_zone: String::new(),
    };
    let user = people::operations::create(&mut work, new).await.expect("a person").id;
    let mut made = Vec::new();
    for _ in 0..53 {
        test.clock.advance(Duration::milliseconds(10));
        let id = kernel::SessionId::new(kernel::Clock::now(&test.clock), &SystemEntropy);
        sessions::operations::begin_own(&mut work, id, user, sessions::model::Proof::default())
            .await
            .expect("a session");
        made.push(id);
    }
    let ended = sessions::operations::end_surplus(&mut work, user).await.expect("ended");
    assert_eq!(ended.iter().map(|session| session.id).collect::<Vec<_>>(), made[..3]);
    assert!(sessions::operations::end_surplus(&mut work, user).await.expect("none left").is_empty());
}

/// A8, F3: an agent who asks for more addresses than anybody reads neither bloats the record nor hides a change in it.
#[tokio::test]
async fn a_flood_of_addresses_hides_no_change() {
    let stage = Stage::start().await;
    let grant = stage.opened_to_ana("write").await;
    let inside = stage.ana_inside(&grant).await;
    for page in 0..260 {
        stage.ask(&inside, "GET", &format!("/noise/{page}")).await.expect(200);
    }
    stage.ask(&inside, "POST", "/payroll/approve").await.expect(200);
    let path = format!("/api/v1/organizations/{}/grants/{grant}/activity?limit=200", stage.aurora);
    let mut lines: Vec<Value> = Vec::new();
    let mut token = String::new();
    loop {
        let page = stage.joana.get(&format!("{path}{token}")).await.expect(200).json();
        lines.extend(page["data"].as_array().expect("lines").iter().cloned());
        match page["page"]["next_token"].as_str() {
            Some("") | None => break,
            Some(next) => token = format!("&page_token={next}"),
        }
    }
    let changes: Vec<_> = lines.iter().filter(|line| line["kind"] == "change").collect();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0]["path"], "/payroll/approve");
    let reads: Vec<_> = lines.iter().filter(|line| line["kind"] == "read").collect();
    assert_eq!(reads.len(), 201, "two hundred pages, and one line for all others");
    let others = reads.iter().find(|line| line["path"] == "…").expect("the line of all others");
    assert_eq!(others["requests"], 60, "and each request is counted");
}

/// F3, A25: whoever hangs up in the middle of an act changes nothing or leaves all of it behind, the news included: a
/// product closes an agent's open streams on them.
#[tokio::test]
async fn a_hung_up_act_is_told_of() {
    for test in TestWorld::all().await {
        let mut news = test.world.live.listen();
        for polls in 0..24u64 {
            let subject = format!("try-{polls}");
            let call = Call::by_system(&test.world);
            let work = call.begin().await.expect("a transaction");
            let act = work.commit(audit::Entry::new("test.hung_up").subject(&subject));
            // Dropped wherever it stands by then; the first is dropped where it waits for the first time.
            let _ = tokio::time::timeout(std::time::Duration::from_micros(polls * 150), act).await;
            tokio::time::sleep(std::time::Duration::from_millis(15)).await;
            // Whoever begins next finds it done or undone.
            tokio::time::sleep(std::time::Duration::from_millis(15)).await;
            drop(test.call().begin().await.expect("the writer is free"));
            let mut tx = test.world.store.read().await.expect("a look");
            let kept = tx
                .optional("SELECT id FROM audit WHERE subject = $1", &store::args![subject])
                .await
                .expect("SQL")
                .is_some();
            let told = news.try_recv().is_ok_and(|news| news.subject == subject);
            assert_eq!(told, kept, "{polls}");
        }
    }
}

/// R10: one person's open streams do not take every connection from the proxies.
#[tokio::test]
async fn streams_of_one_person_are_bounded() {
    let test = TestWorld::on(Database::sqlite()).await;
    let mut open: Vec<_> = (0..100).map(|_| test.world.live.listen_as("marcos").expect("room")).collect();
    let refused = test.world.live.listen_as("marcos");
    assert!(matches!(refused, Err(kernel::Error::TooMany { .. })));
    assert!(test.world.live.listen_as("joana").is_ok(), "somebody else's are their own");
    open.pop();
    assert!(test.world.live.listen_as("marcos").is_ok(), "one that ends makes room");
}

/// Case 37: a value of one purpose opens nothing at the doors of another.
#[tokio::test]
async fn a_secret_is_good_for_its_own_purpose() {
    let stage = Stage::start().await;
    let link = Secret::new(Purpose::Link, &SystemEntropy);
    let session = Secret::new(Purpose::Session, &SystemEntropy);
    let own = stage.joana.cookie.clone().expect("signed in");
    let value = own.split_once('=').expect("a cookie").1;
    for cookie in [
        format!("__Host-latchstring_app={value}"),
        format!("__Host-latchstring_acting={value}"),
        format!("__Host-latchstring_app={}", link.expose()),
        format!("__Host-latchstring_acting={}", session.expose()),
    ] {
        assert_eq!(stage.ask(&cookie, "GET", "/").await.status, 401, "{cookie}");
    }
    let grant = stage.opened_to_ana("write").await;
    let inside = stage.ana_inside(&grant).await;
    let acting = inside.split_once('=').expect("a cookie").1;
    let disguised = stage.server.anonymous().with_cookie(format!("__Host-latchstring={acting}"));
    disguised.get("/api/v1/sessions/current").await.expect(401);
    stage.server.anonymous().with_cookie(inside).get("/api/v1/sessions/current").await.expect(401);
}
