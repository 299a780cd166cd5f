//! Setting up, checking and taking away what a person shows beyond a password.

mod codes;
mod devices;
mod keys;

use kernel::{Error, Timestamp, UserId};
use operation::{Call, Work, audit, outbox};
use people::User;
use store::Connection;

use crate::{
    emails::{self, Change},
    model::Standing,
    rows,
};

pub use codes::{
    CodeChecked, CodeProved, RecoveryProved, check_code, check_recovery_code, make_recovery_codes,
    renew_recovery_codes, replace_recovery_code,
};
pub use devices::{
    Presented, forget_device, forget_devices, forget_own_devices, list_devices, recognize, remember,
};
pub use keys::{
    Enabling, Offered, begin_key, confirm_key, confirm_own, disable, enable, right, show, waiting_key,
};

/// What somebody has set up.
pub async fn standing(tx: &mut Connection, user: UserId) -> Result<Standing, Error> {
    rows::standing(tx, user).await
}

/// What the caller has set up.
pub async fn own_standing(call: &Call) -> Result<Standing, Error> {
    let person = call.actor.person()?;
    rows::standing(&mut *call.read().await?, person.user).await
}

/// Whether somebody may not be without a second factor: the vendor's people (E14), and whoever belongs to an organization
/// that leaves them no choice (E2).
pub async fn is_mandatory(tx: &mut Connection, user: UserId, now: Timestamp) -> Result<bool, Error> {
    Ok(is_vendors(tx, user).await? || mfa_levels::operations::is_mandatory(tx, user, now).await?)
}

/// Whether a browser may be remembered for somebody. The vendor's people show their own device each time (A20).
pub async fn may_be_remembered(tx: &mut Connection, user: UserId) -> Result<bool, Error> {
    Ok(!is_vendors(tx, user).await?)
}

async fn is_vendors(tx: &mut Connection, user: UserId) -> Result<bool, Error> {
    Ok(people::operations::find_staff(tx, user).await?.is_some_and(|member| member.has_role()))
}

/// Takes everything away after a lost device was verified: keys, passkeys, recovery codes, remembered browsers. The next
/// sign-in asks to set up anew (C14).
pub async fn reset(work: &mut Work, user: UserId, how: &str) -> Result<Vec<audit::Entry>, Error> {
    let now = work.call().now;
    rows::forget_pending(work, user).await?;
    rows::remove_live(work, user, now).await?;
    rows::remove_passkeys(work, user, now).await?;
    rows::remove_recovery_codes(work, user, now).await?;
    people::operations::ask_to_set_up(work, user, Some(now)).await?;
    work.revokes(user);
    let mut entries = vec![audit::Entry::new("second_factor.reset").subject(user).detail("how", how)];
    entries.extend(forget_devices(work, user, how).await?);
    Ok(entries)
}

/// What follows each change of a factor: the other sessions end, remembered browsers are forgotten, the person is told
/// (C17, C6).
pub async fn changed(
    work: &mut Work,
    user: &User,
    except: Option<kernel::SessionId>,
    change: Change,
) -> Result<Vec<audit::Entry>, Error> {
    let ended = sessions::operations::end_all_of_user(work, user.id, except, "second_factor_changed").await?;
    let mut entries = sessions::operations::endings(&ended);
    entries.extend(forget_devices(work, user.id, "second_factor_changed").await?);
    let mail = emails::changed(work.call(), user, change);
    outbox::send(work, mail).await?;
    Ok(entries)
}
