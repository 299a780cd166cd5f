//! Notes the ends that have come by themselves (B19). That they hold does not wait for this.

use std::sync::Arc;

use kernel::{Duration, Error};
use operation::{Call, World};

use super::members;
use crate::rows;

/// How many ends are looked for at once.
const AT_ONCE: i64 = 100;

/// Writes down each membership whose end has passed, and ends its sessions. How many there were.
pub async fn expire_memberships(world: &Arc<World>) -> Result<usize, Error> {
    let mut noted = 0;
    loop {
        let call = Call::by_system(world);
        let over = {
            let mut tx = call.read().await?;
            rows::over_memberships(&mut tx, call.now, AT_ONCE).await?
        };
        let found = over.len();
        for member in over {
            let mut work = call.begin().await?;
            let end = member.membership.ends_at.unwrap_or(call.now);
            match members::end(&mut work, &member, end, None, "ended_by_itself").await {
                Ok(entries) => {
                    work.commit_all(entries).await?;
                    noted += 1;
                }
                // Somebody unlinked the person in between.
                Err(Error::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        if i64::try_from(found).is_ok_and(|found| found < AT_ONCE) {
            return Ok(noted);
        }
    }
}

/// For as long as the server lives.
pub async fn run_expiry(world: Arc<World>) {
    loop {
        if let Err(error) = expire_memberships(&world).await {
            tracing::error!(%error, "the ends of memberships could not be noted");
        }
        let now = world.clock.now();
        let at_the_latest = now + Duration::minutes(1);
        let next = next_end(&world).await.unwrap_or(at_the_latest);
        world.clock.wait_until(next.clamp(now + Duration::seconds(1), at_the_latest)).await;
    }
}

async fn next_end(world: &World) -> Option<kernel::Timestamp> {
    let mut tx = world.store.read().await.ok()?;
    rows::next_end(&mut tx).await.ok().flatten()
}
