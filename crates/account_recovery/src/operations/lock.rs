//! The lock: whoever is warned that somebody else has their password shuts the account.

use kernel::{EmailAddress, Error};
use operation::{Call, Work, audit, outbox};
use people::{
    User,
    links::{self, Purpose},
};

use super::{end_everything, look, lost_device, no_machine, take};
use crate::{
    emails,
    model::{EndedHow, RESET_LASTS},
};

/// Whose account the link locks.
pub async fn look_at_lock(call: &Call, token: &str) -> Result<EmailAddress, Error> {
    Ok(look(call, Purpose::Lock, token).await?.1.email)
}

/// Locks the account by the link in a warning (C11). Nobody is in it any more when this returns, and nobody gets in until
/// a new password was chosen by mail.
pub async fn lock_account(call: &Call, token: &str) -> Result<(), Error> {
    no_machine(call)?;
    let mut work = call.begin().await?;
    let (_, user) = take(&mut work, Purpose::Lock, token).await?;
    let mut entries = vec![audit::Entry::new("account.locked").subject(user.id)];
    entries.extend(lock_out(&mut work, &user).await?);
    work.commit_all(entries).await
}

/// Shuts everybody out, and sends the person the way back in.
pub(super) async fn lock_out(work: &mut Work, user: &User) -> Result<Vec<audit::Entry>, Error> {
    people::operations::lock_out(work, user.id).await?;
    let mut entries = end_everything(work, user.id, None, "locked").await?;
    entries.extend(lost_device::end_of_person(work, user, EndedHow::Stopped).await?);
    let secret = links::issue(work, Purpose::ResetPassword, user.id, "", RESET_LASTS).await?;
    let call = work.call().clone();
    outbox::send(work, emails::locked(&call, user, &secret)).await?;
    Ok(entries)
}
