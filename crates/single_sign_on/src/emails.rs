//! To the administrators of an organization: how its people sign in has changed.

use operation::{Call, outbox::Mail};
use organizations::Organization;
use people::User;
use web::text::Text;

use crate::model::Connection;

#[derive(Debug, Clone, Copy)]
pub enum About {
    /// Somebody of the vendor prepared it.
    Prepared,
    On,
    Off,
}

impl About {
    const fn key(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::On => "on",
            Self::Off => "off",
        }
    }
}

pub fn changed(
    call: &Call,
    to: &User,
    organization: &Organization,
    connection: &Connection,
    about: About,
) -> Mail {
    let t = Text::new(&to.language, &to.time_zone, call.now);
    let by = call.actor.person().map(|person| person.name.clone()).unwrap_or_default();
    let settings = connection.live.as_ref().or(connection.draft.as_ref());
    let host = settings.map(crate::model::Settings::host).unwrap_or_default();
    let link = format!("{}/organizations/{}/single-sign-on", call.world.settings.public_url, organization.id);
    let key = about.key();
    Mail {
        to: to.email.clone(),
        subject: t.with(
            &format!("single_sign_on-mail-{key}-subject"),
            [("organization", &organization.name), ("name", &connection.name)],
        ),
        body: t.with(
            &format!("single_sign_on-mail-{key}-body"),
            [
                ("organization", &organization.name),
                ("name", &connection.name),
                ("host", &host),
                ("by", &by),
                ("link", &link),
            ],
        ),
    }
}
