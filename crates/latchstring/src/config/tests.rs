use super::*;

fn sources(text: &str, variables: &[(&str, &str)]) -> Sources {
    let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Sources::from_text(Path::new("/etc/latchstring/latchstring.toml"), text, variables)
}

fn problems(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let problems = sources(text, variables).judge().expect_err("something is wrong");
    problems.0.iter().map(ToString::to_string).collect()
}

const LEAST: &str = "[server]\npublic_url = \"https://access.example.com\"\n";

#[test]
fn the_public_address_is_all_that_must_be_set() {
    let config = sources(LEAST, &[]).judge().expect("sound");
    assert_eq!(config.server.origin(), "https://access.example.com");
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert!(config.server.trusted_proxies.trusts("127.0.0.1".parse().expect("an address")));
    assert!(!config.server.trusted_proxies.trusts("10.0.0.1".parse().expect("an address")));
    assert_eq!(config.database.url.expose(), "sqlite:/etc/latchstring/latchstring-data/latchstring.db");
    assert_eq!(config.keys.file, Path::new("/etc/latchstring/latchstring-data/latchstring.key"));
    assert_eq!(config.mail.from.to_string(), "latchstring@access.example.com");
    assert!(
        matches!(config.mail.way, MailWay::Folder(folder) if folder == Path::new("/etc/latchstring/latchstring-data/mail"))
    );
    assert_eq!(config.vendor.longest_validity, Duration::days(3));
    assert_eq!(config.vendor.answer_window, Duration::hours(4));
    assert!(config.log.format.is_none());
}

/// S26, case 5: whether agents need a passkey, and whether keys are shown again, is the vendor's to say.
#[test]
fn what_the_vendor_decides_about_factors_is_yes_or_no() {
    let vendor =
        |text: &str| sources(&format!("{LEAST}[vendor]\n{text}"), &[]).judge().expect("sound").vendor;
    let usual = vendor("");
    assert!(usual.may_show_keys_again && !usual.require_passkeys_of_agents);
    let strict = vendor("may_show_keys_again = \"no\"\nrequire_passkeys_of_agents = \"yes\"\n");
    assert!(!strict.may_show_keys_again && strict.require_passkeys_of_agents);
    let all = problems(&format!("{LEAST}[vendor]\nmay_show_keys_again = \"never\"\n"), &[]);
    assert!(all[0].contains("vendor.may_show_keys_again must be \"yes\" or \"no\""), "{all:?}");
}

#[test]
fn without_the_public_address_the_error_names_the_command() {
    let all = problems("", &[]);
    assert_eq!(all.len(), 1, "{all:?}");
    assert!(all[0].contains("server.public_url must be set"), "{}", all[0]);
    let missing =
        Sources::gather(Some(Path::new("/nonexistent/latchstring.toml"))).judge().expect_err("no file");
    assert!(missing.to_string().contains("latchstring init --public-url"), "{missing}");
}

#[test]
fn flags_go_before_the_environment_and_that_before_the_file() {
    let text = format!("{LEAST}listen = \"127.0.0.1:1\"\n");
    let variables =
        [("LATCHSTRING_SERVER__LISTEN", "127.0.0.1:2"), ("PATH", "/bin"), ("LATCHSTRING_LOG", "ours alone")];
    let port = |sources: Sources| sources.judge().expect("sound").server.listen.port();
    assert_eq!(port(sources(&text, &[])), 1);
    assert_eq!(port(sources(&text, &variables)), 2);
    let mut with_flag = sources(&text, &variables);
    with_flag.add_flag("listen", "server.listen", Some("127.0.0.1:3".to_owned()));
    assert_eq!(port(with_flag), 3);
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest() {
    let all = problems("[server]\npublc_url = \"https://a.example\"\n", &[]);
    assert!(all.iter().any(|line| line == "/etc/latchstring/latchstring.toml line 2: server.publc_url is not a key of the configuration. Did you mean server.public_url?"), "{all:?}");
    let all = problems(LEAST, &[("LATCHSTRING_SERVER__LISTENN", "x")]);
    assert!(all[0].contains("Did you mean LATCHSTRING_SERVER__LISTEN?"), "{all:?}");
    let all = problems(&format!("{LEAST}[colour]\nx = 1\n"), &[]);
    assert!(all[0].contains("colour is not a key"), "{all:?}");
}

#[test]
fn all_errors_are_reported_together() {
    let all = problems(
        "[server]\npublic_url = \"http://access.example.com\"\nlisten = 8080\nmax_connections = 3\n[vendor]\nanswer_window = \"forever\"\n[log]\nlevel = \"loud\"\n[mail.smtp]\ntls = \"maybe\"\n",
        &[],
    );
    for part in [
        "line 2: server.public_url must begin with https",
        "line 3: server.listen must be a text",
        "line 4: server.max_connections must be a number from 16",
        "line 6: vendor.answer_window must be a length",
        "line 8: log.level must be",
        "mail.smtp.host must be set",
        "line 10: mail.smtp.tls must be",
    ] {
        assert!(all.iter().any(|line| line.contains(part)), "{part} in {all:#?}");
    }
    assert_eq!(all.len(), 7, "{all:#?}");
}

#[test]
fn a_proxy_that_is_no_address_is_refused_with_its_text() {
    let all = problems(LEAST, &[("LATCHSTRING_SERVER__TRUSTED_PROXIES", "10.0.3.0/24, proxy.internal")]);
    assert!(all[0].contains("holds \"proxy.internal\""), "{all:?}");
    let config = sources(LEAST, &[("LATCHSTRING_SERVER__TRUSTED_PROXIES", "10.0.3.0/24, ::1")])
        .judge()
        .expect("sound");
    assert!(config.server.trusted_proxies.trusts("10.0.3.9".parse().expect("an address")));
    assert!(!config.server.trusted_proxies.trusts("127.0.0.1".parse().expect("an address")));
}

#[test]
fn what_is_not_toml_is_refused_with_its_line() {
    let all = problems("[server]\npublic_url = https://a.example\n", &[]);
    assert!(all[0].starts_with("/etc/latchstring/latchstring.toml line 2: is not TOML"), "{all:?}");
}

#[test]
fn secrets_come_from_files_and_are_not_shown() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("url");
    fs::write(&file, "postgres://u:hunter2@db/latchstring\n").expect("own folder");
    let path = file.display().to_string();
    let read = || {
        sources(
            &format!("{LEAST}[database]\nurl = \"sqlite:x.db\"\n"),
            &[("LATCHSTRING_DATABASE__URL_FILE", &path)],
        )
    };
    let config = read().judge().expect("sound");
    assert_eq!(config.database.url.expose(), "postgres://u:hunter2@db/latchstring");
    let inline = sources(&format!("{LEAST}[database]\nurl = \"postgres://u:hunter2@db/x\"\n"), &[]);
    for text in [
        show(&read(), Some(&config)),
        show_json(&read(), Some(&config)).to_string(),
        explain(&inline, "database.url").expect("a key"),
        show(&inline, None),
        format!("{config:?}"),
    ] {
        assert!(!text.contains("hunter2"), "{text}");
    }
    let both = problems(&format!("{LEAST}[database]\nurl = \"sqlite:x\"\nurl_file = \"y\"\n"), &[]);
    assert!(both[0].contains("both set"), "{both:?}");
    let missing = problems(&format!("{LEAST}[database]\nurl_file = \"/nonexistent\"\n"), &[]);
    assert!(missing[0].contains("cannot be read"), "{missing:?}");
}

#[test]
fn plain_smtp_goes_to_this_machine_only() {
    let smtp = |host: &str, tls: &str| format!("{LEAST}[mail.smtp]\nhost = \"{host}\"\ntls = \"{tls}\"\n");
    for host in ["localhost", "127.0.0.1", "::1"] {
        sources(&smtp(host, "none"), &[]).judge().expect(host);
    }
    for host in ["smtp.example.com", "10.0.0.1", "localhost.evil.example"] {
        assert!(problems(&smtp(host, "none"), &[])[0].contains("mail.smtp.tls must not be"), "{host}");
        let config = sources(&smtp(host, "tls"), &[]).judge().expect(host);
        assert!(matches!(config.mail.way, MailWay::Smtp(smtp) if smtp.port == 465));
    }
}

#[test]
fn a_password_needs_a_name_and_a_name_a_password() {
    let with = |line: &str| problems(&format!("{LEAST}[mail.smtp]\nhost = \"h.example\"\n{line}\n"), &[]);
    assert!(with("username = \"u\"")[0].contains("needs mail.smtp.password"));
    assert!(with("password = \"p\"")[0].contains("needs mail.smtp.username"));
    assert!(
        problems(&format!("{LEAST}[mail]\nfolder = \"f\"\n[mail.smtp]\nhost = \"h\"\n"), &[])[0]
            .contains("both set")
    );
}

#[test]
fn the_generated_file_is_short_and_sound() {
    for database in [None, Some("/run/secrets/a \"quoted\" name")] {
        let text = generate("https://access.example.com", database);
        assert!(text.lines().count() <= 30, "{}", text.lines().count());
        let all = sources(&text, &[]);
        assert_eq!(
            all.settings.get("server.public_url").map(|s| &s.raw),
            Some(&Raw::Text("https://access.example.com".to_owned()))
        );
        match database {
            None => drop(all.judge().expect("sound")),
            Some(path) => assert_eq!(
                all.settings.get("database.url_file").map(|s| &s.raw),
                Some(&Raw::Text(path.to_owned()))
            ),
        }
    }
}

/// What `config show` prints is a configuration again.
#[test]
fn the_effective_configuration_can_be_read_again() {
    let text = format!("{LEAST}[vendor]\nmail_domains = [\"example.com\"]\n");
    let config = sources(&text, &[]).judge().expect("sound");
    let shown = show(&sources(&text, &[]), Some(&config));
    let again = sources(&shown, &[]).judge().expect(&shown);
    assert_eq!(again.vendor.mail_domains, config.vendor.mail_domains);
    assert_eq!(again.server.public_url, config.server.public_url);
    assert!(shown.contains("listen = \"127.0.0.1:8080\"  # default"), "{shown}");
}

#[test]
fn explain_says_what_holds_and_why() {
    let all = sources(LEAST, &[("LATCHSTRING_LOG__LEVEL", "debug")]);
    let text = explain(&all, "log.level").expect("a key");
    assert!(text.contains("\"debug\", from environment variable LATCHSTRING_LOG__LEVEL"), "{text}");
    assert!(explain(&all, "vendor.name").expect("a key").contains("the default holds"));
    assert!(explain(&all, "nothing").is_none());
}

/// An address without a name is a public address too, for whoever tries it on the machine itself.
#[test]
fn a_numeric_public_address_needs_nothing_more() {
    for url in ["http://127.0.0.1:8080", "http://[::1]:8080", "https://192.0.2.7", "https://[2001:db8::7]"] {
        let text = format!("[server]\npublic_url = \"{url}\"\n");
        Sources::from_text(Path::new("latchstring.toml"), &text, []).judge().expect(url);
    }
}
