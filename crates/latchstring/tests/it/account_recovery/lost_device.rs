//! A lost device: what it takes, and everything that is not enough.

mod at_once;
mod half;

use kernel::Duration;
use people::links::Purpose;
use serde_json::{Value, json};

use super::{JOANA, NEW, RESET, is_signed_in, issued, mailed, try_to_sign_in};
use crate::support::{
    cast::{Stage, accept, sign_in},
    mail::link_in,
    rows,
    server::{Browser, PASSWORD, TestServer},
};

const REPORTS: &str = "/api/v1/lost-devices";
const STOP: &str = "/api/v1/lost-devices/stop";

/// Joana with an authenticator app, and a second agent who may decide.
struct Scene {
    stage: Stage,
    carla: Browser,
}

impl Scene {
    async fn both() -> Vec<Self> {
        let mut scenes = Vec::new();
        for stage in Stage::both().await {
            scenes.push(Self::on(stage).await);
        }
        scenes
    }

    async fn on(mut stage: Stage) -> Self {
        let body = json!({ "email": "carla@vendor.example", "name": "Carla Dias", "agent_level": 3 });
        stage.vera.post("/api/v1/agents", body).await.expect(201);
        accept(&stage.server, "carla@vendor.example", "Carla Dias").await;
        let carla = sign_in(&stage.server, "carla@vendor.example").await;
        stage.joana = turned_on(&stage.server, JOANA).await;
        // What comes after is a later moment than the set-up.
        stage.server.advance(Duration::minutes(2)).await;
        Self { stage, carla }
    }

    fn server(&self) -> &TestServer {
        &self.stage.server
    }

    /// Joana types her password, cannot go on, and says so: the request's id.
    async fn reported(&self) -> String {
        let half = half(self.server(), JOANA, PASSWORD).await;
        let body = json!({ "reason": "My phone fell into the river.", "contact": "+351 21 555 0100" });
        let reported = half.post(REPORTS, body).await.expect(201).json();
        reported["id"].as_str().expect("an id").to_owned()
    }

    async fn state(&self, id: &str) -> String {
        // Agents' sessions end by themselves while a test lets days pass.
        if is_signed_in(&self.stage.ana).await {
            return self.state_by(&self.stage.ana, id).await;
        }
        let ana = sign_in(self.server(), "ana@vendor.example").await;
        self.state_by(&ana, id).await
    }

    async fn state_by(&self, by: &Browser, id: &str) -> String {
        let request = by.get(&format!("{REPORTS}/{id}")).await.expect(200).json();
        request["state"].as_str().expect("a state").to_owned()
    }

    async fn approved_by_two(&self, id: &str) {
        approve(&self.stage.ana, id).await.expect(200);
        approve(&self.carla, id).await.expect(200);
    }

    /// What Joana is asked for after her password.
    async fn next(&self) -> String {
        let answer = try_to_sign_in(self.server(), JOANA, PASSWORD).await.expect(202).json();
        answer["next"].as_str().expect("a step").to_owned()
    }
}

/// Somebody sets an authenticator app up.
async fn turned_on(server: &TestServer, email: &str) -> Browser {
    let person = sign_in(server, email).await;
    let key = person.post("/api/v1/account/second-factor/enable", json!({})).await.expect(201).json();
    server.apps.add(email, key["key"].as_str().expect("a key"));
    let body = json!({ "code": server.code_of(email) });
    let cookie = person.post("/api/v1/account/second-factor/confirm", body).await.expect(200);
    server.anonymous().with_cookie(cookie.cookie("__Host-latchstring"))
}

/// A browser in which somebody typed the right password, and nothing more.
async fn half(server: &TestServer, email: &str, password: &str) -> Browser {
    let answer = try_to_sign_in(server, email, password).await.expect(202);
    server.anonymous().with_cookie(answer.cookie("__Host-latchstring_sign_in"))
}

fn whole_list() -> Value {
    json!({ "checked": ["called_back", "administrator_vouches", "recent_activity", "knows_of_the_wait"],
        "note": "Reached Marcos under the number in the contract." })
}

async fn approve(by: &Browser, id: &str) -> crate::support::server::Answer {
    by.post(&format!("{REPORTS}/{id}/check"), whole_list()).await
}

/// C14, S25, A8: a report, two agents, a day, mail at each step; then the factor is gone, everything ended, and a new one
/// has to be set up. The organization reads all of it in its log.
#[tokio::test]
async fn a_lost_device_is_reset_after_two_agents_and_a_day() {
    for scene in Scene::both().await {
        let (stage, server) = (&scene.stage, scene.server());
        let nobody = server.anonymous();
        let led = nobody.get("/lost-device").await.expect(303);
        assert_eq!(led.header("location"), "/sign-in?over=1", "there is nobody without the password");
        let half = half(server, JOANA, PASSWORD).await;
        assert!(half.get("/sign-in/code").await.expect(200).text.contains("/lost-device"));
        half.get("/lost-device").await.expect(200);
        half.form("/lost-device", &[("reason", " "), ("contact", "")]).await.expect(422);
        let form = [("reason", "My phone fell into the river."), ("contact", "+351 21 555 0100")];
        let sent = half.form("/lost-device", &form).await.expect(303);
        assert_eq!(sent.header("location"), "/lost-device?sent=1");
        assert!(half.get("/lost-device?sent=1").await.expect(200).text.contains("is being checked"));
        let again = half.post(REPORTS, json!({ "reason": "x", "contact": "y" })).await.expect(409);
        assert_eq!(again.code(), "lost_device_already_reported");
        mailed(server, JOANA, "/stop-recovery/", 1).await;

        assert!(stage.ana.get("/desk").await.expect(200).text.contains("/desk/lost-devices"));
        assert!(!stage.bruno.get("/desk").await.expect(200).text.contains("/desk/lost-devices"));
        let list = stage.ana.get("/desk/lost-devices").await.expect(200);
        assert!(list.text.contains("Joana Prado") && list.text.contains("Aurora Holding"));
        let all = stage.ana.get(REPORTS).await.expect(200).json();
        let id = all["data"][0]["id"].as_str().expect("an id").to_owned();
        let path = format!("/desk/lost-devices/{id}");
        let shown = stage.ana.get(&path).await.expect(200);
        assert!(shown.text.contains("fell into the river") && shown.text.contains("called_back"));
        stage.ana.form(&format!("{path}/check"), &[("called_back", "on")]).await.expect(422);
        let ticks = [
            ("called_back", "on"),
            ("administrator_vouches", "on"),
            ("recent_activity", "on"),
            ("knows_of_the_wait", "on"),
            ("note", "Marcos confirmed the number."),
        ];
        server.advance(Duration::seconds(1)).await;
        let first = stage.ana.form(&format!("{path}/check"), &ticks).await.expect(303);
        assert_eq!(first.header("location"), format!("{path}?done=open"));
        assert!(scene.carla.get(&path).await.expect(200).text.contains("Marcos confirmed the number."));
        server.advance(Duration::seconds(1)).await;
        let second = scene.carla.form(&format!("{path}/check"), &ticks).await.expect(303);
        assert_eq!(second.header("location"), format!("{path}?done=waiting"));
        mailed(server, JOANA, "/stop-recovery/", 2).await;

        server.advance(Duration::seconds(24 * 3600 - 2)).await;
        assert_eq!(scene.state(&id).await, "waiting");
        assert_eq!(scene.next().await, "code", "not a second sooner");
        server.advance(Duration::seconds(3)).await;
        assert_eq!(
            account_recovery::operations::settle_due(&server.product.world).await.expect("settled"),
            0
        );
        assert_eq!(scene.state(&id).await, "done");
        assert_eq!(scene.next().await, "set_up");
        assert!(!is_signed_in(&stage.joana).await);
        server.deliver().await;
        let last = server.mailbox.to(JOANA).pop().expect("a mail");
        assert_eq!(last.subject, "Your second factor was reset");
        assert!(link_in(&last.body, "lsi_").is_none());

        let log = rows::audit(server).await;
        let seen: Vec<&str> = log
            .iter()
            .filter(|entry| entry.organization.as_deref() == Some(&stage.aurora))
            .map(|entry| entry.kind.as_str())
            .filter(|kind| kind.starts_with("lost_device."))
            .collect();
        let expected = ["reported", "checked", "checked", "approved", "reset"];
        assert_eq!(seen, expected.map(|verb| format!("lost_device.{verb}")));
        let names: Vec<&str> = log
            .iter()
            .filter(|entry| entry.kind == "lost_device.checked" && entry.outcome == "done")
            .map(|entry| entry.actor_name.as_str())
            .collect();
        assert_eq!(names, ["Ana Souza", "Carla Dias"]);
    }
}

/// Case 25, S25: nobody does it alone, or with less than the whole list, or for themselves, or below level 2.
#[tokio::test]
async fn no_single_person_resets_a_factor() {
    for scene in Scene::both().await {
        let (stage, server) = (&scene.stage, scene.server());
        let id = scene.reported().await;
        for by in [&stage.bruno, &stage.marcos, &stage.joana, &stage.bea] {
            by.get(&format!("{REPORTS}/{id}")).await.expect(403);
            by.get(REPORTS).await.expect(403);
            by.get(&format!("/desk/lost-devices/{id}")).await.expect(403);
            approve(by, &id).await.expect(403);
            by.post(&format!("{REPORTS}/{id}/refuse"), json!({})).await.expect(403);
        }
        // Vendor administrators see their own people's, and this is none.
        stage.vera.get(&format!("{REPORTS}/{id}")).await.expect(404);
        approve(&stage.vera, &id).await.expect(403);
        for checked in [json!([]), json!(["called_back"]), json!(["called_back", "called_back", "x"])] {
            let body = json!({ "checked": checked });
            stage.ana.post(&format!("{REPORTS}/{id}/check"), body).await.expect(422);
        }
        approve(&stage.ana, &id).await.expect(200);
        for _ in 0..3 {
            let again = approve(&stage.ana, &id).await.expect(409);
            assert_eq!(again.code(), "lost_device_checked_by_you");
        }
        // The same agent on another browser, and with what would shorten the wait if anything did.
        let elsewhere = sign_in(server, "ana@vendor.example").await;
        let mut body = whole_list();
        body["agent_id"] = json!("usr_00000000000000000000000000");
        body["takes_effect_at"] = json!("2020-01-01T00:00:00Z");
        body["approved_at"] = json!(1);
        elsewhere.post(&format!("{REPORTS}/{id}/check"), body.clone()).await.expect(409);
        assert_eq!(scene.state(&id).await, "open");
        let waiting = scene.carla.post(&format!("{REPORTS}/{id}/check"), body).await.expect(200).json();
        let at = web::rest::rfc3339(server.now() + Duration::hours(24));
        assert_eq!(waiting["takes_effect_at"], at.as_str());
        assert_eq!(approve(&scene.carla, &id).await.expect(409).code(), "lost_device_approved");
        assert_eq!(scene.next().await, "code");
    }
}

/// Case 25: an agent who lost a device does not decide about it, and the vendor's administrator sees the request.
#[tokio::test]
async fn an_agent_does_not_approve_their_own_request() {
    for scene in Scene::both().await {
        let (stage, server) = (&scene.stage, scene.server());
        let half = half(server, "ana@vendor.example", PASSWORD).await;
        let body = json!({ "reason": "stolen", "contact": "5555" });
        let id = half.post(REPORTS, body).await.expect(201).json()["id"].as_str().expect("an id").to_owned();
        // Ana's session from before goes on, with the factor that she says is lost.
        assert_eq!(approve(&stage.ana, &id).await.expect(403).code(), "own_request");
        let refuse = format!("{REPORTS}/{id}/refuse");
        assert_eq!(stage.ana.post(&refuse, json!({})).await.expect(403).code(), "own_request");
        assert!(
            stage
                .ana
                .get(&format!("/desk/lost-devices/{id}"))
                .await
                .expect(200)
                .text
                .contains("your own request")
        );
        let seen = stage.vera.get(&format!("{REPORTS}/{id}")).await.expect(200).json();
        assert_eq!(seen["name"], "Ana Souza");
        stage.vera.get(&format!("/desk/lost-devices/{id}")).await.expect(200);
        assert_eq!(
            stage.vera.get(REPORTS).await.expect(200).json()["data"].as_array().expect("a list").len(),
            1
        );
        approve(&scene.carla, &id).await.expect(200);
        assert_eq!(scene.state_by(&scene.carla, &id).await, "open");
        let log = rows::audit(server).await;
        assert!(log.iter().any(|entry| entry.kind == "lost_device.checked" && entry.outcome == "refused"));
    }
}

/// Case 25: the word of an agent who was suspended counts no more, before the wait and at its end.
#[tokio::test]
async fn a_suspended_agents_word_counts_no_more() {
    let scene = Scene::on(Stage::start().await).await;
    let (stage, server) = (&scene.stage, scene.server());
    let id = scene.reported().await;
    scene.approved_by_two(&id).await;
    let agents = stage.vera.get("/api/v1/agents").await.expect(200).json();
    let carla = agents["data"].as_array().expect("a list").iter().find(|agent| agent["name"] == "Carla Dias");
    let carla = carla.and_then(|carla| carla["id"].as_str()).expect("an id").to_owned();
    stage.vera.post(&format!("/api/v1/agents/{carla}/suspend"), json!({})).await.expect(200);
    server.advance(Duration::hours(24) + Duration::seconds(1)).await;
    account_recovery::operations::settle_due(&server.product.world).await.expect("settled");
    assert_eq!(scene.state(&id).await, "refused");
    assert_eq!(scene.next().await, "code");
}

/// C14, case 25: the link in any mail stops it, for good, and for a day there is no other.
#[tokio::test]
async fn a_stopped_request_stays_stopped() {
    for scene in Scene::both().await {
        let (stage, server) = (&scene.stage, scene.server());
        let id = scene.reported().await;
        let early = mailed(server, JOANA, "/stop-recovery/", 1).await;
        scene.approved_by_two(&id).await;
        let late = mailed(server, JOANA, "/stop-recovery/", 2).await;
        assert_ne!(early, late);
        let (nobody, path) = (server.anonymous(), format!("/stop-recovery/{early}"));
        nobody.get(&path).await.expect(200);
        assert_eq!(scene.state(&id).await, "waiting", "to look stops nothing");
        let done = nobody.form(&path, &[]).await.expect(303);
        assert_eq!(done.header("location"), "/recovery/request-stopped");
        assert_eq!(scene.state(&id).await, "stopped");
        assert_eq!(nobody.post(STOP, json!({ "token": late })).await.expect(409).code(), "link_over");
        for by in [&stage.ana, &scene.carla] {
            assert_eq!(approve(by, &id).await.expect(409).code(), "lost_device_over");
        }
        let half_now = half(server, JOANA, PASSWORD).await;
        let body = json!({ "reason": "again", "contact": "5555" });
        let refused = half_now.post(REPORTS, body.clone()).await.expect(409);
        assert_eq!(refused.code(), "lost_device_stopped");
        server.advance(Duration::hours(24) + Duration::seconds(1)).await;
        assert_eq!(
            account_recovery::operations::settle_due(&server.product.world).await.expect("settled"),
            0
        );
        assert_eq!(scene.next().await, "code", "the wait is over and nothing was reset");
        half(server, JOANA, PASSWORD).await.post(REPORTS, body).await.expect(201);
    }
}

/// Case 25: whoever stops a request by locking the account, or by taking a changed address back, has stopped it for the day too:
/// also for somebody who chose a new password meanwhile.
#[tokio::test]
async fn a_lock_stops_a_request_for_the_day_too() {
    for (scene, way) in Scene::both().await.into_iter().zip(["lock", "undo"].into_iter().cycle()) {
        stopped_by(&scene, way).await;
    }
    // Each way on each kind of database.
    for (scene, way) in Scene::both().await.into_iter().zip(["undo", "lock"].into_iter().cycle()) {
        stopped_by(&scene, way).await;
    }
}

async fn stopped_by(scene: &Scene, way: &str) {
    let (server, nobody) = (scene.server(), scene.server().anonymous());
    let joana = super::user(&scene.stage.joana).await;
    let id = scene.reported().await;
    scene.approved_by_two(&id).await;
    let link = if way == "lock" {
        let token = issued(server, Purpose::Lock, joana, "").await;
        nobody.post("/api/v1/account-recovery/lock", json!({ "token": token }))
    } else {
        let token = issued(server, Purpose::UndoEmail, joana, JOANA).await;
        nobody.post("/api/v1/account-recovery/email/undo", json!({ "token": token }))
    };
    link.await.expect(204);
    assert_eq!(scene.state(&id).await, "stopped", "{way}");
    let token = mailed(server, JOANA, "/reset-password/", 1).await;
    let body = json!({ "token": token, "password": NEW });
    nobody.post("/api/v1/account-recovery/password", body).await.expect(204);
    assert_eq!(scene.state(&id).await, "stopped", "{way}");
    let body = json!({ "reason": "again", "contact": "5555" });
    server.advance(Duration::hours(23)).await;
    let refused = half(server, JOANA, NEW).await.post(REPORTS, body.clone()).await.expect(409);
    assert_eq!(refused.code(), "lost_device_stopped", "{way}");
    account_recovery::operations::settle_due(&server.product.world).await.expect("settled");
    server.advance(Duration::hours(2)).await;
    account_recovery::operations::settle_due(&server.product.world).await.expect("settled");
    let answer = try_to_sign_in(server, JOANA, NEW).await.expect(202).json();
    assert_eq!(answer["next"], "code", "{way}: nothing was reset");
    half(server, JOANA, NEW).await.post(REPORTS, body).await.expect(201);
}

/// C14: whoever shows the factor has not lost it, and a new password by mail begins all of it anew.
#[tokio::test]
async fn the_factor_or_a_new_password_ends_the_request() {
    for scene in Scene::both().await {
        let server = scene.server();
        let id = scene.reported().await;
        scene.approved_by_two(&id).await;
        server.advance(Duration::minutes(5)).await;
        sign_in(server, JOANA).await;
        assert_eq!(scene.state(&id).await, "overtaken");
        server.advance(Duration::hours(25)).await;
        account_recovery::operations::settle_due(&server.product.world).await.expect("settled");
        assert_eq!(scene.next().await, "code");

        let id = scene.reported().await;
        server.anonymous().post(RESET, json!({ "email": JOANA })).await.expect(202);
        let token = mailed(server, JOANA, "/reset-password/", 1).await;
        let body = json!({ "token": token, "password": NEW });
        server.anonymous().post("/api/v1/account-recovery/password", body).await.expect(204);
        assert_eq!(scene.state(&id).await, "overtaken");
        // S21: the new password alone is not enough.
        let answer = try_to_sign_in(server, JOANA, NEW).await.expect(202).json();
        assert_eq!(answer["next"], "code");
    }
}

/// C14: an agent says no and is named; what nobody answers ends after a week.
#[tokio::test]
async fn a_request_is_refused_or_runs_out() {
    for scene in Scene::both().await {
        let (stage, server) = (&scene.stage, scene.server());
        let id = scene.reported().await;
        let path = format!("/desk/lost-devices/{id}");
        let done = stage.ana.form(&format!("{path}/refuse"), &[]).await.expect(303);
        assert_eq!(done.header("location"), format!("{path}?done=refused"));
        let shown = stage.ana.get(&path).await.expect(200);
        assert!(shown.text.contains("Refused by Ana Souza"));
        assert_eq!(approve(&scene.carla, &id).await.expect(409).code(), "lost_device_over");
        server.deliver().await;
        let last = server.mailbox.to(JOANA).pop().expect("a mail");
        assert_eq!(last.subject, "The reset of your second factor was refused");

        let id = scene.reported().await;
        approve(&stage.ana, &id).await.expect(200);
        server.advance(Duration::days(7)).await;
        assert_eq!(scene.state(&id).await, "expired");
        let carla = sign_in(server, "carla@vendor.example").await;
        assert_eq!(approve(&carla, &id).await.expect(409).code(), "lost_device_over");
        scene.reported().await;
    }
}

/// C14: an address that was left within a month hears of it, and can stop it.
#[tokio::test]
async fn an_earlier_address_can_stop_it() {
    for scene in Scene::both().await {
        let server = scene.server();
        // Whoever has Joana's password and a code moves the account to another mailbox first.
        let thief = sign_in(server, JOANA).await;
        thief.post("/api/v1/account/email", json!({ "email": "thief@evil.example" })).await.expect(202);
        let token = mailed(server, "thief@evil.example", "/confirm-email/", 1).await;
        thief.post("/api/v1/account-recovery/email", json!({ "token": token })).await.expect(204);
        server.advance(Duration::days(20)).await;
        let half = half(server, "thief@evil.example", PASSWORD).await;
        let body = json!({ "reason": "lost", "contact": "5555" });
        let id = half.post(REPORTS, body).await.expect(201).json()["id"].as_str().expect("an id").to_owned();
        mailed(server, "thief@evil.example", "/stop-recovery/", 1).await;
        let token = mailed(server, JOANA, "/stop-recovery/", 1).await;
        server.anonymous().post(STOP, json!({ "token": token })).await.expect(204);
        assert_eq!(scene.state(&id).await, "stopped");
    }
}

/// S46, S47: two agents at the same moment are two words and one wait; one agent many times is one word.
#[tokio::test(flavor = "multi_thread")]
async fn approvals_at_the_same_moment_are_counted_one_by_one() {
    for scene in Scene::both().await {
        let id = scene.reported().await;
        let many = (0..6).map(|n| {
            let (by, id) = (if n < 4 { &scene.stage.ana } else { &scene.carla }.clone(), id.clone());
            operation::spawn(async move { approve(&by, &id).await.status })
        });
        let mut statuses = Vec::new();
        for one in many.collect::<Vec<_>>() {
            statuses.push(one.await.expect("no panic"));
        }
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 2, "{statuses:?}");
        assert_eq!(scene.state(&id).await, "waiting");
        let log = rows::audit(scene.server()).await;
        assert_eq!(log.iter().filter(|entry| entry.kind == "lost_device.approved").count(), 1);
    }
}

/// Case 20 and S21 with a factor on: a new password forgets remembered browsers and ends half sign-ins, and still asks for
/// the code.
#[tokio::test]
async fn a_new_password_forgets_remembered_browsers_and_half_sign_ins() {
    for scene in Scene::both().await {
        let server = scene.server();
        let first = half(server, JOANA, PASSWORD).await;
        let body = json!({ "code": server.code_of(JOANA), "remember": true });
        let passed = first.post("/api/v1/sign-in/code", body).await.expect(200);
        let device = passed.cookie("__Host-latchstring_device");
        let open = half(server, JOANA, PASSWORD).await;
        server.anonymous().post(RESET, json!({ "email": JOANA })).await.expect(202);
        let token = mailed(server, JOANA, "/reset-password/", 1).await;
        let body = json!({ "token": token, "password": NEW });
        server.anonymous().post("/api/v1/account-recovery/password", body).await.expect(204);
        server.advance(Duration::minutes(2)).await;
        let late = open.post("/api/v1/sign-in/code", json!({ "code": server.code_of(JOANA) })).await;
        assert_eq!(late.status, 409, "the half sign-in is over");
        let remembered = server.anonymous().with_cookie(device);
        let answer = remembered.post("/api/v1/sign-in", json!({ "email": JOANA, "password": NEW })).await;
        assert_eq!(answer.expect(202).json()["next"], "code", "the browser is not remembered");
    }
}
