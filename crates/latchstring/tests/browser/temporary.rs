//! Temporary credentials, as two people live it: one makes them, the other signs in; and the page of everything that is open.

use crate::{
    chromium::Chromium,
    demo::{Demo, JOANA, organization},
    judge::Judge,
};

/// Whoever holds them, on a host of their own.
const SUPPORT: &str = "support.localhost";

async fn sign_in(demo: &Demo, browser: &Chromium, email: &str, password: &str) {
    browser.go(&demo.at(SUPPORT, "/sign-in?temporary=1")).await;
    browser.fill("#f-email", email).await;
    browser.fill("#f-password", &password.to_uppercase()).await;
    browser.click("button", "Sign in").await;
}

/// SF3, D1, D2, D3, D4, D5, D7, D8, D9: settings, validity, generate, copy; sign in, the band; one click, and the open page says
/// that it is over; the password is dead.
#[tokio::test]
async fn from_generating_to_revoking() {
    let demo = Demo::start().await;
    let (joana, support) = tokio::join!(Chromium::start(), Chromium::start());
    let services = organization(&demo.caller("joana").await, "Aurora Serviços").await;
    joana.go(&demo.at(JOANA, "/demo/joana")).await;
    joana.go(&demo.at(JOANA, &format!("/organizations/{services}/settings"))).await;
    joana.click("a.btn", "Customer support access").await;
    joana.says("main", "No credentials are valid now.").await;
    joana.click("button", "Generate credentials").await;
    joana.says("main", "Password, shown once").await;
    // D4: one press puts all of it on the clipboard.
    let copied = joana.is("document.querySelector('[data-copy]').dataset.copy").await;
    let lines: Vec<&str> = copied.as_str().expect("text").lines().collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    let of = |line: &str, label: &str| line.strip_prefix(label).expect("its label").to_owned();
    let (email, password) = (of(lines[1], "E-mail: "), of(lines[2], "Password: "));
    joana.says(".secret", &password).await;

    sign_in(&demo, &support, &email, &password).await;
    support.until("location.pathname === '/temporary'").await;
    support.says("h1", "Support (temporary) – Aurora Serviços").await;
    let mut judge = Judge::new(&support).await;
    judge.page(&demo.at(SUPPORT, "/temporary")).await;
    judge.done();
    support.click("button", "Enter").await;
    support.says("aside.acting", "You are acting as temporary support in Aurora Serviços until").await;
    support.says("aside.acting", "Support (temporary)").await;

    joana.go(&demo.at(JOANA, &format!("/organizations/{services}/support-access"))).await;
    assert_eq!(joana.count("[data-copy]").await, 0, "shown once");
    assert!(!joana.text("main").await.contains(&password));
    joana.click("button", "Revoke access").await;
    joana.says("#status", "Access is revoked.").await;
    support.until("document.title === 'Your access has ended'").await;
    support.go(&demo.product(SUPPORT, "/ledger/payroll")).await;
    support.says("main", "Joana Prado ended it").await;
    sign_in(&demo, &support, &email, &password).await;
    support.says("#errors", "These credentials ended at").await;
    tokio::join!(joana.quit(), support.quit());
}

/// A8, D8: everything that is open on one page, and a question before all of it is closed; each page in both widths and both
/// schemes of colours.
#[tokio::test]
async fn every_open_door() {
    let demo = Demo::start().await;
    let joana = demo.caller("joana").await;
    let [textiles, services] =
        [organization(&joana, "Aurora Têxtil").await, organization(&joana, "Aurora Serviços").await];
    crate::demo::open(&joana, &textiles, "write").await;
    let browser = Chromium::start().await;
    let mut judge = Judge::new(&browser).await;
    browser.go(&demo.at(JOANA, "/demo/joana")).await;
    for (organization, page) in [
        (&services, "open-doors"),
        (&textiles, "open-doors"),
        (&textiles, "open-doors/close"),
        (&services, "support-access"),
        (&textiles, "support-access"),
    ] {
        judge.page(&demo.at(JOANA, &format!("/organizations/{organization}/{page}"))).await;
    }
    judge.page(&demo.at(JOANA, "/demo")).await;
    browser.go(&demo.at(JOANA, &format!("/organizations/{textiles}/open-doors"))).await;
    browser.says("h2", "1 door is open, 1 waits").await;
    browser.click("a.btn", "Close everything").await;
    browser.says(".confirm", "whoever holds the temporary credentials and Kim Roux lose access now").await;
    browser.click("button", "Close everything").await;
    browser.says("main", "No door is open.").await;
    let grant = joana
        .get(&format!("/api/v1/organizations/{textiles}/temporary-credentials"))
        .await
        .expect(200)
        .json()["data"][0]["id"]
        .clone();
    let grant = grant.as_str().expect("an id");
    for page in ["support-access".to_owned(), format!("access-log/{grant}")] {
        judge.page(&demo.at(JOANA, &format!("/organizations/{textiles}/{page}"))).await;
    }
    judge.done();
    browser.quit().await;
}
