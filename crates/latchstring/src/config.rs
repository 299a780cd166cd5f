//! The configuration: one short TOML file, the environment before it, flags before both.
//!
//! Only `server.public_url` must be set. A key that does not exist is an error, because a mistyped one would otherwise
//! be a default that nobody chose. All errors are reported together.

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

pub use layers::{Setting, Settings, Source};
pub use show::{explain, generate, show, show_json};
pub use values::{Network, Raw, show_duration};

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
    pub log: Log,
    /// The folder that relative paths start at.
    pub folder: PathBuf,
}

#[derive(Debug, Clone)]
pub struct Server {
    /// An origin: no path, no query.
    pub public_url: Url,
    pub listen: SocketAddr,
    pub trusted_proxies: Vec<Network>,
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
    pub mail_domains: Vec<String>,
    pub longest_validity: Duration,
    pub answer_window: Duration,
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
    pub fn from_text(file: &Path, text: &str, variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
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
        let mut judge = Judge { sources: &self, problems };
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

struct Judge<'a> {
    sources: &'a Sources,
    problems: Vec<Problem>,
}

impl Judge<'_> {
    fn config(&mut self) -> Option<Config> {
        let public_url = self.public_url();
        let server = self.server(public_url.clone());
        let database = self.database();
        let keys = self.read("keys.file", |raw| raw.text().map(PathBuf::from));
        let mail = self.mail(public_url.as_ref());
        let vendor = self.vendor(public_url.as_ref());
        let log = self.log();
        Some(Config {
            server: server?,
            database: database?,
            keys: Keys { file: self.path(keys.unwrap_or_else(|| Path::new(DATA_FOLDER).join("latchstring.key"))) },
            mail: mail?,
            vendor,
            log,
            folder: self.sources.folder.clone(),
        })
    }

    /// `None` if it is not set, or wrong and noted.
    fn read<T>(&mut self, key: &'static str, read: impl FnOnce(&Raw) -> Result<T, String>) -> Option<T> {
        debug_assert!(keys::find(key).is_some(), "{key} is in the table");
        let setting = self.sources.settings.get(key)?;
        match read(&setting.raw) {
            Ok(value) => Some(value),
            Err(what) => {
                self.problems.push(Problem::at(&setting.source, key, what));
                None
            }
        }
    }

    fn refuse(&mut self, key: &'static str, what: &str) {
        let at = self.sources.settings.get(key).map_or_else(|| self.sources.file.display().to_string(), |s| s.source.to_string());
        self.problems.push(Problem {
            at,
            key: Some(key.to_owned()),
            what: what.to_owned(),
            fix: Some(format!("See `latchstring config explain {key}`.")),
        });
    }

    fn path(&self, path: PathBuf) -> PathBuf {
        self.sources.folder.join(path)
    }

    fn public_url(&mut self) -> Option<Url> {
        if self.sources.settings.get("server.public_url").is_none() {
            let at = self.sources.file.display().to_string();
            let (what, fix) = if self.sources.file_exists {
                ("must be set", "Add `public_url = \"https://access.example.com\"` under [server].")
            } else {
                ("must be set, and there is no such file", "Run `latchstring init --public-url https://access.example.com`, or give the file with --config.")
            };
            let problem = Problem { at, key: Some("server.public_url".to_owned()), what: what.to_owned(), fix: Some(fix.to_owned()) };
            self.problems.push(problem);
        }
        self.read("server.public_url", |raw| values::public_url(raw.text()?))
    }

    fn server(&mut self, public_url: Option<Url>) -> Option<Server> {
        let listen = self.read("server.listen", |raw| values::listen(raw.text()?));
        let trusted_proxies =
            self.read("server.trusted_proxies", |raw| raw.list()?.iter().map(|part| part.parse()).collect());
        let max_connections = self.read("server.max_connections", |raw| raw.number(16, 1_000_000));
        Some(Server {
            public_url: public_url?,
            listen: listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
            trusted_proxies: trusted_proxies.unwrap_or_else(Network::loopback),
            max_connections: max_connections.unwrap_or(4096),
        })
    }

    fn database(&mut self) -> Option<Database> {
        let key = if self.stands_in_file("database.url", "database.url_file") { "database.url_file" } else { "database.url" };
        let noted = self.problems.len();
        let url = self.secret("database.url", "database.url_file");
        let Some(url) = url else {
            let default = format!("sqlite:{}", self.path(Path::new(DATA_FOLDER).join("latchstring.db")).display());
            return (self.problems.len() == noted).then(|| Database { url: Secret::from_text(default) });
        };
        let text = url.expose();
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.contains(['?', ':']) {
                self.refuse(key, "must be sqlite: and a path to a file");
                return None;
            }
            let path = self.path(PathBuf::from(path));
            return Some(Database { url: Secret::from_text(format!("sqlite:{}", path.display())) });
        }
        let is_postgres = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "postgres" | "postgresql"));
        if is_postgres {
            return Some(Database { url });
        }
        self.refuse(key, "must be sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME");
        None
    }

    /// Whether the value is to be read from a file, because that was said later or more closely.
    fn stands_in_file(&self, key: &str, file_key: &str) -> bool {
        let closeness = |key| self.sources.settings.get(key).map_or(0, |setting| match setting.source {
            Source::File { .. } => 1,
            Source::Variable(_) => 2,
            Source::Flag(_) => 3,
        });
        closeness(file_key) > closeness(key)
    }

    fn secret(&mut self, key: &'static str, file_key: &'static str) -> Option<Secret> {
        let settings = &self.sources.settings;
        if let (Some(one), Some(two)) = (settings.get(key), settings.get(file_key))
            && std::mem::discriminant(&one.source) == std::mem::discriminant(&two.source)
        {
            self.refuse(file_key, &format!("and {key} are both set; keep one of them"));
            return None;
        }
        if !self.stands_in_file(key, file_key) {
            return self.read(key, |raw| raw.text().map(|text| Secret::from_text(text.to_owned())));
        }
        let folder = self.sources.folder.clone();
        self.read(file_key, |raw| {
            let path = folder.join(raw.text()?);
            let text = fs::read_to_string(&path).map_err(|error| format!("names {}, which cannot be read: {error}", path.display()))?;
            let line = text.trim_end_matches(['\r', '\n']);
            if line.is_empty() || line.contains('\n') {
                return Err(format!("names {}, which must hold exactly one line", path.display()));
            }
            Ok(Secret::from_text(line.to_owned()))
        })
    }

    fn mail(&mut self, public_url: Option<&Url>) -> Option<Mail> {
        let from = self.read("mail.from", |raw| {
            raw.text()?.parse::<Mailbox>().map_err(|_| "must be an address, or a name with an address, such as \"Example <access@example.com>\"".to_owned())
        });
        let folder = self.read("mail.folder", |raw| raw.text().map(PathBuf::from));
        let smtp = self.smtp();
        let settings = &self.sources.settings;
        let has_smtp = settings.0.keys().any(|key| key.starts_with("mail.smtp."));
        let way = match (folder, has_smtp) {
            (Some(_), true) => {
                self.refuse("mail.folder", "and mail.smtp are both set; keep one of them");
                return None;
            }
            (None, true) => MailWay::Smtp(smtp?),
            (folder, false) => MailWay::Folder(self.path(folder.unwrap_or_else(|| Path::new(DATA_FOLDER).join("mail")))),
        };
        let from = match from {
            Some(from) => from,
            None => format!("latchstring@{}", mail_host(public_url?)).parse().ok()?,
        };
        Some(Mail { from, way })
    }

    fn smtp(&mut self) -> Option<Smtp> {
        let host = self.read("mail.smtp.host", |raw| raw.text().map(str::to_owned));
        let tls = self
            .read("mail.smtp.tls", |raw| match raw.text()? {
                "starttls" => Ok(SmtpTls::StartTls),
                "tls" => Ok(SmtpTls::Tls),
                "none" => Ok(SmtpTls::None),
                _ => Err("must be \"starttls\", \"tls\" or \"none\"".to_owned()),
            })
            .unwrap_or(SmtpTls::StartTls);
        let port = self.read("mail.smtp.port", |raw| raw.number(1, 65_535));
        let username = self.read("mail.smtp.username", |raw| raw.text().map(str::to_owned));
        let password = self.secret("mail.smtp.password", "mail.smtp.password_file");
        let settings = &self.sources.settings;
        if !settings.0.keys().any(|key| key.starts_with("mail.smtp.")) {
            return None;
        }
        let Some(host) = host else {
            if settings.get("mail.smtp.host").is_none() {
                self.refuse("mail.smtp.host", "must be set because other keys of mail.smtp are");
            }
            return None;
        };
        if tls == SmtpTls::None && !values::is_this_machine(&host) {
            self.refuse("mail.smtp.tls", "must not be \"none\": mail holds links that open doors, and goes unencrypted to this machine only");
        }
        let credentials = match (username, password) {
            (Some(username), Some(password)) => Some((username, password)),
            (None, None) => None,
            (Some(_), None) => {
                self.refuse("mail.smtp.username", "needs mail.smtp.password or mail.smtp.password_file");
                None
            }
            (None, Some(_)) => {
                self.refuse("mail.smtp.password", "needs mail.smtp.username");
                None
            }
        };
        let usual = match tls {
            SmtpTls::StartTls => 587,
            SmtpTls::Tls => 465,
            SmtpTls::None => 25,
        };
        Some(Smtp { host, port: port.unwrap_or(usual), tls, credentials })
    }

    fn vendor(&mut self, public_url: Option<&Url>) -> Vendor {
        let name = self.read("vendor.name", |raw| {
            let name = raw.text()?.trim();
            let is_plain = (1..=80).contains(&name.chars().count()) && !name.chars().any(char::is_control);
            if is_plain { Ok(name.to_owned()) } else { Err("must be 1 to 80 characters on one line".to_owned()) }
        });
        let mail_domains =
            self.read("vendor.mail_domains", |raw| raw.list()?.iter().map(|part| values::mail_domain(part)).collect());
        let longest_validity = self.read("vendor.longest_validity", |raw| {
            values::duration(raw.text()?, Duration::minutes(1), Duration::days(90))
        });
        let answer_window = self.read("vendor.answer_window", |raw| {
            values::duration(raw.text()?, Duration::minutes(1), Duration::days(7))
        });
        Vendor {
            name: name.unwrap_or_else(|| public_url.and_then(Url::host_str).unwrap_or_default().to_owned()),
            mail_domains: mail_domains.unwrap_or_default(),
            longest_validity: longest_validity.unwrap_or(Duration::days(3)),
            answer_window: answer_window.unwrap_or(Duration::hours(4)),
        }
    }

    fn log(&mut self) -> Log {
        let format = self.read("log.format", |raw| match raw.text()? {
            "json" => Ok(LogFormat::Json),
            "pretty" => Ok(LogFormat::Pretty),
            _ => Err("must be \"json\" or \"pretty\"".to_owned()),
        });
        let level = self.read("log.level", |raw| {
            let wrong = || "must be \"error\", \"warn\", \"info\", \"debug\" or \"trace\"".to_owned();
            let text = raw.text()?;
            // The parser of levels takes numbers and "off" too, which nobody should need.
            if text.bytes().all(|byte| byte.is_ascii_lowercase()) && text != "off" {
                text.parse().map_err(|_| wrong())
            } else {
                Err(wrong())
            }
        });
        Log { format, level: level.unwrap_or(tracing::level_filters::LevelFilter::INFO) }
    }
}

/// A host as it stands behind the `@`: an address literal is in brackets there.
fn mail_host(url: &Url) -> String {
    match url.host() {
        Some(url::Host::Ipv4(address)) => format!("[{address}]"),
        Some(url::Host::Ipv6(address)) => format!("[IPv6:{address}]"),
        _ => url.host_str().unwrap_or("localhost").to_owned(),
    }
}

#[cfg(test)]
mod tests;
