//! What a partner's administrators do with its tokens.

use grants::{EndedHow, Kind, Mode, NewGrant};
use kernel::{Error, GrantId, OrganizationId, Secret, secret::Purpose};
use operation::{Call, Work, audit};

use super::{end, entries, held_by_partner, partner_administrator, waits};
use crate::{
    model::{MOST_PENDING, Token, checked_label},
    rows,
};

/// Makes a token to hand to a client (B2). By itself it opens nothing; it waits until the client completes it (B3).
pub async fn add(call: &Call, organization: OrganizationId, label: &str) -> Result<Token, Error> {
    let person = call.actor.person()?;
    let mut work = call.begin().await?;
    // Whoever is unlinked at the same moment makes one before that or not at all; and of two at once the second counts both.
    organizations::operations::lock(&mut work, organization).await?;
    partner_administrator(call, &mut work, organization).await?;
    let label = checked_label(label)?;
    if rows::count_pending(&mut work, organization, call.now).await? >= MOST_PENDING {
        return Err(Error::conflict(
            "too_many_pending",
            format!("{MOST_PENDING} tokens wait for a client already. Delete those that nobody needs."),
        ));
    }
    let new = NewGrant {
        kind: Kind::Partner,
        organization: None,
        mode: Mode::default(),
        created_by: person.user,
        created_through: None,
        answer_window: waits(&call.world.settings),
        validity: None,
        not_after: None,
    };
    let grant = grants::operations::create(&mut work, new).await?;
    let world = &call.world;
    let secret = Secret::new(Purpose::PartnerToken, &*world.entropy);
    let row = grant.id.to_string();
    let sealed = world.sealing.seal(&row, secret.expose().as_bytes(), &*world.entropy)?;
    rows::insert(&mut work, grant.id, organization, &label, &secret.hash(), &sealed).await?;
    let token = rows::find(&mut work, grant.id).await?.ok_or(Error::NotFound)?;
    work.commit_all(entries("partner_token.created", &token, |entry| entry.detail("hint", secret.hint())))
        .await?;
    Ok(token)
}

/// Shuts out all of the partner's people at once (B11).
pub async fn disable(call: &Call, id: GrantId) -> Result<Token, Error> {
    let mut work = call.begin().await?;
    let token = held_by_partner(call, &mut work, id).await?;
    let (token, entries) = shut(&mut work, token).await?;
    work.commit_all(entries).await?;
    Ok(token)
}

pub(super) async fn shut(work: &mut Work, token: Token) -> Result<(Token, Vec<audit::Entry>), Error> {
    let grant = grants::operations::disable(work, &token.grant).await?;
    let token = Token { grant, ..token };
    let entries = entries("partner_token.disabled", &token, |entry| entry);
    Ok((token, entries))
}

/// Lets the same people in again, as far as before (B11).
pub async fn activate(call: &Call, id: GrantId) -> Result<Token, Error> {
    let mut work = call.begin().await?;
    let token = held_by_partner(call, &mut work, id).await?;
    let (token, entries) = reopen(&mut work, token).await?;
    work.commit_all(entries).await?;
    Ok(token)
}

pub(super) async fn reopen(work: &mut Work, token: Token) -> Result<(Token, Vec<audit::Entry>), Error> {
    let grant = grants::operations::enable(work, &token.grant).await?;
    let token = Token { grant, ..token };
    let entries = entries("partner_token.activated", &token, |entry| entry);
    Ok((token, entries))
}

/// Ends a token for good and takes it off the list, never out of the history (B12). One that has ended already only leaves
/// the list.
pub async fn delete(call: &Call, id: GrantId) -> Result<Token, Error> {
    let mut work = call.begin().await?;
    let token = held_by_partner(call, &mut work, id).await?;
    let (token, entries) = remove(&mut work, token).await?;
    work.commit_all(entries).await?;
    Ok(token)
}

pub(super) async fn remove(work: &mut Work, token: Token) -> Result<(Token, Vec<audit::Entry>), Error> {
    let call = work.call().clone();
    let person = call.actor.person()?;
    if !rows::note_deleted(work, token.id(), call.now).await? {
        return Err(Error::NotFound);
    }
    let (token, entries) = if token.state(call.now).is_over() {
        let entry = audit::Entry::new("partner_token.removed")
            .organization(token.partner)
            .grant(token.id())
            .subject(token.id())
            .detail("partner", token.partner_name.as_str())
            .detail("client", token.name());
        (token, vec![entry])
    } else {
        end(work, token, EndedHow::Partner, Some((person.user, person.name.clone()))).await?
    };
    Ok((Token { deleted_at: Some(call.now), ..token }, entries))
}
