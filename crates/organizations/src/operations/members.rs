//! The people of an organization: listed, changed, unlinked.

use kernel::{Error, MembershipId, OrganizationId, Timestamp, UserId};
use operation::{Call, Work, audit};
use store::Connection;

use super::{
    lookups::{require_member_manager, require_member_reader},
    managed,
};
use crate::{
    model::{Invitation, Member, MemberKind, Membership, Offer, Organization, Role, UserType, wrong_place},
    rows,
};

/// What of the members' list to show (B20).
#[derive(Debug, Clone, Copy, Default)]
pub struct MemberQuery<'a> {
    /// Part of a name or an address.
    pub search: &'a str,
    pub role: Option<Role>,
    pub kind: Option<MemberKind>,
    /// Only those with an end, or only those without.
    pub is_temporary: Option<bool>,
    pub sort: MemberSort,
    pub limit: i64,
    /// How many to pass over.
    pub offset: i64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MemberSort {
    #[default]
    Name,
    Email,
    Role,
    UserType,
    /// The latest first.
    LastAccess,
}

impl MemberSort {
    pub const ALL: [Self; 5] = [Self::Name, Self::Email, Self::Role, Self::UserType, Self::LastAccess];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Email => "email",
            Self::Role => "role",
            Self::UserType => "user_type",
            Self::LastAccess => "last_access",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.as_str() == text)
    }
}

/// What is left out stays as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChangeMember {
    pub role: Option<Role>,
    pub user_type: Option<UserType>,
    /// `Some(None)` takes the end away.
    pub ends_at: Option<Option<Timestamp>>,
}

/// A page of the members, and whether there are more.
pub async fn list_members(
    call: &Call,
    organization: OrganizationId,
    query: MemberQuery<'_>,
) -> Result<(Vec<Member>, bool), Error> {
    let mut tx = call.read().await?;
    require_member_reader(call, &mut tx, organization).await?;
    let pattern = rows::contains(query.search);
    let selection = rows::Selection {
        pattern: &pattern,
        role: query.role.map_or("", Role::as_str),
        kind: query.kind.map_or("", MemberKind::as_str),
        temporary: match query.is_temporary {
            Some(true) => "1",
            Some(false) => "0",
            None => "",
        },
        sort: query.sort.as_str(),
        limit: query.limit + 1,
        offset: query.offset,
    };
    let mut members = rows::list_members(&mut tx, organization, call.now, &selection).await?;
    let has_more = i64::try_from(members.len()).is_ok_and(|found| found > query.limit);
    if has_more {
        members.pop();
    }
    Ok((members, has_more))
}

pub async fn get_member(
    call: &Call,
    organization: OrganizationId,
    id: MembershipId,
) -> Result<(Organization, Member), Error> {
    let mut tx = call.read().await?;
    let organization = require_member_reader(call, &mut tx, organization).await?;
    let member = rows::find_member(&mut tx, organization.id, id, call.now).await?.ok_or(Error::NotFound)?;
    Ok((organization, member))
}

/// Changes role, user type or end of a member (A38, B19).
pub async fn change_member(
    call: &Call,
    organization: OrganizationId,
    id: MembershipId,
    change: ChangeMember,
) -> Result<Membership, Error> {
    let mut work = call.begin().await?;
    let (organization, by, member) = locked(call, &mut work, organization, id).await?;
    let before = member.membership;
    let user_type = change.user_type.unwrap_or(before.user_type);
    let is_managed = before.kind == MemberKind::Customer
        && managed::is_managed_type(&mut work, organization.id, user_type).await?;
    let after = Membership {
        role: change.role.unwrap_or(before.role),
        user_type,
        is_managed,
        ends_at: change.ends_at.unwrap_or(before.ends_at),
        ..before.clone()
    };
    let is_vendors = before.kind == MemberKind::VendorStaff;
    let wrong = wrong_place(after.kind, after.role, after.ends_at, is_vendors, call.now);
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    if by == before.user && before.ends_at.is_some() && after.ends_at != before.ends_at {
        return Err(Error::forbidden(
            "own_end",
            "Nobody can change the end of their own membership. Another administrator can.",
        ));
    }
    if after.is_managed && !before.is_managed {
        managed::require_domain(&mut work, organization.id, &member.email).await?;
    }
    if before.is_local_administrator() && !after.is_local_administrator() {
        keep_one(&mut work, &organization).await?;
    }
    if rows::save_membership(&mut work, id, after.role, after.user_type, after.ends_at, call.now).await? == 0
    {
        return Err(Error::NotFound);
    }
    if before.is_administrator() && !after.is_administrator() {
        rows::revoke_invitations_by(&mut work, organization.id, before.user, call.now).await?;
    }
    if after.is_administrator() && !before.is_administrator() {
        people::operations::ask_for_codes_again(&mut work, before.user).await?;
    }
    work.revokes(id);
    // Another user type can be under another level, and that counts in every organization (E12).
    work.revokes(before.user);
    work.commit(
        audit::Entry::new("member.changed")
            .organization(organization.id)
            .subject(id)
            .detail("user", before.user.to_string())
            .detail("name", member.name)
            .detail("role", after.role.as_str())
            .detail("role_before", before.role.as_str())
            .detail("user_type", after.user_type.as_str())
            .detail("ends_at", after.ends_at.map(Timestamp::as_seconds))
            .detail("ends_at_before", before.ends_at.map(Timestamp::as_seconds)),
    )
    .await?;
    Ok(after)
}

/// Takes a person out of the organization; the person stays (B20). Their sessions there end in the same commit, and
/// with an administrator fall the invitations that are on the way in their name.
pub async fn unlink(call: &Call, organization: OrganizationId, id: MembershipId) -> Result<(), Error> {
    let mut work = call.begin().await?;
    let (organization, by, member) = locked(call, &mut work, organization, id).await?;
    if member.membership.is_local_administrator() {
        keep_one(&mut work, &organization).await?;
    }
    let entries = end(&mut work, &member, call.now, Some(by), "unlinked").await?;
    work.commit_all(entries).await
}

/// The vendor's people who are members for a time (A6), for whoever was asked already whether they may look.
pub async fn vendor_staff(
    tx: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Vec<Member>, Error> {
    rows::vendor_staff(tx, organization, now).await
}

/// Invitations of the vendor's people that nobody has accepted yet: each would let one in.
pub async fn vendor_staff_invitations(
    tx: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<Vec<Invitation>, Error> {
    let mut open = rows::open_invitations(tx, organization, now).await?;
    open.retain(|invitation| {
        matches!(invitation.offer, Offer::Membership { kind: MemberKind::VendorStaff, .. })
    });
    Ok(open)
}

/// Takes all of them out, and withdraws what invites more of them, as a part of something larger that whoever does it may do.
/// The entries are for its commit.
pub async fn unlink_vendor_staff(
    work: &mut Work,
    organization: OrganizationId,
    by: UserId,
) -> Result<Vec<audit::Entry>, Error> {
    let now = work.call().now;
    let mut entries = Vec::new();
    for member in vendor_staff(work, organization, now).await? {
        match end(work, &member, now, Some(by), "unlinked").await {
            Ok(ended) => entries.extend(ended),
            // It has ended meanwhile.
            Err(Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    for invitation in vendor_staff_invitations(work, organization, now).await? {
        rows::revoke_invitation(work, invitation.id, now).await?;
        entries.push(
            audit::Entry::new("invitation.revoked")
                .organization(organization)
                .subject(invitation.id)
                .detail("email", invitation.email.as_str()),
        );
    }
    Ok(entries)
}

/// The caller, an administrator, and the member, while nobody else changes the organization's people.
async fn locked(
    call: &Call,
    work: &mut Work,
    organization: OrganizationId,
    id: MembershipId,
) -> Result<(Organization, UserId, Member), Error> {
    let is_there = rows::lock(work, organization).await?;
    let (organization, by) = require_member_manager(call, work, organization).await?;
    if !is_there {
        return Err(Error::NotFound);
    }
    let member = rows::find_member(work, organization.id, id, call.now).await?.ok_or(Error::NotFound)?;
    Ok((organization, by.user, member))
}

/// A41. The lock is held, so that of two who demote each other one finds nobody left beside.
async fn keep_one(work: &mut Work, organization: &Organization) -> Result<(), Error> {
    if rows::count_lasting_administrators(work, organization.id).await? > 1 {
        return Ok(());
    }
    Err(Error::conflict(
        "last_administrator",
        format!(
            "{} would be left without an administrator of its own. Make somebody else an administrator without an end first.",
            organization.name
        ),
    ))
}

/// Ends a membership, and all that its person could do on the strength of it: here, and for clients of this organization
/// (B16). The entries are for the commit.
pub(super) async fn end(
    work: &mut Work,
    member: &Member,
    at: Timestamp,
    by: Option<UserId>,
    how: &'static str,
) -> Result<Vec<audit::Entry>, Error> {
    let membership = &member.membership;
    if rows::end_membership(work, membership.id, at, by).await? == 0 {
        return Err(Error::NotFound);
    }
    let now = work.call().now;
    rows::revoke_invitations_by(work, membership.organization, membership.user, now).await?;
    let ended = sessions::operations::end_all_of_membership(
        work,
        membership.user,
        membership.organization,
        "unlinked",
    )
    .await?;
    work.revokes(membership.id);
    // What they may do elsewhere can rest on being one of this organization's people (B16).
    work.revokes(membership.user);
    let unlinked = audit::Entry::new("member.unlinked")
        .organization(member.membership.organization)
        .subject(member.membership.id)
        .detail("user", member.membership.user.to_string())
        .detail("name", member.name.clone())
        .detail("email", member.email.as_str())
        .detail("how", how);
    Ok(std::iter::once(unlinked).chain(sessions::operations::left(&ended)).collect())
}
