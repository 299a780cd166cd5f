//! Temporary credentials, as two people live it: one makes them, the other signs in; and the page of everything that is open.

use crate::{
    chromium::Chromium,
    demo::{ANA, Demo, JOANA, organization},
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

/// SF3, D1, D2, D3, D4, D5, D8, D9: settings, validity, generate, copy; sign in, the band; one click, and the open page says
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

/// D6: a pair that works only beside an agent: refused where nobody is signed in, and in the browser of an agent it is the agent
/// whom the page, the band and the history name.
#[tokio::test]
async fn beside_an_agent_only() {
    let demo = Demo::start().await;
    let (joana, ana) = tokio::join!(Chromium::start(), Chromium::start());
    let services = organization(&demo.caller("joana").await, "Aurora Serviços").await;
    joana.go(&demo.at(JOANA, "/demo/joana")).await;
    joana.go(&demo.at(JOANA, &format!("/organizations/{services}/support-access"))).await;
    joana.click("label.tick", "only together with a signed-in support agent").await;
    joana.click("button", "Generate credentials").await;
    joana.says("main", "Password, shown once").await;
    joana.says("main", "They work only together with a signed-in support agent.").await;
    let copied = joana.is("document.querySelector('[data-copy]').dataset.copy").await;
    let lines: Vec<&str> = copied.as_str().expect("text").lines().collect();
    let email = lines[1].strip_prefix("E-mail: ").expect("its label");
    let password = lines[2].strip_prefix("Password: ").expect("its label");

    // Nobody is signed in on this host.
    sign_in(&demo, &ana, email, password).await;
    ana.says("#errors", "work only together with a support agent").await;
    // Beside Ana, on the host on which she is.
    ana.go(&demo.at(ANA, "/demo/ana")).await;
    ana.go(&demo.at(ANA, "/sign-in?temporary=1")).await;
    ana.fill("#f-email", email).await;
    ana.fill("#f-password", password).await;
    ana.click("button", "Sign in").await;
    ana.until("location.pathname === '/temporary'").await;
    ana.says("main", "Together with Ana Souza, whose name stands in the history.").await;
    ana.click("button", "Enter").await;
    ana.says("aside.acting", "Aurora Serviços").await;
    ana.says("aside.acting", "Ana Souza").await;
    joana.go(&demo.at(JOANA, &format!("/organizations/{services}/access-log"))).await;
    joana.says("main", "Ana Souza").await;
    // Her own session carries it: once she has signed out, the page that is open says so.
    let own = ana.window().await;
    ana.another_window().await;
    ana.go(&demo.at(ANA, "/desk")).await;
    ana.click("summary", "Ana Souza").await;
    ana.click("button", "Sign out").await;
    ana.until("location.pathname === '/sign-in'").await;
    ana.to(&own).await;
    ana.until("document.title === 'Your access has ended'").await;
    tokio::join!(joana.quit(), ana.quit());
}

/// D10, A36: inside, nothing of Latchstring's own is offered but the way out, and nothing of it opens.
#[tokio::test]
async fn they_offer_nothing_else() {
    let demo = Demo::start().await;
    let joana = demo.caller("joana").await;
    let services = organization(&joana, "Aurora Serviços").await;
    let path = format!("/api/v1/organizations/{services}/temporary-credentials");
    let body = serde_json::json!({ "validity_seconds": 3600, "mode": "write" });
    let made = joana.post(&path, body).await.expect(201).json();
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    let (email, password) = (text(&made["temporary_credentials"]["email"]), text(&made["value"]));
    let support = Chromium::start().await;
    sign_in(&demo, &support, &email, &password).await;
    support.until("location.pathname === '/temporary'").await;
    // Every way that the page offers: into the account, and out.
    let offered = "[...document.querySelectorAll('a[href], form[action]')]
        .map(one => one.getAttribute('href') ?? one.getAttribute('action')).filter(way => !way.startsWith('#'))";
    let ways = support.is(offered).await;
    for way in ways.as_array().expect("a list") {
        let way = way.as_str().expect("an address");
        assert!(["/temporary/enter", "/temporary/sign-out", "/", "/help"].contains(&way), "{ways}");
    }
    for page in [
        "/account",
        "/organizations",
        "/my-clients",
        "/my-partner",
        &format!("/organizations/{services}/members"),
        &format!("/organizations/{services}/tokens"),
        &format!("/organizations/{services}/support-access"),
    ] {
        support.go(&demo.at(SUPPORT, page)).await;
        support.until("location.pathname === '/sign-in'").await;
    }
    support.go(&demo.at(SUPPORT, "/temporary")).await;
    support.click("button", "Enter").await;
    support.says("aside.acting", "You are acting as temporary support in Aurora Serviços until").await;
    let ours = "[...document.querySelectorAll('a[href], form[action]')]
        .map(one => new URL(one.getAttribute('href') ?? one.getAttribute('action'), location.href))
        .filter(way => way.host !== location.host || way.pathname.startsWith('/_latchstring')).map(way => way.pathname)";
    assert_eq!(support.is(ours).await, serde_json::json!(["/_latchstring/leave"]), "nothing but the way out");
    support.quit().await;
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
