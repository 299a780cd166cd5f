//! What the vendor offers: permissions, and which of a product's requests need which.

use std::collections::BTreeSet;

use kernel::{ApplicationId, Code, Error, FieldError};
use operation::{Call, audit};

use super::client::end_inside_with_nothing;
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
    // Whoever was given it before it was removed does not have it again by this.
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
    let mut ended = Vec::new();
    for grant in rows::take_from_all(&mut work, key).await? {
        work.revokes(grant);
        ended.extend(end_inside_with_nothing(&mut work, grant).await?);
    }
    let mut entries = vec![entry("permission.removed", &removed)];
    entries.extend(sessions::operations::left(&ended));
    work.commit_all(entries).await
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

/// A rule as somebody writes it: method, path, permission.
type Written = (String, String, String);

fn written(rule: &Rule) -> Written {
    (rule.method.as_str().to_owned(), rule.path.clone(), rule.permission.clone())
}

/// Replaces them, from the next request on.
pub async fn set_rules(
    call: &Call,
    application: ApplicationId,
    wanted: &[Written],
) -> Result<Vec<Rule>, Error> {
    save_rules(call, application, |_| wanted.to_vec()).await
}

/// One more, beside those that there are when it is saved.
pub async fn add_rule(call: &Call, application: ApplicationId, rule: Written) -> Result<Vec<Rule>, Error> {
    save_rules(call, application, |mut all| {
        all.push(rule);
        all
    })
    .await
}

/// One less. It is named by what it says, so that two who remove at once do not remove another.
pub async fn remove_rule(
    call: &Call,
    application: ApplicationId,
    rule: &Written,
) -> Result<Vec<Rule>, Error> {
    save_rules(call, application, |mut all| {
        all.retain(|one| one != rule);
        all
    })
    .await
}

async fn save_rules(
    call: &Call,
    application: ApplicationId,
    wanted: impl FnOnce(Vec<Written>) -> Vec<Written>,
) -> Result<Vec<Rule>, Error> {
    call.actor.administrator()?;
    let mut work = call.begin().await?;
    // Of two who save at once, the second sees what the first one saved.
    if !rows::lock_application(&mut work, application).await? {
        return Err(Error::NotFound);
    }
    let product = applications::operations::find(&mut work, application).await?.ok_or(Error::NotFound)?;
    let known: BTreeSet<String> =
        rows::permissions(&mut work).await?.into_iter().map(|known| known.key).collect();
    let before = rows::rules(&mut work, application).await?;
    let mut checked = Vec::new();
    let mut wrong: Vec<FieldError> = Vec::new();
    for (method, path, permission) in wanted(before.iter().map(written).collect()) {
        match rules::checked(&method, &path, &permission) {
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
