//! Requests on the pages: for the people who write them, and on the agents' desk.

use askama::Template;
use axum::{Router, response::Response, routing::get};
use http::StatusCode;
use kernel::{Error, OrganizationId, RequestId};
use serde::Deserialize;
use web::{
    App, Caller, Failure,
    page::{Console, Errors, Form, Shell, page, see_other},
    rest::{Path, Query},
    text::Text,
};

use crate::{
    model::{Proof, Request, State},
    operations,
};

/// On one page.
const MANY: i64 = 50;

pub fn page_routes() -> Router<App> {
    Router::new()
        .route("/organizations/{organization}/requests", get(list))
        .route("/organizations/{organization}/requests/new", get(ask).post(create))
        .route(
            "/organizations/{organization}/requests/{request}/withdraw",
            get(ask_to_withdraw).post(withdraw),
        )
        .route("/desk/requests", get(waiting))
        .route("/desk/requests/{request}", get(show).post(answer))
}

fn at(organization: OrganizationId) -> String {
    format!("/organizations/{organization}/requests")
}

fn shell(caller: &Caller, title: impl Into<String>) -> Shell {
    caller.shell(Console::Customer, "organizations", title)
}

/// A request in words.
struct Row {
    id: RequestId,
    subject: String,
    /// Its lines.
    text: Vec<String>,
    name: String,
    organization: String,
    proof: String,
    is_proved: bool,
    made: String,
    state: String,
    is_waiting: bool,
    /// Who answered and when; empty while nobody did.
    answered: String,
    answer: Vec<String>,
}

impl Row {
    fn new(t: &Text, request: &Request) -> Self {
        let lines = |text: &str| text.lines().map(ToOwned::to_owned).collect();
        let answered = request.answer.as_ref().map(|answer| {
            t.with(
                "authorized_requests-answered-by",
                [("name", &answer.name), ("clock", &t.clock(answer.at))],
            )
        });
        let clock = t.clock(request.created_at);
        Self {
            id: request.id,
            subject: request.subject.clone(),
            text: lines(&request.text),
            name: request.name.clone(),
            organization: request.organization_name.clone(),
            proof: t.get(match request.proof() {
                Proof::SecondFactor => "authorized_requests-proof-second-factor",
                Proof::Earlier => "authorized_requests-proof-earlier",
                Proof::PasswordOnly => "authorized_requests-proof-password",
            }),
            is_proved: request.proof() == Proof::SecondFactor,
            made: t.with("authorized_requests-made", [("name", &request.name), ("clock", &clock)]),
            state: t.get(match request.state() {
                State::Waiting => "authorized_requests-waiting",
                State::Answered => "authorized_requests-answered",
                State::Withdrawn => "authorized_requests-withdrawn",
            }),
            is_waiting: request.state() == State::Waiting,
            answered: answered.unwrap_or_default(),
            answer: request.answer.as_ref().map(|answer| lines(&answer.text)).unwrap_or_default(),
        }
    }
}

#[derive(Template)]
#[template(path = "requests.html")]
struct ListPage {
    shell: Shell,
    lead: String,
    list: String,
    requests: Vec<Row>,
    next: Option<RequestId>,
    is_first: bool,
}

/// What the page before did, a closed list; and which page of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    done: String,
    before: String,
}

async fn list(
    caller: Caller,
    Path(organization): Path<OrganizationId>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    caller.person()?;
    let before = asked.before.parse().ok();
    let found = operations::list(&caller, organization, before, MANY).await?;
    let t = caller.text();
    let name = &found.organization.name;
    let mut shell = shell(&caller, t.with("authorized_requests-title-of", [("organization", name)]));
    shell.answer = match asked.done.as_str() {
        "sent" => Some(t.get("authorized_requests-sent")),
        "withdrawn" => Some(t.get("authorized_requests-is-withdrawn")),
        _ => None,
    };
    let vendor = &caller.world.settings.vendor_name;
    Ok(page(
        StatusCode::OK,
        &ListPage {
            lead: t.with("authorized_requests-lead", [("vendor", vendor)]),
            list: at(organization),
            requests: found.requests.iter().map(|request| Row::new(&t, request)).collect(),
            next: found.next,
            is_first: before.is_none(),
            shell,
        },
    ))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct NewForm {
    subject: String,
    text: String,
}

#[derive(Template)]
#[template(path = "new_request.html")]
struct NewPage {
    shell: Shell,
    errors: Errors,
    list: String,
    action: String,
    form: NewForm,
}

async fn new_page(
    caller: &Caller,
    organization: OrganizationId,
    form: NewForm,
    errors: Errors,
) -> Result<Response, Failure> {
    let found = operations::list(caller, organization, None, 0).await?;
    let title =
        caller.text().with("authorized_requests-new-title", [("organization", &found.organization.name)]);
    let shell = shell(caller, title);
    let list = at(organization);
    let action = format!("{list}/new");
    Ok(page(errors.status(), &NewPage { shell, errors, list, action, form }))
}

async fn ask(caller: Caller, Path(organization): Path<OrganizationId>) -> Result<Response, Failure> {
    caller.person()?;
    new_page(&caller, organization, NewForm::default(), Errors::none()).await
}

async fn create(
    caller: Caller,
    Path(organization): Path<OrganizationId>,
    Form(form): Form<NewForm>,
) -> Result<Response, Failure> {
    caller.person()?;
    match operations::create(&caller, organization, &form.subject, &form.text).await {
        Ok(_) => Ok(see_other(&format!("{}?done=sent", at(organization)))),
        Err(Error::Invalid(fields)) => new_page(&caller, organization, form, Errors::from(fields)).await,
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "withdraw_request.html")]
struct WithdrawPage {
    shell: Shell,
    list: String,
    action: String,
    request: Row,
}

async fn ask_to_withdraw(
    caller: Caller,
    Path((organization, id)): Path<(OrganizationId, RequestId)>,
) -> Result<Response, Failure> {
    caller.person()?;
    let request = operations::get(&caller, organization, id).await?;
    let t = caller.text();
    let title = t.with("authorized_requests-withdraw-title", [("subject", &request.subject)]);
    let shell = shell(&caller, title);
    let list = at(organization);
    let action = format!("{list}/{id}/withdraw");
    let request = Row::new(&t, &request);
    Ok(page(StatusCode::OK, &WithdrawPage { shell, list, action, request }))
}

async fn withdraw(
    caller: Caller,
    Path((organization, id)): Path<(OrganizationId, RequestId)>,
) -> Result<Response, Failure> {
    caller.person()?;
    operations::withdraw(&caller, organization, id).await?;
    Ok(see_other(&format!("{}?done=withdrawn", at(organization))))
}

#[derive(Template)]
#[template(path = "desk_requests.html")]
struct DeskPage {
    shell: Shell,
    requests: Vec<Row>,
}

async fn waiting(caller: Caller, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    caller.person()?;
    let requests = operations::waiting(&caller).await?;
    let t = caller.text();
    let mut shell = caller.shell(Console::Desk, "requests", t.get("authorized_requests-desk-title"));
    shell.answer = (asked.done == "answered").then(|| t.get("authorized_requests-is-answered"));
    let requests = requests.iter().map(|request| Row::new(&t, request)).collect();
    Ok(page(StatusCode::OK, &DeskPage { shell, requests }))
}

#[derive(Template)]
#[template(path = "answer_request.html")]
struct AnswerPage {
    shell: Shell,
    errors: Errors,
    action: String,
    request: Row,
    typed: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AnswerForm {
    answer: String,
}

async fn answer_page(
    caller: &Caller,
    id: RequestId,
    typed: String,
    errors: Errors,
) -> Result<Response, Failure> {
    let request = operations::get_at_desk(caller, id).await?;
    let t = caller.text();
    let shell = caller.shell(Console::Desk, "requests", request.subject.clone());
    let action = format!("/desk/requests/{id}");
    let request = Row::new(&t, &request);
    Ok(page(errors.status(), &AnswerPage { shell, errors, action, request, typed }))
}

async fn show(caller: Caller, Path(id): Path<RequestId>) -> Result<Response, Failure> {
    caller.person()?;
    answer_page(&caller, id, String::new(), Errors::none()).await
}

async fn answer(
    caller: Caller,
    Path(id): Path<RequestId>,
    Form(form): Form<AnswerForm>,
) -> Result<Response, Failure> {
    caller.person()?;
    match operations::answer(&caller, id, &form.answer).await {
        Ok(_) => Ok(see_other("/desk/requests?done=answered")),
        Err(Error::Invalid(fields)) => answer_page(&caller, id, form.answer, Errors::from(fields)).await,
        Err(error) => Err(error.into()),
    }
}
