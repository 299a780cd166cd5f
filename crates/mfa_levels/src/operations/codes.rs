//! Codes that an agent tells somebody who cannot get at their mailbox: with one, a password is enough to set up a second
//! factor.

use kernel::{Error, MembershipId, OrganizationId, SetUpCodeId, Timestamp, UserId};
use operation::{Call, Housekeeping, Work, audit, outbox};
use organizations::operations as places;
use people::{operations as people_operations, passwords};

use super::agent;
use crate::{
    emails,
    model::{SET_UP_CODE_LASTS, SET_UP_CODE_TRIES, read_digits},
    rows::{self, StoredCode},
};

/// Makes a code for a person of an organization. It is shown this once, is good for half an hour and five tries, and only
/// beside the right password of a person who has no second factor; whoever had one before it has none any more. The person
/// is told by mail that it was made, and the organization's log says who did.
pub async fn make_set_up_code(
    call: &Call,
    id: OrganizationId,
    membership: MembershipId,
) -> Result<(String, Timestamp), Error> {
    let agent = agent(call)?;
    {
        // What is refused costs no hashing.
        let mut tx = call.read().await?;
        may_get_one(call, &mut tx, agent.user, id, membership).await?;
    }
    let code = kernel::entropy::digits(&*call.world.entropy, 8);
    let hash = passwords::hash(call, &code).await?;
    let mut work = call.begin().await?;
    let user = may_get_one(call, &mut work, agent.user, id, membership).await?;
    people_operations::lock(&mut work, user).await?;
    let expires_at = call.now + SET_UP_CODE_LASTS;
    let stored = StoredCode { id: call.new_id(), hash };
    rows::replace_code(&mut work, &stored, (user, id), agent.user, call.now, expires_at).await?;
    let person = people_operations::get(&mut work, user).await?;
    outbox::send(&mut work, emails::code_made(call, &person, &agent.name)).await?;
    let entry = audit::Entry::new("mfa_level.code_made").organization(id).session(agent.session);
    work.commit(entry.subject(user).detail("code", stored.id.to_string())).await?;
    Ok((code, expires_at))
}

async fn may_get_one(
    call: &Call,
    tx: &mut store::Connection,
    agent: UserId,
    id: OrganizationId,
    membership: MembershipId,
) -> Result<UserId, Error> {
    places::get(tx, id).await?;
    let person = rows::find_person(tx, id, membership, call.now).await?.ok_or(Error::NotFound)?;
    let has_role =
        people_operations::find_staff(tx, person.user).await?.is_some_and(|member| member.has_role());
    if person.is_vendors || has_role || person.user == agent {
        return Err(Error::forbidden(
            "vendor_staff",
            "A code is not given out for the vendor's own people. They show their mailbox.",
        ));
    }
    if rows::has_second_factor(tx, person.user).await? {
        return Err(Error::conflict(
            "second_factor_on",
            "This person has a second factor. If the device is lost, it takes a verified request.",
        ));
    }
    Ok(person.user)
}

/// A code that was right and is not used up yet.
#[derive(Debug)]
#[must_use = "a code that is not used up would work again"]
pub struct SetUpCodeProved(SetUpCodeId);

/// Checks a code that somebody says an agent told them: counted before the check. None: it is none.
pub async fn check_set_up_code(
    call: &Call,
    user: UserId,
    typed: &str,
) -> Result<Option<SetUpCodeProved>, Error> {
    let stored = rows::open_code(&mut *call.read().await?, user, call.now).await?;
    let Some(stored) = stored else { return Ok(None) };
    let mut note = Housekeeping::begin(&call.world).await?;
    let is_counted = rows::count_code_try(&mut note, stored.id, SET_UP_CODE_TRIES).await?;
    note.commit().await?;
    if !is_counted || !passwords::verify(call, Some(&stored.hash), &read_digits(typed)).await? {
        return Ok(None);
    }
    Ok(Some(SetUpCodeProved(stored.id)))
}

impl SetUpCodeProved {
    /// Uses the code up, in the commit of what it was shown for. False: somebody was first.
    pub async fn use_up(self, work: &mut Work) -> Result<bool, Error> {
        let now = work.call().now;
        rows::use_code(work, self.0, now).await
    }
}
