//! The domains and the connections of an organization.

use askama::Template;
use axum::response::Response;
use kernel::{DomainId, Error, OrganizationId};
use serde::Deserialize;
use web::{
    Caller, Failure,
    page::{Errors, Form, Shell, page, see_other},
    rest::{Path, Query},
};

use super::{Done, at, shell};
use crate::{
    model::{Connection, Domain, PROOF_PATH},
    operations::{self, By},
};

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage {
    shell: Shell,
    errors: Errors,
    here: String,
    back: String,
    connections: Vec<Connection>,
    domains: Vec<DomainRow>,
    domain: String,
    trouble: Option<String>,
    is_owner: bool,
    may_confirm: bool,
}

impl ListPage {
    fn path_of(&self, domain: &DomainId, end: &str) -> String {
        format!("{}/domains/{domain}/{end}", self.here)
    }
}

struct DomainRow {
    domain: Domain,
    address: String,
    line: String,
}

async fn rendered(
    caller: &Caller,
    id: OrganizationId,
    done: &Done,
    (errors, trouble, typed): (Errors, Option<String>, String),
) -> Result<Response, Failure> {
    let overview = operations::overview(caller, id).await?;
    let title =
        caller.text().with("single_sign_on-title-of", [("organization", &overview.organization.name)]);
    let mut shell = shell(caller, overview.by, title);
    shell.answer = done.sentence(caller);
    let is_owner = overview.by == By::Administrator;
    let status = if trouble.is_some() { http::StatusCode::CONFLICT } else { errors.status() };
    let back = match overview.by {
        By::Administrator => format!("/organizations/{id}/settings"),
        By::Vendor => shell.console.home().to_owned(),
    };
    let row = |domain: Domain| DomainRow {
        address: format!("https://{}{PROOF_PATH}", domain.domain),
        line: domain.line(),
        domain,
    };
    let list = ListPage {
        shell,
        errors,
        here: at(id),
        back,
        connections: overview.connections,
        domains: overview.domains.into_iter().map(row).collect(),
        domain: typed,
        trouble,
        is_owner,
        may_confirm: caller.person()?.staff.is_administrator,
    };
    Ok(page(status, &list))
}

pub(super) async fn show(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Query(done): Query<Done>,
) -> Result<Response, Failure> {
    rendered(&caller, id, &done, (Errors::none(), None, String::new())).await
}

#[derive(Deserialize)]
pub(super) struct DomainForm {
    #[serde(default)]
    domain: String,
}

pub(super) async fn add_domain(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Form(form): Form<DomainForm>,
) -> Result<Response, Failure> {
    match operations::add_domain(&caller, id, &form.domain).await {
        Ok(_) => Ok(see_other(&format!("{}?done=added", at(id)))),
        Err(Error::Invalid(fields)) => {
            rendered(&caller, id, &Done::default(), (Errors::from(fields), None, form.domain)).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn done<T>(
    caller: &Caller,
    id: OrganizationId,
    outcome: Result<T, Error>,
    word: &str,
) -> Result<Response, Failure> {
    match outcome {
        Ok(_) => Ok(see_other(&format!("{}?done={word}", at(id)))),
        Err(Error::Conflict(_, sentence)) => {
            rendered(caller, id, &Done::default(), (Errors::none(), Some(sentence), String::new())).await
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn prove_domain(
    caller: Caller,
    Path((id, domain)): Path<(OrganizationId, DomainId)>,
) -> Result<Response, Failure> {
    let outcome = operations::prove_domain(&caller, id, domain).await;
    done(&caller, id, outcome, "proved").await
}

pub(super) async fn confirm_domain(
    caller: Caller,
    Path((id, domain)): Path<(OrganizationId, DomainId)>,
) -> Result<Response, Failure> {
    let outcome = operations::confirm_domain(&caller, id, domain).await;
    done(&caller, id, outcome, "proved").await
}

pub(super) async fn remove_domain(
    caller: Caller,
    Path((id, domain)): Path<(OrganizationId, DomainId)>,
) -> Result<Response, Failure> {
    let outcome = operations::remove_domain(&caller, id, domain).await;
    done(&caller, id, outcome, "removed").await
}
