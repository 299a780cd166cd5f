//! The log as a file: CSV for spreadsheets (RFC 4180), JSON for programs.

use web::rest::rfc3339;

use crate::model::Entry;

/// More than this does not leave in one file; the newest do.
pub const MOST: i64 = 50_000;

const COLUMNS: [&str; 18] = [
    "id",
    "at",
    "kind",
    "outcome",
    "actor_kind",
    "actor_id",
    "actor_name",
    "on_behalf_of",
    "on_behalf_of_name",
    "grant",
    "reference_code",
    "agent_name",
    "session",
    "subject",
    "subject_name",
    "address",
    "request_id",
    "details",
];

/// One line for each entry, below a line of names.
pub fn csv(entries: &[Entry]) -> String {
    let mut out = String::with_capacity(256 * (entries.len() + 1));
    line(&mut out, &COLUMNS);
    for entry in entries {
        let (behalf, behalf_name) = entry.on_behalf_of.as_ref().map_or(("", ""), |(id, name)| (id, name));
        line(
            &mut out,
            &[
                entry.id.to_string().as_str(),
                &rfc3339(entry.at),
                &entry.kind,
                entry.outcome(),
                &entry.by.kind,
                &entry.by.id,
                &entry.by.name,
                behalf,
                behalf_name,
                &entry.grant.map(|id| id.to_string()).unwrap_or_default(),
                &entry.reference_code,
                &entry.agent_name,
                &entry.session.map(|id| id.to_string()).unwrap_or_default(),
                &entry.subject,
                &entry.subject_name,
                &entry.address,
                &entry.request_id,
                &entry.details.to_string(),
            ],
        );
    }
    out
}

fn line(out: &mut String, cells: &[&str; COLUMNS.len()]) {
    for (place, text) in cells.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        cell(out, text);
    }
    out.push_str("\r\n");
}

/// A spreadsheet takes a cell that begins like this for a formula, and would run it for whoever opens the file.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

fn cell(out: &mut String, text: &str) {
    let mark = if text.starts_with(FORMULA) { "'" } else { "" };
    if text.contains(['"', ',', '\r', '\n']) {
        out.push('"');
        out.push_str(mark);
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(mark);
        out.push_str(text);
    }
}
