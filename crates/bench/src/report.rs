//! The table, and what it was taken on.

use std::{fmt::Write as _, fs, time::Duration};

use kernel::Clock as _;
use latchstring::clock::SystemClock;

/// What a figure should be.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    AtLeast(f64),
    AtMost(f64),
    /// Of something that must not happen at all.
    Never,
}

impl Goal {
    fn is_met(self, measured: f64) -> bool {
        match self {
            Self::AtLeast(least) => measured >= least,
            Self::AtMost(most) => measured <= most,
            Self::Never => measured <= 0.0,
        }
    }

    fn shown(self) -> String {
        match self {
            Self::AtLeast(least) => format!("≥ {}", number(least)),
            Self::AtMost(most) => format!("≤ {}", number(most)),
            Self::Never => "0".to_owned(),
        }
    }
}

struct Figure {
    number: &'static str,
    name: String,
    goal: Goal,
    measured: f64,
    made_of: String,
}

pub struct Report {
    plan: &'static str,
    figures: Vec<Figure>,
    took: Duration,
}

impl Report {
    pub const fn new(plan: &'static str) -> Self {
        Self { plan, figures: Vec::new(), took: Duration::ZERO }
    }

    pub fn add(
        &mut self,
        number: &'static str,
        name: impl Into<String>,
        goal: Goal,
        measured: f64,
        made_of: String,
    ) {
        eprintln!("{number}: {}", self::number(measured));
        self.figures.push(Figure { number, name: name.into(), goal, measured, made_of });
        self.figures.sort_by_key(|figure| figure.number);
    }

    pub const fn took(&mut self, took: Duration) {
        self.took = took;
    }

    pub fn is_every_revoke_kept(&self) -> bool {
        self.figures
            .iter()
            .all(|figure| !matches!(figure.goal, Goal::Never) || figure.goal.is_met(figure.measured))
    }

    pub fn table(&self) -> String {
        let mut text =
            "|   | Figure | Target | Measured | Met | Made of |\n|---|---|---|---|---|---|\n".to_owned();
        for Figure { number: place, name, goal, measured, made_of } in &self.figures {
            let met = if goal.is_met(*measured) { "yes" } else { "**no**" };
            let _ = writeln!(
                text,
                "| {place} | {name} | {} | {} | {met} | {made_of} |",
                goal.shown(),
                number(*measured)
            );
        }
        let _ =
            write!(text, "\n{}; {}; a {} run of {} s.\n", date(), machine(), self.plan, self.took.as_secs());
        text
    }

    /// The table with how it was taken. What somebody wrote about the misses in the document before stays.
    pub fn document(&self, before: &str) -> String {
        let judged = before.find(JUDGED).map_or("", |at| &before[at..]);
        format!("{INTRODUCTION}\n{}\n{HOW}{judged}", self.table())
    }
}

const INTRODUCTION: &str = "\
# How fast

`cargo xtask bench --write docs/benchmarks.md` takes these figures anew. They are ratios to a floor wherever a floor makes
sense, because a ratio says the same on every machine: the floor is an axum server that reads one cookie and answers 204.
";

/// Where a person goes on in the document.
const JUDGED: &str = "\n## What limits";

const HOW: &str = "\
## How they are taken

- Floor and product run as processes of their own with one worker thread each, tied to core 0; the load runs on core 1. They take
  turns in slices of about a second, and each figure is the median of its slices. Only the loopback interface is used.
- The load keeps 16 connections and sends prepared requests with all headers of a browser and a proxy, about random sessions:
  9,000 members and 1,000 agents inside customers' accounts. Floor and product get the same requests. The product answers
  each with every identity header and a signed assertion; that it does, and that a stranger is refused, is checked first.
- 1a and 1c keep all connections busy. 1b and 3 take the processor time from `/proc/<pid>/stat`, user and system together.
- 2 asks at a fixed rate whether or not the answers keep up, and counts from the moment at which a question was to be asked.
- 3 runs nginx with the configuration that `latchstring proxy-config nginx` prints, as one process, in front of the same
  product, asking us and asking the floor.
- 4 goes through the API as a member's session does: the token, its entry in the log and its mail are one commit on SQLite,
  on disk before the answer. An fsync of a file to which 4 KiB were appended, in the same folder, is measured after each.
- 5a and 6 use the executable as it is installed; 5b counts after 20,000 verdicts, when every cache
  that has a bound is full: pages of the database, signed assertions.
- 7 lets an agent ask on 8 connections without pause while a member revokes, and counts every yes to a question that began
  after the revoke had returned. If this is not 0, the run fails.
- 8 gives the product both cores and two threads. 2,000 people sign in at once, each from an address of their own, and come again two
  seconds after they were told to; 250 checks a second go on meanwhile. What Argon2id allows is measured before and after, with two
  threads that do nothing but hash. Sign-ins are counted from the second second on; the load takes a part of the cores too.
- 9 asks for the page of a partner's administrator as a browser does, each time on a connection of its own, until the last byte is
  there. The database has 5,000 clients with three permissions each and four of 200 people in each of them.
";

/// Three digits that mean something.
fn number(value: f64) -> String {
    if value.abs() >= 100.0 || value.fract() == 0.0 && value.abs() >= 10.0 {
        format!("{value:.0}")
    } else if value == 0.0 {
        "0".to_owned()
    } else if value.abs() >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

fn date() -> String {
    let now = jiff::Timestamp::from_microsecond(SystemClock.now().as_micros()).unwrap_or_default();
    now.strftime("%Y-%m-%d").to_string()
}

/// Processor, cores, memory and kernel.
fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':'))
            .map_or("?".to_owned(), |(_, value)| value.trim().to_owned())
    };
    let processors = read("/proc/cpuinfo");
    let cores = processors.lines().filter(|line| line.starts_with("processor")).count();
    let memory =
        field(&read("/proc/meminfo"), "MemTotal").trim_end_matches(" kB").parse::<u64>().unwrap_or(0);
    format!(
        "{}, {cores} cores, {} GiB, Linux {}",
        field(&processors, "model name"),
        (memory + 524_288) / 1_048_576,
        read("/proc/sys/kernel/osrelease").split('.').take(2).collect::<Vec<_>>().join(".")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_target_is_said_and_only_a_lost_revoke_fails() {
        let mut report = Report::new("quick");
        report.add("1a", "Answers", Goal::AtLeast(0.80), 0.5, "x".to_owned());
        report.add("7", "Allowed", Goal::Never, 0.0, "y".to_owned());
        assert!(
            report.table().contains("| 1a | Answers | ≥ 0.80 | 0.50 | **no** | x |"),
            "{}",
            report.table()
        );
        assert!(report.is_every_revoke_kept());
        report.add("7", "Allowed", Goal::Never, 1.0, "y".to_owned());
        assert!(!report.is_every_revoke_kept());
    }

    #[test]
    fn numbers_have_three_digits() {
        assert_eq!(
            [0.0, 0.8, 1.234, 27.13, 300.0, 1234.5].map(number),
            ["0", "0.80", "1.23", "27.1", "300", "1234"]
        );
    }
}
