//! A provider, ready to be spoken to. Its keys and what it says of itself are kept for a while, beside the settings.

use kernel::{ConnectionSettingsId, Error, Secret, Timestamp};
use operation::{Call, Housekeeping};
use store::Connection as Tx;

use super::Document;
use crate::{
    model::{self, Settings},
    protocol::{
        Refused,
        discovery::{self, Fault},
        exchange::Client,
        fetch::{Line, Trouble},
        jws::{self, Signed},
    },
    rows,
};

/// What a provider says of itself, read just now.
pub struct Found {
    pub document: Document,
    pub keys: String,
}

/// Reads what an issuer says of itself, and its keys.
pub async fn discover(call: &Call, issuer: &str) -> Result<Found, Fault> {
    let line = Line { providers: &call.world.settings.providers, of: issuer };
    let document = discovery::document(line, issuer).await?;
    let keys = discovery::keys(line, &document).await?;
    Ok(Found { document, keys })
}

/// Where browsers were led the last time.
pub async fn kept_origin(tx: &mut Tx, settings: ConnectionSettingsId) -> Result<String, Error> {
    let kept = rows::kept(tx, settings).await?.ok_or(Error::NotFound)?;
    let document: Document = serde_json::from_str(&kept.document).map_err(Error::internal)?;
    Ok(document.origin())
}

/// The secret by which we show who we are.
pub async fn secret(call: &Call, settings: ConnectionSettingsId) -> Result<Secret, Error> {
    let kept = rows::kept(&mut *call.read().await?, settings).await?.ok_or(Error::NotFound)?;
    open(call, settings, &kept.sealed_secret)
}

fn open(call: &Call, settings: ConnectionSettingsId, sealed: &str) -> Result<Secret, Error> {
    let plain = call.world.sealing.open(&settings.to_string(), sealed)?;
    let text = std::str::from_utf8(&plain).map_err(Error::internal)?;
    Ok(Secret::from_text(text.to_owned()))
}

/// A provider as it is spoken to with some settings.
pub struct Provider {
    pub settings: Settings,
    pub document: Document,
    pub client: Client,
    /// By which calls to it are counted.
    connection: String,
    keys: String,
    keys_at: Timestamp,
    failed_at: Timestamp,
}

/// Either the provider is at fault, or we are.
pub enum Failed {
    Provider(Fault),
    Here(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Here(error)
    }
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Self::Provider(fault)
    }
}

impl From<Refused> for Failed {
    fn from(refused: Refused) -> Self {
        Self::Provider(refused.into())
    }
}

impl Provider {
    /// Makes it ready. What it says of itself is read anew once an hour.
    pub async fn get(call: &Call, id: ConnectionSettingsId) -> Result<Self, Failed> {
        let (settings, kept) = {
            let mut tx = call.read().await?;
            let settings = rows::find_settings(&mut tx, id).await?.ok_or(Error::NotFound)?;
            (settings, rows::kept(&mut tx, id).await?.ok_or(Error::NotFound)?)
        };
        let client = Client { id: settings.client_id.clone(), secret: open(call, id, &kept.sealed_secret)? };
        let document = serde_json::from_str(&kept.document).map_err(Error::internal)?;
        let connection = settings.connection.to_string();
        let (keys, keys_at, failed_at) = (kept.keys, kept.keys_at, kept.failed_at);
        let mut provider = Self { settings, document, client, connection, keys, keys_at, failed_at };
        if call.now.since(kept.document_at) >= model::DOCUMENT_LASTS {
            let line = provider.line(call)?;
            let found = discovery::document(line, &provider.settings.issuer).await;
            let document = provider.note_failure(call, found).await?;
            let text = serde_json::to_string(&document).map_err(Error::internal)?;
            let mut note = Housekeeping::begin(&call.world).await?;
            rows::save_document(&mut note, id, &text, call.now).await?;
            note.commit().await?;
            provider.document = document;
        }
        Ok(provider)
    }

    /// The way to call it. One that could not be reached a moment ago is let alone: whoever sends browsers here by the
    /// thousand makes neither it nor this server wait for it again and again.
    pub fn line<'a>(&'a self, call: &'a Call) -> Result<Line<'a>, Failed> {
        if call.now.since(self.failed_at) < model::AT_MOST_EVERY {
            return Err(Fault::from(Trouble::Unreachable).into());
        }
        Ok(Line { providers: &call.world.settings.providers, of: &self.connection })
    }

    async fn note_failure<T>(&self, call: &Call, outcome: Result<T, Fault>) -> Result<T, Failed> {
        // That there was no place for the call says nothing of the provider.
        if outcome.is_err() && !matches!(outcome, Err(Fault::Trouble(Trouble::Busy))) {
            let mut note = Housekeeping::begin(&call.world).await?;
            rows::save_failed(&mut note, self.settings.id, call.now).await?;
            note.commit().await?;
        }
        Ok(outcome?)
    }

    /// Checks the signature of a token with the keys that the provider publishes now: what is kept is a few minutes old at the
    /// most, and a key that is not in it is looked for at once. However many tokens with invented keys somebody sends, the
    /// provider is asked seldom.
    pub async fn verify(&self, call: &Call, token: &str) -> Result<Signed, Failed> {
        let is_fresh = call.now.since(self.keys_at) < model::KEYS_LAST;
        if is_fresh {
            match jws::verify(token, &jws::keys(self.keys.as_bytes())?) {
                Err(jws::UNKNOWN_KEY) => {}
                other => return Ok(other?),
            }
        }
        let mut note = Housekeeping::begin(&call.world).await?;
        let before = call.now - model::AT_MOST_EVERY;
        let may_look = rows::may_look_for_keys(&mut note, self.settings.id, before, call.now).await?;
        note.commit().await?;
        if !may_look && is_fresh {
            return Err(jws::UNKNOWN_KEY.into());
        }
        let found = discovery::keys(self.line(call)?, &self.document).await;
        let keys = self.note_failure(call, found).await?;
        // Only now: keys that could not be read again do not become fresh by the attempt.
        let mut note = Housekeeping::begin(&call.world).await?;
        rows::save_keys(&mut note, self.settings.id, &keys, call.now).await?;
        note.commit().await?;
        Ok(jws::verify(token, &jws::keys(keys.as_bytes())?)?)
    }
}
