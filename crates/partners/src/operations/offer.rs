//! What the vendor offers: permissions, and which of a product's requests need which.

use std::collections::BTreeSet;

use kernel::{ApplicationId, Code, Error, FieldError};
use operation::{Call, audit};

use crate::{
    model::{Permission, Rule, permissions, rules},
    rows,
};

/// What is on offer, for whoever is signed in: it says nothing of anybody.
pub async fn permissions(call: &Call) -> Result<Vec<Permission>, Error> {
    call.actor.person()?;
    rows::permissions(&mut *call.read().await?).await
}

/// Puts a permission on offer. Nobody has it by that.
pub async fn add_permission(
    call: &Call,
    key: &str,
    name: &str,
    explanation: &str,
    position: i64,
) -> Result<Permission, Error> {
    call.actor.administrator()?;
    let new = permissions::checked(key, name, explanation, position)?;
    let mut work = call.begin().await?;
    if rows::permissions(&mut work).await?.len() >= permissions::MOST {
        let sentence = format!("There are {} permissions already. Remove one first.", permissions::MOST);
        return Err(Error::conflict("too_many_permissions", sentence));
    }
    if !rows::offer(&mut work, &new).await? {
        return Err(Error::invalid("key", "key_taken", "There is a permission with this key already."));
    }
    // Whoever was given it at the moment at which it was removed does not have it again by this.
    rows::take_from_all(&mut work, &new.key).await?;
    work.commit(entry("permission.created", &new)).await?;
    Ok(new)
}

/// Words it otherwise, or moves it in the list. Its key stays.
pub async fn change_permission(
    call: &Call,
    key: &str,
    name: Option<&str>,
    explanation: Option<&str>,
    position: Option<i64>,
) -> Result<Permission, Error> {
    call.actor.administrator()?;
    let mut work = call.begin().await?;
    let known = rows::permissions(&mut work).await?;
    let before = known.into_iter().find(|known| known.key == key).ok_or(Error::NotFound)?;
    let after = permissions::checked(
        key,
        name.unwrap_or(&before.name),
        explanation.unwrap_or(&before.explanation),
        position.unwrap_or(before.position),
    )?;
    if !rows::reword(&mut work, &after).await? {
        return Err(Error::NotFound);
    }
    work.commit(entry("permission.changed", &after).detail("name_before", before.name)).await?;
    Ok(after)
}

/// Takes a permission off the offer, and from everybody who has it, at once. Rules that need it keep everybody out until they
/// are changed.
pub async fn remove_permission(call: &Call, key: &str) -> Result<(), Error> {
    call.actor.administrator()?;
    let mut work = call.begin().await?;
    let known = rows::permissions(&mut work).await?;
    let removed = known.into_iter().find(|known| known.key == key).ok_or(Error::NotFound)?;
    if !rows::withdraw(&mut work, key, call.now).await? {
        return Err(Error::NotFound);
    }
    for grant in rows::grants_with(&mut work, key).await? {
        work.revokes(grant);
    }
    rows::take_from_all(&mut work, key).await?;
    work.commit(entry("permission.removed", &removed)).await
}

fn entry(kind: &'static str, permission: &Permission) -> audit::Entry {
    audit::Entry::new(kind).subject(&permission.key).detail("name", permission.name.as_str())
}

/// Which requests to a product need which permission.
pub async fn rules(call: &Call, application: ApplicationId) -> Result<Vec<Rule>, Error> {
    call.actor.administrator()?;
    let mut tx = call.read().await?;
    applications::operations::find(&mut tx, application).await?.ok_or(Error::NotFound)?;
    rows::rules(&mut tx, application).await
}

/// Replaces them, from the next request on.
pub async fn set_rules(
    call: &Call,
    application: ApplicationId,
    wanted: &[(String, String, String)],
) -> Result<Vec<Rule>, Error> {
    call.actor.administrator()?;
    let mut work = call.begin().await?;
    let product = applications::operations::find(&mut work, application).await?.ok_or(Error::NotFound)?;
    let known: BTreeSet<String> =
        rows::permissions(&mut work).await?.into_iter().map(|known| known.key).collect();
    let before = rows::rules(&mut work, application).await?;
    let mut checked = Vec::new();
    let mut wrong: Vec<FieldError> = Vec::new();
    for (method, path, permission) in wanted {
        match rules::checked(method, path, permission) {
            // One whose permission was removed meanwhile may stay: it keeps everybody out.
            Ok(rule) if known.contains(&rule.permission) || before.contains(&rule) => checked.push(rule),
            Ok(_) => wrong.push(FieldError {
                field: "permission",
                code: Code("unknown_permission"),
                sentence: "Choose one of the permissions on offer.".to_owned(),
            }),
            Err(error) => wrong.push(error),
        }
    }
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    rules::checked_all(&checked)?;
    rows::set_rules(&mut work, application, &checked).await?;
    work.revokes(application);
    let told: Vec<String> = checked
        .iter()
        .map(|rule| format!("{} {} {}", rule.method.as_str(), rule.path, rule.permission))
        .collect();
    let entry = audit::Entry::new("application.rules_changed")
        .subject(application)
        .detail("name", product.name)
        .detail("rules", told);
    work.commit(entry).await?;
    Ok(checked)
}
