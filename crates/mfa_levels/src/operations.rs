//! What is asked of somebody, and how agents decide it.

mod codes;
mod levels;
mod persons;

use kernel::{Error, OrganizationId, Person, Timestamp, UserId};
use operation::{Call, Work, audit};
use store::Connection;

use crate::{
    model::{Group, LEVEL_NEEDED, Level, Opened, Requirement},
    rows,
};

pub use codes::{SetUpCodeProved, check_set_up_code, make_set_up_code};
pub use levels::{Listed, list, preview, set, view};
pub use persons::{own, person, persons};

/// What is asked of a person now, by each organization that they belong to: the one place where it is put together.
pub async fn requirement(tx: &mut Connection, user: UserId, now: Timestamp) -> Result<Requirement, Error> {
    rows::requirement(tx, user, now).await
}

/// Whether everything is shut for this person, in a session that was opened in this way, until they have set up a second
/// factor (E2, E11).
pub async fn is_shut(
    tx: &mut Connection,
    user: UserId,
    opened: Opened,
    now: Timestamp,
) -> Result<bool, Error> {
    if !rows::is_asked_without_fail(tx, user, now).await? {
        return Ok(false);
    }
    Ok(!rows::requirement(tx, user, now).await?.is_met(opened))
}

/// Whether one of a person's organizations leaves them no choice. It does not ask how a session was opened.
pub async fn is_mandatory(tx: &mut Connection, user: UserId, now: Timestamp) -> Result<bool, Error> {
    Ok(rows::is_asked_without_fail(tx, user, now).await?
        && rows::requirement(tx, user, now).await?.level(None) == Level::Mandatory)
}

/// Agents of level 2 and 3 (E1).
pub fn agent(call: &Call) -> Result<&Person, Error> {
    let (person, level) = call.actor.agent()?;
    if level < LEVEL_NEEDED {
        return Err(Error::forbidden(
            "agent_level_required",
            "Only support agents of level 2 or 3 can do this. A vendor administrator can change your level.",
        ));
    }
    Ok(person)
}

/// From now on the people of these groups come by the organization's single sign-on, each at the host that is told, and those
/// of its other groups do not (E4). The levels stay for when that ends. Gives what is to be recorded.
pub async fn manage_by_sso(
    work: &mut Work,
    organization: OrganizationId,
    groups: &[(Group, String)],
) -> Result<Vec<audit::Entry>, Error> {
    let call = work.call().clone();
    let before = rows::policy(work, organization, call.now).await?;
    let mut entries = Vec::new();
    for setting in before.settings.into_iter().filter(|setting| setting.group != Group::Untyped) {
        let by = groups.iter().find(|(group, _)| *group == setting.group);
        let now_by = by.map_or("", |(_, host)| host.as_str());
        if setting.managed_by.as_deref().unwrap_or_default() == now_by {
            continue;
        }
        rows::save_managed_by(work, organization, setting.group, now_by).await?;
        for user in rows::users_of(work, organization, setting.group).await? {
            work.revokes(user);
        }
        let how = if now_by.is_empty() { setting.level.as_str() } else { "managed_by_sso" };
        entries.push(
            audit::Entry::new("mfa_level.changed")
                .organization(organization)
                .subject(organization)
                .detail("name", setting.group.as_str())
                .detail("how", how)
                .detail("level_before", setting.level.as_str())
                .detail("managed_by", now_by),
        );
    }
    if !entries.is_empty() {
        // Whoever looks at the page of before learns of it at their save.
        let taken =
            rows::take_version(work, organization, before.version, call.actor.user(), call.now).await?;
        if !taken {
            return Err(levels::changed_meanwhile(None, None));
        }
    }
    Ok(entries)
}
