//! A partner's people inside a client's account.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::Duration;
use serde_json::{Value, json};

use super::{ALL, House, client, partner, text};
use crate::support::{
    cast::through,
    rows::{Reader, audit},
    server::{Answer, nothing},
};

/// The cookie of whoever was let in.
pub fn acting_cookie(answer: &Answer) -> Option<String> {
    let cookies = answer.headers.get_all("set-cookie");
    let pair = cookies.iter().filter_map(|line| line.to_str().ok()?.split(';').next());
    pair.filter(|pair| pair.starts_with("__Host-latchstring_acting=") && !pair.ends_with('='))
        .map(str::to_owned)
        .next()
}

fn claims(answer: &Answer) -> Value {
    let token = answer.header("x-latchstring-jwt-assertion");
    let body = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).expect("letters")).expect("claims")
}

/// B17: a session of its own bound to the grant, the band, and what the product is told.
#[tokio::test]
async fn a_partners_user_enters_and_the_product_is_told_who() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.with_lea(&["ticket_user", "server_management"]).await;
        let mut log = Reader::new(stage).await;
        let inside = house.inside(&house.lea, &grant).await;
        let entries = log.news().await;
        let of = |kind: &str| entries.iter().filter(|entry| entry.kind == kind).count();
        assert_eq!(of("partner.entered"), 2, "both organizations' logs");
        let told = house.ask(&inside).await.expect(200);
        assert_eq!(told.header("x-latchstring-acting"), "partner");
        assert_eq!(told.header("x-latchstring-permissions"), "server_management,ticket_user");
        assert_eq!(told.header("x-latchstring-account"), stage.aurora);
        let claims = claims(&told);
        assert_eq!(claims["permissions"], json!(["server_management", "ticket_user"]));
        assert_eq!(claims["act"]["act"]["sub"], house.kappa);
        // The person is the actor, not the subject's password: their own session shows nothing of it.
        assert!(text(&claims["act"]["sub"]).starts_with("usr_"));
        // The band says for whom, and in whose account.
        let at = |piece: &str| format!("{}/_latchstring/{piece}", stage.origin);
        let band = stage.at_product(&at("banner.json"), &inside).await.expect(200).json();
        assert_eq!(band["acting"], "partner");
        let words = text(&band["text"]);
        assert!(words.starts_with("You are acting for Kappa Comptables in Aurora Holding until "), "{words}");
        let shown = stage.at_product(&at("banner"), &inside).await.expect(200).text;
        assert!(shown.contains(&words), "{shown}");

        // Out again: the other pages of the account are closed, the entry is in both logs.
        let left = stage
            .server
            .anonymous()
            .with_cookie(inside.clone())
            .request("POST", "/_latchstring/leave")
            .header("host", stage.origin.trim_start_matches("http://"))
            .header("x-forwarded-host", stage.origin.trim_start_matches("http://"))
            .header("x-forwarded-proto", "http")
            .header("origin", stage.origin.as_str())
            .header("x-forwarded-for", "203.0.113.9");
        Answer::of(left).await.expect(303);
        assert_ne!(house.ask(&inside).await.status, 200);
        let news = log.news().await;
        assert_eq!(news.iter().filter(|entry| entry.kind == "partner.left").count(), 2, "{news:?}");
        stage.at_product(&at("banner.json"), &inside).await.expect(403);
        assert_eq!(stage.at_product(&at("banner"), &inside).await.expect(200).text, "");
    }
}

/// B17, A33, A36: inside, the partner's user has none of the account's own doors; the session ends where the person's does.
#[tokio::test]
async fn inside_there_are_the_same_limits_as_for_agents() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.with_lea(&ALL).await;
        let inside = house.inside(&house.lea, &grant).await;
        let value = inside.split_once('=').expect("a pair").1;
        let disguised = stage.server.anonymous().with_cookie(format!("{inside}; __Host-latchstring={value}"));
        for path in ["/organizations", "/my-clients", "/my-partner", "/account/password"] {
            assert_ne!(disguised.get(path).await.status, 200, "{path}");
        }
        disguised.get("/api/v1/organizations").await.expect(401);
        // Whoever signs out is out everywhere.
        house.ask(&inside).await.expect(200);
        house.lea.post("/api/v1/sign-out", nothing()).await.expect(204);
        assert_ne!(house.ask(&inside).await.status, 200);
    }
}

/// B17, case 37, case 38: the way in is good once, for the person's own browser only; nobody else's ticket leads in.
#[tokio::test]
async fn a_way_in_is_good_once_and_for_one_person() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.with_lea(&ALL).await;
        let way = house.lea.post(&client(&grant, "/enter"), nothing()).await.expect(201).json();
        let url = text(&way["url"]);
        // Noa opens Lea's address.
        let begun = stage.at_product(&url, "").await.expect(303);
        house.noa.get(begun.header("location")).await.expect(403);
        let way = house.lea.post(&client(&grant, "/enter"), nothing()).await.expect(201).json();
        let url = text(&way["url"]);
        through(&house.lea, &url).await.expect(303).cookie("__Host-latchstring_acting");
        let begun = stage.at_product(&url, "").await.expect(303);
        house.lea.get(begun.header("location")).await.expect(403);
        // A ticket from before the permissions were taken leads nowhere.
        let way = house.lea.post(&client(&grant, "/enter"), nothing()).await.expect(201).json();
        let (callback, cookie) = stage.way_in(&house.lea, &text(&way["url"])).await;
        let one = client(&grant, &format!("/users/{}", house.lea_member));
        house.kim.send("DELETE", &one, nothing()).await.expect(204);
        let late = stage.at_product(&callback, &cookie).await;
        assert!(acting_cookie(&late).is_none(), "{late:?}");
    }
}

/// B15: the end that the client chose ends whoever is in, at that moment and not at the next entry.
#[tokio::test]
async fn an_end_ends_whoever_is_in() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.with_lea(&ALL).await;
        let at = web::rest::rfc3339(stage.server.now() + Duration::minutes(10));
        stage.joana.send("PATCH", &partner(&grant, ""), json!({ "ends_at": at })).await.expect(200);
        let inside = house.inside(&house.lea, &grant).await;
        house.ask(&inside).await.expect(200);
        stage.server.clock.advance(Duration::seconds(599));
        house.ask(&inside).await.expect(200);
        stage.server.clock.advance(Duration::seconds(1));
        assert_ne!(house.ask(&inside).await.status, 200);
    }
}

/// Case 39: an application that nobody registered, or one of several that was not chosen, is no way in.
#[tokio::test]
async fn the_product_must_be_one() {
    let house = House::start().await;
    let grant = house.with_lea(&ALL).await;
    let unknown = json!({ "application": format!("app_{}", "0".repeat(26)) });
    let answer = house.lea.post(&client(&grant, "/enter"), unknown).await;
    assert!([404, 422].contains(&answer.status), "{}", answer.text);
    let entered = audit(&house.stage.server).await;
    assert!(!entered.iter().any(|entry| entry.kind == "partner.entered"));
}
