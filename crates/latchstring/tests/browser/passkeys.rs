//! Passkeys with the browser's own authenticator in place of a finger: everything but the finger is real.

use serde_json::{Value, json};

use crate::{
    chromium::Chromium,
    demo::{ANA, Demo, JOANA},
    judge::Judge,
};

/// What every sample person types.
pub const PASSWORD: &str = "open the door please";

impl Chromium {
    /// Plugs an authenticator in that keeps passkeys and asks for a finger, which it always gets.
    async fn plug_in(&self) -> String {
        self.plug_in_for(true).await
    }

    /// The same for whoever the finger belongs to, or for somebody else.
    async fn plug_in_for(&self, owner: bool) -> String {
        self.devtools("WebAuthn.enable", json!({})).await;
        let options = json!({ "options": {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserVerified": owner, "automaticPresenceSimulation": true,
        } });
        let added = self.devtools("WebAuthn.addVirtualAuthenticator", options).await;
        added["authenticatorId"].as_str().expect("an id").to_owned()
    }

    /// Whether somebody lays a finger on it from now on.
    async fn touch(&self, authenticator: &str, enabled: bool) {
        let touched = json!({ "authenticatorId": authenticator, "enabled": enabled });
        self.devtools("WebAuthn.setAutomaticPresenceSimulation", touched).await;
    }

    async fn credentials(&self, authenticator: &str) -> Vec<Value> {
        let all = self.devtools("WebAuthn.getCredentials", json!({ "authenticatorId": authenticator })).await;
        all["credentials"].as_array().expect("a list").clone()
    }

    pub async fn sign_out(&self) {
        self.js("document.querySelector('form[action$=\"/sign-out\"]').submit()", vec![]).await;
        self.until("location.pathname === '/sign-in'").await;
    }

    async fn type_password(&self) {
        self.fill("[name=email]", "joana@aurora.example").await;
        self.fill("[name=password]", PASSWORD).await;
        self.click("button", "Sign in").await;
    }
}

/// S26: registered, used after the password, used in place of it, used to confirm, renamed, removed, and asked for no more.
#[tokio::test]
async fn a_passkey_from_its_first_day_to_its_last() {
    let demo = Demo::start().await;
    let browser = Chromium::start().await;
    let mut judge = Judge::new(&browser).await;
    let key = browser.plug_in().await;
    let account = demo.at(JOANA, "/account/two-factor");

    browser.go(&demo.at(JOANA, "/demo/joana")).await;
    judge.page(&account).await;
    assert_eq!(browser.text("#f-name").await, "", "the name is a field");
    browser.fill("#f-name", "Joana's laptop").await;
    browser.click("button", "Add a passkey").await;
    browser.until("document.querySelector('.codes')").await;
    assert_eq!(browser.count(".codes li").await, 10, "the first factor brings recovery codes");
    let made = browser.credentials(&key).await;
    assert_eq!((made.len(), &made[0]["rpId"]), (1, &json!(JOANA)));
    judge.page(&account).await;
    browser.says("main", "Joana's laptop").await;
    browser.says("main", "On, by passkey").await;
    // The same device once more.
    browser.click("button", "Add a passkey").await;
    browser.until("document.querySelector('#status .live')").await;
    browser.says("#status", "has a passkey for your account already").await;

    // After the password.
    browser.touch(&key, false).await;
    browser.sign_out().await;
    browser.type_password().await;
    browser.until("location.pathname === '/sign-in/code'").await;
    judge.here(false).await;
    browser.touch(&key, true).await;
    browser.click("button", "Use a passkey").await;
    browser.until("location.pathname === '/organizations'").await;

    // In place of it.
    browser.touch(&key, false).await;
    browser.sign_out().await;
    judge.here(false).await;
    let suggested = browser.is("document.querySelector('[name=email]').autocomplete").await;
    assert_eq!(suggested, json!("username webauthn"));
    browser.touch(&key, true).await;
    browser.go(&demo.at(JOANA, "/sign-in?return_to=/account/two-factor")).await;
    // With one passkey and no doubt this browser takes its own suggestion. Who presses the button besides asks twice.
    browser.until("location.pathname === '/account/two-factor'").await;
    let used = browser.credentials(&key).await[0]["signCount"].as_i64().expect("a number");
    assert!(used >= 2, "{used}");

    // To show again that it is she.
    browser.go(&demo.at(JOANA, "/account/confirm?return_to=/account/two-factor")).await;
    judge.here(false).await;
    browser.click("button", "Confirm with a passkey").await;
    browser.until("location.pathname === '/account/two-factor'").await;

    browser.click("a.btn", "Rename").await;
    browser.until("document.title.startsWith('Rename')").await;
    judge.here(false).await;
    browser.fill("#f-name", "Old laptop").await;
    browser.click("button", "Save").await;
    browser.until("document.querySelector('#status .live')").await;
    browser.says("main", "Old laptop").await;
    browser.click("a.btn", "Remove").await;
    browser.until("document.title.startsWith('Remove')").await;
    judge.here(false).await;
    browser.says("main", "your password alone").await;
    browser.click("button", "Remove").await;
    browser.until("location.pathname === '/account/two-factor'").await;
    browser.says("#status", "The passkey is removed").await;

    // The device still has it, and it opens nothing.
    browser.touch(&key, false).await;
    browser.sign_out().await;
    browser.touch(&key, true).await;
    browser.click("button", "Use a passkey").await;
    browser.until("document.getElementById('errors')").await;
    browser.says("#errors", "That passkey cannot be taken here").await;
    browser.touch(&key, false).await;
    // The authenticator answers a suggestion at once, so the page with the error may be about to be replaced by another.
    browser.go(&demo.at(JOANA, "/sign-in")).await;
    browser.type_password().await;
    browser.until("location.pathname === '/organizations'").await;
    judge.done();
    browser.quit().await;
}

/// Who stops half-way is told in words, and the page is as it was. An address without a name offers none.
#[tokio::test]
async fn a_passkey_that_is_not_given_is_said() {
    let demo = Demo::start().await;
    let browser = Chromium::start().await;
    browser.plug_in_for(false).await;
    browser.go(&demo.at(JOANA, "/demo/joana")).await;
    browser.go(&demo.at(JOANA, "/account/two-factor")).await;
    browser.click("button", "Add a passkey").await;
    browser.until("document.querySelector('#status .live')").await;
    browser.says("#status", "The passkey was not used").await;
    browser.says("main", "There is no passkey").await;

    browser.go(&demo.at(ANA, "/demo/ana")).await;
    browser.go(&demo.at(ANA, "/account/two-factor")).await;
    assert_eq!(browser.count("form[data-passkey]").await, 0);
    browser.says("main", "opened without one").await;
    browser.quit().await;
}

/// Without a script the button is not there, and a sentence says why.
#[tokio::test]
async fn without_a_script_a_sentence_stands_there() {
    let demo = Demo::start().await;
    let browser = Chromium::without_script().await;
    browser.go(&demo.at(JOANA, "/sign-in")).await;
    let shown = "document.querySelector('form[data-passkey]').checkVisibility()";
    assert_eq!(browser.is(shown).await, json!(false));
    browser.says("main", "A passkey needs JavaScript").await;
    browser.quit().await;
}
