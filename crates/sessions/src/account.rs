//! What a person may change of themselves without proving anew who they are.

use kernel::{Code, Error, FieldError};
use operation::{Call, audit};
use people::User;
use web::text::Text;

/// How a person is called and how they read. Empty language or zone: as the browser says, and UTC.
#[derive(Debug, Clone)]
pub struct Details {
    pub name: String,
    pub language: String,
    pub time_zone: String,
}

/// The caller as a person.
pub async fn own(call: &Call) -> Result<User, Error> {
    let person = call.actor.person()?;
    people::operations::get(&mut *call.read().await?, person.user).await
}

/// The vendor's people do not rename themselves: their names stand in customers' histories.
pub fn may_rename(call: &Call) -> bool {
    call.actor.person().is_ok_and(|person| person.staff == kernel::Staff::default())
}

/// Changes the caller's details.
pub async fn change_details(call: &Call, details: Details) -> Result<(), Error> {
    let person = call.actor.person()?;
    let mut wrong = Vec::new();
    let name = people::model::checked_name("name", &details.name).unwrap_or_else(|field| {
        wrong.push(field);
        String::new()
    });
    if !details.language.is_empty() && !Text::languages().contains(&details.language) {
        wrong.push(FieldError {
            field: "language",
            code: Code("not_a_language"),
            sentence: "Choose one of the languages in the list.".to_owned(),
        });
    }
    let time_zone = zone(&details.time_zone).unwrap_or_else(|field| {
        wrong.push(field);
        String::new()
    });
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let mut work = call.begin().await?;
    let before = people::operations::get(&mut work, person.user).await?;
    if name != before.name && !may_rename(call) {
        return Err(Error::forbidden(
            "name_is_kept_by_vendor",
            "The vendor's people do not change their own names, because the names stand in customers' histories.",
        ));
    }
    people::operations::change_profile(&mut work, person.user, &name, &details.language, &time_zone).await?;
    let mut entry = audit::Entry::new("person.changed").subject(person.user);
    if name != before.name {
        entry = entry.detail("name_before", before.name).detail("name", name);
    }
    work.commit(entry).await
}

/// The zone in the spelling of the time zone database; nothing if none is chosen.
pub(crate) fn zone(text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(String::new());
    }
    let known = jiff::tz::TimeZone::get(text).ok();
    known.as_ref().and_then(|zone| zone.iana_name()).map(ToOwned::to_owned).ok_or_else(|| FieldError {
        field: "time_zone",
        code: Code("not_a_time_zone"),
        sentence: "Choose a time zone from the list, such as America/Sao_Paulo.".to_owned(),
    })
}

/// The zones that stand for places, for a list to choose from.
pub(crate) fn zones() -> Vec<String> {
    let is_place = |name: &str| {
        name.split_once('/').is_some_and(|(area, _)| {
            matches!(
                area,
                "Africa"
                    | "America"
                    | "Antarctica"
                    | "Asia"
                    | "Atlantic"
                    | "Australia"
                    | "Europe"
                    | "Indian"
                    | "Pacific"
            )
        })
    };
    let mut names: Vec<String> =
        jiff::tz::db().available().map(|name| name.to_string()).filter(|name| is_place(name)).collect();
    names.sort_unstable();
    names.insert(0, "UTC".to_owned());
    names
}
