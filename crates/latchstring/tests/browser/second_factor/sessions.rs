//! Where somebody is signed in, and how they end it.

use crate::{
    chromium::Chromium,
    demo::{Demo, JOANA},
    judge::Judge,
};

/// C18: a person sees where they are signed in, ends one session, and then all others. What was ended is out at its next click;
/// where they are they stay.
#[tokio::test]
async fn one_session_is_ended_and_then_all_others() {
    let demo = Demo::start().await;
    let (here, phone) = tokio::join!(Chromium::start(), Chromium::start());
    phone.go(&demo.at(JOANA, "/demo/joana")).await;
    phone.until("location.pathname === '/organizations'").await;
    here.go(&demo.at(JOANA, "/demo/joana")).await;
    here.until("location.pathname === '/organizations'").await;
    let third = demo.caller("joana").await;

    let mut judge = Judge::new(&here).await;
    judge.page(&demo.at(JOANA, "/account")).await;
    assert_eq!(here.count("table.flip tbody tr").await, 3);
    here.says("tr:has(.tag)", "this browser").await;
    assert_eq!(here.count("tr:has(.tag)").await, 1, "this one is marked");
    here.says("tr:has(.tag)", "Chrome on Linux").await;
    // The phone's: the other one that is a browser.
    here.click("tr:not(:has(.tag)):has(th) button", "Chrome on Linux").await;
    here.until("document.querySelector('#status .live')").await;
    here.says("#status", "That session has ended.").await;
    assert_eq!(here.count("table.flip tbody tr").await, 2);
    judge.here(false).await;
    phone.go(&demo.at(JOANA, "/account")).await;
    phone.until("location.pathname === '/sign-in'").await;
    third.get("/api/v1/sessions/current").await.expect(200);

    here.click("button", "Sign out everywhere else").await;
    here.says("#status", "You are signed out everywhere else.").await;
    assert_eq!(here.count("table.flip tbody tr").await, 1);
    assert_eq!(here.count("form[action$='/end-others']").await, 0, "there are no others");
    third.get("/api/v1/sessions/current").await.expect(401);
    here.go(&demo.at(JOANA, "/organizations")).await;
    here.until("location.pathname === '/organizations'").await;
    judge.done();
    tokio::join!(here.quit(), phone.quit());
}
