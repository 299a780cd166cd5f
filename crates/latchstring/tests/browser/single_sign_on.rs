//! Single sign-on as people meet it: an employee signs in at the provider, an administrator connects another one.

use serde_json::json;

use crate::{
    chromium::Chromium,
    demo::{ANA, Demo, JOANA, NOBODY, organization},
    judge::Judge,
    support::server::nothing,
};

const ZOE: &str = "zoe.localhost";

/// What the first page of the demo says of its provider: where it is.
async fn provider(demo: &Demo, browser: &Chromium) -> String {
    browser.go(&demo.at(NOBODY, "/demo")).await;
    let address = browser.is("document.querySelector('a[href*=\"kappa-id.localhost\"]').href").await;
    address.as_str().expect("an address").trim_end_matches('/').to_owned()
}

/// E4, E13: from the sign-in page over the organization's provider to the organization and into the product; the agent's page says
/// by whom these people are managed, and offers no choice; signed out at the provider, the next click here asks again.
#[tokio::test]
async fn from_the_sign_in_to_the_sign_out_at_the_provider() {
    let demo = Demo::start().await;
    let (zoe, ana) = tokio::join!(Chromium::start(), Chromium::start());
    let (mut judge, mut at_the_desk) = (Judge::new(&zoe).await, Judge::new(&ana).await);
    let issuer = provider(&demo, &zoe).await;

    // The address alone: the domain tells where it signs in.
    zoe.go(&demo.at(ZOE, "/sign-in")).await;
    zoe.fill("[name=email]", "zoe@mer.example").await;
    zoe.click("button.primary", "Sign in").await;
    zoe.says("h1", "Continue with Kappa ID").await;
    judge.here(false).await;
    zoe.click("button", "Continue with Kappa ID").await;
    zoe.says("h1", "Who are you?").await;
    judge.here(false).await;
    zoe.click("button", "Zoé Petit").await;
    zoe.until("location.pathname === '/my-clients' || location.pathname === '/organizations'").await;
    zoe.says("main", "Kappa Comptables").await;
    zoe.go(&demo.product(ZOE, "/")).await;
    zoe.says("main", "The books of Kappa Comptables").await;
    zoe.says(".who", "Zoé Petit").await;
    // A sign-in that begins in the product ends there.
    zoe.go(&demo.at(ZOE, "/organizations")).await;
    zoe.sign_out().await;
    zoe.go(&demo.product(ZOE, "/ledger/payroll")).await;
    zoe.until("location.pathname === '/sign-in'").await;
    zoe.fill("[name=email]", "zoe@mer.example").await;
    zoe.click("button.primary", "Sign in").await;
    zoe.says("h1", "Continue with Kappa ID").await;
    zoe.click("button", "Continue with Kappa ID").await;
    zoe.says("h1", "Who are you?").await;
    zoe.click("button", "Zoé Petit").await;
    zoe.until("location.pathname === '/ledger/payroll'").await;

    ana.go(&demo.at(ANA, "/demo/ana")).await;
    ana.go(&demo.at(ANA, "/admin/authentication")).await;
    ana.click("a.rowlink", "Kappa Comptables").await;
    ana.says("#f-employees", "Managed by your SSO (kappa-id.localhost)").await;
    assert_eq!(ana.count("#f-employees input").await, 0, "nothing to choose");
    assert_eq!(ana.count("#f-practitioners input[type=radio]").await, 3);
    at_the_desk.here(false).await;
    at_the_desk.done();

    zoe.go(&issuer).await;
    zoe.says("main", "Sign out Zoé Petit").await;
    judge.here(false).await;
    zoe.click("button", "Sign out Zoé Petit").await;
    zoe.says("main", "Nobody.").await;
    zoe.go(&demo.product(ZOE, "/ledger/payroll")).await;
    zoe.until("location.pathname === '/sign-in'").await;
    zoe.go(&demo.at(ZOE, "/organizations")).await;
    zoe.until("location.pathname === '/sign-in'").await;
    judge.done();
    tokio::join!(zoe.quit(), ana.quit());
}

/// E13, SV6: an administrator of an organization adds a connection, tries it and sees what the provider says of her, and switches
/// it on; what is missing is said on the page.
#[tokio::test]
async fn an_administrator_adds_tries_and_switches_on_a_connection() {
    let demo = Demo::start().await;
    let browser = Chromium::start().await;
    let mut judge = Judge::new(&browser).await;
    let issuer = provider(&demo, &browser).await;
    let (joana, vera) = (demo.caller("joana").await, demo.caller("vera").await);
    let holding = organization(&joana, "Aurora Holding").await;
    let here = format!("/organizations/{holding}/single-sign-on");

    browser.go(&demo.at(JOANA, "/demo/joana")).await;
    judge.page(&demo.at(JOANA, &here)).await;
    browser.says("main", "There is no connection.").await;
    browser.fill("#f-domain", "vendor").await;
    browser.click("button", "Add domain").await;
    browser.until("document.querySelector('#errors')").await;
    judge.came_back().await;
    browser.fill("#f-domain", "aurora.example").await;
    browser.click("button", "Add domain").await;
    browser.says("main", "Put this line into a file at this address").await;
    judge.here(false).await;

    browser.click("a.btn", "New connection").await;
    browser.says("h1", "New connection").await;
    judge.here(false).await;
    browser.fill("#f-name", "Aurora ID").await;
    browser.fill("#f-issuer", &format!("{issuer}/")).await;
    browser.fill("#f-client_id", "latchstring").await;
    browser.fill("#f-client_secret", "open the other door please").await;
    browser.click("label.tick", "Practitioners").await;
    browser.click("button", "Save and go on to the test").await;
    browser.says("#errors", "The provider calls itself by another issuer").await;
    judge.came_back().await;
    browser.fill("#f-issuer", &issuer).await;
    browser.fill("#f-client_secret", "open the other door please").await;
    browser.click("button", "Save and go on to the test").await;
    browser.says("main", "It was not tried yet").await;
    assert_eq!(browser.count("a[href$='/activate']").await, 0, "untried, it cannot be switched on");
    judge.here(false).await;

    browser.click("button", "Try it").await;
    browser.says("h1", "Who are you?").await;
    browser.click("button", "Joana Prado").await;
    browser.says("main", "The provider said:").await;
    for claim in ["joana@aurora.example", "email_verified", "Joana Prado", &issuer] {
        browser.says("main", claim).await;
    }
    judge.here(false).await;
    browser.click("a.btn", "Switch on").await;
    browser.says("main", "Let people sign in by Aurora ID from now on?").await;
    judge.here(false).await;
    browser.click("button", "Switch on").await;
    browser.says("main", "Prove first which mail domain is yours.").await;
    judge.came_back().await;

    // By hand, as a file at the domain would do.
    let path = format!("/api/v1{here}");
    let domains = joana.get(&path).await.expect(200).json();
    let id = domains["domains"][0]["id"].as_str().expect("an id").to_owned();
    vera.post(&format!("{path}/domains/{id}/confirm"), nothing()).await.expect(200);
    browser.click("a.btn", "Switch on").await;
    browser.says("main", "Let people sign in by Aurora ID from now on?").await;
    browser.click("button", "Switch on").await;
    browser.says("#status", "It is on.").await;
    judge.here(false).await;
    judge.page(&demo.at(JOANA, &here)).await;
    browser.says("main", "People sign in by it").await;
    let ways = json!({ "email": "anybody@aurora.example" });
    let ways = vera.post("/api/v1/sign-in/single-sign-on", ways).await.expect(200).json();
    assert_eq!(ways["data"][0]["name"], "Aurora ID");
    judge.done();
    browser.quit().await;
}
