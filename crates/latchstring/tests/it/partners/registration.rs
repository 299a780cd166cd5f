//! The vendor takes a registration back: asked first, and never by an old form.

use serde_json::json;

use super::{ALL, House, partner, partners, register};
use crate::support::rows::Reader;

/// B1, S24: what ends for good is asked about, with how much it is; a form that shows what is no longer so changes nothing.
#[tokio::test]
async fn a_registration_is_taken_back_after_a_question_only() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.with_lea(&ALL).await;
        let inside = house.inside(&house.lea, &grant).await;
        house.add().await;
        let here = format!("/admin/organizations/{}/registration", house.kappa);
        let shown = stage.vera.get(&here).await.expect(200).text;
        for field in ["name=\"was_partner\" value=\"yes\"", "name=\"was_client\" value=\"no\""] {
            assert!(shown.contains(field), "{field}: {shown}");
        }
        let mut log = Reader::new(stage).await;
        let was = [("was_partner", "yes"), ("was_client", "no")];
        let asked = stage.vera.form(&here, &was).await.expect(303);
        let question = asked.header("location").to_owned();
        assert!(question.starts_with(&format!("{here}/confirm?")), "{question}");
        let page = stage.vera.get(&question).await.expect(200).text;
        assert!(page.contains("2 tokens end for good by this."), "{page}");
        assert!(page.contains("Take back the registration of Kappa Comptables as a partner?"), "{page}");
        // To look at the question does nothing, and the question is the administrator's alone.
        for stranger in [&stage.joana, &house.kim, &stage.ana] {
            stranger.get(&question).await.expect(403);
            stranger.form(&here, &was).await.expect(403);
        }
        house.ask(&inside).await.expect(200);
        log.news().await;

        // Meanwhile somebody registered it as a client, too: what was shown is no longer so, and nothing is saved.
        register(stage, &house.kappa, true, true).await;
        log.news().await;
        for form in [&was[..], &[was[0], was[1], ("is_meant", "yes")], &[("is_meant", "yes")], &[]] {
            let refused = stage.vera.form(&here, form).await;
            assert_eq!(
                refused.status,
                if form.is_empty() || form.len() == 1 { 422 } else { 409 },
                "{form:?}"
            );
            assert!(refused.text.contains("Nothing was saved."), "{}", refused.text);
            // The form shows how it is now.
            assert!(refused.text.contains("name=\"was_client\" value=\"yes\""), "{}", refused.text);
        }
        log.expect(&[]).await;
        house.ask(&inside).await.expect(200);

        // What ends nothing is not asked about.
        let less = [("is_partner", "yes"), ("was_partner", "yes"), ("was_client", "yes")];
        let saved = stage.vera.form(&here, &less).await.expect(303);
        assert_eq!(saved.header("location"), "/admin/partners?done=registered");
        house.ask(&inside).await.expect(200);
        let meant = [was[0], was[1], ("is_meant", "yes")];
        let saved = stage.vera.form(&here, &meant).await.expect(303);
        assert_eq!(saved.header("location"), "/admin/partners?done=registered");
        assert_ne!(house.ask(&inside).await.status, 200);
        let seen = stage.joana.get(&partner(&grant, "")).await.expect(200).json();
        assert_eq!((&seen["state"], &seen["ended_how"]), (&json!("revoked"), &json!("vendor")));
        // The question is over with what it was about.
        assert_eq!(stage.vera.get(&question).await.expect(303).header("location"), here);
    }
}

/// B1: of two administrators who save at once, the second is told of the first; the same for a client's registration.
#[tokio::test]
async fn two_who_save_one_registration() {
    for house in House::both().await {
        let stage = &house.stage;
        let grant = house.authorized(&ALL).await;
        let here = format!("/admin/organizations/{}/registration", stage.aurora);
        let form =
            [("is_partner", "yes"), ("is_client", "yes"), ("was_partner", "no"), ("was_client", "yes")];
        let (one, two) = tokio::join!(stage.vera.form(&here, &form), stage.vera.form(&here, &form));
        let mut both = [one.status, two.status];
        both.sort_unstable();
        assert_eq!(both, [303, 409]);
        assert_eq!(stage.joana.get(&partner(&grant, "")).await.expect(200).json()["state"], "active");
        let form = [("is_partner", "yes"), ("was_partner", "yes"), ("was_client", "yes")];
        let asked = stage.vera.form(&here, &form).await.expect(303);
        let page = stage.vera.get(asked.header("location")).await.expect(200).text;
        assert!(page.contains("One token ends for good by this."), "{page}");
        assert_eq!(
            stage.joana.get(&partners(&stage.aurora)).await.expect(200).json()["data"][0]["state"],
            "active"
        );
    }
}
