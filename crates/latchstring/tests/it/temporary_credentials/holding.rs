//! Whoever holds them: signing in, going into the account, and everything that stays shut.

use serde_json::json;

use super::{claims, enter, inside, made, page, path, signed_in, try_to_sign_in, usual};
use crate::support::{
    cast::{ORIGIN, Stage},
    rows,
    server::Browser,
};

/// D5: on the ordinary page, into the one account, as "Support (temporary)", with the band and in the history.
#[tokio::test]
async fn whoever_has_them_is_in_the_account() {
    for stage in Stage::both().await {
        let pair = made(&stage, json!({ "validity_seconds": 3600, "mode": "write" })).await;
        let holder = signed_in(&stage.server.anonymous(), &pair).await;
        let first = holder.get("/temporary").await.expect(200).text;
        assert!(first.contains("Support (temporary) – Aurora Holding"), "{first}");
        let acting = inside(&stage, &holder).await;
        let yes = stage.ask(&acting, "GET", "/ledger").await.expect(200);
        assert_eq!(yes.header("x-latchstring-acting"), "temporary");
        assert_eq!(yes.header("x-latchstring-account"), stage.aurora);
        assert_eq!(yes.header("remote-name"), "Support (temporary)");
        assert_eq!(yes.header("remote-email"), pair.email);
        assert_eq!(yes.header("remote-groups"), "temporary");
        let told = claims(&yes);
        assert_eq!(told["acting"], "temporary");
        assert_eq!(told["sub"], format!("{}:temporary", stage.aurora));
        assert_eq!(told["act"]["name"], "Support (temporary)");
        assert_eq!(told["grant"], pair.id);
        assert_eq!(told["mode"], "write");
        stage.ask(&acting, "POST", "/ledger/7").await.expect(200);

        let band =
            stage.at_product(&format!("{ORIGIN}/_latchstring/banner.json"), &acting).await.expect(200).json();
        assert_eq!(band["acting"], "temporary");
        let text = band["text"].as_str().expect("words");
        assert!(text.starts_with("You are in Aurora Holding as Support (temporary) until "), "{text}");

        stage.server.advance(kernel::Duration::seconds(2)).await;
        let log =
            stage.joana.get(&format!("/organizations/{}/access-log", stage.aurora)).await.expect(200).text;
        assert!(log.contains("Support (temporary)"));
        let grant = format!("/organizations/{}/access-log/{}", stage.aurora, pair.id);
        let grant = stage.joana.get(&grant).await.expect(200).text;
        for words in [
            "Temporary credentials",
            "/ledger/7",
            "Support (temporary) is in since",
            "Looked at 1 page, changed 1 thing.",
        ] {
            assert!(grant.contains(words), "{words}");
        }
        let kinds: Vec<String> =
            rows::audit(&stage.server).await.into_iter().map(|entry| entry.kind).collect();
        for kind in ["generated", "used", "entered"] {
            assert!(kinds.contains(&format!("temporary_credentials.{kind}")), "{kind}");
        }
        let subjects = rows::subjects_of_mail(&stage.server, "joana@aurora.example").await;
        assert!(
            subjects
                .iter()
                .any(|subject| subject == "Somebody is in Aurora Holding with temporary credentials")
        );
    }
}

/// A19, D5: reading only is what they are good for unless more was chosen.
#[tokio::test]
async fn reading_only_is_the_default() {
    let stage = Stage::start().await;
    let pair = made(&stage, usual()).await;
    let acting = inside(&stage, &signed_in(&stage.server.anonymous(), &pair).await).await;
    stage.ask(&acting, "GET", "/ledger").await.expect(200);
    let no = stage.ask(&acting, "POST", "/ledger/7").await.expect(403);
    assert_eq!(no.header("x-latchstring-reason"), "read_only");
}

/// D6, S44: with a signed-in agent only: nobody else gets in, the agent is the one whom the product and the history name, and
/// their entry ends with their own session.
#[tokio::test]
async fn they_can_be_made_to_work_beside_an_agent_only() {
    for stage in Stage::both().await {
        let pair = made(&stage, json!({ "validity_seconds": 3600, "requires_agent": true })).await;
        for (who, browser) in [
            ("nobody", stage.server.anonymous()),
            ("a member", stage.marcos.clone()),
            ("the vendor's administrator, who is no agent", stage.vera.clone()),
        ] {
            let refused = try_to_sign_in(&browser, &pair.email, &pair.password).await.expect(403);
            assert!(refused.text.contains("work only together with a support agent"), "{who}");
            assert!(
                !refused
                    .headers
                    .get_all("set-cookie")
                    .iter()
                    .any(|line| line.to_str().is_ok_and(|line| line.contains("temporary")))
            );
        }
        stage.ana.get("/sign-in?temporary=1").await.expect(200);
        let holder = signed_in(&stage.ana, &pair).await;
        assert!(holder.get("/temporary").await.expect(200).text.contains("Together with Ana Souza"));
        // The cookie of it is worth nothing without Ana's own, or beside another agent's.
        let only =
            holder.cookie.as_deref().and_then(|all| all.split("; ").nth(1)).expect("two cookies").to_owned();
        let bruno = stage.bruno.cookie.clone().expect("signed in");
        for other in [only.clone(), format!("{bruno}; {only}")] {
            let browser = stage.server.anonymous().with_cookie(other);
            let led = browser.get("/temporary").await.expect(303);
            assert_eq!(led.header("location"), "/sign-in?temporary=1");
            let led = browser.form("/temporary/enter", &[]).await.expect(303);
            assert_eq!(led.header("location"), "/sign-in?temporary=1");
        }
        let acting = inside(&stage, &holder).await;
        let yes = stage.ask(&acting, "GET", "/ledger").await.expect(200);
        assert_eq!(yes.header("x-latchstring-acting"), "temporary");
        assert_eq!(yes.header("remote-name"), "Ana Souza");
        assert_eq!(claims(&yes)["act"]["name"], "Ana Souza");
        stage.server.advance(kernel::Duration::seconds(2)).await;
        let log = rows::audit(&stage.server).await;
        let entered =
            log.iter().find(|entry| entry.kind == "temporary_credentials.entered").expect("an entry");
        assert_eq!(entered.actor_name, "Ana Souza");
        let sessions = format!("/api/v1/organizations/{}/grants/{}/sessions", stage.aurora, pair.id);
        let told = stage.joana.get(&sessions).await.expect(200).json();
        let summary = told["data"][0]["summary"].as_str().expect("words");
        assert!(
            summary.starts_with("Ana Souza, level 2, of Ledger, with temporary credentials, is in since"),
            "{summary}"
        );
        // Her own session carries it.
        stage.ana.post("/api/v1/sign-out", json!({})).await;
        holder.form("/sign-out", &[]).await.expect(303);
        let over = stage.ask(&acting, "GET", "/ledger").await.expect(403);
        assert_eq!(over.header("x-latchstring-reason"), "session_ended");
        stage.server.anonymous().with_cookie(only).get("/temporary").await.expect(303);
    }
}

/// D6, S28: an agent who signs in with another customer's pair in the same browser is in that account, and no longer in the one
/// before: also where the entry hangs on the agent's own session, which stays. The customer reads that they left.
#[tokio::test]
async fn another_pair_in_the_same_browser_ends_the_entry_before() {
    for stage in Stage::both().await {
        for requires_agent in [true, false] {
            let body = json!({ "validity_seconds": 3600, "requires_agent": requires_agent });
            let first = made(&stage, body.clone()).await;
            let other = stage.bea.post(&path(&stage.boreal), body).await.expect(201).json();
            let other = super::pair(&other);
            let holder = signed_in(&stage.ana, &first).await;
            let acting = inside(&stage, &holder).await;
            stage.ask(&acting, "GET", "/ledger").await.expect(200);
            let mut log = rows::Reader::new(&stage).await;
            let answer = try_to_sign_in(&holder, &other.email, &other.password).await.expect(303);
            let over = stage.ask(&acting, "GET", "/ledger").await.expect(403);
            assert_eq!(over.header("x-latchstring-reason"), "session_ended");
            let news = log.news().await;
            let left: Vec<_> =
                news.iter().filter(|entry| entry.kind == "temporary_credentials.left").collect();
            assert_eq!(left.len(), 1, "{left:?}");
            assert_eq!(
                (&left[0].organization, &left[0].grant),
                (&Some(stage.aurora.clone()), &Some(first.id.clone()))
            );
            // The other one works, in the account of the other customer; the first pair does too, for whoever signs in with it.
            let cookie = answer.cookie("__Host-latchstring_temporary");
            let own = stage.ana.cookie.clone().expect("signed in");
            let holder = stage.ana.with_cookie(format!("{own}; {cookie}"));
            let acting = inside(&stage, &holder).await;
            let yes = stage.ask(&acting, "GET", "/ledger").await.expect(200);
            assert_eq!(yes.header("x-latchstring-account"), stage.boreal);
            stage.ana.get("/api/v1/sessions/current").await.expect(200);
            signed_in(&stage.ana, &first).await;
            for (who, id) in [(&stage.joana, &first.id), (&stage.bea, &other.id)] {
                super::revoke(who, id).await.expect(200);
            }
            stage.server.clock.advance(kernel::Duration::seconds(2));
        }
    }
}

/// D6, A37: the agent beside whom they work is suspended, and is out at once.
#[tokio::test]
async fn an_agent_who_is_suspended_is_out_of_them_too() {
    let stage = Stage::start().await;
    let pair = made(&stage, json!({ "validity_seconds": 3600, "requires_agent": true })).await;
    let acting = inside(&stage, &signed_in(&stage.ana, &pair).await).await;
    stage.ask(&acting, "GET", "/ledger").await.expect(200);
    let agents = stage.vera.get("/api/v1/agents").await.expect(200).json();
    let ana = agents["data"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|one| one["name"] == "Ana Souza")
        .expect("Ana");
    let id = ana["id"].as_str().expect("an id");
    stage.vera.post(&format!("/api/v1/agents/{id}/suspend"), json!({})).await.expect(200);
    stage.ask(&acting, "GET", "/ledger").await.expect(403);
}

/// D5: leaving leads back to where they began, and signing out ends what hangs on it; a person's own session in the same
/// browser stays what it was.
#[tokio::test]
async fn leaving_and_signing_out() {
    let stage = Stage::start().await;
    let pair = made(&stage, usual()).await;
    let holder = signed_in(&stage.ana, &pair).await;
    assert!(holder.get("/api/v1/sessions/current").await.expect(200).text.contains("Ana"));
    let acting = inside(&stage, &holder).await;
    let leave = stage
        .server
        .anonymous()
        .with_cookie(acting.clone())
        .request("POST", "/_latchstring/leave")
        .header("host", "erp.example.com")
        .header("x-forwarded-host", "erp.example.com")
        .header("x-forwarded-proto", "http");
    let left = crate::support::server::Answer::of(leave).await.expect(303);
    assert_eq!(left.header("location"), format!("{}/temporary", stage.server.url));
    stage.ask(&acting, "GET", "/ledger").await.expect(403);
    let again = inside(&stage, &holder).await;
    stage.ask(&again, "GET", "/ledger").await.expect(200);
    let out = holder.form("/temporary/sign-out", &[]).await.expect(303);
    assert!(out.headers["set-cookie"].to_str().expect("ASCII").starts_with("__Host-latchstring_temporary=;"));
    stage.ask(&again, "GET", "/ledger").await.expect(403);
    holder.get("/temporary").await.expect(303);
    stage.ana.get("/api/v1/sessions/current").await.expect(200);
    let kinds: Vec<String> = rows::audit(&stage.server).await.into_iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "temporary_credentials.left").count(), 2);
}

/// D10, A36, S5: no second factor is asked for, and nothing else of ours is open: no page, no change of anything, no further
/// credentials, and no way on from inside.
#[tokio::test]
async fn they_open_nothing_else() {
    let stage = Stage::start().await;
    let pair = made(&stage, json!({ "validity_seconds": 3600, "mode": "write" })).await;
    let holder = signed_in(&stage.server.anonymous(), &pair).await;
    let cookie = holder.cookie.clone().expect("signed in");
    let value = cookie.split_once('=').expect("a pair").1;
    let acting = inside(&stage, &holder).await;
    let disguised = holder
        .with_cookie(format!("{acting}; __Host-latchstring={value}; __Host-latchstring_sign_in={value}"));
    for browser in [&holder, &disguised] {
        for path in [
            "/account".to_owned(),
            "/account/two-factor".to_owned(),
            "/desk".to_owned(),
            "/organizations".to_owned(),
            "/admin/organizations".to_owned(),
            page(&stage.aurora),
            format!("/organizations/{}/members", stage.aurora),
            format!("/organizations/{}/tokens", stage.aurora),
            format!("/organizations/{}/access-log", stage.aurora),
            format!("/organizations/{}/open-doors", stage.aurora),
        ] {
            let led = browser.get(&path).await.expect(303);
            assert!(led.header("location").starts_with("/sign-in"), "{path}");
        }
        browser.post(&path(&stage.aurora), usual()).await.expect(401);
        super::revoke(browser, &pair.id).await.expect(401);
        let change = json!({ "current_password": pair.password, "new_password": "another latch and string" });
        browser.post("/api/v1/account/password", change).await.expect(401);
        browser.get("/events").await.expect(303);
        let into = format!("/continue?rd={}", "http%3A%2F%2Ferp.example.com%2F");
        assert!(browser.get(&into).await.expect(303).header("location").starts_with("/sign-in"));
    }
    // Nor does the password open anything where a person's would.
    let host = ORIGIN.split_once("://").expect("an origin").1;
    let basic = crate::integration_logins::basic(&pair.email, &pair.password);
    let legacy = stage
        .server
        .anonymous()
        .request("GET", "/authz/legacy?under=/soap/")
        .header("authorization", basic)
        .header("x-forwarded-method", "POST")
        .header("x-forwarded-proto", "http")
        .header("x-forwarded-host", host)
        .header("x-forwarded-uri", "/soap/x")
        .header("x-forwarded-for", "203.0.113.9");
    assert_eq!(legacy.send().await.expect("an answer").status(), 401);
    let reset = json!({ "email": pair.email });
    stage.server.anonymous().post("/api/v1/account-recovery/reset-requests", reset).await.expect(202);
    stage.server.deliver().await;
    assert!(stage.server.mailbox.to(&pair.email).is_empty(), "nothing is ever mailed there");
}

/// D5, S39: over the API, in a session that is no person's.
#[tokio::test]
async fn programs_sign_in_with_them_too() {
    let stage = Stage::start().await;
    let pair = made(&stage, usual()).await;
    let nobody: Browser = stage.server.anonymous();
    let typed = pair.password.to_uppercase().replace('-', " ");
    let body = json!({ "email": pair.email.to_uppercase(), "password": typed });
    let answer = nobody.post("/api/v1/sign-in", body).await.expect(201);
    assert_eq!(answer.json()["organization_id"], stage.aurora);
    let holder = nobody.with_cookie(answer.cookie("__Host-latchstring_temporary"));
    holder.get("/api/v1/sessions/current").await.expect(401);
    let acting = stage.through(&holder, &enter(&holder).await).await.expect(303);
    stage.ask(&acting.cookie("__Host-latchstring_acting"), "GET", "/").await.expect(200);
}
