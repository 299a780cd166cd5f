//! Every token there ever was: of an organization for its members, of an agent for themselves.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use kernel::{Code, Duration, FieldError, GrantId, OrganizationId, Timestamp, UserId};
use serde::Deserialize;
use url::form_urlencoded;
use web::{
    Caller, Failure,
    page::{Console, Errors, Shell, State, page},
    rest::{Path, Query},
    text::Text,
};

use super::view::View;
use crate::{
    model::Filter,
    operations::{self, Page},
};

const AT_ONCE: i64 = 50;

/// The states that can be asked for, and how pages draw them.
const STATES: [(grants::State, State); 4] = [
    (grants::State::Pending, State::Pending),
    (grants::State::Active, State::Active),
    (grants::State::Expired, State::Expired),
    (grants::State::Revoked, State::Revoked),
];

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    shell: Shell,
    id: OrganizationId,
    lead: String,
    rows: Vec<Row>,
    /// The address of what is older, with what was asked for.
    older: Option<String>,
    newest: String,
    is_first: bool,
    is_closed: bool,
    errors: Errors,
    asked: Asked,
    is_filtered: bool,
    people: Vec<Choice>,
    states: Vec<Choice>,
}

/// A choice of a list.
struct Choice {
    value: String,
    label: String,
    is_chosen: bool,
}

struct Row {
    token: View,
    may_revoke: bool,
    /// At what was done under it.
    may_look: bool,
}

#[derive(Template)]
#[template(path = "desk_history.html")]
struct AgentPage {
    shell: Shell,
    tokens: Vec<View>,
    next: Option<GrantId>,
    is_first: bool,
}

/// What somebody asked to see, as it stands in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    person: String,
    state: String,
    from: String,
    to: String,
    before: Option<GrantId>,
}

impl Asked {
    /// The days are days on the clock of whoever typed them, the last one included.
    fn filter(&self, t: &Text) -> (Filter, Errors) {
        let mut filter = Filter {
            person: self.person.parse::<UserId>().ok(),
            state: STATES.iter().map(|(state, _)| *state).find(|state| state.as_str() == self.state),
            ..Filter::default()
        };
        let mut wrong = Vec::new();
        let mut day = |field, text: &str| -> Option<Timestamp> {
            let text = text.trim();
            let day = t.moment_of(text, "00:00");
            if day.is_none() && !text.is_empty() {
                let sentence = t.get("tokens-history-not-a-date");
                wrong.push(FieldError { field, code: Code("not_a_date"), sentence });
            }
            day
        };
        filter.from = day("from", &self.from).unwrap_or(filter.from);
        filter.to = day("to", &self.to).map_or(filter.to, |day| t.midnight(day + Duration::hours(36)));
        (filter, Errors::from(wrong))
    }

    /// The address of the same question, from a token on.
    fn href(&self, id: OrganizationId, before: Option<GrantId>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let before = before.map(|id| id.to_string()).unwrap_or_default();
        let all = [
            ("person", &self.person),
            ("state", &self.state),
            ("from", &self.from),
            ("to", &self.to),
            ("before", &before),
        ];
        for (name, value) in all.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        let query = query.finish();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("/organizations/{id}/tokens/history{mark}{query}")
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Before {
    before: Option<GrantId>,
}

pub async fn of_organization(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let user = caller.person()?.user;
    let (organization, membership) = {
        let mut tx = caller.read().await?;
        organizations::operations::require_member(&caller, &mut tx, id).await?
    };
    let t = caller.text();
    let (filter, errors) = asked.filter(&t);
    let Page { tokens, next } =
        operations::filtered_history(&caller, id, &filter, asked.before, AT_ONCE).await?;
    let people = operations::people_of_history(&caller, id).await?;
    let vendor = &caller.world.settings.vendor_name;
    let title = t.with("tokens-history-title-of", [("organization", &organization.name)]);
    let mut shell = caller.shell(Console::Customer, "organizations", title);
    shell.live = true;
    let rows: Vec<Row> = tokens
        .iter()
        .map(|token| Row {
            may_look: token.may_be_revoked_by(user, membership.is_administrator()),
            // A28: only what is valid has a key to cross out.
            may_revoke: !token.state(caller.now).is_over()
                && token.may_be_revoked_by(user, membership.is_administrator()),
            token: View::new(&caller, &t, token),
        })
        .collect();
    let people = people.into_iter().map(|(user, name)| {
        let value = user.to_string();
        Choice { is_chosen: value == asked.person, value, label: name }
    });
    let states = STATES.map(|(state, shown)| Choice {
        value: state.as_str().to_owned(),
        label: shown.word(&t),
        is_chosen: filter.state == Some(state),
    });
    let page_ = HistoryPage {
        lead: t.with("tokens-history-lead", [("organization", &organization.name), ("vendor", vendor)]),
        is_closed: operations::live(&caller, id).await?.is_none(),
        shell,
        id,
        rows,
        older: next.map(|next| asked.href(id, Some(next))),
        newest: asked.href(id, None),
        is_first: asked.before.is_none(),
        is_filtered: filter != Filter::default(),
        people: people.collect(),
        states: states.into(),
        errors,
        asked,
    };
    Ok(page(page_.errors.status(), &page_))
}

pub async fn of_agent(caller: Caller, Query(Before { before }): Query<Before>) -> Result<Response, Failure> {
    caller.person()?;
    let Page { tokens, next } = operations::agent_history(&caller, before, AT_ONCE).await?;
    let t = caller.text();
    let mut shell = caller.shell(Console::Desk, "history", t.get("desk-history-title"));
    shell.live = true;
    let tokens = tokens.iter().map(|token| View::new(&caller, &t, token)).collect();
    Ok(page(StatusCode::OK, &AgentPage { shell, tokens, next, is_first: before.is_none() }))
}
