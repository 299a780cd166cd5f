//! Looking, for administrators of the organization.

use kernel::{Duration, Error, OrganizationId, Timestamp};
use operation::Call;
use organizations::Organization;
use store::Connection;

use super::administered;
use crate::{model::Credentials, rows};

/// More than this nobody reads through; the access log has all.
const SHOWN: i64 = 100;

/// Every pair that was made for an organization, the newest first, good or not.
pub async fn list(
    call: &Call,
    organization: OrganizationId,
) -> Result<(Organization, Vec<Credentials>), Error> {
    let mut tx = call.read().await?;
    let organization = administered(call, &mut tx, organization).await?;
    let all = rows::of_organization(&mut tx, organization.id, SHOWN).await?;
    Ok((organization, all))
}

/// The pair of an organization that is good now, for its page of everything that is open.
pub async fn live(
    tx: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Option<Credentials>, Error> {
    live_of(tx, organization, now).await
}

pub(super) async fn live_of(
    tx: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Option<Credentials>, Error> {
    Ok(rows::unended_of(tx, organization).await?.filter(|one| !one.state(now).is_over()))
}

/// The longest validity that new credentials of the organization can have (A3).
pub fn longest_validity(call: &Call, organization: &Organization) -> Duration {
    organization.longest_validity(call.world.settings.longest_validity)
}
