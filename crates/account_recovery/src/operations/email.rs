//! Another address.
//!
//! **Invariant:** an address that was not confirmed is nowhere but in the link that confirms it: it has no power at all.

use kernel::{Actor, EmailAddress, Error};
use operation::{Call, audit, outbox};
use people::{
    User,
    links::{self, Link, Purpose},
    model::checked_email,
    operations as people_operations,
    throttle::{self, Subject},
};
use store::Connection;

use super::{end_everything, lock, look, lost_device, no_machine, over, take};
use crate::{
    emails,
    model::{CONFIRMATION_LASTS, EndedHow, UNDO_LASTS, checked_change},
};

/// Asks for another address. It is the person's when they have opened the link that goes there; of several links only the
/// newest works. Whether somebody has that address already is not told here: its owner would not be glad of it.
pub async fn change_email(call: &Call, email: &str) -> Result<EmailAddress, Error> {
    let person = call.actor.person()?;
    person.require_recent_proof(call.now)?;
    let email = checked_email("email", email).map_err(|wrong| Error::Invalid(vec![wrong]))?;
    {
        let mut tx = call.read().await?;
        let user = people_operations::get(&mut tx, person.user).await?;
        may_have(call, &mut tx, &user, &email).await?;
    }
    let _counted = throttle::begin(call, Subject::Mail(person.user)).await?;
    let mut work = call.begin().await?;
    people_operations::lock(&mut work, person.user).await?;
    let user = people_operations::get(&mut work, person.user).await?;
    links::supersede(&mut work, Purpose::ChangeEmail, user.id).await?;
    let secret =
        links::issue(&mut work, Purpose::ChangeEmail, user.id, email.as_str(), CONFIRMATION_LASTS).await?;
    outbox::send(&mut work, emails::confirm(call, &user, &email, &secret)).await?;
    let asked = audit::Entry::new("email.change_asked").session(person.session).subject(user.id);
    work.commit(asked.detail("email", email.as_str())).await?;
    Ok(email)
}

async fn may_have(call: &Call, tx: &mut Connection, user: &User, email: &EmailAddress) -> Result<(), Error> {
    people_operations::not_reserved(&call.world.settings, "email", email)
        .map_err(|wrong| Error::Invalid(vec![wrong]))?;
    let has_role = people_operations::find_staff(tx, user.id).await?.is_some_and(|member| member.has_role());
    checked_change(&user.email, email, has_role, &call.world.settings.vendor_mail_domains)
        .map_err(|wrong| Error::Invalid(vec![wrong]))
}

/// The address that a link is about.
fn address(link: &Link) -> Result<EmailAddress, Error> {
    link.about.parse().map_err(Error::internal)
}

/// The address that the link confirms.
pub async fn look_at_confirmation(call: &Call, token: &str) -> Result<EmailAddress, Error> {
    address(&look(call, Purpose::ChangeEmail, token).await?.0)
}

/// Confirms the new address. The session in which the person opens the link goes on; everything else ends (C17), and both
/// addresses are told (S19). The old one can take it back for a week.
pub async fn confirm_email(call: &Call, token: &str) -> Result<(), Error> {
    no_machine(call)?;
    let mut work = call.begin().await?;
    let (link, user) = take(&mut work, Purpose::ChangeEmail, token).await?;
    let here = match &call.actor {
        Actor::Person(person) if person.user == user.id => Some(person.session),
        Actor::Person(_) => {
            return Err(Error::forbidden(
                "somebody_else",
                "You are signed in as somebody else. Sign out, and open the link again.",
            ));
        }
        _ => None,
    };
    if user.locked_at.is_some() {
        return Err(over());
    }
    let email = address(&link)?;
    may_have(call, &mut work, &user, &email).await?;
    people_operations::change_email(&mut work, user.id, &email).await?;
    people_operations::prove_mailbox(&mut work, user.id).await?;
    let changed = User { email, ..user.clone() };
    let mut entries = vec![
        audit::Entry::new("email.changed")
            .subject(user.id)
            .detail("email_before", user.email.as_str())
            .detail("email", changed.email.as_str()),
    ];
    entries.extend(end_everything(&mut work, user.id, here, "email_changed").await?);
    entries.extend(lost_device::end_of_person(&mut work, &changed, EndedHow::Overtaken).await?);
    let secret =
        links::issue(&mut work, Purpose::UndoEmail, user.id, user.email.as_str(), UNDO_LASTS).await?;
    outbox::send(&mut work, emails::changed_away(call, &user, &changed.email, &secret)).await?;
    outbox::send(&mut work, emails::changed_to(call, &changed, &user.email)).await?;
    work.commit_all(entries).await
}

/// The address that the link brings back.
pub async fn look_at_undo(call: &Call, token: &str) -> Result<EmailAddress, Error> {
    address(&look(call, Purpose::UndoEmail, token).await?.0)
}

/// Takes a change back, and every change after it. Somebody else had the password, and perhaps more: everything ends, and
/// the account is locked until a new password was chosen from the address that is back.
pub async fn undo_email(call: &Call, token: &str) -> Result<(), Error> {
    no_machine(call)?;
    let mut work = call.begin().await?;
    let (link, user) = take(&mut work, Purpose::UndoEmail, token).await?;
    let email = address(&link)?;
    let restored = User { email, ..user.clone() };
    links::supersede_after(&mut work, Purpose::UndoEmail, &link).await?;
    let mut entries = vec![
        audit::Entry::new("email.change_undone")
            .subject(user.id)
            .detail("email_before", user.email.as_str())
            .detail("email", restored.email.as_str()),
    ];
    if restored.email != user.email {
        people_operations::change_email(&mut work, user.id, &restored.email).await?;
        outbox::send(&mut work, emails::taken_back(call, &user)).await?;
    }
    entries.extend(lock::lock_out(&mut work, &restored).await?);
    work.commit_all(entries).await
}
