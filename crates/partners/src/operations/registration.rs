//! The vendor says who is a partner and who is a client (B1). It makes no way into anybody's account.

use grants::EndedHow;
use kernel::{Error, OrganizationId};
use operation::{Call, audit};
use organizations::Organization;

use super::client::end_all;
use crate::{
    model::{Registered, Registration},
    rows,
};

/// Registers an organization, or takes that back. With a registration that is taken back ends everything that rests on it, for
/// good.
pub async fn register(
    call: &Call,
    organization: OrganizationId,
    is_partner: bool,
    is_client: bool,
) -> Result<Organization, Error> {
    save(call, organization, Registration { is_partner, is_client }, None).await
}

/// The same, if it is still what somebody was shown before they chose: an end for good must not come of a page that is old.
pub async fn register_as_shown(
    call: &Call,
    organization: OrganizationId,
    wanted: Registration,
    shown: Registration,
) -> Result<Organization, Error> {
    save(call, organization, wanted, Some(shown)).await
}

async fn save(
    call: &Call,
    organization: OrganizationId,
    wanted: Registration,
    shown: Option<Registration>,
) -> Result<Organization, Error> {
    let Registration { is_partner, is_client } = wanted;
    let administrator = call.actor.administrator()?;
    let by = (administrator.user, administrator.name.clone());
    let mut work = call.begin().await?;
    if !organizations::operations::lock(&mut work, organization).await? {
        return Err(Error::NotFound);
    }
    let before = organizations::operations::get(&mut work, organization).await?;
    if shown.is_some_and(|shown| shown != Registration::of(&before)) {
        return Err(Error::conflict(
            "registration_changed",
            format!(
                "Somebody changed the registration of {} since this page was made. Nothing was saved. This is how it is now.",
                before.name
            ),
        ));
    }
    let after = organizations::operations::register(&mut work, &before, is_partner, is_client).await?;
    let mut entries = vec![
        audit::Entry::new("organization.registered")
            .organization(organization)
            .subject(organization)
            .detail("name", before.name.as_str())
            .detail("is_partner", is_partner)
            .detail("is_client", is_client),
    ];
    if !is_partner && before.partner_since.is_some() {
        let ids = rows::live_of_partner(&mut work, organization, call.now).await?;
        entries.extend(end_all(&mut work, ids, EndedHow::Vendor, &by).await?);
    }
    if !is_client && before.client_since.is_some() {
        let ids = rows::live_of_client(&mut work, organization, call.now).await?;
        entries.extend(end_all(&mut work, ids, EndedHow::Vendor, &by).await?);
    }
    work.commit_all(entries).await?;
    Ok(after)
}

/// How many tokens would end for good if an organization were registered like this: those that wait for a client too.
pub async fn would_end(
    call: &Call,
    organization: OrganizationId,
    wanted: Registration,
) -> Result<(Organization, usize), Error> {
    call.actor.administrator()?;
    let mut tx = call.read().await?;
    let now = organizations::operations::find(&mut tx, organization).await?.ok_or(Error::NotFound)?;
    let mut count = 0;
    if !wanted.is_partner && now.partner_since.is_some() {
        count += rows::live_of_partner(&mut tx, organization, call.now).await?.len();
    }
    if !wanted.is_client && now.client_since.is_some() {
        count += rows::live_of_client(&mut tx, organization, call.now).await?.len();
    }
    Ok((now, count))
}

/// Who is registered, with numbers and nobody's name; and whether there are more.
pub async fn registered(
    call: &Call,
    search: &str,
    limit: i64,
    offset: i64,
) -> Result<(Vec<Registered>, bool), Error> {
    call.actor.administrator()?;
    let mut tx = call.read().await?;
    let pattern = if search.trim().is_empty() { "%".to_owned() } else { rows::pattern(search) };
    let mut found = rows::registered(&mut tx, &pattern, call.now, (limit + 1, offset)).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = found.len() > limit;
    found.truncate(limit);
    Ok((found, has_more))
}
