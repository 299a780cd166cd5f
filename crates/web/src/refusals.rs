//! Each no to somebody who is known is in the log (S70): who asked for what, and what it was called.
//!
//! A stranger's is not: whoever has no account must not be able to fill the database. Neither can somebody who has one: past
//! sixty entries in a minute the rest of that minute is counted, and one entry says how many there were.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::extract::{MatchedPath, Request};
use http::{Method, StatusCode};
use kernel::{Actor, Duration, Timestamp};
use operation::{Call, Origin, World, audit::Entry};

const MOST_IN_A_MINUTE: u32 = 60;
const MINUTE: Duration = Duration::minutes(1);

/// What is asked, as far as it may be written down: the form of the path, and the last id in it. Never the path itself, which
/// can carry the secret of a link.
pub struct Asked {
    method: Method,
    route: String,
    subject: String,
}

impl Asked {
    /// `None` if no route is there: what does not exist was not refused to anybody.
    pub fn of(request: &Request) -> Option<Self> {
        let route = request.extensions().get::<MatchedPath>()?.as_str().to_owned();
        let subject = subject(&route, request.uri().path()).unwrap_or_default().to_owned();
        Some(Self { method: request.method().clone(), route, subject })
    }

    fn entry(&self, code: &str) -> Entry {
        Entry::new("request.refused")
            .subject(&self.subject)
            .detail("method", self.method.as_str())
            .detail("route", self.route.as_str())
            .detail("code", code)
    }
}

/// The last id in a path, where the route has a place for one.
fn subject<'a>(route: &str, path: &'a str) -> Option<&'a str> {
    let places = route.split('/').zip(path.split('/'));
    let ids = places.filter(|(place, value)| place.starts_with('{') && is_id(value));
    ids.last().map(|(_, id)| id)
}

/// Some id of ours. What opens something is longer.
fn is_id(text: &str) -> bool {
    text.split_once('_').is_some_and(|(word, rest)| {
        (2..=4).contains(&word.len())
            && word.bytes().all(|byte| byte.is_ascii_lowercase())
            && rest.len() == 26
            && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}

/// What a person or a program was refused within a minute.
struct Minute {
    ends_at: Timestamp,
    told: u32,
    counted: u32,
}

enum Next {
    Tell,
    /// The first that is only counted; what was counted is told at this moment.
    BeginCounting(Timestamp),
    Counted,
}

#[derive(Default)]
pub struct Refusals(Mutex<HashMap<String, Minute>>);

impl Refusals {
    /// Writes down that `origin` was refused with `status`, unless an entry of the same request says so already.
    pub async fn note(
        self: &Arc<Self>,
        world: &Arc<World>,
        origin: &Origin,
        asked: &Asked,
        (status, code): (StatusCode, Option<&str>),
    ) {
        let code = match (status, code) {
            (StatusCode::FORBIDDEN | StatusCode::NOT_FOUND, Some(code)) => code,
            (StatusCode::FORBIDDEN, None) => "forbidden",
            (StatusCode::NOT_FOUND, None) => "not_found",
            _ => return,
        };
        let Some(actor) = origin.trace.actor().filter(|_| !origin.trace.is_recorded()) else { return };
        let who = match actor {
            Actor::Person(person) => person.user.to_string(),
            Actor::Machine(machine) => machine.key.to_string(),
            Actor::Nobody | Actor::System | Actor::Operator => return,
        };
        let call = Call::new(Arc::clone(world), actor.clone(), origin.clone());
        match self.next(&who, call.now) {
            Next::Tell => call.refused(asked.entry(code)).await,
            Next::BeginCounting(ends_at) => {
                let refusals = Arc::clone(self);
                operation::spawn(async move { refusals.tell_count(call, who, ends_at).await });
            }
            Next::Counted => {}
        }
    }

    fn next(&self, who: &str, now: Timestamp) -> Next {
        let mut minutes = self.minutes();
        minutes.retain(|_, minute| now < minute.ends_at || minute.counted > 0);
        let begun = Minute { ends_at: now + MINUTE, told: 0, counted: 0 };
        let minute = minutes.entry(who.to_owned()).or_insert(begun);
        if minute.told < MOST_IN_A_MINUTE {
            minute.told += 1;
            return Next::Tell;
        }
        minute.counted = minute.counted.saturating_add(1);
        if minute.counted == 1 { Next::BeginCounting(minute.ends_at) } else { Next::Counted }
    }

    async fn tell_count(&self, call: Call, who: String, ends_at: Timestamp) {
        call.world.clock.wait_until(ends_at).await;
        let Some(minute) = self.minutes().remove(&who) else { return };
        let call = Call::new(Arc::clone(&call.world), call.actor, call.origin);
        call.refused(Entry::new("request.refused").detail("count", minute.counted)).await;
    }

    fn minutes(&self) -> MutexGuard<'_, HashMap<String, Minute>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S68, S70: an id is told, and nothing that could open something.
    #[test]
    fn a_subject_is_an_id_and_never_a_secret() {
        let (group, token) =
            ("grp_01jq8v5m8xe5ra0w3v1c2n4k6t", "lsi_0123456789012345678901234567890123456789");
        let route = "/api/v1/organizations/{organization}/members/{membership}";
        let path = format!("/api/v1/organizations/{group}/members/mbr_01jq8v5m8xe5ra0w3v1c2n4k6t");
        assert_eq!(subject(route, &path), Some("mbr_01jq8v5m8xe5ra0w3v1c2n4k6t"));
        let path = format!("/api/v1/organizations/{group}/members/x");
        assert_eq!(subject(route, &path), Some(group));
        assert_eq!(subject("/invitations/{token}", &format!("/invitations/{token}")), None);
        assert_eq!(subject("/organizations", &format!("/{group}")), None, "no place for an id");
        for wrong in
            ["", "grp_", "grp_01JQ8V5M8XE5RA0W3V1C2N4K6T", "ext:4711", "a_01jq8v5m8xe5ra0w3v1c2n4k6t"]
        {
            assert!(!is_id(wrong), "{wrong}");
        }
    }

    /// F3: sixty in a minute, whoever it is; what is more is one entry.
    #[test]
    fn a_flood_is_counted() {
        let refusals = Refusals::default();
        let now = Timestamp::from_seconds(1_800_000_000);
        for _ in 0..60 {
            assert!(matches!(refusals.next("usr_a", now), Next::Tell));
        }
        assert!(matches!(refusals.next("usr_a", now), Next::BeginCounting(at) if at == now + MINUTE));
        assert!(matches!(refusals.next("usr_a", now + MINUTE), Next::Counted), "until it was told");
        assert!(matches!(refusals.next("usr_b", now), Next::Tell), "each for themselves");
        refusals.minutes().remove("usr_a");
        assert!(matches!(refusals.next("usr_a", now + MINUTE), Next::Tell));
        refusals.next("usr_c", now + MINUTE + MINUTE);
        assert_eq!(refusals.minutes().len(), 1, "nobody is kept longer than a minute");
    }
}
