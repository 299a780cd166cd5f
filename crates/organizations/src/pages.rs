//! Pages about who belongs to an organization: for its administrators, for whoever is invited, for the vendor.

mod admin;
mod doors;
mod members;
mod settings;

use axum::{
    Router,
    routing::{get, post},
};
use kernel::{Code, FieldError, Timestamp};
use serde::Deserialize;
use web::{App, text::Text};

use crate::model::{MemberKind, Role, UserType};

pub fn page_routes() -> Router<App> {
    Router::new()
        .route("/organizations/{id}/members", get(members::list))
        .route("/organizations/{id}/members/invite", get(members::ask_invite).post(members::invite))
        .route("/organizations/{id}/members/{member}", get(members::show).post(members::change))
        .route("/organizations/{id}/members/{member}/unlink", get(members::ask_unlink).post(members::unlink))
        .route("/organizations/{id}/invitations/{invitation}/revoke", post(members::revoke_invitation))
        .route("/organizations/{id}/settings", get(settings::show).post(settings::change))
        .route("/invitations/{token}", get(doors::invitation).post(doors::accept))
        .route("/setup/{token}", get(doors::setup).post(doors::complete_setup))
        .route("/admin/organizations", get(admin::list))
        .route("/admin/organizations/new", get(admin::ask_new).post(admin::create))
        .route("/admin/organizations/{id}", get(admin::show).post(admin::change))
        .route("/admin/organizations/{id}/administrator", post(admin::invite_administrator))
}

/// What the page before did. A closed list: an address cannot put words of its own on the page.
#[derive(Debug, Default, Deserialize)]
struct Done {
    #[serde(default)]
    done: String,
}

fn role_word(t: &Text, role: Role) -> String {
    t.get(match role {
        Role::Administrator => "organizations-role-administrator",
        Role::Member => "organizations-role-member",
    })
}

fn user_type_word(t: &Text, user_type: UserType) -> String {
    t.get(match user_type {
        UserType::None => "organizations-type-none",
        UserType::Practitioner => "organizations-type-practitioner",
        UserType::AdministratorClient => "organizations-type-administrator_client",
        UserType::StandardClient => "organizations-type-standard_client",
        UserType::Employee => "organizations-type-employee",
    })
}

fn kind_word(t: &Text, kind: MemberKind, role: Role) -> String {
    match kind {
        MemberKind::VendorStaff => t.get("organizations-kind-vendor_staff"),
        MemberKind::Customer => role_word(t, role),
    }
}

/// One entry of a list to choose from.
struct Choice {
    value: String,
    label: String,
    is_chosen: bool,
}

fn choices<T: Copy>(
    all: &[T],
    value: impl Fn(T) -> &'static str,
    label: impl Fn(T) -> String,
    chosen: &str,
) -> Vec<Choice> {
    all.iter()
        .map(|one| Choice {
            value: value(*one).to_owned(),
            label: label(*one),
            is_chosen: value(*one) == chosen,
        })
        .collect()
}

/// The end that somebody typed: a day, and a time of that day or its last minute. Nothing is no end.
fn typed_end(t: &Text, date: &str, time: &str) -> Result<Option<Timestamp>, FieldError> {
    if date.is_empty() && time.is_empty() {
        return Ok(None);
    }
    let time = if time.is_empty() { "23:59" } else { time };
    t.moment_of(date, time).map(Some).ok_or_else(|| FieldError {
        field: "end_date",
        code: Code("not_a_moment"),
        sentence: t.get("organizations-end-unreadable"),
    })
}

/// The errors of an operation, at the fields of the form.
fn at_fields(errors: Vec<FieldError>) -> Vec<FieldError> {
    errors
        .into_iter()
        .map(|error| if error.field == "ends_at" { FieldError { field: "end_date", ..error } } else { error })
        .collect()
}
