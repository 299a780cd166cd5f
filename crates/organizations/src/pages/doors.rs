//! Pages that a link from a mail or from the command line leads to.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use kernel::Error;
use serde::Deserialize;
use web::{
    Caller, Failure,
    page::{Console, Errors, Form, Shell, error_page, page, see_other},
    rest::Path,
};

use super::{kind_word, role_word};
use crate::{
    model::{MemberKind, Offer, Role},
    operations::{self, NewPerson, Next, Offered, setup as first},
};

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct JoinForm {
    name: String,
    password: String,
}

#[derive(Template)]
#[template(path = "invitation.html")]
struct InvitationPage {
    shell: Shell,
    errors: Errors,
    heading: String,
    lead: String,
    email: String,
    /// When the membership ends by itself.
    ends: Option<String>,
    their_name: String,
    next: Next,
    action: String,
    sign_in: String,
    signed_in_as: String,
    shortest: usize,
}

pub(super) async fn invitation(caller: Caller, Path(token): Path<String>) -> Result<Response, Failure> {
    match operations::look_at_invitation(&caller, &token).await {
        Ok(offered) => {
            let name = offered.invitation.name.clone();
            Ok(invitation_page(&caller, &token, &offered, name, Errors::none()))
        }
        Err(error) => gone(&caller, error),
    }
}

/// A link that is over is a page of its own, not a fault.
fn gone(caller: &Caller, error: Error) -> Result<Response, Failure> {
    match error {
        Error::Conflict(code, sentence) if code.0.ends_with("_over") => {
            let t = caller.text();
            let shell = caller.shell(Console::Public, "", t.get("organizations-link-over-title"));
            let hint = t.get("organizations-link-over-hint");
            Ok(error_page(shell, StatusCode::GONE, &sentence, Some(&hint), None))
        }
        error => Err(error.into()),
    }
}

fn invitation_page(
    caller: &Caller,
    token: &str,
    offered: &Offered,
    name: String,
    errors: Errors,
) -> Response {
    let t = caller.text();
    let vendor = &caller.world.settings.vendor_name;
    let (heading, lead, ends) = match (&offered.organization, offered.invitation.offer) {
        (Some(organization), Offer::Membership { kind, role, ends_at, .. }) => {
            let heading = t.with("organizations-join-title", [("organization", &organization.name)]);
            let lead = match (kind, role) {
                (MemberKind::VendorStaff, _) => {
                    t.with("organizations-join-lead-vendor_staff", [("organization", &organization.name)])
                }
                (_, Role::Administrator) => {
                    let word = role_word(&t, role);
                    t.with(
                        "organizations-join-lead-administrator",
                        [("organization", &organization.name), ("role", &word)],
                    )
                }
                _ => {
                    let word = kind_word(&t, kind, role);
                    t.with("organizations-join-lead", [("organization", &organization.name), ("role", &word)])
                }
            };
            let ends = ends_at.map(|end| {
                t.with("organizations-join-ends", [("end", &t.clock(end)), ("zone", &t.zone_name())])
            });
            (heading, lead, ends)
        }
        (_, Offer::Staff { agent_level, is_administrator }) => {
            let lead = match (agent_level, is_administrator) {
                (Some(level), true) => t.with(
                    "organizations-join-lead-agent-administrator",
                    [("vendor", vendor), ("level", &level)],
                ),
                (Some(level), false) => {
                    t.with("organizations-join-lead-agent", [("vendor", vendor), ("level", &level)])
                }
                _ => t.with("organizations-join-lead-vendor-administrator", [("vendor", vendor)]),
            };
            (t.with("organizations-join-staff-title", [("vendor", vendor)]), lead, None)
        }
        (None, Offer::Membership { .. }) => (String::new(), String::new(), None),
    };
    let shell = caller.shell(Console::Public, "", heading.clone());
    let signed_in_as = caller.person().map(|person| person.name.clone()).unwrap_or_default();
    page(
        errors.status(),
        &InvitationPage {
            shell,
            errors,
            heading,
            lead,
            email: offered.invitation.email.to_string(),
            ends,
            their_name: name,
            next: offered.next,
            action: format!("/invitations/{token}"),
            // A token is letters, digits and one line below: nothing in it needs to be written otherwise.
            sign_in: format!("/sign-in?return_to=%2Finvitations%2F{token}"),
            signed_in_as,
            shortest: offered.use_of_password().shortest(),
        },
    )
}

pub(super) async fn accept(
    caller: Caller,
    Path(token): Path<String>,
    Form(form): Form<JoinForm>,
) -> Result<Response, Failure> {
    let offered = match operations::look_at_invitation(&caller, &token).await {
        Ok(offered) => offered,
        Err(error) => return gone(&caller, error),
    };
    let new = (offered.next == Next::BecomeKnown).then(|| NewPerson {
        name: form.name.clone(),
        password: form.password,
        language: caller.text().language().to_owned(),
        time_zone: String::new(),
    });
    match operations::accept_invitation(&caller, &token, new).await {
        // A session begins at the sign-in page only, so that no second door leads to one.
        Ok(accepted) if accepted.is_new => Ok(see_other("/sign-in")),
        Ok(accepted) => Ok(see_other(if accepted.organization.is_some() { "/organizations" } else { "/" })),
        Err(Error::Invalid(fields)) => {
            Ok(invitation_page(&caller, &token, &offered, form.name, Errors::from(fields)))
        }
        // Signed in as nobody or as somebody else: the page says what to do.
        Err(Error::Unauthenticated) => {
            Ok(invitation_page(&caller, &token, &offered, form.name, Errors::none()))
        }
        Err(error) => gone(&caller, error),
    }
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct SetupForm {
    name: String,
    email: String,
    password: String,
}

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage {
    shell: Shell,
    errors: Errors,
    lead: String,
    their_name: String,
    email: String,
    action: String,
    shortest: usize,
}

pub(super) async fn setup(caller: Caller, Path(token): Path<String>) -> Result<Response, Failure> {
    match first::look(&caller, &token).await {
        Ok(()) => Ok(setup_page(&caller, &token, SetupForm::default(), Errors::none())),
        Err(error) => gone(&caller, error),
    }
}

fn setup_page(caller: &Caller, token: &str, form: SetupForm, errors: Errors) -> Response {
    let t = caller.text();
    let shell = caller.shell(Console::Public, "", t.get("organizations-setup-title"));
    let lead = t.with("organizations-setup-lead", [("vendor", &caller.world.settings.vendor_name)]);
    let action = format!("/setup/{token}");
    page(
        errors.status(),
        &SetupPage {
            shell,
            errors,
            lead,
            their_name: form.name,
            email: form.email,
            action,
            shortest: first::USE_OF_PASSWORD.shortest(),
        },
    )
}

pub(super) async fn complete_setup(
    caller: Caller,
    Path(token): Path<String>,
    Form(form): Form<SetupForm>,
) -> Result<Response, Failure> {
    match first::complete(&caller, &token, &form.name, &form.email, &form.password).await {
        Ok(_) => Ok(see_other("/sign-in?return_to=%2Fadmin%2Fapplications")),
        Err(Error::Invalid(fields)) => Ok(setup_page(&caller, &token, form, Errors::from(fields))),
        Err(error) => gone(&caller, error),
    }
}
