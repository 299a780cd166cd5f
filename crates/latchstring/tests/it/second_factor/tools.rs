//! What other programs make of our keys: the codes of `oathtool`, and the QR code as a camera reads it.

use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::tempdir;

use super::JOANA;
use crate::support::{cast::Stage, server::nothing};

fn output(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().expect("cargo xtask setup installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

async fn offered(stage: &Stage) -> Value {
    stage.joana.post("/api/v1/account/second-factor/enable", nothing()).await.expect(201).json()
}

/// C1: `oathtool`, given the key as it is shown, makes the codes that we take.
#[tokio::test]
async fn another_program_makes_the_same_codes() {
    let stage = Stage::start().await;
    let key = offered(&stage).await;
    let text = key["key"].as_str().expect("a key").replace(' ', "");
    stage.server.apps.add(JOANA, &text);
    let now = stage.server.now();
    for away in [-1_i64, 0, 1] {
        let seconds = now.as_micros() / 1_000_000 + 30 * away;
        let theirs = output(
            Command::new("oathtool").args(["--totp", "--base32", &text, "--now"]).arg(format!("@{seconds}")),
        );
        assert_eq!(theirs, stage.server.apps.code_away(JOANA, now, away));
    }
}

/// C1, S79: the drawing is a QR code of exactly the URI.
#[tokio::test]
async fn the_drawing_is_read_back() {
    let stage = Stage::start().await;
    let key = offered(&stage).await;
    let folder = tempdir().expect("a folder");
    let (svg, png) = (folder.path().join("key.svg"), folder.path().join("key.png"));
    std::fs::write(&svg, key["qr_svg"].as_str().expect("a drawing")).expect("written");
    output(Command::new("rsvg-convert").args(["--width", "600", "--output"]).arg(&png).arg(&svg));
    let read = output(Command::new("zbarimg").args(["--quiet", "--raw"]).arg(&png));
    assert_eq!(read, key["uri"]);
}
