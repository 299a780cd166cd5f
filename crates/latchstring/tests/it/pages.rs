//! Every page for every role, and what strangers can get onto one.

use std::collections::{BTreeSet, VecDeque};

use kernel::Duration;
use serde_json::json;

use crate::support::{
    cast::{Stage, accept, organization, revoke, sign_in, tokens},
    server::Browser,
};

const HOSTILE: [&str; 5] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'; DROP TABLE users; --",
    "{{7*7}}${7*7}<%=7*7%>",
    "=cmd|'/c'!A1&amp;",
];

/// S79, cases 41 and 42: names, tickets and reasons of strangers are text on every page and in every mail, on one line.
#[tokio::test]
async fn what_strangers_write_is_text_everywhere() {
    for hostile in HOSTILE {
        let mut stage = Stage::start().await;
        stage.aurora = organization(&stage.server, &stage.vera, hostile, "eve@aurora.example").await;
        accept(&stage.server, "eve@aurora.example", hostile).await;
        let eve = sign_in(&stage.server, "eve@aurora.example").await;
        stage.joana = eve.clone();
        let body = json!({ "validity_seconds": 3600, "customer_ticket": hostile });
        let token = stage.open(body).await;
        let body = json!({ "code": token["code"], "ticket": hostile, "reason": hostile });
        stage.ana.post("/api/v1/desk/associate", body).await.expect(200);
        let body = json!({ "email": "x@aurora.example", "name": hostile, "role": "member" });
        eve.post(&format!("/api/v1/organizations/{}/invitations", stage.aurora), body).await.expect(201);
        let mut seen = 0;
        for (start, by) in
            [("/organizations", &eve), ("/desk", &stage.ana), ("/admin/organizations", &stage.vera)]
        {
            for (path, page) in crawl(by, start).await {
                let is_raw = page.contains(hostile) && hostile.contains('<');
                let has_tag =
                    page.contains("<script>alert") || page.contains("<img src=x") || page.contains("\"><img");
                assert!(!is_raw && !has_tag, "{path}: {page}");
                seen += usize::from(
                    page.contains("alert(1)")
                        || page.contains("DROP TABLE")
                        || page.contains("7*7")
                        || page.contains("cmd|"),
                );
            }
        }
        assert!(seen >= 8, "it stands on {seen} pages as text");
        stage.server.deliver().await;
        for mail in stage.server.mailbox.all() {
            assert!(!mail.subject.chars().any(char::is_control), "{:?}", mail.subject);
        }
    }
}

/// S79, S71: what breaks a line or turns the direction of text is refused, or becomes a space.
#[tokio::test]
async fn control_characters_get_into_no_name() {
    let stage = Stage::start().await;
    for bad in ["a\u{202e}gpj.exe", "a\u{0}b", "a\u{1b}[2Jb", "a\u{200b}b", "\u{2066}a"] {
        let body = json!({ "name": bad, "administrator_email": "x@x.example" });
        stage.vera.post("/api/v1/organizations", body).await.expect(422);
        let body = json!({ "email": "x@aurora.example", "name": bad, "role": "member" });
        stage
            .joana
            .post(&format!("/api/v1/organizations/{}/invitations", stage.aurora), body)
            .await
            .expect(422);
        let form = [("name", bad), ("language", ""), ("time_zone", "")];
        stage.joana.form("/account", &form).await.expect(422);
        let body = json!({ "validity_seconds": 3600, "customer_ticket": bad });
        let answer =
            stage.joana.post(&format!("/api/v1/organizations/{}/support-tokens", stage.aurora), body).await;
        assert_eq!(answer.status, 422, "{bad:?} as a ticket");
    }
    let body = json!({ "name": "Two\r\nBcc: eve@evil.example", "administrator_email": "two@x.example" });
    stage.vera.post("/api/v1/organizations", body).await.expect(201);
    stage.server.deliver().await;
    let mail = stage.server.mailbox.to("two@x.example").pop().expect("one mail");
    assert!(mail.subject.contains("Two Bcc: eve@evil.example"), "{}", mail.subject);
    assert!(stage.server.mailbox.to("eve@evil.example").is_empty());
}

/// Every page that a link leads to, from `start` on: none is missing, none is a fault.
async fn crawl(by: &Browser, start: &str) -> Vec<(String, String)> {
    let mut waiting = VecDeque::from([(start.to_owned(), String::new())]);
    let mut known = BTreeSet::from([start.to_owned()]);
    let mut pages = Vec::new();
    while let Some((path, from)) = waiting.pop_front() {
        assert!(pages.len() < 300, "no end of pages");
        let answer = by.get(&path).await;
        assert!(
            matches!(answer.status, 200 | 303),
            "{path}, linked from {from}: {} {}",
            answer.status,
            answer.text
        );
        let mut found: Vec<String> = Vec::new();
        if answer.status == 303 {
            found.push(answer.header("location").to_owned());
        }
        let is_page = answer.header("content-type").starts_with("text/html");
        if is_page {
            let parts = answer.text.split(" href=\"").skip(1).filter_map(|rest| rest.split('"').next());
            found.extend(parts.map(|link| link.replace("&#38;", "&").replace("&amp;", "&")));
        }
        for link in found {
            let to = link.split('#').next().unwrap_or_default().to_owned();
            if to.starts_with('/') && !to.starts_with("/assets/") && known.insert(to.clone()) {
                waiting.push_back((to, path.clone()));
            }
        }
        if is_page || answer.status == 303 {
            pages.push((path, answer.text));
        }
    }
    pages
}

/// Every page of every console is there for its people; for everybody else it is a refusal and never a fault.
#[tokio::test]
async fn every_page_is_drawn_for_every_role() {
    let stage = Stage::start().await;
    stage.opened_to_ana("write").await;
    let body = json!({ "email": "x@aurora.example", "name": "X", "role": "member" });
    stage.joana.post(&format!("/api/v1/organizations/{}/invitations", stage.aurora), body).await.expect(201);
    let mut all = BTreeSet::new();
    for (start, by, least) in [
        ("/", &stage.joana, 12),
        ("/", &stage.marcos, 5),
        ("/", &stage.ana, 5),
        ("/", &stage.vera, 12),
        ("/", &stage.bea, 8),
        ("/sign-in", &stage.server.anonymous(), 1),
    ] {
        let pages = crawl(by, start).await;
        let paths: Vec<&String> = pages.iter().map(|(path, _)| path).collect();
        assert!(pages.len() >= least, "{paths:?}");
        all.extend(pages.into_iter().map(|(path, _)| path));
    }
    for path in &all {
        for by in [
            &stage.joana,
            &stage.marcos,
            &stage.ana,
            &stage.bruno,
            &stage.vera,
            &stage.bea,
            &stage.server.anonymous(),
        ] {
            let answer = by.get(path).await;
            assert!(
                matches!(answer.status, 200 | 303 | 403 | 404),
                "{path}: {} {}",
                answer.status,
                answer.text
            );
        }
    }
}

/// A23: the history can be asked for a person, a state and days; what was asked for stays in the address and in the form.
#[tokio::test]
async fn the_history_is_asked_for_a_part() {
    for stage in Stage::both().await {
        let first = stage.open(json!({ "validity_seconds": 3600 })).await;
        stage
            .ana
            .post("/api/v1/desk/associate", json!({ "code": first["code"], "ticket": "1" }))
            .await
            .expect(200);
        revoke(&stage.joana, first["id"].as_str().expect("an id")).await.expect(200);
        stage.server.advance(Duration::hours(24)).await;
        let [joana, marcos] = [
            sign_in(&stage.server, "joana@aurora.example").await,
            sign_in(&stage.server, "marcos@aurora.example").await,
        ];
        let second =
            marcos.post(&tokens(&stage.aurora), json!({ "validity_seconds": 3600 })).await.expect(201);
        let codes = [&first, &second.json()].map(|token| token["code"].as_str().expect("a code").to_owned());
        let id = async |of: &Browser| {
            of.get("/api/v1/sessions/current").await.json()["user"]["id"].as_str().expect("an id").to_owned()
        };
        let ana = id(&sign_in(&stage.server, "ana@vendor.example").await).await;
        let (joanas, marcoss) = (id(&joana).await, id(&marcos).await);

        let path = format!("/organizations/{}/tokens/history", stage.aurora);
        for (query, shown) in [
            (String::new(), [true, true]),
            ("?person=&state=&from=&to=".to_owned(), [true, true]),
            ("?state=revoked".to_owned(), [true, false]),
            ("?state=pending".to_owned(), [false, true]),
            ("?state=active".to_owned(), [false, false]),
            (format!("?person={ana}"), [true, false]),
            (format!("?person={joanas}"), [true, false]),
            (format!("?person={marcoss}"), [false, true]),
            (format!("?person={marcoss}&state=revoked"), [false, false]),
            ("?from=2027-03-13".to_owned(), [false, true]),
            ("?to=2027-03-12".to_owned(), [true, false]),
            ("?from=2027-03-12&to=2027-03-13".to_owned(), [true, true]),
            ("?to=2027-03-11".to_owned(), [false, false]),
        ] {
            let page = joana.get(&format!("{path}{query}")).await.expect(200).text;
            for (code, is_shown) in codes.iter().zip(shown) {
                assert_eq!(page.contains(code.as_str()), is_shown, "{query}: {code}");
            }
            if shown == [false, false] {
                assert!(page.contains("is as you ask for"), "{query}");
            }
        }
        // The API is asked in the same way, with moments for days.
        for (query, shown) in [
            (String::new(), [true, true]),
            ("?state=revoked".to_owned(), [true, false]),
            (format!("?person={marcoss}"), [false, true]),
            (format!("?person={marcoss}&state=revoked"), [false, false]),
            ("?from=2027-03-13T03:00:00Z".to_owned(), [false, true]),
            ("?to=2027-03-13T03:00:00Z".to_owned(), [true, false]),
        ] {
            let list = joana.get(&format!("{}{query}", tokens(&stage.aurora))).await.expect(200).json();
            let list = list["data"].as_array().expect("a list").clone();
            for (code, is_shown) in codes.iter().zip(shown) {
                assert_eq!(list.iter().any(|token| token["code"] == *code), is_shown, "API {query}: {code}");
            }
        }
        for wrong in ["?state=open", "?person=ana", "?from=yesterday"] {
            joana.get(&format!("{}{wrong}", tokens(&stage.aurora))).await.expect(422);
        }
        let page = joana.get(&format!("{path}?state=revoked&person={ana}&from=2027-03-01")).await.expect(200);
        for chosen in [
            "<option value=\"revoked\" selected>",
            &format!("<option value=\"{ana}\" selected>"),
            "2027-03-01",
        ] {
            assert!(page.text.contains(chosen), "{chosen}: {}", page.text);
        }
        let wrong = joana.get(&format!("{path}?from=yesterday")).await.expect(422);
        assert!(wrong.text.contains("Give a day") && wrong.text.contains(&codes[0]), "{}", wrong.text);
        // Another organization's people are no way to its tokens.
        let bea = sign_in(&stage.server, "bea@boreal.example").await;
        bea.get(&format!("{path}?person={ana}")).await.expect(404);
    }
}

/// A8, A25: whoever may look sees on the token's page what the agent looks at, and when that was.
#[tokio::test]
async fn the_token_says_what_is_being_viewed() {
    for stage in Stage::both().await {
        let grant = stage.opened_to_ana("read_only").await;
        let page = format!("/organizations/{}/tokens", stage.aurora);
        assert!(!stage.joana.get(&page).await.expect(200).text.contains("viewing"));
        let inside = stage.ana_inside(&grant).await;
        stage.ask(&inside, "GET", "/ledger/<b>trial?secret=1").await;
        stage.ask(&inside, "GET", "/ledger/trial-balance?page=2").await.expect(200);
        stage.server.advance(Duration::seconds(20)).await;
        stage.ask(&inside, "POST", "/payroll").await.expect(403);
        stage.server.product.finish().await;
        let said = stage.joana.get(&page).await.expect(200).text;
        assert!(said.contains("<bdi>Ana Souza</bdi> is viewing <bdi>/ledger/"), "{said}");
        assert!(
            !said.contains("secret") && !said.contains("payroll") && !said.contains("<b>trial"),
            "{said}"
        );
        // A member who did not make it sees that she is in, not where.
        assert!(!stage.marcos.get(&page).await.expect(200).text.contains("is viewing"));
        stage.server.advance(Duration::minutes(2)).await;
        let said = stage.joana.get(&page).await.expect(200).text;
        assert!(said.contains("<bdi>Ana Souza</bdi> last viewed <bdi>/ledger/"), "{said}");
    }
}

/// Everybody finds out how it works without signing in; on a product's host the foot of our pages leads there too.
#[tokio::test]
async fn help_is_for_everybody() {
    let stage = Stage::start().await;
    let nobody = stage.server.anonymous();
    let help = nobody.get("/help").await.expect(200).text;
    for words in ["How the padlock works", "Ledger", "To end it", "Who can see what", "Whom to ask"] {
        assert!(help.contains(words), "{words}: {help}");
    }
    assert!(!help.contains("https://"), "nothing leads away");
    for page in [nobody.get("/sign-in").await, stage.joana.get("/organizations").await] {
        assert!(page.text.contains("href=\"/help\""), "{}", page.text);
    }
    stage.joana.get("/help").await.expect(200);
    let there = stage.at_product("http://erp.example.com/_latchstring/help", "").await.expect(303);
    assert_eq!(there.header("location"), format!("{}/help", stage.server.url));
}
