//! This server as browsers know it: by its host and its origin.
//!
//! **Invariant:** an answer counts only if the browser says that it was given at exactly this origin, in no frame of
//! another, and the authenticator signed that (S80).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Error, UserId};
use operation::{Call, Settings};
use serde::Deserialize;
use serde_json::{Value, json};
use url::{Host, Url};
use uuid::Uuid;
use webauthn_rs::prelude::{
    CredentialID, DiscoverableAuthentication, Passkey as Credential, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential, Webauthn, WebauthnBuilder, WebauthnError,
};

use super::model::{CEREMONY_LASTS, Passkey};

/// Longer than any answer of an authenticator.
const LONGEST_ANSWER: usize = 64 * 1024;

pub struct Party {
    webauthn: Webauthn,
    origin: String,
}

/// Why an answer does not count, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason(pub &'static str);

/// What the browser says of where an answer was given. The same field twice, or a value of another type, is no answer.
#[derive(Deserialize)]
struct ClientData {
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    is_cross_origin: bool,
    #[serde(default, rename = "topOrigin")]
    top_origin: Option<String>,
}

/// Whether browsers offer passkeys at the address at which this server is opened: a name (an IP address can have none),
/// over HTTPS or on the machine itself.
pub fn is_offered(settings: &Settings, host: &str) -> bool {
    address(settings, host).is_some()
}

fn address(settings: &Settings, host: &str) -> Option<Url> {
    let url = Url::parse(&settings.seen_from(&settings.public_url, host)).ok()?;
    let Some(Host::Domain(name)) = url.host() else { return None };
    let is_safe = url.scheme() == "https" || name == "localhost" || name.ends_with(".localhost");
    is_safe.then_some(url)
}

impl Party {
    pub fn of(call: &Call) -> Result<Self, Error> {
        let settings = &call.world.settings;
        let url = address(settings, &call.origin.host).ok_or_else(|| {
            Error::forbidden(
                "passkeys_not_here",
                "Passkeys need an address with a name and HTTPS, and this server is opened without one.",
            )
        })?;
        let host = url.host_str().unwrap_or_default();
        let name = if settings.vendor_name.is_empty() { "Latchstring" } else { &settings.vendor_name };
        let webauthn = WebauthnBuilder::new(host, &url)
            .and_then(|builder| builder.rp_name(name).timeout(CEREMONY_LASTS.to_std()).build())
            .map_err(Error::internal)?;
        Ok(Self { webauthn, origin: url.origin().ascii_serialization() })
    }

    /// What the browser is to be asked for a new passkey, and what its answer is held against.
    pub fn begin_registration(
        &self,
        user: UserId,
        email: &str,
        name: &str,
        known: &[Passkey],
    ) -> Result<(Value, String), Error> {
        let known: Vec<CredentialID> =
            known.iter().filter_map(|one| URL_SAFE_NO_PAD.decode(&one.credential_id).ok()).collect();
        let handle = Uuid::from_bytes(*user.as_bytes());
        let (asked, state) = self
            .webauthn
            .start_passkey_registration(handle, email, name, Some(known))
            .map_err(Error::internal)?;
        let mut options = serde_json::to_value(asked.public_key).map_err(Error::internal)?;
        // So that it can sign in by itself; a key without room for it is taken all the same, for the second step.
        options["authenticatorSelection"]["residentKey"] = json!("preferred");
        Ok((options, serde_json::to_string(&state).map_err(Error::internal)?))
    }

    /// The credential of an answer that counts, and its id.
    pub fn finish_registration(&self, state: &str, answer: &Value) -> Result<(String, String), Refusal> {
        let state: PasskeyRegistration = serde_json::from_str(state).map_err(Error::internal)?;
        let answer: RegisterPublicKeyCredential = read(answer)?;
        self.check_place(&answer.type_, &answer.response.client_data_json)?;
        let credential =
            self.webauthn.finish_passkey_registration(&answer, &state).map_err(|why| reason(&why))?;
        let id = URL_SAFE_NO_PAD.encode(credential.cred_id());
        Ok((id, serde_json::to_string(&credential).map_err(Error::internal)?))
    }

    /// What the browser is to be asked: one of `known`, or whichever it has for this server if there are none.
    pub fn begin_sign_in(&self, known: &[Passkey]) -> Result<(Value, String), Error> {
        // The state is a challenge and the demand that the person is verified. The credential is taken from the database
        // when the answer is there, so that one which was removed or counted on meanwhile is seen as it is then.
        let (asked, state) = self.webauthn.start_discoverable_authentication().map_err(Error::internal)?;
        let mut options = serde_json::to_value(asked.public_key).map_err(Error::internal)?;
        options["allowCredentials"] =
            known.iter().map(|one| json!({ "type": "public-key", "id": one.credential_id })).collect();
        Ok((options, serde_json::to_string(&state).map_err(Error::internal)?))
    }

    /// Which credential an answer names, and whose it says that it is. Nothing is proved by that yet.
    pub fn read_answer(answer: &Value) -> Result<Answer, Refusal> {
        let answer: PublicKeyCredential = read(answer)?;
        let credential_id = URL_SAFE_NO_PAD.encode(&answer.raw_id);
        if answer.id != credential_id {
            return Err(Reason("malformed").into());
        }
        let user = match answer.get_user_unique_id() {
            None => None,
            Some(handle) => {
                let bytes = handle.try_into().map_err(|_| Reason("user_handle"))?;
                Some(UserId::from_bytes(bytes))
            }
        };
        Ok(Answer { answer, credential_id, user })
    }

    /// The credential as it is after an answer that counts.
    pub fn finish_sign_in(&self, state: &str, answer: &Answer, passkey: &Passkey) -> Result<String, Refusal> {
        let state: DiscoverableAuthentication = serde_json::from_str(state).map_err(Error::internal)?;
        let mut credential: Credential =
            serde_json::from_str(&passkey.credential).map_err(Error::internal)?;
        let answer = &answer.answer;
        self.check_place(&answer.type_, &answer.response.client_data_json)?;
        let result = self
            .webauthn
            .finish_discoverable_authentication_v2(answer, state, &credential)
            .map_err(|why| reason(&why))?;
        if !result.user_verified() {
            return Err(Reason("user_not_verified").into());
        }
        credential.update_credential(&result).ok_or(Reason("other_credential"))?;
        Ok(serde_json::to_string(&credential).map_err(Error::internal)?)
    }

    /// The library compares addresses as it reads them, and looks at frames only when a passkey is made. Here the browser's
    /// own words are held against ours, letter by letter.
    fn check_place(&self, kind: &str, client_data: &[u8]) -> Result<(), Reason> {
        if kind != "public-key" {
            return Err(Reason("malformed"));
        }
        let said: ClientData = serde_json::from_slice(client_data).map_err(|_| Reason("malformed"))?;
        if said.origin != self.origin {
            return Err(Reason("other_origin"));
        }
        if said.is_cross_origin || said.top_origin.is_some_and(|top| top != self.origin) {
            return Err(Reason("in_a_frame"));
        }
        Ok(())
    }
}

/// An answer as it was sent.
pub struct Answer {
    answer: PublicKeyCredential,
    pub credential_id: String,
    pub user: Option<UserId>,
}

/// Why an answer makes nothing.
#[derive(Debug)]
pub enum Refusal {
    /// It does not count.
    Answer(Reason),
    /// It could not be judged.
    Fault(Error),
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self::Answer(reason)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Fault(error)
    }
}

fn read<T: serde::de::DeserializeOwned>(answer: &Value) -> Result<T, Reason> {
    let text = answer.to_string();
    if text.len() > LONGEST_ANSWER {
        return Err(Reason("malformed"));
    }
    serde_json::from_str(&text).map_err(|_| Reason("malformed"))
}

fn reason(why: &WebauthnError) -> Reason {
    Reason(match why {
        WebauthnError::InvalidClientDataType => "other_purpose",
        WebauthnError::MismatchedChallenge => "other_challenge",
        WebauthnError::InvalidRPOrigin => "other_origin",
        WebauthnError::CredentialCrossOrigin => "in_a_frame",
        WebauthnError::InvalidRPIDHash => "other_host",
        WebauthnError::UserNotPresent => "user_not_present",
        WebauthnError::UserNotVerified => "user_not_verified",
        WebauthnError::CredentialPossibleCompromise => "counter",
        WebauthnError::CredentialBackupEligibilityInconsistent
        | WebauthnError::CredentialMayNotBeHardwareBound => "backup_flags",
        WebauthnError::AuthenticationFailure => "signature",
        WebauthnError::CredentialNotFound => "other_credential",
        WebauthnError::CredentialAlteredAlgFromRequest => "algorithm",
        _ => "malformed",
    })
}
