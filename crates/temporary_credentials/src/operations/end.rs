//! Ending a pair before its time.

use grants::EndedHow;
use kernel::{Error, GrantId, OrganizationId, UserId};
use operation::{Call, Work, audit};

use super::{administered, entry, look};
use crate::{emails, model::Credentials, rows};

/// An administrator of the organization takes them back (D8). They and every session that rests on them are over when this
/// returns.
pub async fn revoke(call: &Call, id: GrantId) -> Result<Credentials, Error> {
    call.actor.person()?;
    let mut work = call.begin().await?;
    let credentials = rows::find(&mut work, id).await?.ok_or(Error::NotFound)?;
    administered(call, &mut work, credentials.organization).await?;
    let by = call.actor.person()?;
    let (credentials, revoked) = by_customer(&mut work, credentials, (by.user, by.name.clone())).await?;
    work.commit(revoked).await?;
    Ok(credentials)
}

/// Ends the good pair of an organization, if there is one, as a part of something larger. The entry is for its commit.
pub async fn close(
    work: &mut Work,
    organization: OrganizationId,
    by: (UserId, String),
) -> Result<Option<audit::Entry>, Error> {
    let now = work.call().now;
    let Some(live) = look::live_of(work, organization, now).await? else { return Ok(None) };
    match by_customer(work, live, by).await {
        Ok((_, revoked)) => Ok(Some(revoked)),
        // It has ended meanwhile.
        Err(Error::Conflict(..)) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) async fn by_customer(
    work: &mut Work,
    credentials: Credentials,
    by: (UserId, String),
) -> Result<(Credentials, audit::Entry), Error> {
    // Of a sign-in at the same moment, either the session is found here and ends, or the sign-in finds this end.
    rows::hold(work, credentials.id()).await?;
    let how = EndedHow::Customer;
    match grants::operations::end(work, &credentials.grant, how, Some(by)).await {
        Ok(grant) => {
            let credentials = Credentials { grant, ..credentials };
            emails::ended(work, &credentials).await?;
            let entry = entry("temporary_credentials.revoked", &credentials).detail("how", how.as_str());
            Ok((credentials, entry))
        }
        Err(Error::Conflict(..)) => Err(Error::conflict(
            "temporary_credentials_ended",
            "These credentials have ended already. Nobody has access through them.",
        )),
        Err(error) => Err(error),
    }
}
