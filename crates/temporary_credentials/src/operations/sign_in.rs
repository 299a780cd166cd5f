//! Signing in with them. The page and the limits are those of every sign-in; this is what a right password is worth.

use kernel::{Actor, EmailAddress, Error, GrantId, Secret, SessionId, Timestamp, secret::Purpose};
use operation::{Call, Housekeeping, Work};
use people::{passwords::Place, throttle::Try};
use sessions::model::{Kind, Session};
use store::Connection;

use super::{entry, in_their_name};
use crate::{
    emails,
    model::{self, Credentials},
    rows,
};

/// What stands under an address of the reserved domain: not checked yet.
#[derive(Debug)]
pub struct Known {
    grant: Option<GrantId>,
    password_hash: Option<String>,
}

/// A right password of credentials, good or not.
#[derive(Debug)]
#[must_use = "a password that was right is no session yet, and is still counted as a failure"]
pub struct Proved {
    grant: GrantId,
    attempt: Try,
}

/// Somebody who is signed in with them now.
#[derive(Debug)]
pub struct SignedIn {
    pub credentials: Credentials,
    pub session: SessionId,
    pub secret: Secret,
}

/// What stands under an address of the reserved domain. One that is unknown costs the same read and, in
/// [`Known::check`], the same work.
pub async fn known(tx: &mut Connection, address: &EmailAddress) -> Result<Known, Error> {
    let found = rows::find_by_address(tx, address).await?;
    let (grant, password_hash) = found.unzip();
    Ok(Known { grant, password_hash })
}

impl Known {
    /// Compares the password. `attempt` was counted before; whatever is wrong stays counted.
    pub async fn check(self, place: Place, password: &str, attempt: Try) -> Result<Option<Proved>, Error> {
        let is_right = place.verify(self.password_hash.as_deref(), &model::normalized(password)).await?;
        Ok(self.grant.filter(|_| is_right).map(|grant| Proved { grant, attempt }))
    }
}

/// What a right password is worth now.
#[derive(Debug)]
pub enum Opened {
    In(Box<SignedIn>),
    /// They have ended, and never work again (D9).
    Ended(Timestamp),
    /// They work only in a browser in which a support agent is signed in, and none is (D6).
    NoAgent,
}

/// Makes a session of a right password (D5), unless the credentials have ended (D9), or work only in a browser in which a
/// support agent is signed in and none is (D6).
///
/// `earlier` is the session of this kind that the browser presents from before: it ends (S28).
pub async fn sign_in(call: &Call, proved: Proved, earlier: Option<&str>) -> Result<Opened, Error> {
    let Proved { grant, attempt } = proved;
    let id: SessionId = call.new_id();
    let credentials = {
        let mut tx = call.read().await?;
        rows::find(&mut tx, grant).await?.ok_or(Error::Unauthenticated)?
    };
    let agent = call.actor.agent().ok().map(|(agent, _)| agent.clone());
    let actor = match &agent {
        // Who is really there is known: the record names them (S44).
        Some(agent) if credentials.requires_agent => call.with_actor(Actor::Person(agent.clone())),
        _ => in_their_name(call, &credentials, id),
    };
    let mut work = actor.begin().await?;
    rows::hold(&mut work, grant).await?;
    let credentials = rows::find(&mut work, grant).await?.ok_or(Error::Unauthenticated)?;
    let Some(ends_at) = credentials.grant.until(call.now) else {
        drop(work);
        let ended_at = credentials.grant.over_at(call.now).unwrap_or(call.now);
        refused(&actor, attempt, &credentials, "ended").await?;
        return Ok(Opened::Ended(ended_at));
    };
    let parent = match agent.filter(|_| credentials.requires_agent) {
        Some(agent) => {
            // Read again inside the change: who was suspended since the request came in signs in to nothing.
            let staff = people::operations::staff_exclusively(&mut work, agent.user).await?;
            let own = sessions::operations::find(&mut work, agent.session).await?;
            own.filter(|own| staff.agent_level.is_some() && own.is_good(call.now))
        }
        None => None,
    };
    if credentials.requires_agent && parent.is_none() {
        drop(work);
        refused(&actor, attempt, &credentials, "no_agent").await?;
        return Ok(Opened::NoAgent);
    }
    let replaced = end_earlier(&mut work, earlier).await?;
    let secret = sessions::operations::begin_temporary(
        &mut work,
        id,
        credentials.stand_in,
        parent.as_ref(),
        credentials.organization,
        grant,
        ends_at,
    )
    .await?;
    attempt.succeeded(&mut work).await?;
    if credentials.first_used_at.is_none() {
        emails::used(&mut work, &credentials).await?;
    }
    rows::note_use(&mut work, grant, call.now).await?;
    let mut entries = vec![entry("temporary_credentials.used", &credentials).session(id)];
    entries.extend(sessions::operations::left(&replaced));
    work.commit_all(entries).await?;
    Ok(Opened::In(Box::new(SignedIn { credentials, session: id, secret })))
}

/// Ends what the browser had of this kind, and what it is in with. What ended.
async fn end_earlier(work: &mut Work, earlier: Option<&str>) -> Result<Vec<Session>, Error> {
    let Some(secret) = earlier.and_then(|earlier| Secret::parse(Purpose::Session, earlier)) else {
        return Ok(Vec::new());
    };
    let session = sessions::operations::find_by_secret(work, &secret.hash()).await?;
    let Some(session) = session.filter(|session| session.kind == Kind::Temporary) else {
        return Ok(Vec::new());
    };
    // The grant before any session, as everywhere: whoever is coming in by it at this moment has come in, and is found here.
    if let Some(grant) = session.grant {
        grants::operations::hold(work, grant).await?;
    }
    let mut ended = sessions::operations::end(work, session.id, "replaced").await?;
    // Beside an agent the way in hangs on the agent's own session, which stays (D6).
    let agent = match session.parent {
        Some(parent) => sessions::operations::find(work, parent).await?,
        None => None,
    };
    if let (Some(agent), Some(grant)) = (agent, session.grant) {
        let inside = sessions::operations::end_acting_on_grant(work, agent.user, grant, "replaced");
        ended.extend(inside.await?);
    }
    Ok(ended)
}

/// Writes down that a right password was refused; whoever has it did not guess, so that it counts as no failure.
async fn refused(call: &Call, attempt: Try, credentials: &Credentials, why: &str) -> Result<(), Error> {
    let mut note = Housekeeping::begin(&call.world).await?;
    attempt.was_no_failure(&mut note).await?;
    note.commit().await?;
    call.refused(entry("temporary_credentials.refused", credentials).detail("reason", why)).await;
    Ok(())
}
