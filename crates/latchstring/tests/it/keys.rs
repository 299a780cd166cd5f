//! Rotation of the keys with the real executable, killed while it is at work.

use std::{fs, path::Path, process::Stdio};

use kernel::entropy::SystemEntropy;
use latchstring::key_file::KeyFile;
use serde_json::{Value, json};
use store::{Store, args};
use testkit::Database;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
};

use crate::support::{
    cast,
    process::{Installed, latchstring, run, stderr, stdout},
    rows::database_file,
};

const SEEDS: usize = 1_000;

/// An installation on either database, with what `latchstring serve` makes at its first start.
struct Stage {
    installed: Installed,
    url: String,
    _database: Option<Database>,
}

impl Stage {
    async fn all() -> Vec<Self> {
        let installed = Installed::new().await;
        let url = format!("sqlite:{}", installed.database().display());
        let mut all = vec![Self { installed, url, _database: None }];
        if let Some(database) = Database::postgres().await {
            let installed = Installed::new().await;
            let text = fs::read_to_string(installed.config()).expect("the configuration");
            let line = text.lines().find(|line| line.starts_with("url = ")).expect("the database");
            let text = text.replace(line, &format!("url = \"{}\"", database.url));
            fs::write(installed.config(), text).expect("own file");
            let url = database.url.clone();
            all.push(Self { installed, url, _database: Some(database) });
        }
        for stage in &all {
            stage.installed.serve().await.stop().await;
            stage.fill().await;
        }
        all
    }

    fn keys(&self) -> KeyFile {
        KeyFile::read(&self.installed.key()).expect("a sound file")
    }

    /// Keys of authenticator apps, as they lie in the database.
    async fn fill(&self) {
        let store = Store::open(&self.url).await.expect("nobody else works on it");
        let sealing = self.keys().sealing();
        let mut tx = store.write().await.expect("a transaction");
        tx.execute(
            "INSERT INTO users (id, email, name, created_at) VALUES ('usr_0', 'ana@example.com', 'Ana', 0)",
            &[],
        )
        .await
        .expect("a row");
        for number in 0..SEEDS {
            let row = format!("totp_{number}");
            let sealed =
                sealing.seal(&row, format!("plain {row}").as_bytes(), &SystemEntropy).expect("sealed");
            tx.execute(
                "INSERT INTO totp_keys (id, user_id, sealed_key, created_at, expires_at) VALUES ($1, 'usr_0', $2, 0, 0)",
                &args![row, sealed],
            )
            .await
            .expect("a row");
        }
        tx.commit().await.expect("committed");
        store.close().await;
    }

    /// What is in the file opens all that is in the database. How many keys there are, and how many rotations.
    async fn is_whole(&self) -> (usize, i64) {
        let store = Store::open(&self.url).await.expect("whoever was killed holds nothing");
        let sealing = self.keys().sealing();
        let mut tx = store.read().await.expect("a look");
        let rows = tx.all("SELECT id, sealed_key FROM totp_keys", &[]).await.expect("values");
        assert_eq!(rows.len(), SEEDS);
        for row in rows {
            let (id, value): (String, String) =
                (row.get("id").expect("text"), row.get("sealed_key").expect("text"));
            assert_eq!(**sealing.open(&id, &value).expect("opened"), *format!("plain {id}").as_bytes());
        }
        let count = tx.one("SELECT COUNT(*) AS n FROM audit WHERE kind = 'keys.rotated'", &[]).await;
        let count = count.expect("a count").get("n").expect("a number");
        drop(tx);
        store.close().await;
        (sealing.names().count(), count)
    }

    fn rotate(&self) -> Command {
        let mut command = latchstring();
        command.args(["keys", "rotate", "--config"]).arg(self.installed.config());
        command
    }
}

/// S66: killed with SIGKILL at any point, seen from what it has told, a rotation has lost nothing: the server starts,
/// everything opens, and run again it comes to its end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_that_is_killed_loses_nothing() {
    for stage in Stage::all().await {
        let mut lines_told = 1;
        loop {
            let mut child =
                stage.rotate().stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
            let mut told = BufReader::new(child.stderr.take().expect("its messages")).lines();
            let mut last = String::new();
            for _ in 0..lines_told {
                let Some(line) = told.next_line().await.expect("text") else { break };
                last = line;
            }
            child.kill().await.expect("a process of ours");
            let (keys, _) = stage.is_whole().await;
            assert!((1..=2).contains(&keys));
            stage.installed.serve().await.kill().await;
            let is_over = last.starts_with("The old key");
            let output = stage.rotate().output().await.expect("it runs");
            assert!(output.status.success(), "{}", stderr(&output));
            let (keys, rotated) = stage.is_whole().await;
            assert_eq!(keys, 1);
            assert!(rotated >= lines_told, "each rotation that was begun came to its end once");
            if is_over {
                break;
            }
            lines_told += 1;
            assert!(lines_told < 30, "{last}");
        }
        assert!(lines_told >= 6, "it was interrupted at {lines_told} points");
    }
}

/// S66: beside a running server nothing is rotated, and it is said why; the names of the keys can be looked at.
#[tokio::test]
async fn a_running_server_keeps_its_keys() {
    let stage = Stage::all().await;
    for stage in &stage {
        let before = fs::read(stage.installed.key()).expect("there");
        let server = stage.installed.serve().await;
        let output = stage.rotate().output().await.expect("it runs");
        assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
        assert!(stderr(&output).contains("stop it first"), "{}", stderr(&output));
        assert_eq!(fs::read(stage.installed.key()).expect("there"), before);
        let config = stage.installed.config().display().to_string();
        let shown = run(&["keys", "show", "--json", "--config", &config]).await;
        let json: Value = serde_json::from_str(&stdout(&shown)).expect("JSON");
        let names: Vec<&str> =
            json["keys"].as_array().expect("keys").iter().filter_map(|key| key["name"].as_str()).collect();
        assert_eq!(names, stage.keys().sealing().names().collect::<Vec<_>>());
        assert!(!stdout(&shown).contains(&secret(&stage.installed.key())));
        assert!(server.stop().await);
    }
}

fn secret(key_file: &Path) -> String {
    let text = fs::read_to_string(key_file).expect("the key");
    text.lines().nth(1).and_then(|line| line.split(' ').next()).expect("a key").to_owned()
}

/// The bytes of a key as it is shown: base32 in groups.
fn typed(key: &str) -> Vec<u8> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for letter in key.bytes().filter(|letter| *letter != b' ') {
        let value = if letter.is_ascii_uppercase() { letter - b'A' } else { letter - b'2' + 26 };
        bits = bits << 5 | u32::from(value);
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 255).expect("a byte"));
        }
    }
    bytes
}

/// Every way in which bytes may stand in a text or a file.
fn disguises(secret: &[u8]) -> Vec<Vec<u8>> {
    use base64::{
        Engine as _,
        engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
    };
    let digit = |four: u8| char::from_digit(u32::from(four), 16).expect("a digit");
    let hexadecimal: String = secret.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
    let mut all = vec![secret.to_vec(), hexadecimal.to_uppercase().into_bytes(), hexadecimal.into_bytes()];
    for before in 0..3 {
        let shifted = [&vec![0; before], secret].concat();
        for text in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
            // The letters at both ends share bits with what stands beside.
            all.push(text.as_bytes()[2 * before.min(1) + before / 2..text.len() - 2].to_vec());
        }
    }
    all
}

/// S17: in a copy of the database without the key file the key of an authenticator app is not found, however it is looked
/// for; with the key file it is there.
#[tokio::test]
async fn a_copy_of_the_database_holds_no_key_of_an_app() {
    for stage in cast::Stage::both().await {
        let server = &stage.server;
        let enabled = stage.marcos.post("/api/v1/account/second-factor/enable", json!({})).await;
        let shown = enabled.expect(201).json();
        let shown = shown["key"].as_str().expect("a key").to_owned();
        server.apps.add("marcos@aurora.example", &shown);
        let secret = typed(&shown);
        assert_eq!(secret.len(), 20);

        let store = &server.product.world.store;
        let mut tx = store.read().await.expect("a look");
        let copy = match store.kind() {
            store::Kind::Postgres => {
                let row = tx.one("SELECT schema_to_xml('public', true, false, '')::text AS dump", &[]).await;
                row.expect("a dump").get::<String>("dump").expect("text").into_bytes()
            }
            store::Kind::Sqlite => {
                let file = database_file(server).await;
                let mut log = file.clone().into_os_string();
                log.push("-wal");
                [fs::read(&file).expect("the database"), fs::read(log).unwrap_or_default()].concat()
            }
        };
        let holds = |part: &[u8]| copy.windows(part.len()).any(|window| window == part);
        assert!(holds(b"marcos@aurora.example"), "the copy is one");
        for part in disguises(&secret) {
            assert!(!holds(&part), "{:?}", String::from_utf8_lossy(&part));
        }
        let compact: String = shown.chars().filter(|c| *c != ' ').collect();
        for part in [shown.as_bytes(), compact.as_bytes(), compact.to_lowercase().as_bytes()] {
            assert!(!holds(part), "as it is typed");
        }
        let row = tx.one("SELECT id, sealed_key FROM totp_keys WHERE pending_of IS NOT NULL", &[]).await;
        let row = row.expect("the key that waits");
        let (id, sealed): (String, String) =
            (row.get("id").expect("text"), row.get("sealed_key").expect("text"));
        assert!(holds(sealed.as_bytes()), "what is looked through is where the key is");
        assert_eq!(**server.product.world.sealing.open(&id, &sealed).expect("with the key file"), *secret);
    }
}
