//! Kinds of users who sign in at the organization's own provider. Which provider that is, and how it is asked, is another
//! capability's; that they have no password here is the organization's.

use kernel::{ConnectionId, EmailAddress, Error, OrganizationId, Timestamp, UserId};
use operation::{Work, audit};
use people::User;
use store::Connection;

use super::accept;
use crate::{
    model::{MemberKind, Membership, Organization, Role, UserType},
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

/// By which connection a person has to sign in: none as long as they have any place that a password opens. The vendor's
/// people have their role here, which no customer's provider opens or shuts.
pub async fn manager_of(
    tx: &mut Connection,
    user: UserId,
    now: Timestamp,
) -> Result<Option<(OrganizationId, ConnectionId)>, Error> {
    if people::operations::find_staff(tx, user).await?.is_some_and(|member| member.has_role()) {
        return Ok(None);
    }
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

/// The places of a person that only a provider opens: whose they are, and by which connection.
pub async fn managed_places(
    tx: &mut Connection,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<(Organization, ConnectionId)>, Error> {
    let mut managed = Vec::new();
    for (place, organization) in rows::memberships_of(tx, user, now).await? {
        let types = rows::managed_types(tx, place.organization).await?;
        let by = types.into_iter().find(|(user_type, _)| place.is_managed && *user_type == place.user_type);
        managed.extend(by.map(|(_, connection)| (organization, connection)));
    }
    Ok(managed)
}

/// Whether somebody with this address can be of this type: who signs in at the provider needs an address that it is believed
/// about. Asked where a type is given to one person; whoever switches a connection on asks it of all.
pub(super) async fn require_domain(
    tx: &mut Connection,
    organization: OrganizationId,
    email: &EmailAddress,
) -> Result<(), Error> {
    if rows::is_in_proved_domain(tx, organization, email).await? {
        return Ok(());
    }
    Err(Error::conflict(
        "people_outside_domains",
        format!(
            "People of this user type sign in by single sign-on, and {email} is in no domain that was proved for it. They could \
             not sign in."
        ),
    ))
}

/// Whether a type is one of the organization's that sign in elsewhere.
pub(super) async fn is_managed_type(
    tx: &mut Connection,
    organization: OrganizationId,
    user_type: UserType,
) -> Result<bool, Error> {
    Ok(rows::managed_types(tx, organization).await?.iter().any(|(managed, _)| *managed == user_type))
}

/// Whether somebody can be invited to be of this type. Who signs in elsewhere and is not known here needs no invitation; who
/// has an account already gets none from the provider, and is invited like everybody else. Only in the organization's own
/// domains: of other addresses it is not told who has them.
pub(super) async fn require_invitable(
    tx: &mut Connection,
    organization: OrganizationId,
    (kind, user_type): (MemberKind, UserType),
    email: &EmailAddress,
) -> Result<(), Error> {
    if kind != MemberKind::Customer || !is_managed_type(tx, organization, user_type).await? {
        return Ok(());
    }
    require_domain(tx, organization, email).await?;
    if people::operations::find_by_email(tx, email).await?.is_none() {
        return Err(accept::managed_elsewhere());
    }
    Ok(())
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
