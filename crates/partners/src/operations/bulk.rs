//! One thing for many clients at once (B18).

use std::collections::BTreeSet;

use kernel::{Error, GrantId, OrganizationId};
use operation::Call;

use super::{
    held_by_partner, partner_administrator,
    tokens::{remove, reopen, shut},
    users::{colleague, leaving, let_in, shut_out},
};
use crate::{
    model::{Act, MOST_AT_ONCE, Outcome, Token},
    rows,
};

/// Does one thing for each of these clients, in one commit, and says for each what became of it. A client that cannot be done
/// does not hold up the others; one that is not the partner's stops all of it, and nothing is done (case 40).
pub async fn many(
    call: &Call,
    organization: OrganizationId,
    act: &Act,
    grants: &[GrantId],
) -> Result<Vec<Outcome>, Error> {
    call.actor.person()?;
    // In one order for everybody, each once.
    let grants: BTreeSet<GrantId> = grants.iter().copied().collect();
    let mut work = call.begin().await?;
    organizations::operations::lock(&mut work, organization).await?;
    partner_administrator(call, &mut work, organization).await?;
    if grants.is_empty() || grants.len() > MOST_AT_ONCE {
        let sentence = format!("Choose 1 to {MOST_AT_ONCE} clients.");
        return Err(Error::invalid("clients", "required", sentence));
    }
    let ids: Vec<GrantId> = grants.into_iter().collect();
    let found = rows::find_many(&mut work, &ids).await?;
    let is_own = |token: &Token| token.partner == organization && token.deleted_at.is_none();
    let own: BTreeSet<GrantId> = found.iter().filter(|token| is_own(token)).map(Token::id).collect();
    if own.len() < ids.len() {
        return Err(Error::NotFound);
    }
    let person = match act {
        Act::Authorize { member, .. } => Some(colleague(&mut work, organization, *member).await?),
        Act::Revoke { member } => Some(leaving(&mut work, organization, *member).await?),
        Act::Disable | Act::Activate | Act::Delete => None,
    };
    rows::lock_all(&mut work, &ids).await?;
    let mut outcomes = Vec::with_capacity(ids.len());
    let mut entries = Vec::new();
    for id in ids {
        let token = held_by_partner(call, &mut work, id).await?;
        let name = token.name().to_owned();
        let done = match (act, &person) {
            (Act::Authorize { permissions, .. }, Some(person)) => {
                let_in(&mut work, &token, person, permissions).await
            }
            (Act::Revoke { .. }, Some(person)) => shut_out(&mut work, &token, person).await,
            (Act::Disable, _) => shut(&mut work, token).await.map(|(_, entries)| entries),
            (Act::Activate, _) => reopen(&mut work, token).await.map(|(_, entries)| entries),
            _ => remove(&mut work, token).await.map(|(_, entries)| entries),
        };
        let refused = match done {
            Ok(done) => {
                entries.extend(done);
                None
            }
            Err(Error::Conflict(code, sentence)) => Some((code.0, sentence)),
            Err(Error::Invalid(fields)) => {
                fields.into_iter().next().map(|field| (field.code.0, field.sentence))
            }
            Err(error) => return Err(error),
        };
        outcomes.push(Outcome { grant: id, name, refused });
    }
    if !entries.is_empty() {
        work.commit_all(entries).await?;
    }
    outcomes.sort_by_cached_key(|outcome| (outcome.name.to_lowercase(), outcome.grant));
    Ok(outcomes)
}
