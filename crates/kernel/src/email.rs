//! One strict reading of an e-mail address, so that no two places disagree about whose it is.

use std::{fmt, str::FromStr};

/// An address as people sign in with it: ASCII, one `@`, folded to lower case.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailAddress(String);

impl EmailAddress {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

/// The text is not an address that this server accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnEmailAddress;

impl fmt::Display for NotAnEmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an e-mail address")
    }
}

impl std::error::Error for NotAnEmailAddress {}

impl FromStr for EmailAddress {
    type Err = NotAnEmailAddress;

    /// Refuses what other software reads differently: quoted local parts, comments, several `@`, full-width signs,
    /// control characters, a trailing dot.
    fn from_str(text: &str) -> Result<Self, NotAnEmailAddress> {
        let text = text.trim_matches(' ');
        let (local, domain) = text.split_once('@').ok_or(NotAnEmailAddress)?;
        let local_ok = (1..=64).contains(&local.len())
            && local.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b))
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..");
        let domain_ok = (1..=253).contains(&domain.len())
            && domain.split('.').all(|label| {
                (1..=63).contains(&label.len())
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                    && !label.starts_with('-')
                    && !label.ends_with('-')
            });
        if local_ok && domain_ok { Ok(Self(text.to_ascii_lowercase())) } else { Err(NotAnEmailAddress) }
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for EmailAddress {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for EmailAddress {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Case 35: one strict parser; what could be read in two ways is refused.
    #[test]
    fn ambiguous_addresses_are_refused() {
        for bad in [
            "",
            "@",
            "a@",
            "@b",
            "x@evil.com@corp.com",
            "\"x@corp.com\"@evil.com",
            "x＠corp.com",
            "x@corp.com.",
            "x@corp..com",
            "v@a\ncc:x@evil",
            "a b@c.d",
            "x@-corp.com",
            "a..b@c.d",
            "x@bücher.example",
        ] {
            assert!(bad.parse::<EmailAddress>().is_err(), "{bad:?}");
        }
        assert_eq!("V@Example.COM".parse::<EmailAddress>().expect("plain").as_str(), "v@example.com");
        assert_eq!("joana@localhost".parse::<EmailAddress>().expect("plain").domain(), "localhost");
    }
}
