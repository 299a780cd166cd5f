//! What is done for an address before its answer: the same, whether anybody has it or not. Nothing is timed here, because a
//! machine that runs tests has no time of its own: what takes the time is counted.

use std::sync::{Arc, Mutex};

use kernel::UserId;
use operation::audit;
use people::{NewUser, passwords};
use sign_in::operations::Checked;
use store::args;
use testkit::TestWorld;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{
    Layer,
    filter::Targets,
    layer::{Context, SubscriberExt as _},
    util::SubscriberInitExt as _,
};

const KNOWN: &str = "joana@aurora.example";
const UNKNOWN: &str = "nobody@aurora.example";
const SUSPENDED: &str = "marcos@aurora.example";
const PASSWORD: &str = "a latch that only I can lift";

/// Each statement that is sent to the database and each password that is hashed, in their order.
#[derive(Clone, Default)]
struct Done(Arc<Mutex<Vec<String>>>);

struct Statement(Option<String>);

impl Visit for Statement {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let is_whole = field.name() == "db.statement" && format!("{value:?}").len() > 2;
        if field.name() == "summary" && self.0.is_none() || is_whole {
            let text = format!("{value:?}").replace("\\n", " ");
            self.0 = Some(text.trim_matches('"').trim().to_owned());
        }
    }
}

impl<S: Subscriber> Layer<S> for Done {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let done = match event.metadata().target() {
            "sqlx::query" => {
                let mut statement = Statement(None);
                event.record(&mut statement);
                let statement = statement.0.unwrap_or_default();
                // How a connection is opened and a transaction is ended is the pool's, at a moment of its own.
                let begins = |word: &&str| statement.starts_with(word);
                if !["SELECT", "INSERT", "UPDATE", "DELETE"].iter().any(begins) {
                    return;
                }
                statement
            }
            "people::passwords" => "a password is hashed".to_owned(),
            _ => return,
        };
        self.0.lock().expect("unpoisoned").push(done);
    }
}

impl Done {
    fn watch() -> Self {
        let done = Self::default();
        let targets = Targets::new()
            .with_target("sqlx::query", LevelFilter::DEBUG)
            .with_target("people::passwords", LevelFilter::TRACE);
        tracing_subscriber::registry().with(done.clone().with_filter(targets)).init();
        done
    }

    /// What was done since the last look.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("unpoisoned"))
    }
}

async fn person(test: &TestWorld, email: &str) -> UserId {
    let call = test.call();
    let hash = passwords::hash(&call, PASSWORD).await.expect("a hash");
    let mut work = call.begin().await.expect("a transaction");
    let new = NewUser {
        email: email.parse().expect("an address"),
        name: "Joana Prado".to_owned(),
        external_id: None,
        language: String::new(),
        time_zone: String::new(),
    };
    let user = people::operations::create(&mut work, new).await.expect("a person").id;
    people::operations::set_password_hash(&mut work, user, &hash).await.expect("a password");
    work.commit(audit::Entry::new("test.done")).await.expect("committed");
    user
}

async fn people(test: &TestWorld) {
    person(test, KNOWN).await;
    let user = person(test, SUSPENDED).await;
    let mut tx = test.world.store.write().await.expect("a transaction");
    tx.execute("UPDATE users SET suspended_at = 1 WHERE id = $1", &args![user]).await.expect("a change");
    tx.commit().await.expect("committed");
}

/// Case 33, A40, S10: a sign-in that comes to nothing does the same for an address that somebody has, for one that nobody has, and
/// for somebody who may not: the same statements in the same order, and one password hashed.
#[tokio::test]
async fn a_sign_in_does_the_same_for_every_address() {
    let done = Done::watch();
    for test in TestWorld::all().await {
        people(&test).await;
        done.take();
        let mut seen = Vec::new();
        for (email, password) in
            [(KNOWN, "not the password"), (UNKNOWN, "not the password"), (SUSPENDED, PASSWORD)]
        {
            let checked = sign_in::operations::prove_password(
                &test.call(),
                email,
                password,
                sign_in::operations::Brought::default(),
            )
            .await;
            assert!(matches!(checked, Ok(Checked::Wrong)), "{email}");
            seen.push(done.take());
        }
        assert!(seen[0].len() > 6, "the statements were seen: {seen:?}");
        assert_eq!(seen[0].iter().filter(|one| *one == "a password is hashed").count(), 1, "{seen:?}");
        assert_eq!(seen[0], seen[1]);
        assert_eq!(seen[0], seen[2]);
        // While they wait, none of them costs a hash.
        for _ in 0..4 {
            for email in [KNOWN, UNKNOWN] {
                let checked = sign_in::operations::prove_password(
                    &test.call(),
                    email,
                    "not this",
                    sign_in::operations::Brought::default(),
                )
                .await;
                assert!(matches!(checked, Ok(Checked::Wrong)), "{email}");
            }
        }
        done.take();
        let mut seen = Vec::new();
        for (email, password) in [(KNOWN, PASSWORD), (UNKNOWN, PASSWORD)] {
            let waits = sign_in::operations::prove_password(
                &test.call(),
                email,
                password,
                sign_in::operations::Brought::default(),
            )
            .await;
            assert!(matches!(waits, Err(kernel::Error::TooMany { .. })), "{email}");
            seen.push(done.take());
        }
        assert_eq!(seen[0], seen[1]);
        assert!(!seen[0].contains(&"a password is hashed".to_owned()));
    }
}

/// Case 33, S10: whoever forgot a password is answered before anything was done that depends on the address: until then it is
/// only counted, for every address alike, and nobody is looked up.
#[tokio::test]
async fn a_forgotten_password_is_answered_before_the_address_is_looked_up() {
    let done = Done::watch();
    for test in TestWorld::all().await {
        people(&test).await;
        done.take();
        let mut seen = Vec::new();
        for email in [KNOWN, UNKNOWN, SUSPENDED] {
            account_recovery::operations::request_reset(&test.call(), email).await.expect("an answer");
            // What follows runs on this thread too, and has had no turn yet.
            seen.push(done.take());
            let mails = "SELECT COUNT(*) AS n FROM audit WHERE kind = 'password.reset_asked'";
            for _ in 0..400 {
                let mut tx = test.world.store.read().await.expect("a look");
                let count: i64 = tx.one(mails, &[]).await.expect("a row").get("n").expect("a number");
                if usize::try_from(count).expect("a few") == seen.len() {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            // And to the end of its transaction, and of the look.
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            let after = done.take();
            assert!(after.iter().any(|one| one.contains("FROM users")), "it was done afterwards: {after:?}");
        }
        assert!(seen[0].len() > 3, "the statements were seen: {seen:?}");
        assert!(seen.iter().flatten().all(|one| !one.contains("users")), "{seen:?}");
        assert_eq!(seen[0], seen[1]);
        assert_eq!(seen[0], seen[2]);
    }
}
