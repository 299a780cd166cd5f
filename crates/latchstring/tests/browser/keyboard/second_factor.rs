//! The second factor without a mouse, on a narrow page.

use kernel::Clock as _;
use latchstring::clock::SystemClock;

use crate::{
    chromium::Chromium,
    demo::{Demo, JOANA},
    passkeys::PASSWORD,
    support::authenticator::Apps,
};

const JOANAS: &str = "joana@aurora.example";

impl Chromium {
    /// Over the menu in the head of the page.
    async fn sign_out_by_keys(&self) {
        self.tab_to("summary", "Joana Prado").await;
        self.enter().await;
        self.until("document.querySelector('details.menu[open]')").await;
        self.tab_to("button", "Sign out").await;
        self.enter().await;
        self.until("location.pathname === '/sign-in'").await;
    }

    async fn password_by_keys(&self) {
        self.tab_to("[name=email]", "").await;
        self.press(JOANAS).await;
        self.tab_to("[name=password]", "").await;
        self.press(PASSWORD).await;
        self.enter().await;
        self.until("location.pathname === '/sign-in/code'").await;
    }

    /// Nothing on the page is wider than it.
    async fn fits(&self) {
        let width = "document.documentElement.scrollWidth <= innerWidth";
        assert!(self.is(width).await == true, "{} is wider than the window", self.address().await);
    }
}

/// C2, C3, C13, C18: switched on, a code typed, a recovery code in its place, and the other sessions ended: by the keyboard alone, at
/// 320 pixels.
#[tokio::test]
async fn from_the_switch_to_the_ended_sessions() {
    let demo = Demo::start().await;
    let browser = Chromium::start().await;
    browser.size(320, 640).await;
    let apps = Apps::default();
    browser.go(&demo.at(JOANA, "/demo/joana")).await;
    browser.tab_to("nav a", "My account").await;
    browser.enter().await;
    browser.until("location.pathname === '/account'").await;
    browser.fits().await;
    browser.tab_to("a.btn", "Two-factor authentication").await;
    browser.enter().await;
    browser.until("location.pathname === '/account/two-factor'").await;
    browser.tab_to("button.switch", "Off").await;
    browser.press(" ").await;
    browser.until("document.querySelector('svg.qr')").await;
    browser.fits().await;
    apps.add(JOANAS, &browser.text(".key").await);
    browser.tab_to("#f-code", "").await;
    browser.press(apps.code(JOANAS, SystemClock.now())).await;
    browser.enter().await;
    browser.until("document.querySelector('.codes')").await;
    browser.fits().await;
    let recovery = browser.text(".codes li").await;
    browser.tab_to("a.btn", "Download").await;
    browser.tab_to("button", "Print").await;
    browser.tab_to("a.btn", "I have stored them").await;
    browser.enter().await;
    browser.until("document.querySelector('[role=switch][aria-checked=true]')").await;

    browser.sign_out_by_keys().await;
    browser.password_by_keys().await;
    browser.fits().await;
    // The field has the focus.
    browser.press("000000").await;
    browser.enter().await;
    browser.until("document.activeElement.id === 'errors'").await;
    browser.tab_to("#f-code", "").await;
    browser.press(apps.code(JOANAS, SystemClock.now())).await;
    browser.tab_to("[name=remember]", "").await;
    browser.tab_to("button", "Continue").await;
    browser.enter().await;
    browser.until("location.pathname === '/organizations'").await;

    browser.sign_out_by_keys().await;
    browser.password_by_keys().await;
    browser.tab_to("a.crumb", "Use a recovery code").await;
    browser.enter().await;
    browser.until("location.pathname === '/sign-in/recovery-code'").await;
    browser.fits().await;
    browser.press(recovery).await;
    browser.enter().await;
    browser.until("document.title.startsWith('You are signed in')").await;
    browser.fits().await;
    browser.tab_to("a.btn", "Continue").await;
    browser.enter().await;
    browser.until("location.pathname === '/organizations'").await;

    let other = demo.caller("joana").await;
    browser.tab_to("nav a", "My account").await;
    browser.enter().await;
    browser.until("location.pathname === '/account'").await;
    browser.tab_to("button", "Sign out everywhere else").await;
    browser.enter().await;
    browser.until("document.activeElement.id === 'status'").await;
    browser.says("#status", "You are signed out everywhere else.").await;
    browser.fits().await;
    other.get("/api/v1/sessions/current").await.expect(401);
    browser.quit().await;
}
