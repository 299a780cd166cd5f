//! The verbs of partners and of their clients, and what a check of one of their people's requests rests on.

mod bulk;
mod client;
mod clock;
mod enter;
mod look;
mod offer;
mod registration;
mod standing;
mod tokens;
mod users;

use grants::EndedHow;
use kernel::{Error, GrantId, OrganizationId, UserId};
use operation::{Call, Settings, Work, audit};
use organizations::{MemberKind, Membership, Organization};
use store::Connection;

use crate::{
    emails,
    model::{Token, WAITS},
    rows,
};

pub use bulk::many;
pub use client::{authorize, change, close_all_of_client, look, of_client, revoke};
pub use clock::{expire_due, remind_due, run_clockwork};
pub use enter::enter;
pub use look::{
    ClientPage, Details, areas, as_client, as_partner, clients, colleagues, partners, shown_token,
};
pub use offer::{
    add_permission, add_rule, change_permission, permissions, remove_permission, remove_rule, rules,
    set_rules,
};
pub use registration::{register, register_as_shown, registered, would_end};
pub use standing::{closed_rules, hold, note_entry, standing};
pub use tokens::{activate, add, delete, disable};
pub use users::{authorize_users, change_user, revoke_everywhere, revoke_user};

/// Until when a new token waits for its client.
pub fn waits(settings: &Settings) -> kernel::Duration {
    settings.answer_window.max(WAITS)
}

/// The own people of an organization that the vendor registered as a partner (B1). For anybody else there is none.
async fn partner(
    call: &Call,
    tx: &mut Connection,
    id: OrganizationId,
) -> Result<(Organization, Membership), Error> {
    call.actor.person()?;
    let (organization, membership) = organizations::operations::require_member(call, tx, id).await?;
    require_own(&organization, &membership)?;
    if organization.partner_since.is_none() {
        return Err(Error::forbidden(
            "partner_required",
            format!("{} is not registered as a partner. The vendor can do that.", organization.name),
        ));
    }
    Ok((organization, membership))
}

/// Its administrators.
async fn partner_administrator(
    call: &Call,
    tx: &mut Connection,
    id: OrganizationId,
) -> Result<Organization, Error> {
    let (organization, membership) = partner(call, tx, id).await?;
    require_administrator(&organization, &membership)?;
    Ok(organization)
}

/// The administrators of an organization that the vendor registered as a client (B1).
async fn client_administrator(
    call: &Call,
    tx: &mut Connection,
    id: OrganizationId,
) -> Result<Organization, Error> {
    call.actor.person()?;
    let (organization, membership) = organizations::operations::require_member(call, tx, id).await?;
    require_own(&organization, &membership)?;
    require_administrator(&organization, &membership)?;
    if organization.client_since.is_none() {
        return Err(Error::forbidden(
            "client_required",
            format!(
                "{} is not registered as a client of partners. The vendor can do that.",
                organization.name
            ),
        ));
    }
    Ok(organization)
}

fn require_own(organization: &Organization, membership: &Membership) -> Result<(), Error> {
    if membership.kind == MemberKind::Customer {
        return Ok(());
    }
    Err(Error::forbidden(
        "customer_required",
        format!("Only the own people of {} can do this.", organization.name),
    ))
}

fn require_administrator(organization: &Organization, membership: &Membership) -> Result<(), Error> {
    if membership.is_administrator() {
        return Ok(());
    }
    Err(Error::forbidden(
        "administrator_of_organization_required",
        format!("Only an administrator of {} can do this.", organization.name),
    ))
}

/// A token, while nobody else changes it. It was not deleted.
async fn held(work: &mut Work, id: GrantId) -> Result<Token, Error> {
    if !rows::lock(work, id).await? {
        return Err(Error::NotFound);
    }
    rows::find(work, id).await?.ok_or(Error::NotFound)
}

/// A token of the partner that the caller administers. Of anybody else's it is not known that it is there.
async fn held_by_partner(call: &Call, work: &mut Work, id: GrantId) -> Result<Token, Error> {
    call.actor.person()?;
    let token = held(work, id).await?;
    if token.deleted_at.is_some() {
        return Err(Error::NotFound);
    }
    administrators_token(call, work, &token).await?;
    Ok(token)
}

/// The caller administers the partner of a token. To one of its other people it is there only if it is theirs to enter (B10).
async fn administrators_token(call: &Call, tx: &mut Connection, token: &Token) -> Result<(), Error> {
    let (organization, membership) = partner(call, tx, token.partner).await?;
    let is_theirs =
        membership.is_administrator() || rows::is_authorized(tx, token.id(), membership.id).await?;
    if !is_theirs {
        return Err(Error::NotFound);
    }
    require_administrator(&organization, &membership)
}

/// A token that leads into the organization which the caller administers.
async fn held_by_client(call: &Call, work: &mut Work, id: GrantId) -> Result<Token, Error> {
    call.actor.person()?;
    let token = held(work, id).await?;
    let client = token.client().ok_or(Error::NotFound)?;
    client_administrator(call, work, client).await?;
    Ok(token)
}

/// The entries of an act on a token: one for each of the two organizations that it concerns.
fn entries(
    kind: &'static str,
    token: &Token,
    with: impl Fn(audit::Entry) -> audit::Entry,
) -> Vec<audit::Entry> {
    let of = |organization| {
        let entry = audit::Entry::new(kind)
            .organization(organization)
            .grant(token.id())
            .subject(token.id())
            .detail("partner", token.partner_name.as_str())
            .detail("client", token.name());
        with(entry)
    };
    [token.client(), Some(token.partner)].into_iter().flatten().map(of).collect()
}

/// Ends a token for good, with everything that rests on it, and tells those concerned. The entries are for the commit.
async fn end(
    work: &mut Work,
    token: Token,
    how: EndedHow,
    by: Option<(UserId, String)>,
) -> Result<(Token, Vec<audit::Entry>), Error> {
    let grant = grants::operations::end(work, &token.grant, how, by).await?;
    let token = Token { grant, ..token };
    emails::ended(work, &token).await?;
    let kind = match how {
        EndedHow::Partner => "partner_token.deleted",
        EndedHow::Expired => "partner_token.expired",
        _ => "partner.revoked",
    };
    let entries = entries(kind, &token, |entry| entry.detail("how", how.as_str()));
    Ok((token, entries))
}

/// One of several that changed at the same moment by other hands does not hold up the others.
fn unless_over<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(done) => Ok(Some(done)),
        Err(Error::Conflict(..)) => Ok(None),
        Err(error) => Err(error),
    }
}
