//! The extractor that turns a request into a [`Call`].

use std::{ops::Deref, sync::Arc};

use axum::extract::FromRequestParts;
use http::{header, request::Parts};
use kernel::{Actor, Person};
use operation::{Areas, Call, Origin};

use crate::{
    App, Failure,
    page::{Console, Shell, Viewer},
    text::Text,
};

/// Who calls, when, from where; derefs to the [`Call`] that an operation takes.
pub struct Caller {
    pub call: Call,
    accept_language: String,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let origin = parts.extensions.get::<Origin>().cloned().unwrap_or_default();
        let mut call = Call::new(Arc::clone(&app.world), Actor::Nobody, origin);
        call.actor = app.authenticate.authenticate(&call, parts).await?;
        call.origin.trace.called_by(&call.actor);
        Ok(Self { call, accept_language: accept_language(&parts.headers) })
    }
}

pub(crate) fn accept_language(headers: &http::HeaderMap) -> String {
    headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

impl Deref for Caller {
    type Target = Call;
    fn deref(&self) -> &Call {
        &self.call
    }
}

impl Caller {
    /// The signed-in person; nobody is led to the sign-in page.
    pub fn person(&self) -> Result<&Person, Failure> {
        Ok(self.call.actor.person()?)
    }

    /// Words in the caller's language and times in the caller's zone.
    pub fn text(&self) -> Text {
        let (language, zone) = match &self.call.actor {
            Actor::Person(person) => (person.language.as_str(), person.time_zone.as_str()),
            _ => ("", ""),
        };
        let language = if language.is_empty() { &self.accept_language } else { language };
        Text::new(language, zone, self.call.now)
    }

    /// The frame of a page of `console`, with `current` as the marked entry of its navigation.
    pub fn shell(&self, console: Console, current: &'static str, title: impl Into<String>) -> Shell {
        let mut shell = Shell::public(self.text(), title);
        shell.console = console;
        shell.current = current;
        shell.vendor.clone_from(&self.call.world.settings.vendor_name);
        shell.demo = self.call.world.settings.is_demo;
        if let Actor::Person(person) = &self.call.actor {
            shell.viewer = Some(viewer(person, self.call.origin.trace.areas(), console));
        }
        shell
    }
}

fn viewer(person: &Person, areas: Areas, current: Console) -> Viewer {
    let mut consoles = Vec::new();
    // Staff can be members of an organization too (A6), so the customer area is offered to everybody.
    consoles.push((Console::Customer, current == Console::Customer));
    if areas.my_clients {
        consoles.push((Console::Partner, current == Console::Partner));
    }
    if person.staff.agent_level.is_some() {
        consoles.push((Console::Desk, current == Console::Desk));
    }
    let staff = person.staff;
    // Agents of level 2 and 3 decide there how strictly people must prove who they are.
    if staff.is_administrator || staff.agent_level.is_some_and(|level| level >= 2) {
        consoles.push((Console::Administration, current == Console::Administration));
    }
    Viewer { name: person.name.clone(), staff, consoles, has_my_partner: areas.my_partner }
}
