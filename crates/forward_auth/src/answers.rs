//! How a decision looks to each proxy, and through it to the browser or the program behind.

use applications::model::REASON_HEADER;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use kernel::{Error, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use crate::{
    catalogue::Known,
    forward::{Decision, ForwardAuth},
    model::Reason,
    question::{Dialect, Question, Unreadable, is_navigation},
    visit,
};

/// An address that is longer is not worth coming back to: the sign-in leads to the product's first page.
const LONGEST_WAY_BACK: usize = 2000;

/// The whole answer to one question.
pub async fn answer(
    forward: &ForwardAuth,
    dialect: Dialect,
    headers: &HeaderMap,
    decision: Decision,
) -> Response {
    let shows_pages = is_navigation(headers);
    match decision {
        Decision::Yes(identity) => yes(identity),
        Decision::Nobody(known) => nobody(dialect, headers, &known, shows_pages),
        // A browser is led to where that can be put right; on the way it comes back with another session.
        Decision::No(Reason::MfaRequired, Some(known)) if shows_pages => {
            let mut answer = nobody(dialect, headers, &known, shows_pages);
            let reason = HeaderValue::from_static(Reason::MfaRequired.as_str());
            answer.headers_mut().insert(reason_header(), reason);
            answer
        }
        Decision::No(reason, known) => {
            let page = dialect == Dialect::ForwardAuth && shows_pages;
            let mut answer = if page {
                let home = known.as_ref().map(|known| known.public_url.clone());
                visit::refused(forward, headers, reason, home).await
            } else {
                refusal(reason)
            };
            answer.headers_mut().insert(reason_header(), HeaderValue::from_static(reason.as_str()));
            answer
        }
        Decision::Unreadable(Unreadable(what)) => problem(
            StatusCode::BAD_REQUEST,
            "unreadable_question",
            &format!("The proxy's question cannot be answered because of {what}. Compare its configuration."),
        ),
        Decision::Unknown(error) => {
            tracing::error!(%error, "a proxy's question could not be answered");
            unavailable(&error)
        }
    }
}

fn reason_header() -> HeaderName {
    HeaderName::from_bytes(REASON_HEADER.as_bytes()).unwrap_or(header::WARNING)
}

/// Always 200: some proxies take no other status for a yes.
fn yes(identity: HeaderMap) -> Response {
    let mut answer = StatusCode::OK.into_response();
    *answer.headers_mut() = identity;
    answer
}

/// Where the way to the sign-in begins: on the product's own host, so that the browser that begins it can be told from
/// others when it comes back.
pub fn begin_at(known: &Known, target: &str) -> String {
    let is_page = target.starts_with('/') && target.len() <= LONGEST_WAY_BACK;
    let back = utf8_percent_encode(if is_page { target } else { "/" }, NON_ALPHANUMERIC);
    format!("{}/_latchstring/begin?rd={back}", known.origin)
}

fn nobody(dialect: Dialect, headers: &HeaderMap, known: &Known, shows_pages: bool) -> Response {
    let question = Question::read(dialect, headers).ok();
    let (method, target) =
        question.as_ref().map_or(("GET", "/"), |question| (question.method, question.target));
    let status = match (dialect, shows_pages, method) {
        (Dialect::ForwardAuth, true, "GET" | "HEAD" | "OPTIONS") => StatusCode::FOUND,
        (Dialect::ForwardAuth, true, _) => StatusCode::SEE_OTHER,
        // nginx knows 401 and makes a redirection of it by itself; another status would be an error to it.
        _ => StatusCode::UNAUTHORIZED,
    };
    let mut answer = if shows_pages {
        status.into_response()
    } else {
        problem(status, "unauthenticated", "Sign in to the product with a browser first.")
    };
    let sent = answer.headers_mut();
    if shows_pages {
        if let Ok(location) = HeaderValue::try_from(begin_at(known, target)) {
            sent.insert(header::LOCATION, location);
        }
    } else if dialect == Dialect::ForwardAuth {
        // Never Basic: the browser would open a box for a password.
        sent.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    sent.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// For a program: why not.
pub fn refusal(reason: Reason) -> Response {
    let sentence = match reason {
        Reason::GrantRevoked => "The customer's support access was revoked.",
        Reason::GrantExpired => "The customer's support access has expired.",
        Reason::SessionEnded => "The session in this account has ended.",
        Reason::ReadOnly => "This account is open for reading only. Nothing was sent to the product.",
        Reason::PermissionMissing => {
            "You lack a permission that this needs. Nothing was sent to the product."
        }
        Reason::NotAllowed => "This account is not open to you.",
        Reason::MfaRequired => {
            "An organization of yours asks for a second factor. Open the product in a browser to set it up."
        }
        Reason::UnknownApplication => "No application is registered at this address.",
    };
    problem(StatusCode::FORBIDDEN, reason.as_str(), sentence)
}

fn unavailable(error: &Error) -> Response {
    let code = match error {
        Error::Internal(_) => "internal",
        _ => "unavailable",
    };
    let mut answer = problem(
        StatusCode::SERVICE_UNAVAILABLE,
        code,
        "It cannot be known right now who may come in, so nobody is let in. Try again in a moment.",
    );
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    answer
}

/// What a proxy passes on to a program (RFC 9457).
pub fn problem(status: StatusCode, code: &str, detail: &str) -> Response {
    let body = json!({
        "type": web::rest::ABOUT_BLANK,
        "title": status.canonical_reason().unwrap_or("Error"),
        "status": status.as_u16(),
        "detail": detail,
        "code": code,
    });
    (
        status,
        [
            (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ],
        body.to_string(),
    )
        .into_response()
}

/// Public keys may be kept for a while: the next one is published long before it signs.
pub fn jwks(forward: &ForwardAuth, now: Timestamp) -> Response {
    (
        [
            (header::CONTENT_TYPE, HeaderValue::from_static("application/jwk-set+json")),
            (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
            (
                HeaderName::from_static("cross-origin-resource-policy"),
                HeaderValue::from_static("cross-origin"),
            ),
        ],
        forward.keyring.jwks(now).to_string(),
    )
        .into_response()
}
