//! A forgotten password.

use kernel::{Duration, EmailAddress, Error, FieldError, UserId};
use operation::{Call, audit, outbox};
use people::{
    links::{self, Purpose},
    model::checked_email,
    operations as people_operations, passwords,
    throttle::{self, Subject},
};

use super::{end_everything, look, lost_device, no_machine, take};
use crate::{
    emails,
    model::{EndedHow, RESET_LASTS},
};

/// So many links to one address within the window, whoever asks for them.
const MOST_RESETS: i64 = 10;
const RESET_WINDOW: Duration = Duration::minutes(15);

/// Asks for a link to choose a new password. It goes to the address that is stored, if there is such a person; who asks
/// learns nothing, neither by the answer nor by its time: what depends on the address is done when the answer has left.
pub async fn request_reset(call: &Call, email: &str) -> Result<(), Error> {
    no_machine(call)?;
    let email = checked_email("email", email).map_err(|wrong| Error::Invalid(vec![wrong]))?;
    // There is no right try here: each is counted, and none is taken back.
    let _counted = throttle::begin(call, Subject::Reset(email.as_str(), &call.origin.address)).await?;
    let call = call.clone();
    operation::spawn(async move {
        if let Err(error) = send_reset(&call, &email).await {
            tracing::error!(%error, "a link to choose a new password could not be made");
        }
    });
    Ok(())
}

/// The same reads, and as far as can be the same writes, for an address that nobody has (S10).
async fn send_reset(call: &Call, email: &EmailAddress) -> Result<(), Error> {
    let mut work = call.begin().await?;
    let user = people_operations::find_by_email(&mut work, email).await?;
    let id = user.as_ref().map_or(UserId::from_bytes([0; 16]), |user| user.id);
    people_operations::lock(&mut work, id).await?;
    let may_choose = single_sign_on::operations::may_have_password(&mut work, id, call.now).await?;
    let asked = audit::Entry::new("password.reset_asked").detail("email", email.as_str());
    // A locked account opens again by a new password: its owner gets the link too.
    let Some(user) = user.filter(|user| may_choose && user.suspended_at.is_none()) else {
        links::supersede(&mut work, Purpose::ResetPassword, id).await?;
        return work.commit(asked.refused()).await;
    };
    // Asking from many places neither floods a mailbox nor makes worthless what its owner has just been sent.
    let lately = links::count_since(&mut work, Purpose::ResetPassword, id, call.now - RESET_WINDOW).await?;
    if lately >= MOST_RESETS {
        return work.commit(asked.subject(id).detail("why", "too_many").refused()).await;
    }
    links::supersede(&mut work, Purpose::ResetPassword, id).await?;
    let secret = links::issue(&mut work, Purpose::ResetPassword, id, "", RESET_LASTS).await?;
    outbox::send(&mut work, emails::reset(call, &user, &secret)).await?;
    work.commit(asked.subject(id)).await
}

/// Whose password the link is for: the address, as password managers want to know it.
pub async fn look_at_reset(call: &Call, token: &str) -> Result<EmailAddress, Error> {
    Ok(look(call, Purpose::ResetPassword, token).await?.1.email)
}

/// Chooses a new password by the link. Whatever was open to anybody ends in the same commit, and a locked account opens.
/// It signs nobody in, and a second factor stays what it is (S21).
pub async fn reset_password(call: &Call, token: &str, password: &str) -> Result<(), Error> {
    let (_, user) = look(call, Purpose::ResetPassword, token).await?;
    let (stored, names, used) = {
        let mut tx = call.read().await?;
        let places = organizations::operations::memberships_of(&mut tx, user.id, call.now).await?;
        let names: Vec<String> = places.into_iter().map(|(_, organization)| organization.name).collect();
        let used = sign_in::operations::use_of_password(&mut tx, user.id, call.now).await?;
        (people_operations::password_hash(&mut tx, user.id).await?, names, used)
    };
    let vendor = call.world.settings.vendor_name.as_str();
    let mut context = vec![user.email.as_str(), user.name.as_str(), vendor, "latchstring"];
    context.extend(names.iter().map(String::as_str));
    passwords::check(password, &context, used).map_err(|wrong| Error::Invalid(vec![wrong]))?;
    if passwords::verify(call, stored.as_deref(), password).await? {
        // Somebody else may know it; that is one reason to come here.
        return Err(Error::Invalid(vec![FieldError {
            field: "password",
            code: kernel::Code("same_password"),
            sentence: "Choose a password that is not the one you had.".to_owned(),
        }]));
    }
    let hash = passwords::hash(call, password).await?;
    let mut work = call.begin().await?;
    let (_, user) = take(&mut work, Purpose::ResetPassword, token).await?;
    if !single_sign_on::operations::may_have_password(&mut work, user.id, call.now).await? {
        return Err(super::over());
    }
    people_operations::set_password_hash(&mut work, user.id, &hash).await?;
    people_operations::prove_mailbox(&mut work, user.id).await?;
    let was_locked = people_operations::let_in(&mut work, user.id).await?;
    throttle::begin_anew(&mut work, Subject::Password(user.email.as_str())).await?;
    let mut entries =
        vec![audit::Entry::new("password.reset").subject(user.id).detail("was_locked", was_locked)];
    entries.extend(end_everything(&mut work, user.id, None, "password_reset").await?);
    // A mailbox alone must not ride on a request that its owner made with the password before.
    entries.extend(lost_device::end_of_person(&mut work, &user, EndedHow::Overtaken).await?);
    outbox::send(&mut work, emails::password_reset(call, &user)).await?;
    work.commit_all(entries).await
}
