//! The lost device, for whoever proved the password in this browser and cannot show the factor.

use askama::Template;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use kernel::{Error, FieldError, UserId};
use serde::Deserialize;
use web::{
    Caller, Failure,
    page::{Console, Errors, Form, Shell, page, see_other},
    rest::Query,
};

use crate::{
    model::State,
    operations::{self, Standing},
};

#[derive(Template)]
#[template(path = "lost_device.html")]
struct LostDevicePage {
    shell: Shell,
    errors: Errors,
    /// Why there is no form: a request is open, or there is nothing to reset.
    instead: Option<String>,
    form: LostDeviceForm,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    sent: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct LostDeviceForm {
    reason: String,
    contact: String,
}

async fn whose(caller: &Caller, headers: &HeaderMap) -> Result<Option<UserId>, Failure> {
    Ok(sign_in::operations::flow_person(caller, sign_in::cookies::half(caller, headers)).await?)
}

fn device_page(caller: &Caller, standing: &Standing, form: LostDeviceForm, errors: Errors) -> LostDevicePage {
    let t = caller.text();
    let instead = match &standing.open {
        Some(open) if open.state(caller.now) == State::Waiting => {
            let at = t.clock(open.takes_effect_at.unwrap_or(caller.now));
            Some(t.with("recovery-device-waiting", [("at", &at), ("zone", &t.zone_name())]))
        }
        Some(open) => Some(t.with(
            "recovery-device-open",
            [("since", &t.clock(open.created_at)), ("until", &t.clock(open.expires_at))],
        )),
        None if standing.has_factor => None,
        None => Some(t.get("recovery-device-none")),
    };
    let shell = caller.shell(Console::Public, "", t.get("recovery-device-title"));
    LostDevicePage { shell, errors, instead, form }
}

pub(super) async fn show(
    caller: Caller,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    // Without the password there is nobody whose device it could be.
    let Some(user) = whose(&caller, &headers).await? else { return Ok(see_other("/sign-in?over=1")) };
    let standing = operations::standing(&caller, user).await?;
    let mut shown = device_page(&caller, &standing, LostDeviceForm::default(), Errors::none());
    shown.shell.answer = (!asked.sent.is_empty() && standing.open.is_some())
        .then(|| shown.shell.t.get("recovery-device-sent"));
    Ok(page(StatusCode::OK, &shown))
}

pub(super) async fn report(
    caller: Caller,
    headers: HeaderMap,
    Form(form): Form<LostDeviceForm>,
) -> Result<Response, Failure> {
    let Some(user) = whose(&caller, &headers).await? else {
        // Writing took longer than the sign-in lasts: what was written stays.
        let over = FieldError {
            field: "reason",
            code: kernel::Code("sign_in_over"),
            sentence: caller.text().get("recovery-device-over"),
        };
        let nothing = Standing { has_factor: true, open: None };
        let shown = device_page(&caller, &nothing, form, Errors::from(vec![over]));
        return Ok(page(shown.errors.status(), &shown));
    };
    match operations::report(&caller, user, &form.reason, &form.contact).await {
        Ok(_) => Ok(see_other("/lost-device?sent=1")),
        Err(Error::Invalid(fields)) => {
            let standing = operations::standing(&caller, user).await?;
            let shown = device_page(&caller, &standing, form, Errors::from(fields));
            Ok(page(shown.errors.status(), &shown))
        }
        Err(error) => Err(error.into()),
    }
}
