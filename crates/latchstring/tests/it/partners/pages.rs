//! The same through the pages, as a person does it.

use serde_json::json;

use super::{ALL, House, client, partner, partners, text};
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

/// B18: one thing for many clients asks for clients where none is ticked, and the list stays what was looked for, there and on
/// the way back.
#[tokio::test]
async fn nothing_ticked_is_said_and_the_search_stays() {
    let house = House::start().await;
    let grant = house.with_lea(&ALL).await;
    let filter = format!("organization={}&q=auro&state=active&view=&user={}", house.kappa, house.lea_member);
    let shown = house.kim.get(&format!("/my-clients?{filter}")).await.expect(200).text;
    for field in [("q", "auro"), ("state", "active"), ("user", &house.lea_member)] {
        let hidden = format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", field.0, field.1);
        assert!(shown.contains(&hidden), "{hidden}: {shown}");
    }
    for act in ["disable", "activate", "delete", "authorize", "revoke"] {
        let none = house.kim.get(&format!("/my-clients/many?do={act}&{filter}")).await.expect(422).text;
        assert!(none.contains("Choose at least one client in the list first."), "{act}: {none}");
        assert!(none.contains("Aurora Holding") && none.contains("value=\"auro\""), "{act}: {none}");
    }
    let asked =
        house.kim.get(&format!("/my-clients/many?do=disable&client={grant}&{filter}")).await.expect(200).text;
    let back = format!(
        "/my-clients?organization={}&#38;q=auro&#38;state=active&#38;user={}",
        house.kappa, house.lea_member
    );
    assert!(asked.contains(&back), "{back}: {asked}");
    let fields = [
        ("organization", &*house.kappa),
        ("q", "auro"),
        ("state", "active"),
        ("user", &house.lea_member),
        ("do", "disable"),
    ];
    let none = house.kim.form("/my-clients/many", &fields).await.expect(422).text;
    assert!(none.contains("Choose at least one client") && none.contains("value=\"auro\""), "{none}");
    let chosen = [&fields[..], &[("client", &grant)]].concat();
    let done = house.kim.form("/my-clients/many", &chosen).await.expect(303);
    let told = house.kim.get(done.header("location")).await.expect(200).text;
    assert!(told.contains("Aurora Holding") && told.contains(&back), "{told}");
    assert_eq!(house.kim.get(&client(&grant, "")).await.expect(200).json()["state"], "disabled");
}

/// B14: whoever revokes what has ended meanwhile lands on the page, which says that it is so already.
#[tokio::test]
async fn what_ended_meanwhile_is_said_to_be_so() {
    let house = House::start().await;
    let stage = &house.stage;
    let grant = house.with_lea(&ALL).await;
    let page = format!("/my-partner/{grant}/revoke");
    stage.joana.get(&page).await.expect(200);
    house.kim.send("DELETE", &client(&grant, ""), json!({})).await.expect(204);
    let led = stage.joana.form(&page, &[]).await.expect(303);
    let shown = stage.joana.get(led.header("location")).await.expect(200).text;
    assert!(shown.contains("It had ended already. Nobody of them has access."), "{shown}");
    // Somebody else's is nobody's business, ended or not.
    stage.bea.form(&page, &[]).await.expect(404);
    stage.marcos.form(&page, &[]).await.expect(403);
}

/// B4, B6: a token that somebody else took while the form was filled in is refused in words, with the way to another one; also
/// where the form had a mistake of its own.
#[tokio::test]
async fn a_token_that_was_taken_meanwhile_is_refused_in_words() {
    let house = House::start().await;
    let stage = &house.stage;
    let (_, token) = house.add().await;
    let fields =
        [("organization", &*stage.aurora), ("token", &token), ("step", "authorize"), ("mode", "read_only")];
    let mistaken = [&fields[..], &[("ends_at", "soon"), ("permission", "ticket_user")]].concat();
    let back = stage.joana.form("/my-partner/authorize", &mistaken).await.expect(422).text;
    assert!(back.contains("Choose a day.") && back.contains("Kappa Comptables"), "{back}");
    let body = json!({ "token": token, "permissions": ALL });
    stage.bea.post(&partners(&stage.boreal), body).await.expect(201);
    let right = [&fields[..], &[("permission", "ticket_user")]].concat();
    for form in [&mistaken, &fields.to_vec(), &right] {
        let refused = stage.joana.form("/my-partner/authorize", form).await.expect(422).text;
        assert!(
            refused.contains("This token cannot be taken") && refused.contains("Nothing was granted"),
            "{refused}"
        );
        assert!(refused.contains("id=\"f-token\"") && !refused.contains(&token), "{refused}");
    }
    assert_eq!(stage.joana.get(&partners(&stage.aurora)).await.expect(200).json()["data"], json!([]));
}

/// B13: the page on which a client edits says what another mode means for those who are in: everybody can change things at once.
#[tokio::test]
async fn a_wider_mode_is_said_to_hold_for_everybody() {
    let house = House::start().await;
    let stage = &house.stage;
    let (grant, token) = house.add().await;
    let body = json!({ "token": token, "permissions": ["ticket_user"] });
    stage.joana.post(&partners(&stage.aurora), body).await.expect(201);
    house.let_in(&grant, &[&house.lea_member], &["ticket_user"]).await.expect(200);
    let inside = house.inside(&house.lea, &grant).await;
    assert_eq!(stage.ask(&inside, "POST", "/tickets").await.status, 403);
    let page = format!("/my-partner/{grant}/edit");
    let words = "if you let them make changes, everybody who is authorized can at once.";
    assert!(stage.joana.get(&page).await.expect(200).text.contains(words));
    // It asks nothing else: it is saved, and so it is.
    stage.joana.form(&page, &[("permission", "ticket_user"), ("mode", "write")]).await.expect(303);
    assert_eq!(stage.ask(&inside, "POST", "/tickets").await.status, 200);
    assert!(!stage.joana.get(&page).await.expect(200).text.contains(words));
    assert_eq!(stage.joana.get(&partner(&grant, "")).await.expect(200).json()["mode"], "write");
}
