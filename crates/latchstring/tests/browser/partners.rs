//! A partner and its client, as two people live it: the token, whose it is, who may enter, the band, and the end.

use crate::{
    chromium::Chromium,
    demo::{Demo, JOANA, VERA, organization},
    judge::Judge,
};

const KIM: &str = "kim.localhost";

/// SF4, B2, B3, B4, B7, B8, B11, B14, B15, B17: added, handed over, looked at and authorized; one of the partner's people
/// enters under a band that says for whom; the client revokes, and the open page says so.
#[tokio::test]
async fn from_adding_a_token_to_revoking() {
    let demo = Demo::start().await;
    let (kim, joana) = tokio::join!(Chromium::start(), Chromium::start());
    let client = organization(&demo.caller("joana").await, "Aurora Logística").await;
    kim.go(&demo.at(KIM, "/demo/kim")).await;
    kim.until("location.pathname === '/my-clients'").await;
    kim.click("a.btn", "Add token").await;
    kim.fill("#f-label", "Logistics, from the fair").await;
    kim.click("button", "Confirm").await;
    kim.says("main", "Pending association").await;
    kim.says("main", "Nobody can enter yet").await;
    let token = kim.text(".secret dd").await;
    assert!(token.starts_with("lst_"), "{token}");
    let details = kim.is("location.pathname").await;
    let details = details.as_str().expect("a path").to_owned();

    joana.go(&demo.at(JOANA, "/demo/joana")).await;
    joana.go(&demo.at(JOANA, &format!("/my-partner/authorize?organization={client}"))).await;
    joana.fill("#f-token", &token).await;
    joana.click("button", "See whose it is").await;
    joana.says("main", "This token is of Kappa Comptables.").await;
    joana.says("main", "Nothing is granted yet.").await;
    joana.click("label.tick", "Ticket user").await;
    joana.click("label.opt", "Can make changes").await;
    joana.click("button", "Authorize").await;
    joana.says("main", "None of their people can enter yet.").await;

    kim.go(&demo.at(KIM, &details)).await;
    kim.says("h1", "Aurora Logística").await;
    kim.click("a.btn", "Authorize users").await;
    // More than the client gave is not offered.
    assert_eq!(kim.count("input[name=permission]").await, 1);
    kim.says("main", "Aurora Logística does not give this").await;
    kim.click("label.tick", "Kim Roux").await;
    kim.click("label.tick", "Ticket user").await;
    kim.click("button", "Authorize").await;
    kim.says("#status", "They can enter now.").await;
    kim.click("button", "Enter").await;
    kim.until("document.querySelector('aside.acting')").await;
    kim.says("aside.acting", "You are acting for Kappa Comptables in Aurora Logística").await;

    joana.go(&demo.at(JOANA, &format!("/my-partner?organization={client}"))).await;
    joana.says("main", "Kim Roux").await;
    joana.click("a.btn", "Revoke permissions").await;
    joana.says(".confirm", "Kim Roux can enter now.").await;
    joana.click("button", "Revoke permissions").await;
    joana.says("#status", "The next click of any of their people is refused.").await;
    kim.until("document.title === 'Your access has ended'").await;
    kim.go(&demo.product(KIM, "/ledger/payroll")).await;
    kim.says("main", "Joana Prado ended it").await;
    tokio::join!(kim.quit(), joana.quit());
}

/// B1, B5, B9, B10, B12, B13, B16, B18: every page of partners, clients and the vendor, in both widths and both schemes of
/// colours.
#[tokio::test]
async fn every_page_of_partners() {
    let demo = Demo::start().await;
    let vera = demo.caller("vera").await;
    let holding = organization(&demo.caller("joana").await, "Aurora Holding").await;
    let kappa = organization(&demo.caller("kim").await, "Kappa Comptables").await;
    let applications = vera.get("/api/v1/applications").await.expect(200).json();
    let application = applications["data"][0]["id"].as_str().expect("an id").to_owned();
    let browser = Chromium::start().await;
    let mut judge = Judge::new(&browser).await;

    browser.go(&demo.at(KIM, "/demo/kim")).await;
    for page in ["/my-clients", "/my-clients?view=30", "/my-clients?q=nobody", "/my-clients/new"] {
        judge.page(&demo.at(KIM, page)).await;
    }
    browser.go(&demo.at(KIM, "/my-clients")).await;
    browser.click("a.rowlink", "Aurora Holding").await;
    browser.until("location.pathname !== '/my-clients'").await;
    let details = browser.is("location.pathname").await;
    let details = details.as_str().expect("a path").to_owned();
    for page in ["", "/users", "/disable", "/delete"] {
        judge.page(&demo.at(KIM, &format!("{details}{page}"))).await;
    }
    browser.go(&demo.at(KIM, &details)).await;
    let user =
        browser.is("document.querySelector('main li a[href*=\"/users/\"]').getAttribute('href')").await;
    let user = user.as_str().expect("a path").to_owned();
    judge.page(&demo.at(KIM, &user)).await;
    judge.page(&demo.at(KIM, &format!("{user}/revoke"))).await;

    browser.go(&demo.at(JOANA, "/demo/joana")).await;
    judge.page(&demo.at(JOANA, "/my-partner")).await;
    judge.page(&demo.at(JOANA, &format!("/my-partner?organization={holding}"))).await;
    judge.page(&demo.at(JOANA, &format!("/my-partner/authorize?organization={holding}"))).await;
    browser.fill("#f-token", "lst_of-nobody").await;
    browser.click("button", "See whose it is").await;
    browser.until("document.getElementById('errors')").await;
    judge.here(false).await;
    browser.go(&demo.at(JOANA, &format!("/my-partner?organization={holding}"))).await;
    browser.click("a.btn", "Edit").await;
    browser.until("location.pathname.endsWith('/edit')").await;
    judge.here(false).await;
    browser.click("a.btn", "Revoke permissions").await;
    browser.until("location.pathname.endsWith('/revoke')").await;
    judge.here(false).await;
    for page in ["single-sign-on", "single-sign-on/new"] {
        judge.page(&demo.at(JOANA, &format!("/organizations/{holding}/{page}"))).await;
    }

    browser.go(&demo.at(VERA, "/demo/vera")).await;
    for page in [
        "/admin/partners".to_owned(),
        format!("/admin/organizations/{kappa}/registration"),
        "/admin/permissions".to_owned(),
        "/admin/permissions/ticket_user".to_owned(),
        "/admin/permissions/ticket_user/remove".to_owned(),
        format!("/admin/applications/{application}/rules"),
        format!("/organizations/{kappa}/single-sign-on"),
    ] {
        judge.page(&demo.at(VERA, &page)).await;
    }
    judge.done();
    browser.quit().await;
}
