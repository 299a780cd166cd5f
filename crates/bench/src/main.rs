//! How fast the product is, measured against a floor on the same machine in the same minute.
//!
//! The floor is a bare axum server that reads one cookie and answers 204. Product and floor run as processes of their
//! own on one core, the load on another; they take turns in short slices, and a figure is the median of its slices, so
//! that a machine that is busy with something else disturbs both alike. Everything stays on the loopback interface, and
//! every count and every time is bounded.
//!
//! The exit code says whether it could be measured and whether a revoke held, not whether the targets were met: those
//! stand in the table.

mod children;
mod figures;
mod floor;
mod hashing;
mod load;
mod nginx;
mod population;
mod report;
mod rows;
mod server;
mod stopwatch;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Where servers run.
const SERVER_CORE: &str = "0";
/// Where the load runs.
const LOAD_CORE: &str = "1";

/// A sentence for whoever reads the terminal; nobody decides by its kind.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How fast, against a floor
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// At most a minute: fewer slices, sessions, starts and revokes
    #[arg(long)]
    quick: bool,
    /// Keep the table and how it was taken in this file
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// Measure only the figures with these numbers
    #[arg(long, value_name = "NUMBER", value_delimiter = ',')]
    only: Vec<u8>,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// The floor, as a process of its own
    #[command(hide = true)]
    Floor {
        #[arg(long)]
        listen: SocketAddr,
    },
    /// Plain hashing of passwords, as a process of its own
    #[command(hide = true)]
    Hashing {
        #[arg(long)]
        threads: usize,
        #[arg(long)]
        milliseconds: u64,
    },
    /// The product, as a process of its own
    #[command(hide = true)]
    Server {
        #[arg(long)]
        listen: SocketAddr,
        #[arg(long)]
        database: PathBuf,
        #[arg(long, default_value_t = 1)]
        worker_threads: usize,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ended = match arguments.part {
        Some(Part::Floor { listen }) => floor::run(listen).map(|()| true),
        Some(Part::Hashing { threads, milliseconds }) => {
            hashing::run(threads, Duration::from_millis(milliseconds)).map(|()| true)
        }
        Some(Part::Server { listen, database, worker_threads }) => {
            server::run(listen, &database, worker_threads).map(|()| true)
        }
        None => measure(&arguments),
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every revoke held.
fn measure(arguments: &Arguments) -> Outcome<bool> {
    children::pin_this_process(LOAD_CORE)?;
    let clock = stopwatch::Stopwatch::start();
    let plan = if arguments.quick { figures::Plan::quick() } else { figures::Plan::full() };
    let mut report = report::Report::new(plan.name);
    figures::all(&plan, &arguments.only, &mut report)?;
    report.took(clock.elapsed());
    println!("{}", report.table());
    if let Some(path) = &arguments.write {
        let before = std::fs::read_to_string(path).unwrap_or_default();
        std::fs::write(path, report.document(&before))?;
    }
    Ok(report.is_every_revoke_kept())
}
