//! Partners and clients, for the vendor's administrators: who is registered, and numbers.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use kernel::OrganizationId;
use organizations::Organization;
use serde::Deserialize;
use url::form_urlencoded;
use web::{
    Caller, Failure,
    page::{Console, Form, Shell, page, see_other},
    rest::{Path, Query},
};

use crate::{model::Registered, operations};

const ON_A_PAGE: i64 = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Look {
    q: String,
    from: u32,
    done: String,
}

#[derive(Template)]
#[template(path = "admin_partners.html")]
struct ListPage {
    shell: Shell,
    q: String,
    organizations: Vec<Registered>,
    earlier: Option<String>,
    later: Option<String>,
}

pub(super) async fn list(caller: Caller, Query(look): Query<Look>) -> Result<Response, Failure> {
    caller.person()?;
    let offset = i64::from(look.from);
    let (organizations, has_more) = operations::registered(&caller, &look.q, ON_A_PAGE, offset).await?;
    let t = caller.text();
    let mut shell = caller.shell(Console::Administration, "partners", t.get("partners-admin-title"));
    shell.answer = (look.done == "registered").then(|| t.get("partners-done-registered"));
    let href = |from: i64| {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("q", &look.q)
            .append_pair("from", &from.to_string())
            .finish();
        format!("/admin/partners?{query}")
    };
    let earlier = (offset > 0).then(|| href((offset - ON_A_PAGE).max(0)));
    let later = has_more.then(|| href(offset + ON_A_PAGE));
    Ok(page(StatusCode::OK, &ListPage { shell, q: look.q, organizations, earlier, later }))
}

#[derive(Template)]
#[template(path = "admin_registration.html")]
struct RegistrationPage {
    shell: Shell,
    organization: Organization,
    clients: i64,
    partners: i64,
}

pub(super) async fn show(caller: Caller, Path(id): Path<OrganizationId>) -> Result<Response, Failure> {
    caller.person()?;
    caller.actor.administrator()?;
    let organization = organizations::operations::view(&caller, id).await?.organization;
    let (found, _) = operations::registered(&caller, &organization.name, 200, 0).await?;
    let own = found.into_iter().find(|one| one.id == id);
    let (clients, partners) = own.map_or((0, 0), |own| (own.clients, own.partners));
    let title = caller.text().with("partners-registration-title", [("organization", &organization.name)]);
    let shell = caller.shell(Console::Administration, "partners", title);
    Ok(page(StatusCode::OK, &RegistrationPage { shell, organization, clients, partners }))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RegistrationForm {
    /// There if they are ticked.
    is_partner: String,
    is_client: String,
}

pub(super) async fn register(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Form(form): Form<RegistrationForm>,
) -> Result<Response, Failure> {
    caller.person()?;
    operations::register(&caller, id, !form.is_partner.is_empty(), !form.is_client.is_empty()).await?;
    Ok(see_other("/admin/partners?done=registered"))
}
