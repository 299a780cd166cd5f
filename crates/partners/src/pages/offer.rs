//! What the vendor offers: the list of permissions, and which requests of a product need which.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use kernel::{ApplicationId, Error};
use serde::Deserialize;
use web::{
    Caller, Failure,
    page::{Console, Errors, Form, Shell, page, see_other},
    rest::{Path, Query},
};

use crate::{
    model::{Method, Permission, Rule},
    operations,
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Done {
    done: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    key: String,
    name: String,
    explanation: String,
    position: String,
}

impl Typed {
    fn position(&self) -> Result<i64, Error> {
        match self.position.trim() {
            "" => Ok(100),
            text => text.parse().map_err(|_| {
                Error::invalid("position", "not_a_position", "Give its place in lists, from 0 to 10000.")
            }),
        }
    }
}

#[derive(Template)]
#[template(path = "admin_permissions.html")]
struct ListPage {
    shell: Shell,
    errors: Errors,
    permissions: Vec<Permission>,
    typed: Typed,
}

fn shell(caller: &Caller, title: String) -> Shell {
    caller.shell(Console::Administration, "partners", title)
}

pub(super) async fn list(caller: Caller, Query(done): Query<Done>) -> Result<Response, Failure> {
    list_page(&caller, Typed::default(), Errors::none(), &done.done).await
}

async fn list_page(caller: &Caller, typed: Typed, errors: Errors, done: &str) -> Result<Response, Failure> {
    caller.person()?;
    caller.actor.administrator()?;
    let permissions = operations::permissions(caller).await?;
    let t = caller.text();
    let mut shell = shell(caller, t.get("partners-permissions-title"));
    shell.answer = match done {
        "added" => Some(t.get("partners-done-permission-added")),
        "changed" => Some(t.get("partners-done-permission-changed")),
        "removed" => Some(t.get("partners-done-permission-removed")),
        _ => None,
    };
    Ok(page(errors.status(), &ListPage { shell, errors, permissions, typed }))
}

pub(super) async fn add(caller: Caller, Form(typed): Form<Typed>) -> Result<Response, Failure> {
    caller.person()?;
    let added = match typed.position() {
        Ok(position) => {
            operations::add_permission(&caller, &typed.key, &typed.name, &typed.explanation, position).await
        }
        Err(error) => Err(error),
    };
    match added {
        Ok(_) => Ok(see_other("/admin/permissions?done=added")),
        Err(Error::Invalid(fields)) => list_page(&caller, typed, Errors::from(fields), "").await,
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "admin_permission.html")]
struct OnePage {
    shell: Shell,
    errors: Errors,
    key: String,
    typed: Typed,
}

async fn one(caller: &Caller, key: &str) -> Result<Permission, Failure> {
    caller.actor.administrator()?;
    let all = operations::permissions(caller).await?;
    Ok(all.into_iter().find(|permission| permission.key == key).ok_or(Error::NotFound)?)
}

pub(super) async fn show(caller: Caller, Path(key): Path<String>) -> Result<Response, Failure> {
    caller.person()?;
    one_page(&caller, &key, None, Errors::none()).await
}

async fn one_page(
    caller: &Caller,
    key: &str,
    typed: Option<Typed>,
    errors: Errors,
) -> Result<Response, Failure> {
    let permission = one(caller, key).await?;
    let title = caller.text().with("partners-permission-title", [("name", &permission.name)]);
    let typed = typed.unwrap_or_else(|| Typed {
        key: permission.key.clone(),
        name: permission.name.clone(),
        explanation: permission.explanation.clone(),
        position: permission.position.to_string(),
    });
    Ok(page(errors.status(), &OnePage { shell: shell(caller, title), errors, key: permission.key, typed }))
}

pub(super) async fn change(
    caller: Caller,
    Path(key): Path<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, Failure> {
    caller.person()?;
    let changed = match typed.position() {
        Ok(position) => {
            let (name, explanation) = (Some(&*typed.name), Some(&*typed.explanation));
            operations::change_permission(&caller, &key, name, explanation, Some(position)).await
        }
        Err(error) => Err(error),
    };
    match changed {
        Ok(_) => Ok(see_other("/admin/permissions?done=changed")),
        Err(Error::Invalid(fields)) => one_page(&caller, &key, Some(typed), Errors::from(fields)).await,
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn ask_to_remove(caller: Caller, Path(key): Path<String>) -> Result<Response, Failure> {
    caller.person()?;
    let permission = one(&caller, &key).await?;
    let t = caller.text();
    let question = t.with("partners-ask-remove-permission", [("name", &permission.name)]);
    let back = "/admin/permissions".to_owned();
    Ok(page(
        StatusCode::OK,
        &super::AskPage {
            shell: shell(&caller, question.clone()),
            back_label: t.get("partners-permissions-title"),
            question,
            means: vec![t.get("partners-means-remove-permission")],
            action: format!("/admin/permissions/{key}/remove"),
            verb: t.get("partners-remove-permission"),
            keep: back.clone(),
            keep_label: t.get("keep-it"),
            back,
        },
    ))
}

pub(super) async fn remove(caller: Caller, Path(key): Path<String>) -> Result<Response, Failure> {
    caller.person()?;
    operations::remove_permission(&caller, &key).await?;
    Ok(see_other("/admin/permissions?done=removed"))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct RuleForm {
    method: String,
    path: String,
    permission: String,
}

struct RuleRow {
    rule: Rule,
    method: String,
    permission: String,
}

#[derive(Template)]
#[template(path = "admin_rules.html")]
struct RulesPage {
    shell: Shell,
    errors: Errors,
    back: String,
    application: applications::Application,
    rules: Vec<RuleRow>,
    methods: Vec<(&'static str, String, bool)>,
    permissions: Vec<Permission>,
    typed: RuleForm,
}

pub(super) async fn rules(
    caller: Caller,
    Path(id): Path<ApplicationId>,
    Query(done): Query<Done>,
) -> Result<Response, Failure> {
    caller.person()?;
    rules_page(&caller, id, RuleForm::default(), Errors::none(), &done.done).await
}

async fn rules_page(
    caller: &Caller,
    id: ApplicationId,
    typed: RuleForm,
    errors: Errors,
    done: &str,
) -> Result<Response, Failure> {
    let application = applications::operations::get(caller, id).await?;
    let permissions = operations::permissions(caller).await?;
    let t = caller.text();
    let words = |method: Method| match method {
        Method::Any => t.get("partners-method-any"),
        Method::Changes => t.get("partners-method-changes"),
        other => other.as_str().to_owned(),
    };
    let name = |key: &str| {
        let known = permissions.iter().find(|permission| permission.key == key);
        known.map_or_else(|| t.with("partners-permission-gone", [("key", &key)]), |known| known.name.clone())
    };
    let rules = operations::rules(caller, id).await?;
    let row = |rule: Rule| RuleRow { method: words(rule.method), permission: name(&rule.permission), rule };
    let rules = rules.into_iter().map(row).collect();
    let methods = Method::ALL
        .into_iter()
        .map(|method| (method.as_str(), words(method), method.as_str() == typed.method));
    let methods = methods.collect();
    let title = t.with("partners-rules-title", [("application", &application.name)]);
    let mut shell = caller.shell(Console::Administration, "applications", title);
    shell.answer = (done == "saved").then(|| t.get("partners-done-rules"));
    Ok(page(
        errors.status(),
        &RulesPage {
            shell,
            errors,
            back: format!("/admin/applications/{id}"),
            application,
            rules,
            methods,
            permissions,
            typed,
        },
    ))
}

pub(super) async fn add_rule(
    caller: Caller,
    Path(id): Path<ApplicationId>,
    Form(typed): Form<RuleForm>,
) -> Result<Response, Failure> {
    caller.person()?;
    let rule = (typed.method.clone(), typed.path.clone(), typed.permission.clone());
    match operations::add_rule(&caller, id, rule).await {
        Ok(_) => Ok(see_other(&format!("/admin/applications/{id}/rules?done=saved"))),
        Err(Error::Invalid(fields)) => rules_page(&caller, id, typed, Errors::from(fields), "").await,
        Err(error) => Err(error.into()),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RemoveForm {
    method: String,
    path: String,
    permission: String,
}

pub(super) async fn remove_rule(
    caller: Caller,
    Path(id): Path<ApplicationId>,
    Form(form): Form<RemoveForm>,
) -> Result<Response, Failure> {
    caller.person()?;
    operations::remove_rule(&caller, id, &(form.method, form.path, form.permission)).await?;
    Ok(see_other(&format!("/admin/applications/{id}/rules?done=saved")))
}
