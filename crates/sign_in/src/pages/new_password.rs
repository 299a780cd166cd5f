//! The page on which somebody with a password that is too short by now chooses another one on the way in.

use askama::Template;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use kernel::Error;
use people::passwords;
use serde::Deserialize;
use web::{
    Caller, Failure,
    page::{Console, Errors, Form, Shell, page, see_other},
};

use super::{after, begin_anew, step, wanted, with_way_out};
use crate::{
    cookies,
    model::{Flow, Next},
    operations,
};

#[derive(Template)]
#[template(path = "new_password.html")]
struct NewPasswordPage {
    shell: Shell,
    errors: Errors,
    /// For password managers, which want to know whose password it is.
    email: String,
    shortest: usize,
}

#[derive(Deserialize)]
pub struct NewPasswordForm {
    new_password: String,
}

async fn form(
    caller: &Caller,
    headers: &HeaderMap,
    errors: Errors,
) -> Result<(NewPasswordPage, Flow), Error> {
    let (flow, user, _) = operations::current(caller, cookies::half(caller, headers)).await?;
    let shell = caller.shell(Console::Public, "", caller.text().get("sign-in-longer-title"));
    let shortest = passwords::Use::OnlyFactor.shortest();
    Ok((NewPasswordPage { shell, errors, email: user.email.to_string(), shortest }, flow))
}

pub async fn show(caller: Caller, headers: HeaderMap) -> Result<Response, Failure> {
    match form(&caller, &headers, Errors::none()).await {
        Ok((_, flow)) if flow.next != Next::NewPassword => Ok(see_other(step(flow.next))),
        Ok((form, flow)) => with_way_out(&caller, page(StatusCode::OK, &form), &wanted(&flow)).await,
        Err(error) => begin_anew(error),
    }
}

pub async fn choose(
    caller: Caller,
    headers: HeaderMap,
    Form(typed): Form<NewPasswordForm>,
) -> Result<Response, Failure> {
    let half = cookies::half(&caller, &headers);
    let flow = match operations::current(&caller, half).await {
        Ok((flow, ..)) => flow,
        Err(error) => return begin_anew(error),
    };
    let fields = match operations::choose_password(&caller, half, &typed.new_password).await {
        Ok(signed_in) => {
            let there = after(&caller, &signed_in, &wanted(&flow)).await?;
            return Ok(cookies::signed_in(&caller, see_other(&there), &signed_in));
        }
        Err(Error::Invalid(fields)) => fields,
        Err(error) => return begin_anew(error),
    };
    match form(&caller, &headers, Errors::from(fields)).await {
        Ok((form, flow)) => with_way_out(&caller, page(form.errors.status(), &form), &wanted(&flow)).await,
        Err(error) => begin_anew(error),
    }
}
