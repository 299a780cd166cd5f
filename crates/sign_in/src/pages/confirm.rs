//! Showing again who is signed in, before something that needs it (S20).

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use kernel::{Error, Factor};
use serde::Deserialize;
use web::{
    Caller, Failure,
    page::{Form, Shell, page, see_other},
    rest::Query,
};

use super::{offers_passkeys, trouble, with_retry};
use crate::{cookies, model, operations};

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    shell: Shell,
    email: String,
    return_to: String,
    asks_for_code: bool,
    has_passkeys: bool,
    offers_passkeys: bool,
    trouble: Option<String>,
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    return_to: String,
}

#[derive(Deserialize)]
pub struct ConfirmForm {
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    return_to: String,
}

async fn confirm_page(
    caller: &Caller,
    return_to: &str,
    trouble: Option<String>,
) -> Result<ConfirmPage, Failure> {
    let person = caller.person()?;
    let user = sessions::account::own(caller).await?;
    let standing = second_factor::operations::own_standing(caller).await?;
    let title = caller.text().get("sign-in-confirm-title");
    Ok(ConfirmPage {
        shell: caller.shell(sessions::pages::home_console(caller), "account", title),
        email: user.email.to_string(),
        return_to: return_to.to_owned(),
        asks_for_code: standing.takes_codes() && person.factor != Factor::RecoveryCode,
        has_passkeys: standing.passkeys > 0,
        offers_passkeys: offers_passkeys(caller),
        trouble,
    })
}

pub async fn show(caller: Caller, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    Ok(page(StatusCode::OK, &confirm_page(&caller, &asked.return_to, None).await?))
}

pub async fn confirm(caller: Caller, Form(form): Form<ConfirmForm>) -> Result<Response, Failure> {
    let error = match operations::confirm(&caller, &form.password, &form.code).await {
        Ok(secret) => {
            let there = model::own_page(&form.return_to, &caller.world.settings.public_url);
            let there = there.unwrap_or_else(|| "/account".to_owned());
            return Ok(cookies::renewed(&caller, see_other(&there), &secret));
        }
        Err(error @ Error::Unauthenticated) => return Err(error.into()),
        Err(error) => error,
    };
    again(&caller, &form.return_to, error).await
}

/// The page again, with what was wrong.
pub(super) async fn again(caller: &Caller, return_to: &str, error: Error) -> Result<Response, Failure> {
    let (status, sentence, retry) = trouble(caller, error)?;
    let answer = page(status, &confirm_page(caller, return_to, Some(sentence)).await?);
    Ok(match retry {
        Some(seconds) => with_retry(answer, seconds),
        None => answer,
    })
}
