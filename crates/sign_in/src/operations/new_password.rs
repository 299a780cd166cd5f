//! Choosing a longer password on the way in, for whoever has one that was enough beside a second factor and is the only
//! factor now.

use ::sessions::operations as sessions;
use kernel::{Error, Factor, FieldError, Timestamp, UserId};
use operation::{Call, audit, outbox};
use people::{User, passwords};
use store::Connection;

use super::{Opening, SignedIn, at_step};
use crate::{emails, model::Next};

/// What others know of a person: none of it is a password (S4).
pub(super) async fn context(call: &Call, tx: &mut Connection, user: &User) -> Result<Vec<String>, Error> {
    let settings = &call.world.settings;
    let mut words = vec![
        user.email.to_string(),
        user.name.clone(),
        settings.vendor_name.clone(),
        "latchstring".to_owned(),
    ];
    let memberships = organizations::operations::memberships_of(tx, user.id, call.now).await?;
    words.extend(memberships.into_iter().map(|(_, organization)| organization.name));
    Ok(words)
}

/// Whoever may not be without a second factor has one at every sign-in; everybody else may turn theirs off.
pub async fn use_of_password(
    tx: &mut Connection,
    user: UserId,
    now: Timestamp,
) -> Result<passwords::Use, Error> {
    let is_mandatory = second_factor::operations::is_mandatory(tx, user, now).await?;
    Ok(if is_mandatory { passwords::Use::WithSecond } else { passwords::Use::OnlyFactor })
}

/// Says what is wrong with a new password of somebody, in the field in which it was typed.
pub(super) async fn check(call: &Call, user: &User, new: &str) -> Result<(), Error> {
    let (words, used) = {
        let mut tx = call.read().await?;
        (context(call, &mut tx, user).await?, use_of_password(&mut tx, user.id, call.now).await?)
    };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    passwords::check(new, &words, used)
        .map_err(|wrong| Error::Invalid(vec![FieldError { field: "new_password", ..wrong }]))
}

/// Takes the new password, and signs in with it. Everything else of the person ends, as at every change.
pub async fn choose_password(call: &Call, presented: &str, new: &str) -> Result<SignedIn, Error> {
    let flow = at_step(call, presented, Next::NewPassword).await?;
    let user = people::operations::get(&mut *call.read().await?, flow.user).await?;
    check(call, &user, new).await?;
    let hash = passwords::hash(call, new).await?;
    let mut opening = Opening::begin(call, &user, Factor::None, Some(call.now), &flow.password_hash).await?;
    let work = &mut opening.work;
    people::operations::set_password_hash(work, user.id, &hash).await?;
    let ended = sessions::end_all_of_user(work, user.id, None, "password_changed").await?;
    outbox::send(work, emails::password_changed(call, &user)).await?;
    opening.entries.push(audit::Entry::new("password.changed").subject(user.id));
    opening.entries.extend(sessions::endings(&ended));
    let forgotten =
        second_factor::operations::forget_devices(&mut opening.work, user.id, "password_changed").await?;
    opening.entries.extend(forgotten);
    opening.finish(Some(&flow)).await
}
