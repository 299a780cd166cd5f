//! Beginning, finding and ending sessions.

use kernel::{
    ApplicationId, Duration, Error, GrantId, OrganizationId, Person, Secret, SecretHash, SessionId,
    Timestamp, UserId, secret::Purpose,
};
use operation::{Call, Housekeeping, Work, audit};
use store::Connection;

use crate::{
    model::{Handover, Kind, NewHandover, Proof, Session, Use},
    rows,
};

/// A last use is written down at most so often: a busy session does not make a write of every look.
const TOUCH_EVERY: Duration = Duration::minutes(1);

/// With so many browsers a person may be signed in at once.
const MOST_OWN: usize = 50;

/// With so many browsers one pair of temporary credentials may be signed in at once.
const MOST_TEMPORARY: usize = 20;

/// How long the way from this host to a product's host may take (S36).
const HANDOVER_LASTS: Duration = Duration::seconds(60);

/// Begins a person's session on this host. The caller has proved who the person is; the cookie that the browser may
/// have sent along plays no part in it (case 19). The id is the caller's, who acts as that session already.
pub async fn begin_own(work: &mut Work, id: SessionId, user: UserId, proof: Proof) -> Result<Secret, Error> {
    begin(work, id, Kind::Own, user, None, Scope { proof, ..Scope::default() }, None).await
}

/// The person showed again who they are: the session gets another secret and the old one is dead (S28). The caller puts the
/// new one into the cookie.
pub async fn renew(work: &mut Work, id: SessionId, proof: Proof) -> Result<Secret, Error> {
    let secret = Secret::new(Purpose::Session, &*work.call().world.entropy);
    work.revokes(id);
    if rows::renew(work, id, &secret.hash(), proof.factor, proof.at).await? {
        Ok(secret)
    } else {
        Err(Error::Unauthenticated)
    }
}

/// Begins a member's session in a protected product. It ends with `parent` at the latest.
pub async fn begin_application(
    work: &mut Work,
    parent: &Session,
    application: ApplicationId,
    organization: OrganizationId,
) -> Result<(SessionId, Secret), Error> {
    let scope =
        Scope { application: Some(application), organization: Some(organization), ..Scope::default() };
    let id = work.call().new_id();
    Ok((id, begin(work, id, Kind::Application, parent.user, Some(parent), scope, None).await?))
}

/// Begins the session of whoever holds temporary credentials, in the name of their stand-in: until the grant ends, and never
/// longer than 8 hours. Where they work beside a person only, it hangs on that person's own session. Of too many sessions on
/// one grant the oldest ends, so that its end never takes long.
pub async fn begin_temporary(
    work: &mut Work,
    id: SessionId,
    stand_in: UserId,
    beside: Option<&Session>,
    organization: OrganizationId,
    grant: GrantId,
    ends_at: Timestamp,
) -> Result<Secret, Error> {
    let mut open = rows::open_of_grant(work, grant).await?;
    open.retain(|session| session.kind == Kind::Temporary);
    let surplus = (open.len() + 1).saturating_sub(MOST_TEMPORARY);
    for session in open.into_iter().take(surplus) {
        end(work, session.id, "replaced").await?;
    }
    let scope = Scope { organization: Some(organization), grant: Some(grant), ..Scope::default() };
    begin(work, id, Kind::Temporary, stand_in, beside, scope, Some(ends_at)).await
}

/// Begins a session inside a customer's account: until the grant ends, and never longer than 8 hours (A33).
pub async fn begin_acting(
    work: &mut Work,
    parent: &Session,
    application: ApplicationId,
    organization: OrganizationId,
    grant: GrantId,
    ends_at: Timestamp,
) -> Result<(SessionId, Secret), Error> {
    let scope = Scope {
        application: Some(application),
        organization: Some(organization),
        grant: Some(grant),
        ..Scope::default()
    };
    let id = work.call().new_id();
    Ok((id, begin(work, id, Kind::Acting, parent.user, Some(parent), scope, Some(ends_at)).await?))
}

#[derive(Default)]
struct Scope {
    application: Option<ApplicationId>,
    organization: Option<OrganizationId>,
    grant: Option<GrantId>,
    proof: Proof,
}

async fn begin(
    work: &mut Work,
    id: SessionId,
    kind: Kind,
    user: UserId,
    parent: Option<&Session>,
    scope: Scope,
    ends_at: Option<Timestamp>,
) -> Result<Secret, Error> {
    let call = work.call();
    let now = call.now;
    if parent.is_some_and(|parent| !parent.kind.carries() || !parent.is_good(now)) {
        return Err(Error::Unauthenticated);
    }
    // What one organization's provider said opens nothing of another's.
    let single_sign_on_of = parent.and_then(|parent| parent.single_sign_on_of);
    if single_sign_on_of.is_some() && scope.organization != single_sign_on_of {
        return Err(Error::Unauthenticated);
    }
    let longest = [Some(now + kind.longest()), parent.map(|parent| parent.expires_at), ends_at];
    let session = Session {
        id,
        kind,
        user,
        parent: parent.map(|parent| parent.id),
        application: scope.application,
        organization: scope.organization,
        grant: scope.grant,
        grant_kind: String::new(),
        partner: None,
        factor: scope.proof.factor,
        proved_at: scope.proof.at,
        single_sign_on_of: scope.proof.single_sign_on_of,
        created_at: now,
        expires_at: longest.into_iter().flatten().min().unwrap_or(now),
        idle_limit: kind.idle_limit(),
        last_used_at: now,
        ended_at: None,
        parent_ended_at: None,
        address: call.origin.address.clone(),
        user_agent: call.origin.user_agent.chars().take(254).collect(),
    };
    let secret = Secret::new(Purpose::Session, &*call.world.entropy);
    rows::insert(work, &session, &secret.hash()).await?;
    Ok(secret)
}

/// The session that a secret opens, good or not: the caller asks [`Session::is_good`].
pub async fn find_by_secret(tx: &mut Connection, secret: &SecretHash) -> Result<Option<Session>, Error> {
    rows::find_by_secret(tx, secret).await
}

pub async fn find(tx: &mut Connection, id: SessionId) -> Result<Option<Session>, Error> {
    rows::find(tx, id).await
}

/// Whether a person has shown their second factor, or a code that stands for it, in any session since then.
pub async fn was_factor_shown_since(
    tx: &mut Connection,
    user: UserId,
    since: Timestamp,
) -> Result<bool, Error> {
    rows::was_factor_shown_since(tx, user, since).await
}

/// Ends a session together with those that hang on it. What ended by this, itself first.
pub async fn end(work: &mut Work, id: SessionId, how: &str) -> Result<Vec<Session>, Error> {
    work.revokes(id);
    let open = rows::open_with_children(work, id).await?;
    end_these(work, open, how).await
}

/// Ends what a browser had at an application before it comes in anew: it holds one cookie of a kind there, so the earlier
/// session is nobody's. Without this an agent could make so many that the end of a grant takes minutes (F3).
pub async fn end_earlier(
    work: &mut Work,
    parent: &Session,
    application: ApplicationId,
    kind: Kind,
) -> Result<Vec<Session>, Error> {
    let mut open = rows::open_with_children(work, parent.id).await?;
    open.retain(|session| {
        session.parent == Some(parent.id) && session.kind == kind && session.application == Some(application)
    });
    end_these(work, open, "replaced").await
}

/// Ends the oldest of a person's own sessions beyond [`MOST_OWN`], for the same reason. Those that were over by time
/// already are ended too, and not told of.
pub async fn end_surplus(work: &mut Work, user: UserId) -> Result<Vec<Session>, Error> {
    let now = work.call().now;
    let mut own = rows::open_of_user(work, user).await?;
    own.retain(|session| session.kind == Kind::Own);
    let surplus = own.len().saturating_sub(MOST_OWN);
    let mut ended = Vec::new();
    for session in own.into_iter().take(surplus) {
        ended.extend(end(work, session.id, "replaced").await?);
    }
    ended.retain(|session| now < session.expires_at);
    Ok(ended)
}

/// Ends everything that a person has open, but for `except` and what hangs on it.
pub async fn end_all_of_user(
    work: &mut Work,
    user: UserId,
    except: Option<SessionId>,
    how: &str,
) -> Result<Vec<Session>, Error> {
    let mut open = rows::open_of_user(work, user).await?;
    if let Some(kept) = except {
        open.retain(|session| session.id != kept && session.parent != Some(kept));
    }
    end_these(work, open, how).await
}

/// Ends a person's entries into customers' accounts, and leaves their own sessions.
pub async fn end_acting_of_user(work: &mut Work, user: UserId, how: &str) -> Result<Vec<Session>, Error> {
    let mut open = rows::open_of_user(work, user).await?;
    open.retain(|session| session.kind == Kind::Acting);
    end_these(work, open, how).await
}

/// Ends everything that rests on a grant.
pub async fn end_all_of_grant(work: &mut Work, grant: GrantId, how: &str) -> Result<Vec<Session>, Error> {
    let open = rows::open_of_grant(work, grant).await?;
    end_these(work, open, how).await
}

/// Ends what one person has open on a grant, and leaves what others have.
pub async fn end_acting_on_grant(
    work: &mut Work,
    user: UserId,
    grant: GrantId,
    how: &str,
) -> Result<Vec<Session>, Error> {
    let mut open = rows::open_of_grant(work, grant).await?;
    open.retain(|session| session.kind == Kind::Acting && session.user == user);
    end_these(work, open, how).await
}

/// Ends a member's sessions in the products for one organization and what they have open for its clients, and leaves those for
/// others.
pub async fn end_all_of_membership(
    work: &mut Work,
    user: UserId,
    organization: OrganizationId,
    how: &str,
) -> Result<Vec<Session>, Error> {
    let mut open = rows::open_of_user(work, user).await?;
    open.retain(|session| {
        let is_members = session.kind == Kind::Application && session.organization == Some(organization);
        is_members || session.partner == Some(organization)
    });
    end_these(work, open, how).await
}

async fn end_these(work: &mut Work, open: Vec<Session>, how: &str) -> Result<Vec<Session>, Error> {
    let now = work.call().now;
    let mut ended = Vec::with_capacity(open.len());
    for mut session in open {
        work.revokes(session.id);
        if rows::end(work, session.id, now, how).await? {
            session.ended_at = Some(now);
            ended.push(session);
        }
    }
    Ok(ended)
}

/// What the log says of entries into customers' accounts that ended along with something else: the organization sees
/// since when nobody is in (A8), and so does the partner whose person was in.
pub fn left(ended: &[Session]) -> impl Iterator<Item = audit::Entry> {
    ended.iter().filter(|session| session.kind == Kind::Acting).flat_map(|session| {
        let kind = match session.grant_kind.as_str() {
            "temporary_credentials" => "temporary_credentials.left",
            "partner" => "partner.left",
            _ => "support_token.left",
        };
        let seen_by = session.organization.into_iter().chain(session.partner);
        seen_by.filter_map(move |organization| {
            let grant = session.grant?;
            Some(
                audit::Entry::new(kind)
                    .organization(organization)
                    .grant(grant)
                    .session(session.id)
                    .subject(grant)
                    .detail("agent_id", session.user.to_string()),
            )
        })
    })
}

/// Who presents a good session of our own host. Nobody if it is none, or one of another kind.
pub async fn authenticate(call: &Call, presented: &str) -> Result<Option<Person>, Error> {
    let Some(secret) = Secret::parse(Purpose::Session, presented) else {
        return Ok(None);
    };
    let mut tx = call.read().await?;
    let Some(session) = rows::find_by_secret(&mut tx, &secret.hash()).await? else {
        return Ok(None);
    };
    if session.kind != Kind::Own || !session.is_good(call.now) {
        return Ok(None);
    }
    let Some(user) = people::operations::find(&mut tx, session.user).await? else {
        return Ok(None);
    };
    if !user.may_sign_in() {
        return Ok(None);
    }
    let staff = people::operations::staff(&mut tx, user.id).await?;
    drop(tx);
    if call.now.since(session.last_used_at) >= TOUCH_EVERY
        && let Err(error) = touch(call, session.id).await
    {
        // The answer stands without it; the session goes idle sooner, which errs on the closed side.
        tracing::warn!(%error, "a last use could not be written");
    }
    Ok(Some(Person {
        user: user.id,
        name: user.name,
        session: session.id,
        factor: session.factor,
        proved_at: session.proved_at,
        single_sign_on_of: session.single_sign_on_of,
        staff,
        language: user.language,
        time_zone: user.time_zone,
    }))
}

async fn touch(call: &Call, id: SessionId) -> Result<(), Error> {
    let mut note = Housekeeping::begin(&call.world).await?;
    rows::touch(&mut note, id, call.now).await?;
    note.commit().await
}

/// Moves the last uses of sessions that were answered from memory. Nobody's act: for a counter's own transaction. `uses`
/// are in one order for everybody, so that two writers never wait for each other.
pub async fn write_uses(tx: &mut Connection, uses: &[Use]) -> Result<(), Error> {
    for uses in uses.chunks(rows::TOUCHED_AT_ONCE) {
        rows::touch_many(tx, uses).await?;
    }
    Ok(())
}

/// Ends the caller's own session and what hangs on it. Signing out twice is no fault.
pub async fn sign_out(call: &Call) -> Result<(), Error> {
    let Ok(person) = call.actor.person() else {
        return Ok(());
    };
    let mut work = call.begin().await?;
    let ended = end(&mut work, person.session, "signed_out").await?;
    let mut entries =
        vec![audit::Entry::new("session.signed_out").session(person.session).subject(person.user)];
    entries.extend(left(&ended));
    work.commit_all(entries).await
}

/// The caller's sessions that are good, the last used first.
pub async fn list_own(call: &Call) -> Result<Vec<Session>, Error> {
    let person = call.actor.person()?;
    let mut tx = call.read().await?;
    let mut open = rows::open_of_user(&mut tx, person.user).await?;
    open.retain(|session| session.is_good(call.now));
    open.sort_by_key(|session| (std::cmp::Reverse(session.last_used_at), session.id));
    Ok(open)
}

/// Ends one of the caller's sessions; of another person's sessions nothing is known.
pub async fn end_one(call: &Call, id: SessionId) -> Result<(), Error> {
    let person = call.actor.person()?;
    let mut work = call.begin().await?;
    let theirs = rows::find(&mut work, id).await?.filter(|session| session.user == person.user);
    if theirs.is_none() {
        return Err(Error::NotFound);
    }
    let ended = end(&mut work, id, "ended_by_owner").await?;
    if ended.is_empty() {
        return Ok(());
    }
    work.commit_all(endings(&ended)).await
}

/// Ends all the caller's sessions but the one that calls and what hangs on it. How many.
pub async fn end_others(call: &Call) -> Result<usize, Error> {
    let person = call.actor.person()?;
    let mut work = call.begin().await?;
    let ended = end_all_of_user(&mut work, person.user, Some(person.session), "ended_by_owner").await?;
    if ended.is_empty() {
        return Ok(0);
    }
    work.commit_all(endings(&ended)).await?;
    Ok(ended.len())
}

/// The entries for sessions that were ended: one each, and one more for each entry into a customer's account.
pub fn endings(ended: &[Session]) -> Vec<audit::Entry> {
    ended
        .iter()
        .map(|session| {
            audit::Entry::new("session.ended")
                .session(session.id)
                .subject(session.user)
                .detail("kind", session.kind.as_str())
        })
        .chain(left(ended))
        .collect()
}

/// Makes the code with which the browser arrives at a product's host.
pub async fn hand_over(work: &mut Work, new: NewHandover) -> Result<Secret, Error> {
    let call = work.call();
    let now = call.now;
    let secret = Secret::new(Purpose::Handover, &*call.world.entropy);
    rows::forget_handovers(work, now - Duration::hours(1)).await?;
    rows::insert_handover(work, &new, &secret.hash(), now, now + HANDOVER_LASTS).await?;
    Ok(secret)
}

/// Takes a code: once, in time, and only while the session that asked is good. Whether it is brought by the browser that
/// it is for, the caller compares.
pub async fn take_handover(work: &mut Work, secret: &SecretHash) -> Result<Option<Handover>, Error> {
    let now = work.call().now;
    let Some(taken) = rows::take_handover(work, secret, now).await? else {
        return Ok(None);
    };
    let parent = rows::find(work, taken.session).await?.filter(|parent| parent.is_good(now));
    Ok(parent.map(|parent| Handover {
        kind: taken.kind,
        parent,
        application: taken.application,
        organization: taken.organization,
        grant: taken.grant,
        return_to: taken.return_to,
        way: taken.way,
    }))
}
