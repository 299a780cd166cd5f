//! What is told by mail. No letter opens anything: none carries a secret or a link that signs in.

use std::fmt::Write as _;

use grants::{EndedHow, Mode};
use kernel::{Error, Timestamp, UserId};
use operation::{
    Work,
    outbox::{self, Mail},
};
use people::model::User;
use web::text::Text;

use crate::model::SupportToken;

/// Somebody asked support in: the organization's other administrators hear of it.
pub(crate) async fn made(work: &mut Work, token: &SupportToken) -> Result<(), Error> {
    let now = work.call().now;
    for user in organizations::operations::administrators(work, token.organization(), now).await? {
        if user.id != token.grant.created_by {
            let letter = Letter::new(work, &user, token);
            let (maker, until) = (&token.made_by, letter.clock(token.grant.answer_by));
            let first = letter
                .t
                .with("tokens-mail-made", [("maker", maker), ("organization", &token.organization_name)]);
            let then = letter.t.with("tokens-mail-made-then", [("until", &until)]);
            let subject = letter.t.with(
                "tokens-mail-made-subject",
                [("maker", maker), ("organization", &token.organization_name)],
            );
            outbox::send(work, letter.finish(subject, &[first, then])).await?;
        }
    }
    Ok(())
}

/// An agent can come in from now on: its maker and the organization's administrators hear who, until when, what for.
pub(crate) async fn associated(work: &mut Work, token: &SupportToken) -> Result<(), Error> {
    for user in concerned(work, token, None).await? {
        let letter = Letter::new(work, &user, token);
        let until = letter.clock(token.deadline());
        let agent = letter.agent();
        let organization = &token.organization_name;
        let subject = letter
            .t
            .with("tokens-mail-associated-subject", [("agent", &agent), ("organization", organization)]);
        let first = letter.t.with(
            "tokens-mail-associated",
            [("agent", &agent), ("organization", organization), ("until", &until)],
        );
        let then = letter.t.get("tokens-mail-associated-then");
        outbox::send(work, letter.finish(subject, &[first, then])).await?;
    }
    Ok(())
}

/// Somebody ended it: everybody concerned hears who, except who did it.
pub(crate) async fn revoked(work: &mut Work, token: &SupportToken) -> Result<(), Error> {
    let Some(ended) = &token.grant.ended else {
        return Ok(());
    };
    let by = ended.by.as_ref().map(|(user, _)| *user);
    let name = ended.by.as_ref().map(|(_, name)| name.clone()).unwrap_or_default();
    for user in concerned(work, token, by).await? {
        let letter = Letter::new(work, &user, token);
        let at = letter.clock(ended.at);
        let agent = letter.agent();
        let organization = &token.organization_name;
        let vendor = &work.call().world.settings.vendor_name;
        let subject = letter.t.with("tokens-mail-revoked-subject", [("organization", organization)]);
        let first = match ended.how {
            // No support token ends by a partner.
            EndedHow::Customer | EndedHow::Partner => letter
                .t
                .with("tokens-mail-revoked", [("name", &name), ("organization", organization), ("at", &at)]),
            EndedHow::Agent => letter.t.with(
                "tokens-mail-given-back",
                [("name", &name), ("organization", organization), ("at", &at)],
            ),
            EndedHow::Vendor => letter.t.with(
                "tokens-mail-ended-by-vendor",
                [("name", &name), ("vendor", vendor), ("organization", organization), ("at", &at)],
            ),
            EndedHow::AgentRemoved => letter.t.with(
                "tokens-mail-agent-removed",
                [("agent", &agent), ("vendor", vendor), ("organization", organization), ("at", &at)],
            ),
            EndedHow::Expired => {
                letter.t.with("tokens-mail-expired", [("organization", organization), ("at", &at)])
            }
        };
        let then = letter.t.get("tokens-mail-nobody");
        outbox::send(work, letter.finish(subject, &[first, then])).await?;
    }
    Ok(())
}

/// Its time was over, taken or not.
pub(crate) async fn expired(work: &mut Work, token: &SupportToken) -> Result<(), Error> {
    for user in concerned(work, token, None).await? {
        let letter = Letter::new(work, &user, token);
        let at = letter.clock(token.deadline());
        let organization = &token.organization_name;
        let subject = letter.t.with("tokens-mail-expired-subject", [("organization", organization)]);
        let key = if token.association.is_some() { "tokens-mail-expired" } else { "tokens-mail-unanswered" };
        let first = letter.t.with(key, [("organization", organization), ("at", &at)]);
        let then = letter.t.get("tokens-mail-nobody");
        outbox::send(work, letter.finish(subject, &[first, then])).await?;
    }
    Ok(())
}

/// The organization's administrators, and its maker while they are a member, each once.
async fn concerned(work: &mut Work, token: &SupportToken, but: Option<UserId>) -> Result<Vec<User>, Error> {
    let (now, organization, maker) = (work.call().now, token.organization(), token.grant.created_by);
    let mut users = organizations::operations::administrators(work, organization, now).await?;
    let is_missing = !users.iter().any(|user| user.id == maker);
    if is_missing && organizations::operations::membership(work, organization, maker, now).await?.is_some() {
        users.push(people::operations::get(work, maker).await?);
    }
    users.retain(|user| Some(user.id) != but);
    Ok(users)
}

/// One letter to one person, about one token.
struct Letter<'a> {
    t: Text,
    user: &'a User,
    token: &'a SupportToken,
    vendor: String,
    address: String,
}

impl<'a> Letter<'a> {
    fn new(work: &Work, user: &'a User, token: &'a SupportToken) -> Self {
        let settings = &work.call().world.settings;
        Self {
            // A letter is read on another day, so no moment in it is short for being today.
            t: Text::new(&user.language, &user.time_zone, Timestamp::from_micros(0)),
            user,
            token,
            vendor: settings.vendor_name.clone(),
            address: format!("{}/organizations/{}/tokens", settings.public_url, token.organization()),
        }
    }

    fn clock(&self, at: Timestamp) -> String {
        self.t.with("tokens-clock-zone", [("clock", &self.t.clock(at)), ("zone", &self.t.zone_name())])
    }

    /// "Ana Souza (level 2)"
    fn agent(&self) -> String {
        match &self.token.association {
            None => String::new(),
            Some(agent) => match agent.agent_level {
                None => agent.agent_name.clone(),
                Some(level) => {
                    self.t.with("tokens-agent-in-text", [("name", &agent.agent_name), ("level", &level)])
                }
            },
        }
    }

    fn finish(&self, subject: String, sentences: &[String]) -> Mail {
        let (t, token) = (&self.t, self.token);
        let mode = t.get(match token.grant.mode {
            Mode::ReadOnly => "tokens-mode-read-only",
            Mode::Write => "tokens-mode-write",
        });
        let mut facts = vec![
            (t.get("tokens-fact-token"), token.code.to_string()),
            (t.get("tokens-fact-mode"), mode),
            (t.get("tokens-fact-made-by"), token.made_by.clone()),
        ];
        let ticket = token
            .association
            .as_ref()
            .map(|agent| agent.ticket.clone())
            .or_else(|| token.customer_ticket.clone());
        facts.extend(ticket.map(|ticket| (t.get("tokens-fact-ticket"), ticket)));
        let reason =
            token.association.as_ref().map(|agent| agent.reason.clone()).filter(|reason| !reason.is_empty());
        facts.extend(reason.map(|reason| (t.get("tokens-fact-reason"), reason)));
        let width = facts.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);

        let mut body = t.with("tokens-mail-hello", [("name", &self.user.name)]);
        for sentence in sentences {
            body.push_str("\n\n");
            body.push_str(sentence);
        }
        body.push_str("\n\n");
        for (label, value) in &facts {
            let _ = writeln!(body, "  {label:width$}  {value}");
        }
        body.push('\n');
        body.push_str(&t.get("tokens-mail-look"));
        body.push_str("\n\n");
        body.push_str(&self.address);
        body.push_str("\n\n-- \n");
        body.push_str(&t.with(
            "tokens-mail-foot",
            [("vendor", &self.vendor), ("organization", &token.organization_name)],
        ));
        body.push('\n');
        Mail { to: self.user.email.clone(), subject, body }
    }
}
