//! What the vendor keeps: who is a partner and a client, what is on offer, what a product asks for.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use kernel::{ApplicationId, OrganizationId};
use serde::{Deserialize, Serialize};
use web::{
    Caller, Failure,
    rest::{Json, List, PageQuery, Path, Problem, Query, created, rfc3339},
};

use super::shapes::{PermissionBody, offset};
use crate::{model::Rule, operations};

/// An organization that the vendor registered, with numbers and nobody's name.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = RegisteredOrganization)]
pub struct RegisteredBody {
    #[schema(value_type = String)]
    id: OrganizationId,
    name: String,
    partner_since: Option<String>,
    client_since: Option<String>,
    /// How many clients it has, as a partner.
    clients: i64,
    /// How many partners it lets in, as a client.
    partners: i64,
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct RegisteredQuery {
    /// Part of a name.
    search: String,
}

#[utoipa::path(get, path = "/api/v1/registrations", operation_id = "registrations.list", tag = "registrations",
    params(RegisteredQuery, PageQuery),
    responses((status = 200, body = List<RegisteredBody>), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub async fn list(
    caller: Caller,
    Query(query): Query<RegisteredQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<RegisteredBody>>, Failure> {
    let (limit, offset) = (page.limit(), offset(page.page_token.as_deref())?);
    let (found, has_more) = operations::registered(&caller, &query.search, limit, offset).await?;
    let body = found.into_iter().map(|one| RegisteredBody {
        id: one.id,
        name: one.name,
        partner_since: one.partner_since.map(rfc3339),
        client_since: one.client_since.map(rfc3339),
        clients: one.clients,
        partners: one.partners,
    });
    Ok(Json(List::new(body.collect(), has_more.then(|| (offset + limit).to_string()))))
}

#[derive(Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[schema(as = Registration)]
pub struct RegistrationBody {
    /// Its people may work for clients.
    is_partner: bool,
    /// It may let partners in.
    is_client: bool,
}

/// Registers an organization as a partner, as a client, as both or as neither. What is taken back ends what rests on it.
#[utoipa::path(put, path = "/api/v1/organizations/{organization}/registration", operation_id = "registrations.change",
    tag = "registrations", params(("organization" = String, Path, description = "`grp_…` or `ext:…`")),
    request_body = RegistrationBody,
    responses((status = 200, body = RegistrationBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub async fn register(
    caller: Caller,
    Path(name): Path<String>,
    Json(body): Json<RegistrationBody>,
) -> Result<Json<RegistrationBody>, Failure> {
    caller.actor.administrator()?;
    let id = organizations::operations::resolve_for(&caller, &name).await?;
    let after = operations::register(&caller, id, body.is_partner, body.is_client).await?;
    Ok(Json(RegistrationBody {
        is_partner: after.partner_since.is_some(),
        is_client: after.client_since.is_some(),
    }))
}

/// What clients can allow partners.
#[utoipa::path(get, path = "/api/v1/permissions", operation_id = "permissions.list", tag = "permissions",
    responses((status = 200, body = List<PermissionBody>), (status = 401, body = Problem)))]
pub async fn list_permissions(caller: Caller) -> Result<Json<List<PermissionBody>>, Failure> {
    let all = operations::permissions(&caller).await?;
    Ok(Json(List::whole(all.into_iter().map(Into::into).collect())))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = PermissionCreate)]
pub struct AddPermissionBody {
    /// Small letters, digits and underscores; it never changes.
    key: String,
    name: String,
    explanation: String,
    /// Its place in lists; 100 if not given.
    position: Option<i64>,
}

#[utoipa::path(post, path = "/api/v1/permissions", operation_id = "permissions.create", tag = "permissions",
    request_body = AddPermissionBody,
    responses((status = 201, body = PermissionBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn add_permission(
    caller: Caller,
    Json(body): Json<AddPermissionBody>,
) -> Result<Response, Failure> {
    let position = body.position.unwrap_or(100);
    let added =
        operations::add_permission(&caller, &body.key, &body.name, &body.explanation, position).await?;
    Ok(created(PermissionBody::from(added)))
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = PermissionChange)]
pub struct ChangePermissionBody {
    name: Option<String>,
    explanation: Option<String>,
    position: Option<i64>,
}

#[utoipa::path(patch, path = "/api/v1/permissions/{permission}", operation_id = "permissions.change", tag = "permissions",
    params(("permission" = String, Path, description = "The key")), request_body = ChangePermissionBody,
    responses((status = 200, body = PermissionBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn change_permission(
    caller: Caller,
    Path(key): Path<String>,
    Json(body): Json<ChangePermissionBody>,
) -> Result<Json<PermissionBody>, Failure> {
    let changed = operations::change_permission(
        &caller,
        &key,
        body.name.as_deref(),
        body.explanation.as_deref(),
        body.position,
    );
    Ok(Json(changed.await?.into()))
}

/// Takes a permission off the offer and from everybody who has it, at once.
#[utoipa::path(delete, path = "/api/v1/permissions/{permission}", operation_id = "permissions.remove", tag = "permissions",
    params(("permission" = String, Path, description = "The key")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn remove_permission(caller: Caller, Path(key): Path<String>) -> Result<Response, Failure> {
    operations::remove_permission(&caller, &key).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Requests of partners' people like these need this permission.
#[derive(Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[schema(as = ApplicationRule)]
pub struct RuleBody {
    /// `any`, `changes` (everything but GET, HEAD and OPTIONS), `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    method: String,
    /// How the path begins.
    path: String,
    /// The key of a permission.
    permission: String,
}

impl From<Rule> for RuleBody {
    fn from(rule: Rule) -> Self {
        Self { method: rule.method.as_str().to_owned(), path: rule.path, permission: rule.permission }
    }
}

#[utoipa::path(get, path = "/api/v1/applications/{application}/rules", operation_id = "applications.list_rules",
    tag = "applications", params(("application" = String, Path)),
    responses((status = 200, body = List<RuleBody>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub async fn list_rules(
    caller: Caller,
    Path(id): Path<ApplicationId>,
) -> Result<Json<List<RuleBody>>, Failure> {
    let rules = operations::rules(&caller, id).await?;
    Ok(Json(List::whole(rules.into_iter().map(Into::into).collect())))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = ApplicationRules)]
pub struct RulesBody {
    /// All of them, at most 100.
    rules: Vec<RuleBody>,
}

/// Replaces the rules of an application, from the next request on.
#[utoipa::path(put, path = "/api/v1/applications/{application}/rules", operation_id = "applications.set_rules",
    tag = "applications", params(("application" = String, Path)), request_body = RulesBody,
    responses((status = 200, body = List<RuleBody>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn set_rules(
    caller: Caller,
    Path(id): Path<ApplicationId>,
    Json(body): Json<RulesBody>,
) -> Result<Json<List<RuleBody>>, Failure> {
    let wanted: Vec<(String, String, String)> =
        body.rules.into_iter().map(|rule| (rule.method, rule.path, rule.permission)).collect();
    let rules = operations::set_rules(&caller, id, &wanted).await?;
    Ok(Json(List::whole(rules.into_iter().map(Into::into).collect())))
}
