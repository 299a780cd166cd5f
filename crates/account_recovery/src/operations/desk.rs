//! A lost device, as agents see it: who asks, what to check, and the two who say yes.

use kernel::{Error, FieldError, LostDeviceId, Person, UserId};
use operation::{Call, Work, audit};
use people::{User, operations as people_operations};
use store::Connection;

use super::lost_device::{end, ended, entries_of, outlived, tell};
use crate::{
    emails,
    model::{
        AGENTS_NEEDED, Check, Checked, EndedHow, LEVEL_NEEDED, LostDevice, State, WAIT, all_checked,
        checked_note,
    },
    rows,
};

/// Requests that ended are shown for so long.
const SHOWN_AFTER_END: kernel::Duration = kernel::Duration::days(30);

/// A request with everybody in it.
#[derive(Debug, Clone)]
pub struct Listed {
    pub request: LostDevice,
    pub state: State,
    pub user: User,
    pub organizations: Vec<String>,
    pub checks: Vec<(Checked, String)>,
    /// The name of whoever ended it.
    pub ended_by: Option<String>,
}

/// Whose requests the caller sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Everybodys,
    /// Vendor administrators see those of the vendor's own people, and decide about none.
    VendorStaffs,
}

/// Agents of level 2 and 3; nobody else learns that there is such a list.
fn agent(call: &Call) -> Result<&Person, Error> {
    let (person, level) = call.actor.agent()?;
    if level < LEVEL_NEEDED {
        return Err(Error::forbidden(
            "agent_level_required",
            "Only support agents of level 2 or 3 can do this. A vendor administrator can change your level.",
        ));
    }
    Ok(person)
}

/// What the caller may see, or why nothing.
pub fn may_see(call: &Call) -> Result<Whose, Error> {
    match agent(call) {
        Ok(_) => Ok(Whose::Everybodys),
        Err(_) if call.actor.administrator().is_ok() => Ok(Whose::VendorStaffs),
        Err(refused) => Err(refused),
    }
}

/// What waits, and what ended lately.
pub async fn list(call: &Call) -> Result<Vec<Listed>, Error> {
    let whose = may_see(call)?;
    let mut tx = call.read().await?;
    let mut all = Vec::new();
    for request in rows::list(&mut tx, call.now - SHOWN_AFTER_END).await? {
        all.extend(listed(call, &mut tx, request, whose).await?);
    }
    Ok(all)
}

pub async fn get(call: &Call, id: LostDeviceId) -> Result<Listed, Error> {
    let whose = may_see(call)?;
    let mut tx = call.read().await?;
    let request = rows::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    listed(call, &mut tx, request, whose).await?.ok_or(Error::NotFound)
}

/// `None` if it is not this caller's to see.
async fn listed(
    call: &Call,
    tx: &mut Connection,
    request: LostDevice,
    whose: Whose,
) -> Result<Option<Listed>, Error> {
    let is_staffs =
        people_operations::find_staff(tx, request.user).await?.is_some_and(|member| member.has_role());
    if whose == Whose::VendorStaffs && !is_staffs {
        return Ok(None);
    }
    let user = people_operations::get(tx, request.user).await?;
    let places = organizations::operations::memberships_of(tx, user.id, call.now).await?;
    let mut checks = Vec::new();
    for checked in rows::checks(tx, request.id).await? {
        let name = people_operations::get(tx, checked.agent).await?.name;
        checks.push((checked, name));
    }
    let ended_by = match request.ended.and_then(|end| end.by) {
        Some(by) => Some(people_operations::get(tx, by).await?.name),
        None => None,
    };
    let state = match (request.ended, outlived(tx, &request, call.now).await?) {
        (None, Some(how)) => State::Ended(how),
        _ => request.state(call.now),
    };
    Ok(Some(Listed {
        state,
        user,
        organizations: places.into_iter().map(|(_, organization)| organization.name).collect(),
        checks,
        ended_by,
        request,
    }))
}

/// The request, so that nobody else changes it meanwhile, if this agent may decide about it and there is still something
/// to decide.
async fn hold(work: &mut Work, id: LostDeviceId, agent: UserId) -> Result<(LostDevice, User), Error> {
    let now = work.call().now;
    let request = rows::find(work, id).await?.ok_or(Error::NotFound)?;
    request.may_be_judged_by(agent)?;
    // In the same order as everything else that changes a person: first the person.
    people_operations::lock(work, request.user).await?;
    rows::hold(work, id).await?;
    let request = rows::find(work, id).await?.ok_or(Error::NotFound)?;
    if request.ended.is_some() || outlived(work, &request, now).await?.is_some() {
        return Err(ended());
    }
    let user = people_operations::get(work, request.user).await?;
    Ok((request, user))
}

/// One agent says that all was checked. The second such word, by another agent, begins the wait; there is no other way to
/// begin it, and none to shorten it (S25, case 25).
pub async fn approve(call: &Call, id: LostDeviceId, checked: &[String], note: &str) -> Result<State, Error> {
    let agent = agent(call)?;
    let result = decide(call, agent, id, checked, note).await;
    if let Err(Error::Forbidden(code, _)) = &result {
        let tried = audit::Entry::new("lost_device.checked").session(agent.session);
        call.refused(tried.subject(agent.user).detail("request", id.to_string()).detail("why", code.0)).await;
    }
    result
}

async fn decide(
    call: &Call,
    agent: &Person,
    id: LostDeviceId,
    checked: &[String],
    note: &str,
) -> Result<State, Error> {
    let mut wrong: Vec<FieldError> = Vec::new();
    let checks = all_checked(checked).map_err(|error| wrong.push(error)).unwrap_or_default();
    let note = checked_note(note).map_err(|error| wrong.push(error)).unwrap_or_default();
    let mut work = call.begin().await?;
    let (request, user) = hold(&mut work, id, agent.user).await?;
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    if request.state(call.now) == State::Waiting {
        return Err(Error::conflict("lost_device_approved", "Two agents have approved this already."));
    }
    let checked = Checked { agent: agent.user, checks, note, created_at: call.now };
    if !rows::insert_check(&mut work, id, &checked).await? {
        return Err(Error::conflict(
            "lost_device_checked_by_you",
            "You have checked this already. A second agent has to check it too.",
        ));
    }
    let mut entries = Vec::new();
    for entry in entries_of(&mut work, "lost_device.checked", &request, &user).await? {
        entries
            .push(entry.detail("checks", Check::ALL.iter().map(|check| check.as_str()).collect::<Vec<_>>()));
    }
    let state = if are_enough(&mut work, &request).await? {
        let takes_effect_at = call.now + WAIT;
        if !rows::approve(&mut work, id, call.now, takes_effect_at).await? {
            return Err(ended());
        }
        let request =
            LostDevice { approved_at: Some(call.now), takes_effect_at: Some(takes_effect_at), ..request };
        tell(&mut work, &request, &user, emails::device_approved).await?;
        for entry in entries_of(&mut work, "lost_device.approved", &request, &user).await? {
            entries.push(entry.detail("takes_effect_at", takes_effect_at.as_seconds()));
        }
        State::Waiting
    } else {
        State::Open
    };
    work.commit_all(entries).await?;
    Ok(state)
}

/// Whether so many different agents have checked it who may decide today: the word of somebody who was suspended since, or
/// lost the level, counts no more.
pub(super) async fn are_enough(tx: &mut Connection, request: &LostDevice) -> Result<bool, Error> {
    let mut standing = 0;
    for checked in rows::checks(tx, request.id).await? {
        let level = people_operations::staff(tx, checked.agent).await?.agent_level;
        standing += usize::from(level >= Some(LEVEL_NEEDED) && checked.agent != request.user);
    }
    Ok(standing >= AGENTS_NEEDED)
}

/// An agent says no, also during the wait. The person is told, and the list says who it was.
pub async fn refuse(call: &Call, id: LostDeviceId) -> Result<(), Error> {
    let agent = agent(call)?;
    let mut work = call.begin().await?;
    let (request, user) = hold(&mut work, id, agent.user).await?;
    let entries = end(&mut work, &request, &user, EndedHow::Refused, Some(agent.user)).await?;
    work.commit_all(entries).await
}
