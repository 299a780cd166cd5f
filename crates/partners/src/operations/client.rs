//! What a client's administrators do about partners.

use grants::{EndedHow, operations::Place};
use kernel::{
    Code, Duration, Error, GrantId, OrganizationId, Person, Secret, Timestamp, UserId, secret::Purpose,
};
use operation::{Call, Work, audit};
use sessions::model::Session;
use store::Connection;

use super::{client_administrator, clock, end, entries, held_by_client, look::for_client, unless_over};
use crate::{
    emails,
    model::{ChangeTerms, Offered, Partnership, Permission, Terms, Token, permissions::chosen, wrong_dates},
    rows,
};

/// So many tokens that cannot be taken are a bad mail; more are guessing.
const REFUSALS: i64 = 10;
const WITHIN: Duration = Duration::minutes(10);

/// Whose token it is, before anything is granted (B4).
pub async fn look(call: &Call, organization: OrganizationId, token: &str) -> Result<Offered, Error> {
    let person = call.actor.person()?;
    let mut work = call.begin().await?;
    organizations::operations::lock(&mut work, organization).await?;
    client_administrator(call, &mut work, organization).await?;
    not_guessing(call, &mut work, organization, person).await?;
    match offered(call, &mut work, organization, token).await? {
        Some(token) => Ok(Offered {
            partner: token.partner,
            partner_name: token.partner_name,
            answer_by: token.grant.answer_by,
        }),
        None => Err(refused(work, organization, token).await?),
    }
}

/// Lets a partner in: its token is active on both sides from now on (B4).
pub async fn authorize(
    call: &Call,
    organization: OrganizationId,
    token: &str,
    terms: Terms,
) -> Result<Token, Error> {
    let person = call.actor.person()?;
    settle(call, organization, token).await?;
    let mut work = call.begin().await?;
    // Whoever is unlinked at the same moment agrees before that or not at all; one partner is let in once.
    organizations::operations::lock(&mut work, organization).await?;
    let client = client_administrator(call, &mut work, organization).await?;
    not_guessing(call, &mut work, organization, person).await?;
    let on_offer = held_permissions(&mut work, &terms.permissions).await?;
    let Some(found) = offered(call, &mut work, organization, token).await? else {
        return Err(refused(work, organization, token).await?);
    };
    let mut wrong = wrong_dates(terms.ends_at, terms.review_at, call.now);
    let permissions = chosen(&on_offer, &terms.permissions, "the vendor offers").unwrap_or_else(|error| {
        if let Error::Invalid(fields) = error {
            wrong.extend(fields);
        }
        Vec::new()
    });
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let place = Place::of_client(found.partner, client.id);
    if grants::operations::live_at(&mut work, &place, call.now).await?.is_some() {
        return Err(there_already(&found.partner_name));
    }
    let completed = grants::operations::complete(
        &mut work,
        &found.grant,
        found.partner,
        client.id,
        terms.mode,
        terms.ends_at,
    );
    let grant = match completed.await {
        Ok(grant) => grant,
        Err(Error::Conflict(Code(grants::operations::LIVE), _)) => {
            return Err(there_already(&found.partner_name));
        }
        // Somebody took or deleted it between our look and our change.
        Err(Error::Conflict(..)) => return Err(refused(work, organization, token).await?),
        Err(error) => return Err(error),
    };
    rows::note_authorized(&mut work, grant.id, person.user, terms.review_at, call.now).await?;
    rows::give(&mut work, grant.id, &permissions).await?;
    let token = rows::find(&mut work, grant.id).await?.ok_or(Error::NotFound)?;
    emails::authorized(&mut work, &token, person.user).await?;
    let keys = keys(&permissions);
    let entries = entries("partner.authorized", &token, |entry| {
        dated(entry.detail("permissions", keys.as_str()).detail("mode", terms.mode.as_str()), &token)
    });
    work.commit_all(entries).await?;
    Ok(token)
}

/// What is on offer, while the vendor takes none of those away that somebody wants to give. Before the token, in the order of
/// [`rows::lock_permissions`].
async fn held_permissions(work: &mut Work, wanted: &[String]) -> Result<Vec<Permission>, Error> {
    let on_offer = rows::permissions(work).await?;
    let keys = on_offer.iter().map(|permission| permission.key.as_str());
    rows::lock_permissions(work, keys.filter(|key| wanted.iter().any(|wanted| wanted == key))).await?;
    // One that was taken away while this waited is none.
    rows::permissions(work).await
}

fn there_already(partner: &str) -> Error {
    Error::conflict(
        "partner_authorized_already",
        format!("{partner} is authorized already. Edit what it may do instead."),
    )
}

/// What the clock has ended of the same partner and client does not stand in the way of a new one.
async fn settle(call: &Call, client: OrganizationId, token: &str) -> Result<(), Error> {
    let Some(secret) = Secret::parse(Purpose::PartnerToken, token.trim()) else { return Ok(()) };
    let mut tx = call.read().await?;
    let Some(id) = rows::find_by_hash(&mut tx, &secret.hash()).await? else { return Ok(()) };
    let Some(token) = rows::find(&mut tx, id).await? else { return Ok(()) };
    let place = Place::of_client(token.partner, client);
    let overdue = grants::operations::overdue_at(&mut tx, &place, call.now).await?;
    drop(tx);
    if let Some(grant) = overdue {
        clock::expire(&call.world, grant.id).await?;
    }
    Ok(())
}

/// The token that somebody pasted, while nobody else changes it, if this client can complete it. A token that is unknown,
/// used, deleted, expired, of a partner that is none any more, or the client's own, is none (B6).
async fn offered(
    call: &Call,
    work: &mut Work,
    client: OrganizationId,
    text: &str,
) -> Result<Option<Token>, Error> {
    let Some(secret) = Secret::parse(Purpose::PartnerToken, text.trim()) else { return Ok(None) };
    let Some(id) = rows::find_by_hash(work, &secret.hash()).await? else { return Ok(None) };
    rows::lock(work, id).await?;
    let Some(token) = rows::find(work, id).await? else { return Ok(None) };
    let is_partner = organizations::operations::find(work, token.partner)
        .await?
        .is_some_and(|partner| partner.partner_since.is_some());
    let is_open = token.state(call.now) == grants::State::Pending && token.deleted_at.is_none();
    Ok(Some(token).filter(|token| is_partner && is_open && token.partner != client))
}

/// Asked under the lock of the organization, so that of many at once each counts those before it.
async fn not_guessing(
    call: &Call,
    tx: &mut Connection,
    organization: OrganizationId,
    person: &Person,
) -> Result<(), Error> {
    let since = call.now - WITHIN;
    let (refused, first_at) = rows::refusals(tx, organization, person.user, since).await?;
    if refused < REFUSALS {
        return Ok(());
    }
    let again = first_at.map_or(call.now, |at| at + WITHIN);
    let seconds = again.since(call.now).as_seconds() + 1;
    Err(Error::TooMany { retry_after_seconds: u32::try_from(seconds).unwrap_or(u32::MAX) })
}

/// Writes down that it was tried, and gives the one answer for every token that cannot be taken.
async fn refused(work: Work, organization: OrganizationId, text: &str) -> Result<Error, Error> {
    // Of what was typed, the end only: it may be a token of somebody else.
    let hint: String = {
        let letters: Vec<char> = text.trim().chars().filter(char::is_ascii_alphanumeric).collect();
        letters[letters.len().saturating_sub(4)..].iter().collect()
    };
    let entry =
        audit::Entry::new("partner.refused").organization(organization).detail("hint", hint).refused();
    work.commit(entry).await?;
    Ok(Error::conflict(
        "partner_token_refused",
        "This token cannot be taken: it is unknown, used, deleted, expired, or your own. Nothing was granted. Ask your \
         partner for a new one.",
    ))
}

/// Changes what a partner may do, until when, and when to look at it again. What is narrowed is narrowed for every one of its
/// people at once; what is widened gives nobody more than before (B13, B15).
pub async fn change(call: &Call, id: GrantId, change: ChangeTerms) -> Result<Token, Error> {
    let mut work = call.begin().await?;
    let on_offer = held_permissions(&mut work, change.permissions.as_deref().unwrap_or_default()).await?;
    let token = held_by_client(call, &mut work, id).await?;
    let ends_at = change.ends_at.unwrap_or(token.grant.ends_at);
    let review_at = change.review_at.unwrap_or(token.review_at);
    let mode = change.mode.unwrap_or(token.grant.mode);
    let before = rows::given(&mut work, id).await?;
    // A review that has come stays as it is until another date is chosen.
    let asked_review = review_at.filter(|_| review_at != token.review_at);
    let mut wrong = wrong_dates(ends_at, asked_review, call.now);
    let permissions = match &change.permissions {
        None => before.clone(),
        Some(wanted) => chosen(&on_offer, wanted, "the vendor offers").unwrap_or_else(|error| {
            if let Error::Invalid(fields) = error {
                wrong.extend(fields);
            }
            Vec::new()
        }),
    };
    if token.state(call.now).is_over() {
        return Err(Error::conflict("grant_over", "It has ended already, and nothing brings it back."));
    }
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let grant = grants::operations::change(&mut work, &token.grant, mode, ends_at).await?;
    let mut ended = Vec::new();
    if permissions != before {
        rows::give(&mut work, id, &permissions).await?;
        ended = end_inside_with_nothing(&mut work, id).await?;
    }
    if ends_at != token.grant.ends_at {
        rows::note_end_chosen(&mut work, id, call.now).await?;
    }
    if review_at != token.review_at {
        rows::set_review(&mut work, id, review_at, call.now).await?;
    }
    let token = Token { grant, review_at, ..token };
    let (now_given, before) = (keys(&permissions), keys(&before));
    let mut entries = entries("partner.changed", &token, |entry| {
        let entry =
            entry.detail("permissions", now_given.as_str()).detail("permissions_before", before.as_str());
        dated(entry.detail("mode", mode.as_str()), &token)
    });
    entries.extend(sessions::operations::left(&ended));
    work.commit_all(entries).await?;
    Ok(token)
}

/// Ends the entries of those who have nothing left there. They would be refused at their next request in any case; a product
/// that keeps a page open hears of it by this.
pub(super) async fn end_inside_with_nothing(work: &mut Work, grant: GrantId) -> Result<Vec<Session>, Error> {
    let mut ended = Vec::new();
    for user in rows::inside_with_nothing(work, grant).await? {
        let how = "partner_narrowed";
        ended.extend(sessions::operations::end_acting_on_grant(work, user, grant, how).await?);
    }
    Ok(ended)
}

fn keys(permissions: &[Permission]) -> String {
    permissions.iter().map(|permission| permission.key.as_str()).collect::<Vec<_>>().join(" ")
}

fn dated(entry: audit::Entry, token: &Token) -> audit::Entry {
    entry
        .detail("ends_at", token.grant.ends_at.map(Timestamp::as_seconds))
        .detail("review_at", token.review_at.map(Timestamp::as_seconds))
}

/// Takes back what a partner may do, for good (B14).
pub async fn revoke(call: &Call, id: GrantId) -> Result<Token, Error> {
    let person = call.actor.person()?;
    let mut work = call.begin().await?;
    let token = held_by_client(call, &mut work, id).await?;
    let by = (person.user, person.name.clone());
    let (token, entries) = end(&mut work, token, EndedHow::Customer, Some(by)).await?;
    work.commit_all(entries).await?;
    Ok(token)
}

/// The partners that a client lets in, disabled ones too, each with the people who can enter. The caller has decided that
/// whoever asks may see them.
pub async fn of_client(
    tx: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Vec<Partnership>, Error> {
    let mut all = Vec::new();
    for token in rows::of_client(tx, organization, true, now).await? {
        all.push(for_client(tx, token, now).await?);
    }
    Ok(all)
}

/// Ends every partner's way into a client, inside the caller's transaction, and tells both sides. The entries are for that
/// commit.
pub async fn close_all_of_client(
    work: &mut Work,
    organization: OrganizationId,
    by: (UserId, String),
) -> Result<Vec<audit::Entry>, Error> {
    let now = work.call().now;
    let ids = rows::live_of_client(work, organization, now).await?;
    end_all(work, ids, EndedHow::Customer, &by).await
}

pub(super) async fn end_all(
    work: &mut Work,
    ids: Vec<GrantId>,
    how: EndedHow,
    by: &(UserId, String),
) -> Result<Vec<audit::Entry>, Error> {
    let mut entries = Vec::new();
    rows::lock_all(work, &ids).await?;
    for id in ids {
        let Some(token) = rows::find(work, id).await? else { continue };
        if let Some((_, ended)) = unless_over(end(work, token, how, Some(by.clone())).await)? {
            entries.extend(ended);
        }
    }
    Ok(entries)
}
