//! Every message that is asked for exists, and every message that exists is asked for.

use std::collections::{BTreeMap, BTreeSet};

use super::rust::Rust;
use super::{File, Finding, Tree};

const ENGLISH: &str = "crates/web/locales/en/";
/// How pages and templates ask: `t.get("key")`, `t.with("key", …)`.
const ASKED: [&str; 5] = ["get", "with", "count", "count_with", "rich"];

pub fn check(tree: &Tree, findings: &mut Vec<Finding>) {
    let (english, others): (Vec<&File>, Vec<&File>) = tree
        .files
        .iter()
        .filter(|file| file.has_extension("ftl"))
        .partition(|file| file.path.starts_with(ENGLISH));
    let mut known: BTreeMap<&str, (&File, usize)> = BTreeMap::new();
    for file in &english {
        for (line, key) in keys(&file.text) {
            if let Some((first, other)) = known.insert(key, (file, line)) {
                let message = format!("message {key} is also in {}:{other}: keep one", first.path);
                findings.push(file.finding(line, message));
            }
        }
    }
    for file in others {
        for (line, key) in keys(&file.text).filter(|(_, key)| !known.contains_key(key)) {
            findings.push(
                file.finding(
                    line,
                    format!("message {key} is not in English: remove it, or add it there first"),
                ),
            );
        }
    }
    let mut words = Words::default();
    for file in tree.files.iter().filter(|file| speaks(file)) {
        for (line, key) in asked(&file.text).filter(|(_, key)| !known.contains_key(key)) {
            findings.push(file.finding(line, format!("there is no message {key}: add it to {ENGLISH}*.ftl")));
        }
        words.add(file);
    }
    for file in &english {
        words.exact.extend(referenced(&file.text));
    }
    for (key, (file, line)) in known {
        if !words.has(key) {
            findings.push(file.finding(line, format!("message {key} is used nowhere: remove it")));
        }
    }
}

fn speaks(file: &File) -> bool {
    let is_ours = file.crate_name().is_some_and(|name| name != "xtask");
    let is_test = file.name() == "tests.rs" || file.path.contains("/tests/");
    is_ours && !is_test && (file.is_rust() || file.has_extension("html") || file.has_extension("txt"))
}

/// The keys of a Fluent file with their lines; terms keep their hyphen.
fn keys(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().filter_map(|(number, line)| {
        let (key, _) = line.split_once('=')?;
        let is_key = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '-')
            && key.trim_end().chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        is_key.then(|| (number + 1, key.trim_end()))
    })
}

/// Messages and terms that other messages put in.
fn referenced(text: &str) -> BTreeSet<String> {
    let inside = text.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    inside.map(|name| name.trim().to_owned()).collect()
}

/// Keys in calls on `t` or `text`. A header map is also asked with `get`.
fn asked(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices('(').filter_map(|(open, _)| {
        let before = text[..open].trim_end();
        let method = before.rsplit('.').next().filter(|method| ASKED.contains(method))?;
        let receiver = before[..before.len() - method.len() - 1].trim_end();
        let receiver = receiver.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next();
        let literal = text[open + 1..].trim_start().strip_prefix('"')?;
        let key = &literal[..literal.find('"')?];
        let is_message = matches!(receiver, Some("t" | "text")) && !key.contains('{');
        is_message.then(|| (text[..open].matches('\n').count() + 1, key))
    })
}

/// What stands in quotes anywhere. A key that is put together (`"month-{n}"`, `"state-" ~ word`) is a pattern.
#[derive(Default)]
struct Words {
    exact: BTreeSet<String>,
    patterns: BTreeSet<(String, String)>,
}

impl Words {
    fn add(&mut self, file: &File) {
        if file.is_rust() {
            for (_, literal) in Rust::read(&file.text).literals {
                self.word(&literal);
            }
        } else {
            file.text.split('"').for_each(|word| self.word(word));
        }
    }

    fn word(&mut self, word: &str) {
        let is_key = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if word.is_empty() || !word.chars().all(|c| is_key(c) || ['{', '}'].contains(&c)) {
            return;
        }
        if let (Some(open), Some(close)) = (word.find('{'), word.rfind('}')) {
            self.pattern(&word[..open], word.get(close + 1..).unwrap_or_default());
        } else if word.ends_with('-') {
            self.pattern(word, "");
        } else {
            self.exact.insert(word.to_owned());
        }
    }

    fn pattern(&mut self, start: &str, end: &str) {
        if start.len() + end.len() > 2 && (start.is_empty() || start.ends_with('-')) {
            self.patterns.insert((start.to_owned(), end.to_owned()));
        }
    }

    fn has(&self, key: &str) -> bool {
        self.exact.contains(key)
            || self.patterns.iter().any(|(start, end)| {
                key.len() > start.len() + end.len()
                    && key.starts_with(start.as_str())
                    && key.ends_with(end.as_str())
            })
    }
}

#[cfg(test)]
mod tests {
    use super::super::findings;
    use super::*;

    const MESSAGES: &str = "\
# Comment = not a key
padlock-open = Open
padlock-history =
    { $n ->
        [one] One token
       *[other] { $n } tokens
    }
month-1 = January
error-conflict-title = Changed meanwhile
-brand = Latchstring
welcome = Welcome to { -brand }
";

    fn of(files: &[(&str, &str)]) -> Vec<String> {
        let mut all = vec![("crates/web/locales/en/web.ftl", MESSAGES)];
        all.extend(files);
        findings(check, &all)
    }

    const PAGES: (&str, &str) = (
        "crates/a/src/pages.rs",
        "t.get(\"welcome\"); t\n    .count(\n \"padlock-history\", 2); f(format!(\"month-{n}\")); f(format!(\"{x}-title\"));",
    );

    #[test]
    fn messages_that_are_asked_for_are_used() {
        let template = ("crates/a/src/a.html", "<p title=\"{{ t.get(\"padlock-open\") }}\">");
        assert_eq!(of(&[PAGES, template]), [""; 0]);
    }

    #[test]
    fn a_message_that_is_missing_is_found_where_it_is_asked_for() {
        let template = (
            "crates/a/src/a.html",
            "\n<p>{{ shell.t.with(\"padlock-gone\", [x]) }} {{ t.get(\"padlock-open\") }}</p>",
        );
        assert_eq!(
            of(&[PAGES, template]),
            [
                "crates/a/src/a.html:2: there is no message padlock-gone: add it to crates/web/locales/en/*.ftl"
            ]
        );
        let headers = ("crates/a/src/rest.rs", "headers.get(\"if-match\"); t.get(\"padlock-open\")");
        assert_eq!(of(&[PAGES, headers]), [""; 0]);
    }

    #[test]
    fn a_message_that_only_a_test_uses_is_found() {
        let test = ("crates/a/src/tests.rs", "t.get(\"padlock-open\")");
        assert_eq!(
            of(&[PAGES, test]),
            ["crates/web/locales/en/web.ftl:2: message padlock-open is used nowhere: remove it"]
        );
    }

    #[test]
    fn a_message_said_twice_and_one_that_english_lacks_are_found() {
        let template = ("crates/a/src/a.html", "{{ t.get(\"padlock-open\") }}");
        let twice = ("crates/web/locales/en/zebra.ftl", "welcome = Again\n");
        let french = ("crates/web/locales/fr/web.ftl", "adieu = Adieu\n");
        let found = of(&[PAGES, template, twice, french]);
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
