//! `latchstring init`: the files of a new installation. The database is made after them, from the same configuration.

use std::{
    fs::DirBuilder,
    io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use kernel::{Entropy, Timestamp};

use super::{Failure, Init};
use crate::{
    config::{self, Config, DATA_FOLDER, FILE_NAME, MailWay, Sources},
    key_file::{KeyFile, write_private},
};

/// What was made.
#[derive(Debug)]
pub struct Made {
    pub config: Config,
    pub key: KeyFile,
    pub files: Vec<PathBuf>,
}

/// Makes the configuration, the key and the folders. Running it again after a failure goes on where it stopped: the
/// same configuration and a key that is there are taken as they are.
pub fn make_files(args: &Init, entropy: &dyn Entropy, now: Timestamp) -> Result<Made, Failure> {
    let public_url = args.public_url.as_deref().ok_or_else(|| {
        Failure::usage("`latchstring init` needs the address under which people will open Latchstring.")
            .with_hint("Run `latchstring init --public-url https://access.example.com`, or `latchstring demo` to look around first.")
    })?;
    let database_url_file = match &args.database_url_file {
        Some(path) => Some(absolute_text(path)?),
        None => None,
    };
    let text = config::generate(public_url, database_url_file.as_deref());
    let path = args.dir.join(FILE_NAME);
    // Judged before anything is written, so that a mistyped address leaves nothing behind.
    let mut sources = Sources::from_text(&path, &text, []);
    sources.add_flag("public-url", "server.public_url", Some(public_url.to_owned()));
    let config = sources.judge().map_err(|problems| Failure::usage(problems.to_string()))?;

    let mut files = Vec::new();
    make_folder(&args.dir)?;
    make_folder(&args.dir.join(DATA_FOLDER))?;
    if let MailWay::Folder(folder) = &config.mail.way {
        make_folder(folder)?;
    }
    match write_private(&path, &text) {
        Ok(()) => files.push(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let is_same = std::fs::read_to_string(&path).is_ok_and(|there| there == text);
            if !is_same {
                return Err(Failure::refused(format!(
                    "{} exists already and differs; nothing was changed.",
                    path.display()
                ))
                .with_hint("Edit it, or choose another folder with --dir."));
            }
        }
        Err(error) => return Err(Failure::failed(format!("Cannot write {}: {error}", path.display()))),
    }
    let key = if config.keys.file.exists() {
        KeyFile::read(&config.keys.file)?
    } else {
        let key = KeyFile::create(&config.keys.file, entropy, now)?;
        files.push(config.keys.file.clone());
        key
    };
    Ok(Made { config, key, files })
}

fn absolute_text(path: &Path) -> Result<String, Failure> {
    let absolute = std::path::absolute(path)
        .map_err(|error| Failure::failed(format!("Cannot find {}: {error}", path.display())))?;
    absolute
        .into_os_string()
        .into_string()
        .map_err(|_| Failure::usage("The name of --database-url-file is not UTF-8."))
}

/// Makes a folder that only its owner can enter.
fn make_folder(path: &Path) -> Result<(), Failure> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| Failure::failed(format!("Cannot make the folder {}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;
    use kernel::entropy::SystemEntropy;

    fn init(dir: &Path, url: &str) -> Result<Made, Failure> {
        make_files(
            &Init { public_url: Some(url.to_owned()), dir: dir.to_owned(), database_url_file: None },
            &SystemEntropy,
            Timestamp::from_seconds(1_804_853_640),
        )
    }

    fn name_of(key: &KeyFile) -> Option<String> {
        key.sealing().names().next().map(str::to_owned)
    }

    #[test]
    fn init_makes_private_files_that_can_be_read_back() {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let dir = folder.path().join("new");
        let made = init(&dir, "https://access.example.com").expect("an empty folder");
        assert_eq!(made.files.len(), 2);
        for file in &made.files {
            assert_eq!(std::fs::metadata(file).expect("made").mode() & 0o777, 0o600, "{}", file.display());
        }
        let read = Sources::gather(Some(&dir.join(FILE_NAME))).judge().expect("sound");
        assert_eq!(read.keys.file, made.config.keys.file);
        assert_eq!(name_of(&KeyFile::read(&read.keys.file).expect("made")), name_of(&made.key));
    }

    #[test]
    fn init_again_keeps_the_key_and_refuses_another_address() {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let first = init(folder.path(), "https://access.example.com").expect("an empty folder");
        let again = init(folder.path(), "https://access.example.com").expect("the same again");
        assert!(again.files.is_empty());
        assert_eq!(name_of(&first.key), name_of(&again.key));
        let failure = init(folder.path(), "https://other.example.com").expect_err("another address");
        assert_eq!(failure.exit, super::super::Exit::Refused);
    }

    #[test]
    fn a_mistyped_address_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let dir = folder.path().join("new");
        let failure = init(&dir, "access.example.com").expect_err("no scheme");
        assert_eq!(failure.exit, super::super::Exit::Usage);
        assert!(failure.to_string().contains("flag --public-url"), "{failure}");
        assert!(!dir.exists());
    }
}
