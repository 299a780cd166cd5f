//! The forgotten password.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use kernel::Error;
use serde::Deserialize;
use web::{
    Caller, Failure,
    page::{Console, Errors, Form, Shell, page, see_other},
    rest::{Path, Query},
};

use super::{gone, too_many, with_retry};
use crate::operations;

#[derive(Template)]
#[template(path = "forgot.html")]
struct ForgotPage {
    shell: Shell,
    errors: Errors,
    email: String,
    trouble: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    sent: String,
}

#[derive(Deserialize)]
pub(super) struct ForgotForm {
    email: String,
}

fn forgot_page(caller: &Caller, email: String, errors: Errors, trouble: Option<String>) -> ForgotPage {
    let title = caller.text().get("recovery-forgot-title");
    ForgotPage { shell: caller.shell(Console::Public, "", title), errors, email, trouble }
}

pub(super) async fn forgot(caller: Caller, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let mut form = forgot_page(&caller, String::new(), Errors::none(), None);
    form.shell.answer = (!asked.sent.is_empty()).then(|| form.shell.t.get("recovery-forgot-sent"));
    Ok(page(StatusCode::OK, &form))
}

pub(super) async fn send(caller: Caller, Form(form): Form<ForgotForm>) -> Result<Response, Failure> {
    match operations::request_reset(&caller, &form.email).await {
        Ok(()) => Ok(see_other("/forgot-password?sent=1")),
        Err(Error::Invalid(fields)) => {
            let form = forgot_page(&caller, form.email, Errors::from(fields), None);
            Ok(page(form.errors.status(), &form))
        }
        Err(Error::TooMany { retry_after_seconds }) => {
            let trouble = too_many(&caller, retry_after_seconds);
            let form = forgot_page(&caller, form.email, Errors::none(), Some(trouble));
            Ok(with_retry(page(StatusCode::TOO_MANY_REQUESTS, &form), retry_after_seconds))
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "reset.html")]
struct ResetPage {
    shell: Shell,
    errors: Errors,
    email: String,
    lead: String,
    action: String,
}

#[derive(Deserialize)]
pub(super) struct ResetForm {
    password: String,
}

fn reset_page(caller: &Caller, token: &str, email: &str, errors: Errors) -> Response {
    let t = caller.text();
    let shell = caller.shell(Console::Public, "", t.get("recovery-reset-title"));
    let lead = t.with("recovery-reset-lead", [("email", &email)]);
    let action = format!("/reset-password/{token}");
    page(errors.status(), &ResetPage { shell, errors, email: email.to_owned(), lead, action })
}

pub(super) async fn choose(caller: Caller, Path(token): Path<String>) -> Result<Response, Failure> {
    match operations::look_at_reset(&caller, &token).await {
        Ok(email) => Ok(reset_page(&caller, &token, email.as_str(), Errors::none())),
        Err(error) => gone(&caller, error),
    }
}

pub(super) async fn reset(
    caller: Caller,
    Path(token): Path<String>,
    Form(form): Form<ResetForm>,
) -> Result<Response, Failure> {
    let email = match operations::look_at_reset(&caller, &token).await {
        Ok(email) => email,
        Err(error) => return gone(&caller, error),
    };
    match operations::reset_password(&caller, &token, &form.password).await {
        // A session begins at the sign-in page only.
        Ok(()) => Ok(see_other("/recovery/password-changed")),
        Err(Error::Invalid(fields)) => Ok(reset_page(&caller, &token, email.as_str(), Errors::from(fields))),
        Err(error) => gone(&caller, error),
    }
}
