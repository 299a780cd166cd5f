//! How it stands with one person (E10).

use kernel::{Error, MembershipId, OrganizationId};
use operation::Call;
use organizations::{Organization, operations as places};

use super::agent;
use crate::{
    model::{Person, Requirement},
    rows,
};

/// A page of an organization's people, and whether there are more.
pub async fn persons(
    call: &Call,
    id: OrganizationId,
    search: &str,
    limit: i64,
    offset: i64,
) -> Result<(Organization, Vec<Person>, bool), Error> {
    agent(call)?;
    let mut tx = call.read().await?;
    let organization = places::get(&mut tx, id).await?;
    let pattern = rows::contains(search);
    let mut people = rows::people(&mut tx, id, call.now, &pattern, limit + 1, offset).await?;
    let has_more = i64::try_from(people.len()).is_ok_and(|found| found > limit);
    if has_more {
        people.pop();
    }
    for person in &mut people {
        person.requirement = rows::requirement(&mut tx, person.user, call.now).await?;
    }
    Ok((organization, people, has_more))
}

/// One person of an organization.
pub async fn person(
    call: &Call,
    id: OrganizationId,
    membership: MembershipId,
) -> Result<(Organization, Person), Error> {
    agent(call)?;
    let mut tx = call.read().await?;
    let organization = places::get(&mut tx, id).await?;
    let mut person = rows::find_person(&mut tx, id, membership, call.now).await?.ok_or(Error::NotFound)?;
    person.requirement = rows::requirement(&mut tx, person.user, call.now).await?;
    Ok((organization, person))
}

/// What is asked of the caller, and by whom.
pub async fn own(call: &Call) -> Result<Requirement, Error> {
    let person = call.actor.person()?;
    rows::requirement(&mut *call.read().await?, person.user, call.now).await
}
