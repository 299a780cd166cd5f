//! What is told by mail.

use operation::{Call, outbox::Mail};
use organizations::Organization;
use people::User;
use web::text::Text;

use crate::model::{Change, Group, Level};

pub(crate) fn group_word(t: &Text, group: Group) -> String {
    t.get(&format!("mfa_levels-group-{}", group.as_str()))
}

pub(crate) fn level_word(t: &Text, level: Level) -> String {
    t.get(&format!("mfa_levels-level-{}", level.as_str()))
}

/// To an administrator of the organization: what was decided about its people, and by whom.
pub(crate) fn changed(
    call: &Call,
    to: &User,
    organization: &Organization,
    changes: &[Change],
    by: &str,
) -> Mail {
    let t = Text::new(&to.language, &to.time_zone, call.now);
    let settings = &call.world.settings;
    let lines: Vec<String> = changes
        .iter()
        .map(|change| {
            t.with(
                "mfa_levels-mail-line",
                [
                    ("group", &group_word(&t, change.group)),
                    ("before", &level_word(&t, change.before)),
                    ("after", &level_word(&t, change.after)),
                    ("people", &change.people),
                    ("unprotected", &change.unprotected),
                ],
            )
        })
        .collect();
    Mail {
        to: to.email.clone(),
        subject: t.with("mfa_levels-mail-subject", [("organization", &organization.name)]),
        body: t.with(
            "mfa_levels-mail-body",
            [
                ("name", &to.name),
                ("by", &by),
                ("vendor", &settings.vendor_name),
                ("organization", &organization.name),
                ("clock", &t.clock_with_today(call.now)),
                ("zone", &t.zone_name()),
                ("lines", &lines.join("\n")),
                ("link", &format!("{}/organizations/{}/access-log", settings.public_url, organization.id)),
            ],
        ),
    }
}

/// To the person for whom an agent made a code. The code itself is not in it: it is told, not sent.
pub(crate) fn code_made(call: &Call, to: &User, by: &str) -> Mail {
    let t = Text::new(&to.language, &to.time_zone, call.now);
    let settings = &call.world.settings;
    Mail {
        to: to.email.clone(),
        subject: t.get("mfa_levels-mail-code-subject"),
        body: t.with(
            "mfa_levels-mail-code",
            [
                ("name", &to.name),
                ("by", &by),
                ("vendor", &settings.vendor_name),
                ("clock", &t.clock_with_today(call.now)),
                ("zone", &t.zone_name()),
                ("link", &format!("{}/account/password", settings.public_url)),
            ],
        ),
    }
}
