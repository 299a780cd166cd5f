//! Their end: by the clock, by one click, and never again.

use kernel::Duration;
use serde_json::json;

use super::{PAST_AN_HOUR, inside, made, page, path, revoke, signed_in, try_to_sign_in, usual};
use crate::support::{
    cast::{Stage, sign_in},
    rows,
};

/// D7, F3, S30: at the moment that was said, sessions included, whether or not anything noticed; then it is written down and
/// the administrators are told.
#[tokio::test]
async fn they_end_by_themselves() {
    for stage in Stage::both().await {
        let pair = made(&stage, usual()).await;
        let holder = signed_in(&stage.server.anonymous(), &pair).await;
        let acting = inside(&stage, &holder).await;
        stage.server.clock.advance(Duration::minutes(10));
        stage.ask(&acting, "GET", "/ledger").await.expect(200);
        let again = inside(&stage, &holder).await;
        stage.ask(&again, "GET", "/ledger").await.expect(200);
        stage.server.clock.advance(Duration::minutes(50));
        let over = stage.ask(&again, "GET", "/ledger").await.expect(403);
        assert_eq!(over.header("x-latchstring-reason"), "grant_expired");
        let over = stage.ask(&acting, "GET", "/ledger").await.expect(403);
        assert_eq!(over.header("x-latchstring-reason"), "grant_expired");
        holder.get("/temporary").await.expect(303);
        let refused =
            try_to_sign_in(&stage.server.anonymous(), &pair.email, &pair.password).await.expect(403);
        assert!(refused.text.contains("These credentials ended at "), "{}", refused.text);
        stage.server.advance(Duration::seconds(2)).await;
        let joana = sign_in(&stage.server, "joana@aurora.example").await;
        let listed = joana.get(&path(&stage.aurora)).await.json()["data"][0].clone();
        assert_eq!((&listed["state"], &listed["ended_how"]), (&json!("expired"), &json!("expired")));
        assert_eq!(listed["ended_at"], listed["ends_at"]);
        let kinds: Vec<String> =
            rows::audit(&stage.server).await.into_iter().map(|entry| entry.kind).collect();
        assert_eq!(kinds.iter().filter(|kind| *kind == "temporary_credentials.expired").count(), 1);
        let subjects = rows::subjects_of_mail(&stage.server, "joana@aurora.example").await;
        assert!(
            subjects
                .iter()
                .any(|subject| subject == "The temporary credentials of Aurora Holding have ended")
        );
    }
}

/// D8, S43: one click, no question: the next request is refused, the page on our host and the password are dead, also in a
/// session that was just used.
#[tokio::test]
async fn revoking_is_one_click() {
    for stage in Stage::both().await {
        let pair = made(&stage, usual()).await;
        let shown = stage.joana.get(&page(&stage.aurora)).await.expect(200).text;
        let action = format!("{}/{}/revoke", page(&stage.aurora), pair.id);
        assert!(shown.contains(&format!("<form action=\"{action}\" method=\"post\">")), "{shown}");
        let holder = signed_in(&stage.server.anonymous(), &pair).await;
        let acting = inside(&stage, &holder).await;
        let begin = super::enter(&holder).await;
        stage.ask(&acting, "GET", "/ledger").await.expect(200);
        let done = stage.joana.form(&action, &[]).await.expect(303);
        let over = stage.ask(&acting, "GET", "/ledger").await.expect(403);
        assert_eq!(over.header("x-latchstring-reason"), "grant_revoked");
        assert!(
            stage.joana.get(done.header("location")).await.expect(200).text.contains("Access is revoked.")
        );
        holder.get("/temporary").await.expect(303);
        holder.form("/temporary/enter", &[]).await.expect(303);
        // A way that had begun ends at the sign-in.
        let begun = stage.at_product(&begin, "").await.expect(303);
        let led = holder.get(begun.header("location")).await.expect(303);
        assert!(led.header("location").starts_with("/sign-in"));
        try_to_sign_in(&stage.server.anonymous(), &pair.email, &pair.password).await.expect(403);
        // Pressed again, it is so; over the API that is told.
        stage.joana.form(&action, &[]).await.expect(303);
        assert_eq!(revoke(&stage.joana, &pair.id).await.expect(409).code(), "temporary_credentials_ended");
        let listed = stage.joana.get(&path(&stage.aurora)).await.json()["data"][0].clone();
        assert_eq!(listed["state"], "revoked");
        assert_eq!(listed["ended_by"], "Joana Prado");
    }
}

/// D8, A5: the end changes nobody else's rights: members stay in, and so does an agent with a token.
#[tokio::test]
async fn their_end_touches_nobody_else() {
    let stage = Stage::start().await;
    let pair = made(&stage, usual()).await;
    let grant = stage.opened_to_ana("read_only").await;
    let ana = stage.ana_inside(&grant).await;
    let member = stage.member_inside(&stage.marcos).await;
    revoke(&stage.joana, &pair.id).await.expect(200);
    stage.ask(&ana, "GET", "/ledger").await.expect(200);
    stage.ask(&member, "GET", "/ledger").await.expect(200);
}

/// D9: what ended never works again, says so to whoever has the right password and to nobody else, and the organization reads
/// of it.
#[tokio::test]
async fn ended_ones_say_so_and_are_logged() {
    for stage in Stage::both().await {
        let pair = made(&stage, usual()).await;
        stage.server.clock.advance(Duration::minutes(5));
        revoke(&stage.joana, &pair.id).await.expect(200);
        let nobody = stage.server.anonymous();
        for _ in 0..8 {
            let refused = try_to_sign_in(&nobody, &pair.email, &pair.password).await.expect(403);
            assert!(refused.text.contains("These credentials ended at "), "no guess, however often");
            assert!(refused.text.contains("Ask the customer for new ones."));
        }
        let body = json!({ "email": pair.email, "password": pair.password });
        let refused = nobody.post("/api/v1/sign-in", body).await.expect(403);
        assert_eq!(refused.code(), "temporary_credentials_ended");
        let wrong = try_to_sign_in(&nobody, &pair.email, "not the password").await.expect(422);
        assert!(!wrong.text.contains("ended at"));
        let log = stage
            .joana
            .get(&format!(
                "/api/v1/organizations/{}/access-log?kind=temporary_credentials.refused",
                stage.aurora
            ))
            .await
            .expect(200)
            .json();
        assert_eq!(log["data"].as_array().expect("a list").len(), 9);
        assert_eq!(log["data"][0]["outcome"], "refused");
        assert_eq!(log["data"][0]["details"]["reason"], "ended");
        stage.server.clock.advance(PAST_AN_HOUR);
        try_to_sign_in(&nobody, &pair.email, &pair.password).await.expect(403);
    }
}

/// D8, A31, S40: only an administrator of the organization ends them, and another's are as good as unknown.
#[tokio::test]
async fn nobody_else_revokes_them() {
    let stage = Stage::start().await;
    let pair = made(&stage, usual()).await;
    let unknown = "gr_00000000000000000000000000";
    for (who, browser, status) in [
        ("nobody", stage.server.anonymous(), 401),
        ("a member", stage.marcos.clone(), 403),
        ("another's administrator", stage.bea.clone(), 404),
        ("an agent", stage.ana.clone(), 404),
        ("the vendor", stage.vera.clone(), 404),
    ] {
        let answer = revoke(&browser, &pair.id).await;
        assert_eq!(answer.status, status, "{who}");
        if status != 403 {
            let random = revoke(&browser, unknown).await;
            let plain = |answer: &crate::support::server::Answer| {
                let mut body = answer.json();
                body["instance"] = json!(null);
                (answer.status, body)
            };
            assert_eq!(plain(&answer), plain(&random), "{who}");
        }
        let form = browser.form(&format!("{}/{}/revoke", page(&stage.aurora), pair.id), &[]).await;
        assert_eq!(form.status, status, "{who}");
    }
    // The pair of one organization is not to be found under the address of another.
    let crossed = format!("{}/{}/revoke", page(&stage.boreal), pair.id);
    stage.bea.form(&crossed, &[]).await.expect(404);
    signed_in(&stage.server.anonymous(), &pair).await;
}
