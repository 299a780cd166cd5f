//! Cookies: which there are, and the one way in which they are read and set.

use http::{HeaderMap, HeaderValue, header};
use kernel::{Duration, Secret, secret::Purpose};

/// The cookies that this server sets, and no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// On our own host: a person's session.
    Session,
    /// On a product's host: a member's session in that application.
    Application,
    /// On a product's host: an agent's session inside a customer's account.
    Acting,
    /// On our own host: whoever signed in with temporary credentials.
    Temporary,
    /// On our own host: a sign-in that is half done.
    SignIn,
    /// On our own host: this browser is not asked for a code (C5).
    Device,
    /// On a product's host: the sign-ins that this browser is on its way to, a secret for each.
    Way,
    /// On our own host: this browser is the one that asked for a passkey, before anybody said who they are.
    Passkey,
    /// On our own host: this browser is on its way to an organization's provider and back.
    SingleSignOn,
}

/// For so long a browser may be on its way from a product's host to ours and back: somebody has to type a password.
const WAY_LASTS: Duration = Duration::minutes(10);

/// So many pages of a product can be on their way to the sign-in at the same time.
const MOST_WAYS: usize = 8;

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
            (Self::Temporary, true) => "__Host-latchstring_temporary",
            (Self::Temporary, false) => "latchstring_temporary",
            (Self::SignIn, true) => "__Host-latchstring_sign_in",
            (Self::SignIn, false) => "latchstring_sign_in",
            (Self::Device, true) => "__Host-latchstring_device",
            (Self::Device, false) => "latchstring_device",
            (Self::Way, true) => "__Host-latchstring_way",
            (Self::Way, false) => "latchstring_way",
            (Self::Passkey, true) => "__Host-latchstring_passkey",
            (Self::Passkey, false) => "latchstring_passkey",
            (Self::SingleSignOn, true) => "__Host-latchstring_sso",
            (Self::SingleSignOn, false) => "latchstring_sso",
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

/// Sets a cookie that outlives the browser by a length; the server compares its own end all the same (S38).
pub fn set_for(cookie: Cookie, secure: bool, value: &str, length: Duration) -> HeaderValue {
    line(cookie, secure, value, &format!("; Max-Age={}", length.as_seconds()))
}

/// The ways that a browser is on, the newest first. None if the cookie is doubtful or anything in it is not ours.
pub fn ways(headers: &HeaderMap, secure: bool) -> Vec<Secret> {
    let value = find(headers, Cookie::Way, secure).unwrap_or_default();
    let ways = value.split('.').map(|way| Secret::parse(Purpose::Way, way)).collect::<Option<Vec<_>>>();
    ways.filter(|ways| ways.len() <= MOST_WAYS).unwrap_or_default()
}

/// Sets the ways that a browser is on, the newest first. The oldest of too many is forgotten.
pub fn set_ways(secure: bool, ways: &[Secret]) -> HeaderValue {
    if ways.is_empty() {
        return clear(Cookie::Way, secure);
    }
    let value = ways.iter().take(MOST_WAYS).map(Secret::expose).collect::<Vec<_>>().join(".");
    set_for(Cookie::Way, secure, &value, WAY_LASTS)
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

    /// Case 19: several pages on their way keep apart; what is not ours among them makes all of it worthless.
    #[test]
    fn a_browser_keeps_several_ways() {
        let made: Vec<_> =
            (0..9).map(|_| Secret::new(Purpose::Way, &kernel::entropy::SystemEntropy)).collect();
        let line = set_ways(true, &made);
        let line = line.to_str().expect("ASCII");
        assert!(line.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=600"), "{line}");
        let sent = line.split(';').next().expect("a value");
        let read = ways(&headers(&[sent]), true);
        assert_eq!(read.len(), 8);
        assert!(read.iter().zip(&made).all(|(read, made)| read.hash().matches(&made.hash())));
        let one = made[0].expose();
        for bad in ["", "x", &format!("{one}.x"), &format!("{one}."), &[one; 9].join(".")] {
            assert!(ways(&headers(&[&format!("__Host-latchstring_way={bad}")]), true).is_empty(), "{bad}");
        }
        let planted = format!("__Host-latchstring_way={one}");
        assert!(ways(&headers(&[sent, &planted]), true).is_empty(), "which of two is meant cannot be known");
        assert!(set_ways(true, &[]).to_str().expect("ASCII").ends_with("Max-Age=0"));
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
