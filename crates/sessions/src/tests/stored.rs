//! The rules that the database keeps.

use http::{HeaderMap, HeaderValue, header};
use kernel::{Duration, Error, Secret, SessionId, UserId};
use operation::{Work, audit};
use people::NewUser;
use testkit::{Database, TestWorld, person};

use super::rows;
use crate::{
    account,
    account::Details,
    model::{Proof, Use},
    operations,
};

async fn someone(test: &TestWorld, email: &str) -> UserId {
    let mut work = test.call().begin().await.expect("a transaction");
    let new = NewUser {
        email: email.parse().expect("an address"),
        name: "Joana da Silva".to_owned(),
        external_id: None,
        language: String::new(),
        time_zone: String::new(),
    };
    let user = people::operations::create(&mut work, new).await.expect("a person");
    done(work).await;
    user.id
}

async fn done(work: Work) {
    work.commit(audit::Entry::new("test.done")).await.expect("committed");
}

async fn signed_in(test: &TestWorld, user: UserId) -> (SessionId, Secret) {
    let mut work = test.call().begin().await.expect("a transaction");
    let id = work.call().new_id();
    let secret = operations::begin_own(&mut work, id, user, Proof::default()).await.expect("a session");
    done(work).await;
    (id, secret)
}

fn cookie(lines: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(header::COOKIE, HeaderValue::from_str(line).expect("a header"));
    }
    headers
}

async fn is_known(test: &TestWorld, headers: &HeaderMap) -> bool {
    crate::authenticate(&test.call(), headers).await.expect("an answer").is_some()
}

/// S27, S35, case 32: only one whole cookie with a secret that was given out makes a person.
#[tokio::test]
async fn a_doubtful_cookie_is_nobody() {
    for test in TestWorld::all().await {
        let user = someone(&test, "joana@aurora.example").await;
        let (session, secret) = signed_in(&test, user).await;
        let value = secret.expose();
        let good = format!("__Host-latchstring={value}");
        assert!(is_known(&test, &cookie(&[&good])).await);
        let mut wrong = value.to_owned();
        let last = if wrong.ends_with('a') { 'b' } else { 'a' };
        wrong.pop();
        wrong.push(last);
        for bad in [
            format!("latchstring={value}"),
            format!("__Host-latchstring={value}x"),
            format!("__Host-latchstring=\"{value}\""),
            format!("__Host-latchstring={wrong}"),
            format!("__Host-latchstring={session}"),
            format!("__Host-latchstring={value}; __Host-latchstring={value}"),
            format!("__host-latchstring={value}"),
            format!("__Host-latchstring_app={value}"),
            "__Host-latchstring=".to_owned(),
        ] {
            assert!(!is_known(&test, &cookie(&[&bad])).await, "{bad}");
        }
        assert!(!is_known(&test, &cookie(&[&good, &good])).await);
        let mut tx = test.call().read().await.expect("a transaction");
        assert!(operations::find_by_secret(&mut tx, &secret.hash()).await.expect("read").is_some());
    }
}

/// S29, S38: the server's time decides; use keeps a session alive, but not beyond its day.
#[tokio::test]
async fn a_session_ends_by_rest_and_by_age() {
    for test in TestWorld::all().await {
        let user = someone(&test, "joana@aurora.example").await;
        let (_, secret) = signed_in(&test, user).await;
        let headers = cookie(&[&format!("__Host-latchstring={}", secret.expose())]);
        for _ in 0..28 {
            test.clock.advance(Duration::minutes(50));
            assert!(is_known(&test, &headers).await, "used in time");
        }
        test.clock.advance(Duration::minutes(40) + Duration::seconds(1));
        assert!(!is_known(&test, &headers).await, "a day is over");
        let (_, secret) = signed_in(&test, user).await;
        let headers = cookie(&[&format!("__Host-latchstring={}", secret.expose())]);
        test.clock.advance(Duration::minutes(61));
        assert!(!is_known(&test, &headers).await, "unused for an hour");
    }
}

/// S30: what ends is nobody at once, and the verdicts that rest on it fall.
#[tokio::test]
async fn signing_out_ends_this_session_only() {
    for test in TestWorld::all().await {
        let user = someone(&test, "joana@aurora.example").await;
        let (here, secret) = signed_in(&test, user).await;
        let (there, other) = signed_in(&test, user).await;
        operations::sign_out(&test.call_by(person(user, here))).await.expect("signed out");
        assert!(!is_known(&test, &cookie(&[&format!("__Host-latchstring={}", secret.expose())])).await);
        assert!(is_known(&test, &cookie(&[&format!("__Host-latchstring={}", other.expose())])).await);
        assert!(test.revoked.contains(here) && !test.revoked.contains(there));
    }
}

/// C18: one, or all others; never another person's.
#[tokio::test]
async fn a_person_ends_their_own_sessions() {
    for test in TestWorld::all().await {
        let joana = someone(&test, "joana@aurora.example").await;
        let other = someone(&test, "rui@aurora.example").await;
        let (here, _) = signed_in(&test, joana).await;
        let (there, _) = signed_in(&test, joana).await;
        let (_, _) = signed_in(&test, joana).await;
        let (theirs, _) = signed_in(&test, other).await;
        let call = test.call_by(person(joana, here));
        assert_eq!(operations::list_own(&call).await.expect("a list").len(), 3);
        assert!(matches!(operations::end_one(&call, theirs).await, Err(Error::NotFound)));
        operations::end_one(&call, there).await.expect("ended");
        operations::end_one(&call, there).await.expect("ending twice is no fault");
        assert_eq!(operations::end_others(&call).await.expect("ended"), 1);
        let left = operations::list_own(&call).await.expect("a list");
        assert_eq!(left.iter().map(|session| session.id).collect::<Vec<_>>(), [here]);
        let theirs = operations::list_own(&test.call_by(person(other, theirs))).await.expect("a list");
        assert_eq!(theirs.len(), 1);
    }
}

/// S29: a use that is written late moves the last use, and never wakes what has gone idle.
#[tokio::test]
async fn uses_noted_in_memory_are_written() {
    for test in TestWorld::all().await {
        let user = someone(&test, "joana@aurora.example").await;
        let (session, _) = signed_in(&test, user).await;
        let write = async |first_at, last_at| {
            let mut note = operation::Housekeeping::begin(&test.world).await.expect("a transaction");
            let uses = vec![Use { session, first_at, last_at }; 40];
            operations::write_uses(&mut note, &uses).await.expect("written");
            note.commit().await.expect("a commit");
            let mut tx = test.call().read().await.expect("a transaction");
            operations::find(&mut tx, session).await.expect("read").expect("there").last_used_at
        };
        let began_at = test.call().now;
        let at = |minutes| began_at + Duration::minutes(minutes);
        assert_eq!(write(at(5), at(5)).await, at(5));
        assert_eq!(write(at(3), at(4)).await, at(5), "an older use changes nothing");
        assert_eq!(write(at(64), at(66)).await, at(66), "it was not idle when it was used first");
        assert_eq!(write(at(127), at(127)).await, at(66), "idle stays idle");
    }
}

#[tokio::test]
async fn details_are_checked_before_they_are_kept() {
    let test = TestWorld::on(testkit::Database::sqlite()).await;
    let user = someone(&test, "joana@aurora.example").await;
    let (session, _) = signed_in(&test, user).await;
    let call = test.call_by(person(user, session));
    let wrong =
        Details { name: " ".to_owned(), language: "tlh".to_owned(), time_zone: "Mars/Olympus".to_owned() };
    let Err(Error::Invalid(fields)) = account::change_details(&call, wrong).await else { panic!("refused") };
    assert_eq!(fields.iter().map(|field| field.field).collect::<Vec<_>>(), ["name", "language", "time_zone"]);
    let good = Details {
        name: "Joana  Silva".to_owned(),
        language: "en".to_owned(),
        time_zone: "America/Sao_Paulo".to_owned(),
    };
    account::change_details(&call, good).await.expect("changed");
    let user = account::own(&call).await.expect("herself");
    assert_eq!((user.name.as_str(), user.time_zone.as_str()), ("Joana Silva", "America/Sao_Paulo"));
}

/// F3: a commit that failed may have been done all the same, if the connection broke in it. What rests on the session falls, and
/// falls again for as long as the database could still be doing it: a look in between may have seen it as it was before.
#[tokio::test]
async fn keys_fall_again_after_a_commit_that_failed() {
    let test = TestWorld::on(Database::sqlite()).await;
    let user = someone(&test, "joana@aurora.example").await;
    let (session, _) = signed_in(&test, user).await;
    let mut work = test.call().begin().await.expect("a transaction");
    operations::end(&mut work, session, "signed_out").await.expect("ended");
    rows::fail_the_commit(&mut work, session).await;
    work.commit(audit::Entry::new("session.ended")).await.expect_err("the database says no at the end");
    let each = test.revoked.count(session);
    assert!(each > 0, "at once");
    for (seconds, times) in [(1, 2), (2, 3), (4, 4), (8, 5), (15, 6), (60, 6)] {
        test.clock.advance(Duration::seconds(seconds));
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(test.revoked.count(session), times * each, "after {seconds} more seconds");
    }

    let mut work = test.call().begin().await.expect("the next transaction");
    operations::end(&mut work, session, "signed_out").await.expect("ended");
    done(work).await;
    test.clock.advance(Duration::minutes(1));
    tokio::task::yield_now().await;
    assert_eq!(test.revoked.count(session), 7 * each, "what was done is done once");
}
