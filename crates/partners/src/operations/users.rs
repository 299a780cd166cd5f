//! Which of a partner's people may enter, and how far.

use kernel::{Error, GrantId, MembershipId, OrganizationId};
use operation::{Call, Work, audit};

use super::{entries, held_by_partner, partner_administrator};
use crate::{
    model::{Colleague, Permission, Token, permissions::chosen},
    rows,
};

/// So many people at once.
const MOST: usize = 200;

/// Lets some of the partner's own people in (B8): each of them as far as `permissions`, which are within what the client gave.
/// All of them or none.
pub async fn authorize_users(
    call: &Call,
    id: GrantId,
    members: &[MembershipId],
    permissions: &[String],
) -> Result<Token, Error> {
    let mut members = members.to_vec();
    members.sort_unstable();
    members.dedup();
    let mut work = call.begin().await?;
    // Before the token: whoever takes one of these people out everywhere does so before this or after it.
    if let Some(token) = rows::find(&mut work, id).await? {
        organizations::operations::lock(&mut work, token.partner).await?;
    }
    let token = held_by_partner(call, &mut work, id).await?;
    if members.is_empty() || members.len() > MOST {
        let sentence = format!("Choose 1 to {MOST} of your people.");
        return Err(Error::invalid("members", "required", sentence));
    }
    let mut all = Vec::new();
    for member in members {
        let colleague = colleague(&mut work, token.partner, member).await?;
        all.extend(let_in(&mut work, &token, &colleague, permissions).await?);
    }
    work.commit_all(all).await?;
    Ok(token)
}

/// One of the partner's own people. Anybody else is not there.
pub(super) async fn colleague(
    work: &mut Work,
    partner: OrganizationId,
    member: MembershipId,
) -> Result<Colleague, Error> {
    let now = work.call().now;
    rows::colleagues(work, partner, Some(member), now).await?.pop().ok_or(Error::NotFound)
}

/// The same to take something away, which is possible for somebody who is suspended too.
pub(super) async fn leaving(
    work: &mut Work,
    partner: OrganizationId,
    member: MembershipId,
) -> Result<Colleague, Error> {
    rows::find_colleague(work, partner, member).await?.ok_or(Error::NotFound)
}

/// One person, for one client. The token is held.
pub(super) async fn let_in(
    work: &mut Work,
    token: &Token,
    colleague: &Colleague,
    permissions: &[String],
) -> Result<Vec<audit::Entry>, Error> {
    let call = work.call().clone();
    let by = call.actor.person()?.user;
    token.require_active(call.now)?;
    let permissions = chosen(&rows::given(work, token.id()).await?, permissions, "the client gave")?;
    if rows::is_authorized(work, token.id(), colleague.membership).await? {
        return Err(Error::conflict(
            "partner_user_authorized_already",
            format!("{} is authorized for {} already. Edit the user instead.", colleague.name, token.name()),
        ));
    }
    rows::insert_user(work, token.id(), colleague.membership, by, call.now).await?;
    rows::set_user_permissions(work, token.id(), colleague.membership, &permissions).await?;
    Ok(about("partner.user_authorized", token, colleague, &permissions))
}

fn about(
    kind: &'static str,
    token: &Token,
    colleague: &Colleague,
    permissions: &[Permission],
) -> Vec<audit::Entry> {
    let keys = permissions.iter().map(|permission| permission.key.as_str()).collect::<Vec<_>>().join(" ");
    entries(kind, token, |entry| {
        let entry = entry.subject(colleague.user).detail("user", colleague.name.as_str());
        if keys.is_empty() { entry } else { entry.detail("permissions", keys.as_str()) }
    })
}

/// Changes how far one person may go (B9); the others keep what they have.
pub async fn change_user(
    call: &Call,
    id: GrantId,
    member: MembershipId,
    permissions: &[String],
) -> Result<Token, Error> {
    let mut work = call.begin().await?;
    let token = held_by_partner(call, &mut work, id).await?;
    let colleague = authorized(&mut work, &token, member).await?;
    token.require_not_over(call.now)?;
    let permissions = chosen(&rows::given(&mut work, id).await?, permissions, "the client gave")?;
    rows::set_user_permissions(&mut work, id, member, &permissions).await?;
    // What is open is judged anew.
    work.revokes(colleague.user);
    let entries = about("partner.user_changed", &token, &colleague, &permissions);
    work.commit_all(entries).await?;
    Ok(token)
}

async fn authorized(work: &mut Work, token: &Token, member: MembershipId) -> Result<Colleague, Error> {
    if !rows::is_authorized(work, token.id(), member).await? {
        return Err(Error::NotFound);
    }
    colleague(work, token.partner, member).await
}

/// Takes away what one person may do for one client (B9); the others keep what they have.
pub async fn revoke_user(call: &Call, id: GrantId, member: MembershipId) -> Result<Token, Error> {
    let mut work = call.begin().await?;
    let token = held_by_partner(call, &mut work, id).await?;
    let colleague = leaving(&mut work, token.partner, member).await?;
    if !rows::is_authorized(&mut work, id, member).await? {
        return Err(Error::NotFound);
    }
    let entries = shut_out(&mut work, &token, &colleague).await?;
    work.commit_all(entries).await?;
    Ok(token)
}

/// One person, for one client. The token is held.
pub(super) async fn shut_out(
    work: &mut Work,
    token: &Token,
    colleague: &Colleague,
) -> Result<Vec<audit::Entry>, Error> {
    if !rows::delete_user(work, token.id(), colleague.membership).await? {
        return Err(Error::conflict(
            "partner_user_not_authorized",
            format!("{} is not authorized for {}.", colleague.name, token.name()),
        ));
    }
    work.revokes(colleague.user);
    let how = "partner_user_revoked";
    let ended = sessions::operations::end_acting_on_grant(work, colleague.user, token.id(), how).await?;
    let mut entries = about("partner.user_revoked", token, colleague, &[]);
    entries.extend(sessions::operations::left(&ended));
    Ok(entries)
}

/// Takes away everything that one person may do for clients, as for somebody who leaves. For how many clients.
pub async fn revoke_everywhere(
    call: &Call,
    organization: OrganizationId,
    member: MembershipId,
) -> Result<usize, Error> {
    call.actor.person()?;
    let mut work = call.begin().await?;
    organizations::operations::lock(&mut work, organization).await?;
    partner_administrator(call, &mut work, organization).await?;
    let colleague = leaving(&mut work, organization, member).await?;
    let mut all = Vec::new();
    let mut count = 0;
    let ids = rows::grants_of_user(&mut work, member).await?;
    rows::lock_all(&mut work, &ids).await?;
    for id in ids {
        let Some(token) = rows::find(&mut work, id).await? else { continue };
        if let Some(entries) = super::unless_over(shut_out(&mut work, &token, &colleague).await)? {
            count += 1;
            all.extend(entries);
        }
    }
    if !all.is_empty() {
        work.commit_all(all).await?;
    }
    Ok(count)
}
