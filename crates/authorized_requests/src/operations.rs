//! Asking, answering, taking back.

use kernel::{Error, OrganizationId, RequestId, UserId};
use operation::{Call, Work, audit, outbox};
use organizations::{MemberKind, Organization};
use people::User;
use store::Connection;

use crate::{
    emails,
    model::{self, MOST, Request, State},
    rows,
};

/// More than this nobody reads through.
const WAITING: i64 = 200;

/// Some requests of a longer list, and what the reader is in their organization.
#[derive(Debug)]
pub struct Page {
    pub organization: Organization,
    pub is_administrator: bool,
    pub requests: Vec<Request>,
    /// The last one, if there are more after it.
    pub next: Option<RequestId>,
}

/// Asks something of the vendor. What the person showed at the sign-in is kept with it.
pub async fn create(
    call: &Call,
    organization: OrganizationId,
    subject: &str,
    text: &str,
) -> Result<Request, Error> {
    let person = call.actor.person()?;
    let mut work = call.begin().await?;
    // Of two that a person sends at once, the second counts the first.
    people::operations::lock(&mut work, person.user).await?;
    let (organization, membership) =
        organizations::operations::require_member(call, &mut work, organization).await?;
    if membership.kind != MemberKind::Customer {
        return Err(Error::forbidden(
            "customer_required",
            format!("Only the own people of {} can ask something in its name.", organization.name),
        ));
    }
    let (subject, text) = model::checked(subject, text)?;
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    model::may_ask_again(&rows::latest_of(&mut work, person.user, most).await?, call.now)?;
    if rows::count_open_of(&mut work, person.user, call.now).await? >= model::MOST_OPEN {
        return Err(Error::conflict(
            "too_many_authorized_requests",
            format!(
                "{} of your requests wait for an answer already. Withdraw one that you need no more.",
                model::MOST_OPEN
            ),
        ));
    }
    let standing = second_factor::operations::standing(&mut work, person.user).await?;
    let request = Request {
        id: call.new_id(),
        organization: organization.id,
        organization_name: organization.name,
        user: person.user,
        name: person.name.clone(),
        subject,
        text,
        factor: person.factor,
        has_second_factor: standing.is_on(),
        created_at: call.now,
        answer: None,
        withdrawn_at: None,
    };
    rows::insert(&mut work, &request).await?;
    let entry = entry("authorized_request.created", &request)
        .session(person.session)
        .detail("proof", request.proof().as_str());
    work.commit(entry).await?;
    Ok(request)
}

/// The requests of an organization, newest first: all of them for its administrators, their own for everybody else.
pub async fn list(
    call: &Call,
    organization: OrganizationId,
    before: Option<RequestId>,
    limit: i64,
) -> Result<Page, Error> {
    let user = call.actor.person()?.user;
    let mut tx = call.read().await?;
    let (organization, membership) =
        organizations::operations::require_member(call, &mut tx, organization).await?;
    let is_administrator = membership.is_administrator();
    let only_of = (!is_administrator).then_some(user);
    let mut requests = rows::of_organization(&mut tx, organization.id, only_of, before, limit + 1).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = requests.len() > limit;
    requests.truncate(limit);
    let next = requests.last().filter(|_| has_more).map(|request| request.id);
    Ok(Page { organization, is_administrator, requests, next })
}

/// One request, for whoever sees it in [`list`].
pub async fn get(call: &Call, organization: OrganizationId, id: RequestId) -> Result<Request, Error> {
    call.actor.person()?;
    let mut tx = call.read().await?;
    let is_administrator =
        organizations::operations::require_member(call, &mut tx, organization).await?.1.is_administrator();
    visible(call, &mut tx, organization, id, is_administrator).await
}

async fn visible(
    call: &Call,
    tx: &mut Connection,
    organization: OrganizationId,
    id: RequestId,
    is_administrator: bool,
) -> Result<Request, Error> {
    let user = call.actor.person()?.user;
    rows::find(tx, id)
        .await?
        .filter(|request| request.organization == organization)
        .filter(|request| request.may_be_withdrawn_by(user, is_administrator))
        .ok_or(Error::NotFound)
}

/// Takes a request back that nobody has answered yet.
pub async fn withdraw(call: &Call, organization: OrganizationId, id: RequestId) -> Result<Request, Error> {
    call.actor.person()?;
    let mut work = call.begin().await?;
    let is_administrator =
        organizations::operations::require_member(call, &mut work, organization).await?.1.is_administrator();
    let request = visible(call, &mut work, organization, id, is_administrator).await?;
    if !rows::withdraw(&mut work, id, call.now).await? {
        return Err(over(rows::find(&mut work, id).await?.as_ref()));
    }
    work.commit(entry("authorized_request.withdrawn", &request)).await?;
    Ok(Request { withdrawn_at: Some(call.now), ..request })
}

/// What waits for an answer of an agent, the longest waiting first.
pub async fn waiting(call: &Call) -> Result<Vec<Request>, Error> {
    call.actor.agent()?;
    let mut tx = call.read().await?;
    let mut standing = Vec::new();
    for request in rows::waiting(&mut tx, call.now, WAITING).await? {
        if author(call, &mut tx, &request).await?.is_some() {
            standing.push(request);
        }
    }
    Ok(standing)
}

/// One request as an agent sees it: it waits, or the agent answered it.
pub async fn get_at_desk(call: &Call, id: RequestId) -> Result<Request, Error> {
    let agent = call.actor.agent()?.0.user;
    let mut tx = call.read().await?;
    let request = rows::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let is_own = request.answer.as_ref().is_some_and(|answer| answer.by == agent);
    let waits = request.state() == State::Waiting && author(call, &mut tx, &request).await?.is_some();
    if is_own || waits { Ok(request) } else { Err(Error::NotFound) }
}

/// Answers a request, once. The person gets the answer by mail.
pub async fn answer(call: &Call, id: RequestId, text: &str) -> Result<Request, Error> {
    let agent = call.actor.agent()?.0;
    let mut work = call.begin().await?;
    let request = rows::find(&mut work, id).await?.ok_or(Error::NotFound)?;
    let author = author(call, &mut work, &request).await?.ok_or(Error::NotFound)?;
    if author.id == agent.user {
        return Err(Error::forbidden(
            "own_request",
            "Nobody answers a request of their own. Another agent can.",
        ));
    }
    let text = model::checked_text("answer", text).map_err(|field| Error::Invalid(vec![field]))?;
    if !rows::answer(&mut work, id, call.now, agent.user, &text).await? {
        return Err(over(rows::find(&mut work, id).await?.as_ref()));
    }
    let answer = model::Answer { at: call.now, by: agent.user, name: agent.name.clone(), text };
    let request = Request { answer: Some(answer), ..request };
    send(&mut work, &author, &request).await?;
    work.commit(entry("authorized_request.answered", &request)).await?;
    Ok(request)
}

async fn send(work: &mut Work, author: &User, request: &Request) -> Result<(), Error> {
    let mail = emails::answered(&work.call().world.settings, author, request);
    outbox::send(work, mail).await
}

/// Who asked, if they still may: a member of the organization whose account is their own. A request of anybody else is
/// nobody's word.
async fn author(call: &Call, tx: &mut Connection, request: &Request) -> Result<Option<User>, Error> {
    let user: UserId = request.user;
    let place = organizations::operations::membership(tx, request.organization, user, call.now).await?;
    if place.is_none_or(|place| place.kind != MemberKind::Customer) {
        return Ok(None);
    }
    Ok(people::operations::find(tx, user).await?.filter(User::may_sign_in))
}

fn over(request: Option<&Request>) -> Error {
    let sentence = match request.map(|request| (request.state(), &request.answer)) {
        Some((State::Answered, Some(answer))) => {
            format!("{} has answered this request already.", answer.name)
        }
        _ => "This request was withdrawn.".to_owned(),
    };
    Error::conflict("authorized_request_over", sentence)
}

fn entry(kind: &'static str, request: &Request) -> audit::Entry {
    audit::Entry::new(kind)
        .organization(request.organization)
        .subject(request.id)
        .detail("name", request.subject.as_str())
        .detail("user", request.user.to_string())
}
