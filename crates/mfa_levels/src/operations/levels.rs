//! The levels of an organization: looked at, tried out, saved.

use kernel::{Error, OrganizationId};
use operation::{Call, audit, outbox};
use organizations::{Organization, operations as places};

use super::agent;
use crate::{
    emails,
    model::{Change, Group, Level, Policy},
    rows,
};

/// An organization with what is decided in it.
#[derive(Debug, Clone)]
pub struct Listed {
    pub organization: OrganizationId,
    pub name: String,
    pub policy: Policy,
}

/// The organizations by name, and whether there are more.
pub async fn list(call: &Call, search: &str, limit: i64, offset: i64) -> Result<(Vec<Listed>, bool), Error> {
    agent(call)?;
    let mut tx = call.read().await?;
    let mut found = rows::organizations(&mut tx, &rows::contains(search), limit + 1, offset).await?;
    let has_more = i64::try_from(found.len()).is_ok_and(|found| found > limit);
    if has_more {
        found.pop();
    }
    let mut listed = Vec::with_capacity(found.len());
    for (organization, name) in found {
        let policy = rows::policy(&mut tx, organization, call.now).await?;
        listed.push(Listed { organization, name, policy });
    }
    Ok((listed, has_more))
}

/// What is decided in an organization, and whom it touches.
pub async fn view(call: &Call, id: OrganizationId) -> Result<(Organization, Policy), Error> {
    agent(call)?;
    let mut tx = call.read().await?;
    let organization = places::get(&mut tx, id).await?;
    Ok((organization, rows::policy(&mut tx, id, call.now).await?))
}

/// What a save of these levels would change, and for how many people (E8). Nothing is saved.
pub async fn preview(
    call: &Call,
    id: OrganizationId,
    wanted: &[(Group, Level)],
) -> Result<(Policy, Vec<Change>), Error> {
    let (_, policy) = view(call, id).await?;
    let changes = policy.changes(wanted)?;
    Ok((policy, changes))
}

/// Saves the levels of several groups at once (E5). `version` is the one that was looked at: whoever was second is told,
/// and nothing of what the first did is lost. Going to *upon request* needs that it was confirmed (E6). From the commit on
/// it holds for everybody of the groups, in sessions that are open too.
pub async fn set(
    call: &Call,
    id: OrganizationId,
    version: i64,
    wanted: &[(Group, Level)],
    is_confirmed: bool,
) -> Result<(Policy, Vec<Change>), Error> {
    let agent = agent(call)?;
    let mut work = call.begin().await?;
    // Nobody joins or changes their user type meanwhile.
    if !places::lock(&mut work, id).await? {
        return Err(Error::NotFound);
    }
    let organization = places::get(&mut work, id).await?;
    let before = rows::policy(&mut work, id, call.now).await?;
    if before.version != version {
        return Err(changed_meanwhile(before.changed_by.as_deref(), Some(before.version)));
    }
    let changes = before.changes(wanted)?;
    if changes.is_empty() {
        return Ok((before, changes));
    }
    if !is_confirmed && changes.iter().any(Change::needs_confirmation) {
        return Err(Error::conflict(
            "confirmation_required",
            "From then on these people decide for themselves. Confirm that you want this.",
        ));
    }
    if !rows::take_version(&mut work, id, version, Some(agent.user), call.now).await? {
        return Err(changed_meanwhile(None, None));
    }
    let mut entries = Vec::with_capacity(changes.len());
    for change in &changes {
        rows::save_level(&mut work, id, change.group, change.after).await?;
        // Of the person and not of the organization: another organization's product is shut to them too (E12).
        for user in rows::users_of(&mut work, id, change.group).await? {
            work.revokes(user);
            // Case 18: what a browser was remembered under was less strict. Sessions that are open go on.
            if change.after > change.before {
                people::operations::ask_for_codes_again(&mut work, user).await?;
            }
        }
        entries.push(
            audit::Entry::new("mfa_level.changed")
                .organization(id)
                .session(agent.session)
                .subject(id)
                .detail("name", change.group.as_str())
                .detail("how", change.after.as_str())
                .detail("level_before", change.before.as_str())
                .detail("people", change.people)
                .detail("without_second_factor", change.unprotected),
        );
    }
    for administrator in places::administrators(&mut work, id, call.now).await? {
        let mail = emails::changed(call, &administrator, &organization, &changes, &agent.name);
        outbox::send(&mut work, mail).await?;
    }
    let after = rows::policy(&mut work, id, call.now).await?;
    work.commit_all(entries).await?;
    Ok((after, changes))
}

pub(super) fn changed_meanwhile(by: Option<&str>, version: Option<i64>) -> Error {
    let who = by.unwrap_or("Somebody else");
    let which = version.map(|version| format!(" It is version {version} now.")).unwrap_or_default();
    Error::conflict(
        "levels_changed",
        format!("{who} saved these levels in the meantime.{which} Look at them, and save again."),
    )
}
