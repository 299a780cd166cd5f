//! What a contributor runs: `cargo xtask` lists the commands.
//!
//! The standard library alone, so that it starts within seconds on a fresh clone; nothing of the product is built for
//! it, and nothing of it is in the product.

mod bench;
mod licenses;
mod openapi;
mod setup;
mod suite;
mod tidy;

use std::process::ExitCode;

use xtask::shell::Outcome;

const COMMANDS: &str = "\
cargo xtask <command>

  setup              install what the tests need, or say in one line what to install
  test [ARGUMENTS]   every test on both databases; the arguments go to nextest (a part of a name, -E 'filter', …)
  tidy               the rules of the house that the compiler does not know
  licenses           licences, banned crates and sources of all dependencies, by the lists in deny.toml
  openapi [--check]  write docs/openapi.json from the code, or say where the two differ
  bench [ARGUMENTS]  how fast, against a floor: --quick, --write docs/benchmarks.md, --only 1,4";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Outcome {
    match arguments {
        ["setup"] => setup::everything(),
        ["test", rest @ ..] => suite::run(rest),
        ["tidy"] => tidy::run(),
        ["licenses"] => licenses::run(),
        ["openapi"] => openapi::write(),
        ["openapi", "--check"] => openapi::check(),
        ["bench", rest @ ..] => bench::run(rest),
        [] | ["help" | "--help" | "-h"] => {
            println!("{COMMANDS}");
            Ok(())
        }
        other => Err(format!("There is no `{}`.\n\n{COMMANDS}", other.join(" ")).into()),
    }
}
