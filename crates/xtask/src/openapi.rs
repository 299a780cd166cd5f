//! docs/openapi.json is what the code says, committed so that a change of the API is seen in review.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use xtask::shell::{self, At, Outcome};

pub fn write() -> Outcome {
    let path = path();
    fs::write(&path, described()?).at(&path)
}

pub fn check() -> Outcome {
    let path = path();
    let committed = fs::read_to_string(&path).at(&path)?;
    let described = described()?;
    match first_difference(&committed, &described) {
        None => Ok(()),
        Some(line) => Err(format!(
            "docs/openapi.json:{line}: not what the code says\n  committed: {}\n  code:      {}\nRun: cargo xtask openapi",
            committed.lines().nth(line - 1).unwrap_or("(ends)").trim(),
            described.lines().nth(line - 1).unwrap_or("(ends)").trim(),
        )
        .into()),
    }
}

fn path() -> PathBuf {
    shell::root().join("docs/openapi.json")
}

/// Building as the tests do means that nothing is compiled twice.
fn described() -> Outcome<String> {
    shell::run(shell::cargo().args(["test", "--quiet", "--workspace", "--no-run"]))?;
    let binary = shell::target().join("debug/latchstring");
    let description = shell::read(Command::new(binary).arg("openapi"))?;
    Ok(format!("{}\n", description.trim_end()))
}

/// Counted from one.
fn first_difference(committed: &str, described: &str) -> Option<usize> {
    if committed == described {
        return None;
    }
    let same = committed.lines().zip(described.lines()).take_while(|(left, right)| left == right).count();
    Some(same + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_named() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some(2));
    }
}
