//! Judging whoever is in an organization's account from outside: on what grant, in which role, and until when.

use applications::Application;
use grants::{Grant, Kind, Mode, State};
use kernel::{ApplicationId, Error, OrganizationId, Timestamp, UserId};
use mfa_levels::model::Opened;
use people::User;
use sessions::model::Session;
use store::Connection;

use super::{Judged, parent_of};
use crate::{
    model::{Account, Facts, Grounds, Part, Place, Reason, Words},
    rows,
};

/// Who somebody is on a grant.
pub(super) struct Role {
    pub part: Part,
    pub words: Words,
    /// When they are nobody there any more by themselves.
    pub until: Option<Timestamp>,
}

/// Whether the entry that a session stands for still holds.
pub(super) async fn judge(
    tx: &mut Connection,
    session: &Session,
    application: &Application,
    now: Timestamp,
) -> Result<Judged, Error> {
    let (Some(id), Some(grant), Some(parent)) = (session.organization, session.grant, session.parent) else {
        return Ok(Judged::Nobody);
    };
    let grounds = Grounds {
        session: session.id,
        parent,
        user: session.user,
        organization: id,
        application: application.id,
        place: Place::Grant(grant),
    };
    let no = |reason| Ok(Judged::No(reason, Some(grounds)));
    let grant = grants::operations::find(tx, grant).await?.filter(|grant| grant.organization == Some(id));
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
    let opened = Opened { factor: parent.factor, by_sso_of: parent.single_sign_on_of };
    let role = role(tx, &grant, session.user, (application.id, opened), now).await?;
    let organization = organizations::operations::find(tx, id).await?;
    let (Some(role), Some(organization)) = (role, organization) else { return no(Reason::NotAllowed) };
    let facts = Facts {
        grounds,
        part: role.part,
        words: role.words,
        signed_in_at: parent.created_at,
        grant_ends_at: grant.ends_at,
        idle_limit: session.idle_limit,
        last_activity: session.last_used_at,
    };
    let until = [ends_at, session.expires_at, parent.expires_at].into_iter().chain(role.until).min();
    Ok(Judged::Yes(until.unwrap_or(now), facts, Account::new(&organization, application)))
}

/// Until when somebody may be in on a grant, if they may now. For whoever is on the way in.
pub(super) async fn open_until(
    tx: &mut Connection,
    grant: &Grant,
    user: UserId,
    (organization, application): (OrganizationId, ApplicationId),
    opened: Opened,
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    if grant.organization != Some(organization) {
        return Ok(None);
    }
    let Some(role) = role(tx, grant, user, (application, opened), now).await? else { return Ok(None) };
    Ok(grant.until(now).into_iter().chain(role.until).min().filter(|_| grant.until(now).is_some()))
}

/// Who somebody is on a grant that is open; nothing if they are nobody there.
async fn role(
    tx: &mut Connection,
    grant: &Grant,
    user: UserId,
    asked: (ApplicationId, Opened),
    now: Timestamp,
) -> Result<Option<Role>, Error> {
    let may_write = grant.mode == Mode::Write;
    match grant.kind {
        Kind::SupportToken => support(tx, grant, user, may_write).await,
        Kind::TemporaryCredentials => temporary(tx, grant, user, may_write).await,
        Kind::Partner => partner(tx, grant, user, asked, now).await,
    }
}

/// Whoever holds temporary credentials is their stand-in; where they work together with an agent only, it is the agent, who is
/// one still (D5, D6).
async fn temporary(
    tx: &mut Connection,
    grant: &Grant,
    user: UserId,
    may_write: bool,
) -> Result<Option<Role>, Error> {
    let Some(held) = rows::temporary(tx, grant.id).await? else { return Ok(None) };
    let part = Part::Temporary { may_write };
    if !held.requires_agent {
        let stand_in = people::operations::find_stand_in(tx, user).await?;
        let stand_in = stand_in.filter(|stand_in| stand_in.id == held.stand_in);
        return Ok(stand_in.map(|who| Role {
            part,
            words: Words::new(&who.name, who.email.as_str(), ""),
            until: None,
        }));
    }
    let person = people::operations::find(tx, user).await?.filter(User::may_sign_in);
    let level = people::operations::staff(tx, user).await?.agent_level;
    Ok(person.filter(|_| level.is_some()).map(|who| Role {
        part,
        words: Words::new(&who.name, who.email.as_str(), ""),
        until: None,
    }))
}

async fn support(
    tx: &mut Connection,
    grant: &Grant,
    user: UserId,
    may_write: bool,
) -> Result<Option<Role>, Error> {
    let person = people::operations::find(tx, user).await?.filter(User::may_sign_in);
    let level = people::operations::staff(tx, user).await?.agent_level;
    let association = rows::association(tx, grant.id).await?.filter(|held| held.agent == Some(user));
    let (Some(person), Some(level), Some(association)) = (person, level, association) else {
        return Ok(None);
    };
    Ok(Some(Role {
        part: Part::Support { level, may_write },
        words: Words::new(&person.name, person.email.as_str(), &association.ticket),
        until: None,
    }))
}

async fn partner(
    tx: &mut Connection,
    grant: &Grant,
    user: UserId,
    (application, opened): (ApplicationId, Opened),
    now: Timestamp,
) -> Result<Option<Role>, Error> {
    let person = people::operations::find(tx, user).await?.filter(User::may_sign_in);
    let standing = partners::operations::standing(tx, grant, user, now).await?;
    let (Some(person), Some(standing)) = (person, standing) else { return Ok(None) };
    // What the partner asks of its own people holds for their entries too: the way they signed in, and how strictly.
    let place = organizations::operations::membership(tx, standing.partner, user, now).await?;
    if !place.is_some_and(|place| place.is_open_to(opened.by_sso_of))
        || mfa_levels::operations::is_shut(tx, user, opened, now).await?
    {
        return Ok(None);
    }
    let closed = partners::operations::closed_rules(tx, application, &standing.permissions).await?;
    let id = standing.partner.to_string();
    let words = Words::of_partner(
        &person.name,
        person.email.as_str(),
        (&id, &standing.partner_name),
        &standing.permissions,
        &closed,
    );
    let part = Part::Partner { may_write: grant.mode == Mode::Write };
    Ok(words.map(|words| Role { part, words, until: standing.until }))
}
