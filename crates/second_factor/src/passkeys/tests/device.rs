//! An authenticator and its browser in software, which lies wherever a test wants it to.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::UserId;
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Map, Value, json};

pub const ORIGIN: &str = "https://access.example.com";
const HOST: &str = "access.example.com";

pub const PRESENT: u8 = 1;
pub const VERIFIED: u8 = 1 << 2;
pub const BACKUP_ELIGIBLE: u8 = 1 << 3;
pub const BACKED_UP: u8 = 1 << 4;
const HAS_CREDENTIAL: u8 = 1 << 6;

/// Whose passkey the answer says that it is.
#[derive(Clone, Copy)]
pub enum Handle {
    /// The person's that it was made for.
    Own,
    Of(UserId),
    Nobody,
}

/// What the browser and the authenticator claim. By default the truth.
#[derive(Clone)]
pub struct Claims {
    pub kind: Option<&'static str>,
    pub origin: String,
    pub host: String,
    pub extra: Map<String, Value>,
    pub flags: u8,
    pub counter: u32,
    pub handle: Handle,
    /// In place of the credential's own id.
    pub credential_id: Option<Vec<u8>>,
    /// In place of what the server asked.
    pub challenge: Option<String>,
}

impl Default for Claims {
    fn default() -> Self {
        Self {
            kind: None,
            origin: ORIGIN.to_owned(),
            host: HOST.to_owned(),
            extra: Map::new(),
            flags: PRESENT | VERIFIED,
            counter: 0,
            handle: Handle::Own,
            credential_id: None,
            challenge: None,
        }
    }
}

impl Claims {
    fn client_data(&self, kind: &'static str, options: &Value) -> Vec<u8> {
        let challenge = self.challenge.as_deref().or(options["challenge"].as_str()).expect("a challenge");
        let mut data = json!({
            "type": self.kind.unwrap_or(kind), "challenge": challenge, "origin": self.origin, "crossOrigin": false,
        });
        data.as_object_mut().expect("an object").extend(self.extra.clone());
        data.to_string().into_bytes()
    }

    fn authenticator_data(&self, credential: &[u8]) -> Vec<u8> {
        let mut data = digest(&SHA256, self.host.as_bytes()).as_ref().to_vec();
        data.push(self.flags | if credential.is_empty() { 0 } else { HAS_CREDENTIAL });
        data.extend(self.counter.to_be_bytes());
        data.extend(credential);
        data
    }
}

/// One passkey on a device.
pub struct Device {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    user: Option<UserId>,
    chance: SystemRandom,
}

impl Device {
    pub fn new() -> Self {
        let chance = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &chance).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), &chance)
            .expect("a key");
        let id = digest(&SHA256, key.public_key().as_ref()).as_ref().to_vec();
        Self { key, id, user: None, chance }
    }

    pub fn id(&self) -> Vec<u8> {
        self.id.clone()
    }

    pub fn register(&mut self, options: &Value) -> Value {
        self.register_with(options, &Claims::default())
    }

    pub fn register_with(&mut self, options: &Value, claims: &Claims) -> Value {
        let handle = options["user"]["id"].as_str().expect("a handle");
        let handle = URL_SAFE_NO_PAD.decode(handle).expect("base64url");
        self.user = Some(UserId::from_bytes(handle.try_into().expect("16 bytes")));
        let client_data = claims.client_data("webauthn.create", options);
        let mut credential = vec![0; 16];
        credential.extend(u16::try_from(self.id.len()).expect("short").to_be_bytes());
        credential.extend(&self.id);
        credential.extend(self.cose_key());
        let data = claims.authenticator_data(&credential);
        // {"fmt": "none", "attStmt": {}, "authData": …} in CBOR.
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt");
        object.push(0x64);
        object.extend(b"none");
        object.push(0x67);
        object.extend(b"attStmt");
        object.extend([0xa0, 0x68]);
        object.extend(b"authData");
        object.extend([0x58, u8::try_from(data.len()).expect("short")]);
        object.extend(&data);
        json!({
            "id": encode(&self.id), "rawId": encode(&self.id), "type": "public-key",
            "response": { "clientDataJSON": encode(&client_data), "attestationObject": encode(&object) },
            "clientExtensionResults": {},
        })
    }

    pub fn sign(&self, options: &Value) -> Value {
        self.sign_with(options, &Claims::default())
    }

    pub fn sign_with(&self, options: &Value, claims: &Claims) -> Value {
        let client_data = claims.client_data("webauthn.get", options);
        let data = claims.authenticator_data(&[]);
        let mut signed = data.clone();
        signed.extend(digest(&SHA256, &client_data).as_ref());
        let signature = self.key.sign(&self.chance, &signed).expect("a signature");
        let id = claims.credential_id.as_ref().unwrap_or(&self.id);
        let handle = match claims.handle {
            Handle::Own => self.user,
            Handle::Of(user) => Some(user),
            Handle::Nobody => None,
        };
        let handle = handle.map(|user| encode(user.as_bytes()));
        json!({
            "id": encode(id), "rawId": encode(id), "type": "public-key",
            "response": {
                "clientDataJSON": encode(&client_data), "authenticatorData": encode(&data),
                "signature": encode(signature.as_ref()), "userHandle": handle,
            },
            "clientExtensionResults": {},
        })
    }

    /// `{1: 2, 3: -7, -1: 1, -2: x, -3: y}` in CBOR: a point on P-256 for ES256.
    fn cose_key(&self) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        let mut key = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
        key.extend(&point[1..33]);
        key.extend([0x22, 0x58, 0x20]);
        key.extend(&point[33..65]);
        key
    }
}

pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
