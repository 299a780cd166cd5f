//! Signing in and out for programs that act with a person's session.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kernel::{Actor, Error, OrganizationId};
use second_factor::{
    model::Standing,
    rest::{CodeBody, KeyView},
};
use serde::{Deserialize, Serialize};
use temporary_credentials::operations::{Opened, Proved};
use utoipa_axum::routes;
use web::{
    Caller, Failure,
    rest::{Json, Problem, Routes, created, rfc3339},
};

use sessions::rest::{SessionView, SignedIn, without_cookie};

use crate::{
    cookies,
    model::Next,
    operations::{self, Begun, Checked, Half, Wanted},
};

mod passkeys;

pub fn rest_routes() -> Routes {
    Routes::new()
        .merge(passkeys::rest_routes())
        .routes(routes!(start))
        .routes(routes!(verify_code))
        .routes(routes!(use_recovery_code))
        .routes(routes!(mail_code))
        .routes(routes!(verify_mailed_code))
        .routes(routes!(verify_agent_code))
        .routes(routes!(begin_set_up))
        .routes(routes!(set_up))
        .routes(routes!(confirm_set_up))
        .routes(routes!(choose_password))
        .routes(routes!(sign_out))
        .routes(routes!(confirm))
        .routes(routes!(change_password))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Start {
    email: String,
    #[schema(format = Password)]
    password: String,
}

/// A right password that is no session yet.
#[derive(Serialize, utoipa::ToSchema)]
struct MoreToShow {
    /// `code`: send one of the methods; `set_up`: a second factor must be set up first; `new_password`: the password is too
    /// short to be the only factor, and another one must be chosen.
    next: &'static str,
    /// `totp`, `passkey`, `recovery_code`: what this person can show.
    methods: Vec<&'static str>,
    /// The second step has to be done until then.
    expires_at: String,
}

impl MoreToShow {
    fn new(half: &Half) -> Self {
        let methods = if half.next == Next::Code { methods(&half.standing) } else { Vec::new() };
        Self { next: half.next.as_str(), methods, expires_at: rfc3339(half.expires_at) }
    }
}

pub(crate) fn methods(standing: &Standing) -> Vec<&'static str> {
    let all = [
        ("totp", standing.takes_codes()),
        ("passkey", standing.passkeys > 0),
        ("recovery_code", standing.recovery_codes > 0),
    ];
    all.into_iter().filter_map(|(name, is_there)| is_there.then_some(name)).collect()
}

fn only_persons(caller: &Caller) -> Result<(), Failure> {
    match caller.actor {
        Actor::Machine(_) => Err(Error::forbidden("person_required", "Only a person signs in.").into()),
        _ => Ok(()),
    }
}

/// Begins to sign in with a password. Whoever has nothing more to show gets a session as a cookie (200), which ends the one
/// that was sent along; everybody else a cookie that is good for the next step only, for five minutes (202). Temporary credentials get a session of
/// their own kind (201), which ends nobody else's.
#[utoipa::path(post, path = "/api/v1/sign-in", operation_id = "sign_in.start", tag = "sign_in",
    request_body = Start,
    responses((status = 200, body = SignedIn), (status = 201, body = SignedInTemporarily),
        (status = 202, body = MoreToShow),
        (status = 401, body = Problem, description = "wrong_email_or_password"),
        (status = 403, body = Problem, description = "managed_by_single_sign_on, temporary_credentials_ended, temporary_credentials_need_agent"),
        (status = 429, body = Problem)))]
async fn start(caller: Caller, headers: HeaderMap, Json(body): Json<Start>) -> Result<Response, Failure> {
    only_persons(&caller)?;
    let brought = cookies::brought(&caller, &headers);
    let proved = match operations::prove_password(&caller, &body.email, &body.password, brought).await? {
        Checked::Proved(proved) => proved,
        Checked::Temporary(proved) => return temporary(&caller, &headers, proved).await,
        Checked::Managed(connection) => {
            let public_url = &caller.world.settings.public_url;
            return Err(Error::forbidden(
                "managed_by_single_sign_on",
                format!("This person signs in by single sign-on, at {public_url}/sign-in/sso/{connection}."),
            )
            .into());
        }
        Checked::Wrong => return wrong(&caller),
    };
    let earlier = Some(cookies::half(&caller, &headers)).filter(|secret| !secret.is_empty());
    match operations::go_on(&caller, *proved, &Wanted::default(), earlier).await? {
        Begun::SignedIn(signed_in) => answer(&caller, *signed_in).await,
        Begun::Half(half) => {
            let response = (StatusCode::ACCEPTED, Json(MoreToShow::new(&half))).into_response();
            Ok(cookies::half_done(&caller, response, &half))
        }
    }
}

/// Signed in with temporary credentials. They are no person: the only thing that their cookie is good for is to enter this one
/// organization's account.
#[derive(Serialize, utoipa::ToSchema)]
struct SignedInTemporarily {
    #[schema(value_type = String)]
    organization_id: OrganizationId,
    organization: String,
    ends_at: String,
}

async fn temporary(caller: &Caller, headers: &HeaderMap, proved: Proved) -> Result<Response, Failure> {
    let earlier = cookies::temporary(caller, headers);
    match temporary_credentials::operations::sign_in(caller, proved, earlier).await? {
        Opened::In(signed_in) => {
            let credentials = &signed_in.credentials;
            let response = created(SignedInTemporarily {
                organization_id: credentials.organization,
                organization: credentials.organization_name.clone(),
                ends_at: rfc3339(credentials.ends_at()),
            });
            Ok(cookies::signed_in_temporarily(caller, response, &signed_in.secret))
        }
        Opened::Ended(at) => {
            let sentence =
                format!("These credentials ended at {}. Ask the customer for new ones.", rfc3339(at));
            Err(Error::forbidden("temporary_credentials_ended", sentence).into())
        }
        Opened::NoAgent => Err(Error::forbidden(
            "temporary_credentials_need_agent",
            "These credentials work only together with a support agent. Sign in as an agent first, and then with them.",
        )
        .into()),
    }
}

async fn view(caller: &Caller, signed_in: &operations::SignedIn) -> Result<SignedIn, Failure> {
    let session = sessions::operations::find(&mut *caller.read().await?, signed_in.session)
        .await?
        .ok_or(Error::Unauthenticated)?;
    let session = SessionView::new(session, signed_in.session);
    Ok(SignedIn { user: signed_in.user.clone().into(), session })
}

async fn answer(caller: &Caller, signed_in: operations::SignedIn) -> Result<Response, Failure> {
    let response = Json(view(caller, &signed_in).await?).into_response();
    Ok(cookies::signed_in(caller, response, &signed_in))
}

/// A code of its own, because a program must tell a wrong password from a session that has ended.
fn wrong(caller: &Caller) -> Result<Response, Failure> {
    let problem = Problem {
        r#type: web::rest::ABOUT_BLANK.to_owned(),
        title: "Unauthorized".to_owned(),
        status: StatusCode::UNAUTHORIZED.as_u16(),
        detail: "The e-mail address or the password is wrong.".to_owned(),
        instance: caller.origin.request_id.clone(),
        code: "wrong_email_or_password".to_owned(),
        errors: Vec::new(),
        set_up_url: None,
    };
    let body = serde_json::to_vec(&problem).map_err(Error::internal)?;
    let media = [(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))];
    Ok((StatusCode::UNAUTHORIZED, media, body).into_response())
}

#[derive(Deserialize, utoipa::ToSchema)]
struct VerifyCode {
    #[schema(example = "287082")]
    code: String,
    /// Not to be asked on this browser for 30 days. Not for the vendor's people.
    #[serde(default)]
    remember: bool,
}

/// Shows the code of the authenticator app, and signs in.
#[utoipa::path(post, path = "/api/v1/sign-in/code", operation_id = "sign_in.verify_code", tag = "sign_in",
    request_body = VerifyCode,
    responses((status = 200, body = SignedIn), (status = 409, body = Problem, description = "sign_in_over, code_already_used"),
        (status = 422, body = Problem, description = "wrong_code"), (status = 429, body = Problem)))]
async fn verify_code(
    caller: Caller,
    headers: HeaderMap,
    Json(body): Json<VerifyCode>,
) -> Result<Response, Failure> {
    only_persons(&caller)?;
    let half = cookies::half(&caller, &headers);
    let signed_in = operations::verify_code(&caller, half, &body.code, body.remember).await?;
    answer(&caller, signed_in).await
}

#[derive(Serialize, utoipa::ToSchema)]
struct Recovered {
    #[serde(flatten)]
    signed_in: SignedIn,
    /// Takes the place of the code that was used; shown once.
    replacement_code: String,
}

/// Shows a recovery code, and signs in. The code is used up.
#[utoipa::path(post, path = "/api/v1/sign-in/recovery-code", operation_id = "sign_in.use_recovery_code", tag = "sign_in",
    request_body = CodeBody,
    responses((status = 200, body = Recovered), (status = 409, body = Problem), (status = 422, body = Problem),
        (status = 429, body = Problem)))]
async fn use_recovery_code(
    caller: Caller,
    headers: HeaderMap,
    Json(body): Json<CodeBody>,
) -> Result<Response, Failure> {
    only_persons(&caller)?;
    let half = cookies::half(&caller, &headers);
    let recovered = operations::use_recovery_code(&caller, half, &body.code).await?;
    let signed_in = view(&caller, &recovered.signed_in).await?;
    let response = Json(Recovered { signed_in, replacement_code: recovered.replacement }).into_response();
    Ok(cookies::signed_in(&caller, response, &recovered.signed_in))
}

/// Mails a code to the person's address, where a second factor must be set up and the mailbox was not shown lately.
#[utoipa::path(post, path = "/api/v1/sign-in/mailed-code/send", operation_id = "sign_in.mail_code", tag = "sign_in",
    responses((status = 204), (status = 409, body = Problem), (status = 429, body = Problem)))]
async fn mail_code(caller: Caller, headers: HeaderMap) -> Result<StatusCode, Failure> {
    only_persons(&caller)?;
    operations::mail_code(&caller, cookies::half(&caller, &headers)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shows the code that was mailed.
#[utoipa::path(post, path = "/api/v1/sign-in/mailed-code", operation_id = "sign_in.verify_mailed_code", tag = "sign_in",
    request_body = CodeBody,
    responses((status = 204), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn verify_mailed_code(
    caller: Caller,
    headers: HeaderMap,
    Json(body): Json<CodeBody>,
) -> Result<StatusCode, Failure> {
    only_persons(&caller)?;
    operations::prove_mailbox(&caller, cookies::half(&caller, &headers), &body.code).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shows a code that an agent told the person, in place of one from the mailbox.
#[utoipa::path(post, path = "/api/v1/sign-in/agent-code", operation_id = "sign_in.verify_agent_code", tag = "sign_in",
    request_body = CodeBody,
    responses((status = 204), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn verify_agent_code(
    caller: Caller,
    headers: HeaderMap,
    Json(body): Json<CodeBody>,
) -> Result<StatusCode, Failure> {
    only_persons(&caller)?;
    operations::prove_by_agents_code(&caller, cookies::half(&caller, &headers), &body.code).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Begins the set-up for whoever is signed in and gets `second_factor_required` everywhere else. It goes on as after a right
/// password, with a cookie that is good for the next step only.
#[utoipa::path(post, path = "/api/v1/sign-in/set-up/begin", operation_id = "sign_in.begin_set_up", tag = "sign_in",
    responses((status = 202, body = MoreToShow), (status = 401, body = Problem),
        (status = 409, body = Problem, description = "nothing_to_set_up")))]
async fn begin_set_up(caller: Caller, headers: HeaderMap) -> Result<Response, Failure> {
    only_persons(&caller)?;
    let earlier = Some(cookies::half(&caller, &headers)).filter(|secret| !secret.is_empty());
    let half = operations::begin_for_session(&caller, &Wanted::default(), earlier).await?;
    let response = (StatusCode::ACCEPTED, Json(MoreToShow::new(&half))).into_response();
    Ok(cookies::half_done(&caller, response, &half))
}

/// Makes the key of an authenticator app on the way in, for whoever may not be without a second factor.
#[utoipa::path(post, path = "/api/v1/sign-in/set-up", operation_id = "sign_in.set_up", tag = "sign_in",
    responses((status = 201, body = KeyView), (status = 403, body = Problem, description = "mailbox_not_proved"),
        (status = 409, body = Problem)))]
async fn set_up(caller: Caller, headers: HeaderMap) -> Result<Response, Failure> {
    only_persons(&caller)?;
    let offered = operations::offer_key(&caller, cookies::half(&caller, &headers)).await?;
    Ok(created(KeyView::new(&offered)?))
}

#[derive(Serialize, utoipa::ToSchema)]
struct SetUpDone {
    #[serde(flatten)]
    signed_in: SignedIn,
    /// Shown once.
    recovery_codes: Vec<String>,
}

/// Takes the key into use with its first code, and signs in.
#[utoipa::path(post, path = "/api/v1/sign-in/set-up/confirm", operation_id = "sign_in.confirm_set_up", tag = "sign_in",
    request_body = CodeBody,
    responses((status = 200, body = SetUpDone), (status = 409, body = Problem), (status = 422, body = Problem),
        (status = 429, body = Problem)))]
async fn confirm_set_up(
    caller: Caller,
    headers: HeaderMap,
    Json(body): Json<CodeBody>,
) -> Result<Response, Failure> {
    only_persons(&caller)?;
    let done = operations::confirm_set_up(&caller, cookies::half(&caller, &headers), &body.code).await?;
    let signed_in = view(&caller, &done.signed_in).await?;
    let response = Json(SetUpDone { signed_in, recovery_codes: done.recovery_codes }).into_response();
    Ok(cookies::signed_in(&caller, response, &done.signed_in))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct ChoosePassword {
    #[schema(format = Password)]
    new_password: String,
}

/// Chooses a longer password on the way in, where the old one was only enough beside a second factor, and signs in.
#[utoipa::path(post, path = "/api/v1/sign-in/new-password", operation_id = "sign_in.choose_password", tag = "sign_in",
    request_body = ChoosePassword,
    responses((status = 200, body = SignedIn), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn choose_password(
    caller: Caller,
    headers: HeaderMap,
    Json(body): Json<ChoosePassword>,
) -> Result<Response, Failure> {
    only_persons(&caller)?;
    let half = cookies::half(&caller, &headers);
    let signed_in = operations::choose_password(&caller, half, &body.new_password).await?;
    answer(&caller, signed_in).await
}

/// Ends the session that asks, with what hangs on it. Doing so twice is no fault.
#[utoipa::path(post, path = "/api/v1/sign-out", operation_id = "sign_in.end", tag = "sign_in",
    responses((status = 204)))]
async fn sign_out(caller: Caller) -> Result<Response, Failure> {
    sessions::operations::sign_out(&caller).await?;
    Ok(without_cookie(&caller, StatusCode::NO_CONTENT.into_response()))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Confirm {
    #[schema(format = Password)]
    password: String,
    /// Of the authenticator app. Needed where a second factor is on, unless `recovery_code` is there.
    #[serde(default)]
    code: String,
    /// In place of a code. It is used up, and the answer has another.
    #[serde(default)]
    recovery_code: String,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Confirmed {
    /// Takes the place of the recovery code that was used; shown once.
    recovery_code: String,
}

/// Shows again that it is the person who is signed in, for what asks for a recent proof (`reauth_required`). The session goes
/// on under another cookie.
#[utoipa::path(post, path = "/api/v1/account/confirm", operation_id = "sign_in.confirm", tag = "sign_in",
    request_body = Confirm,
    responses((status = 200, body = Confirmed, description = "a recovery code was used"), (status = 204),
        (status = 401, body = Problem), (status = 409, body = Problem, description = "passkey_required, recovery_code_required"),
        (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn confirm(caller: Caller, Json(body): Json<Confirm>) -> Result<Response, Failure> {
    let shown = if body.recovery_code.is_empty() {
        operations::Shown::Code(&body.code)
    } else {
        operations::Shown::RecoveryCode(&body.recovery_code)
    };
    let done = operations::confirm(&caller, &body.password, shown).await?;
    let answer = match done.replacement {
        Some(recovery_code) => Json(Confirmed { recovery_code }).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    };
    Ok(cookies::renewed(&caller, answer, &done.secret))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct ChangePassword {
    #[schema(format = Password)]
    current_password: String,
    #[schema(format = Password)]
    new_password: String,
}

/// Changes the caller's password and ends all their other sessions.
#[utoipa::path(post, path = "/api/v1/account/password", operation_id = "sign_in.change_password", tag = "sign_in",
    request_body = ChangePassword,
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem, description = "wrong_password"),
        (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn change_password(caller: Caller, Json(body): Json<ChangePassword>) -> Result<StatusCode, Failure> {
    operations::change_password(&caller, &body.current_password, &body.new_password).await?;
    Ok(StatusCode::NO_CONTENT)
}
