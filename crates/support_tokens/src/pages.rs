//! The padlock for members, and the desk for agents.

mod desk;
mod history;
mod organizations;
mod padlock;
mod view;

use axum::{Router, routing::get};

pub fn page_routes() -> Router<web::App> {
    Router::new()
        .route("/organizations", get(organizations::show))
        .route(
            "/organizations/close-all",
            get(organizations::ask_to_close_all).post(organizations::close_all),
        )
        .route("/organizations/{organization}/tokens", get(padlock::show))
        .route("/organizations/{organization}/tokens/new", get(padlock::new).post(padlock::create))
        .route("/organizations/{organization}/tokens/history", get(history::of_organization))
        .route(
            "/organizations/{organization}/tokens/{grant}/revoke",
            get(padlock::ask_to_revoke).post(padlock::revoke),
        )
        .route("/desk", get(desk::show))
        .route("/desk/associate", get(desk::ask_to_associate).post(desk::associate))
        .route("/desk/enter/{grant}", get(desk::choose).post(desk::enter))
        .route("/desk/give-back/{grant}", get(desk::ask_to_give_back).post(desk::give_back))
        .route("/desk/ended/{grant}", get(desk::ended))
        .route("/desk/history", get(history::of_agent))
}
