//! What is told by mail, to the administrators of both sides. No letter opens anything, and none carries a token.

use grants::EndedHow;
use kernel::{Error, OrganizationId, Timestamp, UserId};
use operation::{
    Work,
    outbox::{self, Mail},
};
use people::User;
use web::text::Text;

use crate::model::{About, Reminder, Token};

/// A client let a partner in.
pub(crate) async fn authorized(work: &mut Work, token: &Token, by: UserId) -> Result<(), Error> {
    for (side, user) in concerned(work, token, Some(by)).await? {
        let letter = Letter::new(work, &user, token, side);
        let key = match side {
            Side::Client => "partners-mail-authorized-client",
            Side::Partner => "partners-mail-authorized-partner",
        };
        let mail = letter.finish("partners-mail-authorized-subject", key, &[]);
        outbox::send(work, mail).await?;
    }
    Ok(())
}

/// A way in is over, on whose side ever.
pub(crate) async fn ended(work: &mut Work, token: &Token) -> Result<(), Error> {
    let Some(ended) = &token.grant.ended else { return Ok(()) };
    // Nobody was in on what nobody completed: a partner that deletes its own token knows.
    if token.client().is_none() && ended.how == EndedHow::Partner {
        return Ok(());
    }
    let by = ended.by.as_ref().map(|(user, _)| *user);
    let name = ended.by.as_ref().map(|(_, name)| name.clone()).unwrap_or_default();
    for (side, user) in concerned(work, token, by).await? {
        let letter = Letter::new(work, &user, token, side);
        let at = letter.clock(ended.at);
        let key = match ended.how {
            EndedHow::Expired if token.client().is_none() => "partners-mail-unanswered",
            EndedHow::Expired => "partners-mail-expired",
            EndedHow::Partner => "partners-mail-deleted",
            EndedHow::Vendor => "partners-mail-ended-by-vendor",
            _ => "partners-mail-revoked",
        };
        let mail = letter.finish("partners-mail-ended-subject", key, &[("name", &name), ("at", &at)]);
        outbox::send(work, mail).await?;
    }
    Ok(())
}

/// An end or a review is near.
pub(crate) async fn reminder(work: &mut Work, token: &Token, reminder: Reminder) -> Result<(), Error> {
    for (side, user) in concerned(work, token, None).await? {
        let letter = Letter::new(work, &user, token, side);
        let at = letter.clock(reminder.moment);
        let (subject, key) = match reminder.about {
            About::End => ("partners-mail-end-subject", "partners-mail-end"),
            About::Review => ("partners-mail-review-subject", "partners-mail-review"),
        };
        let mail = letter.finish(subject, key, &[("at", &at)]);
        outbox::send(work, mail).await?;
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Client,
    Partner,
}

/// The administrators of both organizations, but for whoever did it.
async fn concerned(work: &mut Work, token: &Token, but: Option<UserId>) -> Result<Vec<(Side, User)>, Error> {
    let now = work.call().now;
    let sides: [(Side, Option<OrganizationId>); 2] =
        [(Side::Client, token.client()), (Side::Partner, Some(token.partner))];
    let mut all: Vec<(Side, User)> = Vec::new();
    for (side, organization) in sides {
        let Some(organization) = organization else { continue };
        for user in organizations::operations::administrators(work, organization, now).await? {
            if Some(user.id) != but && !all.iter().any(|(_, known)| known.id == user.id) {
                all.push((side, user));
            }
        }
    }
    Ok(all)
}

/// One letter to one person, about one token.
struct Letter<'a> {
    t: Text,
    user: &'a User,
    token: &'a Token,
    vendor: String,
    address: String,
    /// The name of the organization that the person belongs to.
    own: &'a str,
    client: String,
}

impl<'a> Letter<'a> {
    fn new(work: &Work, user: &'a User, token: &'a Token, side: Side) -> Self {
        let settings = &work.call().world.settings;
        // A letter is read on another day, so no moment in it is short for being today.
        let t = Text::new(&user.language, &user.time_zone, Timestamp::from_micros(0));
        let client = match token.name() {
            "" => t.get("partners-mail-somebody"),
            name => name.to_owned(),
        };
        let path = match (side, token.client()) {
            (Side::Client, Some(client)) => format!("/my-partner?organization={client}"),
            _ if token.deleted_at.is_some() => format!("/my-clients?organization={}", token.partner),
            _ => format!("/my-clients/{}", token.id()),
        };
        let own = match side {
            Side::Client => token.client_name.as_deref().unwrap_or_default(),
            Side::Partner => &token.partner_name,
        };
        Self {
            t,
            user,
            token,
            vendor: settings.vendor_name.clone(),
            address: format!("{}{path}", settings.public_url),
            own,
            client,
        }
    }

    fn clock(&self, at: Timestamp) -> String {
        let (clock, zone) = (self.t.clock(at), self.t.zone_name());
        self.t.with("partners-mail-clock", [("clock", &clock), ("zone", &zone)])
    }

    fn finish(&self, subject: &str, key: &str, more: &[(&'static str, &dyn std::fmt::Display)]) -> Mail {
        let mut args: Vec<(&'static str, &dyn std::fmt::Display)> =
            vec![("partner", &self.token.partner_name), ("client", &self.client), ("vendor", &self.vendor)];
        args.extend_from_slice(more);
        let sentence = self.t.say(key, &args);
        let body = self.t.with(
            "partners-mail-body",
            [
                ("name", &self.user.name),
                ("sentence", &sentence),
                ("address", &self.address),
                ("vendor", &self.vendor),
                ("own", &self.own),
            ],
        );
        Mail { to: self.user.email.clone(), subject: self.t.say(subject, &args), body }
    }
}
