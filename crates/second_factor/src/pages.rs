//! My account: two-factor authentication.

use askama::Template;
use axum::{
    Router,
    response::Response,
    routing::{get, post},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kernel::{DeviceId, Error, Factor};
use serde::Deserialize;
use web::{
    App, Caller, Failure,
    cookies::{self, Cookie},
    page::{Errors, Form, Shell, page, see_other},
    rest::{Path, Query},
};

use crate::{
    model::{Device, Standing},
    operations,
    page::{CodesShown, KeyShown},
    passkeys::{self, pages::PasskeyRow},
    rest,
};

const HERE: &str = "/account/two-factor";

pub fn page_routes() -> Router<App> {
    Router::new()
        .route(HERE, get(show))
        .route("/account/two-factor/on", post(on))
        .route("/account/two-factor/confirm", post(confirm))
        .route("/account/two-factor/off", get(off_form).post(off))
        .route("/account/two-factor/show", get(show_form).post(show_key))
        .route("/account/two-factor/replace", get(replace_form).post(replace))
        .route("/account/two-factor/recovery-codes", post(recovery_codes))
        .route("/account/two-factor/devices/forget-all", post(forget_all))
        .route("/account/two-factor/devices/{id}/forget", post(forget))
        .merge(crate::passkeys::pages::page_routes())
}

struct DeviceRow {
    id: DeviceId,
    name: String,
    line: String,
    is_current: bool,
}

#[derive(Template)]
#[template(path = "two_factor.html")]
#[expect(clippy::struct_excessive_bools, reason = "what the page shows or not")]
pub(crate) struct TwoFactorPage {
    shell: Shell,
    pub errors: Errors,
    standing: Standing,
    is_mandatory: bool,
    may_show_again: bool,
    /// Came in with a recovery code: the key can be replaced without a code of it.
    is_recovered: bool,
    since: Option<String>,
    key: Option<KeyShown>,
    devices: Vec<DeviceRow>,
    passkeys: Vec<PasskeyRow>,
    offers_passkeys: bool,
    /// What this browser calls itself: a name for a new passkey.
    this_device: String,
}

#[derive(Default, Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

pub(crate) async fn two_factor_page(
    caller: &Caller,
    headers: &HeaderMap,
    errors: Errors,
) -> Result<TwoFactorPage, Failure> {
    let person = caller.person()?;
    let t = caller.text();
    let standing = operations::own_standing(caller).await?;
    let is_mandatory = operations::is_mandatory(&mut *caller.read().await?, person.user, caller.now).await?;
    let waiting = operations::waiting_key(caller, person.user, &person.session.to_string()).await?;
    let current = rest::current_device(caller, headers);
    let devices = operations::list_devices(caller).await?;
    let row = |device: Device| DeviceRow {
        name: sessions::pages::device_name(&t, &device.user_agent),
        line: t.with(
            "second-factor-device-line",
            [
                ("address", &device.address),
                ("until", &t.clock(device.expires_at)),
                ("used", &t.clock(device.last_used_at)),
            ],
        ),
        is_current: current == Some(device.id),
        id: device.id,
    };
    let passkeys = passkeys::list(caller).await?.into_iter().map(|one| PasskeyRow::new(one, &t)).collect();
    Ok(TwoFactorPage {
        errors,
        passkeys,
        offers_passkeys: passkeys::is_offered(&caller.world.settings, &caller.origin.host),
        this_device: sessions::pages::device_name(&t, &caller.origin.user_agent),
        is_mandatory,
        may_show_again: caller.world.settings.may_show_key_again,
        is_recovered: person.factor == Factor::RecoveryCode,
        since: standing.app.map(|key| t.day(key.confirmed_at)),
        key: waiting.map(|offered| KeyShown::new(&offered, &t)).transpose()?,
        devices: devices.into_iter().map(row).collect(),
        standing,
        shell: caller.shell(sessions::pages::home_console(caller), "account", t.get("second-factor-title")),
    })
}

async fn show(caller: Caller, headers: HeaderMap, Query(done): Query<Done>) -> Result<Response, Failure> {
    let mut form = two_factor_page(&caller, &headers, Errors::none()).await?;
    let answer = match done.done.as_str() {
        "off" => Some("second-factor-is-off"),
        "forgotten" => Some("second-factor-device-forgotten"),
        "all-forgotten" => Some("second-factor-devices-forgotten"),
        "replaced" => Some("second-factor-replaced"),
        "passkey-added" => Some("passkey-added"),
        "passkey-renamed" => Some("passkey-renamed"),
        "passkey-removed" => Some("passkey-removed"),
        _ => None,
    };
    form.shell.answer = answer.map(|key| form.shell.t.get(key));
    Ok(page(StatusCode::OK, &form))
}

/// What needs a recent proof leads to the page that asks for it, and back.
pub(crate) fn or_confirm(error: Error) -> Result<Response, Failure> {
    match error {
        Error::Forbidden(code, _) if code.0 == "reauth_required" => {
            Ok(see_other("/account/confirm?return_to=/account/two-factor"))
        }
        other => Err(other.into()),
    }
}

async fn on(caller: Caller) -> Result<Response, Failure> {
    match operations::enable(&caller, None).await {
        Ok(_) => Ok(see_other(HERE)),
        Err(error) => or_confirm(error),
    }
}

#[derive(Deserialize)]
pub struct CodeForm {
    #[serde(default)]
    code: String,
    #[serde(default)]
    password: String,
}

#[derive(Template)]
#[template(path = "codes.html")]
struct CodesPage {
    shell: Shell,
    codes: CodesShown,
}

pub(crate) fn codes_page(caller: &Caller, codes: Vec<String>) -> Response {
    let t = caller.text();
    let codes = CodesShown::new(codes, &t, &caller.world.settings.vendor_name);
    let shell = caller.shell(sessions::pages::home_console(caller), "account", t.get("second-factor-codes"));
    page(StatusCode::OK, &CodesPage { shell, codes })
}

async fn confirm(
    caller: Caller,
    headers: HeaderMap,
    Form(form): Form<CodeForm>,
) -> Result<Response, Failure> {
    match operations::confirm_own(&caller, &form.code).await {
        Ok(done) => {
            let mut answer = if done.recovery_codes.is_empty() {
                see_other("/account/two-factor?done=replaced")
            } else {
                codes_page(&caller, done.recovery_codes)
            };
            let cookie = cookies::set(Cookie::Session, caller.world.settings.secure_cookies, &done.session);
            answer.headers_mut().append(header::SET_COOKIE, cookie);
            Ok(answer)
        }
        Err(Error::Invalid(fields)) => {
            let form = two_factor_page(&caller, &headers, Errors::from(fields)).await?;
            Ok(page(form.errors.status(), &form))
        }
        Err(error) => Err(error.into()),
    }
}

/// A page that asks for a code, and perhaps the password, before it does one thing.
#[derive(Template)]
#[template(path = "ask_code.html")]
struct AskPage {
    shell: Shell,
    errors: Errors,
    lead: String,
    action: &'static str,
    verb: String,
    asks_for_password: bool,
    asks_for_code: bool,
    trouble: Option<String>,
    is_danger: bool,
}

#[derive(Clone, Copy)]
enum Asking {
    Off,
    Show,
    Replace,
}

impl Asking {
    const fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Off => ("/account/two-factor/off", "second-factor-off-title", "second-factor-off-lead"),
            Self::Show => ("/account/two-factor/show", "second-factor-show-title", "second-factor-show-lead"),
            Self::Replace => {
                ("/account/two-factor/replace", "second-factor-replace-title", "second-factor-replace-lead")
            }
        }
    }
}

async fn ask(
    caller: &Caller,
    asking: Asking,
    errors: Errors,
    trouble: Option<String>,
) -> Result<AskPage, Failure> {
    let standing = operations::own_standing(caller).await?;
    let (action, title, lead) = asking.words();
    let t = caller.text();
    Ok(AskPage {
        errors,
        lead: t.get(lead),
        action,
        verb: t.get(title),
        asks_for_password: matches!(asking, Asking::Show),
        asks_for_code: standing.takes_codes(),
        trouble,
        is_danger: matches!(asking, Asking::Off),
        shell: caller.shell(sessions::pages::home_console(caller), "account", t.get(title)),
    })
}

/// The form again, with what was wrong.
async fn ask_again(caller: &Caller, asking: Asking, error: Error) -> Result<Response, Failure> {
    match error {
        Error::Invalid(fields) => {
            let form = ask(caller, asking, Errors::from(fields), None).await?;
            Ok(page(form.errors.status(), &form))
        }
        Error::Conflict(_, sentence) => {
            Ok(page(StatusCode::CONFLICT, &ask(caller, asking, Errors::none(), Some(sentence)).await?))
        }
        Error::TooMany { retry_after_seconds } => {
            let t = caller.text();
            let clock = t.clock(caller.now + kernel::Duration::seconds(i64::from(retry_after_seconds)));
            let sentence = t.count_with("error-too-many", retry_after_seconds, &[("clock", &clock)]);
            let form = ask(caller, asking, Errors::none(), Some(sentence)).await?;
            let mut answer = page(StatusCode::TOO_MANY_REQUESTS, &form);
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after_seconds));
            Ok(answer)
        }
        other => or_confirm(other),
    }
}

async fn off_form(caller: Caller) -> Result<Response, Failure> {
    Ok(page(StatusCode::OK, &ask(&caller, Asking::Off, Errors::none(), None).await?))
}

async fn off(caller: Caller, Form(form): Form<CodeForm>) -> Result<Response, Failure> {
    match operations::disable(&caller, &form.code).await {
        Ok(()) => Ok(see_other("/account/two-factor?done=off")),
        Err(error) => ask_again(&caller, Asking::Off, error).await,
    }
}

#[derive(Template)]
#[template(path = "key.html")]
struct KeyPage {
    shell: Shell,
    key: KeyShown,
}

async fn show_form(caller: Caller) -> Result<Response, Failure> {
    Ok(page(StatusCode::OK, &ask(&caller, Asking::Show, Errors::none(), None).await?))
}

async fn show_key(caller: Caller, Form(form): Form<CodeForm>) -> Result<Response, Failure> {
    match operations::show(&caller, &form.password, &form.code).await {
        Ok(offered) => {
            let t = caller.text();
            let key = KeyShown::new(&offered, &t)?;
            let title = t.get("second-factor-shown-title");
            let shell = caller.shell(sessions::pages::home_console(&caller), "account", title);
            Ok(page(StatusCode::OK, &KeyPage { shell, key }))
        }
        Err(error) => ask_again(&caller, Asking::Show, error).await,
    }
}

async fn replace_form(caller: Caller) -> Result<Response, Failure> {
    Ok(page(StatusCode::OK, &ask(&caller, Asking::Replace, Errors::none(), None).await?))
}

async fn replace(caller: Caller, Form(form): Form<CodeForm>) -> Result<Response, Failure> {
    match operations::enable(&caller, Some(&form.code)).await {
        Ok(_) => Ok(see_other(HERE)),
        Err(error) => ask_again(&caller, Asking::Replace, error).await,
    }
}

async fn recovery_codes(caller: Caller) -> Result<Response, Failure> {
    match operations::renew_recovery_codes(&caller).await {
        Ok(codes) => Ok(codes_page(&caller, codes)),
        Err(error) => or_confirm(error),
    }
}

async fn forget(caller: Caller, Path(id): Path<DeviceId>) -> Result<Response, Failure> {
    operations::forget_device(&caller, id).await?;
    Ok(see_other("/account/two-factor?done=forgotten"))
}

async fn forget_all(caller: Caller) -> Result<Response, Failure> {
    operations::forget_own_devices(&caller).await?;
    Ok(see_other("/account/two-factor?done=all-forgotten"))
}
