//! The SQL of user types that sign in elsewhere.

use kernel::{ConnectionId, EmailAddress, Error, OrganizationId, Timestamp, UserId};
use store::{Connection, args};

use crate::model::UserType;

pub(crate) async fn forget_managed(tx: &mut Connection, connection: ConnectionId) -> Result<(), Error> {
    tx.execute("DELETE FROM managed_user_types WHERE connection_id = $1", &args![connection]).await?;
    Ok(())
}

pub(crate) async fn insert_managed(
    tx: &mut Connection,
    organization: OrganizationId,
    connection: ConnectionId,
    user_type: UserType,
) -> Result<(), store::Error> {
    tx.execute(
        "INSERT INTO managed_user_types (organization_id, user_type, connection_id) VALUES ($1, $2, $3)",
        &args![organization, user_type.as_str(), connection],
    )
    .await?;
    Ok(())
}

pub(crate) async fn managed_types(
    tx: &mut Connection,
    organization: OrganizationId,
) -> Result<Vec<(UserType, ConnectionId)>, Error> {
    let rows = tx
        .all(
            "SELECT user_type, connection_id FROM managed_user_types WHERE organization_id = $1 ORDER BY user_type",
            &args![organization],
        )
        .await?;
    let mut types = Vec::with_capacity(rows.len());
    for row in rows {
        let text: String = row.get("user_type")?;
        let user_type =
            UserType::parse(&text).ok_or_else(|| Error::internal(format!("no user type: {text}")))?;
        types.push((user_type, row.get("connection_id")?));
    }
    Ok(types)
}

/// The organization's own people with their types.
pub(crate) async fn customers(
    tx: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Vec<(UserType, UserId, EmailAddress)>, Error> {
    let rows = tx
        .all(
            "SELECT m.user_type, m.user_id, u.email FROM memberships m JOIN users u ON u.id = m.user_id \
             WHERE m.organization_id = $1 AND m.kind = 'customer' AND m.ended_at IS NULL \
             AND (m.ends_at IS NULL OR m.ends_at > $2) ORDER BY m.id",
            &args![organization, now],
        )
        .await?;
    let mut people = Vec::with_capacity(rows.len());
    for row in rows {
        let text: String = row.get("user_type")?;
        people.push((
            UserType::parse(&text).unwrap_or(UserType::None),
            row.get("user_id")?,
            row.get("email")?,
        ));
    }
    Ok(people)
}

/// Whether an address is in a domain that the organization has proved to own: its provider is believed about no other.
pub(crate) async fn is_in_proved_domain(
    tx: &mut Connection,
    organization: OrganizationId,
    email: &EmailAddress,
) -> Result<bool, Error> {
    let row = tx
        .optional(
            "SELECT id FROM single_sign_on_domains WHERE organization_id = $1 AND owned = $2",
            &args![organization, email.domain()],
        )
        .await?;
    Ok(row.is_some())
}
