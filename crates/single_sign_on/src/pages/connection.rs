//! One connection.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use kernel::{ConnectionId, Error, IdentityId, OrganizationId};
use web::{
    Caller, Failure, allow_forms_to,
    page::{Shell, page, see_other},
    rest::{Path, Query},
};

use super::{Done, at, shell};
use crate::{
    cookies,
    model::{Connection, Identity, Settings},
    operations::{self, By},
    rest::addresses,
};

#[derive(Template)]
#[template(path = "connection.html")]
struct ConnectionPage {
    shell: Shell,
    connection: Connection,
    here: String,
    back: String,
    redirect_uri: String,
    logout_uri: String,
    is_owner: bool,
    people: Vec<(Identity, String, String)>,
    trouble: Option<String>,
}

impl ConnectionPage {
    fn path(&self, end: &str) -> String {
        format!("{}/{end}", self.here)
    }

    fn path_of(&self, identity: &IdentityId, end: &str) -> String {
        format!("{}/people/{identity}/{end}", self.here)
    }

    fn types(&self, settings: &Settings) -> String {
        types(&self.shell.t, settings)
    }

    fn new_people(&self, settings: &Settings) -> String {
        match settings.new_people {
            Some(user_type) => self.shell.t.get(&format!("single_sign_on-type-{}", user_type.as_str())),
            None => self.shell.t.get("single_sign_on-nobody-new"),
        }
    }
}

fn types(t: &web::text::Text, settings: &Settings) -> String {
    let names =
        settings.groups.iter().map(|group| t.get(&format!("single_sign_on-group-{}", group.as_str())));
    names.collect::<Vec<_>>().join(", ")
}

async fn rendered(
    caller: &Caller,
    id: OrganizationId,
    connection: ConnectionId,
    done: &Done,
    trouble: Option<String>,
) -> Result<Response, Failure> {
    let (_, by, connection) = operations::look(caller, id, connection).await?;
    let is_owner = by == By::Administrator;
    let people = if is_owner { operations::connected(caller, id, connection.id).await? } else { Vec::new() };
    let origin = operations::origin_of(caller, &connection).await?;
    let mut shell = shell(caller, by, connection.name.clone());
    shell.answer = done.sentence(caller);
    let (redirect_uri, logout_uri) = addresses(caller, connection.id);
    let here = format!("{}/{}", at(id), connection.id);
    let status = if trouble.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    let back = at(id);
    let shown =
        ConnectionPage { shell, connection, here, back, redirect_uri, logout_uri, is_owner, people, trouble };
    let mut answer = page(status, &shown);
    // The form that tries the settings is answered by a redirect to the provider.
    allow_forms_to(answer.headers_mut(), origin.iter().map(String::as_str));
    Ok(answer)
}

pub(super) async fn show(
    caller: Caller,
    Path((id, connection)): Path<(OrganizationId, ConnectionId)>,
    Query(done): Query<Done>,
) -> Result<Response, Failure> {
    rendered(&caller, id, connection, &done, None).await
}

/// Sends the administrator's own browser to the provider.
pub(super) async fn test(
    caller: Caller,
    Path((id, connection)): Path<(OrganizationId, ConnectionId)>,
) -> Result<Response, Failure> {
    match operations::begin_test(&caller, id, connection).await {
        Ok(sent) => Ok(cookies::sent(&caller, see_other(&sent.address), &sent.secret)),
        Err(Error::Invalid(fields)) => {
            let sentences: Vec<String> = fields.into_iter().map(|field| field.sentence).collect();
            rendered(&caller, id, connection, &Done::default(), Some(sentences.join(" "))).await
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "ask.html")]
struct AskPage {
    shell: Shell,
    question: String,
    means: String,
    action: String,
    verb: String,
    here: String,
    name: String,
}

async fn asked(
    caller: &Caller,
    id: OrganizationId,
    connection: ConnectionId,
    word: &'static str,
) -> Result<Response, Failure> {
    let (organization, by, connection) = operations::look(caller, id, connection).await?;
    let t = caller.text();
    let key = |part: &str| format!("single_sign_on-{word}-{part}");
    let settings = connection.newest().ok_or(Error::NotFound)?;
    let here = format!("{}/{}", at(id), connection.id);
    let means = [
        ("organization", &organization.name as &dyn std::fmt::Display),
        ("types", &types(&t, settings)),
        ("host", &settings.host()),
    ];
    let ask = AskPage {
        shell: shell(caller, by, t.with(&key("title"), [("name", &connection.name)])),
        question: t.with(&key("question"), [("name", &connection.name)]),
        means: t.with(&key("means"), means),
        action: format!("{here}/{word}"),
        verb: t.get(&key("verb")),
        here,
        name: connection.name,
    };
    Ok(page(StatusCode::OK, &ask))
}

pub(super) async fn ask_to_activate(
    caller: Caller,
    Path((id, connection)): Path<(OrganizationId, ConnectionId)>,
) -> Result<Response, Failure> {
    let recent = caller.person()?.require_recent_proof(caller.now);
    if matches!(&recent, Err(Error::Forbidden(code, _)) if code.0 == "reauth_required") {
        let back = format!("{}/{connection}/activate", at(id)).replace('/', "%2F");
        return Ok(see_other(&format!("/account/confirm?return_to={back}")));
    }
    asked(&caller, id, connection, "activate").await
}

pub(super) async fn activate(
    caller: Caller,
    Path((id, connection)): Path<(OrganizationId, ConnectionId)>,
) -> Result<Response, Failure> {
    let outcome = operations::activate(&caller, id, connection).await;
    finished(&caller, id, connection, outcome, "on").await
}

pub(super) async fn ask_to_disable(
    caller: Caller,
    Path((id, connection)): Path<(OrganizationId, ConnectionId)>,
) -> Result<Response, Failure> {
    asked(&caller, id, connection, "disable").await
}

pub(super) async fn disable(
    caller: Caller,
    Path((id, connection)): Path<(OrganizationId, ConnectionId)>,
) -> Result<Response, Failure> {
    let outcome = operations::disable(&caller, id, connection).await;
    finished(&caller, id, connection, outcome, "off").await
}

async fn finished<T>(
    caller: &Caller,
    id: OrganizationId,
    connection: ConnectionId,
    outcome: Result<T, Error>,
    word: &str,
) -> Result<Response, Failure> {
    match outcome {
        Ok(_) => Ok(see_other(&format!("{}/{connection}?done={word}", at(id)))),
        Err(Error::Conflict(_, sentence)) => {
            rendered(caller, id, connection, &Done::default(), Some(sentence)).await
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn remove(
    caller: Caller,
    Path((id, connection)): Path<(OrganizationId, ConnectionId)>,
) -> Result<Response, Failure> {
    match operations::remove(&caller, id, connection).await {
        Ok(()) => Ok(see_other(&format!("{}?done=gone", at(id)))),
        Err(Error::Conflict(_, sentence)) => {
            rendered(&caller, id, connection, &Done::default(), Some(sentence)).await
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn disconnect(
    caller: Caller,
    Path((id, connection, identity)): Path<(OrganizationId, ConnectionId, IdentityId)>,
) -> Result<Response, Failure> {
    operations::disconnect(&caller, id, connection, identity).await?;
    Ok(see_other(&format!("{}/{connection}?done=disconnected", at(id))))
}
