//! Every key of the configuration, once: reading, `config show`, `config explain` and the guesses at a mistyped key
//! all come from this table.

/// One key.
#[derive(Debug)]
pub struct Key {
    pub name: &'static str,
    pub meaning: &'static str,
    /// What holds if nobody sets it, in words where it depends on something.
    pub default: &'static str,
    pub example: &'static str,
    /// Its value is never shown.
    pub is_secret: bool,
}

const fn key(name: &'static str, meaning: &'static str, default: &'static str, example: &'static str) -> Key {
    Key { name, meaning, default, example, is_secret: false }
}

const fn secret(
    name: &'static str,
    meaning: &'static str,
    default: &'static str,
    example: &'static str,
) -> Key {
    Key { name, meaning, default, example, is_secret: true }
}

pub const KEYS: &[Key] = &[
    key(
        "server.public_url",
        "The address under which people open Latchstring: scheme, host, and a port if it is not the usual one. Cookies, links in mail and what proxies are told come from it. http is accepted for loopback only.",
        "none: this is the only key that must be set",
        "\"https://access.example.com\"",
    ),
    key(
        "server.listen",
        "Where the server listens for plain HTTP from the reverse proxy.",
        "\"127.0.0.1:8080\"",
        "\"[::]:8080\"",
    ),
    key(
        "server.trusted_proxies",
        "Addresses or networks of your own reverse proxies. Only they are believed about the client's address, and only they may hold many connections.",
        "[\"127.0.0.0/8\", \"::1\"]",
        "[\"10.0.3.0/24\", \"2001:db8::7\"]",
    ),
    key(
        "server.max_connections",
        "How many connections may be open at once. Further ones wait until one ends.",
        "4096",
        "1024",
    ),
    secret(
        "database.url",
        "The database: sqlite:PATH, or postgres://USER:PASSWORD@HOST/NAME. A relative path starts at the folder of the configuration file.",
        "\"sqlite:latchstring-data/latchstring.db\"",
        "\"postgres://latchstring@db.internal/latchstring\"",
    ),
    key(
        "database.url_file",
        "A file whose only line is database.url, so that its password stands in no configuration.",
        "none",
        "\"/run/secrets/latchstring-database\"",
    ),
    key(
        "keys.file",
        "The key of this installation, made by `latchstring init`.",
        "\"latchstring-data/latchstring.key\"",
        "\"/etc/latchstring/latchstring.key\"",
    ),
    key(
        "mail.from",
        "Who sends the mail: an address, or a name with an address.",
        "latchstring@ and the host of server.public_url",
        "\"Example Access <access@example.com>\"",
    ),
    key(
        "mail.folder",
        "A folder that gets one .eml file for each mail, instead of a mail server.",
        "\"latchstring-data/mail\", unless mail.smtp.host is set",
        "\"/var/spool/latchstring\"",
    ),
    key("mail.smtp.host", "The mail server that takes the mail.", "none", "\"smtp.example.com\""),
    key("mail.smtp.port", "Its port.", "587 for starttls, 465 for tls, 25 for none", "2525"),
    key(
        "mail.smtp.tls",
        "\"starttls\" (required, never left out), \"tls\" (from the first byte), or \"none\" (to this machine only).",
        "\"starttls\"",
        "\"tls\"",
    ),
    key("mail.smtp.username", "The name for signing in at the mail server.", "none", "\"latchstring\""),
    secret("mail.smtp.password", "The password for it.", "none", "\"…\""),
    key(
        "mail.smtp.password_file",
        "A file whose only line is mail.smtp.password.",
        "none",
        "\"/run/secrets/latchstring-smtp\"",
    ),
    key(
        "vendor.name",
        "How pages and mail call the company whose product is protected.",
        "the host of server.public_url",
        "\"Example Software\"",
    ),
    key(
        "vendor.organizations_called",
        "What you call your customers' organizations, in the plural, where the administration lists them.",
        "\"Organizations\"",
        "\"Accounting firms\"",
    ),
    key(
        "vendor.mail_domains",
        "The vendor's own mail domains. Their addresses can never be a customer's members, except as invited vendor staff with an end date.",
        "[]",
        "[\"example.com\", \"support.example.com\"]",
    ),
    key(
        "vendor.temporary_credentials_domain",
        "The domain of the addresses that temporary support credentials get. They need no mailbox, and no person can have an address there.",
        "temporary. and the host of server.public_url",
        "\"temporary.example.com\"",
    ),
    key(
        "vendor.longest_validity",
        "The longest time for which a customer can open an account to support. A customer may set a shorter one.",
        "\"3d\"",
        "\"8h\"",
    ),
    key(
        "vendor.answer_window",
        "How long a token waits for an agent before it expires.",
        "\"4h\"",
        "\"30m\"",
    ),
    key(
        "vendor.may_show_keys_again",
        "Whether a person can see the QR code of their authenticator app again, after the password and a code, to add a device. Without it a key is replaced instead.",
        "\"yes\"",
        "\"no\"",
    ),
    key(
        "vendor.require_passkeys_of_agents",
        "Whether support agents take tokens and enter only when they signed in with a passkey. A code of an app can be typed into a forged page, a passkey cannot.",
        "\"no\"",
        "\"yes\"",
    ),
    key(
        "passwords.memory_kib",
        "How much memory it takes to hash a password (Argon2id), in KiB, at least 19456. A password that was hashed with less is hashed anew at the next sign-in with it.",
        "19456",
        "47104",
    ),
    key("passwords.passes", "How often that memory is gone through, at least twice.", "2", "3"),
    key(
        "single_sign_on.networks",
        "Networks that are not public, in which customers' providers may be called. Without it this server calls public addresses only, and only by https.",
        "[]",
        "[\"10.1.0.0/16\"]",
    ),
    key(
        "single_sign_on.addresses",
        "Names that are reached at an address of your choice, such as a proxy for what leaves your network. One on this machine is spoken to without TLS.",
        "[]",
        "[\"login.example.com=10.1.0.7:443\"]",
    ),
    key(
        "log.format",
        "\"json\" (a line for each entry) or \"pretty\".",
        "pretty on a terminal, otherwise json",
        "\"json\"",
    ),
    key("log.level", "\"error\", \"warn\", \"info\", \"debug\" or \"trace\".", "\"info\"", "\"debug\""),
];

pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The key that somebody probably meant.
pub fn nearest(name: &str) -> Option<&'static Key> {
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    KEYS.iter()
        .map(|key| {
            let whole = strsim::jaro_winkler(name, key.name);
            // The right word in the wrong section is a likely slip too.
            let word = strsim::jaro_winkler(&last(name), &last(key.name)) - 0.05;
            (whole.max(word), key)
        })
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, key)| key)
}

/// `server.public_url` as `LATCHSTRING_SERVER__PUBLIC_URL`.
pub fn variable(name: &str) -> String {
    format!("LATCHSTRING_{}", name.replace('.', "__").to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_key_is_guessed() {
        for (typed, meant) in [
            ("server.publc_url", "server.public_url"),
            ("public_url", "server.public_url"),
            ("mail.host", "mail.smtp.host"),
            ("smtp.password", "mail.smtp.password"),
            ("vendor.maildomains", "vendor.mail_domains"),
            ("databse.url", "database.url"),
        ] {
            assert_eq!(nearest(typed).map(|key| key.name), Some(meant), "{typed}");
        }
        assert!(nearest("zzz").is_none());
    }
}
