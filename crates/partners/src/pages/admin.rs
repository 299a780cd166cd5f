//! Partners and clients, for the vendor's administrators: who is registered, and numbers.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use kernel::{Error, FieldError, OrganizationId};
use organizations::Organization;
use serde::Deserialize;
use url::form_urlencoded;
use web::{
    Caller, Failure,
    page::{Console, Errors, Form, Shell, page, see_other},
    rest::{Path, Query},
};

use crate::{
    model::{Registered, Registration},
    operations,
};

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
    errors: Errors,
    organization: Organization,
    /// As it is now; the form sends it back, so that an old one changes nothing.
    shown: Registration,
    clients: i64,
    partners: i64,
}

fn of_registration(caller: &Caller, organization: &Organization) -> Shell {
    let title = caller.text().with("partners-registration-title", [("organization", &organization.name)]);
    caller.shell(Console::Administration, "partners", title)
}

pub(super) async fn show(caller: Caller, Path(id): Path<OrganizationId>) -> Result<Response, Failure> {
    caller.person()?;
    registration_page(&caller, id, StatusCode::OK, Errors::none()).await
}

async fn registration_page(
    caller: &Caller,
    id: OrganizationId,
    status: StatusCode,
    errors: Errors,
) -> Result<Response, Failure> {
    caller.actor.administrator()?;
    let organization = organizations::operations::view(caller, id).await?.organization;
    let (found, _) = operations::registered(caller, &organization.name, 200, 0).await?;
    let own = found.into_iter().find(|one| one.id == id);
    let (clients, partners) = own.map_or((0, 0), |own| (own.clients, own.partners));
    let (shell, shown) = (of_registration(caller, &organization), Registration::of(&organization));
    Ok(page(status, &RegistrationPage { shell, errors, organization, shown, clients, partners }))
}

/// What somebody wants, and what they were shown when they chose it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RegistrationForm {
    /// There if they are ticked.
    is_partner: String,
    is_client: String,
    /// `yes` or `no`. Neither: it comes of no page of ours, so that nobody was shown anything.
    was_partner: String,
    was_client: String,
    /// There once it was asked whether what ends by it is meant.
    is_meant: String,
}

impl RegistrationForm {
    fn wanted(&self) -> Registration {
        Registration { is_partner: !self.is_partner.is_empty(), is_client: !self.is_client.is_empty() }
    }

    fn shown(&self) -> Option<Registration> {
        let read = |field: &str| match field {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        };
        Some(Registration { is_partner: read(&self.was_partner)?, is_client: read(&self.was_client)? })
    }

    /// Where it is asked whether it is meant.
    fn question(&self, id: OrganizationId) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("is_partner", &self.is_partner),
            ("is_client", &self.is_client),
            ("was_partner", &self.was_partner),
            ("was_client", &self.was_client),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        format!("/admin/organizations/{id}/registration/confirm?{}", query.finish())
    }
}

pub(super) async fn register(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Form(form): Form<RegistrationForm>,
) -> Result<Response, Failure> {
    caller.person()?;
    let (now, ending) = operations::would_end(&caller, id, form.wanted()).await?;
    let shown = form.shown();
    if ending > 0 && form.is_meant.is_empty() && shown == Some(Registration::of(&now)) {
        return Ok(see_other(&form.question(id)));
    }
    let saved = match shown {
        Some(shown) => operations::register_as_shown(&caller, id, form.wanted(), shown).await,
        None => Err(Error::invalid("is_partner", "shown", caller.text().get("partners-registration-unread"))),
    };
    match saved {
        Ok(_) => Ok(see_other("/admin/partners?done=registered")),
        Err(Error::Conflict(code, sentence)) => {
            let errors = Errors::from(vec![FieldError { field: "is_partner", code, sentence }]);
            registration_page(&caller, id, StatusCode::CONFLICT, errors).await
        }
        Err(Error::Invalid(wrong)) => {
            registration_page(&caller, id, StatusCode::UNPROCESSABLE_ENTITY, Errors::from(wrong)).await
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "admin_registration_confirm.html")]
struct ConfirmPage {
    shell: Shell,
    /// What would be taken back.
    question: String,
    means: String,
    here: String,
    /// What the button sends: names and values.
    fields: Vec<(&'static str, String)>,
}

/// The question before something ends for good.
pub(super) async fn ask_to_register(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Query(form): Query<RegistrationForm>,
) -> Result<Response, Failure> {
    caller.person()?;
    let wanted = form.wanted();
    let (organization, ending) = operations::would_end(&caller, id, wanted).await?;
    let here = format!("/admin/organizations/{id}/registration");
    if ending == 0 {
        // Nothing is left that could end: the form says how it is.
        return Ok(see_other(&here));
    }
    let now = Registration::of(&organization);
    let t = caller.text();
    let question = match (now.is_partner && !wanted.is_partner, now.is_client && !wanted.is_client) {
        (true, true) => "partners-ask-unregister-both",
        (true, false) => "partners-ask-unregister-partner",
        _ => "partners-ask-unregister-client",
    };
    let fields = vec![
        ("is_partner", form.is_partner),
        ("is_client", form.is_client),
        ("was_partner", form.was_partner),
        ("was_client", form.was_client),
        ("is_meant", "yes".to_owned()),
    ];
    Ok(page(
        StatusCode::OK,
        &ConfirmPage {
            shell: of_registration(&caller, &organization),
            question: t.with(question, [("organization", &organization.name)]),
            means: t.count("partners-means-unregister", ending),
            here,
            fields: fields.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        },
    ))
}
