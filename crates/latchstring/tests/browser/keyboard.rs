//! Without a mouse: Tab, Enter, Space and the keys of the words that are typed.

mod second_factor;

use thirtyfour::Key;

use crate::{
    chromium::Chromium,
    demo::{ANA, Demo, JOANA, associate, open, organization},
    support::server::nothing,
};

/// The most stops that a page may have before what somebody wants.
const STOPS: usize = 60;

impl Chromium {
    /// Goes on by Tab until the focus is on this, where it has to be seen.
    async fn tab_to(&self, css: &str, words: &str) {
        let script = "const at = document.activeElement;
            return at.matches(arguments[0]) && at.textContent.replace(/\\s+/g, ' ').includes(arguments[1])";
        for _ in 0..STOPS {
            self.press(Key::Tab).await;
            let wanted = vec![css.into(), words.into()];
            if self.js(script, wanted).await == true {
                let style =
                    "const at = document.activeElement, shown = getComputedStyle(at.closest('label') ?? at);
                    const box = at.getBoundingClientRect();
                    return (shown.outlineStyle !== 'none' || getComputedStyle(at).outlineStyle !== 'none')
                        && box.top >= -1 && box.bottom <= innerHeight + 1";
                // The page is scrolled with its next frame.
                for _ in 0..40 {
                    if self.js(style, vec![]).await == true {
                        return;
                    }
                    tokio::time::sleep(std::time::Duration::from_millis(25)).await;
                }
                panic!("the focus on {css} {words:?} cannot be seen");
            }
        }
        panic!("Tab never came to {css} {words:?} on {}", self.address().await);
    }

    async fn enter(&self) {
        self.press(Key::Enter).await;
    }
}

/// A9–A15, A26, A33: the story from the first screen to the revoked token, by the keyboard alone.
#[tokio::test]
async fn from_opening_to_revoking() {
    let demo = Demo::start().await;
    let browser = Chromium::start().await;
    browser.go(&demo.at(JOANA, "/demo/joana")).await;
    browser.tab_to("a.lock", "Aurora Serviços").await;
    browser.enter().await;
    browser.until("location.pathname.endsWith('/tokens/new')").await;
    browser.tab_to("[name=validity_seconds]", "").await;
    browser.press(Key::Left).await;
    browser.tab_to("[name=mode]", "").await;
    browser.tab_to("[name=customer_ticket]", "").await;
    browser.press("48213").await;
    browser.tab_to("button", "Generate token").await;
    browser.enter().await;
    browser.until("document.querySelector('.chip.pending')").await;
    assert!(browser.is("document.activeElement.id").await == "status", "what was done is said first");
    browser.says("main", "1 hour").await;

    browser.go(&demo.at(ANA, "/demo/ana")).await;
    browser.tab_to("a.btn", "Aurora Serviços").await;
    browser.enter().await;
    browser.until("location.pathname === '/desk/associate'").await;
    browser.tab_to("[name=ticket]", "").await;
    browser.press("48213").await;
    browser.tab_to("button", "Associate").await;
    browser.enter().await;
    browser.until("location.pathname === '/desk' && document.querySelector('#status .live')").await;
    browser.tab_to("button", "Enter").await;
    browser.enter().await;
    browser.until("document.title.startsWith('[Support]')").await;
    browser.tab_to("button", "Leave").await;
    browser.enter().await;
    browser.until("location.pathname === '/desk'").await;

    browser.go(&demo.at(JOANA, "/organizations")).await;
    browser.tab_to("summary", "").await;
    browser.enter().await;
    browser.until("document.querySelector('details[open]')").await;
    browser.press(Key::Escape).await;
    browser.until("!document.querySelector('details[open]')").await;
    browser.tab_to("a.lock", "Revoke token of Aurora Serviços").await;
    browser.enter().await;
    browser.until("location.pathname.endsWith('/tokens')").await;
    browser.tab_to("a.btn", "Revoke token").await;
    browser.enter().await;
    browser.until("document.querySelector('.confirm')").await;
    // The focus is on keeping it; the one before it revokes.
    let keep = browser.driver.active_element().await.expect("a focus");
    keep.send_keys(Key::Shift + Key::Tab).await.expect("a keyboard");
    assert!(browser.is("document.activeElement.textContent").await == "Revoke token");
    browser.enter().await;
    browser.until("location.pathname === '/organizations' && document.querySelector('#status .live')").await;
    browser.says("#status", "Revoked at").await;
    browser.quit().await;
}

/// A11, A26: news change what a page says and leave whoever stands in it where they are: the element that has the focus is the
/// same one, an open menu stays open, what is typed stays. What was there to be done and is no more takes the focus to the
/// sentence that says so, never to the next best button.
#[tokio::test]
async fn news_leave_the_reader_in_place() {
    let demo = Demo::start().await;
    let (joana, ana) = (demo.caller("joana").await, demo.caller("ana").await);
    let textiles = organization(&joana, "Aurora Têxtil").await;
    let browser = Chromium::start().await;
    browser.go(&demo.at(JOANA, "/demo/joana")).await;
    browser.go(&demo.at(JOANA, "/organizations")).await;
    let card = format!("li.card.org:has(a[href*='{textiles}'])");
    let menu = format!("{card} summary");
    let keep =
        "window.kept = document.querySelector(arguments[0]); kept.focus(); kept.parentElement.open = true";
    browser.js(keep, vec![menu.into()]).await;
    let is_kept = "window.kept.isConnected && document.activeElement === window.kept";

    let token = open(&joana, &textiles, "read_only").await;
    browser.until(&format!("document.querySelector(`{card} .chip.pending`)")).await;
    assert!(browser.is(&format!("{is_kept} && window.kept.parentElement.open")).await == true);
    let grant = associate(&ana, &token).await;
    browser.until(&format!("document.querySelector(`{card} .chip.active`)")).await;
    assert!(browser.is(&format!("{is_kept} && window.kept.parentElement.open")).await == true);
    browser.until("document.querySelector('#status .live')").await;

    // The padlock does something else from now on: it is no longer what was about to be pressed.
    let lock = format!("{card} a.lock");
    browser.js("document.querySelector(arguments[0]).focus()", vec![lock.into()]).await;
    joana.post(&format!("/api/v1/support-tokens/{grant}/revoke"), nothing()).await.expect(200);
    browser.until("document.activeElement.id === 'status'").await;

    // A press that has begun ends on what it began on.
    let press = "window.kept = document.querySelector(arguments[0]);
        kept.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }))";
    browser.js(press, vec![format!("{card} a.lock").into()]).await;
    open(&joana, &textiles, "read_only").await;
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert!(browser.is("window.kept.isConnected").await == true, "still under the finger");
    browser.js("kept.dispatchEvent(new PointerEvent('pointerup', { bubbles: true }))", vec![]).await;
    browser.until(&format!("document.querySelector(`{card} .chip.pending`)")).await;
    browser.quit().await;
}
