//! My account: passkeys. They are listed on the page of the second factor.

use askama::Template;
use axum::{
    Router,
    response::Response,
    routing::{get, post},
};
use http::{HeaderMap, StatusCode, header};
use kernel::{CeremonyId, Error, PasskeyId};
use serde::Deserialize;
use web::{
    App, Caller, Failure,
    cookies::{self, Cookie},
    page::{Errors, Form, Shell, page, see_other},
    rest::Path,
    text::Text,
};

use super::model::Passkey;
use crate::{
    operations,
    pages::{codes_page, or_confirm, two_factor_page},
};

pub fn page_routes() -> Router<App> {
    Router::new()
        .route("/account/two-factor/passkeys", post(register))
        .route("/account/two-factor/passkeys/{id}", get(rename_form).post(rename))
        .route("/account/two-factor/passkeys/{id}/remove", get(remove_form).post(remove))
}

/// A passkey as the list shows it.
pub(crate) struct PasskeyRow {
    pub id: PasskeyId,
    pub name: String,
    pub line: String,
}

impl PasskeyRow {
    pub fn new(passkey: Passkey, t: &Text) -> Self {
        let since = t.day(passkey.created_at);
        let line = match passkey.last_used_at {
            Some(at) => t.with("passkey-line-used", [("since", &since), ("used", &t.clock_with_today(at))]),
            None => t.with("passkey-line", [("since", &since)]),
        };
        Self { id: passkey.id, name: passkey.name, line }
    }
}

/// The browser's answer, as the script put it into the form.
#[derive(Deserialize)]
struct RegisterForm {
    #[serde(default)]
    ceremony_id: String,
    #[serde(default)]
    response: String,
    #[serde(default)]
    name: String,
}

async fn register(
    caller: Caller,
    headers: HeaderMap,
    Form(form): Form<RegisterForm>,
) -> Result<Response, Failure> {
    // What cannot be read is an answer to nothing, and is refused like any other that is wrong.
    let ceremony = form.ceremony_id.parse().unwrap_or(CeremonyId::from_bytes([0; 16]));
    let answer = serde_json::from_str(&form.response).unwrap_or_default();
    match super::finish_registration(&caller, ceremony, &form.name, &answer).await {
        Ok(made) => {
            let mut answer = if made.recovery_codes.is_empty() {
                see_other("/account/two-factor?done=passkey-added")
            } else {
                codes_page(&caller, made.recovery_codes)
            };
            let cookie = cookies::set(Cookie::Session, caller.world.settings.secure_cookies, &made.session);
            answer.headers_mut().append(header::SET_COOKIE, cookie);
            Ok(answer)
        }
        Err(Error::Invalid(fields)) => {
            let form = two_factor_page(&caller, &headers, Errors::from(fields)).await?;
            Ok(page(form.errors.status(), &form))
        }
        Err(error) => or_confirm(error),
    }
}

#[derive(Template)]
#[template(path = "passkeys/rename.html")]
struct RenamePage {
    shell: Shell,
    errors: Errors,
    id: PasskeyId,
    typed: String,
}

#[derive(Deserialize)]
struct RenameForm {
    #[serde(default)]
    name: String,
}

fn rename_page(caller: &Caller, errors: Errors, id: PasskeyId, typed: String) -> Response {
    let title = caller.text().get("passkey-rename-title");
    let shell = caller.shell(sessions::pages::home_console(caller), "account", title);
    page(errors.status(), &RenamePage { shell, errors, id, typed })
}

async fn rename_form(caller: Caller, Path(id): Path<PasskeyId>) -> Result<Response, Failure> {
    let passkey = super::get(&caller, id).await?;
    Ok(rename_page(&caller, Errors::none(), id, passkey.name))
}

async fn rename(
    caller: Caller,
    Path(id): Path<PasskeyId>,
    Form(form): Form<RenameForm>,
) -> Result<Response, Failure> {
    match super::rename(&caller, id, &form.name).await {
        Ok(()) => Ok(see_other("/account/two-factor?done=passkey-renamed")),
        Err(Error::Invalid(fields)) => Ok(rename_page(&caller, Errors::from(fields), id, form.name)),
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "passkeys/remove.html")]
struct RemovePage {
    shell: Shell,
    action: String,
    name: String,
    is_last: bool,
}

async fn remove_form(caller: Caller, Path(id): Path<PasskeyId>) -> Result<Response, Failure> {
    let passkey = super::get(&caller, id).await?;
    let standing = operations::own_standing(&caller).await?;
    let title = caller.text().get("passkey-remove-title");
    let shell = caller.shell(sessions::pages::home_console(&caller), "account", title);
    let is_last = standing.app.is_none() && standing.passkeys == 1;
    let action = format!("/account/two-factor/passkeys/{id}/remove");
    Ok(page(StatusCode::OK, &RemovePage { shell, action, name: passkey.name, is_last }))
}

async fn remove(caller: Caller, Path(id): Path<PasskeyId>) -> Result<Response, Failure> {
    match super::remove(&caller, id).await {
        Ok(()) => Ok(see_other("/account/two-factor?done=passkey-removed")),
        Err(error) => or_confirm(error),
    }
}
