//! The vendor's keys: the list, a new one, the end of one.

use askama::Template;
use axum::{Router, response::Response, routing::get};
use http::StatusCode;
use kernel::{ApiKeyId, Duration, Error, Scope};
use serde::Deserialize;
use web::{
    App, Caller, Failure,
    page::{Console, Errors, Form, Shell, State, page, see_other},
    rest::{Path, Query},
    text::Text,
};

use crate::{
    model::{self, ApiKey, NewApiKey},
    operations,
};

/// The lengths on offer, in days.
const LENGTHS: [i64; 4] = [30, 90, 180, 365];

pub fn page_routes() -> Router<App> {
    Router::new()
        .route("/admin/api-keys", get(list))
        .route("/admin/api-keys/new", get(new).post(create))
        .route("/admin/api-keys/{id}/revoke", get(ask).post(revoke))
}

fn shell(caller: &Caller, title: impl Into<String>) -> Shell {
    caller.shell(Console::Administration, "api-keys", title)
}

#[derive(Template)]
#[template(path = "keys.html")]
struct KeysPage {
    shell: Shell,
    keys: Vec<Row>,
}

struct Row {
    key: ApiKey,
    state: State,
}

impl Row {
    fn is_good(&self) -> bool {
        self.state == State::Active
    }
}

/// What the page before did; a closed list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Done {
    done: String,
}

async fn list(caller: Caller, Query(done): Query<Done>) -> Result<Response, Failure> {
    caller.person()?;
    let state = |key: &ApiKey| match key {
        key if key.revoked_at.is_some() => State::Revoked,
        key if key.is_good(caller.now) => State::Active,
        _ => State::Expired,
    };
    let keys = operations::list(&caller).await?;
    let keys = keys.into_iter().map(|key| Row { state: state(&key), key }).collect();
    let t = caller.text();
    let mut shell = shell(&caller, t.get("api-keys-title"));
    shell.answer = (done.done == "revoked").then(|| t.get("api-keys-revoked"));
    Ok(page(StatusCode::OK, &KeysPage { shell, keys }))
}

#[derive(Template)]
#[template(path = "new_key.html")]
struct NewKeyPage {
    shell: Shell,
    errors: Errors,
    typed_name: String,
    scopes: Vec<ScopeRow>,
    lengths: Vec<Length>,
}

struct ScopeRow {
    name: &'static str,
    label: String,
    is_chosen: bool,
}

struct Length {
    days: i64,
    label: String,
    is_chosen: bool,
}

/// What was typed. Ticks repeat their name, so the fields are read one by one.
#[derive(Debug, Default)]
struct NewKeyForm {
    name: String,
    scopes: Vec<String>,
    days: i64,
}

impl From<Vec<(String, String)>> for NewKeyForm {
    fn from(fields: Vec<(String, String)>) -> Self {
        let mut form = Self::default();
        for (field, value) in fields {
            match field.as_str() {
                "name" => form.name = value,
                "scopes" => form.scopes.push(value),
                "ends_at" => form.days = value.parse().unwrap_or(0),
                _ => {}
            }
        }
        form
    }
}

fn new_key_page(caller: &Caller, form: NewKeyForm, errors: Errors) -> NewKeyPage {
    let t = caller.text();
    let scopes = Scope::ALL
        .iter()
        .map(|scope| ScopeRow {
            name: scope.as_str(),
            label: scope_label(&t, *scope),
            is_chosen: form.scopes.iter().any(|chosen| chosen == scope.as_str()),
        })
        .collect();
    let lengths = LENGTHS
        .iter()
        .map(|days| Length {
            days: *days,
            label: t.length(Duration::days(*days)),
            is_chosen: *days == form.days,
        })
        .collect();
    NewKeyPage {
        shell: shell(caller, t.get("api-keys-new-title")),
        errors,
        typed_name: form.name,
        scopes,
        lengths,
    }
}

/// The words for a scope stand beside its name in the messages.
fn scope_label(t: &Text, scope: Scope) -> String {
    t.get(&format!("api-keys-scope-{}", scope.as_str().replace(['.', '_'], "-")))
}

async fn new(caller: Caller) -> Result<Response, Failure> {
    caller.actor.administrator()?;
    let form = NewKeyForm { days: 90, ..NewKeyForm::default() };
    Ok(page(StatusCode::OK, &new_key_page(&caller, form, Errors::none())))
}

#[derive(Template)]
#[template(path = "made_key.html")]
struct MadeKeyPage {
    shell: Shell,
    key: ApiKey,
    value: String,
}

/// The one answer to a form that is a page and no redirection: the value must not be kept anywhere for a page after it.
async fn create(caller: Caller, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, Failure> {
    caller.actor.administrator()?;
    let form = NewKeyForm::from(fields);
    let made = match model::scopes(form.scopes.iter().map(String::as_str)) {
        Ok(scopes) => {
            let ends_at = caller.now + Duration::days(form.days);
            operations::create(&caller, NewApiKey { name: form.name.clone(), scopes, ends_at }).await
        }
        Err(error) => Err(error),
    };
    match made {
        Ok((key, secret)) => {
            let shell = shell(&caller, caller.text().get("api-keys-made-title"));
            Ok(page(StatusCode::CREATED, &MadeKeyPage { shell, key, value: secret.expose().to_owned() }))
        }
        Err(Error::Invalid(fields)) => {
            let form = new_key_page(&caller, form, Errors::from(fields));
            Ok(page(form.errors.status(), &form))
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "revoke_key.html")]
struct RevokePage {
    shell: Shell,
    key: ApiKey,
    action: String,
    is_good: bool,
}

async fn ask(caller: Caller, Path(id): Path<ApiKeyId>) -> Result<Response, Failure> {
    let key = operations::get(&caller, id).await?;
    let shell = shell(&caller, caller.text().with("api-keys-revoke-title", [("name", &key.name)]));
    let is_good = key.is_good(caller.now);
    Ok(page(
        StatusCode::OK,
        &RevokePage { shell, action: format!("/admin/api-keys/{id}/revoke"), key, is_good },
    ))
}

async fn revoke(caller: Caller, Path(id): Path<ApiKeyId>) -> Result<Response, Failure> {
    operations::revoke(&caller, id).await?;
    Ok(see_other("/admin/api-keys?done=revoked"))
}
