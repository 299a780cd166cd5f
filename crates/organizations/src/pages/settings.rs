//! What an organization decides about support for itself.

use askama::Template;
use axum::response::Response;
use kernel::{Duration, Error, FieldError, OrganizationId};
use serde::Deserialize;
use web::{
    Caller, Failure,
    page::{Console, Errors, Form, Shell, page, see_other},
    rest::{Path, Query},
};

use super::{Choice, Done, members::saved};
use crate::{
    model::{Organization, WhoMayOpen},
    operations::{self, ChangeSettings},
};

/// The lengths on offer; the vendor's limit cuts the list short.
const LENGTHS: [Duration; 8] = [
    Duration::hours(1),
    Duration::hours(4),
    Duration::hours(8),
    Duration::days(1),
    Duration::days(3),
    Duration::days(7),
    Duration::days(14),
    Duration::days(30),
];

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct SettingsForm {
    /// Seconds; empty: the vendor's limit.
    longest_validity: String,
    who_may_open: String,
    /// There if it is ticked.
    backend_may_open: String,
}

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    shell: Shell,
    errors: Errors,
    organization: Organization,
    lengths: Vec<Choice>,
    of_vendor: String,
    vendor: String,
    members_may_open: bool,
    backend_may_open: bool,
}

pub(super) async fn show(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Query(done): Query<Done>,
) -> Result<Response, Failure> {
    rendered(&caller, id, None, Errors::none(), &done).await
}

async fn rendered(
    caller: &Caller,
    id: OrganizationId,
    form: Option<SettingsForm>,
    errors: Errors,
    done: &Done,
) -> Result<Response, Failure> {
    caller.person()?;
    let organization = {
        let mut tx = caller.read().await?;
        operations::require_administrator(caller, &mut tx, id).await?.0
    };
    let form = form.unwrap_or_else(|| SettingsForm {
        longest_validity: organization
            .longest_validity
            .map(|own| own.as_seconds().to_string())
            .unwrap_or_default(),
        who_may_open: organization.who_may_open.as_str().to_owned(),
        backend_may_open: organization.backend_may_open_at.map(|_| "on".to_owned()).unwrap_or_default(),
    });
    let t = caller.text();
    let of_vendor = caller.world.settings.longest_validity;
    let mut offered: Vec<Duration> = LENGTHS.into_iter().filter(|length| *length < of_vendor).collect();
    offered.extend(organization.longest_validity.filter(|own| !offered.contains(own)));
    offered.sort_unstable();
    let lengths = offered
        .into_iter()
        .map(|length| {
            let value = length.as_seconds().to_string();
            Choice { is_chosen: value == form.longest_validity, label: t.length(length), value }
        })
        .collect();
    let title = t.with("organizations-settings-title", [("organization", &organization.name)]);
    let mut shell = caller.shell(Console::Customer, "organizations", title);
    shell.answer = saved(&t, done);
    Ok(page(
        errors.status(),
        &SettingsPage {
            errors,
            organization,
            lengths,
            of_vendor: t.length(of_vendor),
            vendor: shell.vendor.clone(),
            members_may_open: form.who_may_open != WhoMayOpen::Administrators.as_str(),
            backend_may_open: !form.backend_may_open.is_empty(),
            shell,
        },
    ))
}

pub(super) async fn change(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Form(form): Form<SettingsForm>,
) -> Result<Response, Failure> {
    caller.person()?;
    let outcome = match typed(&form) {
        Ok(settings) => operations::change_settings(&caller, id, settings).await.map(drop),
        Err(fields) => Err(Error::Invalid(fields)),
    };
    match outcome {
        Ok(()) => Ok(see_other(&format!("/organizations/{id}/settings?done=saved"))),
        Err(Error::Invalid(fields)) => {
            rendered(&caller, id, Some(form), Errors::from(fields), &Done::default()).await
        }
        Err(error) => Err(error.into()),
    }
}

fn typed(form: &SettingsForm) -> Result<ChangeSettings, Vec<FieldError>> {
    let wrong = |field| {
        let sentence = "Choose one of the values on offer.".to_owned();
        vec![FieldError { field, code: kernel::Code("not_a_choice"), sentence }]
    };
    let longest_validity = match form.longest_validity.as_str() {
        "" => None,
        seconds => Some(Duration::seconds(seconds.parse().map_err(|_| wrong("longest_validity"))?)),
    };
    Ok(ChangeSettings {
        longest_validity,
        who_may_open: WhoMayOpen::parse(&form.who_may_open).ok_or_else(|| wrong("who_may_open"))?,
        backend_may_open: !form.backend_may_open.is_empty(),
    })
}
