//! The second factor as people meet it: on, asked for, remembered, a recovery code, a lost device.

mod lost_device;
mod paper;
mod sessions;

use kernel::Clock as _;
use latchstring::clock::SystemClock;
use serde_json::json;

use crate::{
    chromium::Chromium,
    demo::{ANA, Demo, JOANA, NOBODY},
    judge::Judge,
    support::{authenticator::Apps, server::nothing},
};

const JOANAS: &str = "joana@aurora.example";
const MARCOS: &str = "marcos@aurora.example";

impl Chromium {
    /// What stands there, as it is.
    async fn word(&self, css: &str) -> String {
        let script = "return document.querySelector(arguments[0]).textContent";
        self.js(script, vec![css.into()]).await.as_str().expect("a text").trim().to_owned()
    }

    async fn with_password(&self, demo: &Demo, host: &str, email: &str) {
        self.go(&demo.at(host, "/sign-in")).await;
        self.fill("[name=email]", email).await;
        self.fill("[name=password]", crate::passkeys::PASSWORD).await;
        self.click("button.primary", "Sign in").await;
    }
}

/// C2, C3, C5, C6, C13: switched on with a code, asked for at the next sign-in, remembered, forgotten, and passed with a
/// recovery code. The code is typed and sent without a mouse.
#[tokio::test]
async fn from_the_switch_to_the_recovery_code() {
    let demo = Demo::start().await;
    let browser = Chromium::start().await;
    let mut judge = Judge::new(&browser).await;
    let apps = Apps::default();
    let account = demo.at(JOANA, "/account/two-factor");

    browser.go(&demo.at(JOANA, "/demo/joana")).await;
    judge.page(&account).await;
    browser.says("main", "Anyone who learns your password can sign in").await;
    browser.click("button.switch", "Off").await;
    browser.until("document.querySelector('svg.qr')").await;
    judge.here(false).await;
    apps.add(JOANAS, &browser.word(".key").await);
    browser.fill("#f-code", "000000").await;
    browser.click("button", "Confirm").await;
    browser.until("document.querySelector('#errors')").await;
    judge.came_back().await;
    browser.fill("#f-code", &apps.code(JOANAS, SystemClock.now())).await;
    browser.click("button", "Confirm").await;
    browser.until("document.querySelector('.codes')").await;
    judge.here(false).await;
    assert_eq!(browser.count(".codes li").await, 10);
    let recovery = browser.word(".codes li").await;
    browser.click("a.btn", "I have stored them").await;
    browser.until("document.querySelector('[role=switch][aria-checked=true]')").await;
    judge.here(false).await;

    browser.sign_out().await;
    browser.with_password(&demo, JOANA, JOANAS).await;
    browser.until("location.pathname === '/sign-in/code'").await;
    judge.here(false).await;
    // The field has the focus, and Enter sends the form.
    browser.press("000000").await;
    browser.press(thirtyfour::Key::Enter).await;
    browser.until("document.querySelector('#errors')").await;
    browser.says("#errors", "not the code that is shown now").await;
    judge.here(false).await;
    browser.click("label.tick", "Remember the verification on this device for 30 days").await;
    browser.fill("#f-code", &apps.code(JOANAS, SystemClock.now())).await;
    browser.press(thirtyfour::Key::Enter).await;
    browser.until("location.pathname === '/organizations'").await;

    // Remembered: the password is enough here.
    browser.sign_out().await;
    browser.with_password(&demo, JOANA, JOANAS).await;
    browser.until("location.pathname === '/organizations'").await;
    judge.page(&account).await;
    browser.says("main", "this device").await;
    browser.click("button.danger", "Forget").await;
    browser.until("document.querySelector('#status .live')").await;
    browser.sign_out().await;
    browser.with_password(&demo, JOANA, JOANAS).await;
    browser.until("location.pathname === '/sign-in/code'").await;

    browser.click("a.crumb", "Use a recovery code").await;
    browser.until("location.pathname === '/sign-in/recovery-code'").await;
    judge.here(false).await;
    browser.fill("#f-code", &recovery.to_lowercase()).await;
    browser.press(thirtyfour::Key::Enter).await;
    browser.until("document.title.startsWith('You are signed in')").await;
    judge.here(false).await;
    browser.says("main", "You have 10 recovery codes").await;
    browser.click("a.btn", "Continue").await;
    browser.until("location.pathname === '/organizations'").await;
    judge.done();
}

/// C14: reported from the second step, checked by two agents, stopped by the person from the mail.
#[tokio::test]
async fn a_lost_device_is_reported_checked_and_stopped() {
    let demo = Demo::start().await;
    let (browser, desk) = tokio::join!(Chromium::start(), Chromium::start());
    let mut judge = Judge::new(&browser).await;
    let mut at_the_desk = Judge::new(&desk).await;
    let apps = Apps::default();
    let marcos = demo.caller("marcos").await;
    let factor = "/api/v1/account/second-factor";
    let key = marcos.post(&format!("{factor}/enable"), nothing()).await.expect(201).json();
    apps.add(MARCOS, key["key"].as_str().expect("a key"));
    let code = apps.code(MARCOS, SystemClock.now());
    marcos.post(&format!("{factor}/confirm"), json!({ "code": code })).await.expect(200);

    judge.page(&demo.at(NOBODY, "/forgot-password")).await;
    browser.with_password(&demo, NOBODY, MARCOS).await;
    browser.until("location.pathname === '/sign-in/code'").await;
    browser.click("a.crumb", "I lost my device").await;
    browser.until("location.pathname === '/lost-device'").await;
    judge.here(false).await;
    browser.fill("[name=reason]", "My phone fell into the harbour.").await;
    browser.fill("[name=contact]", "+376 800 000").await;
    browser.click("button", "Ask for the reset").await;
    browser.until("document.querySelector('#status .live')").await;
    judge.here(false).await;

    desk.go(&demo.at(ANA, "/demo/ana")).await;
    at_the_desk.page(&demo.at(ANA, "/desk/lost-devices")).await;
    desk.click("a.rowlink", "Marcos").await;
    desk.until("document.title.startsWith('Lost device')").await;
    at_the_desk.here(false).await;
    // Not all of it was checked.
    desk.click("button", "All of it is so").await;
    desk.until("document.querySelector('#errors')").await;
    at_the_desk.came_back().await;
    desk.js("for (const box of document.querySelectorAll('form[action$=\"/check\"] input[type=checkbox]')) box.checked = true", vec![])
        .await;
    desk.click("button", "All of it is so").await;
    desk.until("document.querySelector('#status .live')").await;
    desk.says("main", "A second agent has to check it too").await;
    at_the_desk.here(false).await;
    let request = desk.address().await;
    let request =
        request.split('?').next().and_then(|path| path.rsplit('/').next()).expect("an id").to_owned();
    second_agent_checks(&demo, &request).await;
    desk.go(&demo.at(ANA, &format!("/desk/lost-devices/{request}"))).await;
    desk.says("main", "Approved, waiting").await;
    at_the_desk.here(false).await;

    // Any of the mails stops it.
    browser.go(&demo.at(NOBODY, "/demo/mail")).await;
    let link = browser.text("main").await;
    let link =
        link.split_whitespace().find(|word| word.contains("/stop-recovery/")).expect("a link in the mail");
    let path = &link[link.find("/stop-recovery/").expect("a path")..];
    judge.page(&demo.at(NOBODY, path)).await;
    browser.click("button.stop", "Stop the reset").await;
    browser.until("location.pathname.startsWith('/recovery/')").await;
    judge.here(false).await;
    desk.go(&demo.at(ANA, "/desk/lost-devices")).await;
    desk.says("main", "Stopped").await;
    judge.done();
    at_the_desk.done();
}

/// Bruno, whom the vendor's administrator gives the level that it takes.
async fn second_agent_checks(demo: &Demo, request: &str) {
    let (vera, bruno) = (demo.caller("vera").await, demo.caller("bruno").await);
    let agents = vera.get("/api/v1/agents").await.expect(200).json();
    let agents = agents["data"].as_array().expect("a list");
    let id =
        agents.iter().find(|agent| agent["name"] == "Bruno Ramos").and_then(|agent| agent["id"].as_str());
    let level = json!({ "agent_level": 2, "is_administrator": false });
    vera.send("PATCH", &format!("/api/v1/agents/{}", id.expect("an id")), level).await.expect(200);
    let checks: Vec<&str> = account_recovery::model::Check::ALL.iter().map(|check| check.as_str()).collect();
    let path = format!("/api/v1/lost-devices/{request}/check");
    bruno.post(&path, json!({ "checked": checks })).await.expect(200);
}
