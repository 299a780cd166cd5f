//! Sizes, spaces, and things put off.

use super::{File, Finding, Tree};

const LONGEST_SOURCE: usize = 500;
const LONGEST_MAP: usize = 200;
/// In two pieces, so that this file is tidy.
const PUT_OFF: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];

pub fn check(tree: &Tree, findings: &mut Vec<Finding>) {
    for file in &tree.files {
        length(file, findings);
        spaces(file, findings);
        put_off(file, findings);
    }
}

fn length(file: &File, findings: &mut Vec<Finding>) {
    let lines = file.text.lines().count();
    if file.is_rust() && lines > LONGEST_SOURCE {
        findings.push(
            file.finding(
                0,
                format!("{lines} lines of at most {LONGEST_SOURCE}: split it by what it is about"),
            ),
        );
    }
    if file.path == "ARCHITECTURE.md" && lines > LONGEST_MAP {
        findings.push(file.finding(
            0,
            format!("{lines} lines of at most {LONGEST_MAP}: move details into docs/ or lib.rs"),
        ));
    }
}

fn spaces(file: &File, findings: &mut Vec<Finding>) {
    for (number, line) in file.text.lines().enumerate() {
        if line.ends_with([' ', '\t', '\r']) {
            findings.push(file.finding(number + 1, "space at the end of the line: remove it"));
        }
    }
    if !file.text.is_empty() && !file.text.ends_with('\n') {
        findings.push(file.finding(file.text.lines().count(), "the last line has no end: add a newline"));
    }
}

fn put_off(file: &File, findings: &mut Vec<Finding>) {
    // Checksums and texts of others.
    if ["Cargo.lock", "LICENSE"].contains(&file.path.as_str()) {
        return;
    }
    for (number, line) in file.text.lines().enumerate() {
        for word in PUT_OFF {
            if line.contains(word) {
                findings.push(file.finding(number + 1, format!("{word}: do it now, or leave it out")));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::findings;
    use super::*;

    #[test]
    fn a_long_source_and_a_long_map_are_found() {
        let long = "//\n".repeat(501);
        let map = "line\n".repeat(201);
        let found = findings(
            check,
            &[("crates/a/src/lib.rs", &long), ("ARCHITECTURE.md", &map), ("README.md", &map)],
        );
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("crates/a/src/lib.rs: 501 lines"));
    }

    #[test]
    fn spaces_at_the_end_and_a_missing_newline_are_found() {
        let found = findings(check, &[("a.md", "good\nbad \n"), ("b.ftl", "no end")]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("a.md:2:"));
        assert!(found[1].starts_with("b.ftl:1:"));
    }

    #[test]
    fn what_is_put_off_is_found() {
        let text = format!("// {}: later\n", PUT_OFF[0]);
        assert_eq!(findings(check, &[("a.rs", &text)]).len(), 1);
    }
}
