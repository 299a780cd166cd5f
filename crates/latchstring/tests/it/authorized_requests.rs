//! What a person asks from inside, and what an agent is told of those who call on the phone.

use futures_util::future::join_all;
use kernel::{Duration, OrganizationId, RequestId, UserId};
use operation::Call;
use serde_json::{Value, json};
use store::args;

use crate::{
    account_recovery::user,
    second_factor::{remembered, turn_on},
    support::{
        cast::{Stage, sign_in},
        rows::audit,
        server::{Answer, Browser, nothing},
    },
};

const JOANA: &str = "joana@aurora.example";

fn path(organization: &str) -> String {
    format!("/api/v1/organizations/{organization}/requests")
}

async fn asked(stage: &Stage, by: &Browser, subject: &str) -> Value {
    let body = json!({ "subject": subject, "text": "Please close the year.\nAll of it." });
    by.post(&path(&stage.aurora), body).await.expect(201).json()
}

fn id(request: &Value) -> &str {
    request["id"].as_str().expect("an id")
}

async fn waiting(by: &Browser) -> Vec<Value> {
    by.get("/api/v1/desk/requests").await.expect(200).json()["data"].as_array().expect("a list").clone()
}

async fn answer(by: &Browser, request: &str, text: &str) -> u16 {
    by.post(&format!("/api/v1/desk/requests/{request}/answer"), json!({ "answer": text })).await.status
}

/// C12: with the second factor on, an agent who looks at the customer's token sees on every page of the desk, and over the
/// API, that calls in the person's name are no authorization; of organizations whose token the agent does not see, nothing
/// is told (A35).
#[tokio::test]
async fn whoever_looks_is_told_that_calls_are_no_authorization() {
    for stage in Stage::both().await {
        let sentence =
            "Phone requests from Joana Prado are not authorized. Ask for a request from inside the area.";
        let token = stage.open(json!({ "validity_seconds": 3600 })).await;
        let code = token["code"].as_str().expect("a code");
        let associate = format!("/desk/associate?code={code}");
        for page in ["/desk", associate.as_str()] {
            assert!(!stage.ana.get(page).await.expect(200).text.contains("Phone requests"), "{page}: off");
        }
        let flagged = async |by: &Browser, list: &str| {
            by.get(list).await.expect(200).json()["data"][0]["phone_not_authorized"].clone()
        };
        assert_eq!(flagged(&stage.ana, "/api/v1/desk/waiting").await, json!([]));
        let (joana, _) = turn_on(&stage, &stage.joana, JOANA).await;
        // Another customer's administrator has one too, and no token: nobody hears of that.
        turn_on(&stage, &stage.bea, "bea@boreal.example").await;
        for page in ["/desk", associate.as_str()] {
            let text = stage.ana.get(page).await.expect(200).text;
            assert!(text.contains(sentence) && !text.contains("Bea Font"), "{page}: {text}");
        }
        assert_eq!(flagged(&stage.ana, "/api/v1/desk/waiting").await, json!(["Joana Prado"]));
        let body = json!({ "code": code, "ticket": "48213" });
        stage.ana.post("/api/v1/desk/associate", body).await.expect(200);
        let enter = format!("/desk/enter/{}", token["id"].as_str().expect("an id"));
        for page in ["/desk", enter.as_str()] {
            assert!(stage.ana.get(page).await.expect(200).text.contains(sentence), "{page}");
        }
        assert_eq!(flagged(&stage.ana, "/api/v1/desk/mine").await, json!(["Joana Prado"]));
        let bruno = stage.bruno.get("/desk").await.expect(200).text;
        assert!(!bruno.contains("Joana Prado"), "it is not his token");
        // The customer is not told what is for agents.
        let own = format!("/organizations/{}/tokens", stage.aurora);
        assert!(!joana.get(&own).await.expect(200).text.contains("Phone requests"));
        let list = format!("/api/v1/organizations/{}/support-tokens", stage.aurora);
        assert!(joana.get(&list).await.expect(200).json()["data"][0].get("phone_not_authorized").is_none());
    }
}

/// C12: a person sends a request from inside; it says how they had proved who they are; an agent answers it once, the person
/// gets the answer by mail and sees it, and all of it is in the organization's log.
#[tokio::test]
async fn a_request_from_inside_is_answered() {
    for stage in Stage::both().await {
        let with_password = asked(&stage, &stage.joana, "Before").await;
        assert_eq!(with_password["proof"], "password_only");
        // Two requests of one moment have no order.
        stage.server.clock.advance(Duration::seconds(1));
        let (joana, _) = turn_on(&stage, &stage.joana, JOANA).await;
        let first = asked(&stage, &joana, "Close the year").await;
        assert_eq!((&first["proof"], &first["state"]), (&json!("second_factor"), &json!("waiting")));
        stage.server.clock.advance(Duration::seconds(90));
        let (_, device) = remembered(&stage, JOANA).await;
        let nobody = stage.server.anonymous().with_cookie(device);
        let body = json!({ "email": JOANA, "password": crate::support::server::PASSWORD });
        let again = nobody.post("/api/v1/sign-in", body).await.expect(200).cookie("__Host-latchstring");
        let second = asked(&stage, &nobody.with_cookie(again), "Remembered").await;
        assert_eq!(second["proof"], "earlier", "less than all that she has");

        let seen = waiting(&stage.ana).await;
        let subjects: Vec<&str> = seen.iter().filter_map(|one| one["subject"].as_str()).collect();
        assert_eq!(subjects, ["Before", "Close the year", "Remembered"], "the longest waiting first");
        assert_eq!(seen[1]["organization"]["name"], "Aurora Holding");
        assert_eq!(seen[1]["by"]["name"], "Joana Prado");
        assert_eq!(seen[1]["text"], "Please close the year.\nAll of it.");

        assert_eq!(answer(&stage.ana, id(&first), "Closed. <b>Done</b>").await, 200);
        assert_eq!(answer(&stage.bruno, id(&first), "Me too").await, 409, "once");
        assert_eq!(waiting(&stage.ana).await.len(), 2);
        stage.server.deliver().await;
        let mail = stage.server.mailbox.to(JOANA).pop().expect("a mail");
        assert_eq!(mail.subject, "Answer: Close the year");
        assert!(
            mail.body.contains("Closed. <b>Done</b>") && mail.body.contains("Ana Souza"),
            "{}",
            mail.body
        );
        let page = joana.get(&format!("/organizations/{}/requests", stage.aurora)).await.expect(200).text;
        assert!(
            page.contains("Answered by Ana Souza")
                && page.contains("Signed in with password and second factor")
        );
        assert!(page.contains("Closed. &#60;b&#62;Done&#60;/b&#62;"), "{page}");
        let kinds: Vec<String> = audit(&stage.server)
            .await
            .into_iter()
            .filter(|line| line.subject == id(&first) && line.organization.as_deref() == Some(&*stage.aurora))
            .map(|line| line.kind)
            .collect();
        assert_eq!(kinds, ["authorized_request.created", "authorized_request.answered"]);
        let log = joana.get(&format!("/organizations/{}/access-log", stage.aurora)).await.expect(200).text;
        assert!(log.contains("answered the request “<bdi>Close the year</bdi>”"), "{log}");
    }
}

/// C12, A1: only the customer's own people ask, each sees their own and an administrator all; nobody asks in another's name,
/// and nobody else sees what was asked.
#[tokio::test]
async fn a_request_is_nobody_elses() {
    let stage = Stage::start().await;
    let own = asked(&stage, &stage.marcos, "Mine").await;
    stage.server.clock.advance(Duration::seconds(1));
    asked(&stage, &stage.joana, "Hers").await;
    let listed = async |by: &Browser| -> Vec<String> {
        let list = by.get(&path(&stage.aurora)).await.expect(200).json();
        let all = list["data"].as_array().expect("a list").iter();
        all.map(|one| one["subject"].as_str().expect("text").to_owned()).collect()
    };
    assert_eq!(listed(&stage.marcos).await, ["Mine"]);
    assert_eq!(listed(&stage.joana).await, ["Hers", "Mine"]);
    let body = json!({ "subject": "x", "text": "x" });
    for stranger in [&stage.bea, &stage.ana, &stage.vera] {
        stranger.get(&path(&stage.aurora)).await.expect(404);
        stranger.post(&path(&stage.aurora), body.clone()).await.expect(404);
        stranger.get(&format!("/organizations/{}/requests", stage.aurora)).await.expect(404);
    }
    let withdraw =
        |organization: &str, request: &Value| format!("{}/{}/withdraw", path(organization), id(request));
    stage.bea.post(&withdraw(&stage.boreal, &own), nothing()).await.expect(404);
    let hers = asked(&stage, &stage.joana, "Hers again").await;
    stage.marcos.post(&withdraw(&stage.aurora, &hers), nothing()).await.expect(404);
    for nosy in [&stage.joana, &stage.bea, &stage.vera] {
        nosy.get("/api/v1/desk/requests").await.expect(403);
        assert_eq!(answer(nosy, id(&own), "x").await, 403);
        nosy.get("/desk/requests").await.expect(403);
    }
    // The vendor's people who were invited ask nothing in the customer's name.
    let end = web::rest::rfc3339(stage.server.now() + Duration::days(30));
    let invited = json!({ "email": "ana@vendor.example", "name": "Ana", "role": "member", "kind": "vendor_staff", "ends_at": end });
    stage
        .joana
        .post(&format!("/api/v1/organizations/{}/invitations", stage.aurora), invited)
        .await
        .expect(201);
    let link = stage.server.mailed_link("ana@vendor.example", "/invitations/").await;
    let token = json!({ "token": link.rsplit('/').next().expect("a token") });
    stage.ana.post("/api/v1/invitations/accept", token).await.expect(200);
    let refused = stage.ana.post(&path(&stage.aurora), body).await.expect(403);
    assert_eq!(refused.code(), "customer_required");
    // What is asked is asked as whoever is signed in, whatever else is sent along (S41).
    let forged = json!({
        "subject": "Forged", "text": "x", "user_id": "usr_00000000000000000000000000", "factor": "totp", "proof": "second_factor",
        "second_factor": "on", "answer": "yes", "answered_at": 1,
    });
    let made = stage.marcos.post(&path(&stage.aurora), forged).await.expect(201).json();
    assert_eq!((&made["by"]["name"], &made["proof"]), (&json!("Marcos Lima"), &json!("password_only")));
    assert_eq!((&made["state"], &made["answer"]), (&json!("waiting"), &Value::Null));
}

/// C12: taken back before it is answered; of an answer and a withdrawal at once one wins. Who is no longer what they were
/// when they asked has asked nothing.
#[tokio::test]
async fn a_request_ends_once() {
    for stage in Stage::both().await {
        let own = asked(&stage, &stage.marcos, "Mine").await;
        let withdraw = |request: &Value| format!("{}/{}/withdraw", path(&stage.aurora), id(request));
        let done = stage.marcos.post(&withdraw(&own), nothing()).await.expect(200).json();
        assert_eq!(done["state"], "withdrawn");
        stage.marcos.post(&withdraw(&own), nothing()).await.expect(409);
        assert_eq!(answer(&stage.ana, id(&own), "x").await, 409);
        assert!(waiting(&stage.ana).await.is_empty());
        for _ in 0..5 {
            let request = asked(&stage, &stage.marcos, "Race").await;
            let way = withdraw(&request);
            let (withdrawn, answers) = tokio::join!(
                stage.joana.post(&way, nothing()),
                join_all((0..8).map(|n| answer(
                    if n % 2 == 0 { &stage.ana } else { &stage.bruno },
                    id(&request),
                    "x"
                ))),
            );
            let won = answers.iter().filter(|status| **status == 200).count()
                + usize::from(withdrawn.status == 200);
            assert_eq!(won, 1, "{answers:?} {}", withdrawn.status);
        }
        // Marcos leaves while one waits.
        let last = asked(&stage, &stage.marcos, "Last").await;
        assert_eq!(waiting(&stage.ana).await.len(), 1);
        let members =
            stage.joana.get(&format!("/api/v1/organizations/{}/members?search=marcos", stage.aurora)).await;
        let member = members.json()["data"][0]["id"].as_str().expect("an id").to_owned();
        let unlink = format!("/api/v1/organizations/{}/members/{member}", stage.aurora);
        stage.joana.send("DELETE", &unlink, nothing()).await.expect(204);
        assert!(waiting(&stage.ana).await.is_empty());
        assert_eq!(answer(&stage.ana, id(&last), "x").await, 404);
    }
}

/// S85: ten requests of a person that wait and twenty an hour are enough, however many come at once; older ones are on later
/// pages.
#[tokio::test]
async fn requests_are_bounded() {
    for stage in Stage::both().await {
        let ask_for = async |count: usize| {
            let all = (0..count).map(|n| {
                let body = json!({ "subject": format!("Request {n}"), "text": "x" });
                let stage = &stage;
                async move { stage.marcos.post(&path(&stage.aurora), body).await }
            });
            join_all(all).await
        };
        let all = ask_for(30).await;
        let taken: Vec<&Answer> = all.iter().filter(|answer| answer.status == 201).collect();
        assert_eq!(taken.len(), 10);
        for refused in all.iter().filter(|answer| answer.status != 201) {
            assert_eq!((refused.status, refused.code().as_str()), (409, "too_many_authorized_requests"));
        }
        let one = taken[0].json();
        let withdraw = format!("{}/{}/withdraw", path(&stage.aurora), id(&one));
        stage.marcos.post(&withdraw, nothing()).await.expect(200);
        assert_eq!(ask_for(1).await[0].status, 201, "what was taken back makes room");
        for request in waiting(&stage.ana).await {
            assert_eq!(answer(&stage.ana, id(&request), "Done.").await, 200);
        }
        let all = ask_for(15).await;
        assert_eq!(all.iter().filter(|answer| answer.status == 201).count(), 9, "twenty in the hour");
        let refused = ask_for(1).await.remove(0).expect(429);
        assert_eq!(refused.header("retry-after"), "3601");
        asked(&stage, &stage.joana, "Somebody else").await;
        stage.server.clock.advance(Duration::seconds(3601));
        let marcos = sign_in(&stage.server, "marcos@aurora.example").await;
        asked(&stage, &marcos, "An hour later").await;
        let page = marcos.get(&format!("{}?limit=15", path(&stage.aurora))).await.expect(200).json();
        let next = page["page"]["next_token"].as_str().expect("more");
        let rest = marcos
            .get(&format!("{}?limit=15&page_token={next}", path(&stage.aurora)))
            .await
            .expect(200)
            .json();
        assert_eq!((page["page"]["count"].clone(), rest["page"]["count"].clone()), (json!(15), json!(6)));
    }
}

/// As if somebody had asked so many things in the days before.
async fn asked_before(stage: &Stage, count: usize, organization: &str, by: UserId) {
    let call = Call::by_system(&stage.server.product.world);
    let organization: OrganizationId = organization.parse().expect("an id");
    let at = stage.server.now() - Duration::days(2);
    let mut tx = call.world.store.write().await.expect("a transaction");
    for _ in 0..count {
        let id: RequestId = call.new_id();
        tx.execute(
            "INSERT INTO authorized_requests (id, organization_id, user_id, subject, body, created_at) \
             VALUES ($1, $2, $3, 'Long ago', 'x', $4)",
            &args![id, organization, by, at],
        )
        .await
        .expect("a request");
    }
    tx.commit().await.expect("committed");
}

/// C12: however many requests are left of people who left their organization, or whose account is shut, the desk shows the new
/// one, and agents answer it.
#[tokio::test]
async fn requests_of_people_who_left_hide_no_new_one() {
    for stage in Stage::both().await {
        let (marcos, bea) = (user(&stage.marcos).await, user(&stage.bea).await);
        asked_before(&stage, 250, &stage.aurora, marcos).await;
        asked_before(&stage, 250, &stage.boreal, bea).await;
        let members =
            stage.joana.get(&format!("/api/v1/organizations/{}/members?search=marcos", stage.aurora)).await;
        let member = members.json()["data"][0]["id"].as_str().expect("an id").to_owned();
        let unlink = format!("/api/v1/organizations/{}/members/{member}", stage.aurora);
        stage.joana.send("DELETE", &unlink, nothing()).await.expect(204);
        let mut tx = stage.server.product.world.store.write().await.expect("a transaction");
        let sql = "UPDATE users SET suspended_at = $2 WHERE id = $1";
        tx.execute(sql, &args![bea, stage.server.now()]).await.expect("suspended");
        tx.commit().await.expect("committed");

        let new = asked(&stage, &stage.joana, "Close the year").await;
        let seen = waiting(&stage.ana).await;
        let subjects: Vec<&str> = seen.iter().filter_map(|one| one["subject"].as_str()).collect();
        assert_eq!(subjects, ["Close the year"]);
        let desk = stage.ana.get("/desk/requests").await.expect(200).text;
        assert!(desk.contains("Close the year") && !desk.contains("Long ago"), "{desk}");
        assert_eq!(answer(&stage.ana, id(&new), "It is closed.").await, 200);
        assert!(waiting(&stage.ana).await.is_empty());
    }
}

/// C12: what somebody asked in an organization that they left, and that nobody can answer or take back any more, counts against
/// nothing that they ask elsewhere.
#[tokio::test]
async fn what_was_asked_in_an_organization_before_stops_nothing_elsewhere() {
    for stage in Stage::both().await {
        let marcos = user(&stage.marcos).await;
        asked_before(&stage, 10, &stage.aurora, marcos).await;
        let invited = json!({ "email": "marcos@aurora.example", "role": "member" });
        let invitations = format!("/api/v1/organizations/{}/invitations", stage.boreal);
        stage.bea.post(&invitations, invited).await.expect(201);
        let link = stage.server.mailed_link("marcos@aurora.example", "/invitations/").await;
        let token = json!({ "token": link.rsplit('/').next().expect("a token") });
        stage.marcos.post("/api/v1/invitations/accept", token).await.expect(200);
        let members =
            stage.joana.get(&format!("/api/v1/organizations/{}/members?search=marcos", stage.aurora)).await;
        let member = members.json()["data"][0]["id"].as_str().expect("an id").to_owned();
        let unlink = format!("/api/v1/organizations/{}/members/{member}", stage.aurora);
        stage.joana.send("DELETE", &unlink, nothing()).await.expect(204);

        let body = json!({ "subject": "In Boreal", "text": "x" });
        stage.marcos.post(&path(&stage.boreal), body).await.expect(201);
        assert_eq!(waiting(&stage.ana).await.len(), 1);
    }
}

/// C12: the same on the pages: asked, read, answered, taken back after a confirmation; errors come back with what was typed.
#[tokio::test]
async fn it_all_works_on_the_pages() {
    let stage = Stage::start().await;
    let cards = stage.joana.get("/organizations").await.expect(200).text;
    let list = format!("/organizations/{}/requests", stage.aurora);
    assert!(cards.contains(&format!("href=\"{list}\"")));
    assert!(stage.joana.get(&list).await.expect(200).text.contains("Nothing was asked yet."));
    let new = format!("{list}/new");
    let back = stage.joana.form(&new, &[("subject", "Close the year"), ("text", " ")]).await.expect(422);
    assert!(back.text.contains("value=\"Close the year\"") && back.text.contains("Write what it is about."));
    let form = [("subject", "Close the year"), ("text", "First line\r\nSecond line")];
    let sent = stage.joana.form(&new, &form).await.expect(303);
    assert_eq!(sent.header("location"), format!("{list}?done=sent"));
    let page = stage.joana.get(sent.header("location")).await.expect(200).text;
    assert!(page.contains("Your request is sent.") && page.contains("<p>Second line</p>"), "{page}");
    assert!(page.contains("Signed in with a password only, no second factor"));

    let desk = stage.ana.get("/desk/requests").await.expect(200).text;
    assert!(
        desk.contains("Close the year") && desk.contains("Aurora Holding") && desk.contains("Joana Prado")
    );
    let start = desk.find("/desk/requests/arq_").expect("the way to it");
    let one = desk[start..].split('"').next().expect("a path").to_owned();
    assert!(stage.ana.get(&one).await.expect(200).text.contains("<p>Second line</p>"));
    stage.ana.form(&one, &[("answer", "")]).await.expect(422);
    let done = stage.ana.form(&one, &[("answer", "It is closed.")]).await.expect(303);
    assert!(stage.ana.get(done.header("location")).await.expect(200).text.contains("The answer is sent."));
    assert!(stage.ana.get(&one).await.expect(200).text.contains("It is closed."));
    stage.bruno.get(&one).await.expect(404);

    let other = asked(&stage, &stage.joana, "Take this back").await;
    let way = format!("{list}/{}/withdraw", id(&other));
    assert!(stage.joana.get(&way).await.expect(200).text.contains("Withdraw this request?"));
    assert_eq!(waiting(&stage.ana).await.len(), 1, "to look is not to act");
    stage.joana.form(&way, &[]).await.expect(303);
    assert!(waiting(&stage.ana).await.is_empty());
    assert!(stage.joana.get(&list).await.expect(200).text.contains("Withdrawn"));
}
