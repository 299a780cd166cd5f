//! Passkeys at the door, for programs that act with a person's session.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use second_factor::passkeys::rest::{Answer, Challenge};
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;
use web::{
    Caller, Failure,
    rest::{Json, Problem, Routes},
};

use super::{SetUpDone, answer, only_persons, view};
use crate::{cookies, operations, pages::after};

use sessions::rest::SignedIn;

pub fn rest_routes() -> Routes {
    Routes::new()
        .routes(routes!(begin_passkey))
        .routes(routes!(verify_passkey))
        .routes(routes!(begin_passwordless))
        .routes(routes!(passwordless))
        .routes(routes!(begin_set_up_passkey))
        .routes(routes!(confirm_set_up_passkey))
        .routes(routes!(begin_confirm_passkey))
        .routes(routes!(confirm_passkey))
}

/// Asks for a passkey as the second step of a sign-in.
#[utoipa::path(post, path = "/api/v1/sign-in/passkey/begin", operation_id = "sign_in.begin_passkey", tag = "sign_in",
    responses((status = 200, body = Challenge), (status = 403, body = Problem, description = "passkeys_not_here"),
        (status = 409, body = Problem, description = "sign_in_over, no_passkey"), (status = 429, body = Problem)))]
async fn begin_passkey(caller: Caller, headers: HeaderMap) -> Result<Json<Challenge>, Failure> {
    only_persons(&caller)?;
    Ok(Json(operations::begin_passkey(&caller, cookies::half(&caller, &headers)).await?.into()))
}

/// Shows the passkey, and signs in.
#[utoipa::path(post, path = "/api/v1/sign-in/passkey", operation_id = "sign_in.verify_passkey", tag = "sign_in",
    request_body = Answer,
    responses((status = 200, body = SignedIn), (status = 403, body = Problem, description = "passkey_refused"),
        (status = 409, body = Problem, description = "sign_in_over"), (status = 429, body = Problem)))]
async fn verify_passkey(
    caller: Caller,
    headers: HeaderMap,
    Json(body): Json<Answer>,
) -> Result<Response, Failure> {
    only_persons(&caller)?;
    let half = cookies::half(&caller, &headers);
    let signed_in = operations::verify_passkey(&caller, half, body.ceremony_id, &body.response).await?;
    answer(&caller, signed_in).await
}

/// Asks for any passkey of this server, before anybody said who they are. The cookie that comes with it is needed for the
/// answer.
#[utoipa::path(post, path = "/api/v1/sign-in/passwordless/begin", operation_id = "sign_in.begin_passwordless",
    tag = "sign_in",
    responses((status = 200, body = Challenge), (status = 403, body = Problem, description = "passkeys_not_here"),
        (status = 429, body = Problem)))]
async fn begin_passwordless(caller: Caller, headers: HeaderMap) -> Result<Response, Failure> {
    only_persons(&caller)?;
    let browser = cookies::browser(&caller, &headers);
    let challenge: Challenge = operations::begin_passwordless(&caller, &browser).await?.into();
    Ok(cookies::asking(&caller, Json(challenge).into_response(), &browser))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Passwordless {
    #[serde(flatten)]
    answer: Answer,
    /// The page of this server to go on to.
    #[serde(default)]
    return_to: String,
}

#[derive(Serialize, utoipa::ToSchema)]
struct SignedInWithoutPassword {
    #[serde(flatten)]
    signed_in: SignedIn,
    /// The page that was wanted, or the one where the person begins.
    go_to: String,
}

/// Shows a passkey in place of address, password and code, and signs in.
#[utoipa::path(post, path = "/api/v1/sign-in/passwordless", operation_id = "sign_in.passwordless", tag = "sign_in",
    request_body = Passwordless,
    responses((status = 200, body = SignedInWithoutPassword), (status = 401, body = Problem),
        (status = 403, body = Problem, description = "passkey_refused"), (status = 429, body = Problem)))]
async fn passwordless(
    caller: Caller,
    headers: HeaderMap,
    Json(body): Json<Passwordless>,
) -> Result<Response, Failure> {
    only_persons(&caller)?;
    let browser = cookies::browser(&caller, &headers);
    let Answer { ceremony_id, response } = body.answer;
    let earlier = cookies::half(&caller, &headers);
    let signed_in = operations::passwordless(&caller, &browser, earlier, ceremony_id, &response).await?;
    let wanted = operations::Wanted { return_to: body.return_to, ..operations::Wanted::default() };
    let go_to = after(&caller, &signed_in, &wanted).await?;
    let response = Json(SignedInWithoutPassword { signed_in: view(&caller, &signed_in).await?, go_to });
    Ok(cookies::signed_in(&caller, response.into_response(), &signed_in))
}

/// Begins a passkey on the way in, for whoever may not be without a second factor.
#[utoipa::path(post, path = "/api/v1/sign-in/set-up/passkey/begin", operation_id = "sign_in.begin_set_up_passkey",
    tag = "sign_in",
    responses((status = 200, body = Challenge),
        (status = 403, body = Problem, description = "mailbox_not_proved, passkeys_not_here"),
        (status = 409, body = Problem), (status = 429, body = Problem)))]
async fn begin_set_up_passkey(caller: Caller, headers: HeaderMap) -> Result<Json<Challenge>, Failure> {
    only_persons(&caller)?;
    Ok(Json(operations::begin_set_up_passkey(&caller, cookies::half(&caller, &headers)).await?.into()))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct SetUpPasskey {
    #[serde(flatten)]
    answer: Answer,
    /// By which its owner knows it.
    name: String,
}

/// Takes the passkey into use, and signs in.
#[utoipa::path(post, path = "/api/v1/sign-in/set-up/passkey", operation_id = "sign_in.confirm_set_up_passkey",
    tag = "sign_in", request_body = SetUpPasskey,
    responses((status = 200, body = SetUpDone), (status = 403, body = Problem, description = "passkey_refused"),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn confirm_set_up_passkey(
    caller: Caller,
    headers: HeaderMap,
    Json(body): Json<SetUpPasskey>,
) -> Result<Response, Failure> {
    only_persons(&caller)?;
    let half = cookies::half(&caller, &headers);
    let Answer { ceremony_id, response } = body.answer;
    let done = operations::confirm_set_up_passkey(&caller, half, ceremony_id, &body.name, &response).await?;
    let signed_in = view(&caller, &done.signed_in).await?;
    let response = Json(SetUpDone { signed_in, recovery_codes: done.recovery_codes }).into_response();
    Ok(cookies::signed_in(&caller, response, &done.signed_in))
}

/// Asks for a passkey of whoever is signed in, for what needs a recent proof (`reauth_required`).
#[utoipa::path(post, path = "/api/v1/account/confirm/passkey/begin", operation_id = "sign_in.begin_confirm_passkey",
    tag = "sign_in",
    responses((status = 200, body = Challenge), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem, description = "no_passkey"), (status = 429, body = Problem)))]
async fn begin_confirm_passkey(caller: Caller) -> Result<Json<Challenge>, Failure> {
    Ok(Json(operations::begin_confirm(&caller).await?.into()))
}

/// Shows it. The session goes on under another cookie.
#[utoipa::path(post, path = "/api/v1/account/confirm/passkey", operation_id = "sign_in.confirm_passkey",
    tag = "sign_in", request_body = Answer,
    responses((status = 204), (status = 401, body = Problem),
        (status = 403, body = Problem, description = "passkey_refused"), (status = 429, body = Problem)))]
async fn confirm_passkey(caller: Caller, Json(body): Json<Answer>) -> Result<Response, Failure> {
    let secret = operations::confirm_with_passkey(&caller, body.ceremony_id, &body.response).await?;
    Ok(cookies::renewed(&caller, StatusCode::NO_CONTENT.into_response(), &secret))
}
