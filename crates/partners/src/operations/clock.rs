//! What the clock does: what has ended is written down and told, and those concerned are reminded before. Nobody's access
//! depends on it: a grant that is over is over at each look, whether or not this has run.

use std::sync::Arc;

use grants::{EndedHow, Kind, State};
use kernel::{Duration, Error, GrantId};
use operation::{Call, World};

use super::{end, entries};
use crate::{
    emails,
    model::{
        About, Reminder, Token,
        reminders::{self, FIRST, LATE},
    },
    rows,
};

const EACH: Duration = Duration::seconds(1);
const REMINDED_EACH: Duration = Duration::minutes(5);

/// Writes down every token whose time is over, and mails those concerned. How many there were.
pub async fn expire_due(world: &Arc<World>) -> Result<usize, Error> {
    let due = {
        let mut tx = world.store.read().await?;
        grants::operations::overdue(&mut tx, Kind::Partner, world.clock.now()).await?
    };
    let mut expired = 0;
    for id in due {
        expired += usize::from(expire(world, id).await?);
    }
    Ok(expired)
}

/// `false` if somebody ended it otherwise, or wrote it down first.
pub(super) async fn expire(world: &Arc<World>, id: GrantId) -> Result<bool, Error> {
    let call = Call::by_system(world);
    let mut work = call.begin().await?;
    rows::lock(&mut work, id).await?;
    let Some(token) = rows::find(&mut work, id).await? else { return Ok(false) };
    if token.grant.ended.is_some() || token.state(call.now) != State::Expired {
        return Ok(false);
    }
    match end(&mut work, token, EndedHow::Expired, None).await {
        Ok((_, entries)) => work.commit_all(entries).await.map(|()| true),
        Err(Error::Conflict(..)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Sends what is due of reminders, each once (B15). How many.
pub async fn remind_due(world: &Arc<World>) -> Result<usize, Error> {
    let now = world.clock.now();
    let near = {
        let mut tx = world.store.read().await?;
        rows::with_dates_before(&mut tx, now + FIRST, now - LATE, now).await?
    };
    let mut sent = 0;
    for token in near {
        let due = [
            (About::End, token.grant.ends_at, token.end_chosen_at),
            (About::Review, token.review_at, token.review_chosen_at),
        ];
        let due = due.map(|(about, moment, chosen)| reminders::due(about, moment?, chosen, now));
        for reminder in due.into_iter().flatten() {
            sent += usize::from(remind(world, token.id(), reminder).await?);
        }
    }
    Ok(sent)
}

async fn remind(world: &Arc<World>, id: GrantId, reminder: Reminder) -> Result<bool, Error> {
    {
        let mut tx = world.store.read().await?;
        if rows::was_reminded(&mut tx, id, reminder).await? {
            return Ok(false);
        }
    }
    let call = Call::by_system(world);
    let mut work = call.begin().await?;
    rows::lock(&mut work, id).await?;
    let Some(token) = rows::find(&mut work, id).await? else { return Ok(false) };
    if !still_holds(&token, reminder, call.now)
        || !rows::note_reminder(&mut work, id, reminder, call.now).await?
    {
        return Ok(false);
    }
    emails::reminder(&mut work, &token, reminder).await?;
    let entries = entries("partner.reminded", &token, |entry| {
        entry.detail("about", reminder.about.as_str()).detail("days", reminder.days)
    });
    work.commit_all(entries).await?;
    Ok(true)
}

/// It was not changed meanwhile.
fn still_holds(token: &Token, reminder: Reminder, now: kernel::Timestamp) -> bool {
    let moment = match reminder.about {
        About::End => token.grant.ends_at,
        About::Review => token.review_at,
    };
    !token.state(now).is_over() && moment == Some(reminder.moment)
}

/// Does all of this for as long as the server lives.
pub async fn run_clockwork(world: Arc<World>) {
    let mut remind_at = world.clock.now();
    loop {
        if let Err(error) = expire_due(&world).await {
            tracing::error!(%error, "partners' tokens that are over could not be written down");
        }
        if world.clock.now() >= remind_at {
            if let Err(error) = remind_due(&world).await {
                tracing::error!(%error, "reminders about partners could not be sent");
            }
            remind_at = world.clock.now() + REMINDED_EACH;
        }
        world.clock.wait_until(world.clock.now() + EACH).await;
    }
}
