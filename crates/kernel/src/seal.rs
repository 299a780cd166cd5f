//! Sealing what the database keeps but must not be read in a copy of it: XChaCha20-Poly1305 under a key that is not in the
//! database.
//!
//! **Invariant:** a sealed value opens only in the row that it was sealed for, so that two rows cannot change places.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use hmac::{Hmac, Mac as _};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{Entropy, Error};

const NONCE: usize = 24;

/// The keys of this installation, the newest first. Only the newest seals; the others open what they sealed until it was
/// sealed anew.
pub struct Sealing(Vec<Key>);

struct Key {
    name: String,
    check: String,
    cipher: XChaCha20Poly1305,
}

impl Sealing {
    /// `keys` has at least one key, the newest first. Without any, nothing can be sealed and nothing opened.
    pub fn new(keys: &[[u8; 32]]) -> Self {
        let known = |key: &[u8; 32]| Key {
            name: name(key),
            check: check(key),
            cipher: XChaCha20Poly1305::new(&(*key).into()),
        };
        Self(keys.iter().map(known).collect())
    }

    /// Seals something for one row of the database.
    pub fn seal(&self, row: &str, plain: &[u8], entropy: &dyn Entropy) -> Result<String, Error> {
        let fault = || Error::internal("a secret could not be sealed");
        let key = self.0.first().ok_or_else(fault)?;
        let mut nonce = [0; NONCE];
        entropy.fill(&mut nonce);
        let sealed = key
            .cipher
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: row.as_bytes() })
            .map_err(|_| fault())?;
        Ok(format!("{}.{}", key.name, STANDARD.encode([nonce.as_slice(), &sealed].concat())))
    }

    /// Opens what was sealed for this row. An error if it is damaged, of another row, or of a key that is not here.
    pub fn open(&self, row: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
        let fault = || Error::internal(format!("what is sealed in {row} cannot be opened"));
        // The first version sealed without saying with which key.
        let (name, body) = sealed.split_once('.').map_or((None, sealed), |(name, body)| (Some(name), body));
        let bytes = STANDARD.decode(body).map_err(|_| fault())?;
        let (nonce, body) = bytes.split_first_chunk::<NONCE>().ok_or_else(fault)?;
        let mut keys = self.0.iter().filter(|key| name.is_none_or(|name| name == key.name));
        keys.find_map(|key| {
            key.cipher.decrypt(&XNonce::from(*nonce), Payload { msg: body, aad: row.as_bytes() }).ok()
        })
        .map(Zeroizing::new)
        .ok_or_else(fault)
    }

    /// Whether it is sealed under the newest key.
    pub fn is_newest(&self, sealed: &str) -> bool {
        let named = sealed.split_once('.').map(|(name, _)| name);
        self.0.first().is_some_and(|newest| named == Some(newest.name.as_str()))
    }

    /// The names of the keys, the newest first. A name tells nothing about its key.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|key| key.name.as_str())
    }

    /// For each key its name and what shows that a database was made with it, the newest first. Neither tells anything
    /// about the key.
    pub fn checks(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|key| (key.name.as_str(), key.check.as_str()))
    }
}

impl std::fmt::Debug for Sealing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealing(…)")
    }
}

/// By what a sealed value says which key opens it.
fn name(key: &[u8; 32]) -> String {
    let digest = Sha256::new().chain_update(b"latchstring key name 1").chain_update(key).finalize();
    hexadecimal(&digest[..4])
}

/// What the database keeps to notice at a start that it is not opened with its own key.
fn check(key: &[u8; 32]) -> String {
    // HMAC pads a key that is shorter than its block of 64 bytes with zeros.
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&(*block).into());
    mac.update(b"latchstring key check 1");
    hexadecimal(&mac.finalize().into_bytes())
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Counting;

    /// S17: only with the key, only in its row, and not after a byte was changed.
    #[test]
    fn a_seal_opens_in_its_row_only() {
        let (old, new) = (Sealing::new(&[[1; 32]]), Sealing::new(&[[2; 32], [1; 32]]));
        let chance = Counting::new(5);
        let sealed = old.seal("totp_a", b"the seed", &chance).expect("sealed");
        assert_eq!(**new.open("totp_a", &sealed).expect("opened by the older key"), *b"the seed");
        assert!(old.is_newest(&sealed) && !new.is_newest(&sealed));
        assert!(old.open("totp_b", &sealed).is_err(), "another row");
        assert!(Sealing::new(&[[3; 32]]).open("totp_a", &sealed).is_err(), "another key");
        let mut changed = sealed.clone().into_bytes();
        let place = changed.len() - 3;
        changed[place] ^= 1;
        let changed = String::from_utf8(changed).expect("ASCII");
        assert!(old.open("totp_a", &changed).is_err(), "changed");
        assert!(!sealed.contains("seed"));
    }

    /// S66: what the first version sealed, without the name of a key, is opened by whichever of the keys sealed it.
    #[test]
    fn what_names_no_key_is_opened_too() {
        let (old, new) = (Sealing::new(&[[1; 32]]), Sealing::new(&[[2; 32], [1; 32]]));
        let sealed = old.seal("key_a", b"a private key", &Counting::new(5)).expect("sealed");
        let (_, unnamed) = sealed.split_once('.').expect("a name");
        for keys in [&old, &new] {
            assert_eq!(**keys.open("key_a", unnamed).expect("opened"), *b"a private key");
            assert!(!keys.is_newest(unnamed), "to be sealed anew, with a name");
            assert!(keys.open("key_b", unnamed).is_err(), "another row");
        }
        assert!(Sealing::new(&[[3; 32]]).open("key_a", unnamed).is_err(), "another key");
    }

    #[test]
    fn a_key_is_known_by_its_name_and_its_check_for_ever() {
        let keys = Sealing::new(&[[0; 32], [1; 32]]);
        let names: Vec<&str> = keys.names().collect();
        assert_eq!(names.len(), 2);
        assert_ne!(names[0], names[1]);
        let checks: Vec<(&str, &str)> = keys.checks().collect();
        assert_eq!(checks[0].1, by_definition());
        assert_ne!(checks[0].1, checks[1].1);
        assert_eq!(checks.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names);
    }

    /// HMAC by its definition (RFC 2104), to notice if the value ever changes.
    fn by_definition() -> String {
        let label = b"latchstring key check 1";
        let inner = Sha256::new().chain_update([0x36; 64]).chain_update(label).finalize();
        let outer = Sha256::new().chain_update([0x5c; 64]).chain_update(inner).finalize();
        hexadecimal(&outer)
    }
}
