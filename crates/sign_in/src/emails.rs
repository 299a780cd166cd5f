//! Mail about a person's own sign-in.

use kernel::Secret;
use operation::{Call, outbox::Mail};
use people::User;
use web::text::Text;

use crate::model::Flow;

/// Somebody had the password and did not pass the second step (C11). The link locks the account; it signs nobody in.
pub fn stopped(call: &Call, user: &User, newest: &Flow, count: usize, lock: &Secret) -> Mail {
    let t = Text::new(&user.language, &user.time_zone, call.now);
    let settings = &call.world.settings;
    let address =
        if newest.address.is_empty() { t.get("sign-in-unknown-address") } else { newest.address.clone() };
    let tries = t.count("sign-in-mail-stopped-count", count);
    let body = t.with(
        "sign-in-mail-stopped",
        [
            ("name", &user.name),
            ("tries", &tries),
            ("clock", &t.clock_with_today(newest.created_at)),
            ("zone", &t.zone_name()),
            ("address", &address),
            ("vendor", &settings.vendor_name),
            ("lock", &format!("{}/lock-account/{}", settings.public_url, lock.expose())),
        ],
    );
    Mail { to: user.email.clone(), subject: t.get("sign-in-mail-stopped-subject"), body }
}

/// The code that shows that a mailbox is the person's own.
pub fn mailed_code(call: &Call, user: &User, code: &str) -> Mail {
    let t = Text::new(&user.language, &user.time_zone, call.now);
    let settings = &call.world.settings;
    let body = t.with(
        "sign-in-mail-code",
        [("name", &user.name), ("code", &code.to_owned()), ("vendor", &settings.vendor_name)],
    );
    Mail { to: user.email.clone(), subject: t.get("sign-in-mail-code-subject"), body }
}

pub fn password_changed(call: &Call, user: &User) -> Mail {
    let t = Text::new(&user.language, &user.time_zone, call.now);
    let settings = &call.world.settings;
    let address = if call.origin.address.is_empty() {
        t.get("sign-in-unknown-address")
    } else {
        call.origin.address.clone()
    };
    let body = t.with(
        "sign-in-mail-password-changed",
        [
            ("name", &user.name),
            ("clock", &t.clock_with_today(call.now)),
            ("zone", &t.zone_name()),
            ("address", &address),
            ("vendor", &settings.vendor_name),
            ("link", &format!("{}/account", settings.public_url)),
        ],
    );
    Mail { to: user.email.clone(), subject: t.get("sign-in-mail-password-changed-subject"), body }
}
