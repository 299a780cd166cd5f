//! Applications over the API, for the vendor's administrators.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use kernel::{ApplicationId, Error};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};
use web::{
    Caller, Failure,
    rest::{self, Json, List, Path, Problem, Query, Routes},
};

use crate::{
    model::{Application, HeaderSet},
    operations::{self, Change, Wanted},
    proxy_config::Proxy,
};

pub fn rest_routes() -> Routes {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, change, remove))
        .routes(routes!(proxy_config))
}

/// A product that is protected.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Application)]
struct ApplicationBody {
    #[schema(value_type = String)]
    id: ApplicationId,
    name: String,
    origin: String,
    /// `remote`, `x_auth_request` or `x_forwarded`.
    header_set: &'static str,
    created_at: String,
}

impl From<Application> for ApplicationBody {
    fn from(application: Application) -> Self {
        Self {
            id: application.id,
            name: application.name,
            origin: application.origin,
            header_set: application.header_set.as_str(),
            created_at: rest::rfc3339(application.created_at),
        }
    }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = ApplicationCreate)]
struct CreateBody {
    name: String,
    /// Scheme, host and perhaps port: `https://erp.example.com`.
    origin: String,
    /// `remote` if not given.
    header_set: Option<String>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = ApplicationChange)]
struct ChangeBody {
    name: Option<String>,
    origin: Option<String>,
    header_set: Option<String>,
}

pub(crate) fn header_set(text: &str) -> Result<HeaderSet, Error> {
    HeaderSet::parse(text).ok_or_else(|| {
        Error::invalid(
            "header_set",
            "unknown_header_set",
            "Choose one of remote, x_auth_request and x_forwarded.",
        )
    })
}

#[utoipa::path(get, path = "/api/v1/applications", operation_id = "applications.list", tag = "applications",
    responses((status = 200, body = List<ApplicationBody>), (status = 403, body = Problem)))]
async fn list(caller: Caller) -> Result<Json<List<ApplicationBody>>, Failure> {
    let applications = operations::list_all(&caller).await?;
    Ok(Json(List::whole(applications.into_iter().map(Into::into).collect())))
}

#[utoipa::path(post, path = "/api/v1/applications", operation_id = "applications.create", tag = "applications",
    request_body = CreateBody,
    responses((status = 201, body = ApplicationBody), (status = 403, body = Problem), (status = 422, body = Problem)))]
async fn create(caller: Caller, Json(body): Json<CreateBody>) -> Result<Response, Failure> {
    let header_set = body.header_set.as_deref().map_or(Ok(HeaderSet::default()), header_set)?;
    let wanted = Wanted { name: body.name, origin: body.origin, header_set };
    Ok(rest::created(ApplicationBody::from(operations::create(&caller, wanted).await?)))
}

#[utoipa::path(get, path = "/api/v1/applications/{application}", operation_id = "applications.get", tag = "applications",
    params(("application" = String, Path)),
    responses((status = 200, body = ApplicationBody), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get(caller: Caller, Path(id): Path<ApplicationId>) -> Result<Json<ApplicationBody>, Failure> {
    Ok(Json(operations::get(&caller, id).await?.into()))
}

#[utoipa::path(patch, path = "/api/v1/applications/{application}", operation_id = "applications.change",
    tag = "applications", params(("application" = String, Path)), request_body = ChangeBody,
    responses((status = 200, body = ApplicationBody), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn change(
    caller: Caller,
    Path(id): Path<ApplicationId>,
    Json(body): Json<ChangeBody>,
) -> Result<Json<ApplicationBody>, Failure> {
    let header_set = body.header_set.as_deref().map(header_set).transpose()?;
    let change = Change { name: body.name, origin: body.origin, header_set };
    Ok(Json(operations::change(&caller, id, change).await?.into()))
}

#[utoipa::path(delete, path = "/api/v1/applications/{application}", operation_id = "applications.remove",
    tag = "applications", params(("application" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn remove(caller: Caller, Path(id): Path<ApplicationId>) -> Result<Response, Failure> {
    operations::remove(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
struct ConfigQuery {
    /// `nginx` or `caddy`.
    proxy: Option<String>,
    /// Where Latchstring listens, as the proxy reaches it.
    upstream: Option<String>,
    /// Where the product listens, as the proxy reaches it.
    product: Option<String>,
    /// How the paths of an old interface begin, such as `/soap/`: those that an integration login opens.
    legacy_path: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ProxyConfig {
    proxy: &'static str,
    configuration: String,
    /// What belongs into the same server block or site for the old interface; only if `legacy_path` was given.
    legacy_location: Option<String>,
}

#[utoipa::path(get, path = "/api/v1/applications/{application}/proxy-config", operation_id = "applications.proxy_config",
    tag = "applications", params(("application" = String, Path), ConfigQuery),
    responses((status = 200, body = ProxyConfig), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn proxy_config(
    caller: Caller,
    Path(id): Path<ApplicationId>,
    Query(query): Query<ConfigQuery>,
) -> Result<Json<ProxyConfig>, Failure> {
    let proxy = query.proxy.as_deref().map_or(Some(Proxy::default()), Proxy::parse).ok_or_else(|| {
        Error::invalid("proxy", "unknown_proxy", "There is a configuration for nginx and for caddy.")
    })?;
    let upstream = query.upstream.as_deref().unwrap_or(operations::USUAL_UPSTREAM);
    let product = query.product.as_deref().unwrap_or(operations::USUAL_PRODUCT);
    let configuration = operations::proxy_config(&caller, id, proxy, upstream, product).await?;
    let legacy_location = match query.legacy_path.as_deref() {
        Some(path) => Some(operations::legacy_location(&caller, id, proxy, upstream, product, path).await?),
        None => None,
    };
    Ok(Json(ProxyConfig { proxy: proxy.as_str(), configuration, legacy_location }))
}
