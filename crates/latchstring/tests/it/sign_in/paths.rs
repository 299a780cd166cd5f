//! The document that names every way to a session, compared with the source (S11).
//!
//! The router cannot be asked what its routes do. The source can: a route makes a session if its handler, by itself or by what it
//! calls in its own crate, puts the cookie of one on an answer. That follows names and not types, so it may name a route too many
//! and then asks for a look; what it cannot do is miss a new call of the few functions that set these cookies.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Method and path, with every parameter written as `{}`.
type Route = (String, String);

/// What the documented functions of `crates/sessions` are, that alone write a session down.
const MADE_BY: &str = "sessions/src/operations.rs";

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("two folders up").to_owned()
}

fn plain(path: &str) -> String {
    let mut plain = String::new();
    let mut is_inside = false;
    for c in path.chars() {
        match c {
            '{' => plain.push_str("{}"),
            '}' => {}
            _ if !is_inside => plain.push(c),
            _ => {}
        }
        is_inside = (is_inside || c == '{') && c != '}';
    }
    plain
}

fn document() -> String {
    fs::read_to_string(workspace().join("docs/sign-in-paths.md")).expect("the document")
}

/// The routes in the first column of the first table.
fn documented(text: &str) -> BTreeSet<Route> {
    let rows =
        text.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let mut routes = BTreeSet::new();
    for row in rows.skip(2) {
        let cell = row.split('|').nth(1).expect("a first column");
        for code in cell.split('`').skip(1).step_by(2) {
            let (method, path) = code.split_once(' ').unwrap_or_else(|| panic!("no route: {code}"));
            routes.insert((method.to_owned(), plain(path)));
        }
    }
    routes
}

/// A function of a crate.
#[derive(Debug)]
struct Function {
    /// The last part of its module, such as `set_up` for `pages/set_up.rs`.
    module: String,
    file: PathBuf,
    name: String,
    body: String,
}

/// The source of one crate.
struct Source {
    functions: Vec<Function>,
    routes: Vec<(Route, usize)>,
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") && name != "tests.rs" {
            files.push(path);
        }
    }
}

/// Without comments, and without the tests at the end of a file.
fn code_of(file: &Path) -> String {
    let text = fs::read_to_string(file).expect("source");
    let text = text.split("#[cfg(test)]\nmod tests {").next().expect("a part");
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    text.lines().filter(is_code).collect::<Vec<_>>().join("\n")
}

fn word_at(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// From the first brace to the one that closes it.
fn braced(text: &str) -> &str {
    let begin = text.find('{').expect("a body");
    let mut depth = 0;
    for (place, c) in text[begin..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return &text[begin..=begin + place],
            '}' => depth -= 1,
            _ => {}
        }
    }
    &text[begin..]
}

fn functions_of(file: &Path, code: &str) -> Vec<Function> {
    let stem = file.file_stem().expect("a name").to_string_lossy().into_owned();
    let mut functions = Vec::new();
    for (place, _) in code.match_indices("fn ") {
        let is_word = code[..place].ends_with([' ', '\n', '(']) || place == 0;
        let name = word_at(&code[place + 3..]);
        let rest = &code[place..];
        // A declaration without a body ends before the next brace.
        let is_declared = rest.find(';').unwrap_or(usize::MAX) < rest.find('{').unwrap_or(usize::MAX);
        if is_word && !name.is_empty() && !is_declared && rest.contains('{') {
            let body = braced(rest).to_owned();
            functions.push(Function {
                module: stem.clone(),
                file: file.to_owned(),
                name: name.to_owned(),
                body,
            });
        }
    }
    functions
}

impl Source {
    fn of(folder: &Path) -> Self {
        let mut files = Vec::new();
        rust_files(folder, &mut files);
        let codes: Vec<(PathBuf, String)> =
            files.into_iter().map(|file| (file.clone(), code_of(&file))).collect();
        let mut source = Self { functions: Vec::new(), routes: Vec::new() };
        for (file, code) in &codes {
            source.functions.extend(functions_of(file, code));
        }
        for (file, code) in &codes {
            source.pages(file, code);
            source.operations(file, code);
        }
        source
    }

    /// `.route("/path", get(show).post(module::act))`, the path by itself or under a name; below what it is nested in.
    fn pages(&mut self, file: &Path, code: &str) {
        let nests = nests(code);
        for (place, _) in code.match_indices(".route(") {
            let below = nests.iter().find(|(span, _)| span.contains(&place)).map_or("", |(_, prefix)| prefix);
            let inside = &code[place + ".route(".len()..];
            let (first, rest) = inside.split_once(',').expect("a path and what answers it");
            let first = first.trim();
            let path = match first.strip_prefix('"') {
                Some(text) => text.trim_end_matches('"').to_owned(),
                None => constant(code, first),
            };
            let end =
                rest.find("\n        .").unwrap_or(rest.len()).min(rest.find(";\n").unwrap_or(rest.len()));
            for method in ["get", "post", "put", "patch", "delete", "any"] {
                for (at, _) in rest[..end].match_indices(&format!("{method}(")) {
                    if at > 0 && rest[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
                        continue;
                    }
                    let name: String = rest[at + method.len() + 1..]
                        .chars()
                        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == ':')
                        .collect();
                    if let Some(handler) = self.resolved(file, &name) {
                        self.routes
                            .push(((method.to_uppercase(), plain(&format!("{below}{path}"))), handler));
                    }
                }
            }
        }
    }

    /// `#[utoipa::path(post, path = "/path", …)]` above the function that answers.
    fn operations(&mut self, file: &Path, code: &str) {
        for (place, _) in code.match_indices("#[utoipa::path(") {
            let rest = &code[place + "#[utoipa::path(".len()..];
            let method = word_at(rest.trim_start()).to_uppercase();
            let path =
                rest.split("path = \"").nth(1).and_then(|rest| rest.split('"').next()).expect("a path");
            let name = word_at(rest.split("fn ").nth(1).expect("a function"));
            let handler = self.resolved(file, name).unwrap_or_else(|| panic!("no function {name}"));
            self.routes.push(((method, plain(path)), handler));
        }
    }

    /// The function that a name means in a file: of the module that is named, the nearest one; else of the same file; else of
    /// the only file that has one of that name.
    fn resolved(&self, file: &Path, name: &str) -> Option<usize> {
        let mut parts = name.rsplit("::");
        let last = parts.next()?;
        let module = parts.next().filter(|module| !["self", "super", "crate", "Self"].contains(module));
        let named = (0..self.functions.len()).filter(|place| self.functions[*place].name == last);
        if let Some(module) = module {
            let (below, beside) = (file.with_extension(""), file.parent().expect("a folder"));
            let distance = |place: &usize| {
                let folder = self.functions[*place].file.parent().expect("a folder");
                if folder == below { 0 } else { 1 + usize::from(folder != beside) }
            };
            return named.filter(|place| self.functions[*place].module == module).min_by_key(distance);
        }
        let named: Vec<usize> = named.collect();
        let own = named.iter().find(|place| self.functions[**place].file == file);
        own.or(if named.len() == 1 { named.first() } else { None }).copied()
    }

    /// The functions whose text, or whose callee's text, has one of these marks.
    fn reaching(&self, marks: &dyn Fn(&Function) -> bool) -> BTreeSet<usize> {
        let mut reached: BTreeSet<usize> =
            (0..self.functions.len()).filter(|place| marks(&self.functions[*place])).collect();
        loop {
            let calls = (0..self.functions.len()).filter(|place| {
                let function = &self.functions[*place];
                !reached.contains(place)
                    && called(&function.body)
                        .iter()
                        .filter_map(|name| self.resolved(&function.file, name))
                        .any(|callee| reached.contains(&callee))
            });
            let more: Vec<usize> = calls.collect();
            if more.is_empty() {
                return reached;
            }
            reached.extend(more);
        }
    }
}

/// Which parts of a file make the router that `.nest("/below", name)` puts below another path.
fn nests(code: &str) -> Vec<(std::ops::Range<usize>, String)> {
    let mut all = Vec::new();
    for (place, _) in code.match_indices(".nest(\"") {
        let (prefix, rest) = code[place + ".nest(\"".len()..].split_once('"').expect("a path");
        let name = word_at(rest.trim_start_matches([',', ' ', '\n']));
        if let Some(begin) = code.find(&format!("let {name} = ")) {
            let end = code[begin..].find(";\n").map_or(code.len(), |length| begin + length);
            all.push((begin..end, prefix.to_owned()));
        }
    }
    all
}

/// The text of a constant of this file.
fn constant(code: &str, name: &str) -> String {
    let line = code.lines().find(|line| line.contains(&format!("const {name}: &str = \"")));
    line.and_then(|line| line.split('"').nth(1)).map_or_else(|| name.to_owned(), str::to_owned)
}

/// Names that are called in a body, with their modules as they stand there.
fn called(body: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (place, _) in body.match_indices('(') {
        let before = &body[..place];
        let start =
            before.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':').map_or(0, |at| at + 1);
        let name = &before[start..];
        // What follows a dot is a method of something else.
        if !name.is_empty() && !before[..start].ends_with('.') {
            names.insert(name.to_owned());
        }
    }
    names
}

fn sources() -> BTreeMap<String, Source> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(workspace().join("crates")).expect("the crates").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let folder = entry.path().join("src");
        if folder.is_dir() && !["xtask", "bench", "testkit"].contains(&name.as_str()) {
            all.insert(name, Source::of(&folder));
        }
    }
    all
}

/// Whether a function puts the cookie of a session of some kind on an answer.
fn sets_session(function: &Function) -> bool {
    let kinds = ["Cookie::Session", "Cookie::Application", "Cookie::Acting", "Cookie::Temporary"];
    let sets = function.body.contains("cookies::set(") || function.body.contains("cookies::set_for(");
    sets && kinds.iter().any(|kind| function.body.contains(kind))
}

/// The same session under another secret: nobody is signed in by it who was not before.
fn only_renews(crate_name: &str, function: &Function) -> bool {
    crate_name == "second_factor" || (crate_name == "sign_in" && function.name == "renewed")
}

/// S11: each route that makes a session is in the table, and each that is in the table makes one.
#[test]
fn every_way_to_a_session_is_in_the_document() {
    let (mut made, mut renewed) = (BTreeSet::new(), BTreeSet::new());
    for (name, source) in sources() {
        let makes = source.reaching(&|function| sets_session(function) && !only_renews(&name, function));
        let renews = source.reaching(&|function| sets_session(function) && only_renews(&name, function));
        for (route, handler) in &source.routes {
            if makes.contains(handler) {
                made.insert(route.clone());
            } else if renews.contains(handler) {
                renewed.insert(route.clone());
            }
        }
    }
    let text = document();
    let documented = documented(&text);
    assert!(documented.len() > 15, "the table was read: {documented:?}");
    let missing: Vec<&Route> = made.difference(&documented).collect();
    assert!(missing.is_empty(), "in the source, and not in docs/sign-in-paths.md: {missing:?}");
    let gone: Vec<&Route> = documented.difference(&made).collect();
    assert!(gone.is_empty(), "in docs/sign-in-paths.md, and not in the source: {gone:?}");
    // What goes on under another secret is told of beside the table.
    assert!(renewed.len() >= 4, "{renewed:?}");
    assert!(renewed.is_disjoint(&documented), "{renewed:?}");
}

/// S11: a session is written down by the operations that the document names, and nobody calls them but whom it names.
#[test]
fn sessions_are_made_by_the_operations_that_the_document_names() {
    let text = document();
    let sessions = Source::of(&workspace().join("crates/sessions/src"));
    let is_made =
        |function: &&Function| function.file.ends_with(MADE_BY) && function.name.starts_with("begin_");
    let makers: BTreeSet<&str> =
        sessions.functions.iter().filter(is_made).map(|function| function.name.as_str()).collect();
    assert!(makers.len() >= 4, "{makers:?}");
    let (_, rest) = text.split_once("A session is made by").expect("the sentence");
    let sentence = rest.split("\n\n").next().expect("a paragraph");
    let named: BTreeSet<&str> =
        sentence.split('`').skip(1).step_by(2).filter(|code| code.starts_with("begin_")).collect();
    assert_eq!(makers, named);
    let mut callers = BTreeSet::new();
    for (name, source) in sources() {
        for function in &source.functions {
            let calls = called(&function.body);
            let is_caller =
                calls.iter().any(|call| makers.contains(call.rsplit("::").next().unwrap_or_default()));
            if is_caller && name != "sessions" {
                callers.insert(name.clone());
            }
        }
    }
    let expected = ["forward_auth", "sign_in", "temporary_credentials"].map(str::to_owned);
    assert_eq!(callers, BTreeSet::from(expected));
}
