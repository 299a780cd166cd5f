//! The steps of a sign-in in every order up to a length of four, for each kind of half sign-in, by whoever knows the password and
//! nothing else.
//!
//! All sequences of four out of some thirty steps are a million walks for each kind. They are walked by state instead: what a
//! step can do depends on what is written down about the half sign-in, the person and this browser, and on nothing else. A
//! sequence is gone on with only where it led to a state in which no other one had been; in each state every step is tried. So
//! every sequence has an equal that was walked. It is walked on SQLite: the statements are the same on both databases, and what
//! depends on the database, two at the same moment, is tested elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Duration, Secret};
use operation::PasswordCost;
use serde_json::{Value, json};
use store::args;
use testkit::Database;

use crate::{
    passkeys::{
        device::{Claims, Device},
        registered, truth,
    },
    passwords::store,
    second_factor::{earlier::new_agent, turn_on},
    support::{
        cast::{ORIGIN, Stage},
        rows,
        server::{Answer, Browser, PASSWORD, TestServer, nothing},
    },
};

const HALF: &str = "__Host-latchstring_sign_in";
const JOANA: &str = "joana@aurora.example";
const MARCOS: &str = "marcos@aurora.example";
const CARLA: &str = "carla@vendor.example";
const SHORT: &str = "tulip 47";
const LONG: &str = "tulip 4711 gravel boat";
const LONGEST: usize = 4;

/// Where a passkey is asked for, and where the answer goes: at the API and on the page.
const PASSKEYS: [(&str, &str); 3] = [
    ("/api/v1/sign-in/passkey", "/sign-in/passkey"),
    ("/api/v1/sign-in/passwordless", "/sign-in/passwordless"),
    ("/api/v1/sign-in/set-up/passkey", "/sign-in/secure-your-account/passkey"),
];

#[derive(Debug, Clone)]
enum Step {
    Api(&'static str, Value),
    Page(&'static str, Vec<(&'static str, String)>),
    /// Asks for a passkey there.
    Ask(&'static str),
    /// Answers there, by the page or not, to what was asked at that other place, with a passkey that nobody has.
    Answer(usize, &'static str, bool),
    /// The code from the newest mail. Whoever knows only the password does not have it; with it there are more states.
    MailedCode,
}

fn steps(foreign_code: &str) -> Vec<Step> {
    let code = |code: &str| json!({ "code": code });
    let typed = |code: &str| vec![("code", code.to_owned())];
    let lost = json!({ "reason": "My phone fell into the river.", "contact": "5555" });
    let mut all = vec![
        Step::Api("/api/v1/sign-in/code", nothing()),
        Step::Api("/api/v1/sign-in/code", json!({ "code": "000000", "remember": true })),
        Step::Page("/sign-in/code", typed("000000")),
        Step::Api("/api/v1/sign-in/recovery-code", code(foreign_code)),
        Step::Page("/sign-in/recovery-code", typed(foreign_code)),
        Step::Api("/api/v1/sign-in/mailed-code/send", nothing()),
        Step::Page("/sign-in/secure-your-account/mail", vec![]),
        Step::Api("/api/v1/sign-in/mailed-code", code("00000000")),
        Step::Page("/sign-in/secure-your-account/mailbox", typed("00000000")),
        Step::MailedCode,
        Step::Api("/api/v1/sign-in/agent-code", code("00000000")),
        Step::Page("/sign-in/secure-your-account/agent-code", typed("")),
        Step::Api("/api/v1/sign-in/set-up/begin", nothing()),
        Step::Api("/api/v1/sign-in/set-up", nothing()),
        Step::Page("/sign-in/secure-your-account", vec![]),
        Step::Api("/api/v1/sign-in/set-up/confirm", code("000000")),
        Step::Page("/sign-in/secure-your-account/confirm", typed("")),
        Step::Api("/api/v1/sign-in/new-password", json!({ "new_password": "" })),
        Step::Page("/sign-in/new-password", vec![("new_password", "fourteen chars".to_owned())]),
        Step::Api("/api/v1/lost-devices", lost),
        Step::Api("/api/v1/sign-in", json!({ "email": JOANA, "password": "" })),
        Step::Api("/api/v1/account-recovery/reset-requests", json!({ "email": JOANA })),
        Step::Api("/api/v1/account-recovery/password", json!({ "token": "", "password": LONG })),
        Step::Api("/api/v1/account/confirm", json!({ "password": PASSWORD, "code": "000000" })),
        Step::Api("/api/v1/account/second-factor/enable", nothing()),
        Step::Api("/api/v1/account/password", json!({ "current_password": PASSWORD, "new_password": LONG })),
        Step::Page("/account/two-factor/off", typed("000000")),
    ];
    for (place, (api, _)) in PASSKEYS.iter().enumerate() {
        all.push(Step::Ask(api));
        all.extend(PASSKEYS.map(|(asked_at, _)| Step::Answer(place, asked_at, false)));
        all.push(Step::Answer(place, api, true));
    }
    all
}

/// Steps that do something for whoever proved the password, and make no session of it.
const DONE: [(&str, u16); 4] = [
    ("/api/v1/sign-in/mailed-code/send", 204),
    ("/api/v1/sign-in/set-up", 201),
    ("/api/v1/lost-devices", 201),
    ("/api/v1/account-recovery/reset-requests", 202),
];

/// What one browser has seen.
struct Visitor {
    cookies: BTreeMap<String, String>,
    asked: BTreeMap<&'static str, Value>,
}

struct Walk {
    stage: Stage,
    email: &'static str,
    half: String,
    steps: Vec<Step>,
    before: Vec<String>,
    seen: BTreeSet<String>,
    walked: usize,
}

impl Walk {
    /// Everybody, and a half sign-in of one of them that waits for `next`.
    async fn begin(stage: Stage, email: &'static str, password: &str, foreign: &str, next: &str) -> Self {
        let body = json!({ "email": email, "password": password });
        let begun = stage.server.anonymous().post("/api/v1/sign-in", body).await.expect(202);
        assert_eq!(begun.json()["next"], next);
        let half = begun.cookie(HALF);
        let steps = steps(foreign);
        let mut walk = Self { stage, email, half, steps, before: vec![], seen: BTreeSet::new(), walked: 0 };
        walk.before = walk.what_counts().await;
        walk
    }

    /// The half sign-in as it was at its beginning, in a browser that has seen nothing else; and nobody waits for earlier tries.
    async fn anew(&self) -> Visitor {
        let (name, value) = self.half.split_once('=').expect("a pair");
        let mut tx = self.stage.server.product.world.store.write().await.expect("a transaction");
        for sql in [
            "DELETE FROM sign_in_failures",
            "DELETE FROM passkey_ceremonies",
            "DELETE FROM lost_device_requests",
            "DELETE FROM totp_keys WHERE pending_of IS NOT NULL",
            "DELETE FROM account_links WHERE purpose <> 'lock'",
        ] {
            tx.execute(sql, &args![]).await.expect("gone");
        }
        let hash = Secret::from_text(value.to_owned()).hash();
        let again = "UPDATE sign_in_flows SET ended_at = NULL, ended_how = NULL, vouched_at = NULL, mailed_code_hash = NULL, \
                     mailed_code_tries = 0, misses = 0 WHERE secret_hash = $1";
        assert_eq!(tx.execute(again, &args![hash]).await.expect("as it was"), 1);
        tx.commit().await.expect("committed");
        let cookies = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        Visitor { cookies, asked: BTreeMap::new() }
    }

    /// Passwords, factors, codes, browsers and sessions of everybody: none of it changes by any step.
    async fn what_counts(&self) -> Vec<String> {
        let mut tx = self.stage.server.product.world.store.read().await.expect("a look");
        let mut all = Vec::new();
        for sql in [
            "SELECT id || email || COALESCE(password_hash, '') || COALESCE(locked_at, '') AS what FROM users ORDER BY id",
            "SELECT id || COALESCE(disabled_at, '') AS what FROM totp_keys WHERE live_of IS NOT NULL ORDER BY id",
            "SELECT id AS what FROM passkeys WHERE removed_at IS NULL ORDER BY id",
            "SELECT code_hash AS what FROM recovery_codes WHERE used_at IS NULL AND removed_at IS NULL ORDER BY id",
            "SELECT id AS what FROM remembered_devices WHERE forgotten_at IS NULL ORDER BY id",
            "SELECT id || COALESCE(ended_at, '') AS what FROM sessions ORDER BY id",
        ] {
            let rows = tx.all(sql, &args![]).await.expect("rows");
            all.extend(rows.iter().map(|row| row.get::<String>("what").expect("text")));
        }
        all
    }

    /// What is written down of the half sign-in, of what was begun in it, and of what this browser was asked.
    async fn state(&self) -> String {
        let value = self.half.split_once('=').expect("a pair").1;
        let mut tx = self.stage.server.product.world.store.read().await.expect("a look");
        let sql = "SELECT next || ' ended:' || COALESCE(ended_how, '') || ' vouched:' || (vouched_at IS NOT NULL) \
                   || ' mailed:' || (mailed_code_hash IS NOT NULL) \
                   || ' key:' || (SELECT COUNT(*) FROM totp_keys WHERE pending_of IS NOT NULL) \
                   || ' lost:' || (SELECT COUNT(*) FROM lost_device_requests) \
                   || ' open:' || (SELECT COALESCE(group_concat(kind), '') FROM \
                      (SELECT DISTINCT kind FROM passkey_ceremonies WHERE used_at IS NULL ORDER BY kind)) AS what \
                   FROM sign_in_flows WHERE secret_hash = $1";
        let hash = Secret::from_text(value.to_owned()).hash();
        let row = tx.one(sql, &args![hash]).await.expect("the half sign-in");
        row.get("what").expect("text")
    }

    fn browser(&self, visitor: &Visitor) -> Browser {
        let pairs: Vec<String> =
            visitor.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.stage.server.anonymous().with_cookie(pairs.join("; "))
    }

    fn answer_to(&self, visitor: &Visitor, asked_at: &'static str, place: usize) -> Value {
        let unknown =
            json!({ "ceremony_id": "cer_00000000000000000000000000", "options": { "challenge": "AAAA" } });
        let asked = visitor.asked.get(asked_at).unwrap_or(&unknown);
        let claims = truth(&self.stage);
        let mut device = Device::new();
        let is_new = place == 2 && asked["options"]["user"]["id"].is_string();
        let response = if is_new {
            // A true answer would be that of whoever may set one up.
            let elsewhere = Claims { origin: "https://badlocalhost".to_owned(), ..claims };
            device.register_with(&asked["options"], &elsewhere)
        } else {
            device.sign_with(&asked["options"], &claims)
        };
        json!({ "ceremony_id": asked["ceremony_id"], "response": response, "name": "Key", "return_to": "" })
    }

    async fn mailed_code(&self) -> String {
        self.stage.server.deliver().await;
        let is_code = |word: &&str| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit());
        let mails = self.stage.server.mailbox.to(self.email);
        let code = mails.iter().rev().find_map(|mail| mail.body.split_whitespace().find(is_code));
        code.unwrap_or("00000000").to_owned()
    }

    async fn send(&self, visitor: &Visitor, step: &Step) -> (Answer, bool) {
        let browser = self.browser(visitor);
        match step {
            Step::Api(path, body) => {
                let answer = browser.post(path, body.clone()).await;
                let is_done = DONE.contains(&(*path, answer.status));
                (answer, is_done)
            }
            Step::Page(path, fields) => {
                let fields: Vec<(&str, &str)> =
                    fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                page(browser.form(path, &fields).await)
            }
            Step::Ask(path) => {
                let answer = browser.post(&format!("{path}/begin"), nothing()).await;
                let is_done = answer.status == 200;
                (answer, is_done)
            }
            Step::Answer(place, asked_at, by_page) => {
                let (api, form) = PASSKEYS[*place];
                let body = self.answer_to(visitor, asked_at, *place);
                if !by_page {
                    return (browser.post(api, body).await, false);
                }
                let (id, response) =
                    (body["ceremony_id"].as_str().expect("an id"), body["response"].to_string());
                let fields = [("ceremony_id", id), ("response", response.as_str()), ("name", "Key")];
                page(browser.form(form, &fields).await)
            }
            Step::MailedCode => {
                let body = json!({ "code": self.mailed_code().await });
                let answer = browser.post("/api/v1/sign-in/mailed-code", body).await;
                let is_done = answer.status == 204;
                (answer, is_done)
            }
        }
    }

    /// One step, and what holds after each.
    async fn take(&self, visitor: &mut Visitor, walk: &[usize]) {
        let step = &self.steps[*walk.last().expect("a step")];
        let here =
            || walk.iter().map(|step| format!("{:?}", self.steps[*step])).collect::<Vec<_>>().join(" > ");
        let (answer, is_done) = self.send(visitor, step).await;
        let is_refused = (400..500).contains(&answer.status);
        assert!(is_refused || is_done, "{}: {} {}", here(), answer.status, answer.text);
        assert_ne!(answer.status, 429, "nothing is tested by a wait: {}", here());
        for line in answer.headers.get_all("set-cookie") {
            let pair = line.to_str().expect("ASCII").split(';').next().expect("a pair");
            let (name, value) = pair.split_once('=').expect("a pair");
            let is_step = name == HALF || name == "__Host-latchstring_passkey";
            assert!(is_step || value.is_empty(), "{} sets {pair}", here());
            if !value.is_empty() {
                visitor.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        if let (Step::Ask(path), true) = (step, is_done) {
            visitor.asked.insert(*path, answer.json());
        }
        assert_eq!(self.what_counts().await, self.before, "{}", here());
    }

    /// Walks from here to wherever it leads. How many sequences that were.
    async fn through(&mut self) -> usize {
        self.anew().await;
        let began = self.state().await;
        self.seen.insert(began);
        let mut front: Vec<Vec<usize>> = vec![Vec::new()];
        for _ in 0..LONGEST {
            let mut next = Vec::new();
            for walk in front {
                for step in 0..self.steps.len() {
                    let mut walk = walk.clone();
                    walk.push(step);
                    let mut visitor = self.anew().await;
                    for length in 1..=walk.len() {
                        self.take(&mut visitor, &walk[..length]).await;
                    }
                    let browser = self.browser(&visitor);
                    browser.get("/api/v1/sessions/current").await.expect(401);
                    self.walked += 1;
                    if self.seen.insert(self.state().await) {
                        next.push(walk);
                    }
                }
            }
            front = next;
        }
        self.walked
    }

    async fn no_session_since(&self, began: kernel::Timestamp) {
        let log = rows::audit(&self.stage.server).await;
        let mut since = log.iter().filter(|line| line.at >= began);
        assert!(since.all(|line| line.kind != "session.signed_in"));
    }
}

/// A page answers with a redirect where its step was done, and never to a page behind the door.
fn page(answer: Answer) -> (Answer, bool) {
    let is_led = answer.status == 303;
    if is_led {
        let there = answer.header("location");
        assert!(there.starts_with("/sign-in") || there.starts_with("/lost-device"), "{there}");
    }
    (answer, is_led)
}

/// Everybody, with a recovery code of somebody else.
async fn stage() -> (Stage, String) {
    // Hundreds of codes are hashed on the way, and how much work that is plays no part.
    let cheap = PasswordCost { memory_kib: 1024, passes: 1 };
    let server =
        TestServer::with(Database::sqlite(), "localhost", |settings| settings.password_cost = cheap).await;
    let stage = Stage::on(server, ORIGIN).await;
    let (_, codes) = turn_on(&stage, &stage.bea, "bea@boreal.example").await;
    (stage, codes[0].clone())
}

/// Case 1, S45: of a half sign-in that asks for a code, a passkey or a recovery code.
#[tokio::test]
async fn no_order_of_steps_passes_the_code() {
    let (mut stage, foreign) = stage().await;
    let (_, made) = registered(&stage, &stage.joana).await;
    stage.joana = stage.server.anonymous().with_cookie(made.cookie("__Host-latchstring"));
    turn_on(&stage, &stage.joana, JOANA).await;
    stage.server.advance(Duration::minutes(1)).await;
    let began = stage.server.now();
    let mut walk = Walk::begin(stage, JOANA, PASSWORD, &foreign, "code").await;
    let walked = walk.through().await;
    assert!(walk.seen.iter().any(|state| state.contains("lost:1")), "{:?}", walk.seen);
    assert!(walk.seen.len() >= 6 && walked >= 6 * walk.steps.len(), "{walked}: {:?}", walk.seen);
    walk.no_session_since(began).await;
    // It was open all the while.
    let visitor = walk.anew().await;
    let body = json!({ "code": walk.stage.server.code_of(JOANA) });
    walk.browser(&visitor).post("/api/v1/sign-in/code", body).await.expect(200);
}

/// Case 1, S45, E14: of a half sign-in that asks for a factor to be set up, also with the mailbox shown.
#[tokio::test]
async fn no_order_of_steps_passes_the_set_up() {
    let (stage, foreign) = stage().await;
    new_agent(&stage).await;
    // The link of the invitation shows the mailbox for an hour.
    stage.server.advance(Duration::minutes(61)).await;
    let began = stage.server.now();
    let mut walk = Walk::begin(stage, CARLA, PASSWORD, &foreign, "set_up").await;
    let walked = walk.through().await;
    for reached in ["vouched:1", "mailed:1", "key:1", "register"] {
        assert!(walk.seen.iter().any(|state| state.contains(reached)), "{reached}: {:?}", walk.seen);
    }
    assert!(walked >= 8 * walk.steps.len(), "{walked}");
    walk.no_session_since(began).await;
    let visitor = walk.anew().await;
    let browser = walk.browser(&visitor);
    browser.post("/api/v1/sign-in/mailed-code/send", nothing()).await.expect(204);
    let body = json!({ "code": walk.mailed_code().await });
    browser.post("/api/v1/sign-in/mailed-code", body).await.expect(204);
    let key = browser.post("/api/v1/sign-in/set-up", nothing()).await.expect(201).json();
    walk.stage.server.apps.add(CARLA, key["key"].as_str().expect("a key"));
    let body = json!({ "code": walk.stage.server.code_of(CARLA) });
    browser.post("/api/v1/sign-in/set-up/confirm", body).await.expect(200);
}

/// Case 1, S45, S1: of a half sign-in that asks for a longer password.
#[tokio::test]
async fn no_order_of_steps_passes_the_new_password() {
    let (stage, foreign) = stage().await;
    store(&stage.server, MARCOS, SHORT).await;
    stage.server.advance(Duration::minutes(1)).await;
    let began = stage.server.now();
    let mut walk = Walk::begin(stage, MARCOS, SHORT, &foreign, "new_password").await;
    let walked = walk.through().await;
    assert!(walk.seen.len() >= 2 && walked >= 2 * walk.steps.len(), "{walked}: {:?}", walk.seen);
    walk.no_session_since(began).await;
    let visitor = walk.anew().await;
    let body = json!({ "new_password": LONG });
    walk.browser(&visitor).post("/api/v1/sign-in/new-password", body).await.expect(200);
}
