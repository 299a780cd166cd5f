//! A partner and its client, as two people live it: the token, whose it is, who may enter, the band, and the end.

use crate::{
    chromium::Chromium,
    demo::{Demo, JOANA, VERA, organization},
    judge::Judge,
};

const KIM: &str = "kim.localhost";
/// One of the people of Kim's firm, who may enter Aurora Holding.
const HUGO: &str = "hugo.localhost";

/// Kim opens the details of a client, from the list.
async fn details(demo: &Demo, kim: &Chromium, client: &str) {
    kim.go(&demo.at(KIM, "/my-clients")).await;
    kim.click("a.rowlink", client).await;
    kim.says("h1", client).await;
}

/// Hugo goes into Aurora Holding.
async fn hugo_enters(demo: &Demo, hugo: &Chromium) {
    hugo.go(&demo.at(HUGO, "/my-clients")).await;
    hugo.click("a.rowlink", "Aurora Holding").await;
    hugo.says("h1", "Aurora Holding").await;
    hugo.click("button", "Enter").await;
    hugo.until("document.querySelector('aside.acting')").await;
    hugo.says("aside.acting", "You are acting for Kappa Comptables in Aurora Holding").await;
}

/// The page that is open says by itself that it is over, and the next click is refused in these words.
async fn hugo_is_out(demo: &Demo, hugo: &Chromium, words: &str) {
    hugo.until("document.title === 'Your access has ended'").await;
    hugo.go(&demo.product(HUGO, "/ledger/payroll")).await;
    hugo.says("main", words).await;
}

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

/// B11, A29, S30: to disable and to activate ask first, with keeping it as the choice that has the focus; whoever is in is out in
/// the page that is open, and the same people come in again.
#[tokio::test]
async fn disabling_and_activating_ask_first() {
    let demo = Demo::start().await;
    let (kim, hugo) = tokio::join!(Chromium::start(), Chromium::start());
    hugo.go(&demo.at(HUGO, "/demo/hugo")).await;
    hugo_enters(&demo, &hugo).await;
    kim.go(&demo.at(KIM, "/demo/kim")).await;
    for is_meant in [false, true] {
        details(&demo, &kim, "Aurora Holding").await;
        kim.click("a.btn", "Disable token").await;
        kim.says(".confirm", "Disable the token of Aurora Holding?").await;
        kim.says(".confirm", "Hugo Blanc, Kim Roux can enter now.").await;
        kim.until("document.activeElement.textContent === 'Keep it'").await;
        if is_meant {
            kim.click(".confirm button", "Disable token").await;
            kim.says("#status", "Disabled. All of your people are out.").await;
        } else {
            kim.click(".confirm a.btn", "Keep it").await;
            kim.says("main .chip", "Active").await;
            hugo.go(&demo.product(HUGO, "/ledger/payroll")).await;
            hugo.until("document.querySelector('aside.acting')").await;
        }
    }
    kim.says("main .chip", "Disabled").await;
    hugo_is_out(&demo, &hugo, "this account is not open to you").await;
    hugo.go(&demo.at(HUGO, "/my-clients")).await;
    hugo.click("a.rowlink", "Aurora Holding").await;
    hugo.says("main .chip", "Disabled").await;
    assert_eq!(hugo.count("main form button").await, 0, "there is nothing to enter by");

    for is_meant in [false, true] {
        details(&demo, &kim, "Aurora Holding").await;
        kim.click("a.btn", "Activate token").await;
        kim.says(".confirm", "The same people can enter Aurora Holding again").await;
        kim.until("document.activeElement.textContent === 'Keep it'").await;
        if is_meant {
            kim.click(".confirm button", "Activate token").await;
            kim.says("#status", "Active again, for the same people.").await;
        } else {
            kim.click(".confirm a.btn", "Keep it").await;
            kim.says("main .chip", "Disabled").await;
        }
    }
    kim.says("main", "Hugo Blanc").await;
    hugo_enters(&demo, &hugo).await;
    tokio::join!(kim.quit(), hugo.quit());
}

/// B18: what was looked for, what is ticked, one question and what became of each; with nothing ticked the page says so.
#[tokio::test]
async fn one_thing_for_many_clients() {
    let demo = Demo::start().await;
    let kim = Chromium::start().await;
    kim.go(&demo.at(KIM, "/demo/kim")).await;
    kim.until("document.querySelectorAll('td.pick input').length === 4").await;
    kim.fill("#f-q", "Aurora").await;
    kim.click("form.filters button", "Filter").await;
    kim.until("location.search.includes('q=Aurora')").await;
    kim.click(".bulk button", "Disable token").await;
    kim.says("#errors", "Choose at least one client in the list first.").await;
    assert_eq!(kim.is("document.getElementById('f-q').value").await, "Aurora");
    // What waits for its client, and what is disabled, cannot be disabled; the two others can.
    kim.click(".bulk a.btn", "Choose all on this page").await;
    kim.until("document.querySelectorAll('td.pick input:checked').length === 4").await;
    kim.click(".bulk button", "Disable token").await;
    kim.says("h1", "Disable 4 tokens").await;
    kim.says("main", "All of your people lose access to these clients now").await;
    kim.until("document.activeElement.textContent === 'Keep it'").await;
    kim.click("main form button", "Disable tokens").await;
    kim.says("#status", "2 of 4 done.").await;
    let lines = kim.text("main ul.list").await;
    assert_eq!(lines.matches("Disabled").count(), 2, "{lines}");
    assert!(lines.contains("The client has not completed the token"), "{lines}");
    // Back is the list as it was looked for.
    kim.click("main p a.btn", "My Clients").await;
    kim.until("location.search.includes('q=Aurora')").await;
    kim.says("main table", "Disabled").await;
    kim.click("tr:has(a.rowlink) td.pick input", "").await;
    kim.click(".bulk button", "Activate token").await;
    kim.says("h1", "Activate 1 token").await;
    kim.click("main form button", "Activate tokens").await;
    kim.says("#status", "1 of 1 done.").await;
    kim.quit().await;
}

/// B15: the client chooses an end and a review; both sides see them, and so does the view of what ends soon. B13: the same page
/// says what another mode means.
#[tokio::test]
async fn a_client_sets_end_and_review() {
    let demo = Demo::start().await;
    let (kim, joana) = tokio::join!(Chromium::start(), Chromium::start());
    let holding = organization(&demo.caller("joana").await, "Aurora Holding").await;
    kim.go(&demo.at(KIM, "/demo/kim")).await;
    kim.says("nav.pills", "Ending in 30 days 1").await;
    joana.go(&demo.at(JOANA, "/demo/joana")).await;
    joana.go(&demo.at(JOANA, &format!("/my-partner?organization={holding}"))).await;
    joana.says("main", "no end").await;
    joana.click("a.btn", "Edit").await;
    // A field for a day takes what its own script gives it, in whatever order the browser shows it.
    let set = "const [id, days] = arguments; const day = new Date(Date.now() + days * 864e5);
        document.getElementById(id).value = day.toISOString().slice(0, 10)";
    joana.until("document.getElementById('f-ends_at')").await;
    joana.js(set, vec!["f-ends_at".into(), 20.into()]).await;
    joana.js(set, vec!["f-review_at".into(), 40.into()]).await;
    joana.click("button", "Save").await;
    joana.says("#errors", "Choose a review date before the end.").await;
    joana.js(set, vec!["f-review_at".into(), 10.into()]).await;
    assert_eq!(joana.count("#f-mode .hint").await, 0, "they can make changes already");
    joana.click("label.opt", "Read only").await;
    joana.click("button", "Save").await;
    joana.says("#status", "Saved.").await;
    joana.says("main dl.facts", "Read only").await;
    joana.says("main dl.facts", ", review ").await;
    joana.click("a.btn", "Edit").await;
    joana.says("#f-mode", "everybody who is authorized can at once").await;

    kim.go(&demo.at(KIM, "/my-clients")).await;
    kim.says("nav.pills", "Ending in 30 days 2").await;
    kim.click("a.pill", "Ending in 30 days").await;
    kim.says("main table", "Aurora Holding").await;
    kim.says("main table", ", review ").await;
    details(&demo, &kim, "Aurora Holding").await;
    kim.says("main dl.facts", "Read only").await;
    tokio::join!(kim.quit(), joana.quit());
}

/// B9, B16, B20: somebody leaves: taken out of every client by one question, and later out of the firm; each time the page that
/// is open says so, and there is no way back in.
#[tokio::test]
async fn somebody_leaves_the_partner() {
    let demo = Demo::start().await;
    let (kim, hugo) = tokio::join!(Chromium::start(), Chromium::start());
    hugo.go(&demo.at(HUGO, "/demo/hugo")).await;
    hugo_enters(&demo, &hugo).await;
    kim.go(&demo.at(KIM, "/demo/kim")).await;
    let choose = "[...document.querySelectorAll('#f-user option')].find(one => one.text === 'Hugo Blanc').selected = true";
    kim.until("document.getElementById('f-user')").await;
    kim.js(choose, vec![]).await;
    kim.click("form.filters button", "Filter").await;
    kim.click("a.btn", "Revoke Hugo Blanc everywhere").await;
    kim.says(".confirm", "Hugo Blanc loses access to every client now").await;
    kim.click(".confirm button", "Revoke permissions").await;
    kim.says("#status", "Revoked everywhere.").await;
    hugo_is_out(&demo, &hugo, "Your session in this account ended at").await;
    hugo.go(&demo.at(HUGO, "/my-clients")).await;
    hugo.says("main", "You are not authorized for any client.").await;

    // Let in again, and then out of the firm itself.
    details(&demo, &kim, "Aurora Holding").await;
    kim.click("a.btn", "Authorize users").await;
    kim.click("label.tick", "Hugo Blanc").await;
    kim.click("label.tick", "Ticket user").await;
    kim.click("button", "Authorize").await;
    kim.says("#status", "They can enter now.").await;
    hugo_enters(&demo, &hugo).await;
    let kappa = organization(&demo.caller("kim").await, "Kappa Comptables").await;
    kim.go(&demo.at(KIM, &format!("/organizations/{kappa}/members"))).await;
    kim.click("a.rowlink", "Hugo Blanc").await;
    kim.until("document.querySelector('h1').textContent === 'Hugo Blanc'").await;
    kim.click("a.btn", "Unlink").await;
    kim.says(".confirm", "Hugo Blanc").await;
    kim.click(".confirm button", "Unlink").await;
    kim.until("!document.querySelector('.confirm')").await;
    hugo_is_out(&demo, &hugo, "Your session in this account ended at").await;
    hugo.go(&demo.at(HUGO, "/my-clients")).await;
    hugo.says("main", "once Ledger has registered your company as a partner").await;
    details(&demo, &kim, "Aurora Holding").await;
    assert!(!kim.text("main").await.contains("Hugo"));
    tokio::join!(kim.quit(), hugo.quit());
}

/// B1: the vendor's administrator takes a registration back: after a question that says how much ends, and with a key that is
/// not the first one under the hand.
#[tokio::test]
async fn taking_a_registration_back_asks_first() {
    let demo = Demo::start().await;
    let (vera, hugo) = tokio::join!(Chromium::start(), Chromium::start());
    hugo.go(&demo.at(HUGO, "/demo/hugo")).await;
    hugo_enters(&demo, &hugo).await;
    let kappa = organization(&demo.caller("kim").await, "Kappa Comptables").await;
    let page = demo.at(VERA, &format!("/admin/organizations/{kappa}/registration"));
    vera.go(&demo.at(VERA, "/demo/vera")).await;
    let mut judge = Judge::new(&vera).await;
    for is_meant in [false, true] {
        vera.go(&page).await;
        vera.click("label.tick", "Partner: its people may work for clients").await;
        vera.click("button", "Save").await;
        vera.says(".confirm", "Take back the registration of Kappa Comptables as a partner?").await;
        vera.says(".confirm", "4 tokens end for good by this.").await;
        vera.until("document.activeElement.textContent === 'Keep it'").await;
        if is_meant {
            vera.click(".confirm button", "Take it back").await;
            vera.says("#status", "The registration is saved.").await;
        } else {
            judge.here(false).await;
            vera.click(".confirm a.btn", "Keep it").await;
            vera.until("document.querySelector('[name=is_partner]').checked").await;
            hugo.go(&demo.product(HUGO, "/ledger/payroll")).await;
            hugo.until("document.querySelector('aside.acting')").await;
        }
    }
    judge.done();
    hugo_is_out(&demo, &hugo, "Vera Lang ended it").await;
    tokio::join!(vera.quit(), hugo.quit());
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
