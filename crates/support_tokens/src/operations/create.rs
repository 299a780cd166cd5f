//! A member opens the padlock.

use grants::{Kind, Mode, NewGrant};
use kernel::{Actor, Code, Duration, Error, FieldError, OrganizationId, Scope, Timestamp};
use operation::{Call, Work};

use super::{Member, entry, expire, member, zone};
use crate::{
    emails,
    model::{ReferenceCode, SupportToken, Ticket},
    rows,
};

/// Shorter than this, no agent could do anything.
const SHORTEST: Duration = Duration::minutes(1);

/// How long a token is to be good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Counted from the association.
    For(Duration),
    /// Until a moment, however late it is associated.
    Until(Timestamp),
}

/// What a member asks for.
#[derive(Debug, Clone)]
pub struct NewToken {
    pub length: Length,
    pub mode: Mode,
    /// May be empty.
    pub customer_ticket: String,
}

/// Makes a pending token: a reference code, and nobody has access yet (A14).
///
/// Only a member of the organization can, whom its settings let; never the vendor (A1, A7, A32). An API key can on the
/// word of such a member, and only if an administrator of the organization allowed that.
pub async fn create(call: &Call, organization: OrganizationId, new: NewToken) -> Result<SupportToken, Error> {
    // Whatever is over by the clock and not yet written down must not stand in the way.
    expire::settle(&call.world, organization).await?;
    let mut work = call.begin().await?;
    // Whoever is unlinked at the same moment opens before that or not at all.
    organizations::operations::lock(&mut work, organization).await?;
    let maker = member(call, &mut work, organization, Scope::SupportTokensWrite).await?;
    may_open(call, &maker)?;
    let (validity, not_after, ticket) = checked(call, &maker, &new)?;
    if let Some(live) = rows::live_of(&mut work, organization, call.now).await? {
        return Err(live.stands_in_the_way(call.now, zone(call)));
    }
    let grant = NewGrant {
        kind: Kind::SupportToken,
        organization: Some(organization),
        mode: new.mode,
        created_by: maker.user,
        created_through: match &call.actor {
            Actor::Machine(machine) => Some(machine.key),
            _ => None,
        },
        answer_window: call.world.settings.answer_window,
        validity: Some(validity),
        not_after,
    };
    let grant = match grants::operations::create(&mut work, grant).await {
        Ok(grant) => grant,
        Err(Error::Conflict(Code(grants::operations::LIVE), _)) => {
            // Two people pressed at once. After a unique violation this transaction can read nothing more.
            drop(work);
            return Err(told_of_the_first(call, organization).await?);
        }
        Err(error) => return Err(error),
    };
    let code = unused_code(&mut work).await?;
    rows::insert(&mut work, grant.id, code, &ticket).await?;
    let token = rows::find(&mut work, grant.id).await?.ok_or(Error::NotFound)?;
    emails::made(&mut work, &token).await?;
    let made = entry("support_token.created", &token)
        .detail("mode", token.grant.mode.as_str())
        .detail("validity_seconds", validity.as_seconds())
        .detail("customer_ticket", ticket);
    work.commit(made).await?;
    Ok(token)
}

fn may_open(call: &Call, maker: &Member) -> Result<(), Error> {
    let name = &maker.organization.name;
    if matches!(call.actor, Actor::Machine(_)) && maker.organization.backend_may_open_at.is_none() {
        let sentence = format!(
            "An administrator of {name} has to allow first, in its settings, that this product opens for its people."
        );
        return Err(Error::forbidden("backend_may_not_open", sentence));
    }
    if maker.membership.may_open(&maker.organization) {
        return Ok(());
    }
    let sentence = format!("Only an administrator of {name} can open it to support.");
    Err(Error::forbidden("administrator_of_organization_required", sentence))
}

/// A3: every token has an end, and neither the vendor nor the organization lets it be later than they said.
fn checked(
    call: &Call,
    maker: &Member,
    new: &NewToken,
) -> Result<(Duration, Option<Timestamp>, String), Error> {
    let longest = maker.organization.longest_validity(call.world.settings.longest_validity);
    let (field, validity, not_after) = match new.length {
        Length::For(validity) => ("validity_seconds", validity, None),
        Length::Until(moment) => ("until", moment.since(call.now), Some(moment)),
    };
    let mut wrong = Vec::new();
    let mut refuse = |code, sentence| wrong.push(FieldError { field, code: Code(code), sentence });
    if validity > longest {
        let name = &maker.organization.name;
        refuse("too_long", format!("The longest validity for {name} is {}.", in_words(longest)));
    } else if validity < SHORTEST {
        refuse("too_short", format!("Choose an end that is at least {} away.", in_words(SHORTEST)));
    }
    let ticket = match Ticket::parse("customer_ticket", &new.customer_ticket) {
        Ok(ticket) => ticket.map(Ticket::into_text).unwrap_or_default(),
        Err(error) => {
            wrong.push(error);
            String::new()
        }
    };
    if wrong.is_empty() { Ok((validity, not_after, ticket)) } else { Err(Error::Invalid(wrong)) }
}

/// A13: the one that was first, for whoever was second.
async fn told_of_the_first(call: &Call, organization: OrganizationId) -> Result<Error, Error> {
    let now = call.world.clock.now();
    let mut tx = call.read().await?;
    Ok(match rows::live_of(&mut tx, organization, now).await? {
        Some(live) => live.stands_in_the_way(now, zone(call)),
        None => Error::conflict(
            "support_token_exists",
            "Another token was made at the same moment, and has ended. Try again.",
        ),
    })
}

/// 35 bits are enough to tell codes apart, not to never meet one that was used.
async fn unused_code(work: &mut Work) -> Result<ReferenceCode, Error> {
    for _ in 0..8 {
        let code = ReferenceCode::new(&*work.call().world.entropy);
        if !rows::is_code_used(work, code).await? {
            return Ok(code);
        }
    }
    Err(Error::internal("eight reference codes in a row were used before: is there no chance?"))
}

fn in_words(length: Duration) -> String {
    let minutes = length.as_seconds() / 60;
    let (n, unit) = match minutes {
        m if m % 1440 == 0 => (m / 1440, "day"),
        m if m % 60 == 0 => (m / 60, "hour"),
        m => (m, "minute"),
    };
    format!("{n} {unit}{}", if n == 1 { "" } else { "s" })
}
