//! What the product hears, and what stands in the logs, when somebody of a partner is shut out.

use std::time::Duration;

use reqwest::Response;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{ALL, House, client, partner};
use crate::support::{
    cast::{invite, program, sign_in},
    rows::Reader,
    server::{Browser, nothing},
};

/// The vendor's product, listening.
struct Ear {
    stream: Response,
    /// What was heard and not told yet.
    text: String,
}

impl Ear {
    async fn open(product: &Browser) -> Self {
        let stream = product.request("GET", "/api/v1/events").send().await.expect("an answer");
        assert_eq!(stream.status(), 200);
        Self { stream, text: String::new() }
    }

    /// The next event of a kind, with what it says. Others before it are passed over.
    #[track_caller]
    fn hears(&mut self, kind: &str) -> impl Future<Output = Value> {
        let (wanted, place) = (format!("event: {kind}\n"), std::panic::Location::caller());
        async move {
            let heard = timeout(Duration::from_secs(5), async {
                loop {
                    while let Some(end) = self.text.find("\n\n") {
                        let event: String = self.text.drain(..end + 2).collect();
                        if event.contains(&wanted) {
                            let data = event.lines().find_map(|line| line.strip_prefix("data: "));
                            return serde_json::from_str(data.expect("data")).expect("JSON");
                        }
                    }
                    let piece = self.stream.chunk().await.expect("a stream").expect("it goes on");
                    self.text.push_str(&String::from_utf8_lossy(&piece));
                }
            });
            heard.await.unwrap_or_else(|_| panic!("{place}: never {wanted}"))
        }
    }
}

/// Lea goes in: her cookie there, and her session as the log names it.
async fn lea_inside(house: &House, grant: &str) -> (String, String) {
    let mut log = Reader::new(&house.stage).await;
    let cookie = house.inside(&house.lea, grant).await;
    let news = log.news().await;
    let begun = news.iter().find(|entry| entry.kind == "session.signed_in");
    (cookie, begun.and_then(|entry| entry.session.clone()).expect("she is in"))
}

/// A8, B9, B11, B12, B14, S30: a product that knows how grants end closes what it has open, whoever of the two sides ends or
/// disables a partner's, and however it is done.
#[tokio::test]
async fn a_product_hears_that_a_partners_grant_is_shut() {
    for house in House::both().await {
        let stage = &house.stage;
        let product = program(stage, &["events.read"]).await;
        let mut ear = Ear::open(&product).await;
        let many = format!("{}/many", house.clients());
        for way in ["revoked by the client", "disabled", "deleted", "deleted with others"] {
            let grant = house.with_lea(&ALL).await;
            let inside = house.inside(&house.lea, &grant).await;
            house.ask(&inside).await.expect(200);
            match way {
                "revoked by the client" => {
                    stage.joana.post(&partner(&grant, "/revoke"), nothing()).await.expect(200);
                }
                "disabled" => {
                    house.kim.post(&client(&grant, "/disable"), nothing()).await.expect(200);
                }
                "deleted" => {
                    house.kim.send("DELETE", &client(&grant, ""), nothing()).await.expect(204);
                }
                _ => {
                    let body = json!({ "do": "delete", "clients": [grant] });
                    house.kim.post(&many, body).await.expect(200);
                }
            }
            for organization in [&stage.aurora, &house.kappa] {
                let heard = ear.hears("grant.revoked").await;
                assert_eq!(
                    (&heard["grant"], &heard["organization"]),
                    (&json!(grant), &json!(organization)),
                    "{way}"
                );
            }
            assert_ne!(house.ask(&inside).await.status, 200);
            if way == "disabled" {
                house.kim.send("DELETE", &client(&grant, ""), nothing()).await.expect(204);
                for _ in 0..2 {
                    ear.hears("grant.revoked").await;
                }
            }
        }
        // What ends by itself.
        let grant = house.with_lea(&ALL).await;
        let end = web::rest::rfc3339(stage.server.now() + kernel::Duration::minutes(5));
        stage.joana.send("PATCH", &partner(&grant, ""), json!({ "ends_at": end })).await.expect(200);
        stage.server.advance(kernel::Duration::minutes(5)).await;
        partners::operations::expire_due(&stage.server.product.world).await.expect("done");
        assert_eq!(ear.hears("grant.expired").await["grant"], grant);
    }
}

/// A8, B9, B13, B16, S30: when one person is shut out and the others stay, the product hears which session ended, and both
/// organizations read that somebody left: revoked here, revoked everywhere, left with nothing, gone from the partner.
#[tokio::test]
async fn a_product_hears_that_one_person_is_out() {
    for house in House::both().await {
        let stage = &house.stage;
        let product = program(stage, &["events.read"]).await;
        let mut ear = Ear::open(&product).await;
        let grant = house.with_lea(&["ticket_user"]).await;
        house.let_in(&grant, &[&house.noa_member], &ALL).await.expect(200);
        let noa = house.inside(&house.noa, &grant).await;
        let one = client(&grant, &format!("/users/{}", house.lea_member));
        let everywhere = format!("{}/users/{}", house.clients(), house.lea_member);
        let unlink = format!("/api/v1/organizations/{}/members/{}", house.kappa, house.lea_member);
        let many = format!("{}/many", house.clients());
        let at_vendor = "/api/v1/permissions/ticket_user";
        for way in ["revoked", "with others", "everywhere", "narrowed", "off the offer", "unlinked"] {
            if way != "revoked" && way != "unlinked" {
                house.let_in(&grant, &[&house.lea_member], &["ticket_user"]).await.expect(200);
            }
            if way == "unlinked" {
                house
                    .kim
                    .send("PATCH", &one, json!({ "permissions": ["server_management"] }))
                    .await
                    .expect(200);
            }
            let (lea, session) = lea_inside(&house, &grant).await;
            house.ask(&lea).await.expect(200);
            let mut log = Reader::new(stage).await;
            match way {
                "revoked" => house.kim.send("DELETE", &one, nothing()).await.expect(204),
                "with others" => {
                    let body = json!({ "do": "revoke", "clients": [grant], "member": house.lea_member });
                    house.kim.post(&many, body).await.expect(200)
                }
                "everywhere" => house.kim.send("DELETE", &everywhere, nothing()).await.expect(200),
                "narrowed" => {
                    let narrow = json!({ "permissions": ["server_management", "ticket_management"] });
                    stage.joana.send("PATCH", &partner(&grant, ""), narrow).await.expect(200)
                }
                "off the offer" => stage.vera.send("DELETE", at_vendor, nothing()).await.expect(204),
                _ => house.kim.send("DELETE", &unlink, nothing()).await.expect(204),
            };
            let mut told = Vec::new();
            for _ in 0..2 {
                let heard = ear.hears("grant.left").await;
                assert_eq!((&heard["grant"], &heard["session"]), (&json!(grant), &json!(session)), "{way}");
                told.push(heard["organization"].as_str().expect("whose").to_owned());
            }
            told.sort();
            let mut both = vec![stage.aurora.clone(), house.kappa.clone()];
            both.sort();
            assert_eq!(told, both, "{way}");
            let news = log.news().await;
            let left = news.iter().filter(|entry| entry.kind == "partner.left");
            assert_eq!(
                left.filter(|entry| entry.session.as_ref() == Some(&session)).count(),
                2,
                "{way}: {news:?}"
            );
            assert_ne!(house.ask(&lea).await.status, 200, "{way}");
            house.ask(&noa).await.expect(200);
            if way == "narrowed" {
                // For the next one: given anew, and to Lea again.
                house.kim.send("DELETE", &one, nothing()).await.expect(204);
                let wide = json!({ "permissions": ALL });
                stage.joana.send("PATCH", &partner(&grant, ""), wide).await.expect(200);
            }
        }
    }
}

/// B10: whoever administered a partner and is a member now reads in its log of no client any more, whoever made the tokens.
#[tokio::test]
async fn a_former_administrator_reads_no_clients() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.with_lea(&ALL).await;
        house.inside(&house.lea, &grant).await;
        invite(&stage.server, &house.kim, &house.kappa, "max@kappa.example", "Max Noir", "administrator")
            .await;
        let log = format!("/api/v1/organizations/{}/access-log", house.kappa);
        let page = format!("/organizations/{}/access-log", house.kappa);
        assert!(house.kim.get(&log).await.expect(200).text.contains("Aurora Holding"));
        let max = sign_in(&stage.server, "max@kappa.example").await;
        let kim = format!("/api/v1/organizations/{}/members/{}", house.kappa, house.kim_member);
        max.send("PATCH", &kim, json!({ "role": "member" })).await.expect(200);
        for path in [&log, &page, &format!("{log}?kind=partner"), &format!("{log}?grant={grant}")] {
            let read = house.kim.get(path).await.text;
            assert!(!read.contains("Aurora") && !read.contains("partner.entered"), "{path}: {read}");
        }
        assert_eq!(house.kim.get(&log).await.expect(200).json()["data"], json!([]));
        assert!(max.get(&log).await.expect(200).text.contains("Aurora Holding"));
        // Of one's own organization's tokens everybody goes on reading.
        stage.opened_to_ana("read_only").await;
        let of_joana = format!("/api/v1/organizations/{}/access-log", stage.aurora);
        assert!(stage.joana.get(&of_joana).await.expect(200).text.contains("support_token.created"));
    }
}
