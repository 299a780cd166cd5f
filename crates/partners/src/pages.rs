//! *My Clients*, *My Partner*, and what the vendor keeps of both.

mod admin;
mod client;
mod clients;
mod many;
mod offer;
mod partner;
mod users;

use axum::{
    Router,
    response::Response,
    routing::{get, post},
};
use grants::State as GrantState;
use http::StatusCode;
use kernel::{Error, FieldError, OrganizationId, Timestamp};
use organizations::{MemberKind, Membership, Organization};
use web::{
    App, Caller, Failure,
    page::{Console, Shell, State, page},
    text::Text,
};

use crate::model::{Permission, Token};

pub fn page_routes() -> Router<App> {
    Router::new()
        .route("/my-clients", get(clients::list))
        .route("/my-clients/new", get(client::ask_new).post(client::add))
        .route("/my-clients/many", get(many::ask).post(many::act))
        .route("/my-clients/done", get(many::done))
        .route("/my-clients/leaver/{member}", get(users::ask_leaver).post(users::leaver))
        .route("/my-clients/{grant}", get(client::show))
        .route("/my-clients/{grant}/enter", get(client::choose_product).post(client::enter))
        .route("/my-clients/{grant}/disable", get(client::ask_to_disable).post(client::disable))
        .route("/my-clients/{grant}/activate", get(client::ask_to_activate).post(client::activate))
        .route("/my-clients/{grant}/delete", get(client::ask_to_delete).post(client::delete))
        .route("/my-clients/{grant}/users", get(users::ask).post(users::authorize))
        .route("/my-clients/{grant}/users/{member}", get(users::show).post(users::change))
        .route("/my-clients/{grant}/users/{member}/revoke", get(users::ask_to_revoke).post(users::revoke))
        .route("/my-partner", get(partner::list))
        .route("/my-partner/authorize", get(partner::ask).post(partner::authorize))
        .route("/my-partner/{grant}/edit", get(partner::show).post(partner::change))
        .route("/my-partner/{grant}/revoke", get(partner::ask_to_revoke).post(partner::revoke))
        .route("/admin/partners", get(admin::list))
        .route("/admin/organizations/{organization}/registration", get(admin::show).post(admin::register))
        .route("/admin/organizations/{organization}/registration/confirm", get(admin::ask_to_register))
        .route("/admin/permissions", get(offer::list).post(offer::add))
        .route("/admin/permissions/{permission}", get(offer::show).post(offer::change))
        .route("/admin/permissions/{permission}/remove", get(offer::ask_to_remove).post(offer::remove))
        .route("/admin/applications/{application}/rules", get(offer::rules).post(offer::add_rule))
        .route("/admin/applications/{application}/rules/remove", post(offer::remove_rule))
}

/// The frame of a page of *My Clients*.
fn of_clients(caller: &Caller, title: impl Into<String>) -> Shell {
    caller.shell(Console::Partner, "clients", title)
}

/// The frame of a page of *My Partner*.
fn of_partner(caller: &Caller, title: impl Into<String>) -> Shell {
    caller.shell(Console::Customer, "partner", title)
}

fn at_client(id: impl std::fmt::Display) -> String {
    format!("/my-clients/{id}")
}

fn state_of(token: &Token, now: Timestamp) -> State {
    match token.state(now) {
        GrantState::Pending => State::Pending,
        GrantState::Active => State::Active,
        GrantState::Disabled => State::Disabled,
        GrantState::Expired => State::Expired,
        GrantState::Revoked => State::Revoked,
    }
}

/// The client's name, or what stands in its place.
fn name_of(t: &Text, token: &Token) -> String {
    match token.name() {
        "" => t.get("partners-no-name"),
        name => name.to_owned(),
    }
}

/// End and review, or until when it waits.
fn dates_of(t: &Text, token: &Token, now: Timestamp) -> String {
    if token.state(now) == GrantState::Pending {
        return t.with("partners-answer-by", [("clock", &t.clock(token.grant.answer_by))]);
    }
    if let Some(at) = token.grant.over_at(now) {
        return t.with("partners-ended-at", [("clock", &t.clock(at))]);
    }
    match (token.grant.ends_at, token.review_at) {
        (None, None) => t.get("partners-no-end"),
        (Some(end), None) => t.clock(end),
        (None, Some(review)) => t.with("partners-no-end-review", [("review", &t.clock(review))]),
        (Some(end), Some(review)) => {
            t.with("partners-end-review", [("end", &t.clock(end)), ("review", &t.clock(review))])
        }
    }
}

fn used_at(t: &Text, at: Option<Timestamp>) -> String {
    at.map_or_else(|| t.get("partners-never"), |at| t.clock(at))
}

/// A permission to tick.
struct Tick {
    key: String,
    name: String,
    explanation: String,
    is_chosen: bool,
}

fn ticks(offered: &[Permission], chosen: &[String]) -> Vec<Tick> {
    offered
        .iter()
        .map(|permission| Tick {
            key: permission.key.clone(),
            name: permission.name.clone(),
            explanation: permission.explanation.clone(),
            is_chosen: chosen.contains(&permission.key),
        })
        .collect()
}

fn names(permissions: &[Permission]) -> String {
    permissions.iter().map(|permission| permission.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// A form with several fields of one name, as boxes to tick send them.
#[derive(Debug, Default)]
struct Fields(Vec<(String, String)>);

impl Fields {
    fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str())
    }

    fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(field, _)| field == name).map(|(_, value)| value.clone()).collect()
    }

    /// Ids; what is none is not there.
    fn ids<T: std::str::FromStr>(&self, name: &str) -> Result<Vec<T>, Error> {
        self.all(name).iter().map(|text| text.parse().map_err(|_| Error::NotFound)).collect()
    }
}

/// The organization that a page is about, where its address does not say.
enum Which {
    One(OrganizationId),
    Several(Vec<Organization>),
    None,
}

async fn which(
    caller: &Caller,
    asked: &str,
    is_one: impl Fn(&Organization, &Membership) -> bool,
) -> Result<Which, Failure> {
    let person = caller.person()?.user;
    if !asked.is_empty() {
        return Ok(Which::One(asked.parse().map_err(|_| Error::NotFound)?));
    }
    let mut tx = caller.read().await?;
    let places = organizations::operations::memberships_of(&mut tx, person, caller.now).await?;
    let mut found: Vec<Organization> = places
        .into_iter()
        .filter(|(place, organization)| place.kind == MemberKind::Customer && is_one(organization, place))
        .map(|(_, organization)| organization)
        .collect();
    Ok(match (found.len(), found.pop()) {
        (1, Some(one)) => Which::One(one.id),
        (_, Some(last)) => {
            found.push(last);
            Which::Several(found)
        }
        _ => Which::None,
    })
}

async fn partner_of(caller: &Caller, asked: &str) -> Result<Which, Failure> {
    which(caller, asked, |organization, _| organization.partner_since.is_some()).await
}

async fn client_of(caller: &Caller, asked: &str) -> Result<Which, Failure> {
    which(caller, asked, |organization, place| {
        organization.client_since.is_some() && place.is_administrator()
    })
    .await
}

fn no_partner(caller: &Caller) -> Failure {
    let vendor = &caller.world.settings.vendor_name;
    Error::forbidden(
        "partner_required",
        format!("This menu is available once {vendor} has registered your company as a partner."),
    )
    .into()
}

fn no_client(caller: &Caller) -> Failure {
    let vendor = &caller.world.settings.vendor_name;
    Error::forbidden(
        "client_required",
        format!(
            "This menu is for administrators of organizations that {vendor} has registered as clients of partners."
        ),
    )
    .into()
}

#[derive(askama::Template)]
#[template(path = "choose_organization.html")]
struct ChoosePage {
    shell: Shell,
    organizations: Vec<(OrganizationId, String)>,
    path: &'static str,
}

fn choose(shell: Shell, organizations: Vec<Organization>, path: &'static str) -> Response {
    let organizations = organizations.into_iter().map(|one| (one.id, one.name)).collect();
    page(StatusCode::OK, &ChoosePage { shell, organizations, path })
}

/// A question before something is done.
#[derive(askama::Template)]
#[template(path = "ask.html")]
struct AskPage {
    shell: Shell,
    back: String,
    back_label: String,
    question: String,
    means: Vec<String>,
    action: String,
    verb: String,
    keep: String,
    keep_label: String,
}

/// A day that somebody typed is its last minute on their clock; nothing is no day.
fn typed_day(t: &Text, field: &'static str, day: &str) -> Result<Option<Timestamp>, FieldError> {
    if day.trim().is_empty() {
        return Ok(None);
    }
    t.moment_of(day.trim(), "23:59").map(Some).ok_or_else(|| FieldError {
        field,
        code: kernel::Code("not_a_day"),
        sentence: t.get("partners-not-a-day"),
    })
}

/// A moment as a field for a day wants it, on the person's clock.
fn day_of(caller: &Caller, at: Option<Timestamp>) -> String {
    let zone = caller.person().map(|person| person.time_zone.clone()).unwrap_or_default();
    let zone = jiff::tz::TimeZone::get(&zone).unwrap_or(jiff::tz::TimeZone::UTC);
    at.and_then(|at| jiff::Timestamp::from_microsecond(at.as_micros()).ok())
        .map(|at| at.to_zoned(zone).date().to_string())
        .unwrap_or_default()
}
