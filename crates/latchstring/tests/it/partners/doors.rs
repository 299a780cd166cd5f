//! Partners among everything that is open to an organization.

use serde_json::json;

use super::House;
use crate::support::server::nothing;

/// A8, B14, B15: a partner stands among the open doors with its people, and goes with the rest when everything is closed; the
/// log tells afterwards who was in, and for whom.
#[tokio::test]
async fn a_partner_is_closed_with_everything_else() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.with_lea(&["ticket_user"]).await;
        let inside = house.inside(&house.lea, &grant).await;
        house.ask(&inside).await.expect(200);
        let path = format!("/api/v1/organizations/{}/open-doors", stage.aurora);
        let listed = stage.joana.get(&path).await.expect(200).json();
        let door = &listed["data"][0];
        assert_eq!(
            (&door["kind"], &door["state"], &door["id"]),
            (&json!("partner"), &json!("active"), &json!(grant))
        );
        assert_eq!((&door["name"], &door["who"]), (&json!("Kappa Comptables"), &json!(["Lea Blanc"])));
        let page = format!("/organizations/{}/open-doors", stage.aurora);
        let shown = stage.joana.get(&page).await.expect(200).text;
        for words in [
            "1 door is open",
            "Kappa Comptables",
            "Lea Blanc",
            "Ticket user",
            &format!("/my-partner/{grant}/edit"),
        ] {
            assert!(shown.contains(words), "{words}");
        }
        let asked = stage.joana.get(&format!("{page}/close")).await.expect(200).text;
        assert!(asked.contains("Lea Blanc lose"), "{asked}");
        stage.joana.post(&format!("{path}/close"), nothing()).await.expect(200);
        let over = house.ask(&inside).await.expect(403);
        assert_eq!(over.header("x-latchstring-reason"), "grant_revoked");
        assert_eq!(stage.joana.get(&path).await.json()["data"], json!([]));
        stage.server.advance(kernel::Duration::seconds(2)).await;
        let sessions = format!("/api/v1/organizations/{}/grants/{grant}/sessions", stage.aurora);
        let told = stage.joana.get(&sessions).await.expect(200).json();
        let summary = told["data"][0]["summary"].as_str().expect("words");
        assert!(summary.starts_with("Lea Blanc, of Kappa Comptables, was in for"), "{summary}");
        let log =
            stage.joana.get(&format!("/organizations/{}/access-log", stage.aurora)).await.expect(200).text;
        assert!(!log.contains("waiting for an agent"));
    }
}
