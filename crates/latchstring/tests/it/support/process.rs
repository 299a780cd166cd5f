//! The real executable, as an operator starts it: its own folder, its own configuration, its own database file.

use std::{
    fs::Permissions,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use kernel::Clock as _;
use reqwest::{Client, redirect::Policy};
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

use super::{
    authenticator::Apps,
    mail::link_in,
    proxies::free_port,
    server::{Answer, Browser, PASSWORD},
};

/// The executable with nothing of this process's surroundings but the search path.
pub fn latchstring() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latchstring"));
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs a command to its end.
pub async fn run(arguments: &[&str]) -> Output {
    timeout(Duration::from_secs(30), latchstring().args(arguments).output())
        .await
        .expect("the command ends")
        .expect("the command runs")
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What `latchstring init` made.
pub struct Installed {
    folder: TempDir,
    pub port: u16,
    /// Path and token of the first set-up link.
    pub setup: String,
    pub apps: Apps,
    pub http: Client,
}

impl Installed {
    /// On a database file of its own.
    pub async fn new() -> Self {
        Self::make(None).await
    }

    /// On a database of PostgreSQL.
    pub async fn on(database_url: &str) -> Self {
        Self::make(Some(database_url)).await
    }

    async fn make(database_url: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}");
        let dir = folder.path().display().to_string();
        let mut arguments = vec!["init", "--public-url", &url, "--dir", &dir];
        let file = folder.path().join("database-url").display().to_string();
        if let Some(database_url) = database_url {
            std::fs::write(&file, database_url).expect("own folder");
            std::fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("own file");
            arguments.extend(["--database-url-file", &file]);
        }
        let output = run(&arguments).await;
        assert!(output.status.success(), "{}", stderr(&output));
        let setup =
            stdout(&output).trim().strip_prefix(&url).expect("a link to the public address").to_owned();
        let http = Client::builder()
            .redirect(Policy::none())
            .timeout(Duration::from_secs(20))
            .build()
            .expect("a client");
        Self { folder, port, setup, apps: Apps::default(), http }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn config(&self) -> PathBuf {
        self.path("latchstring.toml")
    }

    pub fn key(&self) -> PathBuf {
        self.path("latchstring-data/latchstring.key")
    }

    pub fn database(&self) -> PathBuf {
        self.path("latchstring-data/latchstring.db")
    }

    /// The arguments of `latchstring serve` here.
    fn serve_arguments(&self, port: u16) -> Vec<String> {
        let config = self.config().display().to_string();
        ["serve", "--config", &config, "--listen", &format!("127.0.0.1:{port}")].map(str::to_owned).to_vec()
    }

    /// Starts the server and waits until it is ready.
    pub async fn serve(&self) -> Running {
        let mut command = latchstring();
        command.args(self.serve_arguments(self.port));
        self.started(command).await
    }

    /// The same, with no file of it longer than so many KiB. What would be longer fails as on a disk that is full.
    pub async fn serve_with_room(&self, kibibytes: u64) -> Running {
        let mut command = Command::new("bash");
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
            .arg("-c")
            .arg(format!("trap '' XFSZ; ulimit -f {kibibytes}; exec \"$@\""))
            .arg("bash")
            .arg(env!("CARGO_BIN_EXE_latchstring"))
            .args(self.serve_arguments(self.port));
        self.started(command).await
    }

    async fn started(&self, mut command: Command) -> Running {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the server starts");
        let running = Running { child };
        let ready = format!("{}/readyz", self.url());
        for _ in 0..400 {
            if self.http.get(&ready).send().await.is_ok_and(|answer| answer.status() == 200) {
                return running;
            }
            sleep(Duration::from_millis(15)).await;
        }
        panic!("the server at {} is not ready", self.url());
    }

    /// Starts a server that is expected to refuse, and gives what it said.
    pub async fn refused(&self, port: u16) -> Output {
        let arguments = self.serve_arguments(port);
        run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await
    }

    pub fn anonymous(&self) -> Browser {
        Browser { base: self.url(), http: self.http.clone(), cookie: None, bearer: None, on_behalf_of: None }
    }

    /// Opens the set-up link as the first administrator.
    pub async fn set_up(&self) -> Answer {
        let form = [("name", "Vera Lang"), ("email", "vera@vendor.example"), ("password", PASSWORD)];
        self.anonymous().form(&self.setup, &form).await
    }

    pub async fn sign_in(&self, email: &str) -> Browser {
        self.apps.sign_in(&self.anonymous(), email, latchstring::clock::SystemClock.now()).await
    }

    /// Accepts the invitation that was mailed to a new person, and signs in.
    pub async fn accept(&self, email: &str, name: &str) -> Browser {
        let link = self.mailed(email, "/invitations/").await;
        let token = link.rsplit('/').next().expect("a token");
        let body = json!({ "token": token, "name": name, "password": PASSWORD });
        self.anonymous().post("/api/v1/invitations/accept", body).await.expect(200);
        self.sign_in(email).await
    }

    /// The link in the newest mail to somebody, once it is in the folder.
    pub async fn mailed(&self, email: &str, part: &str) -> String {
        for _ in 0..400 {
            if let Some(link) = newest(&self.path("latchstring-data/mail"), email, part) {
                return link;
            }
            sleep(Duration::from_millis(15)).await;
        }
        panic!("no mail to {email}");
    }
}

fn newest(folder: &Path, email: &str, part: &str) -> Option<String> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.iter().rev().find_map(|file| {
        let text = std::fs::read_to_string(file).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        let is_theirs = head.lines().any(|line| line.starts_with("To:") && line.contains(email));
        // Long lines may be folded as quoted-printable.
        is_theirs.then(|| link_in(&body.replace("=\r\n", "").replace("=3D", "="), part)).flatten()
    })
}

/// A server that runs. Dropping it ends it at once.
pub struct Running {
    pub child: Child,
}

impl Running {
    pub fn id(&self) -> u32 {
        self.child.id().expect("still running")
    }

    /// The memory that it holds now, in KiB.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).expect("still running");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        line.trim().trim_end_matches("kB").trim().parse().expect("a number")
    }

    /// SIGKILL, as when the power goes.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("a process of ours");
    }

    /// SIGTERM.
    pub async fn ask_to_stop(&self) {
        let asked =
            Command::new("kill").arg("-TERM").arg(self.id().to_string()).status().await.expect("kill runs");
        assert!(asked.success());
    }

    /// Waits for the end; whether it was a clean one.
    pub async fn ended(mut self) -> bool {
        timeout(Duration::from_secs(15), self.child.wait())
            .await
            .expect("it stops in time")
            .expect("a process of ours")
            .success()
    }

    pub async fn stop(self) -> bool {
        self.ask_to_stop().await;
        self.ended().await
    }
}
