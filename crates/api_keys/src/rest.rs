//! Keys, for vendor administrators. No key gives a way to keys.

use axum::response::Response;
use http::StatusCode;
use kernel::ApiKeyId;
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;
use web::{
    Caller, Failure,
    rest::{Json, List, Path, Problem, Routes, created, instant, rfc3339},
};

use crate::{
    model::{self, ApiKey, NewApiKey},
    operations,
};

pub fn rest_routes() -> Routes {
    Routes::new().routes(routes!(create)).routes(routes!(list)).routes(routes!(revoke))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ApiKeyView {
    #[schema(value_type = String, example = "key_01jq8v5m8xe5ra0w3v1c2n4k6t")]
    id: ApiKeyId,
    name: String,
    /// The last four characters of the value.
    hint: String,
    scopes: Vec<&'static str>,
    created_at: String,
    ends_at: String,
    revoked_at: Option<String>,
    last_used_at: Option<String>,
}

impl From<ApiKey> for ApiKeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            hint: key.hint,
            scopes: key.scopes.into_iter().map(kernel::Scope::as_str).collect(),
            created_at: rfc3339(key.created_at),
            ends_at: rfc3339(key.ends_at),
            revoked_at: key.revoked_at.map(rfc3339),
            last_used_at: key.last_used_at.map(rfc3339),
        }
    }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct CreateApiKey {
    name: String,
    /// Such as `organizations.read`.
    scopes: Vec<String>,
    /// RFC 3339, within 365 days.
    ends_at: String,
}

#[derive(Serialize, utoipa::ToSchema)]
struct CreatedApiKey {
    api_key: ApiKeyView,
    /// Shown this once.
    #[schema(example = "lsk_…")]
    value: String,
}

/// Makes a key and shows its value, once.
#[utoipa::path(post, path = "/api/v1/api-keys", operation_id = "api_keys.create", tag = "api_keys",
    request_body = CreateApiKey,
    responses((status = 201, body = CreatedApiKey), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 422, body = Problem)))]
async fn create(caller: Caller, Json(body): Json<CreateApiKey>) -> Result<Response, Failure> {
    let scopes = model::scopes(body.scopes.iter().map(String::as_str))?;
    let wanted = NewApiKey { name: body.name, scopes, ends_at: instant("ends_at", &body.ends_at)? };
    let (key, secret) = operations::create(&caller, wanted).await?;
    Ok(created(CreatedApiKey { api_key: key.into(), value: secret.expose().to_owned() }))
}

/// All keys, the newest first, with those that ended.
#[utoipa::path(get, path = "/api/v1/api-keys", operation_id = "api_keys.list", tag = "api_keys",
    responses((status = 200, body = List<ApiKeyView>), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn list(caller: Caller) -> Result<Json<List<ApiKeyView>>, Failure> {
    let keys = operations::list(&caller).await?;
    Ok(Json(List::whole(keys.into_iter().map(ApiKeyView::from).collect())))
}

/// Ends a key now.
#[utoipa::path(delete, path = "/api/v1/api-keys/{id}", operation_id = "api_keys.revoke", tag = "api_keys",
    params(("id" = String, Path, description = "key_…")),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn revoke(caller: Caller, Path(id): Path<ApiKeyId>) -> Result<StatusCode, Failure> {
    operations::revoke(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
