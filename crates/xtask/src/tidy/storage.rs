//! One SQL text for two databases, in the files that are for it.

use super::rust::Rust;
use super::{File, Finding, Tree};

pub fn check(tree: &Tree, findings: &mut Vec<Finding>) {
    for file in tree.rust() {
        let is_for_rows = file.name() == "rows.rs" || file.path.contains("/rows/");
        // The access log and the mail that waits are the floor's own rows.
        // A test looks into the database from outside, past the code that it tests.
        let is_test = file.name() == "tests.rs" || file.path.contains("/tests/");
        if is_for_rows
            || is_test
            || ["store", "operation", "xtask"].contains(&file.crate_name().unwrap_or_default())
        {
            continue;
        }
        for (line, literal) in Rust::read(&file.text).literals {
            if is_sql(&literal) {
                findings.push(file.finding(
                    line,
                    "SQL outside rows.rs: move the statement there, behind a function with a name",
                ));
            }
        }
    }
    for file in tree.files.iter().filter(|file| file.has_extension("sql")) {
        columns(file, findings);
    }
}

const OPENINGS: [&str; 9] = [
    "SELECT ",
    "INSERT INTO ",
    "DELETE FROM ",
    "CREATE TABLE ",
    "CREATE INDEX ",
    "CREATE UNIQUE INDEX ",
    "ALTER TABLE ",
    "DROP TABLE ",
    "PRAGMA ",
];

/// SQL is written with capital keywords here, which keeps English sentences apart.
fn is_sql(literal: &str) -> bool {
    let text = literal.split_whitespace().collect::<Vec<_>>().join(" ");
    OPENINGS.iter().any(|opening| text.starts_with(opening))
        || text.starts_with("UPDATE ") && text.contains(" SET ")
        || text.starts_with("WITH ") && text.contains(" AS (")
        || text.contains(" FROM ") && text.contains(" WHERE ")
        || text.starts_with("WHERE ")
}

fn columns(file: &File, findings: &mut Vec<Finding>) {
    let text: Vec<&str> = file.text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    let text = text.join("\n");
    let mut start = 0;
    for statement in text.split_inclusive(';') {
        let words: Vec<String> = statement.split_whitespace().map(str::to_uppercase).collect();
        let is = |wanted: &[&str]| {
            words.iter().zip(wanted).filter(|(word, wanted)| word == wanted).count() == wanted.len()
        };
        if is(&["CREATE", "TABLE"]) {
            if let (Some(open), Some(close)) = (statement.find('('), statement.rfind(')')) {
                for (offset, part) in parts(&statement[open + 1..close]) {
                    column(file, &text, start + open + 1 + offset, part, findings);
                }
            }
        } else if is(&["ALTER", "TABLE"])
            && let Some(added) = statement.find("ADD COLUMN ")
        {
            let at = added + "ADD COLUMN ".len();
            column(file, &text, start + at, &statement[at..], findings);
        }
        start += statement.len();
    }
}

/// Splits at the commas that are not inside brackets or quotes, with each part's offset.
fn parts(body: &str) -> Vec<(usize, &str)> {
    let (mut depth, mut is_quoted, mut from) = (0, false, 0);
    let mut found = Vec::new();
    for (at, c) in body.char_indices() {
        match c {
            '\'' => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted => depth -= 1,
            ',' if depth == 0 && !is_quoted => {
                found.push((from, &body[from..at]));
                from = at + 1;
            }
            _ => {}
        }
    }
    found.push((from, &body[from..]));
    found
}

fn column(file: &File, text: &str, offset: usize, definition: &str, findings: &mut Vec<Finding>) {
    const NOT_COLUMNS: [&str; 5] = ["PRIMARY", "FOREIGN", "UNIQUE", "CHECK", "CONSTRAINT"];
    let mut words = definition.split_whitespace();
    let Some(name) = words.next() else { return };
    let first = name.split('(').next().unwrap_or(name).to_uppercase();
    if NOT_COLUMNS.contains(&first.as_str()) {
        return;
    }
    let kind = words.next().unwrap_or("nothing").trim_end_matches([';', ',']);
    if !["TEXT", "BIGINT"].contains(&kind) {
        let indentation = definition.len() - definition.trim_start().len();
        let line = text[..offset + indentation].matches('\n').count() + 1;
        let message =
            format!("column {name} is {kind}: TEXT or BIGINT only, which both databases store alike");
        findings.push(file.finding(line, message));
    }
}

#[cfg(test)]
mod tests {
    use super::super::findings;
    use super::*;

    #[test]
    fn sql_is_found_outside_rows_and_sentences_are_not() {
        let found = findings(
            check,
            &[
                ("crates/grants/src/operations.rs", "f(\"SELECT id FROM grants WHERE id = $1\");\n"),
                ("crates/grants/src/lib.rs", "f(\"\n    UPDATE grants\n    SET x = $1\");\n"),
                ("crates/grants/src/rows.rs", "f(\"SELECT id FROM grants\");\n"),
                ("crates/grants/src/rows/history.rs", "f(\"SELECT id FROM grants\");\n"),
                ("crates/store/src/lib.rs", "f(\"PRAGMA journal_mode = WAL\");\n"),
                (
                    "crates/grants/src/emails.rs",
                    "f(\"Select a ticket from the list where it is shown\"); // SELECT x\n",
                ),
            ],
        );
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("crates/grants/src/operations.rs:1:"));
    }

    #[test]
    fn columns_of_another_type_are_found() {
        let migration = "\
-- Grants, and BOOLEAN is only a word here.
CREATE TABLE grants (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('support, partner', 'x')),
    until_at BIGINT NOT NULL,
    is_open BOOLEAN NOT NULL,
    UNIQUE (id, kind),
    CHECK(until_at > 0)
);
CREATE INDEX grants_by_kind ON grants (kind);
ALTER TABLE grants ADD COLUMN made_at TIMESTAMP;
ALTER TABLE grants ADD COLUMN note TEXT;
";
        let found = findings(check, &[("crates/store/migrations/0001.sql", migration)]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("crates/store/migrations/0001.sql:6: column is_open is BOOLEAN"));
        assert!(found[1].starts_with("crates/store/migrations/0001.sql:11: column made_at is TIMESTAMP"));
    }
}
