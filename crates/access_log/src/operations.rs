//! Reading the log. There is nothing here that changes it.

use kernel::{Error, EventId, GrantId, OrganizationId, Scope, UserId};
use operation::Call;
use organizations::{
    model::Role,
    operations::{membership, require_member, resolve},
};
use store::Connection;

use crate::{
    export,
    model::{Account, Entry, Filter, Overview, Period, Reach, Stay, Visit, VisitMark, Window},
    rows,
};

/// Entries on one page.
const PAGE: i64 = 50;

/// Lines of minutes and pages on one page.
const VISITS: i64 = 200;

/// Sessions in the list of those of one grant.
const STAYS: i64 = 100;

/// Periods in one picture.
const PERIODS: i64 = 500;

/// A member of the organization, for a page.
pub async fn reach(call: &Call, tx: &mut Connection, organization: OrganizationId) -> Result<Reach, Error> {
    let person = call.actor.person()?.user;
    let (organization, membership) = require_member(call, tx, organization).await?;
    let only_grants_of = (membership.role != Role::Administrator).then_some(person);
    Ok(Reach { organization, only_grants_of })
}

/// The same for the API. The log belongs to the organization: a machine of the vendor reads it on the word of an
/// administrator of it, and of nobody else.
pub async fn reach_by_name(call: &Call, tx: &mut Connection, organization: &str) -> Result<Reach, Error> {
    if !matches!(call.actor, kernel::Actor::Machine(_)) {
        call.actor.person()?;
        let organization = resolve(tx, organization).await?;
        return reach(call, tx, organization.id).await;
    }
    let machine = call.actor.machine(Scope::AccessLogRead)?;
    let Some((user, _)) = &machine.on_behalf_of else {
        return Err(administrator_needed());
    };
    let organization = resolve(tx, organization).await?;
    let membership = membership(tx, organization.id, *user, call.now).await?.ok_or(Error::NotFound)?;
    if membership.role != Role::Administrator {
        return Err(administrator_needed());
    }
    Ok(Reach { organization, only_grants_of: None })
}

fn administrator_needed() -> Error {
    Error::forbidden(
        "administrator_of_organization_required",
        "The access log belongs to the organization. An API key reads it on behalf of one of its administrators.",
    )
}

/// Who had access in a window of time, and a page of entries.
pub async fn overview(
    call: &Call,
    window: Window,
    filter: &Filter,
    before: Option<EventId>,
) -> Result<Overview, Error> {
    let mut tx = call.read().await?;
    let reach = reach(call, &mut tx, window.organization).await?;
    let mut periods = rows::periods(&mut tx, window, reach.only_grants_of, PERIODS + 1).await?;
    let is_cut = cut(&mut periods, PERIODS);
    let people = rows::people(&mut tx, window.organization, reach.only_grants_of).await?;
    let (entries, older) = page(call, &mut tx, &reach, filter, before, PAGE).await?;
    Ok(Overview { reach, periods, is_cut, entries, older, people })
}

/// Everything about one grant. Another organization's, or for a member somebody else's, is not found.
pub async fn account(
    call: &Call,
    organization: OrganizationId,
    grant: GrantId,
    after: Option<&VisitMark>,
    before: Option<EventId>,
) -> Result<Account, Error> {
    let mut tx = call.read().await?;
    let reach = reach(call, &mut tx, organization).await?;
    let period = rows::find_period(&mut tx, organization, reach.only_grants_of, grant)
        .await?
        .ok_or(Error::NotFound)?;
    let totals = rows::totals(&mut tx, grant).await?;
    let last = rows::last_visit(&mut tx, grant).await?;
    let stays = rows::stays(&mut tx, grant, call.now, STAYS).await?;
    let (visits, more_visits) = visits(&mut tx, grant, after, VISITS).await?;
    let filter = Filter { grant: Some(grant), ..Filter::default() };
    let (entries, older_entries) = page(call, &mut tx, &reach, &filter, before, PAGE).await?;
    Ok(Account { stays, reach, period, totals, last, visits, more_visits, entries, older_entries })
}

/// A page of entries, the newest first, and where the next page begins.
pub async fn list(
    call: &Call,
    organization: &str,
    filter: &Filter,
    before: Option<EventId>,
    limit: i64,
) -> Result<(Vec<Entry>, Option<EventId>), Error> {
    let mut tx = call.read().await?;
    let reach = reach_by_name(call, &mut tx, organization).await?;
    page(call, &mut tx, &reach, filter, before, limit).await
}

/// A page of what was done under one grant, and where the next page begins.
pub async fn activity(
    call: &Call,
    organization: &str,
    grant: GrantId,
    after: Option<&VisitMark>,
    limit: i64,
) -> Result<(Vec<Visit>, Option<VisitMark>), Error> {
    let mut tx = call.read().await?;
    let reach = reach_by_name(call, &mut tx, organization).await?;
    let (organization, only_of) = (reach.organization.id, reach.only_grants_of);
    rows::find_period(&mut tx, organization, only_of, grant).await?.ok_or(Error::NotFound)?;
    visits(&mut tx, grant, after, limit).await
}

/// What each session under one grant came to, the newest first, with the grant and the vendor's name for a sentence.
pub async fn stays(call: &Call, organization: &str, grant: GrantId) -> Result<(Period, Vec<Stay>), Error> {
    let mut tx = call.read().await?;
    let reach = reach_by_name(call, &mut tx, organization).await?;
    let (organization, only_of) = (reach.organization.id, reach.only_grants_of);
    let period = rows::find_period(&mut tx, organization, only_of, grant).await?.ok_or(Error::NotFound)?;
    Ok((period, rows::stays(&mut tx, grant, call.now, STAYS).await?))
}

/// The entries for a file, and whether there are more than a file holds.
pub async fn export(
    call: &Call,
    organization: OrganizationId,
    filter: &Filter,
) -> Result<(Vec<Entry>, bool), Error> {
    let mut tx = call.read().await?;
    let reach = reach(call, &mut tx, organization).await?;
    if !reach.is_whole() {
        return Err(Error::forbidden(
            "administrator_of_organization_required",
            "Only an administrator of the organization can take the log away as a file.",
        ));
    }
    let mut entries =
        rows::entries(&mut tx, organization, None, filter, None, call.now, export::MOST + 1).await?;
    let is_cut = cut(&mut entries, export::MOST);
    Ok((entries, is_cut))
}

async fn page(
    call: &Call,
    tx: &mut Connection,
    reach: &Reach,
    filter: &Filter,
    before: Option<EventId>,
    limit: i64,
) -> Result<(Vec<Entry>, Option<EventId>), Error> {
    let only_of: Option<UserId> = reach.only_grants_of;
    let mut entries =
        rows::entries(tx, reach.organization.id, only_of, filter, before, call.now, limit.saturating_add(1))
            .await?;
    let has_more = cut(&mut entries, limit);
    let next = if has_more { entries.last().map(|entry| entry.id) } else { None };
    Ok((entries, next))
}

async fn visits(
    tx: &mut Connection,
    grant: GrantId,
    after: Option<&VisitMark>,
    limit: i64,
) -> Result<(Vec<Visit>, Option<VisitMark>), Error> {
    let mut visits = rows::visits(tx, grant, after, limit.saturating_add(1)).await?;
    let has_more = cut(&mut visits, limit);
    let next = if has_more { visits.last().map(VisitMark::of) } else { None };
    Ok((visits, next))
}

/// Takes off the one row too many that was asked for to learn whether there are more.
fn cut<T>(rows: &mut Vec<T>, limit: i64) -> bool {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    has_more
}
