//! Mail leaves through here only: put into the transaction of the act, sent after the commit, tried again until it is out.

use std::{future::Future, pin::Pin, sync::Arc};

use kernel::{Duration, EmailAddress, Error, MailId, Timestamp};
use store::args;

use crate::{Housekeeping, Work, World};

/// A message of text. Its body is complete by itself and carries no secret but the one link that it is about.
#[derive(Debug, Clone)]
pub struct Mail {
    pub to: EmailAddress,
    pub subject: String,
    pub body: String,
}

/// Puts a message into the transaction.
pub async fn send(work: &mut Work, mail: Mail) -> Result<(), Error> {
    let id: MailId = work.call().new_id();
    let now = work.call().now;
    work.execute(
        "INSERT INTO mails (id, recipient, subject, body, created_at, next_try_at) VALUES ($1, $2, $3, $4, $5, $5)",
        &args![id, mail.to, mail.subject, mail.body, now],
    )
    .await?;
    work.sends_mail = true;
    Ok(())
}

/// How a message is handed over: SMTP, or a folder.
pub trait Deliver: Send + Sync + 'static {
    fn deliver<'a>(
        &'a self,
        id: MailId,
        at: Timestamp,
        mail: &'a Mail,
    ) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;
}

/// Waits before the next try after so many that failed; `None` gives up, after about two days.
fn pause(tries: i64) -> Option<Duration> {
    match tries {
        0 => Some(Duration::seconds(5)),
        1 => Some(Duration::minutes(1)),
        2 => Some(Duration::minutes(5)),
        3..=5 => Some(Duration::minutes(30)),
        6..=16 => Some(Duration::hours(4)),
        _ => None,
    }
}

/// Sends what is due, once. The number of messages that left.
///
/// A kill between the hand-over and the note of it sends a message twice: twice is better than never.
pub async fn send_due(world: &World, deliver: &dyn Deliver) -> Result<usize, Error> {
    let now = world.clock.now();
    let rows = {
        let mut tx = world.store.read().await?;
        tx.all(
            "SELECT id, recipient, subject, body, tries FROM mails \
             WHERE sent_at IS NULL AND given_up_at IS NULL AND next_try_at <= $1 ORDER BY next_try_at, id LIMIT 50",
            &args![now],
        )
        .await?
    };
    let mut sent = 0;
    for row in rows {
        let id: MailId = row.get("id")?;
        let tries: i64 = row.get("tries")?;
        let mail = Mail { to: row.get("recipient")?, subject: row.get("subject")?, body: row.get("body")? };
        let outcome = deliver.deliver(id, now, &mail).await;
        let mut note = Housekeeping::begin(world).await?;
        match outcome {
            Ok(()) => {
                note.execute("UPDATE mails SET sent_at = $2, body = '' WHERE id = $1", &args![id, now])
                    .await?;
                sent += 1;
            }
            Err(why) => {
                tracing::warn!(mail = %id, tries, why, "a message could not be handed over");
                let next = pause(tries);
                note.execute(
                    "UPDATE mails SET tries = tries + 1, last_error = $2, next_try_at = $3, given_up_at = $4 WHERE id = $1",
                    &args![
                        id,
                        why.chars().take(300).collect::<String>(),
                        next.map_or(now, |pause| now + pause),
                        if next.is_none() { Some(now) } else { None }
                    ],
                )
                .await?;
            }
        }
        note.commit().await?;
    }
    Ok(sent)
}

/// Sends for as long as the server lives.
pub async fn run(world: Arc<World>, deliver: Arc<dyn Deliver>) {
    loop {
        if let Err(error) = send_due(&world, &*deliver).await {
            tracing::error!(%error, "the outbox could not be read");
        }
        let next = world.clock.now() + Duration::seconds(5);
        tokio::select! {
            () = world.mail_waits.notified() => {}
            () = world.clock.wait_until(next) => {}
        }
    }
}
