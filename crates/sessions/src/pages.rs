//! My account: details, and the sessions that are open.

use askama::Template;
use axum::{
    Router,
    response::Response,
    routing::{get, post},
};
use kernel::{Error, Factor, SessionId};
use serde::Deserialize;
use web::{
    App, Caller, Failure,
    page::{Console, Errors, Form, Shell, page, see_other},
    rest::{Path, Query},
    text::Text,
};

use crate::{
    account::{self, Details},
    model::{Kind, Session},
    operations, rest,
};

pub fn page_routes() -> Router<App> {
    Router::new()
        .route("/account", get(show).post(change))
        .route("/account/sessions/{id}/end", post(end))
        .route("/account/sessions/end-others", post(end_others))
        .route("/sign-out", post(sign_out))
}

/// The console that a person's own pages stand in. Pages of the account are the same for everybody.
pub fn home_console(caller: &Caller) -> Console {
    match caller.person() {
        Ok(person) if person.staff.agent_level.is_some() => Console::Desk,
        Ok(person) if person.staff.is_administrator => Console::Administration,
        _ => Console::Customer,
    }
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    shell: Shell,
    errors: Errors,
    email: String,
    form: DetailsForm,
    may_rename: bool,
    /// Tag and name.
    languages: Vec<(String, String)>,
    zones: Vec<String>,
    sessions: Vec<Row>,
    has_others: bool,
}

struct Row {
    session: Session,
    device: String,
    kind: String,
    address: String,
    /// What was shown when it began; empty for what hangs on another session.
    proof: String,
    is_current: bool,
}

#[derive(Debug, Clone, Deserialize)]
struct DetailsForm {
    /// Absent where it cannot be changed.
    #[serde(default)]
    name: String,
    #[serde(default)]
    language: String,
    #[serde(default)]
    time_zone: String,
}

/// What the page before did. A closed list: an address cannot put words of its own on the page.
#[derive(Debug, Default, Deserialize)]
struct Done {
    #[serde(default)]
    done: String,
}

async fn show(caller: Caller, Query(done): Query<Done>) -> Result<Response, Failure> {
    let user = account::own(&caller).await?;
    let form = DetailsForm { name: user.name, language: user.language, time_zone: user.time_zone };
    let answer = match done.done.as_str() {
        "saved" => Some("account-saved"),
        "ended" => Some("account-session-ended"),
        "others-ended" => Some("account-others-ended"),
        "password" => Some("account-password-changed"),
        _ => None,
    };
    rendered(&caller, user.email.to_string(), form, Errors::none(), answer).await
}

async fn change(caller: Caller, Form(form): Form<DetailsForm>) -> Result<Response, Failure> {
    let user = account::own(&caller).await?;
    let name = if account::may_rename(&caller) { form.name.clone() } else { user.name.clone() };
    let details = Details { name, language: form.language.clone(), time_zone: form.time_zone.clone() };
    match account::change_details(&caller, details).await {
        Ok(()) => Ok(see_other("/account?done=saved")),
        Err(Error::Invalid(fields)) => {
            let form =
                if account::may_rename(&caller) { form } else { DetailsForm { name: user.name, ..form } };
            rendered(&caller, user.email.to_string(), form, Errors::from(fields), None).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn rendered(
    caller: &Caller,
    email: String,
    form: DetailsForm,
    errors: Errors,
    answer: Option<&str>,
) -> Result<Response, Failure> {
    let current = caller.person()?.session;
    let t = caller.text();
    let sessions: Vec<Row> =
        operations::list_own(caller).await?.into_iter().map(|session| row(&t, session, current)).collect();
    let mut shell = caller.shell(home_console(caller), "account", t.get("account-title"));
    shell.answer = answer.map(|key| t.get(key));
    let languages = Text::languages()
        .into_iter()
        .map(|tag| {
            let name = Text::new(&tag, "", caller.now).get("language-name");
            (tag, name)
        })
        .collect();
    let has_others = sessions.iter().any(|row| !row.is_current && row.session.parent != Some(current));
    let status = errors.status();
    let may_rename = account::may_rename(caller);
    let zones = account::zones();
    Ok(page(
        status,
        &AccountPage { shell, errors, email, form, may_rename, languages, zones, sessions, has_others },
    ))
}

fn row(t: &Text, session: Session, current: SessionId) -> Row {
    let kind = t.get(match session.kind {
        Kind::Own => "account-kind-own",
        Kind::Application => "account-kind-application",
        Kind::Acting | Kind::Temporary => "account-kind-acting",
    });
    let proof = match (session.kind, session.factor) {
        (Kind::Application | Kind::Acting | Kind::Temporary, _) => String::new(),
        (Kind::Own, Factor::None) => t.get("account-proof-password"),
        (Kind::Own, Factor::Totp) => t.get("account-proof-totp"),
        (Kind::Own, Factor::Passkey) => t.get("account-proof-passkey"),
        (Kind::Own, Factor::RecoveryCode) => t.get("account-proof-recovery-code"),
        (Kind::Own, Factor::Remembered) => t.get("account-proof-remembered"),
        (Kind::Own, Factor::Demo) => t.get("account-proof-demo"),
        (Kind::Own, Factor::SingleSignOn) => t.get("account-proof-single-sign-on"),
    };
    let device = device_name(t, &session.user_agent);
    let address =
        if session.address.is_empty() { t.get("account-address-unknown") } else { session.address.clone() };
    Row { is_current: session.id == current, session, device, kind, address, proof }
}

/// How a browser is called to the person whose it is.
pub fn device_name(t: &Text, user_agent: &str) -> String {
    match device(user_agent) {
        (Some(browser), Some(system)) => {
            t.with("account-device", [("browser", &browser), ("system", &system)])
        }
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) if user_agent.is_empty() => t.get("account-device-unknown"),
        (None, None) => user_agent.chars().take(60).collect(),
    }
}

/// Which browser on which system, as far as the browser says so.
pub(crate) fn device(user_agent: &str) -> (Option<&'static str>, Option<&'static str>) {
    // Most special first: browsers name others that they want to be taken for.
    let browsers = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let systems = [
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let named = |list: &[(&str, &'static str)]| {
        list.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    (named(&browsers), named(&systems))
}

async fn end(caller: Caller, Path(id): Path<SessionId>) -> Result<Response, Failure> {
    let is_current = caller.person()?.session == id;
    operations::end_one(&caller, id).await?;
    Ok(if is_current {
        rest::without_cookie(&caller, see_other("/sign-in?signed_out=1"))
    } else {
        see_other("/account?done=ended")
    })
}

async fn end_others(caller: Caller) -> Result<Response, Failure> {
    operations::end_others(&caller).await?;
    Ok(see_other("/account?done=others-ended"))
}

async fn sign_out(caller: Caller) -> Result<Response, Failure> {
    operations::sign_out(&caller).await?;
    Ok(rest::without_cookie(&caller, see_other("/sign-in?signed_out=1")))
}
