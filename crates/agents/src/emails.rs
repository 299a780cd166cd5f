//! The invitation to be one of the vendor's people. Organizations are told of ended entries by the capability that ends them.

use kernel::Error;
use operation::{Work, outbox::Mail};
use organizations::Invitation;
use web::text::Text;

pub(crate) async fn invitation(work: &mut Work, invitation: &Invitation, link: &str) -> Result<Mail, Error> {
    let now = work.call().now;
    let vendor = work.call().world.settings.vendor_name.clone();
    let by = work.call().actor.person()?.name.clone();
    let known = people::operations::find_by_email(work, &invitation.email).await?;
    let t =
        known.map_or_else(|| Text::new("", "", now), |user| Text::new(&user.language, &user.time_zone, now));
    Ok(Mail {
        to: invitation.email.clone(),
        subject: t.with("agents-mail-subject", [("vendor", &vendor)]),
        body: t.with(
            "agents-mail-body",
            [
                ("by", &by),
                ("vendor", &vendor),
                ("link", &link),
                ("until", &t.clock(invitation.expires_at)),
                ("zone", &t.zone_name()),
            ],
        ),
    })
}
