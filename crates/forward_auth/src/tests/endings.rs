//! Whatever ends, ends here with the next question.

use applications::HeaderSet;
use grants::Mode;
use http::{HeaderValue, StatusCode};
use kernel::{Duration, Secret};
use operation::audit::Entry;
use testkit::Database;

use super::{
    decisions::no,
    stage::{ACTING, MEMBER, Stage, question},
};
use crate::{
    answers,
    forward::Decision,
    model::Reason,
    operations::{self, Arrival, Onward},
    question::Dialect,
};

async fn is_in(stage: &Stage, name: &str, secret: &Secret) -> bool {
    let asked = question("GET", "/", Some((name, secret)));
    let decided = matches!(stage.ask(&asked).await, Decision::Yes(_));
    assert_eq!(stage.remembered(&asked).is_some(), decided, "memory and decision agree");
    decided
}

fn ask(name: &str, secret: &Secret) -> http::HeaderMap {
    question("GET", "/", Some((name, secret)))
}

/// A30: once the revoke has returned, the very next question is refused, with the reason and not with a sign-in.
#[tokio::test]
async fn a_revoked_agent_is_out_at_once() {
    for stage in Stage::all().await {
        let (grant, secret) = stage.entered(Mode::Write).await;
        assert!(is_in(&stage, ACTING, &secret).await);
        stage.revoke(&grant).await;
        assert!(stage.held().is_empty());
        assert!(stage.remembered(&ask(ACTING, &secret)).is_none());
        let decision = stage.ask(&ask(ACTING, &secret)).await;
        let answer =
            answers::answer(&stage.forward, Dialect::ForwardAuth, &ask(ACTING, &secret), decision).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert_eq!(answer.headers()["x-latchstring-reason"], "grant_revoked");
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.expect("a page");
        let body = String::from_utf8(body.to_vec()).expect("UTF-8");
        assert!(body.contains("Joana ended it at"), "{body}");
        assert!(body.contains("/_latchstring/assets/app-"), "the page finds its style on the product's host");
        assert!(body.contains("https://access.example.com/desk") && !body.contains("<form"));
    }
}

/// A3, A17: the end needs nobody to notice it.
#[tokio::test]
async fn an_expired_grant_is_over_at_its_moment() {
    for stage in Stage::all().await {
        let (_, secret) = stage.entered(Mode::Write).await;
        for _ in 0..5 {
            stage.pass(Duration::minutes(11));
            assert!(is_in(&stage, ACTING, &secret).await);
        }
        stage.pass(Duration::micros(5 * 60 * 1_000_000 - 1));
        assert!(is_in(&stage, ACTING, &secret).await);
        stage.pass(Duration::micros(1));
        assert_eq!(no(stage.ask(&ask(ACTING, &secret)).await), Reason::GrantExpired);
    }
}

/// Polling keeps nothing alive; a person who does something does.
#[tokio::test]
async fn an_idle_entry_ends_although_its_page_polls() {
    for stage in Stage::all().await {
        let (_, secret) = stage.entered(Mode::ReadOnly).await;
        let mut polls = ask(ACTING, &secret);
        polls.insert("sec-fetch-mode", HeaderValue::from_static("cors"));
        assert!(is_in(&stage, ACTING, &secret).await);
        for _ in 0..14 {
            stage.pass(Duration::minutes(1));
            assert!(matches!(stage.ask(&polls).await, Decision::Yes(_)));
        }
        assert!(is_in(&stage, ACTING, &secret).await, "a page was opened in time");
        for _ in 0..14 {
            stage.pass(Duration::minutes(1));
            assert!(matches!(stage.ask(&polls).await, Decision::Yes(_)));
        }
        stage.forward.flush().await;
        stage.pass(Duration::minutes(1));
        assert_eq!(no(stage.ask(&polls).await), Reason::SessionEnded);
        assert_eq!(no(stage.ask(&ask(ACTING, &secret)).await), Reason::SessionEnded, "and it stays so");
    }
}

/// A37 and S43: what a person is, is looked at when it changes, not when they signed in.
#[tokio::test]
async fn a_suspended_agent_is_out() {
    for stage in Stage::all().await {
        let (_, secret) = stage.entered(Mode::Write).await;
        assert!(is_in(&stage, ACTING, &secret).await);
        let mut work = stage.call().begin().await.expect("a transaction");
        people::operations::suspend_staff(&mut work, stage.agent).await.expect("an agent");
        work.commit(Entry::new("agent.suspended")).await.expect("a commit");
        assert_eq!(no(stage.ask(&ask(ACTING, &secret)).await), Reason::NotAllowed);
    }
}

#[tokio::test]
async fn a_session_ends_with_the_one_that_it_hangs_on() {
    for stage in Stage::all().await {
        let (own, secret) = stage.signed_in().await;
        assert!(is_in(&stage, MEMBER, &secret).await);
        let mut work = stage.call().begin().await.expect("a transaction");
        sessions::operations::end(&mut work, own, "signed_out").await.expect("open");
        work.commit(Entry::new("session.signed_out")).await.expect("a commit");
        assert!(matches!(stage.ask(&ask(MEMBER, &secret)).await, Decision::Nobody(_)));
    }
}

/// An application that is no longer protected is closed for everybody.
#[tokio::test]
async fn a_removed_application_is_closed() {
    for stage in Stage::all().await {
        let (_, secret) = stage.signed_in().await;
        assert!(is_in(&stage, MEMBER, &secret).await);
        let staff = kernel::Staff { agent_level: None, is_administrator: true };
        let call = stage.call().with_actor(super::stage::actor(stage.member, stage.call().new_id(), staff));
        applications::operations::remove(&call, stage.application.id).await.expect("protected");
        assert_eq!(no(stage.ask(&ask(MEMBER, &secret)).await), Reason::UnknownApplication);
    }
}

/// F5: without the database memory is good for seconds, and then nobody is let in.
#[tokio::test]
async fn without_the_database_nobody_is_let_in() {
    let stage = Stage::on(Database::sqlite(), HeaderSet::Remote).await;
    let (_, secret) = stage.signed_in().await;
    assert!(is_in(&stage, MEMBER, &secret).await);
    stage.world.store.close().await;
    stage.clock.advance(Duration::seconds(3));
    assert!(stage.remembered(&ask(MEMBER, &secret)).is_none());
    let decision = stage.ask(&ask(MEMBER, &secret)).await;
    let answer = answers::answer(&stage.forward, Dialect::ForwardAuth, &ask(MEMBER, &secret), decision).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key("retry-after"));
}

/// A code works once, at its own product.
#[tokio::test]
async fn a_code_works_once() {
    for stage in Stage::all().await {
        let (own, _) = stage.signed_in().await;
        let by = super::stage::actor(stage.member, own, kernel::Staff::default());
        let call = stage.call().with_actor(by);
        let origin = &stage.application.origin;
        let [bound, another] =
            [(); 2].map(|()| Secret::new(kernel::secret::Purpose::Way, &*call.world.entropy));
        let ways = [another, bound.clone()];
        let onward = operations::onward(&call, stage.application.id, (origin, "/books"), None, bound.hash())
            .await
            .expect("one organization");
        let Onward::To(url) = onward else { panic!("one organization: {onward:?}") };
        let code = url
            .strip_prefix("https://erp.example.com/_latchstring/callback?code=")
            .expect("the product's host");
        let other = stage.call().new_id();
        let elsewhere = operations::arrive(&stage.call(), code, &ways, other).await.expect("an answer");
        assert!(matches!(elsewhere, Arrival::Over), "another product cannot take it");
        let here =
            operations::arrive(&stage.call(), code, &ways, stage.application.id).await.expect("an answer");
        let Arrival::Here { secret, return_to, way, .. } = here else { panic!("taken: {here:?}") };
        assert_eq!((return_to.as_str(), way), ("/books", 1));
        assert!(is_in(&stage, MEMBER, &secret).await);
        let again =
            operations::arrive(&stage.call(), code, &ways, stage.application.id).await.expect("an answer");
        assert!(matches!(again, Arrival::Over));
    }
}

/// A33: leaving ends the entry and leaves the agent's own session as it is.
#[tokio::test]
async fn leaving_ends_the_entry_only() {
    for stage in Stage::all().await {
        let (_, secret) = stage.entered(Mode::Write).await;
        assert!(is_in(&stage, ACTING, &secret).await);
        let held = stage.held();
        let own = held[0].value.grounds().parent;
        operations::leave(&stage.call(), &secret.hash()).await.expect("left");
        operations::leave(&stage.call(), &secret.hash()).await.expect("leaving twice is no fault");
        assert_eq!(no(stage.ask(&ask(ACTING, &secret)).await), Reason::SessionEnded);
        let mut tx = stage.call().read().await.expect("a read");
        let own = sessions::operations::find(&mut tx, own).await.expect("a read").expect("a session");
        assert!(own.is_good(stage.now()));
    }
}
