//! May we use what we use? The same questions as `cargo deny check bans licenses sources`, from the same lists in
//! deny.toml. Building cargo-deny takes longer than building the product; asking cargo takes a second.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use xtask::shell::{self, At, Outcome};

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub fn run() -> Outcome {
    let root = shell::root();
    let read = |name: &str| fs::read_to_string(root.join(name)).at(&root.join(name));
    let lists = Lists::read(&read("deny.toml")?)?;
    let mut faults = foreign_sources(&read("Cargo.lock")?);
    let crates = crates()?;
    for (name, license) in &crates {
        faults.extend(lists.fault(name, license));
    }
    if faults.is_empty() {
        println!("{} dependencies, all allowed", crates.len());
        Ok(())
    } else {
        Err(faults.join("\n").into())
    }
}

/// Each dependency on any platform, for building and testing too, with the licence that it declares.
fn crates() -> Outcome<BTreeMap<String, String>> {
    let tree = shell::read(shell::cargo().args([
        "tree",
        "--locked",
        "--workspace",
        "--target=all",
        "--edges=normal,build,dev",
        "--prefix=none",
        "--format={p}|{l}",
    ]))?;
    let ours = format!("({}", shell::root().display());
    Ok(tree
        .lines()
        .filter(|line| !line.contains(&ours))
        .filter_map(|line| line.split_once('|'))
        .map(|(name, license)| {
            (name.trim_end_matches(" (proc-macro)").to_owned(), license.trim_end_matches(" (*)").to_owned())
        })
        .collect())
}

struct Lists {
    allowed: BTreeSet<String>,
    banned: BTreeSet<String>,
}

impl Lists {
    fn read(toml: &str) -> Outcome<Self> {
        let allowed: BTreeSet<String> = strings(array(toml, "licenses", "allow")).collect();
        let banned: BTreeSet<String> = array(toml, "bans", "deny")
            .lines()
            .filter_map(|line| strings(line.split_once("crate =")?.1.to_owned()).next())
            .collect();
        if allowed.is_empty() || banned.is_empty() {
            return Err("deny.toml: no list of allowed licences, or none of banned crates".into());
        }
        Ok(Self { allowed, banned })
    }

    /// `name` is a name and a version, as cargo shows them.
    fn fault(&self, name: &str, license: &str) -> Option<String> {
        let bare = name.split(' ').next().unwrap_or(name);
        if self.banned.contains(bare) {
            return Some(format!(
                "{name}: banned by deny.toml, which says why; find it with cargo tree -i {bare}"
            ));
        }
        let is_allowed = Expression::new(license).allows(&self.allowed);
        (!is_allowed)
            .then(|| format!("{name}: licence `{license}` is not allowed by deny.toml; take another crate"))
    }
}

/// The text between the brackets of `key = [ … ]` in a section.
fn array(toml: &str, section: &str, key: &str) -> String {
    let header = format!("[{section}]");
    let mut text = String::new();
    let mut lines = toml.lines().map(str::trim).skip_while(|line| *line != header).skip(1);
    for line in lines.by_ref().take_while(|line| !line.starts_with('[')) {
        let Some(value) = line.strip_prefix(key).and_then(|rest| rest.trim_start().strip_prefix('=')) else {
            continue;
        };
        text.push_str(value);
        break;
    }
    if !text.contains(']') {
        for line in lines.take_while(|line| *line != "]") {
            text.push('\n');
            text.push_str(line.split('#').next().unwrap_or_default());
        }
    }
    text
}

fn strings(text: String) -> impl Iterator<Item = String> {
    let parts: Vec<String> = text.split('"').map(str::to_owned).collect();
    parts.into_iter().skip(1).step_by(2)
}

fn foreign_sources(lock: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in lock.lines().enumerate() {
        if let Some(source) = line.strip_prefix("source = ") {
            let source = source.trim_matches('"');
            if source != REGISTRY {
                faults.push(format!(
                    "Cargo.lock:{}: {source}: dependencies come from crates.io only",
                    number + 1
                ));
            }
        }
    }
    faults
}

/// A licence expression of SPDX, also in the old way with a slash for OR.
struct Expression {
    words: Vec<String>,
    next: usize,
}

impl Expression {
    fn new(text: &str) -> Self {
        let spaced = text.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
        let mut words: Vec<String> = Vec::new();
        let mut parts = spaced.split_whitespace();
        while let Some(word) = parts.next() {
            match (word, words.last_mut(), parts.clone().next()) {
                ("WITH", Some(license), Some(exception)) => {
                    *license = format!("{license} WITH {exception}");
                    parts.next();
                }
                _ => words.push(word.to_owned()),
            }
        }
        Self { words, next: 0 }
    }

    /// No licence at all is not allowed; neither is an expression that does not read to its end.
    fn allows(mut self, allowed: &BTreeSet<String>) -> bool {
        let is_allowed = self.any(allowed);
        is_allowed && self.next == self.words.len()
    }

    fn any(&mut self, allowed: &BTreeSet<String>) -> bool {
        let mut is_allowed = self.all(allowed);
        while self.takes("OR") {
            is_allowed |= self.all(allowed);
        }
        is_allowed
    }

    fn all(&mut self, allowed: &BTreeSet<String>) -> bool {
        let mut is_allowed = self.one(allowed);
        while self.takes("AND") {
            is_allowed &= self.one(allowed);
        }
        is_allowed
    }

    fn one(&mut self, allowed: &BTreeSet<String>) -> bool {
        if self.takes("(") {
            let is_allowed = self.any(allowed);
            return self.takes(")") && is_allowed;
        }
        let is_allowed = self.words.get(self.next).is_some_and(|license| allowed.contains(license));
        self.next += 1;
        is_allowed
    }

    fn takes(&mut self, word: &str) -> bool {
        let is_next = self.words.get(self.next).is_some_and(|next| next == word);
        self.next += usize::from(is_next);
        is_next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = r#"
[licenses]
# "GPL-3.0" is not in the list.
allow = [
    "MIT", # "AGPL-3.0" neither
    "Apache-2.0 WITH LLVM-exception",
    "Unicode-3.0",
]

[bans]
deny = [
    { crate = "openssl-sys", reason = "TLS is \"rustls\"" },
]
"#;

    fn fault(name: &str, license: &str) -> Option<String> {
        Lists::read(TOML).expect("the lists are complete").fault(name, license)
    }

    #[test]
    fn a_choice_needs_one_allowed_licence_and_a_conjunction_all() {
        assert_eq!(fault("a v1.0.0", "MIT"), None);
        assert_eq!(fault("a v1.0.0", "GPL-3.0 OR MIT"), None);
        assert_eq!(fault("a v1.0.0", "GPL-3.0/MIT"), None);
        assert_eq!(fault("a v1.0.0", "(GPL-3.0 OR MIT) AND Unicode-3.0"), None);
        assert_eq!(fault("a v1.0.0", "Apache-2.0 WITH LLVM-exception"), None);
        assert!(fault("a v1.0.0", "MIT AND GPL-3.0").is_some());
        assert!(fault("a v1.0.0", "Apache-2.0").is_some());
        assert!(fault("a v1.0.0", "AGPL-3.0").is_some());
        assert!(fault("a v1.0.0", "").is_some());
        assert!(fault("a v1.0.0", "(MIT").is_some());
        assert!(fault("a v1.0.0", "MIT MIT").is_some());
    }

    #[test]
    fn a_banned_crate_is_refused_whatever_its_licence() {
        assert!(fault("openssl-sys v0.9.1", "MIT").is_some());
        assert_eq!(fault("openssl-probe v0.2.2", "MIT"), None);
    }

    #[test]
    fn lists_that_are_gone_are_a_fault_and_not_a_yes() {
        assert!(Lists::read("[licenses]\n[bans]\n").is_err());
    }

    #[test]
    fn a_dependency_from_a_git_repository_is_refused() {
        let lock = format!("source = \"{REGISTRY}\"\nsource = \"git+https://example.com/x\"\n");
        let faults = foreign_sources(&lock);
        assert_eq!(faults.len(), 1);
        assert!(faults[0].starts_with("Cargo.lock:2:"));
    }
}
