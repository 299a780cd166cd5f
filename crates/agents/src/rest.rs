//! The vendor's people for programs that act with an administrator's session.

use axum::response::Response;
use kernel::{Error, UserId};
use organizations::Invitation;
use people::{StaffMember, model::checked_email};
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;
use web::{
    Caller, Failure,
    rest::{Json, List, Path, Problem, Routes, created, rfc3339},
};

use crate::operations::{self, InviteAgent};

pub fn rest_routes() -> Routes {
    Routes::new()
        .routes(routes!(list, invite))
        .routes(routes!(change))
        .routes(routes!(suspend))
        .routes(routes!(restore))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AgentView {
    /// The person's id.
    #[schema(value_type = String)]
    id: UserId,
    name: String,
    email: String,
    /// 1, 2 or 3; null for whoever is no agent.
    agent_level: Option<u8>,
    is_administrator: bool,
    created_at: String,
    suspended_at: Option<String>,
}

impl From<StaffMember> for AgentView {
    fn from(member: StaffMember) -> Self {
        Self {
            id: member.user.id,
            name: member.user.name,
            email: member.user.email.to_string(),
            agent_level: member.agent_level,
            is_administrator: member.is_administrator,
            created_at: rfc3339(member.created_at),
            suspended_at: member.suspended_at.map(rfc3339),
        }
    }
}

/// The link is in the mail only.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AgentInvitationView {
    id: String,
    email: String,
    name: String,
    expires_at: String,
}

impl From<Invitation> for AgentInvitationView {
    fn from(invitation: Invitation) -> Self {
        Self {
            id: invitation.id.to_string(),
            email: invitation.email.to_string(),
            name: invitation.name,
            expires_at: rfc3339(invitation.expires_at),
        }
    }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct InviteAgentBody {
    email: String,
    #[serde(default)]
    name: String,
    /// 1, 2 or 3.
    #[serde(default)]
    agent_level: Option<u8>,
    #[serde(default)]
    is_administrator: bool,
}

/// The whole role, as it shall be.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct ChangeAgentBody {
    /// 1, 2 or 3; null: no agent any more, which ends every entry of theirs.
    agent_level: Option<u8>,
    is_administrator: bool,
}

#[utoipa::path(get, path = "/api/v1/agents", operation_id = "agents.list", tag = "agents",
    responses((status = 200, body = List<AgentView>), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn list(caller: Caller) -> Result<Json<List<AgentView>>, Failure> {
    let (staff, _) = operations::list(&caller).await?;
    Ok(Json(List::whole(staff.into_iter().map(AgentView::from).collect())))
}

/// Invites one of the vendor's people by e-mail.
#[utoipa::path(post, path = "/api/v1/agents", operation_id = "agents.invite", tag = "agents",
    request_body = InviteAgentBody,
    responses((status = 201, body = AgentInvitationView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 422, body = Problem)))]
async fn invite(caller: Caller, Json(body): Json<InviteAgentBody>) -> Result<Response, Failure> {
    let invite = InviteAgent {
        email: checked_email("email", &body.email).map_err(|error| Error::Invalid(vec![error]))?,
        name: body.name,
        agent_level: body.agent_level,
        is_administrator: body.is_administrator,
    };
    Ok(created(AgentInvitationView::from(operations::invite(&caller, invite).await?)))
}

#[utoipa::path(patch, path = "/api/v1/agents/{agent}", operation_id = "agents.change", tag = "agents",
    params(("agent" = String, Path, description = "`usr_…` or `ext:…`")), request_body = ChangeAgentBody,
    responses((status = 200, body = AgentView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn change(
    caller: Caller,
    Path(agent): Path<String>,
    Json(body): Json<ChangeAgentBody>,
) -> Result<Json<AgentView>, Failure> {
    let id = operations::resolve(&caller, &agent).await?;
    let changed = operations::change(&caller, id, body.agent_level, body.is_administrator).await?;
    Ok(Json(AgentView::from(changed)))
}

/// Ends every entry, token and session of theirs at once; the organizations are told.
#[utoipa::path(post, path = "/api/v1/agents/{agent}/suspend", operation_id = "agents.suspend", tag = "agents",
    params(("agent" = String, Path, description = "`usr_…` or `ext:…`")),
    responses((status = 200, body = AgentView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn suspend(caller: Caller, Path(agent): Path<String>) -> Result<Json<AgentView>, Failure> {
    let id = operations::resolve(&caller, &agent).await?;
    Ok(Json(AgentView::from(operations::suspend(&caller, id).await?)))
}

/// Gives the role back. What ended with the suspension stays ended.
#[utoipa::path(post, path = "/api/v1/agents/{agent}/restore", operation_id = "agents.restore", tag = "agents",
    params(("agent" = String, Path, description = "`usr_…` or `ext:…`")),
    responses((status = 200, body = AgentView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn restore(caller: Caller, Path(agent): Path<String>) -> Result<Json<AgentView>, Failure> {
    let id = operations::resolve(&caller, &agent).await?;
    Ok(Json(AgentView::from(operations::restore(&caller, id).await?)))
}
