//! An entry of the log as a sentence.
//!
//! Names come from people. They are text, never marks; what would break the line or turn it round is taken out of
//! them, and long ones are cut (`<bdi>` keeps a name's direction to itself).

use web::{
    page::Markup,
    text::{Text, dashed},
};

use crate::model::{Entry, KINDS};

/// Longer names are cut on pages; exports have them whole.
const LONGEST_NAME: usize = 60;

/// Text as it may stand in a line: no control characters, nothing that turns the writing direction, not too long.
pub fn plain(text: &str, longest: usize) -> String {
    let mut letters = text.trim().chars();
    let mut line: String =
        letters.by_ref().take(longest).map(|c| if is_harmless(c) { c } else { '\u{fffd}' }).collect();
    if letters.next().is_some() {
        line.push('…');
    }
    line
}

const fn is_harmless(c: char) -> bool {
    !c.is_ascii_control()
        && !matches!(
            c,
            '\u{80}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

/// A name for a sentence, or what stands in its place.
fn name(t: &Text, text: &str, otherwise: &str) -> String {
    let name = plain(text, LONGEST_NAME);
    if name.is_empty() { t.get(otherwise) } else { name }
}

/// A name that was written down with the entry.
fn detail(t: &Text, entry: &Entry, field: &str, otherwise: &str) -> String {
    name(t, entry.details[field].as_str().unwrap_or_default(), otherwise)
}

/// Who did it: "Joana", "Ledger, for Joana", "the server".
pub fn who(t: &Text, entry: &Entry) -> String {
    match entry.by.kind.as_str() {
        "person" => name(t, &entry.by.name, "access_log-somebody"),
        "machine" => {
            let machine = name(t, &entry.by.name, "access_log-a-machine");
            match &entry.on_behalf_of {
                Some((_, person)) => {
                    let person = name(t, person, "access_log-somebody");
                    t.with("access_log-machine-for", [("machine", &machine), ("person", &person)])
                }
                None => machine,
            }
        }
        "operator" => t.get("access_log-the-operator"),
        "nobody" => t.get("access_log-a-stranger"),
        _ => t.get("access_log-the-server"),
    }
}

/// What happened, in one sentence.
pub fn sentence(t: &Text, entry: &Entry, vendor: &str) -> Markup {
    let who = who(t, entry);
    let is_known = KINDS.contains(&entry.kind.as_str());
    // A refusal says so by its own kind, or it is told as a try.
    let says_refused = entry.kind.ends_with(".refused") || entry.kind.ends_with(".failed");
    let key = match (is_known, entry.is_refused && !says_refused) {
        (true, false) => format!("access_log-kind-{}", entry.kind.replace('.', "-")),
        (_, true) => "access_log-kind-tried".to_owned(),
        (false, false) => "access_log-kind-other".to_owned(),
    };
    t.rich(
        &key,
        &[
            ("who", &who),
            ("subject", &name(t, &entry.subject_name, "access_log-somebody")),
            ("agent", &name(t, &entry.agent_name, "access_log-somebody")),
            ("code", &name(t, &dashed(&entry.reference_code), "access_log-no-code")),
            ("how", &entry.grant_ended_how),
            ("itself", &entry.details["how"].as_str().unwrap_or_default()),
            ("vendor", &name(t, vendor, "access_log-the-vendor")),
            ("kind", &plain(&entry.kind, LONGEST_NAME)),
            ("thing", &detail(t, entry, "name", "access_log-without-name")),
            ("partner", &detail(t, entry, "partner", "access_log-a-partner")),
            ("client", &detail(t, entry, "client", "access_log-a-client")),
            ("user", &detail(t, entry, "user", "access_log-somebody")),
            ("address", &plain(&entry.address, LONGEST_NAME)),
        ],
    )
}
