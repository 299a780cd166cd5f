//! What is told by mail.

use kernel::Timestamp;
use operation::{Settings, outbox::Mail};
use people::User;
use web::text::Text;

use crate::model::Request;

/// To whoever asked.
pub(crate) fn answered(settings: &Settings, to: &User, request: &Request) -> Mail {
    // A letter is read on another day, so no moment in it is short for being today.
    let t = Text::new(&to.language, &to.time_zone, Timestamp::from_micros(0));
    let (agent, text) =
        request.answer.as_ref().map_or(("", ""), |answer| (answer.name.as_str(), answer.text.as_str()));
    let link = format!("{}/organizations/{}/requests", settings.public_url, request.organization);
    Mail {
        to: to.email.clone(),
        subject: t.with("authorized_requests-mail-subject", [("subject", &request.subject)]),
        body: t.with(
            "authorized_requests-mail-body",
            [
                ("name", &to.name),
                ("agent", &agent),
                ("vendor", &settings.vendor_name),
                ("subject", &request.subject),
                ("clock", &t.clock(request.created_at)),
                ("zone", &t.zone_name()),
                ("answer", &text),
                ("link", &link),
                ("organization", &request.organization_name),
            ],
        ),
    }
}
