//! Cookies: which there are, and the one way in which they are read and set.

use http::{HeaderMap, HeaderValue, header};
use kernel::Secret;

/// The cookies that this server sets, and no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// On our own host: a person's session.
    Session,
    /// On a product's host: a member's session in that application.
    Application,
    /// On a product's host: an agent's session inside a customer's account.
    Acting,
}

impl Cookie {
    /// `__Host-` binds a cookie to its host and to HTTPS; the demo is plain HTTP on loopback and does without.
    pub const fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-latchstring",
            (Self::Session, false) => "latchstring",
            (Self::Application, true) => "__Host-latchstring_app",
            (Self::Application, false) => "latchstring_app",
            (Self::Acting, true) => "__Host-latchstring_acting",
            (Self::Acting, false) => "latchstring_acting",
        }
    }
}

/// The value of a cookie. `None` if it is absent, and also if it is there twice or in a spelling that a browser
/// would not send for a cookie of ours: which of two is meant cannot be known (S35).
pub fn find(headers: &HeaderMap, cookie: Cookie, secure: bool) -> Option<&str> {
    let name = cookie.name(secure);
    let mut found = None;
    for line in headers.get_all(header::COOKIE) {
        for pair in line.to_str().ok()?.split(';') {
            let (key, value) = pair.split_once('=').unwrap_or(("", pair));
            let key = key.strip_prefix(' ').unwrap_or(key);
            if key.trim().eq_ignore_ascii_case(name) {
                if key != name || found.is_some() {
                    return None;
                }
                found = Some(value);
            }
        }
    }
    found
}

/// Sets a cookie for as long as the browser runs: the server decides when it ends, not the cookie.
///
/// # Panics
/// Never: a secret is ASCII letters and digits.
pub fn set(cookie: Cookie, secure: bool, secret: &Secret) -> HeaderValue {
    line(cookie, secure, secret.expose(), "")
}

/// Takes a cookie away.
pub fn clear(cookie: Cookie, secure: bool) -> HeaderValue {
    line(cookie, secure, "", "; Max-Age=0")
}

fn line(cookie: Cookie, secure: bool, value: &str, end: &str) -> HeaderValue {
    let name = cookie.name(secure);
    let transport = if secure { "; Secure" } else { "" };
    HeaderValue::try_from(format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{transport}{end}"))
        .unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_str(line).expect("a header"));
        }
        headers
    }

    /// S35: duplicates and look-alikes make nobody, never "the first wins".
    #[test]
    fn a_doubtful_cookie_is_none() {
        let good = headers(&["a=1; __Host-latchstring=x; b=2"]);
        assert_eq!(find(&good, Cookie::Session, true), Some("x"));
        for bad in [
            &["__Host-latchstring=x; __Host-latchstring=y"][..],
            &["__Host-latchstring=x", "__Host-latchstring=y"],
            &["__host-latchstring=x"],
            &["__Host-latchstring=x; __HOST-latchstring=y"],
            &["a=1;  __Host-latchstring=x"],
            &["__Host-latchstring =x"],
        ] {
            assert_eq!(find(&headers(bad), Cookie::Session, true), None, "{bad:?}");
        }
        assert_eq!(find(&headers(&["__Host-latchstring_app=x"]), Cookie::Session, true), None);
    }

    /// S34: the name, Secure, HttpOnly, Path=/, no Domain, SameSite.
    #[test]
    fn cookies_carry_every_guard() {
        let secret = Secret::from_text("abc".into());
        assert_eq!(
            set(Cookie::Acting, true, &secret),
            "__Host-latchstring_acting=abc; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
        assert!(clear(Cookie::Session, true).to_str().expect("ASCII").ends_with("Max-Age=0"));
    }
}
