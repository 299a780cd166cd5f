//! The warning of a right password without the rest.

use std::time::Duration as Real;

use kernel::Duration;
use serde_json::json;
use store::{Store, args};
use testkit::Database;

use super::{HALF, JOANA, earlier::new_agent, half, mails, remembered, show_code, start, turn_on};
use crate::support::{
    cast::Stage,
    process::Installed,
    server::{PASSWORD, nothing},
};

const SUBJECT: &str = "Somebody has your password";
const CARLA: &str = "carla@vendor.example";

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

/// C11: who comes in on a remembered browser, after a half sign-in in the same one that asked for a code, has come in: there is
/// nothing to warn of.
#[tokio::test]
async fn a_remembered_browser_ends_the_half_sign_in_before() {
    for stage in Stage::both().await {
        let _ = turn_on(&stage, &stage.joana, JOANA).await;
        stage.server.advance(Duration::minutes(1)).await;
        let (_, device) = remembered(&stage, JOANA).await;
        let open = half(&stage, JOANA).await.cookie.expect("a cookie");
        start(&stage, JOANA, &format!("{open}; {device}")).await.expect(200);
        let late = stage.server.anonymous().with_cookie(&open);
        assert_eq!(show_code(&late, "000000").await.expect(409).code(), "sign_in_over");
        stage.server.advance(Duration::minutes(6)).await;
        assert_eq!(warned(&stage).await, 0);
        // In another browser it is another matter.
        let _ = half(&stage, JOANA).await;
        stage.server.advance(Duration::minutes(6)).await;
        assert_eq!(warned(&stage).await, 1);
    }
}

/// C11: whoever signs in as somebody else in the browser of a half sign-in has not passed it: its owner is told.
#[tokio::test]
async fn another_persons_sign_in_keeps_no_warning_back() {
    for stage in Stage::both().await {
        let _ = turn_on(&stage, &stage.joana, JOANA).await;
        let open = half(&stage, JOANA).await.cookie.expect("a cookie");
        start(&stage, super::MARCOS, &open).await.expect(200);
        stage.server.advance(Duration::minutes(6)).await;
        assert_eq!(warned(&stage).await, 1);
        assert_eq!(mails(&stage, super::MARCOS, SUBJECT).await, 0);
    }
}

/// C11: while the mail server is gone the warning waits, and leaves when it is back: once.
#[tokio::test]
async fn a_warning_outlives_an_outage_of_the_mail() {
    for stage in Stage::both().await {
        let server = &stage.server;
        let _ = turn_on(&stage, &stage.joana, JOANA).await;
        server.deliver().await;
        let arrived = || server.mailbox.to(JOANA).into_iter().filter(|mail| mail.subject == SUBJECT).count();
        server.mailbox.set_down(true);
        let _ = half(&stage, JOANA).await;
        server.advance(Duration::minutes(6)).await;
        assert_eq!(warned(&stage).await, 1, "it is written");
        for pause in [5, 60, 300] {
            server.deliver().await;
            server.advance(Duration::seconds(pause)).await;
            assert_eq!((arrived(), warned(&stage).await), (0, 1), "it waits, and is not written anew");
        }
        server.mailbox.set_down(false);
        server.advance(Duration::hours(4)).await;
        server.deliver().await;
        assert_eq!(arrived(), 1);
        for _ in 0..3 {
            server.advance(Duration::hours(4)).await;
            server.deliver().await;
        }
        assert_eq!((arrived(), warned(&stage).await), (1, 1), "once");
    }
}

/// Lets the time of all half sign-ins pass while no server is there.
async fn let_them_run_out(url: &str) {
    let store = Store::open_beside(url).await.expect("nobody else is there");
    let mut tx = store.write().await.expect("a transaction");
    let earlier = Duration::minutes(6);
    let sql = "UPDATE sign_in_flows SET created_at = created_at - $1, expires_at = expires_at - $1";
    tx.execute(sql, &args![earlier]).await.expect("moved");
    tx.commit().await.expect("committed");
    store.close().await;
}

/// How many messages with a link of this kind lie in the folder that mail is written into.
fn mails_with(installed: &Installed, link: &str) -> usize {
    let folder = std::fs::read_dir(installed.path("latchstring-data/mail")).expect("the folder of mail");
    let texts = folder.flatten().map(|file| std::fs::read_to_string(file.path()).expect("a mail"));
    texts.filter(|text| text.replace("=\r\n", "").contains(link)).count()
}

/// Waits until so many of them are there, and everything that was to be mailed is noted as gone.
async fn all_is_sent(url: &str, installed: &Installed, link: &str, count: usize) {
    let store = Store::open_beside(url).await.expect("beside the server");
    for _ in 0..400 {
        let mut tx = store.read().await.expect("a look");
        let sql = "SELECT COUNT(*) AS waiting FROM mails WHERE sent_at IS NULL";
        let waiting: i64 = tx.one(sql, &args![]).await.expect("a row").get("waiting").expect("a number");
        drop(tx);
        if waiting == 0 && mails_with(installed, link) == count {
            store.close().await;
            return;
        }
        tokio::time::sleep(Real::from_millis(15)).await;
    }
    panic!("mail is still waiting");
}

/// C11: the server is killed before the warning is due, and again after it was written: it comes from the next one, and from none
/// of them a second time.
#[tokio::test]
async fn a_kill_keeps_no_warning_back_and_repeats_none() {
    let vera = "vera@vendor.example";
    let postgres = Database::postgres().await;
    let file = Installed::new().await;
    let mut places = vec![(format!("sqlite:{}", file.database().display()), file)];
    if let Some(database) = &postgres {
        places.push((database.url.clone(), Installed::on(&database.url).await));
    }
    for (url, installed) in places {
        let server = installed.serve().await;
        installed.set_up().await.expect(303);
        installed.sign_in(vera).await;
        let body = json!({ "email": vera, "password": PASSWORD });
        installed.anonymous().post("/api/v1/sign-in", body.clone()).await.expect(202);
        server.kill().await;
        let_them_run_out(&url).await;
        for life in 1..=3 {
            let server = installed.serve().await;
            installed.mailed(vera, "/lock-account/").await;
            // What is asked for now is mailed after whatever a server does when it starts.
            let asked = json!({ "email": vera });
            installed.anonymous().post("/api/v1/account-recovery/reset-requests", asked).await.expect(202);
            all_is_sent(&url, &installed, "/reset-password/", life).await;
            assert_eq!(mails_with(&installed, "/lock-account/"), 1, "life {life}");
            server.kill().await;
        }
    }
}

/// C11, S18: a set-up lasts a quarter of an hour from its beginning, however often mail is asked for; then it is over, also with
/// the right code, and the person hears of it.
#[tokio::test]
async fn a_set_up_is_not_stretched_by_asking_for_mail_again() {
    for stage in Stage::both().await {
        new_agent(&stage).await;
        // The link of the invitation shows the mailbox for an hour.
        stage.server.advance(Duration::minutes(61)).await;
        let open = half(&stage, CARLA).await;
        let send = "/api/v1/sign-in/mailed-code/send";
        for minutes in [0, 8, 6] {
            stage.server.advance(Duration::minutes(minutes)).await;
            open.post(send, nothing()).await.expect(204);
        }
        stage.server.deliver().await;
        let mail = stage.server.mailbox.to(CARLA).pop().expect("a mail").body;
        let is_code = |word: &&str| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit());
        let code = mail.split_whitespace().find(is_code).expect("a code");
        stage.server.advance(Duration::minutes(1)).await;
        for (path, body) in [
            ("/api/v1/sign-in/mailed-code", json!({ "code": code })),
            (send, nothing()),
            ("/api/v1/sign-in/set-up", nothing()),
            ("/api/v1/sign-in/agent-code", json!({ "code": "000000" })),
        ] {
            assert_eq!(open.post(path, body).await.expect(409).code(), "sign_in_over", "{path}");
        }
        let led = open.get("/sign-in/secure-your-account").await.expect(303);
        assert_eq!(led.header("location"), "/sign-in?over=1");
        sign_in::operations::warn_due(&stage.server.product.world).await.expect("warns");
        assert_eq!(mails(&stage, CARLA, SUBJECT).await, 1);
    }
}
