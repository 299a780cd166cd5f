//! The keys that sign assertions: ES256, one that signs and the next one published before it does.
//!
//! A private key exists in memory and, sealed under the key file, in its row.

use std::sync::{Arc, PoisonError, RwLock};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Duration, Error, SigningKeyId, Timestamp};
use operation::{Call, Work, World, audit::Entry};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};

use crate::rows::{self, StoredKey};

/// The media type in the header of an assertion, so that no other token of ours can be taken for one.
pub const ASSERTION_TYPE: &str = "latchstring-assertion+jwt";

const SIGNS_FOR: Duration = Duration::days(30);
/// After its last signature a key stays published until the last assertion is long over.
const PUBLISHED_AFTER: Duration = Duration::days(7);

/// The keys of this installation.
pub struct Keyring {
    keys: RwLock<Arc<[Key]>>,
    random: SystemRandom,
}

struct Key {
    id: SigningKeyId,
    pair: EcdsaKeyPair,
    /// The protected header as it stands in every assertion of this key, with its dot.
    header: String,
    signs_from: Timestamp,
    signs_until: Timestamp,
    published_until: Timestamp,
}

impl Keyring {
    /// Reads the keys, and makes those that are missing.
    pub async fn open(call: &Call) -> Result<Arc<Self>, Error> {
        let keyring = Self { keys: RwLock::new(Arc::new([])), random: SystemRandom::new() };
        keyring.renew(call).await?;
        Ok(Arc::new(keyring))
    }

    /// Makes the next key when it is time to publish it. To be called now and then while the server runs.
    pub async fn renew(&self, call: &Call) -> Result<(), Error> {
        let mut work = call.begin().await?;
        let mut entries = Vec::new();
        let mut stored = rows::published_keys(&mut work, call.now).await?;
        loop {
            let last_until = stored.last().map_or(call.now, |key| key.signs_until.max(call.now));
            if !stored.is_empty() && last_until > call.now + SIGNS_FOR {
                break;
            }
            let key = self.make(&mut work, last_until).await?;
            entries.push(Entry::new("signing_key.created").subject(key.id));
            stored.push(key);
        }
        let keys = stored
            .iter()
            .map(|key| self.unsealed(&call.world, key))
            .collect::<Result<Arc<[Key]>, Error>>()?;
        if !entries.is_empty() {
            work.commit_all(entries).await?;
        }
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    async fn make(&self, work: &mut Work, signs_from: Timestamp) -> Result<StoredKey, Error> {
        let call = work.call().clone();
        let id: SigningKeyId = call.new_id();
        let private = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.random)
            .map_err(|_| Error::internal("no key could be made"))?;
        let pair = pair(private.as_ref(), &self.random)?;
        let sealed_private_key =
            call.world.sealing.seal(&id.to_string(), private.as_ref(), &*call.world.entropy)?;
        let signs_until = signs_from + SIGNS_FOR;
        let key = StoredKey {
            id,
            sealed_private_key,
            public_key: URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()),
            signs_from,
            signs_until,
            published_until: signs_until + PUBLISHED_AFTER,
        };
        rows::insert_key(work, &key, call.now).await?;
        Ok(key)
    }

    fn unsealed(&self, world: &World, stored: &StoredKey) -> Result<Key, Error> {
        let row = stored.id.to_string();
        let private = world.sealing.open(&row, &stored.sealed_private_key)?;
        let pair = pair(&private, &self.random)?;
        if URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()) != stored.public_key {
            return Err(Error::internal(format!("the signing key {row} is not the one that its row tells")));
        }
        let header = json!({ "typ": ASSERTION_TYPE, "alg": "ES256", "kid": row }).to_string();
        Ok(Key {
            id: stored.id,
            pair,
            header: format!("{}.", URL_SAFE_NO_PAD.encode(header)),
            signs_from: stored.signs_from,
            signs_until: stored.signs_until,
            published_until: stored.published_until,
        })
    }

    fn keys(&self) -> Arc<[Key]> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The claims, a JSON object, as a compact JWS.
    pub fn sign(&self, claims: &[u8], now: Timestamp) -> Result<String, Error> {
        let keys = self.keys();
        // If the next key could not be made in time, the last one goes on: it is published long enough.
        let key = keys
            .iter()
            .find(|key| key.signs_from <= now && now < key.signs_until)
            .or_else(|| keys.iter().rfind(|key| key.signs_from <= now && now < key.published_until))
            .ok_or_else(|| Error::Unavailable("there is no key that signs".to_owned()))?;
        let mut token = String::with_capacity(key.header.len() + claims.len() * 4 / 3 + 96);
        token.push_str(&key.header);
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = key
            .pair
            .sign(&self.random, token.as_bytes())
            .map_err(|_| Error::internal("an assertion could not be signed"))?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut token);
        Ok(token)
    }

    /// The public halves, for whoever verifies (RFC 7517).
    pub fn jwks(&self, now: Timestamp) -> Value {
        let keys = self.keys();
        let published = keys.iter().filter(|key| now < key.published_until);
        let keys: Vec<Value> = published.filter_map(Key::jwk).collect();
        json!({ "keys": keys })
    }
}

impl Key {
    fn jwk(&self) -> Option<Value> {
        // The uncompressed point: 4, then x, then y.
        let (x, y) = self.pair.public_key().as_ref().get(1..)?.split_at_checked(32)?;
        Some(json!({
            "kty": "EC",
            "crv": "P-256",
            "use": "sig",
            "alg": "ES256",
            "kid": self.id,
            "x": URL_SAFE_NO_PAD.encode(x),
            "y": URL_SAFE_NO_PAD.encode(y),
        }))
    }
}

/// Renews the keys for as long as the server runs.
pub async fn run(keyring: Arc<Keyring>, world: Arc<World>) {
    loop {
        world.clock.wait_until(world.clock.now() + Duration::hours(1)).await;
        if let Err(error) = keyring.renew(&Call::by_system(&world)).await {
            tracing::error!(%error, "the signing keys could not be renewed");
        }
    }
}

fn pair(private: &[u8], random: &SystemRandom) -> Result<EcdsaKeyPair, Error> {
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, private, random)
        .map_err(|_| Error::internal("a signing key cannot be read"))
}
