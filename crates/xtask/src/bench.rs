//! The benchmark, built as fast as a release and run with this terminal's output.

use std::process::Command;

use xtask::shell::{self, Outcome};

const PROFILE: &str = "bench-run";

/// All of the workspace, because the benchmark starts the executable that is installed as well.
pub fn run(arguments: &[&str]) -> Outcome {
    shell::run(shell::cargo().args(["build", "--workspace", "--profile", PROFILE]))?;
    let binary = shell::target().join(PROFILE).join("bench");
    shell::run(Command::new(binary).args(arguments).current_dir(shell::root()))
}
