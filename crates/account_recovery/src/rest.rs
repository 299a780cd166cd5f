//! The same for programs that act for a person.

use axum::response::Response;
use http::{HeaderMap, StatusCode};
use kernel::{Error, LostDeviceId};
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;
use web::{
    Caller, Failure,
    rest::{Json, List, Path, Problem, Routes, created, rfc3339},
};

use crate::{
    model::LostDevice,
    operations::{self, Listed},
};

pub fn rest_routes() -> Routes {
    Routes::new()
        .routes(routes!(request_reset))
        .routes(routes!(reset_password))
        .routes(routes!(lock_account))
        .routes(routes!(change_email))
        .routes(routes!(confirm_email))
        .routes(routes!(undo_email))
        .routes(routes!(list_lost_devices, report_lost_device))
        .routes(routes!(stop_lost_device))
        .routes(routes!(get_lost_device))
        .routes(routes!(check_lost_device))
        .routes(routes!(refuse_lost_device))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct EmailBody {
    email: String,
}

/// What a link in a mail ends with.
#[derive(Deserialize, utoipa::ToSchema)]
struct LinkBody {
    token: String,
}

/// Sends a link to choose a new password, if there is an account with this address. The answer is the same if there is none.
#[utoipa::path(post, path = "/api/v1/account-recovery/reset-requests", operation_id = "account_recovery.request_reset",
    tag = "account_recovery", request_body = EmailBody,
    responses((status = 202), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn request_reset(caller: Caller, Json(body): Json<EmailBody>) -> Result<StatusCode, Failure> {
    operations::request_reset(&caller, &body.email).await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize, utoipa::ToSchema)]
struct ResetPassword {
    token: String,
    #[schema(format = Password)]
    password: String,
}

/// Chooses a new password by the link. Everything that was open ends, and nobody is signed in by it.
#[utoipa::path(post, path = "/api/v1/account-recovery/password", operation_id = "account_recovery.reset_password",
    tag = "account_recovery", request_body = ResetPassword,
    responses((status = 204), (status = 409, body = Problem, description = "link_over"), (status = 422, body = Problem)))]
async fn reset_password(caller: Caller, Json(body): Json<ResetPassword>) -> Result<StatusCode, Failure> {
    operations::reset_password(&caller, &body.token, &body.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Locks the account by the link in a warning, until a new password was chosen by mail.
#[utoipa::path(post, path = "/api/v1/account-recovery/lock", operation_id = "account_recovery.lock_account",
    tag = "account_recovery", request_body = LinkBody,
    responses((status = 204), (status = 409, body = Problem, description = "link_over")))]
async fn lock_account(caller: Caller, Json(body): Json<LinkBody>) -> Result<StatusCode, Failure> {
    operations::lock_account(&caller, &body.token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks for another address for the caller. It counts when the link that goes there was opened.
#[utoipa::path(post, path = "/api/v1/account/email", operation_id = "account_recovery.change_email",
    tag = "account_recovery", request_body = EmailBody,
    responses((status = 202), (status = 401, body = Problem), (status = 403, body = Problem, description = "reauth_required"),
        (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn change_email(caller: Caller, Json(body): Json<EmailBody>) -> Result<StatusCode, Failure> {
    operations::change_email(&caller, &body.email).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Confirms a new address by the link that went there.
#[utoipa::path(post, path = "/api/v1/account-recovery/email", operation_id = "account_recovery.confirm_email",
    tag = "account_recovery", request_body = LinkBody,
    responses((status = 204), (status = 403, body = Problem), (status = 409, body = Problem, description = "link_over, email_taken"),
        (status = 422, body = Problem)))]
async fn confirm_email(caller: Caller, Json(body): Json<LinkBody>) -> Result<StatusCode, Failure> {
    operations::confirm_email(&caller, &body.token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a change of address back by the link that went to the earlier one, and locks the account.
#[utoipa::path(post, path = "/api/v1/account-recovery/email/undo", operation_id = "account_recovery.undo_email",
    tag = "account_recovery", request_body = LinkBody,
    responses((status = 204), (status = 409, body = Problem, description = "link_over")))]
async fn undo_email(caller: Caller, Json(body): Json<LinkBody>) -> Result<StatusCode, Failure> {
    operations::undo_email(&caller, &body.token).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, utoipa::ToSchema)]
struct ReportLostDevice {
    /// What happened to the device.
    reason: String,
    /// How the person can be reached.
    contact: String,
}

/// What the person who asked learns of their request.
#[derive(Serialize, utoipa::ToSchema)]
struct ReportedLostDevice {
    #[schema(value_type = String)]
    id: LostDeviceId,
    created_at: String,
    expires_at: String,
}

/// Reports a device as lost: for whoever proved the password and cannot show the second factor, with the cookie of that.
#[utoipa::path(post, path = "/api/v1/lost-devices", operation_id = "account_recovery.report_lost_device",
    tag = "account_recovery", request_body = ReportLostDevice,
    responses((status = 201, body = ReportedLostDevice), (status = 401, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn report_lost_device(
    caller: Caller,
    headers: HeaderMap,
    Json(body): Json<ReportLostDevice>,
) -> Result<Response, Failure> {
    if matches!(caller.actor, kernel::Actor::Machine(_)) {
        caller.actor.person()?;
    }
    let half = sign_in::cookies::half(&caller, &headers);
    let user = sign_in::operations::flow_person(&caller, half).await?.ok_or(Error::Unauthenticated)?;
    let LostDevice { id, created_at, expires_at, .. } =
        operations::report(&caller, user, &body.reason, &body.contact).await?;
    Ok(created(ReportedLostDevice { id, created_at: rfc3339(created_at), expires_at: rfc3339(expires_at) }))
}

/// Stops the reset of a second factor by the link in one of the mails about it.
#[utoipa::path(post, path = "/api/v1/lost-devices/stop", operation_id = "account_recovery.stop_lost_device",
    tag = "account_recovery", request_body = LinkBody,
    responses((status = 204), (status = 409, body = Problem, description = "link_over")))]
async fn stop_lost_device(caller: Caller, Json(body): Json<LinkBody>) -> Result<StatusCode, Failure> {
    operations::stop(&caller, &body.token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One agent's word.
#[derive(Serialize, utoipa::ToSchema)]
struct CheckView {
    agent_id: String,
    agent: String,
    checked: Vec<String>,
    note: String,
    created_at: String,
}

#[derive(Serialize, utoipa::ToSchema)]
struct LostDeviceView {
    #[schema(value_type = String)]
    id: LostDeviceId,
    user_id: String,
    name: String,
    email: String,
    organizations: Vec<String>,
    reason: String,
    /// As the person says. Not to be called back on.
    contact: String,
    /// open, waiting, done, stopped, refused, expired, overtaken
    state: String,
    created_at: String,
    expires_at: String,
    takes_effect_at: Option<String>,
    ended_at: Option<String>,
    ended_by: Option<String>,
    checks: Vec<CheckView>,
}

impl From<Listed> for LostDeviceView {
    fn from(listed: Listed) -> Self {
        let request = listed.request;
        let check = |(checked, agent): (crate::model::Checked, String)| CheckView {
            agent_id: checked.agent.to_string(),
            agent,
            checked: checked.checks.iter().map(|check| check.as_str().to_owned()).collect(),
            note: checked.note,
            created_at: rfc3339(checked.created_at),
        };
        Self {
            id: request.id,
            user_id: request.user.to_string(),
            name: listed.user.name,
            email: listed.user.email.to_string(),
            organizations: listed.organizations,
            reason: request.reason,
            contact: request.contact,
            state: listed.state.as_str().to_owned(),
            created_at: rfc3339(request.created_at),
            expires_at: rfc3339(request.expires_at),
            takes_effect_at: request.takes_effect_at.map(rfc3339),
            ended_at: request.ended.map(|end| rfc3339(end.at)),
            ended_by: listed.ended_by,
            checks: listed.checks.into_iter().map(check).collect(),
        }
    }
}

/// Requests about lost devices, for agents of level 2 and 3. Vendor administrators see those of the vendor's own people.
#[utoipa::path(get, path = "/api/v1/lost-devices", operation_id = "account_recovery.list_lost_devices",
    tag = "account_recovery",
    responses((status = 200, body = List<LostDeviceView>), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn list_lost_devices(caller: Caller) -> Result<Json<List<LostDeviceView>>, Failure> {
    let all = operations::list(&caller).await?;
    Ok(Json(List::whole(all.into_iter().map(LostDeviceView::from).collect())))
}

/// One request.
#[utoipa::path(get, path = "/api/v1/lost-devices/{request}", operation_id = "account_recovery.get_lost_device",
    tag = "account_recovery", params(("request" = String, Path)),
    responses((status = 200, body = LostDeviceView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn get_lost_device(
    caller: Caller,
    Path(request): Path<LostDeviceId>,
) -> Result<Json<LostDeviceView>, Failure> {
    Ok(Json(operations::get(&caller, request).await?.into()))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct CheckLostDevice {
    /// Every check of the list: called_back, administrator_vouches, recent_activity, knows_of_the_wait.
    checked: Vec<String>,
    #[serde(default)]
    note: String,
}

/// Says that the calling agent has checked a request. The second agent's word begins the wait of 24 hours.
#[utoipa::path(post, path = "/api/v1/lost-devices/{request}/check", operation_id = "account_recovery.check_lost_device",
    tag = "account_recovery", params(("request" = String, Path)), request_body = CheckLostDevice,
    responses((status = 200, body = LostDeviceView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn check_lost_device(
    caller: Caller,
    Path(request): Path<LostDeviceId>,
    Json(body): Json<CheckLostDevice>,
) -> Result<Json<LostDeviceView>, Failure> {
    operations::approve(&caller, request, &body.checked, &body.note).await?;
    Ok(Json(operations::get(&caller, request).await?.into()))
}

/// Refuses a request, also during the wait.
#[utoipa::path(post, path = "/api/v1/lost-devices/{request}/refuse", operation_id = "account_recovery.refuse_lost_device",
    tag = "account_recovery", params(("request" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn refuse_lost_device(
    caller: Caller,
    Path(request): Path<LostDeviceId>,
) -> Result<StatusCode, Failure> {
    operations::refuse(&caller, request).await?;
    Ok(StatusCode::NO_CONTENT)
}
