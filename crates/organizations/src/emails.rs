//! Invitations by mail. The link is in the mail and nowhere else.

use kernel::{Actor, Error};
use operation::{Work, outbox::Mail};
use store::Connection;
use web::text::Text;

use crate::model::{Invitation, MemberKind, Offer, Organization, Role};

/// To somebody whom an administrator of the organization invites.
pub(crate) async fn member(
    work: &mut Work,
    organization: &Organization,
    invitation: &Invitation,
    link: &str,
) -> Result<Mail, Error> {
    let t = text(work, invitation).await?;
    let settings = work.call().world.settings.clone();
    let (role, ends_at) = match invitation.offer {
        Offer::Membership { kind: MemberKind::VendorStaff, ends_at, .. } => {
            (t.get("organizations-kind-vendor_staff"), ends_at)
        }
        Offer::Membership { role: Role::Administrator, ends_at, .. } => {
            (t.get("organizations-role-administrator"), ends_at)
        }
        Offer::Membership { ends_at, .. } => (t.get("organizations-role-member"), ends_at),
        Offer::Staff { .. } => (String::new(), None),
    };
    let by = inviter(work, &settings.vendor_name);
    let mut body = t.with(
        "organizations-mail-member-body",
        [
            ("organization", &organization.name),
            ("by", &by),
            ("role", &role),
            ("vendor", &settings.vendor_name),
            ("link", &link),
            ("until", &t.clock(invitation.expires_at)),
            ("zone", &t.zone_name()),
        ],
    );
    if let Some(end) = ends_at {
        body.push_str("\n\n");
        body.push_str(&t.with(
            "organizations-mail-member-end",
            [("organization", &organization.name), ("end", &t.clock(end)), ("zone", &t.zone_name())],
        ));
    }
    let subject = t.with("organizations-mail-member-subject", [("organization", &organization.name)]);
    Ok(Mail { to: invitation.email.clone(), subject, body })
}

/// To the first administrator, from the vendor.
pub(crate) async fn first_administrator(
    work: &mut Work,
    organization: &Organization,
    invitation: &Invitation,
    link: &str,
) -> Result<Mail, Error> {
    let t = text(work, invitation).await?;
    let vendor = work.call().world.settings.vendor_name.clone();
    Ok(Mail {
        to: invitation.email.clone(),
        subject: t.with(
            "organizations-mail-first-subject",
            [("organization", &organization.name), ("vendor", &vendor)],
        ),
        body: t.with(
            "organizations-mail-first-body",
            [
                ("organization", &organization.name),
                ("vendor", &vendor),
                ("link", &link),
                ("until", &t.clock(invitation.expires_at)),
                ("zone", &t.zone_name()),
            ],
        ),
    })
}

/// In the reader's own language and zone, if they are known here.
async fn text(tx: &mut Work, invitation: &Invitation) -> Result<Text, Error> {
    let now = tx.call().now;
    let connection: &mut Connection = tx;
    let known = people::operations::find_by_email(connection, &invitation.email).await?;
    Ok(known.map_or_else(|| Text::new("", "", now), |user| Text::new(&user.language, &user.time_zone, now)))
}

fn inviter(work: &Work, vendor: &str) -> String {
    match &work.call().actor {
        Actor::Person(person) => person.name.clone(),
        Actor::Machine(machine) => {
            machine.on_behalf_of.as_ref().map_or_else(|| vendor.to_owned(), |(_, name)| name.clone())
        }
        _ => vendor.to_owned(),
    }
}
