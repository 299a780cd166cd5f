//! What passkeys prove, and what is refused: answers of a software device that lies.

mod device;
mod hostile;

use ::sessions::{model::Proof, operations as sessions};
use kernel::{Actor, CeremonyId, Duration, Error, PasskeyId, SessionId, UserId};
use operation::{Call, Work, audit};
use people::NewUser;
use store::args;
use testkit::{TestWorld, person};

use super::{
    Proved, Registered, begin_registration, begin_second_factor, begin_sign_in, finish_registration,
    finish_second_factor, finish_sign_in, forget_ceremonies, list, model, remove, rename,
};
use device::Device;

const FLOW: &str = "sif_one";
const BROWSER: &str = "browser";

/// A person who is signed in.
struct Someone {
    user: UserId,
    session: SessionId,
}

impl Someone {
    async fn on(test: &TestWorld, email: &str) -> Self {
        let mut work = test.call().begin().await.expect("a transaction");
        let new = NewUser {
            email: email.parse().expect("an address"),
            name: "Joana da Silva".to_owned(),
            external_id: None,
            language: String::new(),
            time_zone: String::new(),
        };
        let user = people::operations::create(&mut work, new).await.expect("a person").id;
        let session = begin_session(&mut work, user).await;
        done(work).await;
        Self { user, session }
    }

    /// A call in this person's session, who showed just now who they are.
    fn call(&self, test: &TestWorld) -> Call {
        self.call_after(test, Duration::ZERO)
    }

    fn call_after(&self, test: &TestWorld, since: Duration) -> Call {
        test.clock.advance(Duration::milliseconds(1));
        let mut call = test.call_by(person(self.user, self.session));
        if let Actor::Person(person) = &mut call.actor {
            person.proved_at = Some(call.now - since);
        }
        call
    }

    async fn register(&self, test: &TestWorld) -> (Device, PasskeyId) {
        let mut device = Device::new();
        let id = self.register_on(test, &mut device).await;
        (device, id)
    }

    async fn register_on(&self, test: &TestWorld, device: &mut Device) -> PasskeyId {
        let call = self.call(test);
        let begun = begin_registration(&call).await.expect("options");
        let answer = device.register(&begun.options);
        let Registered { id, .. } =
            finish_registration(&call, begun.ceremony, "Phone", &answer).await.expect("registered");
        id
    }
}

/// A call by nobody, after all that were made before: the log is in the order of time.
fn later(test: &TestWorld) -> Call {
    test.clock.advance(Duration::milliseconds(1));
    test.call()
}

async fn begin_session(work: &mut Work, user: UserId) -> SessionId {
    let id = work.call().new_id();
    sessions::begin_own(work, id, user, Proof::default()).await.expect("a session");
    id
}

async fn done(work: Work) {
    work.commit(audit::Entry::new("test.done")).await.expect("committed");
}

/// Notes the use, as whoever makes a session of it does.
async fn write(call: &Call, proved: Proved) -> Result<(), Error> {
    let mut work = call.begin().await?;
    proved.use_up(&mut work).await?;
    work.commit(audit::Entry::new("test.used")).await
}

/// Why the last answer was refused, as the log has it.
async fn last_refusal(test: &TestWorld) -> String {
    let mut tx = test.call().read().await.expect("a read");
    let rows = tx
        .all("SELECT details FROM audit WHERE outcome = 'refused' ORDER BY id", &args![])
        .await
        .expect("the log");
    let details: String = rows.last().expect("an entry").get("details").expect("text");
    serde_json::from_str::<serde_json::Value>(&details).expect("JSON")["why"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

async fn count(test: &TestWorld, sql: &'static str) -> i64 {
    test.call()
        .read()
        .await
        .expect("a read")
        .one(sql, &args![])
        .await
        .expect("a row")
        .get("n")
        .expect("a number")
}

/// S26: registered once, a passkey is the second step and also the whole sign-in; its use and its counter are kept.
#[tokio::test]
async fn a_passkey_is_the_second_step_and_the_whole_sign_in() {
    for test in TestWorld::all().await {
        let joana = Someone::on(&test, "joana@aurora.example").await;
        let (device, id) = joana.register(&test).await;
        let call = test.call();

        let begun = begin_second_factor(&call, joana.user, FLOW).await.expect("options");
        assert_eq!(begun.options["userVerification"], "required");
        assert_eq!(begun.options["rpId"], "access.example.com");
        assert_eq!(begun.options["allowCredentials"][0]["id"], device::encode(&device.id()));
        let claims = device::Claims { counter: 7, ..Default::default() };
        let answer = device.sign_with(&begun.options, &claims);
        let proved =
            finish_second_factor(&call, joana.user, FLOW, begun.ceremony, &answer).await.expect("proved");
        assert_eq!((proved.user(), proved.passkey()), (joana.user, id));
        write(&call, proved).await.expect("noted");
        let own = list(&joana.call(&test)).await.expect("a list");
        assert_eq!(own[0].last_used_at, Some(call.now));
        assert!(own[0].credential.contains("\"counter\":7"), "{}", own[0].credential);

        let begun = begin_sign_in(&call, BROWSER).await.expect("options");
        assert_eq!(begun.options["allowCredentials"], serde_json::json!([]), "no list to learn from");
        assert_eq!(begun.options["userVerification"], "required");
        let claims = device::Claims { counter: 8, ..Default::default() };
        let answer = device.sign_with(&begun.options, &claims);
        let proved = finish_sign_in(&call, BROWSER, begun.ceremony, &answer).await.expect("proved");
        assert_eq!(proved.user(), joana.user);
        write(&call, proved).await.expect("noted");
    }
}

/// C17: who is in with another browser is out, and the person gets a mail, when a passkey comes and when one goes.
#[tokio::test]
async fn a_change_of_passkeys_ends_other_sessions_and_is_mailed() {
    for test in TestWorld::all().await {
        let joana = Someone::on(&test, "joana@aurora.example").await;
        let is_open = async |id| {
            let session = sessions::find(&mut test.call().read().await.expect("a read"), id).await;
            session.expect("a look").expect("a session").ended_at.is_none()
        };
        let mut work = test.call().begin().await.expect("a transaction");
        let other = begin_session(&mut work, joana.user).await;
        done(work).await;
        let (_, id) = joana.register(&test).await;
        assert!(!is_open(other).await && is_open(joana.session).await);

        let mut work = test.call().begin().await.expect("a transaction");
        let other = begin_session(&mut work, joana.user).await;
        done(work).await;
        remove(&joana.call(&test), id).await.expect("removed");
        assert!(!is_open(other).await && is_open(joana.session).await);
        assert_eq!(
            count(&test, "SELECT COUNT(*) AS n FROM mails WHERE recipient = 'joana@aurora.example'").await,
            2
        );
        assert!(list(&joana.call(&test)).await.expect("a list").is_empty());
        let kinds = "SELECT COUNT(*) AS n FROM audit WHERE kind IN ('passkey.registered', 'passkey.removed') AND outcome = 'done'";
        assert_eq!(count(&test, kinds).await, 2);
    }
}

/// S20, case 4: without a recent proof no passkey comes or goes.
#[tokio::test]
async fn an_old_proof_changes_no_passkey() {
    for test in TestWorld::all().await {
        let joana = Someone::on(&test, "joana@aurora.example").await;
        let (mut device, id) = joana.register(&test).await;
        let begun = begin_registration(&joana.call(&test)).await.expect("options");
        let answer = device.register(&begun.options);
        let stale = joana.call_after(&test, Duration::minutes(6));
        for refused in [
            begin_registration(&stale).await.map(drop),
            finish_registration(&stale, begun.ceremony, "Phone", &answer).await.map(drop),
            remove(&stale, id).await,
        ] {
            assert_eq!(refused.expect_err("refused").code().0, "reauth_required");
        }
        assert_eq!(list(&stale).await.expect("a list").len(), 1);
    }
}

/// S24: a passkey is one person's to rename and to remove, and opens nothing from then on.
#[tokio::test]
async fn a_passkey_is_its_owners_alone() {
    for test in TestWorld::all().await {
        let joana = Someone::on(&test, "joana@aurora.example").await;
        let marcos = Someone::on(&test, "marcos@aurora.example").await;
        let (device, id) = joana.register(&test).await;
        let (_, own) = marcos.register(&test).await;
        let foreign = marcos.call(&test);
        assert!(matches!(rename(&foreign, id, "Mine").await, Err(Error::NotFound)));
        assert!(matches!(remove(&foreign, id).await, Err(Error::NotFound)));
        rename(&joana.call(&test), id, "Work  phone").await.expect("renamed");
        assert_eq!(list(&joana.call(&test)).await.expect("a list")[0].name, "Work phone");
        assert!(matches!(rename(&joana.call(&test), id, "").await, Err(Error::Invalid(_))));

        let call = test.call();
        let begun = begin_sign_in(&call, BROWSER).await.expect("options");
        remove(&joana.call(&test), id).await.expect("removed");
        let answer = device.sign(&begun.options);
        assert!(finish_sign_in(&call, BROWSER, begun.ceremony, &answer).await.is_err());
        assert_eq!(last_refusal(&test).await, "unknown_credential");
        let none = begin_second_factor(&call, joana.user, FLOW).await.expect_err("none is left");
        assert_eq!(none.code().0, "no_passkey");
        assert_eq!(list(&marcos.call(&test)).await.expect("a list")[0].id, own);
    }
}

/// A passkey that is removed between the answer and the session opens nothing: the guard is in the same transaction.
#[tokio::test]
async fn a_passkey_that_goes_meanwhile_makes_no_session() {
    for test in TestWorld::all().await {
        let joana = Someone::on(&test, "joana@aurora.example").await;
        let (device, id) = joana.register(&test).await;
        let call = test.call();
        let begun = begin_sign_in(&call, BROWSER).await.expect("options");
        let proved = finish_sign_in(&call, BROWSER, begun.ceremony, &device.sign(&begun.options)).await;
        remove(&joana.call(&test), id).await.expect("removed");
        let late = write(&call, proved.expect("proved")).await;
        assert!(matches!(late, Err(Error::Unauthenticated)), "{late:?}");
    }
}

/// A person has 20 at most.
#[tokio::test]
async fn the_twenty_first_passkey_is_refused() {
    for test in TestWorld::all().await {
        let joana = Someone::on(&test, "joana@aurora.example").await;
        for _ in 1..model::MOST {
            joana.register(&test).await;
        }
        // Two that are begun while there is room for one.
        let call = joana.call(&test);
        let mut begun = Vec::new();
        for _ in 0..2 {
            begun.push((begin_registration(&call).await.expect("options"), Device::new()));
        }
        let mut codes = Vec::new();
        for (begun, mut device) in begun {
            let answer = device.register(&begun.options);
            let made = finish_registration(&call, begun.ceremony, "Phone", &answer).await;
            codes.push(made.map_or_else(|error| error.code().0, |_| "made"));
        }
        assert_eq!(codes, ["made", "too_many_passkeys"]);
        assert_eq!(begin_registration(&call).await.expect_err("full").code().0, "too_many_passkeys");
    }
}

/// R17: what is begun and never finished is bounded for each asker and each source, and is gone when it is over.
#[tokio::test]
async fn challenges_are_bounded_and_forgotten() {
    const ALL: &str = "SELECT COUNT(*) AS n FROM passkey_ceremonies";
    for test in TestWorld::all().await {
        let call = test.call();
        let mut last: Option<CeremonyId> = None;
        for _ in 0..50 {
            last = Some(begin_sign_in(&call, BROWSER).await.expect("options").ceremony);
        }
        assert_eq!(count(&test, ALL).await, model::MOST_OF_ASKER);
        assert!(last.is_some());
        let mut refused = 0;
        for asker in 0..model::MOST_OF_SOURCE + 20 {
            match begin_sign_in(&call, &format!("browser {asker}")).await {
                Ok(_) => {}
                Err(Error::TooMany { .. }) => refused += 1,
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(refused, 20 + model::MOST_OF_ASKER);
        assert_eq!(count(&test, ALL).await, model::MOST_OF_SOURCE);
        test.clock.advance(Duration::minutes(5));
        forget_ceremonies(&test.world).await.expect("forgotten");
        assert_eq!(count(&test, ALL).await, 0);
    }
}
