//! One client: its token, what was given, who may enter, and the ways in and out.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use kernel::{Error, GrantId, OrganizationId};
use serde::Deserialize;
use web::{
    Caller, Failure, allow_forms_to,
    page::{Errors, Form, Shell, State, page, see_other},
    rest::{Path, Query},
    text::Text,
};

use super::{
    AskPage, Which, at_client, choose, dates_of, name_of, names, no_partner, of_clients, partner_of,
    state_of, used_at,
};
use crate::{
    model::{PartnerUser, Token},
    operations::{self, Details},
};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct NewForm {
    organization: String,
    label: String,
}

#[derive(Template)]
#[template(path = "my_client_new.html")]
struct NewPage {
    shell: Shell,
    errors: Errors,
    back: String,
    organization: OrganizationId,
    typed: String,
    waits: String,
}

pub(super) async fn ask_new(caller: Caller, Query(form): Query<NewForm>) -> Result<Response, Failure> {
    new_page(&caller, form, Errors::none()).await
}

async fn new_page(caller: &Caller, form: NewForm, errors: Errors) -> Result<Response, Failure> {
    let t = caller.text();
    let title = t.get("partners-add-title");
    let organization = match partner_of(caller, &form.organization).await? {
        Which::One(id) => id,
        Which::Several(all) => return Ok(choose(of_clients(caller, title), all, "/my-clients/new")),
        Which::None => return Err(no_partner(caller)),
    };
    // Whoever may not add one is told so now.
    operations::colleagues(caller, organization).await?;
    let shell = of_clients(caller, title);
    let waits = t.length(operations::waits(&caller.world.settings));
    let back = format!("/my-clients?organization={organization}");
    Ok(page(errors.status(), &NewPage { shell, errors, back, organization, typed: form.label, waits }))
}

pub(super) async fn add(caller: Caller, Form(form): Form<NewForm>) -> Result<Response, Failure> {
    caller.person()?;
    let organization: OrganizationId = form.organization.parse().map_err(|_| Error::NotFound)?;
    match operations::add(&caller, organization, &form.label).await {
        Ok(token) => Ok(see_other(&format!("{}?done=added", at_client(token.id())))),
        Err(Error::Invalid(fields)) => new_page(&caller, form, Errors::from(fields)).await,
        Err(error) => Err(error.into()),
    }
}

struct UserRow {
    href: String,
    name: String,
    email: String,
    permissions: String,
    since: String,
    last: String,
}

#[derive(Template)]
#[template(path = "my_client.html")]
struct ShowPage {
    shell: Shell,
    back: String,
    here: String,
    name: String,
    token: Token,
    state: State,
    /// The token itself; empty for whoever is no administrator.
    value: String,
    /// What to write to the client; empty once it was taken.
    message: String,
    mode: String,
    dates: String,
    last: String,
    permissions: Vec<(String, String)>,
    users: Vec<UserRow>,
    is_administrator: bool,
    may_enter: bool,
    log: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Done {
    done: String,
}

pub(super) async fn show(
    caller: Caller,
    Path(id): Path<GrantId>,
    Query(done): Query<Done>,
) -> Result<Response, Failure> {
    caller.person()?;
    let details = operations::as_partner(&caller, id).await?;
    let value =
        if details.is_administrator { operations::shown_token(&caller, id).await? } else { String::new() };
    let t = caller.text();
    let Details { token, permissions, users, is_administrator, may_enter } = details;
    let state = state_of(&token, caller.now);
    let name = name_of(&t, &token);
    let mut shell = of_clients(&caller, name.clone());
    shell.live = true;
    shell.answer = answer(&t, &done.done);
    let message = if state == State::Pending && is_administrator {
        let address = format!("{}/my-partner/authorize", caller.world.settings.public_url);
        t.with(
            "partners-message",
            [
                ("partner", &token.partner_name),
                ("address", &address),
                ("token", &value),
                ("clock", &t.clock(token.grant.answer_by)),
                ("zone", &t.zone_name()),
            ],
        )
    } else {
        String::new()
    };
    let answered = page(
        StatusCode::OK,
        &ShowPage {
            back: format!("/my-clients?organization={}", token.partner),
            here: at_client(id),
            mode: t.get(if token.may_write() { "partners-mode-write" } else { "partners-mode-read-only" }),
            dates: dates_of(&t, &token, caller.now),
            last: used_at(&t, token.last_used_at),
            permissions: permissions.iter().map(|one| (one.name.clone(), one.explanation.clone())).collect(),
            users: users.into_iter().map(|user| user_row(&t, id, user)).collect(),
            log: format!("/organizations/{}/access-log", token.partner),
            name,
            token,
            state,
            value,
            message,
            is_administrator,
            may_enter,
            shell,
        },
    );
    with_ways_out(&caller, answered).await
}

fn answer(t: &Text, done: &str) -> Option<String> {
    let key = match done {
        "added" => "partners-done-added",
        "authorized" => "partners-done-authorized",
        "changed" => "partners-done-changed",
        "revoked" => "partners-done-revoked",
        "disabled" => "partners-done-disabled",
        "activated" => "partners-done-activated",
        _ => return None,
    };
    Some(t.get(key))
}

fn user_row(t: &Text, id: GrantId, user: PartnerUser) -> UserRow {
    UserRow {
        href: format!("{}/users/{}", at_client(id), user.membership),
        permissions: if user.permissions.is_empty() {
            t.get("partners-nothing-left")
        } else {
            names(&user.permissions)
        },
        name: user.name,
        email: user.email.to_string(),
        since: t.day(user.authorized_at),
        last: used_at(t, user.last_used_at),
    }
}

/// Some browsers hold a form to its own site, also where it is led on.
async fn with_ways_out(caller: &Caller, mut answer: Response) -> Result<Response, Failure> {
    let mut tx = caller.read().await?;
    let products = applications::operations::list(&mut tx).await?;
    let settings = &caller.world.settings;
    let origins: Vec<String> =
        products.iter().map(|product| settings.seen_from(&product.origin, &caller.origin.host)).collect();
    allow_forms_to(answer.headers_mut(), origins.iter().map(String::as_str));
    Ok(answer)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct EnterForm {
    application: String,
}

#[derive(Template)]
#[template(path = "my_client_enter.html")]
struct EnterPage {
    shell: Shell,
    errors: Errors,
    back: String,
    name: String,
    products: Vec<applications::Application>,
}

/// Which product to enter, where there are several.
pub(super) async fn choose_product(caller: Caller, Path(id): Path<GrantId>) -> Result<Response, Failure> {
    caller.person()?;
    enter_page(&caller, id, Errors::none()).await
}

async fn enter_page(caller: &Caller, id: GrantId, errors: Errors) -> Result<Response, Failure> {
    let details = operations::as_partner(caller, id).await?;
    let t = caller.text();
    let name = name_of(&t, &details.token);
    let products = {
        let mut tx = caller.read().await?;
        applications::operations::list(&mut tx).await?
    };
    let shell = of_clients(caller, t.with("partners-enter-title", [("client", &name)]));
    let back = at_client(id);
    let answer = page(errors.status(), &EnterPage { shell, errors, back, name, products });
    with_ways_out(caller, answer).await
}

pub(super) async fn enter(
    caller: Caller,
    Path(id): Path<GrantId>,
    Form(form): Form<EnterForm>,
) -> Result<Response, Failure> {
    caller.person()?;
    let application = match form.application.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|_| Error::NotFound)?),
    };
    match operations::enter(&caller, id, application).await {
        Ok(way) => Ok(see_other(&way.url)),
        Err(Error::Invalid(fields)) => enter_page(&caller, id, Errors::from(fields)).await,
        Err(error) => Err(error.into()),
    }
}

/// What is asked before a token is shut, opened or ended.
async fn ask(caller: &Caller, id: GrantId, verb: &str, means: &[&str]) -> Result<Response, Failure> {
    caller.person()?;
    let details = operations::as_partner(caller, id).await?;
    if !details.is_administrator {
        return Err(Error::forbidden(
            "administrator_of_organization_required",
            format!("Only an administrator of {} can do this.", details.token.partner_name),
        )
        .into());
    }
    let t = caller.text();
    let name = name_of(&t, &details.token);
    // Who loses something by it: of a token that lets nobody in, nobody does.
    let is_open = details.token.state(caller.now) == grants::State::Active;
    let inside = details.users.iter().filter(|user| is_open && user.may_enter());
    let who = inside.map(|user| user.name.as_str()).take(5).collect::<Vec<_>>().join(", ");
    let mut means: Vec<String> = means.iter().map(|key| t.with(key, [("client", &name)])).collect();
    if !who.is_empty() && verb != "activate" {
        means.insert(0, t.with("partners-ask-who", [("names", &who)]));
    }
    let question = t.with(&format!("partners-ask-{verb}"), [("client", &name)]);
    let here = at_client(id);
    Ok(page(
        StatusCode::OK,
        &AskPage {
            shell: of_clients(caller, question.clone()),
            back: here.clone(),
            back_label: name,
            question,
            means,
            action: format!("{here}/{verb}"),
            verb: t.get(&format!("partners-{verb}-token")),
            keep: here,
            keep_label: t.get("keep-it"),
        },
    ))
}

pub(super) async fn ask_to_disable(caller: Caller, Path(id): Path<GrantId>) -> Result<Response, Failure> {
    ask(&caller, id, "disable", &["partners-means-disable"]).await
}

pub(super) async fn ask_to_activate(caller: Caller, Path(id): Path<GrantId>) -> Result<Response, Failure> {
    ask(&caller, id, "activate", &["partners-means-activate"]).await
}

pub(super) async fn ask_to_delete(caller: Caller, Path(id): Path<GrantId>) -> Result<Response, Failure> {
    ask(&caller, id, "delete", &["partners-means-delete"]).await
}

pub(super) async fn disable(caller: Caller, Path(id): Path<GrantId>) -> Result<Response, Failure> {
    caller.person()?;
    operations::disable(&caller, id).await?;
    Ok(see_other(&format!("{}?done=disabled", at_client(id))))
}

pub(super) async fn activate(caller: Caller, Path(id): Path<GrantId>) -> Result<Response, Failure> {
    caller.person()?;
    operations::activate(&caller, id).await?;
    Ok(see_other(&format!("{}?done=activated", at_client(id))))
}

pub(super) async fn delete(caller: Caller, Path(id): Path<GrantId>) -> Result<Response, Failure> {
    caller.person()?;
    let token = operations::delete(&caller, id).await?;
    Ok(see_other(&format!("/my-clients?organization={}&done=deleted", token.partner)))
}
