//! Support tokens over the API, for the vendor's product on its members' word and for people who act with a session.

use axum::response::Response;
use grants::{Mode, State};
use kernel::{Duration, Error, GrantId, OrganizationId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;
use web::{
    Caller, Failure,
    rest::{Json, List, PageQuery, Path, Problem, Query, Routes, created, instant, rfc3339},
};

use crate::{
    model::{Filter, SupportToken},
    operations::{self, Length, NewToken, Page, Which},
};

pub fn rest_routes() -> Routes {
    Routes::new()
        .routes(routes!(create, list))
        .routes(routes!(live))
        .routes(routes!(get))
        .routes(routes!(revoke))
        .routes(routes!(give_back))
        .routes(routes!(end))
        .routes(routes!(enter))
        .routes(routes!(associate))
        .routes(routes!(waiting))
        .routes(routes!(mine))
        .routes(routes!(own_history))
}

/// Somebody or something with an id.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SupportTokenParty)]
struct PartyBody {
    id: String,
    name: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SupportTokenAssociation)]
struct AssociationBody {
    agent: PartyBody,
    /// 1, 2 or 3; null if they are no agent any more.
    agent_level: Option<u8>,
    ticket: String,
    /// May be empty.
    reason: String,
    associated_at: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SupportTokenEnd)]
struct EndBody {
    ended_at: String,
    /// `customer`, `agent`, `vendor`, `expired` or `agent_removed`.
    how: &'static str,
    by: Option<PartyBody>,
}

/// Whom an organization lets in, how far and until when.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SupportToken)]
struct TokenBody {
    #[schema(value_type = String, example = "gr_01jq8v5m8xe5ra0w3v1c2n4k6t")]
    id: GrantId,
    /// What the customer tells the agent. Not a secret: by itself it opens nothing.
    code: String,
    /// `pending`, `active`, `disabled`, `expired` or `revoked`.
    state: &'static str,
    organization: PartyBody,
    /// `read_only` or `write`.
    mode: &'static str,
    customer_ticket: Option<String>,
    created_at: String,
    created_by: PartyBody,
    /// The API key that passed the act on, if the person acted in the vendor's product.
    created_through: Option<String>,
    /// Pending until then at the latest.
    answer_by: String,
    /// Counted from the association.
    validity_seconds: i64,
    /// It ends then at the latest, if the organization named a moment.
    until: Option<String>,
    /// Null until an agent associates it.
    ends_at: Option<String>,
    association: Option<AssociationBody>,
    /// Null while it is live.
    end: Option<EndBody>,
    requests: i64,
    changes: i64,
    /// In the lists of the desk: administrators of the organization with a second factor on. What somebody says on the
    /// phone in their name is no authorization.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_not_authorized: Option<Vec<String>>,
}

impl TokenBody {
    fn new(token: SupportToken, now: Timestamp) -> Self {
        let state = token.state(now).as_str();
        let over_at = token.grant.over_at(now);
        let grant = token.grant;
        let end = over_at.map(|at| {
            let (how, by) =
                grant.ended.map_or((grants::EndedHow::Expired, None), |ended| (ended.how, ended.by));
            EndBody {
                ended_at: rfc3339(at),
                how: how.as_str(),
                by: by.map(|(user, name)| PartyBody { id: user.to_string(), name }),
            }
        });
        Self {
            id: grant.id,
            code: token.code.to_string(),
            state,
            organization: PartyBody { id: token.organization.to_string(), name: token.organization_name },
            mode: grant.mode.as_str(),
            customer_ticket: token.customer_ticket,
            created_at: rfc3339(grant.created_at),
            created_by: PartyBody { id: grant.created_by.to_string(), name: token.made_by },
            created_through: grant.created_through.map(|key| key.to_string()),
            answer_by: rfc3339(grant.answer_by),
            validity_seconds: token.validity.as_seconds(),
            until: grant.not_after.map(rfc3339),
            ends_at: grant.ends_at.map(rfc3339),
            association: token.association.map(|association| AssociationBody {
                agent: PartyBody { id: association.agent.to_string(), name: association.agent_name },
                agent_level: association.agent_level,
                ticket: association.ticket,
                reason: association.reason,
                associated_at: grant.activated_at.map(rfc3339),
            }),
            end,
            requests: token.used.requests,
            changes: token.used.changes,
            phone_not_authorized: None,
        }
    }
}

/// The padlock of one organization.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Padlock)]
struct PadlockBody {
    /// `closed`, `waiting` or `open`.
    padlock: &'static str,
    /// The pending or active token.
    support_token: Option<TokenBody>,
}

/// One of `validity_seconds` and `until`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = SupportTokenCreate)]
struct CreateBody {
    /// Counted from the moment an agent associates the token.
    validity_seconds: Option<i64>,
    /// RFC 3339: it ends then, however late it is associated.
    until: Option<String>,
    /// `read_only` if not given, or `write`.
    mode: Option<String>,
    customer_ticket: Option<String>,
}

impl CreateBody {
    fn command(self) -> Result<NewToken, Error> {
        let length = match (self.validity_seconds, self.until) {
            (Some(seconds), None) => Length::For(Duration::seconds(seconds)),
            (None, Some(moment)) => Length::Until(instant("until", &moment)?),
            _ => {
                let sentence = "Give one of validity_seconds and until: every token has an end.";
                return Err(Error::invalid("validity_seconds", "required", sentence));
            }
        };
        let mode = match self.mode.as_deref() {
            None => Mode::default(),
            Some(text) => Mode::parse(text).ok_or_else(|| {
                Error::invalid("mode", "unknown_mode", "Choose one of read_only and write.")
            })?,
        };
        Ok(NewToken { length, mode, customer_ticket: self.customer_ticket.unwrap_or_default() })
    }
}

/// One of `code` and `id`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = SupportTokenAssociate)]
struct AssociateBody {
    /// As the customer reads it out; case, spaces and dashes do not matter.
    code: Option<String>,
    /// As `support_tokens.waiting` lists it.
    #[schema(value_type = Option<String>)]
    id: Option<GrantId>,
    ticket: String,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[schema(as = SupportTokenEnter)]
struct EnterBody {
    /// Needed if there are several products.
    #[schema(value_type = Option<String>)]
    application: Option<kernel::ApplicationId>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SupportTokenWay)]
struct WayBody {
    #[schema(value_type = String)]
    application: kernel::ApplicationId,
    /// To be opened by the agent's browser: good once, for a minute, and only while the agent is signed in.
    url: String,
}

async fn organization(caller: &Caller, name: &str) -> Result<OrganizationId, Error> {
    organizations::operations::resolve_for(caller, name).await
}

fn one(caller: &Caller, token: SupportToken) -> Json<TokenBody> {
    Json(TokenBody::new(token, caller.now))
}

fn all(caller: &Caller, tokens: Vec<SupportToken>) -> Vec<TokenBody> {
    tokens.into_iter().map(|token| TokenBody::new(token, caller.now)).collect()
}

async fn at_desk(caller: &Caller, tokens: Vec<SupportToken>) -> Result<Json<List<TokenBody>>, Error> {
    let names = operations::phone_refused(caller, &tokens).await?;
    let body = |token: SupportToken| TokenBody {
        phone_not_authorized: names.get(&token.organization()).cloned(),
        ..TokenBody::new(token, caller.now)
    };
    Ok(Json(List::whole(tokens.into_iter().map(body).collect())))
}

fn page(caller: &Caller, page: Page) -> Json<List<TokenBody>> {
    Json(List::new(all(caller, page.tokens), page.next.map(|id| id.to_string())))
}

fn before(query: &PageQuery) -> Result<Option<GrantId>, Error> {
    query.page_token.as_deref().filter(|token| !token.is_empty()).map(str::parse).transpose().map_err(|_| {
        Error::invalid("page_token", "not_a_page_token", "Give the next_token of the page before.")
    })
}

/// Opens the padlock: a pending token. Nobody has access until an agent associates it.
#[utoipa::path(post, path = "/api/v1/organizations/{organization}/support-tokens",
    operation_id = "support_tokens.create", tag = "support_tokens",
    params(("organization" = String, Path, description = "An id, or ext: and the external id")),
    request_body = CreateBody,
    responses((status = 201, body = TokenBody), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "One is live already; the sentence says which"),
        (status = 422, body = Problem)))]
async fn create(
    caller: Caller,
    Path(name): Path<String>,
    Json(body): Json<CreateBody>,
) -> Result<Response, Failure> {
    let organization = organization(&caller, &name).await?;
    let token = operations::create(&caller, organization, body.command()?).await?;
    Ok(created(TokenBody::new(token, caller.now)))
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct HistoryQuery {
    /// Who made it, took it or ended it, `usr_…`.
    person: Option<String>,
    /// `pending`, `active`, `expired` or `revoked`.
    state: Option<String>,
    /// There at this moment or later, RFC 3339.
    from: Option<String>,
    /// There before this moment, RFC 3339.
    to: Option<String>,
    /// How many, 1 to 200; 50 if not given.
    limit: Option<u32>,
    /// The `next_token` of the page before.
    page_token: Option<String>,
}

impl HistoryQuery {
    fn filter(&self) -> Result<Filter, Error> {
        let mut filter = Filter::default();
        if let Some(person) = &self.person {
            let id = person.parse::<UserId>();
            filter.person = Some(id.map_err(|error| {
                Error::invalid("person", "not_an_id", format!("Give {error}, or leave it out."))
            })?);
        }
        if let Some(state) = &self.state {
            let known = State::ALL.into_iter().find(|known| known.as_str() == state);
            filter.state = Some(known.ok_or_else(|| {
                Error::invalid(
                    "state",
                    "unknown_state",
                    "Give pending, active, expired or revoked, or leave it out.",
                )
            })?);
        }
        if let Some(from) = &self.from {
            filter.from = instant("from", from)?;
        }
        if let Some(to) = &self.to {
            filter.to = instant("to", to)?;
        }
        Ok(filter)
    }
}

/// Every token ever made for the organization, newest first, or those of them that are asked for.
#[utoipa::path(get, path = "/api/v1/organizations/{organization}/support-tokens",
    operation_id = "support_tokens.list", tag = "support_tokens",
    params(("organization" = String, Path, description = "An id, or ext: and the external id"), HistoryQuery),
    responses((status = 200, body = List<TokenBody>), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn list(
    caller: Caller,
    Path(name): Path<String>,
    Query(query): Query<HistoryQuery>,
) -> Result<Json<List<TokenBody>>, Failure> {
    let organization = organization(&caller, &name).await?;
    let filter = query.filter()?;
    let part = PageQuery { limit: query.limit, page_token: query.page_token };
    let found =
        operations::filtered_history(&caller, organization, &filter, before(&part)?, part.limit()).await?;
    Ok(page(&caller, found))
}

/// The padlock of the organization, with the live token if there is one.
#[utoipa::path(get, path = "/api/v1/organizations/{organization}/support-tokens/live",
    operation_id = "support_tokens.live", tag = "support_tokens",
    params(("organization" = String, Path, description = "An id, or ext: and the external id")),
    responses((status = 200, body = PadlockBody), (status = 404, body = Problem)))]
async fn live(caller: Caller, Path(name): Path<String>) -> Result<Json<PadlockBody>, Failure> {
    let organization = organization(&caller, &name).await?;
    let token = operations::live(&caller, organization).await?;
    let padlock = match token.as_ref().map(|token| token.state(caller.now)) {
        Some(grants::State::Pending) => "waiting",
        Some(grants::State::Active) => "open",
        _ => "closed",
    };
    Ok(Json(PadlockBody { padlock, support_token: token.map(|token| TokenBody::new(token, caller.now)) }))
}

/// One token.
#[utoipa::path(get, path = "/api/v1/support-tokens/{grant}", operation_id = "support_tokens.get", tag = "support_tokens",
    params(("grant" = String, Path)),
    responses((status = 200, body = TokenBody), (status = 404, body = Problem)))]
async fn get(caller: Caller, Path(id): Path<GrantId>) -> Result<Json<TokenBody>, Failure> {
    let token = operations::get(&caller, id).await?;
    Ok(one(&caller, token))
}

/// The customer takes it back. When this has answered, no request under it is allowed.
#[utoipa::path(post, path = "/api/v1/support-tokens/{grant}/revoke", operation_id = "support_tokens.revoke",
    tag = "support_tokens", params(("grant" = String, Path)),
    responses((status = 200, body = TokenBody), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "It has ended already")))]
async fn revoke(caller: Caller, Path(id): Path<GrantId>) -> Result<Json<TokenBody>, Failure> {
    let token = operations::revoke(&caller, id).await?;
    Ok(one(&caller, token))
}

/// Its agent gives it back.
#[utoipa::path(post, path = "/api/v1/support-tokens/{grant}/give-back", operation_id = "support_tokens.give_back",
    tag = "support_tokens", params(("grant" = String, Path)),
    responses((status = 200, body = TokenBody), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "It has ended already")))]
async fn give_back(caller: Caller, Path(id): Path<GrantId>) -> Result<Json<TokenBody>, Failure> {
    let token = operations::give_back(&caller, id).await?;
    Ok(one(&caller, token))
}

/// An administrator of the vendor ends it.
#[utoipa::path(post, path = "/api/v1/support-tokens/{grant}/end", operation_id = "support_tokens.end",
    tag = "support_tokens", params(("grant" = String, Path)),
    responses((status = 200, body = TokenBody), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "It has ended already")))]
async fn end(caller: Caller, Path(id): Path<GrantId>) -> Result<Json<TokenBody>, Failure> {
    let token = operations::end_by_vendor(&caller, id).await?;
    Ok(one(&caller, token))
}

/// Its agent goes in, by a session of its own. The address is good once, within a minute, in a browser that has the caller's
/// session on this host and follows the redirections.
#[utoipa::path(post, path = "/api/v1/support-tokens/{grant}/enter", operation_id = "support_tokens.enter",
    tag = "support_tokens", params(("grant" = String, Path)), request_body = EnterBody,
    responses((status = 201, body = WayBody), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "It has ended"), (status = 422, body = Problem)))]
async fn enter(
    caller: Caller,
    Path(id): Path<GrantId>,
    Json(body): Json<EnterBody>,
) -> Result<Response, Failure> {
    let way = operations::enter(&caller, id, body.application).await?;
    Ok(created(WayBody { application: way.application, url: way.url }))
}

/// An agent takes a pending token for a ticket. A code that is unknown and a code that cannot be taken get one answer.
#[utoipa::path(post, path = "/api/v1/desk/associate", operation_id = "support_tokens.associate", tag = "support_tokens",
    request_body = AssociateBody,
    responses((status = 200, body = TokenBody), (status = 403, body = Problem),
        (status = 409, body = Problem, description = "Another agent was first; the sentence says who and when"),
        (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn associate(caller: Caller, Json(body): Json<AssociateBody>) -> Result<Json<TokenBody>, Failure> {
    let which = match (body.code, body.id) {
        (Some(code), None) => Which::Code(code),
        (None, Some(id)) => Which::Grant(id),
        _ => return Err(Error::invalid("code", "required", "Give one of code and id.").into()),
    };
    let token = operations::associate(&caller, which, &body.ticket, &body.reason).await?;
    Ok(one(&caller, token))
}

/// What waits for an agent, the longest waiting first.
#[utoipa::path(get, path = "/api/v1/desk/waiting", operation_id = "support_tokens.waiting", tag = "support_tokens",
    responses((status = 200, body = List<TokenBody>), (status = 403, body = Problem)))]
async fn waiting(caller: Caller) -> Result<Json<List<TokenBody>>, Failure> {
    let tokens = operations::waiting(&caller).await?;
    Ok(at_desk(&caller, tokens).await?)
}

/// What the calling agent may enter now.
#[utoipa::path(get, path = "/api/v1/desk/mine", operation_id = "support_tokens.mine", tag = "support_tokens",
    responses((status = 200, body = List<TokenBody>), (status = 403, body = Problem)))]
async fn mine(caller: Caller) -> Result<Json<List<TokenBody>>, Failure> {
    let tokens = operations::mine(&caller).await?;
    Ok(at_desk(&caller, tokens).await?)
}

/// Every token that the calling agent ever took, newest first.
#[utoipa::path(get, path = "/api/v1/desk/history", operation_id = "support_tokens.own_history", tag = "support_tokens",
    params(PageQuery), responses((status = 200, body = List<TokenBody>), (status = 403, body = Problem)))]
async fn own_history(
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<TokenBody>>, Failure> {
    Ok(page(&caller, operations::agent_history(&caller, before(&query)?, query.limit()).await?))
}
