//! The caller's sessions, for programs that act with a person's session.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use kernel::{Error, SessionId};
use serde::Serialize;
use utoipa_axum::routes;
use web::{
    Caller, Failure,
    cookies::{self, Cookie},
    rest::{Json, List, Path, Problem, Routes, rfc3339},
};

use crate::{account, model::Session, operations};

pub fn rest_routes() -> Routes {
    Routes::new()
        .routes(routes!(list))
        .routes(routes!(current))
        .routes(routes!(end))
        .routes(routes!(end_others))
}

/// A session. Its secret is never shown.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SessionView {
    #[schema(value_type = String, example = "ses_01jq8v5m8xe5ra0w3v1c2n4k6t")]
    pub id: SessionId,
    /// `own`: this server; `application`: a protected product; `acting`: inside a customer's account as support.
    pub kind: &'static str,
    /// What was shown beyond the password: `totp`, `passkey`, `recovery_code`, `remembered` (a browser that is not asked),
    /// or nothing.
    pub factor: &'static str,
    pub created_at: String,
    pub expires_at: String,
    pub last_used_at: String,
    /// After so long without use it is no longer good.
    pub idle_limit_seconds: i64,
    pub address: String,
    pub user_agent: String,
    /// The session that asks.
    pub is_current: bool,
    #[schema(value_type = Option<String>)]
    pub organization_id: Option<kernel::OrganizationId>,
    #[schema(value_type = Option<String>)]
    pub application_id: Option<kernel::ApplicationId>,
    #[schema(value_type = Option<String>)]
    pub support_token_id: Option<kernel::GrantId>,
}

impl SessionView {
    pub fn new(session: Session, current: SessionId) -> Self {
        Self {
            id: session.id,
            kind: session.kind.as_str(),
            factor: session.factor.as_str(),
            created_at: rfc3339(session.created_at),
            expires_at: rfc3339(session.expires_at),
            last_used_at: rfc3339(session.last_used_at),
            idle_limit_seconds: session.idle_limit.as_seconds(),
            address: session.address,
            user_agent: session.user_agent,
            is_current: session.id == current,
            organization_id: session.organization,
            application_id: session.application,
            support_token_id: session.grant,
        }
    }
}

/// A person, as they see themselves.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UserView {
    #[schema(value_type = String, example = "usr_01jq8v5m8xe5ra0w3v1c2n4k6t")]
    pub id: kernel::UserId,
    pub email: String,
    pub name: String,
    pub external_id: Option<String>,
    /// BCP 47; empty if none was chosen.
    pub language: String,
    /// IANA name; empty if none was chosen.
    pub time_zone: String,
}

impl From<people::User> for UserView {
    fn from(user: people::User) -> Self {
        Self {
            id: user.id,
            email: user.email.to_string(),
            name: user.name,
            external_id: user.external_id,
            language: user.language,
            time_zone: user.time_zone,
        }
    }
}

/// Who is signed in, and with which session.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SignedIn {
    pub user: UserView,
    pub session: SessionView,
}

/// The caller's sessions that are good, the last used first.
#[utoipa::path(get, path = "/api/v1/sessions", operation_id = "sessions.list", tag = "sessions",
    responses((status = 200, body = List<SessionView>), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn list(caller: Caller) -> Result<Json<List<SessionView>>, Failure> {
    let current = caller.person()?.session;
    let sessions = operations::list_own(&caller).await?;
    Ok(Json(List::whole(sessions.into_iter().map(|session| SessionView::new(session, current)).collect())))
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/v1/sessions/current", operation_id = "sessions.current", tag = "sessions",
    responses((status = 200, body = SignedIn), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn current(caller: Caller) -> Result<Json<SignedIn>, Failure> {
    let current = caller.person()?.session;
    let user = account::own(&caller).await?;
    let session =
        operations::find(&mut *caller.read().await?, current).await?.ok_or(Error::Unauthenticated)?;
    Ok(Json(SignedIn { user: user.into(), session: SessionView::new(session, current) }))
}

/// Ends one of the caller's sessions together with what hangs on it.
#[utoipa::path(delete, path = "/api/v1/sessions/{id}", operation_id = "sessions.end", tag = "sessions",
    params(("id" = String, Path, description = "ses_…")),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn end(caller: Caller, Path(id): Path<SessionId>) -> Result<Response, Failure> {
    let is_current = caller.person()?.session == id;
    operations::end_one(&caller, id).await?;
    Ok(if is_current {
        without_cookie(&caller, StatusCode::NO_CONTENT.into_response())
    } else {
        StatusCode::NO_CONTENT.into_response()
    })
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Ended {
    /// How many sessions ended, with what hung on them.
    ended: usize,
}

/// Ends all the caller's sessions but the one that asks.
#[utoipa::path(post, path = "/api/v1/sessions/end-others", operation_id = "sessions.end_others", tag = "sessions",
    responses((status = 200, body = Ended), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn end_others(caller: Caller) -> Result<Json<Ended>, Failure> {
    Ok(Json(Ended { ended: operations::end_others(&caller).await? }))
}

/// The answer after which the browser keeps nothing of the session. The directive `cookies` is absent from
/// Clear-Site-Data because it would reach the products on neighbouring hosts; our own cookie is taken away by name.
pub fn without_cookie(caller: &Caller, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.append(header::SET_COOKIE, cookies::clear(Cookie::Session, caller.world.settings.secure_cookies));
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    response
}
