//! What other capabilities read and change of people, inside their own transactions.

use kernel::{EmailAddress, Error, Staff, UserId};
use operation::Work;
use store::Connection;

use crate::{
    model::{NewUser, StaffMember, User},
    rows,
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

/// Makes a person. The caller's entry in the log tells of it.
pub async fn create(work: &mut Work, new: NewUser) -> Result<User, Error> {
    let id: UserId = work.call().new_id();
    let now = work.call().now;
    match rows::insert(work, id, &new, now).await {
        Ok(()) => {}
        Err(error) if error.is_taken() => {
            return Err(Error::conflict(
                "person_already_known",
                "Somebody with this e-mail address or external id is already known.",
            ));
        }
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
    })
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
