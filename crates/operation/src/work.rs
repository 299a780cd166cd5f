//! Write transactions.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use gate::Key;
use kernel::{Duration, Error};
use store::{Connection, WriteTx};

use crate::{Call, World, audit, spawn};

/// A change that is being made. Dropped without a commit, nothing has happened.
pub struct Work {
    tx: WriteTx,
    call: Call,
    revoked: Vec<Key>,
    pub(crate) sends_mail: bool,
}

impl Work {
    pub(crate) async fn begin(call: &Call) -> Result<Self, Error> {
        let tx = call.world.store.write().await?;
        Ok(Self { tx, call: call.clone(), revoked: Vec::new(), sends_mail: false })
    }

    pub fn call(&self) -> &Call {
        &self.call
    }

    /// This change can turn a yes that rests on `key` into a no.
    pub fn revokes(&mut self, key: impl Into<Key>) {
        self.revoked.push(key.into());
    }

    /// Makes the change together with its entry in the log. When this returns, the change is on disk, and nobody is
    /// answered from before it.
    pub async fn commit(self, entry: audit::Entry) -> Result<(), Error> {
        self.commit_all(vec![entry]).await
    }

    /// The same for one change that is several acts, such as the end of many entries at once.
    pub async fn commit_all(mut self, entries: Vec<audit::Entry>) -> Result<(), Error> {
        let mut recorded = Vec::with_capacity(entries.len());
        for (place, entry) in (0..).zip(entries) {
            recorded.push(audit::record(&mut self.tx, &self.call, entry, place).await?);
        }
        let Self { tx, call, revoked, sends_mail } = self;
        finish(Arc::clone(&call.world), tx, revoked, recorded, sends_mail).await?;
        call.origin.trace.record();
        Ok(())
    }
}

/// Commits, then lets the verdicts fall. It runs to its end by itself: if the client hangs up in between, the change is on
/// disk and must not stay unknown to the gate. The keys fall also when the commit fails, because a lost connection does
/// not tell whether it was done; judging anew costs a look, trusting costs the promise. The news go out from here too: a
/// product closes its streams on them.
async fn finish(
    world: Arc<World>,
    tx: WriteTx,
    revoked: Vec<Key>,
    recorded: Vec<audit::Recorded>,
    sends_mail: bool,
) -> Result<(), Error> {
    let finished = spawn(async move {
        let result = tx.commit().await;
        world.revocations.revoke(&revoked);
        if result.is_err() && !revoked.is_empty() {
            fall_again(Arc::clone(&world), revoked);
        }
        if result.is_ok() {
            for entry in recorded {
                world.live.tell(entry);
            }
            if sends_mail {
                world.mail_waits.notify_one();
            }
        }
        result
    });
    finished.await.map_err(Error::internal)??;
    Ok(())
}

/// A commit whose connection broke may still be done by the database a moment after it has failed for us. What was judged in
/// between rests on what was before it, so the keys fall again for as long as that moment can be.
fn fall_again(world: Arc<World>, revoked: Vec<Key>) {
    spawn(async move {
        for seconds in [1, 2, 4, 8, 15] {
            world.clock.wait_until(world.clock.now() + Duration::seconds(seconds)).await;
            world.revocations.revoke(&revoked);
        }
    });
}

impl Deref for Work {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.tx
    }
}
impl DerefMut for Work {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.tx
    }
}

/// A change that is nobody's act: a counter, a last use, a mail that was delivered. Nothing that a person could want
/// to find in the log is changed through this.
pub struct Housekeeping(WriteTx);

impl Housekeeping {
    pub async fn begin(world: &World) -> Result<Self, Error> {
        Ok(Self(world.store.write().await?))
    }

    pub async fn commit(self) -> Result<(), Error> {
        Ok(self.0.commit().await?)
    }
}

impl Deref for Housekeeping {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.0
    }
}
impl DerefMut for Housekeeping {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}
