//! The rules that the database keeps.

use kernel::{Actor, Duration, Error, Secret, SessionId, UserId};
use operation::{Call, audit};
use people::{NewUser, passwords};
use testkit::{TestWorld, person};

use crate::operations::{self, Begun, Checked, PasswordProved, Wanted};

pub(super) const PASSWORD: &str = "a latch that only I can lift";
pub(super) const JOANA: &str = "joana@aurora.example";

pub(super) async fn joana(test: &TestWorld) -> UserId {
    let mut work = test.call().begin().await.expect("a transaction");
    let new = NewUser {
        email: JOANA.parse().expect("an address"),
        name: "Joana da Silva".to_owned(),
        external_id: None,
        language: String::new(),
        time_zone: String::new(),
    };
    let user = people::operations::create(&mut work, new).await.expect("a person");
    let hash = passwords::hash(&test.call(), PASSWORD).await.expect("a hash");
    people::operations::set_password_hash(&mut work, user.id, &hash).await.expect("a password");
    work.commit(audit::Entry::new("test.done")).await.expect("committed");
    user.id
}

/// Goes on from a right password to the session, for whoever has nothing more to show.
async fn signed_in(call: &Call, proved: PasswordProved) -> (SessionId, Secret) {
    match operations::go_on(call, proved, &Wanted::default(), None).await.expect("goes on") {
        Begun::SignedIn(signed_in) => (signed_in.session, signed_in.secret),
        Begun::Half(half) => panic!("more to show: {:?}", half.next),
    }
}

/// What a try comes to, in one word.
async fn tried(test: &TestWorld, email: &str, password: &str) -> &'static str {
    match operations::prove_password(&test.call(), email, password, operations::Brought::default()).await {
        Ok(Checked::Proved(proved)) => {
            signed_in(&test.call(), *proved).await;
            "signed in"
        }
        Ok(Checked::Managed(_)) => "managed",
        Ok(Checked::Wrong) => "wrong",
        Ok(Checked::Temporary(_)) => "temporary",
        Err(Error::TooMany { .. }) => "too many",
        Err(error) => panic!("{error}"),
    }
}

/// A40, S10: unknown, wrong and throttled look the same for an address that is known and one that is not.
#[tokio::test]
async fn known_and_unknown_addresses_are_answered_alike() {
    for test in TestWorld::all().await {
        joana(&test).await;
        let mut answers = Vec::new();
        for email in [JOANA, "nobody@aurora.example", "no address at all"] {
            let mut one = Vec::new();
            for _ in 0..7 {
                one.push(tried(&test, email, "not the password at all").await);
            }
            answers.push(one);
        }
        assert_eq!(answers[0], ["wrong", "wrong", "wrong", "wrong", "wrong", "too many", "too many"]);
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0], answers[2]);
        assert_eq!(tried(&test, JOANA, PASSWORD).await, "too many", "the right password waits too");
        test.clock.advance(Duration::seconds(30));
        assert_eq!(tried(&test, JOANA, "not the password at all").await, "wrong");
        test.clock.advance(Duration::seconds(59));
        assert_eq!(tried(&test, JOANA, PASSWORD).await, "too many", "the wait has doubled");
        test.clock.advance(Duration::seconds(1));
        assert_eq!(tried(&test, "Joana@Aurora.example", PASSWORD).await, "signed in");
        assert_eq!(tried(&test, JOANA, "not the password at all").await, "wrong", "the count began anew");
    }
}

/// Case 12: a good sign-in between the tries frees neither the victim's account nor the source.
#[tokio::test]
async fn one_good_account_gives_no_more_guesses_at_others() {
    let test = TestWorld::on(testkit::Database::sqlite()).await;
    joana(&test).await;
    let mut wrong = 0;
    let mut last = "";
    for guess in 0..60 {
        last = tried(&test, &format!("victim{guess}@aurora.example"), "not the password at all").await;
        wrong += usize::from(last == "wrong");
        if guess % 10 == 0 {
            tried(&test, JOANA, PASSWORD).await;
        }
    }
    assert_eq!((wrong, last), (50, "too many"));
    test.clock.advance(Duration::minutes(15));
    assert_eq!(tried(&test, JOANA, PASSWORD).await, "signed in");
}

/// Case 8: many at once are counted one after the other.
#[tokio::test(flavor = "multi_thread")]
async fn parallel_tries_do_not_slip_through() {
    for test in TestWorld::all().await {
        let tries = (0..20).map(|_| {
            let call = test.call();
            operation::spawn(async move {
                matches!(
                    operations::prove_password(
                        &call,
                        "victim@aurora.example",
                        "x",
                        operations::Brought::default()
                    )
                    .await,
                    Ok(Checked::Wrong)
                )
            })
        });
        let mut checked = 0;
        for one in tries.collect::<Vec<_>>() {
            checked += usize::from(one.await.expect("no panic"));
        }
        assert!(checked <= 5, "{checked} were checked");
    }
}

/// S28, case 19: the session that the browser had ends, and the new one is another.
#[tokio::test]
async fn a_new_sign_in_ends_the_old_session() {
    for test in TestWorld::all().await {
        let user = joana(&test).await;
        let prove = async |actor: Actor| {
            let call = test.call_by(actor);
            let Checked::Proved(proved) =
                operations::prove_password(&call, JOANA, PASSWORD, operations::Brought::default())
                    .await
                    .expect("checked")
            else {
                panic!("the password is right")
            };
            signed_in(&call, *proved).await
        };
        let (first, first_secret) = prove(Actor::Nobody).await;
        let (second, second_secret) = prove(person(user, first)).await;
        assert_ne!(first, second);
        assert!(!first_secret.hash().matches(&second_secret.hash()));
        let left = sessions::operations::list_own(&test.call_by(person(user, second))).await.expect("a list");
        assert_eq!(left.iter().map(|session| session.id).collect::<Vec<_>>(), [second]);
    }
}

/// S5, C17, case 13: it needs the current password under the same limits, and ends the other sessions.
#[tokio::test]
async fn changing_the_password_needs_the_current_one() {
    for test in TestWorld::all().await {
        let user = joana(&test).await;
        assert_eq!(tried(&test, JOANA, PASSWORD).await, "signed in");
        let Checked::Proved(proved) =
            operations::prove_password(&test.call(), JOANA, PASSWORD, operations::Brought::default())
                .await
                .expect("checked")
        else {
            panic!("the password is right")
        };
        let (here, _) = signed_in(&test.call(), *proved).await;
        let call = || test.call_by(person(user, here));
        let new = "another latch, lifted by nobody else";
        assert!(matches!(
            operations::change_password(&call(), PASSWORD, "short").await,
            Err(Error::Invalid(_))
        ));
        assert!(matches!(
            operations::change_password(&call(), PASSWORD, PASSWORD).await,
            Err(Error::Invalid(_))
        ));
        for _ in 0..4 {
            let refused = operations::change_password(&call(), "not the password at all", new).await;
            assert!(matches!(refused, Err(Error::Forbidden(code, _)) if code.0 == "wrong_password"));
        }
        let refused = operations::change_password(&call(), PASSWORD, new).await;
        assert!(
            matches!(refused, Err(Error::TooMany { .. })),
            "the try with the same password was counted too"
        );
        assert_eq!(tried(&test, JOANA, PASSWORD).await, "too many", "one count for every way in");
        test.clock.advance(Duration::seconds(30));
        operations::change_password(&call(), PASSWORD, new).await.expect("changed");
        let left = sessions::operations::list_own(&call()).await.expect("a list");
        assert_eq!(left.iter().map(|session| session.id).collect::<Vec<_>>(), [here]);
        assert_eq!(tried(&test, JOANA, PASSWORD).await, "wrong");
        assert_eq!(tried(&test, JOANA, new).await, "signed in");
    }
}

/// There is no sign-in by a click outside the demonstration.
#[tokio::test]
async fn the_demo_sign_in_is_absent() {
    let test = TestWorld::on(testkit::Database::sqlite()).await;
    let user = joana(&test).await;
    assert!(matches!(operations::demo_sign_in(&test.call(), user).await, Err(Error::NotFound)));
}

/// Case 36: a product's address counts only if its origin is registered.
#[tokio::test]
async fn an_unregistered_product_is_no_destination() {
    let test = TestWorld::on(testkit::Database::sqlite()).await;
    let wanted = |return_to: &str, rd: &str| Wanted {
        return_to: return_to.to_owned(),
        rd: rd.to_owned(),
        ..Wanted::default()
    };
    let destination =
        async |wanted: Wanted| operations::destination(&test.call(), &wanted).await.expect("an answer");
    assert_eq!(destination(wanted("", "https://evil.example/")).await, None);
    assert_eq!(destination(wanted("/desk", "https://evil.example/")).await.as_deref(), Some("/desk"));
    assert_eq!(destination(wanted("//evil.example", "")).await, None);
}
