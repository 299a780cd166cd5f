//! The same through the pages, as a person does it.

use super::{House, text};
use crate::support::server::nothing;

/// SF4, B2, B4, B7, B8, B9, B11, B12, B14: from *Add token* to *Revoke permissions*, with forms only.
#[tokio::test]
async fn a_partnership_through_the_pages() {
    let house = House::start().await;
    let stage = &house.stage;
    let kappa = [("organization", house.kappa.as_str())];
    assert!(house.kim.get("/my-clients").await.expect(200).text.contains("My Clients"));
    house.kim.get("/my-clients/new").await.expect(200);
    let added = house.kim.form("/my-clients/new", &[kappa[0], ("label", "Aurora")]).await.expect(303);
    let here = added.header("location").split('?').next().expect("a path").to_owned();
    let page = house.kim.get(added.header("location")).await.expect(200);
    let grant = here.rsplit('/').next().expect("an id").to_owned();
    let token = house.kim.post(&super::client(&grant, "/token"), nothing()).await.expect(200).json();
    let token = text(&token["value"]);
    assert!(page.text.contains("Pending association") && page.text.contains(&token), "{}", page.text);

    stage.joana.get("/my-partner").await.expect(200);
    stage.joana.get("/my-partner/authorize").await.expect(200);
    let looked = [("organization", stage.aurora.as_str()), ("token", token.as_str())];
    let shown = stage.joana.form("/my-partner/authorize", &looked).await.expect(200);
    assert!(shown.text.contains("Kappa Comptables") && shown.text.contains("Ledger"), "{}", shown.text);
    assert!(shown.text.contains("ticket_management"));
    let wrong = [looked[0], ("token", "lst_wrong")];
    let refused = stage.joana.form("/my-partner/authorize", &wrong).await.expect(422);
    assert!(refused.text.contains("Nothing was granted"), "{}", refused.text);
    let terms =
        [looked[0], looked[1], ("step", "authorize"), ("permission", "ticket_user"), ("mode", "write")];
    stage.joana.form("/my-partner/authorize", &terms).await.expect(303);

    house.kim.get(&format!("{here}/users")).await.expect(200);
    let users = [("member", house.lea_member.as_str()), ("permission", "ticket_user")];
    house.kim.form(&format!("{here}/users"), &users).await.expect(303);
    assert!(house.kim.get(&here).await.expect(200).text.contains("Lea Blanc"));
    assert!(stage.joana.get("/my-partner").await.expect(200).text.contains("Lea Blanc"));
    let lea = house.lea.get("/my-clients").await.expect(200);
    assert!(lea.text.contains("Aurora Holding"), "{}", lea.text);
    assert!(!house.lea.get(&here).await.expect(200).text.contains("/disable"));

    for verb in ["disable", "activate"] {
        house.kim.get(&format!("{here}/{verb}")).await.expect(200);
        house.kim.form(&format!("{here}/{verb}"), &[]).await.expect(303);
    }
    stage.joana.get(&format!("/my-partner/{grant}/edit")).await.expect(200);
    stage.joana.get(&format!("/my-partner/{grant}/revoke")).await.expect(200);
    stage.joana.form(&format!("/my-partner/{grant}/revoke"), &[]).await.expect(303);
    house.kim.get(&format!("{here}/delete")).await.expect(200);
    house.kim.form(&format!("{here}/delete"), &[]).await.expect(303);
    house.kim.get(&here).await.expect(404);

    for path in ["/admin/partners", "/admin/permissions"] {
        stage.vera.get(path).await.expect(200);
        stage.joana.get(path).await.expect(403);
    }
}
