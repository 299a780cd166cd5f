//! Guessing is slowed down for each subject and for each source, whoever asks and by whichever way in.

use std::net::IpAddr;

use kernel::{DeviceId, Duration, EmailAddress, Error, Secret, Timestamp, UserId};
use operation::{Call, Housekeeping};
use store::Connection;

use crate::rows;

/// So many failures in a row cost nothing.
const FREE: i64 = 5;
const FIRST_DELAY: Duration = Duration::seconds(30);
const LONGEST_DELAY: Duration = Duration::minutes(15);

/// So many failures from one source within the window, and the source waits.
const SOURCE_LIMIT: i64 = 50;
const SOURCE_WINDOW: Duration = Duration::minutes(15);

/// A count is forgotten when nobody tried for so long.
const REMEMBERED: Duration = Duration::days(1);

/// At what somebody may be guessing. Each has a count of its own, so that whoever guesses at one of them closes none of
/// the others.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// The password of the account with this address, as it was typed, known or not.
    Password(&'a str),
    /// The password, typed on a browser that this person is remembered on: a stranger has no such browser, and cannot
    /// make its owner wait (C16).
    PasswordOnDevice(DeviceId),
    /// A code of the person's authenticator app.
    Code(UserId),
    /// A recovery code of the person.
    RecoveryCode(UserId),
    /// What answers for a passkey: a session, a half sign-in or a browser. Nobody guesses at a passkey; wrong answers cost
    /// work and fill the log.
    Passkey(&'a str),
    /// A login for old interfaces.
    Integration(&'a str),
    /// A link for a forgotten password to this address, asked for by this source: how often. Anybody can ask, so nothing else is
    /// counted with it, and who asks elsewhere keeps nobody from it.
    Reset(&'a str, &'a str),
    /// The mail that somebody has sent to an address who showed more than that they know it: a code on the way in, a link to
    /// another mailbox.
    Mail(UserId),
}

impl Subject<'_> {
    fn key(&self) -> String {
        match self {
            Self::Password(typed) => account_key(typed),
            Self::PasswordOnDevice(device) => format!("device:{device}"),
            Self::Code(user) => format!("code:{user}"),
            Self::RecoveryCode(user) => format!("recovery:{user}"),
            Self::Passkey(asked_by) => format!("passkey:{}", hashed(asked_by)),
            Self::Integration(login) => format!("integration:{}", hashed(login)),
            Self::Reset(address, source) => format!("reset:{} {}", hashed(address), source_key(source)),
            Self::Mail(user) => format!("mail:{user}"),
        }
    }

    /// A known browser is no source of guesses at others.
    const fn counts_source(&self) -> bool {
        !matches!(self, Self::PasswordOnDevice(_))
    }
}

/// The tries of one subject or of one source that failed, or are still being checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    pub failures: i64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

impl Failures {
    /// How long this subject still waits.
    pub fn wait(&self, now: Timestamp) -> Option<Duration> {
        let over = self.failures - FREE;
        if over < 0 {
            return None;
        }
        let doublings = u32::try_from(over.min(20)).unwrap_or(0);
        let delay =
            Duration::micros(FIRST_DELAY.as_micros().saturating_mul(1 << doublings)).min(LONGEST_DELAY);
        rest(now, self.last_at + delay)
    }

    /// How long this source still waits.
    pub fn source_wait(&self, now: Timestamp) -> Option<Duration> {
        if self.failures < SOURCE_LIMIT { None } else { rest(now, self.last_at + SOURCE_WINDOW) }
    }

    /// The count with one more failure of a subject.
    #[must_use]
    pub const fn counted(self, now: Timestamp) -> Self {
        Self { failures: self.failures.saturating_add(1), last_at: now, ..self }
    }

    /// The count with one more failure of a source; a window that is over begins anew.
    #[must_use]
    pub fn source_counted(self, now: Timestamp) -> Self {
        if now >= self.first_at + SOURCE_WINDOW {
            Self { failures: 1, first_at: now, last_at: now }
        } else {
            Self { failures: self.failures.saturating_add(1), last_at: now, ..self }
        }
    }
}

fn rest(now: Timestamp, until: Timestamp) -> Option<Duration> {
    let left = until.since(now);
    (left > Duration::ZERO).then_some(left)
}

/// Under what an account's failures are counted, whether there is such an account or not. The address itself is not kept.
fn account_key(typed: &str) -> String {
    let folded = typed.parse::<EmailAddress>().map_or_else(
        |_| typed.trim().chars().take(254).collect::<String>().to_lowercase(),
        |email| email.to_string(),
    );
    format!("account:{}", Secret::from_text(folded).hash())
}

/// Under what a source's failures, and whatever else one source may have only so many of, are counted. One household has
/// 2⁶⁴ addresses of IPv6, and counts as one.
pub fn source_key(address: &str) -> String {
    let source = match address.parse::<IpAddr>() {
        Ok(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_none() => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Ok(other) => other.to_canonical().to_string(),
        Err(_) => address.to_owned(),
    };
    format!("source:{}", Secret::from_text(source).hash())
}

fn hashed(text: &str) -> String {
    Secret::from_text(text.trim().to_lowercase()).hash().to_string()
}

/// A try that was let through and is counted as a failure until the contrary is shown.
#[derive(Debug)]
#[must_use = "a try that succeeded is still counted as a failure"]
pub struct Try {
    subject: String,
    source: Option<String>,
}

/// Counts a try, before anything is checked, in a transaction of its own: however many come at once, each sees those
/// before it, and none is taken back by what fails later. What waits already is refused and not counted, so that a
/// stranger cannot lengthen the wait for ever.
pub async fn begin(call: &Call, subject: Subject<'_>) -> Result<Try, Error> {
    let attempt = Try {
        subject: subject.key(),
        source: subject.counts_source().then(|| source_key(&call.origin.address)),
    };
    let now = call.now;
    let mut note = Housekeeping::begin(&call.world).await?;
    rows::forget_old_failures(&mut note, now - REMEMBERED).await?;
    // The source before the subject, here and in `Try`: one transaction may hold one source and several subjects.
    let source = match &attempt.source {
        Some(source) => Some(rows::hold_failures(&mut note, source, now).await?),
        None => None,
    };
    let held = rows::hold_failures(&mut note, &attempt.subject, now).await?;
    if let Some(wait) = held.wait(now).max(source.and_then(|source| source.source_wait(now))) {
        // Rounded up: who comes back at the second that was told must not be told again.
        let seconds = (wait.as_micros() + 999_999) / 1_000_000;
        return Err(Error::TooMany { retry_after_seconds: u32::try_from(seconds).unwrap_or(u32::MAX) });
    }
    rows::save_failures(&mut note, &attempt.subject, held.counted(now)).await?;
    if let (Some(key), Some(source)) = (&attempt.source, source) {
        rows::save_failures(&mut note, key, source.source_counted(now)).await?;
    }
    note.commit().await?;
    Ok(attempt)
}

/// Forgets the failures of a subject: what was guessed at has been shown, or is no more. The sources keep theirs.
pub async fn begin_anew(tx: &mut Connection, subject: Subject<'_>) -> Result<(), Error> {
    rows::forget_failures(tx, &subject.key()).await
}

impl Try {
    /// It was right: the subject begins anew. The source keeps its failures, else whoever has one good account could guess
    /// at others for ever (case 12); only this try is not one of them.
    pub async fn succeeded(self, tx: &mut Connection) -> Result<(), Error> {
        self.uncounted(tx).await?;
        rows::forget_failures(tx, &self.subject).await
    }

    /// It was right, and more is still to be shown: neither is the subject's count taken back, so that a guess at what
    /// follows cannot be prepared by it, nor is it made worse.
    pub async fn was_no_failure(self, tx: &mut Connection) -> Result<(), Error> {
        self.uncounted(tx).await?;
        rows::uncount_failure(tx, &self.subject).await
    }

    async fn uncounted(&self, tx: &mut Connection) -> Result<(), Error> {
        match &self.source {
            Some(source) => rows::uncount_failure(tx, source).await,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn failed(failures: i64) -> Failures {
        Failures { failures, first_at: NOW, last_at: NOW }
    }

    /// S14: a delay that doubles after five, a quarter of an hour after ten.
    #[test]
    fn an_account_waits_longer_with_each_failure_up_to_a_limit() {
        let wait = |failures| failed(failures).wait(NOW).map(Duration::as_seconds);
        assert_eq!(wait(4), None);
        assert_eq!([5, 6, 7, 8, 9, 10, 11].map(wait), [30, 60, 120, 240, 480, 900, 900].map(Some));
        assert_eq!(wait(i64::MAX), Some(900));
        assert_eq!(failed(5).wait(NOW + Duration::seconds(30)), None, "the wait is over");
        assert_eq!(failed(5).wait(NOW + Duration::seconds(29)), Some(Duration::seconds(1)));
    }

    #[test]
    fn a_source_waits_after_fifty_failures_within_the_window() {
        assert_eq!(failed(49).source_wait(NOW), None);
        assert_eq!(failed(50).source_wait(NOW), Some(Duration::minutes(15)));
        let later = NOW + Duration::minutes(15);
        assert_eq!(failed(50).source_wait(later), None);
        assert_eq!(
            failed(50).source_counted(later),
            Failures { failures: 1, first_at: later, last_at: later }
        );
        assert_eq!(failed(3).source_counted(NOW + Duration::minutes(1)).failures, 4);
    }

    /// The limit is the same for one address in two spellings, and for one household.
    #[test]
    fn spellings_share_a_count() {
        assert_eq!(account_key(" Joana@Aurora.Example"), account_key("joana@aurora.example"));
        assert_eq!(account_key("No Address"), account_key("no address"));
        assert_ne!(account_key("a@b.example"), account_key("b@b.example"));
        assert!(!account_key("a@b.example").contains("a@b"));
        assert_eq!(source_key("2001:db8:1:2::7"), source_key("2001:db8:1:2:ffff::1"));
        assert_ne!(source_key("2001:db8:1:2::7"), source_key("2001:db8:1:3::7"));
        assert_eq!(source_key("::ffff:192.0.2.1"), source_key("192.0.2.1"));
    }
}
