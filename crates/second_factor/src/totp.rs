//! One-time codes from the time: TOTP with SHA-1, 6 digits and steps of 30 seconds (RFC 6238, on RFC 4226), which every
//! usual authenticator app makes (C1).

use kernel::{Entropy, Timestamp};
use ring::hmac;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// Bytes of a key: as long as the digest (RFC 4226 §4, R6).
pub const KEY_LENGTH: usize = 20;
const STEP_SECONDS: i64 = 30;
const DIGITS: usize = 6;
/// RFC 4648 §6.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The key that an authenticator app shares with us. It is wiped when dropped and does not show itself.
pub struct Key(Zeroizing<Vec<u8>>);

impl Key {
    pub fn new(entropy: &dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new(vec![0; KEY_LENGTH]);
        entropy.fill(&mut bytes);
        Self(bytes)
    }

    pub fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As people type it: base32 in groups of four.
    pub fn grouped(&self) -> Zeroizing<String> {
        let text = self.base32();
        let mut grouped = Zeroizing::new(String::with_capacity(text.len() * 5 / 4));
        for (place, letter) in text.chars().enumerate() {
            if place > 0 && place % 4 == 0 {
                grouped.push(' ');
            }
            grouped.push(letter);
        }
        grouped
    }

    fn base32(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(self.0.len().div_ceil(5) * 8));
        for chunk in self.0.chunks(5) {
            let mut block = [0; 8];
            block[3..3 + chunk.len()].copy_from_slice(chunk);
            let bits = u64::from_be_bytes(block);
            // 5 bytes are 8 letters; what is shorter has fewer, and no padding (the apps want none).
            for place in 0..(chunk.len() * 8).div_ceil(5) {
                let letter = (bits >> (35 - 5 * place)) & 31;
                text.push(char::from(BASE32[usize::try_from(letter).unwrap_or(0)]));
            }
        }
        text
    }

    /// What the QR code says: `otpauth://totp/…`. Every part is percent-encoded, so that no name can add a parameter
    /// (S79).
    pub fn uri(&self, issuer: &str, account: &str) -> Zeroizing<String> {
        let encode = |text: &str| -> String {
            // A colon separates the two in the label, so neither may have one.
            let plain = text.replace(':', " ");
            url::form_urlencoded::byte_serialize(plain.as_bytes()).collect::<String>().replace('+', "%20")
        };
        let (issuer, account) = (encode(issuer), encode(account));
        let label = if issuer.is_empty() { account } else { format!("{issuer}:{account}") };
        let issuer = if issuer.is_empty() { String::new() } else { format!("&issuer={issuer}") };
        Zeroizing::new(format!(
            "otpauth://totp/{label}?secret={}{issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}",
            *self.base32()
        ))
    }

    /// The code of a step (RFC 4226 §5.3).
    pub fn code(&self, step: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let digest = tag.as_ref();
        let offset = usize::from(digest.last().copied().unwrap_or(0) & 15);
        let chosen = digest.get(offset..offset + 4).and_then(|four| four.try_into().ok()).unwrap_or([0; 4]);
        let number = (u32::from_be_bytes(chosen) & 0x7fff_ffff) % 1_000_000;
        format!("{number:06}")
    }

    /// The step whose code this is: the current one, the one before or the one after, and none further away (C10). A phone's
    /// clock is often half a minute off; with its neighbours a code lives for 90 seconds.
    pub fn matching_step(&self, code: &str, now: Timestamp) -> Option<i64> {
        let code = plain(code)?;
        let current = step(now);
        let mut found = None;
        // Each of the three is compared, so that the time tells nothing.
        for candidate in [current - 1, current, current + 1] {
            if bool::from(self.code(candidate).as_bytes().ct_eq(code.as_bytes())) {
                found = Some(candidate);
            }
        }
        found
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

/// The step that a moment lies in (RFC 6238 §4.2, with T0 = 0).
pub const fn step(now: Timestamp) -> i64 {
    now.as_micros().div_euclid(1_000_000 * STEP_SECONDS)
}

/// A code as people type it: six digits, perhaps with spaces between.
fn plain(typed: &str) -> Option<String> {
    if typed.len() > 32 {
        return None;
    }
    let digits: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    (digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use kernel::entropy::{Counting, SystemEntropy};

    use super::*;

    fn rfc() -> Key {
        Key::from_bytes(Zeroizing::new(b"12345678901234567890".to_vec()))
    }

    /// C1: the vectors of RFC 6238, appendix B, cut to six digits.
    #[test]
    fn the_codes_are_those_of_the_standard() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let now = Timestamp::from_seconds(seconds);
            assert_eq!(rfc().code(step(now)), code, "{seconds}");
            assert_eq!(rfc().matching_step(code, now), Some(step(now)));
        }
    }

    /// C10, S13: the step before and the one after are taken, none further away.
    #[test]
    fn neighbours_are_taken_and_others_not() {
        let now = Timestamp::from_seconds(1_800_000_000);
        let key = Key::new(&Counting::new(4));
        for (away, is_taken) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let found = key.matching_step(&key.code(step(now) + away), now);
            assert_eq!(found.is_some(), is_taken, "{away}");
        }
        assert_eq!(key.matching_step(&format!(" {} ", key.code(step(now))), now), Some(step(now)));
        for bad in ["", "12345", "1234567", "12345a", "१२३४५६", &"1".repeat(4000)] {
            assert_eq!(key.matching_step(bad, now), None, "{bad}");
        }
    }

    /// S15: 160 bits each, from the system, none twice, each bit as often set as not.
    #[test]
    fn keys_are_chance() {
        let mut seen = std::collections::HashSet::new();
        let mut ones = [0_u32; KEY_LENGTH * 8];
        for _ in 0..10_000 {
            let key = Key::new(&SystemEntropy);
            assert_eq!(key.as_bytes().len(), 20);
            for (place, count) in ones.iter_mut().enumerate() {
                *count += u32::from(key.as_bytes()[place / 8] >> (place % 8) & 1);
            }
            assert!(seen.insert(key.as_bytes().to_vec()));
        }
        // 160 counts with mean 5000 and variance 2500: chi-squared with 160 degrees of freedom stays below 265 in all but
        // one of a million runs.
        let chi_squared: f64 = ones.iter().map(|count| (f64::from(*count) - 5000.0).powi(2) / 2500.0).sum();
        assert!(chi_squared < 265.0, "{chi_squared}");
    }

    #[test]
    fn the_key_is_shown_in_base32() {
        assert_eq!(*rfc().base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(rfc().grouped().split(' ').map(str::len).collect::<Vec<_>>(), [4; 8]);
        assert_eq!(*Key::from_bytes(Zeroizing::new(b"foob".to_vec())).base32(), "MZXW6YQ");
    }

    /// S79: a name cannot add a parameter to what the QR code says.
    #[test]
    fn names_are_only_names() {
        let uri = rfc().uri("Evil&secret=AAAA:x/y?", "ana+b@example.com?digits=8");
        let parsed = url::Url::parse(&uri).expect("a URI");
        let parameters: Vec<String> = parsed.query_pairs().map(|(name, _)| name.into_owned()).collect();
        assert_eq!(parameters, ["secret", "issuer", "algorithm", "digits", "period"]);
        assert_eq!(parsed.query_pairs().nth(1).expect("issuer").1, "Evil&secret=AAAA x/y?");
        assert!(uri.starts_with("otpauth://totp/Evil%26secret%3DAAAA%20x%2Fy%3F:ana%2Bb%40example.com"));
    }
}
