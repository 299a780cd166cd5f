//! The directions in which crates, and the files of a capability, may know each other.

use super::rust::Rust;
use super::{File, Finding, Tree};

/// What each floor may import. A crate that is not here is a capability, and may import every floor and other
/// capabilities.
const FLOORS: &[(&str, &[&str])] = &[
    ("kernel", &[]),
    ("gate", &["kernel"]),
    ("store", &["kernel"]),
    ("operation", &["kernel", "store", "gate"]),
    ("web", &["kernel", "store", "gate", "operation"]),
];

/// What puts the capabilities together, or only tests them.
const ABOVE: [&str; 5] = ["bench", "demo", "latchstring", "testkit", "xtask"];

/// What a file of a capability may not name, and where that belongs.
const INSIDE: &[(&str, &[&str], &str)] = &[
    ("model", &["axum", "store", "operation", "web", "askama"], "rules are pure: pass in what they need"),
    ("rows", &["axum", "web", "askama"], "rows know the database only"),
    ("operations", &["axum", "web", "askama"], "HTTP belongs in rest.rs or pages.rs"),
    ("rest", &["rows"], "answer what an operation returns"),
    ("pages", &["rows"], "show what an operation returns"),
];

pub fn check(tree: &Tree, findings: &mut Vec<Finding>) {
    let crates = tree.crates();
    for file in tree.files.iter().filter(|file| file.name() == "Cargo.toml") {
        manifest(file, &crates, findings);
    }
    for file in tree.rust() {
        let Some(own) = file.crate_name() else { continue };
        let rust = Rust::read(&file.text);
        if !["store", "xtask"].contains(&own) {
            for line in rust.lines_with("sqlx") {
                findings.push(file.finding(line, "sqlx outside crates/store: ask store for what is missing"));
            }
        }
        if !may_print(file, own) {
            for word in ["println!", "eprintln!", "print!", "eprint!"] {
                for line in rust.lines_with(word) {
                    findings.push(file.finding(line, format!("{word} in the server: use tracing")));
                }
            }
        }
        if !is_floor(own) && !ABOVE.contains(&own) {
            inside(file, &rust, findings);
        }
    }
}

fn is_floor(name: &str) -> bool {
    FLOORS.iter().any(|(floor, _)| *floor == name)
}

fn manifest(file: &File, crates: &[&str], findings: &mut Vec<Finding>) {
    let Some(own) = file.crate_name() else { return };
    let mut section = "";
    for (number, line) in file.text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            section = line;
            continue;
        }
        if !["[dependencies]", "[build-dependencies]"].contains(&section) {
            continue;
        }
        let end = line.find(['.', ' ', '=']).unwrap_or(line.len());
        let Some(other) = crates.iter().find(|name| **name == &line[..end]) else {
            continue;
        };
        if let Some(reason) = refusal(own, other) {
            findings.push(file.finding(number + 1, format!("{own} may not import {other}: {reason}")));
        }
    }
}

fn refusal(own: &str, other: &str) -> Option<&'static str> {
    if other == "testkit" {
        return Some("it is for tests, under [dev-dependencies]");
    }
    if own == "xtask" {
        return Some("building xtask must not build the product");
    }
    if let Some((_, below)) = FLOORS.iter().find(|(floor, _)| *floor == own) {
        return (!below.contains(&other)).then_some("floors know only the floors below them");
    }
    let is_put_together = match own {
        "latchstring" => ["bench", "xtask"].contains(&other),
        // It measures the executable, and nothing of it is in there.
        "bench" => ["demo", "xtask"].contains(&other),
        _ => ABOVE.contains(&other),
    };
    is_put_together.then_some("only the executable knows it")
}

fn may_print(file: &File, own: &str) -> bool {
    // A build script speaks to Cargo by printing.
    let is_command_line = file.name() == "build.rs"
        || own == "latchstring" && ["main.rs", "cli.rs"].contains(&file.name())
        || file.path.starts_with("crates/latchstring/src/cli/");
    ["bench", "xtask", "demo"].contains(&own) || is_command_line || file.path.contains("/benches/")
}

fn inside(file: &File, rust: &Rust, findings: &mut Vec<Finding>) {
    let Some((_, within)) = file.path.split_once("/src/") else {
        return;
    };
    let kind = within.split('/').next().unwrap_or(within).trim_end_matches(".rs");
    let Some((_, banned, advice)) = INSIDE.iter().find(|(own, ..)| *own == kind) else {
        return;
    };
    for word in *banned {
        for line in rust.lines_with(&format!("{word}::")) {
            findings.push(file.finding(line, format!("{word} in {kind}: {advice}")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::findings;
    use super::*;

    const NAMES: [(&str, &str); 4] = [
        ("crates/operation/Cargo.toml", ""),
        ("crates/testkit/Cargo.toml", ""),
        ("crates/grants/Cargo.toml", ""),
        ("crates/latchstring/Cargo.toml", ""),
    ];

    fn of_manifest(path: &str, text: &str) -> Vec<String> {
        let mut files = NAMES.to_vec();
        files.retain(|(other, _)| *other != path);
        files.push((path, text));
        findings(check, &files)
    }

    #[test]
    fn a_floor_that_knows_a_capability_is_found() {
        let found = of_manifest(
            "crates/store/Cargo.toml",
            "[dependencies]\nsqlx.workspace = true\ngrants.workspace = true\n",
        );
        assert_eq!(
            found,
            [
                "crates/store/Cargo.toml:3: store may not import grants: floors know only the floors below them"
            ]
        );
    }

    #[test]
    fn a_floor_that_knows_a_higher_floor_is_found() {
        assert_eq!(
            of_manifest(
                "crates/gate/Cargo.toml",
                "[dependencies]\noperation = { path = \"../operation\" }\n"
            )
            .len(),
            1
        );
    }

    #[test]
    fn a_capability_that_knows_the_executable_is_found_and_testkit_is_for_tests() {
        assert_eq!(
            of_manifest("crates/people/Cargo.toml", "[dependencies]\nlatchstring.workspace = true\n").len(),
            1
        );
        assert_eq!(
            of_manifest("crates/people/Cargo.toml", "[dependencies]\ntestkit.workspace = true\n").len(),
            1
        );
        let fine = "[dependencies]\ngrants.workspace = true\n[dev-dependencies]\ntestkit.workspace = true\n";
        assert_eq!(of_manifest("crates/people/Cargo.toml", fine), [""; 0]);
    }

    #[test]
    fn files_of_a_capability_keep_to_their_side() {
        let found = findings(
            check,
            &[
                ("crates/grants/src/model.rs", "use operation::Call;\n"),
                ("crates/grants/src/operations.rs", "use axum::Router;\n"),
                ("crates/grants/src/operations/revoke.rs", "fn f() -> axum::Json<()> {}\n"),
                ("crates/grants/src/pages.rs", "let x = rows::find();\n"),
                ("crates/grants/src/rest.rs", "use axum::Router;\n"),
                ("crates/web/src/pages.rs", "use store::Store;\n"),
            ],
        );
        assert_eq!(found.len(), 4, "{found:?}");
    }

    #[test]
    fn sqlx_and_printing_have_their_places() {
        let found = findings(
            check,
            &[
                ("crates/grants/src/rows.rs", "use sqlx::Row;\n"),
                ("crates/store/src/lib.rs", "use sqlx::Row; // sqlx\n"),
                ("crates/grants/src/lib.rs", "fn f() { eprintln!(\"x\") }\n"),
                ("crates/latchstring/src/main.rs", "fn f() { println!(\"x\") }\n"),
            ],
        );
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
