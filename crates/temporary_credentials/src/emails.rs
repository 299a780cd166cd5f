//! What is told by mail, to the organization's administrators. No letter carries the password, or opens anything.

use std::fmt::{Display, Write as _};

use grants::{EndedHow, Mode};
use kernel::{Error, Timestamp, UserId};
use operation::{
    Work,
    outbox::{self, Mail},
};
use people::model::User;
use web::text::Text;

use crate::model::Credentials;

/// What stands in a sentence.
type Names<'a, const N: usize> = [(&'static str, &'a dyn Display); N];

/// Somebody made them: the other administrators hear of it.
pub(crate) async fn made(work: &mut Work, credentials: &Credentials) -> Result<(), Error> {
    for user in administrators(work, credentials, Some(credentials.grant.created_by)).await? {
        let letter = Letter::new(work, &user, credentials);
        let until = letter.clock(credentials.ends_at());
        let names: Names<'_, 3> = [
            ("name", &credentials.made_by),
            ("organization", &credentials.organization_name),
            ("until", &until),
        ];
        let subject = letter.t.with("temporary_credentials-mail-made-subject", names);
        let first = letter.t.with("temporary_credentials-mail-made", names);
        let then = letter.t.get("temporary_credentials-mail-made-then");
        outbox::send(work, letter.finish(subject, &[first, then])).await?;
    }
    Ok(())
}

/// Somebody signed in with them for the first time.
pub(crate) async fn used(work: &mut Work, credentials: &Credentials) -> Result<(), Error> {
    let address = work.call().origin.address.clone();
    let at = work.call().now;
    for user in administrators(work, credentials, None).await? {
        let letter = Letter::new(work, &user, credentials);
        let clock = letter.clock(at);
        let names: Names<'_, 3> =
            [("organization", &credentials.organization_name), ("clock", &clock), ("address", &address)];
        let subject = letter.t.with("temporary_credentials-mail-used-subject", names);
        let first = letter.t.with("temporary_credentials-mail-used", names);
        let then = letter.t.get("temporary_credentials-mail-used-then");
        outbox::send(work, letter.finish(subject, &[first, then])).await?;
    }
    Ok(())
}

/// They are over: everybody hears how, except who did it.
pub(crate) async fn ended(work: &mut Work, credentials: &Credentials) -> Result<(), Error> {
    let Some(ended) = &credentials.grant.ended else { return Ok(()) };
    let by = ended.by.as_ref();
    let name = by.map(|(_, name)| name.clone()).unwrap_or_default();
    let key = match ended.how {
        EndedHow::Expired => "temporary_credentials-mail-expired",
        _ => "temporary_credentials-mail-revoked",
    };
    for user in administrators(work, credentials, by.map(|(user, _)| *user)).await? {
        let letter = Letter::new(work, &user, credentials);
        let at = letter.clock(ended.at);
        let names: Names<'_, 3> =
            [("organization", &credentials.organization_name), ("name", &name), ("at", &at)];
        let subject = letter.t.with("temporary_credentials-mail-ended-subject", names);
        let first = letter.t.with(key, names);
        let then = letter.t.get("temporary_credentials-mail-nobody");
        outbox::send(work, letter.finish(subject, &[first, then])).await?;
    }
    Ok(())
}

async fn administrators(
    work: &mut Work,
    credentials: &Credentials,
    but: Option<UserId>,
) -> Result<Vec<User>, Error> {
    let now = work.call().now;
    let mut users = organizations::operations::administrators(work, credentials.organization, now).await?;
    users.retain(|user| Some(user.id) != but);
    Ok(users)
}

/// One letter to one person, about one pair.
struct Letter<'a> {
    t: Text,
    user: &'a User,
    credentials: &'a Credentials,
    vendor: String,
    address: String,
}

impl<'a> Letter<'a> {
    fn new(work: &Work, user: &'a User, credentials: &'a Credentials) -> Self {
        let settings = &work.call().world.settings;
        Self {
            // A letter is read on another day, so no moment in it is short for being today.
            t: Text::new(&user.language, &user.time_zone, Timestamp::from_micros(0)),
            user,
            credentials,
            vendor: settings.vendor_name.clone(),
            address: format!(
                "{}/organizations/{}/support-access",
                settings.public_url, credentials.organization
            ),
        }
    }

    fn clock(&self, at: Timestamp) -> String {
        let (clock, zone) = (self.t.clock(at), self.t.zone_name());
        self.t.with("temporary_credentials-clock-zone", [("clock", &clock), ("zone", &zone)])
    }

    fn finish(&self, subject: String, sentences: &[String]) -> Mail {
        let (t, credentials) = (&self.t, self.credentials);
        let mode = t.get(match credentials.grant.mode {
            Mode::ReadOnly => "temporary_credentials-mode-read-only",
            Mode::Write => "temporary_credentials-mode-write",
        });
        let facts = [
            (t.get("temporary_credentials-email"), credentials.address.to_string()),
            (t.get("temporary_credentials-mode"), mode),
            (t.get("temporary_credentials-made-by"), credentials.made_by.clone()),
        ];
        let width = facts.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
        let mut body = t.with("temporary_credentials-mail-hello", [("name", &self.user.name)]);
        for sentence in sentences {
            body.push_str("\n\n");
            body.push_str(sentence);
        }
        body.push_str("\n\n");
        for (label, value) in &facts {
            let _ = writeln!(body, "  {label:width$}  {value}");
        }
        body.push('\n');
        body.push_str(&t.get("temporary_credentials-mail-look"));
        body.push_str("\n\n");
        body.push_str(&self.address);
        body.push_str("\n\n-- \n");
        body.push_str(&t.with(
            "temporary_credentials-mail-foot",
            [("vendor", &self.vendor), ("organization", &credentials.organization_name)],
        ));
        body.push('\n');
        Mail { to: self.user.email.clone(), subject, body }
    }
}
