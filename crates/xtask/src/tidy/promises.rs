//! What the product promises is shown by a test, and the map shows the house as it is.

use std::collections::{BTreeMap, BTreeSet};

use super::{File, Finding, Tree};

/// The behaviours that are built. Each is cited in the doc comment of at least one test.
fn built() -> impl Iterator<Item = String> {
    let support_tokens = (1..=41).map(|number| format!("A{number}"));
    let second_factor = (1..=18).map(|number| format!("C{number}"));
    let temporary_credentials = (1..=10).map(|number| format!("D{number}"));
    let mfa_levels = (1..=12).map(|number| format!("E{number}"));
    let partners = (1..=18).map(|number| format!("B{number}"));
    let others = ["B19", "B20", "E13", "E14", "E15", "F1", "F3", "F4", "F5"].map(str::to_owned);
    let later = temporary_credentials.chain(mfa_levels).chain(partners);
    support_tokens.chain(second_factor).chain(later).chain(others)
}

pub fn check(tree: &Tree, findings: &mut Vec<Finding>) {
    behaviours(tree, findings);
    map(tree, findings);
}

fn behaviours(tree: &Tree, findings: &mut Vec<Finding>) {
    let cited: BTreeSet<String> = tree
        .rust()
        .filter(|file| file.crate_name() != Some("xtask"))
        .flat_map(|file| cited_by_tests(&file.text))
        .collect();
    for id in built().filter(|id| !cited.contains(id)) {
        findings.push(Finding {
            path: "crates".to_owned(),
            line: 0,
            message: format!(
                "no test shows {id}: cite it in the doc comment of the test that does (/// {id}: …)"
            ),
        });
    }
}

/// The ids in the comments above functions with a test attribute.
fn cited_by_tests(text: &str) -> BTreeSet<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut cited = BTreeSet::new();
    for (number, line) in lines.iter().enumerate() {
        if !["fn ", "async fn ", "pub fn ", "pub async fn "].iter().any(|opening| line.starts_with(opening)) {
            continue;
        }
        let above = lines[..number].iter().rev();
        let above: Vec<&str> =
            above.copied().take_while(|line| !line.is_empty() && !line.ends_with(['{', '}', ';'])).collect();
        if above.iter().any(|line| line.starts_with("#[") && line.contains("test")) {
            let comments = above.iter().filter_map(|line| line.strip_prefix("///"));
            cited.extend(comments.flat_map(ids));
        }
    }
    cited
}

fn ids(comment: &str) -> impl Iterator<Item = String> {
    let words = comment.split(|c: char| !c.is_alphanumeric()).filter(|word| {
        let digits = word.strip_prefix(['A', 'B', 'C', 'D', 'E', 'F', 'G']);
        digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    });
    words.map(str::to_owned)
}

fn map(tree: &Tree, findings: &mut Vec<Finding>) {
    let Some(file) = tree.find("ARCHITECTURE.md") else {
        findings.push(Finding {
            path: "ARCHITECTURE.md".to_owned(),
            line: 0,
            message: "is missing: write the map of the crates".to_owned(),
        });
        return;
    };
    let listed = listed(file);
    let crates = tree.crates();
    for name in crates.iter().filter(|name| !listed.contains_key(**name)) {
        findings.push(
            file.finding(0, format!("crates/{name} is not in the map: add a line `{name}/` under `crates/`")),
        );
    }
    for (name, line) in listed.iter().filter(|(name, _)| !crates.contains(&name.as_str())) {
        findings.push(file.finding(*line, format!("{name} is in the map and not in crates/: remove it")));
    }
}

/// The crates that the map names, with their lines: what is indented once under a line `crates/`.
fn listed(file: &File) -> BTreeMap<String, usize> {
    let mut names = BTreeMap::new();
    let mut depth = None;
    for (number, line) in file.text.lines().enumerate() {
        let indentation = line.len() - line.trim_start().len();
        let Some(word) = line.split_whitespace().next() else {
            continue;
        };
        if word == "crates/" && indentation == 0 {
            depth = Some(0);
        } else if indentation == 0 {
            depth = None;
        } else if let (Some(known), Some(name)) = (depth, word.strip_suffix('/')) {
            let once = if known == 0 { indentation } else { known };
            depth = Some(once);
            if indentation == once {
                names.insert(name.to_owned(), number + 1);
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::super::findings;
    use super::*;

    #[test]
    fn only_what_a_test_cites_counts() {
        let source = "\
/// A1: nobody enters.
fn helper() {}

/// A2, A3 and (F1): one sentence
/// over two lines, A41.
#[tokio::test(flavor = \"current_thread\")]
#[expect(
    clippy::x,
    reason = \"y\"
)]
async fn an_agent_is_refused() {}

#[test]
/// B20
fn members_are_listed() {}
// A5
#[test]
fn other() { let x = \"A6\"; }
";
        let cited: Vec<String> = cited_by_tests(source).into_iter().collect();
        assert_eq!(cited, ["A2", "A3", "A41", "B20", "F1"]);
    }

    #[test]
    fn a_behaviour_without_a_test_is_found() {
        let all: Vec<String> = built().filter(|id| id != "A13").collect();
        let source = format!("/// {}\n#[test]\nfn all() {{}}\n", all.join(", "));
        let found = findings(behaviours, &[("crates/a/src/tests.rs", &source)]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("A13"));
    }

    #[test]
    fn the_map_and_the_folders_must_agree() {
        let architecture = "\
# Map
crates/
  — floors —
  kernel/      words
               id.rs time.rs
  gone/        nothing
docs/
  decisions/
";
        let found = findings(
            map,
            &[
                ("ARCHITECTURE.md", architecture),
                ("crates/kernel/Cargo.toml", ""),
                ("crates/grants/Cargo.toml", ""),
            ],
        );
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("crates/grants is not in the map"));
        assert!(found[1].starts_with("ARCHITECTURE.md:6: gone"));
    }

    #[test]
    fn a_house_without_a_map_is_found() {
        assert_eq!(findings(map, &[]).len(), 1);
    }
}
