//! A start that would break a promise is refused, and says what to do.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Output};

use serde_json::json;

use crate::support::{
    cast::Stage,
    process::{Installed, run, stderr},
    proxies::free_port,
    server::{PASSWORD, TestServer},
};

#[track_caller]
fn is_explained(output: &Output, words: &[&str]) {
    assert!(!output.status.success(), "it started");
    let said = stderr(output);
    let last = said.lines().rev().take(3).collect::<Vec<_>>().join("\n");
    for word in words {
        assert!(said.contains(word), "{word:?} is not in:\n{said}");
    }
    assert!(last.contains("latchstring: ") || said.contains("latchstring: "), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}

/// S17: without its key, with a key that others can read, or with another installation's, nothing starts.
#[tokio::test]
async fn the_key_must_be_there_private_and_the_right_one() {
    let installed = Installed::new().await;
    let key = installed.key();
    let shown = key.display().to_string();
    let good = fs::read_to_string(&key).expect("the key");
    let secret = good.lines().nth(1).and_then(|line| line.split(' ').next()).expect("a key").to_owned();

    for mode in [0o644, 0o640, 0o604] {
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).expect("own file");
        let output = installed.refused(installed.port).await;
        is_explained(&output, &[&shown, "chmod 600"]);
        assert!(!stderr(&output).contains(&secret));
    }
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("own file");

    fs::rename(&key, key.with_extension("away")).expect("own file");
    is_explained(&installed.refused(installed.port).await, &[&shown, "does not exist", "backup"]);

    let other = Installed::new().await;
    fs::copy(other.key(), &key).expect("own file");
    let output = installed.refused(installed.port).await;
    is_explained(&output, &["key file", "database"]);
    let others = fs::read_to_string(other.key()).expect("the key");
    assert!(
        !stderr(&output)
            .contains(others.lines().nth(1).and_then(|line| line.split(' ').next()).expect("a key"))
    );

    fs::write(&key, "damaged").expect("own file");
    is_explained(&installed.refused(installed.port).await, &["damaged", "backup"]);

    fs::remove_file(&key).expect("own file");
    fs::rename(key.with_extension("away"), &key).expect("own file");
    installed.serve().await.stop().await;
}

/// R8: a database that is not there is said to be so, without its password.
#[tokio::test]
async fn a_database_that_is_away_is_explained() {
    let installed = Installed::new().await;
    let text = fs::read_to_string(installed.config()).expect("the configuration");
    let line = text.lines().find(|line| line.starts_with("url = ")).expect("the database").to_owned();
    let away = format!("url = \"postgres://latchstring:not-for-logs@127.0.0.1:{}/latchstring\"", free_port());
    fs::write(installed.config(), text.replace(&line, &away)).expect("own file");
    let output = installed.refused(installed.port).await;
    is_explained(&output, &["database"]);
    assert!(!stderr(&output).contains("not-for-logs"), "{}", stderr(&output));

    let nowhere = installed.path("no/such/folder");
    fs::write(installed.path("no"), "a file where a folder would have to be").expect("own folder");
    fs::write(
        installed.config(),
        text.replace(&line, &format!("url = \"sqlite:{}/x.db\"", nowhere.display())),
    )
    .expect("own file");
    is_explained(&installed.refused(installed.port).await, &["folder"]);
}

/// One database has one server: the second is refused, and the first goes on.
#[tokio::test]
async fn a_second_server_is_refused() {
    let installed = Installed::new().await;
    let server = installed.serve().await;
    let output = installed.refused(free_port()).await;
    is_explained(&output, &["another server", "stop it first"]);
    // The port of the first is taken too, and that is said first.
    is_explained(&installed.refused(installed.port).await, &[&installed.port.to_string()]);
    installed.anonymous().get("/readyz").await.expect(200);
    assert!(server.stop().await);
    // Nothing is left that would keep the next one from starting, not even after a kill.
    installed.serve().await.kill().await;
    installed.serve().await.stop().await;
}

/// S7: there is no account from the start, and none that everybody knows.
#[tokio::test]
async fn there_is_no_default_account() {
    let server = TestServer::start().await;
    let nobody = server.anonymous();
    for email in ["admin@localhost", "admin@example.com", "root@localhost", "admin@vendor.example", "admin"] {
        for password in ["admin", "password", "latchstring", "changeme", ""] {
            let answer =
                nobody.post("/api/v1/sign-in", json!({ "email": email, "password": password })).await;
            assert!(matches!(answer.status, 401 | 422 | 429), "{email}: {}", answer.text);
        }
    }
    for token in ["", "x", "lsi_000000000000000000000000000000000000", "first"] {
        let answer = nobody.get(&format!("/setup/{token}")).await;
        assert!(matches!(answer.status, 404 | 410), "{token}: {}", answer.status);
    }
}

/// S7: the set-up link works once, for an hour, and a new one ends the old.
#[tokio::test]
async fn the_set_up_link_works_once_and_for_an_hour() {
    let server = TestServer::start().await;
    let nobody = server.anonymous();
    let call = operation::Call::by_operator(&server.product.world);
    let form = [("name", "Vera Lang"), ("email", "vera@vendor.example"), ("password", PASSWORD)];
    let again = [("name", "Mallory"), ("email", "mallory@vendor.example"), ("password", PASSWORD)];
    let issue = async || {
        let call = operation::Call::by_operator(&server.product.world);
        let secret = organizations::operations::setup::issue(&call).await.expect("a link");
        format!("/setup/{}", secret.expose())
    };
    let over = async |link: &str| {
        for answer in [nobody.get(link).await, nobody.form(link, &again).await] {
            assert!(matches!(answer.status, 409 | 410), "{}: {}", answer.status, answer.text);
            assert!(answer.text.contains("latchstring admin setup-link"), "{}", answer.text);
        }
    };
    let old = issue().await;
    let link = issue().await;
    over(&old).await;
    nobody.get(&link).await.expect(200);
    // A password that is too weak uses nothing up.
    let weak = [("name", "Vera Lang"), ("email", "vera@vendor.example"), ("password", "short")];
    nobody.form(&link, &weak).await.expect(422);
    let both = futures_util::future::join_all((0..8).map(|_| nobody.form(&link, &form))).await;
    assert_eq!(both.iter().filter(|answer| answer.status == 303).count(), 1);
    over(&link).await;

    let late = issue().await;
    server.clock.advance(kernel::Duration::minutes(60));
    over(&late).await;
    drop(call);
    let signed_in = json!({ "email": "mallory@vendor.example", "password": PASSWORD });
    assert_eq!(nobody.post("/api/v1/sign-in", signed_in).await.status, 401);
}

/// S7: a set-up link that was issued later makes another administrator, and takes nothing from the first.
#[tokio::test]
async fn a_later_link_takes_nothing_from_anybody() {
    let stage = Stage::start().await;
    let call = operation::Call::by_operator(&stage.server.product.world);
    let secret = organizations::operations::setup::issue(&call).await.expect("a link");
    let taken =
        [("name", "Vera Lang"), ("email", "vera@vendor.example"), ("password", "another long password")];
    stage.server.anonymous().form(&format!("/setup/{}", secret.expose()), &taken).await.expect(422);
    crate::support::cast::sign_in(&stage.server, "vera@vendor.example").await;
    stage.vera.get("/api/v1/agents").await.expect(200);
}

/// A start with a wrong configuration names the file, the line's key and what to do.
#[tokio::test]
async fn a_wrong_configuration_is_explained() {
    let installed = Installed::new().await;
    let text = fs::read_to_string(installed.config()).expect("the configuration");
    for (wrong, words) in [
        (text.replace("public_url", "publik_url"), vec!["publik_url", "public_url"]),
        (text.replace("[keys]", "[kees]"), vec!["kees"]),
        (text.replace("127.0.0.1:8080", "localhost"), vec!["server.listen", "127.0.0.1:8080"]),
        (format!("{text}\n[log]\nlevel = \"loud\"\n"), vec!["log.level", "info"]),
        (text.replace("[server]", "[server"), vec!["latchstring.toml"]),
    ] {
        fs::write(installed.config(), &wrong).expect("own file");
        let path = installed.config().display().to_string();
        // The flag would stand in for a wrong address to listen on.
        is_explained(&run(&["serve", "--config", &path]).await, &words);
    }
    is_explained(
        &run(&["serve", "--config", "/no/such/latchstring.toml"]).await,
        &["/no/such/latchstring.toml"],
    );
}
