//! The pages that only the demo has.

use std::sync::Arc;

use askama::Template;
use axum::{Extension, Router, response::Response, routing::get};
use http::{StatusCode, header};
use kernel::Error;
use web::{
    App, Caller, Failure,
    cookies::{self, Cookie},
    page::{Console, Shell, page, see_other},
    rest::Path,
};

use crate::{Mailbox, SamplePerson, SingleSignOn, THINGS_TO_TRY, proxy::Decisions};

/// Whoever tries the temporary credentials has a host of their own, too.
const SUPPORT: &str = "support.localhost";

/// What the pages show.
pub struct Demo {
    pub people: Vec<SamplePerson>,
    pub single_sign_on: SingleSignOn,
    pub credentials: (String, String, String),
    pub mailbox: Mailbox,
    pub decisions: Arc<Decisions>,
    pub port: u16,
    pub product_port: u16,
}

pub fn page_routes(demo: Arc<Demo>) -> Router<App> {
    Router::new()
        .route("/demo", get(welcome))
        .route("/demo/mail", get(mail))
        .route("/demo/decisions", get(decisions))
        .route("/demo/{person}", get(sign_in))
        .layer(Extension(demo))
}

#[derive(Template)]
#[template(path = "welcome.html")]
struct Welcome {
    shell: Shell,
    people: Vec<(SamplePerson, String)>,
    single_sign_on: SingleSignOn,
    /// Where whoever comes by it begins.
    begin: String,
    product: String,
    things: Vec<String>,
    /// Where to try the temporary credentials, and with what.
    support: String,
    credentials: (String, String, String),
}

async fn welcome(caller: Caller, Extension(demo): Extension<Arc<Demo>>) -> Response {
    let shell = caller.shell(Console::Public, "", caller.text().get("demo-title"));
    let people = demo
        .people
        .iter()
        .map(|person| (person.clone(), format!("http://{}:{}/demo/{}", person.host, demo.port, person.slug)))
        .collect();
    let product = format!("http://localhost:{}", demo.product_port);
    let things = THINGS_TO_TRY.iter().map(|thing| (*thing).to_owned()).collect();
    let support = format!("http://{SUPPORT}:{}/sign-in?temporary=1", demo.port);
    let credentials = demo.credentials.clone();
    let (single_sign_on, begin) = (demo.single_sign_on.clone(), demo.single_sign_on.address(demo.port));
    let welcome = Welcome { shell, people, single_sign_on, begin, product, things, support, credentials };
    page(StatusCode::OK, &welcome)
}

/// One click, no password: this listens on loopback only and there is nothing real to protect.
async fn sign_in(
    caller: Caller,
    Extension(demo): Extension<Arc<Demo>>,
    Path(slug): Path<String>,
) -> Result<Response, Failure> {
    let person = demo.people.iter().find(|person| person.slug == slug).ok_or(Error::NotFound)?;
    let (_, secret) = sign_in::operations::demo_sign_in(&caller, person.user).await?;
    let mut response = see_other("/");
    response.headers_mut().append(header::SET_COOKIE, cookies::set(Cookie::Session, false, &secret));
    Ok(response)
}

struct Message {
    at: String,
    to: String,
    subject: String,
    body: String,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct MailPage {
    shell: Shell,
    messages: Vec<Message>,
}

async fn mail(caller: Caller, Extension(demo): Extension<Arc<Demo>>) -> Response {
    let shell = caller.shell(Console::Public, "", caller.text().get("demo-mail-title"));
    let messages = demo
        .mailbox
        .list()
        .into_iter()
        .map(|(at, mail)| Message {
            at: shell.t.clock(at),
            to: mail.to.to_string(),
            subject: mail.subject,
            body: mail.body,
        })
        .collect();
    page(StatusCode::OK, &MailPage { shell, messages })
}

struct Asked {
    at: String,
    method: String,
    path: String,
    status: u16,
    reason: String,
    user: String,
}

#[derive(Template)]
#[template(path = "decisions.html")]
struct DecisionsPage {
    shell: Shell,
    asked: Vec<Asked>,
}

async fn decisions(caller: Caller, Extension(demo): Extension<Arc<Demo>>) -> Response {
    let shell = caller.shell(Console::Public, "", caller.text().get("demo-decisions-title"));
    let asked = demo
        .decisions
        .list()
        .into_iter()
        .map(|decision| Asked {
            at: shell.t.clock(decision.at),
            method: decision.method,
            path: decision.path,
            status: decision.status,
            reason: decision.reason.unwrap_or_default(),
            user: decision.user.unwrap_or_default(),
        })
        .collect();
    page(StatusCode::OK, &DecisionsPage { shell, asked })
}
