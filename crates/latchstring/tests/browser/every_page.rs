//! Every page of every console, and the doors, in both widths and both schemes of colours: axe-core and our own rules.

use operation::Call;
use serde_json::{Value, json};

use crate::{
    chromium::Chromium,
    demo::{ANA, Demo, JOANA, NOBODY, VERA, associate, open, organization},
    judge::Judge,
    support::server::TestServer,
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
    for page in ["/organizations/close-all", "/account", "/account/password", "/nowhere"] {
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
    ] {
        judge.page(&at(&format!("/organizations/{organization}/{page}"))).await;
    }
    judge.page(&at(&format!("/organizations/{services}/tokens/{grant}/revoke"))).await;
    judge.page(&at(&format!("/organizations/{services}/access-log/{grant}"))).await;
    judge.page(&at(&format!("/organizations/{holding}/members/{marcos}"))).await;
    judge.page(&at(&format!("/organizations/{holding}/members/{marcos}/unlink"))).await;

    // A form that comes back.
    browser.go(&at(&format!("/organizations/{textiles}/tokens/new"))).await;
    browser.click("label.pill", "until").await;
    browser.click("button", "Generate token").await;
    browser.until("document.getElementById('errors')").await;
    judge.here(false).await;
    judge.done();
    browser.quit().await;
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
    for page in ["/desk", "/desk?q=nobody", "/desk/history"] {
        judge.page(&at(page)).await;
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
    for page in ["/sign-in", "/demo", "/demo/decisions", "/invitations/none", "/nowhere"] {
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

/// The id of the one with this name, wherever in it the name stands.
fn id_of(list: &Value, name: &str) -> String {
    let found = list["data"].as_array().expect("a list").iter().find(|one| one.to_string().contains(name));
    let found = found.unwrap_or_else(|| panic!("no {name} in {list}"));
    found["id"].as_str().or(found["user"]["id"].as_str()).expect("an id").to_owned()
}
