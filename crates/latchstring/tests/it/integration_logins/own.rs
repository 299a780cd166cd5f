//! A person's own login at an old interface.

use futures_util::future::join_all;
use kernel::Duration;
use people::links::Purpose;
use serde_json::json;
use store::args;

use super::{CLIENT, Question, ask, claims, made};
use crate::{
    account_recovery::{issued, user},
    passwords::store,
    second_factor::turn_on,
    support::{
        cast::{Stage, accept, sign_in as sign_in_again},
        rows::audit,
        server::{PASSWORD, nothing},
    },
};

/// C15: a person without a second factor uses an old interface with their own login, and is named to the product; no session
/// comes of it. Unknown and wrong look the same.
#[tokio::test]
async fn a_person_without_a_second_factor_uses_their_own_login() {
    for stage in Stage::both().await {
        let yes = ask(&stage, "marcos@aurora.example", PASSWORD).await.expect(200);
        assert!(yes.header("remote-user").starts_with("usr_"));
        assert_eq!(yes.header("remote-email"), "marcos@aurora.example");
        assert_eq!(yes.header("remote-groups"), "members");
        assert_eq!(yes.header("x-latchstring-account"), stage.aurora);
        assert_eq!(yes.header("x-latchstring-acting"), "none");
        assert!(!yes.headers.contains_key("set-cookie"));
        assert_eq!(claims(&yes)["email"], "marcos@aurora.example");
        let sessions = stage.marcos.get("/api/v1/sessions").await.expect(200).json();
        assert_eq!(sessions["data"].as_array().map(Vec::len), Some(1), "no session of it");
        assert_eq!(
            ask(&stage, "joana@aurora.example", PASSWORD).await.expect(200).header("remote-groups"),
            "members,administrators"
        );
        let used: Vec<_> = audit(&stage.server)
            .await
            .into_iter()
            .filter(|line| line.kind == "legacy_sign_in.used")
            .collect();
        assert_eq!(used.len(), 2);
        assert!(used.iter().all(|line| line.organization.as_deref() == Some(&*stage.aurora)));
        let wrong = ask(&stage, "marcos@aurora.example", "not the password").await.expect(401);
        let unknown = ask(&stage, "nobody@aurora.example", PASSWORD).await.expect(401);
        assert_eq!((wrong.text, wrong.headers.len()), (unknown.text, unknown.headers.len()));
    }
}

/// C15: a person with a second factor on cannot use that interface with their own login, from the moment it is on; the
/// vendor's people never can. C11: like any sign-in that stops there, the person is warned of it, once.
#[tokio::test]
async fn a_person_with_a_second_factor_cannot() {
    for stage in Stage::both().await {
        ask(&stage, "joana@aurora.example", PASSWORD).await.expect(200);
        turn_on(&stage, &stage.joana, "joana@aurora.example").await;
        for _ in 0..8 {
            let refused = ask(&stage, "joana@aurora.example", PASSWORD).await.expect(403);
            assert_eq!(refused.header("x-latchstring-reason"), "second_factor_on");
            assert!(!refused.headers.contains_key("set-cookie"));
        }
        ask(&stage, "joana@aurora.example", "not the password").await.expect(401);
        let vendor = ask(&stage, "ana@vendor.example", PASSWORD).await.expect(403);
        assert_eq!(vendor.header("x-latchstring-reason"), "second_factor_on");
        stage.server.deliver().await;
        let before = stage.server.mailbox.to("joana@aurora.example").len();
        stage.server.clock.advance(Duration::minutes(6));
        while sign_in::operations::warn_due(&stage.server.product.world).await.expect("warned") > 0 {}
        stage.server.deliver().await;
        let mails = stage.server.mailbox.to("joana@aurora.example");
        assert_eq!(mails.len(), before + 1, "one warning for all of them");
        assert!(mails[before].body.contains(CLIENT), "{}", mails[before].body);
        // The integration login of the same organization is not touched by it.
        let joana = sign_in_again(&stage.server, "joana@aurora.example").await;
        let stage = Stage { joana, ..stage };
        let made = made(&stage, &[]).await;
        ask(&stage, &made.login, &made.value).await.expect(200);
    }
}

/// C15, case 10: a program that asks many things at once, with a right password each time, is answered yes each time: what is
/// right is no guess, also while it is being looked at. A machine that is busy may say so, and is asked again.
#[tokio::test(flavor = "multi_thread")]
async fn thirty_right_calls_at_once_are_thirty_yeses() {
    for stage in Stage::both().await {
        let call = async || {
            let question = Question::new(&stage, "marcos@aurora.example", PASSWORD);
            loop {
                let answer = question.ask().await;
                if answer.status != 503 {
                    return answer.status;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        for _ in 0..2 {
            let statuses = join_all((0..30).map(|_| call())).await;
            assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
        }
        // Thirty wrong ones are five guesses, and the wait is for everybody then.
        let wrong =
            (0..30).map(|_| async { ask(&stage, "marcos@aurora.example", "not the password").await.status });
        let statuses = join_all(wrong).await;
        assert!(statuses.iter().filter(|status| **status == 401).count() <= 5, "{statuses:?}");
        ask(&stage, "marcos@aurora.example", PASSWORD).await.expect(429);
    }
}

/// C15, case 13: the same limits as at the sign-in; who is suspended, or belongs to none or to several, gets no yes.
#[tokio::test]
async fn an_own_login_is_limited_like_any_sign_in() {
    for stage in Stage::both().await {
        for _ in 0..5 {
            ask(&stage, "marcos@aurora.example", "not the password").await.expect(401);
        }
        ask(&stage, "marcos@aurora.example", PASSWORD).await.expect(429);
        let body = json!({ "email": "marcos@aurora.example", "password": PASSWORD });
        stage.server.anonymous().post("/api/v1/sign-in", body).await.expect(429);
        stage.server.clock.advance(Duration::minutes(15));
        ask(&stage, "marcos@aurora.example", PASSWORD).await.expect(200);

        // Bea is invited into Aurora too: it cannot be told which account she means.
        let invited = json!({ "email": "bea@boreal.example", "role": "member" });
        let joana = sign_in_again(&stage.server, "joana@aurora.example").await;
        joana.post(&format!("/api/v1/organizations/{}/invitations", stage.aurora), invited).await.expect(201);
        let link = stage.server.mailed_link("bea@boreal.example", "/invitations/").await;
        let bea = sign_in_again(&stage.server, "bea@boreal.example").await;
        ask(&stage, "bea@boreal.example", PASSWORD).await.expect(200);
        let token = json!({ "token": link.rsplit('/').next().expect("a token") });
        bea.post("/api/v1/invitations/accept", token).await.expect(200);
        let several = ask(&stage, "bea@boreal.example", PASSWORD).await.expect(403);
        assert_eq!(several.header("x-latchstring-reason"), "several_organizations");

        let members =
            joana.get(&format!("/api/v1/organizations/{}/members?search=marcos", stage.aurora)).await;
        let member = members.json()["data"][0]["id"].as_str().expect("an id").to_owned();
        let path = format!("/api/v1/organizations/{}/members/{member}", stage.aurora);
        joana.send("DELETE", &path, nothing()).await.expect(204);
        let none = ask(&stage, "marcos@aurora.example", PASSWORD).await.expect(403);
        assert_eq!(none.header("x-latchstring-reason"), "not_allowed");
    }
}

/// C15, A37: who is suspended or has locked their account gets the same answer at an old interface as whoever is unknown, at the
/// next question.
#[tokio::test]
async fn a_suspended_or_locked_person_is_nobody_there() {
    for stage in Stage::both().await {
        let unknown = ask(&stage, "nobody@aurora.example", PASSWORD).await.expect(401);
        let [suspend, lock] = [
            "UPDATE users SET suspended_at = $2 WHERE email = $1",
            "UPDATE users SET locked_at = $2 WHERE email = $1",
        ];
        for (email, sql) in [("marcos@aurora.example", suspend), ("bea@boreal.example", lock)] {
            ask(&stage, email, PASSWORD).await.expect(200);
            let mut tx = stage.server.product.world.store.write().await.expect("a transaction");
            tx.execute(sql, &args![email, stage.server.now()]).await.expect("a change");
            tx.commit().await.expect("committed");
            for _ in 0..2 {
                let refused = ask(&stage, email, PASSWORD).await.expect(401);
                assert_eq!(
                    (refused.text, refused.headers.len()),
                    (unknown.text.clone(), unknown.headers.len())
                );
            }
        }
        // The way that its owner locks it.
        let link = issued(&stage.server, Purpose::Lock, user(&stage.joana).await, "").await;
        ask(&stage, "joana@aurora.example", PASSWORD).await.expect(200);
        let body = json!({ "token": link });
        stage.server.anonymous().post("/api/v1/account-recovery/lock", body).await.expect(204);
        ask(&stage, "joana@aurora.example", PASSWORD).await.expect(401);
    }
}

/// C15, S1: a password that is too short to be the only factor opens no old interface either; nor does one of somebody who
/// has to set up a factor first.
#[tokio::test]
async fn what_a_sign_in_would_ask_for_first_is_asked_for_first() {
    for stage in Stage::both().await {
        store(&stage.server, "marcos@aurora.example", "tulip 47").await;
        let short = ask(&stage, "marcos@aurora.example", "tulip 47").await.expect(403);
        assert_eq!(short.header("x-latchstring-reason"), "sign_in_first");
        let body = json!({ "email": "rui@vendor.example", "name": "Rui", "agent_level": 1 });
        stage.vera.post("/api/v1/agents", body).await.expect(201);
        accept(&stage.server, "rui@vendor.example", "Rui").await;
        let without = ask(&stage, "rui@vendor.example", PASSWORD).await.expect(403);
        assert_eq!(without.header("x-latchstring-reason"), "sign_in_first");
    }
}
