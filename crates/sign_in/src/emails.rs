//! Mail about a person's own sign-in.

use operation::{Call, outbox::Mail};
use people::User;
use web::text::Text;

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
