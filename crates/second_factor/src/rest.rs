//! A person's own second factor, for programs that act with their session.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use kernel::DeviceId;
use serde::{Deserialize, Serialize};
use utoipa_axum::routes;
use web::{
    Caller, Failure,
    cookies::{self, Cookie},
    rest::{Json, List, Path, Problem, Routes, created, rfc3339},
};

use crate::{
    model::{Device, Standing},
    operations::{self, Offered, Presented},
    qr,
};

pub fn rest_routes() -> Routes {
    Routes::new()
        .routes(routes!(get))
        .routes(routes!(enable))
        .routes(routes!(confirm))
        .routes(routes!(disable))
        .routes(routes!(show))
        .routes(routes!(renew_recovery_codes))
        .routes(routes!(devices))
        .routes(routes!(forget_devices))
        .routes(routes!(forget_device))
        .merge(crate::passkeys::rest::rest_routes())
}

/// What the caller has set up. No key and no code is in here.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct StandingView {
    is_on: bool,
    /// Since when an authenticator app makes codes.
    app_since: Option<String>,
    /// After too many wrong codes no more are taken.
    app_disabled_at: Option<String>,
    passkeys: i64,
    recovery_codes_left: i64,
    /// It cannot be turned off.
    is_mandatory: bool,
}

impl StandingView {
    fn new(standing: &Standing, is_mandatory: bool) -> Self {
        Self {
            is_on: standing.is_on(),
            app_since: standing.app.map(|key| rfc3339(key.confirmed_at)),
            app_disabled_at: standing.app.and_then(|key| key.disabled_at).map(rfc3339),
            passkeys: standing.passkeys,
            recovery_codes_left: standing.recovery_codes,
            is_mandatory,
        }
    }
}

/// A key for an authenticator app. Only its owner sees it, and only now.
#[derive(Serialize, utoipa::ToSchema)]
pub struct KeyView {
    /// Base32 in groups of four.
    #[schema(example = "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ")]
    pub key: String,
    /// What the QR code says.
    pub uri: String,
    /// The QR code as SVG.
    pub qr_svg: String,
}

impl KeyView {
    pub fn new(offered: &Offered) -> Result<Self, kernel::Error> {
        Ok(Self {
            key: offered.key.to_string(),
            uri: offered.uri.to_string(),
            qr_svg: qr::svg(&offered.uri, "")?,
        })
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct CodeBody {
    pub code: String,
}

/// What the caller has set up.
#[utoipa::path(get, path = "/api/v1/account/second-factor", operation_id = "second_factor.get", tag = "second_factor",
    responses((status = 200, body = StandingView), (status = 401, body = Problem)))]
async fn get(caller: Caller) -> Result<Json<StandingView>, Failure> {
    let person = caller.person()?.user;
    let standing = operations::own_standing(&caller).await?;
    let is_mandatory = operations::is_mandatory(&mut *caller.read().await?, person, caller.now).await?;
    Ok(Json(StandingView::new(&standing, is_mandatory)))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Enable {
    /// A code of the app that is in use, where one is: the key is replaced.
    code: Option<String>,
}

/// Makes a key that is not active until a code of it is confirmed.
#[utoipa::path(post, path = "/api/v1/account/second-factor/enable", operation_id = "second_factor.enable",
    tag = "second_factor", request_body = Enable,
    responses((status = 201, body = KeyView), (status = 401, body = Problem),
        (status = 403, body = Problem, description = "reauth_required"), (status = 422, body = Problem),
        (status = 429, body = Problem)))]
async fn enable(caller: Caller, Json(body): Json<Enable>) -> Result<Response, Failure> {
    Ok(created(KeyView::new(&operations::enable(&caller, body.code.as_deref()).await?)?))
}

#[derive(Serialize, utoipa::ToSchema)]
struct Codes {
    /// Shown once. Empty where a key was replaced and the codes from before stay good.
    recovery_codes: Vec<String>,
}

/// Takes the key into use with its first code. The session goes on under another cookie, the others end.
#[utoipa::path(post, path = "/api/v1/account/second-factor/confirm", operation_id = "second_factor.confirm",
    tag = "second_factor", request_body = CodeBody,
    responses((status = 200, body = Codes), (status = 401, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn confirm(caller: Caller, Json(body): Json<CodeBody>) -> Result<Response, Failure> {
    let done = operations::confirm_own(&caller, &body.code).await?;
    let mut response = Json(Codes { recovery_codes: done.recovery_codes }).into_response();
    let cookie = cookies::set(Cookie::Session, caller.world.settings.secure_cookies, &done.session);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Turns it off.
#[utoipa::path(post, path = "/api/v1/account/second-factor/disable", operation_id = "second_factor.disable",
    tag = "second_factor", request_body = CodeBody,
    responses((status = 204), (status = 401, body = Problem),
        (status = 403, body = Problem, description = "second_factor_mandatory"), (status = 409, body = Problem),
        (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn disable(caller: Caller, Json(body): Json<CodeBody>) -> Result<StatusCode, Failure> {
    operations::disable(&caller, &body.code).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Show {
    #[schema(format = Password)]
    password: String,
    code: String,
}

/// Shows the key in use once more, to add a device. It is logged and mailed.
#[utoipa::path(post, path = "/api/v1/account/second-factor/show", operation_id = "second_factor.show",
    tag = "second_factor", request_body = Show,
    responses((status = 200, body = KeyView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn show(caller: Caller, Json(body): Json<Show>) -> Result<Json<KeyView>, Failure> {
    Ok(Json(KeyView::new(&operations::show(&caller, &body.password, &body.code).await?)?))
}

/// Makes the recovery codes anew; earlier ones no longer work.
#[utoipa::path(post, path = "/api/v1/account/second-factor/recovery-codes",
    operation_id = "second_factor.renew_recovery_codes", tag = "second_factor",
    responses((status = 201, body = Codes), (status = 401, body = Problem),
        (status = 403, body = Problem, description = "reauth_required"), (status = 409, body = Problem)))]
async fn renew_recovery_codes(caller: Caller) -> Result<Response, Failure> {
    Ok(created(Codes { recovery_codes: operations::renew_recovery_codes(&caller).await? }))
}

/// A browser that is not asked for a code.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DeviceView {
    #[schema(value_type = String)]
    id: DeviceId,
    created_at: String,
    /// From then on it is asked again, however often it was used.
    expires_at: String,
    last_used_at: String,
    address: String,
    user_agent: String,
    /// The browser that asks.
    is_current: bool,
}

impl DeviceView {
    fn new(device: Device, current: Option<DeviceId>) -> Self {
        Self {
            is_current: current == Some(device.id),
            id: device.id,
            created_at: rfc3339(device.created_at),
            expires_at: rfc3339(device.expires_at),
            last_used_at: rfc3339(device.last_used_at),
            address: device.address,
            user_agent: device.user_agent,
        }
    }
}

/// The device that the browser says to be; only for display.
pub(crate) fn current_device(caller: &Caller, headers: &HeaderMap) -> Option<DeviceId> {
    let presented = cookies::find(headers, Cookie::Device, caller.world.settings.secure_cookies)?;
    Some(Presented::parse(presented)?.id())
}

/// The browsers that are remembered, the last used first.
#[utoipa::path(get, path = "/api/v1/account/remembered-devices", operation_id = "second_factor.list_devices",
    tag = "second_factor", responses((status = 200, body = List<DeviceView>), (status = 401, body = Problem)))]
async fn devices(caller: Caller, headers: HeaderMap) -> Result<Json<List<DeviceView>>, Failure> {
    let current = current_device(&caller, &headers);
    let devices = operations::list_devices(&caller).await?;
    Ok(Json(List::whole(devices.into_iter().map(|device| DeviceView::new(device, current)).collect())))
}

/// Forgets all of them.
#[utoipa::path(post, path = "/api/v1/account/remembered-devices/forget-all",
    operation_id = "second_factor.forget_devices", tag = "second_factor",
    responses((status = 204), (status = 401, body = Problem)))]
async fn forget_devices(caller: Caller) -> Result<StatusCode, Failure> {
    operations::forget_own_devices(&caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets one of them.
#[utoipa::path(post, path = "/api/v1/account/remembered-devices/{id}/forget",
    operation_id = "second_factor.forget_device", tag = "second_factor", params(("id" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn forget_device(caller: Caller, Path(id): Path<DeviceId>) -> Result<StatusCode, Failure> {
    operations::forget_device(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
