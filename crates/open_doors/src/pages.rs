//! The page of everything that is open, and the question before all of it is closed.

use askama::Template;
use axum::{Router, response::Response, routing::get};
use grants::State;
use http::StatusCode;
use kernel::OrganizationId;
use organizations::Organization;
use serde::Deserialize;
use web::{
    App, Caller, Failure,
    page::{self, Console, Shell, page, see_other},
    rest::{Path, Query},
    text::Text,
};

use crate::{
    model::{Door, Kind},
    operations,
};

pub fn page_routes() -> Router<App> {
    Router::new()
        .route("/organizations/{id}/open-doors", get(show))
        .route("/organizations/{id}/open-doors/close", get(ask).post(close))
}

struct Row {
    icon: &'static str,
    who: String,
    line: String,
    state: page::State,
    until: String,
    last_used: String,
    is_forgotten: bool,
    href: String,
}

#[derive(Template)]
#[template(path = "open_doors.html")]
struct ListPage {
    shell: Shell,
    heading: String,
    organization: Organization,
    rows: Vec<Row>,
    forgotten: i64,
}

#[derive(Template)]
#[template(path = "close_doors.html")]
struct ClosePage {
    shell: Shell,
    means: String,
    here: String,
    action: String,
    rows: Vec<Row>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Done {
    done: String,
}

fn at(organization: OrganizationId) -> String {
    format!("/organizations/{organization}/open-doors")
}

async fn show(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Query(done): Query<Done>,
) -> Result<Response, Failure> {
    caller.person()?;
    let (organization, doors) = operations::list(&caller, id).await?;
    let t = caller.text();
    let title = t.with("open_doors-title-of", [("organization", &organization.name)]);
    let mut shell = caller.shell(Console::Customer, "organizations", title);
    shell.live = true;
    shell.answer =
        (done.done == "closed").then(|| t.with("open_doors-closed", [("clock", &t.clock(caller.now))]));
    let forgotten = doors.iter().filter(|door| door.is_forgotten(caller.now)).count();
    let page_ = ListPage {
        heading: heading(&t, &doors),
        rows: rows(&caller, &t, &doors),
        forgotten: i64::try_from(forgotten).unwrap_or(i64::MAX),
        shell,
        organization,
    };
    Ok(page(StatusCode::OK, &page_))
}

/// "3 doors are open, 1 waits"
fn heading(t: &Text, doors: &[Door]) -> String {
    let count = |state| i64::try_from(doors.iter().filter(|door| door.state == state).count()).unwrap_or(0);
    let open = t.count("open_doors-open", count(State::Active));
    let others = [("open_doors-waiting", State::Pending), ("open_doors-disabled", State::Disabled)];
    let others = others.map(|(key, state)| (key, count(state))).into_iter().filter(|(_, n)| *n > 0);
    others.fold(open, |open, (key, n)| {
        t.with("open_doors-open-and", [("open", &open), ("others", &t.count(key, n))])
    })
}

async fn ask(caller: Caller, Path(id): Path<OrganizationId>) -> Result<Response, Failure> {
    caller.person()?;
    let (organization, doors) = operations::list(&caller, id).await?;
    if doors.is_empty() {
        return Ok(see_other(&at(id)));
    }
    let t = caller.text();
    let title = t.with("open_doors-close-title", [("organization", &organization.name)]);
    let shell = caller.shell(Console::Customer, "organizations", title);
    let page_ = ClosePage {
        means: means(&t, &doors),
        rows: rows(&caller, &t, &doors),
        here: at(id),
        action: format!("{}/close", at(id)),
        shell,
    };
    Ok(page(StatusCode::OK, &page_))
}

/// Who loses access, by name.
fn means(t: &Text, doors: &[Door]) -> String {
    let who = |door: &Door| match door.kind {
        Kind::TemporaryCredentials => vec![t.get("open_doors-holder")],
        _ => door.who.clone(),
    };
    let mut names: Vec<String> = doors.iter().flat_map(who).collect();
    names.dedup();
    if names.is_empty() {
        return t.get("open_doors-close-means-nobody");
    }
    let last = names.pop().unwrap_or_default();
    let names = if names.is_empty() {
        last
    } else {
        t.with("open_doors-and", [("names", &names.join(", ")), ("last", &last)])
    };
    t.with("open_doors-close-means", [("names", &names)])
}

async fn close(caller: Caller, Path(id): Path<OrganizationId>) -> Result<Response, Failure> {
    caller.person()?;
    operations::close_all(&caller, id).await?;
    Ok(see_other(&format!("{}?done=closed", at(id))))
}

fn rows(caller: &Caller, t: &Text, doors: &[Door]) -> Vec<Row> {
    doors.iter().map(|door| row(caller, t, door)).collect()
}

fn row(caller: &Caller, t: &Text, door: &Door) -> Row {
    let kind = t.get(match door.kind {
        Kind::SupportToken => "open_doors-kind-support-token",
        Kind::TemporaryCredentials => "open_doors-kind-temporary-credentials",
        Kind::Partner => "open_doors-kind-partner",
        Kind::VendorStaff => "open_doors-kind-vendor-staff",
        Kind::IntegrationLogin => "open_doors-kind-integration-login",
    });
    let mode = t.get(if door.may_write { "open_doors-mode-write" } else { "open_doors-mode-read-only" });
    let who = door.who.join(", ");
    // A partner is called by its name, and its people stand below it.
    let (who, below) =
        if door.kind == Kind::Partner { (door.name.clone(), &who) } else { (who.clone(), &door.name) };
    let mut line = vec![t.with("open_doors-kind-name", [("kind", &kind), ("name", below)])];
    line.extend(door.permissions.iter().cloned());
    if !door.ticket.is_empty() {
        line.push(t.with("open_doors-ticket", [("ticket", &door.ticket)]));
    }
    if matches!(door.kind, Kind::SupportToken | Kind::TemporaryCredentials | Kind::Partner) {
        line.push(mode);
    }
    let until = match (door.ends_at, door.state) {
        (None, _) => t.get("open_doors-no-end"),
        (Some(at), State::Pending) => t.with("open_doors-waits-until", [("clock", &t.clock_with_today(at))]),
        (Some(at), _) => t.with("open_doors-until", [("clock", &t.clock_with_today(at))]),
    };
    Row {
        icon: door.kind.icon(),
        who: if who.is_empty() { t.get("open_doors-nobody-yet") } else { who },
        line: line.join(" · "),
        state: match door.state {
            State::Pending => page::State::Pending,
            State::Disabled => page::State::Disabled,
            _ => page::State::Active,
        },
        until: match door.review_at {
            Some(at) => t.with("open_doors-review", [("until", &until), ("day", &t.day(at))]),
            None => until,
        },
        last_used: match door.last_used_at {
            Some(at) => t.with("open_doors-last-used", [("clock", &t.clock(at))]),
            None => t.get("open_doors-never-used"),
        },
        is_forgotten: door.is_forgotten(caller.now),
        href: door.href.clone(),
    }
}
