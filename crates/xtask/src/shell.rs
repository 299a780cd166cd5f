//! Where the repository is, and other programs with their failures.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A sentence for the person at the terminal; nobody decides by its kind.
#[derive(Debug)]
pub struct Failure(String);

pub type Outcome<T = ()> = Result<T, Failure>;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Failure {
    fn from(sentence: String) -> Self {
        Self(sentence)
    }
}

impl From<&str> for Failure {
    fn from(sentence: &str) -> Self {
        Self(sentence.to_owned())
    }
}

/// Names the path in an error of the file system, which by itself says only "No such file or directory".
pub trait At<T> {
    fn at(self, path: &Path) -> Outcome<T>;
}

impl<T> At<T> for std::io::Result<T> {
    fn at(self, path: &Path) -> Outcome<T> {
        self.map_err(|error| Failure(format!("{}: {error}", path.display())))
    }
}

/// The folder with the workspace's Cargo.toml.
pub fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_path_buf()
}

/// Cargo's target folder, which also keeps tools and the tests' databases.
pub fn target() -> PathBuf {
    match environment("CARGO_TARGET_DIR") {
        Some(elsewhere) => root().join(elsewhere),
        None => root().join("target"),
    }
}

/// A variable that is set and not empty.
#[expect(
    clippy::disallowed_methods,
    reason = "a tool of the command line, not the server with its checked settings"
)]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The cargo that started this one, so that the toolchain is the same.
pub fn cargo() -> Command {
    let mut command = Command::new(environment("CARGO").as_deref().unwrap_or("cargo"));
    command.current_dir(root());
    command
}

pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// The first program of this name on `PATH`, or where Debian puts servers, which users' `PATH` often lacks.
pub fn find_program(name: impl AsRef<Path>) -> Option<PathBuf> {
    let path = environment("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|folder| folder.join(name.as_ref()))
        .find(|candidate| candidate.is_file())
}

/// Runs to the end with this terminal's output.
pub fn run(command: &mut Command) -> Outcome {
    let status = command.status().map_err(|error| Failure(format!("{}: {error}", shown(command))))?;
    if status.success() { Ok(()) } else { Err(Failure(format!("`{}` failed: {status}", shown(command)))) }
}

/// Runs to the end and answers what it wrote; what it says of errors goes to this terminal.
pub fn read(command: &mut Command) -> Outcome<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure(format!("{}: {error}", shown(command))))?;
    if !output.status.success() {
        return Err(Failure(format!("`{}` failed: {}", shown(command), output.status)));
    }
    String::from_utf8(output.stdout).map_err(|error| Failure(format!("`{}`: {error}", shown(command))))
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
