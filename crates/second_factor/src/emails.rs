//! Mail about a person's second factor. None of it has a link that signs in, or a secret (S19).

use operation::{Call, outbox::Mail};
use people::User;
use web::text::Text;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    On,
    Off,
    Shown,
    NewRecoveryCodes,
    RecoveryCodeUsed,
    /// After too many wrong codes.
    Disabled,
    PasskeyAdded,
    PasskeyRemoved,
}

impl Change {
    const fn name(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Shown => "shown",
            Self::NewRecoveryCodes => "new-codes",
            Self::RecoveryCodeUsed => "code-used",
            Self::Disabled => "disabled",
            Self::PasskeyAdded => "passkey-added",
            Self::PasskeyRemoved => "passkey-removed",
        }
    }
}

pub fn changed(call: &Call, user: &User, change: Change) -> Mail {
    let t = Text::new(&user.language, &user.time_zone, call.now);
    let settings = &call.world.settings;
    let address = if call.origin.address.is_empty() {
        t.get("second-factor-unknown-address")
    } else {
        call.origin.address.clone()
    };
    let name = change.name();
    let what = t.get(&format!("second-factor-mail-{name}"));
    let body = t.with(
        "second-factor-mail-body",
        [
            ("name", &user.name),
            ("what", &what),
            ("clock", &t.clock_with_today(call.now)),
            ("zone", &t.zone_name()),
            ("address", &address),
            ("vendor", &settings.vendor_name),
            ("link", &format!("{}/account/two-factor", settings.public_url)),
        ],
    );
    Mail { to: user.email.clone(), subject: t.get(&format!("second-factor-mail-{name}-subject")), body }
}
