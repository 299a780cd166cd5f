//! Pages: the forgotten password, the links from mails, the change of address, the lost device, and the desk's side of it.

mod desk;
mod email;
mod links;
mod lost_device;
mod password;

use askama::Template;
use axum::{
    Router,
    response::Response,
    routing::{get, post},
};
use http::{HeaderValue, StatusCode, header};
use kernel::{Duration, Error};
use web::{
    App, Caller, Failure,
    page::{Action, Console, Shell, error_page, page},
    rest::Path,
};

pub fn page_routes() -> Router<App> {
    Router::new()
        .route("/forgot-password", get(password::forgot).post(password::send))
        .route("/reset-password/{token}", get(password::choose).post(password::reset))
        .route("/lock-account/{token}", get(links::lock).post(links::do_lock))
        .route("/confirm-email/{token}", get(links::confirm).post(links::do_confirm))
        .route("/undo-email/{token}", get(links::undo).post(links::do_undo))
        .route("/stop-recovery/{token}", get(links::stop).post(links::do_stop))
        .route("/recovery/{what}", get(done))
        .route("/account/email", get(email::show).post(email::change))
        .route("/lost-device", get(lost_device::show).post(lost_device::report))
        .route("/desk/lost-devices", get(desk::list))
        .route("/desk/lost-devices/{request}", get(desk::show))
        .route("/desk/lost-devices/{request}/check", post(desk::check))
        .route("/desk/lost-devices/{request}/refuse", post(desk::refuse))
}

/// A link that is over is a page of its own, not a fault.
fn gone(caller: &Caller, error: Error) -> Result<Response, Failure> {
    match error {
        Error::Conflict(code, sentence) if code.0.ends_with("_over") => {
            let t = caller.text();
            let shell = caller.shell(Console::Public, "", t.get("recovery-link-over-title"));
            let hint = t.get("recovery-link-over-hint");
            Ok(error_page(shell, StatusCode::GONE, &sentence, Some(&hint), None))
        }
        error => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "done.html")]
struct DonePage {
    shell: Shell,
    line: String,
    actions: Vec<Action>,
}

/// What a link did. It says nothing of anybody, so everybody may read it.
async fn done(caller: Caller, Path(what): Path<String>) -> Result<Response, Failure> {
    let t = caller.text();
    let sign_in = Action::primary("/sign-in", t.get("sign-in"));
    let choose = Action::plain("/forgot-password", t.get("recovery-done-choose-password"));
    let (title, line, actions) = match what.as_str() {
        "password-changed" => {
            ("recovery-done-password-changed", "recovery-done-password-changed-line", vec![sign_in])
        }
        "account-locked" => {
            ("recovery-done-account-locked", "recovery-done-account-locked-line", vec![choose])
        }
        "email-changed" => ("recovery-done-email-changed", "recovery-done-email-changed-line", vec![sign_in]),
        "email-restored" => {
            ("recovery-done-email-restored", "recovery-done-email-restored-line", vec![choose])
        }
        "request-stopped" => {
            ("recovery-done-request-stopped", "recovery-done-request-stopped-line", vec![choose])
        }
        _ => return Err(Error::NotFound.into()),
    };
    let shell = caller.shell(Console::Public, "", t.get(title));
    Ok(page(StatusCode::OK, &DonePage { shell, line: t.get(line), actions }))
}

/// The moment first, then how long it is.
fn too_many(caller: &Caller, seconds: u32) -> String {
    let t = caller.text();
    let clock = t.clock(caller.now + Duration::seconds(i64::from(seconds)));
    t.with("recovery-too-many", [("again", &t.count_with("error-too-many", seconds, &[("clock", &clock)]))])
}

fn with_retry(mut response: Response, seconds: u32) -> Response {
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}
