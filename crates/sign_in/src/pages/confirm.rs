//! Showing again who is signed in, before something that needs it (S20).

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use kernel::{Error, Factor};
use serde::Deserialize;
use url::form_urlencoded::Serializer;
use web::{
    Caller, Failure,
    page::{Form, Shell, page, see_other},
    rest::Query,
};

use super::{offers_passkeys, second_step::RecoveredPage, trouble, with_retry};
use crate::{
    cookies, model,
    operations::{self, Confirmed, Shown},
};

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    shell: Shell,
    email: String,
    return_to: String,
    asks_for: Beside,
    /// The same page, for what else can be shown beside the password.
    other: Option<(String, &'static str)>,
    /// Neither codes nor recovery codes nor a passkey are left to show.
    has_nothing: bool,
    has_passkeys: bool,
    offers_passkeys: bool,
    trouble: Option<String>,
}

/// What is asked for beside the password.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nothing,
    Code,
    RecoveryCode,
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    return_to: String,
    /// `recovery_code` or `code`, where somebody chose.
    #[serde(default)]
    with: String,
}

#[derive(Deserialize)]
pub struct ConfirmForm {
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
    /// In its place.
    #[serde(default)]
    recovery_code: String,
    #[serde(default)]
    return_to: String,
}

async fn confirm_page(
    caller: &Caller,
    return_to: &str,
    with: &str,
    trouble: Option<String>,
) -> Result<ConfirmPage, Failure> {
    let person = caller.person()?;
    let user = sessions::account::own(caller).await?;
    let standing = second_factor::operations::own_standing(caller).await?;
    let title = caller.text().get("sign-in-confirm-title");
    // Whoever came in with a recovery code has most likely lost the app.
    let has_lost_it = person.factor == Factor::RecoveryCode || !standing.takes_codes();
    let asks_for = match with {
        _ if !standing.is_on() => Beside::Nothing,
        "code" if standing.takes_codes() => Beside::Code,
        "recovery_code" => Beside::RecoveryCode,
        _ if has_lost_it => Beside::RecoveryCode,
        _ => Beside::Code,
    };
    let there = |with: &str| {
        let query = Serializer::new(String::new())
            .append_pair("with", with)
            .append_pair("return_to", return_to)
            .finish();
        format!("/account/confirm?{query}")
    };
    let other = match asks_for {
        Beside::Code => Some((there("recovery_code"), "sign-in-use-recovery-code")),
        Beside::RecoveryCode if standing.takes_codes() => Some((there("code"), "sign-in-use-code")),
        _ => None,
    };
    Ok(ConfirmPage {
        shell: caller.shell(sessions::pages::home_console(caller), "account", title),
        email: user.email.to_string(),
        return_to: return_to.to_owned(),
        asks_for,
        other,
        has_nothing: standing.is_on()
            && !standing.takes_codes()
            && standing.recovery_codes == 0
            && standing.passkeys == 0,
        has_passkeys: standing.passkeys > 0,
        offers_passkeys: offers_passkeys(caller),
        trouble,
    })
}

pub async fn show(caller: Caller, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    Ok(page(StatusCode::OK, &confirm_page(&caller, &asked.return_to, &asked.with, None).await?))
}

pub async fn confirm(caller: Caller, Form(form): Form<ConfirmForm>) -> Result<Response, Failure> {
    let (with, shown) = if form.recovery_code.is_empty() {
        ("", Shown::Code(&form.code))
    } else {
        ("recovery_code", Shown::RecoveryCode(&form.recovery_code))
    };
    let error = match operations::confirm(&caller, &form.password, shown).await {
        Ok(Confirmed { secret, replacement }) => {
            let there = model::own_page(&form.return_to, &caller.world.settings.public_url);
            let there = there.unwrap_or_else(|| "/account".to_owned());
            let answer = match replacement {
                Some(replacement) => {
                    let user = caller.person()?.user;
                    let left = second_factor::operations::standing(&mut *caller.read().await?, user).await?;
                    let title = caller.text().get("sign-in-confirmed-title");
                    let shell = caller.shell(sessions::pages::home_console(&caller), "account", title);
                    let left = left.recovery_codes;
                    page(StatusCode::OK, &RecoveredPage { shell, replacement, left, there })
                }
                None => see_other(&there),
            };
            return Ok(cookies::renewed(&caller, answer, &secret));
        }
        Err(error @ Error::Unauthenticated) => return Err(error.into()),
        Err(error) => error,
    };
    again(&caller, &form.return_to, with, error).await
}

/// The page again, with what was wrong.
pub(super) async fn again(
    caller: &Caller,
    return_to: &str,
    with: &str,
    error: Error,
) -> Result<Response, Failure> {
    let (status, sentence, retry) = trouble(caller, error)?;
    let answer = page(status, &confirm_page(caller, return_to, with, Some(sentence)).await?);
    Ok(match retry {
        Some(seconds) => with_retry(answer, seconds),
        None => answer,
    })
}
