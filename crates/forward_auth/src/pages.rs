//! The routes: what proxies ask, and what stands under `/_latchstring/` on a product's host.

mod way;

use std::{net::IpAddr, sync::Arc};

use axum::{
    Extension, Router,
    extract::Request,
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use kernel::{Secret, secret::Purpose};
use serde::Deserialize;
use web::{
    App, Caller, Failure, Peer, assets,
    cookies::{self, Cookie},
    page::{page, see_other},
    rest::{Json, Query},
};

use crate::{
    answers,
    catalogue::Known,
    forward::ForwardAuth,
    live,
    model::Reason,
    operations,
    question::{Dialect, Presented, is_navigation},
    visit::{self, Acting, Band, BandFragment},
};

type Forward = Extension<Arc<ForwardAuth>>;
type From = Option<Extension<Peer>>;

pub fn page_routes() -> Router<App> {
    let on_products = Router::new()
        .route("/", get(to_our_host))
        .route("/help", get(to_our_help))
        .route("/begin", get(way::begin))
        .route("/callback", get(way::callback))
        .route("/banner", get(banner))
        .route("/banner.json", get(banner_json))
        .route("/banner.js", get(banner_script))
        .route("/events", get(events))
        .route("/leave", post(leave))
        .merge(assets::routes());
    Router::new()
        .route("/authz/auth-request", any(asked))
        .route("/authz/forward-auth", any(asked))
        .route("/.well-known/jwks.json", get(jwks))
        .route("/continue", get(way::go_on).post(way::go_on_into))
        .route("/refused", any(refused))
        .route("/_latchstring/", get(to_our_host))
        .nest("/_latchstring", on_products)
}

fn address(peer: From) -> Option<IpAddr> {
    peer.map(|Extension(peer)| peer.0.ip())
}

async fn asked(Extension(forward): Forward, peer: From, request: Request) -> Response {
    let Some(dialect) = Dialect::of_path(request.uri().path()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // The body is never read.
    let headers = request.headers().clone();
    let decision = forward.decide(dialect, &headers, address(peer)).await;
    answers::answer(&forward, dialect, &headers, decision).await
}

async fn jwks(Extension(forward): Forward) -> Response {
    answers::jwks(&forward, forward.world.clock.now())
}

#[derive(Debug, Deserialize)]
struct RefusedQuery {
    #[serde(default)]
    reason: String,
}

/// The page behind nginx's 403, whose own question gets no body through.
async fn refused(
    Extension(forward): Forward,
    peer: From,
    headers: HeaderMap,
    Query(query): Query<RefusedQuery>,
) -> Response {
    let reason = Reason::parse(&query.reason).unwrap_or(Reason::NotAllowed);
    let mut answer = if is_navigation(&headers) {
        let known = visit::application(&forward, &headers, address(peer)).await.ok();
        visit::refused(&forward, &headers, reason, known.map(|known| known.public_url.clone())).await
    } else {
        answers::refusal(reason)
    };
    if let Ok(name) = HeaderName::from_bytes(applications::model::REASON_HEADER.as_bytes()) {
        answer.headers_mut().insert(name, HeaderValue::from_static(reason.as_str()));
    }
    answer
}

/// The foot of a page of ours leads here on a product's host.
async fn to_our_help(Extension(forward): Forward, peer: From, headers: HeaderMap) -> Response {
    let known = visit::application(&forward, &headers, address(peer)).await.ok();
    let home = known.as_ref().map_or(&forward.world.settings.public_url, |known| &known.public_url);
    see_other(&format!("{home}{}", web::help::PATH))
}

async fn to_our_host(Extension(forward): Forward, peer: From, headers: HeaderMap) -> Response {
    let known = visit::application(&forward, &headers, address(peer)).await.ok();
    see_other(
        known.as_ref().map_or(forward.world.settings.public_url.as_str(), |known| known.public_url.as_str()),
    )
}

async fn here(
    forward: &ForwardAuth,
    headers: &HeaderMap,
    peer: From,
) -> Result<(Arc<Known>, Acting), Failure> {
    let known = visit::application(forward, headers, address(peer)).await?;
    let acting = visit::acting(forward, headers, &known).await?;
    Ok((known, acting))
}

fn over(reason: Reason) -> Response {
    answers::refusal(reason)
}

/// 200 while somebody acts as support, 204 if nobody does, 403 once it is over.
async fn banner_json(
    caller: Caller,
    Extension(forward): Forward,
    peer: From,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (known, acting) = here(&forward, &headers, peer).await?;
    Ok(match acting {
        Acting::Here(verdict) => Json(Band::new(&verdict, &known, &caller.text())).into_response(),
        Acting::Over(reason) => over(reason),
        Acting::No => StatusCode::NO_CONTENT.into_response(),
    })
}

/// The same as a piece of a page. Always 200, so that a product that includes it has no page without a body.
async fn banner(
    caller: Caller,
    Extension(forward): Forward,
    peer: From,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (known, acting) = here(&forward, &headers, peer).await?;
    Ok(match acting {
        Acting::Here(verdict) => {
            let band = Band::new(&verdict, &known, &caller.text());
            page(StatusCode::OK, &BandFragment { band })
        }
        Acting::Over(_) | Acting::No => {
            ([(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))], "")
                .into_response()
        }
    })
}

async fn banner_script() -> Response {
    (
        [
            (header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8")),
            // The address has no hash in it, so a new version has to be found.
            (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=300")),
        ],
        assets::BANNER_JS,
    )
        .into_response()
}

async fn events(Extension(forward): Forward, peer: From, headers: HeaderMap) -> Result<Response, Failure> {
    let (known, first) = here(&forward, &headers, peer).await?;
    let news = match &first {
        Acting::Here(verdict) => Some(forward.world.live.listen_as(verdict.value.grounds().session)?),
        _ => None,
    };
    // Looked at again once it listens, so that nothing between the two is missed.
    let acting = if news.is_some() { visit::acting(&forward, &headers, &known).await? } else { first };
    Ok(match (acting, news) {
        (Acting::Here(verdict), Some(news)) => live::events(forward, headers, known, news, &verdict),
        (Acting::Over(reason), _) => over(reason),
        // Tells the browser not to ask again.
        _ => StatusCode::NO_CONTENT.into_response(),
    })
}

/// Ends the entry and brings whoever was in back to where they began.
async fn leave(
    caller: Caller,
    Extension(forward): Forward,
    peer: From,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let is_own_page =
        headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none");
    if !is_own_page {
        return Err(Failure::CrossSite);
    }
    let known = visit::application(&forward, &headers, address(peer)).await?;
    let secure = forward.world.settings.secure_cookies;
    let mut kind = None;
    if let Presented::Acting(value) = Presented::read(&headers, secure)
        && let Some(secret) = Secret::parse(Purpose::Session, value)
    {
        kind = operations::leave(&caller, &secret.hash()).await?;
    }
    let mut answer = see_other(&format!("{}{}", known.public_url, visit::begins(kind)));
    answer.headers_mut().append(header::SET_COOKIE, cookies::clear(Cookie::Acting, secure));
    Ok(answer)
}
