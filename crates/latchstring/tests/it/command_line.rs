//! The command line of the real executable: what it prints, what it refuses, and how it ends.

use std::{fs, os::unix::fs::MetadataExt as _, process::Stdio, time::Duration};

use reqwest::{Client, redirect::Policy};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    time::timeout,
};

use crate::support::{
    process::{Installed, latchstring, run, stderr, stdout},
    server::{Answer, PASSWORD},
};

/// A command of an installation: with its configuration, and its exit code.
async fn at(installed: &Installed, arguments: &[&str]) -> (i32, String, String) {
    let config = installed.config().display().to_string();
    let output = run(&[arguments, &["--config", &config]].concat()).await;
    (output.status.code().expect("it ended by itself"), stdout(&output), stderr(&output))
}

#[tokio::test]
async fn it_says_its_version_and_what_it_can_do() {
    for arguments in [&["version"][..], &["--version"]] {
        let output = run(arguments).await;
        assert!(output.status.success());
        assert_eq!(stdout(&output), format!("latchstring {}\n", env!("CARGO_PKG_VERSION")));
    }
    let json: Value = serde_json::from_str(&stdout(&run(&["version", "--json"]).await)).expect("JSON");
    assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
    let help = stdout(&run(&["--help"]).await);
    assert!(help.starts_with("Examples:"), "{help}");
    for command in ["demo", "init", "serve", "proxy-config", "admin", "keys", "config", "healthcheck"] {
        assert!(help.contains(command), "{command}");
    }
    for wrong in [
        &["ser"][..],
        &["serve", "--nonsense"],
        &["init", "--public-url"],
        &["proxy-config", "apache", "--app", "x"],
    ] {
        let output = run(wrong).await;
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(stdout(&output).is_empty() && !stderr(&output).is_empty(), "{wrong:?}");
    }
}

/// The configuration that is made is short and private, and holds no secret.
#[tokio::test]
async fn init_makes_a_short_private_configuration() {
    let installed = Installed::new().await;
    let text = fs::read_to_string(installed.config()).expect("the configuration");
    assert!(text.lines().count() <= 30, "{text}");
    let key = fs::read_to_string(installed.key()).expect("the key");
    let key = key.lines().nth(1).and_then(|line| line.split(' ').next()).expect("a key");
    assert!(!text.contains(key));
    for file in [installed.config(), installed.key()] {
        assert_eq!(fs::metadata(&file).expect("made").mode() & 0o777, 0o600, "{}", file.display());
    }
    let folder = fs::metadata(installed.database().parent().expect("a folder")).expect("made");
    assert_eq!(folder.mode() & 0o777, 0o700);
    assert!(installed.setup.starts_with("/setup/lsi_"), "{}", installed.setup);
}

/// Running `init` again never takes anything away: the key, the file and the people stay.
#[tokio::test]
async fn init_again_loses_nothing() {
    let installed = Installed::new().await;
    let server = installed.serve().await;
    installed.set_up().await.expect(303);
    server.stop().await;
    let (config, key) =
        (fs::read(installed.config()).expect("there"), fs::read(installed.key()).expect("there"));
    let dir = installed.path("").display().to_string();
    let other = run(&["init", "--public-url", "https://other.example.com", "--dir", &dir]).await;
    assert_eq!(other.status.code(), Some(4), "{}", stderr(&other));
    assert!(stderr(&other).contains("nothing was changed"), "{}", stderr(&other));
    let same = run(&["init", "--public-url", &installed.url(), "--dir", &dir]).await;
    assert!(matches!(same.status.code(), Some(0 | 4)), "{}", stderr(&same));
    assert_eq!(fs::read(installed.config()).expect("there"), config);
    assert_eq!(fs::read(installed.key()).expect("there"), key);
    let server = installed.serve().await;
    installed.sign_in("vera@vendor.example").await;
    server.stop().await;

    for (wrong, words) in [
        (&["init"][..], "--public-url"),
        (&["init", "--public-url", "access.example.com"], "https://access.example.com"),
        (&["init", "--public-url", "http://access.example.com"], "https://"),
        (&["init", "--public-url", "https://access.example.com/latch"], "host"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = folder.path().join("new").display().to_string();
        let output = run(&[wrong, &["--dir", &dir]].concat()).await;
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(words), "{wrong:?}: {}", stderr(&output));
        assert!(!folder.path().join("new").exists(), "{wrong:?} left something behind");
    }
}

/// S68: what is set is shown with where it comes from; what is secret is not.
#[tokio::test]
async fn the_configuration_is_shown_without_secrets() {
    let installed = Installed::new().await;
    let text = fs::read_to_string(installed.config()).expect("the configuration");
    let line = text.lines().find(|line| line.starts_with("url = ")).expect("the database").to_owned();
    let secret = "url = \"postgres://latchstring:hidden-one@db.internal/latchstring\"";
    let smtp = "[mail.smtp]\nhost = \"smtp.example.com\"\nusername = \"u\"\npassword = \"hidden-two\"\n";
    let text = text.replace(&line, secret);
    let folder = text.lines().find(|line| line.starts_with("folder = ")).expect("the mail").to_owned();
    fs::write(installed.config(), format!("{}\n{smtp}", text.replace(&folder, ""))).expect("own file");
    for arguments in [
        &["config", "show"][..],
        &["config", "show", "--effective"],
        &["config", "show", "--json"],
        &["config", "show", "--effective", "--json"],
    ] {
        let (code, out, err) = at(&installed, arguments).await;
        assert_eq!(code, 0, "{err}");
        for hidden in ["hidden-one", "hidden-two"] {
            assert!(!out.contains(hidden) && !err.contains(hidden), "{arguments:?}: {out}");
        }
        assert!(out.contains(&installed.url()), "{out}");
        assert_eq!(out.contains("max_connections"), arguments.contains(&"--effective"), "{out}");
    }
    let (code, out, _) = at(&installed, &["config", "explain", "mail.smtp.password"]).await;
    assert_eq!(code, 0);
    assert!(!out.contains("hidden-two") && out.contains("LATCHSTRING_MAIL__SMTP__PASSWORD"), "{out}");
}

/// A key that does not exist gets the name of the nearest that does.
#[tokio::test]
async fn a_mistyped_key_gets_the_nearest_name() {
    let installed = Installed::new().await;
    let (code, out, _) = at(&installed, &["config", "explain", "server.public_url"]).await;
    assert_eq!(code, 0);
    for part in ["server.public_url", "LATCHSTRING_SERVER__PUBLIC_URL", "Example", "Default"] {
        assert!(out.contains(part), "{part}: {out}");
    }
    let (code, out, err) = at(&installed, &["config", "explain", "server.publc_url"]).await;
    assert_eq!((code, out.as_str()), (3, ""));
    assert!(err.contains("server.public_url"), "{err}");

    let text = fs::read_to_string(installed.config()).expect("the configuration");
    fs::write(installed.config(), text.replace("[vendor]", "[vendor]\nlongest_validty = \"8h\""))
        .expect("own file");
    let (code, _, err) = at(&installed, &["serve"]).await;
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("longest_validty") && err.contains("vendor.longest_validity"), "{err}");
    assert!(err.contains("latchstring.toml line "), "{err}");

    fs::write(installed.config(), text).expect("own file");
    let config = installed.config().display().to_string();
    let output = latchstring()
        .args(["config", "show", "--effective", "--config", &config])
        .env("LATCHSTRING_LOG__LEVL", "debug")
        .output()
        .await
        .expect("it runs");
    assert!(!output.status.success());
    assert!(stderr(&output).contains("LATCHSTRING_LOG__LEVEL"), "{}", stderr(&output));
}

/// 0 while the server is ready, 1 while it is not.
#[tokio::test]
async fn the_health_check_tells_by_its_exit_code() {
    let installed = Installed::new().await;
    let text = fs::read_to_string(installed.config()).expect("the configuration");
    fs::write(installed.config(), text.replace("127.0.0.1:8080", &format!("127.0.0.1:{}", installed.port)))
        .expect("own file");
    let (code, _, err) = at(&installed, &["healthcheck"]).await;
    assert_eq!(code, 1);
    assert!(err.contains("latchstring serve"), "{err}");
    let server = installed.serve().await;
    assert_eq!(at(&installed, &["healthcheck"]).await.0, 0);
    server.stop().await;
    assert_eq!(at(&installed, &["healthcheck"]).await.0, 1);
}

/// A configuration for the proxy is printed alone, so that it can be put into a file.
#[tokio::test]
async fn proxy_configurations_are_printed() {
    let installed = Installed::new().await;
    let server = installed.serve().await;
    installed.set_up().await.expect(303);
    let vera = installed.sign_in("vera@vendor.example").await;
    let product = serde_json::json!({ "name": "ERP", "origin": "https://erp.example.com" });
    vera.post("/api/v1/applications", product).await.expect(201);
    for (proxy, parts) in [
        (
            "nginx",
            &[
                "auth_request /_latchstring/authz;",
                "server_name erp.example.com;",
                "listen 443 ssl;",
                "proxy_set_header Remote-User ",
            ][..],
        ),
        ("caddy", &["https://erp.example.com {", "forward_auth 127.0.0.1:8080 {", "uri /authz/forward-auth"]),
    ] {
        let (code, out, err) =
            at(&installed, &["proxy-config", proxy, "--app", "https://erp.example.com"]).await;
        assert_eq!(code, 0, "{err}");
        for part in parts {
            assert!(out.contains(part), "{part}: {out}");
        }
        for bad in [
            "erp.example.com",
            "https://other.example.com",
            "https://erp.example.com/path",
            "https://user@erp.example.com",
            "x; } server {",
        ] {
            let (code, out, err) = at(&installed, &["proxy-config", proxy, "--app", bad]).await;
            assert!(code != 0 && out.is_empty() && !err.is_empty(), "{bad}: {out}");
        }
    }
    assert!(server.stop().await);
}

/// S7: beside a running server a new set-up link can be made; it ends the one before it.
#[tokio::test]
async fn a_set_up_link_can_be_made_beside_a_running_server() {
    let installed = Installed::new().await;
    let server = installed.serve().await;
    let (code, out, err) = at(&installed, &["admin", "setup-link"]).await;
    assert_eq!(code, 0, "{err}");
    let link = out.trim().strip_prefix(&installed.url()).expect("a link to the public address").to_owned();
    assert_eq!(out.lines().count(), 1, "the link alone, to be passed on: {out}");
    let nobody = installed.anonymous();
    assert_eq!(nobody.get(&installed.setup).await.status, 410, "the first one has ended");
    let form = [("name", "Vera Lang"), ("email", "vera@vendor.example"), ("password", PASSWORD)];
    nobody.form(&link, &form).await.expect(303);
    assert_eq!(nobody.form(&link, &form).await.status, 410, "once");
    installed.sign_in("vera@vendor.example").await;
    server.stop().await;
    // And without a server too.
    assert_eq!(at(&installed, &["admin", "setup-link"]).await.0, 0);

    fs::remove_file(installed.database()).expect("own file");
    let (code, _, err) = at(&installed, &["admin", "setup-link"]).await;
    assert_ne!(code, 0);
    assert!(err.contains("latchstring init"), "{err}");
}

/// Somebody at the demo: a client that keeps no cookie by itself.
struct Visitor {
    http: Client,
    cookie: String,
    base: String,
}

impl Visitor {
    /// Opens the sign-in address that the terminal shows.
    async fn of(http: &Client, address: &str) -> Self {
        let answer = Answer::of(http.get(address)).await.expect(303);
        let base = url::Url::parse(address).expect("an address").origin().ascii_serialization();
        Self { http: http.clone(), cookie: answer.cookie("latchstring"), base }
    }

    fn request(&self, method: &str, url: &str) -> reqwest::RequestBuilder {
        let url = if url.starts_with("http") { url.to_owned() } else { format!("{}{url}", self.base) };
        self.http.request(method.parse().expect("a method"), url).header("cookie", &self.cookie)
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request("POST", path).json(&body)).await
    }
}

const PAGE: (&str, &str) = ("sec-fetch-mode", "navigate");

/// The story of the first five minutes, as it is printed: A2, A14, A33, A18 through the demo's own proxy and product.
#[tokio::test]
async fn the_demo_tells_the_whole_story() {
    let mut child = latchstring()
        .args(["demo", "--port", "0", "--product-port", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the demo starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut greeting = String::new();
    while !greeting.contains("Try this") {
        let line = timeout(Duration::from_secs(20), lines.next_line())
            .await
            .expect("in time")
            .expect("text")
            .expect("more");
        greeting.push_str(&line);
        greeting.push('\n');
    }
    let printed = |part: &str| {
        greeting
            .split_whitespace()
            .find(|word| word.starts_with("http") && word.contains(part))
            .expect("printed")
            .to_owned()
    };
    let local = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let http = ["vera", "marcos", "bruno"]
        .iter()
        .fold(Client::builder().redirect(Policy::none()), |client, name| {
            client.resolve(&format!("{name}.localhost"), local)
        })
        .build()
        .expect("a client");
    for page in ["/demo/mail", "/demo/decisions"] {
        Answer::of(http.get(printed(page))).await.expect(200);
    }
    let joana = Visitor::of(&http, &printed("/demo/joana")).await;
    let ana = Visitor::of(&http, &printed("/demo/ana")).await;
    for other in ["/demo/vera", "/demo/marcos", "/demo/bruno"] {
        Visitor::of(&http, &printed(other)).await;
    }
    assert!(joana.base.starts_with("http://localhost:") && ana.base.starts_with("http://127.0.0.1:"));

    let groups = Answer::of(joana.request("GET", "/api/v1/organizations")).await.expect(200).json();
    let services =
        groups["data"].as_array().expect("a list").iter().find(|group| group["name"] == "Aurora Serviços");
    let services = services.expect("left closed, to be opened")["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/organizations/{services}/support-tokens");
    let token = joana.post(&path, serde_json::json!({ "validity_seconds": 3600 })).await.expect(201).json();
    let taken = serde_json::json!({ "code": token["code"], "ticket": "48213" });
    ana.post("/api/v1/desk/associate", taken).await.expect(200);
    let grant = token["id"].as_str().expect("an id");
    let way = ana.post(&format!("/api/v1/support-tokens/{grant}/enter"), serde_json::json!({})).await;
    assert!(matches!(way.status, 200 | 201), "{}", way.text);
    let url = way.json()["url"].as_str().expect("an address").to_owned();

    // Into the product, by the way that the demo's proxy passes on.
    let begun = Answer::of(http.get(&url).header(PAGE.0, PAGE.1)).await.expect(303);
    let led = Answer::of(ana.request("GET", begun.header("location"))).await.expect(303);
    let callback = http.get(led.header("location")).header("cookie", begun.cookie("latchstring_way"));
    let arrived = Answer::of(callback.header(PAGE.0, PAGE.1)).await.expect(303);
    let cookie = arrived.cookie("latchstring_acting");
    let product = url::Url::parse(&url).expect("an address").origin().ascii_serialization();
    let open = async |method: &str, path: &str| {
        let request = http
            .request(method.parse().expect("a method"), format!("{product}{path}"))
            .header("cookie", &cookie);
        Answer::of(request.header(PAGE.0, PAGE.1).header("origin", &product)).await
    };
    let inside = open("GET", "/").await.expect(200);
    assert!(inside.text.contains("acting as support in Aurora Serviços"), "{}", inside.text);
    assert_eq!(open("POST", "/ledger/any").await.header("x-latchstring-reason"), "read_only");

    joana.post(&format!("/api/v1/support-tokens/{grant}/revoke"), serde_json::json!({})).await.expect(200);
    let refused = open("GET", "/").await.expect(403);
    assert_eq!(refused.header("x-latchstring-reason"), "grant_revoked");
    let decisions = Answer::of(http.get(printed("/demo/decisions"))).await.expect(200).text;
    assert!(decisions.contains("grant_revoked") && decisions.contains("read_only"), "{decisions}");

    let id = child.id().expect("running").to_string();
    assert!(
        tokio::process::Command::new("kill").args(["-INT", &id]).status().await.expect("kill runs").success()
    );
    let ended =
        timeout(Duration::from_secs(5), child.wait()).await.expect("Ctrl-C ends at once").expect("ours");
    assert!(ended.success());
}
