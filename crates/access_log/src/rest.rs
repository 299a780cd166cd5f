//! The log for programs.

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, header};
use kernel::{Error, EventId, GrantId};
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;
use web::{
    Caller, Failure,
    rest::{Json, List, PageQuery, Path, Problem, Query, instant, rfc3339},
};

use crate::{
    live,
    model::{Entry, Filter, Visit, VisitMark},
    operations,
    stays::{what, who_and_when},
};

pub fn routes() -> web::rest::Routes {
    web::rest::Routes::new()
        .routes(routes!(list))
        .routes(routes!(activity))
        .routes(routes!(stays))
        .routes(routes!(live::for_machines))
}

/// Who did something, as it was written down then.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Actor {
    /// `person`, `machine`, `system`, `operator` or `nobody`.
    pub kind: String,
    pub id: String,
    pub name: String,
}

/// The person on whose word a machine acted.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Behalf {
    pub id: String,
    pub name: String,
}

/// One entry of the log.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LogEntry {
    #[schema(value_type = String)]
    pub id: EventId,
    /// RFC 3339, UTC.
    pub at: String,
    /// Such as `support_token.revoked`.
    pub kind: String,
    /// `done` or `refused`.
    pub outcome: String,
    pub actor: Actor,
    pub on_behalf_of: Option<Behalf>,
    #[schema(value_type = Option<String>)]
    pub grant: Option<GrantId>,
    pub reference_code: String,
    /// Who took the grant.
    pub agent_name: String,
    pub session: Option<String>,
    /// What it was done to, by its id.
    pub subject: String,
    pub subject_name: String,
    /// Where it came from.
    pub address: String,
    pub request_id: String,
    /// Further facts; which ones depends on the kind.
    #[schema(value_type = Object)]
    pub details: serde_json::Value,
}

impl From<Entry> for LogEntry {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id,
            at: rfc3339(entry.at),
            outcome: entry.outcome().to_owned(),
            kind: entry.kind,
            actor: Actor { kind: entry.by.kind, id: entry.by.id, name: entry.by.name },
            on_behalf_of: entry.on_behalf_of.map(|(id, name)| Behalf { id, name }),
            grant: entry.grant,
            reference_code: entry.reference_code,
            agent_name: entry.agent_name,
            session: entry.session.map(|id| id.to_string()),
            subject: entry.subject,
            subject_name: entry.subject_name,
            address: entry.address,
            request_id: entry.request_id,
            details: entry.details,
        }
    }
}

/// What was done in one minute on one page.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LogActivity {
    /// The beginning of the minute.
    pub minute: String,
    pub application: String,
    pub application_name: String,
    /// `read`, `change` or `refused`.
    pub kind: String,
    /// Without the query.
    pub path: String,
    pub requests: i64,
    pub last_at: String,
}

impl From<Visit> for LogActivity {
    fn from(visit: Visit) -> Self {
        Self {
            minute: rfc3339(visit.minute),
            application: visit.application.to_string(),
            application_name: visit.application_name,
            kind: visit.kind,
            path: visit.path,
            requests: visit.requests,
            last_at: rfc3339(visit.last_at),
        }
    }
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct LogQuery {
    /// Entries at this moment or later, RFC 3339.
    pub from: Option<String>,
    /// Entries before this moment, RFC 3339.
    pub to: Option<String>,
    /// `support_token.revoked`, or `support_token` for all of them.
    pub kind: Option<String>,
    /// How many, 1 to 200; 50 if not given.
    pub limit: Option<u32>,
    /// The `next_token` of the page before.
    pub page_token: Option<String>,
}

/// Lists the entries of an organization's access log, the newest first. A member who is no administrator sees the entries
/// of the grants that they made.
#[utoipa::path(get, path = "/api/v1/organizations/{organization}/access-log", operation_id = "access_log.list",
    tag = "access_log", params(("organization" = String, Path, description = "grp_… or ext:<your id>"), LogQuery),
    responses((status = 200, body = List<LogEntry>), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn list(
    caller: Caller,
    Path(organization): Path<String>,
    Query(query): Query<LogQuery>,
) -> Result<Json<List<LogEntry>>, Failure> {
    let mut filter = Filter::of_kind(query.kind.as_deref().unwrap_or_default());
    if let Some(from) = &query.from {
        filter.from = instant("from", from)?;
    }
    if let Some(to) = &query.to {
        filter.to = instant("to", to)?;
    }
    let page = PageQuery { limit: query.limit, page_token: query.page_token };
    let before =
        page.page_token.as_deref().map(|token| token.parse().map_err(|_| unknown_token())).transpose()?;
    let (entries, next) = operations::list(&caller, &organization, &filter, before, page.limit()).await?;
    Ok(Json(List::new(entries.into_iter().map(LogEntry::from).collect(), next.map(|id| id.to_string()))))
}

/// Lists what was done in the product under one grant: a line for each minute, application, kind and page.
#[utoipa::path(get, path = "/api/v1/organizations/{organization}/grants/{grant}/activity",
    operation_id = "access_log.activity", tag = "access_log",
    params(("organization" = String, Path, description = "grp_… or ext:<your id>"), ("grant" = String, Path), PageQuery),
    responses((status = 200, body = List<LogActivity>), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
async fn activity(
    caller: Caller,
    Path((organization, grant)): Path<(String, GrantId)>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<LogActivity>>, Failure> {
    let after = page
        .page_token
        .as_deref()
        .map(|token| VisitMark::parse(token).ok_or_else(unknown_token))
        .transpose()?;
    let (visits, next) =
        operations::activity(&caller, &organization, grant, after.as_ref(), page.limit()).await?;
    let next = next.map(|mark| mark.to_token());
    Ok(Json(List::new(visits.into_iter().map(LogActivity::from).collect(), next)))
}

/// What one session inside the account came to.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LogSession {
    pub id: String,
    pub user: String,
    pub name: String,
    pub began_at: String,
    /// None: they are in.
    pub ended_at: Option<String>,
    /// Pages that were looked at, each once.
    pub pages: i64,
    pub changes: i64,
    pub refused: i64,
    /// The same in words.
    pub summary: String,
}

/// Tells of each session that rested on one grant, the newest first: who, for how long, and what it came to.
#[utoipa::path(get, path = "/api/v1/organizations/{organization}/grants/{grant}/sessions",
    operation_id = "access_log.sessions", tag = "access_log",
    params(("organization" = String, Path, description = "grp_… or ext:<your id>"), ("grant" = String, Path)),
    responses((status = 200, body = List<LogSession>), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
async fn stays(
    caller: Caller,
    Path((organization, grant)): Path<(String, GrantId)>,
) -> Result<Json<List<LogSession>>, Failure> {
    let (period, stays) = operations::stays(&caller, &organization, grant).await?;
    let t = caller.text();
    let vendor = &caller.world.settings.vendor_name;
    let told = stays.into_iter().map(|stay| LogSession {
        summary: format!("{} {}", who_and_when(&t, &period, &stay, vendor), what(&t, &stay)),
        id: stay.session.to_string(),
        user: stay.user.to_string(),
        name: stay.name,
        began_at: rfc3339(stay.began_at),
        ended_at: stay.ended_at.map(rfc3339),
        pages: stay.pages,
        changes: stay.changes,
        refused: stay.refused,
    });
    Ok(Json(List::whole(told.collect())))
}

fn unknown_token() -> Error {
    Error::invalid("page_token", "unknown_page_token", "Give the next_token of the page before, as it is.")
}

/// A file to keep. Says in a header when there was more than one file holds.
pub(crate) fn file(name: &str, media: &'static str, body: Vec<u8>, is_cut: bool) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(disposition) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    if is_cut {
        headers.insert(
            HeaderName::from_static("x-latchstring-truncated"),
            HeaderValue::from(crate::export::MOST),
        );
    }
    response
}
