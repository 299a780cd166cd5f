//! The logins on the pages of an organization.

use crate::support::cast::Stage;

/// C15: the pages: made with what is typed, shown once, and a form with errors comes back with what was typed.
#[tokio::test]
async fn an_administrator_makes_one_on_the_pages() {
    let stage = Stage::start().await;
    let pages = format!("/organizations/{}/integration-logins", stage.aurora);
    let settings = stage.joana.get(&format!("/organizations/{}/settings", stage.aurora)).await.expect(200);
    assert!(settings.text.contains(&format!("href=\"{pages}\"")));
    assert!(stage.joana.get(&pages).await.expect(200).text.contains("There is no integration login."));
    let form = |networks| {
        vec![
            ("name", "Payroll import"),
            ("application_id", stage.application.as_str()),
            ("ends_at", "30"),
            ("networks", networks),
        ]
    };
    let new = format!("{pages}/new");
    stage.joana.get(&new).await.expect(200);
    let back = stage.joana.form(&new, &form("203.0.113.7/24")).await.expect(422);
    assert!(
        back.text.contains("If you mean the whole range, give 203.0.113.0/24.")
            && back.text.contains("value=\"Payroll import\""),
        "{}",
        back.text
    );
    let made = stage.joana.form(&new, &form("203.0.113.0/24\r\n2001:db8::/32")).await.expect(201);
    assert!(made.text.contains("<dd>lsp_") && made.text.contains("<dd>int-"), "{}", made.text);
    let list = stage.joana.get(&pages).await.expect(200).text;
    assert!(list.contains("203.0.113.0/24, 2001:db8::/32") && !list.contains("lsp_"), "{list}");
}
