//! Ids: a UUID version 7 behind a word that says what it names, such as `grp_0e8…`.
//!
//! An id is never a secret; what opens something is a [`crate::Secret`].

use std::{cmp::Ordering, fmt, hash, marker::PhantomData, str::FromStr};

use crate::{Entropy, Timestamp};

/// Crockford's base 32: no `I`, `L`, `O`, `U`, so that an id can be read out.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What an id names; the prefix is part of its text.
pub trait Kind {
    const PREFIX: &'static str;
}

/// An id of one kind. Sorts by the moment at which it was made.
pub struct Id<K>([u8; 16], PhantomData<fn() -> K>);

impl<K: Kind> Id<K> {
    /// Makes a new id: 48 bits of milliseconds, 12 bits of what is left of the microseconds, then chance (RFC 9562 §5.7
    /// and §6.2, method 3), so that ids sort by microsecond.
    pub fn new(now: Timestamp, entropy: &dyn Entropy) -> Self {
        let mut random = [0; 10];
        entropy.fill(&mut random);
        let micros = u64::try_from(now.as_micros()).unwrap_or(0);
        let milliseconds = micros / 1000;
        let fraction = u16::try_from((micros % 1000) * 4096 / 1000).unwrap_or(0);
        random[..2].copy_from_slice(&fraction.to_be_bytes());
        Self(
            *uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid().as_bytes(),
            PhantomData,
        )
    }

    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes, PhantomData)
    }

    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// The text is not an id of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnId(pub &'static str);

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not an id of the form {}_…", self.0)
    }
}

impl std::error::Error for NotAnId {}

impl<K: Kind> FromStr for Id<K> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let wrong = NotAnId(K::PREFIX);
        let body = text.strip_prefix(K::PREFIX).and_then(|rest| rest.strip_prefix('_')).ok_or(wrong)?;
        if body.len() != 26 {
            return Err(wrong);
        }
        let mut value: u128 = 0;
        for (place, character) in body.bytes().enumerate() {
            // Only the spelling that we print: one id has one text, in keys and in the database.
            let digit = ALPHABET.iter().position(|c| *c == character).ok_or(wrong)?;
            if place == 0 && digit > 7 {
                return Err(wrong);
            }
            value = (value << 5) | digit as u128;
        }
        Ok(Self(value.to_be_bytes(), PhantomData))
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = u128::from_be_bytes(self.0);
        let mut text = [0u8; 26];
        for (place, slot) in text.iter_mut().enumerate() {
            *slot = ALPHABET[((value >> (5 * (25 - place))) & 31) as usize];
        }
        write!(f, "{}_{}", K::PREFIX, std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// By hand, because a derive would ask the same of the kind, which is never made.
impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> hash::Hash for Id<K> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<K: Kind> serde::Serialize for Id<K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> serde::Deserialize<'de> for Id<K> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $id:ident $prefix:literal;)*) => {$(
        #[doc(hidden)]
        #[derive(Debug, Clone, Copy)]
        pub enum $kind {}
        impl Kind for $kind {
            const PREFIX: &'static str = $prefix;
        }
        $(#[$doc])*
        pub type $id = Id<$kind>;
    )*};
}

kinds! {
    /// A customer's account in the vendor's product.
    OrganizationKind OrganizationId "grp";
    /// A human being, whatever they are to whom.
    UserKind UserId "usr";
    /// A person's place in an organization.
    MembershipKind MembershipId "mbr";
    InvitationKind InvitationId "inv";
    SessionKind SessionId "ses";
    /// The one object behind every way in.
    GrantKind GrantId "gr";
    /// A product that is protected.
    ApplicationKind ApplicationId "app";
    ApiKeyKind ApiKeyId "key";
    SigningKeyKind SigningKeyId "sig";
    /// An entry of the audit log; its order is the order of the log.
    EventKind EventId "evt";
    MailKind MailId "mail";
    /// The key of an authenticator app.
    TotpKeyKind TotpKeyId "totp";
    PasskeyKind PasskeyId "pky";
    /// A challenge that a browser answers with a passkey.
    CeremonyKind CeremonyId "cer";
    RecoveryCodeKind RecoveryCodeId "rcc";
    /// A browser that is not asked for a code.
    DeviceKind DeviceId "dev";
    /// A sign-in whose password was right and that is no session yet.
    FlowKind FlowId "sif";
    /// A link by mail about a person's own account.
    LinkKind LinkId "lnk";
    LostDeviceKind LostDeviceId "ldr";
    IntegrationLoginKind IntegrationLoginId "ilg";
    /// What a person asks for from inside, instead of by phone.
    RequestKind RequestId "arq";
    /// A code with which an agent vouches for a person who sets up a second factor.
    SetUpCodeKind SetUpCodeId "suc";
    /// A provider at which an organization's people sign in.
    ConnectionKind ConnectionId "sso";
    /// How a provider is spoken to: one set of settings, never changed.
    ConnectionSettingsKind ConnectionSettingsId "scs";
    /// A mail domain of an organization.
    DomainKind DomainId "dom";
    /// A person's account at a provider.
    IdentityKind IdentityId "idn";
    /// A browser that is on its way to a provider and back.
    ErrandKind ErrandId "ern";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Counting;

    #[test]
    fn text_and_id_are_one_to_one() {
        let id = UserId::new(Timestamp::from_micros(1_790_000_000_000_000), &Counting::new(7));
        let text = id.to_string();
        assert_eq!(text.parse::<UserId>(), Ok(id));
        assert!(text.parse::<GrantId>().is_err(), "another kind is refused");
        assert!(text.to_uppercase().parse::<UserId>().is_err(), "one spelling only");
        assert!(format!("{text}0").parse::<UserId>().is_err());
        assert!("usr_zzzzzzzzzzzzzzzzzzzzzzzzzz".parse::<UserId>().is_err(), "more than 128 bits");
    }

    #[test]
    fn later_ids_sort_later() {
        let chance = Counting::new(1);
        let early = GrantId::new(Timestamp::from_micros(1_000_000), &chance);
        let late = GrantId::new(Timestamp::from_micros(1_000_001), &chance);
        assert!(early < late);
        assert!(early.to_string() < late.to_string());
    }
}
