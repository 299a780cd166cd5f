//! A link at any door but its own.

use people::links::Purpose;
use serde_json::json;

use super::{JOANA, NEW, is_signed_in, issued, try_to_sign_in, user};
use crate::support::{
    cast::{Stage, organization},
    server::PASSWORD,
};

/// Case 37: each link at each other door is unknown there, changes nothing, and works at its own door afterwards.
#[tokio::test]
async fn a_link_of_one_purpose_is_unknown_at_every_other() {
    for stage in Stage::both().await {
        let server = &stage.server;
        let joana = user(&stage.joana).await;
        let nobody = server.anonymous();
        organization(server, &stage.vera, "Cirrus", "cleo@cirrus.example").await;
        let invitation = server.mailed_link("cleo@cirrus.example", "/invitations/").await;
        let call = operation::Call::by_operator(&server.product.world);
        let setup = organizations::operations::setup::issue(&call).await.expect("a link");
        let other = "joana@home.example";
        let tokens = [
            ("/reset-password/", issued(server, Purpose::ResetPassword, joana, "").await),
            ("/lock-account/", issued(server, Purpose::Lock, joana, "").await),
            ("/confirm-email/", issued(server, Purpose::ChangeEmail, joana, other).await),
            ("/undo-email/", issued(server, Purpose::UndoEmail, joana, other).await),
            ("/stop-recovery/", issued(server, Purpose::StopRecovery, joana, "ldr_x").await),
            ("/invitations/", invitation.rsplit('/').next().expect("a token").to_owned()),
            ("/setup/", setup.expose().to_owned()),
        ];
        let doors: Vec<&str> = tokens.iter().map(|(door, _)| *door).collect();
        let fields = [("password", NEW), ("name", "Eve"), ("email", "eve@evil.example")];
        for (own, token) in &tokens {
            for door in doors.iter().filter(|door| *door != own) {
                for by in [&nobody, &stage.bea] {
                    let path = format!("{door}{token}");
                    assert_eq!(by.get(&path).await.status, 410, "{own} at {door}");
                    assert_eq!(by.form(&path, &fields).await.status, 410, "{own} at {door}");
                }
            }
            for (path, door) in [
                ("/api/v1/account-recovery/password", "/reset-password/"),
                ("/api/v1/account-recovery/lock", "/lock-account/"),
                ("/api/v1/account-recovery/email", "/confirm-email/"),
                ("/api/v1/account-recovery/email/undo", "/undo-email/"),
                ("/api/v1/lost-devices/stop", "/stop-recovery/"),
                ("/api/v1/invitations/accept", "/invitations/"),
            ] {
                if door != *own {
                    let body = json!({ "token": token, "password": NEW, "name": "Eve" });
                    nobody.post(path, body).await.expect(409);
                }
            }
        }
        assert!(is_signed_in(&stage.joana).await, "nothing was changed");
        try_to_sign_in(server, JOANA, PASSWORD).await.expect(200);
        for (door, token) in tokens.iter().filter(|(door, _)| *door != "/stop-recovery/") {
            assert_eq!(nobody.get(&format!("{door}{token}")).await.status, 200, "{door} was not used up");
        }
        // And what is no link at all is none anywhere.
        for door in doors {
            for bad in ["lsi_", "x", "lsi_00000000000000000000000000000000000A", "%00"] {
                assert_eq!(nobody.get(&format!("{door}{bad}")).await.status, 410, "{door}{bad}");
            }
        }
    }
}
