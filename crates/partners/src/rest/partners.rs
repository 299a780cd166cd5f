//! *My Partner*, for the client's administrators.

#![expect(
    clippy::option_option,
    reason = "a change tells null, which takes a date away, from a field that is left out"
)]

use axum::response::Response;
use grants::Mode;
use kernel::{Error, GrantId, OrganizationId, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};
use web::{
    Caller, Failure,
    rest::{Json, List, Path, Problem, created, instant, rfc3339},
};

use super::shapes::{DetailsBody, TokenBody};
use crate::{
    model::{ChangeTerms, Terms},
    operations::{self, Details},
};

fn mode(text: &str) -> Result<Mode, Error> {
    Mode::parse(text)
        .ok_or_else(|| Error::invalid("mode", "unknown_mode", "Choose one of read_only and write."))
}

/// Every partner that was ever let in, the live ones first, with who can enter.
#[utoipa::path(get, path = "/api/v1/organizations/{organization}/partners", operation_id = "partners.list",
    tag = "partners", params(("organization" = String, Path, description = "`grp_…` or `ext:…`")),
    responses((status = 200, body = List<DetailsBody>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub async fn list(caller: Caller, Path(name): Path<String>) -> Result<Json<List<DetailsBody>>, Failure> {
    let id = organizations::operations::resolve_for(&caller, &name).await?;
    let (_, partners) = operations::partners(&caller, id).await?;
    let body = partners.into_iter().map(|(token, partnership)| {
        let details = Details {
            token,
            permissions: partnership.permissions,
            users: partnership.users,
            is_administrator: true,
            may_enter: false,
        };
        DetailsBody::new(details, caller.now)
    });
    Ok(Json(List::whole(body.collect())))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = PartnerLook)]
pub struct LookBody {
    /// As the partner handed it over.
    token: String,
}

/// Whose token it is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PartnerOffered)]
pub struct OfferedBody {
    #[schema(value_type = String)]
    partner: OrganizationId,
    partner_name: String,
    /// The vendor, who registered it as a partner.
    verified_by: String,
    answer_by: String,
}

/// Says whose token it is, and grants nothing. Every token that cannot be taken gets one answer.
#[utoipa::path(post, path = "/api/v1/organizations/{organization}/partners/look", operation_id = "partners.look",
    tag = "partners", params(("organization" = String, Path, description = "`grp_…` or `ext:…`")), request_body = LookBody,
    responses((status = 200, body = OfferedBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 429, body = Problem)))]
pub async fn look(
    caller: Caller,
    Path(name): Path<String>,
    Json(body): Json<LookBody>,
) -> Result<Json<OfferedBody>, Failure> {
    let id = organizations::operations::resolve_for(&caller, &name).await?;
    let offered = operations::look(&caller, id, &body.token).await?;
    Ok(Json(OfferedBody {
        partner: offered.partner,
        partner_name: offered.partner_name,
        verified_by: caller.world.settings.vendor_name.clone(),
        answer_by: rfc3339(offered.answer_by),
    }))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = PartnerAuthorize)]
pub struct AuthorizeBody {
    token: String,
    /// Keys of permissions that the vendor offers; at least one.
    permissions: Vec<String>,
    /// `read_only` if not given, or `write`.
    mode: Option<String>,
    /// RFC 3339; without it until somebody ends it.
    ends_at: Option<String>,
    /// RFC 3339: both sides are reminded before it.
    review_at: Option<String>,
}

/// Lets a partner in.
#[utoipa::path(post, path = "/api/v1/organizations/{organization}/partners", operation_id = "partners.authorize",
    tag = "partners", params(("organization" = String, Path, description = "`grp_…` or `ext:…`")),
    request_body = AuthorizeBody,
    responses((status = 201, body = TokenBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem, description = "The token cannot be taken"),
        (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn authorize(
    caller: Caller,
    Path(name): Path<String>,
    Json(body): Json<AuthorizeBody>,
) -> Result<Response, Failure> {
    let id = organizations::operations::resolve_for(&caller, &name).await?;
    let at = |field, text: Option<&str>| text.map(|text| instant(field, text)).transpose();
    let terms = Terms {
        permissions: body.permissions,
        mode: body.mode.as_deref().map_or(Ok(Mode::default()), mode)?,
        ends_at: at("ends_at", body.ends_at.as_deref())?,
        review_at: at("review_at", body.review_at.as_deref())?,
    };
    let token = operations::authorize(&caller, id, &body.token, terms).await?;
    Ok(created(TokenBody::new(token, caller.now)))
}

/// One partner: what it may do, who of it can enter, and when they last did.
#[utoipa::path(get, path = "/api/v1/partners/{grant}", operation_id = "partners.get", tag = "partners",
    params(("grant" = String, Path)),
    responses((status = 200, body = DetailsBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub async fn get(caller: Caller, Path(id): Path<GrantId>) -> Result<Json<DetailsBody>, Failure> {
    Ok(Json(DetailsBody::new(operations::as_client(&caller, id).await?, caller.now)))
}

/// What is left out stays as it is; null takes a date away.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = PartnerChange)]
pub struct ChangeBody {
    permissions: Option<Vec<String>>,
    /// `read_only` or `write`.
    mode: Option<String>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    ends_at: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    review_at: Option<Option<String>>,
}

fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Changes what a partner may do, until when, and when to look at it again. Narrowing holds for all of its people at once.
#[utoipa::path(patch, path = "/api/v1/partners/{grant}", operation_id = "partners.change", tag = "partners",
    params(("grant" = String, Path)), request_body = ChangeBody,
    responses((status = 200, body = DetailsBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn change(
    caller: Caller,
    Path(id): Path<GrantId>,
    Json(body): Json<ChangeBody>,
) -> Result<Json<DetailsBody>, Failure> {
    let at = |field, given: Option<Option<String>>| -> Result<Option<Option<Timestamp>>, Error> {
        given.map(|text| text.map(|text| instant(field, &text)).transpose()).transpose()
    };
    let change = ChangeTerms {
        permissions: body.permissions,
        mode: body.mode.as_deref().map(mode).transpose()?,
        ends_at: at("ends_at", body.ends_at)?,
        review_at: at("review_at", body.review_at)?,
    };
    operations::change(&caller, id, change).await?;
    get(caller, Path(id)).await
}

/// Takes back what a partner may do, for good. When this has answered, no request of its people is allowed.
#[utoipa::path(post, path = "/api/v1/partners/{grant}/revoke", operation_id = "partners.revoke", tag = "partners",
    params(("grant" = String, Path)),
    responses((status = 200, body = TokenBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem, description = "It has ended already")))]
pub async fn revoke(caller: Caller, Path(id): Path<GrantId>) -> Result<Json<TokenBody>, Failure> {
    Ok(Json(TokenBody::new(operations::revoke(&caller, id).await?, caller.now)))
}
