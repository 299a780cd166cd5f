//! What other capabilities do with grants, inside their own transactions. Who may do it is theirs to decide, and the
//! record of it theirs to write.

use kernel::{Error, GrantId, OrganizationId, Timestamp, UserId};
use operation::Work;
use store::Connection;

use crate::{
    model::{self, EndedHow, Grant, Kind, Mode, NewGrant, State},
    rows,
};

/// The code of the conflict when the place of a new grant is taken by a live one.
pub const LIVE: &str = "grant_live";

/// Where a grant stands while it is live. There is at most one live grant at each place.
#[derive(Debug, Clone)]
pub struct Place(String);

impl Place {
    /// An organization has one support token (A13) and one pair of temporary credentials.
    pub fn of(kind: Kind, organization: OrganizationId) -> Self {
        match kind {
            Kind::SupportToken => Self(organization.to_string()),
            kind => Self(format!("{}:{organization}", kind.as_str())),
        }
    }

    /// A partner has one token for each client.
    pub fn of_client(partner: OrganizationId, client: OrganizationId) -> Self {
        Self(format!("{}:{partner}:{client}", Kind::Partner.as_str()))
    }

    /// A grant that leads nowhere yet stands in nobody's way.
    fn of_its_own(id: GrantId) -> Self {
        Self(id.to_string())
    }
}

/// Makes a pending grant (A14). If its place is taken by a live one that is a conflict with the code [`LIVE`] (A13), and on
/// PostgreSQL the transaction is then of no further use.
pub async fn create(work: &mut Work, new: NewGrant) -> Result<Grant, Error> {
    let (id, now) = (work.call().new_id(), work.call().now);
    let place = new.organization.map_or_else(|| Place::of_its_own(id), |of| Place::of(new.kind, of));
    insert(work, Grant::new(id, new, now), &place).await
}

/// Makes a grant that waits for nobody: it is active at once. Otherwise as [`create`].
pub async fn open(work: &mut Work, new: NewGrant, organization: OrganizationId) -> Result<Grant, Error> {
    let (id, now) = (work.call().new_id(), work.call().now);
    let place = Place::of(new.kind, organization);
    let grant = Grant::new(id, NewGrant { organization: Some(organization), ..new }, now).activate(now)?;
    insert(work, grant, &place).await
}

async fn insert(work: &mut Work, grant: Grant, place: &Place) -> Result<Grant, Error> {
    rows::insert(work, &grant, &place.0).await.map_err(taken)?;
    Ok(grant)
}

fn taken(error: store::Error) -> Error {
    if error.is_taken() {
        Error::conflict(LIVE, "The organization has a live grant of this kind already.")
    } else {
        error.into()
    }
}

pub async fn find(tx: &mut Connection, id: GrantId) -> Result<Option<Grant>, Error> {
    rows::find(tx, id).await
}

/// The grant, while nobody else changes or ends it: whoever shuts it at the same moment does so before this or after it.
/// Taken before any session, because an end takes the grant first and then what rests on it.
pub async fn hold(work: &mut Work, id: GrantId) -> Result<Option<Grant>, Error> {
    rows::hold(work, id).await?;
    rows::find(work, id).await
}

/// The grant at a place that is not over, if there is one.
pub async fn live_at(tx: &mut Connection, place: &Place, now: Timestamp) -> Result<Option<Grant>, Error> {
    Ok(rows::holder_of(tx, &place.0).await?.filter(|grant| !grant.state(now).is_over()))
}

/// The grant at a place whose time is over without anybody having written so: it stands in the way of a new one.
pub async fn overdue_at(tx: &mut Connection, place: &Place, now: Timestamp) -> Result<Option<Grant>, Error> {
    Ok(rows::holder_of(tx, &place.0).await?.filter(|grant| grant.state(now).is_over()))
}

/// Grants of a kind whose time is over without anybody having written so, the longest overdue first; some hundreds at most.
pub async fn overdue(tx: &mut Connection, kind: Kind, now: Timestamp) -> Result<Vec<GrantId>, Error> {
    Ok(rows::overdue(tx, kind, now).await?)
}

/// Somebody takes a pending grant (A15). Of two at once, one is told that the other was first (A16).
pub async fn activate(work: &mut Work, grant: &Grant) -> Result<Grant, Error> {
    let active = grant.clone().activate(work.call().now)?;
    let organization = active.organization.ok_or_else(|| Error::internal("a grant that leads nowhere"))?;
    write_activated(work, active, &Place::of(grant.kind, organization)).await
}

/// A client takes a partner's token (B4). If that partner has a live one there already, that is a conflict with the code
/// [`LIVE`], and on PostgreSQL the transaction is then of no further use.
pub async fn complete(
    work: &mut Work,
    grant: &Grant,
    partner: OrganizationId,
    client: OrganizationId,
    mode: Mode,
    ends_at: Option<Timestamp>,
) -> Result<Grant, Error> {
    let active = grant.clone().complete(client, mode, ends_at, work.call().now)?;
    write_activated(work, active, &Place::of_client(partner, client)).await
}

async fn write_activated(work: &mut Work, active: Grant, place: &Place) -> Result<Grant, Error> {
    if rows::activate(work, &active, &place.0).await.map_err(taken)? {
        Ok(active)
    } else {
        Err(told_too_late(work, active.id).await?)
    }
}

/// Shuts a grant for now, with every session that rests on it (B11).
pub async fn disable(work: &mut Work, grant: &Grant) -> Result<Grant, Error> {
    let disabled = grant.clone().disable(work.call().now)?;
    write_changed(work, grant, &disabled).await?;
    sessions::operations::end_all_of_grant(work, grant.id, "disabled").await?;
    Ok(disabled)
}

/// Opens it again (B11). Who was in enters anew.
pub async fn enable(work: &mut Work, grant: &Grant) -> Result<Grant, Error> {
    let enabled = grant.clone().enable(work.call().now)?;
    write_changed(work, grant, &enabled).await?;
    Ok(enabled)
}

/// How far it reaches, and until when, is chosen anew (B13, B15); what is open is judged by it from now on.
pub async fn change(
    work: &mut Work,
    grant: &Grant,
    mode: Mode,
    ends_at: Option<Timestamp>,
) -> Result<Grant, Error> {
    let changed = grant.clone().change(mode, ends_at, work.call().now)?;
    write_changed(work, grant, &changed).await?;
    Ok(changed)
}

async fn write_changed(work: &mut Work, was: &Grant, grant: &Grant) -> Result<(), Error> {
    work.revokes(grant.id);
    if rows::change(work, was, grant).await? {
        return Ok(());
    }
    let now = work.call().now;
    Err(match rows::find(work, grant.id).await?.map(|found| found.state(now).is_over()) {
        None => Error::NotFound,
        Some(true) => model::already_over(),
        Some(false) => model::changed(),
    })
}

/// Ends a grant for good, with every session inside the organization that rests on it.
///
/// [`EndedHow::Expired`] writes down what the clock has done; everything else ends what is still live.
pub async fn end(
    work: &mut Work,
    grant: &Grant,
    how: EndedHow,
    by: Option<(UserId, String)>,
) -> Result<Grant, Error> {
    let now = work.call().now;
    let grant = match how {
        EndedHow::Expired => grant.clone().expire(now)?,
        _ => grant.clone().revoke(how, by, now)?,
    };
    let is_first = match &grant.ended {
        Some(end) if how == EndedHow::Expired => rows::expire(work, &grant, end).await?,
        Some(end) => rows::revoke(work, &grant, end).await?,
        None => false,
    };
    if !is_first {
        return Err(told_too_late(work, grant.id).await?);
    }
    work.revokes(grant.id);
    sessions::operations::end_all_of_grant(work, grant.id, how.as_str()).await?;
    Ok(grant)
}

/// Somebody was first. What they did is what the caller hears.
async fn told_too_late(work: &mut Work, id: GrantId) -> Result<Error, Error> {
    let now = work.call().now;
    Ok(match rows::find(work, id).await?.map(|grant| grant.state(now)) {
        None => Error::NotFound,
        Some(State::Expired | State::Revoked) => model::already_over(),
        Some(State::Pending | State::Active | State::Disabled) => model::already_taken(),
    })
}
