//! Checking codes: counted before the check, used up in the commit of what they were asked for.

use kernel::{Error, Factor, Secret, TotpKeyId, UserId};
use operation::{Call, Housekeeping, Work, audit, outbox};
use people::throttle::{self, Subject, Try};

use crate::{
    emails::{self, Change},
    model::{RECOVERY_CODES, new_recovery_code, read_recovery_code},
    rows,
    totp::Key,
};

/// A code that was right and is not used up yet: of two that are checked at the same moment, one can still be used.
#[derive(Debug)]
#[must_use = "a code that is not used up would work again"]
pub struct CodeProved {
    key: TotpKeyId,
    step: i64,
    attempt: Try,
}

/// What a check of a code can say.
#[derive(Debug)]
pub enum CodeChecked {
    Right(CodeProved),
    Wrong,
    /// It was right, and was used before.
    AlreadyUsed,
    /// There is no key that takes codes: none was set up, or it had too many wrong ones.
    NoKey,
}

/// Checks a code of the person's authenticator app.
pub async fn check_code(call: &Call, user: UserId, typed: &str) -> Result<CodeChecked, Error> {
    call.world.require_trusted_clock()?;
    let Some(stored) = rows::live_key(&mut *call.read().await?, user).await? else {
        return Ok(CodeChecked::NoKey);
    };
    if stored.disabled_at.is_some() {
        return Ok(CodeChecked::NoKey);
    }
    let attempt = throttle::begin(call, Subject::Code(user)).await?;
    let mut note = Housekeeping::begin(&call.world).await?;
    let is_counted = rows::count_try(&mut note, stored.id).await?;
    note.commit().await?;
    if !is_counted {
        // The one that used up the last try may have been cut off before it could say so.
        disable_if_spent(call, user, stored.id).await?;
        return Ok(CodeChecked::NoKey);
    }
    let key = Key::from_bytes(call.world.sealing.open(&stored.id.to_string(), &stored.sealed_key)?);
    match key.matching_step(typed, call.now) {
        Some(step) if step > stored.last_step => {
            Ok(CodeChecked::Right(CodeProved { key: stored.id, step, attempt }))
        }
        found => {
            refuse(call, user, stored.id, found.is_some()).await?;
            Ok(if found.is_some() { CodeChecked::AlreadyUsed } else { CodeChecked::Wrong })
        }
    }
}

/// Records the wrong code; the last of too many disables the key, and the person is told.
async fn refuse(call: &Call, user: UserId, key: TotpKeyId, was_used: bool) -> Result<(), Error> {
    let why = if was_used { "already_used" } else { "wrong" };
    call.refused(audit::Entry::new("second_factor.code_checked").subject(user).detail("why", why)).await;
    disable_if_spent(call, user, key).await
}

async fn disable_if_spent(call: &Call, user: UserId, key: TotpKeyId) -> Result<(), Error> {
    let mut work = call.begin().await?;
    if rows::disable_if_spent(&mut work, key, call.now).await? {
        let person = people::operations::get(&mut work, user).await?;
        outbox::send(&mut work, emails::changed(call, &person, Change::Disabled)).await?;
        work.commit(audit::Entry::new("second_factor.disabled_by_failures").subject(user)).await?;
    }
    Ok(())
}

impl CodeProved {
    pub const FACTOR: Factor = Factor::Totp;

    /// Uses the code up, in the commit of what it was asked for. `Conflict` if it was used meanwhile (C10).
    pub async fn use_up(self, work: &mut Work) -> Result<(), Error> {
        if !rows::use_step(work, self.key, self.step).await? {
            return Err(used());
        }
        self.attempt.succeeded(work).await
    }
}

pub(crate) fn used() -> Error {
    Error::conflict("code_already_used", "This code was used already. Wait for the next one.")
}

/// A recovery code that was right and is not used up yet.
#[derive(Debug)]
#[must_use = "a code that is not used up would work again"]
pub struct RecoveryProved {
    user: UserId,
    code: Secret,
    attempt: Try,
}

/// Checks a recovery code. None: it is none of this person's, or was used.
pub async fn check_recovery_code(
    call: &Call,
    user: UserId,
    typed: &str,
) -> Result<Option<RecoveryProved>, Error> {
    let attempt = throttle::begin(call, Subject::RecoveryCode(user)).await?;
    if let Some(code) = read_recovery_code(typed)
        && rows::has_recovery_code(&mut *call.read().await?, user, &code.hash()).await?
    {
        return Ok(Some(RecoveryProved { user, code, attempt }));
    }
    call.refused(audit::Entry::new("second_factor.recovery_code_checked").subject(user)).await;
    Ok(None)
}

impl RecoveryProved {
    /// Uses the code up. `Conflict` if it was used meanwhile.
    pub async fn use_up(self, work: &mut Work) -> Result<audit::Entry, Error> {
        let now = work.call().now;
        if !rows::use_recovery_code(work, self.user, &self.code.hash(), now).await? {
            return Err(used());
        }
        self.attempt.succeeded(work).await?;
        Ok(audit::Entry::new("second_factor.recovery_code_used").subject(self.user))
    }
}

/// Makes the recovery codes of a person anew; earlier ones are gone. They exist in the answer and nowhere else.
pub async fn make_recovery_codes(work: &mut Work, user: UserId) -> Result<Vec<String>, Error> {
    let now = work.call().now;
    rows::remove_recovery_codes(work, user, now).await?;
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        codes.push(replace_recovery_code(work, user).await?);
    }
    Ok(codes)
}

/// Makes one more, in place of one that was used (S22).
pub async fn replace_recovery_code(work: &mut Work, user: UserId) -> Result<String, Error> {
    let call = work.call().clone();
    let code = new_recovery_code(&*call.world.entropy);
    let secret = read_recovery_code(&code).ok_or_else(|| Error::internal("a code that cannot be read"))?;
    rows::insert_recovery_code(work, call.new_id(), user, &secret.hash(), call.now).await?;
    Ok(code)
}

/// The caller's recovery codes, made anew (C13). It needs a recent proof of who they are (S20).
pub async fn renew_recovery_codes(call: &Call) -> Result<Vec<String>, Error> {
    let person = call.actor.person()?;
    person.require_recent_proof(call.now)?;
    let mut work = call.begin().await?;
    // Of two at the same moment the second finds the codes of the first, and one set is left.
    people::operations::lock(&mut work, person.user).await?;
    if !rows::standing(&mut work, person.user).await?.is_on() {
        return Err(Error::conflict(
            "second_factor_off",
            "Two-factor authentication is off. Turn it on to get recovery codes.",
        ));
    }
    let codes = make_recovery_codes(&mut work, person.user).await?;
    let user = people::operations::get(&mut work, person.user).await?;
    outbox::send(&mut work, emails::changed(call, &user, Change::NewRecoveryCodes)).await?;
    work.commit(audit::Entry::new("second_factor.recovery_codes_renewed").subject(person.user)).await?;
    Ok(codes)
}
