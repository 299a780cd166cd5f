//! What every request passes on its way in and every answer on its way out.

use std::{net::IpAddr, panic::AssertUnwindSafe, sync::Arc};

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use http::{HeaderValue, Method, StatusCode, Uri, header};
use kernel::{Error, SessionId};
use operation::{Call, Origin, Trace, audit};
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tracing::Instrument;

use crate::{
    App, Failure, Peer,
    caller::accept_language,
    headers, page,
    refusals::{self, Refusals},
    rest,
    text::Text,
};

/// The largest body that is read, in bytes.
const LARGEST_BODY: usize = 256 * 1024;

/// Puts the layers around the routes of the product.
///
/// # Panics
/// If the public URL in the settings is no origin; the configuration is checked before.
#[expect(
    clippy::expect_used,
    reason = "the configuration was checked; going on without the guard would be worse"
)]
pub fn layered(routes: Router<App>, app: App) -> Router {
    let csrf = CsrfLayer::new()
        .add_trusted_origin(&app.world.settings.public_url)
        .expect("the public URL is an origin")
        .with_rejection_response(|_: ProtectionError| Failure::CrossSite.into_response());
    routes
        .fallback(|| async { Failure::from(Error::NotFound) })
        .method_not_allowed_fallback(|| async { Failure::MethodNotAllowed })
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(csrf)
        .layer(from_fn_with_state(app.clone(), only_our_hosts))
        .layer(from_fn(catch_panics))
        .layer(from_fn_with_state((app.clone(), Arc::default()), frame))
        .with_state(app)
}

/// Gives the request its id and its origin, logs it once, and renders what failed.
async fn frame(
    State((app, refusals)): State<(App, Arc<Refusals>)>,
    mut request: Request,
    next: Next,
) -> Response {
    let began = app.world.clock.now();
    let request_id = request_id(&app, request.headers());
    let peer = request.extensions().get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0.ip());
    let client = app.proxies.client(peer, request.headers());
    let user_agent = request.headers().get(header::USER_AGENT).map(printable).unwrap_or_default();
    let asked = Asked {
        method: request.method().clone(),
        uri: request.uri().clone(),
        accept_language: accept_language(request.headers()),
        wants_json: rest::wants_json(&request),
        request_id: request_id.clone(),
    };
    let origin = Origin {
        request_id: request_id.clone(),
        address: client.map_or_else(|_| String::new(), |address| address.to_string()),
        user_agent,
        host: request.headers().get(header::HOST).map(printable).unwrap_or_default(),
        trace: Trace::default(),
    };
    request.extensions_mut().insert(origin.clone());
    let refusable = refusals::Asked::of(&request);
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "-".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", request_id, method = %asked.method, route);

    let mut response = if client.is_err() {
        let call = Call::new(Arc::clone(&app.world), kernel::Actor::Nobody, origin.clone());
        call.refused(audit::Entry::new("request.refused").detail("reason", "unreadable_forwarded_for")).await;
        Failure::Malformed("The header X-Forwarded-For cannot be read.".to_owned()).into_response()
    } else {
        next.run(request).instrument(span.clone()).await
    };

    let failure = response.extensions_mut().remove::<Failure>();
    if let Some(failure) = &failure {
        response = rendered(&app, &asked, failure, response);
    }
    if let Some(refusable) = &refusable {
        let answer = (response.status(), failure.as_ref().map(Failure::code));
        refusals.note(&app.world, &origin, refusable, answer).await;
    }
    let guarded = response.headers_mut();
    headers::guard(guarded, app.world.settings.secure_cookies);
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        guarded.insert("x-request-id", value);
    }
    let _entered = span.enter();
    let status = response.status().as_u16();
    let dur_ms = app.world.clock.now().since(began).as_micros() / 1000;
    match failure {
        Some(Failure::Operation(error)) if status >= 500 => tracing::error!(status, dur_ms, %error, "failed"),
        Some(failure) => tracing::info!(status, dur_ms, code = failure.code(), "refused"),
        None => tracing::info!(status, dur_ms, "answered"),
    }
    response
}

struct Asked {
    method: Method,
    uri: Uri,
    accept_language: String,
    wants_json: bool,
    request_id: String,
}

fn rendered(app: &App, asked: &Asked, failure: &Failure, response: Response) -> Response {
    let mut answer = if asked.wants_json {
        rest::problem(failure, &asked.request_id, &app.world.settings.public_url)
    } else if matches!(failure, Failure::SecondFactorFirst) {
        page::see_other(&set_up_path(&asked.method, &asked.uri))
    } else if let (Failure::Operation(error), true) = (failure, asked.method == Method::GET)
        && matches!(**error, Error::Unauthenticated)
    {
        page::see_other(&sign_in_path(&asked.uri))
    } else {
        let text = Text::new(&asked.accept_language, "", app.world.clock.now());
        let mut shell = page::Shell::public(text, "");
        shell.vendor.clone_from(&app.world.settings.vendor_name);
        shell.demo = app.world.settings.is_demo;
        failure.page(shell, &app.world.settings.public_url)
    };
    // A handler that fails may still have to take a cookie away.
    for cookie in response.headers().get_all(header::SET_COOKIE) {
        answer.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    answer
}

/// The sign-in page, with the way back to what was asked for.
pub(crate) fn sign_in_path(uri: &Uri) -> String {
    let back = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    if back == "/" {
        return "/sign-in".to_owned();
    }
    let back = percent_encoding::utf8_percent_encode(back, percent_encoding::NON_ALPHANUMERIC);
    format!("/sign-in?return_to={back}")
}

/// Where a person sets up a second factor, with the way back to what was asked for: the whole of it if it leads into a
/// product.
fn set_up_path(method: &Method, uri: &Uri) -> String {
    let path = rest::SET_UP_PATH;
    if method != Method::GET {
        return path.to_owned();
    }
    match (uri.path(), uri.query()) {
        ("/continue", Some(query)) => format!("{path}?{query}"),
        _ => match sign_in_path(uri).split_once('?') {
            Some((_, query)) => format!("{path}?{query}"),
            None => path.to_owned(),
        },
    }
}

/// The last resort: a fault in one request ends that request only.
async fn catch_panics(request: Request, next: Next) -> Response {
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => {
            let what = panic
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            Failure::from(Error::internal(format!("a handler panicked: {what}"))).into_response()
        }
    }
}

/// Pages answer on the public address only, so that no link and no cookie can be made for another host (case 22). What
/// proxies and machines ask has no such need: it is reached by inner addresses too.
async fn only_our_hosts(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_free = ["/authz/", "/_latchstring/", "/api/", "/.well-known/", "/assets/"]
        .iter()
        .any(|start| path.starts_with(start))
        || matches!(path, "/livez" | "/readyz" | "/refused" | "/openapi.json");
    if is_free || app.world.settings.is_demo {
        return next.run(request).await;
    }
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let ours = app.world.settings.public_url.split_once("://").map_or("", |(_, rest)| rest);
    if host.eq_ignore_ascii_case(ours) {
        next.run(request).await
    } else {
        Failure::Misdirected { opened: host.chars().take(200).collect() }.into_response()
    }
}

/// The caller's own id for the request if it is one that can stand in a log, else a new one.
fn request_id(app: &App, headers: &http::HeaderMap) -> String {
    let given = headers.get("x-request-id").and_then(|value| value.to_str().ok()).filter(|id| {
        (8..=64).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    });
    given.map_or_else(
        || SessionId::new(app.world.clock.now(), &*app.world.entropy).to_string().replace("ses_", "req_"),
        ToOwned::to_owned,
    )
}

/// A header for the record: one line, at most 256 characters.
fn printable(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).chars().filter(|c| !c.is_control()).take(256).collect()
}

/// Kept here so that a status without a body is not mistaken for a page.
impl From<StatusCode> for Failure {
    fn from(status: StatusCode) -> Self {
        match status {
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            _ => Self::Malformed("The request cannot be read.".to_owned()),
        }
    }
}
