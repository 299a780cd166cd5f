//! What the time does: resets a factor when the wait is over, and writes down what ended.

use std::sync::Arc;

use kernel::{Duration, Error, LostDeviceId};
use operation::{Call, World};

use super::{desk, end_everything, lost_device};
use crate::{model::EndedHow, rows};

const EACH: Duration = Duration::seconds(1);

/// Does what is due, once. How many requests came to an end.
pub async fn settle_due(world: &Arc<World>) -> Result<usize, Error> {
    let open = {
        let mut tx = world.store.read().await?;
        rows::live_ids(&mut tx).await?
    };
    let mut settled = 0;
    for id in open {
        settled += usize::from(settle(world, id).await?);
    }
    Ok(settled)
}

/// Does so for as long as the server lives.
pub async fn run_clockwork(world: Arc<World>) {
    loop {
        if let Err(error) = settle_due(&world).await {
            tracing::error!(%error, "requests about lost devices could not be gone through");
        }
        world.clock.wait_until(world.clock.now() + EACH).await;
    }
}

/// `false` if the request goes on, or somebody ended it first.
async fn settle(world: &Arc<World>, id: LostDeviceId) -> Result<bool, Error> {
    let call = Call::by_system(world);
    let is_quiet = {
        let mut tx = call.read().await?;
        match rows::find(&mut tx, id).await? {
            Some(request) => {
                !request.is_due(call.now)
                    && lost_device::outlived(&mut tx, &request, call.now).await?.is_none()
            }
            None => true,
        }
    };
    if is_quiet {
        return Ok(false);
    }
    let mut work = call.begin().await?;
    let Some(request) = rows::find(&mut work, id).await? else { return Ok(false) };
    people::operations::lock(&mut work, request.user).await?;
    rows::hold(&mut work, id).await?;
    let Some(request) = rows::find(&mut work, id).await?.filter(|request| request.ended.is_none()) else {
        return Ok(false);
    };
    let user = people::operations::get(&mut work, request.user).await?;
    let how = match lost_device::outlived(&mut work, &request, call.now).await? {
        Some(how) => how,
        None if !request.is_due(call.now) => return Ok(false),
        // An agent who may decide no more has not decided this either.
        None if !desk::are_enough(&mut work, &request).await? || user.suspended_at.is_some() => {
            EndedHow::Refused
        }
        None => EndedHow::Done,
    };
    let mut entries = Vec::new();
    if how == EndedHow::Done {
        entries.extend(second_factor::operations::reset(&mut work, user.id, "lost_device").await?);
        entries.extend(end_everything(&mut work, user.id, None, "factor_reset").await?);
    }
    entries.extend(lost_device::end(&mut work, &request, &user, how, None).await?);
    work.commit_all(entries).await?;
    Ok(true)
}
