//! The same with no script at all: links, forms, and the pages that answer them.

use serde_json::json;

use crate::{
    chromium::Chromium,
    demo::{ANA, Demo, JOANA},
};

impl Chromium {
    /// Nothing that needs a script can be seen.
    async fn shows_nothing_dead(&self) {
        let dead = "[...document.querySelectorAll('[data-copy], button[type=button]')].filter((one) => one.checkVisibility()).length";
        assert_eq!(self.is(dead).await, json!(0), "{}", self.address().await);
    }
}

/// A9–A12, A15, A21, A26–A29, A33, A34, A4: every form posts, and each page says how things stand when it is opened.
#[tokio::test]
async fn the_whole_story_by_links_and_forms() {
    let demo = Demo::start().await;
    let browser = Chromium::without_script().await;
    browser.go(&demo.at(JOANA, "/demo/joana")).await;
    assert!(browser.is("document.body.dataset.ran").await.is_null());
    browser.shows_nothing_dead().await;
    browser.click("li.card.org a.lock", "Aurora Serviços").await;
    browser.until("location.pathname.endsWith('/tokens/new')").await;
    let organization = browser.is("location.pathname.split('/')[2]").await;
    let organization = organization.as_str().expect("an id").to_owned();
    let tokens = demo.at(JOANA, &format!("/organizations/{organization}/tokens"));
    browser.shows_nothing_dead().await;
    browser.click("button", "Generate token").await;
    browser.until("document.querySelector('.chip.pending')").await;
    browser.says("#status", "Token generated").await;
    browser.shows_nothing_dead().await;

    browser.go(&demo.at(ANA, "/demo/ana")).await;
    browser.shows_nothing_dead().await;
    browser.click("li.waitrow a.btn", "Aurora Serviços").await;
    browser.until("location.pathname === '/desk/associate'").await;
    browser.fill("[name=ticket]", "48213").await;
    browser.click("button", "Associate").await;
    browser.until("location.pathname === '/desk' && document.querySelector('#status .live')").await;
    browser.shows_nothing_dead().await;
    browser.click("button", "Enter").await;
    browser.until("document.title.startsWith('[Support]')").await;
    browser.says("#latchstring-band", "You are acting as support in Aurora Serviços until").await;

    // A29, then A27: asked for and left, and then meant.
    browser.go(&tokens).await;
    browser.says(".sheet", "Ana Souza").await;
    browser.click(".sheet a.btn", "Revoke token").await;
    browser.until("document.querySelector('.confirm')").await;
    browser.click(".confirm a.btn", "Keep it").await;
    browser.until("document.querySelector('li.is-open')").await;
    browser.go(&demo.product(ANA, "/ledger/payroll")).await;
    browser.says("#latchstring-band", "Aurora Serviços").await;

    browser.go(&demo.at(JOANA, "/organizations")).await;
    browser.click("li.is-open summary", "").await;
    browser.click("li.is-open .menu a", "Tokens").await;
    browser.click(".sheet a.btn", "Revoke token").await;
    browser.click(".confirm button", "Revoke token").await;
    browser.until("location.pathname === '/organizations'").await;
    browser.says("#status", "Revoked at").await;

    browser.go(&demo.product(ANA, "/ledger/payroll")).await;
    browser.says("main", "Your access has ended").await;
    browser.shows_nothing_dead().await;
    browser.click("a.btn", "Back to the desk").await;
    browser.until("location.pathname === '/desk'").await;

    // The other doors of an account: out, and in again by the password.
    browser.go(&demo.at(JOANA, "/account")).await;
    browser.shows_nothing_dead().await;
    browser.click("summary", "Joana").await;
    browser.click("button", "Sign out").await;
    browser.until("location.pathname === '/sign-in'").await;
    browser.fill("[name=email]", "joana@aurora.example").await;
    browser.fill("[name=password]", "open the door please").await;
    browser.click("main button", "Sign in").await;
    browser.until("location.pathname === '/organizations'").await;
    browser.quit().await;
}
