//! Whoever has typed a right password and nothing more.

use super::{Scene, operations, table::TABLE};
use crate::{
    second_factor::{JOANA, half, turn_on},
    support::{rows, server::Browser},
};

/// Cases 2, 3, S45: to every operation of the API but the steps of the sign-in itself, half a sign-in is nobody: under its own
/// name, disguised as a session, and as both.
#[tokio::test]
async fn half_a_sign_in_is_nobody() {
    let mut scene = Scene::set().await;
    let (joana, _) = turn_on(&scene.stage, &scene.stage.joana, JOANA).await;
    scene.stage.joana = joana;
    let cookie = half(&scene.stage, JOANA).await.cookie.expect("a cookie");
    let value = cookie.split_once('=').expect("a pair").1;
    let disguised = format!("__Host-latchstring={value}");
    let dressed = format!("__Host-latchstring={}", value.replace("lsf_", "lss_"));
    let nobody = scene.stage.server.anonymous();
    let callers: Vec<Browser> =
        [cookie.clone(), disguised.clone(), dressed, format!("{cookie}; {disguised}")]
            .into_iter()
            .map(|cookie| nobody.with_cookie(cookie))
            .collect();
    let factor = "/api/v1/account/second-factor";
    let before = scene.stage.joana.get(factor).await.expect(200).json();
    let (operations, _) = operations(&nobody).await;
    let mut wrong = Vec::new();
    // A report of a lost device is a step of the sign-in too.
    for operation in operations.iter().filter(|operation| {
        !operation.id.starts_with("sign_in.") && operation.id != "account_recovery.report_lost_device"
    }) {
        let expected = TABLE.iter().find(|(id, _)| *id == operation.id).expect("a row").1[0];
        let path = scene.path(operation, 0);
        for (n, by) in callers.iter().enumerate() {
            let body = scene.body(operation, n);
            let (status, text, sets_cookie) = scene.call(by, &operation.method, &path, body).await;
            if status != expected || sets_cookie {
                wrong.push(format!("{} ({n}): {status}, not {expected}: {text:.200}", operation.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(scene.stage.joana.get(factor).await.expect(200).json(), before);
    let log = rows::audit(&scene.stage.server).await;
    assert_eq!(
        log.iter().filter(|entry| entry.kind == "second_factor.enabled").count(),
        4,
        "Vera, Ana, Bruno, Joana"
    );
}
