//! Judging from the database, coming into a product, and leaving it.

mod acting;
mod way;

use applications::Application;
use grants::{EndedHow, State};
use kernel::{ApplicationId, Error, Factor, Person, SecretHash, SessionId, Staff, Timestamp, UserId};
use mfa_levels::model::Opened;
use operation::{Call, World, audit::Entry};
use organizations::MemberKind;
use people::User;
use sessions::model::{Kind, Session};
use store::Connection;

use crate::{
    model::{Account, Facts, Grounds, Part, Place, Reason, Words},
    rows,
};

pub use way::{Arrival, Onward, arrive, onward, redeem, temporary_session, wanted};

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
    /// The first moment at which it no longer holds, and what it is made of.
    Yes(Timestamp, Facts, Account),
    /// Known, and no. With the session inside an account, if it is one.
    No(Reason, Option<Grounds>),
    /// Not signed in, as far as this application is concerned.
    Nobody,
}

/// Looks at everything that a yes rests on, in one read. `used_at` is the last use as far as memory knows of one: it may
/// not be written yet.
pub async fn judge(
    world: &World,
    claim: &Claim<'_>,
    used_at: Option<Timestamp>,
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
    if let Some(used_at) = used_at {
        session.last_used_at = session.last_used_at.max(used_at);
    }
    match session.kind {
        Kind::Own | Kind::Temporary => Ok(Judged::Nobody),
        Kind::Application => member(&mut tx, &session, &application, now).await,
        Kind::Acting => acting::judge(&mut tx, &session, &application, now).await,
    }
}

/// The own session that another hangs on, if it still carries it. Whether it was used lately does not matter: whoever
/// works in the product is there.
async fn parent_of(tx: &mut Connection, session: &Session, now: Timestamp) -> Result<Option<Session>, Error> {
    let Some(parent) = session.parent else { return Ok(None) };
    let parent = sessions::operations::find(tx, parent).await?;
    Ok(parent.filter(|parent| parent.kind.carries() && parent.ended_at.is_none() && now < parent.expires_at))
}

async fn member(
    tx: &mut Connection,
    session: &Session,
    application: &Application,
    now: Timestamp,
) -> Result<Judged, Error> {
    if !session.is_good(now) {
        return Ok(Judged::Nobody);
    }
    let (Some(parent), Some(id)) = (parent_of(tx, session, now).await?, session.organization) else {
        return Ok(Judged::Nobody);
    };
    if parent.kind != Kind::Own {
        return Ok(Judged::Nobody);
    }
    let user = people::operations::find(tx, session.user).await?.filter(User::may_sign_in);
    let Some(user) = user else { return Ok(Judged::Nobody) };
    let membership = organizations::operations::membership(tx, id, user.id, now).await?;
    let organization = organizations::operations::find(tx, id).await?;
    let (Some(membership), Some(organization)) = (membership, organization) else {
        return Ok(Judged::No(Reason::NotAllowed, None));
    };
    // Signed in, but not in the way that opens this place: as good as not signed in.
    if !membership.is_open_to(parent.single_sign_on_of) {
        return Ok(Judged::Nobody);
    }
    // Of a member only: who is here under a grant is under the rules of the grant.
    if mfa_levels::operations::is_shut(
        tx,
        user.id,
        Opened { factor: parent.factor, by_sso_of: parent.single_sign_on_of },
        now,
    )
    .await?
    {
        return Ok(Judged::No(Reason::MfaRequired, None));
    }
    let grounds = Grounds {
        session: session.id,
        parent: parent.id,
        user: user.id,
        organization: id,
        application: application.id,
        place: Place::Membership(membership.id),
    };
    let until =
        [Some(session.expires_at), Some(parent.expires_at), membership.ends_at].into_iter().flatten().min();
    let facts = Facts {
        grounds,
        part: Part::Member {
            is_administrator: membership.is_administrator(),
            is_vendor_staff: membership.kind == MemberKind::VendorStaff,
        },
        words: Words::new(&user.name, user.email.as_str(), ""),
        signed_in_at: parent.created_at,
        grant_ends_at: None,
        idle_limit: session.idle_limit,
        last_activity: session.last_used_at,
    };
    Ok(Judged::Yes(until.unwrap_or(now), facts, Account::new(&organization, application)))
}

/// Who somebody is that has a session, for the record of what they do.
async fn person(tx: &mut Connection, user: UserId, session: SessionId) -> Result<Option<Person>, Error> {
    if let Some(stand_in) = people::operations::find_stand_in(tx, user).await? {
        return Ok(Some(Person {
            user: stand_in.id,
            name: stand_in.name,
            session,
            single_sign_on_of: None,
            factor: Factor::None,
            proved_at: None,
            staff: Staff::default(),
            language: String::new(),
            time_zone: String::new(),
        }));
    }
    let user = people::operations::find(tx, user).await?.filter(User::may_sign_in);
    let Some(user) = user else { return Ok(None) };
    let staff = people::operations::staff(tx, user.id).await?;
    Ok(Some(Person {
        user: user.id,
        name: user.name,
        session,
        factor: Factor::None,
        proved_at: None,
        single_sign_on_of: None,
        staff,
        language: user.language,
        time_zone: user.time_zone,
    }))
}

/// Somebody leaves the account: the session there ends, the one on our host stays (A33). Leaving twice is no fault. By which
/// way in they were there, if they were.
pub async fn leave(call: &Call, secret: &SecretHash) -> Result<Option<grants::Kind>, Error> {
    let mut tx = call.read().await?;
    let session = sessions::operations::find_by_secret(&mut tx, secret).await?;
    let Some(session) = session.filter(|session| session.kind == Kind::Acting) else { return Ok(None) };
    let kind = grants::Kind::parse(&session.grant_kind);
    if session.ended_at.is_some() {
        return Ok(kind);
    }
    let person = person(&mut tx, session.user, session.id).await?;
    drop(tx);
    let call = person.map_or_else(|| call.clone(), |person| call.with_actor(kernel::Actor::Person(person)));
    let mut work = call.begin().await?;
    let ended = sessions::operations::end(&mut work, session.id, "left").await?;
    let entries: Vec<Entry> = sessions::operations::left(&ended).collect();
    if !entries.is_empty() {
        work.commit_all(entries).await?;
    }
    Ok(kind)
}

/// An entry into an account that is over, for the page that says so to whoever was in.
#[derive(Debug)]
pub struct EndedEntry {
    pub kind: grants::Kind,
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
    let (Some(grant), Some(organization)) = (grant, organization) else { return Ok(None) };
    // What is no person chose no language.
    let (language, time_zone) = user.map(|user| (user.language, user.time_zone)).unwrap_or_default();
    let association = rows::association(&mut tx, grant.id).await?;
    let ended = grant.ended.as_ref();
    Ok(Some(EndedEntry {
        kind: grant.kind,
        state: grant.state(now),
        how: ended.map(|ended| ended.how),
        by: ended.and_then(|ended| ended.by.as_ref()).map(|(_, name)| name.clone()),
        at: grant.over_at(now).or(session.ended_at).unwrap_or_else(|| session.good_until().min(now)),
        organization: organization.name,
        reference_code: association.as_ref().map(|held| held.reference_code.clone()).unwrap_or_default(),
        ticket: association.map(|held| held.ticket).unwrap_or_default(),
        began_at: session.created_at,
        language,
        time_zone,
    }))
}
