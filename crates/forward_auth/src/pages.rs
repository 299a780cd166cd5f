//! The routes: what proxies ask, and what stands under `/_latchstring/` on a product's host.

use std::{net::IpAddr, sync::Arc};

use axum::{
    Extension, Router,
    extract::Request,
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use kernel::{Error, OrganizationId, Secret, secret::Purpose};
use serde::Deserialize;
use sessions::model::Kind;
use web::{
    App, Caller, Failure, Peer, allow_forms_to, assets,
    cookies::{self, Cookie},
    page::{Action, Console, Form, Refused, Shell, error_page, page, see_other},
    rest::{Json, Query},
};

use crate::{
    answers,
    catalogue::Known,
    forward::ForwardAuth,
    live,
    model::Reason,
    operations::{self, Arrival, Onward},
    question::{Dialect, Presented, is_navigation},
    visit::{self, Acting, Band, BandFragment},
};

type Forward = Extension<Arc<ForwardAuth>>;
type From = Option<Extension<Peer>>;

pub fn page_routes() -> Router<App> {
    let on_products = Router::new()
        .route("/", get(to_our_host))
        .route("/callback", get(callback))
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
        .route("/continue", get(go_on).post(go_on_into))
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

async fn to_our_host(Extension(forward): Forward, peer: From, headers: HeaderMap) -> Response {
    let known = visit::application(&forward, &headers, address(peer)).await.ok();
    see_other(
        known.as_ref().map_or(forward.world.settings.public_url.as_str(), |known| known.public_url.as_str()),
    )
}

#[derive(Debug, Deserialize)]
struct CallbackQuery {
    #[serde(default)]
    code: String,
}

/// The end of the way from our host to the product's: the code becomes a cookie of this host.
async fn callback(
    caller: Caller,
    Extension(forward): Forward,
    peer: From,
    headers: HeaderMap,
    Query(query): Query<CallbackQuery>,
) -> Result<Response, Failure> {
    let known = visit::application(&forward, &headers, address(peer)).await?;
    let secure = forward.world.settings.secure_cookies;
    let arrival = operations::arrive(&caller, &query.code, known.id).await?;
    let (kind, secret, return_to) = match arrival {
        Arrival::Here { kind, secret, return_to } => (kind, secret, return_to),
        Arrival::Over => return Ok(code_is_over(&caller, &forward, &known)),
        Arrival::Ended => {
            return Ok(visit::refused(
                &forward,
                &headers,
                Reason::NotAllowed,
                Some(known.public_url.clone()),
            )
            .await);
        }
    };
    let target = if return_to.starts_with('/') { return_to.as_str() } else { "/" };
    let mut answer = see_other(&format!("{}{target}", known.origin));
    let (set, cleared) = match kind {
        Kind::Acting => (Cookie::Acting, None),
        // A member who comes by signing in is a member from here on, not what an older entry made of them.
        _ => (Cookie::Application, Some(Cookie::Acting)),
    };
    answer.headers_mut().append(header::SET_COOKIE, cookies::set(set, secure, &secret));
    if let Some(cleared) = cleared {
        answer.headers_mut().append(header::SET_COOKIE, cookies::clear(cleared, secure));
    }
    Ok(answer)
}

fn code_is_over(caller: &Caller, forward: &ForwardAuth, known: &Known) -> Response {
    let t = caller.text();
    let shell = visit::shell(forward, t.clone(), t.get("forward-code-title"));
    let (sentence, hint) = (t.get("forward-code"), t.get("forward-code-hint"));
    let again = answers::sign_in_location(known, "/");
    error_page(shell, StatusCode::GONE, &sentence, Some(&hint), Some((&again, &t.get("forward-code-again"))))
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
        Acting::Here(verdict, grounds) => {
            Json(Band::new(&verdict, &grounds, &known, &caller.text())).into_response()
        }
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
        Acting::Here(verdict, grounds) => {
            let band = Band::new(&verdict, &grounds, &known, &caller.text());
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
        Acting::Here(_, grounds) => Some(forward.world.live.listen_as(grounds.session)?),
        _ => None,
    };
    // Looked at again once it listens, so that nothing between the two is missed.
    let acting = if news.is_some() { visit::acting(&forward, &headers, &known).await? } else { first };
    Ok(match (acting, news) {
        (Acting::Here(verdict, grounds), Some(news)) => {
            live::events(forward, headers, known, news, &verdict, grounds)
        }
        (Acting::Over(reason), _) => over(reason),
        // Tells the browser not to ask again.
        _ => StatusCode::NO_CONTENT.into_response(),
    })
}

/// Ends the entry and brings the agent back to the desk.
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
    if let Presented::Acting(value) = Presented::read(&headers, secure)
        && let Some(secret) = Secret::parse(Purpose::Session, value)
    {
        operations::leave(&caller, &secret.hash()).await?;
    }
    let mut answer = see_other(&format!("{}/desk", known.public_url));
    answer.headers_mut().append(header::SET_COOKIE, cookies::clear(Cookie::Acting, secure));
    Ok(answer)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wanted {
    rd: String,
    organization: String,
}

async fn go_on(caller: Caller, forward: Forward, Query(wanted): Query<Wanted>) -> Result<Response, Failure> {
    // What comes by a link chooses nothing.
    let wanted = Wanted { organization: String::new(), ..wanted };
    go_on_to(&caller, forward, wanted).await
}

async fn go_on_into(
    caller: Caller,
    forward: Forward,
    Form(wanted): Form<Wanted>,
) -> Result<Response, Failure> {
    go_on_to(&caller, forward, wanted).await
}

#[derive(askama::Template)]
#[template(path = "continue.html")]
struct ContinuePage {
    shell: Shell,
    application: String,
    organizations: Vec<(OrganizationId, String)>,
    rd: String,
}

/// From our host into a product: at once if there is one organization to go into, after a choice if there are several.
async fn go_on_to(caller: &Caller, Extension(forward): Forward, wanted: Wanted) -> Result<Response, Failure> {
    let person = caller.person()?;
    // An address that is not a registered product's is not gone to (case 36).
    let Some((origin, target)) = operations::wanted(&wanted.rd) else { return Ok(see_other("/")) };
    let Some(known) = forward.catalogue.find_or_ask(&forward.world, &origin).await? else {
        return Ok(see_other("/"));
    };
    let chosen: Option<OrganizationId> = match wanted.organization.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|_| Error::NotFound)?),
    };
    let t = caller.text();
    match operations::onward(caller, known.id, &known.origin, &target, chosen).await? {
        Onward::To(callback) => Ok(see_other(&callback)),
        Onward::Choose(organizations) => {
            let shell = caller.shell(Console::Public, "", t.get("forward-choose-title"));
            let application = known.name.clone();
            let mut answer =
                page(StatusCode::OK, &ContinuePage { shell, application, organizations, rd: wanted.rd });
            allow_forms_to(answer.headers_mut(), [known.origin.as_str()]);
            Ok(answer)
        }
        Onward::Nowhere => {
            let is_agent = person.staff.agent_level.is_some();
            let shell = caller.shell(Console::Public, "", t.get("error-forbidden-title"));
            let (sentence, who, action) = if is_agent {
                let to_desk = Action::primary("/desk", t.get("forward-to-desk"));
                (t.get("forward-nowhere-agent"), t.get("forward-nowhere-agent-who"), to_desk)
            } else {
                let home = Action::primary("/", t.get("error-home"));
                (t.get("forward-nowhere"), t.get("forward-nowhere-who"), home)
            };
            Ok(page(
                StatusCode::FORBIDDEN,
                &Refused { shell, sentence, who_can: Some(who), actions: vec![action] },
            ))
        }
    }
}
