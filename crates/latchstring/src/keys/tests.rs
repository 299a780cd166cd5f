//! How a new key takes the place of an old one, on both databases, interrupted after each step.

use std::collections::BTreeSet;

use kernel::{Sealing, Timestamp, entropy::SystemEntropy};
use operation::{Call, Housekeeping};
use store::args;
use tempfile::TempDir;
use testkit::{Database, TestWorld};

use super::{BATCH, Done, Rotation, associate_with, rows};
use crate::key_file::{KeyFile, write_private};

/// More than fit into two transactions.
const SEEDS: usize = 2 * BATCH + 30;
const MADE: Timestamp = Timestamp::from_seconds(1_804_853_640);

/// A database, and a key file that is its own.
struct Stage {
    test: TestWorld,
    folder: TempDir,
}

impl Stage {
    async fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for database in Database::both().await {
            let folder = tempfile::tempdir().expect("a folder");
            let stage = Self { test: TestWorld::on(database).await, folder };
            KeyFile::create(&stage.path(), &SystemEntropy, MADE).expect("a new file");
            associate_with(&stage.call(), &stage.keys().sealing()).await.expect("bound");
            all.push(stage);
        }
        all
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("latchstring.key")
    }

    fn keys(&self) -> KeyFile {
        KeyFile::read(&self.path()).expect("a sound file")
    }

    fn call(&self) -> Call {
        Call::by_operator(&self.test.world)
    }

    /// One signing key as the first version sealed it, without a name, and many keys of authenticator apps.
    async fn fill(&self) {
        let sealing = self.keys().sealing();
        let mut note = Housekeeping::begin(&self.test.world).await.expect("a transaction");
        let unnamed = sealing.seal("key_0", b"plain key_0", &SystemEntropy).expect("sealed");
        let (_, unnamed) = unnamed.split_once('.').expect("a name");
        note.execute(
            "INSERT INTO signing_keys (id, purpose, sealed_private_key, public_key, created_at, signs_from, signs_until, \
             published_until) VALUES ('key_0', 'assertion', $1, '', 0, 0, 0, 0)",
            &args![unnamed],
        )
        .await
        .expect("a row");
        note.execute(
            "INSERT INTO users (id, email, name, created_at) VALUES ('usr_0', 'ana@example.com', 'Ana', 0)",
            &[],
        )
        .await
        .expect("a row");
        for number in 0..SEEDS {
            let row = format!("totp_{number}");
            let sealed =
                sealing.seal(&row, format!("plain {row}").as_bytes(), &SystemEntropy).expect("sealed");
            note.execute(
                "INSERT INTO totp_keys (id, user_id, sealed_key, created_at, expires_at) VALUES ($1, 'usr_0', $2, 0, 0)",
                &args![row, sealed],
            )
            .await
            .expect("a row");
        }
        note.commit().await.expect("committed");
    }

    /// Every sealed value with its row.
    async fn values(&self) -> Vec<(String, String)> {
        let mut tx = self.test.world.store.read().await.expect("a look");
        let mut all = Vec::new();
        for sealed in rows::SEALED {
            all.extend(sealed.after(&mut tx, "", 10_000).await.expect("values"));
        }
        all
    }

    /// What is in the file opens all that is in the database, and they belong together.
    async fn is_whole(&self) {
        let sealing = self.keys().sealing();
        let values = self.values().await;
        assert_eq!(values.len(), SEEDS + 1);
        for (row, value) in values {
            assert_eq!(**sealing.open(&row, &value).expect("opened"), *format!("plain {row}").as_bytes());
        }
        let mut tx = self.test.world.store.read().await.expect("a look");
        for check in rows::checks(&mut tx).await.expect("checks") {
            assert!(sealing.checks().any(|(_, own)| own == check), "the server would not start");
        }
    }

    async fn rotations(&self) -> i64 {
        let mut tx = self.test.world.store.read().await.expect("a look");
        let row = tx
            .one(
                "SELECT COUNT(*) AS n FROM audit WHERE kind = 'keys.rotated' AND actor_kind = 'operator'",
                &[],
            )
            .await
            .expect("a count");
        row.get("n").expect("a number")
    }

    /// So many steps, as if the power went then.
    async fn rotate(&self, steps: usize) -> Vec<Done> {
        let mut rotation = Rotation::begin(self.call(), &self.path()).await.expect("a rotation");
        let mut done = Vec::new();
        while done.len() < steps {
            match rotation.step().await.expect("a step") {
                Some(step) => done.push(step),
                None => break,
            }
        }
        done
    }
}

/// S66: a new key takes the place of the old one: everything is sealed under it, also what the first version sealed
/// without a name, the old one is gone, and the log tells it once.
#[tokio::test]
async fn a_new_key_takes_the_place_of_the_old_one() {
    for stage in Stage::all().await {
        stage.fill().await;
        let old = stage.keys().sealing();
        let done = stage.rotate(usize::MAX).await;
        assert!(matches!(done.first(), Some(Done::AddedKey { .. })), "{done:?}");
        assert!(matches!(done.last(), Some(Done::DroppedOldKeys { names }) if names.len() == 1), "{done:?}");
        let anew: usize = done
            .iter()
            .map(|done| match done {
                Done::SealedAnew { values, .. } => *values,
                _ => 0,
            })
            .sum();
        assert_eq!(anew, SEEDS + 1);
        stage.is_whole().await;
        let new = stage.keys();
        assert!(!new.is_in_rotation());
        for (row, value) in stage.values().await {
            assert!(new.sealing().is_newest(&value) && old.open(&row, &value).is_err(), "{row}");
        }
        assert_eq!(stage.rotations().await, 1);
        assert!(
            associate_with(&stage.call(), &old).await.is_err(),
            "the old file is not this database's any more"
        );
        assert!(!associate_with(&stage.call(), &new.sealing()).await.expect("the new one is"));
    }
}

/// S66: interrupted after any step it has lost nothing, the server could start, and run again it comes to the same end:
/// one new key, not two, and one line in the log.
#[tokio::test]
async fn interrupted_at_any_step_it_goes_on() {
    for stage in Stage::all().await {
        stage.fill().await;
        let steps = 8;
        for interrupted in 1..=steps {
            let before = stage.keys().sealing().names().next().map(str::to_owned);
            let first = stage.rotate(interrupted).await;
            assert_eq!(first.len(), interrupted);
            stage.is_whole().await;
            let is_over = matches!(first.last(), Some(Done::DroppedOldKeys { .. }));
            assert_eq!(is_over, interrupted == steps, "{first:?}");
            if !is_over {
                assert!(stage.keys().is_in_rotation());
                // The server may have run in between, and sealed something under the new key.
                associate_with(&stage.call(), &stage.keys().sealing()).await.expect("it starts");
                let second = stage.rotate(usize::MAX).await;
                assert!(!second.iter().any(|done| matches!(done, Done::AddedKey { .. })), "{second:?}");
            }
            stage.is_whole().await;
            let after = stage.keys().sealing();
            assert_eq!(after.names().count(), 1);
            assert_ne!(after.names().next().map(str::to_owned), before);
            assert_eq!(stage.rotations().await, i64::try_from(interrupted).expect("few"));
        }
    }
}

/// S17, S66: keys of another database are refused before anything is written, and a value that cannot be opened keeps the
/// old key in the file.
#[tokio::test]
async fn what_cannot_be_opened_is_not_thrown_away() {
    for stage in Stage::all().await {
        stage.fill().await;
        let good = std::fs::read(stage.path()).expect("there");
        std::fs::remove_file(stage.path()).expect("own file");
        KeyFile::create(&stage.path(), &SystemEntropy, MADE).expect("another file");
        let written = std::fs::read(stage.path()).expect("there");
        let failure = Rotation::begin(stage.call(), &stage.path()).await.err().expect("another database's");
        assert!(failure.to_string().contains("not the one"), "{failure}");
        assert_eq!(std::fs::read(stage.path()).expect("there"), written, "untouched");
        let other = stage.keys().sealing();
        assert!(associate_with(&stage.call(), &other).await.is_err(), "and a server with it does not start");

        std::fs::remove_file(stage.path()).expect("own file");
        write_private(&stage.path(), std::str::from_utf8(&good).expect("text")).expect("a new file");
        let mut note = Housekeeping::begin(&stage.test.world).await.expect("a transaction");
        let lost = Sealing::new(&[[77; 32]]).seal("totp_7", b"lost", &SystemEntropy).expect("sealed");
        note.execute("UPDATE totp_keys SET sealed_key = $1 WHERE id = 'totp_7'", &args![lost])
            .await
            .expect("a row");
        note.commit().await.expect("committed");
        let mut rotation = Rotation::begin(stage.call(), &stage.path()).await.expect("its own");
        let failure = loop {
            match rotation.step().await {
                Ok(Some(done)) => assert!(!matches!(done, Done::Settled | Done::DroppedOldKeys { .. })),
                Ok(None) => panic!("it came to an end"),
                Err(failure) => break failure,
            }
        };
        assert!(failure.to_string().contains("totp_7"), "{failure}");
        assert!(stage.keys().is_in_rotation(), "both keys are kept");
    }
}

/// A table with sealed values that the rotation does not know would be lost with the old key.
#[test]
fn every_sealed_column_is_known() {
    let mut columns = BTreeSet::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../store/migrations");
    for file in std::fs::read_dir(folder).expect("the migrations") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("text");
        let mut table = String::new();
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let ["CREATE" | "ALTER", "TABLE", name, ..] = words.as_slice() {
                table = (*name).to_owned();
            }
            let sealed = words
                .iter()
                .take_while(|word| !word.starts_with("--"))
                .find(|word| word.starts_with("sealed_"));
            columns.extend(sealed.map(|column| (table.clone(), (*column).to_owned())));
        }
    }
    let known: BTreeSet<(String, String)> =
        rows::SEALED.iter().map(|sealed| (sealed.table.to_owned(), sealed.column.to_owned())).collect();
    assert_eq!(columns, known);
}

#[test]
fn keys_are_shown_by_name_and_age_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("latchstring.key");
    let old = KeyFile::create(&path, &SystemEntropy, MADE).expect("a new file");
    let now = MADE + kernel::Duration::days(40);
    let keys = old.with_new_key(&SystemEntropy, now);
    let text = super::shown(&keys, now, false);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].ends_with("seals, made 2027-04-21, 0 days ago"), "{text}");
    assert!(lines[1].ends_with("opens only, made 2027-03-12, 40 days ago"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&super::shown(&keys, now, true)).expect("JSON");
    assert_eq!(json["keys"][0]["seals"], true);
    assert_eq!(json["keys"][1]["made_at"], "2027-03-12T12:14:00Z");
    let secret = std::fs::read_to_string(&path).expect("there");
    let secret = secret.lines().nth(1).and_then(|line| line.split(' ').next()).expect("a key");
    assert!(!text.contains(secret) && !json.to_string().contains(secret));
}
