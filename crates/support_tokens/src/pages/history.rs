//! Every token there ever was: of an organization for its members, of an agent for themselves.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use kernel::{GrantId, OrganizationId};
use serde::Deserialize;
use web::{
    Caller, Failure,
    page::{Console, Shell, page},
    rest::{Path, Query},
};

use super::view::View;
use crate::operations::{self, Page};

const AT_ONCE: i64 = 50;

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    shell: Shell,
    id: OrganizationId,
    lead: String,
    rows: Vec<Row>,
    next: Option<GrantId>,
    is_first: bool,
    is_closed: bool,
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

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Before {
    before: Option<GrantId>,
}

pub async fn of_organization(
    caller: Caller,
    Path(id): Path<OrganizationId>,
    Query(Before { before }): Query<Before>,
) -> Result<Response, Failure> {
    let user = caller.person()?.user;
    let (organization, membership) = {
        let mut tx = caller.read().await?;
        organizations::operations::require_member(&caller, &mut tx, id).await?
    };
    let Page { tokens, next } = operations::history(&caller, id, before, AT_ONCE).await?;
    let t = caller.text();
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
    let page_ = HistoryPage {
        lead: t.with("tokens-history-lead", [("organization", &organization.name), ("vendor", vendor)]),
        is_closed: before.is_none() && !rows.iter().any(|row| row.token.is_live()),
        shell,
        id,
        rows,
        next,
        is_first: before.is_none(),
    };
    Ok(page(StatusCode::OK, &page_))
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
