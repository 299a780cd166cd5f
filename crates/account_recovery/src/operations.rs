//! The verbs, and what they have in common.

mod clockwork;
mod desk;
mod email;
mod lock;
mod lost_device;
mod password;

use ::sessions::operations as sessions;
use kernel::{Actor, Error, SessionId, UserId};
use operation::{Call, Work, audit};
use people::{
    User,
    links::{self, Link, Purpose},
};
use store::Connection;

pub use clockwork::{run_clockwork, settle_due};
pub use desk::{Listed, Whose, approve, get, list, may_see, refuse};
pub use email::{change_email, confirm_email, look_at_confirmation, look_at_undo, undo_email};
pub use lock::{lock_account, look_at_lock};
pub use lost_device::{Standing, look_at_stop, report, standing, stop};
pub use password::{look_at_reset, request_reset, reset_password};

/// A program does none of this: a person does, by a mailbox that is theirs.
fn no_machine(call: &Call) -> Result<(), Error> {
    match &call.actor {
        Actor::Machine(_) => Err(Error::forbidden("person_required", "Only a person can do this.")),
        _ => Ok(()),
    }
}

/// One answer for every link that does not work, whatever the reason.
fn over() -> Error {
    Error::conflict("link_over", "This link was used, was replaced by a newer one, or has ended.")
}

/// What a link is about and whose it is. Nothing is changed by it, however often it is asked.
async fn look(call: &Call, purpose: Purpose, token: &str) -> Result<(Link, User), Error> {
    no_machine(call)?;
    let mut tx = call.read().await?;
    let link = links::find(call, &mut tx, purpose, token).await?.ok_or_else(over)?;
    let user = owner(&mut tx, &link).await?;
    Ok((link, user))
}

/// Uses a link up, and makes every other change of its owner wait. The person comes before the link, as for whoever makes a
/// link worthless.
async fn take(work: &mut Work, purpose: Purpose, token: &str) -> Result<(Link, User), Error> {
    let call = work.call().clone();
    let link = links::find(&call, work, purpose, token).await?.ok_or_else(over)?;
    people::operations::lock(work, link.user).await?;
    let link =
        links::take(work, purpose, token).await?.filter(|taken| taken.id == link.id).ok_or_else(over)?;
    let user = owner(work, &link).await?;
    Ok((link, user))
}

/// Whoever the vendor suspended gets nowhere by mail.
async fn owner(tx: &mut Connection, link: &Link) -> Result<User, Error> {
    let user = people::operations::find(tx, link.user).await?;
    user.filter(|user| user.suspended_at.is_none()).ok_or_else(over)
}

/// Ends what a person has open anywhere but in `except`: sessions with what hangs on them, sign-ins that are half done,
/// remembered browsers, and the links that give something. Links that only take something back stay: whoever has got hold
/// of a mailbox must not be able to end them.
async fn end_everything(
    work: &mut Work,
    user: UserId,
    except: Option<SessionId>,
    how: &str,
) -> Result<Vec<audit::Entry>, Error> {
    work.revokes(user);
    let ended = sessions::end_all_of_user(work, user, except, how).await?;
    let mut entries = sessions::endings(&ended);
    sign_in::operations::end_flows(work, user, how).await?;
    entries.extend(second_factor::operations::forget_devices(work, user, how).await?);
    links::supersede(work, Purpose::ResetPassword, user).await?;
    links::supersede(work, Purpose::ChangeEmail, user).await?;
    Ok(entries)
}
