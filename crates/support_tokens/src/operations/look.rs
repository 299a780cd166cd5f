//! Looking: the cards, one token, the history, the desk.

use std::collections::{BTreeMap, BTreeSet};

use grants::State;
use kernel::{Actor, Duration, Error, GrantId, OrganizationId, Scope, Timestamp, UserId};
use operation::Call;
use organizations::model::{Membership, Organization};
use store::Connection;

use crate::{
    model::{Filter, Seen, SupportToken},
    rows,
};

/// More than this nobody reads through; a code finds what is further down.
const WAITING: i64 = 200;

/// One organization of a person, with its padlock (A9, A10).
#[derive(Debug, Clone)]
pub struct Card {
    pub organization: Organization,
    pub membership: Membership,
    pub members: i64,
    pub live: Option<SupportToken>,
    /// When somebody from outside could last be in, if that is over.
    pub last_outsider_at: Option<Timestamp>,
}

impl Card {
    /// The live token, if this person may revoke it.
    pub fn revocable(&self, user: UserId) -> Option<&SupportToken> {
        self.live.as_ref().filter(|token| token.may_be_revoked_by(user, self.membership.is_administrator()))
    }

    pub fn is_open(&self, now: Timestamp) -> bool {
        self.live.as_ref().is_some_and(|token| token.state(now) == State::Active)
    }
}

/// Some tokens of a longer list.
#[derive(Debug, Clone)]
pub struct Page {
    pub tokens: Vec<SupportToken>,
    /// The last one, if there are more after it.
    pub next: Option<GrantId>,
}

impl Page {
    /// `tokens` were read with a limit of one more than wanted.
    fn cut(mut tokens: Vec<SupportToken>, limit: i64) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = tokens.len() > limit;
        tokens.truncate(limit);
        let next = if has_more { tokens.last().map(SupportToken::id) } else { None };
        Self { tokens, next }
    }
}

/// The organizations of the signed-in person, by name.
pub async fn cards(call: &Call) -> Result<Vec<Card>, Error> {
    let person = call.actor.person()?;
    let mut tx = call.read().await?;
    let mut cards = cards_of(&mut tx, person.user, call.now).await?;
    cards.retain(|card| card.membership.is_open_to(person.single_sign_on_of));
    Ok(cards)
}

/// The live tokens that [`super::close_all`] would end.
pub async fn closable(call: &Call) -> Result<Vec<SupportToken>, Error> {
    let user = call.actor.person()?.user;
    Ok(cards(call).await?.iter().filter_map(|card| card.revocable(user).cloned()).collect())
}

pub(super) async fn cards_of(tx: &mut Connection, user: UserId, now: Timestamp) -> Result<Vec<Card>, Error> {
    let latest = rows::latest_for_member(tx, user, now).await?;
    let mut cards = Vec::new();
    for (membership, organization) in organizations::operations::memberships_of(tx, user, now).await? {
        let members = organizations::operations::count_members(tx, organization.id, now).await?;
        let of_this = || latest.iter().filter(|token| token.organization() == organization.id);
        let live = of_this().find(|token| !token.state(now).is_over()).cloned();
        let last_outsider_at = of_this()
            .filter(|token| token.association.is_some())
            .filter_map(|token| token.grant.over_at(now))
            .max();
        cards.push(Card { organization, membership, members, live, last_outsider_at });
    }
    cards.sort_by_cached_key(|card| (card.organization.name.to_lowercase(), card.organization.id));
    Ok(cards)
}

/// One token, for those it concerns: the organization's members, its agent, any agent while it waits for one, the
/// vendor's administrators, and an API key that may read tokens. Nobody else learns that it exists.
pub async fn get(call: &Call, id: GrantId) -> Result<SupportToken, Error> {
    // Asked before anything is looked up, so that the answer tells nobody else whether there is such a token (S40).
    if let Actor::Machine(_) = &call.actor {
        call.actor.machine(Scope::SupportTokensRead)?;
        return rows::find(&mut *call.read().await?, id).await?.ok_or(Error::NotFound);
    }
    let person = call.actor.person()?;
    let mut tx = call.read().await?;
    let token = rows::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let is_agent = person.staff.agent_level.is_some();
    let is_waiting = token.state(call.now) == State::Pending;
    if person.staff.is_administrator || is_agent && (is_waiting || token.is_agents(person.user)) {
        return Ok(token);
    }
    organizations::operations::membership(&mut tx, token.organization(), person.user, call.now)
        .await?
        .filter(|place| place.is_open_to(person.single_sign_on_of))
        .map(|_| token)
        .ok_or(Error::NotFound)
}

/// The live token of an organization (A21).
pub async fn live(call: &Call, organization: OrganizationId) -> Result<Option<SupportToken>, Error> {
    let mut tx = call.read().await?;
    may_look(call, &mut tx, organization).await?;
    rows::live_of(&mut tx, organization, call.now).await
}

/// The same with its last use, for whoever was asked already whether they may look.
pub async fn open_of(
    tx: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Option<(SupportToken, Option<Timestamp>)>, Error> {
    let Some(token) = rows::live_of(tx, organization, now).await? else { return Ok(None) };
    let last_used_at = rows::last_seen(tx, token.id()).await?.map(|seen| seen.at);
    Ok(Some((token, last_used_at)))
}

/// Every token ever made for an organization and for no other, newest first (A23).
pub async fn history(
    call: &Call,
    organization: OrganizationId,
    before: Option<GrantId>,
    limit: i64,
) -> Result<Page, Error> {
    filtered_history(call, organization, &Filter::default(), before, limit).await
}

/// The part of the history that somebody asks for.
pub async fn filtered_history(
    call: &Call,
    organization: OrganizationId,
    filter: &Filter,
    before: Option<GrantId>,
    limit: i64,
) -> Result<Page, Error> {
    let mut tx = call.read().await?;
    may_look(call, &mut tx, organization).await?;
    let tokens = rows::of_organization(&mut tx, organization, filter, before, call.now, limit + 1).await?;
    Ok(Page::cut(tokens, limit))
}

/// Whom the history can be asked for, by name.
pub async fn people_of_history(
    call: &Call,
    organization: OrganizationId,
) -> Result<Vec<(UserId, String)>, Error> {
    let mut tx = call.read().await?;
    may_look(call, &mut tx, organization).await?;
    rows::people_of(&mut tx, organization).await
}

/// What the agent did last under a token that the caller may see what was done under.
pub async fn last_seen(call: &Call, token: &SupportToken) -> Result<Option<Seen>, Error> {
    let mut tx = call.read().await?;
    let (_, membership) =
        organizations::operations::require_member(call, &mut tx, token.organization()).await?;
    if !token.may_be_revoked_by(call.actor.person()?.user, membership.is_administrator()) {
        return Ok(None);
    }
    rows::last_seen(&mut tx, token.id()).await
}

/// The longest validity that a new token of the organization can have (A3).
pub fn longest_validity(call: &Call, organization: &Organization) -> Duration {
    organization.longest_validity(call.world.settings.longest_validity)
}

/// What waits for an agent (A35), the longest waiting first.
pub async fn waiting(call: &Call) -> Result<Vec<SupportToken>, Error> {
    call.actor.agent()?;
    let mut tx = call.read().await?;
    rows::waiting(&mut tx, call.now, WAITING).await
}

/// What the signed-in agent may enter now.
pub async fn mine(call: &Call) -> Result<Vec<SupportToken>, Error> {
    let (agent, _) = call.actor.agent()?;
    let mut tx = call.read().await?;
    rows::open_of_agent(&mut tx, agent.user, call.now).await
}

/// Administrators of the organizations of these tokens who have a second factor on, by organization: a call on the phone in
/// their name is no authorization (C12). Only for tokens that the agent was shown, so that nothing is told of anybody else.
pub async fn phone_refused(
    call: &Call,
    tokens: &[SupportToken],
) -> Result<BTreeMap<OrganizationId, Vec<String>>, Error> {
    call.actor.agent()?;
    let mut tx = call.read().await?;
    let mut refused = BTreeMap::new();
    for organization in tokens.iter().map(SupportToken::organization).collect::<BTreeSet<_>>() {
        let mut names = Vec::new();
        for user in organizations::operations::administrators(&mut tx, organization, call.now).await? {
            if second_factor::operations::standing(&mut tx, user.id).await?.is_on() {
                names.push(user.name);
            }
        }
        refused.insert(organization, names);
    }
    Ok(refused)
}

/// One token that the signed-in agent took, over or not.
pub async fn own(call: &Call, id: GrantId) -> Result<SupportToken, Error> {
    let (agent, _) = call.actor.agent()?;
    let mut tx = call.read().await?;
    rows::find(&mut tx, id).await?.filter(|token| token.is_agents(agent.user)).ok_or(Error::NotFound)
}

/// Every token that the signed-in agent ever took, newest first; nobody else's.
pub async fn agent_history(call: &Call, before: Option<GrantId>, limit: i64) -> Result<Page, Error> {
    let (agent, _) = call.actor.agent()?;
    let mut tx = call.read().await?;
    Ok(Page::cut(rows::of_agent(&mut tx, agent.user, before, limit + 1).await?, limit))
}

async fn may_look(call: &Call, tx: &mut Connection, organization: OrganizationId) -> Result<(), Error> {
    if let Actor::Machine(_) = &call.actor {
        call.actor.machine(Scope::SupportTokensRead)?;
        return Ok(());
    }
    organizations::operations::require_member(call, tx, organization).await.map(drop)
}
