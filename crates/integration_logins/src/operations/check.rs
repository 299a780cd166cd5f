//! Whether somebody who shows a login and a password may use the old interface of an application.
//!
//! Each question reads the database and nothing is kept in between: an old interface asks seldom, and what is not
//! remembered cannot be wrong after a revoke.

use kernel::{Duration, Error, Secret, Timestamp, secret::Purpose};
use operation::{Call, Housekeeping, audit};
use organizations::{MemberKind, Membership, Organization};
use people::throttle::{self, Subject};
use sign_in::{
    model::Next,
    operations::{Alone, PasswordAlone},
};
use store::Connection;

use super::entry;
use crate::{
    model::{Identity, IntegrationLogin, Reason, Who, is_login},
    presented::Presented,
    rows,
    turns::Turns,
};

/// A last use is written down at most so often.
const TOUCH_EVERY: Duration = Duration::minutes(1);
/// A member who was away for so long is told of in the log when they come back by an old interface.
const LOG_EVERY: Duration = Duration::hours(1);

/// What the proxy is told.
#[derive(Debug)]
pub enum Answer {
    Yes(Box<Identity>),
    /// No login and password that are right together. Which of them is wrong, and why, is not told.
    Wrong,
    /// Right, and no.
    No(Reason),
}

/// Answers for the application at `origin`.
pub async fn check(
    call: &Call,
    turns: &Turns,
    origin: &str,
    presented: Option<&Presented>,
) -> Result<Answer, Error> {
    let application = {
        let mut tx = call.read().await?;
        applications::operations::find_seen_at(&mut tx, &call.world.settings, origin).await?
    };
    let Some(application) = application else { return Ok(Answer::No(Reason::UnknownApplication)) };
    match presented {
        Some(presented) if is_login(&presented.login) => integration(call, &application, presented).await,
        Some(presented) => {
            let _turn = turns.wait(&presented.login, &call.origin.address).await?;
            member(call, &application, presented).await
        }
        // Nobody, and nothing was tried.
        None => Ok(Answer::Wrong),
    }
}

/// A try is counted when it was wrong, and not before it is looked at: with 178 bits of chance there is nothing to guess,
/// while counting first would make a busy client refuse itself and let a stranger shut it out. The count is for each
/// login and each source, so that who tries somewhere else costs the client nothing.
async fn integration(
    call: &Call,
    application: &applications::Application,
    presented: &Presented,
) -> Result<Answer, Error> {
    let secret = Secret::parse(Purpose::IntegrationLogin, &presented.password).map(|secret| secret.hash());
    let (found, organization) = {
        let mut tx = call.read().await?;
        let found = rows::find_by_login(&mut tx, &presented.login, secret.as_ref()).await?;
        let organization = match &found {
            Some((login, _)) => organizations::operations::find(&mut tx, login.organization).await?,
            None => None,
        };
        (found, organization)
    };
    let why = match &found {
        None => Some("unknown"),
        Some((_, false)) => Some("wrong_password"),
        Some((login, true)) if login.revoked_at.is_some() => Some("revoked"),
        Some((login, true)) if !login.is_good(call.now) => Some("expired"),
        Some((login, true)) if login.application != application.id => Some("other_application"),
        Some((login, true)) if !login.networks.allow(&call.origin.address) => Some("wrong_network"),
        Some(_) => None,
    };
    if let Some(why) = why {
        refused(call, &presented.login, found.as_ref().map(|(login, _)| login), why).await?;
        return Ok(if why == "wrong_network" { Answer::No(Reason::WrongNetwork) } else { Answer::Wrong });
    }
    let (Some((login, _)), Some(organization)) = (found, organization) else { return Ok(Answer::Wrong) };
    note_use(call, &login).await;
    Ok(Answer::Yes(Box::new(Identity {
        application: application.id,
        header_set: application.header_set,
        organization: organization.id,
        organization_name: organization.name,
        organization_external_id: organization.external_id,
        until: Some(login.ends_at),
        who: Who::Integration { id: login.id, login: login.login, name: login.name },
    })))
}

/// Counts and writes down a try that failed, in the same way whether there is such a login or not. What waits already is
/// neither counted nor written down.
async fn refused(
    call: &Call,
    typed: &str,
    login: Option<&IntegrationLogin>,
    why: &'static str,
) -> Result<(), Error> {
    // No login of ours holds a space.
    let counted =
        throttle::begin(call, Subject::Integration(&format!("{typed} {}", call.origin.address))).await?;
    // Never taken back: it was wrong.
    drop(counted);
    let tried = match login {
        Some(login) => entry("integration_login.refused", login),
        None => audit::Entry::new("integration_login.refused").detail("login", typed),
    };
    call.refused(tried.detail("why", why)).await;
    Ok(())
}

/// A use from another address than the last is an entry in the log; otherwise only the last use is noted. Either at most
/// each minute. The answer stands without it.
async fn note_use(call: &Call, login: &IntegrationLogin) {
    let is_due = |last: Timestamp| call.now.since(last) >= TOUCH_EVERY;
    if !login.last_used_at.is_none_or(is_due) {
        return;
    }
    let address = call.origin.address.as_str();
    let noted = async {
        if login.last_address == address && login.last_used_at.is_some() {
            let mut note = Housekeeping::begin(&call.world).await?;
            rows::touch(&mut note, login.id, call.now, address).await?;
            return note.commit().await;
        }
        let mut work = call.begin().await?;
        if rows::touch(&mut work, login.id, call.now, address).await? {
            work.commit(entry("integration_login.used", login)).await?;
        }
        Ok::<_, Error>(())
    };
    if let Err(error) = noted.await {
        tracing::warn!(%error, "a last use could not be written");
    }
}

/// A person with their own password: only while the password is all that they have to show, and only where it is clear
/// which organization is meant. No session comes of it.
async fn member(
    call: &Call,
    application: &applications::Application,
    presented: &Presented,
) -> Result<Answer, Error> {
    let proved =
        match sign_in::operations::password_alone(call, &presented.login, &presented.password).await? {
            Alone::Proved(proved) => *proved,
            Alone::More(Next::Code) => return Ok(Answer::No(Reason::SecondFactorOn)),
            Alone::More(Next::SetUp | Next::NewPassword) => return Ok(Answer::No(Reason::SignInFirst)),
            Alone::Wrong => return Ok(Answer::Wrong),
        };
    let user = proved.user().clone();
    let places = {
        let mut tx = call.read().await?;
        organizations::operations::memberships_of(&mut tx, user.id, call.now).await?
    };
    let (place, reason) = match places.as_slice() {
        [place] if place.0.kind == MemberKind::Customer => (Some(place.clone()), Reason::NotAllowed),
        [] | [_] => (None, Reason::NotAllowed),
        _ => (None, Reason::SeveralOrganizations),
    };
    // The first use in a while is an entry in the organization's log; the others are noted.
    let is_noted = place.as_ref().is_none_or(|(membership, _)| {
        membership.last_access_at.is_some_and(|last| call.now.since(last) < LOG_EVERY)
    });
    let is_good = if is_noted {
        let mut note = Housekeeping::begin(&call.world).await?;
        let is_good = use_up(&mut note, proved, place.as_ref(), call.now).await?;
        note.commit().await?;
        is_good
    } else {
        let mut work = call.begin().await?;
        let is_good = use_up(&mut work, proved, place.as_ref(), call.now).await?;
        let entry = audit::Entry::new("legacy_sign_in.used")
            .subject(user.id)
            .detail("application", application.id.to_string());
        let entry = match &place {
            Some((_, organization)) => entry.organization(organization.id),
            None => entry,
        };
        if is_good {
            work.commit(entry).await?;
        }
        is_good
    };
    match place {
        _ if !is_good => Ok(Answer::Wrong),
        None => Ok(Answer::No(reason)),
        Some((membership, organization)) => Ok(Answer::Yes(Box::new(Identity {
            application: application.id,
            header_set: application.header_set,
            organization: organization.id,
            organization_name: organization.name,
            organization_external_id: organization.external_id,
            until: membership.ends_at,
            who: Who::Member {
                user: user.id,
                name: user.name,
                email: user.email,
                is_administrator: membership.is_administrator(),
            },
        }))),
    }
}

/// Uses the password up, if it and the place still hold.
async fn use_up(
    tx: &mut Connection,
    proved: PasswordAlone,
    place: Option<&(Membership, Organization)>,
    now: Timestamp,
) -> Result<bool, Error> {
    let user = proved.user().id;
    if !proved.use_up(tx, now).await? {
        return Ok(false);
    }
    let Some((membership, organization)) = place else { return Ok(true) };
    let still = organizations::operations::membership(tx, organization.id, user, now).await?;
    if still.is_none_or(|still| still.id != membership.id) {
        return Ok(false);
    }
    if membership.last_access_at.is_none_or(|last| now.since(last) >= TOUCH_EVERY) {
        organizations::operations::note_access(tx, organization.id, user, now).await?;
    }
    Ok(true)
}
