//! Which half sign-ins a device can be reported as lost in.

use serde_json::{Value, json};
use store::args;

use super::{REPORTS, turned_on};
use crate::{
    account_recovery::{JOANA, user},
    support::{
        cast::Stage,
        rows,
        server::{Browser, nothing},
    },
};

const HALF: &str = "__Host-latchstring_sign_in";
const BEGIN: &str = "/sign-in/secure-your-account";

/// Aurora asks all its people for a second factor.
async fn made_mandatory(stage: &Stage) {
    let path = format!("/api/v1/organizations/{}/mfa-levels", stage.aurora);
    let version = stage.ana.get(&path).await.expect(200).json()["version"].clone();
    let levels = json!({ "practitioners": "mandatory" });
    let body = json!({ "version": version, "levels": levels, "confirmed": true });
    stage.ana.send("PUT", &path, body).await.expect(200);
}

/// The half sign-in that a session begins, by the page or by its twin: alone, and beside the session.
async fn begun_in(session: &Browser, by_page: bool) -> [Browser; 2] {
    let cookie = if by_page {
        session.form(BEGIN, &[]).await.expect(303).cookie(HALF)
    } else {
        session.post("/api/v1/sign-in/set-up/begin", nothing()).await.expect(202).cookie(HALF)
    };
    let both = format!("{}; {cookie}", session.cookie.clone().expect("a session"));
    [session.with_cookie(cookie), session.with_cookie(both)]
}

/// C14, case 25: an open session alone shows no password, so the half sign-in that it begins reports no device as lost: neither
/// of somebody who has to set a factor up, nor of somebody who has one that took no part in the session.
#[tokio::test]
async fn a_session_alone_reports_no_lost_device() {
    for stage in Stage::both().await {
        let joana = turned_on(&stage.server, JOANA).await;
        // As of a session that began without it, before the organization asked for it.
        let mut tx = stage.server.product.world.store.write().await.expect("a transaction");
        let sql = "UPDATE sessions SET factor = '' WHERE user_id = $1";
        tx.execute(sql, &args![user(&joana).await]).await.expect("changed");
        tx.commit().await.expect("committed");
        made_mandatory(&stage).await;

        let report: Value = json!({ "reason": "My phone fell into the river.", "contact": "5555" });
        let fields = [("reason", "My phone fell into the river."), ("contact", "5555")];
        for session in [&joana, &stage.marcos] {
            for by_page in [true, false] {
                for browser in begun_in(session, by_page).await {
                    let led = browser.get("/lost-device").await.expect(303);
                    assert_eq!(led.header("location"), "/sign-in?over=1");
                    let back = browser.form("/lost-device", &fields).await.expect(422);
                    assert!(back.text.contains("into the river"), "what was written stays: {}", back.text);
                    let refused = browser.post(REPORTS, report.clone()).await;
                    assert!(matches!(refused.status, 401 | 403), "{}", refused.text);
                }
            }
        }
        let log = rows::audit(&stage.server).await;
        assert!(log.iter().all(|line| line.kind != "lost_device.reported"));
        // With the password it can be.
        super::half(&stage.server, JOANA, crate::support::server::PASSWORD)
            .await
            .post(REPORTS, report)
            .await
            .expect(201);
    }
}
