//! What is measured, in the order of the table.

mod acts;
mod clients;
mod flood;
mod memory;
mod proxied;
mod revokes;
mod starts;
mod throughput;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    Outcome,
    children::{Server, free_address},
    load::Connection,
    population::{Population, Size},
    report::Report,
};

/// Connections of the load, as a proxy keeps them.
const CONNECTIONS: usize = 16;

/// How much is measured.
pub struct Plan {
    pub name: &'static str,
    /// Turns that floor and product take.
    turns: usize,
    slice: Duration,
    past_grants: i64,
    nginx_turns: usize,
    nginx_slice: Duration,
    acts: usize,
    verdicts: usize,
    starts: usize,
    revokes: usize,
    flood: Duration,
}

impl Plan {
    /// Everything, in less than six minutes.
    pub const fn full() -> Self {
        Self {
            name: "full",
            turns: 10,
            slice: Duration::from_millis(1500),
            past_grants: 999_000,
            nginx_turns: 6,
            nginx_slice: Duration::from_millis(1500),
            acts: 300,
            verdicts: 100_000,
            starts: 20,
            revokes: 1000,
            flood: Duration::from_secs(8),
        }
    }

    /// A look, in less than a minute.
    pub const fn quick() -> Self {
        Self {
            name: "quick",
            turns: 4,
            slice: Duration::from_millis(600),
            past_grants: 99_000,
            nginx_turns: 2,
            nginx_slice: Duration::from_millis(600),
            acts: 60,
            verdicts: 20_000,
            starts: 5,
            revokes: 150,
            flood: Duration::from_secs(4),
        }
    }
}

/// 10,000 sessions: nine members and one agent inside in each of 1,000 organizations.
const TEN_THOUSAND: Size =
    Size { organizations: 1000, members_of_each: 9, devices: 1, quiet: 40, past_grants: 0 };

/// Measures the figures with these numbers, or all.
pub fn all(plan: &Plan, only: &[u8], report: &mut Report) -> Outcome {
    let wants = |numbers: &[u8]| only.is_empty() || only.iter().any(|number| numbers.contains(number));
    let folder = Folder::create()?;
    if wants(&[8]) {
        flood::measure(plan, &folder.0, report)?;
    }
    if wants(&[9]) {
        clients::measure(plan, &folder.0, report)?;
    }
    if !wants(&[1, 2, 3, 4, 5, 6, 7]) {
        return Ok(());
    }
    let stage = Stage::set(&folder.0, "ordinary", TEN_THOUSAND)?;
    if wants(&[1, 2]) {
        throughput::measure(plan, &stage, report)?;
    }
    if wants(&[3]) {
        proxied::measure(plan, &stage, report)?;
    }
    if wants(&[4]) {
        acts::measure(plan, &stage, report)?;
    }
    if wants(&[5]) {
        memory::measure(plan, &folder.0, report)?;
    }
    if wants(&[5, 6]) {
        starts::measure(plan, &folder.0, report)?;
    }
    if wants(&[7]) {
        // Last, because it takes the entries away.
        revokes::measure(plan, &stage, report)?;
    }
    Ok(())
}

/// A folder for one run, under cargo's target folder so that it is on a disk and not in memory.
struct Folder(PathBuf);

impl Folder {
    fn create() -> Outcome<Self> {
        let executable = std::env::current_exe()?;
        let target = executable.ancestors().nth(2).ok_or("no target folder")?;
        let path = target.join("tmp").join(format!("bench-{}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A population with its server.
struct Stage {
    folder: PathBuf,
    population: Population,
    server: Server,
}

impl Stage {
    fn set(folder: &Path, name: &str, size: Size) -> Outcome<Self> {
        let folder = folder.join(name);
        fs::create_dir_all(&folder)?;
        let database = folder.join("latchstring.db");
        let host = free_address()?.to_string();
        let population = Population::create(&database, &host, size)?;
        let server = Server::product(&database, &folder.join("server.log"))?;
        let stage = Self { folder, population, server };
        stage.prove()?;
        Ok(stage)
    }

    /// Nothing is measured of a server that says less than it should, or yes to everybody.
    fn prove(&self) -> Outcome {
        let mut connection = Connection::open(self.server.address)?;
        let questions = self.population.questions();
        for question in [questions.first(), questions.last()].into_iter().flatten() {
            let answer = connection.ask(question)?;
            let head = answer.text.to_ascii_lowercase();
            let wanted = [
                "remote-user",
                "remote-groups",
                "remote-name",
                "remote-email",
                "x-latchstring-account",
                "x-latchstring-acting",
            ];
            let is_whole = wanted.iter().all(|name| head.contains(&format!("\r\n{name}: ")))
                && head.contains("\r\nx-latchstring-jwt-assertion: ey");
            if answer.status != 200 || !is_whole {
                return Err(format!("a good session is answered with:\n{}", answer.text).into());
            }
        }
        let stranger = questions.first().map(|question| {
            let text = String::from_utf8_lossy(question);
            text.replace("__Host-latchstring_app=lss_", "__Host-latchstring_app=lss_0").into_bytes()
        });
        let answer = connection.ask(&stranger.ok_or("nobody is there")?)?;
        if answer.status == 200 { Err("a stranger is let in".into()) } else { Ok(()) }
    }
}

/// A call of the API by a person's session.
fn api_call(path: &str, session: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: access.internal\r\nCookie: __Host-latchstring={session}\r\n\
         X-Forwarded-For: 203.0.113.7\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
