//! Integration logins, for administrators of an organization. No program makes one.

use axum::response::Response;
use http::StatusCode;
use kernel::{ApplicationId, Error, IntegrationLoginId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;
use web::{
    Caller, Failure,
    rest::{Json, List, Path, Problem, Routes, created, instant, rfc3339},
};

use crate::{
    model::{IntegrationLogin, NewIntegrationLogin},
    operations,
};

pub fn rest_routes() -> Routes {
    Routes::new().routes(routes!(list, create)).routes(routes!(revoke))
}

/// A login for an old interface that cannot ask for a code.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = IntegrationLogin)]
struct LoginBody {
    #[schema(value_type = String, example = "ilg_01jq8v5m8xe5ra0w3v1c2n4k6t")]
    id: IntegrationLoginId,
    name: String,
    /// What the old interface calls the user.
    #[schema(example = "int-k2m7qx4a9bdw")]
    login: String,
    #[schema(value_type = String)]
    application_id: ApplicationId,
    application: String,
    /// Addresses and ranges that it may come from; none: from anywhere.
    networks: Vec<String>,
    /// `active`, `expired` or `revoked`.
    state: &'static str,
    created_at: String,
    created_by: String,
    ends_at: String,
    revoked_at: Option<String>,
    last_used_at: Option<String>,
    /// Where it was last used from.
    last_address: Option<String>,
}

impl LoginBody {
    fn new(login: IntegrationLogin, now: Timestamp) -> Self {
        Self {
            state: login.state(now),
            networks: login.networks.each().collect(),
            id: login.id,
            name: login.name,
            login: login.login,
            application_id: login.application,
            application: login.application_name,
            created_at: rfc3339(login.created_at),
            created_by: login.created_by_name,
            ends_at: rfc3339(login.ends_at),
            revoked_at: login.revoked_at.map(rfc3339),
            last_used_at: login.last_used_at.map(rfc3339),
            last_address: Some(login.last_address).filter(|address| !address.is_empty()),
        }
    }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = IntegrationLoginCreate)]
struct CreateBody {
    name: String,
    /// May be left out while there is only one application.
    #[serde(default)]
    application_id: Option<String>,
    /// RFC 3339, within 365 days.
    ends_at: String,
    /// Such as `203.0.113.7`, `203.0.113.0/24` or `2001:db8::/32`; none: from anywhere.
    #[serde(default)]
    networks: Vec<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = IntegrationLoginCreated)]
struct CreatedBody {
    integration_login: LoginBody,
    /// The password. Shown this once.
    #[schema(example = "lsp_…")]
    value: String,
}

/// Makes a login and shows its password, once.
#[utoipa::path(post, path = "/api/v1/organizations/{organization}/integration-logins",
    operation_id = "integration_logins.create", tag = "integration_logins",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`")), request_body = CreateBody,
    responses((status = 201, body = CreatedBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create(
    caller: Caller,
    Path(name): Path<String>,
    Json(body): Json<CreateBody>,
) -> Result<Response, Failure> {
    let id = organizations::operations::resolve_for(&caller, &name).await?;
    let application = body.application_id.as_deref().map(application).transpose()?;
    let wanted = NewIntegrationLogin {
        name: body.name,
        application,
        ends_at: Some(instant("ends_at", &body.ends_at)?),
        networks: body.networks.join(" "),
    };
    let (login, secret) = operations::create(&caller, id, wanted).await?;
    Ok(created(CreatedBody {
        integration_login: LoginBody::new(login, caller.now),
        value: secret.expose().to_owned(),
    }))
}

fn application(text: &str) -> Result<ApplicationId, Error> {
    text.parse()
        .map_err(|_| Error::invalid("application_id", "not_an_id", "Give the id of an application, app_…."))
}

/// All logins of the organization, the newest first, with those that ended.
#[utoipa::path(get, path = "/api/v1/organizations/{organization}/integration-logins",
    operation_id = "integration_logins.list", tag = "integration_logins",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`")),
    responses((status = 200, body = List<LoginBody>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list(caller: Caller, Path(name): Path<String>) -> Result<Json<List<LoginBody>>, Failure> {
    let id = organizations::operations::resolve_for(&caller, &name).await?;
    let (_, logins) = operations::list(&caller, id).await?;
    Ok(Json(List::whole(logins.into_iter().map(|login| LoginBody::new(login, caller.now)).collect())))
}

/// Ends a login now.
#[utoipa::path(delete, path = "/api/v1/organizations/{organization}/integration-logins/{integration_login}",
    operation_id = "integration_logins.revoke", tag = "integration_logins",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`"),
        ("integration_login" = String, Path, description = "`ilg_…`")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn revoke(
    caller: Caller,
    Path((name, id)): Path<(String, IntegrationLoginId)>,
) -> Result<StatusCode, Failure> {
    let organization = organizations::operations::resolve_for(&caller, &name).await?;
    operations::revoke(&caller, organization, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
