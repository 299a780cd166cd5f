//! From what somebody set to a sound configuration. Everything is looked at, so that all that is wrong comes at once.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use kernel::{Duration, Secret};
use lettre::message::Mailbox;
use operation::{PasswordCost, Providers};
use url::Url;

use super::{
    Config, DATA_FOLDER, Database, Keys, Log, LogFormat, Mail, MailWay, Problem, Raw, Server, Smtp, SmtpTls,
    Source, Sources, Vendor, keys, values,
};

/// A proxy on this machine is the usual case.
const LOOPBACK: [&str; 2] = ["127.0.0.0/8", "::1"];

/// What is read, and the problems found on the way.
pub struct Judge<'a> {
    pub sources: &'a Sources,
    pub problems: Vec<Problem>,
}

impl Judge<'_> {
    /// `None` only if a problem was noted.
    pub fn config(&mut self) -> Option<Config> {
        let public_url = self.public_url();
        let server = self.server(public_url.clone());
        let database = self.database();
        let keys = self.read("keys.file", |raw| raw.text().map(PathBuf::from));
        let mail = self.mail(public_url.as_ref());
        let vendor = self.vendor(public_url.as_ref());
        let passwords = self.passwords();
        let providers = self.providers();
        let log = self.log();
        Some(Config {
            server: server?,
            database: database?,
            keys: Keys {
                file: self.path(keys.unwrap_or_else(|| Path::new(DATA_FOLDER).join("latchstring.key"))),
            },
            mail: mail?,
            vendor,
            passwords,
            providers,
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
        let at = self
            .sources
            .settings
            .get(key)
            .map_or_else(|| self.sources.file.display().to_string(), |s| s.source.to_string());
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
                (
                    "must be set, and there is no such file",
                    "Run `latchstring init --public-url https://access.example.com`, or give the file with --config.",
                )
            };
            let problem = Problem {
                at,
                key: Some("server.public_url".to_owned()),
                what: what.to_owned(),
                fix: Some(fix.to_owned()),
            };
            self.problems.push(problem);
        }
        self.read("server.public_url", |raw| values::public_url(raw.text()?))
    }

    fn server(&mut self, public_url: Option<Url>) -> Option<Server> {
        let listen = self.read("server.listen", |raw| values::listen(raw.text()?));
        let trusted_proxies = self.read("server.trusted_proxies", |raw| {
            let texts = raw.list()?;
            Ok((values::proxies(&texts)?, texts))
        });
        let max_connections = self.read("server.max_connections", |raw| raw.number(16, 1_000_000));
        let (trusted_proxies, trusted_proxies_text) = trusted_proxies.or_else(|| {
            let loopback = LOOPBACK.map(str::to_owned).to_vec();
            Some((values::proxies(&loopback).ok()?, loopback))
        })?;
        Some(Server {
            public_url: public_url?,
            listen: listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
            trusted_proxies,
            trusted_proxies_text,
            max_connections: max_connections.unwrap_or(4096),
        })
    }

    fn database(&mut self) -> Option<Database> {
        let key = if self.stands_in_file("database.url", "database.url_file") {
            "database.url_file"
        } else {
            "database.url"
        };
        let noted = self.problems.len();
        let url = self.secret("database.url", "database.url_file");
        let Some(url) = url else {
            let default =
                format!("sqlite:{}", self.path(Path::new(DATA_FOLDER).join("latchstring.db")).display());
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
        let closeness = |key| {
            self.sources.settings.get(key).map_or(0, |setting| match setting.source {
                Source::File { .. } => 1,
                Source::Variable(_) => 2,
                Source::Flag(_) => 3,
            })
        };
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
            let text = fs::read_to_string(&path)
                .map_err(|error| format!("names {}, which cannot be read: {error}", path.display()))?;
            let line = text.trim_end_matches(['\r', '\n']);
            if line.is_empty() || line.contains('\n') {
                return Err(format!("names {}, which must hold exactly one line", path.display()));
            }
            Ok(Secret::from_text(line.to_owned()))
        })
    }

    fn mail(&mut self, public_url: Option<&Url>) -> Option<Mail> {
        let from = self.read("mail.from", |raw| {
            raw.text()?.parse::<Mailbox>().map_err(|_| {
                "must be an address, or a name with an address, such as \"Example <access@example.com>\""
                    .to_owned()
            })
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
            (folder, false) => {
                MailWay::Folder(self.path(folder.unwrap_or_else(|| Path::new(DATA_FOLDER).join("mail"))))
            }
        };
        let from = match from {
            Some(from) => from,
            // The library takes no address literal: a server without a name sends mail to nobody but its operator.
            None => format!("latchstring@{}", public_url?.host_str().unwrap_or_default())
                .parse()
                .or_else(|_| "latchstring@localhost".parse())
                .ok()?,
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
            if is_plain {
                Ok(name.to_owned())
            } else {
                Err("must be 1 to 80 characters on one line".to_owned())
            }
        });
        let organizations_called = self.read("vendor.organizations_called", |raw| {
            let called = raw.text()?.trim();
            if called.chars().count() <= 40 && !called.chars().any(char::is_control) {
                Ok(called.to_owned())
            } else {
                Err("must be at most 40 characters on one line".to_owned())
            }
        });
        let mail_domains = self.read("vendor.mail_domains", |raw| {
            raw.list()?.iter().map(|part| values::mail_domain(part)).collect()
        });
        let temporary_credentials_domain =
            self.read("vendor.temporary_credentials_domain", |raw| values::mail_domain(raw.text()?));
        let host = || public_url.and_then(Url::host_str).unwrap_or_default();
        let longest_validity = self.read("vendor.longest_validity", |raw| {
            values::duration(raw.text()?, Duration::minutes(1), Duration::days(90))
        });
        let answer_window = self.read("vendor.answer_window", |raw| {
            values::duration(raw.text()?, Duration::minutes(1), Duration::days(7))
        });
        let require_passkeys_of_agents = self.yes_or_no("vendor.require_passkeys_of_agents");
        let may_show_keys_again = self.yes_or_no("vendor.may_show_keys_again");
        Vendor {
            name: name.unwrap_or_else(|| host().to_owned()),
            organizations_called: organizations_called.unwrap_or_default(),
            mail_domains: mail_domains.unwrap_or_default(),
            temporary_credentials_domain: temporary_credentials_domain
                .unwrap_or_else(|| values::part_of("temporary", host())),
            longest_validity: longest_validity.unwrap_or(Duration::days(3)),
            answer_window: answer_window.unwrap_or(Duration::hours(4)),
            require_passkeys_of_agents: require_passkeys_of_agents.unwrap_or(false),
            may_show_keys_again: may_show_keys_again.unwrap_or(true),
        }
    }

    fn yes_or_no(&mut self, key: &'static str) -> Option<bool> {
        self.read(key, |raw| match raw.text()? {
            "yes" => Ok(true),
            "no" => Ok(false),
            _ => Err("must be \"yes\" or \"no\"".to_owned()),
        })
    }

    /// Never less than the floor; at the most what a sign-in would still wait for on some machine.
    fn passwords(&mut self) -> PasswordCost {
        let floor = PasswordCost::FLOOR;
        let memory_kib =
            self.read("passwords.memory_kib", |raw| raw.number(i64::from(floor.memory_kib), 1024 * 1024));
        let passes = self.read("passwords.passes", |raw| raw.number(i64::from(floor.passes), 20));
        PasswordCost {
            memory_kib: memory_kib.unwrap_or(floor.memory_kib),
            passes: passes.unwrap_or(floor.passes),
        }
    }

    /// What this server may call of what customers name.
    fn providers(&mut self) -> Providers {
        let networks = self.read("single_sign_on.networks", |raw| {
            let texts = raw.list()?;
            values::proxies(&texts)?;
            Ok(texts)
        });
        let addresses = self.read("single_sign_on.addresses", |raw| {
            raw.list()?.iter().map(|part| values::pinned(part)).collect()
        });
        Providers { networks: networks.unwrap_or_default(), addresses: addresses.unwrap_or_default() }
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
