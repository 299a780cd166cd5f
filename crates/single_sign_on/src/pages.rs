//! Single sign-on of an organization: its domains, its connections, what came back when somebody tried.

mod connection;
mod list;
mod prepare;

use axum::{
    Router,
    routing::{get, post},
};
use kernel::OrganizationId;
use serde::Deserialize;
use web::{
    App, Caller,
    page::{Console, Shell},
};

use crate::operations::By;

pub fn page_routes() -> Router<App> {
    Router::new()
        .route("/organizations/{id}/single-sign-on", get(list::show))
        .route("/organizations/{id}/single-sign-on/domains", post(list::add_domain))
        .route("/organizations/{id}/single-sign-on/domains/{domain}/prove", post(list::prove_domain))
        .route("/organizations/{id}/single-sign-on/domains/{domain}/confirm", post(list::confirm_domain))
        .route("/organizations/{id}/single-sign-on/domains/{domain}/remove", post(list::remove_domain))
        .route("/organizations/{id}/single-sign-on/new", get(prepare::ask).post(prepare::create))
        .route("/organizations/{id}/single-sign-on/{connection}", get(connection::show))
        .route(
            "/organizations/{id}/single-sign-on/{connection}/change",
            get(prepare::ask_to_change).post(prepare::change),
        )
        .route("/organizations/{id}/single-sign-on/{connection}/test", post(connection::test))
        .route(
            "/organizations/{id}/single-sign-on/{connection}/activate",
            get(connection::ask_to_activate).post(connection::activate),
        )
        .route(
            "/organizations/{id}/single-sign-on/{connection}/disable",
            get(connection::ask_to_disable).post(connection::disable),
        )
        .route("/organizations/{id}/single-sign-on/{connection}/remove", post(connection::remove))
        .route(
            "/organizations/{id}/single-sign-on/{connection}/people/{identity}/disconnect",
            post(connection::disconnect),
        )
}

/// What the page before did; a closed list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Done {
    done: String,
}

impl Done {
    fn sentence(&self, caller: &Caller) -> Option<String> {
        const KNOWN: [&str; 9] =
            ["added", "proved", "removed", "prepared", "tested", "on", "off", "gone", "disconnected"];
        let known = KNOWN.into_iter().find(|word| *word == self.done)?;
        Some(caller.text().get(&format!("single_sign_on-done-{known}")))
    }
}

fn shell(caller: &Caller, by: By, title: impl Into<String>) -> Shell {
    let console = match by {
        By::Administrator => Console::Customer,
        By::Vendor if caller.person().is_ok_and(|person| person.staff.is_administrator) => {
            Console::Administration
        }
        By::Vendor => Console::Desk,
    };
    let current = if by == By::Vendor && console == Console::Desk { "" } else { "organizations" };
    caller.shell(console, current, title)
}

fn at(organization: OrganizationId) -> String {
    format!("/organizations/{organization}/single-sign-on")
}
