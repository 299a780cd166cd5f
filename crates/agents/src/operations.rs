//! The verbs of the vendor's administrators about the vendor's people.

use kernel::{EmailAddress, Error, InvitationId, Person, Staff, UserId};
use operation::{Call, Work, audit, outbox};
use organizations::{Invitation, MemberKind, operations as organizations_of};
use people::{StaffMember, model::checked_name};

use crate::{
    emails,
    model::{Loss, wrong_role},
};

/// Whom an administrator invites to be one of the vendor's people.
#[derive(Debug, Clone)]
pub struct InviteAgent {
    pub email: EmailAddress,
    /// May be empty: the person says how they are called.
    pub name: String,
    pub agent_level: Option<u8>,
    pub is_administrator: bool,
}

/// Everybody who has, or had, a role, by name, and the invitations that can still be accepted.
pub async fn list(call: &Call) -> Result<(Vec<StaffMember>, Vec<Invitation>), Error> {
    call.actor.administrator()?;
    let mut tx = call.read().await?;
    let staff = people::operations::list_staff(&mut tx).await?;
    let invitations = organizations_of::list_staff_invitations(&mut tx, call.now).await?;
    Ok((staff, invitations))
}

pub async fn get(call: &Call, id: UserId) -> Result<StaffMember, Error> {
    call.actor.administrator()?;
    let mut tx = call.read().await?;
    people::operations::find_staff(&mut tx, id).await?.ok_or(Error::NotFound)
}

/// The person behind `usr_…` or `ext:…` in a path, if they have, or had, a role.
pub async fn resolve(call: &Call, name: &str) -> Result<UserId, Error> {
    call.actor.administrator()?;
    let mut tx = call.read().await?;
    let user = people::operations::resolve(&mut tx, name).await?;
    people::operations::find_staff(&mut tx, user.id).await?.ok_or(Error::NotFound)?;
    Ok(user.id)
}

/// Mails a link that works once, for a day. An earlier one to the same address stops working.
pub async fn invite(call: &Call, invite: InviteAgent) -> Result<Invitation, Error> {
    call.actor.administrator()?;
    let mut wrong: Vec<_> =
        wrong_role(invite.agent_level, invite.is_administrator, true).into_iter().collect();
    if !invite.name.is_empty()
        && let Err(error) = checked_name("name", &invite.name)
    {
        wrong.push(error);
    }
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let mut work = call.begin().await?;
    still_administrator(call, &mut work).await?;
    if let Some(user) = people::operations::find_by_email(&mut work, &invite.email).await? {
        if people::operations::find_staff(&mut work, user.id).await?.is_some_and(|member| member.has_role()) {
            return Err(Error::invalid(
                "email",
                "already_staff",
                "This person has a role already. Change it instead.",
            ));
        }
        let places = organizations_of::memberships_of(&mut work, user.id, call.now).await?;
        if places.iter().any(|(place, _)| place.kind == MemberKind::Customer) {
            return Err(Error::invalid(
                "email",
                "person_is_customer",
                "This person belongs to a customer's organization, and cannot be one of the vendor's people as well.",
            ));
        }
    }
    let (level, administers) = (invite.agent_level, invite.is_administrator);
    let (invitation, link) =
        organizations_of::invite_staff(&mut work, invite.email, invite.name, level, administers).await?;
    let mail = emails::invitation(&mut work, &invitation, &link).await?;
    outbox::send(&mut work, mail).await?;
    work.commit(
        audit::Entry::new("agent.invited")
            .subject(invitation.id)
            .detail("email", invitation.email.as_str())
            .detail("agent_level", level)
            .detail("is_administrator", administers),
    )
    .await?;
    Ok(invitation)
}

pub async fn revoke_invitation(call: &Call, id: InvitationId) -> Result<(), Error> {
    call.actor.administrator()?;
    let mut work = call.begin().await?;
    let entry = organizations_of::revoke_staff_invitation(&mut work, id).await?;
    work.commit(entry).await
}

/// Changes what a person is to the vendor. Whoever is no agent any more loses every entry at once (A37).
pub async fn change(
    call: &Call,
    id: UserId,
    agent_level: Option<u8>,
    is_administrator: bool,
) -> Result<StaffMember, Error> {
    let by = call.actor.administrator()?;
    if let Some(error) = wrong_role(agent_level, is_administrator, false) {
        return Err(Error::Invalid(vec![error]));
    }
    let mut work = call.begin().await?;
    let administrators = people::operations::count_administrators_exclusively(&mut work).await?;
    still_administrator(call, &mut work).await?;
    let before = people::operations::find_staff(&mut work, id).await?.ok_or(Error::NotFound)?;
    let after = StaffMember { agent_level, is_administrator, ..before.clone() };
    if after.has_role() && !before.has_role() {
        return Err(Error::conflict(
            "no_role_left",
            "This person has no role any more. Invite them again: they have to agree.",
        ));
    }
    let loss = Loss::between(before.staff(), after.staff());
    if loss.of_administration {
        keep_one(administrators)?;
    }
    people::operations::set_staff(&mut work, id, agent_level, is_administrator).await?;
    let mut entries = vec![
        audit::Entry::new("agent.changed")
            .subject(id)
            .detail("name", before.user.name.clone())
            .detail("agent_level", agent_level)
            .detail("agent_level_before", before.agent_level)
            .detail("is_administrator", is_administrator)
            .detail("is_administrator_before", before.is_administrator),
    ];
    if loss.of_agency {
        entries.extend(end_entries(&mut work, id, by).await?);
    }
    work.commit_all(entries).await?;
    Ok(after)
}

/// Suspends a person: they are nobody to the vendor, are signed out everywhere, and every token that they hold ends, all
/// in one commit (A37).
pub async fn suspend(call: &Call, id: UserId) -> Result<StaffMember, Error> {
    let by = call.actor.administrator()?;
    let mut work = call.begin().await?;
    let administrators = people::operations::count_administrators_exclusively(&mut work).await?;
    still_administrator(call, &mut work).await?;
    let member = people::operations::find_staff(&mut work, id).await?.ok_or(Error::NotFound)?;
    if Loss::by_suspension(&member).of_administration {
        keep_one(administrators)?;
    }
    people::operations::suspend_staff(&mut work, id).await?;
    let mut entries =
        vec![audit::Entry::new("agent.suspended").subject(id).detail("name", member.user.name.clone())];
    entries.extend(end_entries(&mut work, id, by).await?);
    let ended = sessions::operations::end_all_of_user(&mut work, id, None, "suspended").await?;
    entries.extend(sessions::operations::endings(&ended));
    work.commit_all(entries).await?;
    Ok(StaffMember { suspended_at: Some(call.now), ..member })
}

/// Gives a suspended person their role back. What ended with the suspension stays ended.
pub async fn restore(call: &Call, id: UserId) -> Result<StaffMember, Error> {
    call.actor.administrator()?;
    let mut work = call.begin().await?;
    people::operations::count_administrators_exclusively(&mut work).await?;
    still_administrator(call, &mut work).await?;
    let member = people::operations::find_staff(&mut work, id).await?.ok_or(Error::NotFound)?;
    people::operations::restore_staff(&mut work, id).await?;
    work.commit(audit::Entry::new("agent.restored").subject(id).detail("name", member.user.name.clone()))
        .await?;
    Ok(StaffMember { suspended_at: None, ..member })
}

/// Ends the tokens that the agent holds and the sessions inside customers' accounts.
async fn end_entries(work: &mut Work, agent: UserId, by: &Person) -> Result<Vec<audit::Entry>, Error> {
    let by = (by.user, by.name.clone());
    let mut entries = support_tokens::operations::end_all_of_agent(work, agent, by).await?;
    // Of the tokens it is told already; what is left rests on temporary credentials or a partner's token.
    let ended = sessions::operations::end_acting_of_user(work, agent, "agent_removed").await?;
    entries.extend(sessions::operations::left(&ended));
    Ok(entries)
}

/// The caller's role was read when the request came in. Of two administrators who suspend each other, the second finds
/// here that they are none any more.
async fn still_administrator(call: &Call, work: &mut Work) -> Result<(), Error> {
    let user = call.actor.administrator()?.user;
    let now: Staff = people::operations::staff(work, user).await?;
    if now.is_administrator {
        Ok(())
    } else {
        Err(Error::forbidden("administrator_required", "Only the vendor's administrators can do this."))
    }
}

fn keep_one(administrators: i64) -> Result<(), Error> {
    if administrators > 1 {
        return Ok(());
    }
    Err(Error::conflict(
        "last_vendor_administrator",
        "The vendor would be left without an administrator. Make somebody else one first.",
    ))
}
