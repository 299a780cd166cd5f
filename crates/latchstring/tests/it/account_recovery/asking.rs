//! How often links and codes are mailed, whoever asks for them.

use std::time::Duration as Real;

use kernel::Duration;
use operation::{Call, audit::Entry};
use serde_json::json;

use super::{JOANA, RESET, mail_count, mailed, try_to_sign_in, user};
use crate::{
    second_factor::{earlier::new_agent, half},
    support::{
        cast::{Stage, sign_in},
        mail::link_in,
        rows,
        server::{Answer, TestServer, nothing},
    },
};

const CARLA: &str = "carla@vendor.example";
const SEND: &str = "/api/v1/sign-in/mailed-code/send";
/// Whoever has not come through after so long waits.
const WAITS: Real = Real::from_millis(250);

/// Asks for a link to choose a new password, from a place of one's own.
async fn ask(server: &TestServer, email: &str, source: &str) -> Answer {
    let request = server.anonymous().request("POST", RESET).header("x-forwarded-for", source);
    Answer::of(request.json(&json!({ "email": email }))).await
}

/// Waits until so many requests that were taken have had their effect, which comes after the answer.
async fn settled(server: &TestServer, email: &str, requests: usize) {
    for _ in 0..400 {
        let log = rows::audit(server).await;
        let asked =
            log.iter().filter(|line| line.kind == "password.reset_asked" && line.details["email"] == email);
        if asked.count() >= requests {
            return;
        }
        tokio::time::sleep(Real::from_millis(5)).await;
    }
    panic!("not every request for {email} came to its end");
}

/// How many links of this kind were mailed to somebody.
async fn links(server: &TestServer, email: &str, part: &str) -> usize {
    server.deliver().await;
    server.mailbox.to(email).iter().filter(|mail| link_in(&mail.body, part).is_some()).count()
}

/// S14, S10: asking is counted for the address at each source and for the source, whether anybody has the address or not; and
/// however many sources ask, one mailbox gets ten links in a quarter of an hour.
#[tokio::test]
async fn links_cannot_be_asked_for_without_end() {
    for stage in Stage::both().await {
        let server = &stage.server;
        for email in [JOANA, "nobody@aurora.example"] {
            let mut seen = Vec::new();
            for _ in 0..7 {
                seen.push(ask(server, email, "198.51.100.1").await.status);
            }
            assert_eq!(seen, [202, 202, 202, 202, 202, 429, 429], "{email}");
            // From elsewhere it goes on, and the answer tells nothing of what was done.
            for n in 2..10 {
                ask(server, email, &format!("198.51.100.{n}")).await.expect(202);
            }
            settled(server, email, 13).await;
        }
        assert_eq!(links(server, JOANA, "/reset-password/").await, 10);
        assert_eq!(mail_count(server, JOANA).await, 11, "and the invitation");
        let mut last = 0;
        for n in 0..51 {
            last = ask(server, &format!("n{n}@aurora.example"), "203.0.113.77").await.status;
        }
        assert_eq!(last, 429, "one source");
        let form = server.anonymous().request("POST", "/forgot-password").form(&[("email", JOANA)]);
        let page = Answer::of(form.header("x-forwarded-for", "198.51.100.1")).await.expect(429);
        assert!(!page.header("retry-after").is_empty() && page.text.contains("Too many requests"));
    }
}

/// S14, C16: strangers who ask for links to somebody's address do not stop the mail that this person asks for: neither the code on
/// the way in nor the link to another mailbox; and after the window a link for a forgotten password is to be had again.
#[tokio::test]
async fn strangers_who_ask_stop_no_mail_of_its_owner() {
    for stage in Stage::both().await {
        let server = &stage.server;
        new_agent(&stage).await;
        // The link of the invitation shows the mailbox for an hour.
        server.advance(Duration::minutes(61)).await;
        let by_strangers = async || {
            for n in 0..10 {
                ask(server, CARLA, &format!("203.0.113.{n}")).await.expect(202);
            }
            // And all of it from the place that she is at herself.
            for _ in 0..6 {
                ask(server, CARLA, "127.0.0.1").await;
            }
        };
        by_strangers().await;
        let half = half(&stage, CARLA).await;
        half.post(SEND, nothing()).await.expect(204);
        server.deliver().await;
        let mails = server.mailbox.to(CARLA);
        let mail = mails.iter().rfind(|mail| mail.subject.contains("code")).expect("a mail");
        let is_code = |word: &&str| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit());
        let code = mail.body.split_whitespace().find(is_code).expect("a code");
        half.post("/api/v1/sign-in/mailed-code", json!({ "code": code })).await.expect(204);
        let key = half.post("/api/v1/sign-in/set-up", nothing()).await.expect(201).json();
        server.apps.add(CARLA, key["key"].as_str().expect("a key"));
        let body = json!({ "code": server.code_of(CARLA) });
        let done = half.post("/api/v1/sign-in/set-up/confirm", body).await.expect(200);
        let carla = half.with_cookie(done.cookie("__Host-latchstring"));

        by_strangers().await;
        carla
            .post("/api/v1/account/email", json!({ "email": "carla.dias@vendor.example" }))
            .await
            .expect(202);
        mailed(server, "carla.dias@vendor.example", "/confirm-email/", 1).await;

        // Ten and five were taken, and then ten.
        settled(server, CARLA, 25).await;
        server.advance(Duration::minutes(16)).await;
        let before = links(server, CARLA, "/reset-password/").await;
        assert!(before <= 10, "no flood: {before}");
        ask(server, CARLA, "192.0.2.50").await.expect(202);
        let token = mailed(server, CARLA, "/reset-password/", before + 1).await;
        let body = json!({ "token": token, "password": "nobody else lifts this latch" });
        server.anonymous().post("/api/v1/account-recovery/password", body).await.expect(204);
    }
}

/// S14: what somebody asks for themselves has a limit too, and closes no other way: a link for a forgotten password still comes.
#[tokio::test]
async fn whoever_asks_for_their_own_mail_without_end_waits() {
    for stage in Stage::both().await {
        let server = &stage.server;
        let joana = sign_in(server, JOANA).await;
        let mut seen = Vec::new();
        for n in 0..7 {
            let body = json!({ "email": format!("joana{n}@home.example") });
            seen.push(joana.post("/api/v1/account/email", body).await.status);
        }
        assert_eq!(seen, [202, 202, 202, 202, 202, 429, 429]);
        ask(server, JOANA, "192.0.2.50").await.expect(202);
        mailed(server, JOANA, "/reset-password/", 1).await;
    }
}

/// S47, S73: a link that is used while another one is asked for. Both wait for somebody who changes the person, in either order,
/// and go on at the same moment: one of the two comes first, each is answered, and no mail is lost because the two wait for each
/// other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_and_a_second_request_do_not_wait_for_each_other() {
    for stage in Stage::both().await {
        let server = &stage.server;
        let owner = user(&stage.joana).await;
        let (mut asked, mut changed) = (0, 0);
        for round in 0..8 {
            // Whatever was counted is forgotten after a day.
            server.clock.advance(Duration::hours(25));
            ask(server, JOANA, "192.0.2.50").await.expect(202);
            let token = mailed(server, JOANA, "/reset-password/", asked + 1).await;
            let new = format!("sentence number {round} of many");
            let body = json!({ "token": token, "password": new });
            let mut first = Call::by_system(&server.product.world).begin().await.expect("a transaction");
            people::operations::lock(&mut first, owner).await.expect("a person");
            let path = "/api/v1/account-recovery/password";
            let mut both = [
                server.anonymous().request("POST", path).json(&body),
                server.anonymous().request("POST", RESET).json(&json!({ "email": JOANA })),
            ];
            let turn = round % 2;
            both.rotate_left(turn);
            let mut sent = Vec::new();
            for one in both {
                sent.push(operation::spawn(Answer::of(one)));
                // Until it stands where it waits.
                tokio::time::sleep(WAITS).await;
            }
            first.commit(Entry::new("test.set")).await.expect("a commit");
            sent.rotate_right(turn);
            let [reset, again] = sent.try_into().expect("two");
            let (reset, again) = (reset.await.expect("no panic"), again.await.expect("no panic"));
            assert!(matches!(reset.status, 204 | 409), "round {round}: {} {}", reset.status, reset.text);
            again.expect(202);
            asked += 2;
            settled(server, JOANA, asked).await;
            let status = try_to_sign_in(server, JOANA, &new).await.status;
            assert_eq!(status, if reset.status == 204 { 200 } else { 401 }, "round {round}");
            changed += usize::from(reset.status == 204);
        }
        assert!(changed > 0, "the link was never quick enough");
        assert_eq!(links(server, JOANA, "/reset-password/").await, asked);
    }
}
