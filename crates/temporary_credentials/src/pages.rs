//! *Customer support access* for administrators, and the one page of whoever holds the credentials.

mod access;
mod holder;

use axum::{
    Router,
    routing::{get, post},
};
use web::App;

pub fn page_routes() -> Router<App> {
    Router::new()
        .route("/organizations/{id}/support-access", get(access::show).post(access::generate))
        .route("/organizations/{id}/support-access/{grant}/revoke", post(access::revoke))
        .route("/temporary", get(holder::show))
        .route("/temporary/enter", post(holder::enter))
        .route("/temporary/sign-out", post(holder::sign_out))
}
