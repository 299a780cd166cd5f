//! The keys of this installation: 32 random bytes each, in a file that only its owner can read.
//!
//! What the database keeps sealed can be opened with these keys only, so the file belongs into the backup, apart from the
//! database's. The file says so itself. There is one key, but for the time in which a rotation is under way.

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kernel::{Entropy, Sealing, Timestamp};
use zeroize::Zeroizing;

use crate::cli::Failure;

const HEADER: &str = "# Latchstring keys, version 2, the newest first. Back this file up apart from the database. Never edit it: `latchstring keys rotate` does.";
/// One key, and nothing about when it was made.
const HEADER_1: &str = "# Latchstring key, version 1. Back it up apart from the database. Never change it.";
const LENGTH: usize = 32;
/// Much more than the keys need; a file beyond this is something else.
const LONGEST_FILE: u64 = 4096;

/// The keys in memory, the newest first; there is at least one. They are wiped when dropped and do not show themselves.
#[derive(Clone)]
pub struct KeyFile(Vec<Key>);

#[derive(Clone)]
struct Key {
    bytes: Zeroizing<[u8; LENGTH]>,
    /// Not known of a key that the first version made.
    made_at: Option<Timestamp>,
}

impl Key {
    fn new(entropy: &dyn Entropy, made_at: Option<Timestamp>) -> Self {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        entropy.fill(&mut *bytes);
        Self { bytes, made_at }
    }

    fn line(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new(STANDARD.encode(*self.bytes));
        let made = self.made_at.map_or_else(|| "unknown".to_owned(), |at| at.as_seconds().to_string());
        Zeroizing::new(format!("{} {made}\n", *bytes))
    }

    fn read(line: &str) -> Option<Self> {
        let (bytes, made) = line.split_once(' ').map_or((line, "unknown"), |(bytes, made)| (bytes, made));
        let decoded = Zeroizing::new(STANDARD.decode(bytes).ok()?);
        let made_at =
            if made == "unknown" { None } else { Some(Timestamp::from_seconds(made.parse().ok()?)) };
        Some(Self { bytes: Zeroizing::new(decoded.as_slice().try_into().ok()?), made_at })
    }
}

impl KeyFile {
    /// Makes a key and its file. An existing file is never overwritten: what it sealed would be lost.
    pub fn create(path: &Path, entropy: &dyn Entropy, now: Timestamp) -> Result<Self, Failure> {
        let made = Self(vec![Key::new(entropy, Some(now))]);
        write_private(path, &made.text()).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                Failure::refused(format!("{} exists already; a key is never overwritten.", path.display()))
            }
            _ => Failure::failed(format!("Cannot write the key file {}: {error}", path.display())),
        })?;
        Ok(made)
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
        std::str::from_utf8(&text).ok().and_then(Self::parse).ok_or_else(garbled)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let header = lines.next()?;
        let keys = lines.map(Key::read).collect::<Option<Vec<Key>>>()?;
        let is_sound = match header {
            HEADER => !keys.is_empty(),
            HEADER_1 => keys.len() == 1,
            _ => false,
        };
        is_sound.then_some(Self(keys))
    }

    fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(format!("{HEADER}\n"));
        for key in &self.0 {
            text.push_str(&key.line());
        }
        text
    }

    /// A key made on the spot and kept nowhere, for `latchstring demo` and for tests.
    pub fn ephemeral(entropy: &dyn Entropy) -> Self {
        Self(vec![Key::new(entropy, None)])
    }

    /// What seals and opens with these keys.
    pub fn sealing(&self) -> Sealing {
        let keys: Zeroizing<Vec<[u8; LENGTH]>> =
            Zeroizing::new(self.0.iter().map(|key| *key.bytes).collect());
        Sealing::new(&keys)
    }

    /// When each key was made, the newest first.
    pub fn made_at(&self) -> impl Iterator<Item = Option<Timestamp>> {
        self.0.iter().map(|key| key.made_at)
    }

    /// Whether a rotation was begun and has not ended.
    pub const fn is_in_rotation(&self) -> bool {
        self.0.len() > 1
    }

    /// These keys with a new one in front.
    #[must_use]
    pub fn with_new_key(&self, entropy: &dyn Entropy, now: Timestamp) -> Self {
        let new = Key::new(entropy, Some(now));
        Self(std::iter::once(new).chain(self.0.iter().cloned()).collect())
    }

    /// The newest key alone.
    #[must_use]
    pub fn newest_alone(&self) -> Self {
        Self(self.0.iter().take(1).cloned().collect())
    }

    /// Puts these keys where the file is: whoever reads it finds the keys before or the keys after, also when the power
    /// goes in between. The file keeps its owner.
    pub fn replace(&self, path: &Path) -> Result<(), Failure> {
        let failed = |error: io::Error| {
            Failure::failed(format!("Cannot write the key file {}: {error}", path.display()))
        };
        // What a link points at is replaced, not the link.
        let path = path.canonicalize().map_err(failed)?;
        let before = fs::metadata(&path).map_err(failed)?;
        let mut name = path.clone().into_os_string();
        name.push(".new");
        let new = PathBuf::from(name);
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            // Left by one that was killed; the file itself was whole then, as it is now.
            _ => {}
        }
        write_private(&new, &self.text()).map_err(failed)?;
        let made = fs::metadata(&new).map_err(failed)?;
        if (made.uid(), made.gid()) != (before.uid(), before.gid()) {
            std::os::unix::fs::chown(&new, Some(before.uid()), Some(before.gid())).map_err(failed)?;
        }
        fs::rename(&new, &path).map_err(failed)?;
        let folder = path.parent().unwrap_or(Path::new("/"));
        fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
    }
}

impl std::fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyFile(…)")
    }
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
    use kernel::entropy::SystemEntropy;

    const NOW: Timestamp = Timestamp::from_seconds(1_804_853_640);

    fn directory() -> tempfile::TempDir {
        tempfile::tempdir().expect("a temporary directory")
    }

    fn names(keys: &KeyFile) -> Vec<String> {
        keys.sealing().names().map(str::to_owned).collect()
    }

    #[test]
    fn a_key_is_read_as_it_was_made() {
        let directory = directory();
        let path = directory.path().join("latchstring.key");
        let made = KeyFile::create(&path, &SystemEntropy, NOW).expect("a new file");
        let read = KeyFile::read(&path).expect("the same file");
        assert_eq!(names(&made), names(&read));
        assert_eq!(read.made_at().collect::<Vec<_>>(), [Some(NOW)]);
        assert_eq!(fs::metadata(&path).expect("there").mode() & 0o777, 0o600);
    }

    #[test]
    fn a_key_is_never_overwritten() {
        let directory = directory();
        let path = directory.path().join("latchstring.key");
        KeyFile::create(&path, &SystemEntropy, NOW).expect("a new file");
        let before = fs::read(&path).expect("there");
        KeyFile::create(&path, &SystemEntropy, NOW).expect_err("it exists");
        assert_eq!(before, fs::read(&path).expect("there"));
    }

    /// S66: a file of the first version goes on working, alone and with a newer key in front of it.
    #[test]
    fn a_file_of_the_first_version_is_read() {
        let directory = directory();
        let path = directory.path().join("latchstring.key");
        write_private(&path, &format!("{HEADER_1}\n{}\n", STANDARD.encode([7; 32]))).expect("a new file");
        let old = KeyFile::read(&path).expect("of the first version");
        assert_eq!(names(&old), Sealing::new(&[[7; 32]]).names().collect::<Vec<_>>());
        assert_eq!(old.made_at().collect::<Vec<_>>(), [None]);
        old.with_new_key(&SystemEntropy, NOW).replace(&path).expect("its own file");
        let both = KeyFile::read(&path).expect("of the second version");
        assert!(both.is_in_rotation());
        assert_eq!(names(&both)[1], names(&old)[0]);
        assert_eq!(both.made_at().collect::<Vec<_>>(), [Some(NOW), None]);
    }

    #[test]
    fn the_file_is_replaced_as_a_whole() {
        let directory = directory();
        let path = directory.path().join("latchstring.key");
        let link = directory.path().join("link.key");
        let one = KeyFile::create(&path, &SystemEntropy, NOW).expect("a new file");
        std::os::unix::fs::symlink(&path, &link).expect("a link");
        // What a kill in the middle of a write leaves behind stands in nobody's way.
        fs::write(directory.path().join("latchstring.key.new"), "half a l").expect("own folder");
        let two = one.with_new_key(&SystemEntropy, NOW);
        two.replace(&link).expect("its own file");
        assert_eq!(names(&KeyFile::read(&path).expect("there")), names(&two));
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        two.newest_alone().replace(&path).expect("its own file");
        let read = KeyFile::read(&path).expect("there");
        assert_eq!(names(&read), names(&two)[..1]);
        assert_eq!(fs::metadata(&path).expect("there").mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).expect("own folder").count(), 2, "the file and the link");
    }

    #[test]
    fn a_key_that_others_can_read_is_refused_with_the_command() {
        let directory = directory();
        let path = directory.path().join("latchstring.key");
        KeyFile::create(&path, &SystemEntropy, NOW).expect("a new file");
        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("own file");
            let failure = KeyFile::read(&path).expect_err("readable by others");
            assert!(failure.to_string().contains("chmod 600"), "{failure}");
        }
    }

    #[test]
    fn damaged_keys_are_refused_and_not_shown() {
        let directory = directory();
        let (short, good) = (STANDARD.encode([7; 31]), STANDARD.encode([7; 32]));
        for (name, text) in [
            ("empty", String::new()),
            ("header_only", format!("{HEADER}\n")),
            ("header_only_1", format!("{HEADER_1}\n")),
            ("short", format!("{HEADER}\n{short} unknown\n")),
            ("second_short", format!("{HEADER}\n{good} unknown\n{short} unknown\n")),
            ("garbled", format!("{HEADER}\n!!!!\n")),
            ("no_moment", format!("{HEADER}\n{good} yesterday\n")),
            ("no_header", format!("{good}\n")),
            ("two", format!("{HEADER_1}\n{good}\n{good}\n")),
        ] {
            let path = directory.path().join(name);
            write_private(&path, &text).expect("a new file");
            let failure = KeyFile::read(&path).expect_err(name).to_string();
            assert!(failure.contains("backup"), "{name}: {failure}");
            assert!(!failure.contains(&short) && !failure.contains(&good), "{name}: {failure}");
        }
        assert!(
            KeyFile::read(&directory.path().join("missing"))
                .expect_err("missing")
                .to_string()
                .contains("latchstring init")
        );
    }
}
