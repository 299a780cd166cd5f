//! The way from our host to a product's: a code, good once, for a minute, at one product, in one browser.

use kernel::{ApplicationId, ConnectionId, Error, OrganizationId, Secret, SecretHash, secret::Purpose};
use mfa_levels::model::Opened;
use operation::{Call, audit::Entry};
use sessions::model::{Handover, Kind, NewHandover, Session};

use super::{acting::open_until, person};

/// Where somebody who is signed in here goes on to.
#[derive(Debug)]
pub enum Onward {
    /// The address at the product that takes the handover.
    To(String),
    /// The person belongs to several organizations.
    Choose(Vec<(OrganizationId, String)>),
    /// This session opens none. Where the person has a place that only a provider opens: whose it is, and by which connection.
    Nowhere(Vec<(String, ConnectionId)>),
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

/// Sends a signed-in person on to the application at `origin`, into `chosen` or into the only organization they have. Only
/// the browser that has what `way` is the hash of can arrive there.
pub async fn onward(
    call: &Call,
    application: ApplicationId,
    (origin, target): (&str, &str),
    chosen: Option<OrganizationId>,
    way: SecretHash,
) -> Result<Onward, Error> {
    let person = call.actor.person()?;
    let mut work = call.begin().await?;
    let mut places: Vec<(OrganizationId, String)> =
        organizations::operations::open_memberships(&mut work, person, call.now)
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
        [] => {
            let managed = organizations::operations::managed_places(&mut work, person.user, call.now).await?;
            let managed =
                managed.into_iter().map(|(organization, connection)| (organization.name, connection));
            return Ok(Onward::Nowhere(managed.collect()));
        }
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
        way: Some(way),
    };
    let code = sessions::operations::hand_over(&mut work, handover).await?;
    work.commit(Entry::new("session.handed_over").session(person.session).subject(application)).await?;
    Ok(Onward::To(callback(origin, &code)))
}

/// A code is ASCII letters and digits, so it stands in an address as it is.
fn callback(origin: &str, code: &Secret) -> String {
    format!("{origin}/_latchstring/callback?code={}", code.expose())
}

/// The session of temporary credentials that a browser presents on our host, while it is good. It is nobody's own: all it can
/// do is to bring the ticket that was made in it.
pub async fn temporary_session(call: &Call, presented: Option<&str>) -> Result<Option<Session>, Error> {
    let Some(secret) = presented.and_then(|presented| Secret::parse(Purpose::Session, presented)) else {
        return Ok(None);
    };
    let mut tx = call.read().await?;
    let session = sessions::operations::find_by_secret(&mut tx, &secret.hash()).await?;
    Ok(session.filter(|session| session.kind == Kind::Temporary && session.is_good(call.now)))
}

/// Whoever pressed *Enter* comes back from the product's host: the ticket of that press becomes a code for the browser
/// that has `way`. `None` if the ticket is none, is over, or was made in another session than those that bring it: a
/// link makes nobody enter. `temporary` is the session of temporary credentials beside a person's own, or instead of it.
pub async fn redeem(
    call: &Call,
    temporary: Option<&Session>,
    ticket: &str,
    way: SecretHash,
) -> Result<Option<String>, Error> {
    let own = call.actor.person().ok().map(|person| person.session);
    let call = &match (own, temporary) {
        (Some(_), _) => call.clone(),
        (None, Some(session)) => {
            let mut tx = call.read().await?;
            let who = person(&mut tx, session.user, session.id).await?.ok_or(Error::Unauthenticated)?;
            call.with_actor(kernel::Actor::Person(who))
        }
        (None, None) => return Err(Error::Unauthenticated),
    };
    let Some(ticket) = Secret::parse(Purpose::Handover, ticket) else { return Ok(None) };
    let mut work = call.begin().await?;
    let Some(taken) = sessions::operations::take_handover(&mut work, &ticket.hash()).await? else {
        return Ok(None);
    };
    let carrier = taken.parent.id;
    let is_brought_back = own == Some(carrier) || temporary.is_some_and(|session| session.id == carrier);
    if taken.way.is_some() || !is_brought_back {
        let reason = if taken.way.is_some() { "not_a_ticket" } else { "another_session" };
        work.commit(refusal(&taken, reason)).await?;
        return Ok(None);
    }
    let Some(application) = applications::operations::find(&mut work, taken.application).await? else {
        return Ok(None);
    };
    let mut entry = Entry::new("session.handed_over").session(carrier).subject(application.id);
    if let Some(grant) = taken.grant {
        entry = entry.grant(grant);
    }
    let handover = NewHandover {
        kind: taken.kind,
        session: carrier,
        application: application.id,
        organization: taken.organization,
        grant: taken.grant,
        return_to: taken.return_to,
        way: Some(way),
    };
    let code = sessions::operations::hand_over(&mut work, handover).await?;
    work.commit(entry).await?;
    let origin = call.world.settings.seen_from(&application.origin, &call.origin.host);
    Ok(Some(callback(&origin, &code)))
}

/// Somebody brought what another browser, or another session, was given. It is worth nothing after that.
fn refusal(taken: &Handover, reason: &'static str) -> Entry {
    let entry = Entry::new("handover.refused")
        .refused()
        .session(taken.parent.id)
        .subject(taken.parent.user)
        .detail("reason", reason)
        .detail("kind", taken.kind.as_str())
        .detail("application", taken.application.to_string());
    match taken.grant {
        Some(grant) => entry.organization(taken.organization).grant(grant),
        None => entry,
    }
}

/// Somebody has arrived at a product.
#[derive(Debug)]
pub enum Arrival {
    Here {
        kind: Kind,
        secret: Secret,
        return_to: String,
        /// Which of the browser's ways has come to its end.
        way: usize,
    },
    /// The code is for another browser.
    Strange { kind: Kind, return_to: String },
    /// The code is none, was used, or is too old.
    Over,
    /// What the code was made for has ended since.
    Ended,
}

/// Takes the code that a browser brings to a product's host, once, and begins the session there. It is good for the browser
/// that began the way only: or else somebody could sign others in as themselves, by a link (case 19).
pub async fn arrive(
    call: &Call,
    code: &str,
    ways: &[Secret],
    application: ApplicationId,
) -> Result<Arrival, Error> {
    let Some(code) = Secret::parse(Purpose::Handover, code) else { return Ok(Arrival::Over) };
    let code = code.hash();
    // Looked at first and then taken, so that the record names the person. Of two who bring it, one takes it.
    let mut look = call.begin().await?;
    let handover = sessions::operations::take_handover(&mut look, &code).await?;
    let Some(handover) = handover.filter(|handover| handover.application == application) else {
        return Ok(Arrival::Over);
    };
    let way = handover.way.and_then(|bound| ways.iter().position(|way| way.hash().matches(&bound)));
    let Some(way) = way else {
        let reason = match (handover.way, ways) {
            (None, _) => "ticket",
            (Some(_), []) => "no_way",
            (Some(_), _) => "another_way",
        };
        look.commit(refusal(&handover, reason)).await?;
        return Ok(Arrival::Strange { kind: handover.kind, return_to: handover.return_to });
    };
    let person = person(&mut look, handover.parent.user, handover.parent.id).await?;
    drop(look);
    let Some(person) = person else { return Ok(Arrival::Ended) };
    let mut work = call.with_actor(kernel::Actor::Person(person)).begin().await?;
    let Some(handover) = sessions::operations::take_handover(&mut work, &code).await? else {
        return Ok(Arrival::Over);
    };
    let (parent, organization, kind) = (&handover.parent, handover.organization, handover.kind);
    // First what the place in the organization or the entry rests on, then sessions: in the order of whoever ends either.
    let replaced;
    let (session, secret) = match (kind, handover.grant) {
        (Kind::Application, _) => {
            let membership =
                organizations::operations::membership(&mut work, organization, parent.user, call.now).await?;
            if membership.is_none() {
                return Ok(Arrival::Ended);
            }
            organizations::operations::note_access(&mut work, organization, parent.user, call.now).await?;
            replaced = sessions::operations::end_earlier(&mut work, parent, application, kind).await?;
            sessions::operations::begin_application(&mut work, parent, application, organization).await?
        }
        (Kind::Acting, Some(grant)) => {
            partners::operations::hold(&mut work, grant).await?;
            let found = grants::operations::hold(&mut work, grant).await?;
            let Some(found) = found else { return Ok(Arrival::Ended) };
            replaced = sessions::operations::end_earlier(&mut work, parent, application, kind).await?;
            let into = (organization, application);
            let opened = Opened { factor: parent.factor, by_sso_of: parent.single_sign_on_of };
            let ends_at = open_until(&mut work, &found, parent.user, into, opened, call.now).await?;
            let Some(ends_at) = ends_at else { return Ok(Arrival::Ended) };
            if found.kind == grants::Kind::Partner {
                partners::operations::note_entry(&mut work, &found, parent.user, call.now).await?;
            }
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
    Ok(Arrival::Here { kind: handover.kind, secret, return_to: handover.return_to, way })
}
