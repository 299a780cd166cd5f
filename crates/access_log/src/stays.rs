//! A session inside the account in a line or two: who, of whom, what for, how long, and what it came to.

use grants::Kind;
use kernel::Timestamp;
use web::text::Text;

use crate::{
    model::{Period, Stay},
    sentences::plain,
};

const LONGEST_NAME: usize = 60;

/// Who was in, since when, for how long, and for which ticket.
pub fn who_and_when(t: &Text, period: &Period, stay: &Stay, vendor: &str) -> String {
    let from = t.clock(stay.began_at);
    let ticket = plain(&period.ticket, LONGEST_NAME);
    let who = who(t, period, stay, vendor);
    let key = match (stay.ended_at.is_some(), ticket.is_empty()) {
        (true, true) => "access_log-stay-was-in",
        (true, false) => "access_log-stay-was-in-for",
        (false, true) => "access_log-stay-is-in",
        (false, false) => "access_log-stay-is-in-for",
    };
    let until: Timestamp = stay.ended_at.unwrap_or_else(|| t.now());
    t.with(
        key,
        [
            ("who", &who),
            ("from", &from),
            ("to", &t.clock(until)),
            ("length", &t.span(stay.began_at, until)),
            ("ticket", &ticket),
        ],
    )
}

fn who(t: &Text, period: &Period, stay: &Stay, vendor: &str) -> String {
    let name = plain(&stay.name, LONGEST_NAME);
    let name = match stay.level {
        Some(level) => t.with("access_log-agent", [("name", &name), ("level", &level)]),
        None => name,
    };
    let of = if stay.company.is_empty() {
        plain(vendor, LONGEST_NAME)
    } else {
        plain(&stay.company, LONGEST_NAME)
    };
    let is_somebodys = stay.level.is_some() || period.grant.kind != Kind::TemporaryCredentials;
    match (is_somebodys && !of.is_empty(), period.grant.kind) {
        (true, Kind::TemporaryCredentials) => {
            t.with("access_log-stay-beside", [("name", &name), ("of", &of)])
        }
        (true, _) => t.with("access_log-stay-of", [("name", &name), ("of", &of)]),
        (false, _) => name,
    }
}

/// How much was looked at, and how much changed.
pub fn what(t: &Text, stay: &Stay) -> String {
    let looked = t.count("access_log-stay-looked", stay.pages);
    let changed = t.count("access_log-stay-changed", stay.changes);
    let done = t.with("access_log-stay-done", [("looked", &looked), ("changed", &changed)]);
    if stay.refused == 0 {
        return done;
    }
    let refused = t.count("access_log-stay-refused", stay.refused);
    format!("{done} {refused}")
}
