//! Who belongs to an organization, and who is one of the vendor's people: invited, changed, ended.

use kernel::Duration;
use serde_json::{Value, json};
use web::rest::rfc3339;

use crate::support::{
    cast::{ORIGIN, Stage, accept, sign_in},
    server::{Answer, Browser, PASSWORD, nothing},
};

fn invitations(organization: &str) -> String {
    format!("/api/v1/organizations/{organization}/invitations")
}

async fn members(by: &Browser, organization: &str, query: &str) -> Value {
    by.get(&format!("/api/v1/organizations/{organization}/members{query}")).await.expect(200).json()
}

fn names(list: &Value) -> Vec<String> {
    let each = list["data"].as_array().expect("a list").iter();
    each.map(|member| member["name"].as_str().expect("a name").to_owned()).collect()
}

/// The path of somebody's membership.
async fn place(by: &Browser, organization: &str, name: &str) -> String {
    let all = members(by, organization, "?limit=200").await;
    let all = all["data"].as_array().expect("a list");
    let one =
        all.iter().find(|member| member["name"] == name).unwrap_or_else(|| panic!("no {name} in {all:?}"));
    format!("/api/v1/organizations/{organization}/members/{}", one["id"].as_str().expect("an id"))
}

/// What follows `/invitations/` in the newest mail.
async fn token(stage: &Stage, email: &str) -> String {
    let link = stage.server.mailed_link(email, "/invitations/").await;
    link.rsplit('/').next().expect("a token").to_owned()
}

fn newcomer(token: &str, name: &str) -> Value {
    json!({ "token": token, "name": name, "password": PASSWORD })
}

async fn take(by: &Browser, body: Value) -> Answer {
    by.post("/api/v1/invitations/accept", body).await
}

/// A38: a role is held in one organization, and only administrators manage who belongs to it.
#[tokio::test]
async fn roles_are_separate_in_each_organization() {
    let stage = Stage::start().await;
    let body = json!({ "email": "joana@aurora.example", "role": "member" });
    stage.bea.post(&invitations(&stage.boreal), body).await.expect(201);
    let token = token(&stage, "joana@aurora.example").await;
    take(&stage.joana, json!({ "token": token })).await.expect(200);

    let mine = stage.joana.get("/api/v1/organizations").await.expect(200).json();
    let role = |id: &str| {
        let all = mine["data"].as_array().expect("a list").iter();
        all.filter(|one| one["id"] == id).map(|one| one["role"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(role(&stage.aurora), ["administrator"]);
    assert_eq!(role(&stage.boreal), ["member"], "A39: a person can belong to several organizations");

    members(&stage.joana, &stage.aurora, "").await;
    let bea = place(&stage.bea, &stage.boreal, "Bea Font").await;
    let invitation = json!({ "email": "x@boreal.example", "role": "member" });
    for (who, caller, organization, other) in [
        ("administrator elsewhere", &stage.joana, &stage.boreal, &bea),
        ("member", &stage.marcos, &stage.aurora, &place(&stage.joana, &stage.aurora, "Joana Prado").await),
    ] {
        let list = caller.get(&format!("/api/v1/organizations/{organization}/members")).await.expect(403);
        assert_eq!(list.code(), "administrator_of_organization_required", "{who}");
        caller.post(&invitations(organization), invitation.clone()).await.expect(403);
        caller.get(&invitations(organization)).await.expect(403);
        caller.send("PATCH", other, json!({ "role": "member" })).await.expect(403);
        caller.send("DELETE", other, nothing()).await.expect(403);
    }
}

/// A39, S8: the link works once, for the person it was sent to, until it ends, is revoked, or another follows it.
#[tokio::test]
async fn an_invitation_works_once_and_for_its_own_person() {
    let stage = Stage::start().await;
    let invite = |email: &str| {
        let body = json!({ "email": email, "name": "Rita Sá", "role": "member" });
        let path = invitations(&stage.aurora);
        let joana = stage.joana.clone();
        async move { joana.post(&path, body).await.expect(201).json() }
    };
    let nobody = stage.server.anonymous();
    let over = |answer: Answer| assert_eq!(answer.expect(409).code(), "invitation_over");

    invite("rita@aurora.example").await;
    let first = token(&stage, "rita@aurora.example").await;
    invite("rita@aurora.example").await;
    let second = token(&stage, "rita@aurora.example").await;
    assert_ne!(first, second);
    over(take(&nobody, newcomer(&first, "Rita Sá")).await);
    let body = take(&stage.marcos, newcomer(&second, "Rita Sá")).await.expect(403);
    assert_eq!(body.code(), "invited_is_somebody_else");
    take(&nobody, json!({ "token": second, "name": "Rita Sá", "password": "short" })).await.expect(422);
    take(&nobody, json!({ "token": second })).await.expect(422);
    take(&nobody, newcomer(&second, "Rita Sá")).await.expect(200);
    over(take(&nobody, newcomer(&second, "Rita Sá")).await);
    nobody.get(&format!("/invitations/{second}")).await.expect(410);

    let made = invite("nora@aurora.example").await;
    let third = token(&stage, "nora@aurora.example").await;
    let open = stage.joana.get(&invitations(&stage.aurora)).await.expect(200).json();
    assert_eq!(open["data"][0]["email"], "nora@aurora.example");
    assert!(
        !open.to_string().contains(&third) && !made.to_string().contains("lsi_"),
        "case 14: in the mail only"
    );
    let path = format!("{}/{}", invitations(&stage.aurora), made["id"].as_str().expect("an id"));
    stage.bea.send("DELETE", &path, nothing()).await.expect(404);
    stage.joana.send("DELETE", &path, nothing()).await.expect(204);
    stage.joana.send("DELETE", &path, nothing()).await.expect(409);
    over(take(&nobody, newcomer(&third, "Nora")).await);

    invite("nora@aurora.example").await;
    let fourth = token(&stage, "nora@aurora.example").await;
    stage.server.advance(Duration::days(7)).await;
    over(take(&nobody, newcomer(&fourth, "Nora")).await);
}

/// A39: whoever is known here already must be signed in as the one who was invited.
#[tokio::test]
async fn a_known_person_accepts_with_their_session_only() {
    let stage = Stage::start().await;
    let body = json!({ "email": "BEA@boreal.example", "role": "member" });
    stage.joana.post(&invitations(&stage.aurora), body).await.expect(201);
    let token = token(&stage, "bea@boreal.example").await;
    let nobody = stage.server.anonymous();
    take(&nobody, newcomer(&token, "Somebody Else")).await.expect(401);
    take(&stage.marcos, json!({ "token": token })).await.expect(403);
    take(&stage.bea, json!({ "token": token })).await.expect(200);
    assert_eq!(names(&members(&stage.joana, &stage.aurora, "?search=bea").await), ["Bea Font"]);
    sign_in(&stage.server, "bea@boreal.example").await;
}

/// A39, S47: of fifty who press at the same moment, one joins. For a known person, and for a new one.
#[tokio::test]
async fn an_invitation_is_accepted_once_however_many_try_at_once() {
    for stage in Stage::both().await {
        let body = json!({ "email": "bea@boreal.example", "role": "member" });
        stage.joana.post(&invitations(&stage.aurora), body).await.expect(201);
        let known = token(&stage, "bea@boreal.example").await;
        let body = json!({ "email": "rita@aurora.example", "role": "member" });
        stage.joana.post(&invitations(&stage.aurora), body).await.expect(201);
        let new = token(&stage, "rita@aurora.example").await;
        let nobody = stage.server.anonymous();
        for (by, body) in [(&stage.bea, json!({ "token": known })), (&nobody, newcomer(&new, "Rita Sá"))] {
            let tries = (0..50).map(|_| take(by, body.clone()));
            let answers = futures_util::future::join_all(tries).await;
            let won = answers.iter().filter(|answer| answer.status == 200).count();
            assert_eq!(won, 1);
            for answer in answers.iter().filter(|answer| answer.status != 200) {
                // More passwords at once than this machine can hash are turned away (R10).
                assert!(matches!(answer.status, 409 | 401 | 503), "{}", answer.text);
            }
        }
        let all = names(&members(&stage.joana, &stage.aurora, "").await);
        assert_eq!(all, ["Bea Font", "Joana Prado", "Marcos Lima", "Rita Sá"]);
    }
}

/// A41: the last administrator stays one: not demoted, not unlinked, not given an end.
#[tokio::test]
async fn the_last_administrator_stays() {
    let stage = Stage::start().await;
    let joana = place(&stage.joana, &stage.aurora, "Joana Prado").await;
    let end = rfc3339(stage.server.now() + Duration::days(3));
    for change in [json!({ "role": "member" }), json!({ "ends_at": end })] {
        let refused = stage.joana.send("PATCH", &joana, change).await.expect(409);
        assert_eq!(refused.code(), "last_administrator");
    }
    assert_eq!(stage.joana.send("DELETE", &joana, nothing()).await.expect(409).code(), "last_administrator");

    // A temporary one is none to rely on.
    let marcos = place(&stage.joana, &stage.aurora, "Marcos Lima").await;
    stage.joana.send("PATCH", &marcos, json!({ "role": "administrator", "ends_at": end })).await.expect(200);
    stage.joana.send("PATCH", &joana, json!({ "role": "member" })).await.expect(409);
    stage.joana.send("PATCH", &marcos, json!({ "ends_at": null })).await.expect(200);
    stage.joana.send("PATCH", &joana, json!({ "role": "member" })).await.expect(200);
    assert_eq!(
        stage.joana.send("DELETE", &joana, nothing()).await.expect(403).code(),
        "administrator_of_organization_required"
    );
    members(&stage.marcos, &stage.aurora, "").await;
}

/// A41: two administrators who demote or unlink each other at the same moment leave one, on both databases.
#[tokio::test]
async fn two_administrators_cannot_remove_each_other_at_once() {
    for stage in Stage::both().await {
        for round in 0..6 {
            let (joana, marcos) = (
                place(&stage.joana, &stage.aurora, "Joana Prado").await,
                place(&stage.joana, &stage.aurora, "Marcos Lima").await,
            );
            stage.joana.send("PATCH", &marcos, json!({ "role": "administrator" })).await.expect(200);
            let (method, body) =
                if round % 2 == 0 { ("PATCH", json!({ "role": "member" })) } else { ("DELETE", nothing()) };
            let (one, two) = tokio::join!(
                stage.joana.send(method, &marcos, body.clone()),
                stage.marcos.send(method, &joana, body.clone()),
            );
            let won = [&one, &two].into_iter().filter(|answer| answer.status < 300).count();
            assert_eq!(won, 1, "{} {} / {} {}", one.status, one.text, two.status, two.text);
            let left = if one.status < 300 { &stage.joana } else { &stage.marcos };
            let all = members(left, &stage.aurora, "?role=administrator").await;
            assert_eq!(all["data"].as_array().expect("a list").len(), 1, "{all}");

            // As it was before, for the next round.
            let (other, name) =
                if one.status < 300 { (&stage.marcos, "Marcos Lima") } else { (&stage.joana, "Joana Prado") };
            if method == "DELETE" {
                let email =
                    if name == "Joana Prado" { "joana@aurora.example" } else { "marcos@aurora.example" };
                let body = json!({ "email": email, "role": "administrator" });
                left.post(&invitations(&stage.aurora), body).await.expect(201);
                take(other, json!({ "token": token(&stage, email).await })).await.expect(200);
            } else {
                let path = place(left, &stage.aurora, name).await;
                left.send("PATCH", &path, json!({ "role": "administrator" })).await.expect(200);
            }
        }
    }
}

/// An administrator who is none any more leaves no invitations behind that are still on the way.
#[tokio::test]
async fn invitations_fall_with_the_administrator_who_sent_them() {
    let stage = Stage::start().await;
    let marcos = place(&stage.joana, &stage.aurora, "Marcos Lima").await;
    stage.joana.send("PATCH", &marcos, json!({ "role": "administrator" })).await.expect(200);
    let body = json!({ "email": "rita@aurora.example", "role": "administrator" });
    stage.marcos.post(&invitations(&stage.aurora), body).await.expect(201);
    let token = token(&stage, "rita@aurora.example").await;
    stage.joana.send("PATCH", &marcos, json!({ "role": "member" })).await.expect(200);
    take(&stage.server.anonymous(), newcomer(&token, "Rita Sá")).await.expect(409);
}

/// B19: a temporary membership ends by itself at its moment, in the product too, whatever the loops do.
#[tokio::test]
async fn a_temporary_membership_ends_at_its_moment() {
    for stage in Stage::both().await {
        let end = stage.server.now() + Duration::minutes(30);
        let body = json!({ "email": "tom@aurora.example", "name": "Tom", "role": "member", "ends_at": rfc3339(end) });
        stage.joana.post(&invitations(&stage.aurora), body).await.expect(201);
        accept(&stage.server, "tom@aurora.example", "Tom Reis").await;
        let tom = sign_in(&stage.server, "tom@aurora.example").await;
        let list = members(&stage.joana, &stage.aurora, "?temporary=true").await;
        assert_eq!(names(&list), ["Tom Reis"]);
        assert_eq!(list["data"][0]["ends_at"], rfc3339(end));

        // And one who is turned into a temporary user.
        let marcos = place(&stage.joana, &stage.aurora, "Marcos Lima").await;
        stage.joana.send("PATCH", &marcos, json!({ "ends_at": rfc3339(end) })).await.expect(200);
        let past = json!({ "ends_at": rfc3339(stage.server.now()) });
        stage.joana.send("PATCH", &marcos, past).await.expect(422);
        stage.marcos.send("PATCH", &marcos, json!({ "ends_at": null })).await.expect(403);

        let inside = [stage.member_inside(&tom).await, stage.member_inside(&stage.marcos).await];
        stage.server.clock.advance(Duration::seconds(30 * 60 - 1));
        for cookie in &inside {
            stage.ask(cookie, "GET", "/").await.expect(200);
        }
        stage.server.clock.advance(Duration::seconds(1));
        for cookie in &inside {
            let refused = stage.ask(cookie, "GET", "/").await;
            assert!(matches!(refused.status, 302 | 401 | 403), "{}", refused.status);
        }
        assert_eq!(tom.get("/api/v1/organizations").await.expect(200).json()["data"], json!([]));
        tom.get(&format!("/api/v1/organizations/{}", stage.aurora)).await.expect(404);
        let body = json!({ "validity_seconds": 3600 });
        tom.post(&format!("/api/v1/organizations/{}/support-tokens", stage.aurora), body).await.expect(404);
        assert_eq!(names(&members(&stage.joana, &stage.aurora, "").await), ["Joana Prado"]);
        // The person stays, and can be invited again.
        let body = json!({ "email": "tom@aurora.example", "role": "member" });
        stage.joana.post(&invitations(&stage.aurora), body).await.expect(201);
        take(&tom, json!({ "token": token(&stage, "tom@aurora.example").await })).await.expect(200);
        let again = stage.member_inside(&tom).await;
        stage.ask(&again, "GET", "/").await.expect(200);
    }
}

/// B20: the list shows what it promises, and can be searched, sorted, filtered and paged.
#[tokio::test]
async fn the_members_list_is_searched_sorted_filtered_and_paged() {
    for stage in Stage::both().await {
        let body = json!({
            "email": "adam@aurora.example", "name": "Zoe", "role": "administrator", "user_type": "practitioner",
        });
        stage.joana.post(&invitations(&stage.aurora), body).await.expect(201);
        accept(&stage.server, "adam@aurora.example", "Zoe 100% Reis_").await;
        let zoe = "Zoe 100% Reis_";
        let of = |query: &'static str| members(&stage.joana, &stage.aurora, query);

        let all = of("").await;
        assert_eq!(names(&all), ["Joana Prado", "Marcos Lima", zoe]);
        let line = &all["data"][2];
        assert_eq!(line["email"], "adam@aurora.example");
        assert_eq!(line["role"], "administrator");
        assert_eq!(line["user_type"], "practitioner");
        assert_eq!(line["last_access_at"], Value::Null);

        assert_eq!(names(&of("?search=MARC").await), ["Marcos Lima"]);
        assert_eq!(names(&of("?search=adam%40").await), [zoe], "by e-mail too");
        assert_eq!(names(&of("?search=%25").await), [zoe], "a sign of the pattern is a sign of the name");
        assert_eq!(names(&of("?search=_").await), [zoe]);
        assert_eq!(names(&of("?sort=email").await), [zoe, "Joana Prado", "Marcos Lima"]);
        assert_eq!(names(&of("?sort=role").await), ["Joana Prado", zoe, "Marcos Lima"]);
        assert_eq!(names(&of("?role=administrator").await), ["Joana Prado", zoe]);
        assert_eq!(names(&of("?temporary=true").await), [""; 0]);
        for wrong in ["?sort=password_hash", "?role=owner", "?page_token=x", "?kind=partner"] {
            let path = format!("/api/v1/organizations/{}/members{wrong}", stage.aurora);
            stage.joana.get(&path).await.expect(422);
        }

        let first = of("?limit=2").await;
        let next = first["page"]["next_token"].as_str().expect("a token").to_owned();
        let rest = members(&stage.joana, &stage.aurora, &format!("?limit=2&page_token={next}")).await;
        assert_eq!([names(&first), names(&rest)].concat(), ["Joana Prado", "Marcos Lima", zoe]);
        assert_eq!(rest["page"]["next_token"], "");

        let cookie = stage.member_inside(&stage.marcos).await;
        stage.ask(&cookie, "GET", "/").await.expect(200);
        let latest = of("?sort=last_access").await;
        assert_eq!(names(&latest)[0], "Marcos Lima");
        assert_eq!(latest["data"][0]["last_access_at"], rfc3339(stage.server.now()));
        stage.joana.get(&format!("/organizations/{}/members?q=marc", stage.aurora)).await.expect(200);
    }
}

/// B20: unlinking ends the access at the next request, and leaves the person.
#[tokio::test]
async fn unlinking_shuts_out_at_once_and_leaves_the_person() {
    for stage in Stage::both().await {
        let cookie = stage.member_inside(&stage.marcos).await;
        stage.ask(&cookie, "POST", "/ledger").await.expect(200);
        let marcos = place(&stage.joana, &stage.aurora, "Marcos Lima").await;
        let page = marcos.replace("/api/v1", "");
        let asked = stage.joana.get(&format!("{page}/unlink")).await.expect(200);
        assert!(asked.text.contains("Marcos Lima"), "a confirmation");
        stage.ask(&cookie, "GET", "/").await.expect(200);
        stage.joana.form(&format!("{page}/unlink"), &[]).await.expect(303);
        let refused = stage.ask(&cookie, "GET", "/").await;
        assert!(matches!(refused.status, 302 | 401 | 403), "{}", refused.status);
        stage.marcos.get("/api/v1/sessions/current").await.expect(200);
        stage.marcos.get(&format!("/api/v1/organizations/{}", stage.aurora)).await.expect(404);
        sign_in(&stage.server, "marcos@aurora.example").await;
        stage.joana.send("DELETE", &marcos, nothing()).await.expect(404);
    }
}

/// A6, A7: the vendor's people come in only as vendor staff, with an end, apart from the others, and open nothing.
#[tokio::test]
async fn vendor_staff_are_members_for_a_time_and_apart() {
    let stage = Stage::start().await;
    let end = stage.server.now() + Duration::minutes(50);
    let path = invitations(&stage.aurora);
    let body = |kind: &str, role: &str, end: Option<String>| json!({ "email": "ana@vendor.example", "kind": kind, "role": role, "ends_at": end });
    let later = rfc3339(end);
    for wrong in [
        body("customer", "member", Some(later.clone())),
        body("vendor_staff", "member", None),
        body("vendor_staff", "administrator", Some(later.clone())),
        body("vendor_staff", "member", Some(rfc3339(end + Duration::days(400)))),
        json!({ "email": "x@aurora.example", "kind": "vendor_staff", "role": "member", "ends_at": later }),
    ] {
        stage.joana.post(&path, wrong.clone()).await.expect(422);
    }
    stage.joana.post(&path, body("vendor_staff", "member", Some(later))).await.expect(201);
    take(&stage.ana, json!({ "token": token(&stage, "ana@vendor.example").await })).await.expect(200);

    assert_eq!(names(&members(&stage.joana, &stage.aurora, "?kind=vendor_staff").await), ["Ana Souza"]);
    assert_eq!(
        names(&members(&stage.joana, &stage.aurora, "?kind=customer").await),
        ["Joana Prado", "Marcos Lima"]
    );
    let shown = stage.joana.get(&format!("/organizations/{}/members", stage.aurora)).await.expect(200).text;
    assert!(shown.contains("Ana Souza"));
    let tokens = format!("/api/v1/organizations/{}/support-tokens", stage.aurora);
    stage.ana.post(&tokens, json!({ "validity_seconds": 3600 })).await.expect(403);
    assert_eq!(
        stage.joana.get(&tokens).await.expect(200).json()["data"],
        json!([]),
        "no token is shown for it"
    );
    let ana = place(&stage.joana, &stage.aurora, "Ana Souza").await;
    stage.joana.send("PATCH", &ana, json!({ "role": "administrator" })).await.expect(422);
    stage.joana.send("PATCH", &ana, json!({ "ends_at": null })).await.expect(422);

    let cookie = stage.member_inside(&stage.ana).await;
    stage.ask(&cookie, "GET", "/").await.expect(200);
    stage.server.clock.advance(Duration::minutes(50));
    let refused = stage.ask(&cookie, "GET", "/").await;
    assert!(matches!(refused.status, 302 | 401 | 403), "{}", refused.status);
}

/// E15, case 35: an address of the vendor's own domain is never a customer's, however it is written.
#[tokio::test]
async fn the_vendors_own_addresses_are_never_customers() {
    let stage = Stage::start().await;
    for email in ["new@vendor.example", "New@Vendor.Example", "x@team.vendor.example", " new@vendor.example "]
    {
        let body = json!({ "email": email, "role": "member" });
        let refused = stage.joana.post(&invitations(&stage.aurora), body).await.expect(422);
        assert_eq!(refused.json()["errors"][0]["code"], "vendor_staff_address", "{email}");
        let body = json!({ "name": "Own", "administrator_email": email });
        stage.vera.post("/api/v1/organizations", body).await.expect(422);
    }
    for email in [
        "a@vendor.example@aurora.example",
        "\"x@aurora.example\"@vendor.example",
        "x＠vendor.example",
        "x@vendor.example.",
    ] {
        let body = json!({ "email": email, "role": "member" });
        stage.joana.post(&invitations(&stage.aurora), body).await.expect(422);
    }
    let body = json!({ "email": "x@notvendor.example", "role": "member" });
    stage.joana.post(&invitations(&stage.aurora), body).await.expect(201);
}

/// Case 37, S45: what is good for one door is good for no other, and is not used up by trying.
#[tokio::test]
async fn a_token_of_one_purpose_opens_no_other_door() {
    let stage = Stage::start().await;
    let body = json!({ "email": "rita@aurora.example", "role": "member" });
    stage.joana.post(&invitations(&stage.aurora), body).await.expect(201);
    let invitation = token(&stage, "rita@aurora.example").await;
    let call = operation::Call::by_operator(&stage.server.product.world);
    let setup = organizations::operations::setup::issue(&call).await.expect("a link");
    let session = stage.joana.cookie.clone().expect("a cookie").split_once('=').expect("a pair").1.to_owned();
    let grant = stage.opened_to_ana("read_only").await;
    let way = stage.ana.post(&format!("/api/v1/support-tokens/{grant}/enter"), nothing()).await.json();
    let handover =
        way["url"].as_str().and_then(|url| url.split_once("entry=")).expect("a ticket").1.to_owned();

    let nobody = stage.server.anonymous();
    let form = [("name", "Eve"), ("email", "eve@evil.example"), ("password", PASSWORD)];
    for wrong in [invitation.as_str(), &session, &handover, "", "lsi_", "../setup"] {
        let answer = nobody.form(&format!("/setup/{wrong}"), &form).await;
        assert!(matches!(answer.status, 404 | 405 | 410), "{wrong}: {}", answer.status);
    }
    for wrong in [setup.expose(), &session, &handover, ""] {
        take(&nobody, newcomer(wrong, "Eve")).await.expect(409);
    }
    for wrong in [setup.expose(), &invitation, &handover] {
        let cookie = format!("__Host-latchstring={wrong}");
        nobody.with_cookie(cookie).get("/api/v1/sessions/current").await.expect(401);
        let acting = format!("__Host-latchstring_acting={wrong}");
        assert!(matches!(stage.ask(&acting, "GET", "/").await.status, 302 | 401 | 403));
        let key = kernel::Secret::from_text(wrong.to_owned());
        nobody.with_key(&key).get("/api/v1/organizations").await.expect(401);
    }
    // Each still works at its own.
    take(&nobody, newcomer(&invitation, "Rita Sá")).await.expect(200);
    nobody.get(&format!("/setup/{}", setup.expose())).await.expect(200);
    let begin = format!("{ORIGIN}/_latchstring/begin?entry={handover}");
    stage.through(&stage.ana, &begin).await.expect(303);
}
