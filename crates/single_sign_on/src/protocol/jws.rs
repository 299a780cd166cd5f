//! Signed tokens, read strictly: compact form, the algorithms of [`Algorithm`] and no others, a key of the set that the
//! provider publishes. What a token says of its own key beyond the name of it is not looked at.
//!
//! **Invariant:** nothing that is in a set of keys or in a token makes this panic.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::Value;

use super::Refused;

/// Longer than any honest token.
const LONGEST: usize = 16 * 1024;
/// So many keys of a set are looked at.
const MOST_KEYS: usize = 50;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
}

impl Algorithm {
    /// Neither `none` nor anything with a shared secret is in here (S49).
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "EdDSA" | "Ed25519" => Self::EdDsa,
            _ => return None,
        })
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
    b64: Option<Value>,
}

/// What a token that is rightly signed says.
#[derive(Debug)]
pub struct Signed {
    /// In small letters, without `application/`.
    pub typ: Option<String>,
    pub payload: Vec<u8>,
}

/// One key of a provider.
#[derive(Debug)]
pub struct Key {
    kid: Option<String>,
    alg: Option<Algorithm>,
    material: Material,
}

#[derive(Debug)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// The keys of a set that are for signatures. A key that cannot be one is passed over: it takes nothing from the others.
pub fn keys(set: &[u8]) -> Result<Vec<Key>, Refused> {
    let set: KeySet = serde_json::from_slice(set).map_err(|_| Refused("keys_unreadable"))?;
    Ok(set.keys.into_iter().take(MOST_KEYS).filter_map(key).collect())
}

fn key(value: Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    if jwk.usage.as_deref().is_some_and(|usage| usage != "sig") {
        return None;
    }
    let bytes = |text: Option<&String>| URL_SAFE_NO_PAD.decode(text?).ok();
    let point = |size: usize| {
        let (x, y) = (bytes(jwk.x.as_ref())?, bytes(jwk.y.as_ref())?);
        (x.len() == size && y.len() == size).then(|| [&[4][..], &x, &y].concat())
    };
    let material = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("RSA", _) => {
            let whole = |text| bytes(text).map(|bytes| without_leading_zeros(&bytes));
            Material::Rsa { n: whole(jwk.n.as_ref())?, e: whole(jwk.e.as_ref())? }
        }
        ("EC", Some("P-256")) => Material::P256(point(32)?),
        ("EC", Some("P-384")) => Material::P384(point(48)?),
        ("OKP", Some("Ed25519")) => Material::Ed25519(bytes(jwk.x.as_ref()).filter(|x| x.len() == 32)?),
        _ => return None,
    };
    let alg = match &jwk.alg {
        Some(alg) => Some(Algorithm::parse(alg)?),
        None => None,
    };
    Some(Key { kid: jwk.kid, alg, material })
}

fn without_leading_zeros(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().skip_while(|byte| *byte == 0).collect()
}

/// The one word for a token whose key is not in the set: the set may be older than the token.
pub const UNKNOWN_KEY: Refused = Refused("unknown_key");

/// Checks the signature of a token.
pub fn verify(token: &str, keys: &[Key]) -> Result<Signed, Refused> {
    if token.len() > LONGEST {
        return Err(Refused("token_too_long"));
    }
    let mut parts = token.split('.');
    let (Some(head), Some(body), Some(mark), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Refused("not_a_token"));
    };
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused("not_a_token"));
    let header: Header = serde_json::from_slice(&decode(head)?).map_err(|_| Refused("not_a_token"))?;
    if header.crit.is_some() || header.b64.is_some() {
        return Err(Refused("unknown_extension"));
    }
    let alg = Algorithm::parse(&header.alg).ok_or(Refused("wrong_algorithm"))?;
    let payload = decode(body)?;
    let mark = decode(mark)?;
    let message = &token.as_bytes()[..head.len() + 1 + body.len()];
    let named: Vec<&Key> = match &header.kid {
        Some(kid) => keys.iter().filter(|key| key.kid.as_ref() == Some(kid)).collect(),
        // Without a name there must be no choice.
        None => match keys {
            [only] => vec![only],
            _ => return Err(UNKNOWN_KEY),
        },
    };
    if named.is_empty() {
        return Err(UNKNOWN_KEY);
    }
    if !named.iter().any(|key| key.is_signed(alg, message, &mark)) {
        return Err(Refused("wrong_signature"));
    }
    let typ = header.typ.map(|typ| typ.to_ascii_lowercase());
    let typ = typ.map(|typ| typ.strip_prefix("application/").map_or(typ.clone(), ToOwned::to_owned));
    Ok(Signed { typ, payload })
}

impl Key {
    fn is_signed(&self, alg: Algorithm, message: &[u8], mark: &[u8]) -> bool {
        if self.alg.is_some_and(|own| own != alg) {
            return false;
        }
        let plain = |of: &'static dyn signature::VerificationAlgorithm, key: &[u8]| {
            UnparsedPublicKey::new(of, key).verify(message, mark).is_ok()
        };
        match (&self.material, alg) {
            (Material::P256(point), Algorithm::Es256) => plain(&signature::ECDSA_P256_SHA256_FIXED, point),
            (Material::P384(point), Algorithm::Es384) => plain(&signature::ECDSA_P384_SHA384_FIXED, point),
            (Material::Ed25519(x), Algorithm::EdDsa) => plain(&signature::ED25519, x),
            (Material::Rsa { n, e }, alg) => rsa(alg).is_some_and(|of| {
                // Sizes are judged in there: 2048 to 8192 bits, and an exponent of at most 33.
                RsaPublicKeyComponents { n, e }.verify(of, message, mark).is_ok()
            }),
            _ => false,
        }
    }
}

fn rsa(alg: Algorithm) -> Option<&'static signature::RsaParameters> {
    Some(match alg {
        Algorithm::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
        Algorithm::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
        Algorithm::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
        Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa => return None,
    })
}
