//! What other capabilities read and change of people, inside their own transactions.

use kernel::{Code, EmailAddress, Error, FieldError, Staff, Timestamp, UserId};
use operation::{Call, Housekeeping, Settings, Work};
use store::Connection;

use crate::{
    model::{NewUser, StaffMember, StandIn, User, is_within},
    passwords, rows,
};

pub async fn find(tx: &mut Connection, id: UserId) -> Result<Option<User>, Error> {
    rows::find(tx, id).await
}

pub async fn get(tx: &mut Connection, id: UserId) -> Result<User, Error> {
    rows::find(tx, id).await?.ok_or(Error::NotFound)
}

pub async fn find_by_email(tx: &mut Connection, email: &EmailAddress) -> Result<Option<User>, Error> {
    rows::find_by_email(tx, email).await
}

/// The person behind `usr_…` or `ext:…`, as paths and headers of the API name them.
pub async fn resolve(tx: &mut Connection, name: &str) -> Result<User, Error> {
    let found = match name.strip_prefix("ext:") {
        Some(external_id) => rows::find_by_external_id(tx, external_id).await?,
        None => match name.parse() {
            Ok(id) => rows::find(tx, id).await?,
            Err(_) => None,
        },
    };
    found.ok_or(Error::NotFound)
}

/// Whether an address is one that temporary credentials could have, and so no person's.
pub fn is_reserved(settings: &Settings, email: &EmailAddress) -> bool {
    is_within(email.domain(), &settings.temporary_credentials_domain)
}

/// Says in `field` that nobody can have an address of the reserved domain.
pub fn not_reserved(
    settings: &Settings,
    field: &'static str,
    email: &EmailAddress,
) -> Result<(), FieldError> {
    if !is_reserved(settings, email) {
        return Ok(());
    }
    let sentence =
        format!("Nobody can have an address at {}: they belong to temporary credentials.", email.domain());
    Err(FieldError { field, code: Code("reserved_domain"), sentence })
}

/// Makes a person. The caller's entry in the log tells of it.
pub async fn create(work: &mut Work, new: NewUser) -> Result<User, Error> {
    not_reserved(&work.call().world.settings, "email", &new.email)
        .map_err(|wrong| Error::Invalid(vec![wrong]))?;
    let id: UserId = work.call().new_id();
    let now = work.call().now;
    if rows::is_kept_for_other(work, &new.email, id, now).await? {
        return Err(already_known());
    }
    match rows::insert(work, id, &new, now).await {
        Ok(()) => {}
        Err(error) if error.is_taken() => return Err(already_known()),
        Err(error) => return Err(error.into()),
    }
    Ok(User {
        id,
        email: new.email,
        name: new.name,
        external_id: new.external_id,
        language: new.language,
        time_zone: new.time_zone,
        created_at: now,
        suspended_at: None,
        locked_at: None,
    })
}

/// Makes what acts where nobody is named. Nothing that looks for a person finds it, and it can never sign in as one.
pub async fn create_stand_in(work: &mut Work, email: EmailAddress, name: &str) -> Result<StandIn, Error> {
    let stand_in = StandIn { id: work.call().new_id(), email, name: name.to_owned() };
    let now = work.call().now;
    match rows::insert_stand_in(work, &stand_in, now).await {
        Ok(()) => Ok(stand_in),
        Err(error) if error.is_taken() => Err(already_known()),
        Err(error) => Err(error.into()),
    }
}

pub async fn find_stand_in(tx: &mut Connection, id: UserId) -> Result<Option<StandIn>, Error> {
    rows::find_stand_in(tx, id).await
}

fn already_known() -> Error {
    Error::conflict(
        "person_already_known",
        "Somebody with this e-mail address or external id is already known.",
    )
}

/// How a person is called, and how they read. Empty language or zone: none chosen.
pub async fn change_profile(
    work: &mut Work,
    id: UserId,
    name: &str,
    language: &str,
    time_zone: &str,
) -> Result<(), Error> {
    found(rows::save_profile(work, id, name, language, time_zone).await?)?;
    work.revokes(id);
    Ok(())
}

/// Makes every other change of this person wait until this transaction is over. On PostgreSQL the row is locked; on
/// SQLite there is one writer anyway.
pub async fn lock(work: &mut Work, id: UserId) -> Result<(), Error> {
    rows::lock(work, id).await
}

pub async fn password_hash(tx: &mut Connection, id: UserId) -> Result<Option<String>, Error> {
    rows::password_hash(tx, id).await
}

pub async fn set_password_hash(work: &mut Work, id: UserId, hash: &str) -> Result<(), Error> {
    found(rows::save_password_hash(work, id, hash).await?)?;
    work.revokes(id);
    Ok(())
}

/// The person signs in elsewhere from now on, and has no password here.
pub async fn forget_password(work: &mut Work, id: UserId) -> Result<(), Error> {
    rows::forget_password_hash(work, id).await?;
    work.revokes(id);
    Ok(())
}

/// Whether the next sign-in asks to set up a second factor anew, since when (C14).
pub async fn must_set_up_at(tx: &mut Connection, id: UserId) -> Result<Option<Timestamp>, Error> {
    rows::must_set_up_at(tx, id).await
}

pub async fn ask_to_set_up(work: &mut Work, id: UserId, since: Option<Timestamp>) -> Result<(), Error> {
    rows::save_must_set_up(work, id, since).await
}

/// Asks for a code again on every browser that the person is remembered on: they may do more from now on than when the code
/// was shown.
pub async fn ask_for_codes_again(work: &mut Work, id: UserId) -> Result<(), Error> {
    let now = work.call().now;
    rows::save_remembered_from(work, id, now).await
}

/// When the person last opened a link or typed a code that only their mailbox had.
pub async fn mailbox_proved_at(tx: &mut Connection, id: UserId) -> Result<Option<Timestamp>, Error> {
    rows::mailbox_proved_at(tx, id).await
}

pub async fn prove_mailbox(work: &mut Work, id: UserId) -> Result<(), Error> {
    let now = work.call().now;
    rows::save_mailbox_proved(work, id, now).await
}

/// When the person was last warned of half a sign-in (C11).
pub async fn warned_at(tx: &mut Connection, id: UserId) -> Result<Option<Timestamp>, Error> {
    rows::warned_at(tx, id).await
}

pub async fn note_warning(work: &mut Work, id: UserId) -> Result<(), Error> {
    let now = work.call().now;
    rows::save_warned(work, id, now).await
}

/// After a sign-in with the right password: makes its hash anew if more work is asked for by now than it was made with.
/// Gives the hash that is stored. There is always a next sign-in, so nothing that stands in the way of it fails this one.
pub async fn renew_password_hash(call: &Call, id: UserId, stored: String, password: &str) -> String {
    if !passwords::is_outdated(&stored, call.world.settings.password_cost) {
        return stored;
    }
    let renewed = async {
        let hash = passwords::hash(call, password).await?;
        let mut note = Housekeeping::begin(&call.world).await?;
        let is_renewed = rows::renew_password_hash(&mut note, id, &stored, &hash).await?;
        note.commit().await?;
        Ok::<_, Error>(is_renewed.then_some(hash))
    };
    match renewed.await {
        Ok(Some(hash)) => hash,
        // It was changed meanwhile, and what was proved is not what is stored.
        Ok(None) => stored,
        Err(error) => {
            tracing::info!(%error, "a password was not hashed anew");
            stored
        }
    }
}

/// Shuts a person out, because somebody else may know their password. The caller ends what is open in the same commit.
/// `false` if it was so already.
pub async fn lock_out(work: &mut Work, id: UserId) -> Result<bool, Error> {
    let now = work.call().now;
    work.revokes(id);
    rows::lock_out(work, id, now).await
}

/// Opens what [`lock_out`] shut: the person has chosen another password. `false` if it was open.
pub async fn let_in(work: &mut Work, id: UserId) -> Result<bool, Error> {
    rows::let_in(work, id).await
}

/// Gives a person another address to sign in with; that it is theirs was shown before. An address that its owner can still
/// take back from somebody is nobody else's.
pub async fn change_email(work: &mut Work, id: UserId, email: &EmailAddress) -> Result<(), Error> {
    let taken = || Error::conflict("email_taken", "Another account has this e-mail address.");
    not_reserved(&work.call().world.settings, "email", email).map_err(|wrong| Error::Invalid(vec![wrong]))?;
    let now = work.call().now;
    if rows::is_kept_for_other(work, email, id, now).await? {
        return Err(taken());
    }
    work.revokes(id);
    match rows::save_email(work, id, email).await {
        Ok(changed) => found(changed),
        Err(error) if error.is_taken() => Err(taken()),
        Err(error) => Err(error.into()),
    }
}

/// What a person is to the vendor now: nothing if they never were anything, or are suspended.
pub async fn staff(tx: &mut Connection, id: UserId) -> Result<Staff, Error> {
    Ok(rows::find_staff(tx, id).await?.map(|member| member.staff()).unwrap_or_default())
}

/// As [`staff`], and it stays so until this transaction is over: whoever suspends the person waits, and then finds what was
/// done here.
pub async fn staff_exclusively(work: &mut Work, id: UserId) -> Result<Staff, Error> {
    rows::lock_staff_member(work, id).await?;
    staff(work, id).await
}

/// The vendor's row of a person, suspended or not.
pub async fn find_staff(tx: &mut Connection, id: UserId) -> Result<Option<StaffMember>, Error> {
    rows::find_staff(tx, id).await
}

/// All of the vendor's people, by name.
pub async fn list_staff(tx: &mut Connection) -> Result<Vec<StaffMember>, Error> {
    rows::list_staff(tx).await
}

/// Gives, changes or takes away roles at the vendor. A suspension stays as it is.
pub async fn set_staff(
    work: &mut Work,
    id: UserId,
    agent_level: Option<u8>,
    is_administrator: bool,
) -> Result<(), Error> {
    if agent_level.is_some_and(|level| !(1..=3).contains(&level)) {
        return Err(Error::invalid("agent_level", "not_a_level", "Choose level 1, 2 or 3."));
    }
    let now = work.call().now;
    rows::save_staff(work, id, agent_level, is_administrator.then_some(now), now).await?;
    work.revokes(id);
    Ok(())
}

/// Takes effect in the commit; the caller ends sessions and grants in the same one. `Conflict` if it was so already.
pub async fn suspend_staff(work: &mut Work, id: UserId) -> Result<(), Error> {
    let now = work.call().now;
    if rows::suspend_staff(work, id, now).await? == 0 {
        return Err(Error::conflict("agent_already_suspended", "This person is already suspended."));
    }
    work.revokes(id);
    Ok(())
}

pub async fn restore_staff(work: &mut Work, id: UserId) -> Result<(), Error> {
    if rows::restore_staff(work, id).await? == 0 {
        return Err(Error::conflict("agent_not_suspended", "This person is not suspended."));
    }
    work.revokes(id);
    Ok(())
}

/// How many vendor administrators can act, counted so that two changes at the same moment cannot both see the other's
/// administrator: whoever asks second waits for the first to commit.
pub async fn count_administrators_exclusively(work: &mut Work) -> Result<i64, Error> {
    rows::lock_staff(work).await?;
    rows::count_administrators(work).await
}

fn found(changed: u64) -> Result<(), Error> {
    if changed == 0 { Err(Error::NotFound) } else { Ok(()) }
}
