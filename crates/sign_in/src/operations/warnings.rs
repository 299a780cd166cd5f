//! Telling a person that somebody had the password and not the rest (C11, S18).

use std::sync::Arc;

use kernel::{Duration, Error};
use operation::{Call, Housekeeping, World, audit, outbox};
use people::links::{self, Purpose};

use crate::{emails, model::WARNING_WINDOW, rows};

const LOOK_EVERY: Duration = Duration::seconds(10);
const LINK_LASTS: Duration = Duration::days(7);
/// What was told of is kept for so long.
const KEPT: Duration = Duration::days(7);
const FORGET_EVERY: Duration = Duration::hours(1);

/// Warns everybody who has sign-ins that stopped at the second step, each person once in a window with the count. It looks at
/// what is written down, so neither closing the browser nor a restart keeps a warning back, and nobody who is stopped at the
/// second step can do anything about it.
pub async fn warn_due(world: &Arc<World>) -> Result<usize, Error> {
    let call = Call::by_system(world);
    let people = {
        let mut tx = call.read().await?;
        rows::people_to_warn(&mut tx, call.now, call.now - WARNING_WINDOW).await?
    };
    let mut warned = 0;
    for user in people {
        let mut work = call.begin().await?;
        people::operations::lock(&mut work, user).await?;
        let last = people::operations::warned_at(&mut work, user).await?;
        let stopped = rows::untold(&mut work, user, call.now).await?;
        let (Some(newest), true) =
            (stopped.last(), last.is_none_or(|at| call.now.since(at) >= WARNING_WINDOW))
        else {
            continue;
        };
        let person = people::operations::get(&mut work, user).await?;
        let lock = links::issue(&mut work, Purpose::Lock, user, "", LINK_LASTS).await?;
        outbox::send(&mut work, emails::stopped(&call, &person, newest, stopped.len(), &lock)).await?;
        for flow in &stopped {
            rows::need_not_tell(&mut work, flow.id, call.now).await?;
        }
        people::operations::note_warning(&mut work, user).await?;
        let misses: i64 = stopped.iter().map(|flow| flow.misses).sum();
        let entry = audit::Entry::new("sign_in.warned").subject(user);
        work.commit(entry.detail("count", stopped.len()).detail("wrong_codes", misses)).await?;
        warned += 1;
    }
    Ok(warned)
}

/// Forgets those that are over and of which nobody has to be told any more.
async fn forget_old(world: &World) -> Result<(), Error> {
    let mut note = Housekeeping::begin(world).await?;
    rows::forget_old(&mut note, world.clock.now() - KEPT).await?;
    note.commit().await
}

/// Warns for as long as the server lives.
pub async fn run_warnings(world: Arc<World>) {
    let mut forgot_at = None;
    loop {
        if let Err(error) = warn_due(&world).await {
            tracing::error!(%error, "warnings of half sign-ins could not be written");
        }
        let now = world.clock.now();
        if forgot_at.is_none_or(|at| now.since(at) >= FORGET_EVERY) {
            forgot_at = Some(now);
            if let Err(error) = forget_old(&world).await {
                tracing::error!(%error, "half sign-ins that are long over could not be forgotten");
            }
        }
        world.clock.wait_until(world.clock.now() + LOOK_EVERY).await;
    }
}
