//! A PostgreSQL for one run of the tests: made for it, on a port of its own, gone after it.

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::shell::{self, At, Failure, Outcome};
use crate::tools;

pub struct Postgres {
    server: Child,
    binaries: PathBuf,
    folder: PathBuf,
    port: u16,
    settings: Vec<&'static str>,
    pub url: String,
}

/// Nothing of a test's database has to outlive a power cut.
const SETTINGS: &[&str] = &[
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_connections=500",
    "shared_buffers=128MB",
    "autovacuum=off",
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "timezone=UTC",
];

impl Postgres {
    pub fn start() -> Outcome<Self> {
        Self::start_with(&[])
    }

    /// With further settings, of the form `name=value`; the last of a name counts.
    pub fn start_with(more: &[&'static str]) -> Outcome<Self> {
        Self::start_as(more, &[])
    }

    /// One whose log is in files of 1 MiB, so that no file of it has to be larger than that for it to work.
    pub fn start_with_small_files(more: &[&'static str]) -> Outcome<Self> {
        Self::start_as(more, &["--wal-segsize=1"])
    }

    fn start_as(more: &[&'static str], layout: &[&str]) -> Outcome<Self> {
        let settings = [SETTINGS, more].concat();
        let binaries = tools::postgres_binaries().ok_or("PostgreSQL is missing: cargo xtask setup")?;
        let folder = folder()?;
        let password = password()?;
        let data = folder.join("data");
        let password_file = folder.join("password");
        fs::write(&password_file, &password).at(&password_file)?;
        give_away(&password_file)?;
        shell::read(
            as_postgres(&binaries.join("initdb"), &folder)
                .args([
                    "--username=postgres",
                    "--auth=md5",
                    "--encoding=UTF8",
                    "--locale=C.UTF-8",
                    "--no-sync",
                ])
                .args(layout)
                .arg("--pwfile")
                .arg(&password_file)
                .arg("--pgdata")
                .arg(&data),
        )?;
        // Between choosing the port and taking it, somebody else may be quicker.
        for _ in 0..5 {
            let port = free_port()?;
            let mut server = serve(&binaries, &folder, &settings, port)?;
            if is_ready(&mut server, &data) {
                let url = format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres");
                return Ok(Self { server, binaries, folder, port, settings, url });
            }
            stop(&mut server);
        }
        let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
        Err(format!("PostgreSQL does not start:\n{log}").into())
    }

    /// Stops every process of it where it stands: connections stay open, and nothing answers.
    pub fn freeze(&self) -> Outcome {
        self.tell("-STOP")
    }

    /// Ends every process of it at once, as when the machine loses its power.
    pub fn crash(&mut self) -> Outcome {
        let children = self.children()?;
        self.tell("-KILL")?;
        self.server.wait().map(drop).at(&self.folder)?;
        // Whoever is being killed holds the port for a moment longer.
        for _ in 0..40 {
            if !children.split_whitespace().any(is_alive) {
                break;
            }
            sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Starts it again where it was, after [`Self::crash`].
    pub fn restart(&mut self) -> Outcome {
        let data = self.folder.join("data");
        // It says of the server before that it is ready.
        let stale = data.join("postmaster.pid");
        fs::remove_file(&stale).at(&stale)?;
        self.server = serve(&self.binaries, &self.folder, &self.settings, self.port)?;
        if is_ready(&mut self.server, &data) { Ok(()) } else { Err("PostgreSQL does not start again".into()) }
    }

    /// From now on no file of it grows beyond so many bytes; without a number all do again. What would be longer fails as on
    /// a disk that is full.
    pub fn limit_files(&self, bytes: Option<u64>) -> Outcome {
        let limit = bytes.map_or_else(|| "unlimited".to_owned(), |bytes| bytes.to_string());
        let limited = |process: &str| {
            // Whose processes they are may change their limits; root may not everywhere.
            let mut command = as_postgres(Path::new("prlimit"), &self.folder);
            shell::read(command.args(["--pid", process, &format!("--fsize={limit}:")])).map(drop)
        };
        let server = self.server.id().to_string();
        limited(&server)?;
        for child in self.children()?.split_whitespace() {
            // One that has ended meanwhile is no fault; all that come later have the server's own limit.
            if let Err(error) = limited(child)
                && Path::new("/proc").join(child).exists()
            {
                return Err(error);
            }
        }
        Ok(())
    }

    fn children(&self) -> Outcome<String> {
        let server = self.server.id();
        let path = PathBuf::from(format!("/proc/{server}/task/{server}/children"));
        fs::read_to_string(&path).at(&path)
    }

    /// The server is stopped first, so that it starts nobody meanwhile.
    fn tell(&self, signal: &str) -> Outcome {
        let server = self.server.id();
        shell::read(Command::new("kill").args(["-STOP", &server.to_string()]))?;
        let children = self.children()?;
        let children: Vec<&str> = children.split_whitespace().collect();
        shell::read(Command::new("kill").args([signal, &server.to_string()]))?;
        if !children.is_empty() {
            // One that has ended meanwhile is no fault.
            let _ = Command::new("kill").arg(signal).args(children).stderr(Stdio::null()).status();
        }
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        stop(&mut self.server);
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            eprintln!("{}: {error}", self.folder.display());
        }
    }
}

/// SIGQUIT ends PostgreSQL with all its connections at once; there is nothing to save.
fn stop(server: &mut Child) {
    let is_told = Command::new("kill").args(["-QUIT", &server.id().to_string()]).status();
    if !is_told.is_ok_and(|status| status.success()) {
        let _ = server.kill();
    }
    let _ = server.wait();
}

fn serve(binaries: &Path, folder: &Path, settings: &[&str], port: u16) -> Outcome<Child> {
    let path = folder.join("log");
    let log = fs::File::options().create(true).append(true).open(&path).at(&path)?;
    let mut command = as_postgres(&binaries.join("postgres"), folder);
    command.arg("-D").arg(folder.join("data")).args(["-p", &port.to_string()]);
    for setting in settings {
        command.args(["-c", setting]);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .map_err(|error| Failure::from(format!("postgres: {error}")))
}

/// PostgreSQL refuses to run as root, so root becomes `postgres`. `setpriv` changes into the program instead of
/// starting it, so that its process id is ours to end, and the kernel ends it should we be killed.
fn as_postgres(program: &Path, folder: &Path) -> Command {
    let mut command = match shell::find_program("setpriv") {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            if shell::is_root() {
                command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
            }
            command.args(["--pdeathsig", "QUIT", "--"]).arg(program);
            command
        }
        None => Command::new(program),
    };
    command.current_dir(folder);
    command
}

fn is_ready(server: &mut Child, data: &Path) -> bool {
    for _ in 0..600 {
        if !matches!(server.try_wait(), Ok(None)) {
            return false;
        }
        // The eighth line is the server's own word for "connections are answered".
        let state = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
        if state.lines().nth(7).is_some_and(|line| line.trim() == "ready") {
            return true;
        }
        sleep(Duration::from_millis(50));
    }
    false
}

/// In the target folder, or beside other temporary files when `postgres` may not enter the checkout.
fn folder() -> Outcome<PathBuf> {
    let mut last = None;
    for parent in [shell::target().join("tmp"), std::env::temp_dir().join("latchstring-tests")] {
        fs::create_dir_all(&parent).at(&parent)?;
        remove_leftovers(&parent);
        let folder = parent.join(format!("pg-{}", std::process::id()));
        fs::create_dir(&folder).at(&folder)?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).at(&folder)?;
        give_away(&folder)?;
        let may_enter = as_postgres(Path::new("/bin/ls"), Path::new("/")).arg(&folder).output();
        if may_enter.is_ok_and(|output| output.status.success()) {
            return Ok(folder);
        }
        fs::remove_dir(&folder).at(&folder)?;
        last = Some(folder);
    }
    Err(format!("The user postgres can neither use the target folder nor {last:?}").into())
}

/// Those whose run was killed before it could tidy up.
fn remove_leftovers(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(process) = name.to_str().and_then(|name| name.strip_prefix("pg-")) else {
            continue;
        };
        let server = fs::read_to_string(entry.path().join("data/postmaster.pid")).unwrap_or_default();
        let server = server.lines().next().unwrap_or_default().trim().to_owned();
        if !is_alive(process) && (server.is_empty() || !is_alive(&server)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether there is such a process that still does something.
fn is_alive(process: &str) -> bool {
    let state = fs::read_to_string(Path::new("/proc").join(process).join("stat")).unwrap_or_default();
    // Behind the name, which stands in brackets; Z is one that nobody has asked about yet.
    state.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

fn give_away(path: &Path) -> Outcome {
    if !shell::is_root() {
        return Ok(());
    }
    let id = |flag| -> Outcome<u32> {
        let written = shell::read(Command::new("id").args([flag, "postgres"]))?;
        written.trim().parse().map_err(|_| Failure::from("There is no user postgres: cargo xtask setup"))
    };
    chown(path, Some(id("-u")?), Some(id("-g")?)).at(path)
}

/// Other people on the same machine can reach the port, so even this server asks who is there.
fn password() -> Outcome<String> {
    let path = Path::new("/dev/urandom");
    let mut bytes = [0; 16];
    fs::File::open(path).and_then(|mut source| source.read_exact(&mut bytes)).at(path)?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

fn free_port() -> Outcome<u16> {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    port.map(|address| address.port()).at(Path::new("127.0.0.1"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    #[test]
    fn a_server_answers_and_is_gone_afterwards() {
        let mut postgres = Postgres::start().expect("PostgreSQL is installed by cargo xtask setup");
        let (_, address) = postgres.url.split_once('@').expect("the address has a password");
        let address = address.trim_end_matches("/postgres").to_owned();
        let folder = postgres.folder.clone();
        assert!(TcpStream::connect(&address).is_ok());

        postgres.freeze().expect("processes of ours");
        postgres.crash().expect("processes of ours");
        assert!(TcpStream::connect(&address).is_err());
        postgres.restart().expect("a new server");
        assert!(TcpStream::connect(&address).is_ok());

        drop(postgres);
        assert!(TcpStream::connect(&address).is_err());
        assert!(!folder.exists());
    }
}
