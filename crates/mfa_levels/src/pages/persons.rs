//! The people of an organization, one by one.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use kernel::{Error, MembershipId, OrganizationId};
use organizations::Organization;
use web::{
    Caller, Failure,
    page::{Errors, Shell, page},
    rest::{Path, Query},
    text::Text,
};

use super::{ListQuery, ON_A_PAGE, Pager, at, shell};
use crate::{
    emails::{group_word, level_word},
    model::{Person, State},
    operations,
};

fn state_word(t: &Text, state: State) -> String {
    t.get(&format!("mfa_levels-state-{}", state.as_str()))
}

struct PersonRow {
    membership: MembershipId,
    name: String,
    email: String,
    group: String,
    state: String,
}

#[derive(Template)]
#[template(path = "persons.html")]
struct PersonsPage {
    shell: Shell,
    errors: Errors,
    organization: Organization,
    here: String,
    q: String,
    rows: Vec<PersonRow>,
    pager: Pager,
}

pub(super) async fn list(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Query(query): Query<ListQuery>,
) -> Result<Response, Failure> {
    caller.person()?;
    let from = query.from.max(0);
    let (organization, people, has_more) =
        operations::persons(&caller, id, &query.q, ON_A_PAGE, from).await?;
    let t = caller.text();
    let row = |person: Person| PersonRow {
        membership: person.membership,
        group: group_word(&t, person.requirement.group_in(id, person.user_type)),
        state: state_word(&t, person.requirement.state_in(id)),
        name: person.name,
        email: person.email,
    };
    let here = format!("{}/people", at(id));
    let title = t.with("mfa_levels-people-title-of", [("organization", &organization.name)]);
    let pager = Pager::new(&here, &query.q, from, has_more);
    let rows = people.into_iter().map(row).collect();
    let shell = shell(&caller, title);
    Ok(page(
        StatusCode::OK,
        &PersonsPage { shell, errors: Errors::none(), organization, here, q: query.q, rows, pager },
    ))
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    shell: Shell,
    organization: Organization,
    person: Person,
    people: String,
    group: String,
    state: String,
    state_line: String,
    /// What each of the person's organizations asks.
    sources: Vec<String>,
    may_get_code: bool,
    /// A code that was just made: shown this once.
    code: Option<(String, String)>,
    trouble: Option<String>,
}

async fn person_page(
    caller: &Caller,
    id: OrganizationId,
    membership: MembershipId,
) -> Result<PersonPage, Failure> {
    caller.person()?;
    let (organization, person) = operations::person(caller, id, membership).await?;
    let t = caller.text();
    let state = person.requirement.state_in(id);
    let sources = person.requirement.sources.iter().map(|source| {
        // Agents look at one organization; which others somebody belongs to is not told here.
        let whose = if source.organization == id {
            source.organization_name.clone()
        } else {
            t.get("mfa_levels-another-organization")
        };
        let what = match &source.managed_by {
            Some(by) => t.with("mfa_levels-managed-by", [("by", by)]),
            None => level_word(&t, source.level),
        };
        t.with(
            "mfa_levels-source",
            [("organization", &whose), ("group", &group_word(&t, source.group)), ("what", &what)],
        )
    });
    Ok(PersonPage {
        shell: shell(caller, person.name.clone()),
        people: format!("{}/people", at(id)),
        group: group_word(&t, person.requirement.group_in(id, person.user_type)),
        state: state_word(&t, state),
        state_line: t.get(&format!("mfa_levels-state-{}-line", state.as_str())),
        sources: sources.collect(),
        may_get_code: !person.requirement.has_second_factor
            && !person.is_vendors
            && state != State::ManagedBySso,
        code: None,
        trouble: None,
        organization,
        person,
    })
}

pub(super) async fn show(
    caller: Caller,
    Path((id, membership)): Path<(OrganizationId, MembershipId)>,
) -> Result<Response, Failure> {
    Ok(page(StatusCode::OK, &person_page(&caller, id, membership).await?))
}

/// The one page that shows the code: it is nowhere else, so it is no address that one comes back to.
pub(super) async fn make_code(
    caller: Caller,
    Path((id, membership)): Path<(OrganizationId, MembershipId)>,
) -> Result<Response, Failure> {
    caller.person()?;
    let (code, trouble, status) = match operations::make_set_up_code(&caller, id, membership).await {
        Ok(made) => (Some(made), None, StatusCode::OK),
        Err(Error::Conflict(_, sentence)) => (None, Some(sentence), StatusCode::CONFLICT),
        Err(error) => return Err(error.into()),
    };
    let mut shown = person_page(&caller, id, membership).await?;
    let t = &shown.shell.t;
    shown.code = code.map(|(code, until)| {
        let (front, back) = code.split_at(4);
        (format!("{front} {back}"), t.clock(until))
    });
    shown.trouble = trouble;
    Ok(page(status, &shown))
}
