//! The first vendor administrator. There is no account from the start (S7): whoever runs the server makes a link that
//! works once, for an hour.

use kernel::{Actor, Code, Duration, Error, FieldError, Secret, UserId, secret::Purpose};
use operation::{Call, audit};
use people::{
    NewUser,
    model::{checked_email, checked_name},
    passwords,
};

use crate::rows;

const LIVES: Duration = Duration::hours(1);

/// Makes a link's secret; it is shown once, on the command line. Earlier ones end.
pub async fn issue(call: &Call) -> Result<Secret, Error> {
    if !matches!(call.actor, Actor::Operator) {
        return Err(Error::forbidden("operator_required", "Only whoever runs the server can do this."));
    }
    let secret = Secret::new(Purpose::Link, &*call.world.entropy);
    let mut work = call.begin().await?;
    rows::end_setup_links(&mut work, call.now).await?;
    rows::insert_setup_link(&mut work, &secret.hash(), call.now, call.now + LIVES).await?;
    work.commit(audit::Entry::new("setup.link_issued")).await?;
    Ok(secret)
}

/// Whether the link still works; `Conflict` says how to get another.
pub async fn look(call: &Call, token: &str) -> Result<(), Error> {
    let secret = Secret::parse(Purpose::Link, token).ok_or_else(over)?;
    let mut tx = call.read().await?;
    if rows::is_setup_link_open(&mut tx, &secret.hash(), call.now).await? { Ok(()) } else { Err(over()) }
}

/// Whoever administers has a second factor from the first sign-in on.
pub const USE_OF_PASSWORD: passwords::Use = passwords::Use::WithSecond;

/// Makes the first vendor administrator.
pub async fn complete(
    call: &Call,
    token: &str,
    name: &str,
    email: &str,
    password: &str,
) -> Result<UserId, Error> {
    look(call, token).await?;
    let secret = Secret::parse(Purpose::Link, token).ok_or_else(over)?;
    let mut wrong: Vec<FieldError> = Vec::new();
    let name = checked_name("name", name).map_err(|error| wrong.push(error)).unwrap_or_default();
    let address = checked_email("email", email).map_err(|error| wrong.push(error)).ok();
    let context = [email, &name, &call.world.settings.vendor_name];
    if let Err(error) = passwords::check(password, &context, USE_OF_PASSWORD) {
        wrong.push(error);
    }
    let Some(address) = address.filter(|_| wrong.is_empty()) else {
        return Err(Error::Invalid(wrong));
    };
    let hash = passwords::hash(call, password).await?;
    let mut work = call.begin().await?;
    if rows::take_setup_link(&mut work, &secret.hash(), call.now).await? == 0 {
        return Err(over());
    }
    if people::operations::find_by_email(&mut work, &address).await?.is_some() {
        return Err(Error::Invalid(vec![FieldError {
            field: "email",
            code: Code("person_already_known"),
            sentence: "Somebody has this address already. Use another one.".to_owned(),
        }]));
    }
    let new = NewUser {
        email: address,
        name,
        external_id: None,
        language: String::new(),
        time_zone: String::new(),
    };
    let user = people::operations::create(&mut work, new).await?;
    people::operations::set_password_hash(&mut work, user.id, &hash).await?;
    people::operations::set_staff(&mut work, user.id, None, true).await?;
    // Whoever runs the server stands in for the mailbox: there may be no mail yet.
    people::operations::prove_mailbox(&mut work, user.id).await?;
    let made = audit::Entry::new("person.created").subject(user.id).detail("email", user.email.as_str());
    let completed = audit::Entry::new("setup.completed").subject(user.id).detail("name", user.name);
    work.commit_all(vec![made, completed]).await?;
    Ok(user.id)
}

fn over() -> Error {
    Error::conflict(
        "setup_link_over",
        "This set-up link was used or has ended. On the server, run `latchstring admin setup-link` for a new one.",
    )
}
