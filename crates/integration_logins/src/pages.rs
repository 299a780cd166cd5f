//! The logins of an organization: the list, a new one, the end of one.

use applications::Application;
use askama::Template;
use axum::{Router, response::Response, routing::get};
use http::StatusCode;
use kernel::{Duration, Error, IntegrationLoginId, OrganizationId};
use organizations::Organization;
use serde::Deserialize;
use web::{
    App, Caller, Failure,
    page::{Console, Errors, Form, Shell, State, page, see_other},
    rest::{Path, Query},
};

use crate::{
    legacy,
    model::{IntegrationLogin, NewIntegrationLogin},
    operations,
};

/// The lengths on offer, in days.
const LENGTHS: [i64; 4] = [30, 90, 180, 365];

pub fn page_routes() -> Router<App> {
    Router::new()
        .route("/organizations/{id}/integration-logins", get(list))
        .route("/organizations/{id}/integration-logins/new", get(ask).post(create))
        .route("/organizations/{id}/integration-logins/{login}/revoke", get(ask_to_revoke).post(revoke))
        .merge(legacy::routes())
}

fn shell(caller: &Caller, title: impl Into<String>) -> Shell {
    caller.shell(Console::Customer, "organizations", title)
}

fn at(organization: OrganizationId) -> String {
    format!("/organizations/{organization}/integration-logins")
}

#[derive(Template)]
#[template(path = "logins.html")]
struct ListPage {
    shell: Shell,
    organization: Organization,
    settings: String,
    logins: Vec<Row>,
}

struct Row {
    login: IntegrationLogin,
    state: State,
    networks: String,
}

impl Row {
    fn is_good(&self) -> bool {
        self.state == State::Active
    }
}

/// What the page before did; a closed list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Done {
    done: String,
}

async fn list(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Query(done): Query<Done>,
) -> Result<Response, Failure> {
    caller.person()?;
    let (organization, logins) = operations::list(&caller, id).await?;
    let t = caller.text();
    let logins = logins
        .into_iter()
        .map(|login| Row {
            state: State::parse(login.state(caller.now)).unwrap_or(State::Expired),
            networks: login.networks.each().collect::<Vec<_>>().join(", "),
            login,
        })
        .collect();
    let title = t.with("integration_logins-title-of", [("organization", &organization.name)]);
    let mut shell = shell(&caller, title);
    shell.answer = (done.done == "revoked").then(|| t.get("integration_logins-revoked"));
    Ok(page(
        StatusCode::OK,
        &ListPage { shell, settings: format!("/organizations/{id}/settings"), organization, logins },
    ))
}

#[derive(Template)]
#[template(path = "new_login.html")]
struct NewPage {
    shell: Shell,
    errors: Errors,
    form: NewForm,
    action: String,
    list: String,
    applications: Vec<Application>,
    lengths: Vec<Length>,
}

struct Length {
    days: i64,
    label: String,
    is_chosen: bool,
}

/// What was typed. The end is so many days from now.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct NewForm {
    name: String,
    application_id: String,
    ends_at: String,
    networks: String,
}

async fn new_page(
    caller: &Caller,
    id: OrganizationId,
    form: NewForm,
    errors: Errors,
) -> Result<Response, Failure> {
    let (organization, applications) = operations::applications(caller, id).await?;
    let t = caller.text();
    let lengths = LENGTHS
        .iter()
        .map(|days| Length {
            days: *days,
            label: t.length(Duration::days(*days)),
            is_chosen: days.to_string() == form.ends_at,
        })
        .collect();
    let title = t.with("integration_logins-new-title", [("organization", &organization.name)]);
    let shell = shell(caller, title);
    let list = at(id);
    let new = NewPage { shell, errors, form, action: format!("{list}/new"), list, applications, lengths };
    Ok(page(new.errors.status(), &new))
}

async fn ask(caller: Caller, Path(id): Path<OrganizationId>) -> Result<Response, Failure> {
    caller.person()?;
    let form = NewForm { ends_at: "90".to_owned(), ..NewForm::default() };
    new_page(&caller, id, form, Errors::none()).await
}

#[derive(Template)]
#[template(path = "made_login.html")]
struct MadePage {
    shell: Shell,
    login: IntegrationLogin,
    value: String,
    both: String,
    networks: String,
    list: String,
}

/// The one answer to a form that is a page and no redirection: the password must not be kept anywhere for a page after it.
async fn create(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Form(form): Form<NewForm>,
) -> Result<Response, Failure> {
    caller.person()?;
    let days: Option<i64> = form.ends_at.parse().ok().filter(|days| LENGTHS.contains(days));
    let wanted = NewIntegrationLogin {
        name: form.name.clone(),
        application: form.application_id.parse().ok(),
        ends_at: days.map(|days| caller.now + Duration::days(days)),
        networks: form.networks.clone(),
    };
    match operations::create(&caller, id, wanted).await {
        Ok((login, secret)) => {
            let t = caller.text();
            let shell = shell(&caller, t.get("integration_logins-made-title"));
            let value = secret.expose().to_owned();
            let both = t.with("integration_logins-both", [("login", &login.login), ("value", &value)]);
            let networks = login.networks.each().collect::<Vec<_>>().join(", ");
            let made = MadePage { shell, login, value, both, networks, list: at(id) };
            Ok(page(StatusCode::CREATED, &made))
        }
        Err(Error::Invalid(fields)) => new_page(&caller, id, form, Errors::from(fields)).await,
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "revoke_login.html")]
struct RevokePage {
    shell: Shell,
    login: IntegrationLogin,
    action: String,
    list: String,
    is_good: bool,
}

async fn ask_to_revoke(
    caller: Caller,
    Path((organization, id)): Path<(OrganizationId, IntegrationLoginId)>,
) -> Result<Response, Failure> {
    caller.person()?;
    let (_, login) = operations::get(&caller, organization, id).await?;
    let t = caller.text();
    let shell = shell(&caller, t.with("integration_logins-revoke-title", [("name", &login.name)]));
    let list = at(organization);
    let is_good = login.is_good(caller.now);
    let action = format!("{list}/{id}/revoke");
    Ok(page(StatusCode::OK, &RevokePage { shell, login, action, list, is_good }))
}

async fn revoke(
    caller: Caller,
    Path((organization, id)): Path<(OrganizationId, IntegrationLoginId)>,
) -> Result<Response, Failure> {
    caller.person()?;
    operations::revoke(&caller, organization, id).await?;
    Ok(see_other(&format!("{}?done=revoked", at(organization))))
}
