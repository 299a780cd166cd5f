//! Judging from the database, coming into a product, and leaving it.

use applications::Application;
use grants::{EndedHow, Mode, State};
use kernel::{
    ApplicationId, Error, GrantId, OrganizationId, Person, Secret, SecretHash, SessionId, Timestamp, UserId,
    secret::Purpose,
};
use operation::{Call, World, audit::Entry};
use organizations::{MemberKind, Organization};
use sessions::{
    Touches,
    model::{Kind, NewHandover, Session},
};
use store::Connection;

use crate::{
    model::{Facts, Grounds, Part, Place, Reason, Words},
    rows,
};

/// Whose request it is that is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    pub secret: SecretHash,
    pub kind: Kind,
    pub application: ApplicationId,
    pub origin: &'a str,
}

/// What the database says at one moment.
#[derive(Debug)]
pub enum Judged {
    /// The keys, the first moment at which it no longer holds, and what is to be told.
    Yes(Grounds, Timestamp, Facts),
    /// Known, and no. With the session inside an account, if it is one.
    No(Reason, Option<Grounds>),
    /// Not signed in, as far as this application is concerned.
    Nobody,
}

/// Looks at everything that a yes rests on, in one read. `stamp` marks the verdict.
pub async fn judge(
    world: &World,
    claim: &Claim<'_>,
    touches: &Touches,
    stamp: u32,
    now: Timestamp,
) -> Result<Judged, Error> {
    let mut tx = world.store.read().await?;
    let Some(mut session) = sessions::operations::find_by_secret(&mut tx, &claim.secret).await? else {
        return Ok(Judged::Nobody);
    };
    // A session of another kind or of another application is none here.
    if session.kind != claim.kind || session.application != Some(claim.application) {
        return Ok(Judged::Nobody);
    }
    let application = applications::operations::find(&mut tx, claim.application).await?;
    let Some(application) = application.filter(|application| application.origin == claim.origin) else {
        return Ok(Judged::No(Reason::UnknownApplication, None));
    };
    if let Some(used_at) = touches.last(session.id) {
        session.last_used_at = session.last_used_at.max(used_at);
    }
    match session.kind {
        Kind::Own => Ok(Judged::Nobody),
        Kind::Application => member(&mut tx, &session, &application, stamp, now).await,
        Kind::Acting => support(&mut tx, &session, &application, stamp, now).await,
    }
}

/// The own session that another hangs on, if it still carries it. Whether it was used lately does not matter: whoever
/// works in the product is there.
async fn parent_of(tx: &mut Connection, session: &Session, now: Timestamp) -> Result<Option<Session>, Error> {
    let Some(parent) = session.parent else { return Ok(None) };
    let parent = sessions::operations::find(tx, parent).await?;
    Ok(parent
        .filter(|parent| parent.kind == Kind::Own && parent.ended_at.is_none() && now < parent.expires_at))
}

async fn member(
    tx: &mut Connection,
    session: &Session,
    application: &Application,
    stamp: u32,
    now: Timestamp,
) -> Result<Judged, Error> {
    if !session.is_good(now) {
        return Ok(Judged::Nobody);
    }
    let (Some(parent), Some(id)) = (parent_of(tx, session, now).await?, session.organization) else {
        return Ok(Judged::Nobody);
    };
    let user = people::operations::find(tx, session.user).await?.filter(|user| user.suspended_at.is_none());
    let Some(user) = user else { return Ok(Judged::Nobody) };
    let membership = organizations::operations::membership(tx, id, user.id, now).await?;
    let organization = organizations::operations::find(tx, id).await?;
    let (Some(membership), Some(organization)) = (membership, organization) else {
        return Ok(Judged::No(Reason::NotAllowed, None));
    };
    let grounds = Grounds {
        session: session.id,
        parent: Some(parent.id),
        user: user.id,
        organization: id,
        application: application.id,
        place: Place::Membership(membership.id),
    };
    let until =
        [Some(session.expires_at), Some(parent.expires_at), membership.ends_at].into_iter().flatten().min();
    let facts = Facts {
        part: Part::Member {
            is_administrator: membership.is_administrator(),
            is_vendor_staff: membership.kind == MemberKind::VendorStaff,
        },
        words: words(&user, &organization, ""),
        stamp,
        header_set: application.header_set,
        signed_in_at: parent.created_at,
        grant_ends_at: None,
        idle_limit: session.idle_limit,
        last_activity: session.last_used_at,
    };
    Ok(Judged::Yes(grounds, until.unwrap_or(now), facts))
}

async fn support(
    tx: &mut Connection,
    session: &Session,
    application: &Application,
    stamp: u32,
    now: Timestamp,
) -> Result<Judged, Error> {
    let (Some(id), Some(grant)) = (session.organization, session.grant) else { return Ok(Judged::Nobody) };
    let grounds = Grounds {
        session: session.id,
        parent: session.parent,
        user: session.user,
        organization: id,
        application: application.id,
        place: Place::Grant(grant),
    };
    let no = |reason| Ok(Judged::No(reason, Some(grounds)));
    let grant = grants::operations::find(tx, grant).await?.filter(|grant| grant.organization == id);
    let Some(grant) = grant else { return no(Reason::NotAllowed) };
    // Why it is over comes from the grant first: the session ended with it, and says less.
    let ends_at = match (grant.state(now), grant.until(now)) {
        (State::Revoked, _) => return no(Reason::GrantRevoked),
        (State::Expired, _) => return no(Reason::GrantExpired),
        (State::Active, Some(ends_at)) => ends_at,
        _ => return no(Reason::NotAllowed),
    };
    if !session.is_good(now) {
        return no(Reason::SessionEnded);
    }
    let Some(parent) = parent_of(tx, session, now).await? else { return no(Reason::SessionEnded) };
    let user = people::operations::find(tx, session.user).await?.filter(|user| user.suspended_at.is_none());
    let level = people::operations::staff(tx, session.user).await?.agent_level;
    let association = rows::association(tx, grant.id).await?.filter(|held| held.agent == Some(session.user));
    let organization = organizations::operations::find(tx, id).await?;
    let (Some(user), Some(level), Some(association), Some(organization)) =
        (user, level, association, organization)
    else {
        return no(Reason::NotAllowed);
    };
    let facts = Facts {
        part: Part::Support { level, may_write: grant.mode == Mode::Write },
        words: words(&user, &organization, &association.ticket),
        stamp,
        header_set: application.header_set,
        signed_in_at: parent.created_at,
        grant_ends_at: Some(ends_at),
        idle_limit: session.idle_limit,
        last_activity: session.last_used_at,
    };
    Ok(Judged::Yes(grounds, ends_at.min(session.expires_at).min(parent.expires_at), facts))
}

fn words(user: &people::User, organization: &Organization, ticket: &str) -> Words {
    let external_id = organization.external_id.as_deref().unwrap_or_default();
    Words::new(&user.name, user.email.as_str(), &organization.name, external_id, ticket)
}

/// Where somebody who is signed in here goes on to.
#[derive(Debug)]
pub enum Onward {
    /// The address at the product that takes the handover.
    To(String),
    /// The person belongs to several organizations.
    Choose(Vec<(OrganizationId, String)>),
    /// The person belongs to none.
    Nowhere,
}

/// The address in a product that somebody wants: its origin, and the rest. `None` for whatever a browser could read
/// otherwise than we do (case 36).
pub fn wanted(rd: &str) -> Option<(String, String)> {
    if rd.len() > 8192 || rd.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return None;
    }
    let url = url::Url::parse(rd).ok()?;
    if !rd.to_ascii_lowercase().starts_with(&format!("{}://", url.scheme())) {
        return None;
    }
    // As it was typed: an empty name before the host is gone once it is read.
    let typed =
        rd.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    if typed.contains('@') {
        return None;
    }
    let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let origin = applications::model::parse_origin(&format!("{}://{authority}", url.scheme()))?;
    Some((origin, url[url::Position::BeforePath..url::Position::AfterQuery].to_owned()))
}

/// Sends a signed-in person on to the application at `origin`, into `chosen` or into the only organization they have.
pub async fn onward(
    call: &Call,
    application: ApplicationId,
    origin: &str,
    target: &str,
    chosen: Option<OrganizationId>,
) -> Result<Onward, Error> {
    let person = call.actor.person()?;
    let mut work = call.begin().await?;
    let mut places: Vec<(OrganizationId, String)> =
        organizations::operations::memberships_of(&mut work, person.user, call.now)
            .await?
            .into_iter()
            .map(|(_, organization)| (organization.id, organization.name))
            .collect();
    if let Some(chosen) = chosen {
        places.retain(|(id, _)| *id == chosen);
        if places.is_empty() {
            return Err(Error::NotFound);
        }
    }
    let organization = match places.as_slice() {
        [] => return Ok(Onward::Nowhere),
        [(organization, _)] => *organization,
        _ => return Ok(Onward::Choose(places)),
    };
    let handover = NewHandover {
        kind: Kind::Application,
        session: person.session,
        application,
        organization,
        grant: None,
        return_to: target.to_owned(),
    };
    let code = sessions::operations::hand_over(&mut work, handover).await?;
    work.commit(Entry::new("session.handed_over").session(person.session).subject(application)).await?;
    // A code is ASCII letters and digits, so it stands in an address as it is.
    Ok(Onward::To(format!("{origin}/_latchstring/callback?code={}", code.expose())))
}

/// Somebody has arrived at a product.
#[derive(Debug)]
pub enum Arrival {
    Here {
        kind: Kind,
        secret: Secret,
        return_to: String,
    },
    /// The code is none, was used, or is too old.
    Over,
    /// What the code was made for has ended since.
    Ended,
}

/// Takes the code that a browser brings to a product's host, once, and begins the session there.
pub async fn arrive(call: &Call, code: &str, application: ApplicationId) -> Result<Arrival, Error> {
    let Some(code) = Secret::parse(Purpose::Handover, code) else { return Ok(Arrival::Over) };
    let code = code.hash();
    // Looked at first and then taken, so that the record names the person. Of two who bring it, one takes it.
    let mut look = call.begin().await?;
    let handover = sessions::operations::take_handover(&mut look, &code).await?;
    let Some(handover) = handover.filter(|handover| handover.application == application) else {
        return Ok(Arrival::Over);
    };
    let person = person(&mut look, handover.parent.user, handover.parent.id).await?;
    drop(look);
    let Some(person) = person else { return Ok(Arrival::Ended) };
    let is_agent = person.staff.agent_level.is_some();
    let mut work = call.with_actor(kernel::Actor::Person(person)).begin().await?;
    let Some(handover) = sessions::operations::take_handover(&mut work, &code).await? else {
        return Ok(Arrival::Over);
    };
    let (parent, organization) = (&handover.parent, handover.organization);
    let replaced = sessions::operations::end_earlier(&mut work, parent, application, handover.kind).await?;
    let (session, secret) = match (handover.kind, handover.grant) {
        (Kind::Application, _) => {
            let membership =
                organizations::operations::membership(&mut work, organization, parent.user, call.now).await?;
            if membership.is_none() {
                return Ok(Arrival::Ended);
            }
            organizations::operations::note_access(&mut work, organization, parent.user, call.now).await?;
            sessions::operations::begin_application(&mut work, parent, application, organization).await?
        }
        (Kind::Acting, Some(grant)) => {
            let ends_at = open_until(&mut work, grant, parent.user, organization, call.now).await?;
            let Some(ends_at) = ends_at.filter(|_| is_agent) else { return Ok(Arrival::Ended) };
            sessions::operations::begin_acting(&mut work, parent, application, organization, grant, ends_at)
                .await?
        }
        _ => return Ok(Arrival::Over),
    };
    let mut entry = Entry::new("session.signed_in")
        .session(session)
        .subject(application)
        .detail("kind", handover.kind.as_str());
    if let Some(grant) = handover.grant {
        entry = entry.grant(grant);
    }
    let mut entries = sessions::operations::endings(&replaced);
    entries.push(entry);
    work.commit_all(entries).await?;
    Ok(Arrival::Here { kind: handover.kind, secret, return_to: handover.return_to })
}

/// Until when the agent may be in on the grant, if they may now.
async fn open_until(
    tx: &mut Connection,
    grant: GrantId,
    agent: UserId,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let association = rows::association(tx, grant).await?;
    if association.and_then(|held| held.agent) != Some(agent) {
        return Ok(None);
    }
    let grant = grants::operations::find(tx, grant).await?;
    Ok(grant.filter(|grant| grant.organization == organization).and_then(|grant| grant.until(now)))
}

async fn person(tx: &mut Connection, user: UserId, session: SessionId) -> Result<Option<Person>, Error> {
    let user = people::operations::find(tx, user).await?.filter(|user| user.suspended_at.is_none());
    let Some(user) = user else { return Ok(None) };
    let staff = people::operations::staff(tx, user.id).await?;
    Ok(Some(Person {
        user: user.id,
        name: user.name,
        session,
        staff,
        language: user.language,
        time_zone: user.time_zone,
    }))
}

/// An agent leaves the account: the session there ends, the agent's own stays (A33). Leaving twice is no fault.
pub async fn leave(call: &Call, secret: &SecretHash) -> Result<(), Error> {
    let mut tx = call.read().await?;
    let session = sessions::operations::find_by_secret(&mut tx, secret).await?;
    let Some(session) = session.filter(|session| session.kind == Kind::Acting && session.ended_at.is_none())
    else {
        return Ok(());
    };
    let person = person(&mut tx, session.user, session.id).await?;
    drop(tx);
    let call = person.map_or_else(|| call.clone(), |person| call.with_actor(kernel::Actor::Person(person)));
    let mut work = call.begin().await?;
    let ended = sessions::operations::end(&mut work, session.id, "left").await?;
    let entries: Vec<Entry> = sessions::operations::left(&ended).collect();
    if entries.is_empty() { Ok(()) } else { work.commit_all(entries).await }
}

/// An entry into an account that is over, for the page that says so to whoever was in.
#[derive(Debug)]
pub struct EndedEntry {
    pub state: State,
    pub how: Option<EndedHow>,
    pub by: Option<String>,
    pub at: Timestamp,
    pub organization: String,
    pub reference_code: String,
    pub ticket: String,
    pub began_at: Timestamp,
    pub language: String,
    pub time_zone: String,
}

/// What became of the entry that a cookie was good for.
pub async fn ended_entry(
    world: &World,
    secret: &SecretHash,
    now: Timestamp,
) -> Result<Option<EndedEntry>, Error> {
    let mut tx = world.store.read().await?;
    let session = sessions::operations::find_by_secret(&mut tx, secret).await?;
    let Some(session) = session.filter(|session| session.kind == Kind::Acting) else { return Ok(None) };
    let (Some(grant), Some(organization)) = (session.grant, session.organization) else { return Ok(None) };
    let grant = grants::operations::find(&mut tx, grant).await?;
    let organization = organizations::operations::find(&mut tx, organization).await?;
    let user = people::operations::find(&mut tx, session.user).await?;
    let (Some(grant), Some(organization), Some(user)) = (grant, organization, user) else { return Ok(None) };
    let association = rows::association(&mut tx, grant.id).await?;
    let ended = grant.ended.as_ref();
    Ok(Some(EndedEntry {
        state: grant.state(now),
        how: ended.map(|ended| ended.how),
        by: ended.and_then(|ended| ended.by.as_ref()).map(|(_, name)| name.clone()),
        at: grant.over_at(now).or(session.ended_at).unwrap_or_else(|| session.good_until().min(now)),
        organization: organization.name,
        reference_code: association.as_ref().map(|held| held.reference_code.clone()).unwrap_or_default(),
        ticket: association.map(|held| held.ticket).unwrap_or_default(),
        began_at: session.created_at,
        language: user.language,
        time_zone: user.time_zone,
    }))
}
