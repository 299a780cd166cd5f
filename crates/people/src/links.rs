//! Links by mail about a person's own account: each has one purpose, works once, and ends.
//!
//! **Invariant:** at any other purpose than its own a link is unknown (case 37).

use kernel::{Duration, Error, LinkId, Secret, Timestamp, UserId, secret};
use operation::{Call, Work};
use store::Connection;

use crate::rows;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    ResetPassword,
    /// Shows that the person has the mailbox of the new address.
    ChangeEmail,
    /// In the mail to the old address: takes the change back.
    UndoEmail,
    /// Locks the account of whoever did not try to sign in.
    Lock,
    /// Stops the reset of a second factor.
    StopRecovery,
}

impl Purpose {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset_password",
            Self::ChangeEmail => "change_email",
            Self::UndoEmail => "undo_email",
            Self::Lock => "lock",
            Self::StopRecovery => "stop_recovery",
        }
    }
}

/// A link that is good.
#[derive(Debug, Clone)]
pub struct Link {
    pub id: LinkId,
    pub user: UserId,
    /// The address, or the request, that it is about.
    pub about: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Makes a link's secret; it leaves in a mail and nowhere else (case 14).
pub async fn issue(
    work: &mut Work,
    purpose: Purpose,
    user: UserId,
    about: &str,
    lasts: Duration,
) -> Result<Secret, Error> {
    let call = work.call().clone();
    let secret = Secret::new(secret::Purpose::Link, &*call.world.entropy);
    let link = Link {
        id: call.new_id(),
        user,
        about: about.to_owned(),
        created_at: call.now,
        expires_at: call.now + lasts,
    };
    rows::insert_link(work, purpose.as_str(), &link, &secret.hash()).await?;
    Ok(secret)
}

/// Ends the links of a purpose that a person has: only the newest works (case 23).
pub async fn supersede(work: &mut Work, purpose: Purpose, user: UserId) -> Result<(), Error> {
    let now = work.call().now;
    rows::supersede_links(work, purpose.as_str(), user, now).await
}

/// Ends those of a purpose that were made at the time of `link` or after it: who takes back a change takes back what followed it.
pub async fn supersede_after(work: &mut Work, purpose: Purpose, link: &Link) -> Result<(), Error> {
    let now = work.call().now;
    rows::supersede_links_after(work, purpose.as_str(), link, now).await
}

/// What the links of a purpose were about since then, whether they still work or not; without those that others ended.
pub async fn were_about(
    tx: &mut Connection,
    purpose: Purpose,
    user: UserId,
    since: Timestamp,
) -> Result<Vec<String>, Error> {
    rows::what_links_are_about(tx, purpose.as_str(), user, since).await
}

/// How many of a purpose were made for a person since then.
pub async fn count_since(
    tx: &mut Connection,
    purpose: Purpose,
    user: UserId,
    since: Timestamp,
) -> Result<i64, Error> {
    rows::count_links_since(tx, purpose.as_str(), user, since).await
}

/// What a link is about, as long as it works.
pub async fn find(
    call: &Call,
    tx: &mut Connection,
    purpose: Purpose,
    presented: &str,
) -> Result<Option<Link>, Error> {
    match Secret::parse(secret::Purpose::Link, presented) {
        Some(secret) => rows::find_link(tx, purpose.as_str(), &secret.hash(), call.now).await,
        None => Ok(None),
    }
}

/// Uses a link up: of two who open it at once, one gets it.
pub async fn take(work: &mut Work, purpose: Purpose, presented: &str) -> Result<Option<Link>, Error> {
    let call = work.call().clone();
    let Some(link) = find(&call, work, purpose, presented).await? else { return Ok(None) };
    Ok(rows::take_link(work, link.id, call.now).await?.then_some(link))
}
