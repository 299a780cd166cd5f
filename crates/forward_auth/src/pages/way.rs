//! Into a product and back: the way begins at the product's host, where the browser gets what its code will be bound to,
//! leads over the sign-in on our host, and ends at the product's host.

use axum::{Extension, response::Response};
use http::{HeaderMap, StatusCode, header};
use kernel::{Actor, Error, OrganizationId, Secret, SecretHash, secret::Purpose};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use sessions::model::{Kind, Session};
use web::{
    Caller, Failure, allow_forms_to,
    cookies::{self, Cookie},
    page::{Action, Console, Form, Refused, Shell, error_page, page, see_other},
    rest::Query,
};

use super::{Forward, From, address};
use crate::{
    answers::begin_at,
    catalogue::Known,
    forward::ForwardAuth,
    model::Reason,
    operations::{self, Arrival, Onward},
    visit,
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Begin {
    /// Path and query of the product's page to come back to.
    rd: String,
    /// Instead of it the ticket of an agent who pressed *Enter*.
    entry: String,
}

/// The browser gets a secret of its own on this host, and takes the hash of it along to ours. Several pages of the product
/// may be on their way at once, so one way does not replace another.
pub async fn begin(
    Extension(forward): Forward,
    peer: From,
    headers: HeaderMap,
    Query(asked): Query<Begin>,
) -> Result<Response, Failure> {
    let known = visit::application(&forward, &headers, address(peer)).await?;
    let secure = forward.world.settings.secure_cookies;
    let secret = Secret::new(Purpose::Way, &*forward.world.entropy);
    let (name, value) = if asked.entry.is_empty() {
        // Whatever is no path of this product leads to its first page.
        let wanted = asked.rd.starts_with('/').then(|| format!("{}{}", known.origin, asked.rd));
        let wanted = wanted
            .filter(|wanted| operations::wanted(wanted).is_some_and(|(origin, _)| origin == known.origin));
        ("rd", wanted.unwrap_or_else(|| format!("{}/", known.origin)))
    } else {
        ("entry", asked.entry)
    };
    let value = utf8_percent_encode(&value, NON_ALPHANUMERIC);
    let mut answer =
        see_other(&format!("{}/continue?{name}={value}&way={}", known.public_url, secret.hash()));
    let mut ways = cookies::ways(&headers, secure);
    ways.insert(0, secret);
    answer.headers_mut().append(header::SET_COOKIE, cookies::set_ways(secure, &ways));
    Ok(answer)
}

#[derive(Debug, Deserialize)]
pub struct CallbackQuery {
    #[serde(default)]
    code: String,
}

/// The end of the way from our host to the product's: the code becomes a cookie of this host.
pub async fn callback(
    caller: Caller,
    Extension(forward): Forward,
    peer: From,
    headers: HeaderMap,
    Query(query): Query<CallbackQuery>,
) -> Result<Response, Failure> {
    let known = visit::application(&forward, &headers, address(peer)).await?;
    let secure = forward.world.settings.secure_cookies;
    let mut ways = cookies::ways(&headers, secure);
    let arrival = operations::arrive(&caller, &query.code, &ways, known.id).await?;
    let (kind, secret, return_to, way) = match arrival {
        Arrival::Here { kind, secret, return_to, way } => (kind, secret, return_to, way),
        Arrival::Strange { kind, return_to } => {
            return Ok(code_is_strange(&caller, &forward, &known, kind, &return_to));
        }
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
    ways.remove(way);
    answer.headers_mut().append(header::SET_COOKIE, cookies::set_ways(secure, &ways));
    Ok(answer)
}

fn code_is_over(caller: &Caller, forward: &ForwardAuth, known: &Known) -> Response {
    let t = caller.text();
    let shell = visit::shell(forward, t.clone(), t.get("forward-code-title"));
    let (sentence, hint) = (t.get("forward-code"), t.get("forward-code-hint"));
    let again = begin_at(known, "/");
    error_page(shell, StatusCode::GONE, &sentence, Some(&hint), Some((&again, &t.get("forward-code-again"))))
}

/// Where to begin again: whoever is signed in here comes into their own account by it, not into that of whoever sent the
/// link.
fn code_is_strange(
    caller: &Caller,
    forward: &ForwardAuth,
    known: &Known,
    kind: Kind,
    return_to: &str,
) -> Response {
    let t = caller.text();
    let shell = visit::shell(forward, t.clone(), t.get("forward-way-title"));
    let (again, label) = match kind {
        Kind::Acting => (format!("{}/desk", known.public_url), t.get("forward-to-desk")),
        _ => (begin_at(known, return_to), t.get("forward-code-again")),
    };
    let (sentence, hint) = (t.get("forward-way"), t.get("forward-way-hint"));
    error_page(shell, StatusCode::FORBIDDEN, &sentence, Some(&hint), Some((&again, &label)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    rd: String,
    organization: String,
    /// The hash of what the browser was given at the product's host.
    way: String,
    /// The ticket of an agent who pressed *Enter*.
    entry: String,
}

pub async fn go_on(
    caller: Caller,
    forward: Forward,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    // What comes by a link chooses nothing.
    let wanted = Wanted { organization: String::new(), ..wanted };
    go_on_to(&caller, forward, &headers, wanted).await
}

pub async fn go_on_into(
    caller: Caller,
    forward: Forward,
    headers: HeaderMap,
    Form(wanted): Form<Wanted>,
) -> Result<Response, Failure> {
    go_on_to(&caller, forward, &headers, wanted).await
}

/// To the sign-in, with what was wanted. An agent who is signed out presses *Enter* again: the ticket was the session's.
fn sign_in_first(wanted: &Wanted) -> String {
    if !wanted.entry.is_empty() {
        return "/sign-in?return_to=%2Fdesk".to_owned();
    }
    let rd = utf8_percent_encode(&wanted.rd, NON_ALPHANUMERIC);
    let way = SecretHash::parse(&wanted.way).map(|way| format!("&way={way}")).unwrap_or_default();
    format!("/sign-in?rd={rd}{way}")
}

/// The second half of *Enter*. To press it was the act; this only goes on with it, in the session that pressed.
async fn enter(
    caller: &Caller,
    temporary: Option<&Session>,
    ticket: &str,
    way: Option<SecretHash>,
) -> Result<Response, Failure> {
    if let Some(way) = way
        && let Some(callback) = operations::redeem(caller, temporary, ticket, way).await?
    {
        return Ok(see_other(&callback));
    }
    let t = caller.text();
    let shell = caller.shell(Console::Public, "", t.get("forward-entry-title"));
    let (sentence, hint, home, back) = if matches!(caller.actor, Actor::Nobody) {
        ("forward-entry-temporary", "forward-entry-temporary-hint", "/temporary", "forward-to-begin")
    } else {
        ("forward-entry", "forward-entry-hint", "/desk", "forward-to-desk")
    };
    let (sentence, hint, back) = (t.get(sentence), t.get(hint), t.get(back));
    Ok(error_page(shell, StatusCode::FORBIDDEN, &sentence, Some(&hint), Some((home, &back))))
}

#[derive(askama::Template)]
#[template(path = "continue.html")]
struct ContinuePage {
    shell: Shell,
    application: String,
    organizations: Vec<(OrganizationId, String)>,
    rd: String,
    way: SecretHash,
}

/// From our host into a product: at once if there is one organization to go into, after a choice if there are several.
async fn go_on_to(
    caller: &Caller,
    Extension(forward): Forward,
    headers: &HeaderMap,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let way = SecretHash::parse(&wanted.way);
    if !wanted.entry.is_empty() {
        let presented = cookies::find(headers, Cookie::Temporary, forward.world.settings.secure_cookies);
        let temporary = operations::temporary_session(caller, presented).await?;
        return if temporary.is_none() && matches!(caller.actor, Actor::Nobody) {
            Ok(see_other(&sign_in_first(&wanted)))
        } else {
            enter(caller, temporary.as_ref(), &wanted.entry, way).await
        };
    }
    if matches!(caller.actor, Actor::Nobody) {
        return Ok(see_other(&sign_in_first(&wanted)));
    }
    let person = caller.person()?;
    // An address that is not a registered product's is not gone to (case 36).
    let Some((origin, target)) = operations::wanted(&wanted.rd) else { return Ok(see_other("/")) };
    let Some(known) = forward.catalogue.find_or_ask(&forward.world, &origin).await? else {
        return Ok(see_other("/"));
    };
    let Some(way) = way else { return Ok(see_other(&begin_at(&known, &target))) };
    let chosen: Option<OrganizationId> = match wanted.organization.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|_| Error::NotFound)?),
    };
    let t = caller.text();
    match operations::onward(caller, known.id, (&known.origin, &target), chosen, way).await? {
        Onward::To(callback) => Ok(see_other(&callback)),
        Onward::Choose(organizations) => {
            let shell = caller.shell(Console::Public, "", t.get("forward-choose-title"));
            let application = known.name.clone();
            let choice = ContinuePage { shell, application, organizations, rd: wanted.rd, way };
            let mut answer = page(StatusCode::OK, &choice);
            allow_forms_to(answer.headers_mut(), [known.origin.as_str()]);
            Ok(answer)
        }
        Onward::Nowhere(managed) if !managed.is_empty() => {
            let shell = caller.shell(Console::Public, "", t.get("error-forbidden-title"));
            let ways = managed.iter().map(|(organization, connection)| {
                let word = t.with("sign-in-sso-of", [("organization", organization)]);
                // The sign-in begins the way at the product anew: this one is of a session that is over then.
                let rd = utf8_percent_encode(&wanted.rd, NON_ALPHANUMERIC);
                Action::primary(format!("/sign-in/sso/{connection}?rd={rd}"), word)
            });
            let sentence = t.get("sign-in-sso-only");
            Ok(page(
                StatusCode::FORBIDDEN,
                &Refused { shell, sentence, who_can: None, actions: ways.collect() },
            ))
        }
        Onward::Nowhere(_) => {
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
