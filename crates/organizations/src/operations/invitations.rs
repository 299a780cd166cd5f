//! Invitations: made, listed, revoked. Accepting stands in `accept`.

use kernel::{EmailAddress, Error, InvitationId, OrganizationId, Secret, Timestamp, secret::Purpose};
use operation::{Call, Work, audit, outbox};
use people::{model::checked_name, operations::not_reserved};
use store::Connection;

use super::lookups::{require_member_manager, require_member_reader};
use crate::{
    emails,
    model::{Invitation, MemberKind, Offer, Role, UserType, is_vendor_address, wrong_place},
    rows,
};

/// Whom an administrator invites, to be what.
#[derive(Debug, Clone)]
pub struct Invite {
    pub email: EmailAddress,
    /// How the administrator calls the person; may be empty.
    pub name: String,
    pub role: Role,
    pub kind: MemberKind,
    pub user_type: UserType,
    /// A temporary user's end (B19); the vendor's people always have one (A6).
    pub ends_at: Option<Timestamp>,
}

pub(super) struct NewInvitation {
    pub email: EmailAddress,
    pub name: String,
    pub offer: Offer,
}

/// Invites somebody by e-mail. An earlier link for the same address stops working.
pub async fn invite(call: &Call, organization: OrganizationId, invite: Invite) -> Result<Invitation, Error> {
    let mut work = call.begin().await?;
    let is_there = rows::lock(&mut work, organization).await?;
    let (organization, _) = require_member_manager(call, &mut work, organization).await?;
    if !is_there {
        return Err(Error::NotFound);
    }
    let is_vendors = is_vendors_person(&mut work, &invite.email).await?;
    let mut wrong = wrong_place(invite.kind, invite.role, invite.ends_at, is_vendors, call.now);
    if !invite.name.is_empty()
        && let Err(error) = checked_name("name", &invite.name)
    {
        wrong.push(error);
    }
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    if rows::is_member_address(&mut work, organization.id, &invite.email, call.now).await? {
        return Err(Error::conflict(
            "already_member",
            format!("{} already belongs to {}.", invite.email, organization.name),
        ));
    }
    let place = (invite.kind, invite.user_type);
    super::managed::require_invitable(&mut work, organization.id, place, &invite.email).await?;
    let offer = Offer::Membership {
        organization: organization.id,
        role: invite.role,
        kind: invite.kind,
        user_type: invite.user_type,
        ends_at: invite.ends_at,
    };
    let (invitation, link) =
        issue(&mut work, NewInvitation { email: invite.email, name: invite.name, offer }).await?;
    let mail = emails::member(&mut work, &organization, &invitation, &link).await?;
    outbox::send(&mut work, mail).await?;
    work.commit(invited(&invitation)).await?;
    Ok(invitation)
}

/// Invites one of the vendor's people, inside the caller's transaction, which decides whether that is allowed and writes the
/// entry. The link is to be mailed and never to be shown.
pub async fn invite_staff(
    work: &mut Work,
    email: EmailAddress,
    name: String,
    agent_level: Option<u8>,
    is_administrator: bool,
) -> Result<(Invitation, String), Error> {
    issue(work, NewInvitation { email, name, offer: Offer::Staff { agent_level, is_administrator } }).await
}

/// Keeps the invitation and gives the link, which is nowhere else.
pub(super) async fn issue(work: &mut Work, new: NewInvitation) -> Result<(Invitation, String), Error> {
    let call = work.call().clone();
    not_reserved(&call.world.settings, "email", &new.email).map_err(|wrong| Error::Invalid(vec![wrong]))?;
    let secret = Secret::new(Purpose::Link, &*call.world.entropy);
    let invitation = Invitation {
        id: call.new_id(),
        email: new.email,
        name: new.name.trim().to_owned(),
        offer: new.offer,
        created_at: call.now,
        created_by: call.actor.user(),
        expires_at: call.now + new.offer.link_lives(),
        accepted_at: None,
        revoked_at: None,
    };
    rows::supersede_invitations(work, new.offer.organization(), &invitation.email, call.now).await?;
    rows::insert_invitation(work, &invitation, &secret.hash()).await?;
    let link = format!("{}/invitations/{}", call.world.settings.public_url, secret.expose());
    Ok((invitation, link))
}

pub(super) fn invited(invitation: &Invitation) -> audit::Entry {
    let entry =
        audit::Entry::new("member.invited").subject(invitation.id).detail("email", invitation.email.as_str());
    match invitation.offer {
        Offer::Membership { organization, role, kind, ends_at, .. } => entry
            .organization(organization)
            .detail("role", role.as_str())
            .detail("kind", kind.as_str())
            .detail("ends_at", ends_at.map(Timestamp::as_seconds)),
        Offer::Staff { .. } => entry,
    }
}

/// Whether an address is the vendor's: by its domain, or because its owner has, or had, a role there.
pub(super) async fn is_vendors_person(work: &mut Work, email: &EmailAddress) -> Result<bool, Error> {
    let is_by_domain = is_vendor_address(email, &work.call().world.settings.vendor_mail_domains);
    Ok(is_by_domain || has_staff_role(work, email).await?)
}

async fn has_staff_role(tx: &mut Connection, email: &EmailAddress) -> Result<bool, Error> {
    let Some(user) = people::operations::find_by_email(tx, email).await? else {
        return Ok(false);
    };
    Ok(people::operations::find_staff(tx, user.id).await?.is_some_and(|member| member.has_role()))
}

/// The invitations that can still be accepted.
pub async fn list_invitations(call: &Call, organization: OrganizationId) -> Result<Vec<Invitation>, Error> {
    let mut tx = call.read().await?;
    require_member_reader(call, &mut tx, organization).await?;
    rows::open_invitations(&mut tx, organization, call.now).await
}

/// The vendor's own, that can still be accepted. The caller decides who may see them.
pub async fn list_staff_invitations(tx: &mut Connection, now: Timestamp) -> Result<Vec<Invitation>, Error> {
    rows::open_staff_invitations(tx, now).await
}

/// The link stops working. `Conflict` if somebody accepted it first, or it had ended.
pub async fn revoke_invitation(
    call: &Call,
    organization: OrganizationId,
    id: InvitationId,
) -> Result<(), Error> {
    let mut work = call.begin().await?;
    require_member_manager(call, &mut work, organization).await?;
    let invitation = rows::find_invitation(&mut work, id)
        .await?
        .filter(|invitation| invitation.offer.organization() == Some(organization))
        .ok_or(Error::NotFound)?;
    end(&mut work, &invitation).await?;
    work.commit(revoked(&invitation)).await
}

/// As [`revoke_invitation`], for one to be vendor staff, inside the caller's transaction; gives the entry to commit.
pub async fn revoke_staff_invitation(work: &mut Work, id: InvitationId) -> Result<audit::Entry, Error> {
    let invitation = rows::find_invitation(work, id)
        .await?
        .filter(|invitation| matches!(invitation.offer, Offer::Staff { .. }))
        .ok_or(Error::NotFound)?;
    end(work, &invitation).await?;
    Ok(revoked(&invitation))
}

async fn end(work: &mut Work, invitation: &Invitation) -> Result<(), Error> {
    let now = work.call().now;
    if rows::revoke_invitation(work, invitation.id, now).await? == 0 {
        return Err(Error::conflict(
            "invitation_over",
            "This invitation was accepted or has ended already. Nothing was changed.",
        ));
    }
    Ok(())
}

fn revoked(invitation: &Invitation) -> audit::Entry {
    let entry = audit::Entry::new("invitation.revoked")
        .subject(invitation.id)
        .detail("email", invitation.email.as_str());
    match invitation.offer.organization() {
        Some(organization) => entry.organization(organization),
        None => entry,
    }
}
