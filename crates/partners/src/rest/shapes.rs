//! The JSON of tokens, permissions and people.

use kernel::{Error, GrantId, MembershipId, Timestamp};
use serde::Serialize;
use web::rest::rfc3339;

use crate::{
    model::{Client, PartnerUser, Permission, Token},
    operations::Details,
};

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PartnerParty)]
pub struct PartyBody {
    id: String,
    name: String,
}

/// One thing that a client can allow a partner.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Permission)]
pub struct PermissionBody {
    /// As the product is told it.
    key: String,
    name: String,
    explanation: String,
    position: i64,
}

impl From<Permission> for PermissionBody {
    fn from(permission: Permission) -> Self {
        Self {
            key: permission.key,
            name: permission.name,
            explanation: permission.explanation,
            position: permission.position,
        }
    }
}

/// One of the partner's people who was authorized. The client is told of those who can enter.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PartnerUser)]
pub struct UserBody {
    /// The place in the partner's organization.
    #[schema(value_type = String)]
    member: MembershipId,
    user: PartyBody,
    email: String,
    /// Keys; as far as the client still gives them. With none, the person cannot enter.
    permissions: Vec<String>,
    authorized_at: String,
    last_used_at: Option<String>,
}

impl From<PartnerUser> for UserBody {
    fn from(user: PartnerUser) -> Self {
        Self {
            member: user.membership,
            user: PartyBody { id: user.user.to_string(), name: user.name },
            email: user.email.to_string(),
            permissions: user.permissions.into_iter().map(|permission| permission.key).collect(),
            authorized_at: rfc3339(user.authorized_at),
            last_used_at: user.last_used_at.map(rfc3339),
        }
    }
}

/// A partner's token and what became of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PartnerToken)]
pub struct TokenBody {
    #[schema(value_type = String, example = "gr_01jq8v5m8xe5ra0w3v1c2n4k6t")]
    id: GrantId,
    /// `pending`, `active`, `disabled`, `expired` or `revoked`.
    state: &'static str,
    partner: PartyBody,
    /// Null until a client completes it.
    client: Option<PartyBody>,
    /// Whom the partner means it for; may be empty.
    label: String,
    created_at: String,
    created_by: String,
    /// Pending until then at the latest.
    answer_by: String,
    authorized_at: Option<String>,
    authorized_by: Option<String>,
    /// `read_only` or `write`.
    mode: &'static str,
    /// Null: until somebody ends it.
    ends_at: Option<String>,
    review_at: Option<String>,
    last_used_at: Option<String>,
    ended_at: Option<String>,
    /// `customer`, `partner`, `vendor` or `expired`; null while it is live.
    ended_how: Option<&'static str>,
}

impl TokenBody {
    pub fn new(token: Token, now: Timestamp) -> Self {
        let state = token.state(now).as_str();
        let over_at = token.grant.over_at(now);
        let grant = token.grant;
        let how = grant.ended.as_ref().map_or("expired", |ended| ended.how.as_str());
        Self {
            id: grant.id,
            state,
            partner: PartyBody { id: token.partner.to_string(), name: token.partner_name },
            client: grant
                .organization
                .map(|id| PartyBody { id: id.to_string(), name: token.client_name.unwrap_or_default() }),
            label: token.label,
            created_at: rfc3339(grant.created_at),
            created_by: token.made_by,
            answer_by: rfc3339(grant.answer_by),
            authorized_at: grant.activated_at.map(rfc3339),
            authorized_by: token.authorized_by,
            mode: grant.mode.as_str(),
            ends_at: grant.ends_at.map(rfc3339),
            review_at: token.review_at.map(rfc3339),
            last_used_at: token.last_used_at.map(rfc3339),
            ended_at: over_at.map(rfc3339),
            ended_how: over_at.map(|_| how),
        }
    }
}

/// The same with what was given and who can enter.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PartnerTokenDetails)]
pub struct DetailsBody {
    #[serde(flatten)]
    token: TokenBody,
    /// What the client gave.
    permissions: Vec<PermissionBody>,
    users: Vec<UserBody>,
}

impl DetailsBody {
    pub fn new(details: Details, now: Timestamp) -> Self {
        Self {
            token: TokenBody::new(details.token, now),
            permissions: details.permissions.into_iter().map(Into::into).collect(),
            users: details.users.into_iter().map(Into::into).collect(),
        }
    }
}

/// A line of the list of clients.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PartnerClient)]
pub struct ClientBody {
    #[serde(flatten)]
    token: TokenBody,
    /// The names of what the client gave.
    permissions: Vec<String>,
    /// The first few of the people who can enter, by name.
    users: Vec<String>,
    user_count: i64,
}

impl ClientBody {
    pub fn new(client: Client, now: Timestamp) -> Self {
        Self {
            token: TokenBody::new(client.token, now),
            permissions: client.permissions,
            users: client.users,
            user_count: client.user_count,
        }
    }
}

/// The value of `page_token`: how many to pass over.
pub fn offset(token: Option<&str>) -> Result<i64, Error> {
    match token {
        None | Some("") => Ok(0),
        Some(token) => token.parse::<u32>().map(i64::from).map_err(|_| {
            Error::invalid("page_token", "not_a_page_token", "Send the next_token of the page before.")
        }),
    }
}
