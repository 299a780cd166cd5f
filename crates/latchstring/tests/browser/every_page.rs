//! Every page of every console, and the doors, in both widths and both schemes of colours: axe-core and our own rules.

use kernel::{Duration, UserId};
use operation::{Call, audit};
use people::links::{self, Purpose};
use serde_json::{Value, json};

use crate::{
    chromium::Chromium,
    demo::{ANA, Demo, JOANA, NOBODY, VERA, associate, open, organization},
    judge::Judge,
    support::{cast::Stage, server::TestServer},
};

/// The first screen and everything that a customer reaches from it; no violation, nothing wider than the screen, one
/// heading, a title of its own, every state with a word and an icon, as many bars as rows (A10, A21–A24).
#[tokio::test]
async fn every_page_of_the_customer() {
    let demo = Demo::start().await;
    let (joana, ana) = (demo.caller("joana").await, demo.caller("ana").await);
    let [holding, services, textiles] = [
        organization(&joana, "Aurora Holding").await,
        organization(&joana, "Aurora Serviços").await,
        organization(&joana, "Aurora Têxtil").await,
    ];
    let grant = associate(&ana, &open(&joana, &services, "write").await).await;
    let members = joana.get(&format!("/api/v1/organizations/{holding}/members")).await.expect(200).json();
    let marcos = id_of(&members, "Marcos Lima");
    let logistics = organization(&joana, "Aurora Logística").await;

    let browser = Chromium::start().await;
    let mut judge = Judge::new(&browser).await;
    browser.go(&demo.at(JOANA, "/demo/joana")).await;
    let at = |path: &str| demo.at(JOANA, path);
    judge.here(false).await;
    // First what needs a fresh sign-in.
    for page in [
        "/account/email",
        "/account/email?sent=1",
        "/account/confirm?return_to=/account/email",
        "/organizations/close-all",
        "/account",
        "/account/password",
        "/nowhere",
    ] {
        judge.page(&at(page)).await;
    }
    for (organization, page) in [
        (&textiles, "tokens/new"),
        (&logistics, "tokens"),
        (&services, "tokens"),
        (&textiles, "tokens/history"),
        (&holding, "tokens/history"),
        (&holding, "access-log"),
        (&holding, "access-log?days=30"),
        (&holding, "members"),
        (&holding, "members/invite"),
        (&holding, "settings"),
        (&holding, "integration-logins"),
        (&holding, "integration-logins/new"),
        (&holding, "requests"),
        (&holding, "requests/new"),
    ] {
        judge.page(&at(&format!("/organizations/{organization}/{page}"))).await;
    }
    judge.page(&at(&format!("/organizations/{services}/tokens/{grant}/revoke"))).await;
    judge.page(&at(&format!("/organizations/{services}/access-log/{grant}"))).await;
    judge.page(&at(&format!("/organizations/{holding}/members/{marcos}"))).await;
    judge.page(&at(&format!("/organizations/{holding}/members/{marcos}/unlink"))).await;
    asking_from_inside(&demo, &browser, &mut judge, &holding).await;
    a_login_for_an_old_interface(&demo, &browser, &mut judge, &holding).await;

    // A form that comes back.
    browser.go(&at(&format!("/organizations/{textiles}/tokens/new"))).await;
    browser.click("label.pill", "until").await;
    browser.click("button", "Generate token").await;
    browser.until("document.getElementById('errors')").await;
    judge.here(false).await;
    judge.done();
    browser.quit().await;
}

/// C12: a request from inside, asked, listed and withdrawn.
async fn asking_from_inside(demo: &Demo, browser: &Chromium, judge: &mut Judge<'_>, organization: &str) {
    let pages = demo.at(JOANA, &format!("/organizations/{organization}/requests"));
    browser.go(&format!("{pages}/new")).await;
    browser.fill("[name=subject]", "Close the year").await;
    browser.fill("[name=text]", "All of it.\nPlease.").await;
    browser.click("main form button", "").await;
    browser.until("location.pathname.endsWith('/requests')").await;
    judge.here(false).await;
    let joana = demo.caller("joana").await;
    let asked = joana.get(&format!("/api/v1/organizations/{organization}/requests")).await.expect(200).json();
    let request = id_of(&asked, "Close the year");
    judge.page(&format!("{pages}/{request}/withdraw")).await;
}

/// C15: made, shown once, listed, and before it is revoked.
async fn a_login_for_an_old_interface(
    demo: &Demo,
    browser: &Chromium,
    judge: &mut Judge<'_>,
    organization: &str,
) {
    let pages = demo.at(JOANA, &format!("/organizations/{organization}/integration-logins"));
    browser.go(&format!("{pages}/new")).await;
    browser.fill("[name=name]", "Payroll import").await;
    browser.click("button", "Make login").await;
    browser.until("document.querySelector('dl.secret')").await;
    judge.came_back().await;
    judge.page(&pages).await;
    let joana = demo.caller("joana").await;
    let path = format!("/api/v1/organizations/{organization}/integration-logins");
    let login = id_of(&joana.get(&path).await.expect(200).json(), "Payroll import");
    judge.page(&format!("{pages}/{login}/revoke")).await;
}

/// The desk, the vendor's administration, the product with its band, and the pages that say no (A34, A35).
#[tokio::test]
async fn every_page_of_the_vendor() {
    let demo = Demo::start().await;
    let (joana, ana, vera) =
        (demo.caller("joana").await, demo.caller("ana").await, demo.caller("vera").await);
    let services = organization(&joana, "Aurora Serviços").await;
    let token = open(&joana, &services, "read_only").await;

    let browser = Chromium::start().await;
    let mut judge = Judge::new(&browser).await;
    browser.go(&demo.at(ANA, "/demo/ana")).await;
    let at = |path: &str| demo.at(ANA, path);
    let code = token["code"].as_str().expect("a code");
    judge.page(&at("/desk/associate")).await;
    judge.page(&at(&format!("/desk/associate?code={code}"))).await;
    let grant = associate(&ana, &token).await;
    let holding = organization(&joana, "Aurora Holding").await;
    let asked = json!({ "subject": "Close the year", "text": "All of it.\nPlease." });
    joana.post(&format!("/api/v1/organizations/{holding}/requests"), asked).await.expect(201);
    let request = id_of(&ana.get("/api/v1/desk/requests").await.expect(200).json(), "Close the year");
    let request = format!("/desk/requests/{request}");
    for page in ["/desk", "/desk?q=nobody", "/desk/history", "/desk/requests", &request, "/desk/lost-devices"]
    {
        judge.page(&at(page)).await;
    }
    let firms = ana.get("/api/v1/mfa-levels/organizations?search=kappa").await.expect(200).json();
    let kappa = firms["data"][0]["organization_id"].as_str().expect("an id");
    let people =
        ana.get(&format!("/api/v1/organizations/{kappa}/mfa-levels/people")).await.expect(200).json();
    let member = people["data"][0]["member_id"].as_str().expect("an id");
    let authentication = format!("/admin/organizations/{kappa}/authentication");
    for page in [
        "/admin/authentication".to_owned(),
        authentication.clone(),
        format!("{authentication}/confirm?version=0&practitioners=suggested&clients=mandatory"),
        format!("{authentication}/people"),
        format!("{authentication}/people/{member}"),
    ] {
        judge.page(&at(&page)).await;
    }
    for page in ["enter", "give-back"] {
        judge.page(&at(&format!("/desk/{page}/{grant}"))).await;
    }
    judge.page(&at("/continue?rd=")).await;

    browser.go(&at("/desk")).await;
    browser.click("button", "Enter").await;
    browser.until("document.title.startsWith('[Support]')").await;
    let product = |path: &str| demo.product(ANA, path);
    for page in ["/", "/ticker", "/request", "/request/forge", "/ledger/payroll", "/ledger/payroll/edit"] {
        judge.product_page(&product(page)).await;
    }
    browser.click("button", "Save").await;
    browser.until("document.querySelector('.bigdoor')").await;
    judge.here(false).await;
    joana.post(&format!("/api/v1/support-tokens/{grant}/revoke"), json!({})).await.expect(200);
    judge.page(&product("/")).await;
    judge.page(&at(&format!("/desk/ended/{grant}"))).await;

    browser.go(&demo.at(VERA, "/demo/vera")).await;
    let at = |path: &str| demo.at(VERA, path);
    let agents = vera.get("/api/v1/agents").await.expect(200).json();
    let bruno = id_of(&agents, "Bruno Ramos");
    let applications = vera.get("/api/v1/applications").await.expect(200).json();
    let ledger = id_of(&applications, "Aurora Ledger");
    let keys = vera.get("/api/v1/api-keys").await.expect(200).json();
    let key = id_of(&keys, "Sample product, to hear of what ended");
    for page in [
        "/admin/organizations".to_owned(),
        "/admin/organizations/new".to_owned(),
        format!("/admin/organizations/{services}"),
        "/admin/agents".to_owned(),
        "/admin/agents/invite".to_owned(),
        format!("/admin/agents/{bruno}"),
        format!("/admin/agents/{bruno}/suspend"),
        "/admin/applications".to_owned(),
        "/admin/applications/new".to_owned(),
        format!("/admin/applications/{ledger}"),
        format!("/admin/applications/{ledger}/remove"),
        "/admin/api-keys".to_owned(),
        "/admin/api-keys/new".to_owned(),
        format!("/admin/api-keys/{key}/revoke"),
    ] {
        judge.page(&at(&page)).await;
    }
    judge.done();
    browser.quit().await;
}

/// What somebody sees who is not signed in: the door, the links that are mailed, and nothing at all.
#[tokio::test]
async fn every_door() {
    let demo = Demo::start().await;
    let joana = demo.caller("joana").await;
    let textiles = organization(&joana, "Aurora Têxtil").await;
    let body = json!({ "email": "rui@aurora.example", "name": "Rui Alves", "role": "member" });
    joana.post(&format!("/api/v1/organizations/{textiles}/invitations"), body).await.expect(201);

    let browser = Chromium::start().await;
    let mut judge = Judge::new(&browser).await;
    let at = |path: &str| demo.at(NOBODY, path);
    for page in [
        "/sign-in",
        "/help",
        "/demo",
        "/demo/decisions",
        "/invitations/none",
        "/nowhere",
        "/forgot-password",
        "/forgot-password?sent=1",
        "/recovery/password-changed",
        "/recovery/account-locked",
        "/recovery/email-changed",
        "/recovery/email-restored",
        "/recovery/request-stopped",
    ] {
        judge.page(&at(page)).await;
    }
    browser.go(&at("/demo/mail")).await;
    browser.until("document.body.innerText.includes('rui@aurora.example')").await;
    judge.here(false).await;
    let link = "document.body.innerText.match(/\\/invitations\\/\\w+/)[0]";
    let link = browser.is(link).await;
    judge.page(&at(link.as_str().expect("a link"))).await;
    browser.go(&at("/sign-in")).await;
    browser.fill("[name=email]", "joana@aurora.example").await;
    browser.fill("[name=password]", "not the right password").await;
    browser.click("button", "Sign in").await;
    browser.until("document.querySelector('[role=alert]')").await;
    judge.here(false).await;

    let server = TestServer::start().await;
    let call = Call::by_operator(&server.product.world);
    let link = organizations::operations::setup::issue(&call).await.expect("a link");
    judge.page(&format!("{}/setup/{}", server.url, link.expose())).await;
    judge.done();
    browser.quit().await;
}

/// The pages that a link in a mail opens: before it is used, with a form that comes back, and when it is over.
#[tokio::test]
async fn every_door_behind_a_mail() {
    let stage = Stage::start().await;
    let joana = stage.joana.get("/api/v1/sessions/current").await.expect(200).json();
    let joana: UserId = joana["user"]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let browser = Chromium::start().await;
    let mut judge = Judge::new(&browser).await;
    let at = |path: &str| format!("{}{path}", stage.server.url);
    for (purpose, door, about) in [
        (Purpose::ResetPassword, "reset-password", ""),
        (Purpose::Lock, "lock-account", ""),
        (Purpose::ChangeEmail, "confirm-email", "joana@home.example"),
        (Purpose::UndoEmail, "undo-email", "joana@home.example"),
    ] {
        let call = Call::by_system(&stage.server.product.world);
        let mut work = call.begin().await.expect("a transaction");
        let link = links::issue(&mut work, purpose, joana, about, Duration::days(1)).await.expect("a link");
        work.commit(audit::Entry::new("test.done")).await.expect("committed");
        judge.page(&at(&format!("/{door}/{}", link.expose()))).await;
        if purpose == Purpose::ResetPassword {
            browser.fill("[name=password]", "password1234567890").await;
            browser.click("button", "Set new password").await;
            browser.until("document.querySelector('#errors')").await;
            judge.here(false).await;
        }
    }
    judge.page(&at("/lock-account/none")).await;
    // Whoever asks too often.
    for n in 0..6 {
        browser.go(&at("/forgot-password")).await;
        browser.fill("[name=email]", "joana@aurora.example").await;
        browser.click("button", "Send the link").await;
        let answer =
            if n < 5 { "location.search === '?sent=1'" } else { "document.querySelector('[role=alert]')" };
        browser.until(answer).await;
    }
    judge.here(false).await;
    judge.done();
    browser.quit().await;
}

/// The id of the one with this name, wherever in it the name stands.
fn id_of(list: &Value, name: &str) -> String {
    let found = list["data"].as_array().expect("a list").iter().find(|one| one.to_string().contains(name));
    let found = found.unwrap_or_else(|| panic!("no {name} in {list}"));
    found["id"].as_str().or(found["user"]["id"].as_str()).expect("an id").to_owned()
}
