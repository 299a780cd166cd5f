//! Requests from inside, for the people who write them and for the agents who answer.

use axum::response::Response;
use kernel::{Error, RequestId};
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;
use web::{
    Caller, Failure,
    rest::{Json, List, PageQuery, Path, Problem, Query, Routes, created, rfc3339},
};

use crate::{model::Request, operations};

pub fn rest_routes() -> Routes {
    Routes::new()
        .routes(routes!(list, create))
        .routes(routes!(withdraw))
        .routes(routes!(waiting))
        .routes(routes!(answer))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuthorizedRequestParty)]
struct PartyBody {
    id: String,
    name: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuthorizedRequestAnswer)]
struct AnswerBody {
    text: String,
    by: PartyBody,
    answered_at: String,
}

/// What a person asks of the vendor from inside.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuthorizedRequest)]
struct RequestBody {
    #[schema(value_type = String, example = "arq_01jq8v5m8xe5ra0w3v1c2n4k6t")]
    id: RequestId,
    organization: PartyBody,
    by: PartyBody,
    subject: String,
    text: String,
    /// `second_factor`: a code or a passkey was shown at this sign-in; `earlier`: the browser was remembered, or a recovery
    /// code was used; `password_only`: the person has no second factor.
    proof: &'static str,
    /// `waiting`, `answered` or `withdrawn`.
    state: &'static str,
    created_at: String,
    answer: Option<AnswerBody>,
    withdrawn_at: Option<String>,
}

impl From<Request> for RequestBody {
    fn from(request: Request) -> Self {
        Self {
            id: request.id,
            proof: request.proof().as_str(),
            state: request.state().as_str(),
            organization: PartyBody { id: request.organization.to_string(), name: request.organization_name },
            by: PartyBody { id: request.user.to_string(), name: request.name },
            subject: request.subject,
            text: request.text,
            created_at: rfc3339(request.created_at),
            answer: request.answer.map(|answer| AnswerBody {
                text: answer.text,
                by: PartyBody { id: answer.by.to_string(), name: answer.name },
                answered_at: rfc3339(answer.at),
            }),
            withdrawn_at: request.withdrawn_at.map(rfc3339),
        }
    }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = AuthorizedRequestCreate)]
struct CreateBody {
    /// One line, at most 120 characters.
    subject: String,
    /// At most 4000 characters.
    text: String,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = AuthorizedRequestAnswerCreate)]
struct AnswerCreateBody {
    answer: String,
}

/// Asks something of the vendor, as the person who is signed in. At most 20 an hour.
#[utoipa::path(post, path = "/api/v1/organizations/{organization}/requests",
    operation_id = "authorized_requests.create", tag = "authorized_requests",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`")), request_body = CreateBody,
    responses((status = 201, body = RequestBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn create(
    caller: Caller,
    Path(name): Path<String>,
    Json(body): Json<CreateBody>,
) -> Result<Response, Failure> {
    let id = organizations::operations::resolve_for(&caller, &name).await?;
    Ok(created(RequestBody::from(operations::create(&caller, id, &body.subject, &body.text).await?)))
}

/// The organization's requests for its administrators, the caller's own for everybody else; newest first.
#[utoipa::path(get, path = "/api/v1/organizations/{organization}/requests",
    operation_id = "authorized_requests.list", tag = "authorized_requests",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`"), PageQuery),
    responses((status = 200, body = List<RequestBody>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list(
    caller: Caller,
    Path(name): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<RequestBody>>, Failure> {
    let id = organizations::operations::resolve_for(&caller, &name).await?;
    let before = match query.page_token.as_deref() {
        None | Some("") => None,
        Some(token) => Some(token.parse().map_err(|_| {
            Error::invalid("page_token", "not_a_page_token", "Send the next_token of the page before.")
        })?),
    };
    let page = operations::list(&caller, id, before, query.limit()).await?;
    let next = page.next.map(|id| id.to_string());
    Ok(Json(List::new(page.requests.into_iter().map(RequestBody::from).collect(), next)))
}

/// Takes a request back that nobody has answered yet.
#[utoipa::path(post, path = "/api/v1/organizations/{organization}/requests/{request}/withdraw",
    operation_id = "authorized_requests.withdraw", tag = "authorized_requests",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`"),
        ("request" = String, Path, description = "`arq_…`")),
    responses((status = 200, body = RequestBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn withdraw(
    caller: Caller,
    Path((name, id)): Path<(String, RequestId)>,
) -> Result<Json<RequestBody>, Failure> {
    let organization = organizations::operations::resolve_for(&caller, &name).await?;
    Ok(Json(operations::withdraw(&caller, organization, id).await?.into()))
}

/// What waits for an agent's answer, the longest waiting first.
#[utoipa::path(get, path = "/api/v1/desk/requests", operation_id = "authorized_requests.waiting",
    tag = "authorized_requests",
    responses((status = 200, body = List<RequestBody>), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn waiting(caller: Caller) -> Result<Json<List<RequestBody>>, Failure> {
    let requests = operations::waiting(&caller).await?;
    Ok(Json(List::whole(requests.into_iter().map(RequestBody::from).collect())))
}

/// Answers a request, once. The person gets the answer by mail.
#[utoipa::path(post, path = "/api/v1/desk/requests/{request}/answer", operation_id = "authorized_requests.answer",
    tag = "authorized_requests", params(("request" = String, Path, description = "`arq_…`")),
    request_body = AnswerCreateBody,
    responses((status = 200, body = RequestBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem, description = "Another agent was first"),
        (status = 422, body = Problem)))]
async fn answer(
    caller: Caller,
    Path(id): Path<RequestId>,
    Json(body): Json<AnswerCreateBody>,
) -> Result<Json<RequestBody>, Failure> {
    Ok(Json(operations::answer(&caller, id, &body.answer).await?.into()))
}
