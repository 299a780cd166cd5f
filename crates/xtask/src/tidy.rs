//! The rules of the house that neither the compiler nor clippy knows. Each finding says where, which rule, and what to do.

mod layers;
mod messages;
mod promises;
mod rust;
mod storage;
mod text;

use std::fmt;
use std::fs;
use std::path::Path;

use xtask::shell::{self, At, Outcome};

pub fn run() -> Outcome {
    let tree = Tree::read(&shell::root())?;
    let mut findings = Vec::new();
    for rule in [text::check, layers::check, storage::check, messages::check, promises::check] {
        rule(&tree, &mut findings);
    }
    if findings.is_empty() {
        println!("{} files are tidy", tree.files.len());
        return Ok(());
    }
    let count = findings.len();
    let mut lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    lines.push(format!("{count} to mend"));
    Err(lines.join("\n").into())
}

/// The text that is committed, in memory: rules are functions of it, and so are their tests.
struct Tree {
    files: Vec<File>,
}

struct File {
    /// From the root, with slashes.
    path: String,
    text: String,
}

struct Finding {
    path: String,
    /// Counted from one; 0 when the whole file is meant.
    line: usize,
    message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.message),
            line => write!(f, "{}:{line}: {}", self.path, self.message),
        }
    }
}

impl File {
    fn finding(&self, line: usize, message: impl Into<String>) -> Finding {
        Finding { path: self.path.clone(), line, message: message.into() }
    }

    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    fn is_rust(&self) -> bool {
        self.has_extension("rs")
    }

    fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|own| own == extension)
    }

    /// The crate that the file belongs to.
    fn crate_name(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split_once('/').map(|(name, _)| name)
    }
}

impl Tree {
    fn read(root: &Path) -> Outcome<Self> {
        let mut files = Vec::new();
        collect(root, "", &mut files)?;
        files.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(Self { files })
    }

    fn find(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.is_rust())
    }

    /// The names of the workspace's crates.
    fn crates(&self) -> Vec<&str> {
        let manifests = self.files.iter().filter(|file| file.path.matches('/').count() == 2);
        manifests.filter(|file| file.name() == "Cargo.toml").filter_map(File::crate_name).collect()
    }

    #[cfg(test)]
    fn of(files: &[(&str, &str)]) -> Self {
        let files =
            files.iter().map(|(path, text)| File { path: (*path).to_owned(), text: (*text).to_owned() });
        Self { files: files.collect() }
    }
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<File>) -> Outcome {
    const HIDDEN_AND_OURS: [&str; 4] = [".cargo", ".ci", ".config", ".gitignore"];
    const NOT_COMMITTED: [&str; 3] = ["target", "latchstring-data", "node_modules"];
    for entry in fs::read_dir(folder).at(folder)? {
        let path = entry.at(folder)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let is_skipped =
            name.starts_with('.') && !HIDDEN_AND_OURS.contains(&name) || NOT_COMMITTED.contains(&name);
        if is_skipped {
            continue;
        }
        let relative = format!("{prefix}{name}");
        if path.is_dir() {
            collect(&path, &format!("{relative}/"), files)?;
        } else if let Ok(text) = String::from_utf8(fs::read(&path).at(&path)?) {
            files.push(File { path: relative, text });
        }
    }
    Ok(())
}

/// The messages that a rule gives for a tree, for tests.
#[cfg(test)]
fn findings(rule: fn(&Tree, &mut Vec<Finding>), files: &[(&str, &str)]) -> Vec<String> {
    let mut findings = Vec::new();
    rule(&Tree::of(files), &mut findings);
    findings.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_are_the_folders_with_a_manifest() {
        let tree = Tree::of(&[
            ("Cargo.toml", ""),
            ("crates/kernel/Cargo.toml", ""),
            ("crates/kernel/src/lib.rs", ""),
            ("crates/notes.md", ""),
        ]);
        assert_eq!(tree.crates(), ["kernel"]);
    }

    #[test]
    fn a_finding_names_file_line_and_rule() {
        let file = File { path: "a.rs".into(), text: String::new() };
        assert_eq!(file.finding(3, "too long").to_string(), "a.rs:3: too long");
        assert_eq!(file.finding(0, "too long").to_string(), "a.rs: too long");
    }
}
