//! The way to an organization's provider and back.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kernel::{ConnectionId, Error};
use serde::Deserialize;
use single_sign_on::{
    cookies::{arrived, sent as sent_to},
    operations::{self as provider, Answer, Arrived},
};
use web::{
    Caller, Failure, allow_forms_to,
    page::{Console, Form, Shell, error_page, page, see_other},
    rest::{Path, Query},
};

use super::after;
use crate::{
    cookies,
    operations::{Wanted, by_provider, product_origin},
};

#[derive(Template)]
#[template(path = "at_provider.html")]
struct AskPage {
    shell: Shell,
    connection: ConnectionId,
    provider: String,
    host: String,
    wanted: Wanted,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct WantedForm {
    return_to: String,
    rd: String,
    way: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct AnswerQuery {
    code: String,
    state: String,
    iss: Option<String>,
    error: String,
}

#[derive(Deserialize)]
pub struct LogoutForm {
    #[serde(default)]
    logout_token: String,
}

/// The page before a provider. Nobody is sent away without having pressed something (S48).
pub fn page_of(connection: ConnectionId, wanted: &Wanted) -> String {
    let pairs = [("return_to", &wanted.return_to), ("rd", &wanted.rd), ("way", &wanted.way)];
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.into_iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("/sign-in/sso/{connection}{mark}{query}")
}

/// Where an address signs in, as far as its domain tells.
pub async fn ways(caller: &Caller, email: &str, wanted: &Wanted) -> Result<Vec<(String, String)>, Failure> {
    let Ok(email) = email.parse() else { return Ok(Vec::new()) };
    let found = provider::for_address(&mut *caller.read().await?, &email).await?;
    Ok(found.into_iter().map(|(id, name)| (name, page_of(id, wanted))).collect())
}

pub async fn ask(
    caller: Caller,
    Path(id): Path<ConnectionId>,
    Query(asked): Query<WantedForm>,
) -> Result<Response, Failure> {
    let (connection, origin) = provider::find_active(&caller, id).await?.ok_or(Error::NotFound)?;
    let title = caller.text().with("sign-in-sso-title", [("provider", &connection.name)]);
    let wanted = Wanted { return_to: asked.return_to, rd: asked.rd, way: asked.way };
    // Whoever is signed in at the provider already is sent through, and the last of the redirects is in the product.
    let product = product_origin(&caller, &wanted).await?;
    let ask = AskPage {
        shell: caller.shell(Console::Public, "", title),
        connection: id,
        provider: connection.name,
        host: connection.live.map(|live| live.host()).unwrap_or_default(),
        wanted,
    };
    let mut answer = page(StatusCode::OK, &ask);
    allow_forms_to(answer.headers_mut(), std::iter::once(origin.as_str()).chain(product.as_deref()));
    Ok(answer)
}

pub async fn go(
    caller: Caller,
    Path(id): Path<ConnectionId>,
    Form(form): Form<WantedForm>,
) -> Result<Response, Failure> {
    let wanted = provider::Wanted { return_to: form.return_to, rd: form.rd, way: form.way };
    match provider::begin_sign_in(&caller, id, wanted).await {
        Ok(sent) => Ok(sent_to(&caller, see_other(&sent.address), &sent.secret)),
        Err(error) => failed(&caller, error),
    }
}

/// A provider sends the browser back. It is a GET because OpenID Connect has it so; what it brings works once, and only in the
/// browser that was sent.
pub async fn back(
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<ConnectionId>,
    Query(query): Query<AnswerQuery>,
) -> Result<Response, Failure> {
    let answer = Answer { code: query.code, state: query.state, iss: query.iss, error: query.error };
    let presented = cookies::errand(&caller, &headers);
    match provider::arrive(&caller, id, presented, &answer).await {
        Ok(Arrived::SignedIn(proved)) => {
            let wanted = Wanted {
                return_to: proved.wanted.return_to.clone(),
                rd: proved.wanted.rd.clone(),
                way: proved.wanted.way.clone(),
            };
            match by_provider(&caller, *proved, cookies::half(&caller, &headers)).await {
                Ok(signed_in) => {
                    let there = after(&caller, &signed_in, &wanted).await?;
                    let response = cookies::signed_in(&caller, see_other(&there), &signed_in);
                    Ok(arrived(&caller, response))
                }
                Err(error) => failed(&caller, error),
            }
        }
        Ok(Arrived::Connect) => Ok(see_other("/sign-in?connect=1")),
        Ok(Arrived::Tested(organization)) => {
            let there = format!("/organizations/{organization}/single-sign-on/{id}?done=tested");
            Ok(arrived(&caller, see_other(&there)))
        }
        Err(error) => failed(&caller, error),
    }
}

/// Says what went wrong, and how to begin anew.
fn failed(caller: &Caller, error: Error) -> Result<Response, Failure> {
    let sentence = match error {
        Error::Conflict(_, sentence) => sentence,
        Error::Unauthenticated => caller.text().get("sign-in-sso-over"),
        other => return Err(other.into()),
    };
    let t = caller.text();
    let shell = caller.shell(Console::Public, "", t.get("sign-in-sso-failed"));
    let back = t.get("sign-in-sso-again");
    Ok(error_page(shell, StatusCode::CONFLICT, &sentence, None, Some(("/sign-in", back.as_str()))))
}

/// A provider tells that somebody signed out there. No browser calls this.
pub async fn log_out(
    caller: Caller,
    Path(id): Path<ConnectionId>,
    Form(form): Form<LogoutForm>,
) -> Result<Response, Failure> {
    let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    match provider::log_out(&caller, id, &form.logout_token).await {
        Ok(()) => Ok((StatusCode::OK, [no_store]).into_response()),
        Err(Error::Conflict(..)) => {
            let json = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            Ok((StatusCode::BAD_REQUEST, [no_store, json], "{\"error\":\"invalid_request\"}").into_response())
        }
        Err(error) => Err(error.into()),
    }
}
