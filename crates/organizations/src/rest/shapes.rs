//! The JSON of organizations, members and invitations.

#![expect(
    clippy::option_option,
    reason = "a change tells null, which takes the end away, from a field that is left out"
)]

use kernel::{Error, InvitationId, MembershipId, OrganizationId, UserId};
use serde::{Deserialize, Deserializer, Serialize};
use web::rest::rfc3339;

use crate::{
    model::{Invitation, Member, Membership, Offer, Organization},
    operations::OrganizationSummary,
};

/// One of a closed list of words.
pub(crate) fn word<T>(
    field: &'static str,
    text: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, Error> {
    parse(text).ok_or_else(|| {
        Error::invalid(field, "not_a_choice", "Choose one of the values that the description lists.")
    })
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct OrganizationView {
    #[schema(value_type = String)]
    id: OrganizationId,
    name: String,
    external_id: Option<String>,
    companies: i64,
    /// The organization's own limit, if it set one.
    longest_validity_seconds: Option<i64>,
    /// `members` or `administrators`.
    who_may_open: &'static str,
    /// Whether the vendor's product may open on a member's word.
    backend_may_open: bool,
    /// Whether the vendor registered it as a partner: its people may work for clients.
    is_partner: bool,
    /// Whether the vendor registered it as a client: it may let partners in.
    is_client: bool,
    created_at: String,
    /// How many people belong to it; left out where it was not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<i64>,
    /// The caller's own role in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
}

impl OrganizationView {
    pub(crate) fn new(organization: Organization) -> Self {
        Self {
            id: organization.id,
            name: organization.name,
            external_id: organization.external_id,
            companies: organization.companies,
            longest_validity_seconds: organization.longest_validity.map(kernel::Duration::as_seconds),
            who_may_open: organization.who_may_open.as_str(),
            backend_may_open: organization.backend_may_open_at.is_some(),
            is_partner: organization.partner_since.is_some(),
            is_client: organization.client_since.is_some(),
            created_at: rfc3339(organization.created_at),
            members: None,
            role: None,
        }
    }
}

impl From<OrganizationSummary> for OrganizationView {
    fn from(summary: OrganizationSummary) -> Self {
        Self {
            members: Some(summary.members),
            role: summary.place.map(|place| place.role.as_str()),
            ..Self::new(summary.organization)
        }
    }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct CreateBody {
    pub name: String,
    /// How your own backend calls it; then `ext:…` names it in paths.
    #[serde(default)]
    pub external_id: Option<String>,
    #[serde(default)]
    pub companies: i64,
    /// Who gets the invitation to be the first administrator.
    pub administrator_email: String,
    #[serde(default)]
    pub administrator_name: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Created {
    pub organization: OrganizationView,
    pub invitation: InvitationView,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct ChangeBody {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub companies: Option<i64>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct SettingsBody {
    /// Null: as long as the vendor allows.
    pub longest_validity_seconds: Option<i64>,
    /// `members` or `administrators`.
    pub who_may_open: String,
    pub backend_may_open: bool,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct MemberView {
    #[schema(value_type = String)]
    id: MembershipId,
    #[schema(value_type = String)]
    user_id: UserId,
    /// Left out in the answer to a change.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    /// `administrator` or `member`.
    role: &'static str,
    /// `customer` or `vendor_staff`.
    kind: &'static str,
    /// `practitioner`, `administrator_client`, `standard_client`, `employee` or empty.
    user_type: &'static str,
    created_at: String,
    /// A temporary user's end.
    ends_at: Option<String>,
    last_access_at: Option<String>,
}

impl From<Membership> for MemberView {
    fn from(membership: Membership) -> Self {
        Self {
            id: membership.id,
            user_id: membership.user,
            name: None,
            email: None,
            external_id: None,
            role: membership.role.as_str(),
            kind: membership.kind.as_str(),
            user_type: membership.user_type.as_str(),
            created_at: rfc3339(membership.created_at),
            ends_at: membership.ends_at.map(rfc3339),
            last_access_at: membership.last_access_at.map(rfc3339),
        }
    }
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        Self {
            name: Some(member.name),
            email: Some(member.email.to_string()),
            external_id: member.external_id,
            ..Self::from(member.membership)
        }
    }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct ChangeMemberBody {
    #[serde(default)]
    pub role: Option<String>,
    #[serde(default)]
    pub user_type: Option<String>,
    /// RFC 3339, or null for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub ends_at: Option<Option<String>>,
}

/// Tells null from left out.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct InviteBody {
    pub email: String,
    #[serde(default)]
    pub name: String,
    /// `administrator` or `member`.
    pub role: String,
    /// `customer` if left out, or `vendor_staff`, which needs `ends_at`.
    #[serde(default)]
    pub kind: Option<String>,
    /// `practitioner`, `administrator_client`, `standard_client`, `employee` or empty.
    #[serde(default)]
    pub user_type: String,
    /// RFC 3339: when the membership ends by itself.
    #[serde(default)]
    pub ends_at: Option<String>,
}

/// An invitation. Its link is in the mail only.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct InvitationView {
    #[schema(value_type = String)]
    id: InvitationId,
    #[schema(value_type = Option<String>)]
    organization_id: Option<OrganizationId>,
    email: String,
    name: String,
    role: &'static str,
    kind: &'static str,
    user_type: &'static str,
    membership_ends_at: Option<String>,
    created_at: String,
    expires_at: String,
}

impl From<Invitation> for InvitationView {
    fn from(invitation: Invitation) -> Self {
        let (role, kind, user_type, ends_at) = match invitation.offer {
            Offer::Membership { role, kind, user_type, ends_at, .. } => {
                (role.as_str(), kind.as_str(), user_type.as_str(), ends_at)
            }
            Offer::Staff { is_administrator: true, .. } => ("vendor_administrator", "staff", "", None),
            Offer::Staff { .. } => ("agent", "staff", "", None),
        };
        Self {
            id: invitation.id,
            organization_id: invitation.offer.organization(),
            email: invitation.email.to_string(),
            name: invitation.name,
            role,
            kind,
            user_type,
            membership_ends_at: ends_at.map(rfc3339),
            created_at: rfc3339(invitation.created_at),
            expires_at: rfc3339(invitation.expires_at),
        }
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
pub(crate) struct AcceptBody {
    /// What follows `/invitations/` in the link.
    pub token: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub password: Option<String>,
    #[serde(default)]
    pub language: Option<String>,
    #[serde(default)]
    pub time_zone: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Accepted {
    #[schema(value_type = String)]
    pub user_id: UserId,
    #[schema(value_type = Option<String>)]
    pub organization_id: Option<OrganizationId>,
}
