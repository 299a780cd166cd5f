//! Every test, with everything that the tests ask for around them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use xtask::postgres::Postgres;
use xtask::shell::{self, At, Outcome};
use xtask::tools;

use crate::setup;

const DATABASE: &str = "TEST_DATABASE_URL";

pub fn run(arguments: &[&str]) -> Outcome {
    setup::needed()?;
    // Someone who has a server for tests already need not wait for another one.
    let own = if shell::environment(DATABASE).is_none() { Some(Postgres::start()?) } else { None };
    let url = own.as_ref().map(|server| server.url.as_str());

    let mut tests = shell::cargo();
    if tools::nextest().is_some() {
        tests.args(["nextest", "run", "--workspace"]);
        if shell::environment("CI").is_some() {
            tests.args(["--profile", "ci"]);
        }
        tests.args(arguments);
    } else {
        eprintln!(
            "cargo-nextest is missing (cargo xtask setup installs it): the slower cargo test runs instead."
        );
        tests.args(["test", "--workspace", "--lib", "--bins", "--tests"]).args(arguments);
    }
    shell::run(surrounded(&mut tests, url))?;

    if arguments.is_empty() && has_doctests(&shell::root().join("crates"))? {
        shell::run(surrounded(shell::cargo().args(["test", "--doc", "--workspace"]), url))?;
    }
    Ok(())
}

/// What tests are told of the machine.
fn surrounded<'a>(command: &'a mut Command, url: Option<&str>) -> &'a mut Command {
    if let Some(url) = url {
        command.env(DATABASE, url);
    }
    let programs: [(&str, Option<PathBuf>); 6] = [
        ("AXE_PATH", Some(tools::axe())),
        ("CADDY_PATH", Some(tools::caddy())),
        ("OIDC_PROVIDER_PATH", Some(tools::oidc_provider_folder())),
        ("NGINX_PATH", tools::nginx()),
        ("CHROMIUM_PATH", tools::chromium()),
        ("CHROMEDRIVER_PATH", tools::chromedriver()),
    ];
    for (name, program) in programs {
        if let (None, Some(program)) = (shell::environment(name), program) {
            command.env(name, program);
        }
    }
    // `cargo nextest` looks for its program on PATH.
    let path = shell::environment("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([tools::installed().join("bin")]);
    if let Ok(path) = std::env::join_paths(folders) {
        command.env("PATH", path);
    }
    command
}

/// Building a documentation test for each crate takes long; most crates have none.
fn has_doctests(folder: &Path) -> Outcome<bool> {
    for entry in fs::read_dir(folder).at(folder)?.flatten() {
        let path = entry.path();
        let is_found = if path.is_dir() {
            has_doctests(&path)?
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            has_example(&fs::read_to_string(&path).at(&path)?)
        } else {
            false
        };
        if is_found {
            return Ok(true);
        }
    }
    Ok(false)
}

fn has_example(source: &str) -> bool {
    let mut is_inside = false;
    for line in source.lines().map(str::trim_start) {
        let Some(text) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) else {
            is_inside = false;
            continue;
        };
        if let Some(language) = text.trim_start().strip_prefix("```") {
            if !is_inside
                && !["text", "ignore", "sql", "json", "http", "toml", "html"].contains(&language.trim())
            {
                return true;
            }
            is_inside = !is_inside;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_in_a_comment_is_a_doctest_and_a_listing_is_not() {
        assert!(has_example("/// Like this:\n///\n/// ```\n/// let x = 1;\n/// ```\nfn x() {}"));
        assert!(has_example("//! ```no_run\n//! serve();\n//! ```"));
        assert!(!has_example("/// ```text\n/// a -> b\n/// ```\nfn x() {}"));
        assert!(!has_example("let fence = \"```\";"));
    }
}
