//! The pages of *Authentication and security*.

use serde_json::json;

use super::{MARCOS, get, level_of, set};
use crate::support::cast::Stage;

/// E5, E6, E8: a save of several levels, the confirmation of *upon request* on a page of its own, and how many people each
/// touches beside it.
#[tokio::test]
async fn a_save_on_the_page() {
    for stage in Stage::both().await {
        let page = format!("/admin/organizations/{}/authentication", stage.aurora);
        let shown = stage.ana.get(&page).await.expect(200).text;
        assert!(shown.contains("Will affect 2 people; without a second factor: 2."), "{shown}");
        assert!(shown.contains("0 of 2 have set it up"));
        assert!(shown.contains("Functionality reserved for level 2 and 3 support."));
        let fields = [("version", "0"), ("practitioners", "mandatory"), ("clients", "suggested")];
        let saved = stage.ana.form(&page, &fields).await.expect(303);
        let shown = stage.ana.get(saved.header("location")).await.expect(200).text;
        assert!(shown.contains("Saved. 2 people will be asked at their next click."), "{shown}");
        assert!(shown.contains("Ana Souza saved this at"));

        let fields = [("version", "1"), ("practitioners", "upon_request"), ("clients", "suggested")];
        let asked = stage.ana.form(&page, &fields).await.expect(303).header("location").to_owned();
        assert!(asked.starts_with(&format!("{page}/confirm?")), "{asked}");
        assert_eq!(level_of(&get(&stage.ana, &stage.aurora).await, "practitioners")["level"], "mandatory");
        let confirm = stage.ana.get(&asked).await.expect(200).text;
        assert!(confirm.contains("People who already set it up keep it and go on typing their code."));
        for hidden in ["name=\"version\" value=\"1\"", "name=\"practitioners\" value=\"upon_request\""] {
            assert!(confirm.contains(hidden), "{confirm}");
        }
        stage.bruno.get(&asked).await.expect(403);
        let fields = [
            ("version", "1"),
            ("confirmed", "1"),
            ("practitioners", "upon_request"),
            ("clients", "suggested"),
        ];
        stage.ana.form(&page, &fields).await.expect(303);
        assert_eq!(level_of(&get(&stage.ana, &stage.aurora).await, "practitioners")["level"], "upon_request");

        let list = stage.ana.get("/admin/authentication?q=aurora").await.expect(200).text;
        assert!(list.contains("Aurora Holding") && !list.contains("Boreal"));
        let people = stage.ana.get(&format!("{page}/people?q=marcos")).await.expect(200).text;
        assert!(people.contains(MARCOS) && people.contains("Not offered"));
    }
}

/// E11: the code for a person is on the page that made it, and nowhere else.
#[tokio::test]
async fn a_code_is_shown_once() {
    let stage = Stage::start().await;
    set(&stage.ana, &stage.aurora, json!({ "practitioners": "mandatory" })).await.expect(200);
    let people = format!("/admin/organizations/{}/authentication/people", stage.aurora);
    let list = stage.ana.get(&format!("{people}?q=marcos")).await.expect(200).text;
    let at = list.find(&format!("{people}/mbr_")).expect("a link");
    let person = list[at..].split('"').next().expect("an address").to_owned();
    let made = stage.ana.form(&format!("{person}/code"), &[]).await.expect(200).text;
    let code = made.split("class=\"code\" translate=\"no\">").nth(1).and_then(|rest| rest.split('<').next());
    let code = code.expect("a code");
    assert_eq!(code.len(), 9, "{code}");
    let again = stage.ana.get(&person).await.expect(200).text;
    assert!(!again.contains(code) && again.contains("A code that was made before is good until"));
    stage.vera.form(&format!("{person}/code"), &[]).await.expect(403);
}
