//! Secrets that are handed out once and kept as a hash only.
//!
//! A token is `ls{kind}_`, 30 characters of base 62 (178 bits) and 6 characters that carry the CRC-32 of those 30, so
//! that a mistyped or foreign token is refused before the database is asked, and scanners can find leaked ones.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::Entropy;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BODY: usize = 30;
const CHECK: usize = 6;

/// What a token is for; a token of one purpose is refused at every other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// `lsk_`: an API key.
    ApiKey,
    /// `lsi_`: a link that is mailed or printed: invitation, set-up.
    Link,
    /// `lss_`: the value of a session's cookie.
    Session,
    /// `lsc_`: the code that carries a sign-in to a product's host, good for seconds.
    Handover,
    /// `lsf_`: a sign-in that is half done.
    SignIn,
    /// `lsd_`: a browser that is not asked for a code.
    Device,
    /// `lsw_`: shows on a product's host that the browser which comes back is the one that left.
    Way,
    /// `lsp_`: the password of a login for old interfaces.
    IntegrationLogin,
    /// `lsb_`: the browser that asked for a passkey before anybody said who they are.
    Passkey,
    /// `lso_`: the browser that is on its way to an organization's provider and back.
    SingleSignOn,
    /// `lst_`: names a partner to the one client who completes it. By itself it opens nothing.
    PartnerToken,
}

impl Purpose {
    const fn prefix(self) -> &'static str {
        match self {
            Self::ApiKey => "lsk_",
            Self::Link => "lsi_",
            Self::Session => "lss_",
            Self::Handover => "lsc_",
            Self::SignIn => "lsf_",
            Self::Device => "lsd_",
            Self::Way => "lsw_",
            Self::IntegrationLogin => "lsp_",
            Self::Passkey => "lsb_",
            Self::SingleSignOn => "lso_",
            Self::PartnerToken => "lst_",
        }
    }
}

/// Something that opens a door for whoever has it. It is not shown by `Debug`, and cannot be compared with `==`.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Makes a token that nobody can guess.
    pub fn new(purpose: Purpose, entropy: &dyn Entropy) -> Self {
        let mut body = Zeroizing::new(String::with_capacity(BODY));
        let mut bytes = Zeroizing::new([0u8; 64]);
        while body.len() < BODY {
            entropy.fill(&mut *bytes);
            // 248 is the largest multiple of 62 in a byte: what lies above would make some characters likelier.
            for byte in bytes.iter().filter(|byte| **byte < 248).take(BODY - body.len()) {
                body.push(char::from(BASE62[usize::from(byte % 62)]));
            }
        }
        let check = checksum(&body);
        Self(Zeroizing::new(format!("{}{}{}", purpose.prefix(), *body, check)))
    }

    /// Takes a token that somebody presents. `None` if it cannot be one of ours for this purpose.
    pub fn parse(purpose: Purpose, text: &str) -> Option<Self> {
        let rest = text.strip_prefix(purpose.prefix())?;
        if rest.len() != BODY + CHECK || !rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        let (body, check) = rest.split_at(BODY);
        (checksum(body) == check).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// Takes a value that is secret for another reason, such as a password of a mail server.
    pub fn from_text(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The value itself, for the one moment at which it is handed out or used.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the database keeps. A slow hash is for passwords; this has 178 bits of chance.
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// The last four characters, by which people tell their keys apart.
    pub fn hint(&self) -> &str {
        &self.0[self.0.len().saturating_sub(4)..]
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The SHA-256 of a secret.
#[derive(Clone, Copy)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads what [`Display`](fmt::Display) writes: 64 hexadecimal digits, small.
    pub fn parse(text: &str) -> Option<Self> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; 32];
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
        if pairs.len() != bytes.len() {
            return None;
        }
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Some(Self(bytes))
    }

    /// Compares in constant time.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Display for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(…)")
    }
}

fn checksum(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut digits = [b'0'; CHECK];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    String::from_utf8_lossy(&digits).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    /// S63: 178 bits each, never the same twice, only for their purpose.
    #[test]
    fn tokens_differ_and_are_bound_to_their_purpose() {
        let one = Secret::new(Purpose::ApiKey, &SystemEntropy);
        let two = Secret::new(Purpose::ApiKey, &SystemEntropy);
        assert_ne!(one.expose(), two.expose());
        assert_eq!(one.expose().len(), 40);
        assert!(Secret::parse(Purpose::ApiKey, one.expose()).is_some());
        assert!(Secret::parse(Purpose::Link, one.expose()).is_none());
    }

    #[test]
    fn a_wrong_checksum_is_refused() {
        let token = Secret::new(Purpose::Link, &SystemEntropy).expose().to_owned();
        for place in 4..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[place] = if changed[place] == b'a' { b'b' } else { b'a' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert!(Secret::parse(Purpose::Link, &changed).is_none(), "{place}");
        }
        assert!(Secret::parse(Purpose::Link, "lsi_").is_none());
        assert!(Secret::parse(Purpose::Link, "lsi_ééééééééééééééééééééééééééééééééééée").is_none());
    }

    #[test]
    fn a_hash_reads_what_it_writes_and_nothing_else() {
        let hash = Secret::new(Purpose::Way, &SystemEntropy).hash();
        let text = hash.to_string();
        assert!(SecretHash::parse(&text).is_some_and(|read| read.matches(&hash)));
        for wrong in ["", &text[1..], &text[2..], &format!("{text}0"), &format!("{text}00"), &"é".repeat(32)]
        {
            assert!(SecretHash::parse(wrong).is_none(), "{wrong}");
        }
        assert!(SecretHash::parse(&"A".repeat(64)).is_none(), "one spelling only");
    }

    /// S68: a secret does not show itself in logs.
    #[test]
    fn debug_shows_nothing() {
        let secret = Secret::new(Purpose::Session, &SystemEntropy);
        assert!(!format!("{secret:?} {:?}", secret.hash()).contains(secret.hint()));
    }
}
