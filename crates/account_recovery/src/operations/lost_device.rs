//! A lost device, as its owner sees it: the request, and the stop.

use ::sessions::operations as sessions;
use kernel::{EmailAddress, Error, FieldError, UserId};
use operation::{Call, Work, audit, outbox};
use people::{
    User,
    links::{self, Link, Purpose},
};
use store::Connection;

use super::{look, no_machine, over, take};
use crate::{
    emails,
    model::{
        EARLIER_ADDRESSES, End, EndedHow, LostDevice, PAUSE_AFTER_STOP, State, UNANSWERED, WAIT,
        checked_contact, checked_reason,
    },
    rows,
};

/// What the page of a person who proved their password shows.
#[derive(Debug)]
pub struct Standing {
    /// Without a second factor there is nothing to reset.
    pub has_factor: bool,
    pub open: Option<LostDevice>,
}

/// Where a person stands who proved their password in this browser and has no session yet.
pub async fn standing(call: &Call, user: UserId) -> Result<Standing, Error> {
    let mut tx = call.read().await?;
    let has_factor = second_factor::operations::standing(&mut tx, user).await?.is_on();
    let open = rows::find_live(&mut tx, user).await?;
    Ok(Standing { has_factor, open: open.filter(|open| !matches!(open.state(call.now), State::Ended(_))) })
}

/// Reports a device as lost (C14): the request of a person who proved their password and cannot show the factor. It opens
/// nothing. Every address of the person hears of it and can stop it.
pub async fn report(call: &Call, user: UserId, reason: &str, contact: &str) -> Result<LostDevice, Error> {
    no_machine(call)?;
    let mut wrong: Vec<FieldError> = Vec::new();
    let reason = checked_reason(reason).map_err(|error| wrong.push(error)).unwrap_or_default();
    let contact = checked_contact(contact).map_err(|error| wrong.push(error)).unwrap_or_default();
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let mut work = call.begin().await?;
    people::operations::lock(&mut work, user).await?;
    let user = people::operations::get(&mut work, user).await?;
    if !user.may_sign_in() {
        return Err(Error::Unauthenticated);
    }
    if !second_factor::operations::standing(&mut work, user.id).await?.is_on() {
        return Err(Error::conflict(
            "no_second_factor",
            "Your account has no second factor that could be reset. Sign in with your password.",
        ));
    }
    let mut entries = Vec::new();
    if let Some(before) = rows::find_live(&mut work, user.id).await? {
        if before.state(call.now) != State::Ended(EndedHow::Expired) {
            return Err(already_open());
        }
        entries.extend(end(&mut work, &before, &user, EndedHow::Expired, None).await?);
    }
    let stopped_at = rows::last_stopped_at(&mut work, user.id).await?;
    if stopped_at.is_some_and(|at| call.now < at + PAUSE_AFTER_STOP) {
        return Err(Error::conflict(
            "lost_device_stopped",
            "A request for this account was stopped less than a day ago. Ask again tomorrow, or write to support.",
        ));
    }
    let request = LostDevice {
        id: call.new_id(),
        user: user.id,
        reason,
        contact,
        created_at: call.now,
        expires_at: call.now + UNANSWERED,
        approved_at: None,
        takes_effect_at: None,
        ended: None,
    };
    if !rows::insert(&mut work, &request).await? {
        return Err(already_open());
    }
    tell(&mut work, &request, &user, emails::device_reported).await?;
    entries.extend(entries_of(&mut work, "lost_device.reported", &request, &user).await?);
    work.commit_all(entries).await?;
    Ok(request)
}

fn already_open() -> Error {
    Error::conflict(
        "lost_device_already_reported",
        "There is a request for this account already. You get mail when it goes on.",
    )
}

/// Whose request the link stops.
pub async fn look_at_stop(call: &Call, token: &str) -> Result<EmailAddress, Error> {
    let (link, user) = look(call, Purpose::StopRecovery, token).await?;
    let mut tx = call.read().await?;
    of_link(&mut tx, &link).await?;
    Ok(user.email)
}

/// Stops a request, from any mailbox of the person. It stays stopped, whatever agents do; a new one has to wait a day.
pub async fn stop(call: &Call, token: &str) -> Result<(), Error> {
    no_machine(call)?;
    let mut work = call.begin().await?;
    let (link, user) = take(&mut work, Purpose::StopRecovery, token).await?;
    let request = of_link(&mut work, &link).await?;
    let entries = end(&mut work, &request, &user, EndedHow::Stopped, Some(user.id)).await?;
    work.commit_all(entries).await
}

/// The request that a link is about, while it can still be stopped.
async fn of_link(tx: &mut Connection, link: &Link) -> Result<LostDevice, Error> {
    let id = link.about.parse().map_err(|_| over())?;
    rows::find(tx, id).await?.filter(|request| request.ended.is_none()).ok_or_else(over)
}

/// Ends what a person has open, because something else about the account changed.
pub(super) async fn end_of_person(
    work: &mut Work,
    user: &User,
    how: EndedHow,
) -> Result<Vec<audit::Entry>, Error> {
    match rows::find_live(work, user.id).await? {
        Some(request) => end(work, &request, user, how, Some(user.id)).await,
        None => Ok(Vec::new()),
    }
}

/// Ends a request, tells every address, and takes the links away. `Conflict` if it had ended.
pub(super) async fn end(
    work: &mut Work,
    request: &LostDevice,
    user: &User,
    how: EndedHow,
    by: Option<UserId>,
) -> Result<Vec<audit::Entry>, Error> {
    let end = End { at: work.call().now, how, by };
    if !rows::end(work, request.id, end).await? {
        return Err(ended());
    }
    links::supersede(work, Purpose::StopRecovery, user.id).await?;
    let call = work.call().clone();
    for to in addresses(work, user).await? {
        outbox::send(work, emails::device_over(&call, user, to, how)).await?;
    }
    let kind = match how {
        EndedHow::Done => "lost_device.reset",
        EndedHow::Stopped => "lost_device.stopped",
        EndedHow::Refused => "lost_device.refused",
        EndedHow::Expired => "lost_device.expired",
        EndedHow::Overtaken => "lost_device.overtaken",
    };
    entries_of(work, kind, request, user).await
}

pub(super) fn ended() -> Error {
    Error::conflict("lost_device_over", "This request has ended. Nothing can be decided about it any more.")
}

/// Why a request that is not over yet is over all the same: the person showed the factor, or has none, or nobody answered.
pub(super) async fn outlived(
    tx: &mut Connection,
    request: &LostDevice,
    now: kernel::Timestamp,
) -> Result<Option<EndedHow>, Error> {
    if sessions::was_factor_shown_since(tx, request.user, request.created_at).await?
        || !second_factor::operations::standing(tx, request.user).await?.is_on()
    {
        return Ok(Some(EndedHow::Overtaken));
    }
    Ok(match request.state(now) {
        State::Ended(how) => Some(how),
        State::Open | State::Waiting => None,
    })
}

/// A mail to every address of the person, each with a link of its own that stops the request.
pub(super) async fn tell(
    work: &mut Work,
    request: &LostDevice,
    user: &User,
    mail: fn(&Call, &User, EmailAddress, &LostDevice, &kernel::Secret) -> outbox::Mail,
) -> Result<(), Error> {
    let call = work.call().clone();
    let about = request.id.to_string();
    for to in addresses(work, user).await? {
        // It works for as long as there can be something to stop.
        let secret =
            links::issue(work, Purpose::StopRecovery, user.id, &about, UNANSWERED + WAIT + WAIT).await?;
        outbox::send(work, mail(&call, user, to, request, &secret)).await?;
    }
    Ok(())
}

/// The address of now, and those of the last month: whoever took the mailbox of one does not have the others.
async fn addresses(work: &mut Work, user: &User) -> Result<Vec<EmailAddress>, Error> {
    let since = work.call().now - EARLIER_ADDRESSES;
    let mut all = vec![user.email.clone()];
    for about in links::were_about(work, Purpose::UndoEmail, user.id, since).await? {
        let earlier: EmailAddress = about.parse().map_err(Error::internal)?;
        if !all.contains(&earlier) {
            all.push(earlier);
        }
    }
    Ok(all)
}

/// One entry for each organization of the person, so that each sees it in its log; one without, if there is none.
pub(super) async fn entries_of(
    work: &mut Work,
    kind: &'static str,
    request: &LostDevice,
    user: &User,
) -> Result<Vec<audit::Entry>, Error> {
    let now = work.call().now;
    let entry = audit::Entry::new(kind)
        .subject(user.id)
        .detail("request", request.id.to_string())
        .detail("name", user.name.clone());
    let places = organizations::operations::memberships_of(work, user.id, now).await?;
    if places.is_empty() {
        return Ok(vec![entry]);
    }
    Ok(places.into_iter().map(|(place, _)| entry.clone().organization(place.organization)).collect())
}
