//! Lost devices at the desk.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use kernel::{Error, LostDeviceId};
use serde::Deserialize;
use web::{
    Caller, Failure,
    page::{Console, Errors, Form, Shell, page, see_other},
    rest::{Path, Query},
    text::Text,
};

use crate::{
    model::{Check, EndedHow, State},
    operations::{self, Listed, Whose},
};

#[derive(Template)]
#[template(path = "desk_list.html")]
struct ListPage {
    shell: Shell,
    lead: String,
    rows: Vec<Row>,
}

struct Row {
    listed: Listed,
    organizations: String,
    state: String,
    checked_by: String,
}

#[derive(Template)]
#[template(path = "desk_request.html")]
struct RequestPage {
    shell: Shell,
    errors: Errors,
    row: Row,
    /// What this caller can do about it.
    part: Part,
    first: Option<String>,
    /// Name of the field and its sentence.
    checks: Vec<(String, String, bool)>,
    note: String,
    note_label: String,
}

/// What the caller is to the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// May approve and refuse.
    Checks,
    /// Approved it once already, or two did: may refuse.
    Waits,
    /// It is their own.
    Own,
    /// It is over, or they are no agent.
    Looks,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    done: String,
}

fn state_word(t: &Text, listed: &Listed) -> String {
    match (listed.state, &listed.ended_by) {
        (State::Ended(EndedHow::Refused), Some(name)) => {
            t.with("recovery-desk-state-refused-by", [("name", name)])
        }
        (state, _) => t.get(&format!("recovery-desk-state-{}", state.as_str())),
    }
}

fn row(t: &Text, listed: Listed) -> Row {
    let names: Vec<&str> = listed.checks.iter().map(|(_, name)| name.as_str()).collect();
    let or = |text: String, otherwise: &str| if text.is_empty() { t.get(otherwise) } else { text };
    Row {
        organizations: or(listed.organizations.join(", "), "recovery-desk-none"),
        state: state_word(t, &listed),
        checked_by: or(names.join(", "), "recovery-desk-nobody"),
        listed,
    }
}

/// The console that the caller may see this in: an administrator who is no agent has no desk.
fn console(whose: Whose) -> (Console, &'static str) {
    match whose {
        Whose::Everybodys => (Console::Desk, "desk"),
        Whose::VendorStaffs => (Console::Administration, "agents"),
    }
}

pub(super) async fn list(caller: Caller) -> Result<Response, Failure> {
    caller.person()?;
    let whose = operations::may_see(&caller)?;
    let t = caller.text();
    let rows = operations::list(&caller).await?.into_iter().map(|listed| row(&t, listed)).collect();
    let (console, current) = console(whose);
    let lead = match whose {
        Whose::Everybodys => t.get("recovery-desk-lead"),
        Whose::VendorStaffs => {
            t.with("recovery-desk-for-administrators", [("vendor", &caller.world.settings.vendor_name)])
        }
    };
    let shell = caller.shell(console, current, t.get("recovery-desk-title"));
    Ok(page(StatusCode::OK, &ListPage { shell, lead, rows }))
}

pub(super) async fn show(
    caller: Caller,
    Path(id): Path<LostDeviceId>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let mut shown = request_page(&caller, id, &[], String::new(), Errors::none()).await?;
    let t = &shown.shell.t;
    let answer = match asked.done.as_str() {
        "open" => Some(t.get("recovery-desk-approved-answer")),
        "waiting" => Some(t.get("recovery-desk-waiting-answer")),
        "refused" => Some(t.get("recovery-desk-refused-answer")),
        _ => None,
    };
    shown.shell.answer = answer;
    Ok(page(StatusCode::OK, &shown))
}

async fn request_page(
    caller: &Caller,
    id: LostDeviceId,
    ticked: &[String],
    note: String,
    errors: Errors,
) -> Result<RequestPage, Failure> {
    let person = caller.person()?;
    let whose = operations::may_see(caller)?;
    let listed = operations::get(caller, id).await?;
    let t = caller.text();
    let (console, current) = console(whose);
    let title = t.with("recovery-desk-request-title", [("name", &listed.user.name)]);
    let has_checked = listed.checks.iter().any(|(checked, _)| checked.agent == person.user);
    let part = match listed.state {
        State::Ended(_) => Part::Looks,
        _ if whose == Whose::VendorStaffs => Part::Looks,
        _ if listed.request.user == person.user => Part::Own,
        State::Open if !has_checked => Part::Checks,
        State::Open | State::Waiting => Part::Waits,
    };
    let checks = Check::ALL.iter().map(|check| {
        let name = check.as_str();
        (name.to_owned(), t.get(&format!("recovery-check-{name}")), ticked.iter().any(|one| one == name))
    });
    Ok(RequestPage {
        shell: caller.shell(console, current, title),
        errors,
        part,
        first: listed.checks.first().map(|(_, name)| name.clone()),
        checks: checks.collect(),
        note,
        note_label: t.with("recovery-desk-note", [("optional", &t.get("optional"))]),
        row: row(&t, listed),
    })
}

/// Each tick has the name of its check; the rest is the note.
pub(super) async fn check(
    caller: Caller,
    Path(id): Path<LostDeviceId>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    caller.person()?;
    let note = fields.iter().find(|(name, _)| name == "note").map(|(_, text)| text.clone());
    let note = note.unwrap_or_default();
    let ticked: Vec<String> =
        fields.into_iter().map(|(name, _)| name).filter(|name| Check::parse(name).is_some()).collect();
    match operations::approve(&caller, id, &ticked, &note).await {
        Ok(state) => Ok(see_other(&format!("/desk/lost-devices/{id}?done={}", state.as_str()))),
        Err(Error::Invalid(fields)) => {
            let shown = request_page(&caller, id, &ticked, note, Errors::from(fields)).await?;
            Ok(page(shown.errors.status(), &shown))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn refuse(caller: Caller, Path(id): Path<LostDeviceId>) -> Result<Response, Failure> {
    caller.person()?;
    operations::refuse(&caller, id).await?;
    Ok(see_other(&format!("/desk/lost-devices/{id}?done=refused")))
}
