//! Signing in and out for programs that act with a person's session.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use kernel::{Actor, Error};
use serde::Deserialize;
use utoipa_axum::routes;
use web::{
    Caller, Failure,
    cookies::{self, Cookie},
    rest::{Json, Problem, Routes},
};

use sessions::rest::{SessionView, SignedIn, without_cookie};

use crate::operations::{self, Checked};

pub fn rest_routes() -> Routes {
    Routes::new().routes(routes!(sign_in)).routes(routes!(sign_out)).routes(routes!(change_password))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct SignIn {
    email: String,
    #[schema(format = Password)]
    password: String,
}

/// Signs in with a password. The session comes as a cookie and ends the one that was sent along.
#[utoipa::path(post, path = "/api/v1/sign-in", operation_id = "sign_in.create", tag = "sign_in",
    request_body = SignIn,
    responses((status = 200, body = SignedIn), (status = 401, body = Problem, description = "wrong_email_or_password"),
        (status = 429, body = Problem)))]
async fn sign_in(caller: Caller, Json(body): Json<SignIn>) -> Result<Response, Failure> {
    if matches!(caller.actor, Actor::Machine(_)) {
        return Err(Error::forbidden("person_required", "Only a person signs in.").into());
    }
    let Checked::Proved(proved) = operations::prove_password(&caller, &body.email, &body.password).await?
    else {
        return wrong(&caller);
    };
    let user = proved.user().clone();
    let (id, secret) = operations::finish(&caller, *proved).await?;
    let session =
        sessions::operations::find(&mut *caller.read().await?, id).await?.ok_or(Error::Unauthenticated)?;
    let mut response =
        Json(SignedIn { user: user.into(), session: SessionView::new(session, id) }).into_response();
    let cookie = cookies::set(Cookie::Session, caller.world.settings.secure_cookies, &secret);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
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
    };
    let body = serde_json::to_vec(&problem).map_err(Error::internal)?;
    let media = [(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))];
    Ok((StatusCode::UNAUTHORIZED, media, body).into_response())
}

/// Ends the session that asks, with what hangs on it. Doing so twice is no fault.
#[utoipa::path(post, path = "/api/v1/sign-out", operation_id = "sign_in.end", tag = "sign_in",
    responses((status = 204)))]
async fn sign_out(caller: Caller) -> Result<Response, Failure> {
    sessions::operations::sign_out(&caller).await?;
    Ok(without_cookie(&caller, StatusCode::NO_CONTENT.into_response()))
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
