//! The agents' desk: what waits, what is open to them, and the ways in and out.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use kernel::{ApplicationId, Error, GrantId};
use serde::Deserialize;
use web::{
    Caller, Failure, allow_forms_to,
    page::{Action, Console, Ended, Errors, Form, Shell, page, see_other},
    rest::{Path, Query},
    text::Text,
};

use super::view::{View, with_zone};
use crate::{
    model::{ReferenceCode, SupportToken},
    operations::{self, Which},
};

#[derive(Template)]
#[template(path = "desk.html")]
struct DeskPage {
    shell: Shell,
    waiting: Vec<View>,
    mine: Vec<View>,
    q: String,
    /// Agents of level 2 and 3 look after lost devices too.
    has_lost_devices: bool,
    /// With one product, *Enter* leads into it; with several there is a choice.
    has_one_product: bool,
    instructions: String,
}

#[derive(Template)]
#[template(path = "associate.html")]
struct AssociatePage {
    shell: Shell,
    errors: Errors,
    /// The pending token, if the code is one that the desk shows.
    token: Option<View>,
    form: AssociateForm,
}

#[derive(Template)]
#[template(path = "enter.html")]
struct EnterPage {
    shell: Shell,
    errors: Errors,
    token: View,
    products: Vec<applications::Application>,
}

#[derive(Template)]
#[template(path = "give_back.html")]
struct GiveBackPage {
    shell: Shell,
    token: View,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    /// A token that was just taken or given back; what is said of it is read from the database.
    token: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct AssociateForm {
    code: String,
    ticket: String,
    reason: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EnterForm {
    application: String,
}

pub async fn show(caller: Caller, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    caller.person()?;
    if asked.q.parse::<ReferenceCode>().is_ok() {
        let query: String = url::form_urlencoded::byte_serialize(asked.q.trim().as_bytes()).collect();
        return Ok(see_other(&format!("/desk/associate?code={query}")));
    }
    let t = caller.text();
    let mut waiting = operations::waiting(&caller).await?;
    let needle = asked.q.trim().to_lowercase();
    if !needle.is_empty() {
        waiting.retain(|token| token.organization_name.to_lowercase().contains(&needle));
    }
    let mine = operations::mine(&caller).await?;
    let seen: Vec<SupportToken> = waiting.iter().chain(&mine).cloned().collect();
    let names = operations::phone_refused(&caller, &seen).await?;
    let products = products(&caller).await?;
    let mut shell = caller.shell(Console::Desk, "desk", t.get("desk-title"));
    shell.live = true;
    shell.answer = answer(&caller, &t, &asked.token).await?;
    let vendor = &caller.world.settings.vendor_name;
    let page_ = DeskPage {
        waiting: waiting.iter().map(|token| View::new(&caller, &t, token).at_desk(&names)).collect(),
        mine: mine.iter().map(|token| View::new(&caller, &t, token).at_desk(&names)).collect(),
        q: asked.q,
        has_lost_devices: caller.actor.agent().is_ok_and(|(_, level)| level >= 2),
        has_one_product: products.len() == 1,
        instructions: t.with(
            "desk-instructions",
            [("address", &format!("{}/organizations", caller.world.settings.public_url)), ("vendor", vendor)],
        ),
        shell,
    };
    Ok(with_ways_out(&caller, page(StatusCode::OK, &page_), &products))
}

async fn answer(caller: &Caller, t: &Text, token: &str) -> Result<Option<String>, Failure> {
    let Ok(id) = token.parse::<GrantId>() else {
        return Ok(None);
    };
    let token = match operations::own(caller, id).await {
        Ok(token) => token,
        Err(Error::NotFound) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let name = &token.organization_name;
    Ok(Some(match token.grant.until(caller.now) {
        Some(until) => {
            let until = with_zone(t, &t.clock_with_today(until));
            t.with("desk-associated", [("organization", name), ("until", &until)])
        }
        None => t.with("desk-given-back", [("organization", name)]),
    }))
}

pub async fn ask_to_associate(
    caller: Caller,
    Query(form): Query<AssociateForm>,
) -> Result<Response, Failure> {
    caller.actor.agent()?;
    let token = pending(&caller, &form.code).await?;
    let ticket = if form.ticket.is_empty() {
        token.as_ref().and_then(|token| token.customer_ticket.clone()).unwrap_or_default()
    } else {
        form.ticket
    };
    associate_page(&caller, token, AssociateForm { ticket, ..form }, Errors::none()).await
}

pub async fn associate(caller: Caller, Form(form): Form<AssociateForm>) -> Result<Response, Failure> {
    caller.person()?;
    match operations::associate(&caller, Which::Code(form.code.clone()), &form.ticket, &form.reason).await {
        Ok(token) => Ok(see_other(&format!("/desk?token={}", token.id()))),
        Err(Error::Invalid(fields)) => {
            let token = pending(&caller, &form.code).await?;
            associate_page(&caller, token, form, Errors::from(fields)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Found among what waits on the desk anyway, so that looking up a code tells nothing that the desk does not show.
async fn pending(caller: &Caller, code: &str) -> Result<Option<SupportToken>, Failure> {
    let Ok(code) = code.parse::<ReferenceCode>() else {
        return Ok(None);
    };
    Ok(operations::waiting(caller).await?.into_iter().find(|token| token.code == code))
}

async fn associate_page(
    caller: &Caller,
    token: Option<SupportToken>,
    form: AssociateForm,
    errors: Errors,
) -> Result<Response, Failure> {
    let t = caller.text();
    let names = operations::phone_refused(caller, token.as_slice()).await?;
    let token = token.map(|token| View::new(caller, &t, &token).at_desk(&names));
    let title = match &token {
        Some(token) => t.with("desk-associate-title-of", [("organization", &token.organization_name)]),
        None => t.get("desk-associate-title"),
    };
    let shell = caller.shell(Console::Desk, "desk", title);
    let status = errors.status();
    Ok(page(status, &AssociatePage { shell, errors, token, form }))
}

/// Which product to enter, where there are several.
pub async fn choose(caller: Caller, Path(id): Path<GrantId>) -> Result<Response, Failure> {
    caller.person()?;
    enter_page(&caller, id, Errors::none()).await
}

pub async fn enter(
    caller: Caller,
    Path(id): Path<GrantId>,
    Form(form): Form<EnterForm>,
) -> Result<Response, Failure> {
    caller.person()?;
    let application: Option<ApplicationId> = if form.application.is_empty() {
        None
    } else {
        Some(form.application.parse().map_err(|_| Error::NotFound)?)
    };
    match operations::enter(&caller, id, application).await {
        Ok(way) => Ok(see_other(&way.url)),
        Err(Error::Invalid(fields)) => enter_page(&caller, id, Errors::from(fields)).await,
        Err(Error::Conflict(code, _)) if code.0 == "support_token_ended" => {
            Ok(see_other(&format!("/desk/ended/{id}")))
        }
        Err(error) => Err(error.into()),
    }
}

async fn enter_page(caller: &Caller, id: GrantId, errors: Errors) -> Result<Response, Failure> {
    let token = operations::own(caller, id).await?;
    if token.grant.until(caller.now).is_none() {
        return Ok(see_other(&format!("/desk/ended/{id}")));
    }
    let t = caller.text();
    let title = t.with("desk-enter-title", [("organization", &token.organization_name)]);
    let shell = caller.shell(Console::Desk, "desk", title);
    let names = operations::phone_refused(caller, std::slice::from_ref(&token)).await?;
    let token = View::new(caller, &t, &token).at_desk(&names);
    let products = products(caller).await?;
    let page_ = EnterPage { shell, errors, token, products };
    let answer = page(page_.errors.status(), &page_);
    Ok(with_ways_out(caller, answer, &page_.products))
}

async fn products(caller: &Caller) -> Result<Vec<applications::Application>, Failure> {
    let mut tx = caller.read().await?;
    Ok(applications::operations::list(&mut tx).await?)
}

/// The form that enters is answered by a redirect into a product, which the browser has to be told is meant.
fn with_ways_out(caller: &Caller, mut answer: Response, products: &[applications::Application]) -> Response {
    let origin = |product: &applications::Application| {
        caller.world.settings.seen_from(&product.origin, &caller.origin.host)
    };
    let origins: Vec<String> = products.iter().map(origin).collect();
    allow_forms_to(answer.headers_mut(), origins.iter().map(String::as_str));
    answer
}

pub async fn ask_to_give_back(caller: Caller, Path(id): Path<GrantId>) -> Result<Response, Failure> {
    caller.person()?;
    let token = operations::own(&caller, id).await?;
    if token.state(caller.now).is_over() {
        return Ok(see_other(&format!("/desk/ended/{id}")));
    }
    let t = caller.text();
    let title = t.with("desk-give-back-title", [("organization", &token.organization_name)]);
    let shell = caller.shell(Console::Desk, "desk", title);
    Ok(page(StatusCode::OK, &GiveBackPage { shell, token: View::new(&caller, &t, &token) }))
}

pub async fn give_back(caller: Caller, Path(id): Path<GrantId>) -> Result<Response, Failure> {
    caller.person()?;
    match operations::give_back(&caller, id).await {
        Ok(_) => Ok(see_other(&format!("/desk?token={id}"))),
        Err(Error::Conflict(..)) => Ok(see_other(&format!("/desk/ended/{id}"))),
        Err(error) => Err(error.into()),
    }
}

/// The door with its string pulled in: who ended it, and when.
pub async fn ended(caller: Caller, Path(id): Path<GrantId>) -> Result<Response, Failure> {
    caller.person()?;
    let token = operations::own(&caller, id).await?;
    if !token.state(caller.now).is_over() {
        return Ok(see_other("/desk"));
    }
    let t = caller.text();
    let view = View::new(&caller, &t, &token);
    let shell = caller.shell(Console::Desk, "desk", t.get("ended-title"));
    let facts = vec![
        (t.get("desk-ended-organization"), view.organization_name.clone()),
        (t.get("tokens-fact-token"), view.code.clone()),
        (t.get("desk-ended-period"), view.period.clone()),
        (t.get("tokens-fact-ticket"), view.ticket.clone()),
        (t.get("desk-ended-used"), view.used.clone()),
    ];
    let ended = Ended {
        state: view.state,
        sentence: t.with(
            "desk-ended-sentence",
            [("outcome", &view.outcome), ("organization", &view.organization_name)],
        ),
        facts,
        actions: vec![
            Action::primary("/desk", t.get("desk-back")),
            Action::plain("/desk/history", t.get("desk-history-title")),
        ],
        note: Some(t.get("desk-ended-note")),
        shell,
    };
    Ok(page(StatusCode::OK, &ended))
}
