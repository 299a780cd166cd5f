//! How long somebody who guesses waits, and where a person goes after the sign-in.

use std::net::IpAddr;

use kernel::{Duration, EmailAddress, Secret, Timestamp};
use url::Url;

/// So many failures in a row cost nothing.
const FREE: i64 = 5;
const FIRST_DELAY: Duration = Duration::seconds(30);
const LONGEST_DELAY: Duration = Duration::minutes(15);

/// So many failures from one source within the window, and the source waits.
const SOURCE_LIMIT: i64 = 50;
const SOURCE_WINDOW: Duration = Duration::minutes(15);

/// The longest address of a page to return to.
const LONGEST_RETURN: usize = 2048;
const LONGEST_PRODUCT_RETURN: usize = 8192;

/// The tries of one account or of one source that failed, or are still being checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    pub failures: i64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

impl Failures {
    /// How long this account still waits.
    pub fn account_wait(&self, now: Timestamp) -> Option<Duration> {
        let over = self.failures - FREE;
        if over < 0 {
            return None;
        }
        let doublings = u32::try_from(over.min(20)).unwrap_or(0);
        let delay =
            Duration::micros(FIRST_DELAY.as_micros().saturating_mul(1 << doublings)).min(LONGEST_DELAY);
        rest(now, self.last_at + delay)
    }

    /// How long this source still waits.
    pub fn source_wait(&self, now: Timestamp) -> Option<Duration> {
        if self.failures < SOURCE_LIMIT { None } else { rest(now, self.last_at + SOURCE_WINDOW) }
    }

    /// The count with one more failure of an account.
    #[must_use]
    pub const fn account_counted(self, now: Timestamp) -> Self {
        Self { failures: self.failures.saturating_add(1), last_at: now, ..self }
    }

    /// The count with one more failure of a source; a window that is over begins anew.
    #[must_use]
    pub fn source_counted(self, now: Timestamp) -> Self {
        if now >= self.first_at + SOURCE_WINDOW {
            Self { failures: 1, first_at: now, last_at: now }
        } else {
            Self { failures: self.failures.saturating_add(1), last_at: now, ..self }
        }
    }
}

fn rest(now: Timestamp, until: Timestamp) -> Option<Duration> {
    let left = until.since(now);
    (left > Duration::ZERO).then_some(left)
}

/// Under what an account's failures are counted, whether there is such an account or not. The address itself is not kept.
pub fn account_key(typed: &str) -> String {
    let folded = typed.parse::<EmailAddress>().map_or_else(
        |_| typed.trim().chars().take(254).collect::<String>().to_lowercase(),
        |email| email.to_string(),
    );
    format!("account:{}", Secret::from_text(folded).hash())
}

/// Under what a source's failures are counted. One household has 2⁶⁴ addresses of IPv6, and counts as one.
pub fn source_key(address: &str) -> String {
    let source = match address.parse::<IpAddr>() {
        Ok(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_none() => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Ok(other) => other.to_canonical().to_string(),
        Err(_) => address.to_owned(),
    };
    format!("source:{}", Secret::from_text(source).hash())
}

/// A page of this host to return to. Whatever could lead to another host is none (case 36).
pub fn own_page(text: &str, public_url: &str) -> Option<String> {
    let is_plain = text.len() <= LONGEST_RETURN
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && text.starts_with('/')
        && !text.starts_with("//");
    if !is_plain {
        return None;
    }
    let home = Url::parse(public_url).ok()?;
    let there = home.join(text).ok()?;
    let leads_back = matches!(there.path(), "/sign-in" | "/sign-out");
    (there.origin() == home.origin() && !leads_back).then(|| text.to_owned())
}

/// An address in a product, with its origin. Whether the origin is one of ours is for the database to say.
pub fn product_page(text: &str) -> Option<(Url, String)> {
    if text.len() > LONGEST_PRODUCT_RETURN
        || !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let is_web = matches!(url.scheme(), "https" | "http") && url.has_host();
    if !is_web || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let origin = url.origin().ascii_serialization();
    Some((url, origin))
}
