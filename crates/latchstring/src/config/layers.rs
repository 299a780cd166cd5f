//! Where values come from: flags before the environment before the file. What is left is the default.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
};

use toml::de::{DeTable, DeValue};

use super::{
    Problem,
    keys::{self, Key},
    values::Raw,
};

/// Where a value was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Flag(&'static str),
    Variable(String),
    File { path: PathBuf, line: usize },
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "flag --{name}"),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::File { path, line } => write!(f, "{} line {line}", path.display()),
        }
    }
}

/// A value and where it was found.
#[derive(Debug, Clone)]
pub struct Setting {
    pub raw: Raw,
    pub source: Source,
}

/// What somebody set, by key.
#[derive(Debug, Clone, Default)]
pub struct Settings(pub BTreeMap<&'static str, Setting>);

impl Settings {
    pub fn get(&self, key: &str) -> Option<&Setting> {
        self.0.get(key)
    }

    fn put(&mut self, key: &'static Key, raw: Raw, source: Source) {
        self.0.insert(key.name, Setting { raw, source });
    }

    /// Adds the file's values.
    pub fn add_file(&mut self, path: &Path, text: &str, problems: &mut Vec<Problem>) {
        let line_of = |at: usize| text.get(..at).unwrap_or(text).matches('\n').count() + 1;
        match DeTable::parse(text) {
            Ok(table) => self.add_table(path, &line_of, "", table.get_ref(), problems),
            Err(error) => problems.push(Problem {
                at: format!("{} line {}", path.display(), error.span().map_or(1, |span| line_of(span.start))),
                key: None,
                what: format!("is not TOML: {}", error.message()),
                fix: None,
            }),
        }
    }

    fn add_table(
        &mut self,
        path: &Path,
        line_of: &dyn Fn(usize) -> usize,
        prefix: &str,
        table: &DeTable<'_>,
        problems: &mut Vec<Problem>,
    ) {
        for (name, value) in table {
            let full = if prefix.is_empty() {
                name.get_ref().to_string()
            } else {
                format!("{prefix}.{}", name.get_ref())
            };
            let source = Source::File { path: path.to_owned(), line: line_of(name.span().start) };
            let is_section = || keys::KEYS.iter().any(|key| key.name.starts_with(&format!("{full}.")));
            match (value.get_ref(), keys::find(&full)) {
                (DeValue::Table(inner), None) if is_section() => {
                    self.add_table(path, line_of, &full, inner, problems);
                }
                (_, None) => problems.push(unknown(&source, &full, keys::nearest(&full).map(|key| key.name))),
                (value, Some(key)) => match raw(value) {
                    Ok(raw) => self.put(key, raw, source),
                    Err(what) => problems.push(Problem::at(&source, key.name, what)),
                },
            }
        }
    }

    /// Adds `LATCHSTRING_SECTION__KEY` from the environment.
    pub fn add_environment(
        &mut self,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
        problems: &mut Vec<Problem>,
    ) {
        for (name, value) in variables {
            let Some(name) =
                name.to_str().filter(|name| name.starts_with("LATCHSTRING_") && name.contains("__"))
            else {
                continue;
            };
            let full = name["LATCHSTRING_".len()..].replace("__", ".").to_ascii_lowercase();
            let source = Source::Variable(name.to_owned());
            match (keys::find(&full), value.into_string()) {
                (Some(key), Ok(value)) => self.put(key, Raw::Text(value), source),
                (Some(key), Err(_)) => problems.push(Problem::at(&source, key.name, "is not UTF-8")),
                (None, _) => {
                    let nearest = keys::nearest(&full).map(|key| keys::variable(key.name));
                    problems.push(unknown(&source, &full, nearest.as_deref()));
                }
            }
        }
    }

    /// Adds what was said on the command line.
    pub fn add_flag(&mut self, flag: &'static str, key: &str, value: Option<String>) {
        if let (Some(key), Some(value)) = (keys::find(key), value) {
            self.put(key, Raw::Text(value), Source::Flag(flag));
        }
    }
}

fn unknown(source: &Source, full: &str, nearest: Option<&str>) -> Problem {
    Problem {
        at: source.to_string(),
        key: Some(full.to_owned()),
        what: "is not a key of the configuration".to_owned(),
        fix: Some(nearest.map_or_else(
            || "Remove it; `latchstring config show --effective` lists all keys.".to_owned(),
            |nearest| format!("Did you mean {nearest}?"),
        )),
    }
}

fn raw(value: &DeValue<'_>) -> Result<Raw, &'static str> {
    match value {
        DeValue::String(text) => Ok(Raw::Text(text.to_string())),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map(Raw::Number)
            .map_err(|_| "is too large a number"),
        DeValue::Array(parts) => parts
            .iter()
            .map(|part| part.get_ref().as_str().map(str::to_owned).ok_or("must be a list of texts in quotes"))
            .collect::<Result<_, _>>()
            .map(Raw::List),
        DeValue::Table(_) => Err("is a value, not a section"),
        DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => Err("must be a text in quotes"),
    }
}
