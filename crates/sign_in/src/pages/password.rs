//! Changing the password.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use kernel::{Error, FieldError};
use serde::Deserialize;
use web::{
    Caller, Failure,
    page::{Errors, Form, Shell, page, see_other},
};

use super::{too_many, with_retry};
use crate::operations;

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    shell: Shell,
    errors: Errors,
    /// For password managers, which want to know whose password it is.
    email: String,
    trouble: Option<String>,
    shortest: usize,
}

#[derive(Deserialize)]
pub struct PasswordForm {
    current_password: String,
    new_password: String,
}

async fn password_page(
    caller: &Caller,
    errors: Errors,
    trouble: Option<String>,
) -> Result<PasswordPage, Failure> {
    let user = sessions::account::own(caller).await?;
    let title = caller.text().get("sign-in-password-title");
    let shell = caller.shell(sessions::pages::home_console(caller), "account", title);
    let shortest =
        operations::use_of_password(&mut *caller.read().await?, user.id, caller.now).await?.shortest();
    Ok(PasswordPage { shell, errors, email: user.email.to_string(), trouble, shortest })
}

pub async fn password(caller: Caller) -> Result<Response, Failure> {
    Ok(page(StatusCode::OK, &password_page(&caller, Errors::none(), None).await?))
}

pub async fn change_password(caller: Caller, Form(form): Form<PasswordForm>) -> Result<Response, Failure> {
    let fields = match operations::change_password(&caller, &form.current_password, &form.new_password).await
    {
        Ok(()) => return Ok(see_other("/account?done=password")),
        Err(Error::Invalid(fields)) => fields,
        Err(Error::Forbidden(code, sentence)) if code.0 == "wrong_password" => {
            vec![FieldError { field: "current_password", code, sentence }]
        }
        Err(Error::TooMany { retry_after_seconds }) => {
            let trouble = too_many(&caller, retry_after_seconds);
            let form = password_page(&caller, Errors::none(), Some(trouble)).await?;
            return Ok(with_retry(page(StatusCode::TOO_MANY_REQUESTS, &form), retry_after_seconds));
        }
        Err(error) => return Err(error.into()),
    };
    let form = password_page(&caller, Errors::from(fields), None).await?;
    Ok(page(form.errors.status(), &form))
}
