//! Figures 5a and 6: the executable as it is installed, from its start to the first answer, and at rest.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use super::{Plan, memory::mebibytes};
use crate::{
    Outcome,
    children::{self, Server, free_address},
    load::Connection,
    report::{Goal, Report},
    stopwatch::{Stopwatch, median, millis},
};

const READY: &[u8] = b"GET /readyz HTTP/1.1\r\nHost: access.internal\r\n\r\n";

/// After the first answer nothing of a start is still under way.
const REST: Duration = Duration::from_secs(2);

pub fn measure(plan: &Plan, folder: &Path, report: &mut Report) -> Outcome {
    let folder = folder.join("installed");
    fs::create_dir_all(&folder)?;
    let executable = std::env::current_exe()?.with_file_name("latchstring");
    let made = Command::new(&executable)
        .args(["init", "--quiet", "--public-url", "https://access.example.com", "--dir"])
        .arg(&folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("{}: {error}; `cargo xtask bench` builds it", executable.display()))?;
    if !made.success() {
        return Err(format!("latchstring init: {made}").into());
    }
    let mut times = Vec::new();
    let mut resident = 0.0;
    for turn in 0..plan.starts {
        let clock = Stopwatch::start();
        let server = start(&executable, &folder)?;
        let answer = Connection::open(server.address)?.ask(READY)?;
        times.push(millis(clock.elapsed()));
        if answer.status != 200 {
            return Err(format!("/readyz answers:\n{}", answer.text).into());
        }
        if turn + 1 == plan.starts {
            thread::sleep(REST);
            resident = server.resident()?;
        }
    }
    report.add(
        "5a",
        "Resident memory at rest (MiB)",
        Goal::AtMost(30.0),
        mebibytes(resident),
        "`latchstring serve`, two seconds after its first answer".to_owned(),
    );
    report.add(
        "6",
        "From the start of the process to its first answer (ms)",
        Goal::AtMost(100.0),
        median(&times),
        format!("median of {} starts with a database that was there and had been killed", plan.starts),
    );
    Ok(())
}

fn start(executable: &Path, folder: &Path) -> Outcome<Server> {
    let address = free_address()?;
    let mut command = children::pinned(executable);
    command
        .arg("serve")
        .arg("--listen")
        .arg(address.to_string())
        .arg("--config")
        .arg(folder.join("latchstring.toml"));
    command.current_dir(folder);
    Server::start(command, address, &folder.join("server.log"))
}
