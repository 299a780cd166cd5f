//! Which requests of a partner's people need which permission, and how a path is read for that.
//!
//! **Invariant:** a path that a product could read as another one is no path: it is refused where any rule stands in the way
//! (case 34).

use std::fmt::Write as _;

use kernel::{Code, Error, FieldError};
use percent_encoding::percent_decode_str;

/// So many rules an application has at most.
pub const MOST: usize = 100;
const LONGEST_PATH: usize = 200;

/// Which methods a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    Any,
    /// Everything but GET, HEAD and OPTIONS.
    Changes,
    /// And HEAD, which asks for the same.
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub const ALL: [Self; 7] =
        [Self::Any, Self::Changes, Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Changes => "changes",
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == text)
    }

    fn covers(self, method: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Changes => !matches!(method, "GET" | "HEAD" | "OPTIONS"),
            Self::Get => matches!(method, "GET" | "HEAD"),
            Self::Post => method == "POST",
            // Many products take a POST for one of these if a field or a header of it says so.
            Self::Put | Self::Patch | Self::Delete => self.as_str() == method || method == "POST",
        }
    }
}

/// Requests like these need this permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub method: Method,
    /// How the path begins, in small letters: upper case makes no difference.
    pub path: String,
    /// The key of the permission.
    pub permission: String,
}

/// A rule as somebody typed it, in order; or what is wrong with it.
pub fn checked(method: &str, path: &str, permission: &str) -> Result<Rule, FieldError> {
    let wrong =
        |field, code, sentence: &str| FieldError { field, code: Code(code), sentence: sentence.to_owned() };
    let method = Method::parse(method)
        .ok_or_else(|| wrong("method", "not_a_choice", "Choose one of the methods on offer."))?;
    let path = path.trim().to_ascii_lowercase();
    let is_plain = path.starts_with('/')
        && path.len() <= LONGEST_PATH
        && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-._~!$&'()*+,=:@".contains(&b))
        && plain(&path, usize::MAX).as_deref() == Some(&*path);
    if !is_plain {
        return Err(wrong(
            "path",
            "not_a_path",
            "Give how the path begins, in plain letters and with a slash first, for example /servers.",
        ));
    }
    Ok(Rule { method, path, permission: permission.trim().to_owned() })
}

/// The rules of an application, in order; too many are refused.
pub fn checked_all(rules: &[Rule]) -> Result<(), Error> {
    if rules.len() > MOST {
        let sentence = format!("An application has at most {MOST} rules.");
        return Err(Error::invalid("rules", "too_many", sentence));
    }
    Ok(())
}

/// The path as a product reads it that decodes once, in small letters; nothing if products could differ about what it is.
/// `deep` segments are compared with rules; what stands below them may hold letters of any kind.
fn plain(path: &str, deep: usize) -> Option<String> {
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    // What looks decoded and holds an escape still could be decoded once more.
    if decoded.contains(['%', '\\', ';', '?', '#', '\u{fffd}']) || decoded.chars().any(char::is_control) {
        return None;
    }
    let slashes = |text: &str| text.bytes().filter(|b| *b == b'/').count();
    if slashes(&decoded) != slashes(path) {
        return None;
    }
    let mut segments = decoded.strip_prefix('/')?.split('/').enumerate().peekable();
    while let Some((place, segment)) = segments.next() {
        let is_last = segments.peek().is_none();
        let is_doubtful = segment.is_empty() && !is_last
            || segment == "."
            || segment == ".."
            || place < deep && (!segment.is_ascii() || segment.ends_with(['.', ' ']));
        if is_doubtful {
            return None;
        }
    }
    Some(decoded.to_ascii_lowercase())
}

/// What stands in the way of somebody: the rules whose permission they do not have. Kept as text, because there are many of
/// these in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed<'a>(&'a str);

impl<'a> Closed<'a> {
    pub const fn read(text: &'a str) -> Self {
        Self(text)
    }

    /// The text for those of `rules` that somebody with `permissions` cannot pass.
    pub fn written(rules: &[Rule], permissions: &[String]) -> String {
        let mut text = String::new();
        for rule in rules.iter().filter(|rule| !permissions.contains(&rule.permission)) {
            // Writing into a text cannot fail.
            let _ = writeln!(text, "{} {}", rule.method.as_str(), rule.path);
        }
        text
    }

    /// Whether a request is one that these rules keep out. `target` is the path and the query as the client sent them.
    pub fn keeps_out(self, method: &str, target: &str) -> bool {
        let rules = || {
            self.0.lines().filter_map(|line| line.split_once(' ')).map(|(method, path)| {
                // What cannot be read keeps everything out.
                (Method::parse(method).unwrap_or(Method::Any), path)
            })
        };
        let concerned = || rules().filter(|(of, _)| of.covers(method));
        let Some(deep) = concerned().map(|(_, path)| path.matches('/').count()).max() else {
            return false;
        };
        let path = &target[..target.find('?').unwrap_or(target.len())];
        let Some(path) = plain(path, deep) else { return true };
        let mut concerned = concerned();
        concerned.any(|(_, start)| path.starts_with(start) || start.strip_suffix('/') == Some(&*path))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(method: Method, path: &str, permission: &str) -> Rule {
        checked(method.as_str(), path, permission).expect("in order")
    }

    fn keeps_out(rules: &[Rule], has: &[&str], method: &str, target: &str) -> bool {
        let has: Vec<String> = has.iter().map(|key| (*key).to_owned()).collect();
        let text = Closed::written(rules, &has);
        Closed::read(&text).keeps_out(method, target)
    }

    /// Case 34: whatever a product could take for the protected path is kept out, however it is spelled.
    #[test]
    fn no_spelling_gets_past_a_rule() {
        let rules = [rule(Method::Any, "/admin", "servers")];
        for target in [
            "/admin",
            "/admin/",
            "/admin/users?x=1",
            "/ADMIN/x",
            "/aDmIn",
            "/administration",
            "/admin.json",
            "/%61dmin",
            "/%41DMIN",
            "//admin",
            "/x//admin",
            "/./admin",
            "/x/../admin",
            "/x/%2e%2e/admin",
            "/x/%2E./admin",
            "/x/..%2fadmin",
            "/x%2fadmin",
            "/admin%2fx",
            "/admin;x",
            "/x;/admin",
            "/admin%3bx",
            "/x/..;/admin",
            "/x\\admin",
            "/x%5c..%5cadmin",
            "/%2561dmin",
            "/admin%00",
            "/x%00/admin",
            "/admin.",
            "/admin%20",
            "/x%0a",
            "/%ff",
            "/\u{ff41}dmin",
            "/%ef%bd%81dmin",
            "/x#/admin",
            "*",
            "",
        ] {
            assert!(keeps_out(&rules, &[], "GET", target), "{target}");
            assert!(!keeps_out(&rules, &["servers"], "GET", target), "{target}: nothing is closed");
        }
        for target in ["/", "/x", "/x/admin", "/ledger/7?path=/admin", "/x/%C3%A9", "/x.y/z-1_2~", "/a/b/"] {
            assert!(!keeps_out(&rules, &[], "GET", target), "{target}");
        }
    }

    #[test]
    fn a_rule_is_about_its_methods() {
        let rules = [rule(Method::Changes, "/", "write"), rule(Method::Get, "/reports/", "reports")];
        for (method, target, is_kept_out) in [
            ("GET", "/x", false),
            ("HEAD", "/x", false),
            ("OPTIONS", "/reports/1", false),
            ("POST", "/x", true),
            ("PROPFIND", "/x", true),
            ("GET", "/reports", true),
            ("HEAD", "/reports/1", true),
            ("GET", "/reportsx", false),
        ] {
            assert_eq!(keeps_out(&rules, &[], method, target), is_kept_out, "{method} {target}");
        }
        assert!(!keeps_out(&rules, &["write"], "POST", "/x"));
        assert!(keeps_out(&rules, &["reports"], "POST", "/reports/1"));
        assert!(keeps_out(&[rule(Method::Delete, "/x", "y")], &[], "DELETE", "/x/1"));
        assert!(
            keeps_out(&[rule(Method::Delete, "/x", "y")], &[], "POST", "/x/1"),
            "a POST that says DELETE inside"
        );
        assert!(!keeps_out(&[rule(Method::Delete, "/x", "y")], &[], "PUT", "/x/1"));
        assert!(!keeps_out(&[], &[], "POST", "//"), "without rules every path may be as it is");
    }

    #[test]
    fn a_rule_is_a_plain_beginning() {
        assert_eq!(rule(Method::Any, " /Servers/ ", "x").path, "/servers/");
        for bad in
            ["", "servers", "/a b", "//a", "/a/../b", "/a%20b", "/a;b", "/a?b", "/é", "/a\\b", "/./a", "/a."]
        {
            assert!(checked("any", bad, "x").is_err(), "{bad}");
        }
        assert!(checked("get", "/a", "x").is_err(), "methods are upper case");
    }

    proptest! {
        /// What the rules let through begins like none of them, as any product reads it that decodes any number of times.
        #[test]
        fn what_passes_is_what_it_looks_like(target in "/[a/.%2efFE5cC;\\\\dmin]{0,24}") {
            let rules = [rule(Method::Any, "/admin", "x")];
            if !keeps_out(&rules, &[], "GET", &target) {
                let mut text = target.clone();
                for _ in 0..3 {
                    text = percent_decode_str(&text).decode_utf8_lossy().into_owned();
                    let lower = text.to_ascii_lowercase();
                    let goes_up = lower.split('/').any(|segment| segment == "..");
                    prop_assert!(!lower.starts_with("/admin") && !lower.contains("//") && !goes_up, "{text}");
                }
            }
        }
    }
}
