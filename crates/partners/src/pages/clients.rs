//! The list of a partner's clients (B18).

use askama::Template;
use axum::response::Response;
use grants::State as GrantState;
use kernel::{GrantId, OrganizationId};
use serde::Deserialize;
use url::form_urlencoded;
use web::{
    Caller, Failure,
    page::{Errors, Shell, State, page},
    rest::Query,
    text::Text,
};

use super::{
    Fields, Which, choose, dates_of, name_of, no_partner, of_clients, partner_of, state_of, used_at,
};
use crate::{
    model::{Client, ClientQuery, Colleague, Counts},
    operations,
};

const ON_A_PAGE: i64 = 50;

/// What somebody asked to see, as it stands in the address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Look {
    pub organization: String,
    q: String,
    state: String,
    user: String,
    /// One of the saved views.
    view: String,
    from: u32,
    /// Not empty: every line of the page is ticked.
    chosen: String,
    done: String,
}

impl Look {
    /// What is looked for, from another page that carries it along.
    pub fn carried(fields: &Fields) -> Self {
        let one = |name| fields.one(name).to_owned();
        Self {
            organization: one("organization"),
            q: one("q"),
            state: one("state"),
            user: one("user"),
            view: one("view"),
            from: fields.one("from").parse().unwrap_or_default(),
            ..Self::default()
        }
    }

    /// What another page carries along of it: names and values, without the organization.
    pub fn carry(&self) -> Vec<(&'static str, String)> {
        let from = if self.from > 0 { self.from.to_string() } else { String::new() };
        let all = [
            ("q", self.q.clone()),
            ("state", self.state.clone()),
            ("user", self.user.clone()),
            ("view", self.view.clone()),
            ("from", from),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The list as it was.
    pub fn back(&self, organization: OrganizationId) -> String {
        self.href(organization, &self.view, i64::from(self.from), "")
    }

    fn href(&self, organization: OrganizationId, view: &str, from: i64, chosen: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("organization", &organization.to_string());
        let from = if from > 0 { from.to_string() } else { String::new() };
        for (name, value) in [
            ("q", self.q.as_str()),
            ("state", &self.state),
            ("user", &self.user),
            ("view", view),
            ("chosen", chosen),
            ("from", &from),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        format!("/my-clients?{}", query.finish())
    }

    fn query(&self) -> ClientQuery {
        let ending_within = match self.view.as_str() {
            "ending-30" => Some(30),
            "ending-7" => Some(7),
            "ending-1" => Some(1),
            _ => None,
        };
        let state = GrantState::ALL.into_iter().find(|state| state.as_str() == self.state);
        ClientQuery {
            search: self.q.clone(),
            state: if self.view == "pending" { Some(GrantState::Pending) } else { state },
            ending_within,
            is_unused: self.view == "unused",
            user: self.user.parse().ok(),
            limit: ON_A_PAGE,
            offset: i64::from(self.from),
        }
    }
}

struct Row {
    id: GrantId,
    name: String,
    /// What the partner wrote on it, where that is another name.
    label: String,
    state: State,
    permissions: String,
    users: String,
    dates: String,
    last: String,
}

impl Row {
    fn new(caller: &Caller, t: &Text, client: Client) -> Self {
        let token = &client.token;
        let nothing = || "—".to_owned();
        let rest = client.user_count - i64::try_from(client.users.len()).unwrap_or(i64::MAX);
        let mut users = client.users.join(", ");
        if rest > 0 {
            users = t.count_with("partners-and-more", rest, &[("names", &users)]);
        }
        Self {
            id: token.id(),
            name: name_of(t, token),
            label: if token.client_name.is_some() && token.label != token.name() {
                token.label.clone()
            } else {
                String::new()
            },
            state: state_of(token, caller.now),
            permissions: if client.permissions.is_empty() {
                nothing()
            } else {
                client.permissions.join(", ")
            },
            users: if users.is_empty() { nothing() } else { users },
            dates: dates_of(t, token, caller.now),
            last: used_at(t, token.last_used_at),
        }
    }

    fn is_disabled(&self) -> bool {
        self.state == State::Disabled
    }

    fn is_active(&self) -> bool {
        self.state == State::Active
    }
}

struct View {
    href: String,
    label: String,
    count: i64,
    is_current: bool,
}

#[derive(Template)]
#[template(path = "my_clients.html")]
struct ListPage {
    shell: Shell,
    errors: Errors,
    organization: OrganizationId,
    lead: String,
    look: Look,
    carried: Vec<(&'static str, String)>,
    views: Vec<View>,
    states: Vec<(&'static str, String, bool)>,
    people: Vec<(String, String, bool)>,
    rows: Vec<Row>,
    is_administrator: bool,
    is_narrowed: bool,
    has_any: bool,
    choose_all: String,
    choose_none: String,
    earlier: Option<String>,
    later: Option<String>,
    place: String,
    /// Whoever is looked for, as somebody who may leave.
    leaver: Option<(String, String)>,
}

pub(super) async fn list(caller: Caller, Query(look): Query<Look>) -> Result<Response, Failure> {
    caller.person()?;
    list_page(&caller, look, Errors::none()).await
}

pub(super) async fn list_page(caller: &Caller, look: Look, errors: Errors) -> Result<Response, Failure> {
    let t = caller.text();
    let organization = match partner_of(caller, &look.organization).await? {
        Which::One(id) => id,
        Which::Several(all) => {
            return Ok(choose(of_clients(caller, t.get("partners-clients-title")), all, "/my-clients"));
        }
        Which::None => return Err(no_partner(caller)),
    };
    let found = operations::clients(caller, organization, look.query()).await?;
    let colleagues =
        if found.is_administrator { operations::colleagues(caller, organization).await? } else { Vec::new() };
    let name = &found.organization.name;
    let mut shell = of_clients(caller, t.with("partners-clients-title-of", [("organization", name)]));
    shell.answer = match look.done.as_str() {
        "deleted" => Some(t.get("partners-done-deleted")),
        "left" => Some(t.get("partners-done-left")),
        _ => None,
    };
    let offset = i64::from(look.from);
    let shown = i64::try_from(found.clients.len()).unwrap_or(i64::MAX);
    let place = if shown == 0 {
        String::new()
    } else {
        t.with("partners-place", [("from", &(offset + 1)), ("to", &(offset + shown))])
    };
    let counts = found.counts;
    Ok(page(
        errors.status(),
        &ListPage {
            errors,
            carried: look.carry(),
            lead: t.count_with(
                "partners-clients-lead",
                counts.all,
                &[("organization", name), ("ending", &counts.in_30_days)],
            ),
            views: views(&t, &look, organization, counts),
            states: states(&t, &look),
            leaver: leaver(&look, organization, &colleagues),
            people: people(&look, colleagues),
            is_narrowed: !look.q.is_empty()
                || !look.state.is_empty()
                || !look.view.is_empty()
                || !look.user.is_empty(),
            has_any: counts.all > 0,
            choose_all: look.href(organization, &look.view, offset, "all"),
            choose_none: look.href(organization, &look.view, offset, ""),
            earlier: (offset > 0)
                .then(|| look.href(organization, &look.view, (offset - ON_A_PAGE).max(0), "")),
            later: found.has_more.then(|| look.href(organization, &look.view, offset + ON_A_PAGE, "")),
            rows: found.clients.into_iter().map(|client| Row::new(caller, &t, client)).collect(),
            is_administrator: found.is_administrator,
            organization,
            place,
            look,
            shell,
        },
    ))
}

fn views(t: &Text, look: &Look, organization: OrganizationId, counts: Counts) -> Vec<View> {
    let all = [
        ("", "partners-view-all", counts.all),
        ("ending-30", "partners-view-30", counts.in_30_days),
        ("ending-7", "partners-view-7", counts.in_7_days),
        ("ending-1", "partners-view-1", counts.in_1_day),
        ("unused", "partners-view-unused", counts.unused),
        ("pending", "partners-view-pending", counts.pending),
    ];
    // A view is a beginning: what was looked for before is not in it.
    let plain = Look::default();
    let view = |(view, key, count): (&str, &str, i64)| View {
        href: plain.href(organization, view, 0, ""),
        label: t.get(key),
        count,
        is_current: look.view == view && look.q.is_empty() && look.state.is_empty() && look.user.is_empty(),
    };
    all.into_iter().map(view).collect()
}

fn states(t: &Text, look: &Look) -> Vec<(&'static str, String, bool)> {
    State::ALL.into_iter().map(|state| (state.class(), state.word(t), state.class() == look.state)).collect()
}

fn people(look: &Look, colleagues: Vec<Colleague>) -> Vec<(String, String, bool)> {
    let one = |person: Colleague| {
        let id = person.membership.to_string();
        let is_chosen = id == look.user;
        (id, person.name, is_chosen)
    };
    colleagues.into_iter().map(one).collect()
}

fn leaver(look: &Look, organization: OrganizationId, colleagues: &[Colleague]) -> Option<(String, String)> {
    let person = colleagues.iter().find(|person| person.membership.to_string() == look.user)?;
    Some((
        format!("/my-clients/leaver/{}?organization={organization}", person.membership),
        person.name.clone(),
    ))
}
