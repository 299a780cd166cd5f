//! What somebody who is signed in shows again: the password to change it, everything to go on to what needs it.

use ::sessions::{model::Proof, operations as sessions};
use kernel::{Error, Factor, Secret};
use operation::{Call, audit, outbox};
use people::{
    passwords,
    throttle::{self, Subject, Try},
};
use second_factor::operations::{check_code, own_standing, right};

use crate::emails;

/// Changes the caller's password. It needs the current one (S5), which is checked under the same limits as a sign-in
/// (case 13). All other sessions and half sign-ins end in the same commit, remembered browsers are
/// forgotten (C6), and the person gets a mail (C17).
pub async fn change_password(call: &Call, current: &str, new: &str) -> Result<(), Error> {
    let person = call.actor.person()?;
    let (user, stored) = {
        let mut tx = call.read().await?;
        let user = people::operations::get(&mut tx, person.user).await?;
        if !single_sign_on::operations::may_have_password(&mut tx, person.user, call.now).await? {
            return Err(super::at_provider::managed());
        }
        (user, people::operations::password_hash(&mut tx, person.user).await?)
    };
    super::new_password::check(call, &user, new).await?;
    let attempt = throttle::begin(call, Subject::Password(user.email.as_str())).await?;
    if !passwords::verify(call, stored.as_deref(), current).await? {
        call.refused(audit::Entry::new("password.changed").session(person.session).subject(user.id)).await;
        return Err(Error::forbidden("wrong_password", "That is not your current password."));
    }
    if current == new {
        return Err(Error::invalid(
            "new_password",
            "same_password",
            "Choose a password that is not the current one.",
        ));
    }
    let hash = passwords::hash(call, new).await?;
    let mut work = call.begin().await?;
    people::operations::lock(&mut work, user.id).await?;
    if people::operations::password_hash(&mut work, user.id).await? != stored {
        return Err(Error::conflict(
            "password_already_changed",
            "Your password was changed somewhere else at the same moment.",
        ));
    }
    attempt.succeeded(&mut work).await?;
    people::operations::set_password_hash(&mut work, user.id, &hash).await?;
    let ended =
        sessions::end_all_of_user(&mut work, user.id, Some(person.session), "password_changed").await?;
    outbox::send(&mut work, emails::password_changed(call, &user)).await?;
    let mut entries = vec![audit::Entry::new("password.changed").session(person.session).subject(user.id)];
    entries.extend(sessions::endings(&ended));
    entries.extend(second_factor::operations::forget_devices(&mut work, user.id, "password_changed").await?);
    super::end_flows(&mut work, user.id, "password_changed").await?;
    work.commit_all(entries).await
}

/// Shows again that it is the person who is signed in: the password and, where a second factor is on, a code (S20). The
/// session goes on under another secret (S28). A remembered browser does not count.
pub async fn confirm(call: &Call, password: &str, code: &str) -> Result<Secret, Error> {
    let person = call.actor.person()?;
    let standing = own_standing(call).await?;
    let attempt = own_password(call, password).await?;
    let proved = match standing.takes_codes() {
        true => Some(right(check_code(call, person.user, code).await?)?),
        false if standing.is_on() && person.factor != Factor::RecoveryCode => {
            return Err(Error::conflict("passkey_required", "Confirm with your passkey."));
        }
        false => None,
    };
    let factor = if proved.is_some() { Factor::Totp } else { person.factor };
    let mut work = call.begin().await?;
    if let Some(proved) = proved {
        proved.use_up(&mut work).await?;
    }
    attempt.was_no_failure(&mut work).await?;
    let proof = Proof { factor, at: Some(call.now), ..Proof::default() };
    let secret = sessions::renew(&mut work, person.session, proof).await?;
    let entry = audit::Entry::new("session.confirmed").session(person.session).subject(person.user);
    work.commit(entry.detail("factor", factor.as_str())).await?;
    Ok(secret)
}

async fn own_password(call: &Call, password: &str) -> Result<Try, Error> {
    let person = call.actor.person()?;
    let (user, stored) = {
        let mut tx = call.read().await?;
        let user = people::operations::get(&mut tx, person.user).await?;
        (user, people::operations::password_hash(&mut tx, person.user).await?)
    };
    let attempt = throttle::begin(call, Subject::Password(user.email.as_str())).await?;
    if passwords::verify(call, stored.as_deref(), password).await? {
        return Ok(attempt);
    }
    call.refused(audit::Entry::new("session.confirmed").session(person.session).subject(user.id)).await;
    Err(Error::invalid("password", "wrong_password", "That is not your password."))
}
