//! The real nginx and the real Caddy, each with a configuration of its own and ended with the test.

use std::{
    env,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::sleep,
};

/// A running proxy. Dropping it ends the process.
pub struct Proxy {
    pub address: SocketAddr,
    child: Child,
    _folder: TempDir,
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address").port()
}

impl Proxy {
    /// nginx; `server` is what `latchstring proxy-config nginx` prints, put into one server block on `port`.
    pub async fn nginx(port: u16, server: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path().display().to_string();
        // One process: of a master that is killed the workers live on, with the port and whatever else they inherited.
        let config = format!(
            "daemon off; master_process off; pid {at}/pid; error_log {at}/error.log info;\n\
             events {{ worker_connections 256; }}\n\
             http {{ access_log off; client_body_temp_path {at}/b; proxy_temp_path {at}/p; fastcgi_temp_path {at}/f; \
             uwsgi_temp_path {at}/u; scgi_temp_path {at}/s;\n{server}\n}}\n"
        );
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, config).expect("a configuration");
        let mut command = Command::new(program("NGINX_PATH", "/usr/sbin/nginx"));
        command
            .arg("-c")
            .arg(&file)
            .arg("-p")
            .arg(folder.path())
            .arg("-e")
            .arg(folder.path().join("error.log"));
        Self::start(command, port, folder).await
    }

    /// Caddy with a Caddyfile.
    pub async fn caddy(port: u16, caddyfile: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("Caddyfile");
        std::fs::write(
            &file,
            format!("{{\n\tadmin off\n\tauto_https off\n\tpersist_config off\n}}\n{caddyfile}"),
        )
        .expect("a configuration");
        let mut command = Command::new(program("CADDY_PATH", "caddy"));
        command.arg("run").arg("--config").arg(&file).arg("--adapter").arg("caddyfile");
        command
            .env("HOME", folder.path())
            .env("XDG_DATA_HOME", folder.path())
            .env("XDG_CONFIG_HOME", folder.path());
        Self::start(command, port, folder).await
    }

    async fn start(mut command: Command, port: u16, folder: TempDir) -> Self {
        let log = std::fs::File::create(folder.path().join("output.log")).expect("a log");
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the proxy starts; `cargo xtask setup` installs it");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        for _ in 0..200 {
            if TcpStream::connect(address).await.is_ok() {
                return Self { address, child, _folder: folder };
            }
            sleep(Duration::from_millis(25)).await;
        }
        let said = std::fs::read_to_string(folder.path().join("output.log")).unwrap_or_default();
        let errors = std::fs::read_to_string(folder.path().join("error.log")).unwrap_or_default();
        panic!("the proxy does not listen on {address}:\n{said}\n{errors}");
    }

    pub async fn stop(mut self) {
        self.child.kill().await.expect("the proxy ends");
    }
}

#[expect(clippy::disallowed_methods, reason = "how the test command tells where its programs are")]
fn program(variable: &str, usual: &str) -> PathBuf {
    env::var_os(variable).map_or_else(|| PathBuf::from(usual), PathBuf::from)
}
