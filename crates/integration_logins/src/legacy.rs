//! What proxies ask about the paths of an old interface, and how they are answered.

use std::sync::Arc;

use applications::{
    Fact,
    model::{ACCOUNT_HEADER, ACTING_HEADER, ASSERTION_HEADER, PERMISSIONS_HEADER, REASON_HEADER},
};
use axum::{
    Extension, Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::any,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use forward_auth::{
    ForwardAuth, identity,
    model::Part,
    problem,
    question::{Dialect, Question, Unreadable},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use kernel::{Actor, Duration, Error, Timestamp};
use operation::World;
use serde::Deserialize;
use serde_json::{Value, json};
use web::{App, Caller, Peer, rest::Query};

use crate::{
    model::{Identity, Reason, Who, is_legacy_path},
    operations::{self, Answer},
    presented::Presented,
    turns::Turns,
};

/// A yes is good for this request; a product that keeps the assertion has it for so long.
const LASTS: Duration = Duration::seconds(60);

pub fn routes() -> Router<App> {
    Router::new()
        .route("/authz/legacy", any(asked_in_forward_auth))
        .route("/authz/legacy-request", any(asked_in_auth_request))
        .layer(Extension(Arc::new(Turns::default())))
}

#[derive(Debug, Deserialize)]
struct Under {
    /// How the paths of the old interface begin, as the proxy's configuration says.
    under: Option<String>,
}

type Given = (State<App>, Extension<Arc<ForwardAuth>>, Extension<Arc<Turns>>, Option<Extension<Peer>>);

async fn asked_in_forward_auth(
    caller: Caller,
    given: Given,
    Query(under): Query<Under>,
    request: Request,
) -> Response {
    asked(Dialect::ForwardAuth, &caller, given, under, request.headers()).await
}

async fn asked_in_auth_request(
    caller: Caller,
    given: Given,
    Query(under): Query<Under>,
    request: Request,
) -> Response {
    asked(Dialect::AuthRequest, &caller, given, under, request.headers()).await
}

async fn asked(
    dialect: Dialect,
    caller: &Caller,
    (State(app), Extension(forward), Extension(turns), peer): Given,
    under: Under,
    headers: &HeaderMap,
) -> Response {
    if !peer.is_some_and(|Extension(peer)| app.proxies.trusts(peer.0.ip())) {
        return unreadable(&Unreadable("the proxy: its address is not among server.trusted_proxies"));
    }
    let question = match Question::read(dialect, headers) {
        Ok(question) => question,
        Err(what) => return unreadable(&what),
    };
    if !is_legacy_path(question.target, under.under.as_deref()) {
        return refusal(Reason::NotLegacy);
    }
    // Whatever else the client carries, such as a cookie of ours, is not asked for here.
    let call = caller.call.with_actor(Actor::Nobody);
    let presented = Presented::read(headers);
    match operations::check(&call, &turns, &question.origin, presented.as_ref()).await {
        Ok(Answer::Yes(identity)) => yes(&forward, &call.world, &identity, call.now),
        Ok(Answer::Wrong) => wrong(),
        Ok(Answer::No(reason)) => refusal(reason),
        // nginx takes any other status than 401 and 403 for a fault of ours.
        Err(Error::TooMany { .. }) if dialect == Dialect::AuthRequest => refusal(Reason::TooManyTries),
        Err(Error::TooMany { retry_after_seconds }) => {
            let reason = Reason::TooManyTries;
            let mut answer = problem(StatusCode::TOO_MANY_REQUESTS, reason.as_str(), reason.sentence());
            answer.headers_mut().insert(header::RETRY_AFTER, retry_after_seconds.into());
            answer
        }
        Err(error) => unavailable(&error),
    }
}

fn yes(forward: &ForwardAuth, world: &World, identity: &Identity, now: Timestamp) -> Response {
    let signed = claims(world, identity, now).and_then(|claims| forward.sign(&claims, now));
    let headers = signed.and_then(|assertion| {
        headers(identity, &assertion).ok_or_else(|| Error::internal("a yes without all of its headers"))
    });
    match headers {
        Ok(headers) => {
            let mut answer = StatusCode::OK.into_response();
            *answer.headers_mut() = headers;
            answer
        }
        Err(error) => unavailable(&error),
    }
}

/// The same claims as anywhere else, as far as there is something to say.
fn claims(world: &World, identity: &Identity, now: Timestamp) -> Result<Vec<u8>, Error> {
    let mut jti = [0; 16];
    world.entropy.fill(&mut jti);
    let until = now + LASTS;
    let mut claims = json!({
        "iss": world.settings.public_url,
        "aud": identity.application,
        "account": identity.organization,
        "account_name": identity.organization_name,
        "mode": "write",
        "jti": URL_SAFE_NO_PAD.encode(jti),
        "iat": now.as_seconds(),
        "exp": identity.until.map_or(until, |end| end.min(until)).as_seconds(),
    });
    let mut put = |name: &str, value: Value| claims[name] = value;
    if let Some(id) = &identity.organization_external_id {
        put("account_external_id", json!(id));
    }
    match &identity.who {
        Who::Integration { id, login, name } => {
            put("sub", json!(login));
            put("name", json!(name));
            put("acting", "integration".into());
            put("integration", json!(id));
        }
        Who::Member { user, name, email, .. } => {
            put("sub", json!(user));
            put("name", json!(name));
            put("email", json!(email));
            put("acting", "none".into());
            put("auth_time", json!(now.as_seconds()));
        }
    }
    serde_json::to_vec(&claims).map_err(Error::internal)
}

/// What a product reads. An integration login has no e-mail address, and no header says that it has one.
fn headers(identity: &Identity, assertion: &str) -> Option<HeaderMap> {
    let (user, name, email, groups, acting) = match &identity.who {
        Who::Integration { login, name, .. } => {
            (login.clone(), name.as_str(), None, "integrations", "integration")
        }
        Who::Member { user, name, email, is_administrator } => {
            let part = Part::Member { is_administrator: *is_administrator, is_vendor_staff: false };
            (user.to_string(), name.as_str(), Some(email.as_str()), part.groups(), "none")
        }
    };
    let account = identity.organization.to_string();
    let facts = identity.header_set.facts().iter().filter_map(|(fact, header)| {
        let value = match fact {
            Fact::User => user.clone(),
            Fact::Groups => groups.to_owned(),
            Fact::Name => identity::encoded(name),
            Fact::Email => identity::encoded(email?),
        };
        Some((*header, value))
    });
    let own = [
        (ACCOUNT_HEADER, account),
        (ACTING_HEADER, acting.to_owned()),
        (PERMISSIONS_HEADER, "none".to_owned()),
        (ASSERTION_HEADER, assertion.to_owned()),
    ];
    let mut headers = HeaderMap::new();
    for (header, value) in facts.chain(own) {
        if value.is_empty() {
            return None;
        }
        let header = HeaderName::from_bytes(header.as_bytes()).ok()?;
        headers.insert(header, HeaderValue::try_from(value).ok()?);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Some(headers)
}

/// The one place that asks for Basic: old clients wait to be asked.
fn wrong() -> Response {
    let detail = "Send the login and the password of an integration login for this application.";
    let mut answer = problem(StatusCode::UNAUTHORIZED, "unauthenticated", detail);
    let asks = HeaderValue::from_static("Basic realm=\"Integration login\", charset=\"UTF-8\"");
    answer.headers_mut().insert(header::WWW_AUTHENTICATE, asks);
    answer
}

fn refusal(reason: Reason) -> Response {
    let mut answer = problem(StatusCode::FORBIDDEN, reason.as_str(), reason.sentence());
    if let Ok(name) = HeaderName::from_bytes(REASON_HEADER.as_bytes()) {
        answer.headers_mut().insert(name, HeaderValue::from_static(reason.as_str()));
    }
    answer
}

fn unreadable(Unreadable(what): &Unreadable) -> Response {
    let detail =
        format!("The proxy's question cannot be answered because of {what}. Compare its configuration.");
    problem(StatusCode::BAD_REQUEST, "unreadable_question", &detail)
}

fn unavailable(error: &Error) -> Response {
    tracing::error!(%error, "a proxy's question about an old interface could not be answered");
    let detail = "It cannot be known right now who may come in, so nobody is let in. Try again in a moment.";
    let mut answer = problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail);
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    answer
}
