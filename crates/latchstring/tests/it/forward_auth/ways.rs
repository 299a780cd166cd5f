//! The way into a product is bound to the browser that began it: nobody is signed in as somebody else by a link, and nobody
//! is made to enter by one.

use serde_json::json;

use crate::support::{
    cast::{ORIGIN, Stage, sign_in},
    rows::Reader,
    server::{Answer, nothing},
};

const BEGIN: &str = "http://erp.example.com/_latchstring/begin?rd=%2F";
const WAY: &str = "__Host-latchstring_way";

/// Nobody came in by it.
#[track_caller]
fn is_refused(answer: &Answer, why: &str) {
    assert_eq!(answer.status, 403, "{why}: {}", answer.text);
    assert!(!answer.headers.contains_key("set-cookie"), "{why}: {:?}", answer.headers);
    assert!(answer.text.contains("<h1"), "{why}: {}", answer.text);
}

/// Case 19, S70: a member's own code, opened in somebody else's browser, signs nobody in there, whatever ways that browser is
/// on; after that it is worth nothing in any browser. The page leads to the other person's own account.
#[tokio::test]
async fn a_code_of_mine_signs_nobody_else_in() {
    for stage in Stage::both().await {
        let mut log = Reader::new(&stage).await;
        let victims = stage.at_product(BEGIN, "").await.expect(303).cookie(WAY);
        let planted = format!("{WAY}=lsw_000000000000000000000000000000000000");
        for (brought, what) in
            [(String::new(), "no way"), (victims.clone(), "another way"), (planted, "no way of ours")]
        {
            let (callback, attackers) = stage.way_in(&stage.bea, BEGIN).await;
            let page = stage.at_product(&callback, &brought).await;
            is_refused(&page, what);
            assert!(page.text.contains("/_latchstring/begin?rd=%2F"), "{}", page.text);
            log.expect(&["session.handed_over done by Bea Font", "handover.refused refused by nobody"]).await;
            let late = stage.at_product(&callback, &attackers).await;
            assert_eq!(late.status, 410, "{what}: not even where it was begun");
        }
        // Two cookies of one name: which of them is meant cannot be known (S35).
        let (callback, attackers) = stage.way_in(&stage.bea, BEGIN).await;
        is_refused(&stage.at_product(&callback, &format!("{victims}; {attackers}")).await, "planted beside");
        // The victim's own way is as good as before.
        let led = stage
            .marcos
            .get(&format!("/continue?rd=http%3A%2F%2Ferp.example.com%2F&way={}", hash_of(&victims)))
            .await
            .expect(303);
        let inside = stage.at_product(led.header("location"), &victims).await.expect(303);
        let inside = inside.cookie("__Host-latchstring_app");
        let told = stage.ask(&inside, "GET", "/").await.expect(200);
        assert_eq!(told.header("remote-email"), "marcos@aurora.example");
    }
}

fn hash_of(cookie: &str) -> String {
    kernel::Secret::from_text(cookie.split_once('=').expect("a cookie").1.to_owned()).hash().to_string()
}

/// Case 19: an address of ours with somebody else's way leads a browser to a code that is worth nothing in it.
#[tokio::test]
async fn a_way_of_mine_is_worth_nothing_to_others() {
    let stage = Stage::start().await;
    let begun = stage.at_product(BEGIN, "").await.expect(303);
    // Marcos opens the address that Bea's browser was sent to.
    let led = stage.marcos.get(begun.header("location")).await.expect(303);
    is_refused(&stage.at_product(led.header("location"), "").await, "in the browser of Marcos");
    // And one that nobody began is begun first, where the browser is.
    for query in ["", "&way=", "&way=x", &format!("&way={}", "A".repeat(64))] {
        let led = stage.marcos.get(&format!("/continue?rd=http%3A%2F%2Ferp.example.com%2Fa{query}")).await;
        assert_eq!(led.expect(303).header("location"), format!("{ORIGIN}/_latchstring/begin?rd=%2Fa"));
    }
}

/// Case 19: each beginning gives the browser a new secret, bound to its host; several pages on their way do not end each other,
/// and each way is gone once.
#[tokio::test]
async fn several_pages_are_on_their_way() {
    let stage = Stage::start().await;
    let first = stage.at_product(BEGIN, "").await.expect(303);
    let set = first.header("set-cookie");
    for guard in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure", "; Max-Age=600"] {
        assert!(set.contains(guard) && !set.contains("Domain"), "{set}");
    }
    let one = first.cookie(WAY);
    let second = stage.at_product(BEGIN, &one).await.expect(303);
    let both = second.cookie(WAY);
    assert!(both.ends_with(one.split_once('=').expect("a cookie").1) && both.len() > one.len());
    let led = stage.marcos.get(first.header("location")).await.expect(303);
    let arrived = stage.at_product(led.header("location"), &both).await.expect(303);
    let left = arrived.cookie(WAY);
    assert!(!left.contains(one.split_once('=').expect("a cookie").1), "the way that was gone is over");
    let led = stage.marcos.get(second.header("location")).await.expect(303);
    let arrived = stage.at_product(led.header("location"), &left).await.expect(303);
    assert_eq!(arrived.cookie(WAY), format!("{WAY}="));
    // What is not ours in the cookie is dropped.
    let anew = stage.at_product(BEGIN, &format!("{WAY}=planted")).await.expect(303).cookie(WAY);
    assert!(!anew.contains("planted") && !anew.contains('.'), "{anew}");
}

/// Case 19, S70, A33: nobody is made to enter an account by a link. What *Enter* gives is good in the agent's own session, once,
/// and opens nothing at the product by itself.
#[tokio::test]
async fn a_link_makes_nobody_enter() {
    for stage in Stage::both().await {
        let grant = stage.opened_to_ana("write").await;
        let ticket = async || {
            let way = stage.ana.post(&format!("/api/v1/support-tokens/{grant}/enter"), nothing()).await;
            way.expect(201).json()["url"].as_str().expect("an address").to_owned()
        };
        let mut log = Reader::new(&stage).await;
        // Another agent, a member, and the same agent in another browser open the link.
        let elsewhere = sign_in(&stage.server, "ana@vendor.example").await;
        log.news().await;
        for (who, name) in
            [(&stage.bruno, "Bruno Ramos"), (&stage.joana, "Joana Prado"), (&elsewhere, "Ana Souza")]
        {
            let begin = ticket().await;
            let begun = stage.at_product(&begin, "").await.expect(303);
            is_refused(&who.get(begun.header("location")).await, name);
            log.expect(&[
                "support_token.entered done by Ana Souza",
                &format!("handover.refused refused by {name}"),
            ])
            .await;
            is_refused(&stage.ana.get(begun.header("location")).await, "used up");
            log.news().await;
        }
        // Nobody is signed in: the way leads to the door, and back to the desk.
        let begun = stage.at_product(&ticket().await, "").await.expect(303);
        let door = stage.server.anonymous().get(begun.header("location")).await.expect(303);
        assert_eq!(door.header("location"), "/sign-in?return_to=%2Fdesk");
        // The ticket itself is no code, and a code no ticket.
        let begin = ticket().await;
        let ticket = begin.split_once("entry=").expect("a ticket").1;
        let way = stage.at_product(BEGIN, "").await.expect(303).cookie(WAY);
        let callback = format!("{ORIGIN}/_latchstring/callback?code={ticket}");
        is_refused(&stage.at_product(&callback, &way).await, "a ticket at the product");
        let (callback, way) = stage.way_in(&stage.marcos, BEGIN).await;
        let code = callback.split_once("code=").expect("a code").1;
        let way = hash_of(&way);
        is_refused(
            &stage.marcos.get(&format!("/continue?entry={code}&way={way}")).await,
            "a code for a ticket",
        );
        for wrong in ["x", "lsc_000000000000000000000000000000000000", ""] {
            let answer = stage.ana.get(&format!("/continue?entry={wrong}&way={way}")).await;
            assert!(matches!(answer.status, 303 | 403), "{wrong}: {}", answer.status);
            assert!(!answer.header("location").contains("code="), "{wrong}: {}", answer.header("location"));
        }
        // What she began herself she comes to the end of, in her browser only.
        let begin = format!("{ORIGIN}/_latchstring/begin?entry={}", {
            let way = stage.ana.post(&format!("/api/v1/support-tokens/{grant}/enter"), json!({})).await;
            way.expect(201).json()["url"]
                .as_str()
                .and_then(|url| url.split_once("entry="))
                .expect("a ticket")
                .1
                .to_owned()
        });
        let (callback, way) = stage.way_in(&stage.ana, &begin).await;
        let page = stage.at_product(&callback, "").await;
        is_refused(&page, "her code in another browser");
        assert!(page.text.contains("/desk"), "{}", page.text);
        assert_eq!(stage.at_product(&callback, &way).await.status, 410);
        let inside = stage.ana_inside(&grant).await;
        stage.ask(&inside, "GET", "/").await.expect(200);
    }
}
