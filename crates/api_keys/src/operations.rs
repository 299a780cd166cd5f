//! Making, using and revoking keys.

use kernel::{ApiKeyId, Duration, Error, Machine, Secret, secret::Purpose};
use operation::{Call, Housekeeping, audit};

use crate::{
    model::{ApiKey, NewApiKey},
    rows,
};

/// A last use is written down at most so often.
const TOUCH_EVERY: Duration = Duration::minutes(1);

/// Makes a key. Its value is handed out here and never again. Only a person makes keys: a machine cannot prolong itself.
pub async fn create(call: &Call, wanted: NewApiKey) -> Result<(ApiKey, Secret), Error> {
    let by = call.actor.administrator()?.user;
    let wanted = wanted.checked(call.now)?;
    let secret = Secret::new(Purpose::ApiKey, &*call.world.entropy);
    let key = ApiKey {
        id: call.new_id(),
        name: wanted.name,
        hint: secret.hint().to_owned(),
        scopes: wanted.scopes,
        created_at: call.now,
        ends_at: wanted.ends_at,
        revoked_at: None,
        last_used_at: None,
    };
    let mut work = call.begin().await?;
    rows::insert(&mut work, &key, &secret.hash(), by).await?;
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    let entry = audit::Entry::new("api_key.created")
        .subject(key.id)
        .detail("name", key.name.as_str())
        .detail("scopes", scopes)
        .detail("ends_at_micros", key.ends_at.as_micros());
    work.commit(entry).await?;
    Ok((key, secret))
}

/// All keys, the newest first, with those that ended.
pub async fn list(call: &Call) -> Result<Vec<ApiKey>, Error> {
    call.actor.administrator()?;
    rows::list(&mut *call.read().await?).await
}

pub async fn get(call: &Call, id: ApiKeyId) -> Result<ApiKey, Error> {
    call.actor.administrator()?;
    rows::find(&mut *call.read().await?, id).await?.ok_or(Error::NotFound)
}

/// Ends a key now. A key that ended before stays as it is.
pub async fn revoke(call: &Call, id: ApiKeyId) -> Result<ApiKey, Error> {
    let by = call.actor.administrator()?.user;
    let mut work = call.begin().await?;
    let key = rows::find(&mut work, id).await?.ok_or(Error::NotFound)?;
    if !rows::revoke(&mut work, id, call.now, by).await? {
        return Err(Error::conflict("api_key_already_revoked", "This key was revoked before."));
    }
    work.revokes(id);
    work.commit(audit::Entry::new("api_key.revoked").subject(id).detail("name", key.name.as_str())).await?;
    Ok(ApiKey { revoked_at: Some(call.now), ..key })
}

/// The program that presents a key that is good, and the person on whose word it acts. A person who is named but not
/// known is refused, so that a mistake in the name does not turn into an act of the program's own.
pub async fn authenticate(
    call: &Call,
    bearer: &str,
    on_behalf_of: Option<&str>,
) -> Result<Option<Machine>, Error> {
    let Some(secret) = Secret::parse(Purpose::ApiKey, bearer) else {
        return Ok(None);
    };
    let mut tx = call.read().await?;
    let Some(key) = rows::find_by_secret(&mut tx, &secret.hash()).await?.filter(|key| key.is_good(call.now))
    else {
        return Ok(None);
    };
    let person = match on_behalf_of {
        None => None,
        Some(name) => match people::operations::resolve(&mut tx, name).await {
            Ok(user) if user.may_sign_in() => Some((user.id, user.name)),
            Ok(_) | Err(Error::NotFound) => {
                return Err(Error::forbidden(
                    "unknown_person",
                    "X-Latchstring-On-Behalf-Of names nobody who is known here. Name a person as usr_… or ext:….",
                ));
            }
            Err(error) => return Err(error),
        },
    };
    drop(tx);
    let is_due = key.last_used_at.is_none_or(|last| call.now.since(last) >= TOUCH_EVERY);
    if is_due && let Err(error) = touch(call, key.id).await {
        tracing::warn!(%error, "a last use could not be written");
    }
    Ok(Some(Machine { key: key.id, name: key.name, scopes: key.scopes, on_behalf_of: person }))
}

async fn touch(call: &Call, id: ApiKeyId) -> Result<(), Error> {
    let mut note = Housekeeping::begin(&call.world).await?;
    rows::touch(&mut note, id, call.now).await?;
    note.commit().await
}
