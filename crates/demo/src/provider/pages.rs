//! What the provider shows to people.

use askama::Template;
use axum::{
    extract::{Form, Query, State},
    response::{Html, IntoResponse, Redirect, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;

use super::{ACCOUNTS, Account, Asked, CLIENT, CLIENT_SECRET, Provider, account};

#[derive(Template)]
#[template(path = "provider/home.html")]
struct Home {
    title: &'static str,
    issuer: String,
    /// Who is signed in somewhere by a session here, and at how many places.
    signed_in: Vec<(&'static Account, usize)>,
}

#[derive(Template)]
#[template(path = "provider/ask.html")]
struct Ask {
    title: &'static str,
    accounts: &'static [Account],
    asked: Asked,
}

fn shown(status: StatusCode, page: &impl Template) -> Response {
    let Ok(html) = page.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    // Browsers hold each redirect after a form against `form-action`, and the last one is in whichever product was wanted.
    let policy =
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

pub(super) async fn home(State(provider): State<Provider>) -> Response {
    let count = |account: &Account| {
        provider.with(|memory| memory.sessions.iter().filter(|one| one.account == account).count())
    };
    let signed_in = ACCOUNTS.iter().map(|account| (account, count(account)));
    let signed_in = signed_in.filter(|(_, count)| *count > 0).collect();
    shown(StatusCode::OK, &Home { title: "Accounts", issuer: provider.issuer().to_owned(), signed_in })
}

pub(super) async fn ask(State(provider): State<Provider>, Query(asked): Query<Asked>) -> Response {
    if !provider.is_ours(&asked) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    shown(StatusCode::OK, &Ask { title: "Who are you?", accounts: &ACCOUNTS, asked })
}

#[derive(Deserialize)]
pub(super) struct Chosen {
    subject: String,
    #[serde(flatten)]
    asked: Asked,
}

pub(super) async fn choose(State(provider): State<Provider>, Form(chosen): Form<Chosen>) -> Response {
    let back = account(&chosen.subject).and_then(|account| provider.sends_back(chosen.asked, account));
    back.map_or_else(
        || StatusCode::BAD_REQUEST.into_response(),
        |back| Redirect::to(back.as_str()).into_response(),
    )
}

#[derive(Deserialize)]
pub(super) struct Leaving {
    subject: String,
}

pub(super) async fn sign_out(State(provider): State<Provider>, Form(leaving): Form<Leaving>) -> Redirect {
    if let Some(account) = account(&leaving.subject) {
        provider.sign_out(account).await;
    }
    Redirect::to("/")
}

pub(super) async fn stylesheet() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("provider.css")).into_response()
}

pub(super) async fn icon() -> Response {
    ([(header::CONTENT_TYPE, "image/svg+xml")], include_str!("provider.svg")).into_response()
}
