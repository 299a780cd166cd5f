//! The processes of a run: started on their core, looked at from outside, and ended by the run that started them.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use crate::{Outcome, SERVER_CORE, stopwatch::Stopwatch};

/// Linux counts the processor time of a process in hundredths of a second, on every machine.
const TICK: Duration = Duration::from_millis(10);

/// How long a server may take until it listens: a database that was killed is repaired first.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that runs on [`SERVER_CORE`]. Dropping it ends the process.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

/// A port on the loopback interface that was free a moment ago.
pub fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

/// Ties this process, and what it starts, to one core.
pub fn pin_this_process(core: &str) -> Outcome {
    if thread::available_parallelism()?.get() < 2 {
        return Err("two cores are needed: one for the server and one for the load".into());
    }
    let own = std::process::id().to_string();
    let pinned = Command::new("taskset")
        .args(["-a", "-c", "-p", core, &own])
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("taskset (of util-linux) ties a process to a core: {error}"))?;
    if pinned.success() { Ok(()) } else { Err(format!("taskset: {pinned}").into()) }
}

/// For a child of a run: it ends when the run does, however that ends, because its standard input ends then.
pub fn end_with_parent() {
    thread::spawn(|| {
        let mut nothing = [0; 64];
        while io::stdin().read(&mut nothing).is_ok_and(|read| read > 0) {}
        std::process::exit(0);
    });
}

impl Server {
    /// This executable in another part.
    pub fn own<I: IntoIterator<Item: AsRef<OsStr>>>(
        part: &str,
        address: SocketAddr,
        more: I,
        log: &Path,
    ) -> Outcome<Self> {
        let mut command = pinned(&std::env::current_exe()?);
        command.arg(part).arg("--listen").arg(address.to_string()).args(more);
        Self::start(command, address, log)
    }

    pub fn floor(log: &Path) -> Outcome<Self> {
        Self::own("floor", free_address()?, [""; 0], log)
    }

    pub fn product(database: &Path, log: &Path) -> Outcome<Self> {
        Self::own("server", free_address()?, [OsStr::new("--database"), database.as_os_str()], log)
    }

    /// Starts a server and waits until it takes connections.
    pub fn start(mut command: Command, address: SocketAddr, log: &Path) -> Outcome<Self> {
        let output = File::options().create(true).append(true).open(log)?;
        let program = command.get_args().nth(2).unwrap_or_default().to_owned();
        let child = command
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let mut server = Self { child, address };
        let waiting = Stopwatch::start();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = server.child.try_wait()? {
                let said = fs::read_to_string(log).unwrap_or_default();
                return Err(format!("{} ended at once: {status}\n{said}", program.display()).into());
            }
            if waiting.elapsed() > PATIENCE {
                return Err(format!("{} does not listen on {address}", program.display()).into());
            }
            thread::sleep(Duration::from_micros(500));
        }
        Ok(server)
    }

    /// The processor time that it has used so far, in its own code and in the system's for it.
    pub fn cpu(&self) -> Outcome<Duration> {
        let text = fs::read_to_string(self.proc("stat"))?;
        Ok(TICK * ticks(&text).ok_or("/proc/…/stat has another form")?)
    }

    /// What it has used since it had used `before`.
    pub fn cpu_since(&self, before: Duration) -> Outcome<Duration> {
        Ok(self.cpu()?.saturating_sub(before))
    }

    /// The memory that it holds now, in bytes.
    pub fn resident(&self) -> Outcome<f64> {
        let text = fs::read_to_string(self.proc("status"))?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kibibytes: u32 = line.trim().trim_end_matches(" kB").trim().parse()?;
        Ok(f64::from(kibibytes) * 1024.0)
    }

    fn proc(&self, file: &str) -> String {
        format!("/proc/{}/{file}", self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program on the servers' core. `taskset` becomes the program, so the process keeps its number.
pub fn pinned(program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.arg("-c").arg(SERVER_CORE).arg(program);
    command
}

/// User and system time from `/proc/…/stat`; the name of the program in it may hold spaces and brackets.
fn ticks(stat: &str) -> Option<u32> {
    let after_name = &stat[stat.rfind(')')? + 1..];
    let mut fields = after_name.split_whitespace().skip(11);
    Some(fields.next()?.parse::<u32>().ok()? + fields.next()?.parse::<u32>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_behind_a_strange_name() {
        let stat = "12 (a) b (c)) S 1 12 12 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 3 0 99 1 2 3";
        assert_eq!(ticks(stat), Some(300));
        assert_eq!(ticks("12"), None);
    }
}
