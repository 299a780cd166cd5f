//! What other capabilities do with grants, inside their own transactions. Who may do it is theirs to decide, and the
//! record of it theirs to write.

use kernel::{Error, GrantId, OrganizationId, Timestamp, UserId};
use operation::Work;
use store::Connection;

use crate::{
    model::{self, EndedHow, Grant, NewGrant, State},
    rows,
};

/// The code of the conflict when an organization has a live grant already.
pub const LIVE: &str = "grant_live";

/// Makes a pending grant (A14). An organization that has a live one gets a conflict with the code [`LIVE`] (A13), and on
/// PostgreSQL the transaction is then of no further use.
pub async fn create(work: &mut Work, new: NewGrant) -> Result<Grant, Error> {
    let (id, now) = (work.call().new_id(), work.call().now);
    let grant = Grant::new(id, new, now);
    match rows::insert(work, &grant).await {
        Ok(()) => Ok(grant),
        Err(error) if error.is_taken() => {
            Err(Error::conflict(LIVE, "The organization has a live grant already."))
        }
        Err(error) => Err(error.into()),
    }
}

pub async fn find(tx: &mut Connection, id: GrantId) -> Result<Option<Grant>, Error> {
    rows::find(tx, id).await
}

/// The grant of the organization that is not over, if there is one.
pub async fn live_of(
    tx: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Option<Grant>, Error> {
    Ok(rows::holder_of(tx, organization).await?.filter(|grant| !grant.state(now).is_over()))
}

/// The grant of the organization whose time is over without anybody having written so: it stands in the way of a new one.
pub async fn overdue_of(
    tx: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Option<Grant>, Error> {
    Ok(rows::holder_of(tx, organization).await?.filter(|grant| grant.state(now).is_over()))
}

/// Grants whose time is over without anybody having written so, the longest overdue first; some hundreds at most.
pub async fn overdue(tx: &mut Connection, now: Timestamp) -> Result<Vec<GrantId>, Error> {
    Ok(rows::overdue(tx, now).await?)
}

/// Somebody takes a pending grant (A15). Of two at once, one is told that the other was first (A16).
pub async fn activate(work: &mut Work, grant: &Grant) -> Result<Grant, Error> {
    let active = grant.clone().activate(work.call().now)?;
    if rows::activate(work, &active).await? { Ok(active) } else { Err(told_too_late(work, grant.id).await?) }
}

/// Ends a grant for good, with every session inside the organization that rests on it.
///
/// [`EndedHow::Expired`] writes down what the clock has done; everything else ends what is still live.
pub async fn end(
    work: &mut Work,
    grant: &Grant,
    how: EndedHow,
    by: Option<(UserId, String)>,
) -> Result<Grant, Error> {
    let now = work.call().now;
    let grant = match how {
        EndedHow::Expired => grant.clone().expire(now)?,
        _ => grant.clone().revoke(how, by, now)?,
    };
    let is_first = match &grant.ended {
        Some(end) if how == EndedHow::Expired => rows::expire(work, &grant, end).await?,
        Some(end) => rows::revoke(work, &grant, end).await?,
        None => false,
    };
    if !is_first {
        return Err(told_too_late(work, grant.id).await?);
    }
    work.revokes(grant.id);
    sessions::operations::end_all_of_grant(work, grant.id, how.as_str()).await?;
    Ok(grant)
}

/// Somebody was first. What they did is what the caller hears.
async fn told_too_late(work: &mut Work, id: GrantId) -> Result<Error, Error> {
    let now = work.call().now;
    Ok(match rows::find(work, id).await?.map(|grant| grant.state(now)) {
        None => Error::NotFound,
        Some(State::Expired | State::Revoked) => model::already_over(),
        Some(State::Pending | State::Active | State::Disabled) => model::already_taken(),
    })
}
