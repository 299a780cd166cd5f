//! Making them: who may, for how long, and what is kept.

use kernel::Duration;
use serde_json::{Value, json};

use super::{made, page, pair, path, try_to_sign_in, usual};
use crate::support::{
    cast::{Stage, program, sign_in},
    rows,
    server::nothing,
};

/// D1, D2, D3, D4: at the end of the settings an administrator chooses how long, presses the button, and gets an address and a
/// password, shown once, with all of it in one piece for the clipboard.
#[tokio::test]
async fn an_administrator_generates_them_on_the_page() {
    let stage = Stage::start().await;
    let settings = stage.joana.get(&format!("/organizations/{}/settings", stage.aurora)).await.expect(200);
    let link = settings.text.find("/support-access").expect("a link");
    assert!(link > settings.text.find("/integration-logins").expect("another"), "at the end");
    let empty = stage.joana.get(&page(&stage.aurora)).await.expect(200).text;
    assert!(empty.contains("No credentials are valid now."));
    assert!(empty.contains("Generate credentials"));
    for length in ["3600", "18000", "86400", "259200"] {
        assert!(empty.contains(&format!("value=\"{length}\"")), "{length}");
    }
    assert!(!empty.contains("value=\"604800\""), "the vendor allows three days at the longest");

    let shown =
        stage.joana.form(&page(&stage.aurora), &[("validity_seconds", "18000")]).await.expect(201).text;
    let copied =
        shown.split("data-copy=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a button");
    let listed = stage.joana.get(&path(&stage.aurora)).await.expect(200).json();
    let one = &listed["data"][0];
    let email = one["email"].as_str().expect("an address");
    let lines: Vec<&str> = copied.lines().collect();
    assert_eq!(lines[0], format!("Address to sign in: {}/sign-in", stage.server.url));
    assert_eq!(lines[1], format!("E-mail: {email}"));
    let password = lines[2].strip_prefix("Password: ").expect("a password");
    assert!(lines[3].starts_with("Until: "), "{copied}");
    assert!(shown.contains(password) && shown.contains("shown once"));
    assert_eq!(one["state"], "active");
    assert_eq!(one["mode"], "read_only", "A19: reading only is the default");
    assert_eq!(one["ends_at"], web::rest::rfc3339(stage.server.now() + Duration::hours(5)));
    // Shown once: neither this page nor any other has it again.
    let again = stage.joana.get(&page(&stage.aurora)).await.expect(200).text;
    assert!(!again.contains(password) && again.contains(email));
    assert!(again.contains("Last used: never"));
    assert!(!listed.to_string().contains(password));
    let nobody = stage.server.anonymous();
    try_to_sign_in(&nobody, email, password).await.expect(303);
}

/// D3: the address and the password belong to nobody, differ each time, and no copy of the database has the password.
#[tokio::test]
async fn only_a_hash_is_kept_and_it_is_nobodys() {
    for stage in Stage::both().await {
        let one = made(&stage, usual()).await;
        super::revoke(&stage.joana, &one.id).await.expect(200);
        let two = made(&stage, usual()).await;
        assert_ne!(one.email, two.email);
        assert_ne!(one.password, two.password);
        assert!(one.email.ends_with("@temporary.access.example"));
        let kept = rows::hashes_of_temporary_credentials(&stage.server).await;
        assert_eq!(kept.len(), 2);
        for (hash, of_stand_in) in kept {
            assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
            assert_eq!(of_stand_in, None, "no sign-in of a person finds one");
        }
        let members =
            stage.joana.get(&format!("/api/v1/organizations/{}/members", stage.aurora)).await.expect(200);
        assert!(!members.text.contains("temporary"), "a stand-in is no member");
        let log = rows::audit(&stage.server).await;
        assert!(!format!("{log:?}").contains(&two.password));
    }
}

/// A1, A7, A32, D1: only the organization's own administrators; not its members, not the vendor, not the vendor's people among
/// its administrators, not another organization's administrator, and no program on anybody's word.
#[tokio::test]
async fn nobody_else_generates_them() {
    let stage = Stage::start().await;
    let path = path(&stage.aurora);
    for (who, browser, status) in [
        ("nobody", stage.server.anonymous(), 401),
        ("a member", stage.marcos.clone(), 403),
        ("another's administrator", stage.bea.clone(), 404),
        ("an agent", stage.ana.clone(), 404),
        ("the vendor", stage.vera.clone(), 404),
    ] {
        assert_eq!(browser.post(&path, usual()).await.status, status, "{who}");
        assert_eq!(browser.get(&path).await.status, status, "{who}");
        let page = browser.form(&page(&stage.aurora), &[("validity_seconds", "3600")]).await;
        assert_eq!(page.status, status, "{who}");
    }
    let all: Vec<&str> = kernel::Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    let key = program(&stage, &all).await;
    let member =
        stage.joana.get(&format!("/api/v1/organizations/{}/members?search=joana", stage.aurora)).await;
    let joana = member.json()["data"][0]["user_id"].as_str().expect("an id").to_owned();
    let on_her_word = crate::support::server::Browser { on_behalf_of: Some(joana), ..key.clone() };
    let settings =
        json!({ "longest_validity_seconds": null, "who_may_open": "members", "backend_may_open": true });
    stage
        .joana
        .send("PUT", &format!("/api/v1/organizations/{}/settings", stage.aurora), settings)
        .await
        .expect(200);
    for key in [key, on_her_word] {
        key.post(&path, usual()).await.expect(403);
        key.get(&path).await.expect(403);
    }
    // One of the vendor's people whom Aurora made a member for a time: they can be no more.
    let end = web::rest::rfc3339(stage.server.now() + Duration::days(20));
    let body =
        json!({ "email": "carla@vendor.example", "role": "member", "kind": "vendor_staff", "ends_at": end });
    stage.joana.post(&format!("/api/v1/organizations/{}/invitations", stage.aurora), body).await.expect(201);
    crate::support::cast::accept(&stage.server, "carla@vendor.example", "Carla").await;
    let carla = crate::support::cast::sign_in(&stage.server, "carla@vendor.example").await;
    assert_eq!(carla.post(&path, usual()).await.status, 403);
    assert_eq!(stage.joana.get(&path).await.json()["data"], json!([]));
}

/// A3, D2: neither longer than the vendor allows nor longer than the organization does, and not without an end.
#[tokio::test]
async fn the_validity_has_a_limit() {
    let stage = Stage::start().await;
    let refused = |body: Value| {
        let stage = &stage;
        async move { stage.joana.post(&path(&stage.aurora), body).await.expect(422).json()["errors"][0].clone() }
    };
    for seconds in [3 * 86400 + 1, i64::MAX, 59, 0, -3600] {
        let error = refused(json!({ "validity_seconds": seconds })).await;
        assert_eq!(error["pointer"], "#/validity_seconds", "{seconds}");
    }
    refused(json!({ "validity_seconds": 3600, "mode": "all" })).await;
    stage.joana.post(&path(&stage.aurora), nothing()).await.expect(400);
    let settings =
        json!({ "longest_validity_seconds": 3600, "who_may_open": "members", "backend_may_open": false });
    stage
        .joana
        .send("PUT", &format!("/api/v1/organizations/{}/settings", stage.aurora), settings)
        .await
        .expect(200);
    refused(json!({ "validity_seconds": 3601 })).await;
    let form = stage.joana.form(&page(&stage.aurora), &[("validity_seconds", "18000")]).await.expect(422);
    assert!(form.text.contains("The longest validity for Aurora Holding is 1 hour."));
    made(&stage, usual()).await;
}

/// D2, SC6: one pair is good at a time; another takes its place in one act, and only if it is named.
#[tokio::test]
async fn a_second_pair_replaces_the_first_in_one_act() {
    for stage in Stage::both().await {
        let first = made(&stage, usual()).await;
        let refused = stage.joana.post(&path(&stage.aurora), usual()).await.expect(409);
        assert_eq!(refused.code(), "temporary_credentials_exist");
        let unknown = json!({ "validity_seconds": 3600, "replaces": "gr_00000000000000000000000000" });
        stage.joana.post(&path(&stage.aurora), unknown).await.expect(409);
        let shown = stage.joana.get(&page(&stage.aurora)).await.expect(200).text;
        assert!(shown.contains("Revoke and generate new"));
        stage.server.advance(Duration::seconds(1)).await;
        let body = json!({ "validity_seconds": 3600, "replaces": first.id });
        let second = pair(&stage.joana.post(&path(&stage.aurora), body.clone()).await.expect(201).json());
        let listed = stage.joana.get(&path(&stage.aurora)).await.json();
        let states: Vec<&Value> =
            listed["data"].as_array().expect("a list").iter().map(|one| &one["state"]).collect();
        assert_eq!(states, ["active", "revoked"]);
        let nobody = stage.server.anonymous();
        try_to_sign_in(&nobody, &first.email, &first.password).await.expect(403);
        try_to_sign_in(&nobody, &second.email, &second.password).await.expect(303);
        // The page that still shows the first one replaces nothing that it did not show.
        stage.joana.post(&path(&stage.aurora), body).await.expect(409);
        // What is over by the clock stands in nobody's way.
        stage.server.clock.advance(super::PAST_AN_HOUR);
        let joana = sign_in(&stage.server, "joana@aurora.example").await;
        joana.post(&path(&stage.aurora), usual()).await.expect(201);
    }
}

/// D3: nobody gets an address at the domain of temporary credentials: not by invitation, not as staff, not by a change.
#[tokio::test]
async fn their_domain_is_nobodys() {
    let stage = Stage::start().await;
    let reserved = |answer: crate::support::server::Answer| {
        let error = answer.expect(422).json()["errors"][0].clone();
        assert!(
            error["detail"].as_str().is_some_and(|text| text.contains("temporary credentials")),
            "{error}"
        );
    };
    for email in
        ["x@temporary.access.example", "support-abc@a.temporary.access.example", "X@TEMPORARY.access.example"]
    {
        let invitations = format!("/api/v1/organizations/{}/invitations", stage.aurora);
        reserved(stage.joana.post(&invitations, json!({ "email": email, "role": "member" })).await);
        let agent = json!({ "email": email, "name": "X", "agent_level": 1 });
        reserved(stage.vera.post("/api/v1/agents", agent).await);
        let customer = json!({ "name": "New", "administrator_email": email });
        reserved(stage.vera.post("/api/v1/organizations", customer).await);
        reserved(stage.marcos.post("/api/v1/account/email", json!({ "email": email })).await);
    }
    let near = json!({ "email": "x@nottemporary.access.example", "name": "X", "agent_level": 1 });
    stage.vera.post("/api/v1/agents", near).await.expect(201);
}
