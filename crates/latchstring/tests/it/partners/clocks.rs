//! Reminders before an end and at a review.

use kernel::Duration;
use serde_json::json;

use super::{House, partner};
use crate::support::{cast::sign_in, rows::audit, server::TestServer};

/// Which day, of what, how many days before; as the log of one organization has it.
async fn reminders(
    server: &TestServer,
    organization: &str,
    began: kernel::Timestamp,
) -> Vec<(i64, String, i64)> {
    let all = audit(server).await;
    let of_it = all.iter().filter(|entry| entry.kind == "partner.reminded");
    of_it
        .filter(|entry| entry.organization.as_deref() == Some(organization))
        .map(|entry| {
            let days = entry.details["days"].as_i64().expect("a number");
            let about = entry.details["about"].as_str().expect("a word").to_owned();
            (entry.at.since(began).as_seconds() / 86_400, about, days)
        })
        .collect()
}

/// B15: thirty, seven and one day before, to both sides, each once, whoever runs the clockwork how often.
#[tokio::test]
async fn both_sides_are_reminded_once() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.with_lea(&["ticket_user"]).await;
        let began = stage.server.now();
        let at = |days| web::rest::rfc3339(began + Duration::days(days));
        let dates = json!({ "ends_at": at(40), "review_at": at(20) });
        stage.joana.send("PATCH", &partner(&grant, ""), dates).await.expect(200);
        stage.server.deliver().await;
        let world = &stage.server.product.world;
        let mails =
            || ["joana@aurora.example", "kim@kappa.example"].map(|to| stage.server.mailbox.to(to).len());
        let before = mails();
        for _ in 0..39 {
            stage.server.clock.advance(Duration::days(1));
            // A second round, as after a restart, and the server's own beside it send nothing twice.
            for _ in 0..2 {
                partners::operations::remind_due(world).await.expect("done");
            }
        }
        // The review was never 30 days away; it is told of when it has come, too.
        let expected = [
            (10, "end", 30),
            (13, "review", 7),
            (19, "review", 1),
            (20, "review", 0),
            (33, "end", 7),
            (39, "end", 1),
        ];
        for organization in [&stage.aurora, &house.kappa] {
            let told = reminders(&stage.server, organization, began).await;
            let told: Vec<_> = told.iter().map(|(day, about, days)| (*day, about.as_str(), *days)).collect();
            assert_eq!(told, expected, "{organization}");
        }
        stage.server.deliver().await;
        let after = mails();
        assert_eq!([after[0] - before[0], after[1] - before[1]], [6, 6]);
    }
}

/// B15: to choose one of the two dates anew, in the moment before a letter about the other one, takes that letter from nobody.
#[tokio::test]
async fn another_review_takes_no_reminder_of_the_end_away() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.with_lea(&["ticket_user"]).await;
        let world = &stage.server.product.world;
        let began = stage.server.now();
        let at = |days| web::rest::rfc3339(began + Duration::days(days));
        let path = partner(&grant, "");
        for (first, second, about) in [
            (json!({ "ends_at": at(40) }), json!({ "review_at": at(35) }), "end"),
            (json!({ "ends_at": at(90), "review_at": at(75) }), json!({ "ends_at": at(91) }), "review"),
        ] {
            let joana = sign_in(&stage.server, "joana@aurora.example").await;
            joana.send("PATCH", &path, first).await.expect(200);
            // The server's own round is each five minutes: this one is before the letter is due, the next one after the change.
            let due = if about == "end" { Duration::days(10) } else { Duration::days(45) };
            let before = began + due - Duration::minutes(1);
            stage.server.advance(before.since(stage.server.now())).await;
            let joana = sign_in(&stage.server, "joana@aurora.example").await;
            stage.server.clock.advance(Duration::minutes(2));
            joana.send("PATCH", &path, second).await.expect(200);
            partners::operations::remind_due(world).await.expect("done");
            let told = reminders(&stage.server, &stage.aurora, began).await;
            assert!(told.contains(&(due.as_seconds() / 86_400, about.to_owned(), 30)), "{told:?}");
        }
    }
}

/// B15: a date that is taken away or moved is not told of any more, and a token that is over reminds of nothing.
#[tokio::test]
async fn what_was_changed_is_not_told() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.with_lea(&["ticket_user"]).await;
        let world = &stage.server.product.world;
        let began = stage.server.now();
        let at = |days| web::rest::rfc3339(stage.server.now() + Duration::days(days));
        let path = partner(&grant, "");
        stage.joana.send("PATCH", &path, json!({ "review_at": at(8) })).await.expect(200);
        stage.joana.send("PATCH", &path, json!({ "review_at": null })).await.expect(200);
        stage.server.clock.advance(Duration::days(2));
        partners::operations::remind_due(world).await.expect("done");
        let joana = sign_in(&stage.server, "joana@aurora.example").await;
        joana.send("PATCH", &path, json!({ "review_at": at(8) })).await.expect(200);
        joana.post(&partner(&grant, "/revoke"), json!({})).await.expect(200);
        stage.server.clock.advance(Duration::days(2));
        partners::operations::remind_due(world).await.expect("done");
        assert_eq!(reminders(&stage.server, &stage.aurora, began).await, []);
    }
}
