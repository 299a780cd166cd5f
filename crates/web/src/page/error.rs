//! Pages that say no. Each says what happened, what it means for access and what to do; none is a dead end.

use askama::Template;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use kernel::{Duration, Error};

use super::{Errors, Shell, State, page};
use crate as web;

/// A link that is shown as a button.
#[derive(Debug, Clone)]
pub struct Action {
    pub href: String,
    pub label: String,
    pub is_primary: bool,
}

impl Action {
    pub fn primary(href: impl Into<String>, label: impl Into<String>) -> Self {
        Self { href: href.into(), label: label.into(), is_primary: true }
    }

    pub fn plain(href: impl Into<String>, label: impl Into<String>) -> Self {
        Self { href: href.into(), label: label.into(), is_primary: false }
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    shell: Shell,
    sentence: &'a str,
    hint: Option<&'a str>,
    /// The sentence of each field, where it is about fields.
    fields: Errors,
    back: Action,
}

/// "Your access has ended": the door with its string pulled in.
#[derive(Debug, Template)]
#[template(path = "ended.html")]
pub struct Ended {
    pub shell: Shell,
    pub state: State,
    /// Who ended it and when, as far as the customer lets that be said.
    pub sentence: String,
    /// Label and value: token, times, ticket, what was done.
    pub facts: Vec<(String, String)>,
    pub actions: Vec<Action>,
    /// What can be done if the work is not.
    pub note: Option<String>,
}

/// "You are not allowed here": what is missing and who can give it.
#[derive(Debug, Template)]
#[template(path = "refused.html")]
pub struct Refused {
    pub shell: Shell,
    pub sentence: String,
    /// By role, never by a guess: "an administrator of Aurora Holding".
    pub who_can: Option<String>,
    pub actions: Vec<Action>,
}

/// The page of an error. The heading is the shell's title; `back` is an address and its words.
pub fn error_page(
    shell: Shell,
    status: StatusCode,
    sentence: &str,
    hint: Option<&str>,
    back: Option<(&str, &str)>,
) -> Response {
    error_with_fields(shell, status, sentence, hint, back, Errors::none())
}

/// The page of what an operation answered.
pub fn error(mut shell: Shell, error: &Error) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let t = shell.t.clone();
    let name = match error {
        Error::Unauthenticated => "error-sign-in",
        Error::Forbidden(_, sentence) => {
            shell.title = t.get("error-forbidden-title");
            shell.live = false;
            let back = Action::primary(shell.home(), t.get("error-home"));
            let refused = Refused { shell, sentence: sentence.clone(), who_can: None, actions: vec![back] };
            return page(status, &refused);
        }
        Error::NotFound => "error-not-found",
        Error::Conflict(..) => "error-conflict",
        Error::Invalid(_) => "error-invalid",
        Error::TooMany { .. } => "error-too-many",
        Error::Unavailable(_) => "error-unavailable",
        Error::Internal(source) => {
            tracing::error!(error = %source, "a page failed");
            "error-internal"
        }
    };
    shell.title = t.get(&format!("{name}-title"));
    let hint = t.get(&format!("{name}-hint"));
    let sentence = match error {
        Error::Conflict(_, sentence) => sentence.clone(),
        Error::TooMany { retry_after_seconds } => {
            let again = t.now() + Duration::seconds(i64::from(*retry_after_seconds));
            let sentence =
                t.count_with("error-too-many", *retry_after_seconds, &[("clock", &t.clock(again))]);
            let mut answer = error_page(shell, status, &sentence, Some(&hint), None);
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*retry_after_seconds));
            return answer;
        }
        Error::Unavailable(_) => {
            let mut answer = error_page(shell, status, &t.get(name), Some(&hint), None);
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(2));
            return answer;
        }
        _ => t.get(name),
    };
    let fields = match error {
        Error::Invalid(fields) => Errors::from(fields.clone()),
        _ => Errors::none(),
    };
    let sign_in = shell.href("/sign-in");
    let words = t.get("sign-in");
    let back = matches!(error, Error::Unauthenticated).then_some((sign_in.as_str(), words.as_str()));
    error_with_fields(shell, status, &sentence, Some(&hint), back, fields)
}

fn error_with_fields(
    mut shell: Shell,
    status: StatusCode,
    sentence: &str,
    hint: Option<&str>,
    back: Option<(&str, &str)>,
    fields: Errors,
) -> Response {
    shell.live = false;
    let back = match back {
        Some((href, label)) => Action::primary(href, label),
        None => Action::primary(shell.home(), shell.t.get("error-home")),
    };
    page(status, &ErrorPage { shell, sentence, hint, fields, back })
}
