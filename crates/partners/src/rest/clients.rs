//! *My Clients*, for the partner's people.

use axum::response::{IntoResponse, Response};
use grants::State;
use http::StatusCode;
use kernel::{ApplicationId, Error, GrantId, MembershipId};
use serde::{Deserialize, Serialize};
use web::{
    Caller, Failure,
    rest::{Json, List, PageQuery, Path, Problem, Query, created},
};

use super::shapes::{ClientBody, DetailsBody, TokenBody, offset};
use crate::{
    model::{Act, ClientQuery},
    operations,
};

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct ClientsQuery {
    /// Part of the name of a client or, for the partner's administrators, of one of its people.
    search: String,
    /// `pending`, `active`, `disabled`, `expired` or `revoked`.
    state: Option<String>,
    /// An end or a review within so many days.
    ending_within_days: Option<u16>,
    /// Active, and nobody has entered for 90 days.
    unused: bool,
    /// The place of one of the partner's people: only those that they may enter.
    member: Option<String>,
}

/// The partner's clients: all of them for its administrators, for everybody else those that they are authorized for.
#[utoipa::path(get, path = "/api/v1/organizations/{organization}/clients", operation_id = "clients.list", tag = "clients",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`"), ClientsQuery, PageQuery),
    responses((status = 200, body = List<ClientBody>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn list(
    caller: Caller,
    Path(name): Path<String>,
    Query(query): Query<ClientsQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<ClientBody>>, Failure> {
    let id = organizations::operations::resolve_for(&caller, &name).await?;
    let state = query.state.as_deref().filter(|state| !state.is_empty()).map(|text| {
        State::ALL.into_iter().find(|state| state.as_str() == text).ok_or_else(|| {
            Error::invalid("state", "not_a_choice", "Choose one of the states that the description lists.")
        })
    });
    let user = query.member.as_deref().filter(|member| !member.is_empty()).map(str::parse).transpose();
    let (limit, offset) = (page.limit(), offset(page.page_token.as_deref())?);
    let asked = ClientQuery {
        search: query.search,
        state: state.transpose()?,
        ending_within: query.ending_within_days.map(i64::from),
        is_unused: query.unused,
        user: user.map_err(|_| Error::NotFound)?,
        limit,
        offset,
    };
    let found = operations::clients(&caller, id, asked).await?;
    let next = found.has_more.then(|| (offset + limit).to_string());
    let clients = found.clients.into_iter().map(|client| ClientBody::new(client, caller.now)).collect();
    Ok(Json(List::new(clients, next)))
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = ClientAdd)]
pub struct AddBody {
    /// Whom the token is meant for; a note for the partner's own list.
    label: String,
}

/// A token to hand to a client.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ClientAdded)]
pub struct AddedBody {
    #[serde(flatten)]
    added: TokenBody,
    /// What the client pastes. By itself it opens nothing.
    value: String,
}

/// Adds a token. It is pending until a client completes it.
#[utoipa::path(post, path = "/api/v1/organizations/{organization}/clients", operation_id = "clients.add", tag = "clients",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`")), request_body = AddBody,
    responses((status = 201, body = AddedBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn add(
    caller: Caller,
    Path(name): Path<String>,
    Json(body): Json<AddBody>,
) -> Result<Response, Failure> {
    let id = organizations::operations::resolve_for(&caller, &name).await?;
    let token = operations::add(&caller, id, &body.label).await?;
    let value = operations::shown_token(&caller, token.id()).await?;
    Ok(created(AddedBody { added: TokenBody::new(token, caller.now), value }))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = ClientsMany)]
pub struct ManyBody {
    /// `authorize`, `revoke`, `disable`, `activate` or `delete`.
    r#do: String,
    /// 1 to 1000 ids of tokens.
    #[schema(value_type = Vec<String>)]
    clients: Vec<GrantId>,
    /// The place of one of the partner's people; for `authorize` and `revoke`.
    #[schema(value_type = Option<String>)]
    member: Option<MembershipId>,
    /// Keys; for `authorize`.
    #[serde(default)]
    permissions: Vec<String>,
}

/// What became of it for one client.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ClientOutcome)]
pub struct OutcomeBody {
    #[schema(value_type = String)]
    id: GrantId,
    name: String,
    is_done: bool,
    /// Why not.
    code: Option<&'static str>,
    detail: Option<String>,
}

/// One thing for many clients, in one commit, with a result for each. An id that is not the partner's stops all of it.
#[utoipa::path(post, path = "/api/v1/organizations/{organization}/clients/many", operation_id = "clients.many",
    tag = "clients", params(("organization" = String, Path, description = "`grp_…` or `ext:…`")), request_body = ManyBody,
    responses((status = 200, body = List<OutcomeBody>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn many(
    caller: Caller,
    Path(name): Path<String>,
    Json(body): Json<ManyBody>,
) -> Result<Json<List<OutcomeBody>>, Failure> {
    let id = organizations::operations::resolve_for(&caller, &name).await?;
    let needs =
        || body.member.ok_or_else(|| Error::invalid("member", "required", "Choose one of your people."));
    let act = match body.r#do.as_str() {
        "authorize" => Act::Authorize { member: needs()?, permissions: body.permissions.clone() },
        "revoke" => Act::Revoke { member: needs()? },
        "disable" => Act::Disable,
        "activate" => Act::Activate,
        "delete" => Act::Delete,
        _ => {
            let sentence = "Choose one of authorize, revoke, disable, activate and delete.";
            return Err(Error::invalid("do", "not_a_choice", sentence).into());
        }
    };
    let outcomes = operations::many(&caller, id, &act, &body.clients).await?;
    let bodies = outcomes.into_iter().map(|outcome| {
        let (code, detail) = outcome.refused.unzip();
        OutcomeBody { id: outcome.grant, name: outcome.name, is_done: code.is_none(), code, detail }
    });
    Ok(Json(List::whole(bodies.collect())))
}

/// One of the partner's own people.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ClientColleague)]
pub struct ColleagueBody {
    #[schema(value_type = String)]
    member: MembershipId,
    name: String,
    email: String,
}

/// Whom the partner's administrators can authorize.
#[utoipa::path(get, path = "/api/v1/organizations/{organization}/clients/users", operation_id = "clients.colleagues",
    tag = "clients", params(("organization" = String, Path, description = "`grp_…` or `ext:…`")),
    responses((status = 200, body = List<ColleagueBody>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub async fn colleagues(
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<List<ColleagueBody>>, Failure> {
    let id = organizations::operations::resolve_for(&caller, &name).await?;
    let all = operations::colleagues(&caller, id).await?;
    let body = all.into_iter().map(|one| ColleagueBody {
        member: one.membership,
        name: one.name,
        email: one.email.to_string(),
    });
    Ok(Json(List::whole(body.collect())))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ClientsRevoked)]
pub struct RevokedBody {
    /// For how many clients something was taken away.
    clients: usize,
}

/// Takes away what one person may do for every client, as for somebody who leaves.
#[utoipa::path(delete, path = "/api/v1/organizations/{organization}/clients/users/{member}",
    operation_id = "clients.revoke_everywhere", tag = "clients",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`"), ("member" = String, Path)),
    responses((status = 200, body = RevokedBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub async fn revoke_everywhere(
    caller: Caller,
    Path((name, member)): Path<(String, MembershipId)>,
) -> Result<Json<RevokedBody>, Failure> {
    let id = organizations::operations::resolve_for(&caller, &name).await?;
    Ok(Json(RevokedBody { clients: operations::revoke_everywhere(&caller, id, member).await? }))
}

/// One client: the token and its state, what was given, who may enter. For whoever is no administrator, themselves only.
#[utoipa::path(get, path = "/api/v1/clients/{grant}", operation_id = "clients.get", tag = "clients",
    params(("grant" = String, Path)),
    responses((status = 200, body = DetailsBody), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn get(caller: Caller, Path(id): Path<GrantId>) -> Result<Json<DetailsBody>, Failure> {
    Ok(Json(DetailsBody::new(operations::as_partner(&caller, id).await?, caller.now)))
}

/// What the client pastes, again; for the partner's administrators.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ClientTokenValue)]
pub struct ValueBody {
    value: String,
}

#[utoipa::path(post, path = "/api/v1/clients/{grant}/token", operation_id = "clients.show_token", tag = "clients",
    params(("grant" = String, Path)),
    responses((status = 200, body = ValueBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub async fn show_token(caller: Caller, Path(id): Path<GrantId>) -> Result<Json<ValueBody>, Failure> {
    Ok(Json(ValueBody { value: operations::shown_token(&caller, id).await? }))
}

/// Ends the token for good. It leaves the list and stays in the history.
#[utoipa::path(delete, path = "/api/v1/clients/{grant}", operation_id = "clients.delete", tag = "clients",
    params(("grant" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn delete(caller: Caller, Path(id): Path<GrantId>) -> Result<Response, Failure> {
    operations::delete(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Shuts out all of the partner's people at once.
#[utoipa::path(post, path = "/api/v1/clients/{grant}/disable", operation_id = "clients.disable", tag = "clients",
    params(("grant" = String, Path)),
    responses((status = 200, body = TokenBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn disable(caller: Caller, Path(id): Path<GrantId>) -> Result<Json<TokenBody>, Failure> {
    Ok(Json(TokenBody::new(operations::disable(&caller, id).await?, caller.now)))
}

/// Lets the same people in again, as far as before.
#[utoipa::path(post, path = "/api/v1/clients/{grant}/activate", operation_id = "clients.activate", tag = "clients",
    params(("grant" = String, Path)),
    responses((status = 200, body = TokenBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn activate(caller: Caller, Path(id): Path<GrantId>) -> Result<Json<TokenBody>, Failure> {
    Ok(Json(TokenBody::new(operations::activate(&caller, id).await?, caller.now)))
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[schema(as = ClientEnter)]
pub struct EnterBody {
    /// Needed if there are several products.
    #[schema(value_type = Option<String>)]
    application: Option<ApplicationId>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ClientWay)]
pub struct WayBody {
    #[schema(value_type = String)]
    application: ApplicationId,
    /// To be opened by the person's browser: good once, for a minute, and only while they are signed in.
    url: String,
}

/// Goes into the client's account, by a session of its own.
#[utoipa::path(post, path = "/api/v1/clients/{grant}/enter", operation_id = "clients.enter", tag = "clients",
    params(("grant" = String, Path)), request_body = EnterBody,
    responses((status = 201, body = WayBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn enter(
    caller: Caller,
    Path(id): Path<GrantId>,
    Json(body): Json<EnterBody>,
) -> Result<Response, Failure> {
    let way = operations::enter(&caller, id, body.application).await?;
    Ok(created(WayBody { application: way.application, url: way.url }))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = ClientAuthorizeUsers)]
pub struct AuthorizeBody {
    /// Places in the partner's organization.
    #[schema(value_type = Vec<String>)]
    members: Vec<MembershipId>,
    /// Keys, within what the client gave.
    permissions: Vec<String>,
}

/// Lets some of the partner's own people in, all of them or none.
#[utoipa::path(post, path = "/api/v1/clients/{grant}/users", operation_id = "clients.authorize_users", tag = "clients",
    params(("grant" = String, Path)), request_body = AuthorizeBody,
    responses((status = 200, body = DetailsBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn authorize_users(
    caller: Caller,
    Path(id): Path<GrantId>,
    Json(body): Json<AuthorizeBody>,
) -> Result<Json<DetailsBody>, Failure> {
    operations::authorize_users(&caller, id, &body.members, &body.permissions).await?;
    get(caller, Path(id)).await
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = ClientChangeUser)]
pub struct ChangeUserBody {
    /// Keys, within what the client gave.
    permissions: Vec<String>,
}

/// Changes how far one person may go.
#[utoipa::path(patch, path = "/api/v1/clients/{grant}/users/{member}", operation_id = "clients.change_user",
    tag = "clients", params(("grant" = String, Path), ("member" = String, Path)), request_body = ChangeUserBody,
    responses((status = 200, body = DetailsBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn change_user(
    caller: Caller,
    Path((id, member)): Path<(GrantId, MembershipId)>,
    Json(body): Json<ChangeUserBody>,
) -> Result<Json<DetailsBody>, Failure> {
    operations::change_user(&caller, id, member, &body.permissions).await?;
    get(caller, Path(id)).await
}

/// Takes away what one person may do for this client.
#[utoipa::path(delete, path = "/api/v1/clients/{grant}/users/{member}", operation_id = "clients.revoke_user",
    tag = "clients", params(("grant" = String, Path), ("member" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn revoke_user(
    caller: Caller,
    Path((id, member)): Path<(GrantId, MembershipId)>,
) -> Result<Response, Failure> {
    operations::revoke_user(&caller, id, member).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
