//! Looking: *My Clients*, one client, *My Partner*.

use std::collections::BTreeMap;

use kernel::{Error, GrantId, OrganizationId, UserId};
use operation::{Areas, Call};
use organizations::Organization;
use store::Connection;

use super::{administrators_token, client_administrator, partner, partner_administrator};
use crate::{
    model::{Client, ClientQuery, Colleague, Counts, PartnerUser, Partnership, Permission, Token},
    rows,
};

/// A page of *My Clients*.
#[derive(Debug, Clone)]
pub struct ClientPage {
    pub organization: Organization,
    pub is_administrator: bool,
    pub clients: Vec<Client>,
    pub has_more: bool,
    pub counts: Counts,
}

/// One client, or one partner, whole.
#[derive(Debug, Clone)]
pub struct Details {
    pub token: Token,
    /// What the client gave.
    pub permissions: Vec<Permission>,
    /// For the client those who can enter. For the partner whoever was authorized, with nothing left or not; for whoever is no
    /// administrator of it only they themselves.
    pub users: Vec<PartnerUser>,
    pub is_administrator: bool,
    /// Whether the caller can enter now.
    pub may_enter: bool,
}

/// The partner's clients that the caller may see: all of them for its administrators, and for everybody else those that they
/// are authorized for (B10). `query.limit` is at most 200.
pub async fn clients(
    call: &Call,
    organization: OrganizationId,
    query: ClientQuery,
) -> Result<ClientPage, Error> {
    call.actor.person()?;
    let mut tx = call.read().await?;
    let (organization, membership) = partner(call, &mut tx, organization).await?;
    let is_administrator = membership.is_administrator();
    let user = if is_administrator { query.user } else { Some(membership.id) };
    let query = ClientQuery { user, ..query };
    let (limit, asked) = (query.limit, ClientQuery { limit: query.limit + 1, ..query });
    // Who else may enter is for administrators to know, also by looking for them.
    let mut ids = rows::client_ids(&mut tx, organization.id, &asked, is_administrator, call.now).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = ids.len() > limit;
    ids.truncate(limit);
    let counted =
        ClientQuery { user: (!is_administrator).then_some(membership.id), ..ClientQuery::default() };
    let counts = rows::counts(&mut tx, organization.id, &counted, call.now).await?;
    let mut clients = lines(call, &mut tx, &ids).await?;
    if !is_administrator {
        let own = call.actor.person()?.name.clone();
        for client in &mut clients {
            (client.users, client.user_count) = (vec![own.clone()], 1);
        }
    }
    Ok(ClientPage { organization, is_administrator, clients, has_more, counts })
}

async fn lines(call: &Call, tx: &mut Connection, ids: &[GrantId]) -> Result<Vec<Client>, Error> {
    let mut tokens: BTreeMap<GrantId, Token> =
        rows::find_many(tx, ids).await?.into_iter().map(|token| (token.id(), token)).collect();
    let mut permissions: BTreeMap<GrantId, Vec<String>> = BTreeMap::new();
    for (grant, name) in rows::given_names(tx, ids).await? {
        permissions.entry(grant).or_default().push(name);
    }
    let mut users: BTreeMap<GrantId, (Vec<String>, i64)> = BTreeMap::new();
    for (grant, name, count) in rows::first_users(tx, ids, call.now).await? {
        let of_grant = users.entry(grant).or_default();
        of_grant.0.push(name);
        of_grant.1 = count;
    }
    let line = |id: &GrantId| {
        let token = tokens.remove(id)?;
        let (users, user_count) = users.remove(id).unwrap_or_default();
        Some(Client { token, permissions: permissions.remove(id).unwrap_or_default(), users, user_count })
    };
    Ok(ids.iter().filter_map(line).collect())
}

/// One client as the partner's people see it.
pub async fn as_partner(call: &Call, id: GrantId) -> Result<Details, Error> {
    let person = call.actor.person()?;
    let mut tx = call.read().await?;
    let token =
        rows::find(&mut tx, id).await?.filter(|token| token.deleted_at.is_none()).ok_or(Error::NotFound)?;
    let (_, membership) = partner(call, &mut tx, token.partner).await?;
    let is_administrator = membership.is_administrator();
    if !is_administrator && !rows::is_authorized(&mut tx, id, membership.id).await? {
        return Err(Error::NotFound);
    }
    let standing = super::standing(&mut tx, &token.grant, person.user, call.now).await?;
    let mut partnership = whole(&mut tx, token.clone(), call.now).await?;
    if !is_administrator {
        partnership.users.retain(|user| user.membership == membership.id);
    }
    Ok(Details {
        token,
        permissions: partnership.permissions,
        users: partnership.users,
        is_administrator,
        may_enter: standing.is_some(),
    })
}

/// The token itself, for the partner's administrators: it can be seen again (B2).
pub async fn shown_token(call: &Call, id: GrantId) -> Result<String, Error> {
    call.actor.person()?;
    let mut tx = call.read().await?;
    let token =
        rows::find(&mut tx, id).await?.filter(|token| token.deleted_at.is_none()).ok_or(Error::NotFound)?;
    administrators_token(call, &mut tx, &token).await?;
    let sealed = rows::sealed_token(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let plain = call.world.sealing.open(&id.to_string(), &sealed)?;
    String::from_utf8(plain.to_vec()).map_err(Error::internal)
}

/// One partner as a client's administrators see it: who can enter, with what, and when they last did (B15).
pub async fn as_client(call: &Call, id: GrantId) -> Result<Details, Error> {
    call.actor.person()?;
    let mut tx = call.read().await?;
    let token = rows::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let client = token.client().ok_or(Error::NotFound)?;
    client_administrator(call, &mut tx, client).await?;
    let partnership = for_client(&mut tx, token.clone(), call.now).await?;
    Ok(Details {
        token,
        permissions: partnership.permissions,
        users: partnership.users,
        is_administrator: true,
        may_enter: false,
    })
}

/// All partners that a client let in, those that are over too, the live ones first.
pub async fn partners(
    call: &Call,
    organization: OrganizationId,
) -> Result<(Organization, Vec<(Token, Partnership)>), Error> {
    call.actor.person()?;
    let mut tx = call.read().await?;
    let organization = client_administrator(call, &mut tx, organization).await?;
    let mut all = Vec::new();
    for token in rows::of_client(&mut tx, organization.id, false, call.now).await? {
        let partnership = for_client(&mut tx, token.clone(), call.now).await?;
        all.push((token, partnership));
    }
    Ok((organization, all))
}

/// As the client sees it: with those who can enter. Whoever has nothing left of what they were given is none of them.
pub(super) async fn for_client(
    tx: &mut Connection,
    token: Token,
    now: kernel::Timestamp,
) -> Result<Partnership, Error> {
    let mut partnership = whole(tx, token, now).await?;
    partnership.users.retain(PartnerUser::may_enter);
    Ok(partnership)
}

async fn whole(tx: &mut Connection, token: Token, now: kernel::Timestamp) -> Result<Partnership, Error> {
    let permissions = rows::given(tx, token.id()).await?;
    let mut users = rows::users(tx, token.id(), None, now).await?;
    for (member, permission) in rows::permissions_of_users(tx, token.id()).await? {
        if let Some(user) = users.iter_mut().find(|user| user.membership == member) {
            user.permissions.push(permission);
        }
    }
    Ok(Partnership {
        partner: token.partner,
        partner_name: token.partner_name,
        permissions,
        review_at: token.review_at,
        last_used_at: token.last_used_at,
        users,
        grant: token.grant,
    })
}

/// The partner's own people who can be authorized.
pub async fn colleagues(call: &Call, organization: OrganizationId) -> Result<Vec<Colleague>, Error> {
    call.actor.person()?;
    let mut tx = call.read().await?;
    partner_administrator(call, &mut tx, organization).await?;
    rows::colleagues(&mut tx, organization, None, call.now).await
}

/// Which parts of this are there for somebody.
pub async fn areas(call: &Call, user: UserId) -> Result<Areas, Error> {
    let mut tx = call.read().await?;
    let (my_clients, my_partner) = rows::areas(&mut tx, user, call.now).await?;
    Ok(Areas { my_clients, my_partner })
}
