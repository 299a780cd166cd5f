//! The main story, as two people live it, each in a browser of their own.

use std::time::Duration;

use serde_json::json;

use crate::{
    chromium::Chromium,
    demo::{ANA, Demo, JOANA, organization},
};

/// What changes by itself has changed by then, also on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(3);

/// A9, A10, A11, A12, A21, A22, A24, A25, A26, A29, A33, A34, A35, A4: Joana opens, Ana comes in, Joana watches and shuts; nothing is reloaded.
#[tokio::test]
async fn the_whole_story() {
    let demo = Demo::start().await;
    let (joana, ana) = tokio::join!(Chromium::start(), Chromium::start());

    the_first_screen(&demo, &joana).await;
    let organization = organization(&demo.caller("joana").await, "Aurora Holding").await;
    let (cards, token) = joana_opens(&demo, &joana, &organization).await;
    ana_takes_it(&demo, &ana).await;
    joana_sees_it(&joana, &cards, &token).await;
    ana_is_in(&demo, &ana).await;

    // Another page of the product, with a stream of events and no script of ours that could end it.
    let watching = ana.window().await;
    let streaming = ana.another_window().await;
    ana.go(&demo.product(ANA, "/request.json")).await;
    let stream = "window.stream = new EventSource('/ticker/events');
        stream.addEventListener('message', () => { window.came = true });
        stream.addEventListener('ended', () => { stream.close(); window.isEnded = true })";
    ana.js(stream, vec![]).await;
    ana.until("window.came").await;
    ana.to(&watching).await;
    ana.go(&demo.product(ANA, "/ticker")).await;
    ana.until("/\\d/.test(document.getElementById('socket').textContent)").await;

    joana_revokes(&joana, &cards, &token).await;

    // A4: the open page says so by itself, its streams have ended, and the next click is refused.
    let took = ana.until("document.title === 'Your access has ended'").await;
    assert!(took < AT_ONCE, "{took:?}");
    assert_eq!(ana.count("aside.acting").await, 0, "nothing of the product is left");
    ana.to(&streaming).await;
    let took = ana.until("window.isEnded").await;
    assert!(took < AT_ONCE, "{took:?}");
    ana.go(&demo.product(ANA, "/ledger/payroll")).await;
    ana.says("main", "Your access has ended").await;
    ana.says("main", "Joana Prado ended it").await;
    ana.says(".chip", "Revoked").await;
    assert_eq!(ana.count("form").await, 0, "nothing to ask for here");
    ana.click("a.btn", "Back to the desk").await;
    ana.until("location.pathname === '/desk'").await;
    ana.says("body", "Ana Souza").await;

    // A23, A24: both find it, crossed out.
    joana.go(&demo.at(JOANA, &format!("/organizations/{organization}/tokens/history"))).await;
    joana.says(".grants > li", "Revoked").await;
    joana.says(".grants > li del", "-").await;
    joana.says(".grants > li", "by Joana Prado").await;
    ana.go(&demo.at(ANA, "/desk/history")).await;
    ana.says("main", "Revoked").await;
    tokio::join!(joana.quit(), ana.quit());
}

/// A9, A10, A11: a card for each organization, the padlock in its lower right corner, in words and shape.
async fn the_first_screen(demo: &Demo, joana: &Chromium) {
    joana.go(&demo.at(JOANA, "/demo/joana")).await;
    joana.until("location.pathname === '/organizations'").await;
    assert_eq!(joana.count("li.card.org").await, 6);
    let corner = "[...document.querySelectorAll('li.card.org')].every((card) => {
        const lock = card.querySelector('a.lock svg').getBoundingClientRect(), around = card.getBoundingClientRect();
        return around.right - lock.right < 50 && around.bottom - lock.bottom < 50 && lock.left > around.left + around.width / 2 })";
    assert_eq!(joana.is(corner).await, json!(true), "the padlock is in the lower right corner");
    let shapes = "[...document.querySelectorAll('li.card.org')].map((card) =>
        card.classList.contains('is-waiting') + card.querySelector('a.lock svg').innerHTML)";
    let shapes: Vec<String> = serde_json::from_value(joana.is(shapes).await).expect("shapes");
    let (waiting, closed): (Vec<_>, Vec<_>) = shapes.iter().partition(|shape| shape.starts_with("true"));
    assert_eq!((waiting.len(), closed.len()), (1, 5));
    assert!(
        !closed.contains(&waiting[0]) && closed.iter().all(|one| *one == closed[0]),
        "a shape for each state"
    );
    joana.says("li.card.org", "Closed to support").await;
    joana.says("li.card.org.is-waiting", "Pending association").await;

    // A11, A12: *Tokens* in the menu leads where the padlock leads.
    joana.click("li.card.org:first-child summary", "").await;
    joana.click("li.card.org:first-child .menu a", "Tokens").await;
    joana.until("location.pathname.endsWith('/tokens/new')").await;
    joana.back().await;
    joana.click("li.card.org:first-child a.lock", "Open to support").await;
    joana.until("location.pathname.endsWith('/tokens/new')").await;
}

/// A14, A22: she chooses, generates, and has the code to tell. Leaves the first screen and the token open.
async fn joana_opens(
    demo: &Demo,
    joana: &Chromium,
    organization: &str,
) -> (thirtyfour::WindowHandle, thirtyfour::WindowHandle) {
    way_to_the_history(joana).await;
    assert_eq!(
        joana.is("document.querySelector('[name=mode]:checked').value").await,
        json!("read_only"),
        "A19"
    );
    joana.click("label.pill", "1 hour").await;
    joana.fill("[name=customer_ticket]", "48213").await;
    joana.click("button", "Generate token").await;
    joana.until("document.querySelector('.chip.pending')").await;
    joana.says("main", "Nobody has access yet").await;
    way_to_the_history(joana).await;
    joana.js("window.isTheSamePage = true", vec![]).await;
    let token = joana.window().await;
    let cards = joana.another_window().await;
    joana.go(&demo.at(JOANA, "/organizations")).await;
    joana.says("li.card.org.is-waiting h2", "Aurora Holding").await;
    joana.js("window.isTheSamePage = true", vec![]).await;
    let href = joana.is("document.querySelector('li.is-waiting a.lock').pathname").await;
    assert_eq!(
        href,
        json!(format!("/organizations/{organization}/tokens")),
        "A12: the padlock leads to the live token"
    );
    (cards, token)
}

/// A22: in the upper right corner.
async fn way_to_the_history(joana: &Chromium) {
    let corner = "(() => { const way = document.querySelector('.sheet a[href$=\"/tokens/history\"]').getBoundingClientRect(),
        sheet = document.querySelector('.sheet').getBoundingClientRect();
        return sheet.right - way.right < 60 && way.top - sheet.top < 60 })()";
    assert_eq!(joana.is(corner).await, json!(true), "the way to the history");
}

/// A15, A35: what waits stands on the desk, and nothing else of the customers.
async fn ana_takes_it(demo: &Demo, ana: &Chromium) {
    ana.go(&demo.at(ANA, "/demo/ana")).await;
    ana.until("location.pathname === '/desk'").await;
    ana.says("main", "Aurora Holding").await;
    let desk = ana.text("main").await;
    for closed in ["Aurora Têxtil", "Aurora Serviços", "Fundação Aurora"] {
        assert!(!desk.contains(closed), "no directory: {desk}");
    }
    ana.click("li.waitrow:has(p.strong) a.btn", "Aurora Holding").await;
    ana.fill("[name=ticket]", "48213").await;
    ana.click("button", "Associate").await;
    ana.until("document.querySelector('#status .live')").await;
    ana.says("#status", "You can enter Aurora Holding until").await;
}

/// A21, A25: the card and the token change where they stand.
async fn joana_sees_it(joana: &Chromium, cards: &thirtyfour::WindowHandle, token: &thirtyfour::WindowHandle) {
    joana.to(cards).await;
    let took = joana.until("document.querySelector('li.card.org.is-open')").await;
    assert!(took < AT_ONCE, "{took:?}");
    joana.says("li.is-open h2", "Aurora Holding").await;
    joana.says("li.is-open .chip", "Active").await;
    joana.says("li.is-open", "Ana Souza, level 2").await;
    joana.says(".open-line", "1 of 6 organizations is open").await;
    joana.says("#status", "Ana Souza").await;
    joana.to(token).await;
    joana.until("document.querySelector('.sheet .chip.active')").await;
    for seen in ["Ana Souza", "Support agent, level 2", "48213", "made it", "Joana Prado", "Since", "until"] {
        joana.says(".sheet", seen).await;
    }
    assert_eq!(joana.count(".sheet [role=timer]").await, 1, "a countdown");
    assert_eq!(joana.is("window.isTheSamePage").await, json!(true), "without a reload");
}

/// A33, A34: through a session of its own; every page says so until she leaves, and leaving leads to the desk.
async fn ana_is_in(demo: &Demo, ana: &Chromium) {
    ana.click("button", "Enter").await;
    ana.until("document.title.startsWith('[Support]')").await;
    for page in ["/", "/ledger/payroll", "/request"] {
        ana.go(&demo.product(ANA, page)).await;
        ana.says("#latchstring-band", "You are acting as support in Aurora Holding until").await;
        assert!(ana.title().await.starts_with("[Support] "), "the title says so too");
        assert!(!ana.title().await.contains("[Support] [Support]"), "once");
        assert_eq!(ana.count("[id=latchstring-band]").await, 1, "one band");
    }
    // A product that draws no band has it from the script, before everything else.
    let anew = "document.getElementById('latchstring-band').remove();
        delete window.lsBand;
        document.title = 'Books';
        const script = document.createElement('script');
        script.src = '/_latchstring/banner.js';
        document.head.append(script)";
    ana.js(anew, vec![]).await;
    ana.until("document.querySelector('html > latchstring-band + body')").await;
    ana.until("document.querySelector('latchstring-band').getBoundingClientRect().height > 40").await;
    assert_eq!(ana.title().await, "[Support] Books");

    // A19: reading only. Nothing reaches the product, and a page says why.
    ana.go(&demo.product(ANA, "/ledger/payroll/edit")).await;
    ana.fill("#title", "Changed").await;
    ana.click("button", "Save").await;
    ana.until("document.querySelector('.bigdoor')").await;
    ana.says("main", "opened for reading only").await;
    ana.click("a.btn", "Back to the product").await;
    ana.until("document.title.startsWith('[Support]')").await;
    ana.says("main", "Payroll").await;

    ana.click("#latchstring-band button", "Leave").await;
    ana.until("location.pathname === '/desk'").await;
    ana.says("main", "Aurora Holding").await;
    ana.click("button", "Enter").await;
    ana.until("document.title.startsWith('[Support]')").await;
}

/// A26, A29: by the padlock on the card; without the confirmation nothing happens.
async fn joana_revokes(joana: &Chromium, cards: &thirtyfour::WindowHandle, token: &thirtyfour::WindowHandle) {
    joana.to(cards).await;
    for _ in 0..2 {
        joana.click("li.is-open a.lock", "Revoke token").await;
        joana.until("location.pathname.endsWith('/tokens')").await;
        joana.click(".sheet a.btn", "Revoke token").await;
        joana.until("document.querySelector('.confirm')").await;
        joana.says(".confirm", "Ana Souza loses access now").await;
        if joana.is("window.name").await == json!("") {
            // First she thinks better of it.
            joana.js("window.name = 'asked'", vec![]).await;
            joana.click(".confirm a.btn", "Keep it").await;
            joana.until("document.querySelector('li.is-open')").await;
        }
    }
    joana.to(token).await;
    joana.says(".sheet .chip", "Active").await;
    joana.to(cards).await;
    joana.click(".confirm button", "Revoke token").await;
    joana.until("location.pathname === '/organizations' && !document.querySelector('li.is-open')").await;
    joana.says("#status", "Ana Souza’s next click will be refused").await;
    // A25: the page that was open all the time.
    joana.to(token).await;
    joana.until("document.querySelector('.sheet .chip.revoked')").await;
    assert_eq!(joana.is("window.isTheSamePage").await, json!(true), "without a reload");
}
