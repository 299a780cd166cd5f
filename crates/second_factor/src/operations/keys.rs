//! The key of an authenticator app: offered, confirmed by a code, shown again, replaced, taken away.

use kernel::{Actor, Error, Factor, Secret, UserId};
use operation::{Call, Work, audit};
use people::{passwords, throttle, throttle::Subject};
use sessions::model::Proof;
use zeroize::Zeroizing;

use super::{CodeChecked, changed, check_code, is_mandatory, make_recovery_codes};
use crate::{
    emails::Change,
    model::PENDING_LASTS,
    rows::{self, StoredKey},
    totp::Key,
};

/// A key as it is shown to its owner, and to nobody else.
#[derive(Debug)]
pub struct Offered {
    /// Base32 in groups of four.
    pub key: Zeroizing<String>,
    /// `otpauth://…`, what the QR code says.
    pub uri: Zeroizing<String>,
    pub account: String,
}

/// What came of a key that was confirmed.
#[derive(Debug)]
pub struct Enabling {
    /// Shown once. Empty if a key was replaced and the codes stay.
    pub recovery_codes: Vec<String>,
    /// The session's new secret.
    pub session: Secret,
}

fn offered(call: &Call, key: &Key, account: &str) -> Offered {
    let issuer = call.world.settings.vendor_name.as_str();
    Offered { key: key.grouped(), uri: key.uri(issuer, account), account: account.to_owned() }
}

/// Makes a key that waits for its first code. `pending_for` is the session or the half sign-in that may confirm it; a key
/// that waited before is gone (case 6).
pub async fn begin_key(work: &mut Work, user: UserId, pending_for: &str) -> Result<Offered, Error> {
    let call = work.call().clone();
    people::operations::lock(work, user).await?;
    let person = people::operations::get(work, user).await?;
    let key = Key::new(&*call.world.entropy);
    let id = call.new_id();
    let sealed_key =
        call.world.sealing.seal(&kernel::TotpKeyId::to_string(&id), key.as_bytes(), &*call.world.entropy)?;
    rows::forget_pending(work, user).await?;
    let stored = StoredKey {
        id,
        user,
        sealed_key,
        pending_for: pending_for.to_owned(),
        expires_at: call.now + PENDING_LASTS,
        last_step: 0,
        disabled_at: None,
    };
    rows::insert_pending(work, &stored, call.now).await?;
    Ok(offered(&call, &key, person.email.as_str()))
}

/// The key that waits for its first code, for the page that shows it again.
pub async fn waiting_key(call: &Call, user: UserId, pending_for: &str) -> Result<Option<Offered>, Error> {
    let mut tx = call.read().await?;
    let pending = rows::pending_key(&mut tx, user).await?;
    let Some(pending) = pending.filter(|key| key.pending_for == pending_for && call.now < key.expires_at)
    else {
        return Ok(None);
    };
    let person = people::operations::get(&mut tx, user).await?;
    let key = Key::from_bytes(call.world.sealing.open(&pending.id.to_string(), &pending.sealed_key)?);
    Ok(Some(offered(call, &key, person.email.as_str())))
}

/// Takes the key that waits into use if the code is its own, in the caller's commit. A live key of the same person is
/// replaced by it (C9). The code is counted against the same limit as every other.
pub async fn confirm_key(
    call: &Call,
    user: UserId,
    pending_for: &str,
    typed: &str,
) -> Result<Confirming, Error> {
    call.world.require_trusted_clock()?;
    let pending = rows::pending_key(&mut *call.read().await?, user).await?;
    let Some(pending) = pending.filter(|key| key.pending_for == pending_for && call.now < key.expires_at)
    else {
        return Err(over());
    };
    let attempt = throttle::begin(call, Subject::Code(user)).await?;
    let key = Key::from_bytes(call.world.sealing.open(&pending.id.to_string(), &pending.sealed_key)?);
    let Some(step) = key.matching_step(typed, call.now) else {
        call.refused(audit::Entry::new("second_factor.code_checked").subject(user).detail("why", "wrong"))
            .await;
        return Err(wrong_code());
    };
    Ok(Confirming { pending, step, attempt })
}

/// A key whose first code was right and that is not in use yet.
#[must_use = "the key is not in use yet"]
pub struct Confirming {
    pending: StoredKey,
    step: i64,
    attempt: throttle::Try,
}

impl Confirming {
    /// Takes the key into use. Of two at the same moment one gets it (case 7). The recovery codes are new unless the person
    /// keeps a set from before.
    pub async fn finish(self, work: &mut Work) -> Result<(Vec<String>, Vec<audit::Entry>), Error> {
        let now = work.call().now;
        let user = self.pending.user;
        people::operations::lock(work, user).await?;
        let before = rows::standing(work, user).await?;
        let was_replaced = rows::remove_live(work, user, now).await?;
        if !rows::confirm(work, self.pending.id, self.step, now).await? {
            return Err(over());
        }
        self.attempt.succeeded(work).await?;
        people::operations::ask_to_set_up(work, user, None).await?;
        let codes =
            if before.recovery_codes == 0 { make_recovery_codes(work, user).await? } else { Vec::new() };
        let kind = if was_replaced { "second_factor.replaced" } else { "second_factor.enabled" };
        let entry = audit::Entry::new(kind).subject(user).detail("key", self.pending.id.to_string());
        Ok((codes, vec![entry.detail("method", "totp")]))
    }
}

fn over() -> Error {
    Error::conflict(
        "set_up_over",
        "This key is no longer waiting: ten minutes have passed, or it was begun anew elsewhere. Begin again.",
    )
}

pub(crate) fn wrong_code() -> Error {
    Error::invalid(
        "code",
        "wrong_code",
        "This is not the code that is shown now. Enter the six digits that your authenticator app shows.",
    )
}

/// Begins to turn the second factor on for the caller, or to replace the key of one that is on (C2, C9). With a key in use
/// it needs that key's code; without, a recent proof of who they are (S20).
pub async fn enable(call: &Call, code: Option<&str>) -> Result<Offered, Error> {
    let person = call.actor.person()?;
    let standing = super::own_standing(call).await?;
    let mut proved = None;
    // Whoever came in with a recovery code has shown that the device is lost, and cannot show a code of it.
    let came_without = person.factor == Factor::RecoveryCode && code.is_none();
    if standing.takes_codes() && !came_without {
        proved = Some(right(check_code(call, person.user, code.unwrap_or_default()).await?)?);
    } else {
        person.require_recent_proof(call.now)?;
    }
    let mut work = call.begin().await?;
    if let Some(proved) = proved {
        proved.use_up(&mut work).await?;
    }
    let offered = begin_key(&mut work, person.user, &person.session.to_string()).await?;
    work.commit(audit::Entry::new("second_factor.begun").subject(person.user)).await?;
    Ok(offered)
}

/// The proof of a right code, or what to tell about one that is not.
pub fn right(checked: CodeChecked) -> Result<super::CodeProved, Error> {
    match checked {
        CodeChecked::Right(proved) => Ok(proved),
        CodeChecked::Wrong => Err(wrong_code()),
        CodeChecked::AlreadyUsed => Err(Error::invalid(
            "code",
            "code_already_used",
            "This code was used already. Wait for the next one.",
        )),
        CodeChecked::NoKey => Err(Error::conflict(
            "no_authenticator_app",
            "Codes of an authenticator app are not taken for this account. Use another way.",
        )),
    }
}

/// Turns it on with the first code (C2). The session goes on under another secret (S28), the others end (C17).
pub async fn confirm_own(call: &Call, code: &str) -> Result<Enabling, Error> {
    let person = call.actor.person()?;
    let confirming = confirm_key(call, person.user, &person.session.to_string(), code).await?;
    let mut work = call.begin().await?;
    let (recovery_codes, mut entries) = confirming.finish(&mut work).await?;
    let user = people::operations::get(&mut work, person.user).await?;
    let proof = Proof { factor: Factor::Totp, at: person.proved_at, ..Proof::default() };
    let session = sessions::operations::renew(&mut work, person.session, proof).await?;
    entries.extend(changed(&mut work, &user, Some(person.session), Change::On).await?);
    work.commit_all(entries).await?;
    Ok(Enabling { recovery_codes, session })
}

/// Turns it off: with a code of the app, and not where it is mandatory (C7). Passkeys go too: off is off. Whoever has
/// passkeys only needs a recent proof instead, which a passkey gives.
pub async fn disable(call: &Call, code: &str) -> Result<(), Error> {
    let person = call.actor.person()?;
    let standing = super::own_standing(call).await?;
    if !standing.is_on() {
        return Err(Error::conflict("second_factor_off", "Two-factor authentication is off already."));
    }
    if is_mandatory(&mut *call.read().await?, person.user, call.now).await? {
        return Err(mandatory());
    }
    let proved = if standing.takes_codes() {
        Some(right(check_code(call, person.user, code).await?)?)
    } else {
        person.require_recent_proof(call.now)?;
        None
    };
    let mut work = call.begin().await?;
    // A sign-in that is on its way comes before this and ends with the others, or sees what is left (C17).
    people::operations::lock(&mut work, person.user).await?;
    if let Some(proved) = proved {
        proved.use_up(&mut work).await?;
    }
    let now = work.call().now;
    // It may have become mandatory while the code was looked at. If it does so now, what is judged anew sees both.
    if is_mandatory(&mut work, person.user, now).await? {
        return Err(mandatory());
    }
    work.revokes(person.user);
    rows::forget_pending(&mut work, person.user).await?;
    rows::remove_live(&mut work, person.user, now).await?;
    rows::remove_passkeys(&mut work, person.user, now).await?;
    rows::remove_recovery_codes(&mut work, person.user, now).await?;
    let user = people::operations::get(&mut work, person.user).await?;
    let mut entries = vec![audit::Entry::new("second_factor.disabled").subject(person.user)];
    entries.extend(changed(&mut work, &user, Some(person.session), Change::Off).await?);
    work.commit_all(entries).await
}

fn mandatory() -> Error {
    Error::forbidden(
        "second_factor_mandatory",
        "Your role or your organization needs two-factor authentication, so it cannot be turned off. You can replace the key.",
    )
}

/// Shows the key in use once more, to add a device (C8): after the password and a code, each time; logged and mailed.
pub async fn show(call: &Call, password: &str, code: &str) -> Result<Offered, Error> {
    let person = call.actor.person()?;
    if !call.world.settings.may_show_key_again {
        return Err(Error::forbidden(
            "not_shown_again",
            "Here a key is not shown again. To add a device, replace the key with all devices at hand.",
        ));
    }
    let attempt = {
        let user = people::operations::get(&mut *call.read().await?, person.user).await?;
        let attempt = throttle::begin(call, Subject::Password(user.email.as_str())).await?;
        let stored = people::operations::password_hash(&mut *call.read().await?, person.user).await?;
        if !passwords::verify(call, stored.as_deref(), password).await? {
            call.refused(audit::Entry::new("second_factor.shown").subject(person.user)).await;
            return Err(Error::invalid("password", "wrong_password", "That is not your password."));
        }
        attempt
    };
    let proved = right(check_code(call, person.user, code).await?)?;
    let Some(stored) = rows::live_key(&mut *call.read().await?, person.user).await? else {
        return Err(Error::NotFound);
    };
    let key = Key::from_bytes(call.world.sealing.open(&stored.id.to_string(), &stored.sealed_key)?);
    let mut work = call.with_actor(Actor::Person(person.clone())).begin().await?;
    proved.use_up(&mut work).await?;
    attempt.was_no_failure(&mut work).await?;
    let user = people::operations::get(&mut work, person.user).await?;
    let mail = crate::emails::changed(call, &user, Change::Shown);
    operation::outbox::send(&mut work, mail).await?;
    work.commit(audit::Entry::new("second_factor.shown").subject(person.user)).await?;
    Ok(offered(call, &key, user.email.as_str()))
}
