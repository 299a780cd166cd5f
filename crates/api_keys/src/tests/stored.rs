//! The rules that the database keeps.

use http::{HeaderMap, HeaderValue};
use kernel::{Actor, Duration, Error, Person, Scope, SessionId, Staff, UserId};
use operation::audit;
use people::NewUser;
use testkit::TestWorld;

use crate::{model::NewApiKey, operations};

pub(super) async fn administrator(test: &TestWorld) -> Actor {
    let mut work = test.call().begin().await.expect("a transaction");
    let new = NewUser {
        email: "vera@ledger.example".parse().expect("an address"),
        name: "Vera Prado".to_owned(),
        external_id: Some("u-7".to_owned()),
        language: String::new(),
        time_zone: String::new(),
    };
    let user = people::operations::create(&mut work, new).await.expect("a person");
    work.commit(audit::Entry::new("test.done")).await.expect("committed");
    person(user.id, true)
}

fn person(user: UserId, is_administrator: bool) -> Actor {
    Actor::Person(Person {
        user,
        name: "Vera Prado".to_owned(),
        session: SessionId::from_bytes([1; 16]),
        factor: kernel::Factor::Totp,
        proved_at: None,
        single_sign_on_of: None,
        staff: Staff { agent_level: Some(3), is_administrator },
        language: String::new(),
        time_zone: String::new(),
    })
}

fn wanted(test: &TestWorld) -> NewApiKey {
    NewApiKey {
        name: "Provisioning".to_owned(),
        scopes: vec![Scope::OrganizationsRead],
        ends_at: test.call().now + Duration::days(30),
    }
}

/// S63: shown once, kept as a hash, good until its end or its revocation.
#[tokio::test]
async fn a_key_works_until_it_ends() {
    for test in TestWorld::all().await {
        let administrator = administrator(&test).await;
        let call = || test.call_by(administrator.clone());
        let (first, secret) = operations::create(&call(), wanted(&test)).await.expect("a key");
        let (_, other) = operations::create(&call(), wanted(&test)).await.expect("a key");
        let is_good = async |value: &str| {
            operations::authenticate(&test.call(), value, None).await.expect("an answer").is_some()
        };
        assert!(is_good(secret.expose()).await);
        assert!(!is_good("lsk_").await && !is_good(&secret.hash().to_string()).await);
        let listed = operations::list(&call()).await.expect("a list");
        assert_eq!(listed.len(), 2);
        assert!(listed.iter().any(|key| key.id == first.id && key.last_used_at.is_some()));
        operations::revoke(&call(), first.id).await.expect("revoked");
        assert!(test.revoked.contains(first.id));
        assert!(!is_good(secret.expose()).await && is_good(other.expose()).await);
        assert!(matches!(operations::revoke(&call(), first.id).await, Err(Error::Conflict(..))));
        test.clock.advance(Duration::days(30));
        assert!(!is_good(other.expose()).await);
    }
}

/// A machine cannot prolong itself, and an agent is no administrator.
#[tokio::test]
async fn only_an_administrator_makes_keys() {
    let test = TestWorld::on(testkit::Database::sqlite()).await;
    let administrator = administrator(&test).await;
    let (_, secret) = operations::create(&test.call_by(administrator), wanted(&test)).await.expect("a key");
    let machine =
        operations::authenticate(&test.call(), secret.expose(), Some("ext:u-7")).await.expect("an answer");
    let machine = Actor::Machine(machine.expect("a machine"));
    for actor in [machine, person(UserId::from_bytes([2; 16]), false), Actor::System, Actor::Operator] {
        let call = test.call_by(actor);
        assert!(matches!(operations::create(&call, wanted(&test)).await, Err(Error::Forbidden(..))));
        assert!(matches!(operations::list(&call).await, Err(Error::Forbidden(..))));
    }
    assert!(matches!(operations::list(&test.call()).await, Err(Error::Unauthenticated)));
}

/// Whoever is named must be known; a name that cannot be read is not passed over.
#[tokio::test]
async fn a_person_who_is_named_must_be_known() {
    let test = TestWorld::on(testkit::Database::sqlite()).await;
    let administrator = administrator(&test).await;
    let (_, secret) = operations::create(&test.call_by(administrator), wanted(&test)).await.expect("a key");
    let headers = |lines: &[(&'static str, &str)]| {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_str(value).expect("a header"));
        }
        headers
    };
    let bearer = format!("Bearer {}", secret.expose());
    let answer =
        async |lines: &[(&'static str, &str)]| crate::authenticate(&test.call(), &headers(lines)).await;
    let known = answer(&[("authorization", &bearer), ("x-latchstring-on-behalf-of", "ext:u-7")]).await;
    let known = known.expect("an answer").expect("a machine");
    assert_eq!(known.on_behalf_of.expect("a person").1, "Vera Prado");
    for bad in [
        &[("authorization", bearer.as_str()), ("x-latchstring-on-behalf-of", "ext:nobody")][..],
        &[("authorization", &bearer), ("x-latchstring-on-behalf-of", "")],
        &[
            ("authorization", &bearer),
            ("x-latchstring-on-behalf-of", "ext:u-7"),
            ("x-latchstring-on-behalf-of", "ext:u-7"),
        ],
    ] {
        assert!(matches!(answer(bad).await, Err(Error::Forbidden(code, _)) if code.0 == "unknown_person"));
    }
    assert!(
        answer(&[("authorization", &bearer), ("authorization", &bearer)]).await.expect("an answer").is_none()
    );
    assert!(answer(&[]).await.expect("an answer").is_none());
}
