//! The second step of a sign-in: a code of the app, or a recovery code.

use kernel::{Error, Factor, UserId};
use operation::{Call, Housekeeping, Work, audit, outbox};
use people::User;
use second_factor::{
    emails::{self, Change},
    operations::{self as factors, RecoveryProved},
};

use super::{Opening, SignedIn, at_step, open_flow};
use crate::{
    model::{Flow, Next},
    rows,
};

/// Whoever came in with a recovery code.
#[derive(Debug)]
pub struct Recovered {
    pub signed_in: SignedIn,
    /// Takes the place of the one that was used; shown once (S22).
    pub replacement: String,
}

/// Takes the code of the person's app; `remember` asks not to be asked on this browser for 30 days (C3, C5).
pub async fn verify_code(
    call: &Call,
    presented: &str,
    code: &str,
    remember: bool,
) -> Result<SignedIn, Error> {
    let flow = at_step(call, presented, Next::Code).await?;
    let checked = factors::check_code(call, flow.user, code).await?;
    if !matches!(checked, factors::CodeChecked::Right(_)) {
        count_miss(call, &flow).await?;
    }
    let proved = factors::right(checked)?;
    let (user, may_remember) = {
        let mut tx = call.read().await?;
        let user = people::operations::get(&mut tx, flow.user).await?;
        (user, factors::may_be_remembered(&mut tx, flow.user).await?)
    };
    let mut opening = Opening::begin(call, &user, Factor::Totp, Some(call.now), &flow.password_hash).await?;
    proved.use_up(&mut opening.work).await?;
    if remember && may_remember {
        let (cookie, entry) = factors::remember(&mut opening.work, user.id).await?;
        opening.device = Some(cookie);
        opening.entries.push(entry);
    }
    opening.finish(Some(&flow)).await
}

/// Takes a recovery code (C13). Remembered browsers are forgotten, because a device may be lost.
pub async fn use_recovery_code(call: &Call, presented: &str, code: &str) -> Result<Recovered, Error> {
    let flow = at_step(call, presented, Next::Code).await?;
    let Some(proved) = factors::check_recovery_code(call, flow.user, code).await? else {
        count_miss(call, &flow).await?;
        return Err(wrong_recovery_code("code"));
    };
    let user = people::operations::get(&mut *call.read().await?, flow.user).await?;
    let mut opening =
        Opening::begin(call, &user, Factor::RecoveryCode, Some(call.now), &flow.password_hash).await?;
    let (replacement, entries) = recover(&mut opening.work, &user, proved).await?;
    opening.entries.extend(entries);
    Ok(Recovered { signed_in: opening.finish(Some(&flow)).await?, replacement })
}

pub(super) fn wrong_recovery_code(field: &'static str) -> Error {
    Error::invalid(
        field,
        "wrong_recovery_code",
        "This is none of your recovery codes, or it was used already.",
    )
}

/// Uses a recovery code up and makes another in its place (S22). The person is told.
pub(super) async fn recover(
    work: &mut Work,
    user: &User,
    proved: RecoveryProved,
) -> Result<(String, Vec<audit::Entry>), Error> {
    let mut entries = vec![proved.use_up(work).await?];
    let replacement = factors::replace_recovery_code(work, user.id).await?;
    entries.extend(factors::forget_devices(work, user.id, "recovery_code_used").await?);
    let mail = emails::changed(work.call(), user, Change::RecoveryCodeUsed);
    outbox::send(work, mail).await?;
    Ok((replacement, entries))
}

pub(super) async fn count_miss(call: &Call, flow: &Flow) -> Result<(), Error> {
    let mut note = Housekeeping::begin(&call.world).await?;
    rows::count_miss(&mut note, flow.id).await?;
    note.commit().await
}

/// Whose half sign-in a browser is in, if it is in one for which the password was typed: an open session alone is no proof of it.
pub async fn flow_person(call: &Call, presented: &str) -> Result<Option<UserId>, Error> {
    let flow = open_flow(call, &mut *call.read().await?, presented).await?;
    Ok(flow.filter(|flow| flow.begun_in.is_none()).map(|flow| flow.user))
}
