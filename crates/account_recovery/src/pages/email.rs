//! The change of the address, in the account.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use kernel::Error;
use serde::Deserialize;
use web::{
    Caller, Failure,
    page::{Errors, Form, Shell, page, see_other},
    rest::Query,
};

use super::{too_many, with_retry};
use crate::operations;

#[derive(Template)]
#[template(path = "email.html")]
struct EmailPage {
    shell: Shell,
    errors: Errors,
    lead: String,
    email: String,
    trouble: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    sent: String,
}

#[derive(Deserialize)]
pub(super) struct EmailForm {
    email: String,
}

/// Where somebody proves again who they are, and comes back from (S20).
fn prove_first() -> Response {
    see_other("/account/confirm?return_to=%2Faccount%2Femail")
}

async fn email_page(
    caller: &Caller,
    email: String,
    errors: Errors,
    trouble: Option<String>,
) -> Result<EmailPage, Failure> {
    let own = sessions::account::own(caller).await?;
    let t = caller.text();
    let lead = t.with("recovery-email-lead", [("email", &own.email)]);
    let shell = caller.shell(sessions::pages::home_console(caller), "account", t.get("recovery-email-title"));
    Ok(EmailPage { shell, errors, lead, email, trouble })
}

pub(super) async fn show(caller: Caller, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let is_sent = !asked.sent.is_empty();
    if !is_sent && caller.person()?.require_recent_proof(caller.now).is_err() {
        return Ok(prove_first());
    }
    let mut form = email_page(&caller, String::new(), Errors::none(), None).await?;
    form.shell.answer = is_sent.then(|| form.shell.t.get("recovery-email-sent"));
    Ok(page(StatusCode::OK, &form))
}

pub(super) async fn change(caller: Caller, Form(form): Form<EmailForm>) -> Result<Response, Failure> {
    match operations::change_email(&caller, &form.email).await {
        Ok(_) => Ok(see_other("/account/email?sent=1")),
        Err(Error::Forbidden(code, _)) if code.0 == "reauth_required" => Ok(prove_first()),
        Err(Error::Invalid(fields)) => {
            let form = email_page(&caller, form.email, Errors::from(fields), None).await?;
            Ok(page(form.errors.status(), &form))
        }
        Err(Error::TooMany { retry_after_seconds }) => {
            let trouble = too_many(&caller, retry_after_seconds);
            let form = email_page(&caller, form.email, Errors::none(), Some(trouble)).await?;
            Ok(with_retry(page(StatusCode::TOO_MANY_REQUESTS, &form), retry_after_seconds))
        }
        Err(error) => Err(error.into()),
    }
}
