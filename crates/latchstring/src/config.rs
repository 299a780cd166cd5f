//! The configuration: one short TOML file, the environment before it, flags before both.
//!
//! Only `server.public_url` must be set. A key that does not exist is an error, because a mistyped one would otherwise
//! be a default that nobody chose. All errors are reported together.

mod judge;
pub mod keys;
mod layers;
mod show;
mod values;

use std::{
    ffi::OsString,
    fmt, fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use kernel::{Duration, Secret};
use lettre::message::Mailbox;
use url::Url;
use web::Proxies;

pub use layers::{Setting, Settings, Source};
pub use show::{explain, generate, show, show_json};
pub use values::{Raw, show_duration};

/// The file's usual name, looked for in the working directory.
pub const FILE_NAME: &str = "latchstring.toml";
/// Where data goes, beside the configuration file.
pub const DATA_FOLDER: &str = "latchstring-data";

/// Everything that can be configured, read and found sound.
#[derive(Debug, Clone)]
pub struct Config {
    pub server: Server,
    pub database: Database,
    pub keys: Keys,
    pub mail: Mail,
    pub vendor: Vendor,
    pub passwords: operation::PasswordCost,
    pub providers: operation::Providers,
    pub log: Log,
    /// The folder that relative paths start at.
    pub folder: PathBuf,
}

#[derive(Debug, Clone)]
pub struct Server {
    /// An origin: no path, no query.
    pub public_url: Url,
    pub listen: SocketAddr,
    pub trusted_proxies: Proxies,
    /// The same as they were written.
    pub trusted_proxies_text: Vec<String>,
    pub max_connections: usize,
}

impl Server {
    /// `https://access.example.com`, without a slash at the end.
    pub fn origin(&self) -> String {
        self.public_url.origin().ascii_serialization()
    }
}

#[derive(Debug, Clone)]
pub struct Database {
    /// May hold a password. A SQLite path in it is absolute.
    pub url: Secret,
}

#[derive(Debug, Clone)]
pub struct Keys {
    pub file: PathBuf,
}

#[derive(Debug, Clone)]
pub struct Mail {
    pub from: Mailbox,
    pub way: MailWay,
}

/// How mail leaves.
#[derive(Debug, Clone)]
pub enum MailWay {
    Folder(PathBuf),
    Smtp(Smtp),
}

#[derive(Debug, Clone)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub tls: SmtpTls,
    pub credentials: Option<(String, Secret)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    StartTls,
    Tls,
    /// To this machine only.
    None,
}

#[derive(Debug, Clone)]
pub struct Vendor {
    pub name: String,
    /// What its customers' organizations are called, in the plural; empty: organizations.
    pub organizations_called: String,
    pub mail_domains: Vec<String>,
    pub temporary_credentials_domain: String,
    pub longest_validity: Duration,
    pub answer_window: Duration,
    pub require_passkeys_of_agents: bool,
    pub may_show_keys_again: bool,
}

#[derive(Debug, Clone, Copy)]
pub struct Log {
    /// `None`: pretty on a terminal, otherwise JSON.
    pub format: Option<LogFormat>,
    pub level: tracing::level_filters::LevelFilter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Json,
    Pretty,
}

/// One thing to put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file and line, or the variable.
    pub at: String,
    pub key: Option<String>,
    /// Half a sentence, such as "must be a number".
    pub what: String,
    pub fix: Option<String>,
}

impl Problem {
    fn at(source: &Source, key: &str, what: impl Into<String>) -> Self {
        Self {
            at: source.to_string(),
            key: Some(key.to_owned()),
            what: what.into(),
            fix: Some(format!("See `latchstring config explain {key}`.")),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.at)?;
        if let Some(key) = &self.key {
            write!(f, "{key} ")?;
        }
        write!(f, "{}.", self.what)?;
        self.fix.iter().try_for_each(|fix| write!(f, " {fix}"))
    }
}

/// What somebody set, before it is judged: `config show` works on it even if it is not sound.
#[derive(Debug)]
pub struct Sources {
    pub settings: Settings,
    pub file: PathBuf,
    pub folder: PathBuf,
    file_exists: bool,
    problems: Vec<Problem>,
}

impl Sources {
    /// Reads the file and the environment of this process.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn gather(file: Option<&Path>) -> Self {
        let file = file.unwrap_or(Path::new(FILE_NAME));
        let (text, exists, unreadable) = match fs::read_to_string(file) {
            Ok(text) => (text, true, None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (String::new(), false, None),
            Err(error) => (String::new(), true, Some(error)),
        };
        let mut sources = Self::from_text(file, &text, std::env::vars_os());
        sources.file_exists = exists;
        if let Some(error) = unreadable {
            sources.problems.push(Problem {
                at: file.display().to_string(),
                key: None,
                what: format!("cannot be read: {error}"),
                fix: None,
            });
        }
        sources
    }

    /// Reads a text as if it stood in `file`.
    pub fn from_text(
        file: &Path,
        text: &str,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Self {
        let mut settings = Settings::default();
        let mut problems = Vec::new();
        settings.add_file(file, text, &mut problems);
        settings.add_environment(variables, &mut problems);
        let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let folder = absolute.parent().map_or_else(|| PathBuf::from("/"), Path::to_owned);
        Self { settings, file: file.to_owned(), folder, file_exists: true, problems }
    }

    pub fn add_flag(&mut self, flag: &'static str, key: &str, value: Option<String>) {
        self.settings.add_flag(flag, key, value);
    }

    /// Judges everything; all that is wrong comes at once.
    pub fn judge(mut self) -> Result<Config, Problems> {
        let problems = std::mem::take(&mut self.problems);
        let mut judge = judge::Judge { sources: &self, problems };
        match judge.config() {
            Some(config) if judge.problems.is_empty() => Ok(config),
            _ => Err(Problems(judge.problems)),
        }
    }
}

/// Everything that is wrong with the configuration.
#[derive(Debug)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(f, "The configuration has {count} {}:", if count == 1 { "error" } else { "errors" })?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for Problems {}

#[cfg(test)]
mod tests;
