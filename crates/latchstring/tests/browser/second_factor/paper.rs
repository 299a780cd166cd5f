//! What is meant for paper or for a file: the QR code and the recovery codes.

use std::{path::Path, time::Duration};

use kernel::Clock as _;
use latchstring::clock::SystemClock;
use serde_json::json;
use tokio::time::sleep;

use super::JOANAS;
use crate::{
    chromium::Chromium,
    demo::{Demo, JOANA},
    passkeys::PASSWORD,
    support::authenticator::Apps,
};

impl Chromium {
    /// As the page is printed, or as it is on the screen again.
    async fn on_paper(&self, is_printed: bool) {
        let media = if is_printed { "print" } else { "" };
        self.devtools("Emulation.setEmulatedMedia", json!({ "media": media })).await;
    }

    /// Whether all of these are there and can be seen, with a size, inside of what is printed.
    async fn shows_all(&self, css: &str) -> bool {
        let script = "const all = [...document.querySelectorAll(arguments[0])];
            return all.length > 0 && all.every((one) => {
                const box = one.getBoundingClientRect();
                return one.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && box.width > 0 && box.height > 0;
            })";
        self.js(script, vec![css.into()]).await == true
    }

    async fn shows_none(&self, css: &str) -> bool {
        let script =
            "return [...document.querySelectorAll(arguments[0])].every((one) => !one.checkVisibility())";
        self.js(script, vec![css.into()]).await == true
    }

    /// Presses *Print*, and says whether the browser was asked to print.
    async fn is_asked_to_print(&self) -> bool {
        self.js("window.print = () => { window.isPrinted = true }", vec![]).await;
        self.click("button[data-print]", "Print").await;
        self.is("window.isPrinted === true").await == true
    }
}

/// The file that a press on *Download* leaves, once all of it is there.
async fn downloaded(folder: &Path) -> (String, String) {
    for _ in 0..400 {
        let files = std::fs::read_dir(folder).expect("a folder").flatten();
        let whole =
            files.map(|file| file.path()).find(|path| path.extension().is_some_and(|end| end == "txt"));
        if let Some(path) = whole {
            let text = std::fs::read_to_string(&path).expect("text");
            if !text.is_empty() {
                return (path.file_name().expect("a name").to_string_lossy().into_owned(), text);
            }
        }
        sleep(Duration::from_millis(25)).await;
    }
    panic!("nothing was downloaded");
}

/// C8, C13: recovery codes come as a file with all of them in it, and on paper; the QR code that is shown again comes on paper, with
/// the key as text, and without what is for the screen only.
#[tokio::test]
async fn recovery_codes_and_the_qr_code_can_be_kept_on_paper() {
    let demo = Demo::start().await;
    let browser = Chromium::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let allowed = json!({ "behavior": "allow", "downloadPath": folder.path() });
    browser.devtools("Browser.setDownloadBehavior", allowed).await;
    let apps = Apps::default();
    browser.go(&demo.at(JOANA, "/demo/joana")).await;
    browser.go(&demo.at(JOANA, "/account/two-factor")).await;
    browser.click("button.switch", "Off").await;
    browser.until("document.querySelector('svg.qr')").await;
    let key = browser.text(".key").await;
    apps.add(JOANAS, &key);
    browser.fill("#f-code", &apps.code(JOANAS, SystemClock.now())).await;
    browser.click("button", "Confirm").await;
    browser.until("document.querySelector('.codes')").await;

    let codes =
        browser.is("[...document.querySelectorAll('.codes li')].map((one) => one.innerText.trim())").await;
    let codes: Vec<String> = serde_json::from_value(codes).expect("codes");
    assert_eq!(codes.len(), 10);
    browser.click("a[download]", "Download").await;
    let (name, text) = downloaded(folder.path()).await;
    assert_eq!(name, "recovery-codes.txt");
    assert_eq!(text.lines().skip(2).collect::<Vec<_>>(), codes, "{text}");
    assert!(text.lines().next().expect("a line").contains("Recovery codes"), "{text}");
    assert!(browser.is_asked_to_print().await);
    browser.on_paper(true).await;
    assert!(browser.shows_all(".codes li").await, "the codes are on the paper");
    assert!(browser.shows_none(".head, .btn, nav").await, "and nothing that is for the screen");
    browser.on_paper(false).await;

    // C8: the same key once more, for another device or for the safe.
    browser.go(&demo.at(JOANA, "/account/two-factor/show")).await;
    browser.fill("[name=password]", PASSWORD).await;
    browser.fill("#f-code", &apps.code(JOANAS, SystemClock.now())).await;
    browser.press(thirtyfour::Key::Enter).await;
    browser.until("document.querySelector('svg.qr')").await;
    assert_eq!(browser.text(".key").await, key, "the key stays the same");
    assert!(browser.is_asked_to_print().await);
    browser.on_paper(true).await;
    assert!(browser.shows_all("svg.qr, .key").await, "the QR code and the key are on the paper");
    assert!(browser.shows_none(".head, .btn, nav").await, "and nothing that is for the screen");
    // Black on white, whatever the screen is like.
    let paper = "getComputedStyle(document.body).backgroundColor";
    assert_eq!(browser.is(paper).await, "rgb(255, 255, 255)");
    browser.quit().await;
}
