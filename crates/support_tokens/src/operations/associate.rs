//! An agent takes a pending token for a ticket.

use kernel::{Code, Duration, Error, FieldError, GrantId, Person};
use operation::Call;
use store::Connection;

use super::{entry, zone};
use crate::{
    emails,
    model::{Association, Reason, ReferenceCode, SupportToken, Ticket, is_strong_enough, unknown_code},
    rows,
};

/// So many codes that cannot be taken are a bad line; more are guessing.
const REFUSALS: i64 = 10;
const WITHIN: Duration = Duration::minutes(10);

/// Which token an agent means.
#[derive(Debug, Clone)]
pub enum Which {
    /// As a customer read it out.
    Code(String),
    /// As the desk shows it.
    Grant(GrantId),
}

/// From now on the token is active, its validity runs, and this agent alone gets in (A15, A16).
pub async fn associate(call: &Call, which: Which, ticket: &str, reason: &str) -> Result<SupportToken, Error> {
    let (agent, _) = call.actor.agent()?;
    proves_enough(call, agent)?;
    let (ticket, reason) = checked(ticket, reason)?;
    let mut work = call.begin().await?;
    not_guessing(call, &mut work, agent).await?;
    // Read again inside the change: who was suspended since the request came in takes nothing.
    let level = people::operations::staff_exclusively(&mut work, agent.user).await?.agent_level;
    if level.is_none() {
        return Err(Error::forbidden("agent_required", "Only support agents can associate a token."));
    }
    let Some(found) = find(&mut work, &which).await? else {
        drop(work);
        call.refused(refusal(&which, None)).await;
        return Err(unknown_code());
    };
    let association = Association {
        agent: agent.user,
        agent_name: agent.name.clone(),
        agent_level: level,
        ticket: ticket.into_text(),
        reason: reason.into_text(),
    };
    let token = match found.clone().associate(association, call.now, zone(call)) {
        Ok(token) => token,
        Err(error) => {
            drop(work);
            call.refused(refusal(&which, Some(&found))).await;
            return Err(error);
        }
    };
    let token = match grants::operations::activate(&mut work, &token.grant).await {
        Ok(grant) => SupportToken { grant, ..token },
        Err(Error::Conflict(..)) => {
            // Somebody was quicker, between our look and our change.
            drop(work);
            return Err(told_of_the_quicker(call, found.id(), &token).await?);
        }
        Err(error) => return Err(error),
    };
    if let Some(association) = &token.association
        && !rows::save_association(&mut work, token.id(), association).await?
    {
        return Err(Error::internal("a pending token had an agent"));
    }
    emails::associated(&mut work, &token).await?;
    let associated = match &token.association {
        Some(association) => entry("support_token.associated", &token)
            .detail("agent", agent.user.to_string())
            .detail("ticket", association.ticket.clone())
            .detail("reason", association.reason.clone()),
        None => entry("support_token.associated", &token),
    };
    work.commit(associated).await?;
    Ok(token)
}

pub(super) fn proves_enough(call: &Call, agent: &Person) -> Result<(), Error> {
    if is_strong_enough(agent.factor, call.world.settings.require_passkeys_of_agents) {
        return Ok(());
    }
    Err(Error::forbidden(
        "passkey_required",
        "Here agents work with a passkey. Add one under My account, and sign in or confirm with it.",
    ))
}

fn checked(ticket: &str, reason: &str) -> Result<(Ticket, Reason), Error> {
    let ticket = Ticket::parse("ticket", ticket).and_then(|ticket| {
        let sentence = "Enter the ticket that you come in for. The customer sees it.".to_owned();
        ticket.ok_or(FieldError { field: "ticket", code: Code("required"), sentence })
    });
    match (ticket, Reason::parse("reason", reason)) {
        (Ok(ticket), Ok(reason)) => Ok((ticket, reason)),
        (ticket, reason) => Err(Error::Invalid(ticket.err().into_iter().chain(reason.err()).collect())),
    }
}

async fn find(tx: &mut Connection, which: &Which) -> Result<Option<SupportToken>, Error> {
    match which {
        Which::Grant(id) => rows::find(tx, *id).await,
        Which::Code(text) => match text.parse::<ReferenceCode>() {
            Ok(code) => rows::find_by_code(tx, code).await,
            Err(_) => Ok(None),
        },
    }
}

async fn not_guessing(call: &Call, tx: &mut Connection, agent: &Person) -> Result<(), Error> {
    let (refused, first_at) = rows::refusals_of(tx, agent.user, call.now - WITHIN).await?;
    if refused < REFUSALS {
        return Ok(());
    }
    let again = first_at.map_or(call.now, |at| at + WITHIN);
    let seconds = again.since(call.now).as_seconds() + 1;
    Err(Error::TooMany { retry_after_seconds: u32::try_from(seconds).unwrap_or(u32::MAX) })
}

/// What was tried, for the log of the organization if the code was once its own.
fn refusal(which: &Which, found: Option<&SupportToken>) -> operation::audit::Entry {
    match (found, which) {
        (Some(token), _) => entry("support_token.refused", token),
        (None, Which::Code(text)) => {
            let typed: String = text.chars().take(20).collect();
            operation::audit::Entry::new("support_token.refused").detail("typed", typed)
        }
        (None, Which::Grant(id)) => operation::audit::Entry::new("support_token.refused").subject(id),
    }
}

async fn told_of_the_quicker(call: &Call, id: GrantId, wanted: &SupportToken) -> Result<Error, Error> {
    let now = call.world.clock.now();
    let mut tx = call.read().await?;
    let Some(token) = rows::find(&mut tx, id).await? else {
        return Ok(unknown_code());
    };
    let Some(association) = wanted.association.clone() else {
        return Ok(unknown_code());
    };
    Ok(match token.associate(association, now, zone(call)) {
        Err(error) => error,
        Ok(_) => Error::conflict("support_token_changed", "The token changed at the same moment. Try again."),
    })
}
