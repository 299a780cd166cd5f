//! Guessing is slowed down for each account and for each source, whoever asks and by whichever way in.

use kernel::{Duration, Error};
use operation::{Call, Housekeeping};
use store::Connection;

use crate::{model, rows};

/// A count is forgotten when nobody tried for so long.
const REMEMBERED: Duration = Duration::days(1);

/// A try that was let through and is counted as a failure until the contrary is shown.
#[derive(Debug)]
#[must_use = "a try that succeeded is still counted as a failure"]
pub struct Try {
    account: String,
    source: String,
}

/// Counts a try, before anything is checked, in a transaction of its own: however many come at once, each sees those
/// before it, and none is taken back by what fails later. What waits already is refused and not counted, so that a
/// stranger cannot lengthen the wait for ever.
pub async fn begin(call: &Call, email: &str) -> Result<Try, Error> {
    let attempt = Try { account: model::account_key(email), source: model::source_key(&call.origin.address) };
    let now = call.now;
    let mut note = Housekeeping::begin(&call.world).await?;
    rows::forget_old(&mut note, now - REMEMBERED).await?;
    let account = rows::hold(&mut note, &attempt.account, now).await?;
    let source = rows::hold(&mut note, &attempt.source, now).await?;
    if let Some(wait) = account.account_wait(now).max(source.source_wait(now)) {
        // Rounded up: who comes back at the second that was told must not be told again.
        let seconds = (wait.as_micros() + 999_999) / 1_000_000;
        return Err(Error::TooMany { retry_after_seconds: u32::try_from(seconds).unwrap_or(u32::MAX) });
    }
    rows::save(&mut note, &attempt.account, account.account_counted(now)).await?;
    rows::save(&mut note, &attempt.source, source.source_counted(now)).await?;
    note.commit().await?;
    Ok(attempt)
}

impl Try {
    /// It was the right password: the account begins anew. The source keeps its failures, else whoever has one good
    /// account could guess at others for ever (case 12); only this try is not one of them.
    pub(crate) async fn succeeded(self, tx: &mut Connection) -> Result<(), Error> {
        rows::forget(tx, &self.account).await?;
        rows::uncount(tx, &self.source).await
    }
}
