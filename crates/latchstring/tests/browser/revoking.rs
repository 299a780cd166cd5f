//! The ways to revoke.

use serde_json::json;

use crate::{
    chromium::Chromium,
    demo::{Demo, JOANA, associate, open, organization},
};

/// A12, A26, A27, A28, A29, A30: by the padlock, by the menu and by the crossed-out key; each asks first, and going back does nothing.
#[tokio::test]
async fn three_ways_and_each_asks() {
    let demo = Demo::start().await;
    let (joana, ana) = (demo.caller("joana").await, demo.caller("ana").await);
    let textiles = organization(&joana, "Aurora Têxtil").await;
    let history = demo.at(JOANA, &format!("/organizations/{textiles}/tokens/history"));
    let card = format!("li.card.org:has(a[href*='{textiles}'])");
    let live = format!("/api/v1/organizations/{textiles}/support-tokens/live");
    let browser = Chromium::start().await;
    browser.go(&demo.at(JOANA, "/demo/joana")).await;

    for way in ["padlock", "menu", "history"] {
        let token = open(&joana, &textiles, "read_only").await;
        // A30: one of them is still pending.
        if way != "menu" {
            associate(&ana, &token).await;
        }
        for is_meant in [false, true] {
            browser.go(&demo.at(JOANA, "/organizations")).await;
            match way {
                "padlock" => browser.click(&format!("{card} a.lock"), "Revoke token").await,
                "menu" => {
                    browser.click(&format!("{card} summary"), "").await;
                    browser.click(&format!("{card} .menu a"), "Tokens").await;
                }
                _ => {
                    browser.go(&history).await;
                    browser.click(".grants > li:first-child .act a", "Revoke").await;
                }
            }
            if way != "history" {
                browser.until("location.pathname.endsWith('/tokens')").await;
                browser.click(".sheet a.btn", "Revoke token").await;
            }
            browser.until("document.querySelector('.confirm')").await;
            assert!(
                browser.is("document.activeElement.textContent").await == json!("Keep it"),
                "focus is on keeping it"
            );
            if is_meant {
                browser.click(".confirm button", "Revoke token").await;
                browser.until("location.pathname === '/organizations'").await;
                browser.says("#status", "Revoked").await;
            } else {
                // A29
                browser.back().await;
                browser.until("!document.querySelector('.confirm')").await;
                joana.get(&live).await.expect(200);
            }
        }
        browser.says(&card, "Closed to support").await;
    }

    // A28: tokens that are not valid have no such key.
    browser.go(&history).await;
    assert_eq!(browser.count(".grants > li").await, 3);
    assert_eq!(browser.count(".grants > li.revoked del").await, browser.count(".grants del").await);
    assert_eq!(browser.count(".grants .act a").await, 0);
    browser.quit().await;
}
