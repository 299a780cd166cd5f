//! The SQL of invitations.

use kernel::{EmailAddress, Error, InvitationId, OrganizationId, SecretHash, Timestamp, UserId};
use store::{Connection, Row, args};

use crate::model::{Invitation, MemberKind, Offer, Role, UserType};

fn invitation(row: &Row) -> Result<Invitation, store::Error> {
    let organization: Option<OrganizationId> = row.get("organization_id")?;
    let (role, kind, user_type): (String, String, String) =
        (row.get("role")?, row.get("kind")?, row.get("user_type")?);
    let level: Option<i64> = row.get("agent_level")?;
    let offer = match organization {
        Some(organization) => Offer::Membership {
            organization,
            role: Role::parse(&role).unwrap_or(Role::Member),
            kind: MemberKind::parse(&kind).unwrap_or(MemberKind::VendorStaff),
            user_type: UserType::parse(&user_type).unwrap_or(UserType::None),
            ends_at: row.get("membership_ends_at")?,
        },
        None => Offer::Staff {
            agent_level: level.and_then(|level| u8::try_from(level).ok()),
            is_administrator: role == "vendor_administrator",
        },
    };
    Ok(Invitation {
        id: row.get("id")?,
        email: row.get("email")?,
        name: row.get("name")?,
        offer,
        created_at: row.get("created_at")?,
        created_by: row.get("created_by")?,
        expires_at: row.get("expires_at")?,
        accepted_at: row.get("accepted_at")?,
        revoked_at: row.get("revoked_at")?,
    })
}

pub(crate) async fn insert_invitation(
    tx: &mut Connection,
    invitation: &Invitation,
    secret: &SecretHash,
) -> Result<(), Error> {
    let (role, kind, level, user_type, ends_at) = match invitation.offer {
        Offer::Membership { role, kind, user_type, ends_at, .. } => {
            (role.as_str(), kind.as_str(), None, user_type.as_str(), ends_at)
        }
        Offer::Staff { agent_level, is_administrator } => {
            let role = if is_administrator { "vendor_administrator" } else { "agent" };
            (role, "staff", agent_level.map(i64::from), "", None)
        }
    };
    tx.execute(
        "INSERT INTO invitations (id, organization_id, email, name, role, kind, agent_level, user_type, \
         membership_ends_at, secret_hash, created_at, created_by, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        &args![
            invitation.id,
            invitation.offer.organization(),
            invitation.email,
            invitation.name,
            role,
            kind,
            level,
            user_type,
            ends_at,
            secret,
            invitation.created_at,
            invitation.created_by,
            invitation.expires_at
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn find_invitation_by_secret(
    tx: &mut Connection,
    secret: &SecretHash,
) -> Result<Option<Invitation>, Error> {
    let row = tx
        .optional(
            "SELECT id, organization_id, email, name, role, kind, agent_level, user_type, membership_ends_at, created_at, \
             created_by, expires_at, accepted_at, revoked_at FROM invitations WHERE secret_hash = $1",
            &args![secret],
        )
        .await?;
    Ok(row.as_ref().map(invitation).transpose()?)
}

pub(crate) async fn find_invitation(
    tx: &mut Connection,
    id: InvitationId,
) -> Result<Option<Invitation>, Error> {
    let row = tx
        .optional(
            "SELECT id, organization_id, email, name, role, kind, agent_level, user_type, membership_ends_at, created_at, \
             created_by, expires_at, accepted_at, revoked_at FROM invitations WHERE id = $1",
            &args![id],
        )
        .await?;
    Ok(row.as_ref().map(invitation).transpose()?)
}

/// Those that can still be accepted, the newest first.
pub(crate) async fn open_invitations(
    tx: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Vec<Invitation>, Error> {
    let rows = tx
        .all(
            "SELECT id, organization_id, email, name, role, kind, agent_level, user_type, membership_ends_at, created_at, \
             created_by, expires_at, accepted_at, revoked_at FROM invitations \
             WHERE organization_id = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $2 \
             ORDER BY created_at DESC, id DESC",
            &args![organization, now],
        )
        .await?;
    Ok(rows.iter().map(invitation).collect::<Result<_, _>>()?)
}

pub(crate) async fn open_staff_invitations(
    tx: &mut Connection,
    now: Timestamp,
) -> Result<Vec<Invitation>, Error> {
    let rows = tx
        .all(
            "SELECT id, organization_id, email, name, role, kind, agent_level, user_type, membership_ends_at, created_at, \
             created_by, expires_at, accepted_at, revoked_at FROM invitations \
             WHERE organization_id IS NULL AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $1 \
             ORDER BY created_at DESC, id DESC",
            &args![now],
        )
        .await?;
    Ok(rows.iter().map(invitation).collect::<Result<_, _>>()?)
}

/// One use, whoever else tries at the same moment. How many were taken: one or none.
pub(crate) async fn take_invitation(
    tx: &mut Connection,
    id: InvitationId,
    by: UserId,
    now: Timestamp,
) -> Result<u64, Error> {
    Ok(tx
        .execute(
            "UPDATE invitations SET accepted_at = $2, accepted_by = $3 \
             WHERE id = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $2",
            &args![id, now, by],
        )
        .await?)
}

pub(crate) async fn revoke_invitation(
    tx: &mut Connection,
    id: InvitationId,
    now: Timestamp,
) -> Result<u64, Error> {
    Ok(tx
        .execute(
            "UPDATE invitations SET revoked_at = $2 \
             WHERE id = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $2",
            &args![id, now],
        )
        .await?)
}

/// A new link for an address ends the earlier ones to the same place.
pub(crate) async fn supersede_invitations(
    tx: &mut Connection,
    organization: Option<OrganizationId>,
    email: &EmailAddress,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE invitations SET revoked_at = $3 WHERE COALESCE(organization_id, '') = COALESCE($1, '') AND email = $2 \
         AND accepted_at IS NULL AND revoked_at IS NULL",
        &args![organization, email, now],
    )
    .await?;
    Ok(())
}

/// What an administrator who is no longer one has on the way falls with the role.
pub(crate) async fn revoke_invitations_by(
    tx: &mut Connection,
    organization: OrganizationId,
    by: UserId,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE invitations SET revoked_at = $3 WHERE organization_id = $1 AND created_by = $2 \
         AND accepted_at IS NULL AND revoked_at IS NULL",
        &args![organization, by, now],
    )
    .await?;
    Ok(())
}

/// Whether anybody was ever in the organization.
pub(crate) async fn was_ever_inhabited(
    tx: &mut Connection,
    organization: OrganizationId,
) -> Result<bool, Error> {
    let row = tx
        .optional("SELECT id FROM memberships WHERE organization_id = $1 LIMIT 1", &args![organization])
        .await?;
    Ok(row.is_some())
}
