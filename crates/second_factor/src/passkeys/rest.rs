//! The caller's passkeys, for programs that act with a person's session.

use axum::response::Response;
use http::{StatusCode, header};
use kernel::{CeremonyId, PasskeyId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa_axum::routes;
use web::{
    Caller, Failure,
    cookies::{self, Cookie},
    rest::{Json, List, Path, Problem, Routes, created, rfc3339},
};

use super::{Started, model::Passkey};

pub fn rest_routes() -> Routes {
    Routes::new()
        .routes(routes!(list, register))
        .routes(routes!(begin_registration))
        .routes(routes!(rename, remove))
}

/// What a browser is to be asked. It is answered once, within five minutes, by whoever got it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Challenge {
    #[schema(value_type = String, example = "cer_01jq8v5m8xe5ra0w3v1c2n4k6t")]
    pub ceremony_id: CeremonyId,
    /// For `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`.
    #[schema(value_type = Object)]
    pub options: Value,
}

impl From<Started> for Challenge {
    fn from(started: Started) -> Self {
        Self { ceremony_id: started.ceremony, options: started.options }
    }
}

/// The browser's answer to a challenge.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct Answer {
    #[schema(value_type = String)]
    pub ceremony_id: CeremonyId,
    /// What `PublicKeyCredential.toJSON` says.
    #[schema(value_type = Object)]
    pub response: Value,
}

/// A passkey. Its key is not shown.
#[derive(Serialize, utoipa::ToSchema)]
struct PasskeyView {
    #[schema(value_type = String, example = "pky_01jq8v5m8xe5ra0w3v1c2n4k6t")]
    id: PasskeyId,
    name: String,
    created_at: String,
    last_used_at: Option<String>,
}

impl From<Passkey> for PasskeyView {
    fn from(passkey: Passkey) -> Self {
        Self {
            id: passkey.id,
            name: passkey.name,
            created_at: rfc3339(passkey.created_at),
            last_used_at: passkey.last_used_at.map(rfc3339),
        }
    }
}

/// The caller's passkeys, the oldest first.
#[utoipa::path(get, path = "/api/v1/account/passkeys", operation_id = "passkeys.list", tag = "passkeys",
    responses((status = 200, body = List<PasskeyView>), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn list(caller: Caller) -> Result<Json<List<PasskeyView>>, Failure> {
    let passkeys = super::list(&caller).await?;
    Ok(Json(List::whole(passkeys.into_iter().map(Into::into).collect())))
}

/// Begins a new passkey.
#[utoipa::path(post, path = "/api/v1/account/passkeys/begin", operation_id = "passkeys.begin_registration",
    tag = "passkeys",
    responses((status = 200, body = Challenge), (status = 401, body = Problem),
        (status = 403, body = Problem, description = "reauth_required, passkeys_not_here"),
        (status = 409, body = Problem, description = "too_many_passkeys"), (status = 429, body = Problem)))]
async fn begin_registration(caller: Caller) -> Result<Json<Challenge>, Failure> {
    Ok(Json(super::begin_registration(&caller).await?.into()))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Register {
    #[serde(flatten)]
    answer: Answer,
    /// By which its owner knows it.
    #[schema(example = "Work phone")]
    name: String,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Made {
    #[schema(value_type = String)]
    id: PasskeyId,
    /// Shown once. Empty where the person has a set from before.
    recovery_codes: Vec<String>,
}

/// Takes a new passkey into use. The session goes on under another cookie, the others end.
#[utoipa::path(post, path = "/api/v1/account/passkeys", operation_id = "passkeys.register", tag = "passkeys",
    request_body = Register,
    responses((status = 201, body = Made), (status = 401, body = Problem),
        (status = 403, body = Problem, description = "reauth_required, passkeys_not_here, passkey_refused"),
        (status = 409, body = Problem, description = "too_many_passkeys, passkey_already_registered"),
        (status = 422, body = Problem)))]
async fn register(caller: Caller, Json(body): Json<Register>) -> Result<Response, Failure> {
    let Answer { ceremony_id, response } = body.answer;
    let made = super::finish_registration(&caller, ceremony_id, &body.name, &response).await?;
    let mut answer = created(Made { id: made.id, recovery_codes: made.recovery_codes });
    let cookie = cookies::set(Cookie::Session, caller.world.settings.secure_cookies, &made.session);
    answer.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(answer)
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Rename {
    name: String,
}

/// Gives a passkey another name.
#[utoipa::path(patch, path = "/api/v1/account/passkeys/{passkey}", operation_id = "passkeys.rename", tag = "passkeys",
    params(("passkey" = String, Path)), request_body = Rename,
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn rename(
    caller: Caller,
    Path(id): Path<PasskeyId>,
    Json(body): Json<Rename>,
) -> Result<StatusCode, Failure> {
    super::rename(&caller, id, &body.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a passkey. All other sessions end.
#[utoipa::path(delete, path = "/api/v1/account/passkeys/{passkey}", operation_id = "passkeys.remove", tag = "passkeys",
    params(("passkey" = String, Path)),
    responses((status = 204), (status = 401, body = Problem),
        (status = 403, body = Problem, description = "reauth_required, second_factor_mandatory"),
        (status = 404, body = Problem)))]
async fn remove(caller: Caller, Path(id): Path<PasskeyId>) -> Result<StatusCode, Failure> {
    super::remove(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
