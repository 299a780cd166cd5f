//! Partners over the API, for people who act with a session: the partner's, the client's, the vendor's.

mod clients;
mod partners;
mod shapes;
mod vendor;

use utoipa_axum::routes;
use web::rest::Routes;

pub fn rest_routes() -> Routes {
    Routes::new()
        .routes(routes!(clients::list, clients::add))
        .routes(routes!(clients::many))
        .routes(routes!(clients::colleagues))
        .routes(routes!(clients::revoke_everywhere))
        .routes(routes!(clients::get, clients::delete))
        .routes(routes!(clients::show_token))
        .routes(routes!(clients::disable))
        .routes(routes!(clients::activate))
        .routes(routes!(clients::enter))
        .routes(routes!(clients::authorize_users))
        .routes(routes!(clients::change_user, clients::revoke_user))
        .routes(routes!(partners::list, partners::authorize))
        .routes(routes!(partners::look))
        .routes(routes!(partners::get, partners::change))
        .routes(routes!(partners::revoke))
        .routes(routes!(vendor::list))
        .routes(routes!(vendor::register))
        .routes(routes!(vendor::list_permissions, vendor::add_permission))
        .routes(routes!(vendor::change_permission, vendor::remove_permission))
        .routes(routes!(vendor::list_rules, vendor::set_rules))
}
