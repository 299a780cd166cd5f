//! An agent makes the second factor mandatory, and a person is asked for it at the next click.

use serde_json::json;

use crate::{
    chromium::Chromium,
    demo::{ANA, Demo, NOBODY},
    judge::Judge,
    support::authenticator::App,
};

const HUGO: &str = "hugo.localhost";

/// E1, E2, E3, E5, E6, E8, E9, E10: the flow as two people live it. The level 2 agent goes to the firm, sees how many people a
/// save touches, makes the second factor mandatory for practitioners, and sees that one more is set up in the end; the practitioner, who has a page of his
/// open, is led from his next click over the mailbox, the QR code and the recovery codes to the page that he wanted.
#[tokio::test]
async fn mandatory_from_the_save_to_the_page_that_was_wanted() {
    let demo = Demo::start().await;
    let (ana, hugo) = tokio::join!(Chromium::start(), Chromium::start());

    hugo.go(&demo.at(HUGO, "/demo/hugo")).await;
    // His firm is a partner too, so he begins among its clients.
    hugo.until("location.pathname === '/my-clients'").await;
    hugo.says("main", "Kappa Comptables").await;

    ana.go(&demo.at(ANA, "/demo/ana")).await;
    ana.go(&demo.at(ANA, "/admin/authentication")).await;
    ana.says("h1", "Accounting firms").await;
    ana.click("a.rowlink", "Kappa Comptables").await;
    ana.until("location.pathname.endsWith('/authentication')").await;
    ana.says("#f-practitioners", "Will affect 3 people; without a second factor: 3.").await;
    ana.says("#f-clients", "Administrator clients and standard clients").await;
    ana.says("#f-employees", "Will affect one person").await;
    ana.click("#f-practitioners label.opt", "Mandatory").await;
    ana.click("#f-employees label.opt", "Suggested").await;
    ana.click("button", "Save").await;
    ana.until("document.getElementById('status').textContent.includes('3 people will be asked at their next click')").await;

    // The page that is open, and the next click.
    let mut judge = Judge::new(&hugo).await;
    hugo.click("nav a", "My account").await;
    hugo.until("location.pathname === '/sign-in/secure-your-account'").await;
    hugo.says("h1", "Enhance your account security").await;
    hugo.says("main", "Until this is done, applications stay closed to you").await;
    assert!(!hugo.text("main").await.contains("Activate later"));
    judge.here(false).await;
    hugo.click("button", "Set it up now").await;
    hugo.says("main", "First, your mailbox").await;
    judge.here(false).await;
    hugo.click("button", "Send the code").await;
    hugo.says("main", "is on its way").await;
    let mail = Chromium::start().await;
    mail.go(&demo.at(NOBODY, "/demo/mail")).await;
    mail.until("document.body.innerText.includes('Your code to secure your account')").await;
    let code = mail.is("document.body.innerText.match(/\\n\\s*(\\d{8})\\s*\\n/)[1]").await;
    mail.quit().await;
    hugo.fill("[name=code]", code.as_str().expect("a code")).await;
    hugo.click("button", "Continue").await;
    hugo.until("document.querySelector('.key')").await;
    judge.here(false).await;
    let key = hugo.text(".key").await;
    let now = hugo.is("Math.floor(Date.now() / 1000)").await.as_i64().expect("seconds");
    let code = App::typed(&key).code(kernel::Timestamp::from_seconds(now));
    hugo.fill("[name=code]", &code).await;
    hugo.click("button", "Confirm").await;
    hugo.says("h1", "Your account is secured").await;
    assert_eq!(hugo.count("ol.codes li").await, 10);
    hugo.click("a.btn.primary", "I have stored them").await;
    hugo.until("location.pathname === '/account'").await;
    judge.done();

    // What the agent sees of it.
    ana.click("a.btn", "People").await;
    ana.until("location.pathname.endsWith('/people')").await;
    let states = "[...document.querySelectorAll('tbody tr')].map((row) =>
        [row.querySelector('th').innerText.trim(), row.querySelector('td:last-child').innerText.trim()])";
    let states = ana.is(states).await;
    for (name, state) in [
        ("Claire Roux", "Forced"),
        ("Hugo Blanc", "Set up"),
        ("Paul Mer", "Not offered"),
        ("Zoé Petit", "Suggested"),
    ] {
        assert!(states.as_array().expect("rows").contains(&json!([name, state])), "{states}");
    }
    ana.click("a.rowlink", "Claire Roux").await;
    ana.says("main", "Where that comes from").await;
    ana.says("main", "Kappa Comptables · Practitioners · Mandatory").await;
    ana.back().await;
    ana.back().await;

    // E6: down to *upon request* asks first.
    ana.until("document.querySelector('#f-practitioners')").await;
    ana.go(&ana_page(&ana).await).await;
    ana.says("#f-practitioners", "1 of 3 have set it up").await;
    ana.click("#f-practitioners label.opt", "Upon request").await;
    ana.click("button", "Save").await;
    ana.until("location.pathname.endsWith('/confirm')").await;
    ana.says("main", "go on typing their code").await;
    ana.click("button", "Confirm").await;
    ana.until("document.getElementById('status').textContent.includes('Saved')").await;
    tokio::join!(ana.quit(), hugo.quit());
}

/// The page of the levels, without what was saved before.
async fn ana_page(ana: &Chromium) -> String {
    let address = ana.is("location.origin + location.pathname").await;
    address.as_str().expect("an address").to_owned()
}
