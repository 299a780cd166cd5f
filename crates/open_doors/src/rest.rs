//! Open doors, for administrators of an organization.

use kernel::Timestamp;
use serde::Serialize;
use utoipa_axum::routes;
use web::{
    Caller, Failure,
    rest::{Json, List, Path, Problem, Routes, rfc3339},
};

use crate::{model::Door, operations};

pub fn rest_routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(close_all))
}

/// Something from outside that can enter, or waits to.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = OpenDoor)]
struct DoorBody {
    /// `support_token`, `temporary_credentials`, `partner`, `vendor_staff` or `integration_login`.
    kind: &'static str,
    id: String,
    /// `active`, `pending` while nobody has taken it, or `disabled` by a partner, who can open it again.
    state: &'static str,
    /// Who loses access when it is closed.
    who: Vec<String>,
    /// What it is called: a reference code, an address, a login.
    name: String,
    ticket: Option<String>,
    /// `read_only` or `write`.
    mode: &'static str,
    /// What a partner may do.
    permissions: Vec<String>,
    since: String,
    last_used_at: Option<String>,
    ends_at: Option<String>,
    /// When the organization wants to look at it again.
    review_at: Option<String>,
    /// It was not used for 90 days.
    is_forgotten: bool,
}

impl DoorBody {
    fn new(door: Door, now: Timestamp) -> Self {
        Self {
            is_forgotten: door.is_forgotten(now),
            kind: door.kind.as_str(),
            id: door.id,
            state: door.state.as_str(),
            who: door.who,
            name: door.name,
            ticket: Some(door.ticket).filter(|ticket| !ticket.is_empty()),
            mode: if door.may_write { "write" } else { "read_only" },
            permissions: door.permissions,
            since: rfc3339(door.since),
            last_used_at: door.last_used_at.map(rfc3339),
            ends_at: door.ends_at.map(rfc3339),
            review_at: door.review_at.map(rfc3339),
        }
    }
}

/// All that is from outside and can enter the organization, or waits to: support tokens, temporary credentials, partners, the
/// vendor's people among its members, and logins for old interfaces.
#[utoipa::path(get, path = "/api/v1/organizations/{organization}/open-doors", operation_id = "open_doors.list",
    tag = "open_doors", params(("organization" = String, Path, description = "`grp_…` or `ext:…`")),
    responses((status = 200, body = List<DoorBody>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list(caller: Caller, Path(name): Path<String>) -> Result<Json<List<DoorBody>>, Failure> {
    let id = organizations::operations::resolve_for(&caller, &name).await?;
    let (_, doors) = operations::list(&caller, id).await?;
    Ok(Json(List::whole(doors.into_iter().map(|door| DoorBody::new(door, caller.now)).collect())))
}

/// Closes all of them in one act: all or none. Tells what was open.
#[utoipa::path(post, path = "/api/v1/organizations/{organization}/open-doors/close", operation_id = "open_doors.close_all",
    tag = "open_doors", params(("organization" = String, Path, description = "`grp_…` or `ext:…`")),
    responses((status = 200, body = List<DoorBody>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn close_all(caller: Caller, Path(name): Path<String>) -> Result<Json<List<DoorBody>>, Failure> {
    let id = organizations::operations::resolve_for(&caller, &name).await?;
    let closed = operations::close_all(&caller, id).await?;
    Ok(Json(List::whole(closed.into_iter().map(|door| DoorBody::new(door, caller.now)).collect())))
}
