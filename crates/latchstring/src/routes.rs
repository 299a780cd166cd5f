//! All routes, and the description of the API that comes from the same lines.

use std::sync::Arc;

use axum::{Extension, Router, response::IntoResponse, routing::get};
use forward_auth::ForwardAuth;
use http::header;
use operation::World;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use web::App;

use crate::health::{self, Checks};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Latchstring",
        description = "The customer opens the door, sees who is in, and shuts it. People call with their session, programs with \
            an API key. Times are RFC 3339 in UTC, lengths are seconds, errors are problem+json (RFC 9457).",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/"))
)]
struct Description;

fn rest() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Description::openapi())
        .merge(sign_in::rest_routes())
        .merge(account_recovery::rest_routes())
        .merge(sessions::rest_routes())
        .merge(second_factor::rest_routes())
        .merge(organizations::rest_routes())
        .merge(mfa_levels::rest_routes())
        .merge(agents::rest_routes())
        .merge(support_tokens::rest_routes())
        .merge(access_log::rest_routes())
        .merge(applications::rest_routes())
        .merge(api_keys::rest_routes())
        .merge(integration_logins::rest_routes())
        .merge(temporary_credentials::rest_routes())
        .merge(open_doors::rest_routes())
        .merge(authorized_requests::rest_routes())
        .merge(single_sign_on::rest_routes())
        .merge(partners::rest_routes())
}

/// The description of the API, as JSON with a line end.
pub fn openapi() -> String {
    let (_, description) = rest().split_for_parts();
    // Infallible for a description, and an empty one would be seen at once.
    format!("{}\n", description.to_pretty_json().unwrap_or_default())
}

/// Every route of the product, without its layers.
pub fn all(world: &Arc<World>, forward_auth: &Arc<ForwardAuth>) -> Router<App> {
    let (api, description) = rest().split_for_parts();
    let description: Arc<str> = description.to_json().unwrap_or_default().into();
    api.route(
        "/openapi.json",
        get(move || async move {
            ([(header::CONTENT_TYPE, "application/json")], description.to_string()).into_response()
        }),
    )
    .merge(sign_in::page_routes())
    .merge(account_recovery::page_routes())
    .merge(sessions::page_routes())
    .merge(second_factor::page_routes())
    .merge(organizations::page_routes())
    .merge(mfa_levels::page_routes())
    .merge(agents::page_routes())
    .merge(support_tokens::page_routes())
    .merge(access_log::page_routes())
    .merge(applications::page_routes())
    .merge(api_keys::page_routes())
    .merge(forward_auth::page_routes())
    .merge(integration_logins::page_routes())
    .merge(temporary_credentials::page_routes())
    .merge(open_doors::page_routes())
    .merge(authorized_requests::page_routes())
    .merge(single_sign_on::page_routes())
    .merge(partners::page_routes())
    .merge(web::assets::routes())
    .merge(web::help::page_routes())
    .merge(health_routes(world))
    .layer(Extension(Arc::clone(forward_auth)))
}

fn health_routes(world: &Arc<World>) -> Router<App> {
    let (store, clock) = (world.store.clone(), Arc::clone(world));
    let checks = Checks::default().with("database", move || {
        let store = store.clone();
        // By itself: a probe that gives up early must not cut off the session that holds this server's place.
        let beat = operation::spawn(async move { store.beat().await });
        async move {
            let beat = beat.await.map_err(|error| error.to_string())?;
            beat.map(drop).map_err(|error| error.to_string())
        }
    });
    let checks = checks.with("clock", move || {
        let world = Arc::clone(&clock);
        async move {
            world.compare_clocks().await.map_err(|error| error.to_string())?;
            world.require_trusted_clock().map_err(|error| error.to_string())
        }
    });
    let checks = Arc::new(checks);
    Router::new()
        .route("/livez", get(|| async { health::livez() }))
        .route("/readyz", get(move || async move { health::readyz(&checks).await }))
}
