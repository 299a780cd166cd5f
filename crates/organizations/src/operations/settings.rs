//! What an organization decides for itself. Nobody else can decide it, not on an administrator's word either: what a
//! machine may do for members is among it.

use kernel::{Duration, Error, OrganizationId};
use operation::{Call, audit};

use super::lookups::require_administrator;
use crate::{
    model::{Organization, WhoMayOpen},
    rows,
};

/// No token is shorter than this, so no limit is either.
const SHORTEST_VALIDITY: Duration = Duration::hours(1);

/// All of the settings, as they shall be.
#[derive(Debug, Clone, Copy)]
pub struct ChangeSettings {
    /// None: as long as the vendor allows.
    pub longest_validity: Option<Duration>,
    pub who_may_open: WhoMayOpen,
    pub backend_may_open: bool,
}

pub async fn change_settings(
    call: &Call,
    id: OrganizationId,
    settings: ChangeSettings,
) -> Result<Organization, Error> {
    call.actor.person()?;
    let mut work = call.begin().await?;
    if !rows::lock(&mut work, id).await? {
        return Err(Error::NotFound);
    }
    let (before, _) = require_administrator(call, &mut work, id).await?;
    let of_vendor = call.world.settings.longest_validity;
    if let Some(longest) = settings.longest_validity {
        if longest < SHORTEST_VALIDITY {
            return Err(Error::invalid("longest_validity", "too_short", "Choose at least one hour."));
        }
        if longest > of_vendor {
            return Err(Error::invalid(
                "longest_validity",
                "too_long",
                "The vendor allows less. Choose a shorter time, or leave it to the vendor's limit.",
            ));
        }
    }
    let after = Organization {
        longest_validity: settings.longest_validity,
        who_may_open: settings.who_may_open,
        backend_may_open_at: match (settings.backend_may_open, before.backend_may_open_at) {
            (true, since) => since.or(Some(call.now)),
            (false, _) => None,
        },
        ..before.clone()
    };
    rows::save_settings(&mut work, id, after.longest_validity, after.who_may_open, after.backend_may_open_at)
        .await?;
    work.revokes(id);
    work.commit(
        audit::Entry::new("organization.changed")
            .organization(id)
            .subject(id)
            .detail("longest_validity_seconds", after.longest_validity.map(Duration::as_seconds))
            .detail("who_may_open", after.who_may_open.as_str())
            .detail("who_may_open_before", before.who_may_open.as_str())
            .detail("backend_may_open", after.backend_may_open_at.is_some())
            .detail("backend_may_open_before", before.backend_may_open_at.is_some()),
    )
    .await?;
    Ok(after)
}
