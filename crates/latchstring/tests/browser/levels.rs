//! An agent makes the second factor mandatory, and a person is asked for it at the next click.

use serde_json::json;

use crate::{
    chromium::Chromium,
    demo::{ANA, Demo, JOANA, NOBODY, VERA, organization},
    judge::Judge,
    support::{authenticator::App, server::Browser},
};

const HUGO: &str = "hugo.localhost";
const BRUNO: &str = "bruno.localhost";

/// An agent saves levels by the API, so that a test comes to its point.
async fn set(agent: &Browser, organization: &str, levels: serde_json::Value) {
    let path = format!("/api/v1/organizations/{organization}/mfa-levels");
    let version = agent.get(&path).await.expect(200).json()["version"].clone();
    let body = json!({ "version": version, "levels": levels, "confirmed": true });
    agent.send("PUT", &path, body).await.expect(200);
}

impl Chromium {
    async fn signs_in(&self, demo: &Demo, host: &str, email: &str) {
        self.go(&demo.at(host, "/sign-in")).await;
        self.fill("[name=email]", email).await;
        self.fill("[name=password]", crate::passkeys::PASSWORD).await;
        self.click("button.primary", "Sign in").await;
    }

    /// The code that an app shows which was given the key on this page.
    async fn code(&self) -> String {
        let key = self.text(".key").await;
        let now = self.is("Math.floor(Date.now() / 1000)").await.as_i64().expect("seconds");
        App::typed(&key).code(kernel::Timestamp::from_seconds(now))
    }
}

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
    ana.says("#f-employees", "Managed by your SSO (kappa-id.localhost)").await;
    ana.says("#f-clients", "Will affect 2 people").await;
    ana.click("#f-practitioners label.opt", "Mandatory").await;
    ana.click("#f-clients label.opt", "Suggested").await;
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
    let code = hugo.code().await;
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
        ("Paul Mer", "Suggested"),
        ("Zoé Petit", "Managed by SSO"),
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

/// E2, E7, E9: where it is suggested, it is offered after the sign-in and may be put off; who sets it up keeps it when the level is
/// lowered, and goes on typing the code.
#[tokio::test]
async fn suggested_it_may_be_put_off_and_what_is_set_up_stays() {
    let demo = Demo::start().await;
    let hugo = Chromium::start().await;
    let mut judge = Judge::new(&hugo).await;
    let ana = demo.caller("ana").await;
    let kappa = organization(&demo.caller("kim").await, "Kappa Comptables").await;
    set(&ana, &kappa, json!({ "practitioners": "suggested" })).await;

    hugo.signs_in(&demo, HUGO, "hugo@kappa.example").await;
    hugo.says("h1", "Enhance your account security").await;
    judge.here(false).await;
    hugo.click("a.btn", "Activate later").await;
    hugo.until("location.pathname === '/my-clients'").await;
    hugo.go(&demo.at(HUGO, "/account")).await;
    hugo.says("h1", "My account").await;

    hugo.sign_out().await;
    hugo.signs_in(&demo, HUGO, "hugo@kappa.example").await;
    hugo.says("h1", "Enhance your account security").await;
    hugo.click("button", "Set it up now").await;
    hugo.until("document.querySelector('svg.qr') && document.querySelector('.key')").await;
    judge.here(false).await;
    let code = hugo.code().await;
    hugo.fill("[name=code]", &code).await;
    hugo.click("button", "Confirm").await;
    hugo.says("h1", "Your account is secured").await;
    hugo.click("a.btn.primary", "I have stored them").await;
    hugo.until("location.pathname === '/my-clients'").await;

    set(&ana, &kappa, json!({ "practitioners": "upon_request" })).await;
    hugo.go(&demo.at(HUGO, "/account/two-factor")).await;
    hugo.until("document.querySelector('[role=switch][aria-checked=true]')").await;
    hugo.sign_out().await;
    hugo.signs_in(&demo, HUGO, "hugo@kappa.example").await;
    hugo.until("location.pathname === '/sign-in/code'").await;
    judge.here(false).await;
    judge.done();
    hugo.quit().await;
}

/// E12: whoever joins a second organization is under the stricter of both from the next click on, and the first one's agent sees
/// that it comes from another, which has no name there.
#[tokio::test]
async fn the_stricter_of_two_organizations_holds_at_the_next_click() {
    let demo = Demo::start().await;
    let (hugo, desk) = tokio::join!(Chromium::start(), Chromium::start());
    let mut judge = Judge::new(&desk).await;
    let (ana, joana) = (demo.caller("ana").await, demo.caller("joana").await);
    let holding = organization(&joana, "Aurora Holding").await;
    set(&ana, &holding, json!({ "employees": "mandatory" })).await;
    let body =
        json!({ "email": "hugo@kappa.example", "name": "Hugo", "role": "member", "user_type": "employee" });
    joana.post(&format!("/api/v1/organizations/{holding}/invitations"), body).await.expect(201);

    hugo.go(&demo.at(HUGO, "/demo/hugo")).await;
    hugo.until("location.pathname === '/my-clients'").await;
    hugo.go(&demo.at(HUGO, "/demo/mail")).await;
    hugo.until("document.body.innerText.includes('/invitations/')").await;
    let mail = hugo.text("main").await;
    let link = mail.split_whitespace().find(|word| word.contains("/invitations/")).expect("a link");
    let path = &link[link.find("/invitations/").expect("a path")..];
    hugo.go(&demo.at(HUGO, path)).await;
    hugo.says("main", "Aurora Holding").await;
    hugo.click("button.primary", "").await;
    hugo.until("location.pathname === '/sign-in/secure-your-account'").await;
    hugo.says("main", "Until this is done, applications stay closed to you").await;
    assert!(!hugo.text("main").await.contains("Activate later"));

    desk.go(&demo.at(ANA, "/demo/ana")).await;
    desk.go(&demo.at(ANA, "/admin/authentication")).await;
    desk.click("a.rowlink", "Kappa Comptables").await;
    desk.click("a.btn", "People").await;
    desk.click("a.rowlink", "Hugo Blanc").await;
    desk.says("main", "Forced").await;
    desk.says("main", "Another organization of this person · Employees of the firm’s clients · Mandatory")
        .await;
    assert!(!desk.text("main").await.contains("Aurora"));
    judge.here(false).await;
    judge.done();
    tokio::join!(hugo.quit(), desk.quit());
}

/// E15: an address of the vendor's own domain is refused where a customer invites somebody, with the reason beside the field.
#[tokio::test]
async fn an_address_of_the_vendor_is_refused_on_the_page() {
    let demo = Demo::start().await;
    let joana = Chromium::start().await;
    let mut judge = Judge::new(&joana).await;
    let holding = organization(&demo.caller("joana").await, "Aurora Holding").await;
    joana.go(&demo.at(JOANA, "/demo/joana")).await;
    joana.go(&demo.at(JOANA, &format!("/organizations/{holding}/members/invite"))).await;
    joana.fill("[name=email]", "rui@mail.ledger.example").await;
    joana.press(thirtyfour::Key::Enter).await;
    joana.says("#errors", "This is an address of the vendor's own people").await;
    assert_eq!(joana.count("[name=email][aria-invalid=true]").await, 1);
    judge.came_back().await;
    judge.done();
    joana.quit().await;
}

/// E1: nobody but agents of level 2 and 3 sees the way to the page, or the page.
#[tokio::test]
async fn others_do_not_see_the_page() {
    let demo = Demo::start().await;
    let browser = Chromium::start().await;
    let mut judge = Judge::new(&browser).await;
    let kappa = organization(&demo.caller("kim").await, "Kappa Comptables").await;
    for (host, slug) in [(BRUNO, "bruno"), (VERA, "vera"), (JOANA, "joana"), ("kim.localhost", "kim")] {
        browser.go(&demo.at(host, &format!("/demo/{slug}"))).await;
        browser.until("document.querySelector('h1')").await;
        assert_eq!(browser.count("a[href^='/admin/authentication']").await, 0, "{slug}");
        browser.go(&demo.at(host, &format!("/admin/organizations/{kappa}/authentication"))).await;
        assert_eq!(browser.count("input[type=radio], .types").await, 0, "{slug}");
        assert!(!browser.text("main").await.contains("Practitioners"), "{slug}");
        judge.came_back().await;
    }
    browser.go(&demo.at(ANA, "/demo/ana")).await;
    browser.until("document.querySelector('a[href=\"/admin/authentication\"]')").await;
    judge.done();
    browser.quit().await;
}
