//! What somebody who is signed in shows again: the password to change it, everything to go on to what needs it.

use ::sessions::{model::Proof, operations as sessions};
use kernel::{Error, Factor, Secret};
use operation::{Call, audit, outbox};
use people::{
    passwords,
    throttle::{self, Subject, Try},
};
use second_factor::operations::{
    CodeProved, RecoveryProved, check_code, check_recovery_code, own_standing, right,
};

use super::second_step::{recover, wrong_recovery_code};
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

/// What is shown beside the password.
#[derive(Debug, Clone, Copy)]
pub enum Shown<'a> {
    /// Of the authenticator app; empty where there is none.
    Code(&'a str),
    /// For whoever does not have the app at hand, or whose key takes no more codes.
    RecoveryCode(&'a str),
}

/// Somebody showed again who they are.
#[derive(Debug)]
pub struct Confirmed {
    pub secret: Secret,
    /// Takes the place of the recovery code that was used; shown once.
    pub replacement: Option<String>,
}

enum Beside {
    Nothing,
    Code(CodeProved),
    Recovery(RecoveryProved),
}

/// Shows again that it is the person who is signed in: the password and, where a second factor is on, a code or a recovery code
/// (S20). The session goes on under another secret (S28). A remembered browser does not count.
pub async fn confirm(call: &Call, password: &str, shown: Shown<'_>) -> Result<Confirmed, Error> {
    let person = call.actor.person()?;
    let standing = own_standing(call).await?;
    let attempt = own_password(call, password).await?;
    let beside = match shown {
        Shown::RecoveryCode(code) if standing.is_on() => {
            let proved = check_recovery_code(call, person.user, code).await?;
            Beside::Recovery(proved.ok_or_else(|| wrong_recovery_code("recovery_code"))?)
        }
        Shown::Code(code) if standing.takes_codes() => {
            Beside::Code(right(check_code(call, person.user, code).await?)?)
        }
        Shown::Code(_) if standing.passkeys > 0 => {
            return Err(Error::conflict(
                "passkey_required",
                "Confirm with your passkey, or enter a recovery code.",
            ));
        }
        Shown::Code(_) if standing.is_on() => {
            return Err(Error::conflict(
                "recovery_code_required",
                "Your app's codes are taken no more. Enter a recovery code. If you have none, sign out, sign in again and report your device as lost.",
            ));
        }
        Shown::RecoveryCode(_) | Shown::Code(_) => Beside::Nothing,
    };
    let mut work = call.begin().await?;
    let mut replacement = None;
    let mut entries = Vec::new();
    let factor = match beside {
        Beside::Nothing => person.factor,
        Beside::Code(proved) => {
            proved.use_up(&mut work).await?;
            Factor::Totp
        }
        Beside::Recovery(proved) => {
            let user = people::operations::get(&mut work, person.user).await?;
            let (code, recovered) = recover(&mut work, &user, proved).await?;
            replacement = Some(code);
            entries.extend(recovered);
            Factor::RecoveryCode
        }
    };
    attempt.was_no_failure(&mut work).await?;
    let proof = Proof { factor, at: Some(call.now), ..Proof::default() };
    let secret = sessions::renew(&mut work, person.session, proof).await?;
    let entry = audit::Entry::new("session.confirmed").session(person.session).subject(person.user);
    entries.push(entry.detail("factor", factor.as_str()));
    work.commit_all(entries).await?;
    Ok(Confirmed { secret, replacement })
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
