//! The form in which a connection is prepared or changed.

use askama::Template;
use axum::response::Response;
use kernel::{ConnectionId, Error, OrganizationId};
use organizations::UserType;
use serde::Deserialize;
use web::{
    Caller, Failure,
    page::{Errors, Form, Shell, page, see_other},
    rest::Path,
};

use super::{at, shell};
use crate::{
    model::{Connection, Group, Settings},
    operations::{self, By, Prepare},
};

/// What was typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct PrepareForm {
    name: String,
    issuer: String,
    client_id: String,
    client_secret: String,
    practitioners: String,
    clients: String,
    employees: String,
    new_people: String,
}

impl PrepareForm {
    fn of(connection: &Connection, settings: &Settings) -> Self {
        let has = |group| if settings.groups.contains(&group) { "on".to_owned() } else { String::new() };
        Self {
            name: connection.name.clone(),
            issuer: settings.issuer.clone(),
            client_id: settings.client_id.clone(),
            client_secret: String::new(),
            practitioners: has(Group::Practitioners),
            clients: has(Group::Clients),
            employees: has(Group::Employees),
            new_people: settings.new_people.map(UserType::as_str).unwrap_or_default().to_owned(),
        }
    }

    const fn is_ticked(&self, group: Group) -> bool {
        let ticked = match group {
            Group::Practitioners => &self.practitioners,
            Group::Clients => &self.clients,
            Group::Employees => &self.employees,
        };
        !ticked.is_empty()
    }

    fn wanted(&self) -> Prepare {
        let ticked = Group::ALL.into_iter().filter(|group| self.is_ticked(*group));
        Prepare {
            name: self.name.clone(),
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            groups: ticked.map(|group| group.as_str().to_owned()).collect(),
            new_people: self.new_people.clone(),
        }
    }
}

struct Tick {
    name: &'static str,
    label: String,
    is_ticked: bool,
}

struct Choice {
    value: &'static str,
    label: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "prepare.html")]
struct PreparePage {
    shell: Shell,
    errors: Errors,
    form: PrepareForm,
    groups: Vec<Tick>,
    types: Vec<Choice>,
    action: String,
    back: String,
    keeps_secret: bool,
}

fn rendered(
    caller: &Caller,
    by: By,
    (title, action, back): (String, String, String),
    (form, errors, keeps_secret): (PrepareForm, Errors, bool),
) -> Response {
    let t = caller.text();
    let groups = Group::ALL.map(|group| Tick {
        name: group.as_str(),
        label: t.get(&format!("single_sign_on-group-{}", group.as_str())),
        is_ticked: form.is_ticked(group),
    });
    let types = UserType::ALL.iter().filter(|user_type| **user_type != UserType::None);
    let types = types.map(|user_type| Choice {
        value: user_type.as_str(),
        label: t.get(&format!("single_sign_on-type-{}", user_type.as_str())),
        is_chosen: form.new_people == user_type.as_str(),
    });
    let prepare = PreparePage {
        shell: shell(caller, by, title),
        groups: groups.into(),
        types: types.collect(),
        action,
        back,
        keeps_secret,
        form,
        errors,
    };
    page(prepare.errors.status(), &prepare)
}

pub(super) async fn ask(caller: Caller, Path(id): Path<OrganizationId>) -> Result<Response, Failure> {
    new_page(&caller, id, PrepareForm::default(), Errors::none()).await
}

async fn new_page(
    caller: &Caller,
    id: OrganizationId,
    form: PrepareForm,
    errors: Errors,
) -> Result<Response, Failure> {
    let overview = operations::overview(caller, id).await?;
    let title =
        caller.text().with("single_sign_on-new-title", [("organization", &overview.organization.name)]);
    Ok(rendered(caller, overview.by, (title, format!("{}/new", at(id)), at(id)), (form, errors, false)))
}

pub(super) async fn create(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Form(form): Form<PrepareForm>,
) -> Result<Response, Failure> {
    match operations::create(&caller, id, form.wanted()).await {
        Ok(connection) => Ok(see_other(&format!("{}/{}?done=prepared", at(id), connection.id))),
        Err(Error::Invalid(fields)) => new_page(&caller, id, form, Errors::from(fields)).await,
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn ask_to_change(
    caller: Caller,
    Path((id, connection)): Path<(OrganizationId, ConnectionId)>,
) -> Result<Response, Failure> {
    change_page(&caller, id, connection, None, Errors::none()).await
}

async fn change_page(
    caller: &Caller,
    id: OrganizationId,
    connection: ConnectionId,
    form: Option<PrepareForm>,
    errors: Errors,
) -> Result<Response, Failure> {
    let (_, by, connection) = operations::look(caller, id, connection).await?;
    let settings = connection.newest().ok_or(Error::NotFound)?;
    let form = form.unwrap_or_else(|| PrepareForm::of(&connection, settings));
    let title = caller.text().with("single_sign_on-change-title", [("name", &connection.name)]);
    let back = format!("{}/{}", at(id), connection.id);
    Ok(rendered(caller, by, (title, format!("{back}/change"), back), (form, errors, true)))
}

pub(super) async fn change(
    caller: Caller,
    Path((id, connection)): Path<(OrganizationId, ConnectionId)>,
    Form(form): Form<PrepareForm>,
) -> Result<Response, Failure> {
    match operations::change(&caller, id, connection, form.wanted()).await {
        Ok(connection) => Ok(see_other(&format!("{}/{}?done=prepared", at(id), connection.id))),
        Err(Error::Invalid(fields)) => {
            change_page(&caller, id, connection, Some(form), Errors::from(fields)).await
        }
        Err(error) => Err(error.into()),
    }
}
