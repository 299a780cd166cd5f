//! Figure 8: everybody signs in at once. The product gets both cores here, because the hashing is meant to leave room for
//! the checks and not to have a core of its own; the load sleeps between its looks, so that it takes little of them.

mod rows;

use std::{
    io::Read as _,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use super::{Plan, memory::mebibytes};
use crate::{
    Outcome,
    children::{Server, free_address},
    load::{self, Connection},
    population::{Population, Size},
    report::{Goal, Report},
    stopwatch::{Stopwatch, millis, percentile},
};

/// As many threads hash as there are cores.
const THREADS: usize = 2;
const BOTH_CORES: &str = "0,1";

/// People who sign in, each from an address of their own.
const PEOPLE: usize = 2000;

/// Whoever is turned away comes again after as long as they were told to.
const AGAIN: Duration = Duration::from_secs(2);

/// Between two looks of the load at its connections.
const LOOK: Duration = Duration::from_micros(500);

/// Each look is at one of so many parts of the people: to look at two thousand connections every time would take a core, and the
/// hashing would be measured without it. What they are told is timed to some milliseconds.
const PARTS: usize = 10;

/// Checks meanwhile: little beside the hashing, and enough for a hundredth.
const CHECKS: usize = 4;
/// Sessions that are checked.
const CHECKED: usize = 200;
const CHECK_EVERY: Duration = Duration::from_millis(4);

/// The first moments are everybody's arrival; goodput is counted after them.
const ARRIVAL: Duration = Duration::from_secs(1);

const PASSWORD: &str = "a latch and a string";

const SIZE: Size = Size { organizations: 20, members_of_each: 100, devices: 1, quiet: 0, past_grants: 0 };

#[derive(Default)]
struct Seen {
    signed_in: u32,
    counted: Duration,
    refused_after: Vec<f64>,
    checked_after: Vec<f64>,
    resident: f64,
}

pub fn measure(plan: &Plan, folder: &Path, report: &mut Report) -> Outcome {
    let folder = folder.join("flood");
    std::fs::create_dir_all(&folder)?;
    let database = folder.join("latchstring.db");
    let questions = Population::create(&database, &free_address()?.to_string(), SIZE)?.questions();
    let questions = questions.get(..CHECKED).ok_or("too few people")?;
    rows::give_everybody_a_password(&database, PASSWORD)?;
    let server = start(&database, &folder)?;
    // Everybody who is checked is known to the gate before.
    let mut first = Connection::open(server.address)?;
    for question in questions {
        load::expect(first.ask(question)?.status, 200)?;
    }
    let before = hashes_each_second(plan.flood / 2)?;
    let mut seen = flood(&server, questions, plan.flood)?;
    let after = hashes_each_second(plan.flood / 2)?;
    let floor = f64::midpoint(before, after);
    let each_second = f64::from(seen.signed_in) / seen.counted.as_secs_f64();
    let refused = seen.refused_after.len();
    report.add(
        "8a",
        format!(
            "Sign-ins each second while {PEOPLE} people sign in at once, of what plain Argon2id would allow"
        ),
        Goal::AtLeast(0.9),
        each_second / floor,
        format!("{each_second:.1}/s; {floor:.1} hashes/s on {THREADS} threads that do nothing else"),
    );
    report.add(
        "8b",
        "99th percentile until a surplus sign-in is refused meanwhile (ms)",
        Goal::AtMost(100.0),
        percentile(&mut seen.refused_after, 99),
        format!("{refused} refused with 503 and Retry-After"),
    );
    report.add(
        "8c",
        "99th percentile of a check meanwhile (ms)",
        Goal::AtMost(20.0),
        percentile(&mut seen.checked_after, 99),
        format!("{} checks on {CHECKS} connections", seen.checked_after.len()),
    );
    report.add(
        "8d",
        "Resident memory meanwhile, at the most (MiB)",
        Goal::AtMost(250.0),
        mebibytes(seen.resident),
        format!("{PEOPLE} connections, {THREADS} hashes of 19 MiB at once"),
    );
    Ok(())
}

/// The product on both cores. What a core of its own would hide is to be seen here.
fn start(database: &Path, folder: &Path) -> Outcome<Server> {
    let address = free_address()?;
    let mut command = Command::new("taskset");
    command
        .args(["-c", BOTH_CORES])
        .arg(std::env::current_exe()?)
        .args([
            "server",
            "--listen",
            &address.to_string(),
            "--worker-threads",
            &THREADS.to_string(),
            "--database",
        ])
        .arg(database);
    Server::start(command, address, &folder.join("server.log"))
}

/// The floor, in a process of its own on the same cores.
fn hashes_each_second(length: Duration) -> Outcome<f64> {
    let mut child = Command::new("taskset")
        .args(["-c", BOTH_CORES])
        .arg(std::env::current_exe()?)
        .args([
            "hashing",
            "--threads",
            &THREADS.to_string(),
            "--milliseconds",
            &length.as_millis().to_string(),
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()?;
    // Its standard input stays open until it has said all: it ends when that does.
    let mut said = String::new();
    child.stdout.take().ok_or("no output")?.read_to_string(&mut said)?;
    child.wait()?;
    Ok(said.trim().parse()?)
}

/// One person at the door: when they come, and what they are told.
#[derive(Debug, Default, PartialEq, Eq)]
struct Person {
    asked_at: Duration,
    /// Not before this moment; never again once signed in.
    next_at: Option<Duration>,
}

impl Person {
    const fn new() -> Self {
        Self { asked_at: Duration::ZERO, next_at: Some(Duration::ZERO) }
    }

    fn comes(&mut self, now: Duration) -> bool {
        let is_due = self.next_at.is_some_and(|at| at <= now);
        if is_due {
            (self.asked_at, self.next_at) = (now, None);
        }
        is_due
    }

    fn is_told(&mut self, status: u16, now: Duration, seen: &mut Seen) -> Outcome {
        match status {
            200 => seen.signed_in += u32::from(now >= ARRIVAL),
            503 => {
                seen.refused_after.push(millis(now.saturating_sub(self.asked_at)));
                self.next_at = Some(now + AGAIN);
            }
            other => return Err(format!("a sign-in is answered with {other}").into()),
        }
        Ok(())
    }
}

fn flood(server: &Server, questions: &[Vec<u8>], length: Duration) -> Outcome<Seen> {
    let mut people = Vec::with_capacity(PEOPLE);
    for number in 0..PEOPLE {
        people.push((Person::new(), Connection::open(server.address)?, sign_in(number)));
    }
    let mut checks: Vec<(Connection, Duration)> = Vec::new();
    for _ in 0..CHECKS {
        checks.push((Connection::open(server.address)?, Duration::ZERO));
    }
    let mut seen = Seen { counted: length, ..Seen::default() };
    let clock = Stopwatch::start();
    let (mut next_check, mut asked, mut part) = (Duration::ZERO, 0, 0);
    while clock.elapsed() < ARRIVAL + length {
        part = (part + 1) % PARTS;
        for (person, connection, request) in people.iter_mut().skip(part).step_by(PARTS) {
            if connection.is_waiting {
                if let Some(status) = connection.poll()? {
                    person.is_told(status, clock.elapsed(), &mut seen)?;
                }
            } else if person.comes(clock.elapsed()) {
                connection.send(request)?;
            }
        }
        for (connection, asked_at) in &mut checks {
            if connection.is_waiting {
                if let Some(status) = connection.poll()? {
                    load::expect(status, 200)?;
                    seen.checked_after.push(millis(clock.elapsed().saturating_sub(*asked_at)));
                }
            } else if next_check <= clock.elapsed() {
                *asked_at = clock.elapsed();
                next_check += CHECK_EVERY;
                connection.send(&questions[asked % questions.len()])?;
                asked += 1;
            }
        }
        seen.resident = seen.resident.max(server.resident()?);
        thread::sleep(LOOK);
    }
    if seen.refused_after.is_empty() || seen.signed_in == 0 {
        return Err("nobody was refused, or nobody got in: there was no flood".into());
    }
    Ok(seen)
}

/// A sign-in of one of the people, from an address of their own.
fn sign_in(number: usize) -> Vec<u8> {
    let body = format!("{{\"email\":\"{}\",\"password\":\"{PASSWORD}\"}}", rows::address(number));
    format!(
        "POST /api/v1/sign-in HTTP/1.1\r\nHost: access.internal\r\nX-Forwarded-For: 10.{}.{}.7\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        number / 250,
        number % 250,
        body.len()
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn whoever_is_turned_away_comes_again_and_whoever_is_in_does_not() {
        let (mut person, mut seen) = (Person::new(), Seen::default());
        assert!(person.comes(SECOND / 2));
        assert!(!person.comes(SECOND), "they wait for an answer");
        person.is_told(503, SECOND, &mut seen).expect("an answer that is foreseen");
        assert_eq!(seen.refused_after, [500.0]);
        assert!(!person.comes(SECOND + AGAIN.saturating_sub(LOOK)));
        assert!(person.comes(SECOND + AGAIN));
        person.is_told(200, SECOND + AGAIN + LOOK, &mut seen).expect("an answer that is foreseen");
        assert!(!person.comes(SECOND * 1000));
        assert_eq!(seen.signed_in, 1);
        assert!(person.is_told(401, SECOND, &mut seen).is_err());
    }

    #[test]
    fn the_first_moments_do_not_count() {
        let mut seen = Seen::default();
        for (at, counted) in [(ARRIVAL.saturating_sub(LOOK), 0), (ARRIVAL, 1)] {
            Person::new().is_told(200, at, &mut seen).expect("an answer that is foreseen");
            assert_eq!(seen.signed_in, counted);
        }
    }

    #[test]
    fn each_comes_from_an_address_of_their_own() {
        let source = |number| {
            let request = String::from_utf8(sign_in(number)).expect("text");
            let line = request.lines().find(|line| line.starts_with("X-Forwarded-For: ")).expect("a source");
            line["X-Forwarded-For: ".len()..].parse::<std::net::Ipv4Addr>().expect("an address")
        };
        let all: std::collections::BTreeSet<_> = (0..PEOPLE).map(source).collect();
        assert_eq!(all.len(), PEOPLE);
    }

    #[test]
    fn everybody_who_signs_in_is_there_and_has_the_password() {
        use argon2::{Argon2, PasswordVerifier as _, password_hash::phc::PasswordHash};
        let folder = super::super::Folder::create().expect("a folder");
        let database = folder.0.join("latchstring.db");
        Population::create(&database, "127.0.0.1:1", SIZE).expect("people");
        rows::give_everybody_a_password(&database, PASSWORD).expect("passwords");
        for number in [0, PEOPLE - 1] {
            let stored = rows::stored(&database, number).expect("a person");
            let stored = PasswordHash::new(&stored).expect("a hash");
            Argon2::default().verify_password(PASSWORD.as_bytes(), &stored).expect("the password");
        }
    }
}
