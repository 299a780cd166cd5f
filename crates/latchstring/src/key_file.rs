//! The key of this installation: 32 random bytes in a file that only its owner can read.
//!
//! What the database keeps sealed can be opened with this key only, so it belongs into the backup, apart from the
//! database's. The file says so itself.

use std::{
    fmt::Write as _,
    fs, io,
    io::Write as _,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use kernel::Entropy;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::cli::Failure;

const HEADER: &str = "# Latchstring key, version 1. Back it up apart from the database. Never change it.";
const CHECK_LABEL: &[u8] = b"latchstring key check 1";
const LENGTH: usize = 32;
/// Much more than a key needs; a file beyond this is something else.
const LONGEST_FILE: u64 = 4096;

/// The key in memory. It is wiped when dropped and does not show itself.
#[derive(Clone)]
pub struct KeyFile(Zeroizing<[u8; LENGTH]>);

impl KeyFile {
    /// Makes a key and its file. An existing file is never overwritten: what it sealed would be lost.
    pub fn create(path: &Path, entropy: &dyn Entropy) -> Result<Self, Failure> {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        entropy.fill(&mut *bytes);
        let text = Zeroizing::new(format!("{HEADER}\n{}\n", STANDARD.encode(*bytes)));
        write_private(path, &text).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                Failure::refused(format!("{} exists already; a key is never overwritten.", path.display()))
            }
            _ => Failure::failed(format!("Cannot write the key file {}: {error}", path.display())),
        })?;
        Ok(Self(bytes))
    }

    pub fn read(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        let metadata = fs::metadata(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Failure::failed(format!("The key file {shown} does not exist.")).with_hint(
                "On a new installation, `latchstring init` makes it. Otherwise bring it back from the backup; with another key the database cannot be used.",
            ),
            _ => Failure::failed(format!("Cannot read the key file {shown}: {error}")),
        })?;
        if metadata.mode() & 0o077 != 0 {
            return Err(Failure::refused(format!(
                "Others on this machine can read the key file {shown} (mode {:o}).",
                metadata.permissions().mode() & 0o777
            ))
            .with_hint(format!("Run `chmod 600 {shown}`.")));
        }
        let garbled = || {
            Failure::failed(format!(
                "The key file {shown} is damaged: after its first line it must hold 32 bytes in base64."
            ))
            .with_hint("Bring it back from the backup; with another key the database cannot be used.")
        };
        if metadata.len() > LONGEST_FILE {
            return Err(garbled());
        }
        let text = Zeroizing::new(
            fs::read(path)
                .map_err(|error| Failure::failed(format!("Cannot read the key file {shown}: {error}")))?,
        );
        let text = std::str::from_utf8(&text).map_err(|_| garbled())?;
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        if lines.next() != Some(HEADER) {
            return Err(garbled());
        }
        let body = lines.next().ok_or_else(garbled)?;
        if lines.next().is_some() {
            return Err(garbled());
        }
        let decoded = Zeroizing::new(STANDARD.decode(body).map_err(|_| garbled())?);
        let bytes: [u8; LENGTH] = decoded.as_slice().try_into().map_err(|_| garbled())?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// A key made on the spot and kept nowhere, for `latchstring demo` and for tests.
    pub fn ephemeral(entropy: &dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        entropy.fill(&mut *bytes);
        Self(bytes)
    }

    pub fn as_bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }

    /// What the database keeps to notice a wrong key at start. It says nothing about the key.
    pub fn check_value(&self) -> String {
        // HMAC pads a key that is shorter than its block of 64 bytes with zeros.
        let mut block = Zeroizing::new([0; 64]);
        block[..LENGTH].copy_from_slice(&*self.0);
        let mut mac = Hmac::<Sha256>::new(&(*block).into());
        mac.update(CHECK_LABEL);
        hexadecimal(&mac.finalize().into_bytes())
    }
}

impl std::fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyFile(…)")
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Writes a new file that only its owner can read, down to the disk. Fails if there is one.
pub fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::entropy::{Counting, SystemEntropy};

    fn directory() -> tempfile::TempDir {
        tempfile::tempdir().expect("a temporary directory")
    }

    #[test]
    fn a_key_is_read_as_it_was_made() {
        let directory = directory();
        let path = directory.path().join("latchstring.key");
        let made = KeyFile::create(&path, &SystemEntropy).expect("a new file");
        let read = KeyFile::read(&path).expect("the same file");
        assert_eq!(made.as_bytes(), read.as_bytes());
        assert_eq!(made.check_value(), read.check_value());
        assert_eq!(fs::metadata(&path).expect("there").mode() & 0o777, 0o600);
    }

    #[test]
    fn a_key_is_never_overwritten() {
        let directory = directory();
        let path = directory.path().join("latchstring.key");
        KeyFile::create(&path, &SystemEntropy).expect("a new file");
        let before = fs::read(&path).expect("there");
        KeyFile::create(&path, &SystemEntropy).expect_err("it exists");
        assert_eq!(before, fs::read(&path).expect("there"));
    }

    #[test]
    fn a_key_that_others_can_read_is_refused_with_the_command() {
        let directory = directory();
        let path = directory.path().join("latchstring.key");
        KeyFile::create(&path, &SystemEntropy).expect("a new file");
        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("own file");
            let failure = KeyFile::read(&path).expect_err("readable by others");
            assert!(failure.to_string().contains("chmod 600"), "{failure}");
        }
    }

    #[test]
    fn damaged_keys_are_refused_and_not_shown() {
        let directory = directory();
        let short = STANDARD.encode([7; 31]);
        for (name, text) in [
            ("empty", String::new()),
            ("header_only", format!("{HEADER}\n")),
            ("short", format!("{HEADER}\n{short}\n")),
            ("garbled", format!("{HEADER}\n!!!!\n")),
            ("no_header", format!("{}\n", STANDARD.encode([7; 32]))),
            ("two", format!("{HEADER}\n{0}\n{0}\n", STANDARD.encode([7; 32]))),
        ] {
            let path = directory.path().join(name);
            write_private(&path, &text).expect("a new file");
            let failure = KeyFile::read(&path).expect_err(name).to_string();
            assert!(failure.contains("backup"), "{name}: {failure}");
            assert!(!failure.contains(&short), "{name}: {failure}");
        }
        assert!(
            KeyFile::read(&directory.path().join("missing"))
                .expect_err("missing")
                .to_string()
                .contains("latchstring init")
        );
    }

    #[test]
    fn the_check_value_differs_for_each_key_and_does_not_change() {
        let one = KeyFile::ephemeral(&Counting::new(1));
        let two = KeyFile::ephemeral(&Counting::new(2));
        assert_ne!(one.check_value(), two.check_value());
        assert_eq!(one.check_value().len(), 64);
        assert_eq!(KeyFile(Zeroizing::new([0; 32])).check_value(), by_definition());
    }

    /// HMAC by its definition (RFC 2104), to notice if the value ever changes.
    fn by_definition() -> String {
        use sha2::Digest as _;
        let inner = Sha256::new().chain_update([0x36; 64]).chain_update(CHECK_LABEL).finalize();
        let outer = Sha256::new().chain_update([0x5c; 64]).chain_update(inner).finalize();
        hexadecimal(&outer)
    }
}
