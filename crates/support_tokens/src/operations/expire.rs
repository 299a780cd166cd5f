//! What the clock has ended is written down and told. Nobody's access depends on it: a grant that is over is over at each
//! look, whether or not this has run.

use std::sync::Arc;

use grants::{EndedHow, Kind, State, operations::Place};
use kernel::{Duration, Error, GrantId, OrganizationId};
use operation::{Call, World};

use super::entry;
use crate::{emails, model::SupportToken, rows};

const EACH: Duration = Duration::seconds(1);

/// Writes down every token whose time is over, and mails those concerned. How many there were.
pub async fn expire_due(world: &Arc<World>) -> Result<usize, Error> {
    let due = {
        let mut tx = world.store.read().await?;
        grants::operations::overdue(&mut tx, Kind::SupportToken, world.clock.now()).await?
    };
    let mut expired = 0;
    for id in due {
        expired += usize::from(expire(world, id).await?);
    }
    Ok(expired)
}

/// Does so for as long as the server lives.
pub async fn run_expiry(world: Arc<World>) {
    loop {
        if let Err(error) = expire_due(&world).await {
            tracing::error!(%error, "tokens that are over could not be written down");
        }
        world.clock.wait_until(world.clock.now() + EACH).await;
    }
}

/// Writes down the token of one organization if its time is over, so that it does not stand in the way of a new one.
pub(super) async fn settle(world: &Arc<World>, organization: OrganizationId) -> Result<(), Error> {
    let overdue = {
        let mut tx = world.store.read().await?;
        let place = Place::of(Kind::SupportToken, organization);
        grants::operations::overdue_at(&mut tx, &place, world.clock.now()).await?
    };
    if let Some(grant) = overdue {
        expire(world, grant.id).await?;
    }
    Ok(())
}

/// `false` if somebody ended it otherwise, or wrote it down first.
async fn expire(world: &Arc<World>, id: GrantId) -> Result<bool, Error> {
    let call = Call::by_system(world);
    let mut work = call.begin().await?;
    let Some(token) = rows::find(&mut work, id).await? else {
        return Ok(false);
    };
    if token.grant.ended.is_some() || token.state(call.now) != State::Expired {
        return Ok(false);
    }
    let grant = match grants::operations::end(&mut work, &token.grant, EndedHow::Expired, None).await {
        Ok(grant) => grant,
        Err(Error::Conflict(..)) => return Ok(false),
        Err(error) => return Err(error),
    };
    let token = SupportToken { grant, ..token };
    emails::expired(&mut work, &token).await?;
    let was_taken = token.association.is_some();
    work.commit(entry("support_token.expired", &token).detail("was_taken", was_taken)).await?;
    Ok(true)
}
