//! One page for everybody: how the padlock works, who can see what, and whom to ask.

use askama::Template;
use axum::{Router, response::Response, routing::get};
use http::StatusCode;
use kernel::Actor;

use crate as web;
use crate::{
    App, Caller,
    page::{Console, Shell, page},
};

pub const PATH: &str = "/help";

pub fn page_routes() -> Router<App> {
    Router::new().route(PATH, get(help))
}

#[derive(Template)]
#[template(path = "help.html")]
struct HelpPage {
    shell: Shell,
    vendor: String,
}

async fn help(caller: Caller) -> Response {
    let t = caller.text();
    // Whoever is signed in keeps their navigation; the way back is where they came from.
    let console = match &caller.actor {
        Actor::Person(_) => Console::Customer,
        _ => Console::Public,
    };
    let shell = caller.shell(console, "", t.get("help-title"));
    let vendor = if shell.vendor.is_empty() { t.get("help-the-vendor") } else { shell.vendor.clone() };
    page(StatusCode::OK, &HelpPage { shell, vendor })
}
