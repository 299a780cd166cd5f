//! Showing the configuration, and writing the first file. Secrets never appear.

use std::fmt::Write as _;

use serde_json::json;

use super::{
    Config, DATA_FOLDER, MailWay, SmtpTls, Sources,
    keys::{self, KEYS, Key},
    show_duration,
    values::Raw,
};

const MASK: &str = "\"********\"";

/// The settings as a file. With a sound configuration also the defaults that hold; each line says where it came from.
pub fn show(sources: &Sources, effective: Option<&Config>) -> String {
    let mut text = String::new();
    let mut section = "";
    for key in KEYS {
        let (name_of_section, name) = key.name.rsplit_once('.').unwrap_or(("", key.name));
        let line = match (sources.settings.get(key.name), effective) {
            (Some(setting), _) => {
                let value = if key.is_secret { MASK.to_owned() } else { setting.raw.to_toml() };
                format!("{name} = {value}  # {}", setting.source)
            }
            (None, Some(config)) => match in_force(sources, config, key) {
                Some(raw) => format!("{name} = {}  # default", raw.to_toml()),
                None => format!("# {name} is not set"),
            },
            (None, None) => continue,
        };
        if section != name_of_section {
            let gap = if section.is_empty() { "" } else { "\n" };
            let _ = writeln!(text, "{gap}[{name_of_section}]");
            section = name_of_section;
        }
        let _ = writeln!(text, "{line}");
    }
    text
}

/// The same for programs: `{"server.listen": {"value": …, "source": …}}`.
pub fn show_json(sources: &Sources, effective: Option<&Config>) -> serde_json::Value {
    let mut all = serde_json::Map::new();
    for key in KEYS {
        let entry = match (sources.settings.get(key.name), effective) {
            (Some(setting), _) if key.is_secret => {
                json!({ "is_secret": true, "source": setting.source.to_string() })
            }
            (Some(setting), _) => {
                json!({ "value": setting.raw.to_json(), "source": setting.source.to_string() })
            }
            (None, Some(config)) => match in_force(sources, config, key) {
                Some(raw) => json!({ "value": raw.to_json(), "source": "default" }),
                None => continue,
            },
            (None, None) => continue,
        };
        all.insert(key.name.to_owned(), entry);
    }
    all.into()
}

/// What a key means, and what holds for it here. `None` for an unknown key.
pub fn explain(sources: &Sources, name: &str) -> Option<String> {
    let key = keys::find(name)?;
    let mut text = format!("{}\n\n  {}\n\n", key.name, key.meaning);
    let _ = writeln!(text, "  Default   {}", key.default);
    let (section, word) = key.name.rsplit_once('.').unwrap_or(("", key.name));
    let _ = writeln!(text, "  Example   [{section}]\n            {word} = {}", key.example);
    let _ = writeln!(text, "  Variable  {}", keys::variable(key.name));
    match sources.settings.get(key.name) {
        Some(setting) if key.is_secret => {
            let _ = writeln!(text, "  Here      set by {} (not shown)", setting.source);
        }
        Some(setting) => {
            let _ = writeln!(text, "  Here      {}, from {}", setting.raw.to_toml(), setting.source);
        }
        None => text.push_str("  Here      not set; the default holds\n"),
    }
    Some(text)
}

/// The value that a sound configuration has for a key that nobody set.
fn in_force(sources: &Sources, config: &Config, key: &Key) -> Option<Raw> {
    let text = |text: String| Some(Raw::Text(text));
    let yes_or_no = |is_so: bool| text(if is_so { "yes" } else { "no" }.to_owned());
    let path = |path: &std::path::Path| Some(Raw::Text(path.display().to_string()));
    let smtp = match &config.mail.way {
        MailWay::Smtp(smtp) => Some(smtp),
        MailWay::Folder(_) => None,
    };
    match key.name {
        "server.public_url" => text(config.server.origin()),
        "server.listen" => text(config.server.listen.to_string()),
        "server.trusted_proxies" => Some(Raw::List(config.server.trusted_proxies_text.clone())),
        "server.max_connections" => {
            Some(Raw::Number(i64::try_from(config.server.max_connections).unwrap_or(i64::MAX)))
        }
        // What stands in a file of its own may hold a password; the default holds none.
        "database.url" if sources.settings.get("database.url_file").is_some() => None,
        "database.url" => text(config.database.url.expose().to_owned()),
        "keys.file" => path(&config.keys.file),
        "mail.from" => text(config.mail.from.to_string()),
        "mail.folder" => match &config.mail.way {
            MailWay::Folder(folder) => path(folder),
            MailWay::Smtp(_) => None,
        },
        "mail.smtp.port" => smtp.map(|smtp| Raw::Number(smtp.port.into())),
        "mail.smtp.tls" => smtp.map(|smtp| {
            Raw::Text(
                match smtp.tls {
                    SmtpTls::StartTls => "starttls",
                    SmtpTls::Tls => "tls",
                    SmtpTls::None => "none",
                }
                .to_owned(),
            )
        }),
        "vendor.name" => text(config.vendor.name.clone()),
        "vendor.organizations_called" => text(config.vendor.organizations_called.clone()),
        "vendor.mail_domains" => Some(Raw::List(config.vendor.mail_domains.clone())),
        "vendor.temporary_credentials_domain" => text(config.vendor.temporary_credentials_domain.clone()),
        "vendor.longest_validity" => text(show_duration(config.vendor.longest_validity)),
        "vendor.answer_window" => text(show_duration(config.vendor.answer_window)),
        "passwords.memory_kib" => Some(Raw::Number(config.passwords.memory_kib.into())),
        "passwords.passes" => Some(Raw::Number(config.passwords.passes.into())),
        "vendor.require_passkeys_of_agents" => yes_or_no(config.vendor.require_passkeys_of_agents),
        "vendor.may_show_keys_again" => yes_or_no(config.vendor.may_show_keys_again),
        "log.level" => text(config.log.level.to_string()),
        _ => None,
    }
}

/// The first configuration file: short, with what most people change next as comments.
pub fn generate(public_url: &str, database_url_file: Option<&str>) -> String {
    let quote = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let database = match database_url_file {
        Some(path) => format!("url_file = {}", quote(path)),
        None => format!(
            "url = \"sqlite:{DATA_FOLDER}/latchstring.db\"  # or postgres://… ; better in a file: url_file"
        ),
    };
    format!(
        "# Latchstring. `latchstring config explain KEY` says what a key means,
# `latchstring config show --effective` lists all of them. Paths start at this file's folder.

[server]
public_url = {}
listen = \"127.0.0.1:8080\"
# trusted_proxies = [\"10.0.3.0/24\"]  # your reverse proxy, if it is not on this machine

[database]
{database}

[keys]
file = \"{DATA_FOLDER}/latchstring.key\"

[mail]
# from = \"Example Access <access@example.com>\"
folder = \"{DATA_FOLDER}/mail\"  # replace this line by [mail.smtp] to send real mail
# [mail.smtp]
# host = \"smtp.example.com\"
# username = \"latchstring\"
# password_file = \"smtp-password\"

[vendor]
# name = \"Example Software\"
# mail_domains = [\"example.com\"]  # your own: such addresses can never be a customer's
",
        quote(public_url)
    )
}
