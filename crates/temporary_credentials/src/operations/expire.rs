//! What the clock has ended is written down and told. Nobody's access depends on it (D7): what is over is over at each look.

use std::sync::Arc;

use grants::{EndedHow, State};
use kernel::{Duration, Error, GrantId, OrganizationId};
use operation::{Call, World};

use super::entry;
use crate::{emails, model::Credentials, rows};

const EACH: Duration = Duration::seconds(1);

/// Writes down every pair whose time is over, and mails the administrators. How many there were.
pub async fn expire_due(world: &Arc<World>) -> Result<usize, Error> {
    let due = {
        let mut tx = world.store.read().await?;
        grants::operations::overdue(&mut tx, grants::Kind::TemporaryCredentials, world.clock.now()).await?
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
            tracing::error!(%error, "temporary credentials that are over could not be written down");
        }
        world.clock.wait_until(world.clock.now() + EACH).await;
    }
}

/// Writes down the pair of one organization if its time is over, so that it does not stand in the way of a new one.
pub(super) async fn settle(world: &Arc<World>, organization: OrganizationId) -> Result<(), Error> {
    let unended = {
        let mut tx = world.store.read().await?;
        rows::unended_of(&mut tx, organization).await?
    };
    if let Some(overdue) = unended.filter(|one| one.state(world.clock.now()).is_over()) {
        expire(world, overdue.id()).await?;
    }
    Ok(())
}

/// `false` if somebody ended it otherwise, or wrote it down first.
async fn expire(world: &Arc<World>, id: GrantId) -> Result<bool, Error> {
    let call = Call::by_system(world);
    let mut work = call.begin().await?;
    rows::hold(&mut work, id).await?;
    let Some(credentials) = rows::find(&mut work, id).await? else {
        return Ok(false);
    };
    if credentials.grant.ended.is_some() || credentials.state(call.now) != State::Expired {
        return Ok(false);
    }
    let grant = match grants::operations::end(&mut work, &credentials.grant, EndedHow::Expired, None).await {
        Ok(grant) => grant,
        Err(Error::Conflict(..)) => return Ok(false),
        Err(error) => return Err(error),
    };
    let credentials = Credentials { grant, ..credentials };
    emails::ended(&mut work, &credentials).await?;
    let was_used = credentials.first_used_at.is_some();
    work.commit(entry("temporary_credentials.expired", &credentials).detail("was_used", was_used)).await?;
    Ok(true)
}
