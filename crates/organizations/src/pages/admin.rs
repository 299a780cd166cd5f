//! Organizations for the vendor's administrators: numbers and the first invitation, no way in.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use kernel::{Error, FieldError, OrganizationId, Timestamp};
use people::model::checked_email;
use serde::Deserialize;
use url::form_urlencoded;
use web::{
    Caller, Failure,
    page::{Console, Errors, Form, Shell, page, see_other},
    rest::{Path, Query},
};

use super::Done;
use crate::{
    model::Organization,
    operations::{self, ChangeOrganization, CreateOrganization, OrganizationSummary},
};

const ON_A_PAGE: i64 = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    q: String,
    after: String,
    done: String,
}

#[derive(Template)]
#[template(path = "admin_organizations.html")]
struct ListPage {
    shell: Shell,
    errors: Errors,
    q: String,
    organizations: Vec<OrganizationSummary>,
    first: Option<String>,
    later: Option<String>,
}

pub(super) async fn list(caller: Caller, Query(query): Query<ListQuery>) -> Result<Response, Failure> {
    caller.person()?;
    let (organizations, next) = operations::list(&caller, &query.q, Some(&query.after), ON_A_PAGE).await?;
    let t = caller.text();
    let mut shell =
        caller.shell(Console::Administration, "organizations", t.get("organizations-admin-title"));
    shell.answer = (query.done == "created").then(|| t.get("organizations-done-created"));
    let href = |after: &str| {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("q", &query.q)
            .append_pair("after", after)
            .finish();
        format!("/admin/organizations?{query}")
    };
    let first = (!query.after.is_empty()).then(|| href(""));
    let later = next.map(|next| href(&next));
    Ok(page(
        StatusCode::OK,
        &ListPage { shell, errors: Errors::none(), q: query.q, organizations, first, later },
    ))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct NewForm {
    name: String,
    external_id: String,
    companies: String,
    administrator_name: String,
    administrator_email: String,
}

#[derive(Template)]
#[template(path = "admin_organization_new.html")]
struct NewPage {
    shell: Shell,
    errors: Errors,
    form: NewForm,
}

pub(super) async fn ask_new(caller: Caller) -> Result<Response, Failure> {
    caller.actor.administrator()?;
    Ok(new_page(&caller, NewForm::default(), Errors::none()))
}

fn new_page(caller: &Caller, form: NewForm, errors: Errors) -> Response {
    let title = caller.text().get("organizations-new-title");
    let shell = caller.shell(Console::Administration, "organizations", title);
    page(errors.status(), &NewPage { shell, errors, form })
}

pub(super) async fn create(caller: Caller, Form(form): Form<NewForm>) -> Result<Response, Failure> {
    caller.actor.administrator()?;
    let outcome = match typed_new(&form) {
        Ok(new) => operations::create(&caller, new).await.map(drop),
        Err(fields) => Err(Error::Invalid(fields)),
    };
    match outcome {
        Ok(()) => Ok(see_other("/admin/organizations?done=created")),
        Err(Error::Invalid(fields)) => Ok(new_page(&caller, form, Errors::from(fields))),
        Err(Error::Conflict(code, sentence)) if code.0 == "external_id_taken" => {
            let errors = Errors::from(vec![FieldError { field: "external_id", code, sentence }]);
            Ok(new_page(&caller, form, errors))
        }
        Err(error) => Err(error.into()),
    }
}

fn typed_new(form: &NewForm) -> Result<CreateOrganization, Vec<FieldError>> {
    let mut wrong = Vec::new();
    let email =
        checked_email("administrator_email", &form.administrator_email).map_err(|error| wrong.push(error));
    let companies = typed_count(&form.companies).map_err(|error| wrong.push(error));
    match (email, companies) {
        (Ok(administrator_email), Ok(companies)) => Ok(CreateOrganization {
            name: form.name.clone(),
            external_id: Some(form.external_id.clone()),
            companies,
            administrator_email,
            administrator_name: form.administrator_name.clone(),
        }),
        _ => Err(wrong),
    }
}

fn typed_count(text: &str) -> Result<i64, FieldError> {
    match text.trim() {
        "" => Ok(0),
        text => text.parse().map_err(|_| FieldError {
            field: "companies",
            code: kernel::Code("not_a_count"),
            sentence: "Enter how many companies the account has, 0 or more.".to_owned(),
        }),
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ChangeForm {
    name: String,
    companies: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct AdministratorForm {
    administrator_name: String,
    administrator_email: String,
}

struct FirstInvitation {
    email: String,
    expires_at: Timestamp,
}

#[derive(Template)]
#[template(path = "admin_organization.html")]
struct OrganizationPage {
    shell: Shell,
    errors: Errors,
    organization: Organization,
    members: i64,
    is_vacant: bool,
    invitations: Vec<FirstInvitation>,
    form: ChangeForm,
    administrator: AdministratorForm,
}

pub(super) async fn show(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Query(done): Query<Done>,
) -> Result<Response, Failure> {
    rendered(&caller, id, None, AdministratorForm::default(), Errors::none(), &done).await
}

async fn rendered(
    caller: &Caller,
    id: OrganizationId,
    form: Option<ChangeForm>,
    administrator: AdministratorForm,
    errors: Errors,
    done: &Done,
) -> Result<Response, Failure> {
    caller.actor.administrator()?;
    let summary = operations::view(caller, id).await?;
    let invitations = operations::first_invitations(caller, id)
        .await?
        .into_iter()
        .map(|open| FirstInvitation { email: open.email.to_string(), expires_at: open.expires_at })
        .collect();
    let organization = summary.organization;
    let form = form.unwrap_or_else(|| ChangeForm {
        name: organization.name.clone(),
        companies: organization.companies.to_string(),
    });
    let t = caller.text();
    let mut shell = caller.shell(Console::Administration, "organizations", organization.name.clone());
    shell.answer = match done.done.as_str() {
        "saved" => Some(t.get("organizations-done-saved")),
        "invited" => Some(t.get("organizations-done-invited")),
        _ => None,
    };
    Ok(page(
        errors.status(),
        &OrganizationPage {
            shell,
            errors,
            organization,
            members: summary.members,
            is_vacant: summary.is_vacant,
            invitations,
            form,
            administrator,
        },
    ))
}

pub(super) async fn change(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Form(form): Form<ChangeForm>,
) -> Result<Response, Failure> {
    caller.actor.administrator()?;
    let outcome = match typed_count(&form.companies) {
        Ok(companies) => {
            let change = ChangeOrganization { name: Some(form.name.clone()), companies: Some(companies) };
            operations::change(&caller, id, change).await.map(drop)
        }
        Err(error) => Err(Error::Invalid(vec![error])),
    };
    match outcome {
        Ok(()) => Ok(see_other(&format!("/admin/organizations/{id}?done=saved"))),
        Err(Error::Invalid(fields)) => {
            let errors = Errors::from(fields);
            rendered(&caller, id, Some(form), AdministratorForm::default(), errors, &Done::default()).await
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn invite_administrator(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Form(form): Form<AdministratorForm>,
) -> Result<Response, Failure> {
    caller.actor.administrator()?;
    let outcome = match checked_email("administrator_email", &form.administrator_email) {
        Ok(email) => {
            let name = form.administrator_name.clone();
            operations::invite_first_administrator(&caller, id, email, name).await.map(drop)
        }
        Err(error) => Err(Error::Invalid(vec![error])),
    };
    match outcome {
        Ok(()) => Ok(see_other(&format!("/admin/organizations/{id}?done=invited"))),
        Err(Error::Invalid(fields)) => {
            rendered(&caller, id, None, form, Errors::from(fields), &Done::default()).await
        }
        Err(error) => Err(error.into()),
    }
}
