//! The pages: reports, one report, its form, what arrived with a request, and the ticker.

use std::sync::Arc;

use askama::Template;
use axum::{
    Json,
    extract::{Form, Path, State},
    response::{Html, IntoResponse, Redirect, Response},
};
use http::{HeaderMap, StatusCode, header};
use jiff::tz::TimeZone;
use kernel::Timestamp;
use serde::Deserialize;

use super::{
    Product, Visitor,
    assertion::{self, Acting, Assertion},
    books::{Change, Entry},
};

const LONGEST_TITLE: usize = 80;
const LONGEST_NOTE: usize = 500;
/// Enough to recognize an assertion, too little to use it.
const SHOWN_OF_ASSERTION: usize = 24;

/// What stands around every page.
struct Frame {
    title: String,
    here: &'static str,
    banner: Option<Banner>,
    visitor: Option<Names>,
}

struct Names {
    person: String,
    account: String,
}

/// The words that say, before anything else, that a stranger is in these books.
struct Banner {
    sentence: String,
    terms: String,
}

impl Frame {
    fn new(title: impl Into<String>, here: &'static str, visitor: &Assertion, now: Timestamp) -> Self {
        Self {
            title: title.into(),
            here,
            banner: Banner::of(visitor, now),
            visitor: Some(Names {
                person: visitor.person().to_owned(),
                account: visitor.account_name.clone(),
            }),
        }
    }

    fn is_acting(&self) -> bool {
        self.banner.is_some()
    }
}

impl Banner {
    fn of(visitor: &Assertion, now: Timestamp) -> Option<Self> {
        let sender = visitor.act.as_ref().and_then(|act| act.act.as_ref());
        let role = match visitor.acting {
            Acting::None => return None,
            Acting::Support => "as support".to_owned(),
            Acting::Partner => format!("for {}", sender.map_or("a partner", |sender| &sender.name)),
            Acting::Temporary => "as temporary support".to_owned(),
        };
        let until =
            visitor.grant_ends_at().map(|at| format!(" until {} UTC", clock(at, now))).unwrap_or_default();
        let mode = if visitor.may_write() { "may change entries" } else { "read only" };
        let ticket = visitor.ticket.as_ref().map(|ticket| format!(" · ticket {ticket}")).unwrap_or_default();
        Some(Self {
            sentence: format!("You are acting {role} in {}{until}", visitor.account_name),
            terms: format!("{} · {mode}{ticket}", visitor.person()),
        })
    }
}

/// The time of day, with the day where it is not today.
fn clock(at: Timestamp, now: Timestamp) -> String {
    let civil = |at: Timestamp| {
        let at = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or_default();
        at.to_zoned(TimeZone::UTC)
    };
    let (at, now) = (civil(at), civil(now));
    let words = if at.date() == now.date() { "%H:%M" } else { "%-d %B, %H:%M" };
    at.strftime(words).to_string()
}

#[derive(Template)]
#[template(path = "product/list.html")]
struct ListPage {
    frame: Frame,
    entries: Vec<Row>,
}

struct Row {
    entry: Entry,
    changed: Option<String>,
}

#[derive(Template)]
#[template(path = "product/detail.html")]
struct DetailPage {
    frame: Frame,
    entry: Entry,
    changed: Option<String>,
}

#[derive(Template)]
#[template(path = "product/edit.html")]
struct EditPage {
    frame: Frame,
    entry: Entry,
    is_read_only: bool,
    fault: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "product/request.html")]
struct RequestPage {
    frame: Frame,
    headers: Vec<(String, String)>,
    claims: String,
}

#[derive(Template)]
#[template(path = "product/forge.html")]
struct ForgePage {
    frame: Frame,
    host: String,
}

#[derive(Template)]
#[template(path = "product/ticker.html")]
struct TickerPage {
    frame: Frame,
}

#[derive(Template)]
#[template(path = "product/refused.html")]
struct RefusedPage<'a> {
    frame: Frame,
    heading: &'a str,
    sentence: &'a str,
}

pub async fn list(State(product): State<Arc<Product>>, Visitor(visitor): Visitor) -> Response {
    let now = product.clock.now();
    let entries = product.books.list(&visitor.claims.account).into_iter();
    show(
        StatusCode::OK,
        &ListPage {
            frame: Frame::new("Reports", "reports", &visitor.claims, now),
            entries: entries.map(|entry| Row { changed: changed(&entry, now), entry }).collect(),
        },
    )
}

pub async fn detail(
    State(product): State<Arc<Product>>,
    Visitor(visitor): Visitor,
    Path(slug): Path<String>,
) -> Response {
    let now = product.clock.now();
    let Some(entry) = product.books.find(&visitor.claims.account, &slug) else {
        return missing(&visitor.claims, now);
    };
    show(
        StatusCode::OK,
        &DetailPage {
            frame: Frame::new(&entry.title, "reports", &visitor.claims, now),
            changed: changed(&entry, now),
            entry,
        },
    )
}

pub async fn edit(
    State(product): State<Arc<Product>>,
    Visitor(visitor): Visitor,
    Path(slug): Path<String>,
) -> Response {
    let now = product.clock.now();
    match product.books.find(&visitor.claims.account, &slug) {
        Some(entry) => show(StatusCode::OK, &form(entry, &visitor.claims, now, None)),
        None => missing(&visitor.claims, now),
    }
}

#[derive(Deserialize)]
pub struct Edited {
    title: String,
    note: String,
}

fn fault(title: &str, note: &str) -> Option<&'static str> {
    if title.is_empty() || title.chars().count() > LONGEST_TITLE {
        Some("A title has between 1 and 80 characters.")
    } else if note.chars().count() > LONGEST_NOTE {
        Some("A note has at most 500 characters.")
    } else {
        None
    }
}

/// The proxy has refused a read-only session before it comes here; the product keeps to the mode all the same.
pub async fn change(
    State(product): State<Arc<Product>>,
    Visitor(visitor): Visitor,
    Path(slug): Path<String>,
    Form(edited): Form<Edited>,
) -> Response {
    let visitor = &visitor.claims;
    let now = product.clock.now();
    if !visitor.may_write() {
        return show(
            StatusCode::FORBIDDEN,
            &RefusedPage {
                frame: Frame::new("Read only", "reports", visitor, now),
                heading: "Your access is read only",
                sentence: "Nothing was changed. The customer decides whether support may change entries.",
            },
        );
    }
    let (title, note) = (edited.title.trim().to_owned(), edited.note.trim().to_owned());
    let Some(mut entry) = product.books.find(&visitor.account, &slug) else {
        return missing(visitor, now);
    };
    if let Some(fault) = fault(&title, &note) {
        entry.title = title;
        entry.note = note;
        return show(StatusCode::UNPROCESSABLE_ENTITY, &form(entry, visitor, now, Some(fault)));
    }
    let by = match (visitor.is_acting(), &visitor.ticket) {
        (true, Some(ticket)) => format!("{} (support, ticket {ticket})", visitor.person()),
        (true, None) => format!("{} (support)", visitor.person()),
        (false, _) => visitor.person().to_owned(),
    };
    let change = Change { at: now, by };
    if product.books.change(&visitor.account, &slug, title, note, change) {
        Redirect::to(&format!("/ledger/{slug}")).into_response()
    } else {
        missing(visitor, now)
    }
}

pub async fn request(
    State(product): State<Arc<Product>>,
    Visitor(visitor): Visitor,
    headers: HeaderMap,
) -> Response {
    let now = product.clock.now();
    let claims = serde_json::to_string_pretty(&visitor.as_sent).unwrap_or_default();
    show(
        StatusCode::OK,
        &RequestPage {
            frame: Frame::new("This request", "request", &visitor.claims, now),
            headers: shown(&headers),
            claims,
        },
    )
}

/// What arrived, for the page's script to compare with what it sent.
pub async fn request_headers(Visitor(_): Visitor, headers: HeaderMap) -> Json<Vec<(String, String)>> {
    Json(shown(&headers))
}

pub async fn forge(
    State(product): State<Arc<Product>>,
    Visitor(visitor): Visitor,
    headers: HeaderMap,
) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost:8081");
    show(
        StatusCode::OK,
        &ForgePage {
            frame: Frame::new("Send a forged header", "request", &visitor.claims, product.clock.now()),
            host: host.to_owned(),
        },
    )
}

pub async fn ticker(State(product): State<Arc<Product>>, Visitor(visitor): Visitor) -> Response {
    let frame = Frame::new("Live", "live", &visitor.claims, product.clock.now());
    show(StatusCode::OK, &TickerPage { frame })
}

pub async fn not_found(State(product): State<Arc<Product>>, Visitor(visitor): Visitor) -> Response {
    missing(&visitor.claims, product.clock.now())
}

pub async fn stylesheet() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("ledger.css")).into_response()
}

pub async fn script() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("ledger.js")).into_response()
}

pub async fn icon() -> Response {
    ([(header::CONTENT_TYPE, "image/svg+xml")], include_str!("ledger.svg")).into_response()
}

/// The page for somebody who is not known, or may not.
pub fn refused(status: StatusCode, heading: &str, sentence: &str) -> Response {
    let frame = Frame { title: heading.to_owned(), here: "", banner: None, visitor: None };
    show(status, &RefusedPage { frame, heading, sentence })
}

fn missing(visitor: &Assertion, now: Timestamp) -> Response {
    show(
        StatusCode::NOT_FOUND,
        &RefusedPage {
            frame: Frame::new("Not found", "", visitor, now),
            heading: "This page does not exist",
            sentence: "The address may be mistyped, or the report was renamed.",
        },
    )
}

fn form(entry: Entry, visitor: &Assertion, now: Timestamp, fault: Option<&'static str>) -> EditPage {
    EditPage {
        frame: Frame::new(format!("Edit {}", entry.title), "reports", visitor, now),
        entry,
        is_read_only: !visitor.may_write(),
        fault,
    }
}

fn changed(entry: &Entry, now: Timestamp) -> Option<String> {
    let change = entry.change.as_ref()?;
    Some(format!("{} UTC, {}", clock(change.at, now), change.by))
}

fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut shown: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| {
            let mut value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            if name.as_str() == assertion::HEADER {
                value = value.chars().take(SHOWN_OF_ASSERTION).chain("…".chars()).collect();
            }
            (name.as_str().to_owned(), value)
        })
        .collect();
    shown.sort();
    shown
}

fn show(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(page) => (status, Html(page)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page of the sample product could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
