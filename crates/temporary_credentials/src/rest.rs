//! Temporary credentials, for administrators of an organization. No program makes or ends them.

use axum::response::Response;
use grants::{EndedHow, Mode};
use kernel::{Duration, Error, GrantId, OrganizationId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;
use web::{
    Caller, Failure,
    rest::{Json, List, Path, Problem, Routes, created, rfc3339},
};

use crate::{
    model::{Credentials, NewCredentials},
    operations,
};

pub fn rest_routes() -> Routes {
    Routes::new().routes(routes!(list, generate)).routes(routes!(revoke))
}

/// An address and a password that belong to no person. The password is not in here.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = TemporaryCredentials)]
struct CredentialsBody {
    #[schema(value_type = String, example = "gr_01jq8v5m8xe5ra0w3v1c2n4k6t")]
    id: GrantId,
    #[schema(value_type = String)]
    organization_id: OrganizationId,
    #[schema(example = "support-k2m7qx4a9bdw@temporary.access.example.com")]
    email: String,
    /// `active`, `expired` or `revoked`.
    state: &'static str,
    /// `read_only` or `write`.
    mode: &'static str,
    /// They work only in a browser in which a support agent is signed in.
    requires_agent: bool,
    created_at: String,
    created_by: String,
    ends_at: String,
    first_used_at: Option<String>,
    last_used_at: Option<String>,
    ended_at: Option<String>,
    /// `customer` or `expired`.
    ended_how: Option<&'static str>,
    ended_by: Option<String>,
}

impl CredentialsBody {
    fn new(credentials: Credentials, now: Timestamp) -> Self {
        let over_at = credentials.grant.over_at(now);
        let ended = credentials.grant.ended.as_ref();
        Self {
            id: credentials.id(),
            organization_id: credentials.organization,
            email: credentials.address.to_string(),
            state: credentials.state(now).as_str(),
            mode: credentials.grant.mode.as_str(),
            requires_agent: credentials.requires_agent,
            created_at: rfc3339(credentials.grant.created_at),
            ends_at: rfc3339(credentials.ends_at()),
            first_used_at: credentials.first_used_at.map(rfc3339),
            last_used_at: credentials.last_used_at.map(rfc3339),
            ended_at: over_at.map(rfc3339),
            ended_how: over_at.map(|_| ended.map_or(EndedHow::Expired, |ended| ended.how).as_str()),
            ended_by: ended.and_then(|ended| ended.by.as_ref()).map(|(_, name)| name.clone()),
            created_by: credentials.made_by,
        }
    }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = TemporaryCredentialsGenerate)]
struct GenerateBody {
    /// How long they are good for, at most what the organization and the vendor allow.
    #[schema(example = 14400)]
    validity_seconds: i64,
    /// `read_only`, unless `write` is asked for.
    #[serde(default)]
    mode: Option<String>,
    /// They are to work only in a browser in which a support agent is signed in.
    #[serde(default)]
    requires_agent: bool,
    /// The pair that is to end in the same act. Without it, a pair that is still good stays, and nothing is made.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    replaces: Option<GrantId>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = TemporaryCredentialsGenerated)]
struct GeneratedBody {
    temporary_credentials: CredentialsBody,
    /// Where to sign in with them.
    sign_in_url: String,
    /// The password. Shown this once. Dashes, spaces and the size of its letters do not matter where it is typed.
    #[schema(example = "k7qm-…")]
    value: String,
}

/// Makes an address and a password for one organization and shows the password, once. One pair is good at a time.
#[utoipa::path(post, path = "/api/v1/organizations/{organization}/temporary-credentials",
    operation_id = "temporary_credentials.generate", tag = "temporary_credentials",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`")), request_body = GenerateBody,
    responses((status = 201, body = GeneratedBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem),
        (status = 503, body = Problem)))]
async fn generate(
    caller: Caller,
    Path(name): Path<String>,
    Json(body): Json<GenerateBody>,
) -> Result<Response, Failure> {
    let id = organizations::operations::resolve_for(&caller, &name).await?;
    let new = NewCredentials {
        validity: Duration::seconds(body.validity_seconds),
        mode: mode(body.mode.as_deref())?,
        requires_agent: body.requires_agent,
        replaces: body.replaces,
    };
    let (credentials, password) = operations::generate(&caller, id, new).await?;
    Ok(created(GeneratedBody {
        temporary_credentials: CredentialsBody::new(credentials, caller.now),
        sign_in_url: format!("{}/sign-in", caller.world.settings.public_url),
        value: password.expose().to_owned(),
    }))
}

fn mode(text: Option<&str>) -> Result<Mode, Error> {
    text.map_or(Some(Mode::default()), Mode::parse)
        .ok_or_else(|| Error::invalid("mode", "not_a_mode", "Give read_only or write."))
}

/// The pairs that were made for the organization, the newest first, with those that ended; the newest hundred.
#[utoipa::path(get, path = "/api/v1/organizations/{organization}/temporary-credentials",
    operation_id = "temporary_credentials.list", tag = "temporary_credentials",
    params(("organization" = String, Path, description = "`grp_…` or `ext:…`")),
    responses((status = 200, body = List<CredentialsBody>), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn list(caller: Caller, Path(name): Path<String>) -> Result<Json<List<CredentialsBody>>, Failure> {
    let id = organizations::operations::resolve_for(&caller, &name).await?;
    let (_, all) = operations::list(&caller, id).await?;
    Ok(Json(List::whole(all.into_iter().map(|one| CredentialsBody::new(one, caller.now)).collect())))
}

/// Ends a pair now, with every session that rests on it.
#[utoipa::path(post, path = "/api/v1/temporary-credentials/{grant}/revoke",
    operation_id = "temporary_credentials.revoke", tag = "temporary_credentials",
    params(("grant" = String, Path, description = "`gr_…`")),
    responses((status = 200, body = CredentialsBody), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn revoke(caller: Caller, Path(id): Path<GrantId>) -> Result<Json<CredentialsBody>, Failure> {
    let revoked = operations::revoke(&caller, id).await?;
    Ok(Json(CredentialsBody::new(revoked, caller.now)))
}
