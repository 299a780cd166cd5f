//! Mail about an account's password, address, lock and lost device. Each carries the one link that it is about, or none; no
//! link signs in.

use kernel::{EmailAddress, Secret};
use operation::{Call, outbox::Mail};
use people::User;
use web::text::Text;

use crate::model::{EndedHow, LostDevice};

/// A letter to a person, in their language and their zone.
struct Letter<'a> {
    call: &'a Call,
    user: &'a User,
    t: Text,
}

impl<'a> Letter<'a> {
    fn new(call: &'a Call, user: &'a User) -> Self {
        Self { call, user, t: Text::new(&user.language, &user.time_zone, call.now) }
    }

    /// From where the act came that this is about.
    fn source(&self) -> String {
        let address = &self.call.origin.address;
        if address.is_empty() { self.t.get("recovery-unknown-address") } else { address.clone() }
    }

    /// On the address that the operator configured, whatever the request said (case 22).
    fn link(&self, path: &str, secret: &Secret) -> String {
        format!("{}{path}/{}", self.call.world.settings.public_url, secret.expose())
    }

    fn finish(self, to: &EmailAddress, subject: String, what: &str) -> Mail {
        let body = self.t.with(
            "recovery-mail-frame",
            [
                ("name", &self.user.name),
                ("what", &what),
                ("vendor", &self.call.world.settings.vendor_name),
                ("clock", &self.t.clock_with_today(self.call.now)),
                ("zone", &self.t.zone_name()),
            ],
        );
        Mail { to: to.clone(), subject, body }
    }
}

/// The link to choose a new password.
pub fn reset(call: &Call, user: &User, secret: &Secret) -> Mail {
    let letter = Letter::new(call, user);
    let what = letter.t.with(
        "recovery-mail-reset",
        [("source", &letter.source()), ("link", &letter.link("/reset-password", secret))],
    );
    let subject = letter.t.get("recovery-mail-reset-subject");
    letter.finish(&user.email, subject, &what)
}

pub fn password_reset(call: &Call, user: &User) -> Mail {
    let letter = Letter::new(call, user);
    let again = format!("{}/forgot-password", call.world.settings.public_url);
    let what = letter.t.with("recovery-mail-password", [("source", &letter.source()), ("again", &again)]);
    let subject = letter.t.get("recovery-mail-password-subject");
    letter.finish(&user.email, subject, &what)
}

/// The account is locked; the way back in.
pub fn locked(call: &Call, user: &User, secret: &Secret) -> Mail {
    let letter = Letter::new(call, user);
    let again = format!("{}/forgot-password", call.world.settings.public_url);
    let what = letter.t.with(
        "recovery-mail-locked",
        [("source", &letter.source()), ("link", &letter.link("/reset-password", secret)), ("again", &again)],
    );
    let subject = letter.t.get("recovery-mail-locked-subject");
    letter.finish(&user.email, subject, &what)
}

/// To the address that is to be the new one.
pub fn confirm(call: &Call, user: &User, email: &EmailAddress, secret: &Secret) -> Mail {
    let letter = Letter::new(call, user);
    let what = letter
        .t
        .with("recovery-mail-confirm", [("email", email), ("link", &letter.link("/confirm-email", secret))]);
    let subject = letter.t.get("recovery-mail-confirm-subject");
    letter.finish(email, subject, &what)
}

/// To the address that was left.
pub fn changed_away(call: &Call, user: &User, email: &EmailAddress, secret: &Secret) -> Mail {
    let letter = Letter::new(call, user);
    let what = letter.t.with(
        "recovery-mail-changed-away",
        [
            ("email", email),
            ("source", &letter.source()),
            ("link", &letter.link("/undo-email", secret)),
            ("until", &letter.t.clock(call.now + crate::model::UNDO_LASTS)),
        ],
    );
    let subject = letter.t.get("recovery-mail-changed-subject");
    letter.finish(&user.email, subject, &what)
}

/// To the address that is the new one.
pub fn changed_to(call: &Call, user: &User, before: &EmailAddress) -> Mail {
    let letter = Letter::new(call, user);
    let what = letter.t.with("recovery-mail-changed-to", [("before", before), ("email", &user.email)]);
    let subject = letter.t.get("recovery-mail-changed-subject");
    letter.finish(&user.email, subject, &what)
}

/// To the address that was taken back.
pub fn taken_back(call: &Call, user: &User) -> Mail {
    let letter = Letter::new(call, user);
    let what = letter.t.with("recovery-mail-taken-back", [("email", &user.email)]);
    let subject = letter.t.get("recovery-mail-taken-back-subject");
    letter.finish(&user.email, subject, &what)
}

pub fn device_reported(call: &Call, user: &User, to: EmailAddress, _: &LostDevice, secret: &Secret) -> Mail {
    let letter = Letter::new(call, user);
    let what = letter.t.with(
        "recovery-mail-device-reported",
        [("source", &letter.source()), ("link", &letter.link("/stop-recovery", secret))],
    );
    let subject = letter.t.get("recovery-mail-device-reported-subject");
    letter.finish(&to, subject, &what)
}

pub fn device_approved(
    call: &Call,
    user: &User,
    to: EmailAddress,
    request: &LostDevice,
    secret: &Secret,
) -> Mail {
    let letter = Letter::new(call, user);
    let at = letter.t.clock(request.takes_effect_at.unwrap_or(call.now));
    let what = letter.t.with(
        "recovery-mail-device-approved",
        [("at", &at), ("link", &letter.link("/stop-recovery", secret))],
    );
    let subject = letter.t.with("recovery-mail-device-approved-subject", [("at", &at)]);
    letter.finish(&to, subject, &what)
}

/// How it ended; there is nothing to stop any more.
pub fn device_over(call: &Call, user: &User, to: EmailAddress, how: EndedHow) -> Mail {
    let letter = Letter::new(call, user);
    let what = letter.t.get(&format!("recovery-mail-device-{}", how.as_str()));
    let subject = letter.t.get(&format!("recovery-mail-device-{}-subject", how.as_str()));
    letter.finish(&to, subject, &what)
}
