//! The first screen of a member: a card for each organization, with its padlock.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use kernel::{Error, GrantId};
use serde::Deserialize;
use web::{
    Caller, Failure,
    page::{Console, Shell, page, see_other},
    rest::Query,
    text::Text,
};

use super::view::View;
use crate::operations::{self, Card};

/// From so many on, a card is looked for by name.
const SEARCH_FROM: usize = 9;

#[derive(Template)]
#[template(path = "organizations.html")]
struct OrganizationsPage {
    shell: Shell,
    cards: Vec<CardView>,
    /// "1 of 6 organizations is open to outsiders"; empty if none is.
    open_line: String,
    may_close: bool,
    has_search: bool,
    q: String,
    has_any: bool,
}

struct CardView {
    id: kernel::OrganizationId,
    name: String,
    sub: String,
    live: Option<View>,
    last: String,
    is_administrator: bool,
    is_partner: bool,
    is_client: bool,
    class: &'static str,
    say: String,
}

#[derive(Template)]
#[template(path = "close_all.html")]
struct CloseAllPage {
    shell: Shell,
    tokens: Vec<View>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    /// The token that was just revoked; what is said of it is read from the database.
    revoked: String,
    /// Not empty after *Close all*.
    closed: String,
}

pub async fn show(caller: Caller, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    caller.person()?;
    let t = caller.text();
    let mut cards = operations::cards(&caller).await?;
    let open = cards.iter().filter(|card| card.is_open(caller.now)).count();
    let user = caller.person()?.user;
    let may_close = cards.iter().any(|card| card.is_open(caller.now) && card.revocable(user).is_some());
    let all = cards.len();
    let has_search = all >= SEARCH_FROM;
    let needle = asked.q.trim().to_lowercase();
    if has_search && !needle.is_empty() {
        cards.retain(|card| card.organization.name.to_lowercase().contains(&needle));
    }
    let mut shell = caller.shell(Console::Customer, "organizations", t.get("tokens-organizations-title"));
    shell.live = true;
    shell.answer = answer(&caller, &t, &asked, open).await?;
    let open_line =
        if open == 0 { String::new() } else { t.count_with("tokens-open-line", open, &[("all", &all)]) };
    let page_ = OrganizationsPage {
        cards: cards.iter().map(|card| card_view(&caller, &t, card)).collect(),
        open_line,
        may_close,
        has_search,
        q: asked.q,
        has_any: all > 0,
        shell,
    };
    Ok(page(StatusCode::OK, &page_))
}

/// What the page before did, as it stands now: an address cannot put a sentence on the page that is not so.
async fn answer(caller: &Caller, t: &Text, asked: &Asked, open: usize) -> Result<Option<String>, Failure> {
    if !asked.closed.is_empty() {
        let key = if open == 0 { "tokens-closed-all" } else { "tokens-closed-some" };
        return Ok(Some(t.with(key, [("clock", &t.clock(caller.now))])));
    }
    let Ok(id) = asked.revoked.parse::<GrantId>() else {
        return Ok(None);
    };
    let token = match operations::get(caller, id).await {
        Ok(token) => token,
        Err(Error::NotFound) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let Some(ended) = &token.grant.ended else {
        return Ok(None);
    };
    let clock = t.clock(ended.at);
    let sentence = match &token.association {
        Some(agent) => t.with("tokens-revoked-taken", [("clock", &clock), ("agent", &agent.agent_name)]),
        None => t.with("tokens-revoked-waiting", [("clock", &clock)]),
    };
    Ok(Some(sentence))
}

fn card_view(caller: &Caller, t: &Text, card: &Card) -> CardView {
    let live = card.live.as_ref().map(|token| View::new(caller, t, token));
    let companies = t.count("tokens-companies", card.organization.companies);
    let members = t.count("tokens-members", card.members);
    let class = match &live {
        Some(view) if view.is_active() => "is-open",
        Some(_) => "is-waiting",
        None => "",
    };
    let name = &card.organization.name;
    let say = match &live {
        Some(view) if view.is_active() => t.with(
            "tokens-say-open",
            [("organization", name), ("agent", &view.agent), ("until", &view.until_clock)],
        ),
        Some(_) => t.with("tokens-say-waiting", [("organization", name)]),
        None => t.with("tokens-say-closed", [("organization", name)]),
    };
    CardView {
        id: card.organization.id,
        name: name.clone(),
        sub: if card.organization.companies > 0 {
            t.with("tokens-card-sub", [("companies", &companies), ("members", &members)])
        } else {
            members
        },
        live,
        last: match card.last_outsider_at {
            Some(at) => t.with("tokens-last-outsider", [("clock", &t.clock(at))]),
            None => t.get("tokens-no-outsider"),
        },
        is_administrator: card.membership.is_administrator(),
        is_partner: card.organization.partner_since.is_some(),
        is_client: card.organization.client_since.is_some(),
        class,
        say,
    }
}

pub async fn ask_to_close_all(caller: Caller) -> Result<Response, Failure> {
    caller.person()?;
    let t = caller.text();
    let tokens = operations::closable(&caller).await?;
    if tokens.is_empty() {
        return Ok(see_other("/organizations?closed=1"));
    }
    let shell = caller.shell(Console::Customer, "organizations", t.get("tokens-close-all-title"));
    let tokens = tokens.iter().map(|token| View::new(&caller, &t, token)).collect();
    Ok(page(StatusCode::OK, &CloseAllPage { shell, tokens }))
}

pub async fn close_all(caller: Caller) -> Result<Response, Failure> {
    operations::close_all(&caller).await?;
    Ok(see_other("/organizations?closed=1"))
}
