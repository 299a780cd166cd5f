//! The parts, in one page, as a capability would use them.

use askama::Template;
use axum::{body::to_bytes, extract::FromRequest, response::IntoResponse};
use http::{Request, StatusCode, header};
use kernel::{Error, FieldError, Timestamp};
use serde::Deserialize;

use super::*;
use crate::{self as web, text::Text};

const NOW: Timestamp = Timestamp::from_seconds(1_773_328_440);

fn text() -> Text {
    Text::new("en", "America/Sao_Paulo", NOW)
}

fn shell(title: &str) -> Shell {
    Shell {
        console: Console::Customer,
        current: "organizations",
        viewer: Some(Viewer {
            staff: kernel::Staff { agent_level: Some(2), is_administrator: true },
            name: "Joana da Silva".to_owned(),
            consoles: vec![(Console::Customer, true), (Console::Desk, false)],
            has_my_partner: false,
        }),
        vendor: "Ledger".to_owned(),
        live: true,
        ..Shell::public(text(), title)
    }
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% extends "layout.html" %}{% import "parts.html" as p %}{% block main %}
{% call p::title(shell.title, "lead") %}<a class="btn" href="/x">x</a>{% endcall %}
{% for state in web::page::State::ALL %}{{ p::chip(state, shell.t) }}{% endfor %}
{{ p::chip(state, shell.t) }}{{ p::legend(shell.t) }}{{ p::ring(from, to, shell.t) }}{{ p::ring(from, to, shell.t, true) }}
{{ p::pad("hanging") }}{{ p::icon("key") }}{{ p::crumb("/organizations", "Organizations") }}
{{ p::errors(errors, shell.t) }}
{{ p::field(errors, "ticket", "Ticket number", ticket, hint = "The number", attrs = "required inputmode=numeric") }}
{{ p::area(errors, "reason", "Reason", ticket) }}
{% call p::select(errors, "zone", "Zone") %}<option>UTC</option>{% endcall %}
{% call p::choice(errors, "hours", "How long") %}<div class="pills">{{ p::pill("hours", 1, "1 hour") }}{{ p::pill("hours", 4, "4 hours", true) }}</div>{% endcall %}
{{ p::opt("mode", "read", "Read only", "They look.", true) }}{{ p::tick("sure", "yes", "I am") }}
{% call p::notice("wait", "info") %}<p>{{ ticket }}</p>{% endcall %}
{{ p::hands("Who did what.", hands) }}{{ p::person("AS", "Ana Souza", "Support agent") }}
{% call p::empty() %}<p>Nothing.</p>{% endcall %}
{% call p::more("More for Aurora") %}<li><a href="/y">y</a></li>{% endcall %}
{{ p::lock("/z", "closed", "Open to support", ticket) }}{{ p::copy(ticket, "Copy") }}
{% call p::confirm("Revoke?", "/revoke", "Revoke token", "/", "Keep it") %}<p>Ana loses access.</p>{% endcall %}
{{ p::act("/close", "Close all", "btn danger") }}{{ p::live("Ana is viewing") }}
<dl class="facts">{{ p::fact("Until", shell.t.time(to)) }}</dl>
{{ shell.t.say("more-for", [("name", &ticket)]) }}{{ shell.t.rich("more-for", [("name", &hands.len())]) }}
{{ shell.t.count("length-hours", hands.len()) }}
{% endblock %}"#
)]
struct Everything {
    shell: Shell,
    errors: Errors,
    state: State,
    from: Timestamp,
    to: Timestamp,
    ticket: String,
    hands: Vec<(String, String)>,
}

fn everything(errors: Errors) -> String {
    let name = |text: &str| (text.to_owned(), "10:00".to_owned());
    Everything {
        shell: shell("Parts"),
        errors,
        state: State::Revoked,
        from: Timestamp::from_seconds(1_773_320_400),
        to: Timestamp::from_seconds(1_773_334_800),
        ticket: "\"><script>alert(1)</script>".to_owned(),
        hands: vec![name("Joana"), name("Ana Souza"), name("Aurora Holding")],
    }
    .render()
    .expect("all parts render")
}

#[test]
fn parts_escape_what_comes_from_outside() {
    let html = everything(Errors::none());
    assert!(!html.contains("<script>alert"));
    assert!(!html.contains("style="));
    assert_eq!(html.matches("<h1").count(), 1);
    assert!(html.contains("<title>Parts · Ledger · Customer area</title>"));
    assert!(html.contains(r#"aria-current="page">Organizations</a>"#));
    assert!(html.contains(r#"stroke-dasharray="44.1 100""#), "the share of time that is left");
    assert!(html.contains("ends at 14:00, in 1 h 46 min"));
    assert!(html.contains("as of 12:14, São Paulo time"));
    assert!(!html.contains("aria-invalid"));
    assert!(html.contains("JS</span>"), "initials of the first and the last name");
}

#[test]
fn a_field_that_is_wrong_says_so_beside_it_and_above_the_form() {
    let wrong = FieldError {
        field: "ticket",
        code: kernel::Code("required"),
        sentence: "Give the number.".to_owned(),
    };
    let errors = Errors::from(vec![wrong]);
    assert_eq!(errors.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let html = everything(errors);
    assert!(html.contains(r##"<a href="#f-ticket">Give the number.</a>"##));
    assert!(html.contains(r#"aria-describedby="e-ticket h-ticket""#));
    assert!(html.contains(r#"<p class="err" id="e-ticket">"#));
}

async fn body(answer: axum::response::Response) -> String {
    let bytes = to_bytes(answer.into_body(), usize::MAX).await.expect("a body in memory");
    String::from_utf8(bytes.to_vec()).expect("pages are UTF-8")
}

#[tokio::test]
async fn every_error_is_a_page_with_a_way_out() {
    let errors = [
        Error::Unauthenticated,
        Error::forbidden("members_only", "Only members may."),
        Error::NotFound,
        Error::conflict("taken", "B. Ramos was first, at 12:09."),
        Error::invalid("name", "required", "Give a name."),
        Error::TooMany { retry_after_seconds: 30 },
        Error::Unavailable("no database".to_owned()),
        Error::internal("secret detail"),
    ];
    for failure in errors {
        let answer = error(shell("x"), &failure);
        assert_eq!(answer.status().as_u16(), failure.status());
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
        let html = body(answer).await;
        assert!(html.contains("class=\"btn primary\""), "{failure}");
        assert!(!html.contains("secret detail") && !html.contains("no database"));
        assert!(!html.contains("data-live"), "an error does not wait for news");
    }
}

#[tokio::test]
async fn the_two_closed_doors_render() {
    let ended = Ended {
        shell: shell("Your access has ended"),
        state: State::Revoked,
        sentence: "Joana ended it at 12:31.".to_owned(),
        facts: vec![("Token".to_owned(), "7QM4-K2XV".to_owned())],
        actions: vec![Action::primary("/desk", "Back to the Desk")],
        note: Some("You are still signed in.".to_owned()),
    };
    let html = body(page(StatusCode::FORBIDDEN, &ended)).await;
    assert!(html.contains("7QM4-K2XV") && !html.contains("dstring"), "the string is pulled in");
    let refused = Refused {
        shell: shell("You are not allowed here"),
        sentence: "Only administrators open the organization.".to_owned(),
        who_can: Some("an administrator of Aurora Holding".to_owned()),
        actions: vec![],
    };
    assert!(body(page(StatusCode::FORBIDDEN, &refused)).await.contains("an administrator of Aurora Holding"));
}

#[derive(Debug, Deserialize)]
struct Two {
    ticket: String,
    hours: u8,
}

async fn posted(media: Option<&str>, body: String) -> Result<Two, FormRejection> {
    let mut request = Request::post("/");
    if let Some(media) = media {
        request = request.header(header::CONTENT_TYPE, media);
    }
    let request = request.body(axum::body::Body::from(body)).expect("a plain request");
    Form::<Two>::from_request(request, &()).await.map(|Form(two)| two)
}

#[tokio::test]
async fn a_form_is_url_encoded_and_small() {
    const MEDIA: Option<&str> = Some("application/x-www-form-urlencoded; charset=UTF-8");
    let two = posted(MEDIA, "ticket=4+8&hours=4".to_owned()).await.expect("a whole form");
    assert_eq!((two.ticket.as_str(), two.hours), ("4 8", 4));
    let refused = |answer: Result<Two, FormRejection>| answer.expect_err("refused");
    assert_eq!(refused(posted(MEDIA, "ticket=4".to_owned()).await), FormRejection::Unreadable);
    assert_eq!(refused(posted(Some("text/plain"), "ticket=4".to_owned()).await), FormRejection::WrongType);
    assert_eq!(refused(posted(None, "ticket=4".to_owned()).await), FormRejection::WrongType);
    let long = format!("ticket={}&hours=1", "x".repeat(70_000));
    assert_eq!(refused(posted(MEDIA, long).await), FormRejection::TooLarge);
    let answer = FormRejection::TooLarge.into_response();
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(body(answer).await.contains("The form is too large."));
}

#[test]
fn a_form_that_was_sent_is_followed_by_a_page() {
    let answer = see_other("/organizations");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()[header::LOCATION], "/organizations");
    assert_eq!(see_other("/a\r\nset-cookie: x").status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[test]
fn rings_never_show_more_than_there_is() {
    let ring = |from: i64, to: i64| {
        Ring::new(&text(), NOW + kernel::Duration::seconds(from), Timestamp::from_seconds(1_773_328_440 + to))
    };
    assert_eq!(ring(0, 7200).percent(), "100.0");
    assert_eq!(ring(0, -10).percent(), "0.0");
    assert_eq!(ring(0, 6360).lines(), ["1 h", "46"]);
    assert_eq!(ring(0, 200_000).lines(), ["2 d", "7 h"]);
    assert_eq!(ring(0, 240).lines(), ["4", "min"]);
}
