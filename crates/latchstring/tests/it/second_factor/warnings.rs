//! The warning of a right password without the rest.

use kernel::Duration;
use serde_json::json;

use super::{HALF, JOANA, half, mails, show_code, start, turn_on};
use crate::support::cast::Stage;

const SUBJECT: &str = "Somebody has your password";

async fn warned(stage: &Stage) -> usize {
    sign_in::operations::warn_due(&stage.server.product.world).await.expect("warns");
    mails(stage, JOANA, SUBJECT).await
}

/// C11, S18: a wrong code, or none in time, is told: once for a window, with the count; a wrong password and a completed
/// sign-in are not.
#[tokio::test]
async fn half_a_sign_in_is_told() {
    for stage in Stage::both().await {
        let _ = turn_on(&stage, &stage.joana, JOANA).await;
        // A wrong password.
        let body = json!({ "email": JOANA, "password": "not the password at all" });
        stage.server.anonymous().post("/api/v1/sign-in", body).await.expect(401);
        stage.server.advance(Duration::minutes(6)).await;
        assert_eq!(warned(&stage).await, 0, "a wrong password");
        // A completed one, with a typing error before, begun twice in the same browser.
        let first = start(&stage, JOANA, "").await.expect(202).cookie(HALF);
        let second = start(&stage, JOANA, &first).await.expect(202).cookie(HALF);
        let browser = stage.server.anonymous().with_cookie(second);
        show_code(&browser, "000000").await.expect(422);
        show_code(&browser, &stage.server.code_of(JOANA)).await.expect(200);
        stage.server.advance(Duration::minutes(6)).await;
        assert_eq!(warned(&stage).await, 0, "a completed sign-in");
        // The browser was simply closed.
        let _ = half(&stage, JOANA).await;
        stage.server.advance(Duration::minutes(4)).await;
        assert_eq!(warned(&stage).await, 0, "there is still time");
        stage.server.advance(Duration::minutes(1)).await;
        assert_eq!(warned(&stage).await, 1, "closed");
        // Many in a row are no flood: the next window tells of all of them.
        for _ in 0..6 {
            let _ = half(&stage, JOANA).await;
        }
        stage.server.advance(Duration::minutes(6)).await;
        assert_eq!(warned(&stage).await, 1, "not yet");
        stage.server.advance(Duration::minutes(10)).await;
        assert_eq!(warned(&stage).await, 2);
        assert_eq!(warned(&stage).await, 2, "once");
        stage.server.deliver().await;
        let mail = stage.server.mailbox.to(JOANA).into_iter().rfind(|mail| mail.subject == SUBJECT);
        let body = mail.expect("the warning").body;
        assert!(body.contains("6 sign-ins"), "{body}");
        assert!(body.contains("/lock-account/"), "{body}");
    }
}

/// C11: whoever is stopped at the second step cannot keep the warning back: not by beginning again and again in one browser,
/// and not while the mail is down.
#[tokio::test]
async fn the_warning_cannot_be_kept_back() {
    for stage in Stage::both().await {
        let _ = turn_on(&stage, &stage.joana, JOANA).await;
        let mut cookie = String::new();
        for _ in 0..5 {
            cookie = start(&stage, JOANA, &cookie).await.expect(202).cookie(HALF);
            stage.server.advance(Duration::minutes(2)).await;
        }
        // The loop writes it down whether or not mail can leave; it leaves when it can.
        sign_in::operations::warn_due(&stage.server.product.world).await.expect("warns");
        assert!(mails(&stage, JOANA, SUBJECT).await >= 1);
    }
}
