//! Applications in the administration.

use axum::{Router, response::Response, routing::get};
use http::StatusCode;
use kernel::{ApplicationId, Error};
use serde::Deserialize;
use web::{
    App, Caller, Failure,
    page::{Console, Errors, Form, Shell, page, see_other},
    rest::{Path, Query},
};

use crate::{
    model::{Application, HeaderSet},
    operations::{self, Change, Wanted},
    proxy_config::Proxy,
    rest::header_set,
};

const CURRENT: &str = "applications";

pub fn page_routes() -> Router<App> {
    Router::new()
        .route("/admin/applications", get(list))
        .route("/admin/applications/new", get(new).post(create))
        .route("/admin/applications/{application}", get(show).post(change))
        .route("/admin/applications/{application}/remove", get(ask_to_remove).post(remove))
}

fn shell(caller: &Caller, title: String) -> Shell {
    caller.shell(Console::Administration, CURRENT, title)
}

#[derive(askama::Template)]
#[template(path = "applications.html")]
struct ListPage {
    shell: Shell,
    applications: Vec<Application>,
}

async fn list(caller: Caller) -> Result<Response, Failure> {
    caller.person()?;
    let applications = operations::list_all(&caller).await?;
    let shell = shell(&caller, caller.text().get("applications-title"));
    Ok(page(StatusCode::OK, &ListPage { shell, applications }))
}

/// What is typed into the form.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Typed {
    name: String,
    origin: String,
    header_set: String,
}

/// A header set to choose.
struct Choice {
    value: &'static str,
    label: String,
    names: String,
    is_chosen: bool,
}

fn choices(shell: &Shell, chosen: &str) -> Vec<Choice> {
    HeaderSet::ALL
        .into_iter()
        .map(|set| Choice {
            value: set.as_str(),
            label: shell.t.get(&format!("applications-set-{}", set.as_str().replace('_', "-"))),
            names: set.facts().iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", "),
            is_chosen: set.as_str() == chosen || (chosen.is_empty() && set == HeaderSet::default()),
        })
        .collect()
}

#[derive(askama::Template)]
#[template(path = "application_new.html")]
struct NewPage {
    shell: Shell,
    errors: Errors,
    typed: Typed,
    choices: Vec<Choice>,
}

fn new_page(caller: &Caller, typed: Typed, errors: Errors) -> Response {
    let shell = shell(caller, caller.text().get("applications-new-title"));
    let choices = choices(&shell, &typed.header_set);
    page(errors.status(), &NewPage { shell, errors, typed, choices })
}

async fn new(caller: Caller) -> Result<Response, Failure> {
    caller.person()?;
    caller.actor.administrator()?;
    Ok(new_page(&caller, Typed::default(), Errors::none()))
}

async fn create(caller: Caller, Form(typed): Form<Typed>) -> Result<Response, Failure> {
    caller.person()?;
    let made = async {
        let wanted = Wanted {
            name: typed.name.clone(),
            origin: typed.origin.clone(),
            header_set: header_set(&typed.header_set)?,
        };
        operations::create(&caller, wanted).await
    };
    match made.await {
        Ok(application) => Ok(see_other(&format!("/admin/applications/{}", application.id))),
        Err(Error::Invalid(fields)) => Ok(new_page(&caller, typed, Errors::from(fields))),
        Err(error) => Err(error.into()),
    }
}

/// Which configuration is shown, and with which addresses in it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Shown {
    upstream: String,
    product: String,
    legacy_path: String,
}

#[derive(askama::Template)]
#[template(path = "application.html")]
struct ShowPage {
    shell: Shell,
    application: Application,
    errors: Errors,
    typed: Typed,
    choices: Vec<Choice>,
    shown: Shown,
    shown_errors: Errors,
    configurations: Vec<(&'static str, String)>,
    /// What an old interface needs beside them.
    legacy_locations: Vec<(&'static str, String)>,
}

async fn show_page(
    caller: &Caller,
    id: ApplicationId,
    typed: Option<Typed>,
    errors: Errors,
    shown: Shown,
) -> Result<Response, Failure> {
    let application = operations::get(caller, id).await?;
    let shown = Shown {
        upstream: if shown.upstream.is_empty() {
            operations::USUAL_UPSTREAM.to_owned()
        } else {
            shown.upstream
        },
        product: if shown.product.is_empty() { operations::USUAL_PRODUCT.to_owned() } else { shown.product },
        legacy_path: if shown.legacy_path.is_empty() {
            operations::USUAL_LEGACY_PATH.to_owned()
        } else {
            shown.legacy_path
        },
    };
    let mut shown_errors = Errors::none();
    let mut configurations = Vec::new();
    let mut legacy_locations = Vec::new();
    for (proxy, label) in [(Proxy::Nginx, "nginx"), (Proxy::Caddy, "Caddy")] {
        match operations::proxy_config(caller, id, proxy, &shown.upstream, &shown.product).await {
            Ok(text) => configurations.push((label, text)),
            Err(Error::Invalid(fields)) => {
                shown_errors = Errors::from(fields);
                break;
            }
            Err(error) => return Err(error.into()),
        }
        let (upstream, product, path) = (&shown.upstream, &shown.product, &shown.legacy_path);
        match operations::legacy_location(caller, id, proxy, upstream, product, path).await {
            Ok(text) => legacy_locations.push((label, text)),
            Err(Error::Invalid(fields)) => shown_errors = Errors::from(fields),
            Err(error) => return Err(error.into()),
        }
    }
    let typed = typed.unwrap_or_else(|| Typed {
        name: application.name.clone(),
        origin: application.origin.clone(),
        header_set: application.header_set.as_str().to_owned(),
    });
    let shell = shell(caller, application.name.clone());
    let choices = choices(&shell, &typed.header_set);
    let status = if errors.is_empty() { shown_errors.status() } else { errors.status() };
    Ok(page(
        status,
        &ShowPage {
            shell,
            application,
            errors,
            typed,
            choices,
            shown,
            shown_errors,
            configurations,
            legacy_locations,
        },
    ))
}

async fn show(
    caller: Caller,
    Path(id): Path<ApplicationId>,
    Query(shown): Query<Shown>,
) -> Result<Response, Failure> {
    caller.person()?;
    show_page(&caller, id, None, Errors::none(), shown).await
}

async fn change(
    caller: Caller,
    Path(id): Path<ApplicationId>,
    Form(typed): Form<Typed>,
) -> Result<Response, Failure> {
    caller.person()?;
    let changed = async {
        let change = Change {
            name: Some(typed.name.clone()),
            origin: Some(typed.origin.clone()),
            header_set: Some(header_set(&typed.header_set)?),
        };
        operations::change(&caller, id, change).await
    };
    match changed.await {
        Ok(application) => Ok(see_other(&format!("/admin/applications/{}", application.id))),
        Err(Error::Invalid(fields)) => {
            show_page(&caller, id, Some(typed), Errors::from(fields), Shown::default()).await
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(askama::Template)]
#[template(path = "application_remove.html")]
struct RemovePage {
    shell: Shell,
    application: Application,
    action: String,
    keep: String,
}

async fn ask_to_remove(caller: Caller, Path(id): Path<ApplicationId>) -> Result<Response, Failure> {
    caller.person()?;
    let application = operations::get(&caller, id).await?;
    let title = caller.text().with("applications-remove-title", [("name", &application.name)]);
    let keep = format!("/admin/applications/{id}");
    let action = format!("{keep}/remove");
    Ok(page(StatusCode::OK, &RemovePage { shell: shell(&caller, title), application, action, keep }))
}

async fn remove(caller: Caller, Path(id): Path<ApplicationId>) -> Result<Response, Failure> {
    caller.person()?;
    operations::remove(&caller, id).await?;
    Ok(see_other("/admin/applications"))
}
