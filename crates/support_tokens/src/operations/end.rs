//! Every way in which somebody ends a token before its time. What all of them share is [`end`].

use grants::EndedHow;
use kernel::{Error, GrantId, OrganizationId, Scope, UserId};
use operation::{Call, Work, audit};

use super::{acts_for_somebody, entry, look, member, zone};
use crate::{emails, model::SupportToken, rows};

/// The customer takes it back, pending or active (A4, A30): its maker, or an administrator of the organization (A31).
pub async fn revoke(call: &Call, id: GrantId) -> Result<SupportToken, Error> {
    acts_for_somebody(call, Scope::SupportTokensWrite)?;
    let mut work = call.begin().await?;
    let token = rows::find(&mut work, id).await?.ok_or(Error::NotFound)?;
    let member = member(call, &mut work, token.organization(), Scope::SupportTokensWrite).await?;
    if !token.may_be_revoked_by(member.user, member.membership.is_administrator()) {
        let sentence = format!(
            "Only {}, who made this token, or an administrator of {} can revoke it.",
            token.made_by, token.organization_name
        );
        return Err(Error::forbidden("administrator_of_organization_required", sentence));
    }
    let (token, revoked) = end(&mut work, token, EndedHow::Customer, (member.user, member.name)).await?;
    work.commit(revoked).await?;
    Ok(token)
}

/// Ends everything that the caller may revoke, in one commit: all of it or nothing.
pub async fn close_all(call: &Call) -> Result<Vec<SupportToken>, Error> {
    let person = call.actor.person()?;
    let mut work = call.begin().await?;
    let (mut tokens, mut entries) = (Vec::new(), Vec::new());
    for card in look::cards_of(&mut work, person.user, call.now).await? {
        if let Some(token) = card.revocable(person.user).cloned() {
            let by = (person.user, person.name.clone());
            if let Some((token, revoked)) = unless_ended(end(&mut work, token, EndedHow::Customer, by).await)?
            {
                tokens.push(token);
                entries.push(revoked);
            }
        }
    }
    if !entries.is_empty() {
        work.commit_all(entries).await?;
    }
    Ok(tokens)
}

/// Ends the live token of an organization, if there is one, as a part of something larger that whoever does it may do. The
/// entry is for its commit.
pub async fn close_of(
    work: &mut Work,
    organization: OrganizationId,
    by: (UserId, String),
) -> Result<Option<audit::Entry>, Error> {
    let now = work.call().now;
    let Some(token) = rows::live_of(work, organization, now).await? else { return Ok(None) };
    Ok(unless_ended(end(work, token, EndedHow::Customer, by).await)?.map(|(_, revoked)| revoked))
}

/// Its agent gives it back (A32).
pub async fn give_back(call: &Call, id: GrantId) -> Result<SupportToken, Error> {
    let (agent, _) = call.actor.agent()?;
    let mut work = call.begin().await?;
    let token = rows::find(&mut work, id)
        .await?
        .filter(|token| token.is_agents(agent.user))
        .ok_or(Error::NotFound)?;
    let (token, ended) = end(&mut work, token, EndedHow::Agent, (agent.user, agent.name.clone())).await?;
    work.commit(ended).await?;
    Ok(token)
}

/// The vendor calls its agent out (A32).
pub async fn end_by_vendor(call: &Call, id: GrantId) -> Result<SupportToken, Error> {
    let administrator = call.actor.administrator()?;
    let mut work = call.begin().await?;
    let token = rows::find(&mut work, id).await?.ok_or(Error::NotFound)?;
    let by = (administrator.user, administrator.name.clone());
    let (token, ended) = end(&mut work, token, EndedHow::Vendor, by).await?;
    work.commit(ended).await?;
    Ok(token)
}

/// An agent was suspended or is none any more: every token that they hold ends in the commit of that, and the
/// organizations are told (A37). The entries are for that commit.
pub async fn end_all_of_agent(
    work: &mut Work,
    agent: UserId,
    by: (UserId, String),
) -> Result<Vec<audit::Entry>, Error> {
    let now = work.call().now;
    let mut entries = Vec::new();
    for token in rows::open_of_agent(work, agent, now).await? {
        if let Some((_, ended)) = unless_ended(end(work, token, EndedHow::AgentRemoved, by.clone()).await)? {
            entries.push(ended);
        }
    }
    Ok(entries)
}

/// One of several that ended at the same moment by other hands does not keep the others open.
fn unless_ended<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(ended) => Ok(Some(ended)),
        Err(Error::Conflict(..)) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn end(
    work: &mut Work,
    token: SupportToken,
    how: EndedHow,
    by: (UserId, String),
) -> Result<(SupportToken, audit::Entry), Error> {
    match grants::operations::end(work, &token.grant, how, Some(by)).await {
        Ok(grant) => {
            let token = SupportToken { grant, ..token };
            emails::revoked(work, &token).await?;
            let entry = entry("support_token.revoked", &token).detail("how", how.as_str());
            Ok((token, entry))
        }
        Err(Error::Conflict(..)) => {
            let (now, zone) = (work.call().now, zone(work.call()).to_owned());
            let token = rows::find(work, token.id()).await?.ok_or(Error::NotFound)?;
            Err(token.ended_already(now, &zone))
        }
        Err(error) => Err(error),
    }
}
