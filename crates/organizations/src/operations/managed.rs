//! Kinds of users who sign in at the organization's own provider. Which provider that is, and how it is asked, is another
//! capability's; that they have no password here is the organization's.

use kernel::{ConnectionId, EmailAddress, Error, OrganizationId, Timestamp, UserId};
use operation::{Work, audit};
use people::User;
use store::Connection;

use super::accept;
use crate::{
    model::{Membership, Role, UserType},
    rows,
};

/// From now on the people of these types sign in by this connection; those of the others that it had do not any more.
pub async fn manage(
    work: &mut Work,
    organization: OrganizationId,
    connection: ConnectionId,
    types: &[UserType],
) -> Result<(), Error> {
    rows::forget_managed(work, connection).await?;
    for user_type in types {
        match rows::insert_managed(work, organization, connection, *user_type).await {
            Ok(()) => {}
            Err(error) if error.is_taken() => {
                return Err(Error::conflict(
                    "user_type_already_managed",
                    "Another connection signs in people of one of these user types. Switch it off first.",
                ));
            }
            Err(error) => return Err(error.into()),
        }
    }
    work.revokes(organization);
    Ok(())
}

/// Which types sign in elsewhere, and by which connection.
pub async fn managed_types(
    tx: &mut Connection,
    organization: OrganizationId,
) -> Result<Vec<(UserType, ConnectionId)>, Error> {
    rows::managed_types(tx, organization).await
}

/// Everybody whose type is one of these now, with their addresses.
pub async fn people_of_types(
    tx: &mut Connection,
    organization: OrganizationId,
    types: &[UserType],
    now: Timestamp,
) -> Result<Vec<(UserId, EmailAddress)>, Error> {
    let mut people = rows::customers(tx, organization, now).await?;
    people.retain(|(user_type, ..)| types.contains(user_type));
    Ok(people.into_iter().map(|(_, user, email)| (user, email)).collect())
}

/// How many administrators can sign in without the connections that there are.
pub async fn count_local_administrators(
    tx: &mut Connection,
    organization: OrganizationId,
) -> Result<i64, Error> {
    rows::count_lasting_administrators(tx, organization).await
}

/// By which connection a person has to sign in: none as long as they have any place that a password opens.
pub async fn manager_of(
    tx: &mut Connection,
    user: UserId,
    now: Timestamp,
) -> Result<Option<(OrganizationId, ConnectionId)>, Error> {
    let places = rows::memberships_of(tx, user, now).await?;
    if places.iter().any(|(place, _)| !place.is_managed) {
        return Ok(None);
    }
    let Some((place, _)) = places.first() else { return Ok(None) };
    let connection = rows::managed_types(tx, place.organization)
        .await?
        .into_iter()
        .find(|(user_type, _)| *user_type == place.user_type);
    Ok(connection.map(|(_, connection)| (place.organization, connection)))
}

/// Takes somebody in whom the organization's own provider vouches for.
pub async fn admit(
    work: &mut Work,
    organization: OrganizationId,
    user: &User,
    user_type: UserType,
) -> Result<(Membership, audit::Entry), Error> {
    accept::admit(work, organization, user, Role::Member, user_type).await
}
