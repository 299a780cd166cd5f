//! A lost device from the report to the new one, on a server whose clock the test moves.

use kernel::Duration;
use operation::Call;
use serde_json::json;
use testkit::Database;

use crate::{
    chromium::Chromium,
    judge::Judge,
    support::{
        authenticator::App,
        cast::{accept, organization},
        server::{Browser, PASSWORD, TestServer, nothing},
    },
};

const JOANA: &str = "joana@aurora.example";
const AGENTS: [(&str, &str, i64); 2] =
    [("ana@vendor.example", "Ana Souza", 2), ("carla@vendor.example", "Carla Dias", 3)];

/// A server with two agents who may decide and a customer with an authenticator app. It speaks HTTP, so its cookies are those of
/// the demo: a browser keeps the others for HTTPS.
async fn opened() -> TestServer {
    let server =
        TestServer::with(Database::sqlite(), "localhost", |settings| settings.secure_cookies = false).await;
    let call = Call::by_operator(&server.product.world);
    let link = organizations::operations::setup::issue(&call).await.expect("a set-up link");
    let form = [("name", "Vera Lang"), ("email", "vera@vendor.example"), ("password", PASSWORD)];
    server.anonymous().form(&format!("/setup/{}", link.expose()), &form).await.expect(303);
    let vera = signed_in(&server, "vera@vendor.example").await;
    for (email, name, level) in AGENTS {
        let body = json!({ "email": email, "name": name, "agent_level": level });
        vera.post("/api/v1/agents", body).await.expect(201);
        accept(&server, email, name).await;
        signed_in(&server, email).await;
    }
    organization(&server, &vera, "Aurora Holding", JOANA).await;
    accept(&server, JOANA, "Joana Prado").await;
    let joana = signed_in(&server, JOANA).await;
    let key = joana.post("/api/v1/account/second-factor/enable", nothing()).await.expect(201).json();
    server.apps.add(JOANA, key["key"].as_str().expect("a key"));
    let body = json!({ "code": server.code_of(JOANA) });
    joana.post("/api/v1/account/second-factor/confirm", body).await.expect(200);
    // What comes after is a later moment than the set-up.
    server.advance(Duration::minutes(2)).await;
    server
}

/// Over the API; the vendor's people set up an app on the way.
async fn signed_in(server: &TestServer, email: &str) -> Browser {
    let nobody = server.anonymous();
    let mut answer = nobody.post("/api/v1/sign-in", json!({ "email": email, "password": PASSWORD })).await;
    if answer.status == 202 {
        let half = nobody.with_cookie(answer.cookie("latchstring_sign_in"));
        let key = half.post("/api/v1/sign-in/set-up", nothing()).await.expect(201).json();
        server.apps.add(email, key["key"].as_str().expect("a key"));
        let body = json!({ "code": server.code_of(email) });
        answer = half.post("/api/v1/sign-in/set-up/confirm", body).await;
    }
    nobody.with_cookie(answer.expect(200).cookie("latchstring"))
}

impl Chromium {
    async fn types_the_password(&self, server: &TestServer, email: &str) {
        self.go(&format!("{}/sign-in", server.url)).await;
        self.fill("[name=email]", email).await;
        self.fill("[name=password]", PASSWORD).await;
        self.click("button.primary", "Sign in").await;
    }

    /// An agent signs in, goes to the request, ticks all of the list, and says that it is so.
    async fn checks(&self, server: &TestServer, email: &str) {
        self.types_the_password(server, email).await;
        self.until("location.pathname === '/sign-in/code'").await;
        self.fill("#f-code", &server.code_of(email)).await;
        self.press(thirtyfour::Key::Enter).await;
        self.until("location.pathname === '/desk'").await;
        self.click("a[href='/desk/lost-devices']", "").await;
        self.click("a.rowlink", "Joana Prado").await;
        self.until("document.title.startsWith('Lost device')").await;
        self.says("main", "My phone fell into the river.").await;
        for place in 0..account_recovery::model::Check::ALL.len() {
            self.click(&format!("form[action$='/check'] label.tick:nth-of-type({})", place + 1), "").await;
        }
        self.fill("[name=note]", "Reached Marcos under the number in the contract.").await;
        self.click("button", "All of it is so").await;
        self.until("document.querySelector('#status .live')").await;
    }
}

/// C14, S25: SF7 as three people live it: reported from the second step, checked by one agent and by another, a day of waiting in
/// which nothing opens, and then a new device at the next sign-in, with the mailbox shown first.
#[tokio::test]
async fn from_the_report_to_the_new_device() {
    let server = opened().await;
    let browser = Chromium::start().await;
    let mut judge = Judge::new(&browser).await;
    browser.types_the_password(&server, JOANA).await;
    browser.until("location.pathname === '/sign-in/code'").await;
    browser.click("a.crumb", "I lost my device").await;
    browser.until("location.pathname === '/lost-device'").await;
    browser.fill("[name=reason]", "My phone fell into the river.").await;
    browser.fill("[name=contact]", "+351 21 555 0100").await;
    browser.click("button", "Ask for the reset").await;
    browser.until("document.querySelector('#status .live')").await;

    browser.checks(&server, AGENTS[0].0).await;
    browser.says("main", "A second agent has to check it too").await;
    browser.sign_out().await;
    browser.checks(&server, AGENTS[1].0).await;
    browser.says("main", "Approved, waiting").await;
    browser.sign_out().await;

    // A minute is missing, and the code is asked for as ever.
    server.advance(Duration::minutes(24 * 60 - 1)).await;
    browser.types_the_password(&server, JOANA).await;
    browser.until("location.pathname === '/sign-in/code'").await;
    browser.click("a.crumb", "I lost my device").await;
    browser.says("main", "Support approved your request.").await;
    server.advance(Duration::minutes(2)).await;
    account_recovery::operations::settle_due(&server.product.world).await.expect("settled");

    browser.types_the_password(&server, JOANA).await;
    browser.until("location.pathname === '/sign-in/secure-your-account'").await;
    judge.here(false).await;
    browser.says("main", "First, your mailbox").await;
    browser.click("button", "Send the code").await;
    browser.says("main", "is on its way").await;
    server.deliver().await;
    let mail = server.mailbox.to(JOANA).pop().expect("a mail").body;
    let is_code = |word: &&str| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit());
    browser.fill("[name=code]", mail.split_whitespace().find(is_code).expect("a code")).await;
    browser.click("button", "Continue").await;
    browser.until("document.querySelector('.key')").await;
    judge.here(false).await;
    let code = App::typed(&browser.text(".key").await).code(server.now());
    browser.fill("[name=code]", &code).await;
    browser.click("button", "Confirm").await;
    browser.says("h1", "Your account is secured").await;
    assert_eq!(browser.count("ol.codes li").await, 10);
    browser.click("a.btn.primary", "I have stored them").await;
    browser.until("location.pathname === '/organizations'").await;
    browser.says("main", "Aurora Holding").await;
    judge.done();
    browser.quit().await;
}
